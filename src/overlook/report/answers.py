"""Findings in plain language, and as rows of a table. The default answer is "not enough imagery"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overlook.report.words import (
    NONE,
    Names,
    anchor,
    counted,
    day,
    days,
    interval_of,
    isolated,
    number,
    percent,
    ratio,
    utc_text,
)
from overlook.terms import (
    ActivityFinding,
    Assessment,
    Estimate,
    EventFinding,
    Finding,
    Missed,
    ModelUsed,
    PresenceFinding,
    TransitionFinding,
)

NOT_ENOUGH = "Not enough imagery"
_POWER = "power 0.8"
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


def headline(answers: tuple[Answer, ...]) -> str:
    """The first sentence of the report: how many of its questions the images could answer."""
    decided = sum(a.decided for a in answers)
    if not answers:
        return f"{NOT_ENOUGH}. No question could be put to the images of this case."
    asked = "The one question" if len(answers) == 1 else f"None of the {len(answers)} questions"
    if not decided:
        return f"{NOT_ENOUGH}. {asked} put to the images could {'not ' if len(answers) == 1 else ''}be answered."
    if decided == len(answers):
        return f"The images answer {'the question' if decided == 1 else f'all {decided} questions'} put to them."
    rest = len(answers) - decided
    return (
        f"The images answer {decided} of the {len(answers)} questions put to them; "
        f"for {rest} there is not enough imagery."
    )


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


def answer(finding: Finding, n: int, names: Names) -> Answer:
    return Answer(
        id=finding.id,
        number=n,
        anchor=anchor("finding", finding.id),
        lead=_LEADS[finding.verdict],
        sentence=_sentence(finding, names),
        decided=finding.verdict != "undetermined",
        exploratory=bool(getattr(finding, "exploratory", False)),
        missed=missed_text(finding.missed) if isinstance(finding, EventFinding) else "",
        place=names.place(finding.series),
    )


def missed_text(missed: Missed) -> str:
    """What could have been missed, in a sentence; empty when it could not be computed."""
    up, down = missed.smallest_ratio_up, missed.smallest_ratio_down
    if up is not None and down is not None:
        span = f"A rise smaller than {ratio(up)}, or a fall that stops above {ratio(down)},"
        return f"{span} would have been missed ({_POWER})."
    if up is not None:
        return f"A change smaller than {ratio(up)} would have been missed ({_POWER})."
    if down is not None:
        return f"A fall that stops above {ratio(down)} would have been missed ({_POWER})."
    return ""


def finding_row(finding: Finding, said: Answer, names: Names) -> FindingRow:
    effect, step = NONE, NONE
    if isinstance(finding, EventFinding):
        effect = _estimate(finding.ratio, as_ratio=True)
        if finding.step:
            s = finding.step
            p = "exploratory: no p-value" if s.p_value is None else f"p = {number(s.p_value, 3)}"
            step = f"{ratio(s.estimate)} ({ratio(s.low)} to {ratio(s.high)}), {p}"
    if isinstance(finding, ActivityFinding):
        effect = _estimate(finding.rate, as_ratio=False)
    return FindingRow(
        answer=said,
        kind=finding.kind,
        question=_question(finding, names),
        asked_of=_asked_of(finding),
        effect=effect,
        step=step,
        numbers=tuple(_numbers(finding, names)),
        notes=finding.notes,
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
                notes=p.notes,
            )
        )
    return tuple(rows)


def _sentence(f: Finding, names: Names) -> str:
    if isinstance(f, EventFinding):
        return _event(f, names)
    if isinstance(f, ActivityFinding):
        return _activity(f, names)
    return _presence(f, names) if isinstance(f, PresenceFinding) else _transition(f, names)


def _numbers(f: Finding, names: Names) -> list[tuple[str, str]]:
    if isinstance(f, EventFinding):
        return _event_numbers(f, names)
    if isinstance(f, ActivityFinding):
        return _activity_numbers(f)
    return _presence_numbers(f) if isinstance(f, PresenceFinding) else _transition_numbers(f, names)


def _event(f: EventFinding, names: Names) -> str:
    level = f"the {isolated(f.series.cls) or 'count'} level in {names.place(f.series)}"
    event, images = names.event(f.event), f"{counted(f.n_before, 'image')} before, {f.n_after} after"
    told = f"{ratio(f.ratio.estimate)} ({interval_of(f.ratio, as_ratio=True)}; {images})" if f.ratio else images
    if f.verdict == "changed":
        way = "higher" if f.ratio and f.ratio.estimate > 1 else "lower"
        text = f"{_cap(level)} was {way} after {event} than before it: {told}."
        return text + (f" It also lies within the declared margin {ratio(f.margin)}." if f.also_same else "")
    if f.verdict == "same":
        within = f", inside the declared margin of {ratio(f.margin)} either way" if f.margin else ""
        return f"{_cap(level)} stayed about the same through {event}{within}: {told}."
    return f"These images cannot say whether {level} changed at {event} or stayed about the same: {told}."


def _activity(f: ActivityFinding, names: Names) -> str:
    what, where = isolated(f.series.cls) or "activity", names.place(f.series)
    seen = f"{f.total_count} counted in {counted(f.n_images, 'image')}"
    rate = f"; {number(f.rate.estimate)} per image, {interval_of(f.rate, as_ratio=False)}" if f.rate else ""
    when = days(f.window)
    if f.verdict == "active":
        return f"{_cap(what)} activity in {where}, {when}: {seen}{rate}."
    if f.verdict == "no activity observed":
        bound = f"; at most {number(f.rate.high)} per image at level {percent(f.rate.level)}" if f.rate else ""
        return f"No {what} activity above the declared rate was observed in {where}, {when}: {seen}{bound}."
    return f"These images cannot say whether there was {what} activity in {where}, {when}: {seen}{rate}."


def _presence(f: PresenceFinding, names: Names) -> str:
    what, where, when = _indicator(f.series.cls), names.place(f.series), days(f.window)
    seen = f"present in {f.n_present}, absent in {f.n_absent}, cannot tell in {f.n_cannot_tell} of the sightings"
    if f.verdict == "present":
        as_what = f", identified as {f.identification}" if f.identification else ""
        return f"{_cap(what)} was seen in {where}, {when}{as_what}: {seen}."
    if f.verdict == "absent":
        chance = f"; the chance that all missed it is {percent(f.chance_missed)}" if f.chance_missed is not None else ""
        return f"{_cap(what)} was not seen in {where}, {when}: {seen}{chance}."
    if f.verdict == "mixed":
        return f"Sightings of {what} in {where}, {when}, disagree: {seen}."
    return f"These images cannot say whether {what} was in {where}, {when}: {seen}."


def _transition(f: TransitionFinding, names: Names) -> str:
    what, where = _indicator(f.series.cls), names.place(f.series)
    if f.verdict == "undetermined":
        text = f"These images cannot say whether {what} in {where} came, went or stayed."
    else:
        when = f" between {day(f.between.start)} and {day(f.between.end)}" if f.between else ""
        was = "" if f.verdict in ("arrived", "left", "stayed") else "was "
        text = f"{_cap(what)} in {where} {was}{f.verdict}{when}."
    for event, order in f.order:
        told = "not determined whether before or after" if order == "undetermined" else order
        text += f" Relative to {names.event(event)}: {told}."
    return text


def _indicator(name: str) -> str:
    return f"the indicator “{isolated(name)}”" if name else "the indicator"


def _question(f: Finding, names: Names) -> str:
    cls, place = isolated(f.series.cls) or "count", names.place(f.series)
    if isinstance(f, EventFinding):
        return f"Did the {cls} level in {place} change at {names.event(f.event)}, or stay about the same?"
    if isinstance(f, ActivityFinding):
        return f"Was there {cls} activity in {place}{f', {days(f.window)}' if f.window else ''}?"
    if isinstance(f, PresenceFinding):
        return f"Was {_indicator(f.series.cls)} in {place}, {days(f.window)}?"
    return f"Did {_indicator(f.series.cls)} in {place} come, go or stay?"


def _asked_of(f: Finding) -> str:
    if isinstance(f, EventFinding):
        return f"{f.n_before} before, {f.n_after} after"
    if isinstance(f, ActivityFinding):
        return counted(f.n_images, "image")
    if isinstance(f, PresenceFinding):
        return counted(f.n_present + f.n_absent + f.n_cannot_tell, "sighting")
    return days(f.between) if f.between else NONE


def _event_numbers(f: EventFinding, names: Names) -> list[tuple[str, str]]:
    m = f.missed
    rows = [
        ("Event", names.event(f.event)),
        ("Window before", days(f.before)),
        ("Window after", days(f.after)),
        ("Ratio, after to before", _estimate(f.ratio, as_ratio=True)),
        ("Declared margin", ratio(f.margin) if f.margin else "none declared: “about the same” is never said"),
        ("Probability that the ratio lies inside the margin", percent(f.p_within_margin)),
        ("Probability that the ratio is above one", percent(f.p_above_one)),
        ("Smallest rise that would have been called changed", ratio(m.smallest_ratio_up)),
        ("Smallest fall that would have been called changed", ratio(m.smallest_ratio_down)),
        ("Smallest margin within which “about the same” could be shown", ratio(m.smallest_margin)),
        ("Images needed on each side to show it within the declared margin", _whole(m.images_needed)),
    ]
    return rows + list(_model(f.model))


def _activity_numbers(f: ActivityFinding) -> list[tuple[str, str]]:
    return [
        ("Window", days(f.window)),
        ("Images", str(f.n_images)),
        ("Worth, in images with all visible and found", number(f.image_equivalents, 1)),
        ("Total counted", str(f.total_count)),
        ("Rate per image, all visible and found", _estimate(f.rate, as_ratio=False)),
        ("Declared quiet rate", number(f.quiet_below)),
        ("Probability that the rate is above it", percent(f.p_active)),
    ]


def _presence_numbers(f: PresenceFinding) -> list[tuple[str, str]]:
    missed = "not known: no reader stated a probability of detection"
    return [
        ("Window", days(f.window)),
        ("Present", str(f.n_present)),
        ("Absent", str(f.n_absent)),
        ("Cannot tell", str(f.n_cannot_tell)),
        ("Identified as", f.identification or NONE),
        (
            "Chance that all these images missed it, had it been there",
            missed if f.chance_missed is None else percent(f.chance_missed),
        ),
    ]


def _transition_numbers(f: TransitionFinding, names: Names) -> list[tuple[str, str]]:
    rows = [
        ("Between", utc_text(f.between) if f.between else NONE),
        ("Identified as", f.identification or NONE),
    ]
    return rows + [(f"Relative to {names.event(e)}", order) for e, order in f.order]


def _model(model: ModelUsed | None) -> tuple[tuple[str, str], ...]:
    if model is None:
        return (("Model", "nothing could be fitted"),)
    return (
        ("Model", model.name),
        ("Prior", model.prior),
        ("Terms switched on", ", ".join(model.terms) or "none"),
        ("Widened for", ", ".join(model.widened_for) or "nothing"),
        ("Dispersion k", number(model.dispersion_k)),
        ("Usual drift, log scale sd", number(model.drift_sd)),
        ("Correlation time, days", number(model.correlation_time_d, 1)),
        ("Nugget, log scale sd", number(model.nugget_sd)),
        ("Share of the answer's precision that is the prior's", percent(model.prior_weight)),
    )


def _estimate(estimate: Estimate | None, *, as_ratio: bool) -> str:
    if estimate is None:
        return NONE
    write = ratio if as_ratio else number
    return f"{write(estimate.estimate)} ({write(estimate.low)} to {write(estimate.high)})"


def _whole(n: int | None) -> str:
    return NONE if n is None else str(n)


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
