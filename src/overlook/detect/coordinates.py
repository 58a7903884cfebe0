"""From a file's coordinates to pixels of the scene. Says so when it cannot tell; never guesses.

The rule for a file that names no plane. Its coordinates may be *pixels* when all fit in the image's columns and rows;
beside an image on Earth they must also span two pixels or more, or lie beyond 180 and 90, since degrees do fit in
those columns and rows but nothing drawn on an image fits in two of its pixels. They may be *map* coordinates (longitude
and latitude, or the local plane's metres) when all fit in the image's footprint. When only one may be, it is; when both
may be or neither may, the file has to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from overlook.detect.boxes import Floats
from overlook.detect.drawn import LOCAL_PLANE, LON_LAT, PIXELS
from overlook.errors import InputError
from overlook.terms import LOCAL, Scene

#: Boxes at the edge may reach over it: this share of the image's (or the footprint's) extent on each side.
_SLACK = 0.02


def to_pixels(
    shapes: Sequence[BaseGeometry], plane: str, scene: Scene, where: str
) -> tuple[tuple[BaseGeometry, ...], tuple[str, ...]]:
    """The shapes in pixels of `scene` (x right, y down), and notes on how they were read. Raises InputError."""
    if not shapes:
        return (), ()
    points = shapely.get_coordinates(np.array(shapes, dtype=object))
    if not plane:
        plane = _tell(points, scene, where)
    if plane == PIXELS:
        if _is_upward(points, scene):
            note = "Its rows ran upward from the image's top edge (y below zero), as GIS programs draw them."
            return _moved(shapes, points * [1, -1]), (note,)
        return tuple(shapes), ()
    return _moved(shapes, _map_to_pixels(points, plane, scene, where)), ()


def _tell(points: Floats, scene: Scene, where: str) -> str:
    fits_pixels = _fits(points, _image_bounds(scene)) or _is_upward(points, scene)
    if scene.crs != LOCAL and _could_be_degrees(points):
        fits_pixels = False
    fits_map = _fits(points, tuple(scene.footprint.bounds))
    plane = LOCAL_PLANE if scene.crs == LOCAL else LON_LAT
    if fits_pixels != fits_map:
        return PIXELS if fits_pixels else plane
    if fits_pixels:
        what = f"these boxes could be in pixels of the image or in {plane} coordinates"
        remedy = f'say which: "coordinates": "pixels" or "coordinates": "{plane}" beside "features"'
    else:
        rows, columns = scene.shape
        what = f"these boxes are not seen to lie on the image ({columns} x {rows} pixels) or in its footprint"
        remedy = 'give the boxes of this image, and say "coordinates": "pixels" beside "features" if they are in pixels'
    raise InputError("E-INPUT-COORDINATES", what, where=where, remedy=remedy)


def _could_be_degrees(points: Floats) -> bool:
    """A set that spans less than two pixels was not drawn in pixels, unless it is a click where no degrees are."""
    return bool((np.ptp(points, axis=0) < 2).all() and (np.abs(points) <= [180, 90]).all())


def _image_bounds(scene: Scene) -> tuple[float, ...]:
    return (0.0, 0.0, float(scene.shape[1]), float(scene.shape[0]))


def _fits(points: Floats, bounds: tuple[float, ...]) -> bool:
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    slack = _SLACK * (high - low)
    return bool(((points >= low - slack) & (points <= high + slack)).all())


def _is_upward(points: Floats, scene: Scene) -> bool:
    """GIS programs show an image without georeference with its top edge at y = 0 and its rows below zero."""
    return bool((points[:, 1] < 0).all()) and _fits(points * [1, -1], _image_bounds(scene))


def _map_to_pixels(points: Floats, plane: str, scene: Scene, where: str) -> Floats:
    if plane == LOCAL_PLANE or scene.crs == LOCAL:
        if plane != LOCAL_PLANE or scene.crs != LOCAL:
            stated = "the image lies in a local plane" if scene.crs == LOCAL else f"the image is in {scene.crs}"
            what = f"the boxes are in {plane} coordinates, and {stated}"
            _refuse(what, where, 'give the boxes in pixels, with "coordinates": "pixels"')
        return _inverse(points, scene)
    return _inverse(_projected(points, "OGC:CRS84" if plane == LON_LAT else plane, scene, where), scene)


def _projected(points: Floats, crs: str, scene: Scene, where: str) -> Floats:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    if scene.camera is not None:
        _refuse("the image is a raw frame, on which no map is drawn", where, "give the boxes in pixels of the image")
    if scene.camera is not None:
        _refuse("the image is a raw frame, on which no map is drawn", where, "give the boxes in pixels of the image")
    if not scene.crs:
        _refuse("the image has no coordinate system to lay the boxes on", where, "give the boxes in pixels")
    try:
        # always_xy: GeoJSON and GeoPackage store x before y, whatever the authority's axis order is.
        transformer = Transformer.from_crs(crs, scene.crs, always_xy=True)
        x, y = transformer.transform(points[:, 0], points[:, 1], errcheck=True)
    except ProjError as error:
        what = f"its coordinates cannot be brought from {crs[:60]} to the image's {scene.crs[:60]}"
        raise InputError("E-INPUT-CRS", what, where=where, remedy="export it in EPSG:4326") from error
    return np.stack([x, y], axis=1)


def _inverse(points: Floats, scene: Scene) -> Floats:
    a, b, c, d, e, f = scene.transform
    forward = np.array([[a, b], [d, e]], dtype=np.float64)
    return np.asarray((points - [c, f]) @ np.linalg.inv(forward).T, dtype=np.float64)


def _moved(shapes: Sequence[BaseGeometry], points: Floats) -> tuple[BaseGeometry, ...]:
    return tuple(shapely.set_coordinates(shapely.force_2d(np.array(shapes, dtype=object)).copy(), points))


def _refuse(what: str, where: str, remedy: str) -> NoReturn:
    raise InputError("E-INPUT-CRS", what, where=where, remedy=remedy)
