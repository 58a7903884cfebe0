"""How likely the sightings of places are, if things arrive at and leave each place at constant rates.

Each place is a two-state Markov chain in continuous time (taken, empty) that a reader sees with misses: a hidden Markov
model (forward algorithm, Rabiner 1989; dynamic occupancy, MacKenzie et al. 2003, here in continuous time). Knows arrays
only.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from overlook.activity.laplace import _compiled
from overlook.terms import TAKEN

Floats = NDArray[np.float64]
States = NDArray[np.uint8]

#: The share of time that a place is taken, at the nodes of the mixture over places: most of them near empty and full.
SHARES: Floats = np.array([0.01, 0.02, 0.04, 0.08, 0.14, 0.22, 0.32, 0.43, 0.55, 0.67, 0.78, 0.87, 0.93, 0.97, 0.99])
#: Lindsay's bound on what more steps could add to the log likelihood, at which the mixture is good enough.
_GAP = 0.02
_STEPS = 400


def log_forward(states: States, gaps_d: Floats, recall: Floats, dwell_d: float) -> tuple[Floats, Floats]:
    """Log probabilities (s, k) of s patterns of sightings at the k `SHARES`, and of never having been seen.

    `states` (s, m): 0 hidden, 1 empty, 2 taken; `gaps_d` (m - 1,) days between images; `recall` (m,) the chance that a
    thing gets a box; a place that is empty gets none. With share taken p and mean stay `dwell_d`, a place that is
    taken is still, or again, taken after a gap g with p + (1 - p) exp(-g / (dwell_d (1 - p))).
    """
    s, k = states.shape[0], SHARES.size
    seen, unseen = np.empty((s, k)), np.empty((s, k))
    kept = np.exp(-gaps_d[:, None] / (dwell_d * (1.0 - SHARES)[None, :]))
    _forward(states, kept, recall, SHARES, seen, unseen)
    return seen, unseen


@_compiled
def _forward(states, kept, recall, shares, seen, unseen):  # type: ignore[no-untyped-def]
    s, m = states.shape
    for a in range(s):
        for c in range(shares.size):
            p = shares[c]
            # Probability of (sightings so far, taken or empty now), scaled to sum to one; then of no sighting at all.
            taken, empty, log_p = p, 1.0 - p, 0.0
            taken_0, empty_0, log_0 = p, 1.0 - p, 0.0
            for j in range(m):
                if j:
                    stay = p + (1.0 - p) * kept[j - 1, c]
                    come = p * (1.0 - kept[j - 1, c])
                    taken, empty = taken * stay + empty * come, taken * (1.0 - stay) + empty * (1.0 - come)
                    taken_0, empty_0 = taken_0 * stay + empty_0 * come, taken_0 * (1.0 - stay) + empty_0 * (1.0 - come)
                if states[a, j] == 0:
                    continue
                if states[a, j] == 2:
                    taken, empty = taken * recall[j], 0.0
                else:
                    taken *= 1.0 - recall[j]
                taken_0 *= 1.0 - recall[j]
                total, total_0 = taken + empty, taken_0 + empty_0
                if total <= 0.0 or total_0 <= 0.0:
                    log_p, log_0 = -np.inf, -np.inf
                    break
                taken, empty, log_p = taken / total, empty / total, log_p + math.log(total)
                taken_0, empty_0, log_0 = taken_0 / total_0, empty_0 / total_0, log_0 + math.log(total_0)
            seen[a, c], unseen[a, c] = log_p, log_0


def mixed(
    given_seen: Floats, numbers: Floats, ghost: Floats, ghost_share: float, start: Floats
) -> tuple[float, Floats]:
    """The greatest log likelihood over all distributions of the share of time taken, and that distribution (k,).

    `given_seen` (s, k): probability of each pattern at each node, given that the place was seen at all; `numbers` (s,)
    of places with it; a share `ghost_share` of the places are false alarms, whose pattern has probability `ghost` (s,).
    Nonparametric maximum likelihood by EM (Laird 1978), stopped by Lindsay's (1983) bound on what is left to gain.
    """
    weight = start.copy()
    return float(_climb(np.ascontiguousarray(given_seen), numbers, ghost, ghost_share, weight)), weight


@_compiled
def _climb(given_seen, numbers, ghost, ghost_share, weight):  # type: ignore[no-untyped-def]
    """EM on `weight`, in place; the log likelihood that it reaches."""
    s, k = given_seen.shape
    total, value, gradient = max(numbers.sum(), 1.0), -np.inf, np.empty(k)
    for _ in range(_STEPS):
        value = 0.0
        gradient[:] = 0.0
        for a in range(s):
            real = 0.0
            for c in range(k):
                real += given_seen[a, c] * weight[c]
            mix = max((1.0 - ghost_share) * real + ghost_share * ghost[a], 1e-300)
            value += numbers[a] * math.log(mix)
            responsible = numbers[a] * (1.0 - ghost_share) / mix
            for c in range(k):
                gradient[c] += given_seen[a, c] * responsible
        held = 0.0
        for c in range(k):
            held += weight[c] * gradient[c]
        if gradient.max() - held <= _GAP * min(1.0, held / total):
            break
        for c in range(k):
            weight[c] *= gradient[c] / held
    return value


def ghosts(kinds: States, numbers: Floats, false_boxes: Floats) -> tuple[Floats, float]:
    """The probability of each pattern for a false alarm (one image takes it, in proportion), and the share of those."""
    expected = float(false_boxes.sum())
    if expected <= 0:
        return np.zeros(len(kinds)), 0.0
    once = (kinds == TAKEN).sum(axis=1) == 1
    where = (kinds == TAKEN).argmax(axis=1)
    return np.where(once, false_boxes[where] / expected, 0.0), min(expected / float(numbers.sum()), 0.95)
