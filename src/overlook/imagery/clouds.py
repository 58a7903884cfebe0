"""What the analyst says of an image's clouds, on the site's grid. Her word stands over every other mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import IDENTITY, Affine, Grid
from overlook.imagery.placed import PlacedPolygons, PlacedRaster
from overlook.terms import CLOUD, HAZE, SATURATED, SHADOW, SNOW, STRIPES, UNSURE, USABLE, Scene

_RASTERS = (".tif", ".tiff", ".png")
#: Classes of her polygons; one without a class is a cloud.
CLASSES = {
    "": CLOUD,
    "cloud": CLOUD,
    "clear": USABLE,
    "shadow": SHADOW,
    "cloud shadow": SHADOW,
    "haze": HAZE,
    "snow": SNOW,
    "saturated": SATURATED,
    "stripes": STRIPES,
    "perhaps cloud": UNSURE,
}
_UNSAID = 255


class Clouds:
    """The analyst's mask of one scene on one grid.

    A raster is the whole say on clouds: non-zero is cloud, zero clear. So are polygons, unless one of them is of class
    "clear": then the file corrects other masks where its polygons lie, and says nothing elsewhere. Where they overlap
    the later one in the file holds.
    """

    def __init__(self, scene: Scene, imagery: Path, grid: Grid, *, reach_m: float) -> None:
        self.grid = grid
        self.notes: list[str] = []
        self.polygons: PlacedPolygons | None = None
        self.raster: PlacedRaster | None = None
        self.is_whole = bool(scene.cloud_mask)
        if not scene.cloud_mask:
            return
        path = imagery / scene.cloud_mask
        try:
            outside.require_digest(path, scene.cloud_mask_digest)
            if path.suffix in _RASTERS:
                self.raster = PlacedRaster(path, scene, grid, reach_m=reach_m, bands=(1,))
                if self.raster.window is None:
                    self.notes.append("The cloud mask does not reach the site.")
            else:
                self.polygons = PlacedPolygons(path, grid)
                self._require_classes(path)
                self.is_whole = all(cls.casefold() != "clear" for _, cls in self.polygons.polygons)
        except InputError as error:
            # Without its mask nobody knows what of the image was seen: the image is whole, and still says nothing.
            raise InputError(
                "E-INPUT-CLOUD-MASK",
                f"its cloud mask cannot be used: {error.what}",
                where=error.where,
                remedy="add the image again with a cloud mask that is whole",
            ) from error

    def lay(self, codes: NDArray[np.uint8], correction: Affine = IDENTITY) -> NDArray[np.uint8]:
        """`codes` of others, overridden where she says something."""
        said = np.full(self.grid.shape, USABLE if self.is_whole else _UNSAID, dtype=np.uint8)
        if self.raster is not None:
            said[self.raster.on_grid(correction)[0][..., 0] != 0] = CLOUD
        for inside, cls in self.polygons.on_grid(correction) if self.polygons else ():
            said[inside] = CLASSES[cls.casefold()]
        return np.where(said == _UNSAID, codes, said)

    def _require_classes(self, path: Path) -> None:
        assert self.polygons is not None
        unknown = sorted({cls for _, cls in self.polygons.polygons if cls.casefold() not in CLASSES})
        if unknown:
            raise InputError(
                "E-INPUT-CLOUD-MASK",
                f"its polygons are of a class that no mask has ({', '.join(unknown)[:60]})",
                where=str(path),
            )
