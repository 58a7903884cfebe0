"""Which series are drawn through time, and which are drawn together."""

from __future__ import annotations

from overlook.report.fleet import LEAST_SERIES, Fleet, of_findings
from overlook.report.gaps import unseen_lines
from overlook.report.timeline import Timeline, timeline
from overlook.report.words import Names, anchor
from overlook.terms import (
    Assessment,
    BreakFinding,
    EventFinding,
    Finding,
    NotObserved,
    Observation,
    Pattern,
    Plan,
    Series,
)


def timelines(assessment: Assessment, names: Names) -> tuple[tuple[Timeline, ...], tuple[str, ...]]:
    """The drawings, and a line for each series of which no image shows anything."""
    case = assessment.case
    series: dict[Series, list[Observation]] = {}
    for o in assessment.observations:
        series.setdefault(o.series, []).append(o)
    found: dict[Series, list[Finding]] = {}
    for f in assessment.findings:
        found.setdefault(f.series, []).append(f)
    patterns = {p.series: p for p in assessment.patterns}
    empty = {s: of for s, of in series.items() if all(isinstance(o, NotObserved) for o in of)}
    drawn = tuple(
        timeline(
            s,
            of_series,
            names=names,
            level=case.plan.level,
            events=[e for e in case.events if not e.sites or s.site in e.sites],
            findings=[f for f in found.get(s, ()) if isinstance(f, EventFinding)],
            scans=[f for f in found.get(s, ()) if isinstance(f, BreakFinding)],
            pattern=_fit_to_draw(patterns.get(s), case.plan),
        )
        for s, of_series in series.items()
        if s not in empty
    )
    return drawn, unseen_lines(empty, names)


def fleets(assessment: Assessment, names: Names) -> tuple[Fleet, ...]:
    """For each event the steps of its series together, where they are many."""
    of: dict[str, list[EventFinding]] = {}
    for f in assessment.findings:
        if isinstance(f, EventFinding):
            of.setdefault(f.event, []).append(f)
    drawn = (
        of_findings(of_event, names, f"Steps at {names.event(event)}, series by series", anchor("fleet", event))
        for event, of_event in of.items()
        if len(of_event) >= LEAST_SERIES
    )
    return tuple(d for d in drawn if d is not None)


def _fit_to_draw(pattern: Pattern | None, plan: Plan) -> Pattern | None:
    """A band through a handful of dots would be the prior's drawing."""
    return pattern if pattern is not None and pattern.n_usable >= plan.few_images else None
