"""The event answer over rates, dispersions, numbers of images, clouds and drift: coverage, wrong calls, power.

    python -m benchmarks.calibration.regimes [--share S | --quick] [--seed N]

Every regime is asked of sites of four truths: no step; the true ratio exactly at the margin's edge (up or down); a step
of x 1.5; one of x 2. Coverage and width are over all four. Detection is drawn from .6 to .95, and declared with an
error. Then regimes beyond what the prior expects. None of this tells the model what was simulated: the prior is the
declared one.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from benchmarks.calibration.sites import MARGIN, NEAR, Regime, Told, ask, make, told
from benchmarks.calibration.tables import head, median, replicates, row, run_part, share

RATES, DISPERSIONS, DRIFTS = (0.5, 2.0, 8.0, 40.0), (2.0, 8.0, math.inf), (1e-9, 0.35)
IMAGES = {10: (7, 3), 20: (13, 7), 40: (27, 13)}
BEYOND = (
    ("3 + 3 images", Regime(n=(3, 3))),
    ("40 + 40 images", Regime(n=(40, 40))),
    ("110 + 42 images", Regime(n=(110, 42))),
    ("drift .7, 14 d; 27 + 13", Regime(drift_sd=0.7)),
    ("drift .7, 14 d; 40 + 40", Regime(drift_sd=0.7, n=(40, 40))),
    ("drift .35, 60 d; 27 + 13", Regime(correlation_time_d=60.0)),
    ("drift .35, 60 d; 40 + 40", Regime(correlation_time_d=60.0, n=(40, 40))),
    ("drift .35, 60 d; 110 + 42", Regime(correlation_time_d=60.0, n=(110, 42))),
    ("rate 300, k 100, no drift, all found; 40 + 40", Regime(rate=300, k=100, drift_sd=1e-9, n=(40, 40), recall=None)),
    ("rate 300, k 100, all found; 110 + 42", Regime(rate=300, k=100, n=(110, 42), recall=None)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One regime's answers under each truth, each an array of Told."""

    regime: Regime
    level: np.ndarray
    edge: np.ndarray
    half_more: np.ndarray
    doubled: np.ndarray

    @property
    def every(self) -> np.ndarray:
        return np.concatenate([self.level, self.edge, self.half_more, self.doubled])


def measured(regime: Regime, n: int, seed: tuple[int, ...]) -> Cell:
    rng = np.random.default_rng(seed)
    edges = [math.log(MARGIN) * (1 if i % 2 else -1) for i in range(n)]

    def answers(steps: list[dict[str, float]]) -> np.ndarray:
        rows = []
        for truth in steps:
            site = make(rng, regime, **truth)
            rows.append(told(site, ask(site)))
        return np.array(rows, dtype=Told)

    return Cell(
        regime=regime,
        level=answers([{"step": 0.0}] * n),
        edge=answers([{"log_ratio": edge} for edge in edges]),
        half_more=answers([{"step": math.log(1.5)}] * n),
        doubled=answers([{"step": math.log(2.0)}] * n),
    )


COLUMNS = (
    "90% interval of ratio covers", "median width (log)", "step alarms, none there",
    "changed though within 10%: of all", "of those within 10% (n)", "same though beyond × 1.25: of all",
    '"same" at the edge', "ratio called up, × 1.5", "× 2", "step found, × 1.5", "× 2", "exploratory", "no ratio told",
)  # fmt: skip


def columns(cells: list[Cell], *, errors: bool) -> list[str]:
    """What the cells say together. `errors`: with the Monte-Carlo error of each share."""
    every = np.concatenate([cell.every for cell in cells])
    level, edge, half_more, doubled = (
        np.concatenate([getattr(cell, name) for cell in cells]) for name in ("level", "edge", "half_more", "doubled")
    )
    answered = every[every["answered"]]
    near, beyond = np.abs(level["truth"]) < NEAR, np.abs(level["truth"]) > math.log(MARGIN)

    def told_of(hits: np.ndarray) -> str:
        return share(hits) if errors else (f"{hits.mean():.2f}" if hits.size else "–")

    return [
        told_of(answered["covers"]),
        median(answered["width"]),
        told_of(level["step_excludes"]),
        told_of(level["changed"] & near),
        share(level["changed"][near], of=True),
        told_of(level["same"] & beyond),
        told_of(edge["same"]),
        told_of(half_more["up"]),
        told_of(doubled["up"]),
        told_of(half_more["step_up"]),
        told_of(doubled["step_up"]),
        f"{every['exploratory'].mean():.2f}",
        f"{1 - every['answered'].mean():.2f}",
    ]


def drift_words(regime: Regime) -> str:
    return "none" if regime.drift_sd < 1e-6 else ".35, 14 d"


def by_factor(cells: list[Cell]) -> None:
    """One factor at a time, over all the others."""
    factors = (
        ("all regimes", lambda _: ""),
        ("rate", lambda r: f"{r.rate:g}"),
        ("k", lambda r: "∞" if math.isinf(r.k) else f"{r.k:g}"),
        ("images", lambda r: f"{r.n[0]} + {r.n[1]}"),
        ("seen", lambda r: "clear spells, .3–1 visible" if r.clouded else "even"),
        ("drift", drift_words),
    )
    head("over", "", *COLUMNS)
    for name, value_of in factors:
        for value in dict.fromkeys(value_of(cell.regime) for cell in cells):
            members = [cell for cell in cells if value_of(cell.regime) == value]
            row([name, value, *columns(members, errors=True)])


def each(cells: list[Cell]) -> None:
    head("rate", "k", "images", "seen", "drift", *COLUMNS)
    for cell in cells:
        r = cell.regime
        k = "∞" if math.isinf(r.k) else f"{r.k:g}"
        seen = "spells" if r.clouded else "even"
        row([f"{r.rate:g}", k, f"{r.n[0]} + {r.n[1]}", seen, drift_words(r), *columns([cell], errors=False)])


def main(seed: int, share_of_all: float) -> None:
    n = replicates(150, share_of_all)
    grid = itertools.product(RATES, DISPERSIONS, IMAGES.values(), (False, True), DRIFTS)
    cells = [
        measured(Regime(rate=rate, k=k, n=images, clouded=clouded, drift_sd=sd), n, (seed, 3, i))
        for i, (rate, k, images, clouded, sd) in enumerate(grid)
    ]
    print(f"Sites a regime and truth: {n}. One factor at a time (Monte-Carlo errors in brackets):\n")
    by_factor(cells)
    print(f"\nEach regime (the error of a share of .9 of all truths is {math.sqrt(0.09 / (4 * n)):.3f},")
    print(f"of a share of .1 of one truth {math.sqrt(0.09 / n):.3f}):\n")
    each(cells)
    more = replicates(200, share_of_all)
    print(f"\nBeyond them (rate 8, k 8, drift .35, 14 d, even, unless said; {more} sites a truth):\n")
    head("", *COLUMNS)
    for i, (name, regime) in enumerate(BEYOND):
        row([name, *columns([measured(regime, more, (seed, 4, i))], errors=True)])


if __name__ == "__main__":
    run_part(main, __doc__)
