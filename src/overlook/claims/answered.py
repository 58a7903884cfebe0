"""A prediction's questions, the findings that answer them, and what these come to together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from overlook.claims.asking import asked_by, tested
from overlook.claims.combining import Answer, combine
from overlook.claims.reading import read
from overlook.claims.stance import Reading
from overlook.terms import Case, Finding, Observation, Prediction, Series


class Followed(Protocol):
    """What there is to answer with: findings by question id, and the series that were sighted, counted and boxed."""

    @property
    def case(self) -> Case: ...
    @property
    def findings(self) -> Mapping[str, Finding]: ...
    @property
    def observations(self) -> Sequence[Observation]: ...
    @property
    def sighted(self) -> tuple[Series, ...]: ...
    @property
    def counted(self) -> tuple[Series, ...]: ...
    @property
    def boxed(self) -> tuple[Series, ...]: ...


@dataclass(frozen=True, slots=True)
class Answered:
    """`unanswered` counts the questions that no finding answers; `readings` has one entry a finding."""

    findings: tuple[Finding, ...]
    readings: tuple[Reading, ...]
    answer: Answer
    unanswered: int


def answered(prediction: Prediction, at: Followed) -> Answered:
    """Of a prediction that could be observed at all."""
    asked = asked_by(prediction, at.case, at.sighted, at.counted, at.boxed)
    findings = tuple(at.findings[q.id] for q in asked if q.id in at.findings)
    readings = tuple(read(prediction, f, at.case, at.findings) for f in findings)
    unanswered = len(asked) - len(findings)
    return Answered(findings, readings, combine(tested(prediction), readings, unanswered=unanswered), unanswered)
