"""Brightness and shadow of an area whose shadow is drawn."""

import numpy as np
import pytest

from overlook.detect import conditions_of
from overlook.terms import CLOUD


def _half_in_shadow(lit: int, dark: int) -> np.ndarray:
    pixels = np.full((200, 200, 3), lit, np.uint8)
    pixels[:, :50] = dark
    return pixels


@pytest.mark.parametrize("lit", [90, 150, 240])
def test_a_quarter_in_shadow_at_any_exposure(lit: int) -> None:
    pixels = _half_in_shadow(lit, round(0.4 * lit))
    found = conditions_of(pixels, np.zeros((200, 200), np.uint8), gsd_m=0.25)
    assert found is not None
    assert found.shadow_share == pytest.approx(0.25, abs=0.02)
    assert found.brightness == pytest.approx(lit, abs=1)


def test_dark_windows_of_cars_are_no_shadow() -> None:
    pixels = np.full((200, 200, 3), 150, np.uint8)
    pixels[::20, ::20] = 10
    found = conditions_of(pixels, np.zeros((200, 200), np.uint8), gsd_m=0.25)
    assert found is not None
    assert found.shadow_share == 0


def test_a_yard_in_shadow_is_told_from_the_whole_image() -> None:
    pixels = _half_in_shadow(150, 55)
    yard = np.zeros((200, 200), bool)
    yard[50:80, 10:40] = True
    found = conditions_of(pixels, np.zeros((200, 200), np.uint8), gsd_m=0.25, within=yard)
    assert found is not None
    assert (found.shadow_share, round(found.brightness)) == (1.0, 55)


def test_nothing_usable_has_no_conditions() -> None:
    pixels = _half_in_shadow(150, 55)
    assert conditions_of(pixels, np.full((200, 200), CLOUD, np.uint8), gsd_m=0.25) is None
