"""Series by series: patterns and findings. Each its own step, keyed by the observations it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from overlook.run.folder import CaseFolder
from overlook.run.steps import key_of, step, store_of
from overlook.store import Store
from overlook.terms import (
    Case,
    Event,
    Finding,
    Observation,
    Pattern,
    Plan,
    Question,
    Series,
    digest,
    dumps,
    loads,
)

_ROOMS = ("activity", "detect", "imagery", "collect")


@dataclass(frozen=True, slots=True)
class PatternTask:
    """Describe one series."""

    folder: CaseFolder
    series: Series
    observations: tuple[Observation, ...]
    plan: Plan
    #: Of the site, by its IANA name.
    timezone: str = "UTC"

    def key(self) -> str:
        return key_of(
            "pattern",
            _ROOMS,
            series=digest(self.series),
            observations=digest(self.observations, tuple[Observation, ...]),
            plan=digest(self.plan),
            timezone=self.timezone,
        )


class Asked(Protocol):
    """A question with all that its answer rests on."""

    @property
    def folder(self) -> CaseFolder: ...

    @property
    def question(self) -> Question: ...

    def key(self) -> str: ...

    def finding(self) -> Finding: ...


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """Answer one question. `exploratory`: why, when it was asked after its data were seen."""

    folder: CaseFolder
    question: Question
    observations: tuple[Observation, ...]
    event: Event | None
    events: tuple[Event, ...]
    plan: Plan
    exploratory: tuple[str, ...] = ()
    timezone: str = "UTC"

    def key(self) -> str:
        return key_of(
            "answer",
            _ROOMS,
            question=digest(self.question),
            observations=digest(self.observations, tuple[Observation, ...]),
            event=digest(self.event) if self.event else "",
            events=[digest(e) for e in self.events],
            plan=digest(self.plan),
            exploratory=list(self.exploratory),
            timezone=self.timezone,
        )

    def finding(self) -> Finding:
        from overlook.activity import answer

        return answer(
            self.question,
            self.observations,
            event=self.event,
            events=self.events,
            plan=self.plan,
            exploratory=self.exploratory,
            days_in=tz_of(self.timezone),
        )


def describe_task(task: PatternTask) -> tuple[str, str]:
    """(key, digest of the pattern). Runs on a process of its own when many are to be done."""
    from overlook.activity import describe

    def make() -> dict[str, bytes]:
        days_in = tz_of(task.timezone)
        return {"pattern": dumps(describe(task.series, task.observations, plan=task.plan, days_in=days_in), Pattern)}

    key = task.key()
    return key, step(store_of(task.folder), key, f"pattern {_name(task.series)}", make).outputs["pattern"]


def answer_task(task: Asked) -> tuple[str, str]:
    """(key, digest of the finding)."""

    def make() -> dict[str, bytes]:
        return {"finding": dumps(task.finding(), Finding)}

    key = task.key()
    return key, step(store_of(task.folder), key, f"answer {task.question.id}", make).outputs["finding"]


def answer_tasks(
    folder: CaseFolder,
    case: Case,
    questions: Sequence[Question],
    series: Mapping[Series, tuple[Observation, ...]],
) -> list[AnswerTask]:
    """One task a question that observations alone answer, none of them exploratory yet: that is the ledger's to say."""
    events = {e.id: e for e in case.events}
    return [
        AnswerTask(
            folder,
            question,
            observations_for(question, series),
            events.get(question.event),
            case.events,
            case.plan,
            timezone=timezone_of(case, question.series.site),
        )
        for question in questions
        if question.kind != "turnover"
    ]


def timezone_of(case: Case, site: str) -> str:
    return next((s.timezone for s in case.sites if s.id == site), "UTC")


def tz_of(timezone: str) -> tzinfo:
    return UTC if timezone == "UTC" else ZoneInfo(timezone)


def observations_for(question: Question, series: Mapping[Series, tuple[Observation, ...]]) -> tuple[Observation, ...]:
    """What a question may rest on: its own series; a composite's members; a whole site's sightings in all its zones."""
    asked = question.series
    if question.kind == "composite":
        return tuple(o for member in question.members for o in series.get(member, ()))
    if question.kind in ("presence", "transition") and not asked.zone:
        return tuple(o for s, all_of in series.items() if (s.site, s.cls) == (asked.site, asked.cls) for o in all_of)
    return series.get(asked, ())


def read_pattern(store: Store, value: str) -> Pattern:
    pattern: Pattern = loads(store.get(value), Pattern)
    return pattern


def read_finding(store: Store, value: str) -> Finding:
    finding: Finding = loads(store.get(value), Finding)
    return finding


def _name(series: Series) -> str:
    return "/".join(part or "-" for part in (series.site, series.zone, series.cls))
