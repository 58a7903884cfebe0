"""The power curve that a report draws, against simulation: is a change called, and "the same" shown, as often as drawn?

    python -m benchmarks.power_curve [--sites 200] [--seed 20186]

For each kind of site, new sites are made whose true ratio is exactly that of the row (0, 1, 1.645, 2.486 and 3.5 times
the median posterior sd of the log ratio). "drawn": the mean over those sites of the chance that each one's own curve
gives; "called": the share whose interval excludes 1. For "the same" the true ratio is 1 and the margin is e to the
power of 2.3, 2.926 and 3.8 such sds. The Monte-Carlo error of a share is at most .035 with 200 sites.
"""

from __future__ import annotations

import argparse
import math
from statistics import fmean, median

import benchmarks.calibration  # noqa: F401  (puts the tests' made-up series on the path)
import numpy as np
from benchmarks.calibration.sites import Regime, ask, make

from overlook.activity.curves import chance_changed, chance_same
from overlook.terms import EventFinding

LEVEL = 0.90
TRUTHS = (("none", {"drift_sd": 1e-9}), (".35, 14 d", {}))
IMAGES = ((7, 3), (10, 10), (27, 13), (40, 40))
CHANGES = (0.0, 1.0, 1.645, 2.486, 3.5)
MARGINS = (2.3, 2.926, 3.8)


def answers(regime: Regime, log_ratio: float, n: int, seed: list[int]) -> list[EventFinding]:
    rng = np.random.default_rng(seed)
    found = [ask(make(rng, regime, log_ratio=log_ratio)) for _ in range(n)]
    return [f for f in found if f.density is not None and f.ratio is not None]


def changed(found: list[EventFinding], log_ratio: float) -> str:
    drawn = fmean(chance_changed(math.exp(log_ratio), f.density.log_sd, LEVEL) for f in found)
    called = fmean(not f.ratio.low <= 1 <= f.ratio.high for f in found)
    return f"{drawn:.2f} / {called:.2f}"


def same(found: list[EventFinding], log_margin: float) -> str:
    margin = math.exp(log_margin)
    drawn = fmean(chance_same(margin, f.density.log_sd, LEVEL) for f in found)
    shown = fmean(1 / margin < f.ratio.low and f.ratio.high < margin for f in found)
    return f"{drawn:.2f} / {shown:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20186)
    args = parser.parse_args()
    heads = [f"change of {c:g} sd" for c in CHANGES] + [f"margin of {m:g} sd" for m in MARGINS]
    print("| drift | images | sd | " + " | ".join(heads) + " |\n" + "|---" * (3 + len(heads)) + "|")
    for name, truth in TRUTHS:
        for images in IMAGES:
            regime = Regime(n=images, **truth)
            seed = [args.seed, *images, round(10 * regime.drift_sd)]
            level = answers(regime, 0.0, args.sites, [*seed, 0])
            sd = median(f.density.log_sd for f in level)
            cells = [changed(level, 0.0)]
            for i, c in enumerate(CHANGES[1:], 1):
                cells.append(changed(answers(regime, c * sd, args.sites, [*seed, i]), c * sd))
            cells += [same(level, m * sd) for m in MARGINS]
            print(f"| {name} | {images[0]} + {images[1]} | {sd:.2f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
