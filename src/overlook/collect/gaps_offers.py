"""Images that exist and are not in the case: what catalogues offered, and why it shows nothing here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Literal

from shapely.geometry.base import BaseGeometry

from overlook.collect.gaps_words import catalogue_words, fit_to_publish
from overlook.collect.gate import LONGEST_WHEN
from overlook.collect.windows import coarsest_of_plan_m, windows
from overlook.terms import LOCAL, Case, Gap, Interval, Offer, Reason, Scene, Search, Site

#: Cloud over so much of a whole scene leaves none of it. Less says nothing of a site, which is a thousandth of it.
_ALL_CLOUD = 0.99
#: Archives list an image within days. Later is a delay, and worth a date.
_DELAYED = timedelta(days=14)
#: Side-cars and catalogues write the time of one image a few seconds apart.
_SAME_TIME = timedelta(seconds=10)

OfferReason = Reason | Literal["not obtained", "embargoed"]


def offered_gaps(
    case: Case,
    scenes: Sequence[Scene],
    searches: Sequence[Search],
    offers: Mapping[str, Sequence[Offer]],
    missed: Mapping[tuple[str, str], str],
) -> Iterator[Gap]:
    """A row for each offer that is no scene of the case; one a zone only where the zones differ.

    `offers` by site. `missed`: why one could not be had when it was asked for, by site and offer.
    """
    asked_on = {(s.site, s.catalogue): s for s in sorted(searches, key=lambda s: s.made)}
    named = {s.catalogue: catalogue_words(s) for s in searches}
    for site in case.sites:
        need = _coarsest_need_m(case, site)
        zones = [z for z in site.zones if not z.is_roofed]
        for offer in sorted(offers[site.id], key=lambda o: (o.when is None, str(o.when and o.when.start), o.id)):
            if not zones or any(is_obtained(offer, s) for s in scenes):
                continue
            by_reason: dict[tuple[OfferReason, str], list[str]] = defaultdict(list)
            for zone in zones:
                by_reason[_reason(offer, zone.geometry, need, asked_on.get((site.id, offer.catalogue)))].append(zone.id)
            for (reason, detail), of in by_reason.items():
                for zone_id in ("",) if len(of) == len(zones) else of:
                    name = named.get(offer.catalogue, offer.catalogue)
                    where = f"{name}: {offer.collection}" if offer.collection else name
                    why = fit_to_publish(missed.get((site.id, offer.id), "")) if reason == "not obtained" else ""
                    said = "; ".join(t for t in (where, detail, why) if t)
                    yield Gap(site=site.id, zone=zone_id, during=offer.when, reason=reason, scene=offer.id, detail=said)


def is_obtained(offer: Offer, scene: Scene) -> bool:
    """Whether a scene of the case is the offered acquisition: by its catalogue's id, or by time, place and fineness."""
    if scene.catalogue_id and scene.catalogue_id in (offer.id, *offer.also):
        return True
    if (
        scene.crs == LOCAL
        or scene.when is None
        or offer.when is None
        or not (scene.when.is_instant and offer.when.is_instant)
    ):
        return False
    if offer.gsd_m is not None and not 0.5 <= scene.gsd_m / offer.gsd_m <= 2:
        return False
    close = abs(scene.when.start - offer.when.start) <= _SAME_TIME
    return close and bool(scene.footprint.intersects(offer.footprint))


def image_when(offer: Offer) -> Interval | None:
    """When an offer was taken, if that is known as well as counting needs it."""
    return offer.when if offer.when is not None and offer.when.length <= LONGEST_WHEN else None


def shows_nothing(offer: Offer) -> bool:
    """Dark, or cloud all over, as far as anybody says: such an image covers no time."""
    is_dark = offer.sun_elevation_deg is not None and offer.sun_elevation_deg <= 0
    return is_dark or (offer.cloud_cover is not None and offer.cloud_cover >= _ALL_CLOUD)


def _coarsest_need_m(case: Case, site: Site) -> float | None:
    """The coarsest pixel that anything asked of the site could use; None when something would take any."""
    needs = [w.needs_gsd_m for w in windows(case) if w.site.id == site.id] or [coarsest_of_plan_m(case)]
    return max((n for n in needs if n is not None), default=None) if None not in needs else None


def _reason(offer: Offer, zone: BaseGeometry, need: float | None, search: Search | None) -> tuple[OfferReason, str]:
    """The first that holds: off the image, embargoed, withheld, undated, dark, too coarse, cloud, not obtained."""
    if not offer.footprint.intersects(zone) or offer.footprint.touches(zone):
        return "off the image", ""
    if offer.embargoed_until is not None:
        asked = f", as of {search.made:%Y-%m-%d}" if search else ""
        return "embargoed", f"until {offer.embargoed_until:%Y-%m-%d}{asked}"
    if not any(a.role in ("data", "visual") for a in offer.assets):
        return "withheld", "it is listed without its pixels"
    if image_when(offer) is None:
        return "undated", "nobody says when it was taken, to a few days"
    if offer.sun_elevation_deg is not None and offer.sun_elevation_deg <= 0:
        return "dark", f"the sun stood {-offer.sun_elevation_deg:.0f}° below the horizon"
    if need is not None and offer.gsd_m is not None and offer.gsd_m > need * (1 + 1e-9):
        return "too coarse", f"{offer.gsd_m:.2g} m a pixel; {need:.2g} m is needed"
    if offer.cloud_cover is not None and offer.cloud_cover >= _ALL_CLOUD:
        return "cloud", "all of the scene, says the catalogue"
    return "not obtained", "; ".join(t for t in (_cloud(offer), _unmet(offer), _delay(offer)) if t)


def _cloud(offer: Offer) -> str:
    return "" if offer.cloud_cover is None else f"{offer.cloud_cover:.0%} cloud over the whole scene"


def _unmet(offer: Offer) -> str:
    files = [a for a in offer.assets if a.role in ("data", "visual")]
    return fit_to_publish(files[0].unmet) if files and all(a.unmet for a in files) else ""


def _delay(offer: Offer) -> str:
    if offer.published is None or offer.when is None or offer.published - offer.when.end < _DELAYED:
        return ""
    days = (offer.published - offer.when.end).days
    return f"published on {offer.published:%Y-%m-%d}, {days} days after it was taken"
