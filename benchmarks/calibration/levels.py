"""How sure must an interval be before "changed" is said? The rule against the rate of wrong calls, level by level.

    python -m benchmarks.calibration.levels [--share S | --quick] [--seed N]

Two rules at each level: "changed" when the interval of the ratio excludes 1 (Overlook's), and when it excludes all of
1/1.1 to 1.1 (a minimum-effect test: Murphy & Myors 1999, J. Applied Psychology 84; Wellek 2010, Testing Statistical
Hypotheses of Equivalence and Noninferiority). As in an answer, what half or twice the drift would turn is undetermined.
One fit serves all levels: the verdict is made again from its posterior, and checked against `answer` at .90.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from benchmarks.calibration.sites import MARGIN, NEAR, Regime, Site, ask, make
from benchmarks.calibration.tables import head, replicates, row, run_part, share

from activity.from_prior import designed
from overlook.activity import DEFAULT_PRIOR
from overlook.activity.posterior import fit

LEVELS = (0.80, 0.85, 0.90, 0.95, 0.975, 0.99)
IMAGES = ((13, 7), (27, 13), (40, 40), (110, 42))
DRIFTS = (("none", 1e-9), (".35, 14 d", 0.35))
ZONES = (("1", 0.0), ("1/1.1–1.1", NEAR))
#: What is asked: the true log ratio held exactly at it, or (None) left to fall as the drift has it.
TRUTHS = {"as it falls": None, "× 1.1": NEAR, "× 1.5": math.log(1.5), "× 2": math.log(2.0)}


class Call(NamedTuple):
    """-1 fell, 1 rose, 0 neither; and whether "about the same" holds."""

    changed: int
    same: bool


def calls(site: Site) -> dict[tuple[float, str], Call]:
    """The verdict of each level and rule."""
    posterior = fit(designed(site.counts, DEFAULT_PRIOR), DEFAULT_PRIOR)
    ends = [level for level in LEVELS for level in (0.5 - level / 2, 0.5 + level / 2)]
    bounds = {f: np.array(posterior.contrast(f).quantiles(*ends)).reshape(-1, 2) for f in (0.5, 1.0, 2.0)}
    found = {}
    for (name, zone), (i, level) in ((z, pair) for z in ZONES for pair in enumerate(LEVELS)):
        each = {f: of_interval(*bounds[f][i], zone) for f in bounds}
        flips = len({("changed" if c.changed else "same" if c.same else "") for c in each.values()}) > 1
        found[level, name] = Call(0, False) if flips else each[1.0]
    return found


def of_interval(low: float, high: float, zone: float) -> Call:
    changed = 1 if low > zone else -1 if high < -zone else 0
    return Call(changed, -math.log(MARGIN) < low and high < math.log(MARGIN))


def agrees(site: Site, found: dict[tuple[float, str], Call]) -> bool:
    answer, mine = ask(site), found[0.90, "1"]
    return (answer.verdict == "changed") == bool(mine.changed) and (
        answer.verdict == "same" or answer.also_same
    ) == mine.same


def main(seed: int, share_of_all: float) -> None:
    n = replicates(400, share_of_all)
    print(f"{n} sites a truth; rate 8, k 8, evenly spaced images, recall .6–.95 known to .03.\n")
    head(
        "drift", "images", "level", "excludes", "true ratio × 1.1: called", "as it falls, within 10%: called (n)",
        "of all", "called up, × 1.5", "× 2", "as it falls: same", "changed",
    )  # fmt: skip
    for i, (drift, sd) in enumerate(DRIFTS):
        for images in IMAGES:
            regime = Regime(drift_sd=sd, n=images)
            told: dict[str, list[dict[tuple[float, str], Call]]] = {}
            for t, (truth, log_ratio) in enumerate(TRUTHS.items()):
                rng = np.random.default_rng([seed, 5, i, *images, t])
                sites = [make(rng, regime, log_ratio=log_ratio) for _ in range(n)]
                told[truth] = [calls(site) for site in sites]
                assert all(agrees(site, found) for site, found in list(zip(sites, told[truth], strict=True))[:10])
                if log_ratio is None:
                    near = np.array([abs(site.log_ratio) < NEAR for site in sites])
            for level in LEVELS:
                for name, _ in ZONES:
                    row([drift, f"{images[0]} + {images[1]}", f"{level:g}", name, *cells(told, near, (level, name))])


def cells(told: dict[str, list[dict[tuple[float, str], Call]]], near: np.ndarray, rule: tuple[float, str]) -> list[str]:
    changed = {truth: np.array([found[rule].changed for found in each]) for truth, each in told.items()}
    falls = changed["as it falls"] != 0
    same = np.array([found[rule].same for found in told["as it falls"]])
    return [
        share(changed["× 1.1"] != 0),
        share(falls[near], of=True),
        share(falls & near),
        f"{(changed['× 1.5'] == 1).mean():.2f}",
        f"{(changed['× 2'] == 1).mean():.2f}",
        f"{same.mean():.2f}",
        f"{falls.mean():.2f}",
    ]


if __name__ == "__main__":
    run_part(main, __doc__)
