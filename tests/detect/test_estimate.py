"""The number that was there, given the boxes: against the sum written out, and against simulated images."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from overlook.detect.estimate import Estimate, estimate, estimate_of
from overlook.detect.rates import Alarms, Share
from overlook.terms import Count, Series, instant


def _written_out(n: int, found: Share, alarms: Alarms, area_ha: float, *, most: int) -> np.ndarray:
    """p(N | n) by brute force: over N, over the number of true boxes, with r and the rate integrated out."""
    false = stats.nbinom(alarms.shape, alarms.area_ha / (alarms.area_ha + area_ha)).pmf(np.arange(n + 1))
    chance = np.zeros(most + 1)
    for total in range(most + 1):
        true = np.arange(min(n, total) + 1)
        chance[total] = (stats.betabinom(total, found.alpha, found.beta).pmf(true) * false[n - true]).sum()
    return chance / chance.sum()


@pytest.mark.parametrize("n", [0, 1, 11, 40])
def test_it_is_the_posterior_written_out(n: int) -> None:
    found, alarms = Share(alpha=18, beta=4), Alarms(shape=3, area_ha=2)
    chance = _written_out(n, found, alarms, 1.5, most=400)
    got = estimate(n, found, alarms, 1.5)
    assert got is not None
    assert got.mean == pytest.approx(float(chance @ np.arange(401)), rel=1e-4)
    below = np.cumsum(chance)
    assert (got.low, got.high) == (int(np.searchsorted(below, 0.05)), int(np.searchsorted(below, 0.95)))


def test_certain_detection_without_false_alarms_is_the_count() -> None:
    got = estimate(11, Share(alpha=1e7, beta=1e-3), None, 0.0)
    assert got == Estimate(mean=pytest.approx(11, abs=1e-3), low=11, high=11, level=0.9)


def test_a_known_share_is_a_negative_binomial() -> None:
    """With r known, N - n is negative binomial (n + 1, r)."""
    got = estimate(20, Share(alpha=8e6, beta=2e6), None, 0.0)
    assert got is not None
    law = stats.nbinom(21, 0.8, loc=20)
    assert (got.low, got.high) == (law.ppf(0.05), law.ppf(0.95))
    assert got.mean == pytest.approx(law.mean(), rel=1e-3)


def test_intervals_cover_what_was_there() -> None:
    """Images drawn from the model, with N uniform as the prior says: 90% intervals hold N at least 90% of the time."""
    rng = np.random.default_rng(11)
    found, alarms = Share(alpha=20, beta=5), Alarms(shape=2, area_ha=1)
    inside, wide, trials = 0, 0.0, 800
    for _ in range(trials):
        there = int(rng.integers(0, 60))
        n = int(rng.binomial(there, rng.beta(20, 5)) + rng.poisson(rng.gamma(2, 1)))
        if n > 40:
            continue  # beyond it the drawn N, at most 60, is no longer uniform given n
        got = estimate(n, found, alarms, 1.0)
        assert got is not None
        inside, wide = inside + (got.low <= there <= got.high), wide + 1
    assert 0.90 - 2 * 0.0125 <= inside / wide <= 0.97


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 3000), mean=st.floats(0.3, 0.99), sd=st.floats(0.005, 0.08), rate=st.floats(0.01, 20))
def test_it_is_finite_and_in_order(n: int, mean: float, sd: float, rate: float) -> None:
    got = estimate(n, Share.from_moments(mean, min(sd, 0.3 * (1 - mean) + 0.01)), Alarms.from_moments(rate, rate), 2.0)
    if got is not None:
        assert 0 <= got.low <= got.high
        assert np.isfinite(got.mean)
        assert got.low - 1 <= got.mean <= got.high + 0.1 * got.high + 5


@pytest.mark.parametrize("n", [380, 420, 6_000, 150_000])
def test_large_counts_are_near_the_simple_ratio(n: int) -> None:
    got = estimate(n, Share.from_moments(0.9, 0.02), Alarms.from_moments(10, 5), 2.0)
    assert got is not None
    assert got.mean == pytest.approx((n - 20) / 0.9, rel=0.01)
    true = n - 20
    # Of those missed, of the share found, and of the false alarms (their own spread and their rate's).
    variance = true * 0.1 / 0.9**2 + (true / 0.9**2 * 0.02) ** 2 + (20 + (2 * 5) ** 2) / 0.9**2
    assert got.high - got.low == pytest.approx(2 * 1.645 * variance**0.5, rel=0.1)


def test_a_share_that_may_be_nothing_bounds_nothing() -> None:
    assert estimate(11, Share(alpha=1.0, beta=1.0), None, 1.0) is None


def test_more_false_alarms_expected_than_boxes() -> None:
    got = estimate(1, Share(alpha=90, beta=10), Alarms.from_moments(500, 1), 1.0)
    assert got is not None
    assert (got.low, got.mean < 1) == (0, True)


def test_beside_a_count_of_a_person_or_a_model() -> None:
    when = instant(datetime(2018, 6, 12, tzinfo=UTC))
    plain = Count(series=Series(cls="large_vehicle"), when=when, count=11)
    assert estimate_of(plain) is None
    told = Count(
        series=plain.series,
        when=plain.when,
        count=11,
        detection_probability=0.85,
        detection_probability_sd=0.06,
        false_alarms=1.0,
        false_alarms_sd=0.7,
        visible_fraction=0.5,
    )
    got = estimate_of(told)
    assert got is not None
    assert got == estimate(11, Share.from_moments(0.85, 0.06), Alarms.from_moments(1.0, 0.7), 0.5)
