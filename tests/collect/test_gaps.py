"""The gap ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any

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
    Series,
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


def test_windows_round_an_event_show_only_the_long_spans(made: Any) -> None:
    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=100, after_days=40))
    scenes = tuple(made.scene(id=f"s{n}", when=instant(day(n))) for n in (5, 20, 60, 80, 99, 105, 139))
    found = gaps(case, scenes, ())
    assert [(g.during.start, g.during.end) for g in found if g.during] == [(day(20), day(60)), (day(105), day(139))]
    assert {g.reason for g in found} == {"not searched"}


def test_an_image_elsewhere_fills_no_gap_and_a_count_without_its_image_does(made: Any) -> None:
    import shapely

    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=10, after_days=10))
    elsewhere = made.scene(when=instant(day(95)), footprint=shapely.box(0, 0, 1, 1))
    assert len(gaps(case, (elsewhere,), ())) == 2
    counts = tuple(
        Count(series=Series(site="site", zone="yard", cls="car"), when=instant(day(n)), count=0) for n in (95, 105)
    )
    assert gaps(case, (), counts) == ()


def test_a_row_without_a_number_is_its_own_gap_and_not_a_day_without_an_image(made: Any) -> None:
    site = made.site(made.zone())
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=10, after_days=10))
    rows = tuple(
        NotObserved(series=Series(site="site", zone="yard"), when=instant(day(n)), reason="not searched")
        for n in (95, 105)
    )
    found = gaps(case, (), rows)
    assert [g.during for g in found] == [instant(day(95)), instant(day(105))]
    assert not any("no image" in g.detail for g in found)
