"""A composite finding in words: several series of a site at one event, answered with one error rate."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.report.telling import NOT_ENOUGH, Telling, cap
from overlook.report.words import Names, chance, counted, interval_of, isolated, listed, number, percent, ratio
from overlook.terms import CompositeFinding, Member, Series

_LEADS = {"changed": "Changed", "same": "About the same", "undetermined": NOT_ENOUGH}
#: Series named in one sentence; a site of many zones has them all in its table.
_MOST_NAMED = 6


def tell(f: CompositeFinding, names: Names) -> Telling:
    p = "exploratory: no p-value" if f.p_value is None else f"p = {number(f.p_value, 2)}"
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Did the pattern of life of {_of(f, names)}, all its series together, change at "
        f"{names.event(f.event)}, or stay about the same?",
        sentence=_sentence(f, names),
        asked_of=counted(len(f.members), "series", "series"),
        step=p,
        numbers=(
            ("Event", names.event(f.event)),
            ("Series asked about", str(len(f.members))),
            ("Of them with images enough to be tested", str(f.n_tested)),
            ("Chance that any is called changed falsely, at most", percent(f.error_rate)),
            ("Chance of as much evidence if none stepped beyond its drift", chance(f.p_value)),
            *((cap(_what(m.series, names)), _member(m)) for m in f.members),
        ),
    )


def _sentence(f: CompositeFinding, names: Names) -> str:
    """`Of 4 series together, at most a 10% chance that any is called changed falsely: after …, truck in Yard was …`"""
    event, of = names.event(f.event), counted(len(f.members), "series", "series")
    if f.verdict == "same":
        return f"{cap(_of(f, names))} stayed about the same through {event}: so did each of {of}, within its margin."
    if not f.n_tested:
        return f"None of {of} of {_of(f, names)} has images enough on both sides of {event} to be tested with others."
    tested = of if f.n_tested == len(f.members) else f"{f.n_tested} (of {of})"
    together = f"Of {tested} together, at most a {percent(f.error_rate)} chance that any is called changed falsely"
    if f.verdict == "changed":
        within = " Every series also lies within the declared margin." if f.also_same else ""
        changed = _named([f"{_what(m.series, names)} {_way(m)}" for m in f.changed])
        return f"{together}: after {event}, {changed}.{within}{_rest(f, names)}"
    return f"{together}: none is, at {event}, and that all stayed about the same is not shown.{_rest(f, names)}"


def _rest(f: CompositeFinding, names: Names) -> str:
    """Those that stayed the same, and those that nobody can tell of: neither is told by silence."""
    if f.also_same:
        return ""
    same = [_what(m.series, names) for m in f.members if m.verdict == "same"]
    open_ = [_what(m.series, names) for m in f.members if m.verdict == "undetermined"]
    text = f" About the same: {_named(same)}." if same else ""
    return text + (f" Cannot be said: {_named(open_)}." if open_ else "")


def _of(f: CompositeFinding, names: Names) -> str:
    place = names.place(f.series) if f.series.zone else names.site(f.series.site)
    return f"{place} ({isolated(f.series.cls)})" if f.series.cls else place


def _what(series: Series, names: Names) -> str:
    return f"{isolated(series.cls) or 'count'} in {names.zone(series.site, series.zone)}"


def _way(m: Member) -> str:
    if m.ratio is None:
        return "was different"
    way = "higher" if m.ratio.estimate > 1 else "lower"
    return f"was {way} ({ratio(m.ratio.estimate)}; {interval_of(m.ratio, as_ratio=True)})"


def _member(m: Member) -> str:
    """`changed, ×1.83 (90% interval ×1.30 to ×2.50); called at an error rate of 0.02`."""
    size = f", {ratio(m.ratio.estimate)} ({interval_of(m.ratio, as_ratio=True)})" if m.ratio else ""
    held = "" if m.adjusted_p is None else f"; called at an error rate of {chance(m.adjusted_p)} or more"
    verdict = "cannot be said" if m.verdict == "undetermined" else m.verdict.replace("same", "about the same")
    within = ", within the margin" if m.also_same else ", beyond the margin" if m.is_beyond else ""
    return f"{verdict}{within}{size}{held}"


def _named(what: Sequence[str]) -> str:
    more = len(what) - _MOST_NAMED
    return listed([*what[:_MOST_NAMED], f"{more} more"] if more > 0 else what)
