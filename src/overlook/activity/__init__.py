"""The room where detections become observations, observations patterns, and patterns findings.

It counts, fits and tests; it never reads or writes anything, never decodes a pixel, and never says more than a finding:
what a finding means for somebody's claim is the next room's business.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from overlook.activity.answering import active_row, answer, pattern_row
    from overlook.activity.arrays import observations
    from overlook.activity.breaks_anomaly import anomaly
    from overlook.activity.breaks_found import breaks, breaks_row
    from overlook.activity.composite import together
    from overlook.activity.fleet import FleetRanking, benjamini_hochberg, rank_fleet, watch
    from overlook.activity.learn import Learned, learn_prior
    from overlook.activity.measuring import measured, unmeasured
    from overlook.activity.observing import Looked, observe
    from overlook.activity.pattern import describe
    from overlook.activity.planning import Asked, plan_images
    from overlook.activity.prior import DEFAULT_PRIOR, Prior
    from overlook.activity.screen import Screened, screen_sites
    from overlook.activity.screen_observations import SCREENED, screen_table
    from overlook.activity.series import by_series
    from overlook.activity.sightings import presence, transition
    from overlook.activity.turnover_found import Followed, turnover, turnover_counts

__all__ = [
    "DEFAULT_PRIOR",
    "SCREENED",
    "Asked",
    "FleetRanking",
    "Followed",
    "Learned",
    "Looked",
    "Prior",
    "Screened",
    "active_row",
    "anomaly",
    "answer",
    "benjamini_hochberg",
    "breaks",
    "breaks_row",
    "by_series",
    "describe",
    "learn_prior",
    "measured",
    "observations",
    "observe",
    "pattern_row",
    "plan_images",
    "presence",
    "rank_fleet",
    "screen_sites",
    "screen_table",
    "together",
    "transition",
    "turnover",
    "turnover_counts",
    "unmeasured",
    "watch",
]

# The models need numba and scipy, which are slow to import; a door opens when it is used.
_DOORS = {
    "Asked": "planning",
    "DEFAULT_PRIOR": "prior",
    "FleetRanking": "fleet",
    "Followed": "turnover_found",
    "Learned": "learn",
    "Looked": "observing",
    "Prior": "prior",
    "SCREENED": "screen_observations",
    "Screened": "screen",
    "active_row": "answering",
    "anomaly": "breaks_anomaly",
    "answer": "answering",
    "breaks": "breaks_found",
    "breaks_row": "breaks_found",
    "benjamini_hochberg": "fleet",
    "by_series": "series",
    "describe": "pattern",
    "learn_prior": "learn",
    "measured": "measuring",
    "observations": "arrays",
    "observe": "observing",
    "pattern_row": "answering",
    "plan_images": "planning",
    "presence": "sightings",
    "rank_fleet": "fleet",
    "screen_sites": "screen",
    "screen_table": "screen_observations",
    "together": "composite",
    "transition": "sightings",
    "turnover": "turnover_found",
    "turnover_counts": "turnover_found",
    "unmeasured": "measuring",
    "watch": "fleet",
}


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
    globals()[name] = value
    return value
