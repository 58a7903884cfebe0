"""A whole image, read in windows: the bands a model takes, in 8 bits, with what is no image told apart.

Never holds more of the image than the window asked for and GDAL's cache of blocks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from overlook.errors import InputError
from overlook.imagery.outside import opened
from overlook.terms import MASKED, NODATA, USABLE, Scene

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

#: Exactly black squares of this side, in a file that does not say what is no data, are fill and not ground: no shadow
#: is black in every band over so much of an image of anything. Odd, so that a square has a middle.
_BLACK_PX = 65
#: A sample of an image: at most so many windows each way, of so many pixels.
_SAMPLE_WINDOWS, _SAMPLE_PX = 10, 96
_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Windows of an image side by side: `pixels` uint8 (rows, columns, bands) after the stretch, and their mask."""

    pixels: NDArray[np.uint8]
    unusable: NDArray[np.uint8]


class SceneFile:
    """The image of `scene` at `path`. `bands` (from 1) in the order wanted; `shape` is (rows, columns).

    `limits` are the stretch to 8 bits, one (low, high) for each band, () when its samples have 8 already.
    """

    def __init__(self, path: Path, scene: Scene, bands: Sequence[int]) -> None:
        """Read a sample of the image, for its stretch. Raises InputError when it cannot be decoded."""
        self.path, self.shape, self.bands = path, scene.shape, tuple(bands)
        self._labels = scene.labels_px
        self._alpha = scene.bands.index("alpha") + 1 if "alpha" in scene.bands else None
        self.limits: tuple[tuple[float, float], ...] = ()
        self.notes: tuple[str, ...] = ()
        with self.reader() as reader:
            raw, valid = reader.raw_sample()
        self._tell_limits(raw, valid)
        #: Of the whole image: windows spread evenly over it, all of a small one.
        self.sample = Sample(
            pixels=_stretched(raw, self.limits), unusable=np.where(valid, USABLE, NODATA).astype(np.uint8)
        )

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader for the thread that opens it. GDAL's files do not cross threads."""
        with opened(self.path) as dataset:
            yield Reader(self, dataset, self._alpha, self._labels)

    def sample_of(self, reader: Reader, bounds: tuple[int, int, int, int]) -> Sample:
        """Windows spread evenly over `bounds` (top, left, bottom, right); all of a small one."""
        top, left, bottom, right = bounds
        rows, height = _starts(top, bottom)
        columns, width = _starts(left, right)
        parts = [[reader.read(row, column, height, width) for column in columns] for row in rows]
        return Sample(
            pixels=np.concatenate([np.concatenate([p for p, _ in line], axis=1) for line in parts]),
            unusable=np.concatenate([np.concatenate([m for _, m in line], axis=1) for line in parts]),
        )

    def _tell_limits(self, raw: NDArray[Any], valid: NDArray[np.bool_]) -> None:
        if not valid.any():
            return
        seen = raw[valid]
        if raw.dtype == np.uint8:
            low, high = np.percentile(seen, _PERCENTILES)
            if high - low < 32:
                self.notes = (
                    f"Its 8-bit samples use {low:.0f} to {high:.0f} of 0 to 255: they may be more bits cut to 8; the "
                    "model was not measured on such an image.",
                )
            return
        if np.issubdtype(raw.dtype, np.integer) and seen.min() >= 0 and np.percentile(seen, 99.9) <= 255:
            self.limits = ((0.0, 255.0),) * raw.shape[2]
            self.notes = (f"Its {raw.dtype} samples hold 8 bits (hardly one is beyond 255), and were taken so.",)
            return
        limits = []
        for band in range(raw.shape[2]):
            low, high = (float(v) for v in np.percentile(seen[:, band], _PERCENTILES))
            limits.append((low, high if high > low else low + 1.0))
        self.limits = tuple(limits)


def _starts(first: int, last: int) -> tuple[list[int], int]:
    """Starts of windows along one side, evenly spread, and their length; one window when they would meet."""
    length = last - first
    if length <= _SAMPLE_WINDOWS * _SAMPLE_PX:
        return [first], length
    step = (length - _SAMPLE_PX) / (_SAMPLE_WINDOWS - 1)
    return [first + int(i * step) for i in range(_SAMPLE_WINDOWS)], _SAMPLE_PX


class Reader:
    """Windows of an opened image."""

    def __init__(
        self, file: SceneFile, dataset: DatasetReader, alpha: int | None, labels: tuple[tuple[int, int, int, int], ...]
    ) -> None:
        if (dataset.height, dataset.width) != file.shape or max(file.bands) > dataset.count:
            what = f"it has {dataset.width} x {dataset.height} pixels and {dataset.count} bands, and had others before"
            raise InputError("E-INPUT-CHANGED", what, where=str(file.path), remedy="run it again")
        from rasterio.enums import MaskFlags

        self.shape = file.shape
        self._file, self._dataset, self._alpha, self._labels = file, dataset, alpha, labels
        flags = [dataset.mask_flag_enums[band - 1] for band in file.bands]
        self._has_mask = alpha is not None or any(MaskFlags.all_valid not in of for of in flags)

    def read(self, row: int, column: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Pixels uint8 (height, width, bands) and codes of what is unusable; the window lies on the image."""
        raw, valid = self._raw(row, column, height, width)
        unusable = np.full((height, width), USABLE, dtype=np.uint8)
        if not valid.all():
            unusable[~valid] = NODATA
        # Without a black pixel there is no fill: the usual case, told in one pass.
        if not self._has_mask and raw.min() == 0:
            unusable[self._is_fill(raw, row, column, height, width)] = NODATA
        for x, y, across, down in self._labels:
            top, bottom, left, right = (max(0, v) for v in (y - row, y + down - row, x - column, x + across - column))
            unusable[top:bottom, left:right] = MASKED
        return _stretched(raw, self._file.limits), unusable

    def decimated(self, scale: float) -> NDArray[np.uint8]:
        """The whole image at `scale` (at most 1) of its size, uint8 (rows, columns, bands)."""
        from rasterio.enums import Resampling

        rows, columns = (max(1, round(n * scale)) for n in self.shape)
        size = (len(self._file.bands), rows, columns)
        data = self._dataset.read(list(self._file.bands), out_shape=size, resampling=Resampling.average)
        data = np.nan_to_num(np.moveaxis(data, 0, 2), nan=0.0, posinf=0.0, neginf=0.0)
        return _stretched(data, self._file.limits)

    def raw_sample(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The windows of a sample as stored, and which are valid (without a mask, exactly black pixels are not)."""
        rows, height = _starts(0, self._file.shape[0])
        columns, width = _starts(0, self._file.shape[1])
        parts = [[self._raw(row, column, height, width) for column in columns] for row in rows]
        raw = np.concatenate([np.concatenate([p for p, _ in line], axis=1) for line in parts])
        valid = np.concatenate([np.concatenate([m for _, m in line], axis=1) for line in parts])
        return raw, valid if self._has_mask else valid & (raw != 0).any(axis=2)

    def _raw(self, row: int, column: int, height: int, width: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        from rasterio.windows import Window

        window = Window(column, row, width, height)
        stored = self._dataset.dtypes[self._file.bands[0] - 1]
        kind = stored if stored in ("uint8", "uint16", "int16") else "float32"
        data = self._dataset.read(list(self._file.bands), window=window, out_dtype=kind)
        valid = np.ones((height, width), dtype=np.bool_)
        if self._alpha is not None:
            valid = self._dataset.read(self._alpha, window=window) > 0
        elif self._has_mask:
            valid = (self._dataset.read_masks(list(self._file.bands), window=window) >= 128).all(axis=0)
        if kind == "float32":
            finite = np.isfinite(data).all(axis=0)
            valid, data = valid & finite, np.where(finite, data, np.float32(0))
        return np.moveaxis(data, 0, 2), valid

    def _is_fill(self, raw: NDArray[Any], row: int, column: int, height: int, width: int) -> NDArray[np.bool_]:
        """(height, width): in an exactly black square of `_BLACK_PX`.

        Told from the surroundings of the window too, so that it does not depend on how the image is cut.
        """
        import cv2

        black = _is_black(raw)
        if not black.any():
            return black
        halo, (rows, columns) = _BLACK_PX - 1, self._file.shape
        top, left = max(0, row - halo), max(0, column - halo)
        bottom, right = min(rows, row + height + halo), min(columns, column + width + halo)
        around, _ = self._raw(top, left, bottom - top, right - left)
        black = _is_black(around)
        kernel = np.ones((_BLACK_PX, _BLACK_PX), np.uint8)
        square = cv2.morphologyEx(
            black.astype(np.uint8), cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0
        )
        return np.asarray(square[row - top : row - top + height, column - left : column - left + width] > 0)


def _is_black(raw: NDArray[Any]) -> NDArray[np.bool_]:
    """(rows, columns): zero in every band."""
    black: NDArray[np.bool_] = raw[:, :, 0] == 0
    for band in range(1, raw.shape[2]):
        black &= raw[:, :, band] == 0
    return black


def _stretched(raw: NDArray[Any], limits: tuple[tuple[float, float], ...]) -> NDArray[np.uint8]:
    if not limits:
        return np.asarray(raw, dtype=np.uint8)
    low = np.array([a for a, _ in limits], dtype=np.float32)
    gain = 255 / (np.array([b for _, b in limits], dtype=np.float32) - low)
    return np.clip(np.rint((raw.astype(np.float32) - low) * gain), 0, 255).astype(np.uint8)
