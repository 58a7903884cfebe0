"""An event finding read against *changed* or *same*."""

from __future__ import annotations

from overlook.claims.asking import tested
from overlook.claims.phrases import as_factor, event_name, interval, named, number, percent, place, plural
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, EventFinding, Prediction


def read_event(prediction: Prediction, f: EventFinding, case: Case) -> Reading:
    where, event = place(case, f.series.site, f.series.zone), event_name(case, f.event)
    stance, lines = _event_stance(prediction, f)
    why = [event_numbers(f, where, event), *event_missed(f), *lines]
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


def event_numbers(f: EventFinding, where: str, event: str) -> str:
    images = f"{plural(f.n_before, 'usable image')} before and {f.n_after:,} after"
    if f.ratio is None:
        return f"{where}: no ratio could be fitted at {event}, from {images}."
    return f"{where}: the level after {event} was {interval(f.ratio, as_factor)} times that before, from {images}."


def event_missed(f: EventFinding) -> list[str]:
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
