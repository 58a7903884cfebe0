"""Our own detector: simulated clouds, real dates, bright ground, and pictures of which nothing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from overlook.imagery.cloud_detector import find_clouds, tone
from overlook.imagery.cloud_shadow import find_shadows
from overlook.simulate.camera import expose
from overlook.simulate.demo import demo_spec
from overlook.simulate.layout import stand
from overlook.simulate.process import image_times, simulate_history
from overlook.simulate.sky import draw_skies
from overlook.simulate.terrain import build_terrain
from overlook.simulate.views import draw_views
from overlook.terms import CLOUD, SHADOW, UNSURE, USABLE, Scene
from shared import SHARED, needs

RGB = ("red", "green", "blue")
SEED = 481


def scene_of(shape: tuple[int, ...], gsd_m: float, **changes: Any) -> Scene:
    values: dict[str, Any] = {"sensor": "simulated", "sun_azimuth_deg": 180.0, "sun_elevation_deg": 45.0} | changes
    return Scene(
        id="s", path="s.tif", digest="", when=None, when_source="unknown", gsd_m=gsd_m, crs="local",
        transform=(gsd_m, 0, 0, 0, -gsd_m, 0), shape=(shape[0], shape[1]), bands=RGB, dtype="uint8",
        footprint=shapely.box(0, 0, 1, 1), **values,
    )  # fmt: skip


@pytest.fixture(scope="module")
def exposures() -> list[tuple[np.ndarray, np.ndarray]]:
    """(pixels, truth) of a clear, an overcast and some cloudy scenes."""
    base = demo_spec()
    spec = replace(
        base, schedule=replace(base.schedule, images=7), weather=replace(base.weather, clear=0.3, overcast=0.2)
    )
    history = simulate_history(spec, SEED)
    terrain = build_terrain(spec, SEED)
    scenes = zip(
        draw_views(spec, image_times(spec, history), SEED),
        draw_skies(spec, SEED),
        stand(spec, history, SEED),
        strict=True,
    )
    made = [expose(spec, terrain, view, sky, things, SEED, i) for i, (view, sky, things) in enumerate(scenes)]
    return [(e.pixels, e.hidden == 1) for e in made]


def all_usable(pixels: np.ndarray) -> np.ndarray:
    return np.ones(pixels.shape[:2], dtype=bool)


def test_simulated_clouds_are_found_and_little_is_kept_beneath_them(exposures: Any) -> None:
    called, truth = [], []
    for pixels, cloud in exposures:
        found = find_clouds(pixels, all_usable(pixels), RGB, 0.5, scene_of(pixels.shape, 0.5))
        assert found is not None
        assert found.is_validated
        called.append(found.codes != USABLE)
        truth.append(cloud)
    hit, either = np.array(called) & np.array(truth), np.array(called) | np.array(truth)
    assert 0.1 < np.mean(truth) < 0.9
    # Goals: 0.85 and 0.03. This seed was not used to fit, nor for the tables.
    assert hit.sum() / either.sum() >= 0.85
    assert (np.array(truth) & ~np.array(called)).sum() / (~np.array(called)).sum() <= 0.03


def test_an_overcast_picture_is_cloud_from_edge_to_edge_in_8_and_in_16_bits(exposures: Any) -> None:
    overcast, cloud = max(exposures, key=lambda e: e[1].mean())
    assert cloud.mean() > 0.97
    for pixels in (overcast, overcast.astype(np.uint16), overcast.astype(np.uint16) * 17):
        found = find_clouds(pixels, all_usable(pixels), RGB, 0.5, scene_of(pixels.shape, 0.5))
        assert found is not None
        assert (found.codes != USABLE).mean() > 0.97


def test_what_is_not_usable_is_not_called_cloud_and_weighs_nothing(exposures: Any) -> None:
    pixels = next(p for p, cloud in exposures if not cloud.any())
    usable = all_usable(pixels)
    usable[:, :300] = False
    spoiled = pixels.copy()
    spoiled[:, :300] = 255
    found = find_clouds(spoiled, usable, RGB, 0.5, scene_of(pixels.shape, 0.5))
    assert found is not None
    assert (found.codes[:, :300] == USABLE).all()
    assert (found.codes[:, 320:] != USABLE).mean() < 0.1


def test_a_sensor_that_was_not_measured_is_said_to_be_none(exposures: Any) -> None:
    pixels, _ = exposures[0]
    found = find_clouds(pixels, all_usable(pixels), RGB, 0.5, scene_of(pixels.shape, 0.5, sensor="worldview-3"))
    assert found is not None
    assert not found.is_validated


@needs("vehicles-estonia")
@pytest.mark.parametrize("index", [0, 9, 18, 27])
def test_bright_roofs_and_concrete_of_real_orthophotos_are_no_clouds(index: int) -> None:
    import cv2

    path = sorted((SHARED / "vehicles-estonia" / "tiles").glob("*.jpg"))[index]
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    found = find_clouds(pixels, all_usable(pixels), RGB, 0.2, scene_of(pixels.shape, 0.2))
    assert found is not None
    assert (found.codes != USABLE).mean() < 0.02


@needs("sentinel2-cloud-series")
@pytest.mark.parametrize(("row", "is_cloudy"), [(0, True), (1, True), (2, False), (3, False), (4, False)])
def test_real_dates_of_sentinel_2_by_the_published_threshold(row: int, is_cloudy: bool) -> None:
    bands = np.load(SHARED / "sentinel2-cloud-series" / "example_data" / "REFERENCE_SCENES.npy")[row][..., [3, 2, 1]]
    pixels = np.round(bands * 10_000).astype(np.uint16)
    found = find_clouds(pixels, all_usable(pixels), RGB, 10.0, scene_of(pixels.shape, 10.0, sensor="sentinel-2a"))
    assert found is not None
    assert ((found.codes != USABLE).mean() > 0.9) == is_cloudy
    assert ((found.codes == CLOUD).mean() > 0.0) == is_cloudy


@pytest.mark.parametrize(
    ("pixels", "gsd_m", "sensor"),
    [
        (np.full((200, 200, 3), 90, np.uint8), 0.5, "simulated"),
        (np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2), 0.5, "simulated"),
        (np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8), 3.0, "planetscope"),
        (np.random.default_rng(0).integers(0, 9000, (80, 80, 3)).astype(np.uint16), 15.0, "unknown"),
    ],
)
def test_of_a_drawing_a_size_in_between_and_an_unknown_scale_nothing_is_said(
    pixels: np.ndarray, gsd_m: float, sensor: str
) -> None:
    assert find_clouds(pixels, all_usable(pixels), RGB, gsd_m, scene_of(pixels.shape, gsd_m, sensor=sensor)) is None


def test_nothing_usable_gives_nothing() -> None:
    pixels = np.full((50, 50, 3), 200, np.uint8)
    assert find_clouds(pixels, np.zeros((50, 50), bool), RGB, 0.5, scene_of(pixels.shape, 0.5)) is None


def test_sixteen_bits_that_hold_eight_are_shown_as_eight() -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (50, 50, 3)).astype(np.uint16)
    shown = tone(pixels, all_usable(pixels))
    assert np.allclose(shown, pixels / 255)


def test_a_shadow_lies_away_from_the_sun_at_one_height_and_dark_ground_elsewhere_is_none() -> None:
    rng = np.random.default_rng(5)
    pixels = np.clip(rng.normal(120, 6, (600, 600, 1)), 1, 250)
    # A cloud 100 m wide whose shadow falls 160 m to the north, the sun in the south; dark ground elsewhere.
    codes = np.full((600, 600), USABLE, dtype=np.uint8)
    codes[450:550, 100:200] = CLOUD
    pixels[450:550, 100:200] = 230
    pixels[130:230, 100:200] *= 0.45
    pixels[200:320, 420:560] *= 0.45
    scene = scene_of((600, 600), 1.0, sun_azimuth_deg=180.0, sun_elevation_deg=45.0)
    found = find_shadows(pixels.astype(np.uint8), codes, np.ones((600, 600), bool), ("grey",), 1.0, scene)
    assert (found[140:220, 110:190] == SHADOW).mean() > 0.9
    assert (found[200:320, 420:560] == USABLE).mean() > 0.9
    assert (found == CLOUD).sum() == 100 * 100
    turned = replace(scene, sun_azimuth_deg=0.0)
    elsewhere = find_shadows(pixels.astype(np.uint8), codes, np.ones((600, 600), bool), ("grey",), 1.0, turned)
    assert not (elsewhere[140:220, 110:190] == SHADOW).any()
    assert set(np.unique(elsewhere)) <= {USABLE, CLOUD, UNSURE}
