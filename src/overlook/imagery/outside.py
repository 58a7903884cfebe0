"""All that `imagery` does to the world: windows of rasters and polygons of clouds, read and never written."""

from __future__ import annotations

import contextlib
import hashlib
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from overlook.errors import InputError
from overlook.imagery.grid import Affine
from overlook.imagery.reading import ReadPlan, Window

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_DRIVERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".ntf": "NITF",
    ".jp2": "JP2OpenJPEG",
}
#: Depths that OpenCV resamples; others become float32.
_KEPT = ("uint8", "uint16", "int16", "float32")
#: GDAL's own cache of blocks, in MB: windows are read once.
_CACHE_MB = 64


def read_window(
    path: Path,
    plan: ReadPlan,
    bands: tuple[int, ...],
    alpha: int | None,
    expected: tuple[int, int],
    *,
    as_stored: bool = False,
) -> Window:
    """Some bands of a window. `alpha` is a band (from 1) that is said to be one, whatever the file says.

    Pixels of fewer than eight bits fill all eight, unless they are wanted `as_stored`: else they would look black.
    Raises InputError when a block cannot be decoded, or the file is not of the `expected` (rows, columns).
    """
    from rasterio.enums import Resampling
    from rasterio.windows import Window as Rectangle

    with opened(path) as dataset:
        if (dataset.height, dataset.width) != expected or max(bands) > dataset.count:
            raise InputError(
                "E-INPUT-CHANGED",
                f"it has {dataset.width} x {dataset.height} pixels and {dataset.count} bands, its side-car differs",
                where=str(path),
                remedy="add the image again",
            )
        rectangle = Rectangle(plan.column, plan.row, plan.width, plan.height)
        how = Resampling.average if plan.is_decimated else Resampling.nearest
        size = plan.out_shape
        kind = dataset.dtypes[bands[0] - 1]
        kind = kind if kind in _KEPT else "float32"
        data = dataset.read(
            list(bands), window=rectangle, out_shape=(len(bands), *size), resampling=how, out_dtype=kind
        )
        valid, has_mask = _mask(dataset, rectangle, size, alpha, data)
        _clear_unwritten(dataset, plan, valid)
        bits = _bits(dataset, bands[0])
    if data.dtype == np.float32:
        finite = np.isfinite(data).all(axis=0)
        valid &= finite
        data = np.where(finite, data, np.float32(0))
    if bits < 8 and not as_stored:
        data = data * np.uint8(255 // (2**bits - 1))
    pixels = np.ascontiguousarray(np.moveaxis(data, 0, 2))
    # Half of a 1-bit picture is exactly black: no collar can be told from it.
    return Window(plan=plan, pixels=pixels, valid=valid, has_mask=has_mask or bits == 1, bits=bits)


def _bits(dataset: DatasetReader, band: int) -> int:
    """Bits a pixel: GDAL reads fewer than eight as uint8, and says so in a tag."""
    text = dataset.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", "")
    return int(text) if text in ("1", "2", "4") and dataset.dtypes[band - 1] == "uint8" else 8


def band_count(path: Path) -> int:
    with opened(path) as dataset:
        return int(dataset.count)


def _mask(
    dataset: DatasetReader, rectangle: Any, size: tuple[int, int], alpha: int | None, data: NDArray[Any]
) -> tuple[NDArray[np.bool_], bool]:
    """Which pixels are valid, and whether the file itself says so (no-data value, alpha, mask of its own)."""
    from rasterio.enums import ColorInterp, MaskFlags, Resampling

    if alpha is not None:
        return dataset.read(alpha, window=rectangle, out_shape=size, resampling=Resampling.nearest) > 0, True
    if ColorInterp.alpha in dataset.colorinterp:
        # GDAL calls any fourth 8-bit band alpha unless told otherwise; the side-car says that it is near infrared.
        if dataset.nodata is None:
            return np.ones(size, dtype=bool), False
        return np.asarray((data != dataset.nodata).any(axis=0)), True
    if all(MaskFlags.all_valid in flags for flags in dataset.mask_flag_enums):
        return np.ones(size, dtype=bool), False
    return dataset.dataset_mask(window=rectangle, out_shape=size, resampling=Resampling.nearest) >= 128, True


def _clear_unwritten(dataset: DatasetReader, plan: ReadPlan, valid: NDArray[np.bool_]) -> None:
    """Make False, in place, where a sparse TIFF has no block: GDAL would make zeros of it."""
    if dataset.driver != "GTiff":
        return
    rows, columns = plan.out_shape
    high, wide = dataset.block_shapes[0]
    for j in range(plan.row // high, math.ceil((plan.row + plan.height) / high)):
        for i in range(plan.column // wide, math.ceil((plan.column + plan.width) / wide)):
            if dataset.get_tag_item(f"BLOCK_OFFSET_{i}_{j}", "TIFF", bidx=1) is None:
                top, bottom = ((v * high - plan.row) * rows / plan.height for v in (j, j + 1))
                left, right = ((v * wide - plan.column) * columns / plan.width for v in (i, i + 1))
                valid[
                    max(0, math.floor(top)) : max(0, math.ceil(bottom)),
                    max(0, math.floor(left)) : max(0, math.ceil(right)),
                ] = False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """A raster open for reading; whatever GDAL says is wrong with it becomes one InputError."""
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    settings: dict[str, Any] = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_CACHEMAX": _CACHE_MB,
    }
    try:
        with warnings.catch_warnings(), rasterio.Env(**settings):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path.resolve(), driver=_DRIVERS.get(path.suffix.lower(), "GTiff")) as dataset:
                yield dataset
    except (RasterioError, CPLE_BaseError, OSError, ValueError, MemoryError, OverflowError) as error:
        cause = error.__cause__ or error
        raise InputError(
            "E-INPUT-UNREADABLE",
            f"its pixels cannot be read ({str(cause)[:120]})",
            where=str(path),
            remedy="fetch or export it again",
        ) from error


def require_digest(path: Path, digest: str) -> None:
    """Raise InputError unless the file is the one that was added."""
    try:
        with path.open("rb") as file:
            is_same = hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError as error:
        raise InputError(
            "E-INPUT-MISSING", f"it cannot be read ({error.strerror})", where=str(path), remedy="put it back"
        ) from error
    if not is_same:
        raise InputError("E-INPUT-CHANGED", "it was changed after it was added", where=str(path), remedy="restore it")


def raster_place(path: Path) -> tuple[tuple[int, int], str, Affine]:
    """Shape, CRS ("" when it has none) and transform of a raster."""
    with opened(path) as dataset:
        crs = dataset.crs.to_wkt() if dataset.crs else ""
        a, b, c, d, e, f = (float(v) for v in tuple(dataset.transform)[:6])
        return (int(dataset.height), int(dataset.width)), crs, (a, b, c, d, e, f)


def read_polygons(path: Path) -> tuple[list[tuple[BaseGeometry, str]], str]:
    """Polygons of a vector file, each with its `class` ("" without one), and the file's CRS ("" when it has none).

    Raises InputError when it is none.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, _, blobs, columns = pyogrio.raw.read(path)
        names = [str(name).casefold() for name in meta["fields"]]
        classes = columns[names.index("class")] if "class" in names else [""] * len(blobs)
        shapes = [(shapely.from_wkb(b), str(c or "")) for b, c in zip(blobs, classes, strict=True) if b is not None]
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError, RuntimeError, ValueError, TypeError) as error:
        raise InputError(
            "E-INPUT-CLOUD-MASK",
            f"its polygons cannot be read ({str(error)[:120]})",
            where=str(path),
            remedy="export it again as GeoJSON or GeoPackage",
        ) from error
    areas = [(shapely.make_valid(g), c) for g, c in shapes if g.geom_type in ("Polygon", "MultiPolygon")]
    return areas, str(meta.get("crs") or "")
