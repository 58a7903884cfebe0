"""The files of a catalogue's item: which show the ground, which are masks, what their bands are, which cannot be used.

Roles are declared in STAC and often are not, or say something else: names and media types decide then. An address is
kept without its query and credentials: a signed address is a secret, and it does not last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from overlook.collect.allowed import Allowed
from overlook.collect.outside.hrefs import address, stripped
from overlook.collect.outside.links import joined
from overlook.collect.quirks import first, number, plain
from overlook.errors import FetchError
from overlook.terms import Asset, AssetRole, BandRole

_MASKS: tuple[tuple[str, str], ...] = (
    (r"^scl([-_ ]?\d+m)?$", "scl"),
    (r"^(qa_pixel|pixel_qa|bqa)$", "qa_pixel"),
    (r"(^|_)udm2?$", "udm2"),
    (r"cloud[-_ ]?(polygons?|cover|mask[-_]?vector|shapefile)", "cloud polygons"),
)
_BANDS: dict[str, BandRole] = {
    "red": "red",
    "green": "green",
    "blue": "blue",
    "nir": "nir",
    "nir08": "nir",
    "pan": "grey",
    "panchromatic": "grey",
}
#: Band numbers of sensors, where a catalogue gives no common names.
_NUMBERED: dict[str, dict[str, BandRole]] = {
    "sentinel-2": {
        "b02": "blue",
        "b2": "blue",
        "b03": "green",
        "b3": "green",
        "b04": "red",
        "b4": "red",
        "b08": "nir",
        "b8": "nir",
    },
    "landsat-8": {"b2": "blue", "b3": "green", "b4": "red", "b5": "nir", "b8": "grey"},
    "landsat-9": {"b2": "blue", "b3": "green", "b4": "red", "b5": "nir", "b8": "grey"},
    "landsat-7": {"b1": "blue", "b2": "green", "b3": "red", "b4": "nir", "b8": "grey"},
    "landsat-5": {"b1": "blue", "b2": "green", "b3": "red", "b4": "nir"},
    "hls": {"b02": "blue", "b03": "green", "b04": "red", "b05": "nir"},
}
_VISUAL = re.compile(r"^(visual|tci|tci[-_]?\d+m|true[-_ ]?colou?r|ortho_visual|rgb|rgbir|image)$")
_THUMBNAIL = re.compile(r"thumb|preview|browse|quick[-_ ]?look|overview|^rendered")
_ARCHIVE = re.compile(r"\.(zip|tar|tgz|gz|bz2|7z|rar|xz)$|\.safe/?$", re.IGNORECASE)
_RASTER = re.compile(r"\.(tiff?|jp2|j2k|ntf|nitf|img|vrt)$", re.IGNORECASE)
_OTHER_RASTER = re.compile(r"\.(nc|hdf5?|h5|zarr)/?$", re.IGNORECASE)
_SEES_RADAR = re.compile(r"^(vv|vh|hh|hv|gamma0_?\w\w|sigma0_?\w\w|measurement)$")


def assets_of(
    item: Mapping[str, Any], sensor: str, base: str, allowed: Allowed, *, is_radar: bool
) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    """All assets that are files, in the item's order, and notes. `base` is the item's own address.

    Maxar's archive lists its files among the properties; they count where an item has no assets of its own.
    """
    listed = item.get("assets")
    notes: list[str] = []
    if not isinstance(listed, Mapping) or not listed:
        properties = item.get("properties")
        listed = {
            name: {"href": properties[name]}
            for name in ("visual", "ms_analytic", "pan_analytic", "data-mask")
            if isinstance(properties, Mapping) and isinstance(properties.get(name), str)
        }
    made = []
    for name, raw in listed.items():
        if not isinstance(raw, Mapping) or not isinstance(raw.get("href"), str) or not raw["href"].strip():
            notes.append(f"its asset {plain(name, 40)} has no address")
            continue
        made.append(_asset(plain(name, 80) or "?", raw, sensor, base, allowed, is_radar=is_radar))
    if not made:
        notes.append("it names no file")
    elif not any(a.role in ("data", "visual") and not a.unmet for a in made):
        notes.append("none of its files can be used")
    return tuple(made), tuple(notes)


def _asset(name: str, raw: Mapping[str, Any], sensor: str, base: str, allowed: Allowed, *, is_radar: bool) -> Asset:
    href = _href(raw, base)
    kept = plain(stripped(href), 4096)
    media = plain(raw.get("type"), 120).lower()
    mask = _mask(name)
    role: AssetRole = "mask" if mask else _role(name, raw, media, kept)
    size = number(raw.get("file:size"))
    return Asset(
        name=name,
        href=kept,
        role=role,
        bands=_bands(name, raw, sensor, role, is_radar=is_radar) if role in ("data", "visual") else (),
        media_type=media,
        gsd_m=_gsd(raw),
        size_bytes=int(size) if size is not None and 0 < size < 2**50 else None,
        digest=_digest(raw.get("file:checksum")),
        mask=mask,
        unmet=_unmet(href, kept, raw, media, allowed),
    )


def _href(raw: Mapping[str, Any], base: str) -> str:
    """The asset's address; https in place of s3 where both lead to the file (the alternate-assets extension)."""
    href = str(raw["href"]).strip()
    alternate = raw.get("alternate")
    others = (
        [a.get("href") for a in alternate.values() if isinstance(a, Mapping)] if isinstance(alternate, Mapping) else []
    )
    if not href.startswith("http"):
        href = next((o for o in others if isinstance(o, str) and o.startswith("https://")), href)
    if href.startswith("/vsi"):
        # A path of GDAL's, as some tools write them.
        return re.sub(r"^/vsis3/", "s3://", re.sub(r"^/vsicurl/", "", href))
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z]:\\", href):
        return href
    return joined(base, href)


def _mask(name: str) -> str:
    last = name.lower().rpartition("/")[2]
    for pattern, mask in _MASKS:
        if re.search(pattern, last):
            return mask
    return ""


def _role(name: str, raw: Mapping[str, Any], media: str, href: str) -> AssetRole:
    given = raw.get("roles")
    roles = [str(r).lower() for r in given] if isinstance(given, list) else []
    called = name.lower()
    if "thumbnail" in roles:
        return "thumbnail"
    # Some catalogues call the full picture in natural colours an overview.
    if _VISUAL.match(called) or "visual" in roles:
        return "visual"
    if "overview" in roles or _THUMBNAIL.search(called):
        return "thumbnail"
    if any("mask" in r or r in ("cloud", "cloud-shadow", "snow-ice", "udm", "udm2") for r in roles) or "mask" in called:
        return "mask"
    is_raster = "tiff" in media or "jp2" in media or "nitf" in media or bool(_RASTER.search(href))
    if "metadata" in roles and "data" not in roles:
        return "metadata"
    if "json" in media or "xml" in media or "text/" in media or "pdf" in media:
        return "metadata"
    if is_raster or "data" in roles or _ARCHIVE.search(href) or _OTHER_RASTER.search(href):
        return "data"
    return "thumbnail" if media.startswith("image/") else "metadata"


def _bands(name: str, raw: Mapping[str, Any], sensor: str, role: AssetRole, *, is_radar: bool) -> tuple[BandRole, ...]:
    """From common names (of eo v1 or of STAC 1.1's `bands`), else from a sensor's band numbers; () when unknown."""
    called = re.sub(r"[-_]?\d+m$", "", name.lower().rpartition("/")[2])
    if is_radar:
        return ("grey",) if _SEES_RADAR.match(called) or role == "data" else ()
    given: list[Any] = next((raw[k] for k in ("eo:bands", "bands") if isinstance(raw.get(k), list) and raw[k]), [])
    names = [
        str(b.get("common_name") or b.get("eo:common_name") or b.get("name") or "").lower()
        for b in given
        if isinstance(b, Mapping)
    ]
    by_number = next((table for prefix, table in _NUMBERED.items() if sensor.startswith(prefix)), {})
    if names:
        return tuple(_BANDS.get(n) or by_number.get(n) or "other" for n in names)
    one = _BANDS.get(called) or by_number.get(called)
    if one:
        return (one,)
    return ("red", "green", "blue") if role == "visual" and called in ("visual", "tci") else ()


def _gsd(raw: Mapping[str, Any]) -> float | None:
    found = first(raw, "gsd", "eo:gsd", "raster:spatial_resolution")
    for key in ("raster:bands", "bands"):
        if found is None and isinstance(raw.get(key), list) and raw[key] and isinstance(raw[key][0], Mapping):
            found = first(raw[key][0], "spatial_resolution", "raster:spatial_resolution", "gsd")
    return found if found is not None and found > 0 else None


def _digest(value: Any) -> str:
    """A SHA-256 out of file:checksum's multihash (function 0x12, 32 bytes long); other hashes say nothing here."""
    found = re.fullmatch(r"1220([0-9a-f]{64})", value.lower()) if isinstance(value, str) else None
    return found[1] if found else ""


def _unmet(href: str, kept: str, raw: Mapping[str, Any], media: str, allowed: Allowed) -> str:
    """Why a file cannot be had, "" when nothing is known against it."""
    if kept != stripped(href).strip():
        return "this is no address"
    try:
        # What is refused is how the address is written; its query may be needed, and is not the question.
        address(kept if "@" not in href.partition("?")[0] else href, allowed)
    except FetchError as error:
        return error.what
    tier = str(raw.get("storage:tier", "")).lower()
    if tier in ("archive", "cold", "glacier", "deep_archive", "offline"):
        return f"it lies in {tier} storage and has to be called up"
    if raw.get("storage:requester_pays") is True:
        return "whoever fetches it pays for it"
    if _ARCHIVE.search(kept) or any(word in media for word in ("zip", "x-tar", "gzip")):
        return "it is an archive, and archives are not unpacked"
    if _OTHER_RASTER.search(kept):
        return "its format is not read"
    return ""
