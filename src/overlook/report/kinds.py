"""The one place where the report tells the kinds of findings apart: one file a kind, one line each."""

from __future__ import annotations

from typing import assert_never

from overlook.report import activity, breaks, composite, event, presence, transition, turnover
from overlook.report.telling import Telling
from overlook.report.words import Names
from overlook.terms import (
    ActivityFinding,
    BreakFinding,
    CompositeFinding,
    EventFinding,
    Finding,
    PresenceFinding,
    TransitionFinding,
    TurnoverFinding,
)


def tell(f: Finding, names: Names, *, is_index: bool = False, counts: str = "") -> Telling:
    """`is_index`: the series is a measured value, not a count. `counts`: what was counted, where that is short."""
    match f:
        case EventFinding():
            return event.tell(f, names, is_index=is_index, counts=counts)
        case ActivityFinding():
            return activity.tell(f, names, is_index=is_index)
        case PresenceFinding():
            return presence.tell(f, names)
        case TransitionFinding():
            return transition.tell(f, names)
        case CompositeFinding():
            return composite.tell(f, names)
        case TurnoverFinding():
            return turnover.tell(f, names)
        case BreakFinding():
            return breaks.tell(f, names)
        case _:
            assert_never(f)
