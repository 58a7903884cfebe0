"""What a person drew, as her file says it: shapes with a class each, in the file's own coordinates.

Parses bytes that are already read; opens nothing. Never guesses a class: a shape without one, in a file that does
not say what was looked for, is an error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import shapely
from shapely.geometry import MultiPoint, MultiPolygon, shape
from shapely.geometry.base import BaseGeometry

from overlook.detect.boxes import corners_of
from overlook.errors import InputError

#: More boxes than a person draws on one image, and fewer than would exhaust the machine.
MAX_BOXES = 100_000
#: Properties that may hold the class, the first that is there wins.
CLASS_PROPERTIES = ("class", "cls", "label", "category")
#: No coordinate of any plane is as large as this; sums of larger ones may not be finite.
_FAR = 1e12
#: Planes a file may name in its `coordinates` member.
PIXELS, LON_LAT, LOCAL_PLANE = "pixels", "lon-lat", "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Shapes in the file's coordinates.

    `plane` is "pixels", "lon-lat", "local" (the scene's plane in metres), any CRS that PROJ reads, or "" when the file
    does not say. `classes` are names, whole numbers for a names list, or None. `places` name each shape for an error.
    """

    shapes: tuple[BaseGeometry, ...]
    classes: tuple[str | int | None, ...]
    places: tuple[str, ...]
    plane: str
    searched: tuple[str, ...] | None = None
    observer: str = ""
    notes: tuple[str, ...] = field(default=())


def parse_geojson(data: bytes, where: str) -> Drawn:
    """A FeatureCollection or a Feature (RFC 7946, or the `crs` member of GeoJSON 2008).

    Overlook's own members of the collection: `searched` (classes looked for everywhere), `coordinates` ("pixels",
    "lon-lat" or "local") and `observer`. Raises InputError.
    """
    plain = _json(data, where)
    if not isinstance(plain, dict) or plain.get("type") not in ("FeatureCollection", "Feature"):
        _refuse("GEOJSON", "this is not a GeoJSON FeatureCollection", where, "export the boxes as GeoJSON polygons")
    features = plain.get("features") if plain["type"] == "FeatureCollection" else [plain]
    if not isinstance(features, list):
        _refuse("GEOJSON", "`features` is not a list", where, "export the boxes as GeoJSON polygons")
    shapes: list[BaseGeometry] = []
    classes: list[str | int | None] = []
    places: list[str] = []
    _limit(len(features), where)
    for number, feature in enumerate(features, start=1):
        place = f"feature {number}"
        if not isinstance(feature, dict):
            _refuse("GEOJSON", f"{place} is not an object", where, "export the boxes as GeoJSON polygons")
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            _refuse("GEOJSON", f"`properties` of {place} is not an object", where, "write properties as an object")
        for part in _parts(_shape(feature.get("geometry"), place, where), place, where):
            shapes.append(part)
            classes.append(_class(properties, place, where))
            places.append(place)
    _limit(len(shapes), where)
    return Drawn(
        shapes=tuple(shapes),
        classes=tuple(classes),
        places=tuple(places),
        plane=_plane(plain, where),
        searched=_searched(plain, where),
        observer=_observer(plain, where),
    )


def from_columns(
    geometries: Sequence[BaseGeometry | None], columns: Mapping[str, Sequence[Any]], plane: str, where: str
) -> Drawn:
    """Rows of a vector layer (GeoPackage): a geometry each, and columns of properties. Raises InputError."""
    named = {name.lower(): values for name, values in columns.items()}
    known = next((named[name] for name in CLASS_PROPERTIES if name in named), None)
    shapes: list[BaseGeometry] = []
    classes: list[str | int | None] = []
    places: list[str] = []
    _limit(len(geometries), where)
    for row, geometry in enumerate(geometries):
        place = f"row {row + 1}"
        if geometry is None or geometry.is_empty:
            _refuse("BOX", f"{place} has no shape", where, "delete the row, or draw its box")
        for part in _parts(geometry, place, where):
            shapes.append(part)
            value = None if known is None else known[row]
            classes.append(_class({} if value is None else {"class": value}, place, where))
            places.append(place)
    _limit(len(shapes), where)
    return Drawn(shapes=tuple(shapes), classes=tuple(classes), places=tuple(places), plane=plane)


def parse_yolo(data: bytes, shape_px: tuple[int, int], where: str) -> Drawn:
    """YOLO labels: `class cx cy w h`, or `class x0 y0 … x3 y3` for oriented boxes, all in shares of the image's size.

    An empty file is that format's word for no boxes; it does not say what was looked for. `shape_px` is (rows,
    columns). Raises InputError.
    """
    numbered = [(n, line) for n, line in enumerate(_text(data, where).splitlines(), start=1) if line.strip()]
    _limit(len(numbered), where)
    lines = [(n, line.split()) for n, line in numbered]
    height, width = shape_px
    corners, classes = [], []
    for number, words in lines:
        place = f"line {number}"
        values = _numbers(words, place, where)
        classes.append(_index(words[0], place, where))
        size = np.array([width, height], dtype=np.float64)
        if len(values) == 4:
            centre, extent = values[None, :2] * size, values[None, 2:] * size
            corners.append(corners_of(centre, extent, np.zeros(1))[0])
        else:
            corners.append(values.reshape(4, 2) * size)
    return Drawn(
        shapes=tuple(np.asarray(shapely.polygons(np.array(corners)), dtype=object)) if corners else (),
        classes=tuple(classes),
        places=tuple(f"line {number}" for number, _ in lines),
        plane=PIXELS,
    )


def parse_names(data: bytes, where: str) -> tuple[str, ...]:
    """Class names, one a line, the first for class 0. Raises InputError when there is none."""
    names = tuple(line.strip() for line in _text(data, where).splitlines())
    while names and not names[-1]:
        names = names[:-1]
    if not names or not all(names):
        _refuse("CLASS", "a line of the names file is empty", where, "write one class name a line")
    return names


def _numbers(words: list[str], place: str, where: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    if len(words) not in (5, 9):
        what = f"{place} has {len(words)} numbers; a YOLO label has 5 (class cx cy w h) or 9 (class x0 y0 … x3 y3)"
        _refuse("YOLO", what, where, "give labels without a score, one box a line")
    try:
        values = np.array([float(word) for word in words[1:]])
    except ValueError:
        _refuse("YOLO", f"{place} holds a word that is not a number", where, "write numbers with a decimal point")
    if not np.isfinite(values).all():
        _refuse("BOX", f"{place} holds a number that is not finite", where, "correct or delete the line")
    if values.min() < -0.5 or values.max() > 1.5:
        what = f"{place} is not in shares of the image's size (0 to 1)"
        _refuse("YOLO", what, where, "divide x by the image's width and y by its height")
    return values


def _index(word: str, place: str, where: str) -> int:
    try:
        index = int(word)
    except ValueError:
        index = -1
    if index < 0:
        _refuse("CLASS", f"the class of {place} is not a whole number from 0", where, "begin each line with the class")
    return index


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "E-INPUT-TEXT", "this file is not UTF-8 text", where=where, remedy="save it as UTF-8"
        ) from error


def _json(data: bytes, where: str) -> Any:
    text = _text(data, where)
    if not text.strip():
        _refuse("EMPTY", "this file is empty", where, "export the boxes again")

    def no_constant(word: str) -> NoReturn:
        _refuse("BOX", f"{word} is not a coordinate", where, "correct or delete the box")

    try:
        return json.loads(text, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise InputError("E-INPUT-JSON", f"broken JSON: {error.msg}", where=place, remedy="export it again") from error
    except (RecursionError, ValueError) as error:
        raise InputError("E-INPUT-JSON", "this JSON cannot be read", where=where, remedy="export it again") from error


def _shape(plain: Any, place: str, where: str) -> BaseGeometry:
    try:
        geometry = shape(plain)
        if geometry.is_empty:
            raise ValueError("empty")  # noqa: TRY301
    except Exception as error:  # shapely raises many kinds for what is not a geometry
        what = f"{place} has no shape that can be read"
        raise InputError("E-INPUT-BOX", what, where=where, remedy="draw it as a polygon, or delete it") from error
    return geometry


def _parts(geometry: BaseGeometry, place: str, where: str) -> list[BaseGeometry]:
    """Polygons and points, one for each box; a multi-part shape is as many boxes as it has parts."""
    parts = list(geometry.geoms) if isinstance(geometry, (MultiPolygon, MultiPoint)) else [geometry]
    for part in parts:
        if part.geom_type not in ("Polygon", "Point"):
            what = f"{place} is a {part.geom_type}; a box is a Polygon, or a Point for a click"
            _refuse("BOX", what, where, "draw polygons or points")
        if not all(abs(bound) < _FAR for bound in part.bounds):
            _refuse("BOX", f"{place} has a coordinate that is not finite", where, "correct or delete the box")
    return parts


def _class(properties: Mapping[str, Any], place: str, where: str) -> str | int | None:
    value = next((properties[name] for name in CLASS_PROPERTIES if properties.get(name) is not None), None)
    # A column of whole numbers with holes comes as floats, its holes as not-a-number.
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    if isinstance(value, int | float | np.number) and not isinstance(value, bool) and float(value).is_integer():
        return int(value)
    if not isinstance(value, str) or not value.strip():
        _refuse("CLASS", f"the class of {place} is not a name", where, 'write it as "class": "vehicle"')
    return value.strip()


def _plane(plain: Mapping[str, Any], where: str) -> str:
    stated = plain.get("coordinates") if plain["type"] == "FeatureCollection" else None
    if stated is not None:
        if stated not in (PIXELS, LON_LAT, LOCAL_PLANE):
            what = f"`coordinates` must be pixels, lon-lat or local, not {str(stated)[:40]}"
            _refuse("COORDINATES", what, where, 'write "coordinates": "pixels"')
        return str(stated)
    crs = plain.get("crs")
    if crs is None:
        return ""
    try:
        return str(crs["properties"]["name"])
    except (TypeError, KeyError) as error:
        what = "the `crs` member does not name a coordinate system"
        raise InputError("E-INPUT-CRS", what, where=where, remedy="export it in EPSG:4326") from error


def _searched(plain: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    value = plain.get("searched")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        _refuse("SEARCHED", "`searched` is not a list of class names", where, 'write "searched": ["vehicle"]')
    return tuple(dict.fromkeys(name.strip() for name in value))


def _observer(plain: Mapping[str, Any], where: str) -> str:
    value = plain.get("observer", "")
    if not isinstance(value, str):
        _refuse("OBSERVER", "`observer` is not a name", where, 'write "observer": "anna"')
    return str(value).strip()


def _limit(n: int, where: str) -> None:
    if n > MAX_BOXES:
        what = f"{n:,} boxes are more than a person draws on one image (at most {MAX_BOXES:,})"
        _refuse("MANY-BOXES", what, where, "give the boxes of one image only")


def _refuse(code: str, what: str, where: str, remedy: str) -> NoReturn:
    raise InputError(f"E-INPUT-{code}", what, where=where, remedy=remedy)
