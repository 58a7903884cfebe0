"""Doubts about dates and places, from metadata alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from pyproj import Geod

from overlook.collect import check_scene
from overlook.collect.when import times_said
from overlook.terms import Case, Flag, Interval, instant

# At 125.5 E, 39.5 N, 38 minutes before the sun's transit: hour angle -9.5 degrees, declination 23.1. The spherical
# triangle gives sin h = .636 x .392 + .772 x .920 x .986, so 71.7 degrees, and azimuth 180 - atan(.165 / .298) = 151.
NOON = datetime(2018, 6, 12, 3, tzinfo=UTC)


def flags(made: Any, **changes: Any) -> tuple[Flag, ...]:
    return check_scene(made.scene(**changes), Case(id="c", title="C", sites=(made.site(made.zone()),)))


def test_an_honest_scene_raises_no_doubt(made: Any) -> None:
    assert flags(made) == ()
    assert flags(made, when=None) == ()
    assert flags(made, sun_elevation_deg=71.7, sun_azimuth_deg=151.0) == ()


def test_night_at_the_time_and_place_that_are_said(made: Any) -> None:
    (flag,) = flags(made, when=instant(NOON + timedelta(hours=12)))
    assert flag.kind == "night"
    assert "below the horizon" in flag.what
    assert "2018-06-12 15:00:00 UTC" in dict(flag.evidence)["time and place"]


def test_sun_angles_of_another_hour_are_shown_beside_those_of_this_one(made: Any) -> None:
    (flag,) = flags(made, sun_elevation_deg=45.0, sun_azimuth_deg=100.0)
    assert flag.kind == "sun angles disagree"
    assert "elevation and azimuth" in flag.what
    assert flag.evidence[0][1] == "elevation 45.0°, azimuth 100.0°"
    (flag,) = flags(made, sun_elevation_deg=71.7, sun_azimuth_deg=300.0)
    assert "azimuth" in flag.what
    assert "elevation" not in flag.what


@pytest.mark.parametrize("kind", ["screenshot", "figure"])
def test_what_is_no_image_was_not_taken_by_the_sun(made: Any, kind: str) -> None:
    assert flags(made, when=instant(NOON + timedelta(hours=12)), kind=kind) == ()


def test_two_times_a_zone_apart_ask_whether_one_is_local(made: Any) -> None:
    said = (("STAC Item", instant(NOON)), ("file name", instant(NOON + timedelta(hours=8, minutes=30))))
    (flag,) = flags(made, when_said=said)
    assert flag.what == "Its times differ by exactly 8 h 30 min: is one of them local time?"
    assert flag.evidence == (("STAC Item", "2018-06-12 03:00:00 UTC"), ("file name", "2018-06-12 11:30:00 UTC"))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (datetime(2018, 12, 6, 3, 0, 7, tzinfo=UTC), "Day and month are the other way round in one of its dates."),
        (datetime(2018, 6, 19, 3, 0, 7, tzinfo=UTC), "Its times differ by 7 days."),
        (datetime(2018, 6, 12, 3, 20, 7, tzinfo=UTC), "Its times differ by 20 min."),
    ],
)
def test_other_times_are_told_as_they_are(made: Any, other: datetime, what: str) -> None:
    (flag,) = flags(made, when_said=(("STAC Item", instant(NOON)), ("tags of the file", instant(other))))
    assert flag.what == what


def test_seconds_apart_are_no_doubt(made: Any) -> None:
    for seconds, doubts in ((2, 0), (59, 0), (60, 1)):
        said = (("STAC Item", instant(NOON)), ("file name", instant(NOON + timedelta(seconds=seconds))))
        assert len(flags(made, when_said=said)) == doubts


def test_a_day_and_an_hour_of_it_agree(made: Any) -> None:
    day = Interval(start=NOON.replace(hour=0), end=NOON.replace(hour=23, minute=59, second=59))
    assert flags(made, when_said=(("declared", instant(NOON)), ("file name", day))) == ()


def test_a_footprint_that_misses_every_site_tells_how_far_and_whether_its_axes_are_swapped(made: Any) -> None:
    (flag,) = flags(made, footprint=shapely.box(126, 40, 126.1, 40.1))
    assert flag.kind == "off every site"
    away_m = Geod(ellps="WGS84").inv(125.2, 39.2, 126, 40)[2]
    told_km = float(flag.what.split(" km")[0].split()[-1])
    assert told_km == pytest.approx(away_m / 1000, rel=0.01)
    assert "other way round" not in flag.what


def test_swapped_axes_are_told(made: Any) -> None:
    zone = made.zone(geometry=shapely.box(35.1, 39.1, 35.2, 39.2))
    case = Case(id="c", title="C", sites=(made.site(zone),))
    (flag,) = check_scene(made.scene(footprint=shapely.box(39.05, 35.05, 39.3, 35.3), when=None), case)
    assert flag.what.endswith("Longitude and latitude the other way round it would lie on it.")


def test_every_source_of_a_time_is_kept_and_a_time_without_a_zone_is_kept_as_wide_as_it_is() -> None:
    said = dict(
        times_said(
            instant(NOON),
            {"ACQUISITION_DATETIME": "2018-06-12T03:00:00Z"},
            {"properties": {"datetime": "2018-06-12T03:00:00Z"}},
            "S2A_20180612",
        )
    )
    assert set(said) == {"declared", "tags of the file", "STAC Item", "file name"}
    (only,) = times_said(None, {"DATETIME": "2018:06:12 12:00:00"}, {}, "x")
    assert only[0] == "tag without a zone"
    assert only[1].length == timedelta(hours=28)
    # When a file was last edited says nothing of when it was taken, and two dates in a name are not one.
    assert times_said(None, {"TIFFTAG_DATETIME": "2020:01:01 00:00:00"}, {}, "20180612_20190101") == ()
