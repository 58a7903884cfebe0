"""Which images would settle the event questions of a case: its last assessment in, one plan a question out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from overlook.errors import CaseError, UsageError
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.progress import Progress, in_order, silent
from overlook.run.series import timezone_of, tz_of
from overlook.run.steps import store_of
from overlook.store import Entry, Ledger
from overlook.terms import (
    Assessment,
    Case,
    Clouds,
    Count,
    Event,
    ImagePlan,
    Index,
    Interval,
    Observation,
    Observer,
    Plan,
    Question,
    Sensor,
    Series,
    Sighting,
    Site,
    digest,
    loads,
)

if TYPE_CHECKING:
    from overlook.activity import Asked

#: The event of a case that has none, or of `on`.
HYPOTHETICAL = "hypothetical"
#: As in case.yaml: outside these years a date is a slip of the pen.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class PlanTask:
    """Plan the images of one question. Runs on a process of its own when several are to be done."""

    question: Question
    observations: tuple[Observation, ...]
    event: Event
    plan: Plan
    asked: Asked
    now: datetime
    sensors: tuple[Sensor, ...]
    clouds: Clouds | None
    observers: tuple[Observer, ...]
    hidden: tuple[Interval, ...]
    timezone: str


def plan(
    root: Path,
    *,
    asked: Asked,
    event: str = "",
    on: Interval | None = None,
    zone: str = "",
    margin: float | None = None,
    workers: int = 1,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Iterator[ImagePlan]:
    """One plan for each event question of the case at `root`, in the order of their ids.

    `event`: only that one's questions; `on`: those of a hypothetical event at that time, as are those of a case without
    events, today. `zone`: only that zone's. `margin` in place of the declared one, for planning alone. Reads the last
    assessment, writes nothing. `now`: the day to plan on, the clock's without it; what the case knows of later days is
    left out. Raises UsageError for an event or zone that the case has not, CaseError for a case that
    asks nothing of any event, StoreError or IntegrityError for what is broken in its store.
    """
    from overlook.case import read_case

    clock = datetime.now(UTC)
    folder, moment = open_folder(root), now or clock
    # A case may hold dates after the day that is planned on; only those after the clock's are a slip of the pen.
    case = read_case(folder.root, now=max(moment, clock))
    if margin is not None:
        case = replace(case, plan=replace(case.plan, margin=margin))
    case = _with_event(case, event, on, moment)
    observations, notes = _seen(folder, case)
    questions = _questions(case, observations, event, zone)
    if not questions:
        raise CaseError(
            "E-CASE-NOTHING-TO-PLAN",
            "there is no event question to plan for",
            where=str(folder.case_yaml),
            remedy="declare a zone that is not roofed under `sites:`, and what is counted under `plan: classes:`",
        )
    tasks = [_task(q, case, observations, asked, moment) for q in questions]
    for made in in_order(plan_task, tasks, workers=workers, what="questions", progress=progress):
        yield replace(made, notes=(*notes, *made.notes))


def plan_task(task: PlanTask) -> ImagePlan:
    from overlook.activity import plan_images
    from overlook.collect import coarsest_gsd_m

    return plan_images(
        task.question,
        task.observations,
        event=task.event,
        plan=task.plan,
        asked=task.asked,
        now=task.now,
        sensors=task.sensors,
        clouds=task.clouds,
        observers=task.observers,
        hidden=task.hidden,
        days_in=tz_of(task.timezone),
        coarsest_gsd_m=coarsest_gsd_m(task.question.series.cls, task.plan),
    )


def _with_event(case: Case, event: str, on: Interval | None, now: datetime) -> Case:
    """The case with the events that are to be planned for: its own, or a hypothetical one."""
    if event and on is not None:
        raise UsageError("E-USAGE-EVENT", "--event and --on cannot go together", where="--on")
    if event and event not in {e.id for e in case.events}:
        known = ", ".join(e.id for e in case.events)
        raise UsageError(
            "E-USAGE-EVENT",
            f"the case has no event {event!r}",
            where="--event",
            remedy=f"one of: {known}" if known else "declare it under `events:`, or use --on DATE",
        )
    if on is None and case.events:
        return case
    during = on or _day_of(now)
    if not _FIRST_YEAR <= during.start.year <= during.end.year <= _LAST_YEAR:
        raise UsageError("E-USAGE-TIME", f"not between {_FIRST_YEAR} and {_LAST_YEAR}", where="--on")
    name = f"a hypothetical event on {during.start:%Y-%m-%d}"
    return replace(case, events=(Event(id=HYPOTHETICAL, name=name, during=during),))


def _day_of(now: datetime) -> Interval:
    from datetime import timedelta

    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Interval(start=start, end=start + timedelta(days=1, microseconds=-1))


def _seen(folder: CaseFolder, case: Case) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """The observations of the last assessment, and what is to be said of it; none where nothing was assessed."""
    entry = _last(folder)
    if entry is None:
        return (), ("nothing was assessed here yet: planned from the prior alone, as if no image were in hand",)
    assessment: Assessment = loads(store_of(folder).get(entry.body["assessment"]), Assessment)
    if _observed_under(assessment.case) == _observed_under(case):
        return assessment.observations, ()
    when = f"{entry.at:%Y-%m-%d %H:%M} UTC"
    stale = f"sites or observers of case.yaml have changed since the assessment of {when}: assess again before planning"
    return assessment.observations, (stale,)


def _observed_under(case: Case) -> tuple[str, str]:
    """Digests of what observations are made under."""
    return digest(case.sites, tuple[Site, ...]), digest(case.observers, tuple[Observer, ...])


def _last(folder: CaseFolder) -> Entry | None:
    if not folder.ledger.is_file():
        return None
    with Ledger(folder.ledger) as ledger:
        entries = ledger.entries("assessed")
    return entries[-1] if entries else None


def _questions(case: Case, observations: Sequence[Observation], event: str, zone: str) -> list[Question]:
    from overlook.claims import questions

    counted = _series(observations, Count | Index)
    sighted = _series(observations, Sighting)
    asked = [q for q in questions(case, sighted, counted) if q.kind == "event" and event in ("", q.event)]
    known = {z.id for site in case.sites for z in site.zones} | {q.series.zone for q in asked if q.series.zone}
    if zone and zone not in known:
        raise UsageError(
            "E-USAGE-ZONE",
            f"the case has no zone {zone!r}",
            where="--zone",
            remedy=f"one of: {', '.join(sorted(known))}" if known else "draw one under `sites:`",
        )
    return [q for q in asked if zone in ("", q.series.zone)]


def _series(observations: Sequence[Observation], kinds: object) -> list[Series]:
    return list(dict.fromkeys(o.series for o in observations if isinstance(o, kinds)))  # type: ignore[arg-type]


def _task(question: Question, case: Case, observations: Sequence[Observation], asked: Asked, now: datetime) -> PlanTask:
    return PlanTask(
        question=question,
        observations=tuple(o for o in observations if o.series == question.series),
        event=next(e for e in case.events if e.id == question.event),
        plan=case.plan,
        asked=asked,
        now=now,
        sensors=case.collection.sensors,
        clouds=next((c for c in case.collection.clouds if c.site == question.series.site), None),
        observers=case.observers,
        hidden=tuple(
            cover.during
            for site in case.sites
            for z in site.zones
            for cover in z.covers
            if (site.id, z.id) == (question.series.site, question.series.zone)
        ),
        timezone=timezone_of(case, question.series.site),
    )
