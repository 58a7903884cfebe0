"""Signatures over the evidence as it stands, grades, retractions, erasures: who did what, and when."""

import json

import pytest

from overlook import run
from overlook.case import read_case
from overlook.errors import CaseError, InputError, RefusedError, UsageError
from overlook.run.erasing_name import Name
from overlook.store import Ledger

YAML = """overlook: 1
id: c
title: A case
sources:
  - {id: paper, name: The Daily Post, kind: document, reliability: B}
  - {id: zoe-o-quix, name: "Zoë O'Quix", kind: named}   # Zoë O'Quix, by telephone
claims:
  - {id: active, quote: It is active., chain: [zoe-o-quix, paper], credibility: "3"}
  - id: full
    quote: >
      The lot was full, Zoë
      O'Quix said.
    chain: [paper]
"""
WHO = "Zoë O'Quix"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "c"
    run.init(root)
    (root / "case.yaml").write_text(YAML)
    run.assess(root)
    return root


def judgement(root, claim="active"):
    return next(j for j in run.assess(root).assessment.judgements if j.claim == claim)


def acts(root, *kinds):
    return [(a.act, a.of, a.by, a.text) for a in run.ledger_record(root) if a.act in kinds]


def page(root):
    return (root / "report" / "index.html").read_text(encoding="utf-8")


def signing(by, **more):
    return run.Signing(by=by, likelihood=more.pop("likelihood", "likely"), **more)


def test_nobody_copies_a_digest(root):
    done = run.sign(root, "active", signing("A. Name", confidence="low", reasons=("Seen.",), reader="B. Name"))
    judged = judgement(root)
    assert judged.status == "signed"
    assert judged.evidence == done.evidence
    assert acts(root, "signed")[0][1:3] == ("claim active", "A. Name")
    assert "Signed: <bdi>A. Name</bdi>" in page(root)


def test_two_sign_after_one_another_and_disagree(root):
    run.sign(root, "active", signing("A. Name"))
    run.sign(root, "active", signing("C. Name", likelihood="unlikely", dissent=True))
    judged = judgement(root)
    assert judged.status == "signed, unread by a second reader"
    assert [o.opinion.analyst for o in judged.opinions] == ["A. Name", "C. Name"]
    assert page(root).count("C. Name") >= 2
    assert [a[0] for a in acts(root, "signed", "dissented")] == ["signed", "dissented"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It is active.", "It is quiet."),
        ("reliability: B", "reliability: C"),
        ("overlook: 1", "overlook: 1\nplan: {margin: 2}"),
    ],
)
def test_what_was_not_assessed_is_not_signed(root, old, new):
    (root / "case.yaml").write_text(YAML.replace(old, new))
    with pytest.raises(RefusedError, match="E-REFUSED-OUTDATED"):
        run.sign(root, "active", signing("A. Name"))
    run.assess(root)
    run.sign(root, "active", signing("A. Name"))


def test_a_signature_that_cannot_be_is_one_clear_line_and_writes_nothing(root, tmp_path):
    run.sign(root, "active", signing("A. Name"))
    before = (root / "case.yaml").read_bytes()
    for call, error in (
        (lambda: run.sign(root, "no", signing("A. Name")), InputError),
        (lambda: run.sign(root, "active", signing("  ")), UsageError),
        (lambda: run.sign(root, "active", run.Signing(by="A. Name")), UsageError),
        (lambda: run.sign(root, "active", signing("a.  name")), UsageError),
        (lambda: run.sign(root, "active", signing("B. Name", reader="b. name")), CaseError),
        (lambda: run.retract(root, "active", why=" "), UsageError),
        (lambda: run.retract(root, "no", why="x"), InputError),
        (lambda: run.retract(root, "paper", why="x", opinion_of="A. Name"), InputError),
        (lambda: run.retract(root, "active", why="x", opinion_of="D. Name"), CaseError),
    ):
        with pytest.raises(error):
            call()
    assert (root / "case.yaml").read_bytes() == before
    run.init(tmp_path / "new")
    with pytest.raises(InputError, match="E-INPUT-NO-ASSESSMENT"):
        run.sign(tmp_path / "new", "active", signing("A. Name"))


def test_a_retracted_opinion_signs_nothing_and_stays_visible(root):
    run.sign(root, "active", signing("A. Name", reader="B. Name"))
    run.retract(root, "active", why="The second image was of another yard.", opinion_of="A. Name", by="A. Name")
    judged = judgement(root)
    assert judged.status == "machine draft"
    assert judged.opinions[0].retraction is not None
    assert "The second image was of another yard." in page(root)
    with pytest.raises(UsageError, match="today"):
        run.sign(root, "active", signing("A. Name", likelihood="unlikely"))
    with pytest.raises(UsageError, match="already"):
        run.retract(root, "active", why="Again.", opinion_of="A. Name")


def test_a_retracted_claim_or_source_stays_with_when_and_why(root):
    run.sign(root, "active", signing("A. Name", reader="B. Name"))
    run.retract(root, "active", why="The paper withdrew it.", by="A. Name")
    run.retract(root, "paper", why="It was a forgery.")
    assert judgement(root).status == "retracted"
    text = page(root)
    assert "The paper withdrew it." in text
    assert "It was a forgery." in text
    assert "It is active." in text
    assert [a[1] for a in acts(root, "retracted")] == ["claim active", "source paper"]
    with pytest.raises(UsageError, match="retracted"):
        run.sign(root, "active", signing("C. Name"))


def test_grades_are_told_as_they_changed(root):
    (root / "case.yaml").write_text(YAML.replace("reliability: B", "reliability: D").replace(', credibility: "3"', ""))
    run.assess(root)
    assert [(of, text) for _, of, _, text in acts(root, "graded")] == [
        ("source paper", "B"),
        ("claim active", "3"),
        ("source paper", "D, before B"),
        ("claim active", "no grade, before 3"),
    ]
    assert "D, before B" in page(root)


def everything(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def holding(root, word):
    found = everything(root).items()
    return [name for name, data in found if word in data.decode(errors="ignore").lower()]


def test_an_erased_name_is_in_no_file_of_the_case(root):
    run.sign(root, "active", signing("A. Name", reader=WHO, reasons=(f"{WHO} read it too.",)))
    run.assess(root)
    with Ledger(root / "ledger.sqlite") as ledger:
        head, count = ledger.head(), len(ledger.entries())
    done = run.erase(root, "zoë  o'quix", by="B. Name")
    assert done.left == ()
    assert not holding(root, "quix")
    assessed = run.assess(root)
    assert not holding(root, "quix")
    assert done.mark in page(root)
    assert run.verify(root).entries >= count + 2
    lines = run.ledger_lines(root)
    assert json.loads(lines[count - 1])["digest"] == head  # the chain before it is what it was
    (reader,) = {o.opinion.second_reader for j in assessed.assessment.judgements for o in j.opinions}
    assert reader == done.mark
    assert acts(root, "erased") == [("erased", done.mark, "B. Name", acts(root, "erased")[0][3])]
    # The opinion is the one that was signed: it was neither withdrawn nor signed anew.
    assert [a[0] for a in acts(root, "signed", "withdrawn")] == ["signed"]
    assert read_case(root).sources[1].id.startswith("erased-")


def test_a_name_left_where_it_cannot_be_erased_is_named(root):
    (root / "imagery" / "notes.txt").write_text(f"Call {WHO}.")
    done = run.erase(root, WHO)
    assert done.left == ("imagery/notes.txt holds it",)


def test_drafts_that_hold_the_name_go_with_it(root):
    from overlook.claims.texts import read_text

    run.keep_drafts(root, read_text(f'"It is so," said {WHO}.', None), document="0" * 64, name=f"{WHO}.txt")
    run.accept_draft(root, "d1", name="so")
    run.erase(root, WHO)
    run.assess(root)
    assert [d.state for d in run.drafts(root)] == ["accepted"]
    assert not holding(root, "quix")
    with pytest.raises(InputError, match="erased"):
        run.edit_draft(root, "d1", {"content": "x"})


def test_what_is_no_name_of_the_case_is_refused_and_leaves_no_trace(root):
    before = everything(root)
    with pytest.raises(InputError, match="nowhere"):
        run.erase(root, "Xylo Phoneme")
    with pytest.raises(UsageError):
        run.erase(root, "Zo")
    assert not holding(root, "phoneme")
    assert everything(root)["case.yaml"] == before["case.yaml"]


def test_cut_off_in_the_middle_an_erasure_goes_on(root, monkeypatch):
    monkeypatch.setattr(Ledger, "erase_texts", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    run.sign(root, "active", signing("A. Name", reader=WHO))
    with pytest.raises(KeyboardInterrupt):
        run.erase(root, WHO)
    monkeypatch.undo()
    run.erase(root, WHO)
    run.assess(root)
    assert not holding(root, "quix")
    assert run.verify(root)


@pytest.mark.parametrize(
    "written",
    [
        "Zoë O'Quix",
        "zoë o'quix",
        "Zoe\u0308 O'Quix",
        "Zoë\n  O'Quix",
        "Zoë O&#39;Quix",
        "Zo\\u00eb O'Quix",
        "zoe-o-quix",
        "Zoë\\nO'Quix",
    ],
)
def test_a_name_is_found_as_it_may_be_written(written):
    name = Name(WHO, "0a1b2c3d")
    assert name.is_in(f"({written})")
    assert "uix" not in name.without(f"({written})")


@pytest.mark.parametrize("text", ["Annual", "Anna Leed", "JoAnn Lee", "ann.leeds"])
def test_other_names_are_left_alone(text):
    assert not Name("Ann Lee", "0").is_in(text)
