"""Backscatter of a zone, in decibels, with the error that speckle leaves: from a radar image's own pixels.

Sigma nought is |DN|² over the square of the calibration constant, thermal noise subtracted first (Miranda & Meadows
2015, Radiometric Calibration of S-1 Level-1 Products, eqs. 1 and 2); both look-up tables are bilinear. The zone's value
is the mean in power. An intensity of L looks has variance mean²/L, so that I²/(L+1) estimates each pixel's without
knowing its mean (Oliver & Quegan 2004, ch. 4), bright things among dark ground included. Neighbours share speckle: the
variance of the mean is larger by the sum of their correlations, measured around the zone. In decibels a gamma mean of N
looks has the standard deviation (10/ln 10)·sqrt(ψ'(N)) and is low by (10/ln 10)·(ln N - ψ(N)), which is added back.

Layover and shadow beside what stands tall are part of what is measured and are not corrected; nor is the slope of the
ground. Only images of one orbit, which look at a place in one way, compare.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery import outside
from overlook.imagery.grid import site_grid
from overlook.imagery.ortho import laid
from overlook.imagery.reading import Window, is_on_image, plan_reading
from overlook.imagery.zones import zone_pixels
from overlook.terms import Radar, Reason, Scene, Site

Floats = NDArray[np.float64]
_DB = 10 / np.log(10)
#: Pixels around a zone from which the correlation of speckle is measured, and how far it reaches.
_AROUND_PX, _REACH_PX = 48, 4
_LOCAL_PX = 21
_LEAST_PIXELS = 4
POLARIZATIONS = ("vv", "vh", "hh", "hv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backscatter:
    """A zone in one polarization: `value_db` and its own 1-sigma `sd_db`, or the reason why there is none.

    `looks`: how many independent looks the mean rests on. `share`: of the zone's pixels that are on the image.
    """

    zone: str
    band: str
    value_db: float | None = None
    sd_db: float | None = None
    looks: float = 0.0
    share: float = 0.0
    reason: Reason | None = None
    detail: str = ""


def measure_zones(scene: Scene, imagery: Path, site: Site) -> tuple[Backscatter, ...]:
    """Every zone of the site in every polarization of a radar scene, in their order.

    Raises InputError when pixels or a table cannot be read.
    """
    assert scene.radar is not None
    bands = [(k + 1, role) for k, role in enumerate(scene.bands) if role in POLARIZATIONS]
    if not scene.radar.is_calibrated:
        detail = "nothing says what its numbers mean: no calibration came with it"
        return tuple(_none(z.id, b, "no data", detail) for z in site.zones for _, b in bands)
    grid = site_grid(site)
    columns, rows = laid(scene, imagery, grid).on_grid()
    plan = plan_reading(columns, rows, scene.shape, pad_px=_AROUND_PX)
    if plan is None:
        return tuple(_none(z.id, b, "off the image", "") for z in site.zones for _, b in bands)
    whole = replace(plan, out_shape=(plan.height, plan.width))
    found = []
    for index, band in bands:
        window = outside.read_window(imagery / scene.path, whole, (index,), None, scene.shape)
        power = _power(window, scene.radar, imagery)
        correlated = correlation_area(power)
        for zone in site.zones:
            inside = zone_pixels(grid, zone)
            found.append(_of_zone(zone.id, band, columns[inside], rows[inside], window, power, scene, correlated))
    return tuple(sorted(found, key=lambda b: [z.id for z in site.zones].index(b.zone)))


def zone_mean(intensity: Floats, looks: float, correlated: float) -> tuple[float, float, float]:
    """(decibels, 1-sigma, equivalent looks) of the mean of `intensity` (n,), pixels of `looks` each.

    `correlated`: the sum of the correlations of a pixel with all others, one and more.
    """
    mean = float(intensity.mean())
    n = intensity.size
    # Subtracted noise can leave a pixel below zero; its square is still of its own speckle.
    variance = correlated / n**2 * float((intensity**2).sum()) / (looks + 1)
    # The mean of a zone never has more looks than its pixels, nor fewer than one of them.
    total = min(max(mean**2 / max(variance, 1e-300), looks / 2), n * looks)
    from scipy.special import digamma, polygamma

    low = _DB * (np.log(total) - float(digamma(total)))
    return 10 * float(np.log10(mean)) + low, _DB * float(np.sqrt(polygamma(1, total))), total


def correlation_area(power: Floats) -> float:
    """The sum of the speckle's correlations over all shifts, at least 1: pixels that one independent look covers.

    From intensity over its local mean, so that the ground's own pattern hardly enters; NaN is what is off the image.
    """
    ok = np.isfinite(power) & (power > 0)
    if ok.sum() < 200:
        return 1.0
    filled = np.where(ok, power, 0).astype(np.float32)
    weight = cv2.blur(ok.astype(np.float32), (_LOCAL_PX, _LOCAL_PX)) + 1e-6
    local = cv2.blur(filled, (_LOCAL_PX, _LOCAL_PX)) / weight
    # Things that stand out are no speckle; what they do to the local mean is left out with them.
    rest = np.where(ok & (filled < 6 * local), filled / np.maximum(local, 1e-30) - 1, 0)
    rest -= rest[ok].mean() * ok
    energy = float((rest * rest).sum())
    total = 1.0
    rows, columns = rest.shape
    for dy in range(_REACH_PX + 1):
        for dx in range(-_REACH_PX, _REACH_PX + 1):
            if (dy == 0 and dx <= 0) or dy >= rows or abs(dx) >= columns:
                continue
            a = rest[dy:, max(0, dx) : columns + min(0, dx)]
            b = rest[: rows - dy, max(0, -dx) : columns - max(0, dx)]
            rho = float((a * b).sum()) / max(energy, 1e-30)
            # Below that it is the chance of the sample.
            total += 2 * rho if rho > 0.02 else 0.0
    return total


def _of_zone(
    zone: str, band: str, columns: Floats, rows: Floats, window: Window, power: Floats, scene: Scene, correlated: float
) -> Backscatter:
    on = is_on_image(columns, rows, scene.shape)
    if not on.any():
        return _none(zone, band, "off the image", "")
    j = np.floor(columns[on]).astype(int) - window.plan.column
    i = np.floor(rows[on]).astype(int) - window.plan.row
    inside = (i >= 0) & (i < power.shape[0]) & (j >= 0) & (j < power.shape[1])
    pixels = np.unique(np.column_stack([i[inside], j[inside]]), axis=0)
    values = power[pixels[:, 0], pixels[:, 1]]
    known = values[np.isfinite(values)]
    share = float(on.mean()) * known.size / max(1, values.size)
    if known.size < _LEAST_PIXELS:
        detail = f"{known.size} pixels of the radar image lie in the zone; {_LEAST_PIXELS} are needed"
        return _none(zone, band, "too coarse" if on.all() else "off the image", detail)
    if known.mean() <= 0:
        return _none(zone, band, "no data", "its backscatter is below the image's own noise")
    assert scene.radar is not None
    value, sd, looks = zone_mean(known, scene.radar.looks, correlated)
    return Backscatter(zone=zone, band=band, value_db=value, sd_db=sd, looks=looks, share=share)


def _none(zone: str, band: str, reason: Reason, detail: str) -> Backscatter:
    return Backscatter(zone=zone, band=band, reason=reason, detail=detail)


def _power(window: Window, radar: Radar, imagery: Path) -> Floats:
    """Sigma nought of a window, NaN where the image says nothing (a GRD's border is zero)."""
    numbers = window.pixels[..., 0].astype(np.float64)
    valid = window.valid & (numbers > 0)
    if radar.scale is not None:
        return np.where(valid, (radar.scale * numbers) ** 2, np.nan)
    gain = _table(imagery / radar.calibration, radar.calibration_digest, "calibrationVector", "sigmaNought", window)
    noise: Any = 0.0
    if radar.noise:
        noise = _table(imagery / radar.noise, radar.noise_digest, "noiseRangeVector", "noiseRangeLut", window)
    return np.where(valid, (numbers**2 - noise) / gain**2, np.nan)


def _table(path: Path, digest: str, vector: str, values: str, window: Window) -> Floats:
    """A look-up table of Sentinel-1 at every pixel of a window. Raises InputError (E-INPUT-CALIBRATION)."""
    outside.require_digest(path, digest)
    try:
        text = path.read_bytes()
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise ValueError("it declares entities")  # noqa: TRY301
        root = ElementTree.fromstring(text)  # noqa: S314
        found = []
        for one in root.iter(vector):
            line, pixels, numbers = (one.findtext(name) or "" for name in ("line", "pixel", values))
            table = np.array(pixels.split(), dtype=float), np.array(numbers.split(), dtype=float)
            if len(table[0]) != len(table[1]) or len(table[0]) < 2 or not np.isfinite(table[1]).all():
                raise ValueError("a vector is broken")  # noqa: TRY301
            found.append((float(line), *table))
        if not found or (values == "sigmaNought" and min(float(v.min()) for _, _, v in found) <= 0):
            raise ValueError(f"it holds no {values}")  # noqa: TRY301
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise InputError(
            "E-INPUT-CALIBRATION",
            f"its table cannot be used ({str(error)[:100]})",
            where=str(path),
            remedy="add the image again with the calibration that came with it",
        ) from error
    found.sort(key=lambda v: v[0])
    plan = window.plan
    columns = plan.column + np.arange(plan.width)
    along = np.array([np.interp(columns, pixels, numbers) for _, pixels, numbers in found])
    lines = np.array([line for line, _, _ in found])
    rows = np.clip(plan.row + np.arange(plan.height), lines[0], lines[-1])
    if len(lines) == 1:
        return np.repeat(along, plan.height, axis=0)
    after = np.clip(np.searchsorted(lines, rows, side="right"), 1, len(lines) - 1)
    t = ((rows - lines[after - 1]) / np.maximum(lines[after] - lines[after - 1], 1e-9))[:, None]
    result: Floats = along[after - 1] * (1 - t) + along[after] * t
    return result
