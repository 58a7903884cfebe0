"""Cutting an image into tiles for a network, so that what is found does not depend on how it was cut.

Every pixel of the network's grid is the same number whichever tile it is read in; every tile has a margin of context;
and each pixel belongs, by the tile's core, to exactly one tile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats
from overlook.imagery import blocking

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
    seen = blocking.seen(unusable)
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
    """A tile as it was read: `values` (bands, size, size) float32 as a network takes them, None when nothing is usable.

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
    aliases. Unusable pixels, and all beyond the image, are `fill` (bands,). A value v becomes (v - offset) / divisor,
    band by band.
    """

    source: Pixels
    fill: _Image
    scale: float
    offset: tuple[float, ...]
    divisor: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return shape_on_grid(self.source.shape, self.scale)

    def window(self, tile: Tile) -> Shown:
        """The tile's part of the image, on the network's grid."""
        from overlook.detect.resampling import resample

        down = _weights(self.source.shape[0], self.scale, tile.row, tile.size)
        across = _weights(self.source.shape[1], self.scale, tile.column, tile.size)
        pixels, unusable = self.source.read(down.first, across.first, down.length, across.length)
        seen = blocking.seen(unusable)
        shown = Shown(tile=tile, values=None, unusable=unusable, row=down.first, column=across.first)
        if not seen.any():
            return shown
        planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
        values = np.empty((len(planes), tile.size, tile.size), dtype=np.float32)
        gain = (1 / np.array(self.divisor)).astype(np.float32)
        # Pixels beyond the image have no weight: there the difference from the fill is zero.
        bias = ((self.fill - np.array(self.offset)) / np.array(self.divisor)).astype(np.float32)
        places = (down.indices, down.weights, across.indices, across.weights)
        resample(planes, seen, bool(seen.all()), self.fill, *places, gain, bias, values)
        return replace(shown, values=values)


def shape_on_grid(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """(rows, columns) of an image of `shape` on the network's grid."""
    rows, columns = (max(1, int(np.ceil(n * scale - 1e-6))) for n in shape)
    return rows, columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Weights:
    """Along one side: `indices` (size, k) of `length` pixels from `first` on, and their weights; rows sum to 1 or 0."""

    first: int
    length: int
    indices: NDArray[np.int32]
    weights: _Image


@lru_cache(maxsize=256)
def _weights(n: int, scale: float, start: int, size: int) -> _Weights:
    reach = max(1.0, 1.0 / scale)
    centres = (np.arange(start, start + size) + 0.5) / scale
    nearest = np.floor(centres - 0.5 - reach).astype(np.int64) + 1
    columns = nearest[:, None] + np.arange(int(np.ceil(2 * reach)))
    weights = np.maximum(0.0, 1.0 - np.abs(columns + 0.5 - centres[:, None]) / reach)
    is_inside = (centres > 0) & (centres < n)
    weights[(columns < 0) | (columns >= n) | ~is_inside[:, None]] = 0
    totals = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    first = int(np.clip(columns.min(), 0, n - 1))
    last = int(np.clip(columns.max(), first, n - 1))
    indices = np.clip(columns - first, 0, last - first).astype(np.int32)
    return _Weights(first=first, length=last - first + 1, indices=indices, weights=weights.astype(np.float32))
