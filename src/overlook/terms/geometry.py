"""Geometry as shapely values that pass through JSON as GeoJSON."""

from __future__ import annotations

from typing import Annotated, Any

import shapely
from pydantic import PlainSerializer, PlainValidator
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry


def _read(value: Any) -> BaseGeometry:
    geometry = value if isinstance(value, BaseGeometry) else shape(value)
    if geometry.is_empty:
        raise ValueError("geometry is empty")
    return geometry


def _write(geometry: BaseGeometry) -> dict[str, Any]:
    plain: dict[str, Any] = mapping(geometry)
    return plain


#: A non-empty shapely geometry. Coordinates are longitude, latitude (WGS 84) for a site on the Earth,
#: and metres (x right, y up) for a site whose `crs` is "local".
Geometry = Annotated[BaseGeometry, PlainValidator(_read), PlainSerializer(_write)]


def require_area(name: str, geometry: BaseGeometry) -> None:
    """Raise ValueError unless `geometry` is a valid polygon or multipolygon with an area."""
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{name} must be a Polygon or MultiPolygon, not {geometry.geom_type}")
    if not geometry.is_valid:
        raise ValueError(f"{name} is not valid: {shapely.is_valid_reason(geometry)}")
    if geometry.area == 0:
        raise ValueError(f"{name} has no area")
