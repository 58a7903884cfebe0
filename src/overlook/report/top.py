"""The first lines of the report: the answer to what was asked, what it rests on, and how often chance would speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from overlook.report.answers import Answer
from overlook.report.telling import NOT_ENOUGH
from overlook.report.words import Names, counted, isolated, listed, number, percent
from overlook.terms import (
    Assessment,
    BreakFinding,
    Count,
    EventFinding,
    Finding,
    Index,
    Interval,
    NotObserved,
    Observation,
    Sighting,
    Verdict,
)

_ONE: dict[Verdict, str] = {
    "supported": "supports {n} over the rivals that were named",
    "inconsistent": "is inconsistent with {n}",
    "mixed": "is mixed on {n}",
    "consistent, not diagnostic": "is consistent with {n} without telling it from its rivals",
    "insufficient imagery": "is insufficient for {n}",
    "not observable": "could never show {n}",
}
_OPEN = ("insufficient imagery", "not observable")


def headline(verdicts: Sequence[Verdict], answers: Sequence[Answer]) -> str:
    """The answer in a sentence or two: what imagery says of the parts of what was claimed, else of what was asked.

    `answers`: those that page one tells. The default is "not enough imagery".
    """
    if verdicts:
        return _of_parts(verdicts)
    decided = sum(a.decided for a in answers)
    if not answers:
        return f"{NOT_ENOUGH}. No question could be put to the images of this case."
    if len(answers) == 1:
        return answers[0].sentence if decided else f"{NOT_ENOUGH}. {answers[0].sentence}"
    if not decided:
        return f"{NOT_ENOUGH}. None of the {len(answers)} questions could be answered from these images."
    if decided == len(answers):
        return f"All {decided} questions could be answered from these images."
    return (
        f"{decided} of the {len(answers)} questions could be answered from these images; "
        f"for {len(answers) - decided} there is not enough imagery."
    )


def _of_parts(verdicts: Sequence[Verdict]) -> str:
    n = Counter(verdicts)
    if len(verdicts) == 1:
        only = _ONE[verdicts[0]].format(n="the one part of what was claimed")
        return f"{NOT_ENOUGH}. Imagery {only}." if verdicts[0] == "insufficient imagery" else f"Imagery {only}."
    told = listed(text.format(n=n[v]) for v, text in _ONE.items() if n[v])
    start = f"{NOT_ENOUGH}. " if n["insufficient imagery"] and all(v in _OPEN for v in verdicts) else ""
    return f"{start}Of the {len(verdicts)} parts of what was claimed, imagery {told}."


def first_answers(answers: Sequence[Answer], findings: Iterable[Finding], cited: frozenset[str]) -> tuple[Answer, ...]:
    """What page one tells: what claims rest on, else what events ask; all there is when neither is.

    `answers` come in the order in which page one tells them, and stay in it.
    """
    if some := tuple(a for a in answers if a.id in cited):
        return some
    events = {f.id for f in findings if isinstance(f, EventFinding)}
    return tuple(a for a in answers if a.id in events) or tuple(answers)


def by_chance(findings: Iterable[Finding], level: float) -> str:
    """How many of many questions would be called changed though nothing changed; empty for fewer than two."""
    tested = [f for f in findings if isinstance(f, EventFinding) and f.ratio is not None and not f.exploratory]
    if len(tested) < 2:
        return ""
    about = len(tested) * (1 - level)
    many = "fewer than one" if about < 0.95 else f"about {about:.0f}"
    changed = sum(f.verdict == "changed" for f in tested)
    return (
        f"{counted(len(tested), 'question')} about events could be tested, each at level {percent(level)}: had nothing "
        f"changed anywhere, {many} of them would still be called changed by chance ({about:.1f} on average). "
        f"{changed} {'was' if changed == 1 else 'were'}."
    )


def scans_by_chance(findings: Iterable[Finding]) -> str:
    """How many of the scans for steps that nobody declared would find one where there is none; empty without a scan."""
    scans = [f for f in findings if isinstance(f, BreakFinding) and f.p_value is not None]
    if not scans:
        return ""
    about = sum(f.alpha for f in scans)
    found = sum(bool(f.found) for f in scans)
    return (
        f"{counted(len(scans), 'series', 'series')} could be scanned for steps that nobody declared, each with a "
        f"chance of {percent(scans[0].alpha)} to find one where the level only drifts: {number(about, 1)} expected by "
        f"chance. In {found} one was found."
    )


def basis(assessment: Assessment, names: Names) -> str:
    """How much imagery the answers stand on."""
    scenes, observations = assessment.scenes, assessment.observations
    if not scenes and not observations:
        return "No image and no count is in this case."
    if not scenes:
        when = _dates(observations, names) + _blank(observations)
        return f"It rests on {_brought(observations)} that were brought without their images{when}."
    dated = [s.when for s in scenes if s.when]
    text = f"It rests on {counted(len(scenes), 'image')}"
    if dated:
        text += f", {names.days(Interval(start=min(w.start for w in dated), end=max(w.end for w in dated)))},"
    sensors = Counter(s.sensor for s in scenes)
    text += f" by {_sensors(sensors)}. {_shown(assessment)}"
    return text + _roofed(assessment, names)


def _sensors(sensors: Counter[str]) -> str:
    if len(sensors) == 1:
        return f"one sensor ({isolated(next(iter(sensors)))})"
    return listed(f"{isolated(name)} ({n})" for name, n in sensors.most_common(6))


def _shown(assessment: Assessment) -> str:
    """How many images show anything that was looked for, and why the others do not."""
    seen = {o.scene for o in assessment.observations if not isinstance(o, NotObserved) and o.scene}
    blind = [s.id for s in assessment.scenes if s.id not in seen]
    if not blind:
        return "Each shows at least one zone."
    why: dict[str, str] = {}
    for o in assessment.observations:
        if isinstance(o, NotObserved) and o.scene in blind and o.reason != "roofed":
            why.setdefault(o.scene, o.reason)
    reasons = Counter(why.values()).most_common()
    told = f" ({listed(f'{reason} {n}' for reason, n in reasons)})" if reasons else ""
    if not seen:
        return f"None shows any zone{told}."
    return f"{len(seen)} of them show at least one zone; {len(blind)} show none{told}."


def _roofed(assessment: Assessment, names: Names) -> str:
    roofs = [names.zone(s.id, z.id) for s in assessment.case.sites for z in s.zones if z.is_roofed]
    return f" What is under the roof of {listed(roofs)} no image shows." if roofs else ""


def _brought(observations: Sequence[Observation]) -> str:
    kinds = ((Count, "count"), (Index, "measured value"), (Sighting, "sighting"))
    told = [counted(n, word) for kind, word in kinds if (n := sum(isinstance(o, kind) for o in observations))]
    return listed(told) or "no count and no sighting"


def _blank(observations: Sequence[Observation]) -> str:
    blank = sum(isinstance(o, NotObserved) for o in observations)
    return f"; {counted(blank, 'time')} a zone could not be counted" if blank else ""


def _dates(observations: Sequence[Observation], names: Names) -> str:
    whens = [o.when for o in observations if o.when]
    if not whens:
        return ""
    hull = Interval(start=min(w.start for w in whens), end=max(w.end for w in whens))
    return f", {names.days(hull)}"


def sampling(observations: Sequence[Observation]) -> str:
    """Why the images that were used were taken: what was chosen because of what it shows is no fair sample."""
    by_image: dict[str, str] = {}
    for o in observations:
        if not isinstance(o, NotObserved) and by_image.get(image := o.scene or str(o.when), "unknown") == "unknown":
            by_image[image] = o.why_acquired
    why = Counter(by_image.values())
    if not why:
        return "No image was used."
    unknown = why.pop("unknown", 0)
    told = f"Of the images used: {listed(f'{n} {name}' for name, n in why.most_common())}." if why else ""
    if unknown:
        which = f"{counted(unknown, 'image')} that were used" if unknown > 1 else "1 image that was used"
        told += (
            f" For what reason {which} had been taken is not on record: whether that is a fair sample, nobody can say."
        )
    return told.strip()
