"""Findings in plain language, and as rows of a table. The default answer is "not enough imagery"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overlook.report.telling import missed_text, question, sentence
from overlook.report.words import (
    NONE,
    Names,
    anchor,
    as_sentence,
    chance,
    counted,
    isolated,
    number,
    percent,
    rate,
    ratio,
    utc_text,
)
from overlook.terms import (
    ActivityFinding,
    Assessment,
    Estimate,
    EventFinding,
    Finding,
    ModelUsed,
    PresenceFinding,
    TransitionFinding,
)

NOT_ENOUGH = "Not enough imagery"
_LEADS = {
    "changed": "Changed",
    "same": "About the same",
    "active": "Active",
    "no activity observed": "No activity observed",
    "present": "Present",
    "absent": "Absent",
    "mixed": "Sightings disagree",
    "arrived": "Arrived",
    "left": "Left",
    "stayed": "Stayed",
    "built": "Built",
    "removed": "Removed",
    "altered": "Altered",
    "unchanged": "Unchanged",
    "undetermined": NOT_ENOUGH,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One finding in a sentence. `number` is its F-number in this report; `anchor` its place in the page."""

    id: str
    number: int
    anchor: str
    lead: str
    sentence: str
    decided: bool
    exploratory: bool
    missed: str
    place: str


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
    question: str
    asked_of: str
    effect: str
    step: str
    numbers: tuple[tuple[str, str], ...]
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
    return Answer(
        id=finding.id,
        number=n,
        anchor=anchor("finding", finding.id),
        lead=_lead(finding),
        sentence=sentence(finding, names, is_index=is_index, counts=counts),
        decided=finding.verdict != "undetermined",
        exploratory=bool(getattr(finding, "exploratory", False)),
        missed=missed_text(finding.missed)
        if isinstance(finding, EventFinding) and finding.verdict != "changed"
        else "",
        place=names.place(finding.series),
    )


def _lead(finding: Finding) -> str:
    """A handful of images shows that something is there, and no level of activity."""
    if isinstance(finding, ActivityFinding) and finding.exploratory and finding.verdict == "active":
        return "Seen"
    return _LEADS[finding.verdict]


def finding_row(finding: Finding, said: Answer, names: Names) -> FindingRow:
    effect, step = NONE, NONE
    if isinstance(finding, EventFinding):
        effect = _estimate(finding.ratio, as_ratio=True)
        if finding.step:
            s = finding.step
            p = "exploratory: no p-value" if s.p_value is None else f"p = {number(s.p_value, 2)}"
            step = f"{ratio(s.estimate)} ({ratio(s.low)} to {ratio(s.high)}), {p}"
    if isinstance(finding, ActivityFinding):
        effect = _estimate(finding.rate, as_ratio=False)
    return FindingRow(
        answer=said,
        kind=finding.kind,
        question=question(finding, names),
        asked_of=_asked_of(finding, names),
        effect=effect,
        step=step,
        numbers=tuple(_numbers(finding, names)),
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
                rate=_estimate(p.rate, as_ratio=False),
                weekend=_estimate(p.weekend_ratio, as_ratio=True),
                yearly=_estimate(p.yearly_amplitude, as_ratio=False),
                dispersion=_estimate(p.dispersion_k, as_ratio=False),
                correlation=_estimate(p.correlation_time_d, as_ratio=False),
                hours=hours or "not known",
                model=_model(p.model),
                notes=tuple(as_sentence(note) for note in p.notes),
            )
        )
    return tuple(rows)


def _numbers(f: Finding, names: Names) -> list[tuple[str, str]]:
    if isinstance(f, EventFinding):
        return _event_numbers(f, names)
    if isinstance(f, ActivityFinding):
        return _activity_numbers(f, names)
    return _presence_numbers(f, names) if isinstance(f, PresenceFinding) else _transition_numbers(f, names)


def _asked_of(f: Finding, names: Names) -> str:
    if isinstance(f, EventFinding):
        return f"{f.n_before} before, {f.n_after} after"
    if isinstance(f, ActivityFinding):
        return counted(f.n_images, "image")
    if isinstance(f, PresenceFinding):
        return counted(f.n_present + f.n_absent + f.n_cannot_tell, "sighting")
    return names.days(f.between, f.series.site) if f.between else NONE


def _event_numbers(f: EventFinding, names: Names) -> list[tuple[str, str]]:
    m = f.missed
    rows = [
        ("Event", names.event(f.event)),
        ("Window before", names.days(f.before, f.series.site)),
        ("Window after", names.days(f.after, f.series.site)),
        ("Ratio, after to before", _estimate(f.ratio, as_ratio=True)),
        ("Declared margin", ratio(f.margin) if f.margin else "none declared: “about the same” is never said"),
        ("Probability that the ratio lies inside the margin", chance(f.p_within_margin)),
        ("Probability that the ratio is above one", chance(f.p_above_one)),
        ("Smallest rise that would have been called changed", ratio(m.smallest_ratio_up)),
        ("Smallest fall that would have been called changed", ratio(m.smallest_ratio_down)),
        ("Smallest margin within which “about the same” could be shown", ratio(m.smallest_margin)),
        ("Images needed on each side to show it within the declared margin", _whole(m.images_needed)),
    ]
    return rows + list(_model(f.model))


def _activity_numbers(f: ActivityFinding, names: Names) -> list[tuple[str, str]]:
    return [
        ("Window", names.days(f.window, f.series.site)),
        ("Images", str(f.n_images)),
        ("Worth, in images with all visible and found", number(f.image_equivalents, 1)),
        ("Total counted", str(f.total_count)),
        ("Rate per image, all visible and found", _estimate(f.rate, as_ratio=False)),
        ("Declared quiet rate", number(f.quiet_below)),
        ("Probability that the rate is above it", chance(f.p_active)),
    ]


def _presence_numbers(f: PresenceFinding, names: Names) -> list[tuple[str, str]]:
    missed = "not known: no reader stated a probability of detection"
    return [
        ("Window", names.days(f.window, f.series.site)),
        ("Present", str(f.n_present)),
        ("Absent", str(f.n_absent)),
        ("Cannot tell", str(f.n_cannot_tell)),
        ("Identified as", f.identification or NONE),
        (
            "Chance that all these images missed it, had it been there",
            missed if f.chance_missed is None else chance(f.chance_missed),
        ),
    ]


def _transition_numbers(f: TransitionFinding, names: Names) -> list[tuple[str, str]]:
    rows = [
        ("Between", utc_text(f.between) if f.between else NONE),
        ("Identified as", f.identification or NONE),
    ]
    open_ = "cannot be told"
    return rows + [(f"Relative to {names.event(e)}", open_ if o == "undetermined" else o) for e, o in f.order]


def _model(model: ModelUsed | None) -> tuple[tuple[str, str], ...]:
    if model is None:
        return (("Model", "nothing could be fitted"),)
    return (
        ("Model", model.name),
        ("Prior", model.prior),
        ("Terms switched on", ", ".join(model.terms) or "none"),
        ("Widened for", ", ".join(model.widened_for) or "nothing"),
        ("Day-to-day dispersion, k (without bound: Poisson)", number(model.dispersion_k)),
        ("Usual drift, standard deviation of the logarithm", number(model.drift_sd)),
        ("Days over which the drift is correlated", number(model.correlation_time_d, 1)),
        ("Jitter from image to image (nugget), standard deviation of the logarithm", number(model.nugget_sd)),
        ("Share of the answer's precision that is the prior's", percent(model.prior_weight)),
    )


def _estimate(estimate: Estimate | None, *, as_ratio: bool) -> str:
    if estimate is None:
        return NONE
    write = ratio if as_ratio else rate
    return f"{write(estimate.estimate)} ({write(estimate.low)} to {write(estimate.high)})"


def _whole(n: int | None) -> str:
    return NONE if n is None else str(n)


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
