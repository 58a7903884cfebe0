"""Made-up indices with known truth, for tests and `benchmarks/indices.py`: a level that drifts, read with noise."""

from datetime import timedelta

import numpy as np

from activity.drifting import EVENT, SERIES
from overlook.terms import Index, instant

BEFORE_D, AFTER_D = 120, 45


def index(day: float, value: float, **fields: object) -> Index:
    """`value` read `day` days after the event."""
    return Index(series=SERIES, when=instant(EVENT + timedelta(days=float(day))), value=float(value), **fields)


def drift(rng: np.random.Generator, sd: float, correlation_time_d: float) -> np.ndarray:
    """An Ornstein-Uhlenbeck path, one value a day of both windows."""
    u = np.empty(BEFORE_D + AFTER_D)
    u[0] = rng.normal() * sd
    rho = np.exp(-1.0 / correlation_time_d)
    for d in range(1, u.size):
        u[d] = rho * u[d - 1] + sd * np.sqrt(1 - rho**2) * rng.normal()
    return u


def ratio_of(level: np.ndarray) -> float:
    return float(level[BEFORE_D:].mean() / level[:BEFORE_D].mean())


def seen_days(rng: np.random.Generator, n_before: int, n_after: int) -> np.ndarray:
    before, after = (np.sort(rng.choice(d, n, replace=False)) for d, n in ((BEFORE_D, n_before), (AFTER_D, n_after)))
    return np.concatenate([before, BEFORE_D + after])


def drifting_index(
    rng: np.random.Generator,
    n_before: int,
    n_after: int,
    *,
    drift_sd: float = 0.35,
    correlation_time_d: float = 14.0,
    noise_sd: float = 0.2,
    step: float = 0.0,
    ratio: float | None = None,
    outliers: float = 0.0,
    wild: float = 5.0,
    error: float = 0.0,
    **fields: object,
) -> tuple[list[Index], float]:
    """Values on random days, and the true ratio of mean levels over all days.

    `noise_sd`: normal, on the log scale, a day; `outliers`: the share of values that are `wild` times too high or too
    low; `error`: additive and declared, as a share of the level's mean. `ratio`: the step that makes the true ratio
    exactly this.
    """
    after = np.arange(BEFORE_D + AFTER_D) >= BEFORE_D
    u = drift(rng, drift_sd, correlation_time_d)
    if ratio is not None:
        step = float(np.log(ratio / ratio_of(np.exp(u))))
    level = np.exp(u + step * after)
    seen = seen_days(rng, n_before, n_after)
    values = level[seen] * np.exp(noise_sd * rng.normal(size=seen.size))
    values *= wild ** np.where(rng.random(seen.size) < outliers, rng.choice([-1.0, 1.0], seen.size), 0.0)
    if error:
        values = np.maximum(values + error * rng.normal(size=seen.size), 0.01)
        fields["value_sd"] = error
    made = [index(d - BEFORE_D + 0.5, v, **fields) for d, v in zip(seen, values, strict=True)]
    return made, ratio_of(level)
