"""How often several series, answered together, are called changed or the same when they are not, and when they are.

Made-up sites of six series that share their images and part of their drift (correlation 0, .5, .9), with known true
ratios; their first two, first four and all six are answered together. Prints the tables
of docs/explanation/composite.md.

    python benchmarks/composite.py [--sites N] [--seed S] [--table N]
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np

from overlook.activity import answer, together
from overlook.terms import Count, Event, EventFinding, Plan, Question, Series, instant

EVENT = Event(id="e", name="e", during=instant(datetime(2018, 6, 12, tzinfo=UTC)))
BEFORE_D, AFTER_D = 120, 45
N_BEFORE, N_AFTER = 40, 30
RATE, K, DRIFT_SD, TIME_D = 8.0, 8.0, 0.35, 14.0
PLAN = Plan(margin=1.5, before_days=BEFORE_D, after_days=AFTER_D)
MOST, SIZES, CORRELATIONS = 6, (2, 4, 6), (0.0, 0.5, 0.9)
ALPHA = 1.0 - PLAN.level

#: True ratios of the six series (None: whatever drift makes of them, without a step), and the columns that tell.
SCENARIOS: dict[str, tuple[tuple[float, ...] | None, tuple[str, ...]]] = {
    "No change: every true ratio is 1": (
        (1.0,) * MOST,
        ("any wrongly, together", "any wrongly, each alone", "changed, Hommel", "changed, pooled", "same, together"),
    ),
    "Drift alone, no step": (None, ("p at or under .10", "any wrongly, together", "any wrongly, each alone")),
    "One series at the margin's edge (1.5), the others at 1: *same* is false": (
        (1.5, *(1.0,) * (MOST - 1)),
        ("same, together", "same, first alone", "same, pooled"),
    ),
    "One series up by 40%, the others at 1": (
        (1.4, *(1.0,) * (MOST - 1)),
        ("changed, together", "changed, Hommel", "first, together", "first, alone", "changed, pooled", "same, pooled"),
    ),
    "Every series up by a quarter": (
        (1.25,) * MOST,
        ("changed, together", "changed, Hommel", "first, alone", "changed, pooled"),
    ),
}


def drawn(rng: np.random.Generator, correlation: float, ratios: tuple[float, ...] | None):
    """Counts (6, images) on shared days, and the true ratios (6,) of mean levels over all days."""
    days = BEFORE_D + AFTER_D
    own, shared = (ou(rng, n, days) for n in (MOST, 1))
    level = RATE * np.exp(math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own)
    true = level[:, BEFORE_D:].mean(axis=1) / level[:, :BEFORE_D].mean(axis=1)
    if ratios is not None:
        level[:, BEFORE_D:] *= (np.asarray(ratios) / true)[:, None]
        true = np.asarray(ratios)
    before = np.sort(rng.choice(BEFORE_D, N_BEFORE, replace=False))
    after = BEFORE_D + np.sort(rng.choice(AFTER_D, N_AFTER, replace=False))
    seen = np.concatenate([before, after])
    return seen, rng.poisson(level[:, seen] * rng.gamma(K, 1 / K, (MOST, seen.size))), true


def ou(rng: np.random.Generator, n: int, days: int):
    """(n, days) stationary Ornstein-Uhlenbeck paths, by the exact recursion."""
    u = np.empty((n, days))
    u[:, 0] = rng.normal(size=n) * DRIFT_SD
    rho = math.exp(-1.0 / TIME_D)
    for d in range(1, days):
        u[:, d] = rho * u[:, d - 1] + DRIFT_SD * math.sqrt(1 - rho**2) * rng.normal(size=n)
    return u


def asked(zone: str, seen, counts) -> EventFinding:
    series = Series(site="s", zone=zone, cls="vehicle")
    start = EVENT.during.start - timedelta(days=BEFORE_D)
    observations = [
        Count(series=series, when=instant(start + timedelta(days=float(d) + 0.5)), count=int(n))
        for d, n in zip(seen, counts, strict=True)
    ]
    question = Question(kind="event", series=series, event=EVENT.id)
    finding = answer(question, observations, event=EVENT, events=(EVENT,), plan=PLAN)
    assert isinstance(finding, EventFinding)
    return finding


def hommel_calls(members: list[EventFinding]) -> bool:
    """Hommel's closed test (1988) of the same tails, for comparison."""
    from statsmodels.stats.multitest import multipletests

    tails = [
        1.0 if f.exploratory else min(1.0, 2 * min(f.p_above_one or 0.0, 1 - (f.p_above_one or 0.0))) for f in members
    ]
    return bool(multipletests(tails, alpha=ALPHA, method="hommel")[0].any())


def told(findings: list[EventFinding], true, pooled: EventFinding) -> dict[str, bool]:
    """What each way of answering says of one site."""
    found = together(findings, plan=PLAN)
    alone = [f.verdict == "changed" for f in findings]
    # Within 10% of 1 a called change is false, as for one series.
    unchanged = [abs(math.log(r)) <= math.log(1.1) for r in true]
    changed = [m.verdict == "changed" for m in found.members]
    return {
        "any wrongly, together": any(c and u for c, u in zip(changed, unchanged, strict=True)),
        "any wrongly, each alone": any(a and u for a, u in zip(alone, unchanged, strict=True)),
        "p at or under .10": found.p_value is not None and found.p_value <= ALPHA,
        "changed, together": found.verdict == "changed",
        "changed, Hommel": hommel_calls(findings),
        "first, together": changed[0],
        "first, alone": alone[0],
        "changed, pooled": pooled.verdict == "changed",
        "same, together": found.verdict == "same" or found.also_same,
        "same, first alone": findings[0].verdict == "same" or findings[0].also_same,
        "same, pooled": pooled.verdict == "same" or pooled.also_same,
    }


def study(sites: int, seed: int, table: int | None) -> None:
    print(
        f"{sites} sites a row, {N_BEFORE} images in {BEFORE_D} days before and {N_AFTER} in {AFTER_D} after, shared by"
    )
    print(
        f"all series; level {RATE:g}, k {K:g}, drift sd {DRIFT_SD}, {TIME_D:g} days; margin {PLAN.margin}; seed {seed}."
    )
    print("Shares of sites; Monte-Carlo error of .10 is", f"{math.sqrt(0.09 / sites):.3f}.")
    for s, (name, (ratios, columns)) in enumerate(SCENARIOS.items()):
        if table not in (None, s + 1):
            continue
        print(f"\n### {name}\n")
        print("| correlation | series |", " | ".join(columns), "|")
        print("|---|---|" + "---|" * len(columns))
        for c, correlation in enumerate(CORRELATIONS):
            tally: dict[int, dict[str, int]] = {size: defaultdict(int) for size in SIZES}
            for site in range(sites):
                rng = np.random.default_rng([seed, s, c, site])
                seen, counts, true = drawn(rng, correlation, ratios)
                findings = [asked(f"z{i}", seen, counts[i]) for i in range(MOST)]
                for size in SIZES:
                    pooled = asked("all", seen, counts[:size].sum(axis=0))
                    for what, yes in told(findings[:size], true[:size], pooled).items():
                        tally[size][what] += yes
            for size in SIZES:
                shares = " | ".join(f"{tally[size][what] / sites:.2f}" for what in columns)
                print(f"| {correlation:g} | {size} | {shares} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=int, help="print this one of the tables alone: 1 to 5")
    given = parser.parse_args()
    begun = time.perf_counter()
    study(given.sites, given.seed, given.table)
    print(f"\n{time.perf_counter() - begun:.0f} s on one core.")
