"""A transition read against *arrived*, *left*, *built*, *removed* or *altered*."""

from __future__ import annotations

from overlook.claims.asking import STRUCTURAL
from overlook.claims.observables import observable
from overlook.claims.phrases import event_name, event_of, named, place, site_of, span
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, Prediction, TransitionFinding


def read_transition(prediction: Prediction, f: TransitionFinding, case: Case) -> Reading:
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
