"""Headers of images, read through rasterio. It never decodes a pixel."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overlook.collect.camera import parse_rpc_text
from overlook.collect.georeference import parse_world_file
from overlook.collect.header import Header, asset_names, is_stac_item
from overlook.collect.names import SIDECAR
from overlook.collect.outside.files import read_text, reading
from overlook.collect.tiff import required_size
from overlook.errors import InputError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

#: Formats that are one file with its pixels in it. Never VRT and its like, which name other files.
_DRIVERS = (
    (b"II*\x00", "GTiff"),
    (b"MM\x00*", "GTiff"),
    (b"II+\x00", "GTiff"),
    (b"MM\x00+", "GTiff"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"NITF0", "NITF"),
    (b"NSIF0", "NITF"),
    (b"\x00\x00\x00\x0cjP  ", "JP2OpenJPEG"),
    (b"\xff\x4f\xff\x51", "JP2OpenJPEG"),
)
#: ZIP, gzip, bzip2, xz, 7-Zip, RAR, zstd.
_ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)
_FORMATS = "GeoTIFF, PNG, JPEG, NITF or JPEG 2000"
#: PNG and JPEG are decoded from the top for any window.
_MOST_STREAMED_PX = 400_000_000
_MOST_UNTILED_PX = 2**31
_MOST_BLOCK_BYTES = 512 * 2**20
#: Filters of warnings belong to the whole process: two threads that each put theirs back would leave the wrong ones.
ONE_AT_A_TIME = threading.RLock()
_WORLD_SUFFIXES = {
    ".png": (".pgw", ".pngw", ".wld"),
    ".jpg": (".jgw", ".jpgw", ".wld"),
    ".jpeg": (".jgw", ".jpegw", ".jpgw", ".wld"),
    ".tif": (".tfw", ".tifw", ".wld"),
    ".tiff": (".tfw", ".tiffw", ".wld"),
    ".jp2": (".j2w", ".wld"),
}
_LARGEST_STAC = 4 * 2**20


def read_header(path: Path) -> Header:
    """What an image says of itself, its world file and a STAC Item beside it included.

    Raises InputError for what is not an image, is cut short, or is too large to read in windows.
    """
    driver = driver_of(path)
    with ONE_AT_A_TIME:
        return _read_header(path, driver)


def _read_header(path: Path, driver: str) -> Header:
    _refuse_what_is_cut_short(path, driver)
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path.resolve(), driver=driver) as dataset:
                _refuse_what_is_too_large(dataset, path)
                return _header(dataset, path)
    except (RasterioError, CPLE_BaseError, OSError, ValueError, OverflowError) as error:
        raise InputError(
            "E-INPUT-UNREADABLE",
            f"it cannot be opened as {_FORMATS} ({str(error)[:120]})",
            where=str(path),
            remedy="fetch or export it again",
        ) from error


def _header(dataset: DatasetReader, path: Path) -> Header:
    if dataset.count == 0:
        raise InputError("E-INPUT-UNREADABLE", "it holds no bands", where=str(path), remedy="name one of its layers")
    if dataset.dtypes[0].startswith("complex"):
        raise InputError(
            "E-INPUT-DTYPE",
            "its pixels are complex numbers",
            where=str(path),
            remedy="write their magnitude as a GeoTIFF",
        )
    tags: dict[str, str] = {}
    for domain in (None, *sorted(dataset.tag_namespaces())):
        if domain in ("IMAGE_STRUCTURE", "DERIVED_SUBDATASETS", "COLOR_PROFILE") or (domain or "").startswith("xml:"):
            continue
        prefix = f"{domain}." if domain in ("RPC", "IMD") else ""
        tags |= {f"{prefix}{key}".upper(): str(value) for key, value in dataset.tags(ns=domain).items()}
    if not any(key.startswith("RPC.") for key in tags):
        tags |= _rpc_beside(path)
    transform = tuple(float(v) for v in dataset.transform)[:6]
    is_placed = transform != (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    crs = dataset.crs
    authority = crs.to_authority() if crs else None
    return Header(
        driver=dataset.driver,
        shape=(int(dataset.height), int(dataset.width)),
        count=int(dataset.count),
        dtype=str(dataset.dtypes[0]),
        interpretations=tuple(i.name for i in dataset.colorinterp),
        descriptions=tuple(d or "" for d in dataset.descriptions),
        crs=(":".join(authority) if authority else crs.to_wkt()) if crs else "",
        transform=transform if is_placed else _world_file(path),  # type: ignore[arg-type]
        tie_points=_tie_points(dataset),
        tags=tags,
        stac=stac_beside(path),
    )


def _tie_points(dataset: DatasetReader) -> tuple[tuple[float, float, float, float], ...]:
    points, crs = dataset.gcps
    if not points or crs is None:
        return ()
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        to = Transformer.from_crs(crs.to_wkt(), "EPSG:4326", always_xy=True)
        lon, lat = to.transform([p.x for p in points], [p.y for p in points])
    except ProjError:
        return ()
    return tuple((float(p.col), float(p.row), float(x), float(y)) for p, x, y in zip(points, lon, lat, strict=True))


def _rpc_beside(path: Path) -> dict[str, str]:
    """RPC tags of an .RPB or an _RPC.TXT that is named after the image."""
    names = [path.with_suffix(suffix) for suffix in (".RPB", ".rpb")]
    names += [path.with_name(path.stem + end) for end in ("_RPC.TXT", "_rpc.txt", "_RPC.txt")]
    for beside in names:
        if beside.is_file() and beside.stat().st_size < _LARGEST_STAC:
            return parse_rpc_text(read_text(beside))
    return {}


def _world_file(path: Path) -> tuple[float, float, float, float, float, float] | None:
    for suffix in _WORLD_SUFFIXES.get(path.suffix.lower(), (".wld",)):
        for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
            if candidate.is_file():
                return parse_world_file(read_text(candidate), where=str(candidate))
    return None


def stac_beside(path: Path) -> Mapping[str, Any]:
    """The STAC Item of an image in its own folder: named after it, or one of whose assets it is. {} without one."""
    named = [path.with_suffix(".json"), path.with_name(f"{path.name}.json"), path.with_suffix(SIDECAR)]
    for candidate in named:
        if candidate.is_file() and candidate.stat().st_size <= _LARGEST_STAC:
            try:
                item = json.loads(read_text(candidate))
            except ValueError as error:
                raise InputError(
                    "E-INPUT-SIDECAR", "it is not JSON", where=str(candidate), remedy="correct it or move it away"
                ) from error
            if is_stac_item(item):
                return dict(item)
    # A delivery's Item is often named after the acquisition, which the image's name starts with.
    for candidate in sorted(path.parent.glob("*.json"))[:200]:
        if path.name.startswith(candidate.stem) and candidate.stat().st_size <= _LARGEST_STAC:
            with contextlib.suppress(InputError, ValueError):
                item = json.loads(read_text(candidate))
                if is_stac_item(item) and path.name in asset_names(item):
                    return dict(item)
    return {}


def driver_of(path: Path) -> str:
    """GDAL's driver for a file, by its first bytes. Raises InputError for what is not an image we read."""
    if not str(path).isprintable() and any("\ud800" <= c <= "\udfff" for c in str(path)):
        raise InputError("E-INPUT-NAME", "its name is not UTF-8", where=str(path), remedy="rename it")
    with reading(path), path.open("rb") as file:
        return driver_of_head(file.read(512), str(path))


def driver_of_head(head: bytes, where: str) -> str:
    """The same, of a file whose first bytes (512 or more) are at hand."""
    if not head:
        raise InputError("E-INPUT-EMPTY", "the file is empty", where=where, remedy="fetch or export it again")
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        raise InputError(
            "E-INPUT-ARCHIVE",
            "this is an archive, and is not unpacked",
            where=where,
            remedy="unpack it and add its images",
        )
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body")):
        raise InputError(
            "E-INPUT-HTML",
            "this is a web page or XML, not an image",
            where=where,
            remedy="download the image itself (you may have to sign in)",
        )
    driver = next((driver for magic, driver in _DRIVERS if head.startswith(magic)), None)
    if driver is None:
        raise InputError(
            "E-INPUT-UNREADABLE", f"this is not {_FORMATS}", where=where, remedy="convert it with gdal_translate"
        )
    return driver


def _refuse_what_is_too_large(dataset: DatasetReader, path: Path) -> None:
    pixels = dataset.height * dataset.width
    rows, columns = dataset.block_shapes[0] if dataset.count else (1, 1)
    bits = "".join(c for c in dataset.dtypes[0] if c.isdigit()) if dataset.count else "8"
    item = math.ceil(int(bits or 8) / 8)
    if dataset.driver in ("PNG", "JPEG") and pixels > _MOST_STREAMED_PX:
        what = f"a {dataset.driver} of {dataset.width} x {dataset.height} pixels cannot be read in windows"
    elif columns >= dataset.width and pixels > _MOST_UNTILED_PX:
        what = f"{dataset.width} x {dataset.height} pixels without tiles cannot be read in windows"
    elif dataset.driver == "GTiff" and rows * columns * dataset.count * item > _MOST_BLOCK_BYTES:
        what = f"its blocks of {columns} x {rows} pixels are too large to read in windows"
    else:
        return
    raise InputError(
        "E-INPUT-TOO-LARGE",
        what,
        where=str(path),
        remedy="convert it to a tiled GeoTIFF (gdal_translate -of COG)",
    )


def _refuse_what_is_cut_short(path: Path, driver: str) -> None:
    if path.with_name(path.name + ".msk").exists():
        raise InputError(
            "E-INPUT-EXTERNAL-MASK",
            "its mask lies in another file",
            where=str(path),
            remedy="put both in one with gdal_translate -of COG",
        )
    size = path.stat().st_size
    cut = False
    if driver == "GTiff":
        # A directory that makes no sense is GDAL's to refuse.
        with path.open("rb") as file, contextlib.suppress(ValueError, KeyError, struct.error, OverflowError, OSError):
            cut = required_size(file) > size
    elif driver in ("PNG", "JPEG"):
        with path.open("rb") as file:
            file.seek(max(0, size - 65536))
            cut = (b"IEND" if driver == "PNG" else b"\xff\xd9") not in file.read()
    if cut:
        raise InputError(
            "E-INPUT-TRUNCATED", "the file is cut short", where=str(path), remedy="fetch or export it again"
        )
