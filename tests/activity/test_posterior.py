"""Mixtures and the grid of hyperparameters."""

import math

import numpy as np
import pytest
from scipy import stats

from overlook.activity.posterior import Mixture
from overlook.activity.prior import DEFAULT_PRIOR, Prior, hyper_grid


def test_quantiles_of_one_normal() -> None:
    one = Mixture(weight=np.ones(1), mean=np.array([0.3]), var=np.array([4.0]))
    told = one.quantiles(0.05, 0.5, 0.95)
    np.testing.assert_allclose(told, stats.norm(0.3, 2.0).ppf([0.05, 0.5, 0.95]), atol=1e-5)
    assert one.sd == pytest.approx(2.0)


def test_quantiles_invert_the_distribution_function_of_a_mixture() -> None:
    two = Mixture(weight=np.array([0.3, 0.7]), mean=np.array([-5.0, 1.0]), var=np.array([1e-4, 9.0]))
    np.testing.assert_allclose(two.cdf(np.array(two.quantiles(0.05, 0.5, 0.9))), [0.05, 0.5, 0.9], atol=1e-4)
    assert two.sd == pytest.approx(math.sqrt(0.7 * 9 + 0.3 * 0.7 * 36), rel=1e-3)


def test_grid_masses_sum_to_one_under_every_drift() -> None:
    grid = hyper_grid(DEFAULT_PRIOR)
    for factor in (0.5, 1.0, 2.0):
        mass = np.exp(grid.log_mass_scaled(factor))
        assert mass.sum() == pytest.approx(1.0)
        mean_log = float((mass.sum(axis=(1, 2)) * np.log(grid.drift_sd)).sum())
        assert mean_log == pytest.approx(math.log(DEFAULT_PRIOR.drift_sd * factor), abs=0.08)


@pytest.mark.parametrize("field", ["drift_sd", "dispersion_k", "step_sd"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_prior_must_be_one(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Prior(name="x", origin="x", **{field: value})


def test_the_default_prior_says_that_nothing_was_learned() -> None:
    assert "not learned" in DEFAULT_PRIOR.origin
