"""Under which conditions an area was seen: how bright it is, and how much of it lies in shadow.

Both are covariates, for choosing among what was measured of a detector. Neither says where a shadow is, or how deep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.detect.boxes import Bools
from overlook.imagery import seen

#: Luma of red, green and blue (ITU-R BT.601).
LUMA = (0.299, 0.587, 0.114)
#: A pixel darker than this share of the image's bright quarter is in shadow: on a clear day the sky alone gives a tenth
#: to a fifth of the light, .35 to .48 of the value after the usual gamma of 2.2.
_DARK, _BRIGHT_QUARTER = 0.45, 75
#: Over this much ground the luma is averaged first: a windscreen is dark and no shadow.
_SMOOTH_M = 1.0
#: Pixels that the bright quarter is taken from: every so many, in both directions.
_MOST_SAMPLED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """`gsd_m` of the image; `brightness`, the median luma of the area (0 to 255); `shadow_share` of it (0 to 1)."""

    gsd_m: float
    brightness: float
    shadow_share: float


def conditions_of(
    pixels: NDArray[np.uint8],
    unusable: NDArray[np.uint8],
    *,
    gsd_m: float,
    pixel_m: float | None = None,
    within: Bools | None = None,
) -> Conditions | None:
    """Brightness and shadow of the usable pixels, of those in `within` (rows, columns) where it is given.

    `pixels` are uint8 (rows, columns, bands): red, green and blue first, or one grey band. `pixel_m` is the size of a
    pixel when the image was resampled. What counts as dark is told from the whole image, so that a yard in full shadow
    is not taken for a dark yard in the sun. None when no such pixel is usable.
    """
    import cv2

    shown = seen(unusable)
    asked = shown if within is None else shown & within
    if not asked.any():
        return None
    luma = luma_of(pixels)
    reach = max(1, round(_SMOOTH_M / (pixel_m or gsd_m)))
    smooth = cv2.blur(luma, (reach, reach))
    step = max(1, max(luma.shape) // _MOST_SAMPLED)
    sampled = smooth[::step, ::step][shown[::step, ::step]]
    bright = float(np.percentile(sampled if sampled.size else smooth[shown], _BRIGHT_QUARTER))
    return Conditions(
        gsd_m=gsd_m,
        brightness=float(np.median(luma[asked])),
        shadow_share=float((smooth[asked] < _DARK * bright).mean()),
    )


def luma_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma (rows, columns) of uint8 (rows, columns, bands): of the first three bands, or of the only one."""
    if pixels.shape[2] < 3:
        return pixels[:, :, 0].astype(np.float32)
    return np.asarray(pixels[:, :, :3] @ np.array(LUMA, dtype=np.float32), dtype=np.float32)
