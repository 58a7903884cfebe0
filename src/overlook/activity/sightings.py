"""Indicators: was it there, and between which images did it come or go?

A sighting is what a reader says of one image: present, absent or cannot tell. *Cannot tell* counts for nothing.
*Absent* speaks only as loudly as the reader would have seen the thing: not seen is not gone. Two readers of one image
are one image. Nothing here turns a missing sighting into a state.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Literal

from overlook.terms import (
    Count,
    Event,
    Identification,
    Interval,
    Observation,
    Plan,
    PresenceFinding,
    Question,
    Series,
    Sighting,
    TransitionFinding,
)

#: Absence is said only when all the images together would have missed the thing with at most this chance.
MAX_CHANCE_MISSED = 0.05

_STRENGTH: tuple[Identification, ...] = ("possible", "probable", "confirmed")

State = Literal["present", "absent", "cannot tell", "disputed"]
TransitionVerdict = Literal["arrived", "left", "stayed", "built", "removed", "altered", "unchanged", "undetermined"]


@dataclass(frozen=True, slots=True)
class _Image:
    """What all readers of one image say of the indicator. `probability`: had it been there, it would have been seen."""

    when: Interval
    state: State
    identification: Identification | None
    probability: float | None
    sensor: str
    sampled_freely: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """Two consecutive images with different states."""

    earlier: _Image
    later: _Image

    @property
    def between(self) -> Interval:
        return Interval(start=self.earlier.when.start, end=self.later.when.end)

    @property
    def appeared(self) -> bool:
        return self.later.state == "present"


def presence(question: Question, observations: Sequence[Observation], *, plan: Plan) -> PresenceFinding:  # noqa: ARG001 (every question is answered under a plan)
    """Was the indicator there during the window?

    `chance_missed` is the product of (1 - probability of detection) over the images on which it was absent, taken as
    independent; images whose reader declared no probability contribute nothing, so it is an upper bound. It is None
    when no such image declares one, and 1 without an image. *Absent* needs `chance_missed` <= .05; present on some
    images and absent on others is *mixed*. For a counted class a box is a presence, and no box an absence with
    probability r v (recall x visible fraction).
    """
    used, straddling = _within(question.window, _relevant(question.series, observations))
    images = _images(question.series, used)
    present = [i for i in images if i.state in ("present", "disputed")]
    absent = [i for i in images if i.state in ("absent", "disputed")]
    chance = _chance_missed(absent)
    return PresenceFinding(
        id=question.id,
        series=question.series,
        window=question.window,
        n_present=len(present),
        n_absent=len(absent),
        n_cannot_tell=sum(i.state == "cannot tell" for i in images),
        identification=_strongest(present),
        chance_missed=chance,
        verdict=_presence_verdict(present, absent, chance),
        notes=(*_absence_notes(question.series, absent), *_sampling_notes(images), *_straddling_notes(straddling)),
        evidence=_evidence(used),
    )


def transition(
    question: Question,
    observations: Sequence[Observation],
    *,
    events: tuple[Event, ...],
    plan: Plan,  # noqa: ARG001 (every question is answered under a plan)
) -> TransitionFinding:
    """Between which images did the indicator come or go, and was that before or after each event?

    The last change of state that touches the window (any, without one) is reported; the others are notes. `between`
    runs from the earlier image to the later one, each as widely as its time is known; for *stayed* and *unchanged* it
    is the span of the images. A structure that went and came back is *altered*. A change is identified as strongly as
    the thing was, and only as *possible* when the images on which it was absent would have missed it with more than
    5% chance, or nobody declared that chance.
    """
    used = _relevant(question.series, observations)
    images = _images(question.series, used)
    told = [i for i in images if i.state in ("present", "absent")]
    steps, unordered = _steps(told)
    touching = [s for s in steps if question.window is None or question.window.overlaps(s.between)]
    notes = [*_dispute_notes(images), *unordered]
    verdict: TransitionVerdict
    if touching:
        last = touching[-1]
        verdict = _step_verdict(touching, of_structure=question.of_structure)
        identification, found = _step_identification(last, told)
        between: Interval | None = last.between
        notes += [*found, *_other_steps(steps, last, of_structure=question.of_structure), *_sensor_notes(last)]
        order = tuple(
            (e.id, order_of(last.between, e)) for e in events if not e.sites or question.series.site in e.sites
        )
    else:
        around = _around(question.window, told)
        verdict, between, found = _no_step(around, of_structure=question.of_structure, ordered=not unordered)
        identification = _strongest(around) if between else None
        notes += found
        order = ()
    return TransitionFinding(
        id=question.id,
        series=question.series,
        verdict=verdict,
        between=between,
        identification=identification,
        order=order,
        notes=(*notes, *_sampling_notes(images)),
        evidence=_evidence(used),
    )


# --- which sightings, and what each image says ------------------------------------------------------------------------


def _relevant(series: Series, observations: Sequence[Observation]) -> list[Sighting]:
    """The sightings of a series, in time order; a question about a whole site takes those of its zones too."""
    found: list[Sighting] = []
    for observation in observations:
        o = observation.series
        if (o.site, o.cls) != (series.site, series.cls) or (series.zone and o.zone != series.zone):
            continue
        if isinstance(observation, Sighting):
            found.append(observation)
        elif isinstance(observation, Count) and not observation.provisional:
            found.append(_sighting_of(observation))
    return sorted(found, key=lambda s: (s.when.start, s.when.end, s.scene, s.series.zone, s.observer, s.state))


def _sighting_of(count: Count) -> Sighting:
    """A count read as a sighting: boxes that false alarms would hardly give are a presence."""
    r = count.detection_probability
    by_chance = 1.0 - _poisson_below(count.count, count.false_alarms * count.visible_fraction)
    explained = count.count > 0 and by_chance > MAX_CHANCE_MISSED
    return Sighting(
        series=count.series,
        when=count.when,
        scene=count.scene,
        state="cannot tell" if explained else "present" if count.count else "absent",
        # An undeclared observer's false alarms are unknown, not none.
        identification="possible" if r is None else "probable",
        probability_of_detection=None if r is None else r * count.visible_fraction,
        sensor=count.sensor,
        observer=count.observer,
        why_acquired=count.why_acquired,
        evidence=count.evidence,
    )


def _poisson_below(k: int, mean: float) -> float:
    """P(X < k) for a Poisson variable; the normal approximation above 1,000, where a sum would only cost time."""
    if mean == 0:
        return float(k > 0)
    if k > 1000:
        return 0.5 * (1 + math.erf((k - 0.5 - mean) / math.sqrt(2 * mean)))
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(k))


def _within(window: Interval | None, sightings: list[Sighting]) -> tuple[list[Sighting], int]:
    """Sightings surely inside the window, and how many may or may not be."""
    if window is None:
        return sightings, 0
    inside = [s for s in sightings if window.encloses(s.when)]
    return inside, sum(window.overlaps(s.when) for s in sightings) - len(inside)


def _images(series: Series, sightings: Sequence[Sighting]) -> list[_Image]:
    groups: dict[tuple[str, datetime, datetime], list[Sighting]] = {}
    for sighting in sightings:
        groups.setdefault((sighting.scene, sighting.when.start, sighting.when.end), []).append(sighting)
    zones = {s.series.zone for s in sightings if s.state != "cannot tell"}
    return [_image(series, zones, group) for group in groups.values()]


def _image(series: Series, zones: set[str], readings: list[Sighting]) -> _Image:
    states = {(s.series.zone, s.state) for s in readings}
    zoned = {zone for zone, _ in states}
    present = [s for s in readings if s.state == "present"]
    # The whole site is empty only when someone says so of the site, or of every zone where it was ever looked for.
    absent_zones = {zone for zone, state in states if state == "absent"}
    whole = series.zone in absent_zones or zones <= absent_zones
    state: State = "cannot tell"
    if any({(zone, "present"), (zone, "absent")} <= states for zone in zoned):
        state = "disputed"
    elif present:
        state = "present"
    elif absent_zones and whole:
        state = "absent"
    declared = [
        s.probability_of_detection
        for s in readings
        if s.state == "absent" and s.series.zone == series.zone and s.probability_of_detection is not None
    ]
    return _Image(
        when=readings[0].when,
        state=state,
        identification=max((s.identification for s in present), key=_STRENGTH.index, default=None),
        # Readers of one image share its light and haze: the best of them, not their product.
        probability=max(declared, default=None),
        sensor=readings[0].sensor,
        sampled_freely=all(s.why_acquired in ("routine", "unknown") for s in readings),
    )


# --- presence ---------------------------------------------------------------------------------------------------------


def _chance_missed(absent: Sequence[_Image]) -> float | None:
    if not absent:
        return 1.0
    declared = [i.probability for i in absent if i.probability is not None]
    # Rounded, so that a declared .95 leaves .05 and not a hair more.
    return round(math.prod(1.0 - p for p in declared), 12) if declared else None


def _presence_verdict(
    present: Sequence[_Image], absent: Sequence[_Image], chance: float | None
) -> Literal["present", "absent", "mixed", "undetermined"]:
    if present and absent:
        return "mixed"
    if present:
        return "present"
    if absent and chance is not None and chance <= MAX_CHANCE_MISSED:
        return "absent"
    return "undetermined"


def _strongest(images: Sequence[_Image]) -> Identification | None:
    return max((i.identification for i in images if i.identification), key=_STRENGTH.index, default=None)


def _absence_notes(series: Series, absent: Sequence[_Image]) -> list[str]:
    declared = sum(i.probability is not None for i in absent)
    notes = []
    if declared > 1:
        notes.append(f"The chance of having missed it takes the {declared} images as independent of one another.")
    if silent := len(absent) - declared:
        whose = "of the whole site" if not series.zone else "of its reader"
        notes.append(
            f"On {silent} of {len(absent)} images without it no probability of detection {whose} was declared: "
            "they bound nothing."
        )
    return notes


# --- transition -------------------------------------------------------------------------------------------------------


def _steps(told: Sequence[_Image]) -> tuple[list[_Step], list[str]]:
    steps, notes = [], []
    for earlier, later in pairwise(told):
        if earlier.state == later.state:
            continue
        if earlier.when.overlaps(later.when):
            notes.append(
                f"Two images with different states cannot be put in order: both are dated {_day(earlier.when)} "
                f"to {_day(later.when, end=True)}."
            )
        else:
            steps.append(_Step(earlier, later))
    return steps, notes


def _step_verdict(steps: Sequence[_Step], *, of_structure: bool) -> TransitionVerdict:
    if not steps[-1].appeared:
        return "removed" if of_structure else "left"
    if not of_structure:
        return "arrived"
    return "altered" if any(not s.appeared for s in steps[:-1]) else "built"


def _step_identification(step: _Step, told: Sequence[_Image]) -> tuple[Identification | None, list[str]]:
    """As strong as the thing's identification, but never stronger than its absence allows."""
    seen = (step.later if step.appeared else step.earlier).identification
    chance = _chance_missed(_absent_run(step, told))
    if chance is None:
        text = "Nobody declared how likely the reader was to see it where it was reported absent"
        return "possible", [f"{text}: that it was not there rests on the reader's word."]
    if chance > MAX_CHANCE_MISSED:
        return "possible", [f"The images on which it was absent would have missed it with {chance:.0%} chance."]
    return seen, []


def _absent_run(step: _Step, told: Sequence[_Image]) -> list[_Image]:
    """All images in a row, away from the step, on which the thing was absent."""
    before, after = told[: told.index(step.earlier) + 1], told[told.index(step.later) :]
    side = reversed(before) if step.appeared else after
    return list(takewhile(lambda image: image.state == "absent", side))


def _other_steps(steps: Sequence[_Step], last: _Step, *, of_structure: bool) -> list[str]:
    words = ("came (built or put back)", "went (removed)") if of_structure else ("arrived", "left")
    return [
        f"{'Earlier' if s.between.end <= last.between.start else 'Later'} it {words[0] if s.appeared else words[1]}, "
        f"between {_day(s.between)} and {_day(s.between, end=True)}."
        for s in steps
        if s is not last
    ]


def _no_step(
    around: Sequence[_Image], *, of_structure: bool, ordered: bool
) -> tuple[TransitionVerdict, Interval | None, list[str]]:
    if len(around) < 2 or not ordered:
        return "undetermined", None, []
    if any(i.state == "absent" for i in around):
        return "undetermined", None, [f"Not seen on any of {len(around)} images: that shows no coming or going."]
    between = _hull(i.when for i in around)
    if of_structure:
        return "unchanged", between, []
    return "stayed", between, ["Seen at both ends: it may have gone and come back, or been replaced, between images."]


def _around(window: Interval | None, told: Sequence[_Image]) -> list[_Image]:
    """The images in the window, with the last one before it and the first one after."""
    if window is None:
        return list(told)
    before = [i for i in told if i.when.end < window.start][-1:]
    after = [i for i in told if i.when.start > window.end][:1]
    return [*before, *(i for i in told if window.overlaps(i.when)), *after]


def order_of(between: Interval, event: Event) -> Literal["before", "after", "undetermined"]:
    """Whether something that happened within `between` came before or after an event."""
    if between.end < event.during.start:
        return "before"
    if between.start > event.during.end:
        return "after"
    return "undetermined"


def _sensor_notes(step: _Step) -> list[str]:
    a, b = step.earlier.sensor, step.later.sensor
    return [] if a == b else [f"The sensor changed between the two images, from {a} to {b}."]


# --- notes ------------------------------------------------------------------------------------------------------------


def _dispute_notes(images: Sequence[_Image]) -> list[str]:
    n = sum(i.state == "disputed" for i in images)
    return [f"Readers disagree on {n} of {len(images)} images; these show neither state."] if n else []


def _sampling_notes(images: Sequence[_Image]) -> list[str]:
    n = sum(not i.sampled_freely for i in images)
    text = f"{n} of {len(images)} images were tasked, or chosen after a preview: they are not a fair sample."
    return [text] if n else []


def _straddling_notes(n: int) -> list[str]:
    return [f"{n} sightings whose time lies only partly in the window were left out."] if n else []


def _day(when: Interval, *, end: bool = False) -> str:
    return f"{when.end if end else when.start:%Y-%m-%d %H:%M} UTC"


def _hull(times: Iterable[Interval]) -> Interval:
    spans = list(times)
    return Interval(start=min(s.start for s in spans), end=max(s.end for s in spans))


def _evidence(used: Sequence[Sighting]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(e for s in used for e in s.evidence))
