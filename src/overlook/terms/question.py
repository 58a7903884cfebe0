"""A question that findings answer. Asked before the data are seen, it is a test; after, it is exploratory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.observation import Series
from overlook.terms.time import Interval

QuestionKind = Literal["event", "activity", "presence", "transition", "composite", "turnover", "break"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`event`: changed or same at an event; `activity`: active or none observed in a window; `presence`: was the
    indicator there in a window; `transition`: between which sightings did it come or go; `composite`: several series
    of a site at an event, with one error rate; `turnover`: what stayed, left and arrived between registered images;
    `break`: did the level ever step, event or none.

    `series.cls` is a class for counts, an indicator for presence and transition. A composite's series are its
    `members`; its own names what they share and the plan's others do not. `event` and `window` as the kind needs.
    """

    kind: QuestionKind
    series: Series
    event: str = ""
    window: Interval | None = None
    #: For a transition: "built"/"removed"/"altered" speak of structures, "arrived"/"left" of things that move.
    of_structure: bool = False
    #: The series of a composite, sorted by site, zone and class.
    members: tuple[Series, ...] = ()

    @property
    def id(self) -> str:
        """Stable and readable: the id of its finding."""
        s = self.series
        parts = [self.kind, s.site or "-", s.zone or "-", s.cls or "-"]
        if self.event:
            parts.append(self.event)
        if self.window:
            parts.append(f"{self.window.start:%Y%m%dT%H%M}-{self.window.end:%Y%m%dT%H%M}")
        if self.of_structure:
            parts.append("structure")
        return "/".join(parts)
