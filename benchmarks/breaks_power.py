"""Power of the step scan beside ruptures and Rbeast, over regimes: rises and falls apart. A part of `breaks.py`.

Truth: images of one site, OU drift on the log scale, gamma-mixed Poisson counts, a step of x 2 or / 2 on top of the
drift at a gap drawn evenly from those with three images on each side. "Matched" holds every statistic to its own 95%
quantile on series of the very same truth without a step, which no analyst has. "drift known" is the Bayes factor at the
true drift and dispersion, "not fitted" that at the medians of the prior, whatever the truth. The peers: gain in L2 cost
of ruptures' best single change (Dynp) in counts, in rates (counts over what of them could be seen) and in their
square roots (Anscombe 1948); Rbeast's probability of a change of trend. What the command says is a table of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from activity.drifting import SERIES, count
from overlook.activity import DEFAULT_PRIOR
from overlook.activity.breaks_kernel import averaged, scan
from overlook.activity.breaks_scan import (
    LEAST_SEGMENT,
    REPLICATES,
    Scan,
    _images,
    located,
    p_value,
    scanned,
    simulated,
)
from overlook.activity.design import build
from overlook.activity.series import usable
from overlook.terms import Count

try:
    import ruptures
except ImportError:
    ruptures = None
try:
    import Rbeast
except ImportError:
    Rbeast = None

IMAGES = 80
NO_DRIFT, DRIFT = {"drift_sd": 1e-6, "tau_d": 14.0}, {"drift_sd": 0.35, "tau_d": 14.0}
STEPS = {"rise": math.log(2.0), "fall": -math.log(2.0)}
#: Images that an episode holds, and its log size.
EPISODE_IMAGES, EPISODE = 20, math.log(3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """When the site is seen and how well. `visible`, `recall`: of each image, even between the two numbers."""

    words: str
    days: int = 160
    every_d: int = 0
    is_cloudy: bool = False
    visible: tuple[float, float] = (1.0, 1.0)
    recall: tuple[float, float] = (1.0, 1.0)

    def draw(self, rng: np.random.Generator, images: int) -> np.ndarray:
        """Days with an image: every so many, or at random, under cloud in the five of eight spells that are clear."""
        if self.every_d:
            return np.arange(0, self.days, self.every_d)
        days = np.arange(self.days)
        if self.is_cloudy:
            spells = self.days // 8
            days = np.flatnonzero(np.repeat(rng.permutation(spells) < spells // 2 + spells // 8, 8))
        return np.sort(rng.choice(days, images, replace=False))


EVEN = Looks(words="160 days")
WEEKLY = Looks(words="560 days, weekly", days=560, every_d=7)
DIM = Looks(
    words="160 days, clear spells, visible and recall vary", is_cloudy=True, visible=(0.3, 1.0), recall=(0.6, 0.95)
)
DIM_LONG = replace(DIM, words="560 days, clear spells, visible and recall vary", days=560)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One made-up series: what was counted, the share of it that could be, its days, and the first image after."""

    counts: list[Count]
    y: np.ndarray
    exposure: np.ndarray
    days: np.ndarray
    first_after: int


def site(
    rng: np.random.Generator,
    *,
    drift_sd: float,
    tau_d: float,
    step: float = 0.0,
    lasts: int | None = None,
    looks: Looks = EVEN,
    images: int = IMAGES,
    rate: float = 8.0,
    k: float = 8.0,
) -> Made:
    """`step` on top of the drift, for `lasts` images or, where that is None, from then on."""
    days = looks.draw(rng, images)
    u = np.empty(looks.days)
    u[0], rho = rng.normal(), math.exp(-1.0 / tau_d)
    for d in range(1, looks.days):
        u[d] = rho * u[d - 1] + math.sqrt(1 - rho * rho) * rng.normal()
    first_after = int(rng.integers(LEAST_SEGMENT, days.size - LEAST_SEGMENT - (lasts or 0) + 1))
    since = np.arange(days.size) - first_after
    level = rate * np.exp(drift_sd * u[days] + step * ((since >= 0) & (since < (lasts or days.size))))
    mixed = rng.gamma(k, 1.0 / k, days.size) if math.isfinite(k) else np.ones(days.size)
    visible, recall = (rng.uniform(*span, days.size) for span in (looks.visible, looks.recall))
    y = rng.poisson(visible * recall * level * mixed)
    counts = [
        count(d + 0.5, n, visible_fraction=float(v), detection_probability=float(r))
        for d, n, v, r in zip(days, y, visible, recall, strict=True)
    ]
    return Made(counts=counts, y=y.astype(float), exposure=visible * recall, days=days + 0.5, first_after=first_after)


def scan_of(made: Made) -> Scan:
    record = usable(SERIES, made.counts)
    found = scanned(build(record, DEFAULT_PRIOR, numerator=(record.time_d[0], record.time_d[0])), DEFAULT_PRIOR)
    assert found is not None
    return found


def at_hyper(found: Scan, drift_sd: float, tau_d: float, k: float) -> float:
    """The log of the Bayes factor averaged over gaps, at this drift and dispersion."""
    hyper = [np.array([x]) for x in (max(drift_sd, 0.01), tau_d, min(k, 1000.0))]
    tried = found.shifts
    what = (tried.candidates, tried.ends, tried.episodes, 1.0 / found.step_sd**2)
    log_ml, log_bf, _, _ = scan(*_images(found.design), found.design.start_level, *hyper, *what)
    return float(averaged(log_ml, log_bf, np.zeros(1), tried.log_share))


def gain(x: np.ndarray) -> float:
    """What ruptures' best single change saves in L2 cost."""
    at = ruptures.Dynp(model="l2", min_size=LEAST_SEGMENT, jump=1).fit(x[:, None]).predict(1)[0]
    cost = ruptures.costs.CostL2().fit(x[:, None])
    return float(cost.error(0, len(x)) - cost.error(0, at) - cost.error(at, len(x)))


def scale_free(levels: np.ndarray) -> np.ndarray:
    """The gain of each row's square roots over the cost it leaves: an analyst without the truth has no other unit."""
    x = np.sqrt(levels)
    n, sums = x.shape[1], np.cumsum(x, axis=1)
    first = np.arange(LEAST_SEGMENT, n - LEAST_SEGMENT + 1)
    before, total = sums[:, first - 1], sums[:, -1:]
    saved = (before**2 / first + (total - before) ** 2 / (n - first) - total**2 / n).max(axis=1)
    return saved / np.maximum((x**2).sum(axis=1) - total[:, 0] ** 2 / n - saved, 1e-12)


def beast(y: np.ndarray, days: np.ndarray) -> Any:
    """Zhao and others 2019: at most one break of the trend, no season, times put together by twos or by weeks."""
    apart = 7.0 if np.ptp(days) > 300 else 2.0
    return Rbeast.beast_irreg(
        np.sqrt(y).astype(float), time=days, deltat=apart, season="none", tcp_minmax=[0, 1], mcmc_seed=1,
        mcmc_samples=2000, mcmc_chains=2, mcmc_burnin=200, quiet=True, print_progress=False, print_options=False,
    )  # fmt: skip


def statistics_of(made: Made, *, drift_sd: float, tau_d: float, k: float) -> dict[str, float]:
    found, rates = scan_of(made), made.y / made.exposure
    p = DEFAULT_PRIOR
    told = {
        "scan": found.statistic,
        "drift known": at_hyper(found, drift_sd, tau_d, k),
        "not fitted": at_hyper(found, p.drift_sd, p.correlation_time_d, p.dispersion_k),
    }
    if ruptures is not None:
        told |= {"L2, counts": gain(made.y), "L2, rates": gain(rates)}
        told["L2, Anscombe"] = gain(np.sqrt((made.y + 0.375) / made.exposure))
    if Rbeast is not None:
        chance = float(np.asarray(beast(rates, made.days - made.days[0]).trend.ncpPr)[1])
        told["Rbeast"] = chance if math.isfinite(chance) else 0.0  # a few series in a thousand get no answer
    return told


def matched(null: np.ndarray, found: np.ndarray, alpha: float) -> float:
    """Power of the test that calls exactly `alpha` of `null`; at the threshold itself by lot, so ties cost nothing."""
    at = np.quantile(null, 1 - alpha, method="inverted_cdf")
    lot = (alpha - np.mean(null > at)) / np.mean(null == at)
    return float(np.mean(found > at) + lot * np.mean(found == at))


def cells() -> list[tuple[Looks, float, float, str, dict[str, float]]]:
    """Looks, rate, dispersion, and drift, of every row."""
    drifts = (("none", NO_DRIFT), (".35, 14 d", DRIFT))
    even = [(EVEN, rate, 8.0) for rate in (0.5, 2.0, 8.0, 40.0)] + [(EVEN, 8.0, k) for k in (2.0, math.inf)]
    others = [(WEEKLY, 8.0, 8.0), (DIM, 8.0, 8.0), (DIM_LONG, 8.0, 8.0)]
    return [(*cell, *drift) for cell in even + others for drift in drifts]


def regimes(seed: int, n: int) -> None:
    """The table of power at matched false alarms: n series without a step, n / 2 with each."""
    absent = [name for name, found in (("ruptures", ruptures), ("Rbeast", Rbeast)) if found is None]
    if absent:
        print(f"Not installed, and left out: {', '.join(absent)} (`make env-study`).\n")
    print(f"{IMAGES} images; {n} series without a step, {n // 2} with each; power for x 2 / for a halving.\n")
    totals: dict[tuple[str, str], list[float]] = {}
    for i, (looks, rate, k, drift, truth) in enumerate(cells()):
        groups = []
        for j, step in enumerate((0.0, *STEPS.values())):
            rng = np.random.default_rng([seed, 5, i, j])
            made = (site(rng, step=step, looks=looks, rate=rate, k=k, **truth) for _ in range(n if j == 0 else n // 2))
            groups.append([statistics_of(each, k=k, **truth) for each in made])
        if i == 0:
            names = list(groups[0][0])
            print(f"| images over | rate | k | drift | {' | '.join(names)} |\n|---|---|---|---|{'---|' * len(names)}")
        row = []
        for name in names:
            null, *steps = (np.array([told[name] for told in group]) for group in groups)
            up, down = (matched(null, found, 0.05) for found in steps)
            row.append(f"{up:.2f} / {down:.2f}")
            totals.setdefault((drift, name), []).append((up + down) / 2)
        print(f"| {looks.words} | {rate:g} | {k:g} | {drift} | {' | '.join(row)} |", flush=True)
    for drift in dict.fromkeys(drift for drift, _ in totals):
        means = " | ".join(f"{np.mean(totals[drift, name]):.2f}" for name in names)
        print(f"| mean of all, rises and falls | | | {drift} | {means} |")


def commanded(rng: np.random.Generator, sites: int, **truth: Any) -> dict[str, np.ndarray]:
    """A column for each answer, a row for each site; what is told of a break is NaN where none was found."""
    rows = []
    for i in range(sites):
        made = site(rng, **truth)
        found = scan_of(made)
        p = p_value(found, rng)
        told = [math.nan] * 3
        if truth.get("step") and not truth.get("lasts") and p <= 0.05:
            where = located(found)
            last, after = where.credible(0.9)
            low, high = where.step.quantiles(0.05, 0.95)
            told = [last < made.first_after <= after, made.days[after] - made.days[last], low <= truth["step"] <= high]
        rows.append([p, l2_p(found, made.y / made.exposure, i), *told])
    return dict(zip(("p", "l2_p", "covers", "width", "sized"), np.array(rows, dtype=float).T, strict=True))


def l2_p(found: Scan, level: np.ndarray, seed: int) -> float:
    """A p-value for the scale-free gain from the made-up series that the scan's comes from."""
    made_up, _ = simulated(found, np.random.default_rng(seed), REPLICATES)
    reach = scale_free(made_up / np.exp(found.design.offset)) >= scale_free(level[None])[0]
    return float(1 + reach.sum()) / (REPLICATES + 1)


def said(seed: int, n: int) -> None:
    """What the command says at p <= .05, rate 8, k 8; `n` series without a step, 3 n / 8 with each."""
    print(
        "| truth | step | p <= .05 | L2, same nulls | between covers (n) "
        "| median width, days | ratio covers |\n|---|---|---|---|---|---|---|"
    )
    asked: dict[str, dict[str, Any]] = {"none": {}} | {name: {"step": step} for name, step in STEPS.items()}
    asked["episode"] = {"step": EPISODE, "lasts": EPISODE_IMAGES}
    for i, (words, truth) in enumerate((("no drift", NO_DRIFT), ("drift .35, 14 d", DRIFT))):
        for j, (name, what) in enumerate(asked.items()):
            rng = np.random.default_rng([seed, 6, i, j])
            rows = commanded(rng, n if j == 0 else 3 * n // 8, **what, **truth)
            row = [words, name]
            row += [f"{np.mean(rows[c] <= 0.05):.2f}" for c in ("p", "l2_p")]
            found = ~np.isnan(rows["covers"])
            covers, width, sized = (rows[c][found] for c in ("covers", "width", "sized"))
            row += ["–"] * 3
            if found.any():
                row[-3:] = [f"{covers.mean():.2f} ({found.sum()})", f"{np.median(width):.0f}", f"{sized.mean():.2f}"]
            print(f"| {' | '.join(row)} |", flush=True)
