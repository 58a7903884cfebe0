"""Polygons of a vector file, with a name each."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from overlook.detect.drawn import LOCAL_PLANE, LON_LAT, PIXELS
from overlook.errors import InputError

_NAMES = ("name", "id", "zone")
_DRIVERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG", ".kml": "KML"}
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Polygons:
    """`plane` is "pixels", "lon-lat", "local", a CRS, or "" when the file does not say."""

    names: tuple[str, ...]
    shapes: tuple[BaseGeometry, ...]
    plane: str


def read_polygons(path: Path) -> Polygons:
    """The polygons of a GeoJSON, a GeoPackage's only layer or a KML. Raises InputError when there are none."""
    suffix = path.suffix.lower()
    if suffix not in _DRIVERS:
        raise _refused(path, "zones come as GeoJSON, GeoPackage or KML", "export them as .geojson, .gpkg or .kml")
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, f"{path.stat().st_size / 1e6:,.0f} MB are too many for zones", "keep those you need")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, _, blobs, columns = pyogrio.raw.read(path.resolve())
        shapes = [None if blob is None else shapely.from_wkb(blob) for blob in blobs]
    except OSError as error:
        raise _refused(path, f"it cannot be read ({error.strerror})", "check that it is there") from error
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError, RuntimeError, ValueError, TypeError) as error:
        raise _refused(path, f"its polygons cannot be read ({str(error)[:120]})", "export it again") from error
    named = {str(field).lower(): column for field, column in zip(meta["fields"], columns, strict=True)}
    column = next((named[name] for name in _NAMES if name in named), None)
    kept = [(i, shape) for i, shape in enumerate(shapes) if shape is not None and "Polygon" in shape.geom_type]
    if not kept:
        raise _refused(path, "it holds no polygon", "draw the zones as polygons")
    names = tuple(_name(None if column is None else column[i], i) for i, _ in kept)
    plane = _stated(path) if suffix in (".geojson", ".json") else ""
    crs = str(meta.get("crs") or "")
    if not plane and crs and "undefined" not in crs.lower():
        plane = LON_LAT if crs in ("EPSG:4326", "OGC:CRS84") else crs
    return Polygons(names=names, shapes=tuple(shapely.force_2d(shape) for _, shape in kept), plane=plane)


def _name(value: Any, row: int) -> str:
    text = "" if value is None or (isinstance(value, float) and np.isnan(value)) else str(value).strip()
    return text or f"zone {row + 1}"


def _stated(path: Path) -> str:
    """What a GeoJSON's own `coordinates` member says of its plane."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError):
        return ""
    stated = plain.get("coordinates") if isinstance(plain, dict) and plain.get("type") == "FeatureCollection" else None
    return str(stated) if stated in (PIXELS, LON_LAT, LOCAL_PLANE) else ""


def _refused(path: Path, what: str, remedy: str) -> InputError:
    return InputError("E-INPUT-ZONES", what, where=str(path), remedy=remedy)
