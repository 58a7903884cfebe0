"""Blinded pixels and broken lines are found; walls, bright roofs and enlarged pictures are not taken for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from overlook.imagery.quality import saturated, stripes


@pytest.fixture
def picture(ground: Callable[..., Any]) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, 2, (200, 260))
    return np.clip(ground(200, 260, 1) + noise, 1, 250).astype(np.uint8)[..., None]


def lines(pixels: np.ndarray) -> tuple[list[int], list[int]]:
    found, _ = stripes(pixels, np.ones(pixels.shape[:2], dtype=bool))
    return np.flatnonzero(found.all(axis=1)).tolist(), np.flatnonzero(found.all(axis=0)).tolist()


def test_a_sound_picture_has_no_stripes(picture: np.ndarray) -> None:
    found, note = stripes(picture, np.ones(picture.shape[:2], dtype=bool))
    assert not found.any()
    assert note == ""


def test_a_repeated_a_constant_and_a_shifted_line_are_found_along_both_axes(picture: np.ndarray) -> None:
    broken = picture.copy()
    broken[50] = broken[49]
    broken[90] = 77
    broken[:, 30] = np.clip(broken[:, 30].astype(int) + 60, 0, 255)
    rows, columns = lines(broken)
    assert rows == [50, 90]
    assert columns == [30]


def test_a_straight_wall_is_no_stripe(picture: np.ndarray) -> None:
    walled = picture.copy()
    walled[100:103, 40:200] = 250
    walled[120:] = np.clip(walled[120:].astype(int) + 40, 0, 255)
    assert lines(walled) == ([], [])


def test_an_enlarged_picture_is_said_to_be_one_and_has_no_broken_lines(picture: np.ndarray) -> None:
    large = np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1)
    found, note = stripes(large, np.ones(large.shape[:2], dtype=bool))
    assert not found.any()
    assert "enlarged" in note


@pytest.mark.parametrize(("dtype", "end"), [("uint8", 255), ("uint16", 2047), ("uint16", 65535)])
def test_a_patch_at_the_end_of_the_range_is_saturated_and_a_glint_is_not(dtype: str, end: int) -> None:
    pixels = np.full((60, 60, 3), 90, dtype=dtype)
    pixels[10:20, 10:20] = end
    pixels[40:42, 40:42] = end
    found = saturated(pixels, np.ones((60, 60), dtype=bool))
    assert found[10:20, 10:20].all()
    assert found.sum() == 100


def test_one_band_at_its_end_floats_and_pictures_of_one_bit_are_not_saturated() -> None:
    red = np.full((40, 40, 3), 90, dtype=np.uint8)
    red[..., 0] = 255
    whole = np.ones((40, 40), dtype=bool)
    assert not saturated(red, whole).any()
    assert not saturated(np.full((40, 40, 1), 1.0, dtype=np.float32), whole).any()
    assert not saturated(np.full((40, 40, 1), 255, dtype=np.uint8), whole, bits=1).any()


def test_an_image_that_is_all_saturated_or_has_no_valid_pixel_does_not_break_anything() -> None:
    white = np.full((40, 60, 3), 255, dtype=np.uint8)
    assert saturated(white, np.ones((40, 60), dtype=bool)).all()
    assert not saturated(white, np.zeros((40, 60), dtype=bool)).any()
    assert not stripes(white, np.zeros((40, 60), dtype=bool))[0].any()
