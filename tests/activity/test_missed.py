"""What could have been missed: the published numbers of the formulas, and the formula against simulation."""

import math

import numpy as np
import pytest

from activity.drifting import AT_EVENT, SERIES, drifting
from overlook.activity import pattern_row
from overlook.activity.design import build
from overlook.activity.missed import images_needed, information, missed, z
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.series import to_days, usable
from overlook.terms import Plan

LEVEL = Plan(level=0.9)


def test_information_is_bounded_by_images_not_counts() -> None:
    assert information(8, 1, 1, 0, 8) == pytest.approx(4.0)
    assert information(1e9, 1, 1, 0, 8) == pytest.approx(8.0)
    assert information(8, 0.5, 0.5, 0, 8) < information(8, 1, 1, 2, 8) < 4.0


@pytest.mark.parametrize(("change", "images"), [(1.3, 45), (1.5, 19), (2.0, 7)])
def test_images_to_detect(change: float, images: int) -> None:
    # n per arm = 2 / I (2.486 / ln RR)^2 with I = 4
    assert math.ceil(2 / 4 * ((z(0.95) + z(0.8)) / math.log(change)) ** 2) == images
    sd = math.sqrt(2 / (4 * images))
    assert missed(sd, LEVEL).smallest_ratio_up == pytest.approx(change, rel=0.03)


@pytest.mark.parametrize(("margin", "images"), [(1.25, 86), (1.5, 26)])
def test_images_to_show_the_same(margin: float, images: int) -> None:
    counts, _ = drifting(np.random.default_rng(1), 40, 20)
    at = to_days(AT_EVENT.start)
    design = build(
        usable(SERIES, counts), DEFAULT_PRIOR, numerator=(at, at + 45), denominator=(at - 120, at), after_d=at
    )
    need = images_needed(design, Plan(margin=margin), sd=0.01, level=math.log(8), k=8.0, n_before=40, n_after=20)
    assert need == pytest.approx(images, abs=1)
    assert missed(math.sqrt(2 / (4 * images)), LEVEL).smallest_margin == pytest.approx(margin, rel=0.01)


def test_without_a_margin_no_number_of_images_is_named() -> None:
    counts, _ = drifting(np.random.default_rng(1), 20, 20)
    assert pattern_row(SERIES, counts, event=AT_EVENT, plan=LEVEL)["missed"]["images_needed"] is None


def test_drift_raises_the_need() -> None:
    calm, _ = drifting(np.random.default_rng(5), 40, 20, drift_sd=1e-6)
    wild, _ = drifting(np.random.default_rng(5), 40, 20, drift_sd=0.9)
    need = [
        pattern_row(SERIES, counts, event=AT_EVENT, plan=Plan(margin=1.25))["missed"]["images_needed"]
        for counts in (calm, wild)
    ]
    assert need[0] < need[1]


def test_an_open_interval_bounds_nothing() -> None:
    assert missed(50.0, LEVEL).smallest_ratio_up is None


def test_the_smallest_change_is_called_about_as_often_as_said() -> None:
    """At the median of `smallest_ratio_up`, with the drift's own change taken out, .8 of the sites are called."""
    rng = np.random.default_rng(411)
    quiet = {"drift_sd": 0.05}
    told = [
        pattern_row(SERIES, drifting(rng, 27, 27, **quiet)[0], event=AT_EVENT, plan=LEVEL)["missed"][
            "smallest_ratio_up"
        ]
        for _ in range(40)
    ]
    step = math.log(float(np.median(told)))
    called = 0
    n = 120
    for _ in range(n):
        counts, _ = drifting(rng, 27, 27, step=step, **quiet)
        called += pattern_row(SERIES, counts, event=AT_EVENT, plan=LEVEL)["ratio"]["low"] > 1
    # Monte-Carlo error at n = 120 is .037; the formula is first-order, so it is given as much again.
    assert 0.8 - 0.15 <= called / n <= 0.8 + 0.15
