"""One picture in two files, and two pictures of one place; shadows that point one way, and none that point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from overlook.imagery.sameness import LEAST_EQUAL, equal_share, print_of, reduced, same_picture
from overlook.imagery.shadow_azimuth import apart_deg, sun_from_shadows
from overlook.terms import CLOUD, USABLE, Chip, ChipMeta, Registration


def chip(pixels: np.ndarray, hidden: np.ndarray | None = None) -> Chip:
    shape = pixels.shape[:2]
    unusable = np.where(np.zeros(shape, bool) if hidden is None else hidden, CLOUD, USABLE).astype(np.uint8)
    meta = ChipMeta(
        scene="s", site="x", crs="local", transform=(0.5, 0, 0, 0, -0.5, 0), shape=(shape[0], shape[1]),
        bands=("grey",), registration=Registration(method="reference"), usable_fraction=1.0,
    )  # fmt: skip
    return Chip(meta=meta, pixels=pixels.reshape(*shape, 1), unusable=unusable)


@pytest.fixture
def day(ground: Callable[..., Any]) -> Callable[[int], np.ndarray]:
    """The same ground with a day's own things and noise on it."""

    def make(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        image = ground(400, 400, 9).copy()
        for x, y in rng.integers(0, 390, (150, 2)):
            image[y : y + 5, x : x + 9] = rng.uniform(20, 240)
        image = cv2.GaussianBlur(image, (0, 0), 0.8)
        return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)

    return make


def found(a: Chip, b: Chip) -> bool:
    equal = equal_share(print_of(a), print_of(b))
    return equal is not None and equal >= LEAST_EQUAL and same_picture(reduced(a), reduced(b), equal) is not None


@pytest.mark.parametrize("quality", [90, 60, 40])
def test_a_picture_compressed_brightened_moved_and_cropped_is_the_same(day: Any, quality: int) -> None:
    first = day(1)
    move = np.array([[1, 0, 0.4], [0, 1, -0.6]], np.float32)
    other = cv2.warpAffine(first, move, (400, 400), borderMode=cv2.BORDER_REFLECT)
    other = np.clip((other / 255.0) ** 0.85 * 250, 0, 255).astype(np.uint8)
    other = cv2.imdecode(cv2.imencode(".jpg", other, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    outside = np.ones((400, 400), dtype=bool)
    outside[60:360, 40:340] = False
    assert found(chip(first), chip(other, outside))


def test_two_days_of_one_place_are_two_pictures(day: Any) -> None:
    chips = [chip(day(seed)) for seed in range(2, 6)]
    assert not any(found(a, b) for i, a in enumerate(chips) for b in chips[:i])


def test_too_little_in_common_decides_nothing(day: Any) -> None:
    left, right = np.zeros((400, 400), bool), np.zeros((400, 400), bool)
    left[:, :220], right[:, 180:] = True, True
    assert equal_share(print_of(chip(day(1), left)), print_of(chip(day(1), right))) is None
    flat = chip(np.full((400, 400), 90, np.uint8))
    assert equal_share(print_of(flat), print_of(flat)) is None


def things(azimuth_deg: float, *, shadows: bool = True) -> np.ndarray:
    """Boxes 2 m to 6 m high on grey ground, each with a shadow away from the sun."""
    rng = np.random.default_rng(3)
    image = np.full((500, 500), 120, np.float32)
    dx, dy = -np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
    for x, y in rng.integers(30, 460, (160, 2)):
        w, h = rng.integers(5, 14, 2)
        length = rng.uniform(4, 12)
        if shadows:
            for step in np.linspace(0, length, 12):
                a, b = round(x + dx * step), round(y + dy * step)
                image[b : b + h, a : a + w] = 55
        image[y : y + h, x : x + w] = rng.uniform(150, 210)
    return np.clip(image + rng.normal(0, 4, image.shape), 1, 250).astype(np.uint8)


@pytest.mark.parametrize("azimuth", [20.0, 95.0, 160.0, 200.0, 300.0])
def test_shadows_of_boxes_tell_where_the_sun_stands(azimuth: float) -> None:
    seen = sun_from_shadows(chip(things(azimuth)))
    assert seen is not None
    assert apart_deg(seen.sun_azimuth_deg, azimuth) < 15


def test_without_shadows_or_on_water_or_snow_nothing_is_said() -> None:
    assert sun_from_shadows(chip(things(160, shadows=False))) is None
    assert sun_from_shadows(chip(np.clip(things(160).astype(int) - 90, 1, 255).astype(np.uint8))) is None
    assert sun_from_shadows(chip(np.clip(things(160).astype(int) + 100, 1, 255).astype(np.uint8))) is None
    assert sun_from_shadows(chip(things(160), np.ones((500, 500), bool))) is None
