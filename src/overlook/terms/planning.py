"""Planning: what can be collected, as declared; and what more images would be worth, as simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from overlook.terms.observation import Series
from overlook.terms.pattern import Estimate
from overlook.terms.time import Interval

ImageSource = Literal["new", "archive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A sensor that images can be had of: how fine, how often at best, and how well things are found on it.

    `revisit_d` is the shortest interval between two of its images of one place. `hour_utc` is when it passes, None
    when nobody said. `detection_probability` is that of the reader on its images, None when nobody declared it.
    `archived` is the share of its past passes of which an image is in the archive, None when nobody said.
    """

    id: str
    gsd_m: float
    revisit_d: float
    hour_utc: float | None = None
    detection_probability: float | None = None
    detection_probability_sd: float = 0.0
    archived: float | None = None

    def __post_init__(self) -> None:
        for name in ("gsd_m", "revisit_d"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be finite and above zero: {value}")
        if self.hour_utc is not None and not 0 <= self.hour_utc < 24:
            raise ValueError(f"hour_utc must be in [0, 24): {self.hour_utc}")
        p = self.detection_probability
        if p is not None and not 0 < p <= 1:
            raise ValueError(f"detection_probability must be in (0, 1]: {p}")
        if not 0 <= self.detection_probability_sd <= 1:
            raise ValueError(f"detection_probability_sd must be in [0, 1]: {self.detection_probability_sd}")
        if self.archived is not None and not 0 <= self.archived <= 1:
            raise ValueError(f"archived must be in [0, 1]: {self.archived}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    """A site's cloud climatology: by month, January first, the probability that an image is usable there.

    Clouds come in spells: `spell_d` is the time in days over which the sky forgets, exp(-1/spell_d) the correlation
    of a day's sky with the next; 0 for days that are independent.
    """

    site: str
    usable: tuple[float, ...]
    source: str
    spell_d: float = 0.0

    def __post_init__(self) -> None:
        if len(self.usable) != 12:
            raise ValueError(f"usable must be 12 numbers, January first, not {len(self.usable)}")
        if not all(0 <= p <= 1 for p in self.usable):
            raise ValueError(f"usable must be probabilities in [0, 1]: {self.usable}")
        if not (math.isfinite(self.spell_d) and self.spell_d >= 0):
            raise ValueError(f"spell_d must be finite and not negative: {self.spell_d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What an analyst declares of the images that she could get. It decides no answer: only planning reads it."""

    sensors: tuple[Sensor, ...] = ()
    clouds: tuple[Clouds, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A share of simulated replicates, with the exact 95% interval of what more replicates would give."""

    estimate: float
    low: float
    high: float
    replicates: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.estimate <= self.high <= 1:
            raise ValueError(f"a power lies in [0, 1], in its interval: {self.low}, {self.estimate}, {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Power with so many usable images in the windows. `added_*`: how many of them are still to come.

    `from_archive`: whether images from before today are among those added. `every_day`: this is the bound of the
    windows, a usable image on every day that can still be had. `power_same` None: no margin was declared.
    """

    images_before: int
    images_after: int
    added_before: int
    added_after: int
    from_archive: bool
    every_day: bool
    power_changed: Power
    power_same: Power | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionOption:
    """One way to collect: a sensor, at an interval, over all days that can still be had.

    `ordered` is the number of images asked for, `usable_expected` how many of them the sky and the archive leave.
    Powers are None when the sensor is too coarse for the class (`note` says so) or, for the same, without a margin.
    """

    sensor: str
    gsd_m: float | None
    every_d: float
    from_archive: bool
    ordered: int
    usable_expected: float
    power_changed: Power | None
    power_same: Power | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextImage:
    """What one more usable image on a day would be worth. `date` and `weekday` are those of the site's clock.

    `sd_reduction`: expected fall of the posterior sd of the log ratio, from simulated counts, with the 95% interval of
    its Monte-Carlo error, None while one side has no image to answer from. `information`: the same by the normal
    approximation, without Monte-Carlo error; the ranking is by `information` times `p_usable`. `p_verdict`:
    probability that the verdict is another one with it.
    """

    when: datetime
    date: str
    weekday: str
    source: ImageSource
    sensor: str
    p_usable: float
    information: float
    sd_reduction: Estimate | None
    p_verdict: Power


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One image to ask for, its `date` and `weekday` by the site's clock.

    `p_usable`: the chance that it comes and shows the ground.
    """

    when: datetime
    date: str
    weekday: str
    source: ImageSource
    sensor: str
    p_usable: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSchedule:
    """Images to ask for, in order of time; `p_at_least[n]` is the probability that at least n of them are usable.

    `wanted`: usable images that are needed; `why`: what for, or why none is asked for.
    """

    orders: tuple[Order, ...] = ()
    wanted: int = 0
    why: str = ""
    usable_expected: float = 0.0
    p_at_least: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Days of a window, by what is known of them. `without_image`: no image of them is in the case."""

    during: Interval
    usable: int
    cloudy: int
    too_coarse: int
    otherwise_unusable: int
    without_image: int
    #: Of these, days that lie in the future.
    to_come: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """Which images would settle one event question: what there is, what more would do, what to ask for next.

    `needed_changed`, `needed_same`: the smallest tried curve point that reaches `power`, None when none does: not
    reachable within the windows. `best_case_*`: images a side by the closed formulas without drift (activity/missed).
    An empty curve says, in a note, why nothing can be simulated.
    """

    id: str
    series: Series
    event: str
    during: Interval
    have_before: int
    have_after: int
    verdict: Literal["changed", "same", "undetermined"]
    log_ratio_sd: float | None
    ratio: float
    margin: float | None
    power: float
    curve: tuple[CurvePoint, ...] = ()
    needed_changed: CurvePoint | None = None
    needed_same: CurvePoint | None = None
    best_case_changed: int | None = None
    best_case_same: int | None = None
    options: tuple[CollectionOption, ...] = ()
    next: tuple[NextImage, ...] = ()
    schedule: CollectionSchedule = CollectionSchedule()
    before: Gaps
    after: Gaps
    seed: int
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
