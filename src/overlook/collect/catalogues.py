"""The public catalogues that have a name, and what is known of each: one table, with where each line was read.

A catalogue that an analyst names by its address holds what it says of itself. Nothing here connects to anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from overlook.collect.names import safe_name
from overlook.collect.outside.hrefs import stripped
from overlook.collect.outside.links import host_and_path
from overlook.errors import UsageError
from overlook.terms import Rights, WhyAcquired

#: How a catalogue is asked: a STAC API, files that link to each other, or one stac-geoparquet file.
CatalogueForm = Literal["api", "static", "geoparquet"]


_UNSAID = Rights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A collection of a catalogue. `gsd_m`: its finest images, None when nobody says. `why_acquired`: of all of it."""

    collection: str
    sensor: str = ""
    gsd_m: float | None = None
    why_acquired: WhyAcquired = "unknown"
    rights: Rights = _UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Where to ask. `default`: what holds for any collection that is not among `holdings`.

    `signing`: the address that gives tokens for files, "" when none is needed. `signed_hosts`: endings of the hosts
    whose files they are for, the only ones that a token is sent to. `dated`: its folders are named after the days of
    what lies in them, so that others need not be read.
    """

    name: str
    href: str
    form: CatalogueForm
    holdings: tuple[Holding, ...] = ()
    default: Holding = Holding(collection="")
    signing: str = ""
    signed_hosts: tuple[str, ...] = ()
    dated: bool = False
    source: str = ""

    def holding(self, collection: str) -> Holding:
        """What is known of a collection; public ones are copied under their names, and are then what they are."""
        known = (*self.holdings, *(h for p in PRESETS for h in p.holdings))
        return next((h for h in known if h.collection == collection), self.default)

    def finest_gsd_m(self, collections: tuple[str, ...]) -> float | None:
        """Of the collections asked for, all of them when none is named; None when nobody says."""
        asked = collections or tuple(h.collection for h in self.holdings) or ("",)
        known = [g for c in asked if (g := self.holding(c).gsd_m) is not None]
        return min(known, default=None)


# Copernicus: "Legal notice on the use of Copernicus Sentinel Data and Service Information", free, full and open, with
# this credit. Landsat and NAIP: works of the United States' government (USGS "Landsat Data Policy", 2008; USDA).
_COPERNICUS = Rights(
    may_publish=True, licence="Copernicus Sentinel data terms", credit="contains modified Copernicus Sentinel data"
)
_LANDSAT = Rights(may_publish=True, licence="public domain", credit="Landsat image courtesy of the USGS")
_NAIP = Rights(may_publish=True, licence="public domain", credit="USDA Farm Production and Conservation, NAIP")
# Non-commercial: whether a publication is one is not ours to say.
_MAXAR = Rights(may_publish=None, licence="CC-BY-NC-4.0", credit="Maxar Open Data Program")
_UMBRA = Rights(may_publish=True, licence="CC-BY-4.0", credit="Umbra Open Data")
_CAPELLA = Rights(may_publish=True, licence="CC-BY-4.0", credit="Capella Space Open Data")

_S2 = Holding(collection="", sensor="sentinel-2", gsd_m=10.0, why_acquired="routine", rights=_COPERNICUS)
_S1 = Holding(collection="", sensor="sentinel-1", gsd_m=20.0, why_acquired="routine", rights=_COPERNICUS)
_LS = Holding(collection="", sensor="landsat", gsd_m=30.0, why_acquired="routine", rights=_LANDSAT)
_NP = Holding(collection="", sensor="naip", gsd_m=0.3, why_acquired="routine", rights=_NAIP)


def _of(holding: Holding, *collections: str) -> tuple[Holding, ...]:
    return tuple(replace(holding, collection=c) for c in collections)


PRESETS: tuple[Catalogue, ...] = (
    Catalogue(
        name="earth-search",
        href="https://earth-search.aws.element84.com/v1",
        form="api",
        holdings=(
            *_of(_S2, "sentinel-2-l2a", "sentinel-2-l1c"),
            *_of(_S1, "sentinel-1-grd"),
            *_of(_LS, "landsat-c2-l2"),
            *_of(_NP, "naip"),
        ),
        source="https://github.com/Element84/earth-search",
    ),
    Catalogue(
        name="planetary-computer",
        href="https://planetarycomputer.microsoft.com/api/stac/v1",
        form="api",
        holdings=(
            *_of(_S2, "sentinel-2-l2a"),
            *_of(_S1, "sentinel-1-grd", "sentinel-1-rtc"),
            *_of(_LS, "landsat-c2-l2"),
            *_of(_NP, "naip"),
        ),
        signing="https://planetarycomputer.microsoft.com/api/sas/v1/token",
        signed_hosts=(".blob.core.windows.net",),
        source="https://planetarycomputer.microsoft.com/docs/concepts/sas/",
    ),
    Catalogue(
        name="cdse",
        href="https://stac.dataspace.copernicus.eu/v1",
        form="api",
        holdings=(*_of(_S2, "sentinel-2-l2a", "sentinel-2-l1c"), *_of(_S1, "sentinel-1-grd")),
        source="https://documentation.dataspace.copernicus.eu/APIs/STAC.html",
    ),
    Catalogue(
        name="maxar-open-data",
        href="https://maxar-opendata.s3.amazonaws.com/events/catalog.json",
        form="static",
        default=Holding(collection="", gsd_m=0.3, why_acquired="tasked", rights=_MAXAR),
        source="https://registry.opendata.aws/maxar-open-data/",
    ),
    Catalogue(
        name="umbra-open-data",
        href="https://s3.us-west-2.amazonaws.com/umbra-open-data-catalog/stac/catalog.json",
        form="static",
        default=Holding(collection="", sensor="umbra", gsd_m=0.25, why_acquired="tasked", rights=_UMBRA),
        dated=True,
        source="https://registry.opendata.aws/umbra-open-data/",
    ),
    Catalogue(
        name="capella-open-data",
        # Its root leads to every item four times, by product, use and day.
        href="https://capella-open-data.s3.us-west-2.amazonaws.com/stac/capella-open-data-by-datetime/catalog.json",
        form="static",
        default=Holding(collection="", sensor="capella", gsd_m=0.35, why_acquired="tasked", rights=_CAPELLA),
        dated=True,
        source="https://registry.opendata.aws/capella_opendata/",
    ),
)


def catalogue(name: str, *, gsd_m: float | None = None) -> Catalogue:
    """A preset by its name, or the catalogue at an address or a path: its ending says which form it has.

    `gsd_m`: how fine its images are, as the analyst declares it. Raises UsageError for a name that is no preset.
    """
    for preset in PRESETS:
        if name in (preset.name, preset.href):
            return preset
    looks_like_a_place = "/" in name or name.endswith((".json", ".parquet", ".geoparquet"))
    if not name.strip() or not looks_like_a_place:
        raise UsageError(
            "E-USAGE-CATALOGUE",
            f"{name[:60]!r} is no catalogue",
            where="--catalog",
            remedy=f"an address, a file, or one of {', '.join(p.name for p in PRESETS)}",
        )
    plain = stripped(name)
    if "://" in name and plain != name:
        raise UsageError(
            "E-USAGE-CATALOGUE",
            "its address carries a query, a fragment or credentials",
            where=plain[:200],
            remedy="the address alone; keys belong in the environment (OVERLOOK_AUTHORIZATION_HOST)",
        )
    return Catalogue(name=_short(plain), href=name, form=_form(plain), default=Holding(collection="", gsd_m=gsd_m))


def _form(href: str) -> CatalogueForm:
    if href.endswith((".parquet", ".geoparquet")):
        return "geoparquet"
    # A file that holds a catalogue, on a disk or on a server; anything else answers questions.
    return "static" if href.endswith((".json", ".geojson")) or "://" not in href else "api"


def _short(href: str) -> str:
    """A name for an address: host and path, as much of it as a file's name may hold."""
    return safe_name(safe_name(host_and_path(href).removesuffix(".json"), otherwise="catalogue")[-60:])
