"""Pixels that a sensor got wrong: blinded, and lines that are missing, repeated or out of step with their neighbours.

Looked for in the scene's own rows and columns, before anything is resampled. A line of a picture is not a stripe
because it is bright: it has to differ from both of its neighbours as nothing on the ground does, nearly all along.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: Fewer pixels together than this are glints: of a windscreen, or of water.
_LEAST_SATURATED_PX = 25
#: Shorter lines tell nothing, nor do pictures with fewer of them.
_LEAST_LENGTH, _LEAST_LINES = 48, 24
#: Where more lines than this repeat the picture was enlarged, and no line is broken.
_MOST_REPEATED = 0.15
_ALONG = 0.9
#: A line's step to both neighbours, in robust standard deviations of all such steps, to be called a stripe.
_OUT_OF_STEP = 12.0


def saturated(pixels: NDArray[Any], valid: NDArray[np.bool_], *, bits: int = 8) -> NDArray[np.bool_]:
    """(rows, columns): where every band is at the end of its range, in patches of 25 pixels and more.

    The end is that of the type for whole numbers: 255, 65535, or 2047, 4095 and 16383 where the largest value of the
    picture stands there and is frequent, as in products of 11, 12 and 14 bits. Floating point has no end, and a picture
    of fewer than eight bits has nothing but ends.
    """
    nothing = np.zeros(valid.shape, dtype=bool)
    if bits < 8 or not np.issubdtype(pixels.dtype, np.integer) or not valid.any():
        return nothing
    largest = int(pixels[valid].max())
    ends = (255,) if pixels.dtype == np.uint8 else (2047, 4095, 16383, 32767, 65535)
    if largest not in ends:
        return nothing
    full = ((pixels == largest).all(axis=2) & valid).astype(np.uint8)
    if not full.any():
        return nothing
    _, labels, stats, _ = cv2.connectedComponentsWithStats(full, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= _LEAST_SATURATED_PX
    large[0] = False
    return np.asarray(large[labels])


def stripes(pixels: NDArray[Any], valid: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], str]:
    """(rows, columns): lines that show no ground; and a note when the picture was enlarged, "" otherwise."""
    found = np.zeros(valid.shape, dtype=bool)
    note = ""
    light = pixels.astype(np.float32).mean(axis=2)
    for turned in (False, True):
        image, ok = (light.T, valid.T) if turned else (light, valid)
        bad, repeated = _lines(image, ok)
        if repeated > _MOST_REPEATED:
            note = "Many of its lines repeat each other: it was enlarged, and shows less than its pixels promise."
            continue
        found |= (bad[:, None] & ok).T if turned else bad[:, None] & ok
    return found, note


def _lines(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float]:
    """Which rows are broken, and which share of them repeats the one before."""
    rows, columns = image.shape
    bad = np.zeros(rows, dtype=bool)
    if rows < _LEAST_LINES or columns < _LEAST_LENGTH:
        return bad, 0.0
    both = valid[1:] & valid[:-1]
    length = both.sum(axis=1)
    long = length >= _LEAST_LENGTH
    if long.sum() < _LEAST_LINES:
        return bad, 0.0
    step = np.where(both, image[1:] - image[:-1], 0.0)
    with_texture = _varies(image, valid)
    same = long & (((step == 0) & both).sum(axis=1) >= _ALONG * length) & with_texture[1:]
    repeated = float(same.sum() / max(1, int((long & with_texture[1:]).sum())))
    if repeated > _MOST_REPEATED:
        return bad, repeated
    bad[1:] |= same
    # A constant line between lines that are not.
    flat = ~with_texture & (valid.sum(axis=1) >= _LEAST_LENGTH)
    beside = np.zeros(rows, dtype=bool)
    beside[1:-1] = with_texture[:-2] & with_texture[2:]
    bad |= flat & beside
    return bad | _out_of_step(step, length, long), repeated


def _out_of_step(step: NDArray[Any], length: NDArray[Any], long: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines whose mean rises from one neighbour and falls to the other by far more than lines do here."""
    mean = step.sum(axis=1) / np.maximum(length, 1)
    rise = np.where(long, mean, 0.0)
    scale = 1.4826 * float(np.median(np.abs(rise[long]))) + 1e-6
    up, down = rise[:-1], rise[1:]
    against = (np.sign(up) == -np.sign(down)) & (np.minimum(np.abs(up), np.abs(down)) > _OUT_OF_STEP * scale)
    # All along the line, and not a wall that runs with it.
    share = np.minimum(
        ((np.sign(step[:-1]) == np.sign(up)[:, None]) & (step[:-1] != 0)).sum(axis=1) / np.maximum(length[:-1], 1),
        ((np.sign(step[1:]) == np.sign(down)[:, None]) & (step[1:] != 0)).sum(axis=1) / np.maximum(length[1:], 1),
    )
    bad = np.zeros(len(rise) + 1, dtype=bool)
    bad[1:-1] = against & (share >= _ALONG)
    return bad


def _varies(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of which fewer than nine in ten pixels hold one value."""
    middle = np.median(image, axis=1, keepdims=True)
    same = ((image == middle) & valid).sum(axis=1)
    return np.asarray(same < _ALONG * np.maximum(valid.sum(axis=1), 1))
