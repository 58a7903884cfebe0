"""How each of several windows lies on the fixed picture: to the pixel by correlation, then to a fraction of one.

The fraction is the least-squares shift of the masked window (Lucas & Kanade 1981; inverse compositional, Baker &
Matthews 2004, Int. J. Computer Vision 56): unlike the peak of a surface of a tapered window it needs no taper, and
hidden pixels simply do not count. On band-limited pictures it is as good as an upsampled transform (Guizar-Sicairos,
Thurman & Fienup 2008, Optics Letters 33).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.registration_images import Image, Mask
from overlook.imagery.registration_masked import within

_SMALLEST, _LARGEST = 48, 192
_MOST_ALONG = 4
_LEAST_USABLE = 0.5
_STEPS, _STILL_PX = 8, 0.02

#: (x, y, correlation) of one window.
Match = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Matches:
    """`places` (n, 2): middles of windows in the fixed picture; `shifts` (n, 2): how each moves; both (x, y) in pixels.

    `correlations` (n,) once aligned; `tried`: windows that could be seen in both.
    """

    places: NDArray[np.float64]
    shifts: NDArray[np.float64]
    correlations: NDArray[np.float64]
    tried: int


def match_windows(
    moving: Image,
    moving_ok: Mask,
    fixed: Image,
    fixed_ok: Mask,
    coarse: tuple[int, int],
    *,
    search: int,
    finer: int,
    least: float,
) -> Matches:
    """Windows around the shift `coarse` (rows, columns), each looked for within `search` pixels of it.

    `finer` times as many a side, each so much smaller: for what is seen through gaps between clouds.
    A window that correlates by less than `least` once aligned does not show the same ground.
    """
    found: list[tuple[float, float, float, float, float]] = []
    tried = 0
    # Beyond the picture nothing is seen; with that around it, windows may lie at its very edge.
    wide_fixed = np.pad(fixed, ((search, search), (search, search), (0, 0)))
    wide_ok = np.pad(fixed_ok, search)
    for top, left, size in _windows(moving_ok.shape, coarse, finer):
        still = (slice(top, top + size), slice(left, left + size))
        at = (top - coarse[0], left - coarse[1])
        moved = (slice(at[0], at[0] + size), slice(at[1], at[1] + size))
        if (moving_ok[moved] & fixed_ok[still]).mean() < _LEAST_USABLE:
            continue
        tried += 1
        wide = (slice(top, top + size + 2 * search), slice(left, left + size + 2 * search))
        one = _match(moving[moved], moving_ok[moved], wide_fixed[wide], wide_ok[wide], search, least)
        if one is not None:
            x, y, correlation = one
            found.append((left + size / 2, top + size / 2, coarse[1] + x, coarse[0] + y, correlation))
    table = np.array(found, dtype=float).reshape(-1, 5)
    return Matches(table[:, :2], table[:, 2:4], table[:, 4], tried)


def _windows(shape: tuple[int, ...], coarse: tuple[int, int], finer: int) -> list[tuple[int, int, int]]:
    """(top, left, size) of windows in the fixed picture whose counterpart lies in the moving one."""
    spans = [(max(0, shift), length + min(0, shift)) for shift, length in zip(coarse, shape, strict=True)]
    lengths = [end - start for start, end in spans]
    size = int(np.clip(min(lengths) // 3, _SMALLEST, _LARGEST))
    size = max(_SMALLEST, size // finer)
    if min(lengths) < size:
        return []
    starts = [
        np.linspace(start, end - size, int(np.clip((2 * length) // size - 1, 1, _MOST_ALONG * finer))).astype(int)
        for (start, end), length in zip(spans, lengths, strict=True)
    ]
    return [(int(t), int(s), size) for t in starts[0] for s in starts[1]]


def _match(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, search: int, least: float) -> Match | None:
    """(x, y, correlation): how the window moves from the middle of `fixed`; None when nothing there looks like it."""
    surface, both = within(moving, moving_ok, fixed, fixed_ok)
    surface = np.where(both >= _LEAST_USABLE / 2 * both.max(), surface, -1)
    i, j = np.unravel_index(int(surface.argmax()), surface.shape)
    if surface[i, j] < least / 2:
        return None
    # A peak on the rim of what was searched is the flank of one beyond.
    if search and not (0 < i < surface.shape[0] - 1 and 0 < j < surface.shape[1] - 1):
        return None
    size = moving.shape[0]
    pad = 1 if search else 0
    there = (slice(i - pad, i + size + pad), slice(j - pad, j + size + pad))
    fine = _refine(moving, moving_ok, fixed[there], fixed_ok[there], pad)
    if fine is None:
        return None
    x, y, correlation = fine
    return (j - search + x, i - search + y, correlation) if correlation >= least else None


def _refine(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, pad: int) -> Match | None:
    """(x, y) within a pixel and a half, and the correlation there: the still window is the template."""
    size = moving.shape[0]
    core = (slice(pad, pad + size), slice(pad, pad + size))
    still, seen = fixed[core], fixed_ok[core]
    gx, gy = _gradient(fixed, core, 1, 0), _gradient(fixed, core, 0, 1)
    x = y = 0.0
    gain, weights = 1.0, np.zeros(seen.shape, np.float32)
    laid = moving
    for _ in range(_STEPS):
        # The moving window laid where it is believed to lie: content moves by (x, y).
        matrix = np.array([[1, 0, x], [0, 1, y]])
        warped = cv2.warpAffine(moving, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        laid = np.asarray(warped, dtype=np.float32).reshape(size, size, -1)
        ok = cv2.warpAffine(moving_ok.astype(np.uint8), matrix, (size, size), flags=cv2.INTER_LINEAR)
        weights = ((ok > 0) & seen).astype(np.float32)
        w = weights[..., None]
        energy = float((laid * laid * w).sum())
        if energy < 1e-6:
            return None
        gain = float((laid * still * w).sum()) / energy
        rest = (still - gain * laid) * w
        hessian = np.array([[(gx * gx * w).sum(), (gx * gy * w).sum()], [0, (gy * gy * w).sum()]], dtype=float)
        hessian[1, 0] = hessian[0, 1]
        # An edge that runs one way only says nothing of the shift along it.
        if hessian[0, 0] * hessian[1, 1] - hessian[0, 1] ** 2 < 1e-3 * (np.trace(hessian) / 2) ** 2 or gain <= 0:
            return None
        dx, dy = np.linalg.solve(hessian, [(gx * rest).sum(), (gy * rest).sum()])
        x, y = x - float(dx), y - float(dy)
        if max(abs(x), abs(y)) > 1.5:
            return None
        if max(abs(dx), abs(dy)) < _STILL_PX:
            break
    w = weights[..., None]
    correlation = float((laid * still * w).sum()) / math.sqrt(
        float((laid * laid * w).sum()) * float((still * still * w).sum()) + 1e-12
    )
    return x, y, correlation


def _gradient(picture: Image, core: tuple[slice, slice], x: int, y: int) -> Image:
    bands = [cv2.Sobel(picture[..., k], cv2.CV_32F, x, y, scale=0.125)[core] for k in range(picture.shape[2])]
    return np.asarray(np.stack(bands, axis=2), dtype=np.float32)
