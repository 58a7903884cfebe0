"""The scan of one run of images: did the level step beyond its drift, or shift and shift back; where, and how far?

The statistic is the Bayes factor of one shift against none: of a step that stays or, at odds of one to four, of an
episode that ends, averaged over every time between two images (uniformly over those that leave `LEAST_SEGMENT` images
on each side and within) and over the hyperparameters under the null's posterior weights (Barry & Hartigan 1993; Kass &
Raftery 1995, eq. 1). Its p-value is by simulation under drift without a shift (Davison & Hinkley 1997, eq. 4.11). It
learns nothing and says nothing in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.activity.breaks_kernel import averaged, refits, scan, statistics
from overlook.activity.design import Design
from overlook.activity.laplace import INDEX_DF, LOG_INDEX
from overlook.activity.posterior import Mixture
from overlook.activity.prior import HyperGrid, Prior
from overlook.activity.sensors import SHARED_ERRORS

Array = NDArray[np.float64]

#: Images that a segment needs on each side of a step.
LEAST_SEGMENT = 3
#: Made-up series under the null.
REPLICATES = 199
#: Times of a step that are tried in a made-up series, and refitted in full in the real one: the work is in proportion.
_MOST_CANDIDATES = 120
#: Prior probability that a shift is an episode: even odds would cost a step that stays without drift a quarter of its
#: power, none would leave an episode unseen, which looks like drift.
_EPISODE_SHARE = 0.2
#: Images between which an episode may begin and end: a square of it is tried.
_MOST_ENDS = 28
#: Points of the grid that are carried through the replicates: those of most weight.
_MOST_POINTS = 24
#: The grid: drift sd as powers of two of its median, the others in prior sds. 5 x 3 x 4 points; the decision tier's
#: finer one would cost the replicates seven times as much.
_DRIFT_POWERS = (-2.25, -1.0, 0.0, 1.0, 2.0)
_TIME_Z = (-1.3, 0.0, 1.5)
_DISPERSION_Z = (-1.2, 0.0, 1.2, 2.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Hyperparameters, each (g,), and the log of their prior mass."""

    drift_sd: Array
    correlation_time_d: Array
    dispersion_k: Array
    log_prior: Array

    def only(self, which: NDArray[np.int64]) -> Points:
        return Points(
            drift_sd=self.drift_sd[which],
            correlation_time_d=self.correlation_time_d[which],
            dispersion_k=self.dispersion_k[which],
            log_prior=self.log_prior[which],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """What may have happened: a step after image `candidates` (c,), or an episode between two of the images `ends`.

    `episodes` (e, 2) are places in `ends`; `log_share` (c + e,) the log of each shift's prior probability, given one.
    """

    candidates: NDArray[np.int64]
    ends: NDArray[np.int64]
    episodes: NDArray[np.int64]
    log_share: Array

    def images(self, episode: int) -> tuple[int, int]:
        """The last image before an episode, and the last within it."""
        first, last = self.ends[self.episodes[episode]]
        return int(first), int(last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One run of images, scanned.

    `statistic` is the log of the averaged Bayes factor; `log_bf` (g, c + e) those of each point and shift; `null`
    (g,) the points' posterior weights without a shift; `either` those averaged over no shift and one, at even odds.
    """

    design: Design
    points: Points
    step_sd: float
    shifts: Shifts
    log_bf: Array
    null: Array
    either: Array
    effects: Array
    effects_cov: Array
    statistic: float

    @property
    def episode(self) -> tuple[int, int] | None:
        """The likeliest episode's `Shifts.images`, where one is likelier than a step that stays."""
        steps = self.shifts.candidates.size
        joint = np.log(np.maximum(self.null, 1e-300))[:, None] + self.log_bf + self.shifts.log_share
        share = np.exp(joint - joint.max()).sum(axis=0)
        if share[steps:].sum() <= share[:steps].sum():
            return None
        return self.shifts.images(int(np.argmax(share[steps:])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Posterior over the candidates (c,), given that there is one step, and that of its size on the log scale."""

    candidates: NDArray[np.int64]
    weight: Array
    step: Mixture

    @property
    def best(self) -> int:
        """The image after which the step most likely came."""
        return int(self.candidates[int(np.argmax(self.weight))])

    def credible(self, level: float) -> tuple[int, int]:
        """(last image before, first after): the gaps of highest probability that hold `level`, and all between them."""
        order = np.argsort(-self.weight, kind="stable")
        n = int(np.searchsorted(np.cumsum(self.weight[order]), level - 1e-12)) + 1
        chosen = self.candidates[order[:n]]
        return int(chosen.min()), int(chosen.max()) + 1


def points(prior: Prior) -> Points:
    """The scan's own grid over the prior of drift and dispersion."""
    grid = HyperGrid(
        prior=prior,
        drift_sd=prior.drift_sd * 2.0 ** np.asarray(_DRIFT_POWERS),
        correlation_time_d=prior.correlation_time_d * np.exp(prior.correlation_time_logsd * np.asarray(_TIME_Z)),
        dispersion_k=prior.dispersion_k * np.exp(prior.dispersion_logsd * np.asarray(_DISPERSION_Z)),
    )
    sd, time, k = np.meshgrid(grid.drift_sd, grid.correlation_time_d, grid.dispersion_k, indexing="ij")
    return Points(
        drift_sd=sd.ravel(),
        correlation_time_d=time.ravel(),
        dispersion_k=k.ravel(),
        log_prior=grid.log_mass_scaled(1.0).ravel(),
    )


def shifts(candidates: NDArray[np.int64]) -> Shifts:
    """Steps and episodes, each uniform over the times it may come at."""
    ends = _thinned(candidates, _MOST_ENDS)
    first, last = np.nonzero(ends[None, :] - ends[:, None] >= LEAST_SEGMENT)
    episodes = np.ascontiguousarray(np.stack([first, last], axis=1)).astype(np.int64)
    share = _EPISODE_SHARE if episodes.size else 0.0
    log_share = np.full(candidates.size + len(episodes), math.log((1.0 - share) / candidates.size))
    log_share[candidates.size :] = math.log(share / len(episodes)) if episodes.size else 0.0
    return Shifts(candidates=candidates, ends=ends, episodes=episodes, log_share=log_share)


def scanned(design: Design, prior: Prior) -> Scan | None:
    """Scan one run of images; None when it is too short for a step with `LEAST_SEGMENT` images on each side."""
    candidates = np.arange(LEAST_SEGMENT - 1, design.y.size - LEAST_SEGMENT)
    if candidates.size == 0:
        return None
    every, tried = points(prior), shifts(candidates)
    step_prec = 1.0 / prior.step_sd**2
    log_ml, log_bf, effects, cov = scan(
        *_images(design), design.start_level, *_hyper(every), candidates, tried.ends, tried.episodes, step_prec
    )
    _, either = _weights(every, log_ml, log_bf + tried.log_share)
    kept = np.sort(np.argsort(-either, kind="stable")[:_MOST_POINTS])
    few = every.only(kept)
    null, either = _weights(few, log_ml[kept], log_bf[kept] + tried.log_share)
    return Scan(
        design=design,
        points=few,
        step_sd=prior.step_sd,
        shifts=tried,
        log_bf=log_bf[kept],
        null=null,
        either=either,
        effects=effects[kept],
        effects_cov=cov[kept],
        statistic=float(averaged(log_ml[kept], log_bf[kept], few.log_prior, tried.log_share)),
    )


def p_value(found: Scan, rng: np.random.Generator, *, replicates: int = REPLICATES) -> float:
    """(1 + how many made-up series without a step reach the statistic) / (1 + how many there are).

    Hyperparameters are drawn from `Scan.either`: fitted without a step they would take a real step for drift, fitted
    with one, drift for a step. Level and cycles are drawn from their posterior without a step; drift and the errors
    that a sensor's images share are drawn anew from what is assumed of them, for fitted without a step they would
    hold it. Image times, exposures and false alarms are the real ones. Every made-up series is fitted anew.
    """
    ys, levels = simulated(found, rng, replicates)
    tried, observed = found.shifts, found.statistic
    if tried.candidates.size > _MOST_CANDIDATES:
        tried = shifts(_thinned(tried.candidates, _MOST_CANDIDATES))
        observed = float(_statistics(found, found.design.y[None], np.array([found.design.start_level]), tried)[0])
    reach = _statistics(found, ys, levels, tried) >= observed - 1e-9
    return float(1 + reach.sum()) / (replicates + 1)


def simulated(found: Scan, rng: np.random.Generator, replicates: int) -> tuple[Array, Array]:
    """Series without a step at these images' times and exposures (replicates, n), and their log levels."""
    design, n, m = found.design, found.design.y.size, found.design.node_d.size
    at = rng.choice(found.either.size, size=replicates, p=found.either)
    root = np.linalg.cholesky(found.effects_cov + 1e-12 * np.eye(found.effects.shape[1]))
    effects = found.effects[at] + np.einsum("rij,rj->ri", root[at], rng.normal(size=(replicates, root.shape[1])))
    for c, name in enumerate(design.names):
        if name.startswith(SHARED_ERRORS):
            effects[:, c] = design.effect_sd[c] * rng.normal(size=replicates)
    drift = rng.normal(size=(replicates, m))
    for j in range(1, m):
        rho = np.exp(-design.gap_d[j - 1] / found.points.correlation_time_d[at])
        drift[:, j] = rho * drift[:, j - 1] + np.sqrt(1 - rho * rho) * drift[:, j]
    eta = found.points.drift_sd[at, None] * drift[:, design.node] + effects @ design.design.T
    k = found.points.dispersion_k[at, None]
    if design.family == LOG_INDEX:
        return eta + rng.standard_t(INDEX_DF, size=eta.shape) * np.sqrt(1.0 / k + design.extra_var), effects[:, 0]
    mean = np.exp(np.clip(eta + design.offset, -40.0, 25.0)) * rng.gamma(k, 1.0 / k, size=(replicates, n))
    return rng.poisson(mean + design.false_alarms).astype(np.float64), effects[:, 0]


def located(found: Scan) -> Located:
    """Full Laplace refits at every candidate (of more than 120, at the best by the scan), averaged over the points."""
    candidates = found.shifts.candidates
    if candidates.size > _MOST_CANDIDATES:
        rough = np.max(found.log_bf[:, : candidates.size] + np.log(np.maximum(found.null, 1e-300))[:, None], axis=0)
        candidates = np.sort(candidates[np.argsort(-rough, kind="stable")[:_MOST_CANDIDATES]])
    log_ml, mean, var = refits(
        *_images(found.design),
        found.design.start_level,
        *_hyper(found.points),
        candidates,
        1.0 / found.step_sd**2,
    )
    log_weight = log_ml + found.points.log_prior
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    seen = weight > 1e-8
    mixed = Mixture(weight=weight[seen] / weight[seen].sum(), mean=mean[seen], var=var[seen])
    return Located(candidates=candidates, weight=weight.sum(axis=1), step=mixed)


def _weights(at: Points, log_ml: Array, log_joint: Array) -> tuple[Array, Array]:
    """Posterior weights of the points without a shift, and averaged over none and one at even prior odds.

    `log_joint` (g, c + e): the log of each shift's Bayes factor times its prior probability.
    """
    top = log_joint.max(axis=1)
    log_mean_bf = top + np.log(np.exp(log_joint - top[:, None]).sum(axis=1))
    log_null = at.log_prior + log_ml
    log_either = np.logaddexp(log_null, log_null + log_mean_bf)
    null, either = np.exp(log_null - log_null.max()), np.exp(log_either - log_either.max())
    return null / null.sum(), either / either.sum()


def _thinned(candidates: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if candidates.size <= most:
        return candidates
    at = np.linspace(0, candidates.size - 1, most).round().astype(np.int64)
    return candidates[at]


def _statistics(found: Scan, ys: Array, levels: Array, tried: Shifts) -> Array:
    design = found.design
    what = (tried.candidates, tried.ends, tried.episodes, tried.log_share, 1.0 / found.step_sd**2)
    told: Array = statistics(
        design.family, ys, *_images(design)[2:], levels, *_hyper(found.points), found.points.log_prior, *what
    )
    return told


def _images(design: Design) -> tuple[int, Array, Array, Array, Array, NDArray[np.int64], Array, Array, Array]:
    """What the kernels take of a design, in their order."""
    columns = np.ascontiguousarray(design.design)
    return (
        design.family,
        design.y,
        design.offset,
        design.false_alarms,
        design.extra_var,
        design.node,
        columns,
        design.gap_d,
        1.0 / design.effect_sd**2,
    )


def _hyper(at: Points) -> tuple[Array, Array, Array]:
    return at.drift_sd, at.correlation_time_d, at.dispersion_k


def drift_told(found: Scan) -> tuple[float, float, float]:
    """Posterior means of drift sd, correlation time and (geometric) dispersion, averaged over none and one step."""
    return (
        float(found.either @ found.points.drift_sd),
        float(found.either @ found.points.correlation_time_d),
        math.exp(float(found.either @ np.log(found.points.dispersion_k))),
    )
