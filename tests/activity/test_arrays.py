"""Arrays to observations: what goes in comes out, and what cannot be is refused where it stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.activity import observations
from overlook.errors import InputError
from overlook.terms import Count, Index, Interval, NotObserved, Series, instant, observations_to_table

START = datetime(2020, 1, 1, 10, 30, tzinfo=UTC)
DAYS = [START + timedelta(days=i) for i in range(3)]


def test_every_kind_of_array_gives_the_same_observations():
    asked = observations(DAYS, [4, 5, 6], zone="yard", cls="truck", visible=[1, 0.5, 0.25])
    assert [o.count for o in asked] == [4, 5, 6]
    assert [o.visible_fraction for o in asked] == [1.0, 0.5, 0.25]
    assert {o.series for o in asked} == {Series(zone="yard", cls="truck")}
    others = [
        (pa.array(DAYS, pa.timestamp("us", tz="UTC")), pa.array([4, 5, 6]), pa.array([1, 0.5, 0.25])),
        (pa.chunked_array([DAYS[:1], DAYS[1:]]), pa.chunked_array([[4], [5, 6]]), np.array([1, 0.5, 0.25])),
        (np.array(DAYS, dtype=object), np.array([4.0, 5.0, 6.0]), (1, 0.5, 0.25)),
        ([d.astimezone(timezone(timedelta(hours=9))) for d in DAYS], iter([4, 5, 6]), [1, 0.5, 0.25]),
        ([instant(d) for d in DAYS], np.array([4, 5, 6], dtype=np.uint8), np.array([1, 0.5, 0.25], dtype=np.float64)),
    ]
    for times, counts, visible in others:
        assert observations(times, counts, zone="yard", cls="truck", visible=visible) == asked


def test_the_order_of_rows_carries_no_meaning():
    rows = [(DAYS[2], 6, 0.25), (DAYS[0], 4, 1.0), (DAYS[1], 5, 0.5)]
    times, counts, visible = zip(*rows, strict=True)
    made = observations(times, counts, visible=visible)
    assert made == observations(DAYS, [4, 5, 6], visible=[1.0, 0.5, 0.25])


def test_what_is_missing_is_not_observed_and_never_zero():
    made = observations(DAYS, [None, 0, 0], visible=[1, 1, 0], reason=["cloud", "not searched", "dark"])
    assert [type(o) for o in made] == [NotObserved, Count, NotObserved]
    assert [getattr(o, "reason", None) for o in made] == ["cloud", None, "dark"]
    assert made[1].count == 0


def test_an_index_keeps_its_unit_and_errors():
    made = observations(DAYS, values=[-12.5, -11.0, None], unit="dB", value_sd=0.4, shared_sd=[0.2, 0.2, None])
    assert [type(o) for o in made] == [Index, Index, NotObserved]
    assert (made[0].value, made[0].unit, made[0].value_sd, made[0].shared_sd) == (-12.5, "dB", 0.4, 0.2)


def test_recall_and_false_alarms_for_all_or_one_each():
    made = observations(
        DAYS, [1, 2, 3], detection_probability=0.9, false_alarms=[0.1, 0.2, 0.3], sensor=["a", "a", "b"]
    )
    assert {o.detection_probability for o in made} == {0.9}
    assert [(o.false_alarms, o.sensor) for o in made] == [(0.1, "a"), (0.2, "a"), (0.3, "b")]


@pytest.mark.parametrize(
    ("where", "what", "given"),
    [
        ("counts[1]", "negative", {"counts": [1, -2, 3]}),
        ("counts[2]", "NaN", {"counts": [1, 2, float("nan")]}),
        ("counts[0]", "not finite", {"counts": np.array([np.inf, 1, 2])}),
        ("counts[1]", "whole number", {"counts": [1, 2.5, 3]}),
        ("counts[1]", "not a number", {"counts": [1, "2", 3]}),
        ("counts[0]", "not a number", {"counts": [True, 2, 3]}),
        ("counts[2]", "too large", {"counts": [1, 2, 2**31]}),
        ("counts", "has 2 values", {"counts": [1, 2]}),
        ("counts", "no array", {"counts": 7}),
        ("counts", "no array", {"counts": "123"}),
        ("counts", "counts or values", {}),
        ("values", "counts or values", {"counts": [1, 2, 3], "values": [1, 2, 3]}),
        ("values[0]", "NaN", {"values": [float("nan"), 1, 1]}),
        ("values[1]", "[0, 1]", {"values": [0.5, 1.5, 0.5], "unit": "share"}),
        ("visible", "outside 0 to 1", {"counts": [1, 2, 3], "visible": 1.01}),
        ("visible[2]", "outside 0 to 1", {"counts": [1, 2, 3], "visible": [1, 1, -0.1]}),
        ("visible[2]", "nothing is visible", {"counts": [1, 2, 3], "visible": [1, 1, 0]}),
        ("visible[0]", "NaN", {"counts": [1, 2, 3], "visible": [float("nan"), 1, 1]}),
        ("visible", "nearly nothing", {"counts": [1, 2, 3], "visible": 1e-9}),
        ("detection_probability", "outside 0 to 1", {"counts": [1, 2, 3], "detection_probability": 95}),
        ("detection_probability", "cannot find", {"counts": [1, 2, 3], "detection_probability": 0}),
        ("detection_probability_sd", "more than", {"counts": [1, 2, 3], "detection_probability_sd": 3}),
        ("false_alarms", "negative", {"counts": [1, 2, 3], "false_alarms": -0.1}),
        ("false_alarms", "no count", {"counts": [1, 2, 3], "false_alarms": 1e6}),
        ("reason", "none of cloud", {"counts": [1, None, 3], "reason": "fog"}),
        ("why_acquired", "none of routine", {"counts": [1, 2, 3], "why_acquired": "luck"}),
        ("sensor[1]", "no text", {"counts": [1, 2, 3], "sensor": ["a", 2, "b"]}),
        ("times", "no array", {"times": "2020-01-01", "counts": [1]}),
        ("times[1]", "the same time as times[0]", {"times": [DAYS[0], DAYS[0]], "counts": [1, 2]}),
        ("times[0]", "no time zone", {"times": [datetime(2020, 1, 1)], "counts": [1]}),
        ("times[0]", "no time with a zone", {"times": np.array(["2020-01-01"], dtype="datetime64[us]"), "counts": [1]}),
        ("times[0]", "a day without a time", {"times": [date(2020, 1, 1)], "counts": [1]}),
        ("times[0]", "no time with a zone", {"times": [None], "counts": [1]}),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(where: str, what: str, given: dict[str, Any]):
    with pytest.raises(InputError) as raised:
        observations(**({"times": DAYS} | given))
    assert raised.value.code == "E-INPUT-ARRAYS"
    assert raised.value.where == where
    assert what in raised.value.what
    assert "\n" not in str(raised.value)


def test_two_times_that_merely_overlap_are_two():
    day = Interval(start=DAYS[0], end=DAYS[0] + timedelta(days=1))
    assert len(observations([DAYS[0], day], [1, 2])) == 2


def test_nothing_in_nothing_out():
    assert observations([], []) == ()


_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**33),
    st.floats(),
    st.text(max_size=3),
    st.complex_numbers(),
    st.binary(),
)


@given(st.lists(_CELLS, min_size=3, max_size=3), st.one_of(_CELLS, st.lists(_CELLS, max_size=4)))
def test_any_cells_give_sound_observations_or_one_clear_error(counts: list[Any], visible: Any):
    try:
        made = observations(DAYS, counts, visible=visible)
    except InputError:
        return
    assert len(made) == 3
    assert observations_to_table(made).num_rows == 3
    for o in made:
        assert isinstance(o, NotObserved) or (o.count >= 0 and 0 < o.visible_fraction <= 1)
