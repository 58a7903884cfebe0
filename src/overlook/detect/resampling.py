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
    n_bands, _, width = pixels.shape
    size, taps = rows.shape
    across = columns.shape[1]
    line = np.empty(width, dtype=np.float32)
    for band in range(n_bands):
        base = fill[band]
        for i in range(size):
            if taps == 2 and is_whole:
                # The usual case: an image at least as coarse as the network's grid, without a mask.
                upper, lower = pixels[band, rows[i, 0]], pixels[band, rows[i, 1]]
                first, second = row_weights[i, 0], row_weights[i, 1]
                for x in range(width):
                    line[x] = first * (np.float32(upper[x]) - base) + second * (np.float32(lower[x]) - base)
            else:
                line[:] = 0
                for k in range(taps):
                    weight, source, there = row_weights[i, k], pixels[band, rows[i, k]], seen[rows[i, k]]
                    if is_whole:
                        for x in range(width):
                            line[x] += weight * (np.float32(source[x]) - base)
                    else:
                        for x in range(width):
                            if there[x]:
                                line[x] += weight * (np.float32(source[x]) - base)
            target = out[band, i]
            if across == 2:
                for x in range(size):
                    total = column_weights[x, 0] * line[columns[x, 0]] + column_weights[x, 1] * line[columns[x, 1]]
                    target[x] = gain[band] * total + bias[band]
            else:
                for x in range(size):
                    total = np.float32(0)
                    for k in range(across):
                        total += column_weights[x, k] * line[columns[x, k]]
                    target[x] = gain[band] * total + bias[band]
