from dataclasses import replace

import pytest

from overlook.errors import RefusedError
from overlook.report import render
from overlook.report.lint import check_judgement, check_text, sentences
from report import fixture


@pytest.mark.parametrize(
    "text",
    [
        "It is likely, with high confidence.",
        "We are confident that it was very unlikely.",
        "Almost certain (moderate confidence).",
        "Seen often. It is probable and our confidence is low",
    ],
)
def test_likelihood_and_confidence_may_not_share_a_sentence(text: str) -> None:
    with pytest.raises(RefusedError, match="E-REFUSED-LIKELIHOOD-CONFIDENCE") as error:
        check_text(text, where="claim c1")
    assert error.value.exit_code == 4
    assert error.value.where == "claim c1"


@pytest.mark.parametrize("text", ["This proves it.", "There is no Proof of it.", "It was proven.", "Images prove it"])
def test_nothing_is_proved(text: str) -> None:
    with pytest.raises(RefusedError, match="E-REFUSED-PROOF"):
        check_text(text, where="x")


@pytest.mark.parametrize(
    "text",
    [
        "It is likely (55–80%). Confidence is moderate.",
        "Very likely.\nHigh confidence",
        "It is likely that the 90% confidence interval excludes one.",
        "A waterproof canopy improved the view; the approver agreed.",
        "He said “this proves it, likely, with high confidence”.",
        "The ratio was ×1.83 (90% interval ×1.31 to ×2.50).",
    ],
)
def test_what_may_be_said(text: str) -> None:
    check_text(text, where="x")


def test_declared_words_are_the_cases_own() -> None:
    check_text("At Proof of Concept Square nothing was counted.", where="x", declared=("Proof of Concept Square",))
    with pytest.raises(RefusedError):
        check_text("At Proof of Concept Square this proves it.", where="x", declared=("Proof of Concept Square",))


def test_a_short_name_hides_no_word() -> None:
    with pytest.raises(RefusedError, match="E-REFUSED-LIKELIHOOD-CONFIDENCE"):
        check_text("In con it is likely, with high confidence.", where="x", declared=("con", "fidence", "likel"))


def test_sentences_end_where_they_end() -> None:
    assert sentences("A rise of ×1.5 was seen. Then “it” fell! Why?\nLast") == [
        "A rise of ×1.5 was seen.",
        "Then “it” fell!",
        "Why?",
        "Last",
    ]
    assert sentences("") == []


def test_a_judgement_cites_its_findings() -> None:
    part = fixture.judgements()[0].parts[0]
    known = frozenset(part.findings)
    check_judgement(part, known=known)
    with pytest.raises(RefusedError, match="E-REFUSED-UNCITED"):
        check_judgement(replace(part, findings=()), known=known)
    with pytest.raises(RefusedError, match="not a finding of this assessment"):
        check_judgement(part, known=frozenset())
    unseen = fixture.judgements()[3].parts[0]
    check_judgement(unseen, known=frozenset())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"why": ("It is likely, with high confidence.",)}, "E-REFUSED-LIKELIHOOD-CONFIDENCE"),
        ({"would_change": ("One more image would prove it.",)}, "E-REFUSED-PROOF"),
        ({"findings": ()}, "E-REFUSED-UNCITED"),
    ],
)
def test_render_reads_its_own_sentences(change: dict[str, object], code: str) -> None:
    first, *rest = fixture.judgements()
    bad = replace(first, parts=(replace(first.parts[0], **change),))
    with pytest.raises(RefusedError, match=code):
        render(fixture.assessment(judgements=(bad, *rest)), fixture.chip, made=fixture.MADE)


def test_render_leaves_verbatim_quotes_alone() -> None:
    claims = fixture.case().claims
    loud = replace(claims[0], quote="This proves it; it is likely, and our confidence is high.")
    said = fixture.assessment(case=fixture.case(claims=(loud, *claims[1:])))
    assert (
        "This proves it; it is likely, and our confidence is high."
        in render(said, lambda *_: None, made=fixture.MADE).html
    )
