"""The analyst's cloud mask on a site's grid: a raster or polygons, moved with the scene that they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import IDENTITY, Affine, Grid, apply, inverse
from overlook.imagery.mapping import grid_to_scene, projected
from overlook.imagery.reading import Window, plan_reading, resample_nearest
from overlook.terms import LOCAL, Scene

_RASTERS = (".tif", ".tiff", ".png")


class Clouds:
    """The analyst's cloud mask of one scene on one grid: read once, laid down with each correction up to `reach_m`."""

    def __init__(self, scene: Scene, imagery: Path, grid: Grid, *, reach_m: float) -> None:
        self.grid, self.scene, self.reach_m = grid, scene, reach_m
        self.notes: list[str] = []
        self.path = imagery / scene.cloud_mask if scene.cloud_mask else None
        self.polygons: list[Any] | None = None
        self.window: Window | None = None
        if self.path is None:
            return
        try:
            outside.require_digest(self.path, scene.cloud_mask_digest)
            if self.path.suffix in _RASTERS:
                self._read_raster(self.path)
            else:
                self.polygons = self._read_polygons(self.path)
        except InputError as error:
            # Without its mask nobody knows what of the image was seen: the image is whole, and still says nothing.
            raise InputError(
                "E-INPUT-CLOUD-MASK",
                f"its cloud mask cannot be used: {error.what}",
                where=error.where,
                remedy="add the image again with a cloud mask that is whole",
            ) from error

    def on_grid(self, correction: Affine = IDENTITY) -> NDArray[np.bool_]:
        """(rows, columns): under a cloud. The mask moves with its scene."""
        covered = np.zeros(self.grid.shape, dtype=bool)
        if self.window is not None:
            columns, rows = grid_to_scene(self.grid, self.crs, self.transform, correction)
            return np.asarray(resample_nearest(self.window, columns, rows) != 0)
        for polygon in self.polygons or ():
            covered |= self._inside(self._moved(polygon, correction))
        return covered

    def _read_raster(self, path: Path) -> None:
        shape, crs, transform = outside.raster_place(path)
        scene = self.scene
        # A mask of the scene's own size lies on it pixel by pixel, whatever it says of its place.
        own = shape == scene.shape or not crs
        self.crs, self.transform = (scene.crs, scene.transform) if own else (crs, transform)
        if not crs and shape != scene.shape:
            sx, sy = scene.shape[1] / shape[1], scene.shape[0] / shape[0]
            a, b, c, d, e, f = scene.transform
            self.transform = (a * sx, b * sy, c, d * sx, e * sy, f)
        columns, rows = grid_to_scene(self.grid, self.crs, self.transform)
        pad = self.reach_m / max(scene.gsd_m, 1e-6)
        plan = plan_reading(columns, rows, shape, pad_px=pad)
        if plan is None:
            self.notes.append("The cloud mask does not reach the site.")
            return
        full = replace(plan, out_shape=(plan.height, plan.width))
        self.window = outside.read_window(path, full, (1,), None, shape)

    def _read_polygons(self, path: Path) -> list[Any]:
        polygons, crs = outside.read_polygons(path)
        source = LOCAL if self.grid.crs == LOCAL else crs or "EPSG:4326"

        def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = projected(points[:, 0], points[:, 1], source, self.grid.crs)
            return np.column_stack(apply(inverse(self.grid.transform), x, y))

        return [shapely.transform(polygon, place) for polygon in polygons]

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
        left, right = max(0, int(np.floor(x0))), min(columns, int(np.ceil(x1)))
        top, bottom = max(0, int(np.floor(y0))), min(rows, int(np.ceil(y1)))
        inside = np.zeros(self.grid.shape, dtype=bool)
        if left < right and top < bottom:
            shapely.prepare(polygon)
            x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
            inside[top:bottom, left:right] = shapely.contains_xy(polygon, x, y)
        return inside
