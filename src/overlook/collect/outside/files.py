"""Files of a case: read with one error, written and moved at once, their digests."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from overlook.errors import InputError, StoreError

if TYPE_CHECKING:
    pass

_CHUNK = 1 << 20
_STALE_S = 3600


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(data: bytes) -> str:
    """SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


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


def move(source: Path, folder: Path) -> Path:
    """Move a file into a folder under its own name, or the next free one. Raises InputError."""
    with writing(folder):
        folder.mkdir(exist_ok=True)
        target, number = folder / source.name, 2
        while target.exists():
            target, number = folder / f"{number}-{source.name}", number + 1
        source.rename(target)
    return target
