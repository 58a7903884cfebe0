"""From scores to probabilities by isotonic regression, on tiles that were not trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: A step of the fit rests on at least this many boxes.
LEAST = 25


def isotonic(scores: Floats, is_true: NDArray[np.bool_], least: int = LEAST) -> list[tuple[float, float]]:
    """Points (score, probability), rising, of the pooled-adjacent-violators fit (Ayer et al., 1955; Zadrozny and
    Elkan, 2002).

    Boxes are first taken in groups of `least` neighbours by score, so that no probability rests on one box. A block's
    probability is (true + 1/2) / (n + 1), never 0 or 1. Raises ValueError with fewer than two groups.
    """
    order = np.argsort(scores, kind="stable")
    groups = np.array_split(order, max(1, len(order) // least))
    if len(groups) < 2:
        raise ValueError(f"{len(order)} boxes are too few to calibrate on")
    blocks: list[list[float]] = []  # true, number, sum of scores
    for group in groups:
        blocks.append([float(is_true[group].sum()), float(len(group)), float(scores[group].sum())])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    points: list[tuple[float, float]] = []
    for true, n, total in blocks:
        score, p = round(total / n, 4), round((true + 0.5) / (n + 1), 4)
        if points and score <= points[-1][0]:
            continue
        points.append((score, max(p, points[-1][1]) if points else p))
    return points


def applied(points: list[tuple[float, float]], scores: Floats) -> Floats:
    """Probabilities: straight lines between the points, flat beyond, as `detect.calibration` reads them."""
    s, p = zip(*points, strict=True)
    return np.asarray(np.interp(scores, s, p), dtype=np.float64)
