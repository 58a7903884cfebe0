"""Fleets of made-up sites drawn from a known population: for tests and `benchmarks/fleet.py`."""

import math
from dataclasses import dataclass

import numpy as np

from activity.drifting import drifting
from overlook.activity import Prior
from overlook.terms import Count, Series


@dataclass(frozen=True)
class Population:
    """Medians and log-sds of the sites' drift sd, correlation time (days), dispersion and rate; a weekend's sd."""

    drift_sd: float = 0.35
    drift_sd_logsd: float = 0.5
    correlation_time_d: float = 14.0
    correlation_time_logsd: float = 0.5
    dispersion_k: float = 8.0
    dispersion_logsd: float = 0.5
    rate: float = 8.0
    rate_logsd: float = 0.5

    def prior(self) -> Prior:
        """The prior of someone who knows the population."""
        return Prior(
            name="true",
            origin="the simulation",
            drift_sd=self.drift_sd,
            drift_sd_logsd=self.drift_sd_logsd,
            correlation_time_d=self.correlation_time_d,
            correlation_time_logsd=self.correlation_time_logsd,
            dispersion_k=self.dispersion_k,
            dispersion_logsd=self.dispersion_logsd,
        )


@dataclass(frozen=True)
class Drawn:
    series: Series
    counts: tuple[Count, ...]
    ratio: float
    step: float


def draw_site(
    rng: np.random.Generator, population: Population, n: tuple[int, int], *, step: float = 0.0, number: int = 0
) -> Drawn:
    """One site: its own drift, time, dispersion and rate, its counts about the event and its true ratio."""

    def around(median: float, logsd: float) -> float:
        return median * math.exp(logsd * rng.normal())

    counts, ratio = drifting(
        rng,
        *n,
        rate=around(population.rate, population.rate_logsd),
        k=around(population.dispersion_k, population.dispersion_logsd),
        drift_sd=around(population.drift_sd, population.drift_sd_logsd),
        correlation_time_d=around(population.correlation_time_d, population.correlation_time_logsd),
        step=step,
    )
    series = Series(site=f"site {number:04d}", zone="yard", cls="vehicle")
    moved = tuple(Count(series=series, when=c.when, count=c.count) for c in counts)
    return Drawn(series=series, counts=moved, ratio=ratio, step=step)


def draw_fleet(
    rng: np.random.Generator, population: Population, sites: int, n: tuple[int, int], *, steps: tuple[float, ...] = ()
) -> list[Drawn]:
    """`sites` sites; the first of them have `steps` (log) at the event, the others none."""
    return [draw_site(rng, population, n, step=steps[i] if i < len(steps) else 0.0, number=i) for i in range(sites)]


def observations(fleet: list[Drawn]) -> dict[Series, tuple[Count, ...]]:
    return {site.series: site.counts for site in fleet}
