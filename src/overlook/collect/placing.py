"""Where a box on the ground lies in an image: a window in its pixels, from its header alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overlook.collect.georeference import parse_crs
from overlook.collect.header import Header
from overlook.errors import FetchError
from overlook.terms import LOCAL

_EDGE_POINTS = 21
Floats = NDArray[np.float64]


class PixelWindow(NamedTuple):
    """A window that lies on its image, in pixels."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box on the ground: `bounds` (west, south, east, north) in `crs`, metres; `pad_px` pixels more on every side."""

    crs: str
    bounds: tuple[float, float, float, float]
    pad_px: int = 2


def window_of(header: Header, box: Box, *, where: str) -> PixelWindow:
    """The pixels that a box touches. Raises FetchError for an image without a place, or that does not reach the box."""
    if header.transform is None or not header.crs:
        what = "it is placed by ground control points only" if header.tie_points else "it has no place"
        raise FetchError("E-FETCH-NO-PLACE", what, where=where, remedy="fetch it yourself, and add it with its place")
    if box.crs == LOCAL:
        raise FetchError("E-FETCH-LOCAL", "the site has no place on the Earth", where=where, remedy="give it a crs")
    a, b, c, d, e, f = header.transform
    determinant = a * e - b * d
    if not (math.isfinite(determinant) and determinant != 0 and all(map(math.isfinite, header.transform))):
        raise FetchError("E-FETCH-NO-PLACE", "its georeference flattens it to a line", where=where)
    x, y = _projected(box, header.crs, where=where)
    columns, rows = (e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant
    height, width = header.shape
    left, right = max(0, math.floor(columns.min()) - box.pad_px), min(width, math.ceil(columns.max()) + box.pad_px)
    top, bottom = max(0, math.floor(rows.min()) - box.pad_px), min(height, math.ceil(rows.max()) + box.pad_px)
    if left >= right or top >= bottom:
        raise FetchError("E-FETCH-OFF", "the image does not reach the site", where=where)
    return PixelWindow(left, top, right - left, bottom - top)


def _projected(box: Box, crs: str, *, where: str) -> tuple[Floats, Floats]:
    """The box's edge in the image's coordinates, across 180 degrees as near to itself as its middle."""
    from pyproj import Transformer

    system = parse_crs(crs, where=where)
    west, south, east, north = box.bounds
    along = np.linspace(0, 1, _EDGE_POINTS)
    xs, ys = west + (east - west) * along, south + (north - south) * along
    x = np.concatenate([xs, np.full_like(ys, east), xs, np.full_like(ys, west)])
    y = np.concatenate([np.full_like(xs, south), ys, np.full_like(xs, north), ys])
    px, py = Transformer.from_crs(box.crs, system, always_xy=True).transform(x, y)
    if not (np.isfinite(px).all() and np.isfinite(py).all()):
        raise FetchError("E-FETCH-OFF", "the site has no place in the image's coordinates", where=where)
    if system.is_geographic:
        px = px - 360 * np.round((px - px[0]) / 360)
    return px, py
