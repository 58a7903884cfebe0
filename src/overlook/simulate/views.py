"""How each scene is taken: sun, satellite, season, georeference error. From the schedule and the place on Earth."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np

from overlook.simulate.camera import View
from overlook.simulate.paint import Sunlight
from overlook.simulate.process import Purpose, stream
from overlook.simulate.spec import XY, SiteSpec
from overlook.simulate.sun import sun_position


def lonlat(spec: SiteSpec, points: tuple[XY, ...], *, ndigits: int = 8) -> list[list[float]]:
    """Points of the site's plane as [longitude, latitude], WGS 84."""
    from pyproj import Transformer

    to = Transformer.from_crs(spec.crs, "EPSG:4326", always_xy=True)
    x, y = (np.array([p[k] for p in points], dtype=float) + spec.origin[k] for k in (0, 1))
    lon, lat = to.transform(x, y)
    return [[round(float(a), ndigits), round(float(b), ndigits)] for a, b in zip(lon, lat, strict=True)]


def draw_views(spec: SiteSpec, times: tuple[datetime, ...], seed: int) -> tuple[View, ...]:
    """One view for each acquisition time."""
    ((lon, lat),) = lonlat(spec, ((spec.size_m[0] / 2, spec.size_m[1] / 2),))
    convergence = _convergence_deg(spec.crs, lon, lat)
    return tuple(_view(spec, when, lon, lat, convergence, seed, i) for i, when in enumerate(times))


def winter_share(when: datetime, lat: float) -> float:
    """0 in full leaf, 1 in dead winter: a flattened cosine of the day of the year, turned about in the south."""
    day = when.timetuple().tm_yday - (25 if lat >= 0 else 25 + 182.6)
    return float(np.clip(0.5 + 0.75 * math.cos(2 * math.pi * day / 365.25), 0, 1))


def _view(spec: SiteSpec, when: datetime, lon: float, lat: float, convergence: float, seed: int, image: int) -> View:
    rng = stream(seed, 0, Purpose.CAMERA, 1_000_000 + image)
    sensor = spec.sensor
    sun = sun_position(when, lon=lon, lat=lat)
    side = 90.0 if rng.random() < 0.5 else 270.0  # satellites look across their track
    winter = winter_share(when, lat)
    snow = float(rng.uniform(0.6, 1.0)) if rng.random() < 0.4 and spec.weather.snow and winter > 0.85 else 0.0
    error = rng.normal(0, sensor.geolocation_error_m, 2)
    phase = rng.uniform(-0.5, 0.5, 2) * sensor.gsd_m
    return View(
        when=when,
        sun_elevation_deg=sun.elevation_deg,
        sun_azimuth_deg=sun.azimuth_deg,
        light=Sunlight(azimuth_deg=(sun.azimuth_deg - convergence) % 360, elevation_deg=sun.elevation_deg),
        off_nadir_deg=float(rng.triangular(0, sensor.max_off_nadir_deg * 0.5, sensor.max_off_nadir_deg + 1e-9)),
        view_azimuth_deg=float((side + rng.normal(0, 25)) % 360),
        phase_m=(float(phase[0]), float(phase[1])),
        error_m=(float(error[0]), float(error[1])),
        winter=winter,
        snow=snow,
    )


def _convergence_deg(crs: str, lon: float, lat: float) -> float:
    """Grid north from true north, clockwise, on a UTM zone: atan(tan Δλ sin φ), first order (Snyder 1987)."""
    from pyproj import CRS

    operation = CRS(crs).coordinate_operation
    found = [p.value for p in operation.params if p.name == "Longitude of natural origin"] if operation else []
    central = float(found[0]) if found else lon
    return math.degrees(math.atan(math.tan(math.radians(lon - central)) * math.sin(math.radians(lat))))
