"""Which way shadows point on a chip, from its pixels alone, or the statement that they do not tell.

What stands above the ground is often brighter than it, and its shadow is darker and lies beside it on one side: away
from the sun. So the bright parts of the picture are correlated with its dark parts, and the part of that correlation
that differs between a direction and its opposite points where shadows fall; symmetrical patterns cancel. Summed over
lags from 1 to 12 m and over nine parts of the chip, which vote.

The sun's azimuth is opposite. How far off that is was measured on simulated sites (`ERROR_95_DEG`), whose buildings,
vehicles and trees cast the shadows; snow turns the contrast about and gives no answer. Of a chip without things that
stand, or whose parts do not agree, nothing is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.blocking import seen
from overlook.imagery.cloud_features import Grey, block_means
from overlook.terms import Chip

#: Largest error of 95 in 100 estimates (benchmarks/clouds.py azimuth; docs/explanation/masks.md).
ERROR_95_DEG = 28.0
_WORK_M, _COARSEST_M = 0.5, 1.0
_SHORTEST_M, _LONGEST_M = 1.0, 12.0
_GROUND_M = 6.0
_PARTS = 3
#: Asymmetry of the correlation, and agreement of the parts (mean resultant length), under which nothing is said.
_LEAST_STRENGTH, _LEAST_AGREEMENT, _LEAST_PARTS = 0.06, 0.65, 5
#: Share of the picture that may be white (snow), and dark (water: a quay beside it looks like a wall and its shadow).
_MOST_WHITE, _MOST_DARK = 0.2, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowDirection:
    """`sun_azimuth_deg` from grid north, clockwise, and its 95% error; `strength` of the asymmetry, `agreement`."""

    sun_azimuth_deg: float
    error_95_deg: float
    strength: float
    agreement: float


def sun_from_shadows(chip: Chip) -> ShadowDirection | None:
    """Where the sun stands by the shadows on a chip; None when they do not tell."""
    gsd_m = abs(chip.meta.transform[0])
    factor = max(1, round(_WORK_M / gsd_m))
    size_m = gsd_m * factor
    visible = chip.pixels[..., :3] if chip.pixels.shape[2] >= 3 else chip.pixels[..., :1]
    light, ok = (
        block_means(visible.astype(np.float32).mean(axis=2), factor),
        block_means(seen(chip.unusable).astype(np.float32), factor) > 0.9,
    )
    if size_m > _COARSEST_M or ok.sum() * size_m**2 < 10_000:
        return None
    if float((light[ok] > 200).mean()) > _MOST_WHITE or float((light[ok] < 60).mean()) > _MOST_DARK:
        return None
    bright, dark = _parts(light, ok, size_m)
    found = []
    for rows in np.array_split(np.arange(light.shape[0]), _PARTS):
        for columns in np.array_split(np.arange(light.shape[1]), _PARTS):
            window = np.ix_(rows, columns)
            if min(len(rows), len(columns)) * size_m >= 3 * _LONGEST_M and ok[window].mean() > 0.5:
                found.append(_asymmetry(bright[window], dark[window], size_m))
    if len(found) < _LEAST_PARTS:
        return None
    east, north, total = np.array(found).T
    strength = float(math.hypot(east.sum(), north.sum()) / max(total.sum(), 1e-9))
    angles = np.arctan2(east, north)
    weight = np.hypot(east, north)
    agreement = float(abs((weight * np.exp(1j * angles)).sum()) / max(weight.sum(), 1e-9))
    if strength < _LEAST_STRENGTH or agreement < _LEAST_AGREEMENT:
        return None
    away = math.degrees(math.atan2(east.sum(), north.sum()))
    return ShadowDirection(
        sun_azimuth_deg=(away + 180) % 360, error_95_deg=ERROR_95_DEG, strength=strength, agreement=agreement
    )


def apart_deg(a: float, b: float) -> float:
    """The smaller angle between two azimuths, degrees."""
    return abs((a - b + 180) % 360 - 180)


def _parts(light: Grey, ok: NDArray[np.bool_], size_m: float) -> tuple[Grey, Grey]:
    """How much brighter, and how much darker, than the ground around; in units of its contrast, at most 2.5."""
    weight = ok.astype(np.float32)
    sigma = _GROUND_M / size_m
    ground = cv2.GaussianBlur(light * weight, (0, 0), sigma) / (cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-6)
    rest = (light - ground) * weight
    wide = cv2.GaussianBlur(weight, (0, 0), 4 * sigma) + 1e-6
    contrast = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), 4 * sigma) / wide) + 0.5
    z = np.clip(rest / contrast, -3, 3)
    return np.maximum(z - 0.5, 0) * weight, np.maximum(-z - 0.5, 0) * weight


def _asymmetry(bright: Grey, dark: Grey, size_m: float) -> tuple[float, float, float]:
    """East and north of the correlation's asymmetric part, and the sum of its symmetric part, over all lags."""
    reach = int(_LONGEST_M / size_m)
    shape = [cv2.getOptimalDFTSize(n + reach) for n in bright.shape]
    surface = np.fft.irfft2(np.conj(np.fft.rfft2(bright, shape)) * np.fft.rfft2(dark, shape), shape)
    lags = np.arange(-reach, reach + 1)
    near = surface[np.ix_(lags % shape[0], lags % shape[1])]
    south, east = np.meshgrid(lags, lags, indexing="ij")
    length = np.hypot(south, east)
    within = (length * size_m >= _SHORTEST_M) & (length * size_m <= _LONGEST_M)
    # Each distance counts alike: the ring of lags at it grows with it.
    ring = np.where(within, 1 / np.maximum(length, 1), 0)
    odd, even = (near - near[::-1, ::-1]) * ring, (near + near[::-1, ::-1]) * ring
    unit = np.maximum(length, 1)
    return float((odd * east / unit).sum()), float((odd * -south / unit).sum()), float(even.sum())
