"""The gap ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from hypothesis import given
from hypothesis import strategies as st

from collect.conftest import scene
from overlook.collect import gaps
from overlook.terms import (
    Case,
    Claim,
    Count,
    Event,
    Interval,
    NotObserved,
    Plan,
    Prediction,
    Search,
    Series,
    Site,
    Zone,
    instant,
)

T0 = datetime(2018, 1, 1, tzinfo=UTC)


def day(n: float) -> datetime:
    return T0 + timedelta(days=n)


def unseen(cls: str, reason: Any, scene: str = "s1", detail: str = "") -> NotObserved:
    return NotObserved(
        series=Series(site="site", zone="yard", cls=cls), when=instant(T0), scene=scene, reason=reason, detail=detail
    )


def test_classes_that_share_scene_zone_and_reason_share_a_row(made: Any) -> None:
    case = Case(id="c", title="", sites=(made.site(made.zone()),))
    found = gaps(case, (), (unseen("car", "cloud", detail="90%"), unseen("bus", "cloud"), unseen("bus", "dark", "s2")))
    assert [(g.scene, g.reason, g.detail) for g in found] == [("s1", "cloud", "bus, car: 90%"), ("s2", "dark", "bus")]


def test_a_window_without_any_image_is_one_row_that_says_not_searched(made: Any) -> None:
    site = made.site(made.zone())
    window = Interval(start=day(0), end=day(30))
    prediction = Prediction(id="p", relation="active", site="site", zone="yard", cls="car", window=window)
    inside = Prediction(id="q", relation="active", site="site", cls="car", window=window, inside=True)
    claim = Claim(id="k", quote="", chain=(), predictions=(prediction, inside))
    (gap,) = gaps(Case(id="c", title="", sites=(site,), claims=(claim,)), (), ())
    assert (gap.reason, gap.during, gap.scene, gap.zone) == ("not searched", window, "", "yard")
    assert "k.p" in gap.detail
    assert "k.q" not in gap.detail


def test_windows_round_an_event_show_the_long_spans_and_fold_the_short_ones(made: Any) -> None:
    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=100, after_days=40))
    scenes = tuple(made.scene(id=f"s{n}", when=instant(day(n))) for n in (5, 20, 60, 80, 99, 105, 139))
    found = gaps(case, scenes, ())
    long = [g for g in found if g.during and not g.spans]
    assert [(g.during.start, g.during.end) for g in long if g.during] == [(day(20), day(60)), (day(105), day(139))]
    before, after = [g for g in found if g.spans]
    assert [s.length.days for s in before.spans] == [5, 15, 20, 19, 1]
    assert before.detail.startswith("5 shorter spans, together 60 days: no usable image here, ")
    assert [s.length.days for s in after.spans] == [5, 1]
    assert {g.reason for g in found} == {"not searched"}


def test_an_image_elsewhere_fills_no_gap_and_a_count_without_its_image_does(made: Any) -> None:
    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=10, after_days=10))
    elsewhere = made.scene(when=instant(day(95)), footprint=shapely.box(0, 0, 1, 1))
    assert len(gaps(case, (elsewhere,), ())) == 2
    counts = tuple(
        Count(series=Series(site="site", zone="yard", cls="car"), when=instant(day(n)), count=0) for n in (95, 105)
    )
    assert [[s.length.days for s in g.spans] for g in gaps(case, (), counts)] == [[5, 5], [5, 5]]


def test_a_row_without_a_number_is_its_own_gap_and_not_a_day_without_an_image(made: Any) -> None:
    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=10, after_days=10))
    rows = tuple(
        NotObserved(series=Series(site="site", zone="yard"), when=instant(day(n)), reason="not searched")
        for n in (95, 105)
    )
    found = gaps(case, (), rows)
    assert [g.during for g in found if not g.spans] == [instant(day(95)), instant(day(105))]
    assert [s.start for g in found for s in g.spans] == [day(90), day(95), day(100), day(105)]


def test_an_image_that_shows_nothing_of_the_zone_covers_no_time(made: Any) -> None:
    site = made.site(made.zone())
    window = Interval(start=day(0), end=day(29))
    part = Prediction(id="p", relation="active", site="site", zone="yard", cls="vehicle", window=window)
    case = Case(id="c", title="", sites=(site,), claims=(Claim(id="k", quote="", chain=(), predictions=(part,)),))
    at = instant(day(5))

    def spans(scene: Any, *rows: NotObserved) -> list[Interval | None]:
        return [g.during for g in gaps(case, (scene,), rows) if not g.scene]

    halves = [Interval(start=day(0), end=day(5)), Interval(start=day(5), end=day(29))]
    assert sorted(s.start for s in spans(made.scene(when=at)) if s) == [h.start for h in halves]
    for blind in ({"gsd_m": 10.0}, {"sun_elevation_deg": -3.0}, {"off_nadir_deg": 70.0}):
        assert spans(made.scene(when=at, **blind)) == [window]
    cloudy = NotObserved(
        series=Series(site="site", zone="yard", cls="vehicle"), when=at, scene="s1", reason="cloud", detail=""
    )
    assert spans(made.scene(when=at), cloudy) == [window]


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 60)), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 160), st.sampled_from([0.5, 10.0])), max_size=8, unique_by=lambda s: s[0]),
    st.lists(st.tuples(st.integers(0, 160), st.integers(1, 80), st.booleans()), max_size=3),
)
def test_spans_and_the_times_of_usable_images_cover_every_window(
    windows: list[tuple[int, int]], images: list[tuple[int, float]], asked: list[tuple[int, int, bool]]
) -> None:
    where = shapely.box(125, 39, 126, 40)
    zone = Zone(id="yard", name="Yard", kind="yard", geometry=shapely.box(125.1, 39.1, 125.2, 39.2))
    site = Site(id="site", name="Site", zones=(zone,), crs="EPSG:32651")
    spans = [Interval(start=day(a), end=day(a + n)) for a, n in windows]
    parts = tuple(
        Prediction(id=f"p{i}", relation="active", site="site", zone="yard", cls="vehicle", window=w)
        for i, w in enumerate(spans)
    )
    case = Case(id="c", title="", sites=(site,), claims=(Claim(id="k", quote="", chain=(), predictions=parts),))
    scenes = tuple(scene(id=f"s{d}", when=instant(day(d)), gsd_m=g) for d, g in images)
    searches = tuple(
        Search(
            id=f"q{i}",
            site="site",
            catalogue="cat",
            href="https://cat.example",
            area=where,
            collections=(),
            during=Interval(start=day(a), end=day(a + n)),
            made=day(1000),
            gsd_m=0.3,
            complete=whole,
        )
        for i, (a, n, whole) in enumerate(asked)
    )
    found = gaps(case, scenes, (), searches)
    told = [(s, g.reason) for g in found if g.during for s in g.spans or (g.during,)]
    usable = {d for d, g in images if g == 0.5}
    for window in spans:
        at = window.start + timedelta(hours=12)
        while at < window.end:
            assert any(s.contains(at) for s, _ in told)
            on_record = any(s.during.contains(at) for s in searches)
            assert on_record != any(s.contains(at) and reason == "not searched" for s, reason in told)
            at += timedelta(days=1)
    assert not any(s.start < day(d) < s.end for d in usable for s, _ in told if any(w.encloses(s) for w in spans))
