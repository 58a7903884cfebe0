"""Made-up series with known truth, for tests and calibration: counts on a level that drifts."""

from datetime import UTC, datetime, timedelta

import numpy as np

from overlook.terms import Count, Interval, Series, instant

EVENT = datetime(2018, 6, 12, tzinfo=UTC)
AT_EVENT = instant(EVENT)
SERIES = Series(site="s", zone="z", cls="vehicle")


def count(day: float, n: int, **fields: object) -> Count:
    """`n` counted `day` days after the event."""
    return Count(series=SERIES, when=instant(EVENT + timedelta(days=float(day))), count=int(n), **fields)


def window(first_day: float, last_day: float) -> Interval:
    return Interval(start=EVENT + timedelta(days=first_day), end=EVENT + timedelta(days=last_day))


def drifting(
    rng: np.random.Generator,
    n_before: int,
    n_after: int,
    *,
    rate: float = 8.0,
    k: float = 8.0,
    drift_sd: float = 0.35,
    correlation_time_d: float = 14.0,
    step: float = 0.0,
    before_d: int = 120,
    after_d: int = 45,
) -> tuple[list[Count], float]:
    """Counts on random days of the windows, and the true ratio of mean levels over all days."""
    days = before_d + after_d
    u = np.empty(days)
    u[0] = rng.normal() * drift_sd
    rho = np.exp(-1.0 / correlation_time_d)
    for d in range(1, days):
        u[d] = rho * u[d - 1] + drift_sd * np.sqrt(1 - rho**2) * rng.normal()
    level = rate * np.exp(u + step * (np.arange(days) >= before_d))
    seen = np.concatenate(
        [
            np.sort(rng.choice(before_d, n_before, replace=False)),
            before_d + np.sort(rng.choice(after_d, n_after, replace=False)),
        ]
    )
    y = rng.poisson(level[seen] * rng.gamma(k, 1.0 / k, seen.size))
    counts = [count(d - before_d + 0.5, n) for d, n in zip(seen, y, strict=True)]
    return counts, float(level[before_d:].mean() / level[:before_d].mean())
