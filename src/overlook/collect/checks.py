"""Is an image's date and place what it is said to be? From metadata alone: doubts are shown, and nothing is mended.

Three checks: do all that speak of its time agree; did the sun stand where it is said to have stood, and above the
horizon, at that time and place; and does its footprint lie at a site.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from overlook.collect.gate import meets
from overlook.collect.sun import sun_position
from overlook.terms import LOCAL, Case, Flag, Interval, Scene

#: Angles that are said and computed may differ by this: the formula is good to 0.1 degree, and a scene's angles are
#: those of its middle, which may lie a hundred kilometres away.
SUN_ANGLES_DEG = 2.0
_QUARTER = timedelta(minutes=15)
#: Clocks, and the start and the middle of one exposure, differ by seconds.
_SAME = timedelta(minutes=1)
_EARTH_M = 6_371_000.0


def check_scene(scene: Scene, case: Case) -> tuple[Flag, ...]:
    """The doubts about one scene; () for none. A scene in a local plane has no place that could be checked."""
    return (*_times(scene), *_sun(scene), *_place(scene, case))


def _times(scene: Scene) -> Iterator[Flag]:
    """Pairs of times of which at most one can be true. Intervals that overlap, or nearly, agree."""
    told = set[frozenset[Interval]]()
    for (who, first), (other, second) in combinations(scene.when_said, 2):
        pair = frozenset((first, second))
        if _apart(first, second) < _SAME or pair in told:
            continue
        told.add(pair)
        yield Flag(
            kind="times disagree",
            scenes=(scene.id,),
            what=_why_apart(first, second),
            evidence=((who, _text(first)), (other, _text(second))),
        )


def _apart(first: Interval, second: Interval) -> timedelta:
    """Between the end of one and the start of the other; nothing for those that overlap."""
    return max(second.start - first.end, first.start - second.end, timedelta(0))


def _why_apart(first: Interval, second: Interval) -> str:
    """What would explain two times, as a question to the analyst and never as an answer."""
    apart = abs(first.middle - second.middle)
    if first.is_instant and second.is_instant:
        is_zone = apart <= timedelta(hours=14) and apart % _QUARTER == timedelta(0)
        if is_zone:
            return f"Its times differ by exactly {_hours(apart)}: is one of them local time?"
    if _swapped(first.middle, second.middle):
        return "Day and month are the other way round in one of its dates."
    days = apart / timedelta(days=1)
    return f"Its times differ by {days:,.0f} days." if days >= 2 else f"Its times differ by {_hours(apart)}."


def _hours(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"


def _swapped(a: datetime, b: datetime) -> bool:
    return a.year == b.year and (a.month, a.day) == (b.day, b.month) and a.month != b.month


def _sun(scene: Scene) -> Iterator[Flag]:
    """Night at the time and place that are said; and angles that differ from those of that time and place."""
    if scene.when is None or scene.crs == LOCAL or not scene.when.is_instant or scene.kind != "image":
        return
    middle = scene.footprint.centroid
    elevation, azimuth = sun_position(scene.when.start, middle.x, middle.y)
    place = f"{_text(scene.when)}, {_degrees(middle.y, 'N', 'S')} {_degrees(middle.x, 'E', 'W')}"
    if elevation < 0:
        yield Flag(
            kind="night",
            scenes=(scene.id,),
            what=f"At its time and place the sun stood {-elevation:.0f}° below the horizon.",
            evidence=(("time and place", place), ("the image", "taken in daylight, if it shows anything")),
        )
    said_up, said_azimuth = scene.sun_elevation_deg, scene.sun_azimuth_deg
    wrong = [] if said_up is None or abs(said_up - elevation) <= SUN_ANGLES_DEG else ["elevation"]
    # Near the zenith the azimuth turns fast, and says little.
    reach = SUN_ANGLES_DEG / max(math.cos(math.radians(elevation)), 0.02)
    if said_azimuth is not None and abs((said_azimuth - azimuth + 180) % 360 - 180) > reach:
        wrong.append("azimuth")
    if wrong:
        said = ", ".join(
            f"{n} {v:.1f}°" for n, v in (("elevation", said_up), ("azimuth", said_azimuth)) if v is not None
        )
        yield Flag(
            kind="sun angles disagree",
            scenes=(scene.id,),
            what=f"The sun's {' and '.join(wrong)} is not that of its time and place.",
            evidence=(("with the image", said), (place, f"elevation {elevation:.1f}°, azimuth {azimuth:.1f}°")),
        )


def _place(scene: Scene, case: Case) -> Iterator[Flag]:
    """A footprint that meets no site, how far it is from the nearest, and whether its axes were swapped."""
    sites = [site for site in case.sites if site.zones]
    zones = {site.id: shapely.union_all([zone.geometry for zone in site.zones]) for site in sites}
    if not sites or any(meets(scene, site, shapely.box(*zones[site.id].bounds)) for site in sites):
        return
    if scene.crs == LOCAL or any(site.crs == LOCAL for site in sites):
        return
    nearest = min(sites, key=lambda site: _away_m(scene, zones[site.id]))
    away_km = _away_m(scene, zones[nearest.id]) / 1000
    what = f"It lies {away_km:,.0f} km from the nearest site." if away_km >= 1 else "It lies beside the nearest site."
    if _is_swapped(scene, zones[nearest.id]):
        what += " Longitude and latitude the other way round it would lie on it."
    middle, site = scene.footprint.centroid, zones[nearest.id].centroid
    yield Flag(
        kind="off every site",
        scenes=(scene.id,),
        what=what,
        evidence=(
            ("middle of the image", f"{_degrees(middle.y, 'N', 'S')} {_degrees(middle.x, 'E', 'W')}"),
            (f"site {nearest.id}", f"{_degrees(site.y, 'N', 'S')} {_degrees(site.x, 'E', 'W')}"),
        ),
    )


def _is_swapped(scene: Scene, zones: BaseGeometry) -> bool:
    swapped = shapely.transform(scene.footprint, lambda p: p[:, ::-1])
    return bool(swapped.intersects(shapely.box(*zones.bounds)))


def _away_m(scene: Scene, zones: BaseGeometry) -> float:
    """Metres between the nearest points, on a sphere."""
    a, b = (shapely.get_coordinates(p)[0] for p in shapely.ops.nearest_points(scene.footprint, zones))
    (lon1, lat1), (lon2, lat2) = ([math.radians(v) for v in p] for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(h)))


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.2f}° {positive if value >= 0 else negative}"


def _text(when: Interval) -> str:
    if when.is_instant:
        return f"{when.start:%Y-%m-%d %H:%M:%S} UTC"
    if (
        when.length < timedelta(days=1)
        and when.start.date() == when.end.date()
        and when.start.hour + when.end.hour == 23
    ):
        return f"{when.start:%Y-%m-%d} UTC"
    return f"{when.start:%Y-%m-%d %H:%M} to {when.end:%Y-%m-%d %H:%M} UTC"
