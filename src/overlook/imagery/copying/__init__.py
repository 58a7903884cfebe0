"""A window of one or more images as a small ZSTD COG: the pixels as they are, what was no data said by a mask.

Bands may come from several files, when their pixels lie on each other exactly; nothing is resampled here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from overlook.errors import InputError
from overlook.imagery.copying.outside import Layout, write_cog
from overlook.imagery.grid import Affine
from overlook.imagery.outside import read_window
from overlook.imagery.pieces import Piece
from overlook.imagery.reading import ReadPlan, Window

#: Rows that are read at once: a multiple of every usual height of tiles.
_ROWS = 1024
#: A picture whose bands lie further apart than this share of a pixel is not one picture.
_TOLERANCE_PX = 0.01


def copy_window(pieces: Sequence[Piece], target: Path, *, roles: Sequence[str] = (), where: str = "") -> float:
    """Write the pieces' bands, in their order, to `target`; returns the share of pixels that are no data.

    `roles` become the bands' descriptions.
    8, 16 bits and float32 stay as they are, other depths become float32; NaN and infinite pixels become no data, and
    zero. Raises InputError when a block cannot be decoded or the pieces do not lie on each other, StoreError when
    `target` cannot be written; nothing is left there then.
    """
    first = pieces[0]
    for piece in pieces[1:]:
        _require_aligned(first, piece, where or str(piece.path))
    layout = Layout(
        shape=(first.window[3], first.window[2]),
        crs=first.crs,
        transform=_moved(first.transform, first.window) if first.transform else None,
        roles=tuple(roles),
    )
    return write_cog(target, layout, _strips(pieces))


def _strips(pieces: Sequence[Piece]) -> Iterator[tuple[int, Window]]:
    """From the top down: the row in the window, and all bands of some rows."""
    height = pieces[0].window[3]
    top = pieces[0].window[1]
    row = 0
    while row < height:
        # Strips end where blocks of the file are likely to.
        rows = min(height - row, _ROWS - (top + row) % _ROWS)
        yield row, _joined([_read(piece, row, rows) for piece in pieces])
        row += rows


def _read(piece: Piece, row: int, rows: int) -> Window:
    column, top, width, _ = piece.window
    plan = ReadPlan(column=column, row=top + row, width=width, height=rows, out_shape=(rows, width))
    bands = tuple(range(1, piece.count + 1))
    return read_window(piece.path, plan, bands, None, piece.shape, as_stored=True)


def _joined(windows: list[Window]) -> Window:
    if len(windows) == 1:
        return windows[0]
    kinds = {w.pixels.dtype for w in windows}
    kind: Any = kinds.pop() if len(kinds) == 1 else np.float32
    return Window(
        plan=windows[0].plan,
        pixels=np.concatenate([w.pixels.astype(kind, copy=False) for w in windows], axis=2),
        valid=np.logical_and.reduce([w.valid for w in windows]),
        has_mask=any(w.has_mask for w in windows),
    )


def _moved(transform: Affine, window: tuple[int, int, int, int]) -> Affine:
    """The affine of a window: its first pixel is (0, 0)."""
    a, b, c, d, e, f = transform
    column, row, _, _ = window
    return (a, b, c + a * column + b * row, d, e, f + d * column + e * row)


def _require_aligned(first: Piece, other: Piece, where: str) -> None:
    if first.window[2:] == other.window[2:] and first.crs == other.crs:
        if first.transform is None or other.transform is None:
            if first.transform == other.transform and first.window == other.window:
                return
        else:
            a, b = _moved(first.transform, first.window), _moved(other.transform, other.window)
            pixel = max(abs(v) for v in (a[0], a[1], a[3], a[4]))
            if np.allclose(a, b, rtol=0, atol=_TOLERANCE_PX * pixel) and np.allclose(a[:2] + a[3:5], b[:2] + b[3:5]):
                return
    raise InputError(
        "E-INPUT-BANDS-SIZE",
        f"its bands do not lie on each other: {first.window[2]} x {first.window[3]} and "
        f"{other.window[2]} x {other.window[3]} pixels of the site",
        where=where,
        remedy="add the bands of one pixel size",
    )
