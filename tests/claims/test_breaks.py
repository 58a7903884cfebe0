"""Steps that nobody declared: asked where the plan says so, told beside a prediction, and judging nothing."""

from dataclasses import replace
from typing import Any

import pytest

from claims.made import PLAN, SITE, SUMMIT, case, day, prediction, span
from overlook.claims import judge, questions
from overlook.claims.breaks import steps_beside
from overlook.terms import Break, BreakFinding, Case, Estimate, Question, Series

YARD = Series(site="s", zone="yard", cls="vehicle")


def scan(**more: Any) -> BreakFinding:
    between = span(day(2018, 6, 20), day(2018, 6, 28))
    found = Break(
        between=between,
        likeliest=between,
        level=0.9,
        ratio=Estimate(estimate=1.83, low=1.31, high=2.5, level=0.9),
        p_value=0.002,
        alpha=0.05,
        order=(("summit", "after"),),
    )
    given = {
        "id": Question(kind="break", series=YARD).id,
        "series": YARD,
        "window": span(day(2018, 3, 1), day(2018, 9, 1)),
        "n_images": 40,
        "p_value": 0.002,
        "alpha": 0.05,
        "verdict": "changed",
        "exploratory": False,
        "found": (found,),
    }
    return BreakFinding(**(given | more))


def scanned(*predictions: Any, **plan: Any) -> Case:
    return replace(case(*predictions), plan=replace(PLAN, **plan), events=(SUMMIT,))


def asked(of: Case, counted: tuple[Series, ...]) -> list[Question]:
    return [q for q in questions(of, (), counted) if q.kind == "break"]


def test_a_plan_without_breaks_asks_for_none() -> None:
    assert asked(scanned(), (YARD,)) == []


def test_each_counted_series_that_can_be_seen_is_scanned_once() -> None:
    hall = Series(site="s", zone="hall", cls="vehicle")
    index = Series(site="s", zone="pad", cls="backscatter")
    elsewhere = Series(site="t", zone="yard", cls="vehicle")
    found = asked(scanned(breaks=True), (YARD, hall, index, elsewhere))
    assert {q.series for q in found} == {YARD, index}
    assert len(found) == 2
    assert SITE.zones[2].is_roofed


@pytest.mark.parametrize("relation", ["changed", "same"])
def test_a_step_is_shown_beside_a_prediction_and_moves_no_verdict(relation: str) -> None:
    part = prediction(relation)
    of = scanned(part, breaks=True)
    without = judge(of, {}, (), ())[0].parts[0]
    with_step = judge(of, {scan().id: scan()}, (), ())[0]
    assert with_step.parts[0].verdict == without.verdict == "insufficient imagery"
    assert with_step.parts[0].findings == ()
    assert with_step.parts[0].probability is None
    (line,) = set(with_step.parts[0].why) - set(without.why)
    assert "a step by a factor 1.83 (90% interval 1.31 to 2.50) within 20 to 28 June 2018 (p = 0.002)" in line
    assert "after Summit" in line
    assert "judges nothing" in line


def test_a_step_found_later_unsigns_nobody() -> None:
    of = scanned(prediction("changed"), breaks=True)
    assert judge(of, {}, (), ())[0].evidence == judge(of, {scan().id: scan()}, (), ())[0].evidence


def test_only_a_step_of_the_predicted_series_is_shown() -> None:
    of = scanned(breaks=True)
    silent = replace(scan(), found=(), verdict="undetermined", p_value=0.4)
    elsewhere = replace(scan(), series=replace(YARD, zone="pad"))
    other = replace(scan(), series=replace(YARD, cls="container"))
    assert steps_beside(prediction("changed"), [silent, elsewhere, other], of) == ()
    assert len(steps_beside(prediction("changed", zone=""), [scan(), elsewhere, other], of)) == 2
    assert steps_beside(prediction("active"), [scan()], of) == ()


def test_an_order_that_cannot_be_told_is_said() -> None:
    open_ = replace(scan().found[0], order=(("summit", "undetermined"),))
    (line,) = steps_beside(prediction("changed"), [scan(found=(open_,))], scanned(breaks=True))
    assert "not known to be before or after Summit" in line
