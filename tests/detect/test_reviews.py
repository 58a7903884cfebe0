"""A detector's boxes against a person's: pairs, and what is counted of them."""

import numpy as np
import pytest
import shapely

from overlook.detect import Reviewed, compare, review
from overlook.detect.boxes import corners_of, detections
from overlook.terms import CLOUD


def _boxes(*centres: tuple[float, float], size: tuple[float, float] = (18.0, 8.0), angle: float = 0.0) -> np.ndarray:
    n = len(centres)
    return corners_of(np.array(centres, float).reshape(n, 2), np.tile(size, (n, 1)), np.full(n, angle))


def _table(corners: np.ndarray, cls: str = "vehicle") -> object:
    n = len(corners)
    return detections(scene="s", observer="o", classes=[cls] * n, corners=corners, edge=np.zeros(n, bool))


def test_a_shifted_box_is_the_same_thing_and_its_neighbour_is_not() -> None:
    drawn, found = _boxes((50, 50), (50, 60), (200, 50)), _boxes((53, 51), (50, 70), (120, 50))
    assert compare(drawn, found).tolist() == [[0, 0]]


def test_one_box_over_two_cars_finds_one() -> None:
    drawn, found = _boxes((50, 46), (50, 54)), _boxes((50, 50), size=(18, 16))
    assert len(compare(drawn, found)) == 1


def test_most_pairs_come_before_the_nearest() -> None:
    drawn, found = _boxes((50, 50), (55, 50)), _boxes((54, 50), (60, 50))
    assert compare(drawn, found).tolist() == [[0, 0], [1, 1]]


def test_a_click_is_matched_by_its_centre() -> None:
    drawn = _boxes((50, 50), size=(12, 12))
    assert compare(drawn, _boxes((54, 50), size=(60, 10))).tolist() == [[0, 0]]
    assert not len(compare(drawn, _boxes((78, 50), size=(60, 10))))


def test_no_boxes_are_no_pairs() -> None:
    assert compare(_boxes(), _boxes((1, 1))).shape == (0, 2)
    assert compare(_boxes((1, 1)), _boxes()).shape == (0, 2)


def test_a_review_counts_what_was_there_found_and_made_up() -> None:
    unusable = np.zeros((200, 400), np.uint8)
    unusable[:, 300:] = CLOUD
    person = _table(_boxes((50, 50), (100, 50), (150, 50), (350, 50)))
    model = _table(_boxes((51, 50), (101, 51), (250, 150), (360, 150)))
    assert review(person, model, "vehicle", unusable=unusable, pixel_m=0.5) == Reviewed(  # type: ignore[arg-type]
        images=1, present=3, found=2, false_alarms=1, area_ha=200 * 300 * 0.25 / 1e4
    )
    assert review(person, model, "container", unusable=unusable, pixel_m=0.5).present == 0  # type: ignore[arg-type]


def test_a_review_of_a_zone_counts_by_centres_in_it() -> None:
    zone = shapely.box(0, 0, 100, 100)
    person, model = _table(_boxes((99, 50), (120, 50))), _table(_boxes((101, 50), (60, 80), (130, 90)))
    got = review(person, model, "vehicle", unusable=np.zeros((200, 200), np.uint8), pixel_m=1.0, within=zone)  # type: ignore[arg-type]
    assert (got.present, got.found, got.false_alarms) == (1, 1, 1)
    assert got.area_ha == pytest.approx(1.0)
