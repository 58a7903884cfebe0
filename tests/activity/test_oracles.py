"""Our numbers beside published ones and independent code: exact Poisson intervals, equivalence, GLMs, N-mixtures.

The published numbers are those of the shared oracles (unmarked, TOSTER, PASS, statsmodels' own tests). In the limit of
no drift, a dispersion known to be Poisson and flat priors, our answers must be theirs, but for what is stated.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from activity.drifting import EVENT, SERIES, count, drifting
from activity.from_prior import designed
from overlook.activity import Prior, answer, describe
from overlook.activity.missed import POWER, information, z
from overlook.activity.posterior import Mixture, fit
from overlook.terms import Count, Event, EventFinding, Plan, Question, instant
from shared import SHARED, needs

#: No drift, Poisson counts, priors that say nothing, no weekend.
POISSON = Prior(
    name="Poisson", origin="test", drift_sd=1e-4, drift_sd_logsd=0.01, correlation_time_logsd=0.01, dispersion_k=1e7,
    dispersion_logsd=1e-4, level_sd=100.0, step_sd=100.0, weekend_sd=1e-4,
)  # fmt: skip
#: The same, its dispersion to be found from the counts.
DISPERSED = Prior(
    name="dispersed", origin="test", drift_sd=1e-4, drift_sd_logsd=0.01, correlation_time_logsd=0.01, dispersion_k=20.0,
    dispersion_logsd=1.0, level_sd=100.0, step_sd=100.0, weekend_sd=1e-4,
)  # fmt: skip


def oracle(name: str) -> dict[str, str]:
    with (SHARED / "oracles" / "oracles.csv").open() as file:
        return next(row for row in csv.DictReader(file) if row["id"] == name)


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"[-+]?\d+\.\d+|(?<![\w.])\d+(?![\w.])", text)]


def spread(total: int, images: int) -> list[int]:
    """`total` things on `images` images, evenly: all that Poisson counts of one level tell is their sum."""
    return [total // images + (i < total % images) for i in range(images)]


def asked(before: Sequence[int], after: Sequence[int], *, after_share: float = 1.0) -> list[Count]:
    """Counts of the days next to the event; `after_share` of the zone visible after it."""
    return [
        *(count(i - len(before) + 0.5, n) for i, n in enumerate(before)),
        *(count(i + 0.5, n, visible_fraction=after_share) for i, n in enumerate(after)),
    ]


def log_ratio(counts: list[Count], prior: Prior = POISSON) -> Mixture:
    return fit(designed(counts, prior), prior).contrast()


def verdict(counts: list[Count], plan: Plan, prior: Prior = POISSON) -> EventFinding:
    event = Event(id="e", name="e", during=instant(EVENT))
    question = Question(kind="event", series=SERIES, event="e")
    found = answer(question, counts, event=event, events=(), plan=plan, prior=prior)
    assert isinstance(found, EventFinding)
    return found


def exact_interval(first: int, second: int, exposures: float, level: float) -> tuple[float, float]:
    """The exact conditional interval of a ratio of two Poisson rates (Przyborowski & Wilenski 1940; Clopper &
    Pearson 1934), `exposures` that of the second to that of the first."""
    tail = (1 - level) / 2
    low, high = stats.beta.ppf(tail, first, second + 1), stats.beta.ppf(1 - tail, first + 1, second)
    return exposures * low / (1 - low), exposures * high / (1 - high)


# Two Poisson rates


@needs("oracles")
def test_the_published_ratio_of_two_poisson_rates() -> None:
    """60 in 51,477.5 against 30 in 54,308.7. The exact interval is conservative by up to a count at each end, which is
    1/2 sqrt(1/60 + 1/30) = 11% of the half-width; .04 on the log scale is 9% of it."""
    published = numbers(oracle("tost_poisson")["inputs"])[-2:]
    assert exact_interval(60, 30, 54308.7 / 51477.5, 0.95) == pytest.approx(published, rel=1e-9)
    told = log_ratio(asked(spread(30, 30), spread(60, 30), after_share=51477.5 / 54308.7))
    low, middle, high = (math.exp(x) for x in told.quantiles(0.025, 0.5, 0.975))
    assert middle == pytest.approx((60 / 51477.5) / (30 / 54308.7), rel=1e-3)
    assert published[0] < low < published[0] * math.exp(0.04)
    assert published[1] * math.exp(-0.04) < high < published[1]
    # Two one-sided tests with those very bounds have p = .025 each; ours are less by the same conservatism.
    below, above = told.cdf(np.log(published))
    assert 0.016 < below < 0.025
    assert 0.016 < 1 - above < 0.025


@pytest.mark.parametrize(("scale", "tolerance"), [(1, 0.04), (10, 0.005), (100, 0.0007)])
def test_the_exact_interval_is_met_as_counts_grow(scale: int, tolerance: float) -> None:
    """The error left is that of the exact interval's one count: it falls as 1 / counts."""
    first, second = 60 * scale, 30 * scale
    told = log_ratio(asked(spread(second, 12), spread(first, 12))).quantiles(0.025, 0.975)
    np.testing.assert_allclose(told, np.log(exact_interval(first, second, 1.0, 0.95)), atol=tolerance)


# Equivalence


@needs("oracles")
def test_the_published_one_sample_equivalence() -> None:
    """TOSTER's example: difference .04, standard error .12, bounds .36 either way. 142 against 136 vehicles have that
    log ratio to .003 and that error to 1e-4; the rest is t with 99 degrees of freedom for the normal."""
    published = oracle("tost_one")
    p_low, p_high = (float(x) for x in re.findall(r"p\d=([\d.]+)", published["expected"]))
    low, high = (float(x) for x in re.findall(r"CI=\[([-\d.]+),([-\d.]+)\]", published["expected"])[0])
    counts = asked(spread(136, 10), spread(142, 10))
    told = log_ratio(counts)
    assert told.sd == pytest.approx(0.12, abs=2e-4)
    np.testing.assert_allclose(told.quantiles(0.05, 0.95), [low, high], atol=0.006)
    assert told.cdf(np.array([-0.36]))[0] == pytest.approx(p_low, abs=3e-4)
    assert 1 - told.cdf(np.array([0.36]))[0] == pytest.approx(p_high, abs=6e-4)
    # The verdict is two one-sided tests at .05: shown within exp(.36), not within exp(.23), where the limit is .239.
    assert verdict(counts, Plan(margin=math.exp(0.36))).verdict == "same"
    assert verdict(counts, Plan(margin=math.exp(0.23))).verdict == "undetermined"


@needs("oracles")
@pytest.mark.parametrize("which", range(4))
def test_the_published_power_of_equivalence_is_that_of_our_same(which: int) -> None:
    """PASS: two Poisson groups of n with exposure 2.5 and rates r and 2.2 are shown within .8 to 1.25 at .025 a side in
    .90 of trials. All that a group tells is its sum: ours is spread over twelve images."""
    published = oracle("power_poisson_equiv")
    rate, n = [(1.9, 704), (2.0, 246), (2.2, 95), (2.5, 396)][which]
    assert f"({rate},{n})" in published["inputs"]
    power = [float(x) for x in published["expected"].split()][which]
    rng, trials = np.random.default_rng([616, which]), 120
    same = 0
    for _ in range(trials):
        first, second = rng.poisson(n * 2.5 * np.array([rate, 2.2]))
        told = verdict(asked(spread(second, 12), spread(first, 12)), Plan(margin=1.25, level=0.95))
        same += told.verdict == "same" or told.also_same
    assert stats.binom.ppf(0.001, trials, power) <= same <= stats.binom.ppf(0.999, trials, power)


@needs("oracles")
def test_the_published_sample_size_of_equivalence_is_that_of_our_formula() -> None:
    """n a side = 2 / I ((z_level + z_(1 + power)/2) / log M)^2: 95 of exposure 2.5 at rates of 2.2, for power .90."""
    assert "(2.2,95)" in oracle("power_poisson_equiv")["inputs"]
    info = information(2.2 * 2.5, 1.0, 1.0, 0.0, 1e9)
    n = 2 / info * ((z(0.975) + z(0.5 + 0.9 / 2)) / math.log(1.25)) ** 2
    assert math.ceil(n) == 95
    assert POWER == 0.8  # what `images_needed` promises is less, and so is what it asks for


def test_same_is_two_one_sided_tests_of_large_counts() -> None:
    """TOST of the log counts (statsmodels), counts of some 3,000 that vary by 6% a day, both to find by how much. The
    mean of logs and the log of means are then the same to a sixth of a percent: p-values differ by a fifth of a
    standard error at most, and the verdicts are the same wherever TOST's p is further than that from .05."""
    from statsmodels.stats.weightstats import ttost_ind

    rng, bound = np.random.default_rng(614), math.log(1.04)
    prior = replace(DISPERSED, dispersion_k=100.0)
    shown, clear = 0, 0
    for _ in range(40):
        step = float(rng.uniform(-bound, bound))
        counts, _ = drifting(rng, 30, 30, rate=3000.0, k=300.0, drift_sd=1e-6, step=step)
        y = np.log([c.count for c in counts])
        p = float(ttost_ind(y[30:], y[:30], -bound, bound)[0])
        below, above = log_ratio(counts, prior).cdf(np.array([-bound, bound]))
        assert stats.norm.ppf(max(below, 1 - above)) == pytest.approx(stats.norm.ppf(p), abs=0.2)
        if abs(stats.norm.ppf(p) - stats.norm.ppf(0.05)) > 0.2:
            clear += 1
            shown += p < 0.05
            found = verdict(counts, Plan(margin=1.04), prior)
            assert (found.verdict == "same" or found.also_same) == (p < 0.05)
    assert 5 <= shown <= clear - 5


# Generalised linear models, without drift


def glm_counts(k: float) -> tuple[list[Count], NDArray[np.float64], NDArray[np.float64]]:
    """70 + 50 images of varying view and declared recall; the design (level, after) and the log exposures."""
    rng = np.random.default_rng(615)
    days = np.concatenate([np.sort(rng.choice(120, 70, False)) - 120, np.sort(rng.choice(45, 44, False))])
    visible, recall = rng.uniform(0.3, 1.0, days.size), rng.uniform(0.6, 0.95, days.size)
    after = days >= 0
    level = 12.0 * np.exp(0.3 * after) * (rng.gamma(k, 1 / k, days.size) if math.isfinite(k) else 1.0)
    counts = [
        count(d + 0.5, n, visible_fraction=float(v), detection_probability=float(r))
        for d, n, v, r in zip(days, rng.poisson(level * visible * recall), visible, recall, strict=True)
    ]
    return counts, np.column_stack([np.ones(days.size), after]).astype(float), np.log(visible * recall)


@pytest.mark.parametrize("k", [math.inf, 5.0])
def test_level_and_step_are_a_glms_with_log_exposure(k: float) -> None:
    """Estimates to .05 of a standard error, standard errors to 4% (the Poisson limit: 1%)."""
    import statsmodels.api as sm

    counts, design, exposure = glm_counts(k)
    y = np.array([c.count for c in counts])
    family = sm.families.Poisson() if math.isinf(k) else sm.families.NegativeBinomial(alpha=1 / k)
    glm = sm.GLM(y, design, family=family, offset=exposure).fit()
    prior = POISSON if math.isinf(k) else replace(POISSON, dispersion_k=k)
    posterior = fit(designed(counts, prior), prior)
    for name, column in (("level", 0), ("step", 1)):
        effect = posterior.effect(name)
        assert effect.centre == pytest.approx(glm.params[column], abs=0.05 * glm.bse[column])
        assert effect.sd == pytest.approx(glm.bse[column], rel=0.01 if math.isinf(k) else 0.04)
    # Without drift or weekends all days of a window are alike: the ratio of means is the step.
    assert posterior.contrast().centre == pytest.approx(glm.params[1], abs=0.05 * glm.bse[1])
    assert posterior.contrast().sd == pytest.approx(glm.bse[1], rel=0.04)


def test_dispersion_is_the_negative_binomials_maximum_likelihood() -> None:
    """Posterior median of log k under a wide prior, to one standard error of statsmodels' estimate."""
    import statsmodels.api as sm

    counts, design, exposure = glm_counts(5.0)
    y = np.array([c.count for c in counts])
    fitted = sm.NegativeBinomial(y, design, offset=exposure).fit(disp=0)
    alpha, error = fitted.params[-1], fitted.bse[-1]
    posterior = fit(designed(counts, DISPERSED), DISPERSED)
    mean_log_k = float(posterior.weights() @ np.log(posterior.dispersion_k))
    assert mean_log_k == pytest.approx(-math.log(alpha), abs=error / alpha)


# Repeated counts: recall known, and recall estimated (N-mixture, Royle 2004)

COUNTED = np.array([[8, 7, 7, 8], [6, 7, 7, 5], [8, 8, 7, 8], [4, 5, 5, 5], [4, 4, 3, 3]])
SITE_X = np.array([0.0, 2.0, 3.0, 4.0, 1.0])
VISIT_X = np.linspace(-1, 1, 20).reshape(5, 4)


def mixture_terms(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Joint likelihood of N = 0 … 30 and the counts, (5 sites, 31): y ~ Binomial(N, p), N ~ Poisson(lambda)."""
    n = np.arange(31)
    found = stats.binom.pmf(COUNTED[:, :, None], n, expit(theta[2] + theta[3] * VISIT_X)[:, :, None]).prod(axis=1)
    terms: NDArray[np.float64] = found * stats.poisson.pmf(n, np.exp(theta[0] + theta[1] * SITE_X)[:, None])
    return terms


def mixture_mle() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximum-likelihood estimates and their covariance (BFGS, then the Hessian by differences)."""

    def minus_log(theta: NDArray[np.float64]) -> float:
        return -float(np.log(mixture_terms(theta).sum(axis=1)).sum())

    best = minimize(
        minus_log,
        [1.5, 0.0, 1.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 8000, "maxfev": 8000},
    ).x
    steps = 1e-4 * np.eye(4)
    hessian = np.array(
        [
            [
                (minus_log(best + a + b) - minus_log(best + a - b) - minus_log(best - a + b) + minus_log(best - a - b))
                / 4e-8
                for b in steps
            ]
            for a in steps
        ]
    )
    return best, np.linalg.inv(hessian)


@needs("oracles")
def test_with_recall_known_our_rates_are_the_mixtures_abundances() -> None:
    """The published estimate (reproduced here) gives every visit its recall. Declared, our rate of a site is the
    published posterior mean of how many there were, to 6%: theirs also borrows from the other sites."""
    best, _ = mixture_mle()
    published = [float(x) for x in re.findall(r"=(-?[\d.]+)", oracle("nmix_1")["expected"])]
    np.testing.assert_allclose(best, published, atol=1e-4)
    terms = mixture_terms(best)
    abundance = terms @ np.arange(31) / terms.sum(axis=1)
    np.testing.assert_allclose(abundance, numbers(oracle("nmix_1_bup")["expected"]), atol=1e-2)
    recall = expit(best[2] + best[3] * VISIT_X)
    for site in range(5):
        told = rate_of(COUNTED[site], recall[site], sd=0.0)
        assert told[0] == pytest.approx(abundance[site], rel=0.06)
        bare = rate_of(COUNTED[site], [None] * 4, sd=0.0)
        assert bare[0] == pytest.approx(COUNTED[site].mean(), rel=0.01)  # undeclared: of what was counted
    every = rate_of(COUNTED.ravel(), recall.ravel(), sd=0.0)
    assert every[0] == pytest.approx(abundance.mean(), rel=0.02)


def rate_of(y: Sequence[int], recall: Sequence[float | None], sd: float) -> tuple[float, float]:
    """Our rate of counts on following days, and the log width of its 90% interval."""
    counts = [
        count(i + 0.5, int(n), detection_probability=None if r is None else float(r), detection_probability_sd=sd)
        for i, (n, r) in enumerate(zip(y, recall, strict=True))
    ]
    told = describe(SERIES, counts, plan=Plan(), prior=POISSON).rate
    assert told is not None
    return told.estimate, math.log(told.high / told.low)


def test_recall_estimated_from_the_counts_widens_our_rate_by_its_error() -> None:
    """Twenty counts of places where nothing moved in between give recall to a standard error s: declared with it, the
    squared log width of our interval grows by (2 z s / p)^2, to 5%."""
    best, covariance = mixture_mle()
    p = float(expit(best[2]))
    s = math.sqrt(covariance[2, 2]) * p * (1 - p)
    assert 0.01 < s < 0.1
    known, unsure = (rate_of(COUNTED.ravel(), [p] * 20, sd=sd) for sd in (0.0, s))
    assert unsure[0] == pytest.approx(known[0], rel=0.01)
    assert unsure[1] ** 2 - known[1] ** 2 == pytest.approx((2 * z(0.95) * s / p) ** 2, rel=0.05)
