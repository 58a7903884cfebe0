"""Rasters and polygons that lie beside a scene, on the site's grid: read once, moved with the scene's correction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import IDENTITY, Affine, Grid, apply, inverse
from overlook.imagery.mapping import grid_to_scene, projected
from overlook.imagery.reading import Window, is_on_image, plan_reading
from overlook.terms import LOCAL, Scene

#: Sides of a raster without a place may differ this much from the scene's in shape: half a pixel is rounding.
_ASPECT = 0.02


class PlacedRaster:
    """Bands of a raster of whole numbers, at the pixel that holds each of the grid's."""

    def __init__(self, path: Path, scene: Scene, grid: Grid, *, reach_m: float, bands: tuple[int, ...]) -> None:
        self.grid, self.bands = grid, bands
        self.shape, crs, transform = outside.raster_place(path)
        # A raster of the scene's own size lies on it pixel by pixel, whatever it says of its place.
        own = self.shape == scene.shape or not crs
        self.crs, self.transform = (scene.crs, scene.transform) if own else (crs, transform)
        if own and self.shape != scene.shape:
            self.transform = _scaled(path, scene, self.shape)
        columns, rows = grid_to_scene(grid, self.crs, self.transform)
        plan = plan_reading(columns, rows, self.shape, pad_px=reach_m / max(scene.gsd_m, 1e-6))
        self.window: Window | None = None
        if plan is not None:
            full = replace(plan, out_shape=(plan.height, plan.width))
            self.window = outside.read_window(path, full, bands, None, self.shape, as_stored=True)

    @property
    def pixel_m(self) -> float:
        """Side of its pixels on the grid, in metres."""
        i, j = self.grid.shape[0] // 2, self.grid.shape[1] // 2
        columns, rows = grid_to_scene(self.grid, self.crs, self.transform)
        step = 1 if self.grid.shape[1] > 1 else 0
        apart = np.hypot(columns[i, j - step] - columns[i, j], rows[i, j - step] - rows[i, j])
        return float(self.grid.gsd_m / apart) if apart > 0 else self.grid.gsd_m

    def on_grid(self, correction: Affine = IDENTITY) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """(rows, columns, bands), and where the raster says something; nothing is zero."""
        if self.window is None:
            return np.zeros((*self.grid.shape, len(self.bands)), np.uint8), np.zeros(self.grid.shape, bool)
        columns, rows = grid_to_scene(self.grid, self.crs, self.transform, correction)
        plan = self.window.plan
        x, y = ((c - o - 0.5).astype(np.float32) for c, o in ((columns, plan.column), (rows, plan.row)))

        def nearest(band: NDArray[Any]) -> NDArray[Any]:
            return cv2.remap(np.ascontiguousarray(band), x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)

        pixels = np.dstack([nearest(self.window.pixels[..., k]) for k in range(len(self.bands))])
        known = nearest(self.window.valid.astype(np.uint8)) > 0
        return pixels, known & is_on_image(columns, rows, self.shape)


class PlacedPolygons:
    """Polygons with a class each, "" where the file names none."""

    def __init__(self, path: Path, grid: Grid) -> None:
        self.grid = grid
        found, crs = outside.read_polygons(path)
        source = LOCAL if grid.crs == LOCAL else crs or "EPSG:4326"

        def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = projected(points[:, 0], points[:, 1], source, grid.crs)
            return np.column_stack(apply(inverse(grid.transform), x, y))

        self.polygons = [(shapely.transform(polygon, place), cls) for polygon, cls in found]

    def on_grid(self, correction: Affine = IDENTITY) -> list[tuple[NDArray[np.bool_], str]]:
        """For each polygon the pixels whose centre it holds, and its class."""
        return [(self._inside(self._moved(polygon, correction)), cls) for polygon, cls in self.polygons]

    def _moved(self, polygon: Any, correction: Affine) -> Any:
        """A polygon in grid pixels, moved as the scene is."""
        if correction == IDENTITY:
            return polygon
        to, back = self.grid.transform, inverse(self.grid.transform)

        def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(apply(back, *apply(correction, *apply(to, points[:, 0], points[:, 1]))))

        return shapely.transform(polygon, move)

    def _inside(self, polygon: Any) -> NDArray[np.bool_]:
        rows, columns = self.grid.shape
        x0, y0, x1, y1 = polygon.bounds
        inside = np.zeros(self.grid.shape, dtype=bool)
        if not np.isfinite([x0, y0, x1, y1]).all():
            return inside
        left, right = max(0, int(np.floor(x0))), min(columns, int(np.ceil(x1)))
        top, bottom = max(0, int(np.floor(y0))), min(rows, int(np.ceil(y1)))
        if left < right and top < bottom:
            shapely.prepare(polygon)
            x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
            inside[top:bottom, left:right] = shapely.contains_xy(polygon, x, y)
        return inside


def grown(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """A mask and all pixels within a radius of it."""
    if radius_px < 0.5 or not mask.any() or mask.all():
        return mask
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= radius_px)


def _scaled(path: Path, scene: Scene, shape: tuple[int, int]) -> Affine:
    """A raster that says nothing of its place covers what the scene covers, if it is of the same shape."""
    sx, sy = scene.shape[1] / shape[1], scene.shape[0] / shape[0]
    rounding = 1 / min(shape)
    if abs(sx / sy - 1) > max(_ASPECT, rounding):
        raise InputError(
            "E-INPUT-MASK-SIZE",
            f"it has {shape[1]} x {shape[0]} pixels and no place, the image {scene.shape[1]} x {scene.shape[0]}",
            where=str(path),
            remedy="give the mask a CRS and a transform, or the size of the image",
        )
    a, b, c, d, e, f = scene.transform
    return (a * sx, b * sy, c, d * sx, e * sy, f)
