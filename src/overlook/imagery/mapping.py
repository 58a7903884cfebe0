"""Between a scene's pixels and a grid's: affines, and a projection between two coordinate systems in the middle.

Pixel coordinates are continuous: (0, 0) is the outer corner of the first pixel, (0.5, 0.5) its centre.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery.grid import IDENTITY, Affine, Grid, apply, inverse
from overlook.terms import LOCAL, ChipMeta, Registration, Scene

Floats = NDArray[np.float64]

#: Pixels between the points that are projected exactly; between them the map is bilinear (error under 0.01 px for
#: any pair of projections at a site's size).
_STEP_PX = 32


def projected(x: Floats, y: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    """Coordinates from one CRS to another; a local plane only to itself."""
    if source == target:
        return x, y
    if LOCAL in (source, target):
        raise InputError(
            "E-INPUT-LOCAL",
            "a scene in a local plane cannot be laid on a site with a place on the Earth, nor the other way round",
            remedy="give both the same crs",
        )
    from pyproj import Transformer

    u, v = Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    return np.asarray(u), np.asarray(v)


def correction_of(registration: Registration, transform: Affine, shape: tuple[int, int]) -> Affine:
    """From where a scene's own georeference puts a point to where it lies, both in the grid's coordinates.

    A shift at the middle of the grid (`transform`, `shape`) and, where registration found one, a linear map about it.
    """
    rows, columns = shape
    x = transform[0] * columns / 2 + transform[1] * rows / 2 + transform[2]
    y = transform[3] * columns / 2 + transform[4] * rows / 2 + transform[5]
    a, b, d, e = registration.linear
    dx, dy = registration.shift_m
    # About the middle of the grid: coordinates themselves are of the order of a million metres.
    return (a, b, x + dx - a * x - b * y, d, e, y + dy - d * x - e * y)


def grid_to_scene(grid: Grid, crs: str, transform: Affine, correction: Affine = IDENTITY) -> tuple[Floats, Floats]:
    """Scene pixel coordinates (columns, rows) of every grid pixel's centre, each of the grid's shape.

    `correction` is what registration found: from where the scene's georeference puts a point to where it lies.
    """
    knots_x, knots_y = knots_of(grid.shape)
    gx, gy = np.meshgrid(knots_x, knots_y)
    column, row = exact_grid_to_scene(grid, crs, transform, gx, gy, correction)
    return between_knots(column, knots_x, knots_y, grid.shape), between_knots(row, knots_x, knots_y, grid.shape)


def exact_grid_to_scene(
    grid: Grid,
    crs: str,
    transform: Affine,
    x_px: NDArray[Any],
    y_px: NDArray[Any],
    correction: Affine = IDENTITY,
) -> tuple[Floats, Floats]:
    x, y = apply(grid.transform, x_px, y_px)
    x, y = projected(*apply(inverse(correction), x, y), grid.crs, crs)
    if crs != LOCAL and abs(transform[2]) <= 360 and _is_geographic(crs):
        # A raster across the 180th meridian counts on beyond it.
        x = np.where(x < transform[2] - 180, x + 360, x)
    return apply(inverse(transform), x, y)


@cache
def _is_geographic(crs: str) -> bool:
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def scene_to_chip(meta: ChipMeta, scene: Scene, xy: NDArray[Any]) -> Floats:
    """Scene pixels (n, 2) to chip pixels (n, 2), the registration's correction included."""
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if scene.camera is None:
        x, y = apply(scene.transform, points[:, 0], points[:, 1])
        x, y = projected(x, y, scene.crs, meta.crs)
    else:
        from overlook.imagery.ortho import frame_to_grid

        x, y = frame_to_grid(meta, scene, points)
    x, y = apply(correction_of(meta.registration, meta.transform, meta.shape), x, y)
    return np.column_stack(apply(inverse(meta.transform), x, y))


def knots_of(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Grid columns and rows between which maps are taken for bilinear."""
    return _knots(shape[1]), _knots(shape[0])


def _knots(size: int) -> Floats:
    """Positions from the first pixel's centre to the last one's, about `_STEP_PX` apart."""
    count = max(2, int(np.ceil(size / _STEP_PX)) + 1)
    return np.linspace(0.5, size - 0.5, count) if size > 1 else np.array([0.5, 0.5])


def between_knots(values: Floats, knots_x: Floats, knots_y: Floats, shape: tuple[int, int]) -> Floats:
    """Values at the knots (rows, columns), at every pixel's centre of a grid of `shape`."""
    rows, columns = shape
    along: Floats = np.empty((len(knots_y), columns))
    for i in range(len(knots_y)):
        along[i] = np.interp(np.arange(columns) + 0.5, knots_x, values[i])
    if rows == 1:
        return along[:1]
    at = np.arange(rows) + 0.5
    upper = np.clip(np.searchsorted(knots_y, at, side="right"), 1, len(knots_y) - 1)
    weight = ((at - knots_y[upper - 1]) / (knots_y[upper] - knots_y[upper - 1]))[:, None]
    result: Floats = along[upper - 1] * (1 - weight) + along[upper] * weight
    return result
