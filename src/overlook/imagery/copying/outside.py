"""Writing a Cloud Optimized GeoTIFF through rasterio (GDAL's COG driver)."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from overlook.errors import StoreError
from overlook.imagery.grid import Affine
from overlook.imagery.reading import Window

_TILE = 512
#: Smaller pictures are shown whole at once: overviews would cost more time than all else.
_OVERVIEWS_FROM = 4096
_CACHE_MB = 64
#: GDAL's own level, 9, takes three times as long for files that are no smaller.
_LEVEL = 3
#: Of decoding.
_THREADS = 2
_COLOURS = {"red": "red", "green": "green", "blue": "blue", "grey": "gray", "alpha": "alpha"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`shape` is (rows, columns), `transform` from pixel to `crs`, `roles` one a band or none."""

    shape: tuple[int, int]
    crs: str
    transform: Affine | None
    roles: tuple[str, ...] = ()


def write_cog(target: Path, layout: Layout, strips: Iterable[tuple[int, Window]]) -> float:
    """Write strips of rows as a ZSTD COG, with a mask when one of them says what is no data; the share that is none.

    `target` appears at once and whole; it is not flushed to the disk, as whoever registers it copies it with that.
    Raises StoreError, and what reading a strip raises.
    """
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    plain, made = (_beside(target, kind) for kind in ("plain", "cog"))
    settings: dict[str, Any] = {
        "GDAL_CACHEMAX": _CACHE_MB,
        "GDAL_NUM_THREADS": _THREADS,
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_TIFF_INTERNAL_MASK": "YES",
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings(), rasterio.Env(**settings):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            predictor, missing = _write_plain(plain, layout, strips)
            _as_cog(plain, made, layout, predictor)
        made.replace(target)
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise StoreError(
            "E-STORE-WRITE",
            f"it cannot be written ({str(error.__cause__ or error)[:120]})",
            where=str(target),
            remedy="check the disk and its permissions",
        ) from error
    else:
        return missing
    finally:
        for path in (plain, made):
            with contextlib.suppress(OSError):
                path.unlink()


def _write_plain(path: Path, layout: Layout, strips: Iterable[tuple[int, Window]]) -> tuple[int, float]:
    """The strips as an uncompressed TIFF to make the COG of; the predictor for their depth, the share of no data.

    A strip may be the first to say that a pixel is no data: the rows before it are then said to be valid.
    """
    import rasterio
    from rasterio.windows import Window as Rectangle

    (rows, columns), masked, dataset, missing = layout.shape, False, None, 0
    try:
        for row, strip in strips:
            if dataset is None:
                dataset = rasterio.open(path, "w", **_profile(layout, strip))
                _name_bands(dataset, layout.roles)
            missing += int(strip.valid.size - np.count_nonzero(strip.valid))
            rectangle = Rectangle(0, row, columns, strip.pixels.shape[0])
            dataset.write(np.moveaxis(strip.pixels, 2, 0), window=rectangle)
            if (strip.has_mask or not strip.valid.all()) and not masked:
                masked = True
                dataset.write_mask(np.ones((rows, columns), dtype=np.uint8) * np.uint8(255))
            if masked:
                dataset.write_mask(strip.valid.astype(np.uint8) * np.uint8(255), window=rectangle)
        assert dataset is not None
        return (3 if dataset.dtypes[0] == "float32" else 2), missing / (rows * columns)
    finally:
        if dataset is not None:
            dataset.close()


def _profile(layout: Layout, strip: Window) -> dict[str, Any]:
    from affine import Affine as Matrix

    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": layout.shape[0],
        "width": layout.shape[1],
        "count": strip.pixels.shape[2],
        "dtype": strip.pixels.dtype,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "bigtiff": "if_safer",
    }
    if layout.crs:
        profile["crs"] = layout.crs
    if layout.transform is not None:
        profile["transform"] = Matrix(*layout.transform)
    if "red" in layout.roles and "alpha" not in layout.roles:
        # GDAL would call a fourth band alpha.
        profile |= {"photometric": "MINISBLACK"}
    return profile


def _name_bands(dataset: Any, roles: tuple[str, ...]) -> None:
    from rasterio.enums import ColorInterp

    if len(roles) != dataset.count:
        return
    dataset.descriptions = roles
    seen = [ColorInterp[_COLOURS[r]] if r in _COLOURS else ColorInterp.undefined for r in roles]
    if len(set(roles)) == len(roles):
        dataset.colorinterp = seen


def _as_cog(plain: Path, made: Path, layout: Layout, predictor: int) -> None:
    from rasterio.shutil import copy

    copy(
        plain,
        made,
        driver="COG",
        compress="ZSTD",
        level=str(_LEVEL),
        predictor=str(predictor),
        blocksize=_TILE,
        overviews="AUTO" if max(layout.shape) > _OVERVIEWS_FROM else "NONE",
        overview_resampling="average",
        bigtiff="IF_SAFER",
    )


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".tmp-{os.getpid()}-{time.monotonic_ns()}-{kind}.tif")
