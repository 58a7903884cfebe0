"""The gap ledger as the page shows it: what was not seen, when, and why; grouped, and drawn as a strip a zone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from overlook.collect.windows import joined
from overlook.report.axis import LEFT, RIGHT, WIDTH, Tick, time_axis, time_ticks
from overlook.report.thinning import MOST_GAPS, MOST_SERIES, MOST_STRIP, every
from overlook.report.words import Names, isolated, listed, short, short_local, utc_text
from overlook.terms import Assessment, Case, Gap, Interval, NotObserved, Observation, Series

_ROW = 30.0
_TOP = 16.0
#: Spans that a group names one by one.
_MOST_SPANS = 3
_MEANING = {
    "cloud": "cloud over the zone",
    "off the image": "the image does not reach the zone",
    "no data": "the image holds no pixels there",
    "too coarse": "pixels too coarse for what was looked for",
    "too oblique": "taken from too far to the side",
    "roofed": "a roof: nothing inside can be observed",
    "covered": "a canopy, tarp or smoke over the zone",
    "dark": "sun too low",
    "withheld": "withheld by the provider",
    "not searched": "nobody searched this image for it",
    "undated": "the image has no date, and cannot be counted",
    "registration refused": "the image could not be laid on the site's grid",
    "unreadable": "the file could not be read",
    "masked": "a burned-in label or a mask over the zone",
    "cloud shadow": "the shadow of a cloud over the zone",
    "haze": "too hazy over the zone",
    "snow": "snow hides what was looked for",
    "saturated": "the sensor was blinded there",
    "stripes": "lines of the image are missing or smeared there",
    "perhaps cloud": "it may be cloud: nobody can tell from the pixels",
    "no image": "searched for, and no image came back",
    "search insufficient": "no usable image in the case, and no search on record that could have found one",
    "not obtained": "a catalogue offers the image, and it is not in the case",
    "embargoed": "the provider holds the image back until a date",
}


@dataclass(frozen=True, slots=True)
class GapGroup:
    """All gaps of a zone with one reason."""

    place: str
    reason: str
    meaning: str
    n: int
    when: str
    details: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str], ...]
    #: Which of them are listed, where they are too many; empty when all are.
    listing: str


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    x1: float
    y: float
    seen: bool
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A calendar of the images of each zone: filled above the line is seen, hollow below it is not."""

    rows: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    height: float
    summary: str
    left: float = LEFT
    right: float = WIDTH - RIGHT
    width: float = WIDTH


def gap_groups(
    gaps: Iterable[Gap], names: Names, words: Mapping[str, str] = MappingProxyType({})
) -> tuple[GapGroup, ...]:
    """`words`: what to say for the ids in a gap's detail (`told`)."""
    grouped: dict[tuple[str, str, str], list[Gap]] = defaultdict(list)
    for gap in (replace(g, detail=_in_words(g.detail, words)) for g in gaps):
        grouped[gap.site, gap.zone, gap.reason].append(gap)
    groups = []
    for (site, zone, reason), members in sorted(grouped.items(), key=lambda g: (g[0][:2], -len(g[1]), g[0][2])):
        where = names.zone(site, zone)
        shown, k = every(sorted(members, key=_gap_order), MOST_GAPS)
        groups.append(
            GapGroup(
                place=f"{where}, {names.site(site)}" if len(names.sites) > 1 else where,
                reason=reason,
                meaning=_meaning(reason, members),
                n=len(members),
                when=_when(members, names, site),
                details=_details(members),
                rows=tuple(
                    (short(g.during), short_local(g.during, names.sites.get(site)), g.scene or "no image", g.detail)
                    for g in shown
                ),
                listing=""
                if k == 1
                else f"{where}, {reason}: {len(shown):,} of {len(members):,}, evenly through time.",
            )
        )
    return tuple(groups)


def _spans(gap: Gap) -> tuple[Interval, ...]:
    return gap.spans or ((gap.during,) if gap.during else ())


def _when(gaps: Sequence[Gap], names: Names, site: str) -> str:
    """Each span apart; of more than three how many, and their days: what lies between them was seen."""
    spans = joined(s for g in gaps for s in _spans(g))
    if not spans:
        return "undated"
    texts = tuple(dict.fromkeys(names.days(s, site) for s in spans))
    if len(texts) <= _MOST_SPANS:
        return "; ".join(texts)
    between = names.ends(Interval(start=spans[0].start, end=spans[-1].end), site)
    if all(s.length < timedelta(days=1) for s in spans):
        return f"on {len(texts)} days between {between}"
    days = sum((s.length for s in spans), timedelta()) / timedelta(days=1)
    return f"{len(spans)} spans between {between}, {days:,.0f} days in all"


def _meaning(reason: str, gaps: list[Gap]) -> str:
    if reason == "not searched" and not any(g.scene for g in gaps):
        return "no usable image in the case, and no search for one on record"
    return _MEANING.get(reason, "")


def told(case: Case, names: Names) -> dict[str, str]:
    """Words for what a gap's detail names by id: the sides of an event, and the parts of claims and commitments."""
    words = {f"{side} {e.id}": f"{side} {names.event(e.id)}" for e in case.events for side in ("before", "after")}
    for n, claim in enumerate(case.claims, 1):
        words |= {f"{claim.id}.{p.id}": f"claim {n}: {p.statement or p.id}" for p in claim.predictions}
    for k in case.commitments:
        words |= {f"{k.id}.{p.id}": f"commitment: {p.statement or p.id}" for p in k.predictions}
    return words


def _in_words(detail: str, words: Mapping[str, str]) -> str:
    """`no image here (before hanoi; c1.p2)` with names for the ids; another detail as it is."""
    start, bracket, rest = detail.partition(" (")
    items = rest.removesuffix(")").split("; ")
    if not bracket or not rest.endswith(")") or not any(i in words for i in items):
        return detail
    return f"{start}: {'; '.join(words.get(i, i) for i in items)}"


def _apart(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Of very many marks, one of those that would lie on each other on paper."""
    if len(marks) <= MOST_STRIP:
        return tuple(marks)
    # A mark is three units wide at least.
    places = {(m.seen, m.y, round(m.x / 3), round(m.x1 / 3)): m for m in reversed(marks)}
    return tuple(sorted(places.values(), key=lambda m: (not m.seen, m.y, m.x)))


def unseen_lines(series: Mapping[Series, Sequence[Observation]], names: Names) -> tuple[str, ...]:
    """A line for each place of which nothing was ever seen: an empty drawing would say less."""
    by_place: dict[str, list[tuple[str, Counter[str]]]] = {}
    for s, observations in series.items():
        why = Counter[str](o.reason for o in observations if isinstance(o, NotObserved))
        by_place.setdefault(names.place(s), []).append((isolated(s.cls) or "counts", why))
    lines = []
    for place, told in by_place.items():
        sought = listed(cls for cls, _ in told)
        if all(set(why) == {"roofed"} for _, why in told):
            lines.append(f"{place} ({sought}): roofed. Nothing inside can be observed, on any image.")
            continue
        total: Counter[str] = Counter()
        for _, why in told:
            total |= why
        reasons = listed(f"{reason} {n}" for reason, n in total.most_common())
        lines.append(f"{place} ({sought}): no image shows it ({reasons}).")
    return tuple(lines)


def _details(gaps: list[Gap]) -> tuple[str, ...]:
    """The first few different details; the ledger below holds them all."""
    different = tuple(dict.fromkeys(g.detail for g in gaps if g.detail))
    return different if len(different) <= 4 else (*different[:3], f"and {len(different) - 3} more, listed below")


def _gap_order(gap: Gap) -> tuple[bool, float, str]:
    return gap.during is None, gap.during.start.timestamp() if gap.during else 0.0, gap.scene


def strip(assessment: Assessment, names: Names) -> Strip | None:
    """One row a zone; None when nothing is dated."""
    seen: dict[tuple[str, str], dict[str, Interval]] = defaultdict(dict)
    for o in assessment.observations:
        if not isinstance(o, NotObserved):
            seen[o.series.site, o.series.zone][o.scene or utc_text(o.when)] = o.when
    dated_gaps = [g for g in assessment.gaps if g.during]
    moments: list[datetime] = [m for whens in seen.values() for w in whens.values() for m in (w.start, w.end)]
    moments += [m for g in dated_gaps if g.during for m in (g.during.start, g.during.end)]
    axis = time_axis(moments)
    if axis is None:
        return None
    zones = sorted(set(seen) | {(g.site, g.zone) for g in dated_gaps})
    left_out = zones[MOST_SERIES:]
    zones = zones[:MOST_SERIES]
    n_gaps = Counter((g.site, g.zone) for g in assessment.gaps)
    at = {zone: _TOP + _ROW * (i + 0.5) for i, zone in enumerate(zones)}
    marks = [
        Mark(axis.x(w.start), axis.x(w.end), at[zone], True, f"{utc_text(w)}: seen")
        for zone, whens in seen.items()
        if zone in at
        for w in whens.values()
    ]
    marks += [
        Mark(axis.x(s.start), axis.x(s.end), at[g.site, g.zone], False, f"{utc_text(s)}: {g.reason}")
        for g in dated_gaps
        for s in _spans(g)
        if (g.site, g.zone) in at
    ]
    said = [f"{names.zone(*zone)}: {len(seen[zone])} seen, {n_gaps[zone]} gaps" for zone in zones]
    if left_out:
        said.append(f"{len(left_out)} more zones are not drawn")
    return Strip(
        rows=tuple(Tick(at[zone], names.zone(*zone)) for zone in zones),
        marks=_apart(marks),
        x_ticks=time_ticks(axis),
        height=_TOP + _ROW * len(zones) + 22,
        summary="; ".join(said) + ".",
    )
