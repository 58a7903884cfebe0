"""Breaks nobody declared: when a level changed, by how much, and how surprising one new image is.

A `BreakFinding` answers a question of kind "break"; an `Anomaly` is told of one image, as it comes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from overlook.terms.observation import Series
from overlook.terms.pattern import Estimate, ModelUsed
from overlook.terms.time import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A step in the level, between two images.

    `order` says of each declared event of the site whether the step came before or after it, from `between`.
    `between` runs from the last image surely before to the first surely after, with probability `level` given that
    there is one break here; `likeliest` is the one gap between two images of highest probability. `ratio` is the level
    after to that before, beyond the drift. `p_value` is that of the scan in which it was found, and `alpha` what that
    scan was held to.
    """

    between: Interval
    likeliest: Interval
    level: float
    ratio: Estimate
    p_value: float
    alpha: float
    #: (event id, "before" | "after" | "undetermined")
    order: tuple[tuple[str, Literal["before", "after", "undetermined"]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFinding:
    """Did the level of a series ever step beyond its drift, when, and by how much?

    `p_value` of "no break at all, only drift", held to `alpha`; None: too few images, or nothing to fit. The verdict is
    *changed* when a break is found and *undetermined* when none is: a break not found is no evidence that there was
    none.
    """

    kind: Literal["break"] = "break"
    id: str
    series: Series
    #: From the first usable image to the last; None without any.
    window: Interval | None
    n_images: int
    p_value: float | None
    alpha: float
    verdict: Literal["changed", "undetermined"]
    exploratory: bool
    found: tuple[Break, ...] = ()
    model: ModelUsed | None = None
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.p_value is not None and not 0 <= self.p_value <= 1:
            raise ValueError(f"p_value must be in [0, 1]: {self.p_value}")
        if bool(self.found) != (self.verdict == "changed"):
            raise ValueError("a break finding is changed when, and only when, a break was found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """How surprising one new image is, given all earlier ones of its series.

    `expected`: median and central interval of what the new image was to show (a count, or the index in its unit).
    `p_value`: two-sided tail probability (mid-p for counts), None where the earlier images are too few for one.
    """

    series: Series
    when: Interval
    value: float
    n_earlier: int
    expected: Estimate | None
    p_value: float | None
    exploratory: bool
    model: ModelUsed | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"value must be finite: {self.value}")
        if self.p_value is not None and not 0 <= self.p_value <= 1:
            raise ValueError(f"p_value must be in [0, 1]: {self.p_value}")
