"""Stayed, left, arrived: known scenes of boxes, and the rule that an unseen place shows no departure."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.detect import match
from overlook.detect.boxes import corners_of, detections


def _table(centres: np.ndarray, classes: list[str] | None = None) -> pa.Table:
    centres = np.asarray(centres, dtype=np.float64).reshape(-1, 2)
    n = len(centres)
    return detections(
        scene="s",
        observer="o",
        classes=classes or ["vehicle"] * n,
        corners=corners_of(centres, np.full((n, 2), (9.0, 4.0)), np.zeros(n)),
        edge=np.zeros(n, np.bool_),
    )


def test_parked_moving_and_new() -> None:
    before = _table([(50, 50), (80, 50), (110, 50), (300, 20)])
    after = _table([(51, 50), (79.5, 50.5), (150, 90)])
    found = match(before, after, residual_px=0.5, drawing_px=0.5)
    assert found.stayed.tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(found.distances_px, [1.0, np.sqrt(0.5)])
    assert found.left.tolist() == [2, 3]
    assert found.arrived.tolist() == [2]
    assert found.gate_px == pytest.approx(3 * np.sqrt(0.75))


def test_a_row_of_parked_cars_is_not_matched_one_place_along() -> None:
    # Every car of a tight row moved by the registration's error: nearest-first would pair the first with the wrong one.
    row = np.stack([np.arange(50, 100, 5.0), np.full(10, 50.0)], axis=1)
    found = match(_table(row), _table(row + np.array([2.6, 0])), residual_px=1.0)
    assert found.stayed.tolist() == [[i, i] for i in range(10)]
    assert len(found.left) == len(found.arrived) == 0


def test_identical_images_stay_whole() -> None:
    row = [(50, 50), (80, 50)]
    found = match(_table(row), _table(row), residual_px=0.0)
    assert found.stayed.tolist() == [[0, 0], [1, 1]]
    assert found.distances_px.tolist() == [0, 0]


def test_another_class_in_the_same_place_is_another_thing() -> None:
    found = match(_table([(50, 50)], ["vehicle"]), _table([(50, 50)], ["container"]), residual_px=0.5)
    assert (len(found.stayed), found.left.tolist(), found.arrived.tolist()) == (0, [0], [0])


def test_what_a_cloud_hides_has_not_left() -> None:
    hidden = np.zeros((100, 400), np.uint8)
    hidden[:, 75:] = 3
    found = match(_table([(50, 50), (80, 50)]), _table([(200, 50)]), residual_px=0.5, unusable_after=hidden)
    assert found.left.tolist() == [0]
    assert found.unseen_after.tolist() == [1]
    back = match(_table([]), _table([(50, 50), (80, 50)]), residual_px=0.5, unusable_before=hidden)
    assert back.arrived.tolist() == [0]
    assert back.unseen_before.tolist() == [1]


def test_nothing_on_either_side() -> None:
    found = match(_table([]), _table([]), residual_px=1.0)
    assert found.stayed.shape == (0, 2)
    assert len(found.left) == len(found.arrived) == 0


@pytest.mark.parametrize("residual", [-1.0, np.nan, np.inf])
def test_an_unknown_residual_is_no_gate(residual: float) -> None:
    with pytest.raises(ValueError, match="residual_px"):
        match(_table([]), _table([]), residual_px=residual)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 30), st.integers(0, 30), st.floats(0, 8), st.integers(0, 2**32 - 1))
def test_every_box_is_accounted_for_once_and_time_may_run_back(n: int, m: int, residual: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = _table(rng.uniform(0, 60, (n, 2))), _table(rng.uniform(0, 60, (m, 2)))
    found = match(a, b, residual_px=residual)
    assert sorted([*found.stayed[:, 0], *found.left, *found.unseen_after]) == list(range(n))
    assert sorted([*found.stayed[:, 1], *found.arrived, *found.unseen_before]) == list(range(m))
    assert (found.distances_px <= found.gate_px).all()
    back = match(b, a, residual_px=residual)
    assert len(back.stayed) == len(found.stayed)
    assert back.distances_px.sum() == pytest.approx(found.distances_px.sum())


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_it_pairs_as_many_as_can_be_paired(n: int, m: int, seed: int) -> None:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 25, (n, 2)), rng.uniform(0, 25, (m, 2))
    found = match(_table(a), _table(b), residual_px=1.0)
    near = np.linalg.norm(a[:, None] - b[None], axis=2) <= found.gate_px
    most = (maximum_bipartite_matching(csr_matrix(near)) >= 0).sum()
    assert len(found.stayed) == most
