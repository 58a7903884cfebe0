"""Every kind of finding has words in a report, and those of a break say what it is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from overlook.report import render
from overlook.report.kinds import tell
from overlook.report.page import page
from overlook.report.telling import NOT_ENOUGH
from overlook.report.timeline import timeline
from overlook.report.top import scans_by_chance
from overlook.report.words import Names
from overlook.terms import Break, BreakFinding, Estimate, Finding, Interval, ModelUsed, Series, TurnoverFinding
from report import fixture

A = fixture.assessment()
NAMES = Names.of(A.case)
YARD = Series(site="works", zone="yard", cls="vehicle")


def day(month: int, date: int) -> datetime:
    return datetime(2024, month, date, 2, 10, tzinfo=UTC)


def step(first: datetime, last: datetime, ratio: float, **more: Any) -> Break:
    between = Interval(start=first, end=last)
    given = {
        "between": between,
        "likeliest": between,
        "level": 0.9,
        "ratio": Estimate(estimate=ratio, low=ratio * 0.8, high=ratio * 1.25, level=0.9),
        "p_value": 0.002,
        "alpha": 0.05,
        "order": (("summit", "after"), ("holiday", "undetermined")),
    }
    return Break(**(given | more))


def scan(*found: Break, **more: Any) -> BreakFinding:
    given = {
        "id": "break/works/yard/vehicle",
        "series": YARD,
        "window": Interval(start=day(1, 4), end=day(12, 20)),
        "n_images": 39,
        "p_value": 0.002 if found else 0.41,
        "alpha": 0.05,
        "verdict": "changed" if found else "undetermined",
        "exploratory": False,
        "found": found,
        "model": ModelUsed(name="negative binomial", prior="default"),
    }
    return BreakFinding(**(given | more))


FOUND = scan(step(day(7, 3), day(7, 19), 1.83))


def test_every_kind_of_finding_is_in_the_fixture_or_told_here() -> None:
    union = get_args(get_args(Finding)[0])
    kinds = {f.kind for f in (*A.findings, FOUND, turnover())} | {"composite"}
    assert {k.__dataclass_fields__["kind"].default for k in union} == kinds


def turnover() -> TurnoverFinding:
    return TurnoverFinding(id="t", series=YARD, window=None, verdict="undetermined", exploratory=False)


def test_a_step_is_told_with_its_size_its_place_and_what_it_is_not() -> None:
    told = tell(FOUND, NAMES)
    assert told.lead == "Stepped"
    assert told.sentence == (
        "The vehicle level in North yard stepped up to ×1.83 of the level before (90% interval ×1.46 to ×2.29; "
        "p = 0.002) between the images of 3 and 19 July 2024, after Summit. Whether before or after Autumn holiday "
        "cannot be told. A scan chose the date: it is no answer about any event."
    )
    numbers = dict(told.numbers)
    assert numbers["Step 1, relative to Summit"] == "after"
    assert numbers["Step 1, relative to Autumn holiday"] == "cannot be told"
    assert numbers["Step 1, p-value of its scan, held to 0.050"] == "0.002"


def test_several_steps_are_told_in_their_order() -> None:
    two = scan(step(day(3, 1), day(3, 9), 1.5, order=()), step(day(8, 1), day(8, 9), 0.5, order=()))
    said = tell(two, NAMES).sentence
    assert said.index("up to ×1.50") < said.index("down to ×0.50")


def test_no_step_found_is_no_evidence_that_there_was_none() -> None:
    told = tell(scan(), NAMES)
    assert told.lead == NOT_ENOUGH
    assert "that is no evidence that there was none" in told.sentence
    few = tell(scan(n_images=3, p_value=None, model=None, window=None), NAMES)
    assert few.sentence == "Whether the vehicle level in North yard ever stepped cannot be said from 3 usable images."
    assert few.step == "–"


def test_how_many_scans_would_find_a_step_by_chance_is_said() -> None:
    scans = [FOUND, *(scan() for _ in range(37)), scan(p_value=None, n_images=3)]
    said = scans_by_chance(scans)
    assert said.startswith("38 series could be scanned")
    assert "chance of 5% to find one" in said
    assert said.endswith("1.9 expected by chance. In 1 one was found.")
    assert scans_by_chance(A.findings) == ""


def test_a_step_is_bracketed_over_its_timeline_and_said_in_words() -> None:
    of_yard = [o for o in A.observations if o.series == YARD]
    drawn = timeline(YARD, of_yard, names=NAMES, level=0.9, events=A.case.events, scans=[FOUND])
    (mark,) = (line for line in drawn.lines if line.kind == "step")
    assert mark.text == "step ×1.83, not declared"
    assert 0 < mark.x1 - mark.x < 60
    assert "Steps that nobody declared, dashed: ×1.83 between the images of 3 and 19 July 2024." in drawn.summary
    # No two labels of one row lie on each other.
    rows = [
        (line.y, line.x, max(line.x1, line.x + 6.2 * len(line.text))) for line in drawn.lines if line.align == "start"
    ]
    assert all(a[0] != b[0] or a[2] <= b[1] for a in rows for b in rows if a[1] < b[1])


def test_a_report_with_a_step_shows_it_and_keeps_the_verdicts_apart() -> None:
    with_step = replace(A, findings=(*A.findings, FOUND, turnover()))
    html = render(with_step, lambda *_: None, made=day(12, 24)).html
    assert 'class="step-span"' in html
    assert "could be scanned for steps that nobody declared" in html
    made = page(with_step, (), (), made=day(12, 24), publication=False, names=NAMES, own_digest="0")
    # Claims rest on declared events: the step is among the other findings.
    assert FOUND.id not in made.told_first


@pytest.mark.parametrize("days", [0, 1])
def test_a_step_between_two_images_of_one_day_can_be_drawn(days: int) -> None:
    close = scan(step(day(7, 3), day(7, 3) + timedelta(hours=1, days=days), 2.0, order=()))
    of_yard = [o for o in A.observations if o.series == YARD]
    drawn = timeline(YARD, of_yard, names=NAMES, level=0.9, scans=[close])
    assert [line.kind for line in drawn.lines] == ["step"]
