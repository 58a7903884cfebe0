"""From labelled tiles to what the network is shown: random crops at its scale, and their targets as tensors."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.composites import compose
from training.labels import CENTRE, CLASSES, HULL, ORIENTED, Boxes, Tile
from training.loss import Targets
from training.net import STRIDE
from training.sensor import GSD_M, Image, draw_sensor, lit, record, shown

CROP_PX = 320
#: Spread of a centre on the heat map in cells: parked cars are 2.5 cells apart.
_SPREAD = (0.75, 1.0, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """`pixels` (CROP_PX, CROP_PX, 3), 0 to 255; boxes in its pixels, hulls in a frame turned by `frame` radians."""

    pixels: Image
    boxes: Boxes
    frame: float
    scale: float
    searched: tuple[bool, bool, bool]


def draw_crop(tile: Tile, rng: np.random.Generator, *, composite: float) -> Crop:
    """A random place, turn, mirror, size (by a tenth), sensor, light; painted groups with probability `composite`."""
    turn, is_mirrored = float(rng.uniform(0, 2 * math.pi)), bool(rng.random() < 0.5)
    resize = float(math.exp(rng.uniform(-0.1, 0.1)))
    fine_px = round(CROP_PX * GSD_M / tile.gsd_m)
    middle = _middle(tile, rng, fine_px / resize)
    c, s, m = math.cos(turn), math.sin(turn), -1.0 if is_mirrored else 1.0
    matrix = resize * np.array([[c * m, -s], [s * m, c]])
    shift = np.array([fine_px / 2, fine_px / 2]) - matrix @ middle
    # OpenCV counts from pixel centres, boxes from corners
    centred = np.concatenate([matrix, (shift + matrix @ [0.5, 0.5] - 0.5)[:, None]], axis=1)
    fine = cv2.warpAffine(
        tile.pixels, centred, (fine_px, fine_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=tuple(float(v) for v in np.median(tile.pixels[::16, ::16].reshape(-1, 3), axis=0)),
    ).astype(np.float32)  # fmt: skip
    boxes = _moved(tile.boxes, matrix, shift, resize, fine_px)
    if rng.random() < composite:
        fine, boxes = compose(fine, tile.gsd_m, boxes, rng)
    sensor = draw_sensor(rng, tile.gsd_m)
    image = shown(record(lit(fine, rng), tile.gsd_m, tile.gsd_m, sensor, rng), sensor.gsd_m, (CROP_PX, CROP_PX))
    k = tile.gsd_m / GSD_M
    return Crop(
        pixels=image,
        boxes=replace(boxes, centre=boxes.centre * k, size=boxes.size * k),
        frame=turn,
        scale=resize,
        searched=tile.searched,
    )


def _middle(tile: Tile, rng: np.random.Generator, extent: float) -> NDArray[np.float64]:
    """Near a random box three times of four (rare classes more often), else anywhere."""
    h, w = tile.pixels.shape[:2]
    if len(tile.boxes) and rng.random() < 0.7:
        weight = np.array([1.0, 6.0, 6.0])[tile.boxes.cls]
        row = int(rng.choice(len(tile.boxes), p=weight / weight.sum()))
        return np.asarray(tile.boxes.centre[row] + rng.uniform(-0.4, 0.4, 2) * extent, dtype=np.float64)
    half = min(extent / 2, h / 2, w / 2) * 0.8
    return np.array([rng.uniform(half, w - half), rng.uniform(half, h - half)])


def _moved(boxes: Boxes, matrix: NDArray[np.float64], shift: NDArray[np.float64], resize: float, n: int) -> Boxes:
    centre = boxes.centre @ matrix.T + shift
    ahead = np.stack([np.cos(boxes.angle), np.sin(boxes.angle)], axis=1) @ matrix.T
    moved = replace(boxes, centre=centre, size=boxes.size * resize, angle=np.arctan2(ahead[:, 1], ahead[:, 0]))
    return moved.take(((centre >= 0) & (centre < n)).all(axis=1))


def batch_of(crops: Sequence[Crop]) -> tuple[Tensor, Targets]:
    """(n, 3, h, w) float32 and the targets."""
    cells = CROP_PX // STRIDE
    heat = np.zeros((len(crops), len(CLASSES), cells, cells), dtype=np.float32)
    known = np.ones_like(heat)
    points: list[tuple[float, ...]] = []
    for i, crop in enumerate(crops):
        known[i, [j for j, was in enumerate(crop.searched) if not was]] = 0
        _mark(crop, heat[i], known[i])
        points += [(i, *point) for point in _points(crop, cells)]
    table = torch.tensor(points, dtype=torch.float32).reshape(-1, 12)
    images = np.stack([crop.pixels.transpose(2, 0, 1) for crop in crops])
    targets = Targets(
        heat=torch.from_numpy(heat),
        known=torch.from_numpy(known),
        at=table[:, 0:3].long(),
        weight=table[:, 3],
        cls=table[:, 4].long(),
        kind=table[:, 5].long(),
        truth=table[:, 6:12],
    )
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)), targets


def _mark(crop: Crop, heat: NDArray[np.float32], known: NDArray[np.float32]) -> None:
    """Centres on the heat maps; unknown ground off."""
    cells = heat.shape[1]
    boxes = crop.boxes
    for cls, (x, y), unsure, size in zip(boxes.cls, boxes.centre / STRIDE, boxes.ignore, boxes.size, strict=True):
        column, row = min(cells - 1, int(x)), min(cells - 1, int(y))
        if unsure:
            reach = max(1, math.ceil(float(size.max()) / STRIDE / 2))
            known[:, max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
            continue
        top, left = max(0, row - 3), max(0, column - 3)
        part = heat[cls, top : row + 4, left : column + 4]
        rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
        away = (rows + 0.5 - y) ** 2 + (columns + 0.5 - x) ** 2
        np.maximum(part, np.minimum(0.98, np.exp(-away / (2 * _SPREAD[cls] ** 2))), out=part)
        heat[cls, row, column] = 1.0
    centres = heat >= 1
    known[centres] = 1.0


def _points(crop: Crop, cells: int) -> Iterator[tuple[float, ...]]:
    """Row, column, weight, class, kind, truth: the centre's cell and its four neighbours at a third."""
    boxes = crop.boxes
    for i in range(len(boxes)):
        if boxes.ignore[i]:
            continue
        x, y = boxes.centre[i] / STRIDE
        angle = boxes.angle[i] if boxes.kind[i] == ORIENTED else crop.frame
        for down, right, weight in ((0, 0, 1.0), (0, 1, 0.3), (1, 0, 0.3), (0, -1, 0.3), (-1, 0, 0.3)):
            row, column = int(y) + down, int(x) + right
            if 0 <= row < cells and 0 <= column < cells:
                yield (row, column, weight, boxes.cls[i], boxes.kind[i], *boxes.size[i], angle,
                       x - column, y - row, crop.scale)  # fmt: skip


def batches(
    tiles: Sequence[Tile], weights: Sequence[float], n: int, size: int, seed: int, composite: float
) -> Iterator[tuple[Tensor, Targets]]:
    """`n` batches of `size` crops, drawn in a thread of their own, the same for the same seed."""
    ready: queue.Queue[tuple[Tensor, Targets] | BaseException] = queue.Queue(maxsize=4)
    share = np.array(weights) / np.sum(weights)

    cv2.setNumThreads(1)  # the other core is for the network

    def draw() -> None:
        rng = np.random.default_rng(seed)
        try:
            for _ in range(n):
                chosen = rng.choice(len(tiles), size=size, p=share)
                ready.put(batch_of([draw_crop(tiles[i], rng, composite=composite) for i in chosen]))
        except BaseException as error:  # raised where the batch is waited for
            ready.put(error)

    threading.Thread(target=draw, daemon=True).start()
    for _ in range(n):
        item = ready.get()
        if isinstance(item, BaseException):
            raise item
        yield item


__all__ = ["CENTRE", "CROP_PX", "HULL", "Crop", "batch_of", "batches", "draw_crop"]
