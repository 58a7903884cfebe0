"""Which images stand beside each other: the nearest usable one on each side of an event, or why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from overlook.claims.phrases import named
from overlook.report.telling import cap
from overlook.report.words import Names, counted, isolated, listed
from overlook.terms import (
    Assessment,
    Event,
    EventFinding,
    NotObserved,
    Scene,
    Site,
    TransitionFinding,
    Zone,
)

#: No figure pair after this many; the page says which were left out.
MAX_PAIRS = 24
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One side of a pair before its pixels are read: the scene, or why there is none."""

    side: str
    scene: Scene | None
    why: str


@dataclass(frozen=True, slots=True)
class Pair:
    title: str
    site: Site
    zone: Zone
    slots: tuple[Slot, Slot]


def plan_pairs(assessment: Assessment, names: Names) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """The pairs to show, and a sentence on each that has no image at all, and on those left out.

    Events first, then transitions that were dated.
    """
    if not assessment.scenes:
        return (), ("The case holds no images: there is nothing to show.",)
    case = assessment.case
    sites = {s.id: s for s in case.sites}
    by_id = {s.id: s for s in assessment.scenes}
    pairs = []
    for event in case.events:
        for site, zone in _zones_of(event, assessment, sites):
            title = f"{cap(names.event(event.id))}, {names.event_days(event)}: {isolated(zone.name)}"
            slots = _slots(assessment, by_id, site, zone, event.during.start, event.during.end)
            pairs.append(Pair(title, site, zone, slots))
    for finding in assessment.findings:
        if not isinstance(finding, TransitionFinding) or finding.between is None or finding.verdict == "undetermined":
            continue
        zone_ = names.zones.get((finding.series.site, finding.series.zone))
        if zone_ is None:
            continue
        what = cap(isolated(named(finding.series.cls)))
        title = f"{what} {finding.verdict}, {names.days(finding.between, finding.series.site)}: {isolated(zone_.name)}"
        site = sites[finding.series.site]
        # `between` runs from the last image before the transition to the first after it: these two are shown.
        inside = finding.between.start + _MOMENT, finding.between.end - _MOMENT
        pairs.append(Pair(title, site, zone_, _slots(assessment, by_id, site, zone_, *inside)))
    return _worth_showing(pairs)


def _worth_showing(pairs: list[Pair]) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Each pair once, and in words those without any image and those beyond `MAX_PAIRS`."""
    once = {(p.title, p.site.id, p.zone.id, *(s.scene.id if s.scene else "" for s in p.slots)): p for p in pairs}
    shown = [p for p in once.values() if any(s.scene for s in p.slots)]
    notes = [f"{p.title}. {' '.join(s.why for s in p.slots)}" for p in once.values() if p not in shown]
    if (left_out := len(shown) - MAX_PAIRS) > 0:
        notes.append(f"{counted(left_out, 'further pair')} of images not shown.")
    return tuple(shown[:MAX_PAIRS]), tuple(notes)


def _zones_of(event: Event, assessment: Assessment, sites: Mapping[str, Site]) -> list[tuple[Site, Zone]]:
    """The zones that a finding tested at this event; all zones of the event's sites when nothing was tested."""
    tested = {
        (f.series.site, f.series.zone)
        for f in assessment.findings
        if isinstance(f, EventFinding) and f.event == event.id
    }
    whole = {site for site, zone in tested if zone == ""}
    concerned = [s for s in sites.values() if not event.sites or s.id in event.sites]
    everything = [(s, z) for s in concerned for z in s.zones]
    if not tested:
        return everything
    return [(s, z) for s in sites.values() for z in s.zones if (s.id, z.id) in tested or s.id in whole]


def _slots(
    assessment: Assessment, scenes: Mapping[str, Scene], site: Site, zone: Zone, start: datetime, end: datetime
) -> tuple[Slot, Slot]:
    usable: dict[str, Scene] = {}
    unseen: dict[str, tuple[Scene, str]] = {}
    for o in assessment.observations:
        scene = scenes.get(o.scene)
        if o.series.site != site.id or o.series.zone not in (zone.id, "") or scene is None or scene.when is None:
            continue
        if isinstance(o, NotObserved):
            unseen[scene.id] = (scene, o.reason)
        else:
            usable[scene.id] = scene
    before = [s for s in usable.values() if s.when and s.when.end < start]
    after = [s for s in usable.values() if s.when and s.when.start > end]
    last = max(before, key=lambda s: s.when.end.timestamp() if s.when else 0.0, default=None)
    first = min(after, key=lambda s: s.when.start.timestamp() if s.when else 0.0, default=None)
    why_before = [r for s, r in unseen.values() if s.id not in usable and s.when and s.when.end < start]
    why_after = [r for s, r in unseen.values() if s.id not in usable and s.when and s.when.start > end]
    return (
        Slot("before", last, "" if last else _why_none("before", why_before)),
        Slot("after", first, "" if first else _why_none("after", why_after)),
    )


def _why_none(side: str, reasons: list[str]) -> str:
    if not reasons:
        return f"No image {side}."
    told = listed(f"{reason} {n}" for reason, n in Counter(reasons).most_common())
    return f"No usable image {side}: {counted(len(reasons), 'image')}, none of which shows the zone ({told})."
