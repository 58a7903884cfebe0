"""The metadata gate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from overlook.collect import coarsest_gsd_m, gate
from overlook.terms import Cover, Interval, Plan, instant

DAY = datetime(2018, 6, 12, tzinfo=UTC)


def reason(made: Any, *, cls: str = "vehicle", plan: Plan | None = None, zone: Any = None, **scene: Any) -> str | None:
    zone = zone or made.zone()
    found = gate(made.scene(**scene), made.site(zone), zone, cls, plan or Plan())
    if found is None:
        return None
    assert (found.series.site, found.series.zone, found.series.cls, found.scene) == ("site", zone.id, cls, "s1")
    assert found.evidence == ("0" * 64,)
    return found.reason


def test_a_good_scene_passes(made: Any) -> None:
    assert reason(made) is None
    assert reason(made, sun_elevation_deg=30.0) is None


def test_each_reason(made: Any) -> None:
    assert reason(made, zone=made.zone(kind="building")) == "roofed"
    assert reason(made, when=None) == "undated"
    assert reason(made, footprint=shapely.box(0, 0, 1, 1)) == "off the image"
    assert reason(made, sun_elevation_deg=-3.0) == "dark"
    assert reason(made, gsd_m=3.0) == "too coarse"
    assert reason(made, off_nadir_deg=70.0) == "too oblique"
    assert reason(made, off_nadir_deg=45.0) is None


def test_an_image_that_only_touches_the_zone_is_off_it_and_one_that_meets_a_part_is_not(made: Any) -> None:
    assert reason(made, footprint=shapely.box(124, 39.1, 125.1, 39.2)) == "off the image"
    assert reason(made, footprint=shapely.box(124, 39.1, 125.11, 39.2)) is None


def test_a_time_known_to_three_days_is_enough_and_to_four_is_not(made: Any) -> None:
    assert reason(made, when=Interval(start=DAY, end=DAY + timedelta(days=3))) is None
    assert reason(made, when=Interval(start=DAY, end=DAY + timedelta(days=4))) == "undated"


def test_a_cover_hides_while_it_is_there_and_where_that_is_not_known(made: Any) -> None:
    cover = Cover(kind="tarp", during=Interval(start=DAY, end=DAY + timedelta(days=10)))
    covered = made.zone(covers=(cover,))
    assert reason(made, zone=covered, when=instant(DAY + timedelta(days=1))) == "covered"
    assert reason(made, zone=covered, when=instant(DAY + timedelta(days=11))) is None
    spread = Interval(start=DAY - timedelta(days=1), end=DAY + timedelta(days=1))
    assert reason(made, zone=covered, when=spread) == "covered"


def test_a_local_scene_never_meets_a_site_on_the_earth(made: Any) -> None:
    assert reason(made, crs="local") == "off the image"


def test_the_plan_overrides_the_table(made: Any) -> None:
    plan = Plan(max_gsd_m=(("vehicle", 0.3),))
    assert reason(made, plan=plan, gsd_m=0.5) == "too coarse"
    assert reason(made, plan=plan, gsd_m=0.3) is None
    assert reason(made, cls="ship", gsd_m=2.0) is None


def test_the_table_is_johnsons_orientation_criterion_and_agrees_with_niirs() -> None:
    plan = Plan()
    # 1.4 line pairs, that is 2.8 pixels, across a car of 1.8 m.
    assert coarsest_gsd_m("vehicle", plan) == pytest.approx(1.8 / 2.8)
    assert coarsest_gsd_m("Vehicles", plan) == coarsest_gsd_m("vehicle", plan)
    # Civil NIIRS (1996): cars are told apart at level 6, 0.40-0.75 m; rail cars at level 5, 0.75-1.2 m.
    assert 0.40 <= coarsest_gsd_m("car", plan) <= 0.75
    assert 0.75 <= coarsest_gsd_m("railcar", plan) <= 1.2
    # A train at level 3, 2.5-4.5 m ground resolved distance, is two pixels across at half of that.
    assert 2.5 / 2 <= coarsest_gsd_m("train", plan) <= 4.5 / 2
    assert coarsest_gsd_m("cranes", plan) == pytest.approx(1.0)
    assert coarsest_gsd_m("gizmo", plan) is None
