"""The rows of the table beside a timeline: each image with what was seen on it, or why nothing was."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.detect import estimate_of
from overlook.report.words import Names, isolated, number, percent, short, short_local
from overlook.terms import Count, Index, NotObserved, Observation, Sighting


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the data table beside the drawing; texts as printed."""

    utc: str
    local: str
    scene: str
    seen: str
    value: str
    visible: str
    by: str
    why_acquired: str


def in_time(observation: Observation) -> tuple[bool, float, str]:
    when = observation.when
    return (when is None, when.start.timestamp() if when else 0.0, observation.scene)


def value_text(o: Observation) -> str:
    if isinstance(o, Count):
        return f"{o.count} counted{_there(o)}{' (provisional)' if o.provisional else ''}"
    if isinstance(o, Index):
        spread = f" ± {number(o.value_sd)}" if o.value_sd is not None else ""
        return f"{number(o.value)}{spread} {isolated(o.unit)}".rstrip()
    if isinstance(o, Sighting):
        return f"{o.state} ({o.identification})" if o.state == "present" else o.state
    return "not observed"


def _there(o: Count) -> str:
    """How many there probably were of what was visible, where the observer's errors are known: for people, no count."""
    told = estimate_of(o)
    return "" if told is None else f" (estimated {told.low}–{told.high}, {told.level:.0%})"


def table_row(o: Observation, names: Names) -> Row:
    site = names.sites.get(o.series.site)
    unseen = isinstance(o, NotObserved)
    return Row(
        utc=short(o.when),
        local=short_local(o.when, site),
        scene=o.scene,
        seen="not seen" if unseen else "seen",
        value=value_text(o),
        visible=_visible(o),
        by="" if isinstance(o, NotObserved) else o.observer,
        why_acquired=": ".join(t for t in (o.reason, o.detail) if t) if isinstance(o, NotObserved) else _why(o),
    )


def _why(o: Count | Index | Sighting) -> str:
    return "not recorded" if o.why_acquired == "unknown" else o.why_acquired


def _visible(o: Observation) -> str:
    return "" if isinstance(o, Sighting) else percent(o.visible_fraction)
