"""What a sensor of a coarser GSD would have recorded: its transfer, its sampling, its noise; and painted things."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training.composites import compose
from training.labels import CLASSES, ORIENTED, boxes_of
from training.sensor import GSD_M, Sensor, draw_sensor, lit, record, sampled, shown


@pytest.mark.parametrize("mtf", [0.1, 0.2, 0.35])
def test_the_blur_has_the_stated_transfer_at_nyquist(mtf: float) -> None:
    sensor = Sensor(gsd_m=0.4, mtf=mtf)
    frequency = 0.5 / 0.4  # cycles a metre
    assert math.exp(-2 * math.pi**2 * sensor.blur_m**2 * frequency**2) == pytest.approx(mtf)


def test_a_grating_loses_the_contrast_that_the_transfer_says() -> None:
    # 0.1 m pixels of next to no blur of their own, a sensor of 0.4 m: a grating of 1.6 m is at half of Nyquist
    x = np.arange(800) * 0.1 + 0.05
    wave = (100 + 50 * np.sin(2 * np.pi * x / 1.6)).astype(np.float32)
    fine = np.repeat(np.repeat(wave[None, :, None], 64, 0), 3, 2)
    seen = record(fine, 0.1, 0.001, Sensor(gsd_m=0.4, mtf=0.2, noise=0.0), np.random.default_rng(0))
    row = seen[8, 10:-10, 0] - 100
    phase = 2 * np.pi * ((np.arange(len(row)) + 10) * 0.4 + 0.2) / 1.6
    amplitude = 2 * np.hypot((row * np.sin(phase)).mean(), (row * np.cos(phase)).mean())
    assert amplitude / 50 == pytest.approx(0.2**0.25, rel=0.03)  # exp(-2 pi^2 s^2 f^2), f halved: the fourth root


@pytest.mark.parametrize("gsd", [0.1, 0.2, 0.25, 0.31, 0.5])
def test_a_ramp_stays_where_it_was(gsd: float) -> None:
    n = round(40 / gsd)
    ramp = np.repeat(((np.arange(n) + 0.5) * gsd)[None, :, None], n, 0).astype(np.float32)
    seen = shown(np.repeat(ramp, 3, 2), gsd)
    x = (np.arange(seen.shape[1]) + 0.5) * GSD_M
    inner = (x > 2) & (x < 38)
    assert seen[len(seen) // 2, inner, 0] == pytest.approx(x[inner], abs=0.02)


def test_an_image_at_the_networks_scale_is_not_touched() -> None:
    image = np.random.default_rng(1).uniform(0, 255, (40, 40, 3)).astype(np.float32)
    assert shown(image, GSD_M) is image
    assert sampled(image, 0.2, 0.2) is image


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.13, 0.2]))
def test_whatever_is_drawn_is_an_image(seed: int, native: float) -> None:
    rng = np.random.default_rng(seed)
    sensor = draw_sensor(rng, native)
    assert native <= sensor.gsd_m <= 0.62
    image = rng.uniform(0, 255, (60, 60, 3)).astype(np.float32)
    seen = record(lit(image, rng), native, native, sensor, rng)
    assert np.isfinite(seen).all()
    assert seen.min() >= 0
    assert seen.max() <= 255
    assert seen.shape[0] == pytest.approx(60 * native / sensor.gsd_m, abs=1)


def test_painted_things_change_the_picture_inside_their_boxes() -> None:
    ground = np.full((400, 400, 3), 120, dtype=np.float32)
    rng = np.random.default_rng(3)
    image, boxes = compose(ground, 0.2, boxes_of([]), rng)
    assert len(boxes) > 0
    assert (boxes.kind == ORIENTED).all()
    assert np.isfinite(image).all()
    assert image.min() >= 0
    assert image.max() <= 255
    for (x, y), size, angle in zip(boxes.centre, boxes.size, boxes.angle, strict=True):
        along = np.linspace(-0.35, 0.35, 9)[:, None] * size[0] * np.array([[np.cos(angle), np.sin(angle)]])
        at = np.rint(np.array([x, y]) + along - 0.5).astype(int)
        assert (np.abs(image[at[:, 1], at[:, 0]] - 120).max(axis=1) > 3).mean() > 0.6


def test_nothing_is_painted_over_a_labelled_box() -> None:
    ground = np.full((300, 300, 3), 120, dtype=np.float32)
    labelled = boxes_of([(0, 150.0, 150.0, 290.0, 290.0, 0.0, 0, False)])
    for seed in range(5):
        _, boxes = compose(ground, 0.2, labelled, np.random.default_rng(seed))
        assert len(boxes) == 1


def test_containers_have_their_standard_sides() -> None:
    rng, found = np.random.default_rng(0), set()
    for _ in range(10):
        _, boxes = compose(np.full((300, 300, 3), 120, np.float32), 0.2, boxes_of([]), rng)
        mine = boxes.cls == CLASSES.index("container")
        found |= {(round(float(a), 2), round(float(b), 2)) for a, b in boxes.size[mine] * 0.2}
    assert found == {(6.06, 2.44), (12.19, 2.44)}
