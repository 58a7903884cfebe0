"""Which boxes of registered images are the same thing, standing still: stayed, left, arrived, or not seen.

Never says that a thing left a place which the later image does not show; never follows a thing to another place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.detect.boxes import Floats, centres_of, corners_in, seen_share

_Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Row numbers in the two tables. Every row of each table stands in exactly one place.

    `stayed` is (n, 2), a row of the first beside its row of the second; `distances_px` (n,) how far apart they
    are. `left` are rows of the first whose place is visible and empty in the second; `arrived` the reverse.
    `unseen_after` and `unseen_before` are unmatched rows whose place the other image does not show.
    """

    stayed: _Indices
    distances_px: Floats
    left: _Indices
    arrived: _Indices
    unseen_after: _Indices
    unseen_before: _Indices
    gate_px: float


def match(
    before: pa.Table,
    after: pa.Table,
    residual_px: float,
    *,
    drawing_px: float = 1.0,
    unusable_before: NDArray[np.uint8] | None = None,
    unusable_after: NDArray[np.uint8] | None = None,
) -> Matches:
    """Match the boxes of two `DETECTIONS` tables on one grid, class by class.

    Two boxes may be one standing thing when their centres lie within three standard deviations of each other:
    `residual_px` of the registration and `drawing_px` of each box's own centre, so the gate is
    3 sqrt(residual_px² + 2 drawing_px²). Among all ways to pair the boxes within it, the one that pairs most, and
    of those the one with the least total distance (Kuhn, 1955, by scipy's linear_sum_assignment).

    A stay is a place that was taken twice: whether by the same vehicle, place alone cannot tell.

    Raises ValueError for a negative or non-finite residual or drawing error.
    """
    gate = gate_px(residual_px, drawing_px)
    corners_a, corners_b = corners_in(before), corners_in(after)
    pairs, distances = _assign(centres_of(corners_a), centres_of(corners_b), _classes(before), _classes(after), gate)
    alone_a = np.setdiff1d(np.arange(len(corners_a)), pairs[:, 0])
    alone_b = np.setdiff1d(np.arange(len(corners_b)), pairs[:, 1])
    shown_a = _shown(corners_a[alone_a], unusable_after)
    shown_b = _shown(corners_b[alone_b], unusable_before)
    return Matches(
        stayed=pairs,
        distances_px=distances,
        left=alone_a[shown_a],
        arrived=alone_b[shown_b],
        unseen_after=alone_a[~shown_a],
        unseen_before=alone_b[~shown_b],
        gate_px=gate,
    )


def gate_px(residual_px: float, drawing_px: float) -> float:
    """How far apart two boxes of one standing thing may lie: three standard deviations of all that moves them."""
    for name, value in (("residual_px", residual_px), ("drawing_px", drawing_px)):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be finite and not negative, not {value}")
    return 3 * math.sqrt(residual_px**2 + 2 * drawing_px**2)


def _classes(table: pa.Table) -> NDArray[np.object_]:
    return np.asarray(table.column("cls").to_pylist(), dtype=object)


def _shown(corners: Floats, unusable: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Whether the other image shows the whole place; a place half hidden can hide the thing."""
    if unusable is None:
        return np.ones(len(corners), dtype=np.bool_)
    return np.asarray(seen_share(corners, unusable) == 1.0, dtype=np.bool_)


def _assign(
    a: Floats, b: Floats, classes_a: NDArray[np.object_], classes_b: NDArray[np.object_], gate_px: float
) -> tuple[_Indices, Floats]:
    from scipy.spatial import cKDTree

    found: list[tuple[int, int, float]] = []
    for cls in sorted(set(classes_a) & set(classes_b)):
        rows_a, rows_b = np.flatnonzero(classes_a == cls), np.flatnonzero(classes_b == cls)
        near = cKDTree(a[rows_a]).sparse_distance_matrix(cKDTree(b[rows_b]), gate_px, output_type="coo_matrix")
        for i, j, distance in least_total(near.row, near.col, near.data):
            found.append((int(rows_a[i]), int(rows_b[j]), distance))
    found.sort()
    pairs = np.array([(i, j) for i, j, _ in found], dtype=np.int64).reshape(-1, 2)
    return pairs, np.array([d for *_, d in found], dtype=np.float64)


def least_total(rows: _Indices, columns: _Indices, distances: Floats) -> list[tuple[int, int, float]]:
    """Of the possible pairs (rows[k], columns[k]), distances[k] apart: the most that can be, nearest in all.

    Assigned within each connected group: groups are small, where all at once would be n² numbers.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(rows):
        return []
    n, m = int(rows.max()) + 1, int(columns.max()) + 1
    graph = coo_matrix((np.ones(len(rows)), (rows, columns + n)), shape=(n + m, n + m))
    _, group = connected_components(graph, directed=False)
    found: list[tuple[int, int, float]] = []
    order = np.argsort(group[rows], kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(group[rows][order])) + 1):
        left, i = np.unique(rows[members], return_inverse=True)
        right, j = np.unique(columns[members], return_inverse=True)
        # An impossible pair costs more than any whole assignment of possible ones.
        far = (float(distances[members].max()) + 1) * (min(len(left), len(right)) + 1)
        cost = np.full((len(left), len(right)), far)
        cost[i, j] = distances[members]
        for p, q in zip(*linear_sum_assignment(cost), strict=True):
            if cost[p, q] < far:
                found.append((int(left[p]), int(right[q]), float(cost[p, q])))
    return found
