"""Places over many images: taken, empty, hidden; cut boxes, crowded rows, ten thousand boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.detect import Look, follow
from overlook.detect.boxes import corners_of, detections
from overlook.detect.places import crowded_share
from overlook.terms import EMPTY, HIDDEN, TAKEN

CLEAR = np.zeros((200, 400), np.uint8)


def look(
    centres: object,
    scene: str = "a",
    *,
    unusable: np.ndarray = CLEAR,
    residual_px: float = 0.2,
    drawing_px: float = 0.5,
    cut: tuple[int, ...] = (),
    angles: object = None,
) -> Look:
    at = np.asarray(centres, dtype=np.float64).reshape(-1, 2)
    n = len(at)
    boxes = detections(
        scene=scene,
        observer="o",
        classes=["vehicle"] * n,
        corners=corners_of(at, np.full((n, 2), (9.0, 4.0)), np.zeros(n) if angles is None else np.asarray(angles)),
        edge=np.isin(np.arange(n), cut),
    )
    return Look(scene=scene, boxes=boxes, unusable=unusable, residual_px=residual_px, drawing_px=drawing_px)


def test_one_stays_one_leaves_one_comes() -> None:
    found = follow([look([(50, 50), (80, 50)], "a"), look([(50.5, 50)], "b"), look([(50, 50.5), (200, 90)], "c")])
    assert found.scenes == ("a", "b", "c")
    assert found.states.tolist() == [[TAKEN, TAKEN, TAKEN], [TAKEN, EMPTY, EMPTY], [EMPTY, EMPTY, TAKEN]]
    np.testing.assert_allclose(found.centres_px[0], [50.1667, 50.1667], atol=1e-3)


def test_a_place_under_a_cloud_is_neither_empty_nor_taken() -> None:
    cloud = CLEAR.copy()
    cloud[:, 75:] = 3
    found = follow([look([(50, 50), (80, 50)]), look([], "b", unusable=cloud), look([(80, 50)], "c")])
    assert found.states.tolist() == [[TAKEN, EMPTY, EMPTY], [TAKEN, HIDDEN, TAKEN]]


def test_a_place_half_under_a_cloud_is_not_called_empty() -> None:
    cloud = CLEAR.copy()
    cloud[:, 52:] = 3
    found = follow([look([(50, 50)]), look([], "b", unusable=cloud)])
    assert found.states.tolist() == [[TAKEN, HIDDEN]]


def test_a_cut_box_confirms_a_place_and_makes_none() -> None:
    known = follow([look([(50, 50)]), look([(50.5, 50), (120, 60)], "b", cut=(0, 1))])
    assert known.states.tolist() == [[TAKEN, TAKEN]]


def test_a_thing_that_came_back_stands_at_the_same_place() -> None:
    found = follow([look([(50, 50)]), look([], "b"), look([(50, 50)], "c")])
    assert found.states.tolist() == [[TAKEN, EMPTY, TAKEN]]


def test_the_turn_of_a_box_does_not_matter_to_its_place() -> None:
    # Drawn from another corner, or the other way round, it is the same box: the place keeps its outline.
    found = follow([look([(50, 50)], angles=[0.0]), look([(50, 50)], "b", angles=[np.pi]), look([], "c")])
    assert found.states.tolist() == [[TAKEN, TAKEN, EMPTY]]
    np.testing.assert_allclose(found.centres_px, [[50, 50]])


def test_boxes_closer_than_they_are_registered_are_not_told_apart() -> None:
    row = [(x, 50) for x in range(20, 120, 5)]
    found = follow([look(row, "a"), look(row, "b", residual_px=4.0), look(row[:3], "c")])
    assert found.crowded == ("b",)
    assert (found.states[:, 1] == HIDDEN).all()
    assert (found.states[:3, 2] == TAKEN).all()
    assert (found.states[3:, 2] == EMPTY).all()


def test_crowding_is_the_share_with_a_neighbour() -> None:
    corners = corners_of(np.array([(0.0, 0), (3, 0), (50, 50), (90, 90)]), np.full((4, 2), 2.0), np.zeros(4))
    assert crowded_share(corners, 4.0) == 0.5
    assert crowded_share(corners[:1], 4.0) == 0.0


def test_nothing_anywhere() -> None:
    found = follow([look([]), look([], "b")])
    assert found.states.shape == (0, 2)
    assert follow([]).states.shape == (0, 0)


@pytest.mark.parametrize("residual", [-1.0, np.nan, np.inf])
def test_an_unknown_residual_is_no_gate(residual: float) -> None:
    with pytest.raises(ValueError, match="residual_px"):
        follow([look([(50, 50)], residual_px=residual)])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_every_whole_box_is_one_place_taken(numbers: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Boxes of one image keep apart, as things do.
    looks = []
    for j, n in enumerate(numbers):
        spots = rng.choice(40, n, replace=False)
        at = np.stack([20 + 30.0 * (spots % 10), 20 + 30.0 * (spots // 10)], axis=1) + rng.normal(0, 0.3, (n, 2))
        looks.append(look(at, str(j)))
    found = follow(looks)
    assert (found.states == TAKEN).sum(axis=0).tolist() == numbers
    assert ((found.states == TAKEN).sum(axis=1) >= 1).all()


def test_ten_thousand_boxes_keep_their_places() -> None:
    rng = np.random.default_rng(1)
    spots = 15.0 + 14.0 * np.stack(np.meshgrid(np.arange(100), np.arange(100)), axis=-1).reshape(-1, 2)
    mask = np.zeros((1430, 1430), np.uint8)
    looks = [look(spots + rng.normal(0, 0.3, spots.shape), str(j), unusable=mask) for j in range(2)]
    found = follow(looks)
    assert (found.states == TAKEN).all()
    assert len(found.states) == 10_000
