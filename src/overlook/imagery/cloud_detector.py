"""Clouds that nobody has masked: a detector of our own for grey, RGB and RGB + NIR chips. It never calls doubt clear.

Fine images (under `COARSE_M`): the chance of cloud of each cell is a logistic regression on the features of
`cloud_features`, their squares and products. It was fitted to simulated sites and to simulated clouds over real
orthophotos at 0.3 to 1.5 m (`cloud_weights`); what it does to other ground and other sensors is not known. Near
infrared is not used: a made-up one is no ground to learn from.

Coarse images: the haze-optimised test of Fmask, HOT = blue - 0.5 red - 0.08 > 0 on reflectance with whiteness < 0.7
(Zhu & Woodcock 2012, Remote Sensing of Environment 118, equations 2 and 3), as published and not fitted. It needs
reflectance, so it is used for sensors whose scale is known, and nothing is said of others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.cloud_features import CELL_M, COARSE_M, Grey, Weights, block_means, features
from overlook.imagery.cloud_weights import GREY, RGB
from overlook.terms import CLOUD, UNSURE, USABLE, Scene

#: From this chance on a cell is cloud; from the lower one on it may be, and is not used.
CERTAIN, POSSIBLE = 0.5, 0.3
#: What the fine detector was fitted to; in between nothing is known.
FINEST_M, COARSEST_FINE_M = 0.3, 2.0
#: A patch into which no disc of this size fits is no cloud: it is a roof, or an apron of concrete.
_SMALLEST_M, _SMOOTH_M = 30.0, 12.0
#: HOT between these is neither clear nor cloud (the published test is at zero).
_HOT_UNSURE = 0.01
_MOST_WHITENESS = 0.7
#: Where most pixels hold one value exactly, or rise evenly, no camera has been at work, and nothing is said.
_MOST_CONSTANT = 0.5
_BRIGHT = 0.6
#: Reflectance of a stored number, by the sensor's name: scale and offset of the providers' product guides (Sentinel-2
#: processing baseline before 04.00; Landsat Collection 2 level 2).
_REFLECTANCE = ((re.compile(r"sentinel-?2", re.I), 1e-4, 0.0), (re.compile(r"landsat", re.I), 2.75e-5, -0.2))
#: Sensors whose truth the detector was measured against (docs/explanation/masks.md).
_VALIDATED = re.compile(r"^(simulated.*|sentinel-?2[a-c]?)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`codes` (rows, columns): CLOUD, UNSURE or USABLE. `is_validated` for the sensor that took the image."""

    codes: NDArray[np.uint8]
    is_validated: bool


def find_clouds(
    raw: NDArray[Any], usable: NDArray[np.bool_], roles: Sequence[str], gsd_m: float, scene: Scene
) -> Found | None:
    """The clouds of a chip, from its pixels in the scene's own depth (rows, columns, bands); None: nobody can say.

    None is returned for a picture that no camera made (most of it exactly constant), for one of which nothing can be
    seen, for one between 2 and 5 m, and for a coarser one of a sensor whose reflectance is not known.
    """
    bands = [role for role in roles if role in ("red", "green", "blue", "grey")]
    pixels = raw[..., : len(bands)]
    if not bands or not usable.any() or _is_drawn(pixels, usable):
        return None
    # No finer than the scene itself, whose pixels may be spread over many of the grid's, nor than what was fitted to.
    factor = max(1, round(max(scene.gsd_m, FINEST_M) / gsd_m))
    pixels, seen, size_m = _thinned(pixels, usable, factor), usable[::factor, ::factor], gsd_m * factor
    if size_m >= COARSE_M:
        reflectance = _reflectance(pixels, scene)
        if reflectance is None or "blue" not in bands:
            return None
        codes = _coarse(reflectance, seen, bands, size_m)
    elif size_m <= COARSEST_FINE_M:
        found, share = features(tone(pixels, seen), seen, bands, size_m)
        chance = _smooth(probability(found, RGB if "blue" in bands else GREY), share)
        cell = max(1, round(CELL_M / size_m))
        codes = _enlarged(_codes(chance, share, cell * size_m), cell, seen.shape)
    else:
        return None
    codes = np.where(usable, _enlarged(codes, factor, usable.shape), USABLE).astype(np.uint8)
    return Found(codes=codes, is_validated=bool(_VALIDATED.match(scene.sensor)))


def _thinned(pixels: NDArray[Any], usable: NDArray[np.bool_], factor: int) -> NDArray[Any]:
    """Means of squares of pixels, in their own type; the last ones may be smaller."""
    if factor == 1:
        return pixels
    known = np.where(usable[..., None], pixels, 0)
    means = np.dstack([block_means(known[..., k], factor) for k in range(pixels.shape[2])])
    share = block_means(usable.astype(np.float32), factor)[..., None]
    return (means / np.maximum(share, 1e-3)).astype(pixels.dtype)


def _enlarged(codes: NDArray[np.uint8], factor: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(codes, factor, axis=0), factor, axis=1)[: shape[0], : shape[1]]


def tone(pixels: NDArray[Any], usable: NDArray[np.bool_]) -> Grey:
    """A picture as a person would be shown it, in [0, 1]. Deeper pixels by a square root, their 99th percentile at 0.9.

    Whole numbers that reach no further than 255 are those of an 8-bit picture, whatever type holds them.
    """
    values = pixels.astype(np.float32)
    top = float(np.percentile(values[usable], 99)) if usable.any() else 1.0
    if np.issubdtype(pixels.dtype, np.integer) and (pixels.dtype == np.uint8 or float(values[usable].max()) <= 255):
        return values / np.float32(255)
    shown = 0.9 * np.sqrt(np.clip(values / np.float32(top if top > 0 else 1.0), 0, 1.2))
    return np.asarray(shown, dtype=np.float32)


def probability(found: Grey, weights: Weights) -> Grey:
    """(rows, columns) chance of cloud of features (rows, columns, n); each is clipped at four standard deviations."""
    rows, columns, n = found.shape
    mean, sd = (np.asarray(v, dtype=np.float32) for v in (weights.mean, weights.sd))
    z = np.clip((found.reshape(-1, n) - mean) / sd, -4, 4)
    score = expanded(z) @ np.asarray(weights.coefficients, dtype=np.float32)
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))), dtype=np.float32).reshape(rows, columns)


def expanded(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """1, each feature, and each product of two (rows, 1 + n + n (n + 1) / 2)."""
    i, j = np.triu_indices(z.shape[1])
    return np.hstack([np.ones((len(z), 1), np.float32), z, z[:, i] * z[:, j]])


def _smooth(chance: Grey, share: Grey) -> Grey:
    weight = (share > 0.5).astype(np.float32)
    total = cv2.blur(chance * weight, (3, 3), borderType=cv2.BORDER_REFLECT)
    return np.asarray(total / (cv2.blur(weight, (3, 3), borderType=cv2.BORDER_REFLECT) + 1e-6), dtype=np.float32)


def _codes(chance: Grey, share: Grey, cell_m: float) -> NDArray[np.uint8]:
    """Certain and possible cells, without patches that hold nothing as wide as a cloud."""
    hidden = share <= 0.5
    possible = _opened((chance >= POSSIBLE) | hidden, _SMOOTH_M / cell_m)
    wide = _opened(possible, _SMALLEST_M / cell_m)
    _, labels = cv2.connectedComponents(possible.astype(np.uint8), connectivity=8)
    is_cloud = np.isin(labels, np.unique(labels[wide & ~hidden])) & possible & ~hidden
    codes = np.where(is_cloud, UNSURE, USABLE).astype(np.uint8)
    codes[is_cloud & (chance >= CERTAIN)] = CLOUD
    return codes


def _opened(mask: NDArray[np.bool_], size: float) -> NDArray[np.bool_]:
    """What a disc of a size in cells fits into. Beyond the edge it may go on: what is cut by it is not small."""
    side = max(1, round(size)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray((cv2.dilate(cv2.erode(mask.astype(np.uint8), disc), disc) > 0) & mask)


def _coarse(reflectance: Grey, usable: NDArray[np.bool_], bands: Sequence[str], gsd_m: float) -> NDArray[np.uint8]:
    found, _ = features(reflectance, usable, bands, max(gsd_m, COARSE_M))
    hot = cv2.blur(np.ascontiguousarray(found[..., 3]) - np.float32(0.08), (3, 3), borderType=cv2.BORDER_REFLECT)
    is_white = found[..., 2] < _MOST_WHITENESS
    codes = np.full(usable.shape, USABLE, dtype=np.uint8)
    codes[(hot > -_HOT_UNSURE) & is_white] = UNSURE
    codes[(hot > 0) & is_white] = CLOUD
    return np.where(usable, codes, USABLE).astype(np.uint8)


def _reflectance(pixels: NDArray[Any], scene: Scene) -> Grey | None:
    for name, scale, offset in _REFLECTANCE:
        if name.search(scene.sensor):
            if pixels.dtype == np.uint8:
                return None
            is_scaled = np.issubdtype(pixels.dtype, np.integer)
            return np.asarray(pixels * scale + offset if is_scaled else pixels, dtype=np.float32)
    return None


def _is_drawn(pixels: NDArray[Any], usable: NDArray[np.bool_]) -> bool:
    """Whether most of it is exactly flat or on an even slope, as no sensor's noise lets it be."""
    three = usable[:, 2:] & usable[:, 1:-1] & usable[:, :-2]
    if not three.any():
        return True
    values = pixels.astype(np.float64)
    bend = values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]
    even = (bend == 0).all(axis=2) & three
    if float(even.sum()) <= _MOST_CONSTANT * float(three.sum()):
        return False
    # Compression can flatten an overcast sky as well: what is bright may be one.
    return float(tone(pixels, usable)[usable].mean()) < _BRIGHT
