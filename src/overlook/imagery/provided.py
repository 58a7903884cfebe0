"""The provider's own mask of a scene on the site's grid: its codes read, its clouds grown by a stated margin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import IDENTITY, Affine, Grid
from overlook.imagery.placed import PlacedPolygons, PlacedRaster, grown
from overlook.imagery.provider import KINDS, decode, light_haze
from overlook.terms import CLOUD, HAZE, SHADOW, UNSURE, USABLE, Scene

#: What a cloud, haze or shadow is grown by: the fringe that masks miss, and the mask's own pixel, since it is laid
#: down by the nearest one. Of the order that others use: Fmask grows by 3 pixels of 30 m, s2cloudless by 2 of 10 to 60.
FRINGE_M = 20.0
POLYGONS = "cloud polygons"


class Provided:
    """One scene's provider mask; `is_there` False when there is none, or it does not reach the site."""

    def __init__(self, scene: Scene, imagery: Path, grid: Grid, *, reach_m: float) -> None:
        self.grid = grid
        self.notes: list[str] = []
        self.raster: PlacedRaster | None = None
        self.polygons: PlacedPolygons | None = None
        mask = scene.provider_mask
        self.kind = mask.kind if mask else ""
        if mask is None:
            return
        path = imagery / mask.path
        try:
            outside.require_digest(path, mask.digest)
            if self.kind == POLYGONS:
                self.polygons = PlacedPolygons(path, grid)
            else:
                self._read(path, scene, reach_m)
        except InputError as error:
            raise InputError(
                "E-INPUT-PROVIDER-MASK",
                f"its provider's mask ({self.kind}) cannot be used: {error.what}",
                where=error.where or str(path),
                remedy="add the image again with the mask as the provider made it, or without",
            ) from error

    @property
    def is_there(self) -> bool:
        return self.polygons is not None or self.raster is not None

    def on_grid(self, correction: Affine = IDENTITY) -> NDArray[np.uint8]:
        """Codes (rows, columns). Where the mask ends nobody has looked: it is unsure."""
        if self.polygons is not None:
            covered = np.zeros(self.grid.shape, dtype=bool)
            for inside, _ in self.polygons.on_grid(correction):
                covered |= inside
            return np.where(grown(covered, FRINGE_M / self.grid.gsd_m), CLOUD, USABLE).astype(np.uint8)
        assert self.raster is not None
        bands, known = self.raster.on_grid(correction)
        codes = decode(self.kind, bands)
        margin_px = (FRINGE_M + self.raster.pixel_m) / self.grid.gsd_m
        for code in (SHADOW, HAZE, CLOUD):
            codes[grown(codes == code, margin_px) & np.isin(codes, (USABLE, SHADOW, HAZE))] = code
        codes[~known] = UNSURE
        if self.kind == "udm2":
            light = light_haze(bands) & known
            if light.any():
                self.notes = [f"The provider's mask says light haze over {light.mean():.0%} of the chip; it is kept."]
        return codes

    def _read(self, path: Path, scene: Scene, reach_m: float) -> None:
        if self.kind not in KINDS:
            raise InputError("E-INPUT-PROVIDER-MASK", f"{self.kind!r} is no kind of mask", where=str(path))
        count = outside.band_count(path)
        raster = PlacedRaster(path, scene, self.grid, reach_m=reach_m, bands=tuple(range(1, count + 1)))
        if raster.window is None or not raster.on_grid()[1].any():
            self.notes.append("The provider's mask does not reach the site.")
            return
        decode(self.kind, raster.window.pixels)
        self.raster = raster
