"""Series drawn from the model's own prior, and where the truth falls in what is told of them: simulation-based
calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, arXiv:1804.06788), for tests and the calibration study.

If parameters are drawn from the prior and counts from them, the truth's rank in its posterior is uniform, whatever the
images were. Here the rank is among infinitely many draws: the posterior's distribution function at the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from activity.drifting import EVENT, SERIES, count
from overlook.activity import Prior
from overlook.activity.design import Design, build
from overlook.activity.posterior import Mixture, Posterior, fit
from overlook.activity.series import to_days, usable
from overlook.terms import Count

BEFORE_D, AFTER_D = 120, 45
AT = to_days(EVENT)
#: What is ranked, in the order of the arrays below.
RANKED = ("log ratio", "step", "log rate")
BINS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Images a side, and how they see: clear spells with part of the zone hidden, a declared recall with its sd (0 is
    none declared), expected false alarms."""

    before: int
    after: int
    clouded: bool = False
    recall: float | None = None
    recall_sd: float = 0.0
    false_alarms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSeries:
    """Counts, and the truth of each quantity of RANKED."""

    counts: tuple[Count, ...]
    truth: NDArray[np.float64]


def image_days(rng: np.random.Generator, images: Images) -> NDArray[np.int64]:
    """Days after the event (before it: negative), in order: random ones, or those of clear spells of some days."""
    while True:
        clear = np.ones(BEFORE_D + AFTER_D, dtype=bool)
        if images.clouded:
            # A clear day is followed by a cloudy one with .25, a cloudy one by a clear one with .2: clear .44 of days.
            turns, clear[0] = rng.random(clear.size), rng.random() < 0.44
            for d in range(1, clear.size):
                clear[d] = turns[d] >= 0.25 if clear[d - 1] else turns[d] < 0.2
        before, after = np.flatnonzero(clear[:BEFORE_D]), np.flatnonzero(clear[BEFORE_D:])
        if before.size >= images.before and after.size >= images.after:
            chosen = [
                np.sort(rng.choice(before, images.before, replace=False)) - BEFORE_D,
                np.sort(rng.choice(after, images.after, replace=False)),
            ]
            return np.concatenate(chosen)


def designed(counts: tuple[Count, ...] | list[Count], prior: Prior) -> Design:
    """The design of the event question with windows of 120 and 45 days."""
    record = usable(SERIES, counts)
    return build(record, prior, numerator=(AT, AT + AFTER_D), denominator=(AT - BEFORE_D, AT), after_d=AT)


def draw_series(rng: np.random.Generator, prior: Prior, images: Images) -> DrawnSeries:
    """Hyperparameters, effects, drift and counts, all from the model under `prior`."""
    days = image_days(rng, images)
    visible = rng.uniform(0.3, 1.0, days.size) if images.clouded else np.ones(days.size)
    seen = [
        count(
            d + 0.5,
            1,
            visible_fraction=float(v),
            detection_probability=images.recall,
            detection_probability_sd=images.recall_sd,
            false_alarms=images.false_alarms,
        )
        for d, v in zip(days, visible, strict=True)
    ]
    design = designed(seen, prior)
    sigma = prior.drift_sd * math.exp(prior.drift_sd_logsd * rng.normal())
    tau = prior.correlation_time_d * math.exp(prior.correlation_time_logsd * rng.normal())
    k = prior.dispersion_k * math.exp(prior.dispersion_logsd * rng.normal())
    u = np.empty(design.node_d.size)
    noise, rho = rng.normal(size=u.size), np.exp(-design.gap_d / tau)
    u[0] = sigma * noise[0]
    for j in range(1, u.size):
        u[j] = rho[j - 1] * u[j - 1] + sigma * math.sqrt(1 - rho[j - 1] ** 2) * noise[j]
    effects = design.effect_sd * rng.normal(size=design.effect_sd.size)
    level = np.exp(u + design.level_design @ effects)
    means = (level @ design.days) / design.days.sum(axis=0)
    expected = np.exp(u[design.node] + design.design @ effects + design.offset)
    y = rng.poisson(expected * rng.gamma(k, 1.0 / k, expected.size) + design.false_alarms)
    truth = [math.log(means[0] / means[1]), effects[design.names.index("step")], effects[design.names.index("level")]]
    return DrawnSeries(
        counts=tuple(replace(c, count=int(n)) for c, n in zip(seen, y, strict=True)), truth=np.array(truth)
    )


def told(posterior: Posterior) -> tuple[Mixture, ...]:
    """The posterior of each quantity of RANKED."""
    return posterior.contrast(), posterior.effect("step"), posterior.effect("level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Of N series: `rank` (N, 3) in [0, 1], the truth's place in its posterior; `width` (N, 3) of the 90% intervals;
    `called` (N, 3), -1 or 1 where that interval lies below or above zero; `truth` (N, 3); `mean_count` (N,), counted an
    image beyond the expected false alarms."""

    rank: NDArray[np.float64]
    width: NDArray[np.float64]
    called: NDArray[np.float64]
    truth: NDArray[np.float64]
    mean_count: NDArray[np.float64]

    def chi_square_p(self, which: int) -> float:
        """p-value of Pearson's chi-square of the ranks over 20 bins of equal probability."""
        from scipy.stats import chisquare

        inside = np.minimum((self.rank[:, which] * BINS).astype(int), BINS - 1)
        return float(chisquare(np.bincount(inside, minlength=BINS)).pvalue)

    def covers(self, which: int, level: float = 0.90) -> float:
        return float(np.mean(np.abs(self.rank[:, which] - 0.5) <= level / 2))

    def found(self, which: int, least: float) -> tuple[float, int]:
        """Of the series whose truth is beyond `least` in size: the share called on its side, and how many there are."""
        large = np.abs(self.truth[:, which]) > least
        if not large.any():
            return math.nan, 0
        hit = self.called[large, which] == np.sign(self.truth[large, which])
        return float(hit.mean()), int(large.sum())


def ranks(
    rng: np.random.Generator, n: int, images: Images, *, truth: Prior, asked: Prior, least: float | None = None
) -> Ranks:
    """`n` series drawn under `truth` and fitted under `asked`. Series on which nothing was counted (with `least`: fewer
    an image, beyond the expected false alarms) are drawn again: choosing by the counts alone alters no rank's
    distribution, and what is told of nothing is no ratio."""
    rows = []
    while len(rows) < n:
        drawn = draw_series(rng, truth, images)
        mean_count = float(np.mean([c.count - c.visible_fraction * c.false_alarms for c in drawn.counts]))
        if not any(c.count for c in drawn.counts) or (least is not None and mean_count < least):
            continue
        parts = told(fit(designed(drawn.counts, asked), asked))
        bounds = np.array([part.quantiles(0.05, 0.95) for part in parts])
        place = [float(part.cdf(np.array([x]))[0]) for part, x in zip(parts, drawn.truth, strict=True)]
        called = (bounds[:, 0] > 0).astype(float) - (bounds[:, 1] < 0)
        rows.append((place, bounds[:, 1] - bounds[:, 0], called, drawn.truth, mean_count))
    rank, width, called_all, truths, means = (np.array(column) for column in zip(*rows, strict=True))
    return Ranks(rank=rank, width=width, called=called_all, truth=truths, mean_count=means)


def holm(p_values: NDArray[np.float64] | list[float]) -> NDArray[np.float64]:
    """Holm (1979): p-values adjusted for the family that they are."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    stepped = np.maximum.accumulate((p.size - np.arange(p.size)) * p[order])
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
