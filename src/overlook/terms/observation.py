"""Observations: what one image (or one reader) says of one zone at one time. Never a zero that was not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from overlook.terms.scene import WhyAcquired
from overlook.terms.time import Interval

Reason = Literal[
    "cloud",
    "off the image",
    "no data",
    "too coarse",
    "too oblique",
    "roofed",
    "covered",
    "dark",
    "withheld",
    "not searched",
    "undated",
    "registration refused",
    "unreadable",
    "masked",
    "cloud shadow",
    "haze",
    "snow",
    "saturated",
    "stripes",
    "perhaps cloud",
]
SightingState = Literal["present", "absent", "cannot tell"]
Identification = Literal["possible", "probable", "confirmed"]
#: Units of an index that are understood: a logarithm of power, and shares of a whole with their largest value.
DECIBEL = "dB"
BOUNDS = {"share": 1.0, "%": 100.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is followed through time: a class (or an index, or an indicator) in a zone of a site."""

    site: str = ""
    zone: str = ""
    cls: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Boxes at or above the threshold: an integer as drawn, never corrected for recall.

    `visible_fraction` v in (0, 1]; `detection_probability` r in (0, 1] with its sd, None when nobody declared it;
    `false_alarms` f >= 0, expected in the whole zone when all of it is visible. Errors are shared by all counts of
    one `sensor` group and observer. `provisional`: from a model not yet reviewed here; it carries no judgement.
    `residual_m`: 1-sigma of where the image lies on the site, None when nobody knows; `near_edge`: boxes, counted or
    not, whose centre lies within two of it from the zone's edge: they may belong on its other side.
    """

    kind: Literal["count"] = "count"
    series: Series
    when: Interval
    scene: str = ""
    count: int
    threshold: float | None = None
    visible_fraction: float = 1.0
    detection_probability: float | None = None
    detection_probability_sd: float = 0.0
    false_alarms: float = 0.0
    false_alarms_sd: float = 0.0
    sensor: str = "unknown"
    observer: str = "unknown"
    why_acquired: WhyAcquired = "unknown"
    gsd_m: float | None = None
    provisional: bool = False
    residual_m: float | None = None
    near_edge: int = 0
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.near_edge < 0 or not (self.residual_m is None or 0 <= self.residual_m < math.inf):
            raise ValueError(f"near_edge ({self.near_edge}) and residual_m ({self.residual_m}) must not be negative")
        if self.count < 0:
            raise ValueError(f"a count must not be negative: {self.count}")
        if not 0 < self.visible_fraction <= 1:
            raise ValueError(f"visible_fraction must be in (0, 1]: {self.visible_fraction}")
        r = self.detection_probability
        if r is not None and not 0 < r <= 1:
            raise ValueError(f"detection_probability must be in (0, 1]: {r}")
        for name in ("detection_probability_sd", "false_alarms", "false_alarms_sd"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative: {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A continuous value with its error: backscatter, share of stalls taken. `series.cls` names the quantity.

    `unit` is printed, and three are understood: "dB" (a logarithm already; it may be negative), "share" (in [0, 1]) and
    "%" (in [0, 100]). Any other is of a quantity with a true zero. `value_sd` is the error of this value alone,
    `shared_sd` that of all values of its sensor and observer together (calibration), both in `unit`; None: not
    declared. `background` is what was subtracted from the value before it came here, >= 0: ratios are of their sum.
    """

    kind: Literal["index"] = "index"
    series: Series
    when: Interval
    scene: str = ""
    value: float
    value_sd: float | None = None
    shared_sd: float | None = None
    unit: str = ""
    background: float = 0.0
    visible_fraction: float = 1.0
    sensor: str = "unknown"
    observer: str = "unknown"
    why_acquired: WhyAcquired = "unknown"
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"an index must be finite: {self.value}")
        for name in ("value_sd", "shared_sd", "background"):
            size = getattr(self, name)
            if size is not None and not (math.isfinite(size) and size >= 0):
                raise ValueError(f"{name} must be finite and not negative: {size}")
        if self.unit in BOUNDS and not 0 <= self.value <= BOUNDS[self.unit]:
            raise ValueError(f"a value in {self.unit} must be in [0, {BOUNDS[self.unit]:g}]: {self.value}")
        if self.background and self.unit == DECIBEL:
            raise ValueError("a background cannot be added to decibels: it is subtracted from power")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An indicator (crane, plume, roof off) as a reader saw it. `series.cls` names the indicator.

    `probability_of_detection`: had it been there, the chance that this reader on this image would have seen it;
    None when nobody said, and then its absence bounds nothing.
    """

    kind: Literal["sighting"] = "sighting"
    series: Series
    when: Interval
    scene: str = ""
    state: SightingState
    identification: Identification = "possible"
    probability_of_detection: float | None = None
    sensor: str = "unknown"
    observer: str = "unknown"
    why_acquired: WhyAcquired = "unknown"
    note: str = ""
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        p = self.probability_of_detection
        if p is not None and not 0 <= p <= 1:
            raise ValueError(f"probability_of_detection must be in [0, 1]: {p}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotObserved:
    """An image, or a day, that shows nothing of this series, and why. It is not a zero."""

    kind: Literal["not observed"] = "not observed"
    series: Series
    when: Interval | None
    scene: str = ""
    reason: Reason
    detail: str = ""
    visible_fraction: float = 0.0
    evidence: tuple[str, ...] = ()


Observation = Annotated[Count | Index | Sighting | NotObserved, Field(discriminator="kind")]
