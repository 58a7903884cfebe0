"""The shift that lays one chip on another, from their pixels; or the statement that it cannot be known.

Phase correlation in several windows of the high-passed images, the peak to a twentieth of a pixel (Guizar-Sicairos,
Thurman & Fienup 2008, Optics Letters 33: upsampled matrix DFT), unnormalised: whitening drowns smooth images in noise.
The windows vote: their median is the shift, their spread what is left of error after it. Changed pixels, clouds and
seasons cost some windows; when too few agree nothing is shifted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

_UPSAMPLE = 20
_SMALLEST_WINDOW, _LARGEST_WINDOW = 48, 192
_MOST_WINDOWS = 4
_LEAST_USABLE = 0.6
#: Correlation of two windows once aligned, under which they do not show the same ground.
_LEAST_CORRELATION = 0.25
#: Windows within this of the median agree; parallax of low buildings is of that order.
_AGREE_PX = 1.0
_LEAST_WINDOWS, _LEAST_AGREEING = 3, 0.6
_BLUR_PX = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Pixels that the moving image must move by (x right, y down) to lie on the fixed one; `residual_px` is 1-sigma."""

    x_px: float
    y_px: float
    residual_px: float
    windows: int


def estimate_shift(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, *, reach_px: float) -> Shift | str:
    """The shift of `moving` (rows, columns) onto `fixed`, or why it cannot be known.

    `reach_px`: shifts up to this are looked for.
    """
    if min(moving.shape) < _SMALLEST_WINDOW:
        return "the chip is too small to be registered by its pixels"
    a, b = high_pass(moving, moving_ok), high_pass(fixed, fixed_ok)
    both = float((moving_ok & fixed_ok).mean())
    if both < 0.1:
        return "too little of the image and its reference can be seen together"
    coarse = _whole_shift(a, b, reach_px)
    result = _vote(a, moving_ok, b, fixed_ok, coarse, finer=1)
    # Between clouds only smaller windows fit, and more of them.
    return result if isinstance(result, Shift) else _vote(a, moving_ok, b, fixed_ok, coarse, finer=2)


def _vote(a: Image, moving_ok: Mask, b: Image, fixed_ok: Mask, coarse: tuple[int, int], *, finer: int) -> Shift | str:
    """The windows' consensus; `finer` times as many a side, each so much smaller."""
    found, tried = [], 0
    for top, left, size in _windows(a.shape, coarse, finer):
        moved = (slice(top - coarse[0], top - coarse[0] + size), slice(left - coarse[1], left - coarse[1] + size))
        still = (slice(top, top + size), slice(left, left + size))
        if (moving_ok[moved] & fixed_ok[still]).mean() < _LEAST_USABLE:
            continue
        tried += 1
        fine = _window_shift(a[moved], b[still])
        if fine is not None:
            found.append((coarse[0] + fine[0], coarse[1] + fine[1]))
    return _consensus(np.array(found, dtype=float).reshape(-1, 2), tried)


def _consensus(shifts: NDArray[np.float64], tried: int) -> Shift | str:
    if len(shifts) < _LEAST_WINDOWS:
        return f"only {len(shifts)} of {tried} windows show the same texture as the reference"
    median = np.median(shifts, axis=0)
    agree = np.hypot(*(shifts - median).T) <= _AGREE_PX
    if agree.sum() < max(_LEAST_WINDOWS, _LEAST_AGREEING * len(shifts)):
        return f"only {int(agree.sum())} of {len(shifts)} windows agree on a shift"
    good = shifts[agree]
    y, x = np.median(good, axis=0)
    spread = float(np.sqrt(((good - [y, x]) ** 2).mean()))
    # The peak is known to one step of the upsampled grid at best.
    return Shift(x_px=float(x), y_px=float(y), residual_px=max(spread, 1 / _UPSAMPLE), windows=int(agree.sum()))


def high_pass(image: Image, usable: Mask) -> Image:
    """Difference from the blurred image over the local contrast; zero where unusable, so that holes pull nowhere."""
    weight = usable.astype(np.float32)
    size = (0, 0)
    share = cv2.GaussianBlur(weight, size, _BLUR_PX) + 1e-6
    filled = np.where(usable, image, 0).astype(np.float32)
    mean = cv2.GaussianBlur(filled * weight, size, _BLUR_PX) / share
    rest = (filled - mean) * weight
    contrast = np.sqrt(
        cv2.GaussianBlur(rest * rest, size, 2 * _BLUR_PX) / (cv2.GaussianBlur(weight, size, 2 * _BLUR_PX) + 1e-6)
    )
    floor = max(1e-3, 0.1 * float(contrast[usable].mean()) if usable.any() else 1.0)
    result: Image = np.clip(rest / (contrast + floor), -4, 4).astype(np.float32)
    return result


def _whole_shift(moving: Image, fixed: Image, reach_px: float) -> tuple[int, int]:
    """(rows, columns) to the pixel, within reach: the peak of the zero-padded cross-correlation."""
    reach = math.ceil(min(reach_px, min(moving.shape) / 3))
    rows, columns = (cv2.getOptimalDFTSize(n + reach) for n in moving.shape)
    spectrum = np.fft.rfft2(fixed, (rows, columns)) * np.conj(np.fft.rfft2(moving, (rows, columns)))
    surface = np.fft.irfft2(spectrum, (rows, columns))
    near = np.arange(-reach, reach + 1)
    peak = surface[np.ix_(near % rows, near % columns)]
    i, j = np.unravel_index(int(peak.argmax()), peak.shape)
    return int(near[i]), int(near[j])


def _windows(shape: tuple[int, ...], coarse: tuple[int, int], finer: int) -> list[tuple[int, int, int]]:
    """(top, left, size) of windows in the fixed image whose counterpart lies in the moving one."""
    top, bottom = max(0, coarse[0]), shape[0] + min(0, coarse[0])
    left, right = max(0, coarse[1]), shape[1] + min(0, coarse[1])
    size = int(np.clip(min(bottom - top, right - left) // 3, _SMALLEST_WINDOW, _LARGEST_WINDOW))
    size = max(_SMALLEST_WINDOW, size // finer)
    if min(bottom - top, right - left) < size:
        return []
    counts = [
        int(np.clip((length * 3) // (size * 2), 1, _MOST_WINDOWS * finer)) for length in (bottom - top, right - left)
    ]
    tops = np.linspace(top, bottom - size, counts[0]).astype(int)
    lefts = np.linspace(left, right - size, counts[1]).astype(int)
    return [(int(t), int(s), size) for t in tops for s in lefts]


def _window_shift(moving: Image, fixed: Image) -> tuple[float, float] | None:
    """(rows, columns) to a twentieth of a pixel; None when the aligned windows still do not look alike."""
    from skimage.registration import phase_cross_correlation

    if min(float(moving.std()), float(fixed.std())) < 1e-3:
        return None
    taper = np.outer(np.hanning(len(fixed) + 2)[1:-1], np.hanning(len(fixed) + 2)[1:-1]).astype(np.float32)
    (dy, dx), _, _ = phase_cross_correlation(  # type: ignore[no-untyped-call]
        fixed * taper, moving * taper, normalization=None, upsample_factor=_UPSAMPLE
    )
    if max(abs(dy), abs(dx)) > len(fixed) / 4:
        return None
    affine = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
    aligned = cv2.warpAffine(moving, affine, fixed.shape[::-1])
    correlation = float((aligned * fixed).sum() / math.sqrt(float((aligned**2).sum() * (fixed**2).sum()) + 1e-12))
    return (float(dy), float(dx)) if correlation >= _LEAST_CORRELATION else None


def grey(pixels: NDArray[np.uint8]) -> Image:
    """Mean of the visible bands of a chip, for registration."""
    visible = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., :1]
    result: Image = visible.astype(np.float32).mean(axis=2)
    return result
