"""Series nobody hopes for, through every door: an error that says where, or undetermined with its reason. Never a NaN.

Warnings are errors in these tests, so that nothing is muttered from below either.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from overlook import run
from overlook.activity import active_row, anomaly, answer, describe, observations, pattern_row
from overlook.errors import InputError
from overlook.terms import (
    Count,
    Event,
    Finding,
    Index,
    Observation,
    Pattern,
    Plan,
    Question,
    Series,
    dumps,
    instant,
)

AT = datetime(2020, 4, 1, 12, tzinfo=UTC)
SUMMIT = Event(id="summit", name="Summit", during=instant(AT))
PLAN = Plan(margin=1.25, quiet_below=0.5)
SERIES = Series(site="s", zone="yard", cls="truck")
OTHER = Series(site="s", zone="pad", cls="truck")
DAYS = [AT + timedelta(days=3 * i - 90.25) for i in range(44)]


def made(times: list[datetime], counts: Any, of: Series = SERIES, **more: Any) -> tuple[Observation, ...]:
    return observations(times, counts, site=of.site, zone=of.zone, cls=of.cls, **more)


NOTHING: dict[str, tuple[Observation, ...]] = {
    "no row at all": (),
    "all not observed": made(DAYS, [None] * 44, reason="cloud"),
    "all of zero visible fraction": made(DAYS, [0] * 44, visible=0.0),
}
FEW = {
    "one image": made(DAYS[:1], [7]),
    "one image after": made(DAYS[-1:], [7]),
    "one image on each side": made([DAYS[0], DAYS[-1]], [7, 0]),
    "images before alone": made(DAYS[:25], [7] * 25),
}
ZEROS = {"constant zero": made(DAYS, [0] * 44)}
HUGE = {
    "a million each": made(DAYS, [10**6] * 44),
    "a million once": made(DAYS, [3] * 43 + [10**6]),
    "a million from the event on": made(DAYS, [0 if d < AT else 10**6 for d in DAYS]),
    "two thousand million": made(DAYS, [2**31 - 1] * 44),
}


def no_nan(value: Any) -> None:
    """Of plain data: every number is one. JSON may hold no infinity either."""
    json.dumps(value, allow_nan=False)


def told(question: Question, given: tuple[Observation, ...]) -> Finding:
    finding = answer(question, given, event=SUMMIT, events=(SUMMIT,), plan=PLAN)
    no_nan(json.loads(dumps(finding, Finding)))
    return finding


def every_door(given: tuple[Observation, ...]) -> dict[str, Finding]:
    """All questions that counts can answer, each answer checked for numbers that are none."""
    steady = made(DAYS, [5, 6, 4, 5] * 11, of=OTHER)
    pair = Question(kind="composite", series=Series(site="s"), event="summit", members=(OTHER, SERIES))
    found = {
        "event": told(Question(kind="event", series=SERIES, event="summit"), given),
        "activity": told(Question(kind="activity", series=SERIES), given),
        "break": told(Question(kind="break", series=SERIES), given),
        "composite": told(pair, (*given, *steady)),
    }
    no_nan(json.loads(dumps(describe(SERIES, given, plan=PLAN), Pattern)))
    new = Count(series=SERIES, when=instant(DAYS[-1] + timedelta(days=3)), count=4)
    surprise = anomaly(SERIES, given, new, plan=PLAN)
    assert surprise.p_value is None or 0 <= surprise.p_value <= 1
    no_nan(pattern_row(SERIES, given, event=SUMMIT.during, plan=PLAN))
    no_nan(active_row(SERIES, given, event=SUMMIT.during, plan=PLAN))
    return found


@pytest.mark.parametrize("given", NOTHING.values(), ids=NOTHING)
def test_without_an_observation_nothing_is_said_and_why(given: tuple[Observation, ...]) -> None:
    for kind, finding in every_door(given).items():
        assert finding.verdict == "undetermined", kind
        assert finding.notes, kind
    row = active_row(SERIES, given, event=SUMMIT.during, plan=PLAN)
    assert (row["rate"], row["n_images"], row["p_active"]) == (None, 0, None)


@pytest.mark.parametrize("given", FEW.values(), ids=FEW)
def test_a_handful_of_images_compares_nothing(given: tuple[Observation, ...]) -> None:
    found = every_door(given)
    for kind in ("event", "composite"):
        assert found[kind].verdict == "undetermined", kind
    event = found["event"]
    assert event.kind == "event"
    assert event.exploratory or event.ratio is None
    assert event.step is None or event.step.p_value is None
    assert found["break"].verdict == "undetermined" or len(given) >= PLAN.few_images


@pytest.mark.parametrize("given", ZEROS.values(), ids=ZEROS)
def test_zeros_are_bounded_and_never_compared(given: tuple[Observation, ...]) -> None:
    found = every_door(given)
    assert found["activity"].verdict == "no activity observed"
    assert {found[kind].verdict for kind in ("event", "break", "composite")} == {"undetermined"}
    assert any("nothing was counted on either side" in note for note in found["event"].notes)


@pytest.mark.parametrize("given", HUGE.values(), ids=HUGE)
def test_counts_of_a_million_are_counts(given: tuple[Observation, ...]) -> None:
    found = every_door(given)
    assert found["activity"].verdict in ("active", "undetermined")
    event = found["event"]
    assert event.kind == "event"
    assert event.ratio is None or 0 < event.ratio.low <= event.ratio.estimate <= event.ratio.high < math.inf


def test_a_constant_million_is_no_change() -> None:
    assert every_door(HUGE["a million each"])["event"].verdict in ("same", "undetermined")


def test_the_order_of_rows_decides_nothing() -> None:
    straight = made(DAYS, [5, 6, 4, 7] * 11)
    for kind in ("event", "activity", "break"):
        question = Question(kind=kind, series=SERIES, event="summit" if kind == "event" else "")  # type: ignore[arg-type]
        assert told(question, straight) == told(question, straight[::-1])


def test_two_rows_of_one_moment_are_one_image_where_nobody_refused_them() -> None:
    """`observations` refuses them; whoever builds rows by hand has one of them left out, with a note."""
    straight = made(DAYS, [5, 6, 4, 7] * 11)
    twice = answer(
        Question(kind="event", series=SERIES, event="summit"), (*straight, straight[3]), event=SUMMIT, plan=PLAN
    )
    once = answer(Question(kind="event", series=SERIES, event="summit"), straight, event=SUMMIT, plan=PLAN)
    assert twice.kind == once.kind == "event"
    assert (twice.n_before, twice.ratio) == (once.n_before, once.ratio)
    assert any("counted" in note and "left out" in note for note in twice.notes)


def test_an_index_at_zero_or_below_is_told_and_not_fitted() -> None:
    given = observations(DAYS, values=[0.0, 0.2] * 22, site="s", zone="yard", cls="truck")
    assert all(isinstance(o, Index) for o in given)
    for kind, event in (("event", "summit"), ("activity", ""), ("break", "")):
        finding = told(Question(kind=kind, series=SERIES, event=event), given)  # type: ignore[arg-type]
        assert finding.verdict == "undetermined", kind
        assert any("zero" in note for note in finding.notes), kind


# --- the same through a file ------------------------------------------------------------------------------------------

HEADER = "time,zone,class,count,visible_fraction"


def from_file(folder: Path, lines: list[str]) -> list[dict[str, Any]]:
    path = folder / "counts.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    rows = list(run.pattern(path, event=SUMMIT.during, plan=PLAN, active=True, breaks=len(lines) < 20))
    no_nan(rows)
    return [dict(row) for row in rows]


def line(day: datetime, count: object, visible: object = 1) -> str:
    return f"{day:%Y-%m-%dT%H:%MZ},yard,truck,{count},{visible}"


@pytest.mark.parametrize(
    ("lines", "verdict", "active"),
    [
        ([line(d, "", "") for d in DAYS], "undetermined", "undetermined"),
        ([line(d, 0, 0) for d in DAYS], "undetermined", "undetermined"),
        ([line(DAYS[0], 7)], "undetermined", "undetermined"),
        ([line(d, 0) for d in DAYS], "undetermined", "no activity observed"),
        ([line(d, 10**6) for d in DAYS], None, "active"),
        ([line(d, 5) for d in reversed(DAYS)], None, "active"),
    ],
    ids=["all missing", "all of zero visible fraction", "one image", "zeros", "a million each", "newest first"],
)
def test_a_file_of_them_is_answered(tmp_path: Path, lines: list[str], verdict: str | None, active: str) -> None:
    (row,) = from_file(tmp_path, lines)
    assert row["verdict"] == verdict or (verdict is None and row["verdict"] in ("same", "undetermined"))
    assert row["active"]["verdict"] == active
    assert row["notes"]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (line(DAYS[1], -1), "'-1' is negative"),
        (line(DAYS[1], 2.5), "not a whole number"),
        (line(DAYS[1], "nan"), "not a number"),
        (line(DAYS[1], 2, 1.2), "outside 0 to 1"),
        (line(DAYS[1], 2, -0.1), "outside 0 to 1"),
        (line(DAYS[0], 2), "the same series and time"),
    ],
)
def test_a_file_with_a_value_that_cannot_be_is_refused_where_it_stands(tmp_path: Path, bad: str, what: str) -> None:
    with pytest.raises(InputError) as raised:
        from_file(tmp_path, [line(DAYS[0], 3), bad])
    assert what in str(raised.value)
    assert "counts.csv:3" in raised.value.where
