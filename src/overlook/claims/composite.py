"""A composite finding read against *changed* or *same* of a whole site: one error rate for all its series.

It takes the place of reading each zone by itself, which would find a change somewhere in any site of many zones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlook.claims.asking import tested
from overlook.claims.event import event_missed, event_numbers
from overlook.claims.phrases import event_name, listed, named, number, place, site_of
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, CompositeFinding, EventFinding, Finding, Prediction, Series

#: Series named one by one in a judgement; a site of a hundred zones fills no page with them.
_MOST_TOLD = 12


def read_composite(prediction: Prediction, f: CompositeFinding, case: Case, findings: Mapping[str, Finding]) -> Reading:
    """The composite decides. Where it is silent, the site's own series may show that the whole stayed the same."""
    members = members_of(f, findings)
    own = _own(prediction, members)
    stance, lines = _stance(prediction, f, members, own)
    why = [_headline(f, members, case), *_others(f, members, case), *lines]
    weak = f.exploratory
    if weak and stance == "contradicts":
        stance = "silent"
        why.append("An exploratory answer does not contradict a claim.")
    if weak:
        why.append("The answer is exploratory: too few images, or asked when they had been seen.")
    for member in members[:_MOST_TOLD]:
        where, event = place(case, member.series.site, member.series.zone), event_name(case, f.event)
        why += [event_numbers(member, where, event), *event_missed(member)]
    if len(members) > _MOST_TOLD:
        why.append(f"The numbers of {len(members) - _MOST_TOLD:,} more series stand with the findings.")
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=weak,
        observable=_observable(prediction, f, members, case),
    )


def members_of(f: CompositeFinding, findings: Mapping[str, Finding]) -> list[EventFinding]:
    """Its members' findings, as far as they are there, in the composite's order."""
    found = (findings.get(id_) for id_ in f.members)
    return [m for m in found if isinstance(m, EventFinding)]


def _own(prediction: Prediction, members: Sequence[EventFinding]) -> EventFinding | None:
    """The site's own series of the class, where somebody counted the whole site."""
    if prediction.zone or not prediction.cls:
        return None
    return next((m for m in members if not m.series.zone and m.series.cls == prediction.cls), None)


def _stance(
    prediction: Prediction, f: CompositeFinding, members: Sequence[EventFinding], own: EventFinding | None
) -> tuple[Stance, list[str]]:
    wants_same = tested(prediction) == "same"
    whole_is_same = own is not None and own.verdict == "same"
    margin = _margin(members)
    if f.verdict == "same":
        return "matches" if wants_same else "contradicts", []
    if f.also_same:
        return "matches", [f"The changes lie within the declared margin of a factor {number(margin or 1)}."]
    if f.verdict == "changed":
        if whole_is_same:
            return "mixed", ["The whole site's own count stayed about the same: what changed in a part was made up."]
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
    if f.beyond:
        line = f"Beyond the declared margin of a factor {number(margin)}, at the same error rate: {len(f.beyond):,}."
        return "contradicts", [line]
    return "silent", [f"It changed, but whether by more than the margin of a factor {number(margin)} is open."]


def _headline(f: CompositeFinding, members: Sequence[EventFinding], case: Case) -> str:
    """'Of 4 series together, at most a 10% chance that any is called changed falsely: vehicle in Yard, higher.'"""
    if not f.n_tested:
        return f"None of {len(f.members):,} series has images enough to be tested at {event_name(case, f.event)}."
    tested_ = f"{f.n_tested:,}" if f.n_tested == len(f.members) else f"{f.n_tested:,} (of {len(f.members):,})"
    held = f"Of {tested_} series together, at most a {f.error_rate:.0%} chance that any is called changed falsely"
    called = [_way(m, case) for m in members if m.id in f.changed]
    unnamed = len(f.changed) - len(called)
    if unnamed:
        called.append(f"{unnamed} more")
    return f"{held}: {listed(called) if called else 'none is called changed'}."


def _others(f: CompositeFinding, members: Sequence[EventFinding], case: Case) -> list[str]:
    lines = []
    if f.verdict == "same":
        lines.append(f"Each of {len(f.members):,} series stayed about the same within its declared margin.")
    elif same := [m for m in members if m.id in f.same]:
        lines.append(f"About the same within the declared margin: {_told(same, case)}.")
    open_ = [m for m in members if m.id not in f.same and m.id not in f.changed]
    if open_:
        lines.append(f"Neither changed nor about the same can be said of: {_told(open_, case)}.")
    return lines


def _told(members: Sequence[EventFinding], case: Case) -> str:
    shown = [_what(m.series, case) for m in members[:_MOST_TOLD]]
    more = len(members) - len(shown)
    return listed([*shown, f"{more} more"] if more else shown)


def _what(series: Series, case: Case) -> str:
    return f"{named(series.cls)} in {place(case, series.site, series.zone)}"


def _way(m: EventFinding, case: Case) -> str:
    way = "" if m.ratio is None else ", higher" if m.ratio.estimate > 1 else ", lower"
    return _what(m.series, case) + way


def _margin(members: Sequence[EventFinding]) -> float | None:
    return next((m.margin for m in members if m.margin is not None), None)


def _observable(prediction: Prediction, f: CompositeFinding, members: Sequence[EventFinding], case: Case) -> str:
    site, event = site_of(case, f.series.site), event_name(case, f.event)
    of = f"{len(f.members):,} series of {site.name if site else f.series.site}"
    if tested(prediction) == "same":
        margin = _margin(members)
        factor = f" (within a factor {number(margin)})" if margin else ""
        return f"Each of {of} stayed about the same{factor} through {event}."
    called = [_way(m, case) for m in members if m.id in f.changed]
    return f"At least one of {of} changed at {event}" + (f": {listed(called)}." if called else ".")
