"""The fitted pattern of life of a series, and the numbers it is told in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from overlook.terms.observation import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number and its central interval. `level` is the interval's probability."""

    estimate: float
    low: float
    high: float
    level: float

    def __post_init__(self) -> None:
        if any(math.isnan(x) for x in (self.estimate, self.low, self.high)):
            raise ValueError("an estimate must not be NaN; say `None` or `undetermined`")
        if not self.low <= self.high:
            raise ValueError(f"interval out of order: {self.low} > {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must be in (0, 1): {self.level}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsed:
    """Which model answered, under which prior, and what it could and could not include.

    `terms` are those switched on (drift, nugget, weekend, annual, sensor); `widened_for` what widened the
    interval (recall, false alarms, season not separable …). Posterior means; days for times; log scale for sds.
    """

    name: str
    prior: str
    terms: tuple[str, ...] = ()
    widened_for: tuple[str, ...] = ()
    dispersion_k: float | None = None
    drift_sd: float | None = None
    correlation_time_d: float | None = None
    nugget_sd: float | None = None
    #: Share of the answer's precision that is the prior's, 0 … 1.
    prior_weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BandPoint:
    """The pattern at one time: expected count with everything visible and found, and its interval."""

    when: datetime
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Rate per image (all visible, all found), cycles, dispersion, correlation time. Null: not identifiable."""

    series: Series
    n_images: int
    n_usable: int
    image_equivalents: float
    rate: Estimate | None
    weekend_ratio: Estimate | None = None
    yearly_amplitude: Estimate | None = None
    dispersion_k: Estimate | None = None
    correlation_time_d: Estimate | None = None
    #: Hours of the day (UTC) that the images sampled, (earliest, latest); no daily cycle is claimed outside.
    hours_utc: tuple[float, float] | None = None
    band: tuple[BandPoint, ...] = ()
    model: ModelUsed | None = None
    notes: tuple[str, ...] = ()
