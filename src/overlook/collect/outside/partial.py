"""A remote file of which only some bytes are here: at their own offsets in a sparse local file, with a journal.

    KEY/about       which version of which file: its address without a query, size, ETag
    KEY/image.tif   the bytes that came, each where it belongs; what did not come is a hole
    KEY/journal     start, stop and SHA-256 of every span that was written

A journal line is believed only when the bytes still have its digest: whatever a killed process or a lost power left
half-written is simply fetched again. Nothing outside this folder ever refers to a file in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import time
from pathlib import Path

from overlook.collect.outside.files import writing
from overlook.collect.spans import Span, merged, without
from overlook.errors import FetchError
from overlook.terms import canonical

_MOST_LINES = 1_000_000
#: The folder of windows that are finished and not yet scenes.
READY = "ready"
_READY_S, _PARTS_S = 3600.0, 7 * 86400.0


class Missing(Exception):  # noqa: N818 - a request for bytes, not a failure
    """Bytes [start, stop) are wanted and not here."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__(start, stop)
        self.start, self.stop = start, stop


class Partial:
    """Safe to share between threads; opened once at a time. `part`: what of the file is wanted, in a word.

    Raises FetchError (E-FETCH-LOCKED) when somebody else still has it open after `wait_s`.
    """

    def __init__(
        self, folder: Path, *, where: str, part: str, size: int, version: str, suffix: str, wait_s: float = 0
    ) -> None:
        self.size = size
        self.folder = folder / hashlib.sha256(f"{where} {part}".encode()).hexdigest()[:24]
        self.path = self.folder / f"image{suffix}"
        self._lock = threading.Lock()
        self._digests: dict[Span, str] = {}
        self._have: tuple[Span, ...] = ()
        with writing(self.folder):
            self._held = _hold(self.folder, where, wait_s)
            about = canonical({"where": where, "size": size, "version": version, "name": self.path.name})
            if _bytes_of(self.folder / "about") == about:
                self._take_up()
            else:
                self._start(about)

    def read(self, start: int, length: int) -> bytes:
        """Raises Missing when a part is not here, ValueError when it lies outside the file."""
        if start < 0 or length < 0 or start + length > self.size:
            raise ValueError("something lies outside the file")
        if without(((start, start + length),), self._have):
            raise Missing(start, start + length)
        return os.pread(self._file, length, start)

    def put(self, start: int, data: bytes) -> None:
        """Write bytes where they belong; after the journal's line they count."""
        stop = start + len(data)
        sha256 = hashlib.sha256(data).hexdigest()
        with writing(self.path):
            _write_all(self._file, data, start)
            with self._lock:
                _write_all(self._journal, f"{start} {stop} {sha256}\n".encode(), None)
                self._digests[start, stop] = sha256
                self._have = merged((*self._have, (start, stop)))

    def lacking(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return without(spans, self._have)

    def digest(self) -> str:
        """SHA-256 over the spans that are here and their digests, in the file's order: in one word."""
        lines = [f"{start} {stop} {sha256}" for (start, stop), sha256 in sorted(self._digests.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def forget(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """What came of these bytes cannot be right: they, and what came with them, count as not here. Returns which."""
        with self._lock, writing(self.path):
            good = {
                (start, stop): sha256
                for (start, stop), sha256 in self._digests.items()
                if not any(low < stop and start < high for low, high in spans)
            }
            gone = merged(self._digests.keys() - good.keys())
            self._keep(good)
        return gone

    def reset(self) -> None:
        """Forget everything: what came cannot be right."""
        with self._lock, writing(self.path):
            os.ftruncate(self._journal, 0)
            os.ftruncate(self._file, 0)
            os.ftruncate(self._file, self.size)
            self._digests, self._have = {}, ()

    def end_at(self, size: int) -> None:
        """The file turned out to be this long."""
        with self._lock, writing(self.path):
            os.ftruncate(self._file, size)
            self.size = size

    def rename(self, suffix: str) -> None:
        """Its first bytes told what it is."""
        with writing(self.path):
            self.path = self.path.rename(self.folder / f"image{suffix}")

    def close(self, *, keep: bool) -> None:
        """Let go; `keep` what came for another time, or remove it."""
        for handle in (self._file, self._journal):
            os.close(handle)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)

    def _start(self, about: bytes) -> None:
        for left in self.folder.iterdir():
            left.unlink()
        (self.folder / "about").write_bytes(about)
        self._open()
        os.ftruncate(self._file, self.size)

    def _take_up(self) -> None:
        self._open()
        os.ftruncate(self._file, self.size)
        good: dict[Span, str] = {}
        for line in _bytes_of(self.folder / "journal").decode("ascii", "replace").splitlines()[:_MOST_LINES]:
            with contextlib.suppress(ValueError):
                start, stop, sha256 = line.split(" ")
                span = int(start), int(stop)
                data = os.pread(self._file, span[1] - span[0], span[0]) if 0 <= span[0] < span[1] <= self.size else b""
                if hashlib.sha256(data).hexdigest() == sha256:
                    good[span] = sha256
        self._keep(good)

    def _keep(self, good: dict[Span, str]) -> None:
        """These spans and no others are here."""
        os.ftruncate(self._journal, 0)
        self._digests, self._have = good, merged(good)
        lines = "".join(f"{start} {stop} {sha256}\n" for (start, stop), sha256 in good.items())
        _write_all(self._journal, lines.encode(), None)

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        self._journal = os.open(self.folder / "journal", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)


def sweep(folder: Path) -> None:
    """Remove what killed runs left: finished windows after an hour, parts of files after a week."""
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            age_s = time.time() - path.stat().st_mtime
            if age_s > (_READY_S if path.parent.name == READY else _PARTS_S):
                path.unlink()


def _hold(folder: Path, where: str, wait_s: float) -> int | None:
    """The operating system's lock on a folder: it ends with the process, however that ends.

    Whoever held it before may have removed the folder: then it is made again, and the lock is on the new one.
    """
    last = time.monotonic() + wait_s
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            import fcntl
        except ImportError:  # pragma: no cover - Windows
            return None
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if folder.stat().st_ino == os.fstat(handle).st_ino:
                    return handle
                os.close(handle)
                continue
            except FileNotFoundError:
                os.close(handle)
                continue
            except OSError as error:
                os.close(handle)
                if time.monotonic() > last:
                    raise FetchError(
                        "E-FETCH-LOCKED", "it is being fetched already", where=where, remedy="wait until that ends"
                    ) from error
                time.sleep(0.05)


def _write_all(handle: int, data: bytes, at: int | None) -> None:
    view = memoryview(data)
    while view:
        done = os.write(handle, view) if at is None else os.pwrite(handle, view, at)
        view = view[done:]
        at = None if at is None else at + done


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
