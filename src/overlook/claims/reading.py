"""What one finding says of one prediction: it matches, contradicts, disagrees with itself, or is silent.

Undetermined is silent. Not seen is silent unless the claim put the thing in the open, at a stated time, and the images
would hardly have missed it. An exploratory answer may match, weakly; of exploratory answers only things that were seen
contradict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from overlook.claims.asking import STRUCTURAL, tested
from overlook.claims.observables import observable
from overlook.claims.phrases import (
    as_factor,
    as_rate,
    event_name,
    event_of,
    interval,
    named,
    number,
    percent,
    place,
    plural,
    site_of,
    span,
    within,
)
from overlook.terms import (
    ActivityFinding,
    Case,
    EventFinding,
    Finding,
    Prediction,
    PresenceFinding,
    TransitionFinding,
)

#: design.md: absence speaks only when the images together would have missed the thing with at most this chance.
MAX_CHANCE_MISSED = 0.05

Stance = Literal["matches", "contradicts", "mixed", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`weak` (exploratory, or merely *possible*) never supports. `probability` is of `observable`, from a posterior."""

    finding: str
    zone: str
    stance: Stance
    why: tuple[str, ...]
    weak: bool = False
    observable: str = ""
    probability: float | None = None


def read(prediction: Prediction, finding: Finding, case: Case) -> Reading:
    """What a finding says of a prediction."""
    if isinstance(finding, EventFinding):
        return _event(prediction, finding, case)
    if isinstance(finding, ActivityFinding):
        return _activity(prediction, finding, case)
    if isinstance(finding, PresenceFinding):
        return _presence(prediction, finding, case)
    if isinstance(finding, TransitionFinding):
        return _transition(prediction, finding, case)
    # No prediction asks the other kinds.
    return Reading(finding=finding.id, zone=finding.series.zone, stance="silent", why=())


# --- changed, same ----------------------------------------------------------------------------------------------------


def _event(prediction: Prediction, f: EventFinding, case: Case) -> Reading:
    where, event = place(case, f.series.site, f.series.zone), event_name(case, f.event)
    stance, lines = _event_stance(prediction, f)
    why = [_event_numbers(f, where, event), *_event_missed(f), *lines]
    weak = f.exploratory
    if weak and stance == "contradicts":
        stance = "silent"
        why.append("An exploratory answer does not contradict a claim.")
    if f.exploratory:
        why.append("The answer is exploratory: too few images, or asked when they had been seen.")
    said, probability = _event_observable(prediction, f, where, event)
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=weak,
        observable=said,
        probability=None if weak or stance == "silent" else probability,
    )


def _event_stance(prediction: Prediction, f: EventFinding) -> tuple[Stance, list[str]]:
    changed, same = f.verdict == "changed", f.verdict == "same" or f.also_same
    small = [f"It changed, and the change lies within the declared margin of a factor {number(f.margin or 1)}."]
    if f.verdict == "undetermined":
        no_margin = ["No margin is declared, so about the same can never be said."] if f.margin is None else []
        return "silent", no_margin if tested(prediction) == "same" else []
    if tested(prediction) == "changed":
        if changed:
            return "matches", small if same else []
        return "contradicts", []
    if same:
        return "matches", small if changed else []
    if _beyond_margin(f):
        return "contradicts", [
            f"The whole interval lies beyond the declared margin of a factor {number(f.margin or 1)}."
        ]
    if f.margin is None:
        return "silent", ["It changed; no margin is declared that says how much would still be about the same."]
    return "silent", [f"It changed, but whether by more than the margin of a factor {number(f.margin)} is open."]


def _beyond_margin(f: EventFinding) -> bool:
    """All of the interval lies outside (1/M, M): larger than what was declared to count as the same."""
    if f.ratio is None or f.margin is None:
        return False
    return f.ratio.low >= f.margin or f.ratio.high <= 1 / f.margin


def _event_numbers(f: EventFinding, where: str, event: str) -> str:
    images = f"{plural(f.n_before, 'usable image')} before and {f.n_after:,} after"
    if f.ratio is None:
        return f"{where}: no ratio could be fitted at {event}, from {images}."
    return f"{where}: the level after {event} was {interval(f.ratio, as_factor)} times that before, from {images}."


def _event_missed(f: EventFinding) -> list[str]:
    up, down = f.missed.smallest_ratio_up, f.missed.smallest_ratio_down
    if f.verdict == "changed" or (up is None and down is None):
        return []
    sides = [f"a rise under a factor {as_factor(up)}"] if up else []
    sides += [f"a fall to above {percent(down)} of the level before"] if down else []
    return [f"These images could have missed {' or '.join(sides)}."]


def _event_observable(prediction: Prediction, f: EventFinding, where: str, event: str) -> tuple[str, float | None]:
    cls, margin, p_same = named(f.series.cls), f.margin, f.p_within_margin
    if tested(prediction) == "same":
        factor = f" (within a factor {number(margin)})" if margin else ""
        return f"The {cls} count in {where} stayed about the same{factor} through {event}.", p_same
    if f.verdict == "same" and margin:
        text = f"The {cls} count in {where} changed by more than a factor {number(margin)} at {event}."
        return text, None if p_same is None else 1 - p_same
    if f.ratio is None or f.verdict == "undetermined":
        return f"The {cls} count in {where} changed at {event}.", None
    up = f.ratio.estimate > 1
    p = f.p_above_one if up or f.p_above_one is None else 1 - f.p_above_one
    return f"The {cls} count in {where} was {'higher' if up else 'lower'} after {event} than before.", p


# --- active, quiet ----------------------------------------------------------------------------------------------------


def _activity(prediction: Prediction, f: ActivityFinding, case: Case) -> Reading:
    where, site = place(case, f.series.site, f.series.zone), site_of(case, f.series.site)
    wanted = "active" if tested(prediction) == "active" else "no activity observed"
    why = [_activity_numbers(f, where)]
    stance: Stance = "silent" if f.verdict == "undetermined" else "matches" if f.verdict == wanted else "contradicts"
    seen = f.verdict == "active" and f.total_count > 0
    if stance == "contradicts" and f.exploratory and not seen:
        stance = "silent"
        why.append("An exploratory answer without anything seen does not contradict a claim.")
    if stance == "contradicts" and f.verdict != "active" and f.rate is not None:
        why.append(f"The bound of {as_rate(f.rate.high)} an image is positive evidence, not mere absence.")
    if f.exploratory:
        why.append("The answer is exploratory: too few images, or asked when they had been seen.")
    if f.quiet_below is None:
        why.append("The plan declares no rate below which the site counts as quiet.")
    p = f.p_active if wanted == "active" or f.p_active is None else 1 - f.p_active
    side = "above" if wanted == "active" else "below"
    rate = f"the declared quiet rate of {number(f.quiet_below)} an image" if f.quiet_below else "a quiet rate"
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=f.exploratory,
        observable=f"The {named(f.series.cls)} count in {where} was {side} {rate}{within(prediction.window, site)}.",
        probability=None if f.exploratory or stance == "silent" else p,
    )


def _activity_numbers(f: ActivityFinding, where: str) -> str:
    if not f.n_images:
        return f"{where}: no usable image for {named(f.series.cls)}."
    counted = f"{where}: {named(f.series.cls)}, {f.total_count:,} counted on {plural(f.n_images, 'usable image')}"
    if f.rate is None:
        return f"{counted}; no rate could be fitted."
    against = f" The declared quiet rate is {number(f.quiet_below)}." if f.quiet_below else ""
    return f"{counted}. With all of it visible and found that is {interval(f.rate, as_rate)} an image.{against}"


# --- present, absent --------------------------------------------------------------------------------------------------


def _presence(prediction: Prediction, f: PresenceFinding, case: Case) -> Reading:
    where = place(case, f.series.site, f.series.zone)
    wants_it = tested(prediction) == "present"
    why = [_presence_numbers(f, where)]
    weak = f.verdict == "present" and f.identification == "possible"
    stance: Stance = "silent"
    if f.verdict == "mixed":
        stance = "mixed"
    elif f.verdict == "present" and wants_it:
        stance = "matches"
    elif f.verdict == "present":
        stance = "silent" if weak else "contradicts"
    elif f.verdict == "absent" and not wants_it:
        stance = "matches"
    elif f.verdict == "absent":
        stance, said = _absence(prediction, f)
        why.append(said)
    elif f.n_absent:
        why.append(_COULD_HAVE_MISSED)
    if weak:
        why.append("It was identified only as possible, which neither supports nor contradicts a claim.")
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=weak,
        observable=observable(prediction, case, f.series.zone),
    )


def _absence(prediction: Prediction, f: PresenceFinding) -> tuple[Stance, str]:
    """The one door through which absence contradicts."""
    if f.chance_missed is None or f.chance_missed > MAX_CHANCE_MISSED:
        return "silent", _COULD_HAVE_MISSED
    if not prediction.must_be_in_the_open:
        return "silent", "Nothing in the claim puts it in the open all that time, so its absence does not contradict."
    if prediction.window is None:
        return "silent", "The claim gives no time at which it had to be in the open: its absence does not contradict."
    return "contradicts", "The claim puts it in the open at that time, and these images would hardly have missed it."


_COULD_HAVE_MISSED = "Not seen is not the same as not there: these images could have missed it."


def _presence_numbers(f: PresenceFinding, where: str) -> str:
    n, thing = f.n_present + f.n_absent + f.n_cannot_tell, named(f.series.cls)
    if n == 0:
        return f"{where}: no image was read for {thing}."
    unclear = f", {f.n_cannot_tell:,} could not tell" if f.n_cannot_tell else ""
    if not f.n_present:
        seen = f"{thing} not seen on {f.n_absent:,} of {plural(n, 'image')}" if f.n_absent else f"{thing} not seen"
        return f"{where}: {seen}{unclear}{_missed_chance(f)}."
    strength = f" ({f.identification})" if f.identification else ""
    absent = f", not seen on {f.n_absent:,}" if f.n_absent else ""
    return f"{where}: {thing} seen on {f.n_present:,} of {plural(n, 'image')}{strength}{absent}{unclear}."


def _missed_chance(f: PresenceFinding) -> str:
    if not f.n_absent:
        return ""
    if f.chance_missed is None:
        return "; nobody declared how often such a thing would be seen"
    return f"; together they would have missed it with {percent(f.chance_missed)} chance"


# --- arrived, left, built, removed, altered ---------------------------------------------------------------------------


def _transition(prediction: Prediction, f: TransitionFinding, case: Case) -> Reading:
    where, site = place(case, f.series.site, f.series.zone), site_of(case, f.series.site)
    stance, lines = _transition_stance(prediction, f)
    weak = f.identification in (None, "possible")
    if weak and stance == "contradicts":
        stance = "silent"
        lines.append("It was identified only as possible, which does not contradict a claim.")
    elif weak and stance == "matches":
        lines.append("The change is identified only as possible, which supports nothing by itself.")
    timed = f"between the images of {span(f.between, site)}" if f.between else "with no two images that tell"
    strength = f" ({f.identification})" if f.identification else ""
    order = [
        f"Whether that was before or after {event_name(case, e)} cannot be told."
        if o == "undetermined"
        else f"That was {o} {event_name(case, e)}."
        for e, o in f.order
        if _matters(e, prediction, f, case)
    ]
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=(f"{where}: {named(f.series.cls)} {f.verdict}{strength}, {timed}.", *order, *lines),
        weak=weak,
        observable=observable(prediction, case, f.series.zone),
    )


def _matters(event_id: str, prediction: Prediction, f: TransitionFinding, case: Case) -> bool:
    """The event it names, and those in the claim's time or between the images."""
    event = event_of(case, event_id)
    spans = [s for s in (prediction.window, f.between) if s is not None]
    return event_id == prediction.event or (event is not None and any(s.overlaps(event.during) for s in spans))


#: What else is seen when a predicted change is seen: what was taken away and put back was altered.
_SHOWS: dict[str, frozenset[str]] = {
    "arrived": frozenset({"arrived", "built"}),
    "left": frozenset({"left", "removed"}),
    "built": frozenset({"built", "arrived"}),
    "removed": frozenset({"removed", "left"}),
    "altered": frozenset({"altered", "built", "removed"}),
}


def _transition_stance(prediction: Prediction, f: TransitionFinding) -> tuple[Stance, list[str]]:
    if f.verdict == "undetermined" or f.between is None:
        return "silent", []
    if f.verdict in _SHOWS.get(prediction.relation, frozenset()):
        return _in_time(prediction, f)
    if f.verdict == "altered" and prediction.relation in ("built", "removed"):
        return "mixed", ["It went and came back."]
    if f.verdict != "unchanged" or prediction.relation not in STRUCTURAL:
        return "silent", []
    # A structure that stands at both ends of the claim's time has neither been built in it nor taken away.
    if prediction.window is not None and f.between.encloses(prediction.window):
        if prediction.relation == "altered":
            return "silent", [
                "It stood at both ends; alteration short of removal is not a matter of present or absent."
            ]
        return "contradicts", ["It stood before the claim's time began and after it ended."]
    return "silent", ["The images do not reach from before the claim's time to after it."]


def _in_time(prediction: Prediction, f: TransitionFinding) -> tuple[Stance, list[str]]:
    assert f.between is not None
    if prediction.window is None or prediction.window.encloses(f.between):
        return "matches", []
    if prediction.window.overlaps(f.between):
        return "silent", ["The images leave open whether that was within the claim's time."]
    return "silent", ["That was outside the claim's time."]


def leaning(prediction: Prediction, findings: Sequence[Finding]) -> tuple[int, bool]:
    """Which way sightings lean, without weighing them: (+1 for, -1 against, 0 neither, was anything seen)."""
    sightings = [f for f in findings if isinstance(f, PresenceFinding)]
    seen = any(f.n_present for f in sightings)
    unseen = any(f.n_absent for f in sightings) and not seen
    if not (seen or unseen):
        return 0, False
    return (1 if seen == (tested(prediction) == "present") else -1), seen
