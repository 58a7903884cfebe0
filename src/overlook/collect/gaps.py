"""The gap ledger: what was not seen, when, and why. It is printed beside every answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from overlook.collect.dedupe import across
from overlook.collect.gaps_offers import offered_gaps
from overlook.collect.gaps_spans import unseen_spans
from overlook.terms import Case, Gap, Interval, NotObserved, Observation, Scene, Search


def gaps(
    case: Case,
    scenes: tuple[Scene, ...],
    observations: tuple[Observation, ...],
    searches: tuple[Search, ...] = (),
    missed: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> tuple[Gap, ...]:
    """One row for each scene, zone and reason that it could not be used; then images that exist and are not in the
    case; then the spans that no usable image covers.

    Spans are those inside the windows the case cares about (its predictions', and before and after its events): every
    stretch between images that show something of the place, so that spans and images together cover the window. Those
    of at least a quarter of it and a week have rows of their own; shorter ones share a row, which says how many. A
    span is *no image* only as far as searches bear it: those that ended, looked over the whole place, and asked where
    images as fine as the window needs are kept. Where there were others it is *search insufficient*, and where there
    was none, *not searched*. `missed`: why an image that was asked for could not be had, by site and offer.
    """
    offers = {site.id: across(o for s in searches if s.site == site.id for o in s.offers) for site in case.sites}
    return (
        *_unusable(observations),
        *offered_gaps(case, scenes, searches, offers, missed),
        *unseen_spans(case, scenes, observations, searches, offers),
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
