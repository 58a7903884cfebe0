"""Cutting an image into tiles for a network, so that what is found does not depend on how it was cut.

Every pixel of the network's grid is the same number whichever tile it is read in; every tile has a margin of context;
and each pixel belongs, by the tile's core, to exactly one tile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats
from overlook.terms import USABLE

_Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A square window of the network's grid: its first row and column, its size, and the core that it answers for.

    `core` is (top, left, bottom, right) on the whole grid; at the grid's borders it is open.
    """

    row: int
    column: int
    size: int
    core: tuple[float, float, float, float]

    def owns(self, centres: Floats) -> Bools:
        """Whether (n,) centres, on the whole grid, lie in the core or within a pixel of it.

        The pixel lets a centre on a border be found twice, and merged, rather than not at all.
        """
        top, left, bottom, right = self.core
        x, y = centres[:, 0], centres[:, 1]
        return np.asarray((x >= left - 1) & (x < right + 1) & (y >= top - 1) & (y < bottom + 1), dtype=np.bool_)


def plan_tiles(shape: tuple[int, int], *, tile_px: int, margin_px: int, stride_px: int) -> tuple[Tile, ...]:
    """Tiles over a grid of `shape` (rows, columns), row by row.

    Cores are a multiple of `stride_px` long, so each cell of the network's output lies at the same place of the grid
    whatever the tile's size. Raises ValueError when a tile holds no core.
    """
    core = (tile_px - 2 * margin_px) // stride_px * stride_px
    if core < 1:
        raise ValueError(f"tiles of {tile_px} pixels hold no core inside margins of {margin_px}")
    rows, columns = (range(0, extent, core) for extent in shape)
    return tuple(
        Tile(
            row=row - margin_px,
            column=column - margin_px,
            size=tile_px,
            core=(
                row if row else -np.inf,
                column if column else -np.inf,
                row + core if row + core < shape[0] else np.inf,
                column + core if column + core < shape[1] else np.inf,
            ),
        )
        for row in rows
        for column in columns
    )


def fill_values(pixels: NDArray[np.uint8], unusable: NDArray[np.uint8]) -> _Image:
    """What stands for unseen pixels: the median (bands,) of the usable ones. All unusable gives zeros."""
    seen = unusable == USABLE
    if not seen.any():
        return np.zeros(pixels.shape[2], dtype=np.float32)
    return np.asarray(np.median(pixels[seen], axis=0), dtype=np.float32)


class Pixels(Protocol):
    """An image that can be read in windows."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    def read(self, row: int, column: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Pixels (height, width, bands) and codes of what is unusable (height, width); the window lies on the image."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """An image that is held in memory, as `Pixels`."""

    pixels: NDArray[np.uint8]
    unusable: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.unusable.shape
        return rows, columns

    def read(self, row: int, column: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        window = (slice(row, row + height), slice(column, column + width))
        return self.pixels[window], self.unusable[window]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """A tile as it was read: `values` (size, size, bands) float32 on the network's grid, None when nothing is usable.

    `unusable` is the image's own mask under the tile, with `row` and `column` its first pixel on the image.
    """

    tile: Tile
    values: _Image | None
    unusable: NDArray[np.uint8]
    row: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """An image read on the network's grid, window by window: `scale` network pixels for each of the image's.

    Linear interpolation, widened to 1 / scale image pixels when the network's grid is the coarser one, so that nothing
    aliases. Unusable pixels, and all beyond the image, are `fill` (bands,).
    """

    source: Pixels
    fill: _Image
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        return shape_on_grid(self.source.shape, self.scale)

    def window(self, tile: Tile) -> Shown:
        """The tile's part of the image, on the network's grid."""
        size = tile.size
        rows, columns = self.source.shape
        down, first_row = _weights(rows, self.scale, tile.row, size)
        across, first_column = _weights(columns, self.scale, tile.column, size)
        pixels, unusable = self.source.read(first_row, first_column, down.shape[1], across.shape[1])
        seen = unusable == USABLE
        shown = Shown(tile=tile, values=None, unusable=unusable, row=first_row, column=first_column)
        if not seen.any():
            return shown
        values = pixels.astype(np.float32)
        values -= self.fill
        if not seen.all():
            values[~seen] = 0
        n_rows, n_columns, n_bands = values.shape
        tall = (down @ values.reshape(n_rows, -1)).reshape(size, n_columns, n_bands)
        wide = across @ tall.transpose(1, 0, 2).reshape(n_columns, -1)
        # Rows of weights beyond the image are empty: there the difference from the fill is zero.
        wide += np.tile(self.fill, size)
        return replace(shown, values=wide.reshape(size, size, n_bands).transpose(1, 0, 2))


def shape_on_grid(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """(rows, columns) of an image of `shape` on the network's grid."""
    rows, columns = (max(1, int(np.ceil(n * scale - 1e-6))) for n in shape)
    return rows, columns


@lru_cache(maxsize=64)
def _weights(n: int, scale: float, start: int, size: int) -> tuple[Any, int]:
    """Sparse weights (size, m) of m source pixels from the returned first one on; rows sum to 1, outside to 0."""
    from scipy.sparse import csr_matrix

    reach = max(1.0, 1.0 / scale)
    centres = (np.arange(start, start + size) + 0.5) / scale
    nearest = np.floor(centres - 0.5 - reach).astype(np.int64) + 1
    columns = nearest[:, None] + np.arange(int(np.ceil(2 * reach)) + 1)
    weights = np.maximum(0.0, 1.0 - np.abs(columns + 0.5 - centres[:, None]) / reach)
    is_inside = (centres > 0) & (centres < n)
    weights[(columns < 0) | (columns >= n) | ~is_inside[:, None]] = 0
    totals = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    first = int(np.clip(columns.min(), 0, n - 1))
    last = int(np.clip(columns.max(), first, n - 1))
    used = weights > 0
    rows = np.broadcast_to(np.arange(size)[:, None], columns.shape)[used]
    shape = (size, last - first + 1)
    return csr_matrix((weights[used].astype(np.float32), (rows, columns[used] - first)), shape=shape), first
