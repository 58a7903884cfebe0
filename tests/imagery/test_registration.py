"""Registration: known shifts found, unknown ones left alone."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from overlook.imagery import make_chip, scene_to_chip, site_grid
from overlook.imagery.registration import Shift, estimate_shift, grey
from overlook.terms import USABLE, Site, Zone
from shared import SHARED, needs


def moved(image: Any, x: float, y: float) -> Any:
    """`image` with its content moved by (x, y) pixels, right and down."""
    return cv2.warpAffine(
        image,
        np.array([[1, 0, x], [0, 1, y]], np.float32),
        image.shape[::-1],
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )


def everything(image: Any) -> Any:
    return np.ones(image.shape, bool)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.4, -2.7), (-11.25, 8.5), (0.5, 20.0)])
def test_a_shift_is_found_to_a_tenth_of_a_pixel(ground: Any, shift: tuple[float, float]) -> None:
    fixed = ground(400, 500)
    noise = np.random.default_rng(9).normal(0, 6, fixed.shape).astype(np.float32)
    found = estimate_shift(moved(fixed, *shift) + noise, everything(fixed), fixed, everything(fixed), reach_px=40)
    assert isinstance(found, Shift)
    assert (found.x_px, found.y_px) == pytest.approx((-shift[0], -shift[1]), abs=0.1)
    assert found.residual_px < 0.2


@pytest.mark.parametrize("seed", range(4))
def test_a_fifth_of_the_pixels_changed_clouds_and_another_light_do_not_move_it(ground: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fixed = ground(400, 400, seed)
    changed = fixed.copy()
    while (changed != fixed).mean() < 0.2:
        y, x = rng.integers(0, 380, 2)
        changed[y : y + 20, x : x + 20] = rng.uniform(0, 255)
    light = np.linspace(0.6, 1.3, 400, dtype=np.float32)[None, :]
    moving = moved(changed, 4.3, -6.6) * light + 20
    clear = everything(fixed)
    for _ in range(5):
        y, x = rng.integers(0, 350, 2)
        moving[y : y + 60, x : x + 60] = 250
        clear[y : y + 60, x : x + 60] = False
    found = estimate_shift(moving, clear, fixed, everything(fixed), reach_px=40)
    assert isinstance(found, Shift)
    assert (found.x_px, found.y_px) == pytest.approx((-4.3, 6.6), abs=0.25)


def test_an_image_seen_through_a_gap_in_the_clouds_is_registered_by_smaller_windows(ground: Any) -> None:
    fixed = ground(600, 700)
    moving = moved(fixed, 2.6, 3.4)
    clear = np.zeros(fixed.shape, bool)
    clear[40:240, 100:420] = True
    moving[~clear] = 240
    found = estimate_shift(moving, clear, fixed, everything(fixed), reach_px=30)
    assert isinstance(found, Shift)
    assert (found.x_px, found.y_px) == pytest.approx((-2.6, -3.4), abs=0.15)


def test_other_ground_flat_ground_and_hidden_ground_are_not_shifted(ground: Any) -> None:
    fixed = ground(300, 300, 1)
    other = ground(300, 300, 2)
    flat = np.full((300, 300), 90, np.float32)
    whole = everything(fixed)
    assert isinstance(estimate_shift(other, whole, fixed, whole, reach_px=40), str)
    assert isinstance(estimate_shift(flat, whole, fixed, whole, reach_px=40), str)
    hidden = whole.copy()
    hidden[20:] = False
    assert "seen together" in str(estimate_shift(fixed, hidden, fixed, whole, reach_px=40))
    assert "small" in str(estimate_shift(fixed[:20], whole[:20], fixed[:20], whole[:20], reach_px=5))


def test_half_the_image_moved_one_way_and_half_the_other_is_no_shift(ground: Any) -> None:
    fixed = ground(400, 400)
    torn = np.hstack([moved(fixed, 6, 0)[:, :200], moved(fixed, -6, 0)[:, 200:]])
    found = estimate_shift(torn, everything(fixed), fixed, everything(fixed), reach_px=40)
    assert isinstance(found, str)
    assert "agree" in found


def test_a_chip_is_laid_on_its_reference_and_boxes_follow(scene: Any, imagery: Path, site: Any, ground: Any) -> None:
    pixels = np.minimum(ground(400, 400), 250).astype(np.uint8)
    place = site((20, 20, 180, 180))
    first = scene(pixels, (0.5, 0, 0, 0, -0.5, 200), name="first")
    # The second image says it lies 3 m east and 2 m south of where it does.
    second = scene(pixels + 1, (0.5, 0, 3.0, 0, -0.5, 198.0), name="second")
    reference = make_chip(first, imagery, place, None)
    chip = make_chip(second, imagery, place, reference)
    assert chip.meta.registration.method == "phase correlation"
    assert chip.meta.registration.reference == "first"
    assert chip.meta.registration.shift_m == pytest.approx((-3.0, 2.0), abs=0.05)
    assert chip.meta.registration.residual_m is not None
    assert chip.meta.registration.residual_m < 0.1
    seen = chip.unusable == USABLE
    assert seen.mean() > 0.95
    assert np.abs(chip.pixels[seen].astype(int) - reference.pixels[seen].astype(int) - 1).mean() < 1.5
    corner = np.array([[100.0, 120.0]])
    assert scene_to_chip(chip.meta, second, corner) == pytest.approx(
        scene_to_chip(reference.meta, first, corner), abs=0.1
    )


def test_a_shift_beyond_the_limit_is_refused_unless_such_an_error_was_declared(
    scene: Any, imagery: Path, site: Any, ground: Any
) -> None:
    pixels = ground(500, 500).astype(np.uint8)
    place = site((40, 40, 210, 210))
    reference = make_chip(scene(pixels, (0.5, 0, 0, 0, -0.5, 250), name="first"), imagery, place, None)
    far = make_chip(scene(pixels + 1, (0.5, 0, 20, 0, -0.5, 250), name="far"), imagery, place, reference)
    assert far.meta.registration.method == "refused"
    assert far.meta.registration.shift_m == (0.0, 0.0)
    assert "20.0 m" in far.meta.registration.note
    said = {"geolocation_error_m": 10.0}
    believed = make_chip(
        scene(pixels + 2, (0.5, 0, 20, 0, -0.5, 250), name="said", said=said), imagery, place, reference
    )
    assert believed.meta.registration.method == "phase correlation"
    assert believed.meta.registration.shift_m == pytest.approx((-20, 0), abs=0.1)


def test_without_agreement_the_georeference_stays_and_says_so(
    scene: Any, imagery: Path, site: Any, ground: Any
) -> None:
    place = site((20, 20, 120, 120))
    first = scene(ground(300, 300, 1).astype(np.uint8), (0.5, 0, 0, 0, -0.5, 150), name="first")
    second = scene(
        ground(300, 300, 2).astype(np.uint8),
        (0.5, 0, 0, 0, -0.5, 150),
        name="second",
        said={"geolocation_error_m": 4.0},
    )
    registration = make_chip(second, imagery, place, make_chip(first, imagery, place, None)).meta.registration
    assert (registration.method, registration.shift_m, registration.residual_m) == ("georeference", (0.0, 0.0), 4.0)
    assert "kept where its georeference puts it" in registration.note


def test_the_reference_itself_is_not_registered(scene: Any, imagery: Path, site: Any, ground: Any) -> None:
    made = scene(ground(200, 200).astype(np.uint8))
    chip = make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert make_chip(made, imagery, site((0, 0, 100, 100)), chip).meta.registration.method == "reference"
    other = site((0, 0, 100, 100), reference_scene="another")
    assert make_chip(made, imagery, other, None).meta.registration.method == "georeference"


@needs("naip-series")
def test_real_images_of_eleven_years_close_the_triangle(tmp_path: Path) -> None:
    """Shifts of A to B, B to C and A to C must agree within what they state is left of error."""
    from datetime import UTC, datetime

    from overlook.collect import Registering, register

    now = datetime(2026, 6, 1, tzinfo=UTC)
    folder = SHARED / "naip-series"
    made = {
        y: register(next(folder.glob(f"*_{y}*.tif")), tmp_path, Registering(), now=now)
        for y in ("2015", "2017", "2019", "2020")
    }
    area = made["2017"].footprint.buffer(-0.004)
    place = Site(
        id="s", name="S", crs="EPSG:26914", grid_gsd_m=5.0, zones=(Zone(id="z", name="Z", kind="other", geometry=area),)
    )
    assert site_grid(place).shape[0] > 400
    chips = {year: make_chip(s, tmp_path, place, None) for year, s in made.items()}

    def shift(moving: str, fixed: str) -> Shift:
        a, b = chips[moving], chips[fixed]
        found = estimate_shift(grey(a.pixels), a.unusable == 0, grey(b.pixels), b.unusable == 0, reach_px=6)
        assert isinstance(found, Shift), (moving, fixed, found)
        return found

    for a, b, c in (("2015", "2017", "2019"), ("2017", "2019", "2020")):
        legs = shift(a, b), shift(b, c), shift(a, c)
        x = legs[0].x_px + legs[1].x_px - legs[2].x_px
        y = legs[0].y_px + legs[1].y_px - legs[2].y_px
        assert np.hypot(x, y) < 3 * max(leg.residual_px for leg in legs)
        assert np.hypot(x, y) < 0.5
