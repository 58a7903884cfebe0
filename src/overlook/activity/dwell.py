"""How long a thing stays, when it is seen only now and then and not every time.

A stay begins in one gap between images and ends in another (double interval censoring); a miss breaks it, a false alarm
looks like one, and a place may be taken again by something else. Places and lengths of stay are all that is modelled:
never which thing it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from overlook.activity.turnover_chain import SHARES, ghosts, log_forward, mixed
from overlook.terms import Estimate

Floats = NDArray[np.float64]
States = NDArray[np.uint8]

#: Standard deviations at which the reader's declared recall is tried.
_RECALLS = (-2.0, -1.0, 0.0, 1.0, 2.0)
#: Steps of the grid of dwells, to the factor e.
_PER_E = 4
_HIGHEST_RECALL = 0.999


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dwell:
    """The mean stay in days, as an interval or as one bound. All None: these images say nothing of it.

    `weight` (k,): at the best dwell, the distribution of the share of time that a place is taken, on `SHARES`.
    """

    estimate: Estimate | None = None
    under_d: float | None = None
    over_d: float | None = None
    weight: Floats | None = None


def dwell(
    states: States,
    times_d: Floats,
    recall: Floats,
    recall_sd: Floats,
    false_boxes: Floats,
    *,
    level: float,
) -> Dwell:
    """The mean stay of things at places, with misses and false alarms allowed for.

    `states` (n, m): what each of m images shows of n places (0 hidden, 1 empty, 2 taken), every place taken at least
    once; `times_d` (m,) ascending; `recall` and its error (m,), shared by all images; `false_boxes` (m,) expected in
    what each image shows.

    A two-state Markov chain for each place: things leave at rate 1 / dwell, and arrive at a rate of the place's own.
    Popular places are taken again and again, which looks like long stays; so the share of time taken differs from place
    to place by a distribution of any shape, fitted anew for each dwell. Places are known because something was seen
    there, and their likelihood is conditional on it. The interval is that of the profile likelihood (Venzon &
    Moolgavkar 1988; with a distribution among the nuisances, Murphy & van der Vaart 2000), the recall profiled under
    its declared normal error. An end at which the likelihood does not fall is open: then the other end alone is given,
    a one-sided bound at 1/2 + level/2. Things come and go at a place independently of other places; stays are
    exponential.
    """
    n, m = states.shape
    if n == 0 or m < 2:
        return Dwell()
    gaps_d = np.diff(times_d)
    kinds, number_of = np.unique(states, axis=0, return_counts=True)
    grid = _grid(gaps_d, times_d)
    tried = _RECALLS if recall_sd.max() > 0 else (0.0,)
    fits = [
        _profile(kinds, number_of.astype(float), gaps_d, shifted(recall, recall_sd, z), false_boxes, grid)
        for z in tried
    ]
    profile = _over_recall(tried, np.stack([found for found, _ in fits]))
    nearest = int(np.argmax([found.max() - z * z / 2 for z, (found, _) in zip(tried, fits, strict=True)]))
    return replace(_read(grid, profile, level), weight=fits[nearest][1][int(profile.argmax())])


def _over_recall(tried: tuple[float, ...], found: Floats) -> Floats:
    """The greatest over the recall's error of the log likelihoods (z, d), its normal error taken off, between nodes."""
    from scipy.interpolate import CubicSpline

    if len(tried) == 1:
        return np.asarray(found[0], dtype=np.float64)
    z = np.linspace(tried[0], tried[-1], 61)
    between: Floats = CubicSpline(np.array(tried), found, axis=0)(z)
    return np.asarray((between - z[:, None] ** 2 / 2).max(axis=0), dtype=np.float64)


def shifted(recall: Floats, recall_sd: Floats, z: float) -> Floats:
    """The recall `z` standard deviations of its error away, kept inside what a chance can be."""
    return np.asarray(np.clip(recall + z * recall_sd, 0.05, _HIGHEST_RECALL), dtype=np.float64)


def _grid(gaps_d: Floats, times_d: Floats) -> Floats:
    """Dwells from where no thing would stay for two images to where hardly any would leave."""
    low, high = math.log(gaps_d.min() / 8.0), math.log(10.0 * (times_d[-1] - times_d[0]))
    return np.exp(np.linspace(low, high, math.ceil((high - low) * _PER_E) + 1))


def _profile(
    kinds: States, numbers: Floats, gaps_d: Floats, recall: Floats, false_boxes: Floats, grid: Floats
) -> tuple[Floats, Floats]:
    """For each dwell of the grid the greatest log likelihood (d,), and the distribution that has it (d, k)."""
    ghost, ghost_share = ghosts(kinds, numbers, false_boxes)
    weight = np.full(SHARES.size, 1.0 / SHARES.size)
    found, weights = np.empty(grid.size), np.empty((grid.size, SHARES.size))
    for i in range(grid.size - 1, -1, -1):
        seen, unseen = log_forward(kinds, gaps_d, recall, float(grid[i]))
        given_seen = np.exp(seen) / np.maximum(-np.expm1(unseen), 1e-12)
        # A node that lost all its weight for one dwell may be wanted for the next.
        found[i], weight = mixed(given_seen, numbers, ghost, ghost_share, 0.95 * weight + 0.05 / SHARES.size)
        weights[i] = weight
    return found, weights


def _read(grid: Floats, profile: Floats, level: float) -> Dwell:
    """The interval where the profile lies within half a chi-square quantile of its greatest value."""
    from scipy.interpolate import PchipInterpolator
    from scipy.special import chdtri

    log_d = np.linspace(math.log(grid[0]), math.log(grid[-1]), 40 * grid.size)
    curve = PchipInterpolator(np.log(grid), profile)(log_d)
    best = int(curve.argmax())
    inside = np.flatnonzero(curve >= curve[best] - float(chdtri(1, 1.0 - level)) / 2.0)
    low, high = int(inside[0]), int(inside[-1])
    is_low, is_high = low > 0, high < log_d.size - 1
    if is_low and is_high:
        middle, ends = math.exp(log_d[best]), (math.exp(log_d[low]), math.exp(log_d[high]))
        return Dwell(estimate=Estimate(estimate=middle, low=ends[0], high=ends[1], level=level))
    return Dwell(
        under_d=math.exp(log_d[high]) if is_high else None,
        over_d=math.exp(log_d[low]) if is_low else None,
    )
