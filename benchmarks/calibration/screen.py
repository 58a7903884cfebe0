"""Simulation-based calibration of the screen tier: where the truth falls in its quantiles.

    python -m benchmarks.calibration.screen [--share S | --quick] [--seed N]

The screen tells of a step and of the rate before with the prior's drift allowed for (`step`, `level`), and of the step
as if the site did not drift (`step_without_drift`); it tells of no ratio of means. The first two are ranked among
series that drift as the prior says, the third among series that do not drift. The last rows are a control that must
fail: the step without an allowance, at sites that drift.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from benchmarks.calibration.ranked import Line, show
from benchmarks.calibration.sbc import DESIGNS, POPULATIONS, START, learned_from
from benchmarks.calibration.tables import replicates, run_part
from scipy.stats import chisquare

from activity.from_prior import BINS, RANKED, Images, draw_series
from overlook.activity import Prior, screen_sites
from overlook.activity.series import to_days

FROZEN = replace(START, name="no drift", origin="the simulation", drift_sd=1e-6, drift_sd_logsd=0.01)
#: The quantiles asked for: the edges of the ranks' bins, .05 and .95 among them.
EDGES = tuple(i / BINS for i in range(1, BINS))
STEP, RATE = RANKED.index("step"), RANKED.index("log rate")


def told(
    rng: np.random.Generator, n: int, images: Images, truth: Prior, asked: Prior
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Quantiles of each quantity (t, 19) of `n` series drawn under `truth`, the truths (t, 3), mean counts (t,)."""
    drawn = [draw_series(rng, truth, images) for _ in range(n)]
    size = images.before + images.after
    every = [c for series in drawn for c in series.counts]
    found = screen_sites(
        np.arange(n + 1) * size,
        [to_days(c.when.start) for c in every],
        [c.count for c in every],
        [c.visible_fraction * (c.detection_probability or 1.0) for c in every],
        [c.visible_fraction * c.false_alarms for c in every],
        np.tile(np.arange(size) >= images.before, n),
        prior=asked,
        probabilities=EDGES,
        shared=np.zeros(n * size, dtype=np.int64),
        shared_logsd=np.full(n * size, images.recall_sd / images.recall if images.recall else 0.0),
    )
    truths = np.array([drawn[i].truth for i in found.told])
    beyond = np.array([c.count - c.visible_fraction * c.false_alarms for c in every]).reshape(n, size).mean(axis=1)
    quantiles = {"step": found.step, "step, no drift": found.step_without_drift, "log rate": found.level}
    return quantiles, truths, beyond[found.told]


def lines(
    name: str, prior: str, what: str, quantiles: np.ndarray, truth: np.ndarray, counted: np.ndarray, *, control: bool
) -> list[Line]:
    shown = []
    for words, kept in (("≥ 1", counted >= 1), ("< 1", counted < 1)):
        q, t = quantiles[kept], truth[kept]
        if t.size < 10:
            continue
        bins = (q < t[:, None]).sum(axis=1)
        low, high = q[:, 0], q[:, -1]
        large = np.abs(t) > math.log(1.5)
        called = np.where(t > 0, low > 0, high < 0)[large]
        is_step = what.startswith("step")
        shown.append(
            Line(
                images=name,
                prior=prior,
                counted=words,
                quantity=what,
                n=t.size,
                p=float(chisquare(np.bincount(bins, minlength=BINS)).pvalue),
                covers=float(np.mean((low <= t) & (t <= high))),
                width=float(np.median(high - low)),
                called=float(called.mean()) if is_step and large.any() else math.nan,
                n_large=int(large.sum()) if is_step else 0,
                is_control=control,
            )
        )
    return shown


def main(seed: int, share: float) -> None:
    n = replicates(4000, share, least=100)
    shown: list[Line] = []
    for i, (name, images) in enumerate(DESIGNS.items()):
        rng = np.random.default_rng([seed, 9, i])
        quantiles, truths, counted = told(rng, n, images, START, START)
        for what, column in (("step", STEP), ("log rate", RATE)):
            shown += lines(name, "declared", what, quantiles[what], truths[:, column], counted, control=False)
        if images == DESIGNS["27 + 13"]:
            bare = quantiles["step, no drift"]
            controls = lines(name, "control: no allowance", "step", bare, truths[:, STEP], counted, control=True)
        what = "step, no drift"
        quantiles, truths, counted = told(rng, n, images, FROZEN, START)
        shown += lines(name, "declared", what, quantiles[what], truths[:, STEP], counted, control=False)
    images = DESIGNS["27 + 13"]
    for code, (name, population) in enumerate(POPULATIONS.items()):
        rng = np.random.default_rng([seed, 10, code])
        prior = learned_from(rng, population, images)
        quantiles, truths, counted = told(rng, n, images, population, prior)
        words = (f"27 + 13, {name}", "learned from 100 others", "step")
        shown += lines(*words, quantiles["step"], truths[:, STEP], counted, control=False)
    show([*shown, *controls])


if __name__ == "__main__":
    run_part(main, __doc__)
