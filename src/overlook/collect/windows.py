"""The times that a case asks images of: the windows of its predictions, and before and after its events.

Each has the pixel that it needs. What lies inside a building is not waiting for an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from overlook.collect.resolution import coarsest_gsd_m
from overlook.terms import Case, Interval, Prediction, Site

#: Before and after an event lies the event: it is searched with them.
_NEARLY = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time that something is asked of. `zone` "": of all zones. `needs_gsd_m`: the coarsest pixel that can tell.

    None: nobody says how fine an image must be.
    """

    site: Site
    zone: str
    during: Interval
    why: str
    needs_gsd_m: float | None = None


def windows(case: Case) -> Iterator[Window]:
    """Every window of the case, of its predictions first."""
    sites = {site.id: site for site in case.sites}
    for prediction, owner in _predictions(case):
        if prediction.window is not None and not prediction.inside and prediction.site in sites:
            need = prediction.needs_gsd_m or (coarsest_gsd_m(prediction.cls, case.plan) if prediction.cls else None)
            yield Window(
                site=sites[prediction.site],
                zone=prediction.zone,
                during=prediction.window,
                why=f"{owner}.{prediction.id}",
                needs_gsd_m=need,
            )
    need = coarsest_of_plan_m(case)
    before, after = timedelta(days=case.plan.before_days), timedelta(days=case.plan.after_days)
    for event in case.events:
        start, end = event.during.start, event.during.end
        for site in case.sites:
            if not event.sites or site.id in event.sites:
                for side, during in (("before", _span(start, -before)), ("after", _span(end, after))):
                    why = f"{side} {event.id}"
                    yield Window(site=site, zone="", during=during, why=why, needs_gsd_m=need)


def coarsest_of_plan_m(case: Case) -> float | None:
    """The coarsest pixel that shows any class of the plan; None when one of them is in no table."""
    limits = [coarsest_gsd_m(cls, case.plan) for cls in case.plan.classes]
    return max((m for m in limits if m is not None), default=None) if None not in limits else None


def asked_times(case: Case, site: Site, *, until: datetime) -> tuple[Interval, ...]:
    """The times to search for a site, without what lies after `until`; those that nearly meet are asked for as one."""
    spans = [w.during for w in windows(case) if w.site.id == site.id and w.during.start <= until]
    return joined((Interval(start=s.start, end=min(s.end, until)) for s in spans), apart=_NEARLY)


def joined(spans: Iterable[Interval], *, apart: timedelta = timedelta(seconds=1)) -> tuple[Interval, ...]:
    """Spans in order, those that overlap or lie at most `apart` as one."""
    made: list[Interval] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if made and span.start <= made[-1].end + apart:
            made[-1] = Interval(start=made[-1].start, end=max(made[-1].end, span.end))
        else:
            made.append(span)
    return tuple(made)


def without(span: Interval, taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """What of a span lies outside all of `taken`."""
    left, at = [], span.start
    for one in joined(t for t in taken if t.overlaps(span)):
        if one.start > at:
            left.append(Interval(start=at, end=one.start))
        at = max(at, one.end)
    if at < span.end or (at == span.start == span.end and not any(t.contains(at) for t in taken)):
        left.append(Interval(start=at, end=span.end))
    return tuple(left)


def within(span: Interval, taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """What of a span lies inside any of `taken`."""
    cut = (
        Interval(start=max(span.start, t.start), end=min(span.end, t.end)) for t in joined(taken) if t.overlaps(span)
    )
    return tuple(c for c in cut if c.length or not span.length)


def _predictions(case: Case) -> Iterator[tuple[Prediction, str]]:
    for claim in case.claims:
        yield from ((p, claim.id) for p in claim.predictions)
    for commitment in case.commitments:
        yield from ((p, commitment.id) for p in commitment.predictions)


def _span(moment: datetime, length: timedelta) -> Interval:
    try:
        other = moment + length
    except OverflowError:
        other = moment
    return Interval(start=min(moment, other), end=max(moment, other))
