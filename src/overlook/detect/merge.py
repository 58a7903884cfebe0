"""One box for one thing: overlapping boxes of a class merged by their rotated overlap, in an order of their own."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.detect.boxes import Floats, centres_of


def merged(corners: Floats, scores: Floats, classes: NDArray[np.int64], iou: float) -> NDArray[np.int64]:
    """Rows to keep, ordered by class, then from top to bottom and left to right by their centres.

    Greedy suppression (Felzenszwalb et al., 2010): from the highest score down, a box is kept unless a kept one of its
    class overlaps it by more than `iou` (area of intersection over area of union, as rotated). Equal scores go by
    place, so the result does not depend on the order the boxes come in.
    """
    if not len(corners):
        return np.zeros(0, dtype=np.int64)
    centres = np.round(centres_of(corners), 3)
    x, y = centres[:, 0], centres[:, 1]
    order = np.lexsort((x, y, classes, -np.round(scores, 5)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    weaker = _overlapping(corners, classes, rank, iou)
    dropped = np.zeros(len(order), dtype=np.bool_)
    for i in order:
        if not dropped[i] and (rivals := weaker.get(int(i))):
            dropped[rivals] = True
    kept = np.flatnonzero(~dropped)
    return kept[np.lexsort((x[kept], np.floor(y[kept]), classes[kept]))]


def _overlapping(
    corners: Floats, classes: NDArray[np.int64], rank: NDArray[np.int64], iou: float
) -> dict[int, list[int]]:
    """For each box, those of its class that overlap it by more than `iou` and rank below it."""
    polygons = np.asarray(shapely.polygons(corners), dtype=object)
    i, j = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = (rank[i] < rank[j]) & (classes[i] == classes[j])
    i, j = i[pairs], j[pairs]
    both = np.asarray(shapely.area(shapely.intersection(polygons[i], polygons[j])))
    areas = np.asarray(shapely.area(polygons))
    over = both > iou * (areas[i] + areas[j] - both)
    weaker: dict[int, list[int]] = {}
    for a, b in zip(i[over].tolist(), j[over].tolist(), strict=True):
        weaker.setdefault(a, []).append(b)
    return weaker
