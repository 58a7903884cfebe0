"""What is measured of found boxes against the truth: average precision, F1, counts, calibration; with bootstrap
intervals.

A match is one to one, best score first. For average precision (all points; Everingham et al., 2010) boxes match when
their upright hulls overlap by an IoU of 0.5, because the given labels are upright hulls. For everything that is about
counting they match when their centres lie within 2 m (cars) or half the label's longer side, if that is more. What is
marked `ignore` in the truth is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.finding import Found
from training.labels import ORIENTED, Boxes

REACH_M = 2.0
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def iou(a: Floats, b: Floats) -> Floats:
    """(n, m) IoU of upright boxes (n, 4) and (m, 4)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=2)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return np.asarray(inner / np.maximum(area[0][:, None] + area[1][None] - inner, 1e-9), dtype=np.float64)


def match(found: Found, classes: Sequence[int], *, by: str) -> tuple[Floats, Bools, Bools, int]:
    """Scores, whether each is true, whether it lies on what is ignored; and how many boxes the truth holds.

    `classes` are taken as one. `by`: "hull" or "centre". Best score first, so that the boxes above any threshold are
    matched as they would be without the others.
    """
    return _matched(found, tuple(classes), by)


@lru_cache(maxsize=20_000)
def _matched(found: Found, classes: tuple[int, ...], by: str) -> tuple[Floats, Bools, Bools, int]:
    part = found.take(np.isin(found.cls, classes))
    wanted = found.truth.take(np.isin(found.truth.cls, classes) | found.truth.ignore)
    close = _closeness(part, wanted, by)
    order = np.argsort(-part.scores, kind="stable")
    is_true, is_void = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    free = ~wanted.ignore
    for row in order:
        best = np.where(free, close[row], -1.0)
        if len(best) and best.max() > 0:
            is_true[row] = True
            free[int(best.argmax())] = False
        elif (close[row][wanted.ignore] > 0).any():
            is_void[row] = True
    return part.scores, is_true, is_void, int((~wanted.ignore).sum())


def _closeness(part: Found, wanted: Boxes, by: str) -> Floats:
    if not len(wanted) or not len(part.scores):
        return np.zeros((len(part.scores), len(wanted)))
    if by == "hull":
        overlap = iou(part.hulls(), wanted.hulls())
        return np.where(overlap >= 0.5, overlap, 0.0)
    away = np.linalg.norm(part.centres()[:, None] - wanted.centre[None], axis=2)
    longer = np.where(wanted.kind == ORIENTED, wanted.size.max(axis=1), wanted.size.max(axis=1) * 0.8)
    reach = np.maximum(REACH_M, longer / 2)
    return np.where(away <= reach, 1.0 / (1.0 + away), 0.0)


def average_precision(parts: Sequence[Found], classes: Sequence[int], by: str = "hull") -> float:
    """Area under the interpolated precision-recall curve of all parts together; NaN without truth."""
    scores, is_true, total = [], [], 0
    for part in parts:
        s, t, void, present = match(part, classes, by=by)
        scores.append(s[~void])
        is_true.append(t[~void])
        total += present
    if not total:
        return float("nan")
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hits = np.cumsum(np.concatenate(is_true)[order])
    precision = hits / np.arange(1, len(hits) + 1)
    recall = np.concatenate([[0.0], hits / total])
    best = np.maximum.accumulate(precision[::-1])[::-1] if len(hits) else precision
    return float(np.sum(np.diff(recall) * best))


def tallies(parts: Sequence[Found], classes: Sequence[int], threshold: float) -> NDArray[np.int64]:
    """(parts, 4): true, false, missed, boxes in the truth; centre-matched at the threshold."""
    rows = []
    for part in parts:
        s, t, void, present = match(part, classes, by="centre")
        true = int((t & (s >= threshold)).sum())
        rows.append((true, int((~t & ~void & (s >= threshold)).sum()), present - true, present))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def f1(tally: NDArray[np.int64]) -> float:
    true, false, missed, _ = tally.sum(axis=0)
    return float(2 * true / max(1, 2 * true + false + missed))


def precision(tally: NDArray[np.int64]) -> float:
    true, false, _, _ = tally.sum(axis=0)
    return float(true / max(1, true + false))


def recall(tally: NDArray[np.int64]) -> float:
    true, _, missed, _ = tally.sum(axis=0)
    return float(true / max(1, true + missed))


def count_error(tally: NDArray[np.int64]) -> float:
    """Sum of |n - N| over parts by the sum of N."""
    n, truth = tally[:, 0] + tally[:, 1], tally[:, 3]
    return float(np.abs(n - truth).sum() / max(1, truth.sum()))


def bias(tally: NDArray[np.int64]) -> float:
    n, truth = tally[:, 0] + tally[:, 1], tally[:, 3]
    return float((n.sum() - truth.sum()) / max(1, truth.sum()))


def ece(probability: Floats, is_true: Bools, bins: int = 10) -> float:
    """Expected calibration error over bins of equal numbers (Naeini, Cooper and Hauskrecht, 2015)."""
    order = np.argsort(probability, kind="stable")
    pieces = [p for p in np.array_split(order, bins) if len(p)]
    return float(sum(abs(probability[p].mean() - is_true[p].mean()) * len(p) for p in pieces) / max(1, len(order)))


def interval(n: int, value: Callable[[NDArray[np.int64]], float], times: int = 400) -> tuple[float, float]:
    """90% bootstrap interval of a value of row numbers, rows (places) drawn with replacement."""
    rng = np.random.default_rng(7)
    values = np.array([value(rng.integers(0, n, n)) for _ in range(times)])
    low, high = np.nanpercentile(values, (5, 95))
    return float(low), float(high)
