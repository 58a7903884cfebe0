"""Average precision, F1, counts and calibration against numbers worked out by hand."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from training.calibrate import applied, isotonic
from training.finding import Found
from training.labels import HULL, ORIENTED, boxes_of
from training.measures import average_precision, bias, count_error, ece, f1, interval, match, precision, recall, tallies

from overlook.detect.boxes import corners_of


def found(boxes: list[tuple[float, float, float]], truth: list[Any], cls: int = 0) -> Found:
    """Boxes of 4 x 2 m at (x, y) with a score, on 100 x 100 m."""
    table = np.array(boxes, dtype=float).reshape(-1, 3)
    n = len(table)
    wanted = boxes_of(truth)
    return Found(
        tile="t",
        area="a",
        gsd_m=0.2,
        extent_m=(100.0, 100.0),
        corners=corners_of(table[:, :2], np.tile([4.0, 2.0], (n, 1)), np.zeros(n)),
        scores=table[:, 2],
        cls=np.full(n, cls, dtype=np.int64),
        truth=wanted,
        searched=(True, True, True),
        truth_light=np.zeros(len(wanted)),
        found_light=np.zeros(n),
    )


def car(x: float, y: float, *, ignore: bool = False, cls: int = 0) -> tuple[Any, ...]:
    return (cls, x, y, 4.0, 2.0, 0.0, HULL, ignore)


def test_average_precision_by_hand() -> None:
    # by score: true, false, true; three in the truth. Area = 1/3 x 1 + 1/3 x 2/3
    part = found([(10, 10, 0.9), (50, 50, 0.8), (20, 20, 0.7)], [car(10, 10), car(20, 20), car(30, 30)])
    assert average_precision([part], [0]) == pytest.approx(1 / 3 + 2 / 9)


def test_a_second_box_on_a_car_is_false() -> None:
    part = found([(10, 10, 0.9), (10.2, 10, 0.8)], [car(10, 10)])
    _, is_true, _, present = match(part, [0], by="hull")
    assert is_true.tolist() == [True, False]
    assert present == 1


def test_half_an_overlap_is_the_bound_of_hulls_and_two_metres_that_of_centres() -> None:
    # shifted along by s, the IoU of 4 x 2 boxes is (4 - s) / (4 + s): 0.5 at s = 4/3
    assert average_precision([found([(11.3, 10, 0.9)], [car(10, 10)])], [0]) == 1
    assert average_precision([found([(11.4, 10, 0.9)], [car(10, 10)])], [0]) == 0
    assert tallies([found([(11.9, 10, 0.9)], [car(10, 10)])], [0], 0.5).tolist() == [[1, 0, 0, 1]]
    assert tallies([found([(12.1, 10, 0.9)], [car(10, 10)])], [0], 0.5).tolist() == [[0, 1, 1, 1]]


def test_what_is_ignored_is_neither_true_nor_false() -> None:
    part = found([(10, 10, 0.9), (20, 20, 0.8)], [car(10, 10), car(20, 20, ignore=True)])
    assert tallies([part], [0], 0.5).tolist() == [[1, 0, 0, 1]]
    assert average_precision([part], [0]) == 1


def test_a_box_of_another_class_is_not_a_match() -> None:
    part = found([(10, 10, 0.9)], [car(10, 10, cls=1)])
    assert tallies([part], [0], 0.5).tolist() == [[0, 1, 0, 0]]
    assert tallies([part], [1], 0.5).tolist() == [[0, 0, 1, 1]]


def test_a_turned_label_is_matched_by_its_hull() -> None:
    turned = (0, 10.0, 10.0, 4.0, 2.0, np.pi / 2, ORIENTED, False)
    assert average_precision([found([(10, 10, 0.9)], [turned])], [0]) == 0  # IoU of 4 x 2 with 2 x 4 is 1/3
    assert f1(tallies([found([(10, 10, 0.9)], [turned])], [0], 0.5)) == 1


def test_thresholding_is_the_same_as_leaving_boxes_out() -> None:
    rng = np.random.default_rng(5)
    truth = [car(*rng.uniform(5, 95, 2)) for _ in range(60)]
    boxes = [(*(np.array(t[1:3]) + rng.normal(0, 1.2, 2)), rng.uniform()) for t in truth for _ in range(2)]
    part = found(boxes, truth)
    for least in (0.2, 0.5, 0.8):
        assert tallies([part], [0], least).tolist() == tallies([part.counted(least)], [0], 0.0).tolist()


def test_counts_by_hand() -> None:
    tally = np.array([[8, 4, 2, 10], [5, 0, 5, 10]])  # counts 12 and 5 where there are 10 and 10
    assert count_error(tally) == pytest.approx(7 / 20)
    assert bias(tally) == pytest.approx(-3 / 20)
    assert precision(tally) == pytest.approx(13 / 17)
    assert recall(tally) == pytest.approx(13 / 20)
    assert f1(tally) == pytest.approx(26 / (26 + 4 + 7))


def test_no_truth_gives_no_precision() -> None:
    assert np.isnan(average_precision([found([(1, 1, 0.9)], [])], [0]))


def test_ece_by_hand() -> None:
    p = np.array([0.1] * 10 + [0.9] * 10)
    is_true = np.array([False] * 9 + [True] + [True] * 7 + [False] * 3)
    assert ece(p, is_true, bins=2) == pytest.approx(0.5 * 0 + 0.5 * 0.2)


def test_isotonic_pools_what_falls_and_keeps_what_rises() -> None:
    # groups of 4: shares 0, 3/4, 1/4, 1: the middle two violate and are pooled to 1/2
    scores = np.arange(16) / 16
    is_true = np.array([0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
    points = isotonic(scores, is_true, least=4)
    assert [p for _, p in points] == pytest.approx([0.5 / 5, 4.5 / 9, 4.5 / 5])
    assert [s for s, _ in points] == pytest.approx(
        [scores[:4].mean(), scores[4:12].mean(), scores[12:].mean()], abs=1e-4
    )


def test_isotonic_recovers_a_known_curve() -> None:
    rng = np.random.default_rng(2)
    scores = rng.uniform(0, 1, 6000)
    is_true = rng.uniform(size=6000) < scores**2
    points = isotonic(scores, is_true)
    at = np.linspace(0.1, 0.9, 9)
    assert applied(points, at) == pytest.approx(at**2, abs=0.07)
    assert all(b[0] > a[0] and b[1] >= a[1] for a, b in pairwise(points))


def test_too_few_boxes_are_not_calibrated_on() -> None:
    with pytest.raises(ValueError, match="too few"):
        isotonic(np.array([0.2, 0.4]), np.array([True, False]))


def test_a_bootstrap_interval_holds_the_mean_of_places() -> None:
    values = np.arange(20.0)
    low, high = interval(20, lambda rows: float(values[rows].mean()))
    assert low < values.mean() < high
    assert (high - low) / 2 == pytest.approx(1.645 * values.std() / np.sqrt(20), rel=0.2)
