"""Whether a picture that does not lie on its reference would, were it turned or mirrored: then its place is wrong.

Every third degree, as it is and mirrored, in a small copy of both pictures; the best of them is then laid and has to
pass the same consensus of windows as any other. Nothing is ever turned by it: an image that must be is refused.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.registration import estimate_shift
from overlook.imagery.registration_images import Image, Mask, contrast
from overlook.imagery.registration_masked import whole

_SMALL_PX = 64
_STEP_DEG = 3
#: What a consensus takes without being told (a turn by little more than a degree) is not turned.
_LEAST_DEG = 2
_LEAST_CORRELATION = 0.25
_LEAST_SEEN = 0.3


def turned(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask) -> str:
    """How the moving picture would have to be turned to lie on the fixed one ("mirrored and turned by 90°"), or ""."""
    if min(moving_ok.mean(), fixed_ok.mean()) < _LEAST_SEEN:
        return ""
    step = max(1, math.ceil(max(moving.shape) / _SMALL_PX))
    size = (max(2, moving.shape[1] // step), max(2, moving.shape[0] // step))
    small, small_ok = _smaller(moving, moving_ok, size)
    other, other_ok = _smaller(fixed, fixed_ok, size)
    still = contrast(other, other_ok)
    best, how = 0.0, (False, 0)
    for mirrored in (False, True):
        for degrees in range(0, 360, _STEP_DEG):
            if not mirrored and min(degrees, 360 - degrees) < _LEAST_DEG:
                continue
            picture, ok = _laid(small, small_ok, mirrored, degrees)
            if ok.mean() < _LEAST_SEEN / 2:
                continue
            surface, both = whole(contrast(picture, ok), ok, still, other_ok, max(2, min(size) // 6))
            peak = float(surface[both >= 0.5 * both.max()].max())
            if peak > best:
                best, how = peak, (mirrored, degrees)
    if best < _LEAST_CORRELATION:
        return ""
    picture, ok = _laid(moving, moving_ok, *how)
    if isinstance(estimate_shift(picture, ok, fixed, fixed_ok, reach_px=min(moving.shape) / 3), str):
        return ""
    mirrored, degrees = how
    words = ["mirrored"] if mirrored else []
    words += [f"turned by about {min(degrees, 360 - degrees)}°"] if degrees else []
    return " and ".join(words)


def _smaller(picture: Image, ok: Mask, size: tuple[int, int]) -> tuple[Image, Mask]:
    filled = np.where(ok, picture, float(picture[ok].mean())).astype(np.float32)
    small = np.asarray(cv2.resize(filled, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    return small, cv2.resize(ok.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5


def _laid(picture: Image, ok: Mask, mirrored: bool, degrees: int) -> tuple[NDArray[np.float32], Mask]:
    """The picture mirrored left to right, then turned about its middle."""
    rows, columns = ok.shape
    if mirrored:
        picture, ok = picture[:, ::-1], ok[:, ::-1]
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    laid = cv2.warpAffine(np.ascontiguousarray(picture), matrix, (columns, rows), flags=cv2.INTER_CUBIC)
    seen = cv2.warpAffine(np.ascontiguousarray(ok).astype(np.uint8) * 255, matrix, (columns, rows))
    return np.asarray(laid, dtype=np.float32), seen >= 254
