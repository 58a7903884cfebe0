"""What does not fit stands side by side, first, with who said it and how it is graded, and neither is called right."""

from __future__ import annotations

from dataclasses import replace

from overlook.report import render
from overlook.report.contradictions import rows
from overlook.report.said import claim_views
from overlook.report.words import Names, anchor
from overlook.terms import Assessment, Comparison, ReferenceFact
from report import fixture

BASE = fixture.assessment()
NAMES = Names.of(BASE.case)


def held(outcome: str, *, against: str = "claim", other: str = "c2", claim: str = "c1") -> Comparison:
    return Comparison(
        claim=claim,
        against=against,
        other=other,
        outcome=outcome,
        ours="six",
        theirs="five",
        why="the numbers are apart",
    )  # type: ignore[arg-type]


def told(*comparisons: Comparison, of: Assessment = BASE):
    of = replace(of, comparisons=comparisons)
    return rows(of, claim_views(of, {}, NAMES, with_needs=False))


def test_what_does_not_fit_comes_first_and_the_rest_in_its_order():
    made = told(held("agree"), held("cannot tell"), held("contradict", other="c3"), held("altered"), held("contradict"))
    assert [row.outcome for row in made] == ["does not fit", "does not fit", "altered", "cannot tell", "agrees"]
    assert [row.theirs.label for row in made[:2]] == ["Claim 3", "Claim 2"]
    assert made[0].why == "The numbers are apart."


def test_a_claim_is_told_with_its_first_source_and_both_grades_apart():
    (row,) = told(held("contradict"))
    first = BASE.case.claims[0]
    assert (row.ours.label, row.ours.anchor, row.ours.text) == ("Claim 1", anchor("claim", first.id), "six")
    assert "(reliability " in row.ours.said_by
    assert row.ours.graded.startswith("credibility 2")
    assert row.theirs.text == "five"


def test_a_fact_is_told_with_its_source_declared_or_cited():
    paper = next(s for s in BASE.case.sources if s.kind == "document")
    facts = (
        ReferenceFact(id="cited", text="x", source="Atlas 2022"),
        ReferenceFact(id="declared", text="x", source=paper.id),
    )
    of = replace(BASE, case=replace(BASE.case, facts=facts))
    cited, declared = told(
        held("contradict", against="fact", other="cited"), held("contradict", against="fact", other="declared"), of=of
    )
    assert (cited.theirs.label, cited.theirs.said_by, cited.theirs.graded) == ("Declared fact", "Atlas 2022", "")
    assert declared.theirs.said_by.startswith(f"{paper.name} (reliability ")


def test_a_comparison_of_a_claim_that_the_page_does_not_show_is_left_out():
    assert told(held("contradict", claim="gone")) == ()


def test_the_page_shows_both_sides_as_text():
    hostile = replace(held("contradict"), ours="<b>six</b>", theirs="<i>five</i>")
    html = render(replace(BASE, comparisons=(hostile,)), fixture.chip, made=fixture.MADE).html
    assert "&lt;b&gt;six&lt;/b&gt;" in html
    assert "&lt;i&gt;five&lt;/i&gt;" in html
    assert "<i>five" not in html
