"""A window of a file of pixels, as a plain value: what a copy is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlook.imagery.grid import Affine


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A window (column, row, width, height) of a file of `shape` (rows, columns) pixels and `count` bands.

    `crs` and `transform` are the whole file's; both may be missing in a file that is placed otherwise.
    """

    path: Path
    window: tuple[int, int, int, int]
    shape: tuple[int, int]
    count: int
    crs: str
    transform: Affine | None
