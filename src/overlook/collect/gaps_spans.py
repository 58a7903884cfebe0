"""The spans of the windows that no usable image covers. With the times of usable images they cover each window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from overlook.collect.gaps_offers import image_when, is_obtained, shows_nothing
from overlook.collect.gaps_words import searched_words
from overlook.collect.gate import gate
from overlook.collect.windows import Window, windows, within, without
from overlook.terms import Case, Gap, Interval, NotObserved, Observation, Offer, Plan, Scene, Search, Zone

#: Spans from a quarter of their window, and from a week, have rows of their own; shorter ones share one.
_SHARE = 0.25
_SHORTEST = timedelta(days=7)
#: Reasons that leave an image an image of the place: fineness is judged by what the window needs.
_STILL_SHOWN = ("not searched", "too coarse")

SpanReason = Literal["no image", "search insufficient", "not searched"]


@dataclass(frozen=True, slots=True)
class _Told:
    """A stretch of a window and what is known of it."""

    during: Interval
    reason: SpanReason
    said: str


def unseen_spans(
    case: Case,
    scenes: Sequence[Scene],
    observations: Sequence[Observation],
    searches: Sequence[Search],
    offers: Mapping[str, Sequence[Offer]],
) -> Iterator[Gap]:
    """A row for each span; those of several windows that are the same are one. `offers` by site."""
    seen = _Seen(scenes, observations)
    lacking = {site: [o for o in held if not any(is_obtained(o, s) for s in scenes)] for site, held in offers.items()}
    found: dict[tuple[str, str, tuple[Interval, ...], str, SpanReason], list[str]] = defaultdict(list)
    for window in windows(case):
        looks = seen.looks(window, case.plan)
        stretches = [
            told
            for span in _between(window.during, looks)
            for told in _told(window, span, searches, lacking[window.site.id])
        ]
        for spans, reason, said in _folded(window.during, stretches):
            found[window.site.id, window.zone, spans, said, reason].append(window.why)
    for (site, zone, spans, said, reason), why in sorted(
        found.items(), key=lambda item: (item[0][:2], item[0][2][0].start, item[0][2][-1].end, item[0][3])
    ):
        yield Gap(
            site=site,
            zone=zone,
            during=Interval(start=spans[0].start, end=spans[-1].end),
            spans=spans if len(spans) > 1 else (),
            reason=reason,
            detail=f"{said} ({'; '.join(dict.fromkeys(why))})",
        )


def _folded(during: Interval, stretches: Sequence[_Told]) -> Iterator[tuple[tuple[Interval, ...], SpanReason, str]]:
    shortest = min(during.length, max(_SHORTEST, _SHARE * during.length))
    short: dict[tuple[SpanReason, str], list[Interval]] = defaultdict(list)
    for told in stretches:
        if told.during.length >= shortest:
            yield (told.during,), told.reason, told.said
        else:
            short[told.reason, told.said].append(told.during)
    for (reason, said), spans in short.items():
        total = sum((s.length for s in spans), timedelta())
        days = f"{total / timedelta(days=1):.3g}" if total < timedelta(days=10) else f"{total / timedelta(days=1):,.0f}"
        many = f"{len(spans)} shorter spans, together {days} days: " if len(spans) > 1 else ""
        yield tuple(spans), reason, f"{many}{said}"


def _told(window: Window, span: Interval, searches: Sequence[Search], offers: Sequence[Offer]) -> Iterator[_Told]:
    """A span without a usable image in the case, cut where what is known of it changes."""
    mine = [s for s in searches if s.site == window.site.id and s.during.overlaps(span)]
    bearing = [s for s in mine if not _why_not(s, window)]
    existing = [w for o in offers if _is_fine(o, window) and (w := image_when(o)) is not None]
    for part in within(span, [s.during for s in bearing]):
        for stretch in _between(part, existing):
            whole = [s for s in bearing if s.during.overlaps(stretch)]
            fine = f" as fine as {window.needs_gsd_m:.2g} m" if window.needs_gsd_m else ""
            where = "; ".join(dict.fromkeys(searched_words(s) for s in whole))
            yield _Told(stretch, "no image", f"no usable image{fine} came back: {where}")
    for part in without(span, [s.during for s in bearing]):
        # A search that bears nothing is on record for its own days alone: the rest of the part was not searched.
        for stretch in within(part, [s.during for s in mine]):
            others = [s for s in mine if s.during.overlaps(stretch)]
            why = "; ".join(
                dict.fromkeys(f"{searched_words(s)}: {_why_not(s, window)}" for s in others if _why_not(s, window))
            )
            said = f"no usable image here, and no search that could have found one: {why}"
            yield _Told(stretch, "search insufficient", said)
        for stretch in without(part, [s.during for s in mine]):
            yield _Told(stretch, "not searched", "no usable image here, and no search on record")


def _why_not(search: Search, window: Window) -> str:
    """Why a search says nothing of what is absent from a window; "" when it does."""
    zones = [z.geometry for z in window.site.zones if window.zone in ("", z.id)]
    if not search.complete:
        return "it broke off"
    if search.area is None or not all(search.area.buffer(1e-6).covers(g) for g in zones):
        return "it did not look over all of the place"
    if window.needs_gsd_m is None:
        return ""
    if search.gsd_m is None:
        return "nobody says how fine its images are"
    if not _suffices(search.gsd_m, window):
        return f"its images are {search.gsd_m:.2g} m a pixel at best, {window.needs_gsd_m:.2g} m is needed"
    return ""


def _suffices(gsd_m: float | None, window: Window) -> bool:
    return window.needs_gsd_m is None or gsd_m is None or gsd_m <= window.needs_gsd_m * (1 + 1e-9)


def _is_fine(offer: Offer, window: Window) -> bool:
    """Whether an offer shows the window's place as finely as needed, as far as anybody says."""
    zones = [z.geometry for z in window.site.zones if window.zone in ("", z.id)]
    if not any(offer.footprint.intersects(g) and not offer.footprint.touches(g) for g in zones):
        return False
    return not shows_nothing(offer) and _suffices(offer.gsd_m, window)


class _Seen:
    """What is known of each scene in each zone, and the rows that somebody brought without an image."""

    def __init__(self, scenes: Sequence[Scene], observations: Sequence[Observation]) -> None:
        self._scenes = scenes
        known = {s.id for s in scenes}
        #: Reasons by scene, site and zone; "" where something was observed.
        self._told: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._brought: list[Observation] = []
        for o in observations:
            reason = o.reason if isinstance(o, NotObserved) else ""
            if o.scene in known:
                self._told[o.scene, o.series.site, o.series.zone].add(reason)
            elif reason in ("", "not searched"):
                # A row without a number is a day that somebody looked into: it has a row of its own.
                self._brought.append(o)

    def looks(self, window: Window, plan: Plan) -> list[Interval]:
        """When there was an image that shows something of the window's place, or a row brought without its image."""
        zones = [z for z in window.site.zones if window.zone in ("", z.id)]
        # Under a roof no image shows anything; where the sky is open, only that counts.
        zones = [z for z in zones if not z.is_roofed] or zones
        looks = [
            s.when
            for s in self._scenes
            if s.when is not None
            and s.when.overlaps(window.during)
            and _suffices(s.gsd_m, window)
            and any(self._shows(s, window, z, plan) for z in zones)
        ]
        looks += [
            o.when
            for o in self._brought
            if o.when is not None
            and o.series.site in ("", window.site.id)
            and (not window.zone or o.series.zone in ("", window.zone))
        ]
        return looks

    def _shows(self, scene: Scene, window: Window, zone: Zone, plan: Plan) -> bool:
        gated = gate(scene, window.site, zone, "", plan)
        if gated is not None and gated.reason != "too coarse":
            return False
        told = self._told[scene.id, window.site.id, zone.id] | self._told[scene.id, window.site.id, ""]
        return "" in told or told.issubset(_STILL_SHOWN)


def _between(during: Interval, looks: Sequence[Interval]) -> Iterator[Interval]:
    """Every stretch of a span outside all of `looks`; an instant without one is itself."""
    inside = sorted((look for look in looks if look.overlaps(during)), key=lambda look: look.start)
    if not inside:
        yield during
        return
    at = during.start
    for look in inside:
        if look.start > at:
            yield Interval(start=at, end=look.start)
        at = max(at, look.end)
    if during.end > at:
        yield Interval(start=at, end=during.end)
