"""Normalised cross-correlation of two pictures of which parts cannot be seen: what is hidden pulls nowhere.

Padfield 2012, "Masked object registration in the Fourier domain", IEEE Trans. Image Processing 21(5), eqs. 25 to 28:
at every shift mean and energy are those of the pixels seen in both. Pictures of several channels add up theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.registration_images import Image, Mask

Surface = NDArray[np.float32]
_Product = Callable[[Image, Image], Surface]


def whole(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, reach: int) -> tuple[Surface, Surface]:
    """Correlation and the number of pixels seen in both at every shift up to `reach`: (2 reach + 1, 2 reach + 1).

    Entry (reach + i, reach + j) is the shift of `moving` by i rows down and j columns right. Images are
    (rows, columns, channels) of one size.
    """
    rows, columns = (cv2.getOptimalDFTSize(n + reach) for n in moving.shape[:2])
    near = np.arange(-reach, reach + 1)
    spectra: dict[int, NDArray[np.complex64]] = {}

    def spectrum(image: Image) -> NDArray[np.complex64]:
        from scipy.fft import rfft2

        key = id(image)
        if key not in spectra:
            spectra[key] = rfft2(image, (rows, columns))
        return spectra[key]

    def product(a: Image, b: Image) -> Surface:
        from scipy.fft import irfft2

        surface = irfft2(spectrum(b) * np.conj(spectrum(a)), (rows, columns))
        return np.asarray(surface[np.ix_(near % rows, near % columns)], dtype=np.float32)

    return _correlation(moving, moving_ok, fixed, fixed_ok, product)


def within(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask) -> tuple[Surface, Surface]:
    """The same of a window: `fixed` is larger by the same reach on every side, and (0, 0) is its top left corner."""
    return _correlation(moving, moving_ok, fixed, fixed_ok, _match)


def _match(a: Image, b: Image) -> Surface:
    rows, columns = b.shape[0] - a.shape[0] + 1, b.shape[1] - a.shape[1] + 1
    # Where all can be seen the masks are ones, and a product with them is a sum.
    if b.min() == b.max() == 1:
        return np.full((rows, columns), a.sum(dtype=np.float64), dtype=np.float32)
    if a.min() == a.max() == 1:
        total = cv2.integral(b, sdepth=cv2.CV_64F)
        high, wide = a.shape
        found = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
        return np.asarray(found, dtype=np.float32)
    return np.asarray(cv2.matchTemplate(b, a, cv2.TM_CCORR), dtype=np.float32)


def _correlation(
    moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, product: _Product
) -> tuple[Surface, Surface]:
    m, f = moving_ok.astype(np.float32), fixed_ok.astype(np.float32)
    both = np.maximum(product(m, f), 1.0)
    # Kept until the end: spectra are remembered by identity.
    kept: list[Image] = []
    top, left, right = (np.zeros_like(both) for _ in range(3))
    for k in range(moving.shape[2]):
        a = np.ascontiguousarray(moving[..., k]) * m
        b = np.ascontiguousarray(fixed[..., k]) * f
        a2, b2 = a * a, b * b
        kept += [a, b, a2, b2]
        sum_a, sum_b = product(a, f), product(m, b)
        top += product(a, b) - sum_a * sum_b / both
        left += product(a2, f) - sum_a**2 / both
        right += product(m, b2) - sum_b**2 / both
    energy = np.maximum(left, 0) * np.maximum(right, 0)
    # Flat windows have no energy but rounding's.
    floor = (1e-4 * both) ** 2
    return np.where(energy > floor, top / np.sqrt(np.maximum(energy, floor)), np.float32(0)), both
