"""Raw frames on a site's grid: through their own camera, on the ground that was declared for them.

The ground is sampled at the grid's knots and is a plane between them; relief finer than that spacing (16 m at half a
metre a pixel) is not corrected, nor is what stands on the ground: roofs lean by height times the tangent of the
off-nadir angle. Heights are above the ellipsoid: a DEM above sea level, taken as it is, is off by the geoid (up to
100 m), and an image by that times the same tangent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlook.collect.camera import Projection, locate, rational_projection, tie_point_projection
from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import IDENTITY, Affine, Grid, apply, inverse
from overlook.imagery.mapping import between_knots, grid_to_scene, knots_of, projected
from overlook.imagery.reading import plan_reading, resample
from overlook.terms import ChipMeta, RationalCamera, Scene, TiePoints

Floats = NDArray[np.float64]
_LON_LAT = "EPSG:4326"
_STEPS = 8


@dataclass(frozen=True, slots=True)
class Laid:
    """A scene and a grid, and the heights of the grid's knots where the scene's own camera needs them, else ()."""

    scene: Scene
    grid: Grid
    heights: tuple[tuple[float, ...], ...]

    def on_grid(self, correction: Affine = IDENTITY) -> tuple[Floats, Floats]:
        """Scene pixels (columns, rows) of every grid pixel's centre."""
        scene, grid = self.scene, self.grid
        if scene.camera is None:
            return grid_to_scene(grid, scene.crs, scene.transform, correction)
        x_px, y_px = knots_of(grid.shape)
        x, y = apply(inverse(correction), *apply(grid.transform, *np.meshgrid(x_px, y_px)))
        lon, lat = projected(x, y, grid.crs, _LON_LAT)
        columns, rows = projection_of(scene.camera)(lon, lat, np.array(self.heights))
        return between_knots(columns, x_px, y_px, grid.shape), between_knots(rows, x_px, y_px, grid.shape)


def laid(scene: Scene, imagery: Path, grid: Grid) -> Laid:
    """A scene on a grid. Raises InputError when the DEM that its camera needs does not cover the site."""
    if scene.camera is None:
        return Laid(scene, grid, ())
    x_px, y_px = knots_of(grid.shape)
    shape = (len(y_px), len(x_px))
    ground = scene.ground
    if isinstance(scene.camera, TiePoints) or ground is None:
        heights = np.zeros(shape)
    elif ground.height_m is not None:
        heights = np.full(shape, ground.height_m)
    else:
        x, y = apply(grid.transform, *np.meshgrid(x_px, y_px))
        path = imagery / ground.dem
        outside.require_digest(path, ground.dem_digest)
        heights = _sampled(path, x, y, grid) + ground.geoid_m
    return Laid(scene, grid, tuple(tuple(float(round(v, 3)) for v in row) for row in heights.tolist()))


def _sampled(path: Path, x: Floats, y: Floats, grid: Grid) -> Floats:
    """The DEM at places of the grid. Raises InputError (E-INPUT-DEM) where it says nothing."""
    shape, crs, transform = outside.raster_place(path)
    if not crs:
        raise _no_dem(path, "it has no coordinate system")
    columns, rows = apply(inverse(transform), *projected(x, y, grid.crs, crs))
    plan = plan_reading(columns, rows, shape)
    if plan is None:
        raise _no_dem(path, "it does not cover the site")
    window = outside.read_window(path, replace(plan, out_shape=(plan.height, plan.width)), (1,), None, shape)
    pixels, valid = resample(replace(window, pixels=window.pixels.astype(np.float32)), columns, rows)
    heights = pixels[..., 0].astype(np.float64)
    inside = (columns >= 0) & (columns <= shape[1]) & (rows >= 0) & (rows <= shape[0])
    if not (valid & inside).all() or not (np.isfinite(heights) & (np.abs(heights) < 9000)).all():
        raise _no_dem(path, "it says nothing of a part of the site")
    return heights


def _no_dem(path: Path, what: str) -> InputError:
    return InputError(
        "E-INPUT-DEM",
        f"as the ground of a raw frame {what}",
        where=str(path),
        remedy="add the frame again with a DEM of the whole site, or with --height",
    )


@lru_cache(maxsize=32)
def projection_of(camera: RationalCamera | TiePoints) -> Projection:
    return rational_projection(camera) if isinstance(camera, RationalCamera) else tie_point_projection(camera)


def frame_to_grid(meta: ChipMeta, scene: Scene, xy: Floats) -> tuple[Floats, Floats]:
    """Where pixels (n, 2) of a raw frame lie in the grid's coordinates, before registration's correction.

    Along the line of sight: the place decides the height and the height the place, until they agree.
    """
    assert scene.camera is not None
    project = projection_of(scene.camera)
    grid = Grid(crs=meta.crs, transform=meta.transform, shape=meta.shape)
    x_px, y_px = knots_of(grid.shape)
    heights = np.array(meta.ground).reshape(len(y_px), len(x_px))
    middle = apply(grid.transform, np.array([grid.shape[1] / 2]), np.array([grid.shape[0] / 2]))
    lon0, lat0 = projected(*middle, grid.crs, _LON_LAT)
    h = np.full(len(xy), float(heights.mean()))
    x = y = h
    for _ in range(_STEPS):
        lon, lat = locate(project, xy[:, 0], xy[:, 1], h, (float(lon0[0]), float(lat0[0])))
        x, y = projected(lon, lat, _LON_LAT, grid.crs)
        column, row = apply(inverse(grid.transform), x, y)
        new = _at(heights, x_px, y_px, column, row)
        if np.allclose(new, h, atol=0.005, equal_nan=True):
            break
        h = new
    return x, y


def _at(heights: Floats, x_px: Floats, y_px: Floats, column: Floats, row: Floats) -> Floats:
    """Heights between the knots, bilinear; beyond them as at their edge."""
    column, row = np.clip(column, x_px[0], x_px[-1]), np.clip(row, y_px[0], y_px[-1])
    j = np.clip(np.searchsorted(x_px, column, side="right") - 1, 0, max(0, len(x_px) - 2))
    i = np.clip(np.searchsorted(y_px, row, side="right") - 1, 0, max(0, len(y_px) - 2))
    u = (column - x_px[j]) / np.maximum(x_px[j + 1] - x_px[j], 1e-9)
    v = (row - y_px[i]) / np.maximum(y_px[i + 1] - y_px[i], 1e-9)
    top = heights[i, j] * (1 - u) + heights[i, j + 1] * u
    bottom = heights[i + 1, j] * (1 - u) + heights[i + 1, j + 1] * u
    result: Floats = top * (1 - v) + bottom * v
    return result
