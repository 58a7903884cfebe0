"""Shadows of clouds, told from those of buildings by their size and from dark ground by the cloud that casts them.

As Fmask does it (Zhu & Woodcock 2012, Remote Sensing of Environment 118, section 3.2): what is dark is a shadow only if
a cloud lies toward the sun from it, at a distance that one height of the cloud explains. A chip is smaller than a cloud
field, so a dark area whose cloud would lie beyond the chip's edge counts as well, where clouds were found on the chip,
and is unsure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.cloud_detector import tone
from overlook.imagery.cloud_features import Grey, block_means
from overlook.terms import CLOUD, SHADOW, UNSURE, USABLE, Scene

#: Heights of clouds above the ground, as Fmask searches them.
LOWEST_M, HIGHEST_M = 200.0, 12_000.0
#: Side of the cells that are matched: a shadow of a cloud is larger than that of a building.
_CELL_M = 4.0
_SMALLEST_M = 24.0
#: A shadow's tone against that of the ground around it in the light, and the share of it that a cloud must explain.
_DARKER = 0.72
_EXPLAINED = 0.3


def find_shadows(
    raw: NDArray[Any],
    clouds: NDArray[np.uint8],
    usable: NDArray[np.bool_],
    roles: Sequence[str],
    gsd_m: float,
    scene: Scene,
) -> NDArray[np.uint8]:
    """`clouds` (codes of CLOUD, UNSURE, USABLE on the grid) with SHADOW where a cloud of the chip casts one.

    Without the sun's azimuth and elevation, or without a cloud, nothing is called a shadow.
    """
    azimuth, elevation = scene.sun_azimuth_deg, scene.sun_elevation_deg
    if azimuth is None or elevation is None or elevation <= 3 or not (clouds == CLOUD).any():
        return clouds
    bands = [r for r in roles if r in ("red", "green", "blue", "grey")]
    cell = max(1, round(_CELL_M / gsd_m))
    weight = (usable & (clouds == USABLE)).astype(np.float32)
    share = block_means(weight, cell)
    light = block_means(tone(raw[..., : len(bands)], usable).mean(axis=2) * weight, cell) / np.maximum(share, 1e-3)
    known = share > 0.5
    cloud = block_means((clouds == CLOUD).astype(np.float32), cell) > 0.5
    dark = _dark(light, known, cell * gsd_m)
    if not dark.any():
        return clouds
    step = (math.sin(math.radians(azimuth)), -math.cos(math.radians(azimuth)))
    cells = _matched(dark, cloud, known, step, elevation, cell * gsd_m)
    full = np.kron(cells, np.ones((cell, cell), np.uint8))[: usable.shape[0], : usable.shape[1]]
    out = clouds.copy()
    for code in (UNSURE, SHADOW):
        out[(full == code) & (clouds == USABLE) & usable] = code
    return out


def _dark(light: Grey, known: NDArray[np.bool_], size_m: float) -> NDArray[np.bool_]:
    """Cells well under the ground's tone over an area that no building shades."""
    if known.sum() < 9:
        return np.zeros(known.shape, dtype=bool)
    lit = float(np.percentile(light[known], 65))
    mask = ((light < _DARKER * lit) | ~known).astype(np.uint8)
    side = max(1, round(_SMALLEST_M / size_m)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    smooth = cv2.medianBlur(mask * 255, 5) > 127 if min(mask.shape) >= 5 else mask > 0
    opened = cv2.dilate(cv2.erode(smooth.astype(np.uint8), disc), disc)
    return np.asarray((opened > 0) & smooth & known)


def _matched(
    dark: NDArray[np.bool_],
    cloud: NDArray[np.bool_],
    known: NDArray[np.bool_],
    toward_sun: tuple[float, float],
    elevation_deg: float,
    size_m: float,
) -> NDArray[np.uint8]:
    """SHADOW where one height explains the dark areas by the clouds of the chip; UNSURE where the cloud lies beyond."""
    reach = 1 / math.tan(math.radians(elevation_deg)) / size_m
    longest = math.hypot(*dark.shape)
    best, best_score, best_distance = None, 0.0, 0.0
    for distance in np.arange(max(1.0, LOWEST_M * reach), min(longest, HIGHEST_M * reach), 1.5):
        cast, _ = _shifted(cloud, toward_sun, distance)
        shown = cast & known
        if shown.sum() < 9:
            continue
        # Similarity as Fmask has it: how much of the cast cloud falls on what is dark, weighed by how much there is.
        score = float((shown & dark).sum() / shown.sum()) * math.sqrt(float((shown & dark).sum()))
        if score > best_score:
            best, best_score, best_distance = cast, score, float(distance)
    out = np.full(dark.shape, USABLE, dtype=np.uint8)
    if best is None or float((best & known & dark).sum() / (best & known).sum()) < _EXPLAINED:
        return out
    _, inside = _shifted(cloud, toward_sun, best_distance)
    n, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    near = cv2.dilate(best.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for label in range(1, n):
        area = labels == label
        explained = float((area & near).sum() / area.sum())
        beyond = float((area & ~inside).sum() / area.sum())
        if explained >= _EXPLAINED:
            out[area] = SHADOW
        elif explained + beyond >= 0.6:
            out[area] = UNSURE
    # The cast cloud itself is shaded even where the ground is too bright to look dark.
    out[best & known & (out == USABLE)] = UNSURE
    return out


def _shifted(
    mask: NDArray[np.bool_], toward_sun: tuple[float, float], distance: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The mask cast away from the sun by a distance in cells, and the cells whose cloud would be on the chip."""
    dx, dy = -toward_sun[0] * distance, -toward_sun[1] * distance
    warp = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
    size = (mask.shape[1], mask.shape[0])
    moved = cv2.warpAffine(mask.astype(np.uint8), warp, size, flags=cv2.INTER_NEAREST)
    inside = cv2.warpAffine(np.ones(mask.shape, np.uint8), warp, size, flags=cv2.INTER_NEAREST)
    return moved > 0, inside > 0
