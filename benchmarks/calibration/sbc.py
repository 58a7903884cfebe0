"""Simulation-based calibration of the decision tier: where the truth falls in its posterior.

    python -m benchmarks.calibration.sbc [--share S | --quick] [--seed N]

Parameters are drawn from the prior, counts from the model with them; over many such series the truth's rank in its
posterior is uniform (Talts and others 2018). Twice: under the declared prior, and under priors learned on other sites
than those that are asked. The last rows are controls that must fail: the same series, fitted without drift.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from benchmarks.calibration.ranked import Line, show
from benchmarks.calibration.tables import replicates, run_part

from activity.drifting import AT_EVENT
from activity.from_prior import RANKED, Images, Ranks, draw_series, ranks
from overlook.activity import DEFAULT_PRIOR, Prior, learn_prior
from overlook.terms import Count, Series

#: A rate is drawn with it: log-sd 2 about one vehicle, since sites of e^5 vehicles ask nothing of the method.
START = replace(DEFAULT_PRIOR, level_sd=2.0)
NO_DRIFT = replace(START, name="no drift", origin="control", drift_sd=1e-3, drift_sd_logsd=0.01)
POPULATIONS = {
    "drift .35, 14 d": replace(START, name="population", drift_sd_logsd=0.5, correlation_time_logsd=0.5),
    "drift .15, 14 d": replace(START, name="population", drift_sd=0.15, drift_sd_logsd=0.5, correlation_time_logsd=0.5),
    "drift .35, 60 d": replace(
        START, name="population", correlation_time_d=60.0, drift_sd_logsd=0.5, correlation_time_logsd=0.5
    ),
}
DESIGNS = {
    "7 + 3": Images(before=7, after=3),
    "13 + 7": Images(before=13, after=7),
    "27 + 13": Images(before=27, after=13),
    "40 + 40": Images(before=40, after=40),
    "13 + 7, clear spells, .3–1 visible, recall .8 (sd .05)": Images(
        before=13, after=7, clouded=True, recall=0.8, recall_sd=0.05
    ),
    "27 + 13, clear spells, .3–1 visible, recall .8 (sd .05)": Images(
        before=27, after=13, clouded=True, recall=0.8, recall_sd=0.05
    ),
    "27 + 13, one false alarm an image": Images(before=27, after=13, recall=0.8, recall_sd=0.05, false_alarms=1.0),
}
FLEET = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Ranks of one design under one prior."""

    name: str
    prior: str
    found: Ranks


def of_mean_count(found: Ranks, least: float, most: float) -> Ranks:
    """Only series with so many counted an image. Chosen by their counts alone, so ranks stay uniform if they were."""
    kept = (found.mean_count >= least) & (found.mean_count < most)
    return Ranks(
        rank=found.rank[kept],
        width=found.width[kept],
        called=found.called[kept],
        truth=found.truth[kept],
        mean_count=found.mean_count[kept],
    )


def declared(seed: int, n: int) -> list[Run]:
    return [
        Run(
            name=name,
            prior="declared",
            found=ranks(np.random.default_rng([seed, 1, i]), n, images, truth=START, asked=START),
        )
        for i, (name, images) in enumerate(DESIGNS.items())
    ]


def learned(seed: int, n: int) -> list[Run]:
    """Up to six fleets a population, each teaching a prior that is asked of its part of the (other) sites."""
    images, fleets = DESIGNS["27 + 13"], max(1, min(6, n // 100))
    runs = []
    for code, (name, population) in enumerate(POPULATIONS.items()):
        parts = []
        for f in range(fleets):
            rng = np.random.default_rng([seed, 2, code, f])
            prior = learned_from(rng, population, images)
            parts.append(ranks(rng, max(1, n // fleets), images, truth=population, asked=prior))
        runs.append(Run(name=f"27 + 13, {name}", prior=f"learned from {FLEET} others", found=together(parts)))
    return runs


def learned_from(rng: np.random.Generator, population: Prior, images: Images) -> Prior:
    fleet: dict[Series, tuple[Count, ...]] = {}
    for i in range(FLEET):
        series = Series(site=f"site {i:03d}", zone="yard", cls="vehicle")
        fleet[series] = tuple(replace(c, series=series) for c in draw_series(rng, population, images).counts)
    return learn_prior(fleet, start=START, name="fleet", event=AT_EVENT).prior


def together(parts: list[Ranks]) -> Ranks:
    def joined(column: Callable[[Ranks], np.ndarray]) -> np.ndarray:
        return np.concatenate([column(part) for part in parts])

    return Ranks(
        rank=joined(lambda r: r.rank),
        width=joined(lambda r: r.width),
        called=joined(lambda r: r.called),
        truth=joined(lambda r: r.truth),
        mean_count=joined(lambda r: r.mean_count),
    )


def controls(seed: int, n: int) -> list[Run]:
    images = DESIGNS["27 + 13"]
    found = ranks(np.random.default_rng([seed, 1, 2]), n, images, truth=START, asked=NO_DRIFT)
    return [Run(name="27 + 13", prior="control: no drift in the model", found=found)]


def lines(run: Run) -> list[Line]:
    """Each quantity, of series with much and with little counted."""
    shown = []
    for words, least, most in (("≥ 1", 1.0, math.inf), ("< 1", -math.inf, 1.0)):
        found = of_mean_count(run.found, least, most)
        n = found.rank.shape[0]
        for which, quantity in enumerate(RANKED):
            if n < 10:
                continue
            called, n_large = found.found(which, math.log(1.5)) if quantity != "log rate" else (math.nan, 0)
            shown.append(
                Line(
                    images=run.name,
                    prior=run.prior,
                    counted=words,
                    quantity=quantity,
                    n=n,
                    p=found.chi_square_p(which),
                    covers=found.covers(which),
                    width=float(np.median(found.width[:, which])),
                    called=called,
                    n_large=n_large,
                    is_control=run.prior.startswith("control"),
                )
            )
    return shown


def main(seed: int, share: float) -> None:
    n = replicates(2000, share, least=60)
    show([line for run in (*declared(seed, n), *learned(seed, n), *controls(seed, n)) for line in lines(run)])


if __name__ == "__main__":
    run_part(main, __doc__)
