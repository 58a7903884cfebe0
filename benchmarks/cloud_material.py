"""Pictures whose clouds are known: simulated sites, simulated clouds over real orthophotos, and masks of others.

Not a command: benchmarks/clouds.py reads from here. Nothing is written.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from shared import SHARED  # noqa: I001

from overlook.collect.sun import sun_position
from overlook.simulate.camera import _wisps, expose
from overlook.simulate.demo import demo_spec
from overlook.simulate.layout import stand
from overlook.simulate.process import image_times, simulate_history
from overlook.simulate.sky import MASKED_FROM, Sky, draw_skies
from overlook.simulate.terrain import build_terrain
from overlook.simulate.views import draw_views

RGB = ("red", "green", "blue")
#: (ground sample distance, depth) of the simulated sensors.
SENSORS: tuple[tuple[float, Literal[8, 16]], ...] = ((0.3, 8), (0.5, 8), (0.5, 16), (0.8, 16), (1.5, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`shade`: share of direct sun that a cloud takes away, None where nobody knows. Azimuth from grid north."""

    name: str
    pixels: NDArray[Any]
    cloud: NDArray[np.bool_]
    gsd_m: float
    shade: NDArray[np.float32] | None = None
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    snow: float = 0.0
    tiled: str = ""


def simulated(seed: int, gsd_m: float, depth: Literal[8, 16], images: int, *, nir: bool = False) -> Iterator[Picture]:
    """Scenes of the simulated site: a third clear, an eighth overcast. The truth is where the analyst's mask lies."""
    bands = (*RGB, "nir") if nir else RGB
    base = demo_spec()
    spec = replace(
        base,
        sensor=replace(base.sensor, gsd_m=gsd_m, bands=bands, depth=depth),
        weather=replace(base.weather, clear=0.33, overcast=0.12),
        schedule=replace(base.schedule, images=images),
    )
    history = simulate_history(spec, seed)
    times = image_times(spec, history)
    terrain = build_terrain(spec, seed)
    scenes = zip(draw_views(spec, times, seed), draw_skies(spec, seed), stand(spec, history, seed), strict=True)
    for i, (view, sky, things) in enumerate(scenes):
        exposure = expose(spec, terrain, view, sky, things, seed, i)
        tip = view.light.shadow_m(sky.height_m)
        yield Picture(
            name=f"simulated {seed} {gsd_m} {depth} {i}",
            pixels=exposure.pixels,
            cloud=exposure.hidden == 1,
            gsd_m=gsd_m,
            shade=sky.over(exposure.plane.shape, gsd_m, (-tip[0], tip[1])),
            sun_azimuth_deg=view.light.azimuth_deg,
            sun_elevation_deg=view.light.elevation_deg,
            snow=view.snow,
        )


def tiles(part: Literal["fit", "test"]) -> Iterator[tuple[str, NDArray[np.uint8], float]]:
    """Real clear orthophotos as pictures of about half a metre; every third one is for testing."""
    from PIL import Image

    found: list[tuple[Path, float]] = []
    for folder, pattern, gsd_m in (
        ("vehicles-estonia", "tiles/*.jpg", 0.2),
        ("backgrounds-estonia-10cm", "*.jpg", 0.1),
        ("vehicles-kit-ais", "*.jpg", 0.13),
    ):
        paths = sorted((SHARED / folder).glob(pattern))
        # The frames of one scene are seconds apart: one in eight is enough, and the two scenes lie on either side.
        found += [(p, gsd_m) for p in (paths[::8] if "kit" in folder else paths)]
    for i, (path, gsd_m) in enumerate(found):
        if (i % 3 == 0) == (part == "test"):
            factor = max(1, round(0.5 / gsd_m))
            full = np.asarray(Image.open(path).convert("RGB"))
            small = cv2.resize(full, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
            yield path.stem, small, gsd_m * factor


def clouded(part: Literal["fit", "test"], seed: int, *, each: int = 4, changed: bool = False) -> Iterator[Picture]:
    """Tiles under simulated skies, one in `each` of them clear. `changed`: other tone, colour and ground."""
    base = demo_spec()
    spec = replace(
        base,
        weather=replace(base.weather, clear=0.0, overcast=0.12),
        schedule=replace(base.schedule, images=360),
    )
    skies = draw_skies(spec, seed)
    for i, (name, pixels, gsd_m) in enumerate(tiles(part)):
        for k in range(each):
            rng = np.random.default_rng([seed, i, k])
            ground = (pixels.astype(np.float32) / 255) ** 2.2
            if changed and k % 2:
                ground = _other_ground(ground, rng)
            sky = skies[(i * each + k) % len(skies)]
            yield _under(name, ground, gsd_m, sky if k else None, rng, changed=changed and k > 0)


def _other_ground(ground: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same things on sand, on concrete, or in light snow: brighter, of less contrast, and of its colour."""
    tint = np.array([(1.0, 0.84, 0.62), (1.0, 0.98, 0.95), (0.97, 0.99, 1.0)][rng.integers(3)], np.float32)
    level = rng.uniform(0.15, 0.55)
    light = ground.mean(axis=2, keepdims=True)
    mixed = rng.uniform(0.3, 0.8)
    # Texture of bare ground at a few metres, so that it is not a flat colour.
    noise = rng.standard_normal((ground.shape[0] // 4 + 2, ground.shape[1] // 4 + 2)).astype(np.float32)
    grain = cv2.resize(noise, ground.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None]
    floor = level * (1 + 0.06 * grain) * (0.4 + 0.6 * np.clip(light / 0.15, 0, 1))
    return np.clip(ground * (1 - mixed) + mixed * floor * tint, 0, 1).astype(np.float32)


def _under(
    name: str, ground: NDArray[np.float32], gsd_m: float, sky: Sky | None, rng: np.random.Generator, *, changed: bool
) -> Picture:
    """A picture in linear light under a sky, and back to eight bits; with `changed` tone and white balance vary."""
    shape = ground.shape[:2]
    opacity, shade = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    azimuth, elevation = float(rng.uniform(0, 360)), float(rng.uniform(25, 60))
    light = ground
    if sky is not None and sky.opacity is not None:
        corner = tuple(float(v) for v in rng.uniform(0, 2000, 2))
        sun = (math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth)))
        reach = sky.height_m / math.tan(math.radians(elevation))
        opacity = sky.over(shape, gsd_m, (corner[0], corner[1]))
        shade = sky.over(shape, gsd_m, (corner[0] + reach * sun[0], corner[1] - reach * sun[1]))
        lit = sky.over(shape, gsd_m, (corner[0] + 45 * sun[0], corner[1] - 45 * sun[1]))
        top = np.clip(0.62 + 0.3 * (opacity - lit) + 0.9 * (opacity - 0.93), 0.42, 0.85) * rng.uniform(0.85, 1.15)
        frayed = _wisps(opacity, gsd_m, rng)
        light = ground * (1 - 0.75 * shade)[..., None]
        light = light * (1 - frayed)[..., None] + (frayed * top)[..., None]
    air = np.array([0.012, 0.019, 0.032], np.float32) * rng.uniform(0, 1.5)
    light = light * (1 - air) + air
    if changed:
        light = light * rng.uniform(0.75, 1.4) * rng.uniform(0.93, 1.07, 3).astype(np.float32)
    gamma = rng.uniform(1.7, 2.7) if changed else 2.2
    pixels = np.clip(np.round(255 * np.clip(light, 0, 1) ** (1 / gamma)), 0, 255).astype(np.uint8)
    return Picture(
        name=name,
        pixels=pixels,
        cloud=opacity >= MASKED_FROM,
        gsd_m=gsd_m,
        shade=shade,
        sun_azimuth_deg=azimuth,
        sun_elevation_deg=elevation,
        tiled=name,
    )


def sentinel2() -> Iterator[Picture]:
    """The five dates of the series whose bands are there, found by their NDVI, under the series' own cloud masks."""
    folder = SHARED / "sentinel2-cloud-series" / "example_data"
    bands = np.load(folder / "REFERENCE_SCENES.npy")
    ndvi = np.load(folder / "TestEOPatch" / "data" / "NDVI.npy")[..., 0]
    masks = np.load(folder / "TestEOPatch" / "mask" / "CLM.npy")[..., 0]
    for scene in bands:
        red, nir = scene[..., 3], scene[..., 7]
        apart = np.abs((nir - red) / (nir + red + 1e-9) - ndvi).mean(axis=(1, 2))
        date = int(apart.argmin())
        assert apart[date] < 1e-4
        pixels = np.clip(np.round(scene[..., [3, 2, 1]] * 10_000), 0, 65_535).astype(np.uint16)
        yield Picture(name=f"date {date}", pixels=pixels, cloud=masks[date] > 0, gsd_m=10.0)


def landsat() -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]]:
    """(date, reflectance of red, green and blue, cloud, sure snow) of pixels that hold data, one row each."""
    import rasterio

    for folder in sorted((SHARED / "landsat8-newyork").glob("LC08*")):
        when = datetime.strptime(folder.name[17:25], "%Y%m%d").replace(hour=15, minute=40, tzinfo=UTC)
        up = math.sin(math.radians(sun_position(when, -74.0, 40.7)[0]))

        def band(name: str, folder: Path = folder) -> NDArray[Any]:
            (path,) = folder.glob(f"*_{name}.TIF")
            with rasterio.open(path) as file:
                return np.asarray(file.read(1))

        quality = band("BQA").astype(np.int64)
        known = quality & 1 == 0
        stored = np.stack([band(b)[known] for b in ("B4", "B3", "B2")], axis=1)
        reflectance = ((stored * 2e-5 - 0.1) / up).astype(np.float32)
        yield (
            folder.name[17:25],
            reflectance,
            ((quality >> 4) & 1 == 1)[known],
            ((quality >> 9) & 3 == 3)[known],
        )
