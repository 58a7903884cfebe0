"""Calibration of the event answer on simulated sites that drift: the table of docs/explanation/pattern-of-life.md.

    python benchmarks/calibration_subset.py [--limits] [--replicates 300] [--seed 20181]

Truth: OU drift on the log scale, gamma-mixed Poisson counts on random days of windows of 120 and 45 days. Seeds used
while the method was being chosen were below 1000; the default here was used once, for the table.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.drifting import AT_EVENT, SERIES, drifting  # noqa: I001

from overlook.activity import pattern_row
from overlook.terms import Plan

MARGIN = 1.25
PLAN = Plan(margin=MARGIN)
SCENARIOS = (
    ("drift .35, 14 d", {"drift_sd": 0.35}),
    ("no drift", {"drift_sd": 1e-6}),
    ("drift .7, 14 d", {"drift_sd": 0.7}),
    ("drift .35, 60 d", {"drift_sd": 0.35, "correlation_time_d": 60.0}),
    ("rate 1", {"rate": 1.0}),
    ("rate 300, k 100", {"rate": 300.0, "k": 100.0}),
)
IMAGES = ((3, 3), (13, 7), (27, 13), (40, 40), (110, 42))


def one(rng: np.random.Generator, n: tuple[int, int], step: float, truth: dict[str, float]) -> dict[str, float]:
    counts, ratio = drifting(rng, *n, step=step, **truth)
    row = pattern_row(SERIES, counts, event=AT_EVENT, plan=PLAN)
    told = row["ratio"]
    if told is None:
        return {}
    return {
        "true": math.log(ratio),
        "covers": told["low"] <= ratio <= told["high"],
        "width": math.log(told["high"] / told["low"]),
        "changed": row["verdict"] == "changed",
        "same": row["verdict"] == "same" or row["also_same"],
        "exploratory": row["exploratory"],
        "step_covers": row["step"]["low"] <= math.exp(step) <= row["step"]["high"],
        "excludes": not row["step"]["low"] <= 1 <= row["step"]["high"],
    }


def share(values: np.ndarray) -> str:
    return "–" if values.size == 0 else f"{values.mean():.2f} ({values.size})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20181)
    parser.add_argument("--limits", action="store_true", help="what could have been missed, against simulation")
    parser.add_argument("--scenarios", type=int, default=len(SCENARIOS))
    args = parser.parse_args()
    started = time.perf_counter()
    if args.limits:
        print(LIMITS_HEAD)
        for name, truth in (SCENARIOS[1], SCENARIOS[0], SCENARIOS[2]):
            for n in ((10, 10), (27, 13), (40, 40)):
                print(limits(name, truth, n, args.seed, args.replicates), flush=True)
    else:
        print(HEAD)
        for name, truth in SCENARIOS[: args.scenarios]:
            for n in IMAGES:
                for step in (0.0, math.log(2.0)):
                    rng = np.random.default_rng([args.seed, len(name), *n, round(step * 10)])
                    rows = [r for r in (one(rng, n, step, truth) for _ in range(args.replicates)) if r]
                    columns = {key: np.array([r[key] for r in rows]) for key in rows[0]}
                    print(line(f"{name} | {n[0]} + {n[1]} | x {math.exp(step):.0f}", columns), flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s", file=sys.stderr)


def line(head: str, c: dict[str, np.ndarray]) -> str:
    """One row: coverage and width, the two wrong calls (given the truth; of all sites), verdicts, step."""
    near, beyond = np.abs(c["true"]) < math.log(1.1), np.abs(c["true"]) > math.log(MARGIN)
    cells = [
        f"{c['covers'].mean():.2f}",
        f"{np.median(c['width']):.2f}",
        f"{share(c['changed'][near])}; {(c['changed'] & near).mean():.2f}",
        f"{share(c['same'][beyond])}; {(c['same'] & beyond).mean():.2f}",
        f"{c['changed'].mean():.2f}",
        f"{c['same'].mean():.2f}",
        f"{c['exploratory'].mean():.2f}",
        f"{c['step_covers'].mean():.2f}",
        f"{c['excludes'].mean():.2f}",
    ]
    return f"| {head} | {' | '.join(cells)} |"


def limits(name: str, truth: dict[str, float], n: tuple[int, int], seed: int, replicates: int) -> str:
    """How often what `missed` names is called, at the median of what it names, the true ratio held at exactly that."""
    plain = [asked(n, truth, (seed, 1, i), None) for i in range(replicates)]
    up = math.log(float(np.median([r["missed"]["smallest_ratio_up"] for r in plain])))
    margin = float(np.median([r["missed"]["smallest_margin"] for r in plain]))
    changed = [asked(n, truth, (seed, 2, i), up)["ratio"]["low"] > 1 for i in range(replicates)]
    level = [asked(n, truth, (seed, 3, i), 0.0)["ratio"] for i in range(replicates)]
    same = [1 / margin < r["low"] and r["high"] < margin for r in level]
    head = f"| {name} | {n[0]} + {n[1]} | x {math.exp(up):.2f}"
    return f"{head} | {np.mean(changed):.2f} | {margin:.2f} | {np.mean(same):.2f} |"


def asked(n: tuple[int, int], truth: dict[str, float], seed: tuple[int, ...], ratio: float | None) -> dict[str, Any]:
    """The row of one site whose true log ratio is `ratio` (None: as it falls)."""
    _, fallen = drifting(np.random.default_rng(seed), *n, **truth)
    step = 0.0 if ratio is None else ratio - math.log(fallen)
    counts, _ = drifting(np.random.default_rng(seed), *n, step=step, **truth)
    return pattern_row(SERIES, counts, event=AT_EVENT, plan=PLAN)


LIMITS_HEAD = """| truth | images | smallest ratio up (median) | called at it | smallest margin | "same" within it |
|---|---|---|---|---|---|"""

HEAD = """| truth | images | step | ratio covers | median width (log) | changed though within 10%: of those (n); all \
| same though beyond 1.25: of those (n); all | changed | same | exploratory | step covers | step excludes 1 |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


if __name__ == "__main__":
    main()
