"""Scenes in a local plane, made from arrays, and a site that sees all of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray

from overlook.collect import Registering, register
from overlook.terms import Scene, Site, Zone, instant

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MakeScene = Callable[..., Scene]


@pytest.fixture
def imagery(tmp_path: Path) -> Path:
    return tmp_path / "imagery"


@pytest.fixture
def scene(tmp_path: Path, imagery: Path) -> MakeScene:
    """scene(pixels, transform, ...): (rows, columns[, bands]) as a registered GeoTIFF, local unless `crs` is given.

    Its analyst says that it is clear: made-up ground is no ground that a detector of clouds was fitted to.
    """
    clear = tmp_path / "clear.geojson"
    clear.write_text('{"type": "FeatureCollection", "features": []}')

    def make(
        pixels: NDArray[Any],
        transform: tuple[float, ...] = (0.5, 0, 0, 0, -0.5, 100),
        *,
        name: str = "a",
        crs: str = "local",
        said: dict[str, Any] | None = None,
        **options: Any,
    ) -> Scene:
        data = pixels if pixels.ndim == 3 else pixels[..., None]
        path = tmp_path / f"{name}.tif"
        profile: dict[str, Any] = {"photometric": "minisblack"} | options
        if crs != "local":
            profile["crs"] = crs
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=data.shape[0],
            width=data.shape[1],
            count=data.shape[2],
            dtype=data.dtype,
            transform=Affine(*transform),
            **profile,
        ) as file:
            file.write(np.moveaxis(data, 2, 0))
        when = instant(datetime(2018, 6, 12, 3, tzinfo=UTC))
        words = {"when": when, "cloud_mask": clear} | ({"crs": "local"} if crs == "local" else {}) | (said or {})
        return register(path, imagery, Registering(**words), now=NOW)

    return make


@pytest.fixture
def site() -> Callable[..., Site]:
    def make(*boxes: tuple[float, float, float, float], crs: str = "local", **changes: Any) -> Site:
        zones = tuple(
            Zone(id=f"z{n}", name=f"Z{n}", kind="yard", geometry=shapely.box(*b)) for n, b in enumerate(boxes)
        )
        values: dict[str, Any] = {"grid_gsd_m": 0.5, "margin_m": 0.0} | changes
        return Site(id="site", name="Site", zones=zones, crs=crs, **values)

    return make


def texture(rows: int, columns: int, seed: int = 0) -> NDArray[np.float32]:
    """Ground of blobs and boxes of several sizes, 0 to 255."""
    rng = np.random.default_rng(seed)
    image = np.zeros((rows, columns), np.float32)
    for sigma, weight in ((1.2, 1.0), (4, 2.0), (15, 3.0)):
        noise = cv2.GaussianBlur(rng.normal(size=(rows, columns)).astype(np.float32), (0, 0), sigma)
        image += weight * noise / noise.std()
    for _ in range(rows * columns // 1500):
        x, y, w, h = rng.integers(0, columns), rng.integers(0, rows), rng.integers(4, 14), rng.integers(4, 14)
        image[y : y + h, x : x + w] = rng.normal(0, 5)
    return np.clip(120 + 18 * image, 1, 255)


@pytest.fixture
def ground() -> Callable[..., NDArray[np.float32]]:
    return texture
