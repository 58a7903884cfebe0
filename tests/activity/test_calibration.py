"""Is what is told right as often as it says? Ranks and intervals over series drawn from the prior (Talts et al. 2018).

A fast part of `make calibration`. Every bound is binomial, from the number of series; the seed was not chosen. The same
bounds fail for a model without drift, and for intervals that cover .80: both are shown.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from activity.from_prior import RANKED, Images, Ranks, designed, draw_series, holm, ranks
from overlook.activity import DEFAULT_PRIOR
from overlook.activity.posterior import fit

SERIES_DRAWN = 320
#: Chance that a bound fails for a calibrated method, a test of one quantity.
ALPHA = 0.01
#: Rates have log-sd 2 about one vehicle. Of fewer than one counted an image the posterior of the log rate is
#: skew, which a normal is not: docs/explanation/calibration.md has them, here they are drawn again.
START = replace(DEFAULT_PRIOR, level_sd=2.0)
NO_DRIFT = replace(START, name="no drift", origin="test", drift_sd=1e-3, drift_sd_logsd=0.01)
WELL_SEEN = Images(before=40, after=40, recall=0.8, recall_sd=0.05)
LEAST = 1.0
FEW = Images(before=13, after=7, clouded=True, recall=0.8, recall_sd=0.05)


def bounds(n: int, probability: float = 0.90) -> tuple[int, int]:
    """Numbers of n within which a share of `probability` falls but for ALPHA."""
    return int(binom.ppf(ALPHA / 2, n, probability)), int(binom.ppf(1 - ALPHA / 2, n, probability))


def covered(found: Ranks, which: int) -> int:
    return round(found.covers(which) * found.rank.shape[0])


@pytest.fixture(scope="module", params=[WELL_SEEN, FEW], ids=["well seen", "few, clouded"])
def drawn(request: pytest.FixtureRequest) -> Ranks:
    return ranks(np.random.default_rng([20187, 1]), SERIES_DRAWN, request.param, truth=START, asked=START, least=LEAST)


def test_intervals_cover_what_they_say(drawn: Ranks) -> None:
    for which in range(len(RANKED)):
        low, high = bounds(drawn.rank.shape[0])
        assert low <= covered(drawn, which) <= high


def test_ranks_are_uniform(drawn: Ranks) -> None:
    p_values = [drawn.chi_square_p(which) for which in range(len(RANKED))]
    assert (holm(p_values) > ALPHA).all()


def test_intervals_say_something(drawn: Ranks) -> None:
    """Narrower than the prior's own 90% interval of a step, 2 x 1.645; a change of x 3 is found in half of them."""
    assert np.median(drawn.width[:, 0]) < 0.5 * 2 * 1.645
    found, of = drawn.found(0, math.log(3))
    assert of > 30
    assert found > 0.5


def test_intervals_that_cover_eight_in_ten_would_be_seen() -> None:
    """The bound on 320 series fails with a probability of .99 where coverage is .80."""
    low, _ = bounds(SERIES_DRAWN)
    assert binom.cdf(low - 1, SERIES_DRAWN, 0.80) > 0.99


def test_a_model_without_drift_fails_the_same_bounds() -> None:
    """The very series that the model covers, asked without drift: fewer steps are covered than the bound allows."""
    rng = np.random.default_rng([20187, 1])
    found = ranks(rng, SERIES_DRAWN, WELL_SEEN, truth=START, asked=NO_DRIFT, least=LEAST)
    low, _ = bounds(found.rank.shape[0])
    step = RANKED.index("step")
    assert covered(found, step) < low
    assert found.chi_square_p(step) < ALPHA


def test_ranks_see_a_posterior_that_is_too_narrow_or_moved() -> None:
    """The instrument: uniform ranks pass; those of a posterior half as wide, or moved by half an sd, do not."""
    z = np.random.default_rng(20188).normal(size=(SERIES_DRAWN, 3))
    from scipy.special import ndtr

    def of(rank: np.ndarray) -> Ranks:
        return Ranks(rank=rank, width=rank, called=rank, truth=rank, mean_count=rank[:, 0])

    assert of(ndtr(z)).chi_square_p(0) > ALPHA
    assert of(ndtr(2 * z)).chi_square_p(0) < ALPHA
    assert of(ndtr(z + 0.5)).chi_square_p(0) < ALPHA


def test_holm_adjusts_as_published() -> None:
    """Holm (1979), section 4: sorted p-values against alpha / (n - i + 1), never less than the one before."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1.0, 1.0])


def test_false_alarms_of_step_at_their_nominal_rate() -> None:
    """Series drawn from the prior without a step: its 90% interval excludes 1 for a tenth of them, and no more than the
    goal's .12 but for Monte-Carlo error. The model without drift calls more."""
    flat = replace(START, step_sd=1e-6)
    rng = np.random.default_rng([20187, 3])
    called = {"with": 0, "without": 0}
    drawn = [draw_series(rng, flat, WELL_SEEN) for _ in range(280)]
    kept = [d for d in drawn if np.mean([c.count for c in d.counts]) >= LEAST]
    for series in kept:
        for name, prior in (("with", START), ("without", NO_DRIFT)):
            low, high = fit(designed(series.counts, prior), prior).effect("step").quantiles(0.05, 0.95)
            called[name] += low > 0 or high < 0
    _, most = bounds(len(kept), 0.12)
    assert called["with"] <= most
    assert called["without"] > most
