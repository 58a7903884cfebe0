"""Boxes as arrays: rectangles, masks, merging, tiles, resampling, calibration: known answers first."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.detect.boxes import areas_of, corners_of, cut_by_edge, rectangle_around, seen_share
from overlook.detect.calibration import Isotonic, Platt
from overlook.detect.merge import merged
from overlook.detect.tiles import Held, Resampled, Tile, plan_tiles

finite = st.floats(-500, 500)
side = st.floats(1, 60)
turn = st.floats(-3.2, 3.2)


def _box(x: float, y: float, length: float, width: float, angle: float = 0.0) -> np.ndarray:
    return corners_of(np.array([[x, y]]), np.array([[length, width]]), np.array([angle]))


def test_corners_of_an_upright_box() -> None:
    np.testing.assert_allclose(_box(10, 20, 4, 2)[0], [(8, 19), (12, 19), (12, 21), (8, 21)])


def test_corners_of_a_box_turned_a_quarter() -> None:
    np.testing.assert_allclose(_box(0, 0, 4, 2, np.pi / 2)[0], [(1, -2), (1, 2), (-1, 2), (-1, -2)], atol=1e-12)


@given(finite, finite, side, side, turn)
def test_a_rectangle_stays_as_drawn(x: float, y: float, length: float, width: float, angle: float) -> None:
    box = _box(x, y, length, width, angle)
    np.testing.assert_array_equal(rectangle_around(box[0]), box[0])
    np.testing.assert_array_equal(rectangle_around(np.vstack([box[0], box[0][:1]])), box[0])
    np.testing.assert_allclose(areas_of(box), length * width, rtol=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(finite, finite), min_size=3, max_size=12, unique=True))
def test_the_rectangle_round_any_points_holds_them_and_is_no_larger_than_the_upright_one(
    points: list[tuple[float, float]],
) -> None:
    ring = np.array(points)
    rectangle = rectangle_around(ring)
    cover = shapely.Polygon(rectangle).buffer(1e-6 * (1 + np.abs(ring).max()))
    assert shapely.covers(cover, shapely.MultiPoint(ring))
    upright = np.prod(np.ptp(ring, axis=0))
    assert areas_of(rectangle[None])[0] <= upright * (1 + 1e-6) + 1e-6


def test_seen_share_and_edge() -> None:
    unusable = np.zeros((50, 100), np.uint8)
    unusable[:, 60:] = 3
    boxes = np.concatenate([_box(20, 20, 8, 4), _box(60, 20, 8, 4), _box(80, 20, 8, 4), _box(0, 20, 8, 4)])
    np.testing.assert_allclose(seen_share(boxes, unusable), [1, 4 / 9, 0, 5 / 9], atol=1e-9)
    assert cut_by_edge(boxes, unusable).tolist() == [False, True, True, True]
    assert cut_by_edge(np.concatenate([_box(4.2, 20, 8, 4), _box(4.8, 20, 8, 4)]), unusable).tolist() == [True, False]


def test_boxes_of_one_thing_are_merged_and_neighbours_are_not() -> None:
    boxes = np.concatenate([_box(50, 50, 18, 8, 0.3), _box(51, 50, 18, 8, 0.35), _box(50, 60, 18, 8, 0.3)])
    kept = merged(boxes, np.array([0.7, 0.9, 0.6]), np.zeros(3, np.int64), 0.5)
    assert kept.tolist() == [1, 2]


def test_upright_boxes_would_overlap_where_turned_ones_do_not() -> None:
    row = np.concatenate([_box(50 + 9 * i, 50, 18, 7, np.pi / 4) for i in range(5)])
    assert len(merged(row, np.full(5, 0.8), np.zeros(5, np.int64), 0.3)) == 5
    envelopes = np.concatenate([_box(50 + 9 * i, 50, 17.7, 17.7) for i in range(5)])
    assert len(merged(envelopes, np.full(5, 0.8), np.zeros(5, np.int64), 0.3)) < 5


def test_classes_do_not_suppress_each_other() -> None:
    boxes = np.concatenate([_box(50, 50, 18, 8), _box(50, 50, 18, 8)])
    assert merged(boxes, np.array([0.9, 0.8]), np.array([1, 0]), 0.5).tolist() == [1, 0]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_merging_does_not_depend_on_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    boxes = corners_of(rng.uniform(0, 80, (n, 2)), rng.uniform(4, 20, (n, 2)), rng.uniform(0, 3, n))
    scores = rng.choice([0.5, 0.7, 0.9], n)
    classes = rng.integers(0, 2, n)
    shuffled = rng.permutation(n)
    a = merged(boxes, scores, classes, 0.4)
    b = shuffled[merged(boxes[shuffled], scores[shuffled], classes[shuffled], 0.4)]
    assert a.tolist() == b.tolist()
    found = [shapely.Polygon(boxes[i]) for i in a]
    for i in range(len(a)):
        for j in range(i):
            if classes[a[i]] == classes[a[j]]:
                both = found[i].intersection(found[j]).area
                assert both <= 0.4 * (found[i].area + found[j].area - both) + 1e-9


@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([64, 100, 128, 256]), st.sampled_from([4, 8]))
def test_every_point_belongs_to_a_tile_that_holds_its_surroundings(h: int, w: int, size: int, stride: int) -> None:
    margin = 16
    tiles = plan_tiles((h, w), tile_px=size, margin_px=margin, stride_px=stride)
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(0, w, 50), rng.uniform(0, h, 50)], axis=1)
    owners = np.stack([tile.owns(points) for tile in tiles])
    assert owners.any(axis=0).all()
    for tile, mine in zip(tiles, owners, strict=True):
        assert (tile.row + margin) % stride == 0
        inner = points[mine] - [tile.column, tile.row]
        assert (inner >= margin - 1).all()
        assert (inner <= size - margin + 1).all()


def test_a_tile_without_a_core_is_refused() -> None:
    with pytest.raises(ValueError, match="no core"):
        plan_tiles((10, 10), tile_px=32, margin_px=16, stride_px=4)


def _resampled(pixels: np.ndarray, scale: float) -> Resampled:
    held = Held(pixels=pixels, unusable=np.zeros(pixels.shape[:2], np.uint8))
    return Resampled(source=held, fill=np.zeros(1, np.float32), scale=scale, offset=(0.0,), divisor=(1.0,))


def _window(image: Resampled, row: int, column: int, size: int) -> np.ndarray:
    tile = Tile(row=row, column=column, size=size, core=(0, 0, 0, 0))
    values = image.window(tile).values
    assert values is not None
    return values.transpose(1, 2, 0)


def test_resampling_keeps_a_ramp_where_it_is() -> None:
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 30, axis=0)
    for scale in (0.4, 0.5, 1.0, 1.6, 2.5):
        image = _resampled(ramp, scale)
        n = image.shape[1]
        values = _window(image, 0, 0, n)[5, :, 0]
        inner = slice(int(4 * scale) + 4, n - int(4 * scale) - 4)
        expected = 2 * ((np.arange(n) + 0.5) / scale - 0.5)
        np.testing.assert_allclose(values[inner], expected[inner], atol=0.35)


def test_resampling_at_the_same_scale_changes_nothing() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 40, 1), dtype=np.uint8)
    np.testing.assert_array_equal(_window(_resampled(pixels, 1.0), 0, 0, 40)[..., 0], pixels[..., 0])


@settings(deadline=None)
@given(st.floats(0.3, 3), st.integers(-10, 60), st.integers(-10, 60))
def test_a_pixel_is_the_same_in_every_window(scale: float, row: int, column: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (50, 50, 1), dtype=np.uint8)
    image = _resampled(pixels, scale)
    whole = _window(image, -10, -10, 180)
    part = _window(image, row, column, 64)
    np.testing.assert_array_equal(part, whole[row + 10 : row + 74, column + 10 : column + 74])


def test_a_coarser_grid_averages_rather_than_skips() -> None:
    checks = (np.indices((80, 80)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    values = _window(_resampled(checks, 0.25), 4, 4, 10)
    np.testing.assert_allclose(values, 127.5, atol=6)


def test_calibrations() -> None:
    scores = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(Platt(a=-1.0, b=0.0)(scores), scores)
    np.testing.assert_allclose(Platt(a=-1.0, b=np.log(4))(scores)[1], 0.2)
    np.testing.assert_allclose(Isotonic(points=((0.2, 0.1), (0.6, 0.5)))(scores), [0.1, 0.4, 0.5])
