"""Coming and going: what stood where it stood, what left and what arrived, between registered images of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.observation import Series
from overlook.terms.pattern import Estimate
from overlook.terms.time import Interval

#: What an image shows of a place: nothing (it is hidden, or off the image), the place empty, a box on it.
HIDDEN, EMPTY, TAKEN = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTurnover:
    """Two consecutive images of one zone, class and reader, matched box by box on the site's grid.

    `unseen_after` and `unseen_before` are boxes whose place the other image does not show: they count as neither left
    nor arrived. A stay is a place that was taken twice; whether by the same vehicle, place alone cannot tell.
    `residual_m` is the 1-sigma of the registration, both images together. `during` runs from one image to the other.
    """

    before: str
    after: str
    during: Interval
    stayed: int
    left: int
    arrived: int
    unseen_after: int = 0
    unseen_before: int = 0
    residual_m: float

    def __post_init__(self) -> None:
        if min(self.stayed, self.left, self.arrived, self.unseen_after, self.unseen_before) < 0:
            raise ValueError("numbers of boxes must not be negative")
        if not self.residual_m >= 0:
            raise ValueError(f"residual_m must not be negative: {self.residual_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoverFinding:
    """Do things come and go in this zone, or do the same places stay taken, or can nobody tell?

    `reader` drew the boxes: boxes of different readers are never compared. Misses and false alarms look like leaving
    and arriving: `expected_by_error` is how many of `left + arrived` they alone would make among places that all stay
    as they are, and `p_value` the chance of as many or more (None when exploratory). `beyond_error` says whether more
    left, and whether more arrived, than that. None and empty when nobody declared how well the reader sees.

    `dwell_d`: how long a thing stays on average, from stays known only to within the gaps between images. Where the
    images give no more than a bound, it is None and `dwell_under_d` or `dwell_over_d` is the bound; both None when they
    give none. `kept_at_least`: the least share of taken places that stay taken from the first image to the last.
    """

    kind: Literal["turnover"] = "turnover"
    id: str
    series: Series
    #: None when the question named no window and no image of the series is dated.
    window: Interval | None
    reader: str = ""
    n_images: int = 0
    n_places: int = 0
    pairs: tuple[PairTurnover, ...] = ()
    stayed: int = 0
    left: int = 0
    arrived: int = 0
    expected_by_error: float | None = None
    p_value: float | None = None
    beyond_error: tuple[Literal["left", "arrived"], ...] = ()
    dwell_d: Estimate | None = None
    dwell_under_d: float | None = None
    dwell_over_d: float | None = None
    kept_at_least: float | None = None
    verdict: Literal["coming and going", "standing", "undetermined"]
    exploratory: bool
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("p_value", "kept_at_least"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} must be in [0, 1]: {value}")
        totals = tuple(sum(getattr(pair, name) for pair in self.pairs) for name in ("stayed", "left", "arrived"))
        if totals != (self.stayed, self.left, self.arrived):
            raise ValueError("stayed, left and arrived must be the totals of the pairs")
