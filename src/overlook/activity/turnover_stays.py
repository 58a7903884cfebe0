"""The stays that were seen, as intervals, and their distribution without a model: a check beside the fitted dwell."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from overlook.terms import TAKEN

Floats = NDArray[np.float64]


def stays(states: NDArray[np.uint8], times_d: Floats) -> tuple[Floats, Floats]:
    """Shortest and longest length (k,) in days of every stay seen; the longest is infinite where an end was not seen.

    `states` (n, m): 0 hidden, 1 empty, 2 taken. A stay runs over images that show its place taken, hidden ones between;
    it began after the last image before it that shows the place empty. A miss cuts a stay in two.
    """
    low, high = [], []
    for row in states:
        shown = np.flatnonzero(row)
        taken = row[shown] == TAKEN
        edges = np.flatnonzero(np.diff(np.concatenate([[False], taken, [False]]).astype(np.int8)))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            low.append(times_d[shown[end - 1]] - times_d[shown[first]])
            is_whole = first > 0 and end < shown.size
            high.append(times_d[shown[end]] - times_d[shown[first - 1]] if is_whole else np.inf)
    return np.array(low), np.array(high)


def turnbull(low: Floats, high: Floats, *, steps: int = 2000, tolerance: float = 1e-8) -> tuple[Floats, Floats, Floats]:
    """The nonparametric maximum likelihood distribution of times known only to lie in [low, high] (Turnbull 1976).

    Returns the ends (k, 2 as two arrays) of the intervals that can hold probability, from a left end to the next right
    end (Peto 1973), and the probabilities (k,). Within an interval nothing is known. `high` may be infinite. EM
    (self-consistency), until no probability moves by `tolerance`.
    """
    lefts, rights = np.unique(low), np.unique(high)
    ends = sorted([(x, 0) for x in lefts] + [(x, 1) for x in rights])
    held = [(a[0], b[0]) for a, b in itertools.pairwise(ends) if (a[1], b[1]) == (0, 1)]
    start, stop = np.array([a for a, _ in held]), np.array([b for _, b in held])
    can = ((low[:, None] <= start) & (stop <= high[:, None])).astype(float)
    share = np.full(len(held), 1.0 / len(held))
    for _ in range(steps):
        new = share * (can.T @ (1.0 / (can @ share))) / len(low)
        if np.abs(new - share).max() < tolerance:
            return start, stop, np.asarray(new)
        share = new
    return start, stop, share


def median(start: Floats, stop: Floats, share: Floats) -> tuple[float, float]:
    """Between which times half of the probability is reached; the later one may be infinite."""
    at = int(np.searchsorted(np.cumsum(share), 0.5 - 1e-9))
    at = min(at, len(share) - 1)
    return float(start[at]), float(stop[at])
