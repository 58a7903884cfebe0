"""Other methods beside Overlook's, at matched false alarms.

    python -m benchmarks.calibration.peers [--share S | --quick] [--seed N]

Each statistic's threshold is its own .90 quantile over series of the very same truth without a step, which no analyst
has; the share called at the nominal .10 is beside it, where a method has one. Steps are on top of the drift. A date
that nobody declared is a table of `benchmarks/breaks.py`. statsmodels, ruptures and Rbeast come with `make env-study`;
what is absent is said and left out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from datetime import timedelta

import breaks_power as scanning
import numpy as np
from benchmarks.calibration.sites import Site, ask
from benchmarks.calibration.tables import error, head, replicates, row, run_part, share

from activity.drifting import AT_EVENT, drifting
from overlook.activity.few import conditional_poisson_p
from overlook.terms import Count

try:
    import statsmodels.api as sm
except ImportError:
    sm = None

DRIFTS = (("none", 1e-6), (".35, 14 d", 0.35))
IMAGES = ((27, 13), (40, 40))
STEPS = (math.log(1.5), math.log(2.0))
#: A statistic, larger for a clearer change; and the p-value that its method would print, if it has one.
Peer = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, float | None]]


def naive_poisson(y: np.ndarray, after: np.ndarray, _days: np.ndarray) -> tuple[float, float]:
    """Exact conditional test of the two sums, as if counts were Poisson about two levels."""
    p = conditional_poisson_p(int(y[~after].sum()), int(y[after].sum()), float((~after).sum()), float(after.sum()))
    rates = [max(y[side].sum(), 0.5) / side.sum() for side in (~after, after)]
    spread = math.sqrt(sum(1 / max(y[side].sum(), 0.5) for side in (~after, after)))
    return abs(math.log(rates[1] / rates[0])) / spread, p


def quasi_poisson(y: np.ndarray, after: np.ndarray, _days: np.ndarray) -> tuple[float, float]:
    fitted = sm.GLM(y, sm.add_constant(after.astype(float)), family=sm.families.Poisson()).fit(scale="X2", use_t=True)
    return abs(float(fitted.tvalues[1])), float(fitted.pvalues[1])


def negative_binomial(y: np.ndarray, after: np.ndarray, _days: np.ndarray) -> tuple[float, float]:
    """Dispersion by maximum likelihood; Wald test of the step. Where that does not converge, the Poisson limit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = sm.NegativeBinomial(y, sm.add_constant(after.astype(float))).fit(disp=0, maxiter=100)
    if not (fitted.mle_retvals["converged"] and np.isfinite(fitted.tvalues[1])):
        fitted = sm.GLM(y, sm.add_constant(after.astype(float)), family=sm.families.Poisson()).fit()
    return abs(float(fitted.tvalues[1])), float(fitted.pvalues[1])


def least_squares(y: np.ndarray, after: np.ndarray, _days: np.ndarray) -> tuple[float, None]:
    """Gain in ruptures' L2 cost of the square roots for a change at the declared date."""
    cost = scanning.ruptures.costs.CostL2().fit(np.sqrt(y)[:, None])
    at, n = int((~after).sum()), y.size
    return float(cost.error(0, n) - cost.error(0, at) - cost.error(at, n)), None


def beast_at_the_date(y: np.ndarray, _after: np.ndarray, days: np.ndarray) -> tuple[float, None]:
    """Posterior probability of a break within ten days of the declared date."""
    trend = scanning.beast(y, days).trend
    times = np.linspace(days.min(), days.max(), len(trend.cpOccPr))
    return float(np.nansum(np.asarray(trend.cpOccPr)[np.abs(times) <= 10])), None


def overlook_of(counts: list[Count]) -> dict[str, tuple[float, float | None]]:
    """Ours: the ratio by how sure its side is, the step by its p-value."""
    found = ask(Site(counts=tuple(counts), log_ratio=0.0, log_step=0.0))
    assert found.step is not None
    assert found.p_above_one is not None
    away = min(found.p_above_one, 1 - found.p_above_one)
    log_z = math.log(found.step.estimate) / (math.log(found.step.high / found.step.low) / 3.29)
    return {
        "Overlook, ratio": (-math.log(max(2 * away, 1e-300)), min(2 * away, 1.0)),
        "Overlook, step": (abs(log_z), 0.0 if not found.step.low <= 1 <= found.step.high else 1.0),
    }


def peers() -> dict[str, Peer]:
    found: dict[str, Peer] = {"naive Poisson ratio": naive_poisson}
    if sm is not None:
        found |= {"quasi-Poisson GLM": quasi_poisson, "negative binomial, no drift": negative_binomial}
    if scanning.ruptures is not None:
        found["ruptures, L2 at the date"] = least_squares
    if scanning.Rbeast is not None:
        found["Rbeast, within 10 days"] = beast_at_the_date
    return found


def one(
    rng: np.random.Generator, images: tuple[int, int], sd: float, step: float
) -> dict[str, tuple[float, float | None]]:
    counts, _ = drifting(rng, *images, drift_sd=sd, step=step)
    y = np.array([c.count for c in counts], dtype=float)
    days = np.array([(c.when.start - AT_EVENT.start) / timedelta(days=1) for c in counts])
    return overlook_of(counts) | {name: peer(y, days > 0, days) for name, peer in peers().items()}


def matched(null: np.ndarray, found: np.ndarray, alpha: float) -> str:
    power = scanning.matched(null, found, alpha)
    return f"{power:.3f} ({error(power, found.size):.3f})"


def declared(seed: int, n: int) -> None:
    print(f"A declared date: rate 8, k 8, random days of 120 and 45; {n} series without a step, {n // 2} with each.\n")
    head("drift", "images", "method", "false alarms at nominal .10", "power × 1.5, matched .10", "× 2, matched .10")
    for i, (words, sd) in enumerate(DRIFTS):
        for images in IMAGES:
            groups = []
            for s, (step, size) in enumerate(((0.0, n), *((step, n // 2) for step in STEPS))):
                rng = np.random.default_rng([seed, 7, i, *images, s])
                groups.append([one(rng, images, sd, step) for _ in range(size)])
            for method in groups[0][0]:
                statistic = [np.array([told[method][0] for told in group]) for group in groups]
                nominal = [told[method][1] for told in groups[0]]
                cells = ["–" if nominal[0] is None else share(np.array(nominal, dtype=float) <= 0.10)]
                cells += [matched(statistic[0], each, 0.10) for each in statistic[1:]]
                row([words, f"{images[0]} + {images[1]}", method, *cells])


def main(seed: int, share_of_all: float) -> None:
    absent = [
        n for n, m in (("statsmodels", sm), ("ruptures", scanning.ruptures), ("Rbeast", scanning.Rbeast)) if m is None
    ]
    if absent:
        print(f"Not installed, and left out: {', '.join(absent)} (`make env-study`).\n")
    declared(seed, replicates(400, share_of_all, least=20))


if __name__ == "__main__":
    run_part(main, __doc__)
