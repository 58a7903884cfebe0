"""The gap ledger: what was not seen, when, and why. It is printed beside every answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from overlook.collect.dedupe import across
from overlook.collect.gaps_offers import image_when, offered_gaps
from overlook.collect.gate import meets
from overlook.collect.windows import Window, windows, within, without
from overlook.terms import Case, Gap, Interval, NotObserved, Observation, Offer, Scene, Search

#: A window is not a gap between every two images: spans from a quarter of it, and from a week, are.
_SHARE = 0.25
_SHORTEST = timedelta(days=7)
#: Refused items that are no image of this place and time; of the others nobody knows.
_ELSEWHERE = ("listed twice", "its footprint misses", "it was taken on", "it holds labels")


def gaps(
    case: Case,
    scenes: tuple[Scene, ...],
    observations: tuple[Observation, ...],
    searches: tuple[Search, ...] = (),
    missed: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> tuple[Gap, ...]:
    """One row for each scene, zone and reason that it could not be used; then images that exist and are not in the
    case; then the spans that no image covers.

    Spans are those inside the windows the case cares about (its predictions', and before and after its events): the
    whole window without an image, or a stretch of at least a quarter of it and a week. A span is *no image* only as
    far as searches bear it: those that ended, looked over the whole place, and asked where images as fine as the
    window needs are kept. All the rest of it is *not searched*, with what searches there were. `missed`: why an image
    that was asked for could not be had, by site and offer.
    """
    offers = {site.id: across(o for s in searches if s.site == site.id for o in s.offers) for site in case.sites}
    return (
        *_unusable(observations),
        *offered_gaps(case, scenes, searches, offers, missed),
        *_spans(case, scenes, observations, searches, offers),
    )


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


@dataclass(frozen=True, slots=True)
class _Told:
    """A span of a window and what is known of it. `was_searched`: no image as fine as needed came back."""

    during: Interval
    was_searched: bool
    said: str


def _spans(
    case: Case,
    scenes: tuple[Scene, ...],
    observations: tuple[Observation, ...],
    searches: Sequence[Search],
    offers: dict[str, tuple[Offer, ...]],
) -> Iterator[Gap]:
    found: dict[tuple[str, str, datetime, datetime, str], tuple[_Told, list[str]]] = {}
    for window in windows(case):
        looks = _looks(window, scenes, observations)
        for span in _uncovered(window.during, looks):
            for told in _told(window, span, searches, offers[window.site.id]):
                key = (window.site.id, window.zone, told.during.start, told.during.end, told.said)
                found.setdefault(key, (told, []))[1].append(window.why)
    for (site, zone, _, _, _), (told, why) in sorted(found.items(), key=lambda item: item[0]):
        detail = f"{told.said} ({'; '.join(dict.fromkeys(why))})"
        reason = "no image" if told.was_searched else "not searched"
        yield Gap(site=site, zone=zone, during=told.during, reason=reason, detail=detail)  # type: ignore[arg-type]


def _told(window: Window, span: Interval, searches: Sequence[Search], offers: Sequence[Offer]) -> Iterator[_Told]:
    """A span without an image in the case, cut where what is known of it changes."""
    mine = [s for s in searches if s.site == window.site.id and s.during.overlaps(span)]
    bearing = [s for s in mine if not _why_not(s, window)]
    for part in within(span, [s.during for s in bearing]):
        existing = [w for o in offers if _is_fine(o, window) and (w := image_when(o)) is not None]
        for stretch in _uncovered(part, sorted((w for w in existing if w.overlaps(part)), key=lambda w: w.start)):
            whole = [s for s in bearing if s.during.overlaps(stretch)]
            fine = f" as fine as {window.needs_gsd_m:.2g} m" if window.needs_gsd_m else ""
            where = "; ".join(dict.fromkeys(_searched(s) for s in whole))
            yield _Told(stretch, True, f"no image{fine} came back: {where}")
    for part in without(span, [s.during for s in bearing]):
        others = [s for s in mine if s.during.overlaps(part)]
        why = "; ".join(dict.fromkeys(f"{_searched(s)}: {_why_not(s, window)}" for s in others))
        said = f"no image here, and no search that could have found one: {why}" if why else ""
        yield _Told(part, False, said or "no image here, and no search on record")


def _searched(search: Search) -> str:
    collections = ", ".join(search.collections)
    where = f"{search.catalogue}: {collections}" if collections else search.catalogue
    unread = sum(not why.startswith(_ELSEWHERE) for _, why in search.refused)
    broken = f", {unread} items could not be read" if unread else ""
    return f"{where}, searched on {search.made:%Y-%m-%d}{broken}"


def _why_not(search: Search, window: Window) -> str:
    """Why a search says nothing of what is absent from a window; "" when it does."""
    zones = [z.geometry for z in window.site.zones if window.zone in ("", z.id)]
    if not search.complete:
        return f"it broke off, {search.note}" if search.note else "it broke off"
    if search.area is None or not all(search.area.buffer(1e-6).covers(g) for g in zones):
        return "it did not look over all of the place"
    if window.needs_gsd_m is None:
        return ""
    if search.gsd_m is None:
        return "nobody says how fine its images are"
    if search.gsd_m > window.needs_gsd_m * (1 + 1e-9):
        return f"its images are {search.gsd_m:.2g} m a pixel at best, {window.needs_gsd_m:.2g} m is needed"
    return ""


def _is_fine(offer: Offer, window: Window) -> bool:
    """Whether an offer shows the window's place as finely as needed, as far as anybody says."""
    zones = [z.geometry for z in window.site.zones if window.zone in ("", z.id)]
    if not any(offer.footprint.intersects(g) and not offer.footprint.touches(g) for g in zones):
        return False
    return window.needs_gsd_m is None or offer.gsd_m is None or offer.gsd_m <= window.needs_gsd_m * (1 + 1e-9)


def _looks(window: Window, scenes: tuple[Scene, ...], observations: tuple[Observation, ...]) -> list[Interval]:
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


def _uncovered(during: Interval, looks: Sequence[Interval]) -> Iterator[Interval]:
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
