"""A composite finding read against *changed* or *same* of a whole site: one error rate for all its series.

It takes the place of reading each zone by itself, which would find a change somewhere in any site of many zones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlook.claims.asking import tested
from overlook.claims.event import event_missed, event_numbers
from overlook.claims.phrases import event_name, listed, named, number, place, site_of
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, CompositeFinding, EventFinding, Finding, Member, Prediction, Series

#: Series named one by one in a judgement; a site of a hundred zones fills no page with them.
_MOST_TOLD = 12


def read_composite(prediction: Prediction, f: CompositeFinding, case: Case, findings: Mapping[str, Finding]) -> Reading:
    """The composite decides. Where it is silent, the site's own series may show that the whole stayed the same."""
    events = members_of(f, findings)
    margin = next((e.margin for e in events if e.margin is not None), None)
    stance, lines = _stance(prediction, f, margin)
    why = [_headline(f, case), *_others(f, case), *lines]
    weak = f.exploratory
    if weak and stance == "contradicts":
        stance = "silent"
        why.append("An exploratory answer does not contradict a claim.")
    if weak:
        why.append("The answer is exploratory: too few images, or asked when they had been seen.")
    for e in events[:_MOST_TOLD]:
        why += [
            event_numbers(e, place(case, e.series.site, e.series.zone), event_name(case, f.event)),
            *event_missed(e),
        ]
    if len(events) > _MOST_TOLD:
        why.append(f"The numbers of {len(events) - _MOST_TOLD:,} more series stand with the findings.")
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=weak,
        observable=_observable(prediction, f, case, margin),
    )


def members_of(f: CompositeFinding, findings: Mapping[str, Finding]) -> list[EventFinding]:
    """Its members' findings, as far as they are there, in the composite's order."""
    found = (findings.get(m.finding) for m in f.members)
    return [e for e in found if isinstance(e, EventFinding)]


def _whole_is_same(prediction: Prediction, f: CompositeFinding) -> bool:
    """The site's own series of the class, where somebody counted the whole site, stayed about the same."""
    if prediction.zone or not prediction.cls:
        return False
    return any(not m.series.zone and m.series.cls == prediction.cls and m.verdict == "same" for m in f.members)


def _stance(prediction: Prediction, f: CompositeFinding, margin: float | None) -> tuple[Stance, list[str]]:
    wants_same = tested(prediction) == "same"
    whole_is_same = _whole_is_same(prediction, f)
    if f.verdict == "same":
        return "matches" if wants_same else "contradicts", []
    if f.also_same:
        return "matches", [f"The changes lie within the declared margin of a factor {number(margin or 1)}."]
    if f.verdict == "changed":
        if whole_is_same:
            return "mixed", [
                "The whole site's own count stayed about the same: what changed in a part was offset elsewhere."
            ]
        return _changed(f, margin) if wants_same else ("matches", [])
    if whole_is_same:
        line = "The whole site's own count stayed about the same; of its parts by themselves that is not shown."
        return "matches" if wants_same else "contradicts", [line]
    no_margin = ["No margin is declared, so about the same can never be said."] if margin is None else []
    return "silent", no_margin if wants_same else []


def _changed(f: CompositeFinding, margin: float | None) -> tuple[Stance, list[str]]:
    """What changed contradicts "about the same" only when it lies beyond what was declared to count as the same."""
    if margin is None:
        return "silent", ["It changed; no margin is declared that says how much would still be about the same."]
    beyond = sum(m.is_beyond for m in f.members)
    if beyond:
        return "contradicts", [f"Beyond the declared margin of a factor {number(margin)}, likewise held: {beyond:,}."]
    return "silent", [f"It changed, but whether by more than the margin of a factor {number(margin)} is open."]


def _headline(f: CompositeFinding, case: Case) -> str:
    """'Of 4 series together, at most a 10% chance that any is called changed falsely: vehicle in Yard, higher.'"""
    if not f.n_tested:
        return f"None of {len(f.members):,} series has images enough to be tested at {event_name(case, f.event)}."
    of = f"{f.n_tested:,}" if f.n_tested == len(f.members) else f"{f.n_tested:,} (of {len(f.members):,})"
    held = f"Of {of} series together, at most a {f.error_rate:.0%} chance that any is called changed falsely"
    return f"{held}: {_told([_way(m, case) for m in f.changed]) or 'none is called changed'}."


def _others(f: CompositeFinding, case: Case) -> list[str]:
    if f.verdict == "same":
        return [f"Each of {len(f.members):,} series stayed about the same within its declared margin."]
    lines = []
    if same := [_what(m.series, case) for m in f.members if m.verdict == "same"]:
        lines.append(f"About the same within the declared margin: {_told(same)}.")
    if open_ := [_what(m.series, case) for m in f.members if m.verdict == "undetermined"]:
        lines.append(f"Neither changed nor about the same can be said of: {_told(open_)}.")
    return lines


def _told(names: Sequence[str]) -> str:
    more = len(names) - _MOST_TOLD
    shown = [*names[:_MOST_TOLD], f"{more} more"] if more > 0 else names
    return listed(shown) if shown else ""


def _what(series: Series, case: Case) -> str:
    return f"{named(series.cls)} in {place(case, series.site, series.zone)}"


def _way(m: Member, case: Case) -> str:
    way = "" if m.ratio is None else ", higher" if m.ratio.estimate > 1 else ", lower"
    return _what(m.series, case) + way


def _observable(prediction: Prediction, f: CompositeFinding, case: Case, margin: float | None) -> str:
    site, event = site_of(case, f.series.site), event_name(case, f.event)
    of = f"{len(f.members):,} series of {site.name if site else f.series.site}"
    if tested(prediction) == "same":
        factor = f" (within a factor {number(margin)})" if margin else ""
        return f"Each of {of} stayed about the same{factor} through {event}."
    called = _told([_way(m, case) for m in f.changed])
    return f"At least one of {of} changed at {event}" + (f": {called}." if called else ".")
