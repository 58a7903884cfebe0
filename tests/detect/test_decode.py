"""Heads decoded from tensors written by hand: one box, known corners."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlook.detect import Card, read_card
from overlook.detect.boxes import corners_of
from overlook.detect.decode import decode
from overlook.errors import ModelError

#: What a box of either class must score.
LEAST = np.array([0.5, 0.5])


@pytest.fixture
def card(heatmap_card: Path) -> Card:
    return dataclasses.replace(read_card(heatmap_card), classes=("vehicle", "container"))


def _maps(cells: int = 8, classes: int = 2) -> dict[str, np.ndarray]:
    shapes = {"heat": classes, "size": 2, "angle": 1, "offset": 2}
    return {name: np.zeros((1, n, cells, cells), np.float32) for name, n in shapes.items()}


def _one_peak(angle: Any) -> dict[str, np.ndarray]:
    maps = _maps()
    maps["angle"] = np.zeros((1, len(angle), 8, 8), np.float32)
    maps["heat"][0, 1, 3, 5] = 0.9
    maps["size"][0, :, 3, 5] = (18, 8)
    maps["offset"][0, :, 3, 5] = (0.25, 0.75)
    maps["angle"][0, :, 3, 5] = angle
    return maps


@pytest.mark.parametrize("angle", [(0.5,), (np.sin(1.0), np.cos(1.0))], ids=["radians", "sine and cosine of 2θ"])
def test_a_peak_of_a_heat_map(card: Card, angle: Any) -> None:
    found = decode(_one_peak(angle), card, 32, LEAST)
    expected = corners_of(np.array([(21.0, 15.0)]), np.array([(18.0, 8.0)]), np.array([0.5]))
    np.testing.assert_allclose(found.corners, expected, atol=1e-5)
    assert found.scores.tolist() == pytest.approx([0.9])
    assert found.classes.tolist() == [1]


def test_without_angle_and_offset_boxes_are_upright_in_the_middle_of_their_cell(card: Card) -> None:
    less = dataclasses.replace(card, outputs=tuple(o for o in card.outputs if o[0] in ("heat", "size")))
    found = decode(_one_peak((0.5,)), less, 32, LEAST)
    np.testing.assert_allclose(found.corners.mean(axis=1), [(22, 14)])
    np.testing.assert_allclose(np.ptp(found.corners, axis=1), [(18, 8)])


def test_only_peaks_are_boxes_and_each_class_has_its_own(card: Card) -> None:
    maps = _one_peak((0.0,))
    maps["size"][:] = 8
    maps["heat"][0, 1, 3, 6] = 0.8  # beside the peak
    maps["heat"][0, 0, 3, 6] = 0.7  # of another class
    maps["heat"][0, 0, 0, 0] = 0.4  # below the threshold
    found = decode(maps, card, 32, LEAST)
    assert sorted(zip(found.classes.tolist(), np.round(found.scores, 2).tolist(), strict=True)) == [(0, 0.7), (1, 0.9)]


def _yolo(card: Card, head: Any) -> Card:
    return dataclasses.replace(card, head=head, outputs=(("boxes", "output0"),))


def test_yolo_takes_the_best_class_of_each_anchor(card: Card) -> None:
    anchors = np.array(
        [(50, 40, 18, 8, 0.2, 0.8, 0.3), (10, 10, 5, 5, 0.6, 0.1, 0), (9, 9, 5, 5, 0.4, 0.3, 0)], np.float32
    )
    upright = decode({"output0": anchors[None, :, :6].transpose(0, 2, 1)}, _yolo(card, "yolo-detect"), 64, LEAST)
    assert upright.classes.tolist() == [1, 0]
    np.testing.assert_allclose(upright.scores, [0.8, 0.6], atol=1e-6)
    np.testing.assert_allclose(upright.corners[0, 0], (41, 36))
    turned = decode({"output0": anchors[None].transpose(0, 2, 1)}, _yolo(card, "yolo-obb"), 64, LEAST)
    expected = corners_of(np.array([(50.0, 40.0)]), np.array([(18.0, 8.0)]), np.array([0.3]))
    np.testing.assert_allclose(turned.corners[:1], expected, atol=1e-5)


def test_no_anchors_are_no_boxes(card: Card) -> None:
    assert len(decode({"output0": np.zeros((1, 6, 0), np.float32)}, _yolo(card, "yolo-detect"), 64, LEAST).scores) == 0


@pytest.mark.parametrize("shape", [(6, 10), (2, 6, 10), (1, 7, 10), (1, 10, 6)])
def test_a_yolo_tensor_of_another_shape_is_an_error(card: Card, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        decode({"output0": np.zeros(shape, np.float32)}, _yolo(card, "yolo-detect"), 64, LEAST)
    assert caught.value.code == "E-MODEL-OUTPUT"


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("heat", np.nan, "E-MODEL-NAN"),
        ("heat", np.inf, "E-MODEL-NAN"),
        ("heat", 1.2, "E-MODEL-SCORES"),
        ("heat", -3.0, "E-MODEL-SCORES"),
        ("size", np.nan, "E-MODEL-NAN"),
        ("offset", np.inf, "E-MODEL-NAN"),
    ],
)
def test_a_number_that_cannot_be_is_an_error_and_never_no_box(card: Card, part: str, value: float, code: str) -> None:
    maps = _one_peak((0.0,))
    maps[part][0, :, 3, 5] = value
    with pytest.raises(ModelError) as caught:
        decode(maps, card, 32, LEAST)
    assert caught.value.code == code


def test_each_class_has_a_score_of_its_own(card: Card) -> None:
    maps = _one_peak((0.0,))
    maps["size"][:] = 8
    maps["heat"][0, 0, 6, 1] = 0.6
    assert decode(maps, card, 32, np.array([0.5, 0.95])).classes.tolist() == [0]
    assert decode(maps, card, 32, np.array([0.7, 0.5])).classes.tolist() == [1]


def _rt_detr(card: Card) -> Card:
    outputs = (("boxes", "pred_boxes"), ("scores", "logits"))
    return dataclasses.replace(card, head="rt-detr", outputs=outputs, is_logit=True)


def test_rt_detr_gives_shares_of_the_tile(card: Card) -> None:
    boxes = np.array([[[0.25, 0.5, 0.1, 0.2], [0.75, 0.75, 0.5, 0.25]]], np.float32)
    logits = np.array([[[-4.0, 2.0], [-1.0, -2.0]]], np.float32)
    found = decode({"pred_boxes": boxes, "logits": logits}, _rt_detr(card), 640, LEAST)
    expected = corners_of(np.array([(160.0, 320.0)]), np.array([(64.0, 128.0)]), np.zeros(1))
    np.testing.assert_allclose(found.corners, expected, atol=1e-4)
    assert found.scores.tolist() == pytest.approx([1 / (1 + np.exp(-2.0))])
    assert found.classes.tolist() == [1]


@pytest.mark.parametrize(("boxes", "scores"), [((1, 3, 4), (1, 2, 2)), ((1, 3, 5), (1, 3, 2)), ((1, 3, 4), (1, 3, 3))])
def test_rt_detr_tensors_that_do_not_fit_are_an_error(card: Card, boxes: Any, scores: Any) -> None:
    outputs = {"pred_boxes": np.zeros(boxes, np.float32), "logits": np.zeros(scores, np.float32)}
    with pytest.raises(ModelError) as caught:
        decode(outputs, _rt_detr(card), 640, LEAST)
    assert caught.value.code == "E-MODEL-OUTPUT"
