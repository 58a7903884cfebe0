"""An item of a catalogue as an offer: what it is said to be, its quirks put right and named, or why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from overlook.collect.allowed import Allowed
from overlook.collect.catalogues import Catalogue
from overlook.collect.quirks import angles, cloud_share, ground_sample_m, plain
from overlook.collect.quirks_assets import assets_of
from overlook.collect.quirks_footprints import footprint
from overlook.collect.quirks_passes import Made, made, orbit, polarizations
from overlook.collect.quirks_times import acquired, doubted, published
from overlook.terms import Offer, Rights

_LONGEST_ID = 300
#: Licences that allow publication with credit, by the beginning of their SPDX name.
_OPEN = ("cc-by-4", "cc-by-3", "cc-by-2", "cc-by-sa", "cc0", "pddl", "odc-by", "odbl", "public domain", "ogl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer with what tells it apart from others of the same acquisition."""

    offer: Offer
    made: Made


def offer_of(
    item: Any,
    catalogue: Catalogue,
    *,
    now: datetime,
    allowed: Allowed,
    base: str = "",
    collection_in_percent: bool = False,
) -> Offered:
    """The offer that a STAC Item makes. `base` is the item's own address, for files named relative to it.

    Raises ValueError, in words for a list of refused items, for one that says nowhere where it is, whose time cannot
    be, or that is no item.
    """
    if not isinstance(item, Mapping) or item.get("type") != "Feature":
        raise ValueError("it is no STAC Item")
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        raise ValueError("it has no properties")  # noqa: TRY004
    if "label:type" in properties:
        raise ValueError("it holds labels, not an image")
    item_id = item_id_of(item)
    collection = plain(item.get("collection"), _LONGEST_ID)
    holding = catalogue.holding(collection)
    what = made(item, properties, holding.sensor)
    shape, shape_notes = footprint(item)
    when, when_notes = acquired(properties, now=now)
    seen, angle_notes = angles(properties, what.sensor)
    gsd_m, gsd_notes = ground_sample_m(item, properties, holding.gsd_m)
    cloud, cloud_note = cloud_share(properties, what.sensor, collection_in_percent=collection_in_percent)
    at = shape.representative_point()
    when, sun_note = doubted(
        when, at.x, at.y, seen["sun_elevation_deg"], by_daylight=not what.is_radar and cloud is not None
    )
    since, since_notes = published(properties)
    assets, asset_notes = assets_of(item, what.sensor, base or self_href(item), allowed, is_radar=what.is_radar)
    notes = (*when_notes, sun_note, *shape_notes, *gsd_notes, *angle_notes, cloud_note, *since_notes, *asset_notes)
    offer = Offer(
        id=item_id,
        catalogue=catalogue.name,
        collection=collection,
        when=when,
        footprint=shape,
        gsd_m=gsd_m,
        sensor=what.sensor,
        pass_id=what.pass_id,
        off_nadir_deg=seen["off_nadir_deg"],
        incidence_deg=seen["incidence_deg"],
        sun_elevation_deg=seen["sun_elevation_deg"],
        sun_azimuth_deg=seen["sun_azimuth_deg"],
        orbit=orbit(properties),
        polarizations=polarizations(properties),
        cloud_cover=cloud,
        published=since if since is not None and since <= now else None,
        embargoed_until=since if since is not None and since > now else None,
        rights=_rights(item, properties, holding.rights),
        why_acquired=holding.why_acquired,
        assets=assets,
        notes=tuple(dict.fromkeys(n for n in notes if n)),
    )
    return Offered(offer=offer, made=what)


def item_id_of(item: Any) -> str:
    """An item's id; Maxar's archive has none, and its catalogue number and tile are one. Raises ValueError."""
    named = item.get("id") if isinstance(item, Mapping) else None
    if isinstance(named, str | int) and str(named).strip():
        text = str(named).strip()
    else:
        properties = item.get("properties") if isinstance(item, Mapping) else None
        parts = [
            str(properties[k])
            for k in ("catalog_id", "quadkey")
            if isinstance(properties, Mapping) and properties.get(k)
        ]
        text = "/".join(parts)
    if not text or not text.isprintable() or len(text) > _LONGEST_ID:
        raise ValueError("it has no id")
    return text


def self_href(item: Mapping[str, Any]) -> str:
    links = item.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "self" and isinstance(link.get("href"), str):
            return str(link["href"])
    return ""


def _rights(item: Mapping[str, Any], properties: Mapping[str, Any], known: Rights) -> Rights:
    """The item's own words first; what a preset knows of the collection where it says nothing or "proprietary"."""
    licence = properties.get("license", item.get("license"))
    said = plain(licence, 100)
    if known.licence and said.lower() in ("", "proprietary", "various", "other"):
        return known
    given = properties.get("providers", item.get("providers"))
    names = [
        plain(p.get("name"), 100)
        for p in (given if isinstance(given, list) else ())
        if isinstance(p, Mapping) and {"licensor", "producer"} & set(map(str, p.get("roles") or ()))
    ]
    credit = ", ".join(dict.fromkeys(n for n in names if n))[:300] or known.credit
    return Rights(
        may_publish=True if said.lower().startswith(_OPEN) else known.may_publish, licence=said, credit=credit
    )
