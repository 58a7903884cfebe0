"""Zones that a file draws on one image: polygons in its pixels, each with a name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from overlook.detect.boxes import Floats
from overlook.detect.coordinates import to_pixels
from overlook.detect.drawn import LOCAL_PLANE, LON_LAT, PIXELS
from overlook.detect.outside.vectors import read_polygons
from overlook.errors import InputError
from overlook.terms import LOCAL, Scene


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnZones:
    """`names` and `shapes` of the zones that meet the image, in its pixels; `notes` name those that do not."""

    names: tuple[str, ...]
    shapes: tuple[shapely.Geometry, ...]
    notes: tuple[str, ...] = ()

    @property
    def together(self) -> shapely.Geometry:
        """All of them, as one shape."""
        return shapely.union_all(np.array(self.shapes, dtype=object))

    def of(self, centres: Floats) -> tuple[str, ...]:
        """The name of the first zone that holds each centre (n, 2), its border included; "" for none."""
        names = np.full(len(centres), "", dtype=object)
        for name, shape in zip(reversed(self.names), reversed(self.shapes), strict=True):
            names[shapely.intersects_xy(shape, centres[:, 0], centres[:, 1])] = name
        return tuple(names)


def read_zones(path: Path, scene: Scene) -> DrawnZones:
    """Zones from GeoJSON, GeoPackage or KML, for one image. A zone has the `name`, `id` or number it bears.

    A file without a coordinate system is in longitude and latitude, or in pixels (x right, y down) where the image has
    no place on the Earth; `"coordinates": "pixels"` beside `features` says pixels for any image. Raises InputError when
    it holds no polygon, or none meets the image.
    """
    drawn = read_polygons(path)
    plane = drawn.plane
    if scene.crs == LOCAL and plane in ("", LON_LAT):
        plane = PIXELS
    elif plane == "":
        plane = LON_LAT
    if scene.crs == LOCAL and plane not in (PIXELS, LOCAL_PLANE):
        what = f"it is in {plane[:60]}, and the image has no place on the Earth"
        raise InputError("E-INPUT-ZONES", what, where=str(path), remedy="draw the zones in pixels of the image")
    placed, notes = to_pixels(drawn.shapes, plane, scene, path.name)
    whole = shapely.box(0, 0, scene.shape[1], scene.shape[0])
    kept: list[tuple[str, shapely.Geometry]] = []
    lost = []
    for name, shape in zip(drawn.names, placed, strict=True):
        valid = shapely.make_valid(shape)
        if shapely.area(shapely.intersection(valid, whole)) > 0:
            kept.append((name, valid))
        else:
            lost.append(name)
    if not kept:
        what = f"none of its {len(placed)} zones meets the image"
        remedy = "check their coordinate system, and longitude before latitude"
        raise InputError("E-INPUT-ZONES", what, where=str(path), remedy=remedy)
    notes = (*notes, *(f"Zone {name} lies off the image: nothing of it was searched." for name in lost))
    notes += tuple(
        f"Zone {name} reaches beyond the image: what lies there was not searched."
        for name, shape in kept
        if not whole.buffer(0.5).covers(shape)
    )
    return DrawnZones(names=tuple(name for name, _ in kept), shapes=tuple(shape for _, shape in kept), notes=notes)
