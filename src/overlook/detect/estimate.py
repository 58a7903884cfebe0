"""How many there probably were, given how many boxes there are: for people to read, never a count.

The model of a pattern of life takes the boxes and the detector's errors as they are, and corrects once. What is here
goes beside a count, and nowhere into it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.detect.rates import Alarms, Share
from overlook.terms import Count

#: Beyond this many boxes false alarms enter at so many of their quantiles instead of one by one.
_MOST_ONE_BY_ONE, _QUANTILES = 400, 200
#: A share found that may be nearly nothing bounds no number from above: its beta distribution must have this alpha.
_LEAST_ALPHA = 2.5
#: A count carries its share found as a mean and an sd, and not how many things it was measured on. An sd wider
#: than of a beta worth this many things is what under 30 things (`LEAST_THINGS`) give: 30 at eight places, alike within
#: a place as the prior of a card believes (correlation .05), are worth 8.
_LEAST_WORTH = 8.0
#: Probability left out at the far ends.
_TAIL = 1e-8
#: Numbers weighed at once, so that memory stays small.
_MOST_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Of the true number of things in what was visible: posterior mean, and the central interval of `level`."""

    mean: float
    low: int
    high: int
    level: float


def estimate(n: int, found: Share, alarms: Alarms | None, area_ha: float, *, level: float = 0.9) -> Estimate | None:
    """p(N | n, r, f), for n boxes of which N r are expected to be true and f x area false.

    Binomial thinning of N with an uncertain share found, r ~ Beta(alpha, beta), plus Poisson false alarms of an
    uncertain rate: the observation model of N-mixtures (Royle, 2004, "N-mixture models for estimating population size
    from spatially replicated counts", Biometrics 60, with false positives added) for one image, and no preference among
    N beforehand. Then, exactly: k of the n boxes are false with the negative binomial probabilities of the gamma rate,
    cut at n; and with t = n - k true ones, N - t is beta negative binomial (t + 1; alpha - 1, beta), because
    sum over N of C(N, t) r^t (1 - r)^(N - t) = 1 / r.

    None when the share found is known so badly (alpha < 2.5) that nothing bounds N. The interval holds at least `level`
    between two quantiles of equal tails. Assumes that things are found or missed one by one: a row under one canopy is
    missed together, and then the interval is too short.
    """
    if n < 0 or not 0 < level < 1 or not (math.isfinite(area_ha) and area_ha >= 0):
        raise ValueError(f"no estimate for {n} boxes on {area_ha} ha at level {level}")
    if found.alpha < _LEAST_ALPHA:
        return None
    false, weights = _false(n, alarms, area_ha)
    values = _grid(n, found)
    chance = np.zeros(len(values))
    for part in np.array_split(np.arange(len(false)), -(-len(false) * len(values) // _MOST_AT_ONCE)):
        true = (n - false[part])[:, None]
        chance += weights[part] @ _beta_negative_binomial(values[None, :] - true, true, found)
    total = chance.sum()
    below = np.cumsum(chance) / total
    tail = (1 - level) / 2
    low, high = (int(values[min(int(np.searchsorted(below, q)), len(values) - 1)]) for q in (tail, 1 - tail))
    return Estimate(mean=float(chance @ values / total), low=low, high=high, level=level)


def estimate_of(count: Count, *, level: float = 0.9) -> Estimate | None:
    """The estimate beside a count, of what was visible.

    None where its probability of detection is not known, or so roughly as fewer than 30 measured things tell it.
    """
    if count.detection_probability is None:
        return None
    errors = (count.detection_probability, count.detection_probability_sd, count.false_alarms, count.false_alarms_sd)
    return _of(count.count, *errors, count.visible_fraction, level)


@lru_cache(maxsize=4096)
def _of(n: int, r: float, r_sd: float, f: float, f_sd: float, visible: float, level: float) -> Estimate | None:
    # Counts of one observer in one zone share their errors: a series asks for the same few estimates again and again.
    found = Share.from_moments(r, r_sd)
    if found.alpha + found.beta < _LEAST_WORTH:
        return None
    # An undeclared sd is none: a rate known to a hundredth.
    alarms = Alarms.from_moments(f, max(f_sd, 0.01 * f)) if f > 0 or f_sd > 0 else None
    return estimate(n, found, alarms, visible, level=level)


def _false(n: int, alarms: Alarms | None, area_ha: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers of false boxes up to n, and their probabilities given that there are no more than n."""
    from scipy.special import gammaln
    from scipy.stats import nbinom

    if alarms is None or area_ha == 0:
        return np.zeros(1, dtype=np.int64), np.ones(1)
    p = alarms.area_ha / (alarms.area_ha + area_ha)
    if n <= _MOST_ONE_BY_ONE:
        k = np.arange(n + 1)
        log = gammaln(k + alarms.shape) - gammaln(k + 1) + k * math.log1p(-p)
        # More false alarms expected than there are boxes: what is left of their distribution, however little.
        weights = np.exp(log - log.max())
        kept = weights > _TAIL
        return k[kept], np.asarray(weights[kept] / weights[kept].sum())
    law = nbinom(alarms.shape, p)
    most = float(law.cdf(n))
    if most < _TAIL:
        return np.array([n]), np.ones(1)
    middles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    k, times = np.unique(law.ppf(middles * most).astype(np.int64), return_counts=True)
    return np.minimum(k, n), times / _QUANTILES


def _grid(n: int, found: Share) -> NDArray[Any]:
    """Numbers N to weigh: from 0 to where next to nothing is left, every one, or steps of a 5,000th of the way."""
    from scipy.special import betaincinv

    least = float(betaincinv(found.alpha - 1, found.beta, _TAIL))
    far = math.ceil((n + 1) / max(least, 1e-4) * 1.3 + 40)
    typical = math.ceil((n + 1) / found.mean * 50 + 400)
    return np.arange(0, min(far, typical) + 1, max(1, n // 5_000))


def _beta_negative_binomial(m: NDArray[Any], t: NDArray[Any], found: Share) -> NDArray[np.float64]:
    """P(m) of m things missed beside t found: beta negative binomial of t + 1, alpha - 1, beta; 0 below m = 0."""
    from scipy.special import betaln, gammaln

    a, b, r = found.alpha - 1, found.beta, t + 1.0
    good = np.maximum(m, 0)
    log = gammaln(r + good) - gammaln(good + 1) - gammaln(r) + betaln(a + r, b + good) - betaln(a, b)
    return np.where(m >= 0, np.exp(log), 0.0)
