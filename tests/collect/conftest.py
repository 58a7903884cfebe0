"""Small images and scenes for the tests of this room."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from overlook.terms import Scene, Site, Zone, instant

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def tiff(tmp_path: Path) -> Callable[..., Path]:
    """Write a GeoTIFF of random pixels: tiff("name.tif", count=3, ...)."""

    def make(name: str = "a_20180612T031522Z.tif", *, seed: int = 0, size: int = 64, **options: Any) -> Path:
        path = tmp_path / "given" / name
        path.parent.mkdir(exist_ok=True)
        tags, colours = options.pop("tags", {}), options.pop("colorinterp", None)
        kind = options.setdefault("dtype", "uint8")
        count = options.setdefault("count", 3)
        options.setdefault("crs", "EPSG:32651")
        options.setdefault("transform", Affine(0.5, 0, 300_000, 0, -0.5, 4_400_000))
        pixels = np.random.default_rng(seed).integers(1, 250, (count, size, size)).astype(kind)
        with rasterio.open(path, "w", driver="GTiff", width=size, height=size, **options) as file:
            if colours:
                file.colorinterp = colours
            file.update_tags(**tags)
            file.write(pixels)
        return path

    return make


def scene(**changes: Any) -> Scene:
    values: dict[str, Any] = {
        "id": "s1",
        "path": "s1.tif",
        "digest": "0" * 64,
        "when": instant(datetime(2018, 6, 12, 3, tzinfo=UTC)),
        "when_source": "declared",
        "gsd_m": 0.5,
        "crs": "EPSG:32651",
        "transform": (0.5, 0, 0, 0, -0.5, 0),
        "shape": (10, 10),
        "bands": ("grey",),
        "dtype": "uint8",
        "footprint": shapely.box(125, 39, 126, 40),
    }
    return Scene(**(values | changes))


def zone(**changes: Any) -> Zone:
    values: dict[str, Any] = {
        "id": "yard",
        "name": "Yard",
        "kind": "yard",
        "geometry": shapely.box(125.1, 39.1, 125.2, 39.2),
    }
    return Zone(**(values | changes))


def site(*zones: Zone, **changes: Any) -> Site:
    return Site(**({"id": "site", "name": "Site", "zones": zones, "crs": "EPSG:32651"} | changes))


@pytest.fixture
def made() -> Any:
    """The makers above, as attributes."""
    from types import SimpleNamespace

    return SimpleNamespace(scene=scene, zone=zone, site=site)
