"""The words of the line: what they refuse, and that they come back from JSON and Arrow as they went."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from overlook.errors import CaseError, IntegrityError, OverlookError, RefusedError, UsageError
from overlook.terms import (
    Case,
    Count,
    Estimate,
    Index,
    Interval,
    NotObserved,
    Observation,
    Observer,
    Plan,
    Series,
    Sighting,
    Site,
    Zone,
    digest,
    dumps,
    instant,
    loads,
    observations_from_table,
    observations_to_table,
    utc,
    word,
)

DAY = datetime(2018, 6, 12, 3, tzinfo=UTC)
YARD = Series(site="alpha", zone="yard", cls="vehicle")
times = st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
intervals = st.tuples(times, times).map(lambda p: Interval(start=min(p), end=max(p)))
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
series = st.builds(Series, site=names, zone=names, cls=names)
fractions = st.floats(0.01, 1)
observations = st.one_of(
    st.builds(
        Count,
        series=series,
        when=intervals,
        count=st.integers(0, 10**6),
        visible_fraction=fractions,
        detection_probability=st.none() | fractions,
        evidence=st.tuples(names),
        scene=names,
    ),
    st.builds(Index, series=series, when=intervals, value=st.floats(-1e6, 1e6), value_sd=st.none() | fractions),
    st.builds(Sighting, series=series, when=intervals, state=st.sampled_from(["present", "absent", "cannot tell"])),
    st.builds(NotObserved, series=series, when=st.none() | intervals, reason=st.sampled_from(["cloud", "roofed"])),
)


@given(st.lists(observations, max_size=5).map(tuple))
def test_observations_come_back_as_they_went(all_of):
    assert observations_from_table(observations_to_table(all_of)) == all_of
    assert loads(dumps(all_of, tuple[Observation, ...]), tuple[Observation, ...]) == all_of


def test_an_unseen_zone_is_null_in_the_table_and_not_zero():
    table = observations_to_table([NotObserved(series=YARD, when=instant(DAY), reason="cloud")])
    assert table["count"].null_count == 1
    assert table["reason"].to_pylist() == ["cloud"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Interval(start=DAY, end=DAY - timedelta(seconds=1)),
        lambda: instant(datetime(2018, 6, 12)),
        lambda: instant(DAY.astimezone(timezone(timedelta(hours=9)))),
        lambda: utc(datetime(2018, 6, 12)),
        lambda: Count(series=YARD, when=instant(DAY), count=-1),
        lambda: Count(series=YARD, when=instant(DAY), count=1, visible_fraction=0),
        lambda: Count(series=YARD, when=instant(DAY), count=1, detection_probability=1.1),
        lambda: Count(series=YARD, when=instant(DAY), count=1, false_alarms=float("nan")),
        lambda: Index(series=YARD, when=instant(DAY), value=float("inf")),
        lambda: Estimate(estimate=1, low=2, high=1, level=0.9),
        lambda: Estimate(estimate=float("nan"), low=1, high=2, level=0.9),
        lambda: Plan(margin=1.0),
        lambda: Plan(level=1.0),
        lambda: Plan(before_days=0),
        lambda: Observer(id="a", detection_probability=0),
        lambda: Zone(id="z", name="Z", kind="yard", geometry=Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])),
        lambda: word(1.01),
        lambda: word(float("nan")),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.0, "almost no chance"),
        (0.05, "almost no chance"),
        (0.051, "very unlikely"),
        (0.20, "very unlikely"),
        (0.45, "unlikely"),
        (0.50, "roughly even chance"),
        (0.551, "likely"),
        (0.80, "likely"),
        (0.95, "very likely"),
        (0.96, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_the_words_of_icd_203(probability, expected):
    assert word(probability) == expected


def test_a_case_comes_back_from_json_with_its_geometry():
    zone = Zone(id="yard", name="Yard", kind="yard", geometry=box(125.6, 39.1, 125.7, 39.2))
    case = Case(id="c", title="C", sites=(Site(id="alpha", name="Alpha", crs="EPSG:32651", zones=(zone,)),))
    assert loads(dumps(case), Case) == case
    assert digest(case) == digest(loads(dumps(case), Case))


def test_a_digest_knows_the_difference():
    one = Count(series=YARD, when=instant(DAY), count=11)
    other = Count(series=YARD, when=instant(DAY), count=7)
    assert digest(one) != digest(other)


def test_errors_are_one_line_with_place_and_remedy():
    error = CaseError("E-CASE-X", "bad\nthing", where="case.yaml:3:1\x1b[31m", remedy="mend it")
    assert str(error) == "case.yaml:3:1 [31m: bad thing. Try: mend it. [E-CASE-X]"
    assert [e.exit_code for e in (OverlookError, UsageError, IntegrityError, RefusedError)] == [1, 2, 3, 4]


def test_errors_cross_process_borders():
    import pickle

    error = pickle.loads(pickle.dumps(CaseError("E-CASE-X", "what", where="where", remedy="how")))
    assert (type(error), error.code, str(error)) == (CaseError, "E-CASE-X", "where: what. Try: how. [E-CASE-X]")
