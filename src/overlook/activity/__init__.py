"""The room where detections become observations, observations patterns, and patterns findings.

It counts, fits and tests; it never reads or writes anything, never decodes a pixel, and never says more than a finding:
what a finding means for somebody's claim is the next room's business.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from overlook.activity.answering import answer, pattern_row
    from overlook.activity.observe import Looked, observe
    from overlook.activity.pattern import describe
    from overlook.activity.prior import DEFAULT_PRIOR, Prior
    from overlook.activity.series import by_series
    from overlook.activity.sightings import presence, transition

__all__ = [
    "DEFAULT_PRIOR",
    "Looked",
    "Prior",
    "answer",
    "by_series",
    "describe",
    "observe",
    "pattern_row",
    "presence",
    "transition",
]

# The models need numba and scipy, which are slow to import; a door opens when it is used.
_DOORS = {
    "DEFAULT_PRIOR": "prior",
    "Looked": "observe",
    "Prior": "prior",
    "answer": "answering",
    "by_series": "series",
    "describe": "pattern",
    "observe": "observe",
    "pattern_row": "answering",
    "presence": "sightings",
    "transition": "sightings",
}


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _DOORS[name]
    module = import_module(f"{__name__}.{home}")
    # All doors of the file at once: its own name (observe) would otherwise hide the door of that name.
    globals().update({door: getattr(module, door) for door, at in _DOORS.items() if at == home})
    return globals()[name]
