"""What to read of a scene for a grid, as a plain value, before any file is opened; then its pixels onto the grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.mapping import Floats
from overlook.terms import BandRole

#: Bilinear resampling looks one pixel further; half a pixel of rounding on top.
_PAD_PX = 2
#: OpenCV's remap counts pixels in 16 bits.
_MOST_SIDE = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """A window of a scene in its pixels, and the (rows, columns) to read it at: fewer when the grid is coarser."""

    column: int
    row: int
    width: int
    height: int
    out_shape: tuple[int, int]

    @property
    def is_decimated(self) -> bool:
        return self.out_shape != (self.height, self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`pixels` (rows, columns, bands) in the file's depth (or float32), `valid` (rows, columns).

    `has_mask`: the file says itself which pixels are valid; without that a black collar may be no data. `bits` of each
    pixel in the file, 8 for eight and more.
    """

    plan: ReadPlan
    pixels: NDArray[Any]
    valid: NDArray[np.bool_]
    has_mask: bool
    bits: int = 8


def plan_reading(columns: Floats, rows: Floats, shape: tuple[int, int], *, pad_px: float = 0.0) -> ReadPlan | None:
    """The window of a scene of `shape` that covers the given scene coordinates; None when it covers none.

    `pad_px` more on every side, for a shift that is found later. Decimated by whole steps when the coordinates lie
    two or more pixels apart, so that no more is read than is shown.
    """
    height, width = shape
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        return None
    pad = _PAD_PX + math.ceil(pad_px)
    step = _spacing(columns, rows)
    factor = max(1, math.floor(step + 1e-6))
    pad *= factor
    left, right = max(0, math.floor(columns.min()) - pad), min(width, math.ceil(columns.max()) + pad)
    top, bottom = max(0, math.floor(rows.min()) - pad), min(height, math.ceil(rows.max()) + pad)
    if left >= right or top >= bottom:
        return None
    factor = max(factor, math.ceil(max(right - left, bottom - top) / _MOST_SIDE))
    out_shape = (max(1, round((bottom - top) / factor)), max(1, round((right - left) / factor)))
    return ReadPlan(column=left, row=top, width=right - left, height=bottom - top, out_shape=out_shape)


def _spacing(columns: Floats, rows: Floats) -> float:
    """Scene pixels from one grid pixel to the next, the smaller of both directions, in the middle of the grid."""
    i, j = columns.shape[0] // 2, columns.shape[1] // 2
    steps = []
    if columns.shape[1] > 1:
        k = max(j, 1)
        steps.append(math.hypot(columns[i, k] - columns[i, k - 1], rows[i, k] - rows[i, k - 1]))
    if columns.shape[0] > 1:
        k = max(i, 1)
        steps.append(math.hypot(columns[k, j] - columns[k - 1, j], rows[k, j] - rows[k - 1, j]))
    return min(steps, default=1.0)


def resample(window: Window, columns: Floats, rows: Floats) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The window at scene coordinates: (rows, columns, bands), bilinear, and which rest on valid pixels only."""
    x, y = _window_coordinates(window.plan, columns, rows)
    pixels = cv2.remap(window.pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    valid = window.valid.astype(np.uint8) * 255
    whole = cv2.remap(valid, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return pixels.reshape(*columns.shape, -1), whole >= 254


def nearest(window: Window, band: NDArray[Any], columns: Floats, rows: Floats) -> NDArray[Any]:
    """A band (rows, columns) on the window, at the pixel that holds each scene coordinate; 0 beyond it."""
    x, y = _window_coordinates(window.plan, columns, rows)
    return cv2.remap(band, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def _window_coordinates(
    plan: ReadPlan, columns: Floats, rows: Floats
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """OpenCV's coordinates, whose (0, 0) is the centre of the first pixel; float32 after the corner is taken away."""
    sx, sy = plan.out_shape[1] / plan.width, plan.out_shape[0] / plan.height
    x = ((columns - plan.column) * sx - 0.5).astype(np.float32)
    y = ((rows - plan.row) * sy - 0.5).astype(np.float32)
    return x, y


def is_on_image(columns: Floats, rows: Floats, shape: tuple[int, int]) -> NDArray[np.bool_]:
    height, width = shape
    return (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)


def shown_bands(roles: tuple[BandRole, ...]) -> tuple[tuple[int, ...], tuple[BandRole, ...]]:
    """Bands (from 1) of a chip and their roles: red, green, blue, or one grey; near infrared last when there is one."""
    if {"red", "green", "blue"} <= set(roles):
        chosen: list[BandRole] = ["red", "green", "blue"]
    elif "grey" in roles:
        chosen = ["grey"]
    else:
        order: tuple[BandRole, ...] = ("green", "red", "blue", "nir", "vv", "hh", "vh", "hv", "other", "alpha")
        only = next(role for role in order if role in roles)
        return (roles.index(only) + 1,), ("grey",)
    if "nir" in roles:
        chosen.append("nir")
    return tuple(roles.index(role) + 1 for role in chosen), tuple(chosen)


def stretch(
    pixels: NDArray[Any], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], tuple[tuple[float, float], ...]]:
    """To 8 bits: from the 1st to the 99th percentile of the usable pixels, band by band; 8-bit pixels stay as they are.

    The limits are returned, () when nothing was stretched. They differ from chip to chip: brightness does not compare.
    """
    if pixels.dtype == np.uint8:
        return pixels, ()
    limits = []
    out = np.zeros(pixels.shape, dtype=np.uint8)
    for band in range(pixels.shape[2]):
        values = pixels[..., band].astype(np.float32)
        seen = values[usable]
        low, high = (float(v) for v in np.percentile(seen, (1, 99))) if seen.size else (0.0, 1.0)
        if not high > low:
            high = low + 1.0
        limits.append((low, high))
        out[..., band] = np.clip(np.rint((values - low) * (255 / (high - low))), 0, 255)
    return out, tuple(limits)


def collar(pixels: NDArray[Any], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Exactly black areas that reach the edge of what was read and cover half a per cent of it: fill, not ground.

    Only for files that do not say themselves which pixels are valid; a shadow is not exactly zero in every band over
    such an area.
    """
    black = ((pixels == 0).all(axis=2) & usable).astype(np.uint8)
    found = np.zeros(usable.shape, dtype=bool)
    if not black.any():
        return found
    number, labels, stats, _ = cv2.connectedComponentsWithStats(black, connectivity=4)
    least = 0.005 * max(1, int(usable.sum()))
    inner = cv2.erode(usable.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    edge = set(np.unique(labels[inner == 0]).tolist())
    for label in range(1, number):
        if label in edge and stats[label, cv2.CC_STAT_AREA] >= least:
            found |= labels == label
    return found
