"""The numerical core against dense algebra, brute-force sums and sampling."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from overlook.activity import laplace
from overlook.activity.laplace import INDEX_DF, _drift_precision, point
from overlook.activity.laplace_grid import fit_grid

KERNELS = ("breaks_kernel", "laplace_grid", "screen_kernel")


@pytest.mark.parametrize("name", KERNELS)
def test_compiled_callers_name_the_laplace_they_were_written_against(name: str) -> None:
    """The compiler keeps laplace's functions inside its callers': a changed laplace.py has to change those files."""
    source = Path(laplace.__file__)
    told = re.search(r'^LAPLACE_DIGEST = "(\w+)"$', source.with_name(f"{name}.py").read_text(), re.MULTILINE)
    assert told is not None
    assert told.group(1) == hashlib.sha256(source.read_bytes()).hexdigest()


def delaporte_logpmf(y: int, m: float, k: float, false_alarms: float) -> float:
    true = np.arange(y + 1)
    return float(np.log(np.sum(stats.nbinom.pmf(true, k, k / (k + m)) * stats.poisson.pmf(y - true, false_alarms))))


def constant(y: int, k: float) -> float:
    from math import lgamma

    return lgamma(y + k) - lgamma(k) - lgamma(y + 1)


@pytest.mark.parametrize(("y", "m", "k"), [(0, 0.3, 2.0), (7, 8.0, 8.0), (1000, 900.0, 50.0), (3, 5.0, 1e6)])
def test_counts_are_negative_binomial(y: int, m: float, k: float) -> None:
    told, _, _ = point(0, y, 0.0, 0.0, constant(y, k), 0.0, k, np.log(m))
    assert told == pytest.approx(stats.nbinom.logpmf(y, k, k / (k + m)), abs=1e-6)


@pytest.mark.parametrize(
    ("y", "m", "k", "f"), [(0, 2.0, 3.0, 0.5), (5, 2.0, 8.0, 1.0), (40, 0.01, 8.0, 3.0), (200, 90.0, 8.0, 120.0)]
)
def test_counts_with_false_alarms_are_delaporte(y: int, m: float, k: float, f: float) -> None:
    told, _, _ = point(1, y, 0.0, f, constant(y, k), 0.0, k, np.log(m))
    assert told == pytest.approx(delaporte_logpmf(y, m, k, f), abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    family=st.sampled_from([0, 1, 2]),
    y=st.integers(0, 60),
    eta=st.floats(-3, 5),
    k=st.floats(0.5, 300),
    f=st.floats(0.01, 8),
)
def test_slopes_and_curvatures_are_derivatives(family: int, y: int, eta: float, k: float, f: float) -> None:
    def loglik(at: float) -> float:
        return point(family, float(y), 0.0, f, 0.0, 0.01, k, at)[0]

    h = 1e-4
    _, slope, curve = point(family, float(y), 0.0, f, 0.0, 0.01, k, eta)
    assert slope == pytest.approx((loglik(eta + h) - loglik(eta - h)) / (2 * h), rel=1e-4, abs=1e-4)
    second = -(loglik(eta + h) - 2 * loglik(eta) + loglik(eta - h)) / h**2
    if family != 2:  # an index's curvature is its expectation, positive everywhere
        assert curve == pytest.approx(max(second, 0.0), rel=1e-2, abs=2e-2)


def test_index_curvature_is_the_students_information() -> None:
    scale = 1 / 20 + 0.01
    expected = stats.t(INDEX_DF, scale=scale**0.5).expect(
        lambda z: point(2, z, 0.0, 0.0, 0.0, 0.01, 20.0, 0.0)[1] ** 2, lb=-20, ub=20
    )
    assert point(2, 0.3, 0.0, 0.0, 0.0, 0.01, 20.0, 0.0)[2] == pytest.approx(expected, rel=1e-3)


def test_drift_precision_inverts_its_covariance() -> None:
    t = np.array([0.0, 0.02, 3.0, 3.5, 40.0])
    diagonal, off = np.empty(5), np.empty(4)
    log_det = _drift_precision(np.diff(t), 0.4, 9.0, diagonal, off)
    precision = np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)
    covariance = 0.16 * np.exp(-np.abs(t[:, None] - t) / 9.0)
    np.testing.assert_allclose(precision @ covariance, np.eye(5), atol=1e-8)
    assert log_det == pytest.approx(np.linalg.slogdet(precision)[1])


class Dense:
    """The same Laplace approximation with full matrices."""

    def __init__(self, seed: int, false_alarms: float) -> None:
        rng = np.random.default_rng(seed)
        n, m = 12, 15
        self.t = np.sort(rng.uniform(0, 60, m))
        self.node = np.sort(rng.choice(m, n)).astype(np.int64)
        self.design = np.column_stack([np.ones(n), self.node >= 8, rng.normal(size=n)]).astype(float)
        self.level = np.column_stack([np.ones(m), np.arange(m) >= 8, np.zeros(m)]).astype(float)
        self.y = rng.poisson(5.0, n).astype(float)
        self.false = np.full(n, false_alarms)
        self.days = np.column_stack([np.arange(m) >= 8, np.arange(m) < 8]).astype(float)
        self.prec = np.array([0.04, 1.0, 4.0])
        self.sigma, self.tau, self.k = 0.4, 10.0, 6.0
        self.family = 1 if false_alarms else 0

    def fast(self) -> tuple[np.ndarray, ...]:
        one = np.array
        n = self.y.size
        return fit_grid(
            self.family, self.y, np.zeros(n), self.false, np.zeros(n), self.node, self.design, np.diff(self.t),
            self.level, self.days, self.prec, 1.0, one([self.sigma]), one([self.tau]), one([self.k]),
            np.zeros((1, 1, 1)),
        )  # fmt: skip

    def slow(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Log marginal likelihood, mode and covariance of (u, b)."""
        m, n = self.t.size, self.y.size
        cov = self.sigma**2 * np.exp(-np.abs(self.t[:, None] - self.t) / self.tau)
        q = np.zeros((m + 3, m + 3))
        q[:m, :m] = np.linalg.inv(cov)
        q[m:, m:] = np.diag(self.prec)
        a = np.zeros((n, m + 3))
        a[np.arange(n), self.node] = 1
        a[:, m:] = self.design
        x = np.zeros(m + 3)
        x[m] = 1.0
        for _ in range(100):
            told = np.array(
                [
                    point(self.family, y, 0.0, f, constant(int(y), self.k), 0.0, self.k, e)
                    for y, f, e in zip(self.y, self.false, a @ x, strict=True)
                ]
            )
            hessian = q + a.T @ (told[:, 2:] * a)
            x = x + 0.5 * np.linalg.solve(hessian, a.T @ told[:, 1] - q @ x)
        value = told[:, 0].sum() - 0.5 * x @ q @ x + 0.5 * (np.linalg.slogdet(q)[1] - np.linalg.slogdet(hessian)[1])
        return float(value), x, np.linalg.inv(hessian)


@pytest.mark.parametrize("false_alarms", [0.0, 1.0])
def test_banded_fit_equals_dense_fit(false_alarms: float) -> None:
    dense = Dense(3, false_alarms)
    visited, index, log_ml, _, effects, cov, levels = dense.fast()
    value, mode, full = dense.slow()
    m = dense.t.size
    to_level = np.hstack([np.eye(m), dense.level])
    assert visited == 1
    assert index.tolist() == [[0, 0, 0]]
    # The Hessian is that of one step before the mode: `_LAST_GAIN`.
    assert log_ml[0] == pytest.approx(value, abs=1e-4)
    np.testing.assert_allclose(effects[0], mode[m:], atol=1e-4)
    np.testing.assert_allclose(cov[0], full[m:, m:], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(levels[0, :, 0], to_level @ mode, atol=1e-4)
    np.testing.assert_allclose(levels[0, :, 1], np.diag(to_level @ full @ to_level.T), rtol=1e-3)


def test_contrast_moments_are_those_of_sampled_paths() -> None:
    dense = Dense(4, 0.0)
    contrast = dense.fast()[3][0]
    _, mode, full = dense.slow()
    to_level = np.hstack([np.eye(dense.t.size), dense.level])
    draws = np.exp(np.random.default_rng(0).multivariate_normal(mode, full, 40_000) @ to_level.T)
    sampled = np.log(draws[:, 8:].mean(axis=1)) - np.log(draws[:, :8].mean(axis=1))
    assert contrast[0] == pytest.approx(sampled.mean(), abs=0.06 * sampled.std())
    assert np.sqrt(contrast[1]) == pytest.approx(sampled.std(), rel=0.03)
