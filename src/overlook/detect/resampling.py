"""The inner loop of resampling: compiled, because it runs on every pixel of a scene while the network waits for it.

Runs without Python's lock, so that the network computes meanwhile. Each pixel is the same sum in the same order
whichever window it is read in.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Whole = NDArray[np.int32]


@njit(cache=True, nogil=True)
def _down(
    pixels: NDArray[np.uint8],
    seen: NDArray[np.bool_],
    is_whole: bool,
    fill: np.float32,
    rows: _Whole,
    weights: _Floats,
    line: _Floats,
) -> None:
    """Into `line` (width,): the weighted rows of one band, less the fill, over what is seen."""
    if len(rows) == 2 and is_whole:
        # The usual case: an image at least as coarse as the network's grid, without a mask.
        upper, lower = pixels[rows[0]], pixels[rows[1]]
        for x in range(len(line)):
            line[x] = weights[0] * (np.float32(upper[x]) - fill) + weights[1] * (np.float32(lower[x]) - fill)
        return
    line[:] = 0
    for k in range(len(rows)):
        source, there = pixels[rows[k]], seen[rows[k]]
        if is_whole:
            for x in range(len(line)):
                line[x] += weights[k] * (np.float32(source[x]) - fill)
        else:
            for x in range(len(line)):
                if there[x]:
                    line[x] += weights[k] * (np.float32(source[x]) - fill)


@njit(cache=True, nogil=True)
def _across(
    line: _Floats, columns: _Whole, weights: _Floats, gain: np.float32, bias: np.float32, target: _Floats
) -> None:
    """Into `target` (size,): gain x (the weighted pixels of the line) + bias."""
    if columns.shape[1] == 2:
        for x in range(len(target)):
            total = weights[x, 0] * line[columns[x, 0]] + weights[x, 1] * line[columns[x, 1]]
            target[x] = gain * total + bias
        return
    for x in range(len(target)):
        total = np.float32(0)
        for k in range(columns.shape[1]):
            total += weights[x, k] * line[columns[x, k]]
        target[x] = gain * total + bias


@njit(cache=True, nogil=True)
def resample(
    pixels: NDArray[np.uint8],
    seen: NDArray[np.bool_],
    is_whole: bool,
    fill: _Floats,
    rows: _Whole,
    row_weights: _Floats,
    columns: _Whole,
    column_weights: _Floats,
    gain: _Floats,
    bias: _Floats,
    out: _Floats,
) -> None:
    """Into `out` (bands, size, size): gain x (sum of weights x (pixel - fill), over what is seen) + bias.

    `pixels` (bands, height, width); `rows`, `row_weights` (size, k) name the pixels of each row of the output and their
    weights, `columns` and `column_weights` likewise. `is_whole`: all pixels are seen.
    """
    line = np.empty(pixels.shape[2], dtype=np.float32)
    for band in range(len(pixels)):
        for i in range(len(rows)):
            _down(pixels[band], seen, is_whole, fill[band], rows[i], row_weights[i], line)
            _across(line, columns, column_weights, gain[band], bias[band], out[band, i])
