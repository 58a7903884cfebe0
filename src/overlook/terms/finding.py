"""Findings: the answer to one question, with its effect, its interval, and what could have been missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from overlook.terms.breaks import BreakFinding
from overlook.terms.observation import Identification, Series
from overlook.terms.pattern import Estimate, ModelUsed
from overlook.terms.time import Interval
from overlook.terms.turnover import TurnoverFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A shift at the event beyond the site's usual drift, as a ratio exp(beta). `p_value` None: exploratory."""

    estimate: float
    low: float
    high: float
    p_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What these images, at these times, could have missed (power .8). None: not computable from them.

    `smallest_ratio_up` (> 1) and `smallest_ratio_down` (< 1): the smallest changes that would have been called
    changed. `smallest_margin`: the smallest M within which "about the same" could have been shown.
    `images_needed`: images per side to show "about the same" within the declared margin, None without a margin.
    """

    smallest_ratio_up: float | None = None
    smallest_ratio_down: float | None = None
    smallest_margin: float | None = None
    images_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """The posterior of a ratio, to be drawn: `density` per unit of the natural logarithm, at equal steps of it.

    They run from ratio `low` to `high`: 3.3 standard deviations (`log_sd`, on that scale) to each side of the mean.
    """

    low: float
    high: float
    density: tuple[float, ...]
    log_sd: float

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high or len(self.density) < 2:
            raise ValueError(f"a density needs two points or more on a span of ratios: {self.low} to {self.high}")
        if min(self.density) < 0 or not max(self.density) > 0 or not self.log_sd > 0:
            raise ValueError("a density must not be negative, and its spread must be above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFinding:
    """Did the level change at this event, or stay about the same, or can nobody tell from these images?

    `ratio`: mean level over the whole window after, to that before, all days, seen or not (activity.md, 3).
    None when nothing can be fitted (no usable image on one side).
    """

    kind: Literal["event"] = "event"
    id: str
    series: Series
    event: str
    before: Interval
    after: Interval
    n_before: int
    n_after: int
    ratio: Estimate | None
    step: Step | None
    verdict: Literal["changed", "same", "undetermined"]
    also_same: bool = False
    exploratory: bool
    missed: Missed
    margin: float | None
    #: Posterior probability that the ratio lies inside the margin; that it exceeds 1.
    p_within_margin: float | None = None
    p_above_one: float | None = None
    #: None when nothing can be fitted, or when there are too few images to draw more than the prior.
    density: Density | None = None
    model: ModelUsed | None
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFinding:
    """Active, no activity observed, or undetermined, over a window, against a declared rate.

    `rate` is per image with everything visible and found; its `high` is a bound that is positive evidence.
    """

    kind: Literal["activity"] = "activity"
    id: str
    series: Series
    #: None when the question named no window and no image of the series is dated.
    window: Interval | None
    n_images: int
    image_equivalents: float
    total_count: int
    rate: Estimate | None
    quiet_below: float | None
    p_active: float | None
    verdict: Literal["active", "no activity observed", "undetermined"]
    exploratory: bool
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceFinding:
    """Was the indicator there during the window? `chance_missed`: probability that all these images missed it, had it
    been there, from the readers that declared how well they see; None when none did, and 1 without an image."""

    kind: Literal["presence"] = "presence"
    id: str
    series: Series
    #: None when the question named no window: every sighting there is.
    window: Interval | None
    n_present: int
    n_absent: int
    n_cannot_tell: int
    identification: Identification | None
    chance_missed: float | None
    verdict: Literal["present", "absent", "mixed", "undetermined"]
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionFinding:
    """Between two sightings of one indicator: it came, went or stayed, and between which times.

    `between` runs from the last image before the transition to the first after it; when the thing is a structure
    the words are built / removed / unchanged. `order` says where that lies relative to each event.
    """

    kind: Literal["transition"] = "transition"
    id: str
    series: Series
    verdict: Literal["arrived", "left", "stayed", "built", "removed", "altered", "unchanged", "undetermined"]
    between: Interval | None
    identification: Identification | None
    #: (event id, "before" | "after" | "undetermined")
    order: tuple[tuple[str, Literal["before", "after", "undetermined"]], ...] = ()
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One series of a composite. `finding` is the id of its event finding, `ratio` that finding's.

    `verdict` and `is_beyond` (the ratio lies beyond the margin) hold at the composite's error rate, so a series that
    changed when asked alone may be undetermined here. `also_same`: it changed, within the margin. `adjusted_p`: the
    least error rate at which it would be called changed. `is_tested`: it has images enough.
    """

    finding: str
    series: Series
    ratio: Estimate | None
    is_tested: bool
    verdict: Literal["changed", "same", "undetermined"]
    also_same: bool = False
    is_beyond: bool = False
    #: None: not tested, or exploratory.
    adjusted_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeFinding:
    """Several series of a site at one event (zones, classes), answered together with one error rate.

    A member is *changed* when the chance of any false change among all is held to `error_rate` (family-wise). The
    verdict is *changed* when a member is, *same* when every member is about the same within its margin, *undetermined*
    otherwise: one series that nobody can tell of keeps the site from being "the same". `also_same`: some changed, and
    all within the margin. `p_value` is of "no series stepped beyond its drift"; None: exploratory.
    """

    kind: Literal["composite"] = "composite"
    id: str
    series: Series
    event: str
    members: tuple[Member, ...]
    error_rate: float
    p_value: float | None
    verdict: Literal["changed", "same", "undetermined"]
    also_same: bool = False
    exploratory: bool
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.changed) != (self.verdict == "changed"):
            raise ValueError("a composite is changed when, and only when, a member is")
        if self.verdict == "same" and any(m.verdict != "same" for m in self.members):
            raise ValueError("a composite is the same only when every member is")

    @property
    def changed(self) -> tuple[Member, ...]:
        return tuple(m for m in self.members if m.verdict == "changed")

    @property
    def n_tested(self) -> int:
        return sum(m.is_tested for m in self.members)


Finding = Annotated[
    EventFinding
    | ActivityFinding
    | PresenceFinding
    | TransitionFinding
    | CompositeFinding
    | TurnoverFinding
    | BreakFinding,
    Field(discriminator="kind"),
]
