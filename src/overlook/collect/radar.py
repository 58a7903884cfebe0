"""What lies beside a radar image and says what its numbers mean. Its pixels stay closed.

Sentinel-1: annotation/calibration/calibration-*.xml and noise-*.xml of its SAFE, or the same beside the image. Capella
and whoever writes `scale_factor` in JSON: sigma nought is (scale_factor · DN)². Polarization, orbit and angle come from
a STAC Item beside it, from that JSON, or from a Sentinel-1 file name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

from overlook.collect.header import Header
from overlook.collect.outside import files
from overlook.errors import InputError
from overlook.terms import BandRole, Radar, Scene

_POLARIZATIONS: tuple[BandRole, ...] = ("vv", "vh", "hh", "hv")
_SENTINEL = re.compile(r"(s1[a-d])-(\w\w)-grd-(vv|vh|hh|hv)-\d{8}t\d{6}-\d{8}t\d{6}-(\d{6})-", re.IGNORECASE)
#: Relative from absolute orbit: (absolute - offset) mod 175 + 1 (Sentinel-1 product specification).
_ORBIT_OFFSET = {"s1a": 73, "s1b": 27, "s1c": 172}
#: 1-sigma absolute radiometric accuracy of Sentinel-1A and B (Schwerdt et al. 2017, Remote Sensing 9, 518).
_SENTINEL_ACCURACY_DB = 0.39
#: Equivalent number of looks of an IW GRDH pixel (Sentinel-1 product definition, table 5-1).
_SENTINEL_LOOKS = {"iw": 4.4, "ew": 2.8, "sm": 29.7}
_LARGEST = 32 * 2**20


def radar_role(header: Header, stem: str) -> BandRole | None:
    """The polarization of a radar image of one band, None for what is no radar image or does not say."""
    if header.count != 1:
        return None
    named = _SENTINEL.match(stem)
    if named:
        return named.group(3).lower()  # type: ignore[return-value]
    said = header.stac.get("properties", {}).get("sar:polarizations")
    if isinstance(said, list) and len(said) == 1 and str(said[0]).lower() in _POLARIZATIONS:
        return str(said[0]).lower()  # type: ignore[return-value]
    return None


def radar_of(image: Path, header: Header, bands: tuple[BandRole, ...], calibration: Path | None) -> Radar | None:
    """What is known of a radar image, None for any other. Files are named by where they are; `put_radar` keeps them.

    Raises InputError for a named calibration that is none.
    """
    if not set(bands) & set(_POLARIZATIONS):
        return None
    stem = image.stem
    found = _said(header.stac.get("properties", {}), stem)
    beside = [calibration] if calibration else list(_beside(image))
    for path in beside:
        if path.suffix.lower() == ".xml":
            noise = path.with_name(path.name.replace("calibration-", "noise-", 1))
            has_noise = noise != path and noise.is_file()
            return replace(found, calibration=str(path), noise=str(noise) if has_noise else "")
        scaled = _scaled(path, found)
        if scaled is not None:
            return scaled
    if calibration is not None:
        raise InputError(
            "E-INPUT-CALIBRATION",
            "it holds no calibration",
            where=str(calibration),
            remedy="give Sentinel-1's calibration-*.xml, or JSON that holds scale_factor",
        )
    return found


def sensor_of(radar: Radar, platform: str) -> str:
    """Images of one platform, direction and relative orbit look at a place in one way: they are one sensor."""
    parts = [platform, radar.orbit, "" if radar.relative_orbit is None else str(radar.relative_orbit)]
    return " ".join(part for part in parts if part)


def platform_of(stem: str, sensor: str) -> str:
    named = _SENTINEL.match(stem)
    return named.group(1).upper() if named else sensor


def put_radar(scene: Scene, imagery: Path) -> tuple[Scene, list[Path]]:
    """The scene with its tables beside it, and which of them were copied now."""
    radar = scene.radar
    made: list[Path] = []
    assert radar is not None
    for kind in ("calibration", "noise"):
        path = Path(getattr(radar, kind))
        if not getattr(radar, kind) or getattr(radar, f"{kind}_digest"):
            continue
        digest = files.sha256(path)
        name = f"{scene.id}.{kind}-{digest[:8]}.xml"
        if not files.exists(imagery / name):
            files.copy(path, imagery / name)
            made.append(imagery / name)
        if kind == "calibration":
            radar = replace(radar, calibration=name, calibration_digest=digest)
        else:
            radar = replace(radar, noise=name, noise_digest=digest)
    return replace(scene, radar=radar), made


def same_radar(scene: Scene, before: Scene) -> Scene:
    """A radar image added again without its calibration keeps the one that it had."""
    if scene.radar is None or scene.radar.is_calibrated or before.radar is None:
        return scene
    return replace(scene, radar=before.radar)


def _beside(image: Path) -> Iterator[Path]:
    name = f"calibration-{image.stem}.xml"
    for path in (image.parent.parent / "annotation" / "calibration" / name, image.with_name(name)):
        if path.is_file():
            yield path
    for path in (image.with_name(f"{image.stem}_extended.json"), image.with_suffix(".json")):
        if path.is_file():
            yield path


def _said(properties: Mapping[str, Any], stem: str) -> Radar:
    orbit = properties.get("sat:orbit_state")
    relative = properties.get("sat:relative_orbit")
    looks = properties.get("sar:looks_equivalent_number")
    angle = properties.get("view:incidence_angle")
    named = _SENTINEL.match(stem)
    if named and not isinstance(relative, int) and named.group(1).lower() in _ORBIT_OFFSET:
        relative = (int(named.group(4)) - _ORBIT_OFFSET[named.group(1).lower()]) % 175 + 1
    if not _is_number(looks) and named:
        looks = _SENTINEL_LOOKS.get(named.group(2).lower(), 1.0)
    return Radar(
        looks=float(looks) if _is_number(looks) and 0.5 <= looks <= 1e4 else 1.0,
        accuracy_db=_SENTINEL_ACCURACY_DB if named else None,
        incidence_deg=float(angle) if _is_number(angle) and 0 <= angle <= 90 else None,
        orbit=orbit if orbit in ("ascending", "descending") else "",
        relative_orbit=relative if isinstance(relative, int) and not isinstance(relative, bool) else None,
    )


def _scaled(path: Path, radar: Radar) -> Radar | None:
    """With the factor of a JSON file, None for one that holds none."""
    if path.stat().st_size > _LARGEST:
        return None
    try:
        plain = json.loads(files.read_text(path))
    except (ValueError, RecursionError):
        return None
    image = plain.get("collect", {}).get("image", plain) if isinstance(plain, dict) else {}
    scale = image.get("scale_factor") if isinstance(image, dict) else None
    if not (_is_number(scale) and scale > 0):
        return None
    pixel = image.get("center_pixel")
    angle = pixel.get("incidence_angle") if isinstance(pixel, dict) else radar.incidence_deg
    state = plain.get("collect", {}).get("state", {}) if isinstance(plain.get("collect"), dict) else {}
    orbit = state.get("direction", radar.orbit) if isinstance(state, dict) else radar.orbit
    return replace(
        radar,
        scale=float(scale),
        incidence_deg=float(angle) if _is_number(angle) and 0 <= angle <= 90 else None,
        orbit=orbit if orbit in ("ascending", "descending") else "",
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
