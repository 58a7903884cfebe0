"""What of a picture is compared when it is registered: its local contrast, or the directions of its edges.

Local contrast is the sharper of the two. Where season or sun turn light into dark, edges stay where they are and keep
their direction up to its sign; the doubled angle of the gradient does not know that sign (orientation correlation:
Fitch, Kadyrov, Christmas & Kittler 2002, BMVC, eq. 3, squared as by Kovesi; each pixel counts by its direction, hardly
by its strength).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

_BLUR_PX = 6.0
_EDGE_BLUR_PX = 1.2
#: Times the median gradient, under which a direction is mostly noise.
_WEAK = 1.0


def contrast(image: Image, usable: Mask) -> Image:
    """(rows, columns, 1): difference from the blurred image over the local contrast; zero where unusable."""
    weight = usable.astype(np.float32)
    size = (0, 0)
    share = cv2.GaussianBlur(weight, size, _BLUR_PX) + 1e-6
    filled = np.where(usable, image, 0).astype(np.float32)
    mean = cv2.GaussianBlur(filled * weight, size, _BLUR_PX) / share
    rest = (filled - mean) * weight
    # Running sums leave a rounding error below zero.
    power = np.maximum(cv2.boxFilter(rest * rest, -1, (25, 25)), 0)
    spread = np.sqrt(power / (cv2.boxFilter(weight, -1, (25, 25)) + 1e-6))
    floor = max(1e-3, 0.1 * float(spread[usable].mean()) if usable.any() else 1.0)
    result: Image = np.clip(rest / (spread + floor), -4, 4).astype(np.float32)
    return result[..., None]


def edges(image: Image, usable: Mask) -> Image:
    """(rows, columns, 2): cosine and sine of the doubled angle of the gradient, faint gradients faded; zero elsewhere.

    The sign of the contrast does not enter: snow on a dark field has the edges of a dark road on a light one.
    """
    inner = cv2.erode(usable.astype(np.uint8), np.ones((7, 7), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0
    filled = np.where(usable, image, float(image[usable].mean()) if usable.any() else 0).astype(np.float32)
    soft = cv2.GaussianBlur(filled, (0, 0), _EDGE_BLUR_PX)
    gx, gy = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    power = gx * gx + gy * gy
    if not inner.any():
        return np.zeros((*image.shape, 2), np.float32)
    faint = _WEAK * float(np.median(power[inner])) + 1e-6
    field = np.dstack([gx * gx - gy * gy, 2 * gx * gy]) / (power + faint)[..., None]
    return np.asarray(np.where(inner[..., None], field, 0), dtype=np.float32)


def grey(pixels: NDArray[np.uint8]) -> Image:
    """Mean of the visible bands of a chip, for registration."""
    visible = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., :1]
    result: Image = visible.astype(np.float32).mean(axis=2)
    return result
