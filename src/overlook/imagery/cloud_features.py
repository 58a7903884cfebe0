"""What tells a cloud from the ground in a chip's pixels, as maps of numbers; each can be looked at by itself.

At a metre and less a white roof is as bright as a cloud, and as white. What differs is its grain: a cloud veils the
fine texture and the darkest things beneath it. So brightness and colour (whiteness; the haze-optimised transform of
Zhang, Guindon & Cihlar 2002, Remote Sensing of Environment 82; the near infrared against red) stand beside texture at
three scales and the dark channel (He, Sun & Tang 2011, IEEE PAMI 33: in every clear neighbourhood something is dark).
From five metres on a pixel holds more than its texture would tell, and only brightness and colour are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: Maps of numbers, (rows, columns) or with a third axis.
Grey = NDArray[Any]

#: Side of the cells that features are computed on; a fifth of the smallest cloud that matters to a zone.
CELL_M = 2.0
#: From this ground sample distance on, texture says nothing of a pixel.
COARSE_M = 5.0
_EPS = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Of a logistic regression: mean and sd of each feature, coefficients of `cloud_detector.expanded`."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    coefficients: tuple[float, ...]


def features(shown: Grey, usable: NDArray[np.bool_], bands: Sequence[str], gsd_m: float) -> tuple[Grey, Grey]:
    """(rows, columns, features) on cells, and the share of each cell that is usable.

    Fine: brightness, dark channel near and wide, grain, texture near and wide, edges; coarse: brightness, darkest band.
    Then, where there is colour, whiteness, HOT without its constant, red against blue; and near infrared against red.

    `shown`: (rows, columns, bands) in [0, 1], tone as a person sees it for a fine image, reflectance for a coarse one.
    Unusable pixels weigh nothing.
    """
    weight = usable.astype(np.float32)
    if gsd_m >= COARSE_M:
        return np.dstack([*_brightness(shown, bands), *_colours(shown, bands)]), weight
    cell = max(1, round(CELL_M / gsd_m))
    share = block_means(weight, cell)
    safe = np.maximum(share, _EPS)
    mean = np.dstack([block_means(shown[..., k] * weight, cell) / safe for k in range(shown.shape[2])])
    visible = shown[..., :3] if "blue" in bands else shown[..., :1]
    light = visible.mean(axis=2)
    level = block_means(light * weight, cell) / safe
    spread = np.sqrt(np.maximum(block_means(light * light * weight, cell) / safe - level * level, 0))
    darkest = np.where(share > 0.5, (mean[..., :3] if "blue" in bands else mean[..., :1]).min(axis=2), 1.0)
    size_m = cell * gsd_m
    known = (share > 0.5).astype(np.float32)
    dark = [_minimum(darkest, metres / size_m) for metres in (16.0, 60.0)]
    texture = [_deviation(level, known, metres / size_m) for metres in (10.0, 40.0)]
    edges = _dilated(_gradient(level, known), 14.0 / size_m)
    floor = level + 0.05
    maps = [
        level,
        *dark,
        np.log(_smooth(spread * known, 8.0 / size_m) / (_smooth(known, 8.0 / size_m) + _EPS) / floor + 3e-3),
        *(np.log(t / floor + 3e-3) for t in texture),
        np.log(edges / floor + 3e-3),
        *_colours(mean, bands),
    ]
    return np.dstack([m.astype(np.float32) for m in maps]), share


def _brightness(shown: Grey, bands: Sequence[str]) -> list[Grey]:
    visible = shown[..., :3] if "blue" in bands else shown[..., :1]
    return [visible.mean(axis=2), visible.min(axis=2)]


def _colours(mean: Grey, bands: Sequence[str]) -> list[Grey]:
    """Whiteness is the mean distance of the bands from their mean, over it (Zhu & Woodcock 2012, equation 2)."""
    if "blue" not in bands:
        return []
    red, _, blue = (mean[..., k] for k in range(3))
    level = mean[..., :3].mean(axis=2)
    white = np.abs(mean[..., :3] - level[..., None]).sum(axis=2) / (level + 0.02)
    maps = [white, blue - 0.5 * red, np.log((red + 0.02) / (blue + 0.02))]
    if "nir" in bands:
        maps.append(np.log((mean[..., 3] + 0.02) / (red + 0.02)))
    return [np.asarray(m, dtype=np.float32) for m in maps]


def block_means(image: Grey, cell: int) -> Grey:
    """Means of cells; the last ones may be smaller."""
    rows, columns = (-(-n // cell) for n in image.shape)
    padded = cv2.copyMakeBorder(
        np.ascontiguousarray(image, dtype=np.float32),
        0,
        rows * cell - image.shape[0],
        0,
        columns * cell - image.shape[1],
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(padded.reshape(rows, cell, columns, cell).mean(axis=(1, 3)), dtype=np.float32)


def _smooth(image: Grey, size: float) -> Grey:
    side = max(1, round(size)) | 1
    return np.asarray(cv2.blur(image.astype(np.float32), (side, side), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _minimum(image: Grey, size: float) -> Grey:
    side = max(1, round(size)) | 1
    return _smooth(np.asarray(cv2.erode(image.astype(np.float32), np.ones((side, side), np.uint8))), size / 2)


def _dilated(image: Grey, size: float) -> Grey:
    side = max(1, round(size)) | 1
    return _smooth(np.asarray(cv2.dilate(image.astype(np.float32), np.ones((side, side), np.uint8))), size / 2)


def _deviation(level: Grey, known: Grey, size: float) -> Grey:
    weight = _smooth(known, size) + _EPS
    mean = _smooth(level * known, size) / weight
    return np.sqrt(np.maximum(_smooth(level * level * known, size) / weight - mean * mean, 0))


def _gradient(level: Grey, known: Grey) -> Grey:
    x, y = (cv2.Sobel(level, cv2.CV_32F, dx, dy, ksize=3) / 8 for dx, dy in ((1, 0), (0, 1)))
    whole = cv2.erode(known, np.ones((3, 3), np.uint8))
    return np.asarray(np.hypot(x, y) * whole, dtype=np.float32)
