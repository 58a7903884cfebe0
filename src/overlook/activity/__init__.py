"""The room where detections become observations, observations patterns, and patterns findings.

It counts, fits and tests; it never reads or writes anything, never decodes a pixel, and never says more than a finding:
what a finding means for somebody's claim is the next room's business.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from overlook.activity.answering import answer, pattern_row
    from overlook.activity.breaks_anomaly import anomaly
    from overlook.activity.breaks_found import breaks, breaks_row
    from overlook.activity.composite import together
    from overlook.activity.fleet import FleetRanking, benjamini_hochberg, rank_fleet, watch
    from overlook.activity.learn import Learned, learn_prior
    from overlook.activity.observing import Looked, observe
    from overlook.activity.pattern import describe
    from overlook.activity.prior import DEFAULT_PRIOR, Prior
    from overlook.activity.series import by_series
    from overlook.activity.sightings import presence, transition

__all__ = [
    "DEFAULT_PRIOR",
    "FleetRanking",
    "Learned",
    "Looked",
    "Prior",
    "anomaly",
    "answer",
    "benjamini_hochberg",
    "breaks",
    "breaks_row",
    "by_series",
    "describe",
    "learn_prior",
    "observe",
    "pattern_row",
    "presence",
    "rank_fleet",
    "together",
    "transition",
    "watch",
]

# The models need numba and scipy, which are slow to import; a door opens when it is used.
_DOORS = {
    "DEFAULT_PRIOR": "prior",
    "FleetRanking": "fleet",
    "Learned": "learn",
    "Looked": "observing",
    "Prior": "prior",
    "anomaly": "breaks_anomaly",
    "answer": "answering",
    "breaks": "breaks_found",
    "breaks_row": "breaks_found",
    "benjamini_hochberg": "fleet",
    "by_series": "series",
    "describe": "pattern",
    "learn_prior": "learn",
    "observe": "observing",
    "pattern_row": "answering",
    "presence": "sightings",
    "rank_fleet": "fleet",
    "together": "composite",
    "transition": "sightings",
    "watch": "fleet",
}


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
    globals()[name] = value
    return value
