"""Cutting a chip into tiles for a network, so that what is found does not depend on how it was cut.

Every pixel of the network's grid is the same number whichever tile it is read in; every tile has a margin of context;
and each pixel belongs, by the tile's core, to exactly one tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """A chip read on the network's grid, window by window: `scale` network pixels for each of the chip's.

    Linear interpolation, widened to 1 / scale chip pixels when the network's grid is the coarser one, so that nothing
    aliases. Unusable pixels, and all beyond the chip, are `fill` (bands,).
    """

    pixels: NDArray[np.uint8]
    unusable: NDArray[np.uint8]
    fill: _Image
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = (max(1, int(np.ceil(n * self.scale - 1e-6))) for n in self.unusable.shape)
        return rows, columns

    def window(self, row: int, column: int, size: int) -> _Image:
        """Values (size, size, bands), float32, from `row` and `column` of the network's grid on."""
        down, first_row = _weights(self.pixels.shape[0], self.scale, row, size)
        across, first_column = _weights(self.pixels.shape[1], self.scale, column, size)
        source = (
            slice(first_row, first_row + down.shape[1]),
            slice(first_column, first_column + across.shape[1]),
        )
        values = self.pixels[source].astype(np.float32) - self.fill
        values[self.unusable[source] != USABLE] = 0
        n_rows, n_columns, n_bands = values.shape
        tall = (down @ values.reshape(n_rows, -1)).reshape(size, n_columns, n_bands)
        wide = across @ tall.transpose(1, 0, 2).reshape(n_columns, -1)
        # Rows of weights beyond the chip are empty: there the difference from the fill is zero.
        return np.asarray(wide.reshape(size, size, n_bands).transpose(1, 0, 2) + self.fill, dtype=np.float32)

    def has_seen(self, tile: Tile) -> bool:
        """Whether any usable pixel of the chip lies in the tile, margin included."""
        first, last = (
            [int(np.floor(at / self.scale)) for at in (tile.row, tile.column)],
            [int(np.ceil((at + tile.size) / self.scale)) for at in (tile.row, tile.column)],
        )
        part = self.unusable[max(0, first[0]) : max(0, last[0]), max(0, first[1]) : max(0, last[1])]
        return bool((part == USABLE).any())


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


def tiles_to_run(image: Resampled, tiles: tuple[Tile, ...]) -> Iterator[Tile]:
    """The tiles that show anything."""
    return (tile for tile in tiles if image.has_seen(tile))
