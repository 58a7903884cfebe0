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
        for i in range(size):
            line[:] = 0
            for k in range(taps):
                weight = row_weights[i, k]
                if weight == 0:
                    continue
                j = rows[i, k]
                if is_whole:
                    for x in range(width):
                        line[x] += weight * (np.float32(pixels[band, j, x]) - fill[band])
                else:
                    for x in range(width):
                        if seen[j, x]:
                            line[x] += weight * (np.float32(pixels[band, j, x]) - fill[band])
            for x in range(size):
                total = np.float32(0)
                for k in range(across):
                    total += column_weights[x, k] * line[columns[x, k]]
                out[band, i, x] = gain[band] * total + bias[band]
