"""A commitment on the page: its matrix by period, its open terms, the rivals' table; all of it in words."""

from __future__ import annotations

from dataclasses import replace

from overlook.report import render
from overlook.report.ach import ach_view
from overlook.report.answers import answer
from overlook.report.commitments import matrix_view, sentences
from overlook.report.words import Names
from overlook.terms import (
    AchMatrix,
    AchRow,
    Assessment,
    Cell,
    Commitment,
    Compliance,
    ComplianceMatrix,
    Hypothesis,
    Indicator,
    IndicatorRow,
    Obligation,
    ObligationRow,
    OpenTerm,
    Period,
    PeriodStatus,
)
from report import fixture
from report.followed import followed

BASE = fixture.assessment()
NAMES = Names.of(BASE.case)
ANSWERS = {f.id: answer(f, n, NAMES) for n, f in enumerate(BASE.findings, 1)}
FINDING = BASE.findings[0].id
PREDICTION = next(p for c in BASE.case.claims for p in c.predictions)
COMMITMENT = Commitment(
    id="k9",
    text="To close <the> gate.",
    obligations=(
        Obligation(id="gate", text="close <b>it</b>", reversible=True, indicators=(Indicator(prediction=PREDICTION),)),
    ),
)
FEW: Compliance = "insufficient imagery"


def matrix(*statuses: Compliance) -> ComplianceMatrix:
    during = BASE.case.events[0].during
    cells = tuple(Cell(status=s, said=f"{s} was read.", findings=(FINDING,)) for s in statuses)
    row = IndicatorRow(indicator=PREDICTION.id, observable="The gate is shut.", shows="met", cells=cells)
    return ComplianceMatrix(
        periods=tuple(Period(label=f"P{n}", during=during) for n in range(len(statuses))),
        rows=(
            ObligationRow(
                obligation="gate", statuses=tuple(PeriodStatus(status=s) for s in statuses), indicators=(row,)
            ),
        ),
        open_terms=(
            OpenTerm(obligation="", term="close", missing=("scope",), given=(("object", "<the> gate"),), why="…"),
        ),
    )


def rendered(of: Assessment) -> str:
    html: str = render(of, fixture.chip, made=fixture.MADE).html
    return html


def with_matrix(told: ComplianceMatrix) -> Assessment:
    judged = replace(BASE.judgements[0], claim="k9", parts=(), compliance=told, opinions=(), not_observable=())
    return replace(
        BASE,
        case=replace(BASE.case, commitments=(*BASE.case.commitments, COMMITMENT)),
        judgements=(*BASE.judgements, judged),
    )


def test_periods_that_say_the_same_are_one_row_and_what_was_seen_has_its_own():
    view = matrix_view(COMMITMENT, matrix("met", FEW, FEW, FEW, "not met"), ANSWERS)
    assert view is not None
    (obligation,) = view.obligations
    assert [(r.period, r.status) for r in obligation.rows] == [
        ("P0", "met"),
        ("P1 to P3 (3 periods)", FEW),
        ("P4", "not met"),
    ]
    assert [a.id for a in obligation.rows[0].cells[0].findings] == [FINDING]
    assert list(sentences(view)) == ["Met was read.", "Not met was read."]


def test_what_a_term_lacks_is_said_element_by_element():
    view = matrix_view(COMMITMENT, matrix(), ANSWERS)
    assert view is not None
    assert view.terms[0].elements == ("<the> gate", "missing", "–", "–")


def test_every_status_stands_in_the_page_as_a_word_and_no_text_as_markup():
    words: tuple[Compliance, ...] = (
        "met",
        "in progress",
        "not met",
        "no indication",
        "not observable",
        "undefined",
        FEW,
    )
    html = rendered(with_matrix(matrix(*words)))
    part = html[html.index('id="commitments"') :]
    assert all(f">{word}</span>" in part for word in words)
    assert "close &lt;b&gt;it&lt;/b&gt;" in part
    assert "<b>it" not in html
    assert "What its terms leave open" in part


def test_the_rivals_table_names_each_hypothesis_and_adds_nothing_up():
    claim = BASE.case.claims[0]
    told = AchMatrix(
        hypotheses=(Hypothesis(id="", name="the claim"), Hypothesis(id="d", name="a <show>", is_deception=True)),
        rows=(AchRow(part=claim.predictions[0].id, finding=FINDING, cells=("C", "I"), is_diagnostic=True),),
    )
    view = ach_view(claim, told, ANSWERS)
    assert view is not None
    assert view.hypotheses == ("the claim", "a <show> (deception)")
    assert [r.tells for r in view.rows] == ["diagnostic"]
    assert view.summary.startswith("1 of 1 tell")
    judgements = tuple(replace(j, ach=told) if j.claim == claim.id else j for j in BASE.judgements)
    html = rendered(replace(BASE, judgements=judgements))
    assert "What tells it from its rivals" in html
    assert "a &lt;show&gt; (deception)" in html
    assert ach_view(claim, replace(told, rows=()), ANSWERS) is None
    assert ach_view(claim, told, {}) is None


def test_images_that_settle_an_obligation_are_told_once_with_their_periods():
    told = followed()
    pledge, judged = told.case.commitments[-1], told.judgements[-1]
    view = matrix_view(pledge, judged.compliance, ANSWERS, NAMES)
    assert view is not None
    assert view.obligations[0].needs == (
        ("6 images of North yard, Kestrel Works, at 0.50 m or finer.", "June 2024 to July 2024"),
    )
    html = rendered(told)
    assert "Images that would settle it:" in html
    assert "In each of: June 2024 to July 2024." in html
    hidden = matrix_view(pledge, judged.compliance, ANSWERS)
    assert hidden is not None
    assert hidden.obligations[0].needs == ()
