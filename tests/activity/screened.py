"""Made-up fleets as the flat arrays that the screen takes, with known truth: for tests and benchmarks."""

from dataclasses import dataclass
from typing import Any

import numpy as np

#: A Thursday, no yearly turn within the windows; days since 1970.
EVENT_D = 17_690.0


@dataclass(frozen=True, kw_only=True)
class Truth:
    """`step` is logarithmic; `visible_from` the least visible fraction; `false_alarms` of the whole zone."""

    rate: float = 8.0
    k: float = 8.0
    drift_sd: float = 0.0
    correlation_time_d: float = 14.0
    step: float = 0.0
    visible_from: float = 1.0
    false_alarms: float = 0.0


def flat_sites(
    rng: np.random.Generator, sites: int, n_before: int, n_after: int, truth: Truth | None = None, **fields: Any
) -> dict[str, np.ndarray]:
    """`screen_sites`' arguments: sites of a `Truth` (or of its fields), images on random days of windows of 120 and 45.

    One image a day, all at one hour, as of a satellite that keeps the sun's time.
    """
    truth = truth or Truth(**fields)
    n = n_before + n_after
    before = np.sort(rng.random((sites, 120)).argsort(axis=1)[:, :n_before], axis=1) - 120
    after = np.sort(rng.random((sites, 45)).argsort(axis=1)[:, :n_after], axis=1)
    t = np.concatenate([before, after], axis=1) + 0.44
    u = np.empty((sites, n))
    u[:, 0] = truth.drift_sd * rng.normal(size=sites)
    for i in range(1, n):
        rho = np.exp(-(t[:, i] - t[:, i - 1]) / truth.correlation_time_d)
        u[:, i] = rho * u[:, i - 1] + truth.drift_sd * np.sqrt(1 - rho**2) * rng.normal(size=sites)
    is_after = np.broadcast_to(np.arange(n) >= n_before, (sites, n))
    visible = rng.uniform(truth.visible_from, 1.0, (sites, n))
    mixed = rng.gamma(truth.k, 1 / truth.k, (sites, n)) if np.isfinite(truth.k) else 1.0
    level = truth.rate * np.exp(u + truth.step * is_after) * mixed
    return {
        "starts": np.arange(sites + 1) * n,
        "time_d": (t + EVENT_D).ravel(),
        "counts": rng.poisson(visible * (level + truth.false_alarms)).ravel(),
        "exposure": visible.ravel(),
        "false_alarms": (visible * truth.false_alarms).ravel(),
        "is_after": is_after.ravel().copy(),
    }
