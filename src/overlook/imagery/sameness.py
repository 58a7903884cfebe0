"""Whether two chips are one picture: under two dates, in two files, cropped, brightened or compressed again.

Chips of a site lie on one grid, so that a crop of a picture lies where the picture does. First a perceptual hash: of
each block of 32 pixels the signs of its low frequencies against their median (DCT hash, Zauner 2010, "Implementation
and benchmarking of perceptual image hash functions", section 3.2.1). Pictures of one place share buildings, and so half
of that; two files of one picture share nearly all. What agrees is looked at again: the fine detail of both, registered
to a tenth of a pixel, must correlate as the shadows and things of two days do not.
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

_BLOCK, _KEPT, _REDUCED = 32, 8, 2
#: Fewer blocks than this in common decide nothing.
_LEAST_BLOCKS = 6
#: Share of equal bits from which two chips are compared closely, and correlation of detail from which they are one.
LEAST_EQUAL, LEAST_CORRELATION = 0.8, 0.85
_DETAIL_PX, _LARGEST_SHIFT_PX = 2.5, 4.0
_LEAST_CONTRAST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """`bits` (blocks, 63) and `known` (blocks): of every block of the grid, in rows."""

    bits: NDArray[np.bool_]
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """A chip at half its size, (rows, columns): its `light`, and where all of a pixel was seen."""

    light: Grey
    ok: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness:
    """`equal`: share of equal bits; `correlation` of the fine detail; `share` of the grid that both show."""

    equal: float
    correlation: float
    share: float


def blocks_of(shape: tuple[int, int]) -> int:
    """How many blocks a grid has."""
    return (shape[0] // _BLOCK) * (shape[1] // _BLOCK)


def print_of(chip: Chip) -> Print:
    """The hash of a chip's blocks; a block that is not all seen, or has no contrast, is not known."""
    light, ok = _light(chip), seen(chip.unusable)
    rows, columns = (n // _BLOCK for n in light.shape)
    bits = np.zeros((rows * columns, _KEPT * _KEPT - 1), dtype=bool)
    known = np.zeros(rows * columns, dtype=bool)
    for n in range(rows * columns):
        i, j = (v * _BLOCK for v in divmod(n, columns))
        block = light[i : i + _BLOCK, j : j + _BLOCK]
        if not ok[i : i + _BLOCK, j : j + _BLOCK].all() or float(block.std()) < _LEAST_CONTRAST:
            continue
        low = cv2.dct(block)[:_KEPT, :_KEPT].ravel()[1:]
        bits[n], known[n] = low > np.median(low), True
    return Print(bits=bits, known=known)


def equal_share(a: Print, b: Print) -> float | None:
    """Share of bits that two chips of one grid have in common; None when they have too few blocks in common."""
    both = a.known & b.known if a.known.shape == b.known.shape else np.zeros(0, dtype=bool)
    if both.sum() < _LEAST_BLOCKS:
        return None
    return float((a.bits[both] == b.bits[both]).mean())


def reduced(chip: Chip) -> Reduced:
    """A chip as it is compared closely: worth keeping where it is compared with many."""
    # Compression spoils single pixels first: pairs of them keep what two days do not share.
    light = block_means(_light(chip), _REDUCED)
    return Reduced(light=light, ok=block_means(seen(chip.unusable).astype(np.float32), _REDUCED) > 0.99)


def same_picture(a: Reduced, b: Reduced, equal: float) -> Sameness | None:
    """How alike two chips of one grid are in what no two days share; None when they are two pictures."""
    both = a.ok & b.ok
    least = _LEAST_BLOCKS * (_BLOCK // _REDUCED) ** 2
    if both.sum() < least:
        return None
    window = _bounds(both)
    details = [_detail(chip.light[window], both[window]) for chip in (a, b)]
    shift = _shift(*details)
    if shift is None:
        return None
    warp = np.array([[1, 0, shift[1]], [0, 1, shift[0]]], dtype=np.float32)
    size = details[0].shape[::-1]
    moved = cv2.warpAffine(details[1], warp, size)
    weight = cv2.warpAffine(both[window].astype(np.float32), warp, size) * both[window] > 0.99
    first, second = details[0][weight], moved[weight]
    norm = math.sqrt(float((first**2).sum()) * float((second**2).sum()))
    if weight.sum() < least or norm == 0:
        return None
    correlation = float((first * second).sum() / norm)
    if correlation < LEAST_CORRELATION:
        return None
    return Sameness(equal=equal, correlation=correlation, share=float(both.mean()))


def _light(chip: Chip) -> Grey:
    visible = chip.pixels[..., :3] if chip.pixels.shape[2] >= 3 else chip.pixels[..., :1]
    return np.ascontiguousarray(visible.astype(np.float32).mean(axis=2))


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _detail(light: Grey, ok: NDArray[np.bool_]) -> Grey:
    """Difference from the blurred picture in units of the contrast around: tone and haze do not matter."""
    weight = ok.astype(np.float32)
    mean = cv2.GaussianBlur(light * weight, (0, 0), _DETAIL_PX) / (cv2.GaussianBlur(weight, (0, 0), _DETAIL_PX) + 1e-6)
    rest = (light - mean) * weight
    power = cv2.GaussianBlur(rest * rest, (0, 0), 8 * _DETAIL_PX)
    return np.asarray(np.clip(rest / np.sqrt(power + 0.25), -4, 4), dtype=np.float32)


def _shift(fixed: Grey, moving: Grey) -> tuple[float, float] | None:
    from skimage.registration import phase_cross_correlation

    (dy, dx), _, _ = phase_cross_correlation(fixed, moving, normalization=None, upsample_factor=10)  # type: ignore[no-untyped-call]
    return (float(dy), float(dx)) if max(abs(dy), abs(dx)) <= _LARGEST_SHIFT_PX else None
