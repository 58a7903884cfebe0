"""Which series are drawn through time, and which are drawn together."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.report.fleet import LEAST_SERIES, Fleet, of_findings
from overlook.report.gaps import unseen_lines
from overlook.report.thinning import MOST_SERIES, images_of_each
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


def timelines(assessment: Assessment, names: Names) -> tuple[tuple[Timeline, ...], tuple[str, ...], str]:
    """The drawings; a line for each series of which no image shows anything; and what is said of those left out."""
    case = assessment.case
    series: dict[Series, list[Observation]] = {}
    for o in assessment.observations:
        series.setdefault(o.series, []).append(o)
    found: dict[Series, list[Finding]] = {}
    for f in assessment.findings:
        found.setdefault(f.series, []).append(f)
    patterns = {p.series: p for p in assessment.patterns}
    empty = {s: of for s, of in series.items() if all(isinstance(o, NotObserved) for o in of)}
    seen = sorted((s for s in series if s not in empty), key=lambda s: _says_least(found.get(s, ())))
    most = images_of_each(min(len(seen), MOST_SERIES))
    drawn = tuple(
        timeline(
            s,
            series[s],
            names=names,
            level=case.plan.level,
            events=[e for e in case.events if not e.sites or s.site in e.sites],
            findings=[f for f in found.get(s, ()) if isinstance(f, EventFinding)],
            scans=[f for f in found.get(s, ()) if isinstance(f, BreakFinding)],
            pattern=_fit_to_draw(patterns.get(s), case.plan),
            most=most,
        )
        for s in seen[:MOST_SERIES]
    )
    return drawn, unseen_lines(empty, names), _left_out(len(seen))


def _says_least(findings: Sequence[Finding]) -> bool:
    """Series with an answer are drawn before those without; else in the order of the case."""
    return not any(isinstance(f, EventFinding | BreakFinding) and f.verdict != "undetermined" for f in findings)


def _left_out(n: int) -> str:
    if n <= MOST_SERIES:
        return ""
    return (
        f"{n:,} series were observed; {MOST_SERIES} are drawn here, those with an answer first. The others are in the "
        "tables of findings and patterns alone."
    )


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
