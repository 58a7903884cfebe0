"""Whether the stays that were seen are such as the fitted model makes: exponential, as real ones need not be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overlook.activity.turnover_chain import SHARES, ghosts, log_forward
from overlook.terms import EMPTY, HIDDEN, TAKEN

Floats = NDArray[np.float64]
States = NDArray[np.uint8]

_REPLICATES = 99
#: Places that are made up at most: more add time and little power.
_MOST_PLACES = 500
_SEED = 19761977


def brief_share(states: States) -> float | None:
    """Of places shown empty and then taken, the share that the third image shows empty again; None without any.

    `states` (n, m): 0 hidden, 1 empty, 2 taken. Stays all of one length give few of these, stays very unlike each other
    many.
    """
    first, second, third = states[:, :-2], states[:, 1:-1], states[:, 2:]
    came = (first == EMPTY) & (second == TAKEN) & (third != HIDDEN)
    return float((came & (third == EMPTY)).sum() / came.sum()) if came.any() else None


def misfit(
    states: States, times_d: Floats, recall: Floats, false_boxes: Floats, dwell_d: float, weight: Floats
) -> tuple[float, float] | None:
    """(`brief_share` seen, that of the model) where they differ by more than chance, else None.

    99 made-up sets of sightings of the same places under the fitted model, its false boxes among them (a parametric
    bootstrap: Efron & Tibshirani 1993, ch. 6), at a two-sided 5%. It finds stays that are much alike; it seldom finds
    stays that are unlike, and none where the gaps are as long as the stays.
    """
    rng = np.random.default_rng(_SEED)
    if len(states) > _MOST_PLACES:
        false_boxes = false_boxes * (_MOST_PLACES / len(states))
        states = states[rng.choice(len(states), _MOST_PLACES, replace=False)]
    seen = brief_share(states)
    if seen is None:
        return None
    shares, is_false = _posterior(states, times_d, recall, false_boxes, dwell_d, weight)
    drawn = []
    for _ in range(_REPLICATES):
        real = rng.random(len(states)) >= is_false
        made = _made_up(rng, states[real], times_d, recall, dwell_d, shares[real])
        drawn.append(brief_share(np.concatenate([made, _ghosts(rng, false_boxes)])))
    shown = np.array([share for share in drawn if share is not None])
    below, above = int((shown <= seen).sum()), int((shown >= seen).sum())
    if shown.size < _REPLICATES or 1 + min(below, above) > 0.025 * (1 + _REPLICATES):
        return None
    return seen, float(shown.mean())


def _posterior(
    states: States, times_d: Floats, recall: Floats, false_boxes: Floats, dwell_d: float, weight: Floats
) -> tuple[Floats, Floats]:
    """(n, k) cumulative probabilities of each place's share of time taken, and (n,) that its one box is false."""
    seen, unseen = log_forward(states, np.diff(times_d), recall, dwell_d)
    given = np.exp(seen) / np.maximum(-np.expm1(unseen), 1e-12) * weight
    total = np.maximum(given.sum(axis=1, keepdims=True), 1e-300)
    ghost, share = ghosts(states, np.ones(len(states)), false_boxes)
    false = share * ghost
    is_false = false / np.maximum(false + (1.0 - share) * total[:, 0], 1e-300)
    return np.asarray(np.cumsum(given / total, axis=1), dtype=np.float64), is_false


def _ghosts(rng: np.random.Generator, false_boxes: Floats) -> States:
    """False boxes as places: taken in one image each."""
    images = np.repeat(np.arange(false_boxes.size), rng.poisson(false_boxes))
    made = np.full((images.size, false_boxes.size), EMPTY, dtype=np.uint8)
    made[np.arange(images.size), images] = TAKEN
    return made


def _made_up(
    rng: np.random.Generator, states: States, times_d: Floats, recall: Floats, dwell_d: float, cumulative: Floats
) -> States:
    """Sightings of the same places in the same images under the model, each place seen at least once or left out."""
    n, m = states.shape
    p = SHARES[np.minimum((rng.random((n, 1)) > cumulative).sum(axis=1), SHARES.size - 1)]
    made = np.full((n, m), EMPTY, dtype=np.uint8)
    there = rng.random(n) < p
    for j in range(m):
        if j:
            kept = np.exp(-(times_d[j] - times_d[j - 1]) / (dwell_d * (1.0 - p)))
            there = rng.random(n) < np.where(there, p + (1.0 - p) * kept, p * (1.0 - kept))
        made[there & (rng.random(n) < recall[j]), j] = TAKEN
    made[states == HIDDEN] = HIDDEN
    seen: States = made[(made == TAKEN).any(axis=1)]
    return seen
