"""Where a catalogue's item lies: its footprint as valid polygons between -180 and 180 degrees, or why there is none.

RFC 7946 (section 3.1.9) asks that footprints be cut at the antimeridian. Many are not: they run on beyond 180, or jump
from 179 to -179 and so seem to circle the Earth the other way. An edge longer than half the Earth is such a jump.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

#: Degrees by which a box and its footprint may differ before it is said: a tile is 1 degree wide.
_APART_DEG = 0.5
_MOST_POINTS = 200_000


def footprint(item: Mapping[str, Any]) -> tuple[BaseGeometry, tuple[str, ...]]:
    """The footprint and what was put right. Raises ValueError for an item that says nowhere where it is."""
    bounds = box_of(item.get("bbox"))
    raw = item.get("geometry")
    if raw is None:
        if bounds is None:
            raise ValueError("it has neither a footprint nor a box")
        return bounds, ("it has no footprint, its box is taken",)
    drawn = _shape(raw)
    if drawn.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        if bounds is not None and bounds.area > 0:
            return bounds, (f"its footprint is a {drawn.geom_type}, its box is taken",)
        raise ValueError(f"its footprint is a {drawn.geom_type}")
    parts, notes = _unwrapped(drawn)
    whole = _valid(parts, notes)
    cut = _cut(whole, notes)
    if bounds is not None and _apart(cut, bounds):
        notes.append("its box and its footprint differ; the footprint is taken")
    return cut, tuple(dict.fromkeys(notes))


def _shape(raw: Any) -> BaseGeometry:
    try:
        # Points that are no numbers are told below, not by a warning from there.
        with np.errstate(invalid="ignore"):
            drawn = shapely.force_2d(shape(raw))
    except (ShapelyError, AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
        raise ValueError("its footprint is no geometry") from error
    points = shapely.get_coordinates(drawn)
    if drawn.is_empty or len(points) == 0:
        raise ValueError("its footprint is empty")
    if len(points) > _MOST_POINTS:
        raise ValueError(f"its footprint has {len(points)} points")
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in points):
        raise ValueError("its footprint has points that are no numbers")
    if abs(points[:, 1]).max() > 90 or abs(points[:, 0]).max() > 540:
        raise ValueError("its footprint is not in longitude and latitude")
    return drawn


def _unwrapped(drawn: BaseGeometry) -> tuple[list[Polygon], list[str]]:
    """Its polygons with every jump over half the Earth undone, so that each is drawn in one piece."""
    notes: list[str] = []
    polygons = [p for p in _parts(drawn) if p.exterior is not None]
    made = []
    for polygon in polygons:
        ring, turns = _unwrap(list(polygon.exterior.coords))
        if turns:
            # Drawn around a pole: closed on the map by going over it, on the side on which the ring lies.
            lat = math.copysign(90.0, sum(y for _, y in ring))
            ring = [*ring, (ring[-1][0], lat), (ring[0][0], lat)]
            notes.append("its footprint goes around a pole")
        elif ring != [(x, y) for x, y in polygon.exterior.coords]:
            notes.append("its footprint crosses the antimeridian and was not cut there")
        holes = [h for hole in polygon.interiors if len(h := _unwrap(list(hole.coords))[0]) > 3] if not turns else []
        made.append(Polygon(ring, holes))
    return made, notes


def _unwrap(points: Sequence[Any]) -> tuple[list[tuple[float, float]], int]:
    """Points without jumps, and how many times they went around the Earth (1, 0 or -1)."""
    offset, ring = 0.0, []
    for n, (x, y) in enumerate(points):
        if n and x - points[n - 1][0] > 180:
            offset -= 360
        elif n and x - points[n - 1][0] < -180:
            offset += 360
        ring.append((x + offset, y))
    return ring, round(offset / 360)


def _valid(parts: Sequence[Polygon], notes: list[str]) -> BaseGeometry:
    """One geometry of polygons. A footprint that crosses itself keeps every area that its outline encloses."""
    kept: list[BaseGeometry] = []
    for part in parts:
        if not part.is_valid:
            notes.append(
                f"its footprint is not valid ({shapely.is_valid_reason(part).partition('[')[0].lower()}): mended"
            )
            kept += _parts(shapely.make_valid(part))
        else:
            kept.append(part)
    whole = unary_union([p for p in kept if p.area > 0])
    if whole.is_empty:
        raise ValueError("its footprint has no area")
    return whole


def _cut(whole: BaseGeometry, notes: list[str]) -> BaseGeometry:
    """Cut at the antimeridian, each side moved to where it belongs."""
    west, _, east, _ = whole.bounds
    if west >= -180 and east <= 180:
        return whole
    pieces: list[BaseGeometry] = []
    for turn in range(math.floor((west + 180) / 360), math.floor((east + 180) / 360) + 1):
        here = whole.intersection(box(-180 + 360 * turn, -90, 180 + 360 * turn, 90))
        pieces += _parts(translate(here, -360 * turn))
    notes.append("its footprint crosses the antimeridian and was not cut there")
    joined = unary_union([p for p in pieces if p.area > 0])
    if joined.is_empty:
        raise ValueError("its footprint has no area")
    return joined


def _parts(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [geometry]
    if isinstance(geometry, MultiPolygon) or hasattr(geometry, "geoms"):
        return [p for part in geometry.geoms for p in _parts(part)]
    return []


def box_of(value: Any) -> BaseGeometry | None:
    """A box of STAC: 4 or 6 numbers; one that starts east of where it ends crosses the antimeridian."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) not in (4, 6):
        return None
    try:
        numbers = [float(v) for v in value]
    except (TypeError, ValueError):
        return None
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if not all(map(math.isfinite, numbers)) or south > north or abs(south) > 90 or abs(north) > 90:
        return None
    if abs(west) > 180 or abs(east) > 180:
        return None
    if west > east:
        return MultiPolygon([box(west, south, 180, north), box(-180, south, east, north)])
    return box(west, south, east, north) if west < east and south < north else None


def _apart(drawn: BaseGeometry, bounds: BaseGeometry) -> bool:
    """Footprints on the antimeridian have boxes of many kinds, all of them known: only other boxes are compared."""
    west, south, east, north = drawn.bounds
    if east - west > 180 or bounds.bounds[2] - bounds.bounds[0] > 180:
        return False
    return any(abs(a - b) > _APART_DEG for a, b in zip((west, south, east, north), bounds.bounds, strict=True))
