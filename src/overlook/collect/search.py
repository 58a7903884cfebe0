"""A search: one question to one catalogue, and what came back, kept as the ground for saying that nothing did."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from overlook.collect.allowed import Allowed
from overlook.collect.asking import Asked
from overlook.collect.catalogues import Catalogue
from overlook.collect.dedupe import acquisitions
from overlook.collect.names import safe_name
from overlook.collect.offers import Offered, item_id_of, offer_of
from overlook.collect.outside.hrefs import stripped
from overlook.collect.quirks import shows_percent
from overlook.errors import CaseError
from overlook.terms import LOCAL, Interval, Offer, Search, Site, canonical

if TYPE_CHECKING:
    from overlook.collect.outside.session import Session

#: Points of the outline that is sent: servers refuse long ones, and a few metres decide nothing.
_MOST_POINTS = 60


def area_of(site: Site) -> BaseGeometry:
    """All zones of a site in longitude and latitude. Raises CaseError for a site that no catalogue can be asked for."""
    if not site.zones:
        raise CaseError(
            "E-CASE-NOWHERE",
            "no zone of it is drawn, so that no catalogue can be asked for it",
            where=f"site {site.id}",
            remedy="draw a zone under `sites: zones:` in case.yaml",
        )
    if site.crs == LOCAL:
        raise CaseError(
            "E-CASE-LOCAL-SITE",
            "its coordinates are in a local plane, so that no catalogue can be asked for it",
            where=f"site {site.id}",
            remedy="give its zones in longitude and latitude and leave `crs: local` out",
        )
    return unary_union([z.geometry for z in site.zones])


def search(
    site: Site,
    during: Interval,
    catalogue: Catalogue,
    session: Session,
    *,
    now: datetime,
    allowed: Allowed,
    collections: tuple[str, ...] = (),
    limit: int = 2000,
    by: str = "",
) -> Search:
    """Ask a catalogue for images of a site. What broke off is a search with `complete` False, never an exception.

    Raises CaseError for a site without coordinates.
    """
    from overlook.collect.outside.catalogues import ask

    area = area_of(site)
    outline = _outline(area)
    named = collections or tuple(h.collection for h in catalogue.holdings)
    answered = ask(catalogue, Asked(area=outline, during=during, collections=named, limit=limit), session, allowed)
    offers, refused = read_items(answered.items, catalogue, area, during, now=now, allowed=allowed)
    made = Search(
        id="",
        site=site.id,
        catalogue=catalogue.name,
        href=stripped(catalogue.href),
        area=outline,
        collections=named,
        during=Interval(start=during.start, end=min(during.end, max(now, during.start))),
        made=now,
        by=by,
        matched=answered.matched,
        complete=not answered.broke,
        gsd_m=_finest(catalogue, named, offers, answered.gsd_m),
        note="; ".join(n for n in (answered.broke, *answered.notes) if n),
        offers=offers,
        refused=refused,
    )
    return replace(made, id=_id(made))


def _outline(area: BaseGeometry) -> BaseGeometry:
    """What is sent: the hull of all zones, or its box. On both sides of the antimeridian a hull would go round."""
    west, _, east, _ = area.bounds
    if east - west > 180:
        return area
    hull = area.convex_hull
    return hull if shapely.get_num_coordinates(hull) <= _MOST_POINTS else hull.envelope


def read_items(
    items: Sequence[tuple[Any, str]],
    catalogue: Catalogue,
    area: BaseGeometry,
    during: Interval,
    *,
    now: datetime,
    allowed: Allowed,
) -> tuple[tuple[Offer, ...], tuple[tuple[str, str], ...]]:
    """Items, each with its own address, as offers of acquisitions and as refused items with why. None is lost."""
    by_collection: dict[str, list[Any]] = defaultdict(list)
    for item, _ in items:
        if isinstance(item, dict) and isinstance(item.get("properties"), dict):
            by_collection[str(item.get("collection"))].append(item["properties"])
    in_percent = {c for c, properties in by_collection.items() if shows_percent(properties)}
    offered: list[Offered] = []
    refused: list[tuple[str, str]] = []
    seen: dict[tuple[str, str], bytes] = {}
    for item, base in items:
        try:
            key = str(item.get("collection")) if isinstance(item, dict) else "", item_id_of(item)
            _require_new(key, item, seen)
            one = offer_of(
                item,
                catalogue,
                now=now,
                allowed=allowed,
                base=base,
                collection_in_percent=key[0] in in_percent,
            )
            _require_asked(one.offer, area, during)
        except ValueError as error:
            refused.append((_named(item), str(error)))
        else:
            offered.append(one)
    return acquisitions(offered, area), tuple(refused)


def _require_new(key: tuple[str, str], item: Any, seen: dict[tuple[str, str], bytes]) -> None:
    """An item listed twice is one. One id on two different items is a fault of the catalogue, and is told."""
    mark = hashlib.sha256(repr((item.get("properties"), item.get("geometry"))).encode()).digest()
    if key in seen:
        raise ValueError("listed twice" if seen[key] == mark else "listed twice, and not the same both times")
    seen[key] = mark


def _require_asked(offer: Offer, area: BaseGeometry, during: Interval) -> None:
    """Servers that do not filter, or filter boxes, send what was not asked for."""
    if not offer.footprint.intersects(area) or offer.footprint.touches(area):
        raise ValueError("its footprint misses the site")
    if offer.when is not None and not offer.when.overlaps(during):
        raise ValueError(f"it was taken on {offer.when.start:%Y-%m-%d}, outside the time asked for")


def _named(item: Any) -> str:
    try:
        return item_id_of(item)
    except ValueError:
        return "(no id)"


def _finest(
    catalogue: Catalogue, collections: tuple[str, ...], offers: Sequence[Offer], told: float | None
) -> float | None:
    """What is known of the collections, what the catalogue tells of them, or what they offer here: the finest."""
    known = [g for g in (catalogue.finest_gsd_m(collections), told, *(o.gsd_m for o in offers)) if g is not None]
    return min(known, default=None)


def _id(made: Search) -> str:
    """A name for its file: when, where it was asked, of which site; and a mark that tells equal ones apart."""
    asked = [made.site, made.catalogue, made.href, list(made.collections), str(made.during), made.made.isoformat()]
    mark = hashlib.sha256(canonical(asked)).hexdigest()[:8]
    return safe_name(f"{made.made:%Y%m%dT%H%M%SZ}-{made.catalogue[:30]}-{made.site[:30]}-{mark}")
