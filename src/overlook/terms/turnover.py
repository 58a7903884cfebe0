"""Coming and going: what stood where it stood, what left and what arrived, between registered images of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.observation import Series
from overlook.terms.pattern import Estimate
from overlook.terms.time import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTurnover:
    """Two consecutive images of one zone and class, matched box by box on the site's grid.

    `unseen_after` and `unseen_before` are boxes whose place the other image does not show: they count as neither left
    nor arrived. A stay is a place that was taken twice; whether by the same vehicle, place alone cannot tell.
    """

    before: str
    after: str
    during: Interval
    stayed: int
    left: int
    arrived: int
    unseen_after: int = 0
    unseen_before: int = 0
    #: Of the registration, both images together, in pixels of the site's grid.
    residual_px: float | None = None

    def __post_init__(self) -> None:
        if min(self.stayed, self.left, self.arrived, self.unseen_after, self.unseen_before) < 0:
            raise ValueError("numbers of boxes must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoverFinding:
    """Do things come and go in this zone, or do the same places stay taken, or can nobody tell?

    `dwell_d`: how long a thing stays, from stays that are known only to within the gaps between images (interval-
    censored); None when the images are too far apart, or too few, to tell. Misses and false alarms look like leaving
    and arriving: `expected_by_error` is how many of `left + arrived` they alone would make, None when nobody declared
    how well the reader sees.
    """

    kind: Literal["turnover"] = "turnover"
    id: str
    series: Series
    window: Interval | None
    pairs: tuple[PairTurnover, ...] = ()
    stayed: int = 0
    left: int = 0
    arrived: int = 0
    expected_by_error: float | None = None
    dwell_d: Estimate | None = None
    verdict: Literal["coming and going", "standing", "undetermined"]
    exploratory: bool
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
