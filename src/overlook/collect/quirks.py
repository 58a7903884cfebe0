"""Numbers of a catalogue's item: pixel size, angles, cloud. Each field's known errors are dealt with here, and named.

A number that cannot be is None with a note, never a guess. Fields are those of STAC's extensions view, eo, sar and sat,
of their older names, and of providers (Sentinel-2 `s2:`, Planet `pl:`, Landsat, Maxar).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

#: Mean radius of the Earth, and the heights at which imaging satellites fly (about 450 to 800 km).
_EARTH_KM, _HEIGHTS_KM = 6371.0, (450.0, 800.0)
_LEAST_M, _MOST_M = 0.01, 100_000.0
#: Sensors whose producers are known to give eo:cloud_cover in percent, as STAC asks.
IN_PERCENT = ("sentinel-2", "landsat", "planetscope", "skysat", "worldview", "geoeye", "hls", "naip")


def number(value: Any) -> float | None:
    """A finite number, or None; text that spells one counts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def plain(value: Any, longest: int = 300) -> str:
    """A catalogue's text as it may be kept and shown: without what a terminal would obey or UTF-8 cannot hold."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return "".join(c if c.isprintable() else "?" for c in text[:longest].strip())


def first(properties: Mapping[str, Any], *names: str) -> float | None:
    return next((n for name in names if (n := number(properties.get(name))) is not None), None)


def ground_sample_m(
    item: Mapping[str, Any], properties: Mapping[str, Any], declared: float | None
) -> tuple[float | None, tuple[str, ...]]:
    """The finest pixel of the item's images in metres, and where it was found when not in `gsd`.

    The order: `gsd`; for radar the coarser of its two resolutions (two pixels of one resolution cell are not two
    looks); the bands' or assets' own; the pixel of the projection's grid when it is in metres; what is known of the
    collection (`declared`).
    """
    notes = []
    stated = properties.get("gsd", properties.get("eo:gsd"))
    gsd = number(stated)
    if gsd is not None and _LEAST_M <= gsd <= _MOST_M:
        return gsd, ()
    if stated is not None:
        notes.append(f"its gsd of {str(stated)[:20]} cannot be")
    # Not a coarser guess for a finer one: the first that is there, the most exact first.
    for found, where in (
        (_radar_m(properties), "its radar resolution"),
        (_of_assets(item), "its assets"),
        (_of_grid(item, properties), "the grid's pixel"),
        (declared, "what is known of the collection"),
    ):
        if found is not None and _LEAST_M <= found <= _MOST_M:
            return found, (*notes, f"its gsd is taken from {where}")
    return None, (*notes, "nothing says how fine it is")


def _radar_m(properties: Mapping[str, Any]) -> float | None:
    across = [first(properties, f"sar:resolution_{axis}") for axis in ("range", "azimuth")]
    if None in across:
        across = [first(properties, f"sar:pixel_spacing_{axis}") for axis in ("range", "azimuth")]
    known = [a for a in across if a is not None and a > 0]
    return max(known) if len(known) == 2 else None


def _of_assets(item: Mapping[str, Any]) -> float | None:
    sizes = []
    for asset in _assets(item):
        roles = _list(asset.get("roles"))
        if not roles or "data" in roles or "visual" in roles:
            bands = (*_list(asset.get("raster:bands")), *_list(asset.get("bands")))
            sizes += [first(asset, "gsd", "eo:gsd", "raster:spatial_resolution")]
            sizes += [
                first(b, "spatial_resolution", "gsd", "raster:spatial_resolution")
                for b in bands
                if isinstance(b, Mapping)
            ]
    return min((s for s in sizes if s is not None and s >= _LEAST_M), default=None)


def _of_grid(item: Mapping[str, Any], properties: Mapping[str, Any]) -> float | None:
    """From proj:transform, when the grid is in metres: UTM and other projected systems, by their EPSG code."""
    sizes = []
    for holder in (properties, *_assets(item)):
        code = holder.get(
            "proj:code", holder.get("proj:epsg", properties.get("proj:code", properties.get("proj:epsg")))
        )
        transform = _list(holder.get("proj:transform"))
        if len(transform) >= 6 and is_metric(code):
            sides = [number(v) for v in transform[:6]]
            if None not in sides:
                sizes.append(math.hypot(sides[0] or 0.0, sides[3] or 0.0))
    return min((s for s in sizes if s > 0), default=None)


def is_metric(code: Any) -> bool:
    """Whether an EPSG code, 32651 or "EPSG:32651" (projection extension v1 and v2), is UTM or polar stereographic."""
    digits = str(code).rpartition(":")[2]
    if not digits.isdigit():
        return False
    n = int(digits)
    return 32601 <= n <= 32660 or 32701 <= n <= 32760 or n in (3031, 3413, 3995, 5041, 5042)


def angles(properties: Mapping[str, Any], sensor: str) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """Off-nadir, incidence, sun elevation and sun azimuth in degrees; and what was found wrong."""
    notes: list[str] = []
    off = first(properties, "view:off_nadir", "eo:off_nadir")
    if off is not None:
        # Planet signs the angle by the side on which the satellite looked.
        off = _within(abs(off), 0, 90, "off-nadir angle", notes)
    incidence = first(properties, "view:incidence_angle", "sar:incidence_angle")
    grazing = first(properties, "umbra:grazing_angle_degrees", "umbra:grazing_angle")
    if incidence is None and grazing is not None:
        incidence = 90 - grazing
    incidence = _within(incidence, 0, 90, "incidence angle", notes)
    if off is not None and incidence is not None and _is_elevation(off, incidence):
        notes.append(f"its incidence angle of {incidence:g}° is the satellite's elevation: 90° less it is taken")
        incidence = round(90 - incidence, 6)
    zenith = first(properties, "s2:mean_solar_zenith", "view:sun_zenith")
    elevation = first(properties, "view:sun_elevation", "landsat:sun_elevation", "eo:sun_elevation")
    if elevation is None and zenith is not None:
        elevation = 90 - zenith
    azimuth = first(properties, "view:sun_azimuth", "s2:mean_solar_azimuth", "landsat:sun_azimuth", "eo:sun_azimuth")
    found = {
        "off_nadir_deg": off,
        "incidence_deg": incidence,
        "sun_elevation_deg": _within(elevation, -90, 90, "sun elevation", notes),
        "sun_azimuth_deg": None if azimuth is None else _within(azimuth, -360, 360, "sun azimuth", notes),
    }
    if found["sun_azimuth_deg"] is not None:
        found["sun_azimuth_deg"] %= 360
    if sensor in ("sentinel-1", "umbra", "capella"):
        # Radar lights its scene itself.
        found["sun_elevation_deg"] = found["sun_azimuth_deg"] = None
    return found, tuple(notes)


def _is_elevation(off_nadir_deg: float, stated_deg: float) -> bool:
    """Whether a stated incidence is 90 degrees less it: Maxar's archives put the satellite's elevation there.

    On a sphere sin(incidence) = (1 + h/R) sin(off-nadir), so the incidence is the off-nadir angle and a little more.
    """
    low, high = (
        math.degrees(math.asin(min(1.0, (1 + h / _EARTH_KM) * math.sin(math.radians(off_nadir_deg)))))
        for h in _HEIGHTS_KM
    )
    return not low - 5 <= stated_deg <= high + 5 and low - 5 <= 90 - stated_deg <= high + 5


def cloud_share(properties: Mapping[str, Any], sensor: str, *, collection_in_percent: bool) -> tuple[float | None, str]:
    """Cloud over the whole scene as a share in [0, 1].

    STAC's eo:cloud_cover is a percentage; some catalogues put a share there. 0 is 0 in both. Above 1 it is a
    percentage. Between them it is one for producers known to keep to STAC, and in collections where another item
    shows it; else nobody can tell 0.5 % from 50 %, and it is None. Planet's own `cloud_cover` is a share.
    """
    value = number(properties.get("eo:cloud_cover"))
    if value is None:
        share = first(properties, "pl:cloud_cover", "cloud_cover")
        if share is not None and 0 <= share <= 1:
            return share, "its cloud cover is taken from the provider's own field"
        tile = first(properties, "tile:clouds_percent", "landsat:cloud_cover_land")
        return (tile / 100, "") if tile is not None and 0 <= tile <= 100 else (None, "")
    if value < 0 or value > 100:
        return None, f"its cloud cover of {value:g} % cannot be: it is taken to be unknown"
    if value > 1 or value == 0 or collection_in_percent or sensor.startswith(IN_PERCENT):
        return value / 100, ""
    return None, f"its cloud cover of {value:g} may be a share or a percentage"


def shows_percent(properties: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the items of one collection show that their cloud cover is in percent: one of them is above 1."""
    return any((n := number(p.get("eo:cloud_cover"))) is not None and n > 1 for p in properties)


def _within(value: float | None, low: float, high: float, what: str, notes: list[str]) -> float | None:
    if value is None or low <= value <= high:
        return value
    notes.append(f"its {what} of {value:g}° cannot be")
    return None


def _assets(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    assets = item.get("assets")
    return [a for a in assets.values() if isinstance(a, Mapping)] if isinstance(assets, Mapping) else []


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
