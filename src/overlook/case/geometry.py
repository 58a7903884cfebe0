"""Polygons of zones: read from GeoJSON, WKT or a file's features, and refused where they cannot be meant.

Pure: the features of a file are handed in. Coordinates are longitude, latitude, or metres in a local plane.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from overlook.case.mistakes import unknown

#: A zone or a site wider than this is not a facility, and its grid would not fit a machine.
MAX_ACROSS_KM = 50.0
_EARTH_RADIUS_KM = 6371.0088
_REASON = re.compile(r"(.*?)\[(\S+) (\S+)\]")
_WORDS = {
    "Self-intersection": "crosses itself",
    "Ring Self-intersection": "touches itself",
    "Hole lies outside shell": "has a hole outside itself",
    "Holes are nested": "has a hole in a hole",
    "Interior is disconnected": "is cut in two by a hole",
    "Nested shells": "has a part inside another",
    "Duplicate Rings": "has the same ring twice",
}


def from_geojson(plain: dict[str, Any]) -> BaseGeometry:
    """The Polygon or MultiPolygon of a GeoJSON geometry. Raises ValueError."""
    kind = plain.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"type must be Polygon or MultiPolygon, not {str(kind)[:40]!r}")
    extra = sorted(set(plain) - {"type", "coordinates", "bbox"})
    if extra:
        raise ValueError(f"unknown key {extra[0][:40]!r}; a geometry has type and coordinates")
    coordinates = plain.get("coordinates")
    if kind == "Polygon":
        return _polygon(coordinates)
    parts = [_polygon(c) for c in _list(coordinates, "coordinates")]
    if not parts:
        raise ValueError("the polygon has no part")
    return shapely.MultiPolygon([p for p in parts if isinstance(p, shapely.Polygon)])


def from_wkt(text: str) -> BaseGeometry:
    """The polygon of a WKT text. Raises ValueError."""
    try:
        geometry = shapely.from_wkt(text.strip())
    except shapely.errors.ShapelyError as error:
        reason = str(error).splitlines()[0].removeprefix("IllegalArgumentException: ").removeprefix("ParseException: ")
        raise ValueError(f"not WKT: {reason}") from error
    return as_polygons(geometry)


def from_features(features: Sequence[tuple[str, bytes]], wanted: str, file: str) -> BaseGeometry:
    """The polygon named `wanted` among a file's features, or the only one when "" is wanted. Raises ValueError."""
    if not features:
        raise ValueError(f"{file!r} holds no feature")
    if wanted:
        found = [g for name, g in features if name == " ".join(wanted.split())]
        if not found:
            raise ValueError(unknown(f"feature in {file!r}", wanted, [n for n, _ in features if n]))
        if len(found) > 1:
            raise ValueError(f"{file!r} holds {len(found)} features named {wanted[:60]!r}")
        return as_polygons(shapely.from_wkb(found[0]))
    shapes = [shapely.from_wkb(g) for _, g in features]
    polygons = [s for s in shapes if s.geom_type in ("Polygon", "MultiPolygon")]
    if len(polygons) != 1:
        raise ValueError(f"{file!r} holds {len(polygons)} polygons: say which with `feature:`")
    return as_polygons(polygons[0])


def as_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """In two dimensions; a collection of polygons as one MultiPolygon. Raises ValueError for anything else."""
    if geometry is None or geometry.is_empty:
        raise ValueError("the geometry is empty")
    geometry = shapely.force_2d(geometry)
    if geometry.geom_type == "GeometryCollection":
        parts = list(shapely.get_parts(shapely.get_parts(geometry)))
        if not all(p.geom_type == "Polygon" for p in parts):
            raise ValueError("a collection must hold polygons only")
        geometry = shapely.MultiPolygon(parts)
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"must be a Polygon or MultiPolygon, not a {geometry.geom_type}")
    return geometry


def check_polygon(geometry: BaseGeometry, *, local: bool) -> None:
    """Raise ValueError when the polygon cannot be a zone: axes, validity, area, size."""
    bounds = geometry.bounds
    if not all(math.isfinite(b) for b in bounds):
        raise ValueError("coordinates must be finite numbers")
    if not local:
        _check_axes(*bounds)
    if geometry.convex_hull.area == 0:
        raise ValueError("the polygon has no area")
    if not geometry.is_valid:
        raise ValueError(_why_invalid(geometry))
    across = across_km(bounds, local=local)
    if across > MAX_ACROSS_KM:
        raise ValueError(f"is {across:,.0f} km across; a zone is at most {MAX_ACROSS_KM:.0f} km{_meridian(bounds)}")


def check_together(shapes: Sequence[BaseGeometry], *, local: bool) -> tuple[int, str] | None:
    """Which zone of a site lies too far from the rest, and why; None when they lie together."""
    if across_km(shapely.total_bounds(list(shapes)), local=local) <= MAX_ACROSS_KM or len(shapes) < 2:
        return None
    for i, shape in enumerate(shapes):
        rest = [s for k, s in enumerate(shapes) if k != i]
        if local or across_km(shapely.total_bounds(rest), local=False) > MAX_ACROSS_KM:
            continue
        swapped = shapely.transform(shape, lambda xy: xy[:, ::-1])
        if across_km(shapely.total_bounds([*rest, swapped]), local=False) <= MAX_ACROSS_KM:
            return i, "lies far from the site's other zones: looks like latitude, longitude were swapped"
    return len(
        shapes
    ) - 1, f"the site's zones spread over more than {MAX_ACROSS_KM:.0f} km: make them sites of their own"


def across_km(bounds: Any, *, local: bool) -> float:
    """Diagonal of (west, south, east, north) in km: metres in a plane, or by haversine on the sphere."""
    west, south, east, north = (float(b) for b in bounds)
    if local:
        return math.hypot(east - west, north - south) / 1000
    half_lat, half_lon = math.radians(north - south) / 2, math.radians(min(east - west, 360)) / 2
    cosines = math.cos(math.radians(south)) * math.cos(math.radians(north))
    a = math.sin(half_lat) ** 2 + cosines * math.sin(half_lon) ** 2
    # Beyond half a turn the great circle shortens again: what is that wide is wide.
    return 2 * _EARTH_RADIUS_KM * (math.asin(math.sqrt(min(a, 1.0))) if east - west <= 180 else math.pi / 2)


def utm_crs(shapes: Sequence[BaseGeometry]) -> str:
    """The UTM zone of the centroid of all zones, as an EPSG code. Raises ValueError beyond 84 N and 80 S."""
    centre = shapely.GeometryCollection(list(shapes)).centroid
    if not -80 <= centre.y <= 84:
        raise ValueError("UTM ends at 84° N and 80° S: declare the site's crs")
    number = min(int((centre.x + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if centre.y >= 0 else 32700) + number}"


def check_crs(crs: str, shapes: Sequence[BaseGeometry]) -> None:
    """Raise ValueError unless `crs` is an EPSG code, projected, in metres, and true to scale where the zones lie."""
    from pyproj import CRS, Geod, Transformer
    from pyproj.exceptions import ProjError

    if not re.fullmatch(r"EPSG:\d{4,6}", crs):
        raise ValueError(f"{crs[:60]!r} is neither an EPSG code such as EPSG:32651 nor 'local'")
    try:
        system = CRS.from_user_input(crs)
        if not system.is_projected or any(abs(a.unit_conversion_factor - 1) > 1e-9 for a in system.axis_info[:2]):
            raise ValueError(f"{crs} is not projected in metres")
        if not shapes:
            return
        transformer = Transformer.from_crs(4326, system, always_xy=True)
    except ProjError as error:
        raise ValueError(f"{crs} is not known") from error
    centre = shapely.GeometryCollection(list(shapes)).centroid
    # A square of some 100 m, by area on the ellipsoid and on the map.
    d = 0.0005
    square = shapely.box(centre.x - d, centre.y - d, centre.x + d, centre.y + d)
    x, y = transformer.transform(*square.exterior.coords.xy)
    if not all(math.isfinite(v) for v in (*x, *y)):
        raise ValueError(f"{crs} does not reach the site's zones")
    on_map = shapely.Polygon(list(zip(x, y, strict=True))).area
    on_earth = abs(Geod(ellps="WGS84").geometry_area_perimeter(square)[0])
    scale = math.sqrt(on_map / on_earth)
    if not 0.98 <= scale <= 1.02:
        raise ValueError(f"{crs} is not true to scale at the site: a metre there is {scale:.3g} m on its map")


def _polygon(coordinates: Any) -> BaseGeometry:
    rings = [_ring(r, i) for i, r in enumerate(_list(coordinates, "coordinates"))]
    if not rings:
        raise ValueError("the polygon has no ring")
    try:
        return shapely.Polygon(rings[0], rings[1:])
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise ValueError(f"not a polygon: {str(error).splitlines()[0]}") from error


def _ring(ring: Any, number: int) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for point in _list(ring, f"ring {number + 1}"):
        if not isinstance(point, list) or not 2 <= len(point) <= 4 or not all(_is_number(v) for v in point):
            raise ValueError(f"ring {number + 1}, point {len(points) + 1} must be [longitude, latitude]")
        points.append((float(point[0]), float(point[1])))
    if len(set(points)) < 3:
        raise ValueError(f"ring {number + 1} has {len(set(points))} different points; a polygon needs three")
    return points


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")  # noqa: TRY004  one kind of error for whoever reads it
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_axes(west: float, south: float, east: float, north: float) -> None:
    if south < -90 or north > 90:
        latitude = north if north > 90 else south
        swapped = west >= -90 and east <= 90 and south >= -180 and north <= 180
        hint = ": looks like latitude, longitude were swapped" if swapped else ": are these longitude, latitude?"
        raise ValueError(f"latitude {latitude:.10g} is outside ±90{hint}")
    if west < -180 or east > 180:
        raise ValueError(f"longitude {west if west < -180 else east:.10g} is outside ±180")


def _meridian(bounds: Any) -> str:
    return "; split it where it crosses the 180° meridian" if bounds[2] - bounds[0] > 300 else ""


def _why_invalid(geometry: BaseGeometry) -> str:
    reason = shapely.is_valid_reason(geometry)
    match = _REASON.match(reason)
    if not match:
        return f"the polygon is not valid: {reason}"
    return f"the polygon {_WORDS.get(match[1], 'is not valid: ' + match[1])} at {match[2]} {match[3]}"
