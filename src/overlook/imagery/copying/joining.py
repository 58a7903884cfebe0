"""Windows of one acquisition's tiles as one picture, where their pixels lie on one grid. Nothing is resampled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from overlook.errors import InputError
from overlook.imagery.copying.outside import Layout, write_cog
from overlook.imagery.grid import Affine
from overlook.imagery.outside import band_count, raster_place, read_window
from overlook.imagery.reading import ReadPlan, Window

#: Pixels of two tiles are the same pixels when their corners lie within this share of one.
_TOLERANCE_PX = 0.01
#: Windows of a site, and no whole tiles: they are joined in memory.
_MOST_VALUES = 400_000_000


def join_windows(parts: Sequence[Path], target: Path, *, roles: Sequence[str] = (), where: str = "") -> float:
    """Write one COG of all parts; where several have data the first one's stays. Returns the share without data.

    Raises InputError (E-INPUT-PIECES) when the parts do not lie on one grid, StoreError when it cannot be written.
    """
    places = [raster_place(path) for path in parts]
    counts = {band_count(path) for path in parts}
    _, crs, first = places[0]
    offsets = [_offset(first, transform) for _, other, transform in places if other == crs]
    if len(offsets) != len(parts) or None in offsets or len(counts) != 1:
        raise _apart(where)
    at = np.array(offsets)
    sizes = np.array([shape for shape, _, _ in places])
    top, left = at.min(axis=0)
    rows, columns = (at + sizes).max(axis=0) - (top, left)
    count = counts.pop()
    if rows * columns * count > _MOST_VALUES:
        raise _apart(where)
    whole = [_read(path, shape, count) for path, (shape, _, _) in zip(parts, places, strict=True)]
    if len({w.pixels.dtype for w in whole}) != 1:
        raise _apart(where)
    pixels = np.zeros((rows, columns, count), dtype=whole[0].pixels.dtype)
    valid = np.zeros((rows, columns), dtype=bool)
    for window, (row, column) in zip(whole, at - (top, left), strict=True):
        high, wide = window.valid.shape
        inside = (slice(row, row + high), slice(column, column + wide))
        wanted = window.valid & ~valid[inside]
        pixels[inside][wanted] = window.pixels[wanted]
        valid[inside] |= wanted
    a, b, c, d, e, f = first
    layout = Layout(
        shape=(int(rows), int(columns)),
        crs=crs,
        transform=(a, b, c + a * left + b * top, d, e, f + d * left + e * top),
        roles=tuple(roles),
    )
    plan = ReadPlan(column=0, row=0, width=int(columns), height=int(rows), out_shape=layout.shape)
    return write_cog(target, layout, [(0, Window(plan=plan, pixels=pixels, valid=valid, has_mask=True))])


def _read(path: Path, shape: tuple[int, int], count: int) -> Window:
    plan = ReadPlan(column=0, row=0, width=shape[1], height=shape[0], out_shape=shape)
    return read_window(path, plan, tuple(range(1, count + 1)), None, shape, as_stored=True)


def _offset(first: Affine, other: Affine) -> tuple[int, int] | None:
    """(rows, columns) from the first's corner to the other's; None when their pixels are not the same pixels."""
    a, b, c, d, e, f = first
    if not np.allclose((a, b, d, e), (other[0], other[1], other[3], other[4]), rtol=1e-9, atol=0) or a * e == b * d:
        return None
    x, y = other[2] - c, other[5] - f
    column, row = (e * x - b * y) / (a * e - b * d), (a * y - d * x) / (a * e - b * d)
    if max(abs(column - round(column)), abs(row - round(row))) > _TOLERANCE_PX:
        return None
    return round(row), round(column)


def _apart(where: str) -> InputError:
    return InputError("E-INPUT-PIECES", "its tiles do not lie on one grid, and are not joined", where=where)
