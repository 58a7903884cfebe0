"""What the analyst says of an image when she adds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlook.terms import BandRole, Interval, Rights, SceneKind, WhyAcquired

_UNSAID = Rights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """What was said on the command line; everything is optional, and beats what the file says of itself.

    `centre` is (longitude, latitude) of the middle of the image; its top edge is then taken to face north.
    `control_points` are (column, row, longitude, latitude), or (column, row, x, y) in `crs` when that is given.
    `crs` is an EPSG code, or "local" for a plane in metres without a place on Earth. `labels_px` are rectangles
    of burned-in text, (column, row, width, height). `provider_mask`: its kind and its file. `dem` and `height_m`: how
    high the ground of a raw frame lies, above the ellipsoid; `geoid_m` is added to a DEM above sea level.
    `calibration`: what a radar image's numbers mean. `link`: refer to the file where it is, instead of copying it.
    """

    when: Interval | None = None
    gsd_m: float | None = None
    centre: tuple[float, float] | None = None
    control_points: tuple[tuple[float, float, float, float], ...] = ()
    crs: str | None = None
    kind: SceneKind = "image"
    sensor: str = ""
    off_nadir_deg: float | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    geolocation_error_m: float | None = None
    catalogue_id: str = ""
    rights: Rights = _UNSAID
    why_acquired: WhyAcquired = "unknown"
    labels_px: tuple[tuple[int, int, int, int], ...] = ()
    cloud_mask: Path | None = None
    provider_mask: tuple[str, Path] | None = None
    bands: tuple[BandRole, ...] = ()
    dem: Path | None = None
    height_m: float | None = None
    geoid_m: float = 0.0
    calibration: Path | None = None
    link: bool = False
