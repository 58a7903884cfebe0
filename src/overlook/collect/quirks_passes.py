"""Which sensor took it, on which pass, in which tile, at which level and in which version: what tells items apart.

Two items are one acquisition when they are of one pass of one satellite. Operators name the pass, each in a way of
their own; the same names are in every catalogue that copies the operator's metadata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from overlook.collect.names import safe_name
from overlook.collect.quirks import plain

#: (pattern on platform, constellation, instrument or collection in lower case, the sensor whose errors are shared).
_SENSORS: tuple[tuple[str, str], ...] = (
    (r"sentinel-?1|^s1[a-d]\b", "sentinel-1"),
    (r"sentinel-?2|^s2[a-d]\b", "sentinel-2"),
    (r"landsat[-_ ]?([1-9])", r"landsat-\1"),
    (r"landsat", "landsat"),
    (r"^hls", "hls"),
    (r"^(ssc\d*|ss\d\d?|skysat.*)$", "skysat"),
    (r"planetscope|^ps2(\.sd)?$|^psb\.sd$", "planetscope"),
    (r"^wv0?(\d)$|^worldview-?0?(\d)", r"worldview-\1\2"),
    (r"^lg0?\d$|^legion", "worldview-legion"),
    (r"^ge0?1$|geoeye", "geoeye-1"),
    (r"^qb0?2$|quickbird", "quickbird-2"),
    (r"umbra", "umbra"),
    (r"capella", "capella"),
    (r"envisat", "envisat"),
    (r"naip", "naip"),
)


#: Radar: phase history, complex in the radar's own geometry, detected, detected on the ground's grid.
_RADAR_LEVELS = {"CPHD": 0, "SLC": 1, "SICD": 1, "SIDD": 1, "CSI": 1, "GRD": 2, "GEC": 3, "GEO": 3, "RTC": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an item is a product of. `version` sorts as text: the later processing is the greater.

    `platform` "" and `tile` "": nothing says it. `level` as providers count them: 0 raw, 1 at the sensor, 2 at the
    ground, 3 put together from several.
    """

    sensor: str
    platform: str
    pass_id: str
    tile: str
    level: int
    version: str
    is_radar: bool


def made(item: Mapping[str, Any], properties: Mapping[str, Any], declared_sensor: str) -> Made:
    """Raises nothing: what is not said is "" or 0."""
    collection = plain(item.get("collection"))
    sensor = _sensor(properties, collection, declared_sensor)
    platform = safe_name(plain(properties.get("platform")).lower().replace("_", "-"), otherwise="")
    is_radar = any(str(k).startswith("sar:") for k in properties) or sensor in ("sentinel-1", "umbra", "capella")
    return Made(
        sensor=sensor,
        platform=platform,
        pass_id=_pass(plain(item.get("id")), properties, platform or sensor),
        tile=_tile(plain(item.get("id")), properties),
        level=_level(plain(item.get("id")), properties, collection),
        version=_version(properties),
        is_radar=is_radar,
    )


def _sensor(properties: Mapping[str, Any], collection: str, declared: str) -> str:
    instruments = properties.get("instruments")
    said = [
        properties.get("constellation"),
        properties.get("platform"),
        *(instruments if isinstance(instruments, list) else ()),
        properties.get("mission"),
        collection,
    ]
    texts = [plain(s).lower() for s in said]
    # The platform of a family of unlike satellites says more than the family's name.
    if texts[0] in ("landsat", "worldview", "maxar", "vantor") and texts[1]:
        texts[0], texts[1] = texts[1], texts[0]
    for text in texts:
        for pattern, sensor in _SENSORS:
            if text and (match := re.search(pattern, text)):
                return match.expand(sensor) if "\\" in sensor else sensor
    if declared:
        return declared
    return next((safe_name(t, otherwise="") for t in (texts[1], texts[0]) if t), "") or "unknown"


def _pass(item_id: str, p: Mapping[str, Any], platform: str) -> str:
    """`PLATFORM:PASS`, "" when nothing names it."""
    datatake = re.search(r"(20\d{6}T\d{6})", plain(p.get("s2:datatake_id")) or plain(p.get("s2:product_uri")))
    product = re.match(r"S2[A-D]_MSIL\d[AC]_(\d{8}T\d{6})_", item_id)
    if datatake or product:
        start = (datatake or product).group(1)  # type: ignore[union-attr]
        return f"{_sentinel(p, item_id) or platform}:{start}"
    landsat = re.match(r"(L[COTEM])(\d\d)_L\d\w\w_(\d{3})\d{3}_(\d{8})_", item_id)
    if landsat:
        return f"landsat-{int(landsat[2])}:{landsat[3]}:{landsat[4]}"
    radar = re.match(r"(S1[A-D])_\w\w_\w{4}_\w{4}_\d{8}T\d{6}_\d{8}T\d{6}_(\d{6})_", item_id)
    if radar:
        return f"sentinel-{radar[1][1:].lower()}:{int(radar[2])}"
    capella = re.match(r"CAPELLA_(C\d+)_[A-Z]+_[A-Z]+_[HV]{2}_(\d{14})_", item_id)
    if capella:
        return f"capella-{int(capella[1][1:])}:{capella[2]}"
    orbit = p.get("sat:absolute_orbit")
    if isinstance(orbit, int) and not isinstance(orbit, bool) and platform:
        return f"{platform}:{orbit}"
    for name in ("catalog_id", "pl:strip_id", "strip_id", "umbra:collect_id", "umbra:task_id", "capella:collect_id"):
        if text := plain(p.get(name)):
            return f"{platform}:{text}"
    maxar = re.search(r"(?:^|[-_/])(1[0-9A-F]{15})(?:$|[-_/])", item_id)
    return f"{platform}:{maxar[1]}" if maxar else ""


def _sentinel(p: Mapping[str, Any], item_id: str) -> str:
    """sentinel-2a, from what names the satellite: catalogues also write `Sentinel-2A`, or `sentinel-2` for both."""
    named = re.search(r"(?:^|_)G?S2([A-D])_", f"{plain(p.get('s2:datatake_id'))} {item_id}".replace(" ", "_"))
    return f"sentinel-2{named[1].lower()}" if named else ""


def _tile(item_id: str, p: Mapping[str, Any]) -> str:
    """The tile of a grid that it fills: those of one pass are pieces of one acquisition."""
    if mgrs := plain(p.get("s2:mgrs_tile")):
        return f"mgrs-{mgrs.upper().lstrip('0')}"
    zone, band, square = (plain(p.get(f"mgrs:{k}")) for k in ("utm_zone", "latitude_band", "grid_square"))
    if zone and band and square:
        return f"mgrs-{zone.lstrip('0')}{band}{square}"
    named = re.search(r"(?:^|_)T?(\d{1,2}[C-X][A-Z]{2})_", item_id)
    if named and item_id.startswith("S2"):
        return f"mgrs-{named[1].lstrip('0')}"
    path, row = (plain(p.get(f"landsat:wrs_{k}")) or plain(p.get(f"landsat:{k}")) for k in ("path", "row"))
    if path and row:
        return f"wrs-{path.zfill(3)}{row.zfill(3)}"
    code = plain(p.get("grid:code"))
    if code.upper().startswith("MGRS-"):
        return f"mgrs-{code[5:].upper().lstrip('0')}"
    return code or (f"quadkey-{key}" if (key := plain(p.get("quadkey"))) else "")


def _level(item_id: str, p: Mapping[str, Any], collection: str) -> int:
    radar = re.search(r"SLC|SICD|SIDD|CSI|CPHD|GRD|GEC|GEO|RTC", plain(p.get("sar:product_type")).upper() or item_id)
    if radar and ("sar:product_type" in p or item_id.startswith(("S1", "CAPELLA"))):
        return _RADAR_LEVELS[radar[0]]
    told = " ".join(
        plain(p.get(k)) for k in ("processing:level", "s2:product_type", "product:type", "landsat:correction")
    )
    for text in (told, item_id, collection):
        found = re.search(r"(?:S2MSI|MSIL|[Ll]evel-?|\bL|_L|-l)([0-3])(?:[ABCDGS]|[A-Z]{2})?(?![0-9])", text)
        if found:
            return int(found[1])
    return 0


def _version(p: Mapping[str, Any]) -> str:
    """Sorts processings of one product: the baseline, then when it was made. Not `created`: a copy is no processing."""
    baseline = re.sub(r"[^0-9.]", "", plain(p.get("s2:processing_baseline")) or plain(p.get("processing:version")))
    padded = ".".join(part.zfill(3) for part in baseline.split(".")) if baseline else ""
    times = (
        plain(p.get(k)) for k in ("s2:generation_time", "processing:datetime", "s1:processing_datetime", "updated")
    )
    return f"{padded}|{next((t for t in times if t), '') or plain(p.get('created'))}"


OrbitState = Literal["ascending", "descending", ""]


def orbit(p: Mapping[str, Any]) -> OrbitState:
    state = plain(p.get("sat:orbit_state")).lower()
    return state if state in ("ascending", "descending") else ""  # type: ignore[return-value]


def polarizations(p: Mapping[str, Any]) -> tuple[str, ...]:
    given = p.get("sar:polarizations")
    names = [str(n).upper() for n in given] if isinstance(given, list) else []
    return tuple(n for n in names if n in ("HH", "VV", "HV", "VH"))
