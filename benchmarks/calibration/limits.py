"""What `missed` names against simulation: is the smallest ratio called, the smallest margin shown, four times in five?

    python -m benchmarks.calibration.limits [--share S | --quick] [--seed N]

For each kind of site the medians of what is named are taken, and new sites made whose true ratio is exactly that (for
the margin: exactly 1).
"""

from __future__ import annotations

import math

import numpy as np
from benchmarks.calibration.sites import Regime, ask, make
from benchmarks.calibration.tables import head, replicates, row, run_part, share

TRUTHS = (
    ("none", {"drift_sd": 1e-9}),
    (".35, 14 d", {}),
    (".7, 14 d", {"drift_sd": 0.7}),
)
IMAGES = ((7, 3), (10, 10), (27, 13), (40, 40))


def main(seed: int, share_of_all: float) -> None:
    n = replicates(200, share_of_all, least=10)
    head(
        "drift",
        "images",
        "smallest ratio up (median)",
        "called at it (goal .80)",
        "smallest margin",
        '"same" within it (.80)',
    )
    for name, truth in TRUTHS:
        for images in IMAGES:
            regime = Regime(n=images, **truth)

            def answers(which: int, log_ratio: float | None, regime: Regime = regime) -> list[object]:
                rng = np.random.default_rng([seed, 6, *regime.n, round(10 * regime.drift_sd), which])
                return [ask(make(rng, regime, log_ratio=log_ratio)) for _ in range(n)]

            plain = [f.missed for f in answers(1, None) if f.missed.smallest_margin]
            up = float(np.median([m.smallest_ratio_up for m in plain]))
            margin = float(np.median([m.smallest_margin for m in plain]))
            risen = [f.ratio is not None and f.ratio.low > 1 for f in answers(2, math.log(up))]
            level = [f.ratio for f in answers(3, 0.0)]
            same = [r is not None and 1 / margin < r.low and r.high < margin for r in level]
            row([name, f"{images[0]} + {images[1]}", f"× {up:.2f}", share(risen), f"{margin:.2f}", share(same)])


if __name__ == "__main__":
    run_part(main, __doc__)
