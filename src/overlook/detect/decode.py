"""From a network's output tensors to boxes: four heads, in numpy, without looking at the image.

A tensor that does not fit the card, or that holds a number that is not one, is an error: never no boxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from overlook.detect.boxes import Floats, corners_of
from overlook.detect.card import Card
from overlook.detect.card_fields import Part
from overlook.errors import ModelError

_Tensor = NDArray[np.float32]
#: More boxes at the threshold in one tile than any scene holds: the threshold or the scores are wrong.
MAX_IN_TILE = 20_000
_FAR_PX = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """Boxes in the tile's own pixels: corners (n, 4, 2), scores (n,), class numbers (n,)."""

    corners: Floats
    scores: Floats
    classes: NDArray[np.int64]


def decode(outputs: Mapping[str, _Tensor], card: Card, tile_px: int, least: Floats) -> Decoded:
    """The boxes that score at least `least` (classes,), in a square tile of `tile_px` pixels. Raises ModelError.

    `yolo-detect`: boxes (1, 4 + classes, N): centre x, y, width, height in pixels, then a score for each class.
    `yolo-obb`: the same with the angle in radians, from x towards y, as the last row (1, 4 + classes + 1, N).
    `rt-detr` (Zhao et al., 2024, "DETRs beat YOLOs on real-time object detection"): boxes (1, N, 4): centre x, y,
    width, height in shares of the tile, and scores (1, N, classes).
    `centre-heatmap` (Zhou, Wang and Krähenbühl, 2019, "Objects as points"): heat (1, classes, h, w), size (1, 2, h, w)
    along and across in pixels, angle (1, 1, h, w) in radians or (1, 2, h, w) as sin 2θ and cos 2θ, offset (1, 2, h, w)
    of the centre from its cell's corner, in cells; without an angle boxes are upright, without an offset centred.
    """
    parts = {part: _tensor(outputs, part, name, card) for part, name in card.outputs}
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused below
        if card.head == "centre-heatmap":
            found = _centre_heatmap(parts, card, tile_px, least)
        elif card.head == "rt-detr":
            found = _rt_detr(parts["boxes"], parts["scores"], card, tile_px, least)
        else:
            found = _yolo(parts["boxes"], card, least)
    if len(found.scores) > MAX_IN_TILE:
        what = f"{len(found.scores):,} boxes reach the score asked for in one tile"
        _refuse(card, "BOXES", what, "raise overlook:threshold, or check overlook:scores")
    if not (np.abs(found.corners) < _FAR_PX).all():
        _refuse(card, "NAN", "a box has a coordinate that is not a number of pixels", "check the model's export")
    return found


def _tensor(outputs: Mapping[str, _Tensor], part: Part, name: str, card: Card) -> _Tensor:
    if name not in outputs:
        _refuse(card, "OUTPUT", f"the model has no output {name!r} for its {part}", "compare the card with the model")
    return outputs[name]


def _yolo(boxes: _Tensor, card: Card, least: Floats) -> Decoded:
    n_classes = len(card.classes)
    rows = 4 + n_classes + (card.head == "yolo-obb")
    if boxes.ndim != 3 or boxes.shape[0] != 1 or boxes.shape[1] != rows:
        what = f"a {card.head} of {n_classes} classes gives (1, {rows}, N), and the model gave {boxes.shape}"
        _refuse(card, "OUTPUT", what, "correct overlook:head or the classes")
    scores = _scores(boxes[0, 4 : 4 + n_classes], card)
    classes = scores.argmax(axis=0)
    best = scores[classes, np.arange(scores.shape[1])]
    kept = np.flatnonzero(best >= least[classes])
    centre = boxes[0, :2, kept].astype(np.float64)
    size = boxes[0, 2:4, kept].astype(np.float64)
    angle = boxes[0, -1, kept].astype(np.float64) if card.head == "yolo-obb" else np.zeros(len(kept))
    return Decoded(corners=corners_of(centre, size, angle), scores=best[kept], classes=classes[kept])


def _rt_detr(boxes: _Tensor, raw: _Tensor, card: Card, tile_px: int, least: Floats) -> Decoded:
    n_classes = len(card.classes)
    if boxes.ndim != 3 or boxes.shape[0] != 1 or boxes.shape[2] != 4 or raw.shape != (1, boxes.shape[1], n_classes):
        what = f"an rt-detr of {n_classes} classes gives (1, N, 4) and (1, N, {n_classes}), and the model gave "
        _refuse(card, "OUTPUT", f"{what}{boxes.shape} and {raw.shape}", "correct overlook:head or the classes")
    scores = _scores(raw[0], card)
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    kept = np.flatnonzero(best >= least[classes])
    placed = boxes[0, kept].astype(np.float64) * tile_px
    corners = corners_of(placed[:, :2], placed[:, 2:], np.zeros(len(kept)))
    return Decoded(corners=corners, scores=best[kept], classes=classes[kept])


def _centre_heatmap(parts: Mapping[Part, _Tensor], card: Card, tile_px: int, least: Floats) -> Decoded:
    cells = tile_px // card.stride_px
    channels = {"heat": (len(card.classes),), "size": (2,), "angle": (1, 2), "offset": (2,)}
    for part, tensor in parts.items():
        if tensor.shape[:1] + tensor.shape[2:] != (1, cells, cells) or tensor.shape[1] not in channels[part]:
            what = f"{part} should be (1, {channels[part][0]}, {cells}, {cells}), and the model gave {tensor.shape}"
            _refuse(card, "OUTPUT", what, "correct the classes or overlook:stride_px")
    heat = parts["heat"][0]
    _require_scores(heat, card)
    # Few cells are near the threshold: only they are squashed, and held against their neighbours.
    floor = np.log(least / np.maximum(1 - least, 1e-12) + 1e-12) if card.is_logit else least
    classes, rows, columns = np.nonzero(heat >= (floor - 1e-3).astype(np.float32)[:, None, None])
    scores = _squashed(heat[classes, rows, columns], card)
    kept = (scores >= least[classes]) & _is_peak(heat, classes, rows, columns)
    classes, rows, columns, scores = classes[kept], rows[kept], columns[kept], scores[kept]
    at = np.stack([columns, rows], axis=1).astype(np.float64)
    inner = parts["offset"][0][:, rows, columns].T.astype(np.float64) if "offset" in parts else 0.5
    size = parts["size"][0][:, rows, columns].T.astype(np.float64)
    angle = _angle(parts["angle"][0][:, rows, columns]) if "angle" in parts else np.zeros(len(rows))
    corners = corners_of((at + inner) * card.stride_px, size, angle)
    return Decoded(corners=corners, scores=scores, classes=classes.astype(np.int64))


def _is_peak(
    heat: _Tensor, classes: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether (n,) each cell is at least as high as its eight neighbours."""
    padded = np.pad(heat, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    own = heat[classes, rows, columns]
    is_peak = np.ones(len(own), dtype=np.bool_)
    for i, j in ((i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)):
        is_peak &= own >= padded[classes, rows + i, columns + j]
    return is_peak


def _angle(values: _Tensor) -> Floats:
    if len(values) == 1:
        return np.asarray(values[0], dtype=np.float64)
    return np.asarray(np.arctan2(values[0], values[1]) / 2, dtype=np.float64)


def _scores(raw: _Tensor, card: Card) -> Floats:
    _require_scores(raw, card)
    return _squashed(raw, card)


def _require_scores(raw: _Tensor, card: Card) -> None:
    """Raise ModelError for scores that are not numbers, or not what the card says they are."""
    if not np.isfinite(raw).all():
        what = f"{int((~np.isfinite(raw)).sum()):,} of its scores are not numbers"
        _refuse(card, "NAN", what, "check the model's export and the card's value_scaling")
    if not card.is_logit and raw.size and (raw.min() < -1e-3 or raw.max() > 1 + 1e-3):
        what = f"its scores run from {raw.min():.3g} to {raw.max():.3g}, not from 0 to 1"
        _refuse(card, "SCORES", what, 'write "overlook:scores": "logits" if no sigmoid ends it')


def _squashed(raw: _Tensor, card: Card) -> Floats:
    scores = raw.astype(np.float64)
    if card.is_logit:
        return np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))), dtype=np.float64)
    return np.clip(scores, 0.0, 1.0)


def _refuse(card: Card, code: str, what: str, remedy: str) -> NoReturn:
    raise ModelError(f"E-MODEL-{code}", what, where=card.weights.name, remedy=remedy)
