"""The sky over a site: which days an image would show the ground, when clouds come in spells.

A day's sky is as the last one's with probability rho = exp(-1/spell), else drawn anew with its month's probability p:
the two-state Markov chain of wet and dry days (Gabriel & Neumann 1962, Q. J. R. Meteorol. Soc. 88; Richardson 1981,
Water Resour. Res. 17), with P(usable | usable) = rho + (1 - rho) p and P(usable | not) = (1 - rho) p. At the turn of a
month the marginal lags p by about a spell. No climatology is ever made up: without one every day counts as usable, and
that is said.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from overlook.terms import Clouds

Array = NDArray[np.float64]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(time_d: float) -> int:
    return math.floor(time_d)


def moment_of(time_d: float) -> datetime:
    """The time, UTC, of days since 1970, to the second."""
    return _EPOCH + timedelta(seconds=round(time_d * 86400.0))


def usable_chance(clouds: Clouds | None, days: NDArray[np.int64]) -> Array:
    """The month's probability that an image of each day (since 1970, UTC) is usable; 1 where nothing was declared."""
    if clouds is None:
        return np.ones(days.size)
    return np.array([clouds.usable[(_EPOCH + timedelta(days=int(d))).month - 1] for d in days])


def persistence(clouds: Clouds | None) -> float:
    """The chance that a day's sky is the last one's and not drawn anew."""
    return 0.0 if clouds is None or clouds.spell_d == 0 else math.exp(-1.0 / clouds.spell_d)


def draw_sky(chance: Array, rho: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each of consecutive days is usable, (D,)."""
    fresh = rng.random(chance.size) < chance
    anew = rng.random(chance.size) >= rho
    if not chance.size:
        return fresh
    anew[0] = True
    latest = np.maximum.accumulate(np.where(anew, np.arange(chance.size), 0))
    return fresh[latest]


def marginal(chance: Array, rho: float) -> Array:
    """The chance of each of consecutive days to be usable, spells and all: m_t = rho m_(t-1) + (1 - rho) p_t."""
    told = chance.copy()
    for t in range(1, chance.size):
        told[t] = rho * told[t - 1] + (1.0 - rho) * chance[t]
    return told


def number_usable(chance: Array, rho: float, ordered: NDArray[np.int64], collected: Array) -> Array:
    """Probabilities that 0, 1, ... of the orders are usable, exactly, by the chain's forward recursion.

    `ordered` (N,): the day of each order, an index into the consecutive days of `chance`, ascending; `collected` (N,):
    the chance that it comes at all, whatever the sky. Returns (N + 1,).
    """
    mass = np.zeros((2, ordered.size + 1))  # by the day's sky (0 cloud, 1 usable), and the number so far
    of_day = {int(d): np.flatnonzero(ordered == d) for d in np.unique(ordered)}
    for t, p in enumerate(chance):
        if t == 0:
            mass[0, 0], mass[1, 0] = 1.0 - p, p
        else:
            total = mass.sum(axis=0)
            mass[0] = rho * mass[0] + (1.0 - rho) * (1.0 - p) * total
            mass[1] = rho * mass[1] + (1.0 - rho) * p * total
        for i in of_day.get(t, ()):
            came = mass[1] * collected[i]
            mass[1] -= came
            mass[1, 1:] += came[:-1]
    return np.asarray(mass.sum(axis=0))
