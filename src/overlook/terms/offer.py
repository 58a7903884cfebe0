"""What catalogues hold of a site: searches on record, and the scenes that they offered. An offer is not an image."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from overlook.terms.geometry import Geometry
from overlook.terms.scene import BandRole, Rights, WhyAcquired
from overlook.terms.time import Interval

_UNSAID = Rights()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueUse:
    """A catalogue that a case is searched in: a preset's name, an address or a path, and what of it.

    `collections` and `sites` () mean all. `gsd_m`: its finest pixel, as the analyst declares it for one that is no
    preset: without it nothing can be said of what it does not hold.
    """

    catalogue: str
    collections: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    gsd_m: float | None = None


AssetRole = Literal["data", "visual", "mask", "thumbnail", "metadata"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of an offer. `bands`: what its bands are, in its order; `unmet` says why it cannot be used, "" if it can.

    `mask` names the provider's own mask that it is ("scl", "qa_pixel", "udm2", "cloud polygons"), "" otherwise.
    `piece` is the id of the item that it is a file of, "" for the offer's own: a site on the edge of two tiles needs
    both, and its own come first.
    """

    name: str
    href: str
    role: AssetRole
    bands: tuple[BandRole, ...] = ()
    media_type: str = ""
    gsd_m: float | None = None
    size_bytes: int | None = None
    digest: str = ""
    mask: str = ""
    piece: str = ""
    unmet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One acquisition as a catalogue tells it, its quirks already put right, and said in `notes`.

    `cloud_cover` in [0, 1] is of the whole scene, never of the site. `published`: since when anybody could have it;
    an embargo ends at `embargoed_until`. `pass_id` names the pass of the satellite as its operator does, the same in
    every catalogue, "" when nothing says it. `also` are the ids of other items of the same acquisition.
    """

    id: str
    catalogue: str
    collection: str
    when: Interval | None
    footprint: Geometry
    gsd_m: float | None = None
    sensor: str = "unknown"
    pass_id: str = ""
    off_nadir_deg: float | None = None
    incidence_deg: float | None = None
    orbit: Literal["ascending", "descending", ""] = ""
    polarizations: tuple[str, ...] = ()
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    cloud_cover: float | None = None
    published: datetime | None = None
    embargoed_until: datetime | None = None
    rights: Rights = _UNSAID
    why_acquired: WhyAcquired = "unknown"
    assets: tuple[Asset, ...] = ()
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to one catalogue, and what came back: the ground for saying that no image was found.

    `area` is the outline that was asked for, in longitude and latitude. `matched` is what the catalogue said it holds,
    None when it does not say; `complete` False when it broke off, and then nothing is said of what did not come back.
    `gsd_m` is the finest pixel of what was searched, None when nobody says: only a search of images as fine as a
    question needs can come back with "no image" for it. `refused` are items that no offer could be made of, with why:
    every item that came back is an offer, one of its `also`, or here.
    """

    id: str
    site: str
    catalogue: str
    href: str
    area: Geometry | None = None
    collections: tuple[str, ...]
    during: Interval
    made: datetime
    by: str = ""
    matched: int | None = None
    complete: bool = True
    gsd_m: float | None = None
    note: str = ""
    offers: tuple[Offer, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
