"""The places that boxes of one class took over many registered images, and what each image shows of each place.

A place is where a box stood, to within the registration and the drawing. Whether the same thing stood there twice,
nobody can tell from it; nothing is followed from one place to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats, centres_of, corners_in, detections, seen_share
from overlook.detect.matching import gate_px, match
from overlook.imagery.blocking import seen
from overlook.terms import EMPTY, HIDDEN, TAKEN, USABLE

#: Beyond this share of boxes with another of the same image within the gate, a stay and a neighbour's arrival are one.
_MOST_AMBIGUOUS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One reader's boxes of one class on one registered image.

    `boxes` is a `DETECTIONS` table on the site's grid, `unusable` the chip's mask (rows, columns), `residual_px` the
    1-sigma of the registration and `drawing_px` that of a box's centre, both in pixels of the grid.
    """

    scene: str
    boxes: pa.Table
    unusable: NDArray[np.uint8]
    residual_px: float
    drawing_px: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """`scenes`: m images, in the order given. `centres_px` (n, 2), on the site's grid; `states` (n, m): HIDDEN, EMPTY
    or TAKEN. `residual_px` (m,) of each image's registration. `crowded`: images (of `scenes`) whose boxes stand closer
    than they can be told apart; they show every place as HIDDEN.
    """

    scenes: tuple[str, ...]
    centres_px: Floats
    states: NDArray[np.uint8]
    residual_px: Floats
    crowded: tuple[str, ...]


def follow(looks: Iterable[Look]) -> Places:
    """The places of all looks. Images are matched in the order given, each with the places known by then.

    A place stands at the mean of its boxes. A box is matched with a place as `match` matches two images, the place's
    registration error being the root mean square of the images before. A box that is cut (by a cloud, by the image's
    edge) can confirm a place and never makes one: where its whole stands is not known. An image shows a place empty
    when all of the place is usable there and no box is on it.

    Raises ValueError for a negative or non-finite residual or drawing error.
    """
    book = _Book()
    for look in looks:
        book.add(look)
    return book.places()


class _Book:
    """Places as they become known: sums of corners, numbers of boxes, and which place was taken in which image."""

    def __init__(self) -> None:
        self._scenes: list[str] = []
        self._residuals: list[float] = []
        self._taken: list[NDArray[np.int64]] = []
        self._masks: list[tuple[NDArray[np.uint8], tuple[int, int]] | None] = []
        self._sums = np.empty((0, 4, 2))
        self._numbers = np.empty(0)

    def add(self, look: Look) -> None:
        corners = corners_in(look.boxes)
        cut = np.asarray(look.boxes.column("edge").to_pylist(), dtype=np.bool_)
        gate_px(look.residual_px, look.drawing_px)  # refuses what is no error of position
        earlier = [r for r, packed in zip(self._residuals, self._masks, strict=True) if packed is not None]
        earlier_px = float(np.sqrt(np.mean(np.square(earlier)))) if earlier else 0.0
        residual_px = float(np.hypot(look.residual_px, earlier_px))
        crowded = crowded_share(corners, gate_px(residual_px, look.drawing_px)) > _MOST_AMBIGUOUS
        self._scenes.append(look.scene)
        self._residuals.append(look.residual_px)
        if crowded:
            self._taken.append(np.empty(0, dtype=np.int64))
            self._masks.append(None)
            return
        found = match(_table(self._mean()), _table(corners), residual_px, drawing_px=look.drawing_px)
        of_place, of_box = found.stayed.T
        new = found.arrived[~cut[found.arrived]]
        # Corners go round a box from any of its four: only their mean, and the turn nearest the place's, may be summed.
        self._sums[of_place] += _turned(corners[of_box], self._mean()[of_place])
        self._numbers[of_place] += 1
        start = len(self._numbers)
        self._sums = np.concatenate([self._sums, corners[new]])
        self._numbers = np.concatenate([self._numbers, np.ones(len(new))])
        self._taken.append(np.concatenate([of_place, np.arange(start, start + len(new))]))
        self._masks.append((np.packbits(seen(look.unusable)), look.unusable.shape))

    def places(self) -> Places:
        mean = self._mean()
        states = np.full((len(mean), len(self._scenes)), HIDDEN, dtype=np.uint8)
        for j, (taken, packed) in enumerate(zip(self._taken, self._masks, strict=True)):
            if packed is not None:
                states[_shown(mean, packed), j] = EMPTY
                states[taken, j] = TAKEN
        crowded = tuple(s for s, packed in zip(self._scenes, self._masks, strict=True) if packed is None)
        return Places(
            scenes=tuple(self._scenes),
            centres_px=centres_of(mean),
            states=states,
            residual_px=np.array(self._residuals),
            crowded=crowded,
        )

    def _mean(self) -> Floats:
        return np.asarray(self._sums / np.maximum(self._numbers, 1)[:, None, None], dtype=np.float64)


def crowded_share(corners: Floats, within_px: float) -> float:
    """The share of boxes (n, 4, 2) whose centre has another box's within `within_px`; 0 without boxes."""
    from scipy.spatial import cKDTree

    if len(corners) < 2:
        return 0.0
    nearest, _ = cKDTree(centres_of(corners)).query(centres_of(corners), k=2)
    return float(np.mean(nearest[:, 1] <= within_px))


def _shown(corners: Floats, packed: tuple[NDArray[np.uint8], tuple[int, int]]) -> Bools:
    bits, shape = packed
    usable = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape)
    unusable = np.where(usable == 1, USABLE, USABLE + 1).astype(np.uint8)
    return np.asarray(seen_share(corners, unusable) == 1.0, dtype=np.bool_)


def _table(corners: Floats) -> pa.Table:
    n = len(corners)
    return detections(scene="", observer="", classes=[""] * n, corners=corners, edge=np.zeros(n, dtype=np.bool_))


def _turned(corners: Floats, like: Floats) -> Floats:
    """Each box's corners begun (and gone round) as those of `like` are: the one of eight orders that lies nearest."""
    if not len(corners):
        return corners
    orders = [np.roll(way, k) for way in (np.arange(4), np.arange(4)[::-1]) for k in range(4)]
    turned = np.stack([corners[:, order] for order in orders])
    distance = np.square(turned - like).sum(axis=(2, 3))
    return np.asarray(turned[distance.argmin(axis=0), np.arange(len(corners))], dtype=np.float64)
