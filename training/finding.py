"""A model run on labelled tiles as a sensor of a given GSD would have recorded them, through the engine's own
decoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from overlook.detect.card import Card, read_card
from overlook.detect.decode import decode
from overlook.detect.merge import merged
from training.labels import Boxes, Tile
from training.sensor import Sensor, record, shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Boxes on one tile at one GSD, in metres from its corner: `corners` (n, 4, 2), `scores`, `cls`; and the truth
    there.
    """

    tile: str
    area: str
    gsd_m: float
    extent_m: tuple[float, float]
    corners: NDArray[np.float64]
    scores: NDArray[np.float64]
    cls: NDArray[np.int64]
    truth: Boxes
    searched: tuple[bool, bool, bool]
    #: Mean brightness (0 to 255) within each box of the truth, and of the found ones.
    truth_light: NDArray[np.float64]
    found_light: NDArray[np.float64]

    def hulls(self) -> NDArray[np.float64]:
        """(n, 4) left, top, right, bottom in metres."""
        return np.concatenate([self.corners.min(axis=1), self.corners.max(axis=1)], axis=1)

    def centres(self) -> NDArray[np.float64]:
        return np.asarray(self.corners.mean(axis=1), dtype=np.float64)

    def counted(self, threshold: float | Sequence[float]) -> Found:
        """Only the boxes at or above the threshold, one for all classes or one for each."""
        least = np.broadcast_to(np.asarray(threshold, dtype=np.float64), (3,))[self.cls]
        return self.take(self.scores >= least)

    def take(self, rows: NDArray[np.bool_]) -> Found:
        return replace(
            self,
            corners=self.corners[rows],
            scores=self.scores[rows],
            cls=self.cls[rows],
            found_light=self.found_light[rows],
        )


class Finder:
    """An opened model with a threshold low enough for whole curves."""

    def __init__(self, card: Path, least: float = 0.1, threads: int = 2) -> None:
        self.card: Card = _open_wide(card, least)
        self._least = np.full(len(self.card.classes), least)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            str(self.card.weights), options, providers=["CPUExecutionProvider"]
        )
        self._names = [output.name for output in self._session.get_outputs()]

    def find(self, tile: Tile, gsd_m: float | None = None) -> Found:
        """Run on the tile at `gsd_m` (None, or finer than it is: as it is)."""
        image, gsd = _recorded(tile, gsd_m)
        network_px = shown(image, gsd)
        size = int(np.ceil(max(network_px.shape[:2]) / 16) * 16)
        fill = np.median(network_px.reshape(-1, 3), axis=0)
        square = np.broadcast_to(fill, (size, size, 3)).astype(np.float32)
        square[: network_px.shape[0], : network_px.shape[1]] = network_px
        batch = np.ascontiguousarray(square.transpose(2, 0, 1)[None])
        found = decode(
            dict(zip(self._names, self._session.run(None, {"image": batch}), strict=True)), self.card, size, self._least
        )
        kept = merged(found.corners, found.scores, found.classes, self.card.iou)
        corners = found.corners[kept] * self.card.gsd_m
        extent = (image.shape[1] * gsd, image.shape[0] * gsd)
        centre = corners.mean(axis=1)
        inside = ((centre >= 0) & (centre < extent)).all(axis=1)
        truth = replace(tile.boxes, centre=tile.boxes.centre * tile.gsd_m, size=tile.boxes.size * tile.gsd_m)
        here = ((truth.centre >= 0) & (truth.centre < extent)).all(axis=1)
        grey = tile.pixels.mean(axis=2)
        return Found(
            tile=tile.name,
            area=tile.area,
            gsd_m=gsd,
            extent_m=extent,
            corners=corners[inside],
            scores=found.scores[kept][inside],
            cls=found.classes[kept][inside],
            truth=truth.take(here),
            searched=tile.searched,
            truth_light=_light(grey, truth.centre[here] / tile.gsd_m, tile.gsd_m),
            found_light=_light(grey, centre[inside] / tile.gsd_m, tile.gsd_m),
        )


def _open_wide(path: Path, least: float) -> Card:
    card = read_card(path)
    return replace(card, thresholds=(least,) * len(card.classes))


def _recorded(tile: Tile, gsd_m: float | None) -> tuple[NDArray[np.float32], float]:
    image = tile.pixels.astype(np.float32)
    if gsd_m is None or gsd_m <= tile.gsd_m * 1.001:
        return image, tile.gsd_m
    seed = int.from_bytes(hashlib.sha256(f"{tile.name} {gsd_m}".encode()).digest()[:8], "big")
    sensor = Sensor(gsd_m=gsd_m)
    return record(image, tile.gsd_m, tile.gsd_m, sensor, np.random.default_rng(seed)), gsd_m


def _light(grey: NDArray[np.float64], centres: NDArray[np.float64], gsd_m: float) -> NDArray[np.float64]:
    """Mean brightness within 4 m of each centre."""
    reach = round(4 / gsd_m)
    found = []
    for x, y in centres.astype(int):
        part = grey[max(0, y - reach) : max(0, y) + reach + 1, max(0, x - reach) : max(0, x) + reach + 1]
        found.append(float(part.mean()) if part.size else 0.0)
    return np.array(found)
