"""Drafts wait for a person: accepted into case.yaml, edited, or rejected, and the ledger says by whom."""

import hashlib
import subprocess
import sys
from datetime import date

import pytest

from overlook import run
from overlook.case import read_case
from overlook.claims.texts import read_text
from overlook.errors import CaseError, InputError, UsageError
from overlook.run import declare
from overlook.store import Ledger

DAY = date(2020, 6, 3)
TEXT = """Two officials told the Daily Post that the lot was full last week.

"The site is active," said Ann Lee, an analyst at the Open Institute.

He said that it was bad.
"""
YAML = """# mine
overlook: 1
id: c
title: A case
sites:
  - id: lot      # the lot
    name: Lot
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: "POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))"}
sources:
  - {id: lee, name: Ann Lee, kind: named, reliability: B}   # known before
# the end
"""


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "c"
    run.init(root)
    (root / "case.yaml").write_text(YAML)
    return root


def keep(root, text=TEXT, name="wire.txt"):
    statements = read_text(text, DAY)
    sha = hashlib.sha256(text.encode()).hexdigest()
    return run.keep_drafts(root, statements, document=sha, name=name, published=DAY)


def state(root):
    return {d.id: d.state for d in run.drafts(root)}


def test_a_text_read_twice_makes_no_second_drafts(root):
    first = keep(root)
    assert [d.id for d in first] == ["d1", "d2", "d3"]
    head = entries(root)
    assert keep(root) == first
    assert entries(root) == head
    assert [d.id for d in keep(root, TEXT.replace("Daily", "Weekly"))] == ["d4", "d5", "d6"]


def entries(root):
    with Ledger(root / "ledger.sqlite") as ledger:
        return ledger.entries()


def test_accepting_writes_the_claim_its_sources_and_nothing_else(root):
    keep(root)
    taken = run.accept_draft(root, "d1", by="A. Name")
    run.accept_draft(root, "d2", name="active", by="A. Name")
    text = (root / "case.yaml").read_text()
    assert [line for line in YAML.splitlines() if line not in text.splitlines()] == []
    assert all(line[0] in "+ -@" for line in taken.diff.splitlines())
    case = read_case(root)
    by_id = {c.id: c for c in case.claims}
    assert by_id[taken.claim].quote == "that the lot was full last week"
    assert by_id["active"].quote == '"The site is active,"'
    assert by_id["active"].chain == ("lee", "wire")  # the Ann Lee that was declared, and the document
    assert by_id["active"].said.start.date() == DAY
    names = {s.id: s for s in case.sources}
    assert [names[s].name for s in by_id[taken.claim].chain] == ["Two officials", "the Daily Post", "wire.txt"]
    assert names["wire"].digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert state(root) == {"d1": "accepted", "d2": "accepted", "d3": "open"}


def test_the_ledger_holds_no_word_of_the_text_in_its_chain(root):
    keep(root)
    run.accept_draft(root, "d1", by="A. Name")
    run.reject_draft(root, "d2", why="Said of another site.", by="B. Name")
    told = " ".join(str(e.body) for e in entries(root))
    assert not any(word in told for word in ("officials", "lot", "Name", "wire", "another"))
    acts = [(a.act, a.of, a.by) for a in run.ledger_record(root)]
    assert acts[1:] == [("accepted", "claim c-d1", "A. Name"), ("rejected", "draft d2", "B. Name")]
    assert run.drafts(root)[1].why == "Said of another site."


def test_a_trial_writes_nothing(root):
    keep(root)
    before = entries(root)
    assert "that the lot was full" in run.accept_draft(root, "d1", dry_run=True).diff
    assert (root / "case.yaml").read_text() == YAML
    assert entries(root) == before


def test_an_edit_is_told_apart_from_what_was_read(root):
    keep(root)
    run.edit_draft(
        root, "d2", {"content": "The site was active.", "kind": "indirect", "credibility": "3"}, by="A. Name"
    )
    run.accept_draft(root, "d2", name="active")
    (claim,) = read_case(root).claims
    assert (claim.quote, claim.kind, claim.credibility) == ("The site was active.", "indirect", "3")
    assert "not as it was read" in claim.note


def test_a_pronoun_is_no_source_until_a_person_says_whose(root):
    keep(root)
    with pytest.raises(InputError, match="'He'"):
        run.accept_draft(root, "d3")
    run.edit_draft(root, "d3", {"chain": ["nobody"]})
    with pytest.raises(InputError, match="E-INPUT-DRAFT-SOURCE"):
        run.accept_draft(root, "d3")
    run.edit_draft(root, "d3", {"chain": ["lee"]})
    run.accept_draft(root, "d3")
    assert read_case(root).claims[0].chain == ("lee", "wire")


def test_what_cannot_be_is_refused_and_nothing_is_ledgered(root):
    keep(root)
    run.accept_draft(root, "d2", name="active")
    before, yaml = entries(root), (root / "case.yaml").read_bytes()
    for call, error in (
        (lambda: run.accept_draft(root, "d9"), InputError),
        (lambda: run.accept_draft(root, "d2"), UsageError),
        (lambda: run.accept_draft(root, "d1", name="active"), UsageError),
        (lambda: run.accept_draft(root, "d1", name="No Id"), CaseError),
        (lambda: run.edit_draft(root, "d2", {"content": "x"}), UsageError),
        (lambda: run.edit_draft(root, "d1", {}), UsageError),
        (lambda: run.edit_draft(root, "d1", {"quote": "x"}), UsageError),
        (lambda: run.edit_draft(root, "d1", {"content": " "}), UsageError),
        (lambda: run.reject_draft(root, "d1", why=" "), UsageError),
        (lambda: run.reject_draft(root, "d2", why="x"), UsageError),
    ):
        with pytest.raises(error):
            call()
    assert entries(root) == before
    assert (root / "case.yaml").read_bytes() == yaml


def test_cut_off_before_case_yaml_is_written_the_next_command_says_so(root, monkeypatch):
    keep(root)
    monkeypatch.setattr(declare, "_replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.accept_draft(root, "d2", name="active")
    monkeypatch.undo()
    assert (root / "case.yaml").read_text() == YAML
    assert "accepted as claim active" in run.drafts_undone(root)[0]
    assert any("accepted as claim active" in n for n in run.assess(root).assessment.notes)
    run.accept_draft(root, "d2")
    assert run.drafts_undone(root) == ()
    assert not any("accepted as claim" in n for n in run.assess(root).assessment.notes)


def test_an_edit_of_case_yaml_meanwhile_is_never_written_over(root, monkeypatch):
    keep(root)
    real = declare.Declaring.write

    def late(self):
        (root / "case.yaml").write_text(YAML + "# saved meanwhile\n")
        real(self)

    monkeypatch.setattr(declare.Declaring, "write", late)
    with pytest.raises(CaseError, match="E-CASE-CHANGED"):
        run.accept_draft(root, "d2")
    assert (root / "case.yaml").read_text().endswith("# saved meanwhile\n")


def test_two_commands_at_once_lose_nothing(root):
    text = "\n\n".join(f'"Lot {n} is full," said the Daily Post.' for n in range(6))
    keep(root, text)
    code = "import sys; from overlook import run; [run.accept_draft(sys.argv[1], d) for d in sys.argv[2:]]"
    halves = (["d1", "d3", "d5"], ["d2", "d4", "d6"])
    started = [subprocess.Popen([sys.executable, "-c", code, str(root), *half]) for half in halves]
    assert [p.wait(timeout=120) for p in started] == [0, 0]
    assert {c.id for c in read_case(root).claims} == {f"c-d{n}" for n in range(1, 7)}
    assert run.drafts_undone(root) == ()
    assert set(state(root).values()) == {"accepted"}
    with Ledger(root / "ledger.sqlite") as ledger:
        assert ledger.verify() == 7


def test_another_reading_of_a_document_supersedes_what_nobody_decided(root):
    first = keep(root)
    run.reject_draft(root, "d1", why="Not of this site.")
    sha = first[0].document
    kept = run.keep_drafts(root, read_text(TEXT, DAY)[1:2], document=sha, name="wire.txt", published=DAY)
    assert [d.id for d in kept] == ["d2"]
    assert state(root) == {"d1": "rejected", "d2": "open", "d3": "superseded"}


def test_hostile_words_are_quoted_or_refused(root):
    quote = '"#: {a: [b]} \\" \' & *x !tag | > %" said Ann Lee.'
    (draft,) = keep(root, quote)
    run.accept_draft(root, draft.id)
    assert read_case(root).claims[0].quote in quote
    (bad,) = keep(root, '"Left \u202eright," said Ann Lee.')
    with pytest.raises(CaseError, match="control character"):
        run.accept_draft(root, bad.id)


def test_a_draft_of_a_place_carries_what_could_be_seen(root):
    statements = read_text(
        "Ann Lee said that vehicles came and went at the Lot in May 2020.", DAY, sites=read_case(root).sites
    )
    (draft,) = run.keep_drafts(root, statements, document="0" * 64, name="x", published=DAY)
    run.accept_draft(root, draft.id)
    (claim,) = read_case(root).claims
    assert claim.predictions
    assert {p.site for p in claim.predictions} == {"lot"}


DATED = """Ann Lee said that the Lot was emptied in April 2020.

The gate was moved on Monday. Nobody knows when the fence was built, before 2019 it is said.
"""


def keep_dated(root, text=DATED, published=DAY):
    path = root.parent / "wire.txt"
    path.write_text(text)
    told = run.read(path, published=published, case=root)
    return run.keep_drafts(
        root, told.statements, document=told.digest, name=path.name, published=published, dated=told.dated
    )


def test_dates_of_statements_and_of_the_writer_are_drafts_of_events_and_open_ones_are_none(root):
    found = [d for d in keep_dated(root) if d.dated]
    assert [(d.dated.dated.span.text, d.content) for d in found] == [
        ("April 2020", DATED.splitlines()[0]),
        ("Monday", "The gate was moved on Monday."),
    ]
    for d in found:
        assert DATED[d.dated.line.start : d.dated.line.end] == d.dated.line.text
    assert [d.id for d in keep_dated(root)] == [d.id for d in run.drafts(root)]
    assert not [d for d in keep_dated(root, DATED.replace("April 2020", "spring"), None) if d.dated]


def test_an_accepted_date_is_an_event_with_its_days_its_source_and_the_quote_and_stands_in_the_timeline(root):
    month, day = [d for d in keep_dated(root) if d.dated]
    taken = run.accept_draft(root, month.id, by="A. Name")
    assert (taken.claim, taken.event) == ("", f"e-{month.id}")
    run.accept_draft(root, day.id, name="gate", by="A. Name")
    case = read_case(root)
    emptied, gate = case.events
    assert emptied.name == "“Ann Lee said that the Lot was emptied in April 2020.”"
    assert (emptied.during.start.date(), emptied.during.end.date()) == (date(2020, 4, 1), date(2020, 4, 30))
    assert (gate.during.start.date(), gate.during.end.date()) == (date(2020, 6, 1), date(2020, 6, 1))
    assert (emptied.sites, gate.sites) == (("lot",), ())
    assert {s.id: s.digest for s in case.sources}[gate.source] == month.document
    assert state(root)[day.id] == "accepted"
    acts = [(a.act, a.of, a.by) for a in run.ledger_record(root)]
    assert acts[1:] == [("accepted", f"event e-{month.id}", "A. Name"), ("accepted", "event gate", "A. Name")]
    assert not any("emptied" in str(e.body) or "gate was" in str(e.body) for e in entries(root))
    run.assess(root)
    run.report(root)
    page = (root / "report" / "index.html").read_text()
    assert "was emptied in April 2020" in page
    assert "dated by wire.txt" in page


def test_a_draft_of_an_event_is_edited_in_words_rejected_or_refused(root):
    month, day = [d for d in keep_dated(root) if d.dated]
    run.edit_draft(root, month.id, {"content": "The lot is emptied"})
    run.accept_draft(root, month.id)
    assert read_case(root).events[0].name == "The lot is emptied"
    before, yaml = entries(root), (root / "case.yaml").read_bytes()
    for call, what in (
        (lambda: run.accept_draft(root, month.id), "stands in case.yaml"),
        (lambda: run.edit_draft(root, month.id, {"content": "x"}), "accepted as event"),
        (lambda: run.reject_draft(root, month.id, why="x"), "take it out of case.yaml"),
        (lambda: run.edit_draft(root, day.id, {"said": "2020-06-01"}), "no field 'said'"),
        (lambda: run.accept_draft(root, day.id, name=f"e-{month.id}"), "already"),
    ):
        with pytest.raises(UsageError, match=what):
            call()
    assert entries(root) == before
    assert (root / "case.yaml").read_bytes() == yaml
    assert run.reject_draft(root, day.id, why="Not of this site.").state == "rejected"
    (root / "case.yaml").write_text(YAML)
    assert f"accepted as event e-{month.id}" in run.drafts_undone(root)[0]


def test_a_name_erased_from_a_dated_sentence_leaves_a_draft_without_words_and_an_event_without_the_name(root):
    month, day = [d for d in keep_dated(root) if d.dated]
    run.accept_draft(root, month.id)
    run.erase(root, "Ann Lee")
    found = {d.id: d for d in run.drafts(root)}
    assert (found[month.id].dated, found[month.id].state) == (None, "accepted")
    assert found[day.id].dated == day.dated
    (event,) = read_case(root).events
    assert "Ann Lee" not in event.name
    assert "was emptied in April 2020" in event.name


def test_a_long_sentence_is_quoted_in_whole_words_and_fits_a_name(root):
    text = f"Work went {'on and on ' * 40}until it ended on Monday, {'as was to be seen ' * 30}by all in the U.S. Army."
    (found,) = [d for d in keep_dated(root, text) if d.dated]
    assert text[found.dated.line.start : found.dated.line.end] == found.content
    assert set(found.content.replace(",", "").split()) <= set(text.replace(",", "").split())
    run.accept_draft(root, found.id)
    assert read_case(root).events[0].name == f"“{found.content}”"
