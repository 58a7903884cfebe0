"""All that `collect` does to the world: headers read through rasterio, side-cars and copies written atomically.

It never decodes a pixel.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import struct
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapely.errors import ShapelyError

from overlook.collect.georeference import parse_world_file
from overlook.collect.header import Header, asset_names, is_stac_item
from overlook.collect.item import from_item
from overlook.collect.names import SIDECAR
from overlook.collect.tiff import required_size
from overlook.errors import InputError, StoreError
from overlook.terms import Scene

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
_FORMATS = "GeoTIFF, PNG, JPEG, NITF or JPEG 2000"
#: PNG and JPEG are decoded from the top for any window.
_MOST_STREAMED_PX = 400_000_000
_MOST_UNTILED_PX = 2**31
_MOST_BLOCK_BYTES = 512 * 2**20
_WORLD_SUFFIXES = {
    ".png": (".pgw", ".pngw", ".wld"),
    ".jpg": (".jgw", ".jpgw", ".wld"),
    ".jpeg": (".jgw", ".jpegw", ".jpgw", ".wld"),
    ".tif": (".tfw", ".tifw", ".wld"),
    ".tiff": (".tfw", ".tiffw", ".wld"),
    ".jp2": (".j2w", ".wld"),
}
_CHUNK = 1 << 20
_LARGEST_STAC = 4 * 2**20
_STALE_S = 3600


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of the system while reading `path`, as one InputError."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(
            "E-INPUT-MISSING", "there is no such file", where=str(path), remedy="check its name"
        ) from error
    except IsADirectoryError as error:
        raise InputError(
            "E-INPUT-FOLDER", "this is a folder", where=str(path), remedy="name the files in it"
        ) from error
    except OSError as error:
        raise InputError(
            "E-INPUT-UNREADABLE", f"it cannot be read ({error.strerror or error})", where=str(path)
        ) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Errors of the system while writing `path`, as one StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            "E-STORE-WRITE",
            f"it cannot be written ({error.strerror or error})",
            where=str(path),
            remedy="check the disk and its permissions",
        ) from error


def read_text(path: Path) -> str:
    """A UTF-8 text, a byte-order mark dropped. Raises InputError with the offset of the first bad byte."""
    with reading(path):
        data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "E-INPUT-ENCODING",
            f"it is not UTF-8 text (byte {error.start + 1})",
            where=str(path),
            remedy="save it as UTF-8",
        ) from error


def read_bytes(path: Path) -> bytes:
    with reading(path):
        return path.read_bytes()


def read_header(path: Path) -> Header:
    """What an image says of itself, its world file and a STAC Item beside it included.

    Raises InputError for what is not an image, is cut short, or is too large to read in windows.
    """
    driver = driver_of(path)
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
        ground_control_points=len(dataset.gcps[0]),
        tags=tags,
        stac=stac_beside(path),
    )


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
        head = file.read(512)
    if not head:
        raise InputError("E-INPUT-EMPTY", "the file is empty", where=str(path), remedy="fetch or export it again")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body")):
        raise InputError(
            "E-INPUT-HTML",
            "this is a web page or XML, not an image",
            where=str(path),
            remedy="download the image itself (you may have to sign in)",
        )
    driver = next((driver for magic, driver in _DRIVERS if head.startswith(magic)), None)
    if driver is None:
        raise InputError(
            "E-INPUT-UNREADABLE", f"this is not {_FORMATS}", where=str(path), remedy="convert it with gdal_translate"
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


# ---- the imagery folder ----------------------------------------------------------------------------------------


def names_in(folder: Path) -> set[str]:
    """Names of the files in a folder, without temporary ones; none when there is no folder."""
    if not folder.is_dir():
        return set()
    with reading(folder):
        return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def class_names_beside(labels: Path) -> Path | None:
    """The class names of a YOLO file: `LABELS.names`, `classes.txt`, or the only `*.names` in its folder."""
    for candidate in (labels.with_suffix(".names"), labels.parent / "classes.txt"):
        if candidate.is_file() and candidate != labels:
            return candidate
    others = sorted(labels.parent.glob("*.names"))
    return others[0] if len(others) == 1 else None


def exists(path: Path) -> bool:
    return path.is_file()


def stat_of(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds, of what a link points to."""
    with reading(path):
        stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def copy(source: Path, target: Path, *, link: bool = False) -> None:
    """Copy (or link) a file to its final name at once: never half a file under that name."""
    temporary = _temporary(target)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        try:
            if link:
                temporary.symlink_to(source.resolve())
            else:
                _copy_bytes(source, temporary)
            temporary.replace(target)
            _sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write(target: Path, data: bytes) -> None:
    """Write a file to its final name at once."""
    temporary = _temporary(target)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _copy_bytes(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())


def _temporary(target: Path) -> Path:
    return target.with_name(f".tmp-{os.getpid()}-{time.monotonic_ns()}-{target.name}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """What a killed run left half-written goes; what another run writes now stays."""
    for stale in folder.glob(".tmp-*"):
        with contextlib.suppress(OSError):
            if time.time() - stale.lstat().st_mtime > _STALE_S:
                stale.unlink()


def write_sidecar(path: Path, item: dict[str, Any]) -> None:
    """A STAC Item through pystac, which refuses what is none."""
    import pystac

    checked = pystac.Item.from_dict(item, preserve_dict=True)
    checked.stac_extensions = list(item["stac_extensions"])
    write(path, json.dumps(checked.to_dict(include_self_link=False, transform_hrefs=False), indent=1).encode())


def read_sidecar(path: Path) -> tuple[Scene, dict[str, Any]]:
    """The scene of a side-car, and the Item itself. Raises InputError naming the file when it is broken."""
    text = read_text(path)
    try:
        item = json.loads(text)
        scene = from_item(item)
        # Ids are names in the ledger and in the report: two side-cars of one id would be one image.
        if scene.id + SIDECAR != path.name:
            raise ValueError(f"its id {scene.id!r} is not its name")  # noqa: TRY301
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, ShapelyError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            "E-INPUT-SIDECAR",
            f"this side-car is broken ({what[:160]})",
            where=str(path),
            remedy="restore it, or move it away and add the image again",
        ) from error
    return scene, item


def move(source: Path, folder: Path) -> Path:
    """Move a file into a folder under its own name, or the next free one. Raises InputError."""
    with writing(folder):
        folder.mkdir(exist_ok=True)
        target, number = folder / source.name, 2
        while target.exists():
            target, number = folder / f"{number}-{source.name}", number + 1
        source.rename(target)
    return target
