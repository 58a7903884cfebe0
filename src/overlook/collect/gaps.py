"""The gap ledger: what was not seen, when, and why. It is printed beside every answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from overlook.collect.gate import meets
from overlook.terms import Case, Gap, Interval, NotObserved, Observation, Prediction, Scene, Site

#: A window is not a gap between every two images: spans from a quarter of it, and from a week, are.
_SHARE = 0.25
_SHORTEST = timedelta(days=7)


def gaps(case: Case, scenes: tuple[Scene, ...], observations: tuple[Observation, ...]) -> tuple[Gap, ...]:
    """One row for each scene, zone and reason that it could not be used; then the spans that no image covers.

    Spans are those inside the windows the case cares about (its predictions', and before and after its events): the
    whole window without an image, or a stretch of at least a quarter of it and a week. They say *not searched*: that
    nobody found an image there is another row, and needs a search on record.
    """
    return (*_unusable(observations), *_spans(case, scenes, observations))


def _unusable(observations: tuple[Observation, ...]) -> Iterator[Gap]:
    """Classes that share scene, zone and reason share a row."""
    rows: dict[tuple[str, str, str, Interval | None, str], list[NotObserved]] = defaultdict(list)
    for o in observations:
        if isinstance(o, NotObserved):
            rows[(o.series.site, o.series.zone, o.scene, o.when, o.reason)].append(o)
    for (site, zone, scene, when, _), same in sorted(rows.items(), key=lambda row: _order(row[0])):
        detail = "; ".join(dict.fromkeys(o.detail for o in same if o.detail))
        classes = ", ".join(sorted({o.series.cls for o in same if o.series.cls}))
        yield Gap(
            site=site,
            zone=zone,
            during=when,
            reason=same[0].reason,
            scene=scene,
            detail=f"{classes}: {detail}" if classes and detail else classes or detail,
        )


def _order(key: tuple[str, str, str, Interval | None, str]) -> tuple[str, str, bool, str, str, str]:
    site, zone, scene, when, reason = key
    return site, zone, when is None, when.start.isoformat() if when else "", scene, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    site: Site
    zone: str
    during: Interval
    why: str


def _spans(case: Case, scenes: tuple[Scene, ...], observations: tuple[Observation, ...]) -> Iterator[Gap]:
    found: dict[tuple[str, str, datetime, datetime], tuple[Interval, list[str]]] = {}
    for window in _windows(case):
        looks = _looks(window, scenes, observations)
        for span in _uncovered(window.during, looks):
            key = (window.site.id, window.zone, span.start, span.end)
            found.setdefault(key, (span, []))[1].append(window.why)
    for (site, zone, _, _), (span, why) in sorted(found.items(), key=lambda item: item[0]):
        detail = f"no image here, and no search on record ({'; '.join(dict.fromkeys(why))})"
        yield Gap(site=site, zone=zone, during=span, reason="not searched", detail=detail)


def _windows(case: Case) -> Iterator[_Window]:
    sites = {site.id: site for site in case.sites}
    for prediction, owner in _predictions(case):
        # What lies inside a building is not waiting for an image.
        if prediction.window is not None and not prediction.inside and prediction.site in sites:
            yield _Window(
                site=sites[prediction.site],
                zone=prediction.zone,
                during=prediction.window,
                why=f"{owner}.{prediction.id}",
            )
    before, after = timedelta(days=case.plan.before_days), timedelta(days=case.plan.after_days)
    for event in case.events:
        start, end = event.during.start, event.during.end
        for site in case.sites:
            if not event.sites or site.id in event.sites:
                yield _Window(site=site, zone="", during=_span(start, -before), why=f"before {event.id}")
                yield _Window(site=site, zone="", during=_span(end, after), why=f"after {event.id}")


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


def _looks(window: _Window, scenes: tuple[Scene, ...], observations: tuple[Observation, ...]) -> list[Interval]:
    """When there was an image of the window's place, or a row that somebody brought without its image.

    A row without a number is a day that somebody looked into: it has a gap of its own, and is not "no image".
    """
    places = [z.geometry for z in window.site.zones if window.zone in ("", z.id)]
    looks = [s.when for s in scenes if s.when and any(meets(s, window.site, g) for g in places)]
    looks += [
        o.when
        for o in observations
        if o.when is not None
        and o.series.site in ("", window.site.id)
        and (not window.zone or o.series.zone in ("", window.zone))
        and not o.scene
    ]
    return sorted((look for look in looks if look.overlaps(window.during)), key=lambda look: look.start)


def _uncovered(during: Interval, looks: list[Interval]) -> Iterator[Interval]:
    if not looks:
        yield during
        return
    shortest = max(_SHORTEST, _SHARE * during.length)
    at = during.start
    for look in looks:
        if look.start - at >= shortest:
            yield Interval(start=at, end=look.start)
        at = max(at, look.end)
    if during.end - at >= shortest:
        yield Interval(start=at, end=during.end)
