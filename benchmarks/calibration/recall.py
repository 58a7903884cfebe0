"""Can recall be estimated from repeated counts alone? The N-mixture (Royle 2004, Biometrics 60) where things move.

    python -m benchmarks.calibration.recall [--share S | --quick] [--seed N]

Overlook takes recall as declared, with its error, and never estimates it from counts. This is why: the estimate holds
where the very same things stand there at every visit, and nowhere else (Barker and others 2018, Biometrics 74; Link and
others 2018, Ecology 99). The code is scipy's and this file's; that it meets the published estimate is a test.
"""

from __future__ import annotations

import math

import numpy as np
from benchmarks.calibration.tables import head, replicates, row, run_part
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

SITES, VISITS, RATE, RECALL = 100, 4, 8.0, 0.8
#: Abundances summed over: beyond it an estimate of recall is as good as none.
MOST = 400
#: Share of things replaced from one visit to the next, and the sd of the level's drift between visits.
TRUTHS = (
    ("the same things at every visit", 0.0, 0.0),
    ("a tenth replaced between visits", 0.1, 0.0),
    ("half replaced between visits", 0.5, 0.0),
    ("the same, levels of sites differ by sd .35", 0.0, 0.35),
    ("all replaced, as vehicles of another week are", 1.0, 0.0),
    ("all replaced, levels drift by sd .35", 1.0, -0.35),
)


def visited(rng: np.random.Generator, replaced: float, sd: float) -> NDArray[np.int64]:
    """Counts (sites, visits). `sd` above zero: of sites' levels; below: of each visit's level."""
    u = abs(sd) * rng.normal(size=(SITES, VISITS))
    level = RATE * np.exp(u if sd < 0 else np.broadcast_to(u[:, :1], u.shape))
    there = np.empty((SITES, VISITS), dtype=np.int64)
    there[:, 0] = rng.poisson(level[:, 0])
    for visit in range(1, VISITS):
        stays = rng.binomial(there[:, visit - 1], 1 - replaced)
        there[:, visit] = stays + rng.poisson(replaced * level[:, visit])
    return rng.binomial(there, RECALL)


def estimated(y: NDArray[np.int64]) -> tuple[float, float]:
    """Maximum-likelihood rate and recall: N ~ Poisson(rate) at each site, y ~ Binomial(N, recall) at each visit."""
    n = np.arange(MOST + 1)[None, :]
    ways = np.zeros((SITES, MOST + 1))
    for visit in range(VISITS):
        rest = n - y[:, visit, None]
        choose = gammaln(n + 1) - gammaln(y[:, visit, None] + 1) - gammaln(np.maximum(rest, 0) + 1)
        ways += np.where(rest >= 0, choose, -np.inf)
    ways -= gammaln(n + 1)
    counted, total = y.sum(axis=1)[:, None], VISITS * n

    def minus_log(theta: NDArray[np.float64]) -> float:
        rate, found = math.exp(theta[0]), 1 / (1 + math.exp(-theta[1]))
        # Mean abundance found is well told: its product with recall is the first parameter, recall the second.
        log_rate = math.log(rate / found)
        terms = ways + n * log_rate - rate / found + counted * math.log(found)
        terms += np.where(ways > -np.inf, (total - counted) * math.log1p(-found), 0.0)
        top = terms.max(axis=1, keepdims=True)
        return -float((top[:, 0] + np.log(np.exp(terms - top).sum(axis=1))).sum())

    start = [math.log(max(y.mean(), 0.1)), 0.5]
    bounds = [(-5.0, 6.0), (-3.5, 6.0)]
    best = minimize(minus_log, start, method="L-BFGS-B", bounds=bounds).x
    recall = 1 / (1 + math.exp(-best[1]))
    return math.exp(best[0]) / recall, recall


def main(seed: int, share: float) -> None:
    n = replicates(40, share, least=4)
    print(f"{SITES} sites, {VISITS} visits, {RATE:g} vehicles on average, recall {RECALL}; {n} such surveys.\n")
    head("what stands there", "recall estimated: median (5%–95%)", "vehicles estimated: median")
    for i, (words, replaced, sd) in enumerate(TRUTHS):
        rng = np.random.default_rng([seed, 11, i])
        found = np.array([estimated(visited(rng, replaced, sd)) for _ in range(n)])
        low, middle, high = np.quantile(found[:, 1], (0.05, 0.5, 0.95))
        row([words, f"{middle:.2f} ({low:.2f}–{high:.2f})", f"{np.median(found[:, 0]):.1f}"])


if __name__ == "__main__":
    run_part(main, __doc__)
