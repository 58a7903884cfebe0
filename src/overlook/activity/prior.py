"""What is assumed of a site before its images are read: a declared prior, and the grid it is integrated on.

It learns nothing: a prior learned across a fleet of sites is another `Prior`, passed in by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Log-normal priors of drift and dispersion, normal priors (mean 0) of the effects on the log scale.

    `drift_sd` (log scale) and `correlation_time_d` (days) are medians of the Ornstein-Uhlenbeck drift's stationary sd
    and correlation time; `dispersion_k` is the median of the gamma shape of day-to-day variation (variance of the
    level within an image 1/k). `*_logsd` are the sds of their logarithms. `level_sd` is the sd of log rate about
    one vehicle; `step_sd` of the step at an event; `weekend_sd` of each weekend day against working days; `annual_sd`
    of the yearly cosine and sine. `undeclared_recall_logsd`: how far two sensors or readers may differ in what they
    find when nobody declared it. `hour_sd`: by how much the level shifts in three hours of the day, and `visible_sd`
    between none and all of a zone visible, where the images before and after an event differ in them. `origin` says
    where the numbers come from, and is printed.
    """

    name: str
    origin: str
    drift_sd: float = 0.35
    drift_sd_logsd: float = 0.6
    correlation_time_d: float = 14.0
    correlation_time_logsd: float = 0.8
    dispersion_k: float = 8.0
    dispersion_logsd: float = 1.3
    level_sd: float = 5.0
    step_sd: float = 1.0
    weekend_sd: float = 0.7
    annual_sd: float = 0.3
    undeclared_recall_logsd: float = 0.2
    hour_sd: float = 0.3
    visible_sd: float = 0.5

    def __post_init__(self) -> None:
        for name in (
            "drift_sd",
            "drift_sd_logsd",
            "correlation_time_d",
            "correlation_time_logsd",
            "dispersion_k",
            "dispersion_logsd",
            "level_sd",
            "step_sd",
            "weekend_sd",
            "annual_sd",
            "undeclared_recall_logsd",
            "hour_sd",
            "visible_sd",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be finite and above zero: {value}")


DEFAULT_PRIOR = Prior(
    name="declared-1",
    origin=(
        "declared, not learned: weakly informative about a working site that drifts by a third (sd 0.35 of the "
        "logarithm) over two weeks, the drift under which the method was simulated; 95% "
        "of it lies between sd 0.11 and 1.1, 3 and 67 days"
    ),
)

#: Grid steps: drift sd as powers of two of its median (so that halving and doubling re-weight the same grid),
#: the others in prior sds.
_DRIFT_POWERS = (-3.0, -2.0, -1.25, -0.5, 0.25, 1.0, 1.75, 2.5)
_TIME_Z = (-1.75, -0.85, 0.0, 0.85, 1.9)
_DISPERSION_Z = (-2.0, -1.4, -0.8, -0.2, 0.4, 1.0, 1.6, 2.2, 2.8, 3.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperGrid:
    """Points and log prior masses (quadrature weight included) of drift sd, correlation time and dispersion.

    `log_mass` has shape (drift, time, dispersion); `log_mass_scaled(factor)` is that of the prior with its drift
    median times `factor`, on the same points.
    """

    prior: Prior
    drift_sd: NDArray[np.float64]
    correlation_time_d: NDArray[np.float64]
    dispersion_k: NDArray[np.float64]

    def log_mass_scaled(self, factor: float) -> NDArray[np.float64]:
        p = self.prior
        drift = _log_mass(self.drift_sd, p.drift_sd * factor, p.drift_sd_logsd)
        time = _log_mass(self.correlation_time_d, p.correlation_time_d, p.correlation_time_logsd)
        dispersion = _log_mass(self.dispersion_k, p.dispersion_k, p.dispersion_logsd)
        return drift[:, None, None] + time[None, :, None] + dispersion[None, None, :]


def hyper_grid(prior: Prior) -> HyperGrid:
    """The grid over which hyperparameters are integrated: 8 x 5 x 10 points, most of them never visited."""
    return HyperGrid(
        prior=prior,
        drift_sd=prior.drift_sd * 2.0 ** np.asarray(_DRIFT_POWERS),
        correlation_time_d=prior.correlation_time_d * np.exp(prior.correlation_time_logsd * np.asarray(_TIME_Z)),
        dispersion_k=prior.dispersion_k * np.exp(prior.dispersion_logsd * np.asarray(_DISPERSION_Z)),
    )


def scaled(prior: Prior, factor: float) -> Prior:
    """The same prior with `factor` times the drift."""
    return replace(prior, name=f"{prior.name}, drift x {factor:g}", drift_sd=prior.drift_sd * factor)


def _log_mass(points: NDArray[np.float64], median: float, logsd: float) -> NDArray[np.float64]:
    """Normal density of log points, times the trapezoid's width, normalised."""
    x = np.log(points)
    width = np.gradient(x)
    log_mass: NDArray[np.float64] = np.log(width) - 0.5 * ((x - math.log(median)) / logsd) ** 2
    top = float(log_mass.max())
    return log_mass - (top + math.log(float(np.exp(log_mass - top).sum())))
