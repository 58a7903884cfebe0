"""Findings in plain language, and as rows of a table. The default answer is "not enough imagery"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overlook.report.curves import Curve, curves
from overlook.report.kinds import tell
from overlook.report.telling import Telling, estimate_text, model_numbers
from overlook.report.words import Names, anchor, as_sentence, isolated, number
from overlook.terms import Assessment, EventFinding, Finding


@dataclass(frozen=True, slots=True)
class Answer:
    """One finding as told. `number` is its F-number in this report; `anchor` its place in the page."""

    id: str
    number: int
    anchor: str
    telling: Telling
    decided: bool
    exploratory: bool
    place: str

    @property
    def lead(self) -> str:
        return self.telling.lead

    @property
    def sentence(self) -> str:
        return self.telling.sentence

    @property
    def missed(self) -> str:
        return self.telling.missed


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of page one, and every finding that says the same."""

    lead: str
    sentence: str
    missed: str
    exploratory: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in full, as printed."""

    answer: Answer
    kind: str
    curves: tuple[Curve, ...]
    notes: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatternRow:
    place: str
    cls: str
    images: str
    rate: str
    weekend: str
    yearly: str
    dispersion: str
    correlation: str
    hours: str
    model: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def first_told(findings: Sequence[Finding], cited: frozenset[str]) -> tuple[str, ...]:
    """Ids of the findings in the order page one tells them: what claims cite first, then by how much it says.

    A change or a coming and going says most; that something is in use at all says least.
    """
    weight = {"changed": 0, "same": 2, "present": 3, "absent": 3, "mixed": 3, "active": 4, "no activity observed": 4}
    ranked = sorted(findings, key=lambda f: (f.id not in cited, weight.get(f.verdict, 1)))
    return tuple(f.id for f in ranked)


def told_once(answers: Sequence[Answer]) -> tuple[Told, ...]:
    """The answers in their order, those of one wording together: one thing is not told three times."""
    same: dict[tuple[str, str, str, bool], list[Answer]] = {}
    for a in answers:
        same.setdefault((a.lead, a.sentence, a.missed, a.exploratory), []).append(a)
    return tuple(Told(*words, tuple(members)) for words, members in same.items())


def by_lead(answers: Sequence[Answer]) -> tuple[tuple[str, tuple[Answer, ...]], ...]:
    """Answers that page one does not spell out, those with one answer together, by number."""
    groups: dict[str, list[Answer]] = {}
    for a in answers:
        groups.setdefault(a.lead.lower(), []).append(a)
    return tuple((lead, tuple(sorted(members, key=lambda a: a.number))) for lead, members in groups.items())


def answer(finding: Finding, n: int, names: Names, *, is_index: bool = False, counts: str = "") -> Answer:
    telling = tell(finding, names, is_index=is_index, counts=counts)
    return Answer(
        id=finding.id,
        number=n,
        anchor=anchor("finding", finding.id),
        telling=telling,
        decided=finding.verdict != "undetermined",
        exploratory=bool(getattr(finding, "exploratory", False)),
        place=names.place(finding.series),
    )


def finding_row(finding: Finding, said: Answer, *, level: float, is_drawn: bool = True) -> FindingRow:
    """`level`: of the plan's intervals. `is_drawn`: with its curves, where it has any."""
    return FindingRow(
        answer=said,
        kind=finding.kind,
        curves=curves(finding, level) if is_drawn and isinstance(finding, EventFinding) else (),
        notes=tuple(as_sentence(note) for note in finding.notes),
        evidence=finding.evidence,
    )


def pattern_rows(assessment: Assessment, names: Names) -> tuple[PatternRow, ...]:
    rows = []
    for p in assessment.patterns:
        hours = "" if p.hours_utc is None else f"{_clock(p.hours_utc[0])} to {_clock(p.hours_utc[1])} UTC"
        rows.append(
            PatternRow(
                place=names.place(p.series),
                cls=isolated(p.series.cls),
                images=f"{p.n_usable} of {p.n_images} usable; worth {number(p.image_equivalents, 1)} whole images",
                rate=estimate_text(p.rate, as_ratio=False),
                weekend=estimate_text(p.weekend_ratio, as_ratio=True),
                yearly=estimate_text(p.yearly_amplitude, as_ratio=False),
                dispersion=estimate_text(p.dispersion_k, as_ratio=False),
                correlation=estimate_text(p.correlation_time_d, as_ratio=False),
                hours=hours or "not known",
                model=model_numbers(p.model),
                notes=tuple(as_sentence(note) for note in p.notes),
            )
        )
    return tuple(rows)


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
