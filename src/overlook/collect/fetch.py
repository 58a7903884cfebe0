"""A window of a remote image: which bytes it needs, fetched into a local file that a reader takes for the whole one.

A TIFF's directories are read by ranges; the blocks of its first image and of its mask that the window touches are
fetched over several connections and put at their own offsets in a sparse file. What cannot be read so (JPEG 2000, NITF,
PNG, a server without ranges) is fetched whole, within a bound. Nothing here decodes a pixel.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from overlook.collect.header import Header
from overlook.collect.outside import files, headers
from overlook.collect.outside.hrefs import address, path_of
from overlook.collect.outside.http import BUSY, Transport, too_large
from overlook.collect.outside.partial import Missing, Partial
from overlook.collect.outside.sources import Source, open_source
from overlook.collect.placing import Box, PixelWindow, window_of
from overlook.collect.spans import Span, length_of, merged, requests_of, spans_of
from overlook.collect.tiff import Blocks, has_checksums, image_and_mask, is_damaged
from overlook.errors import FetchError, InputError

#: A window of a site is megabytes; a whole file that cannot be read in windows, gigabytes.
MOST_WINDOW_BYTES = 2 * 2**30
MOST_WHOLE_BYTES = 4 * 2**30
_MOST_DIRECTORY_BYTES = 128 * 2**20
#: Directories are fetched in pieces of this length: their tables lie close together.
_STEP = 1 << 14
_CONNECTIONS = 8
_CHECKERS = 2
_TIMES = 4
#: Two offers of one file, or two runs: the second waits for the first.
_WAIT_S = 120.0
_WHOLE_PART = 4 << 20
_SUFFIXES = {"GTiff": ".tif", "PNG": ".png", "JPEG": ".jpg", "NITF": ".ntf", "JP2OpenJPEG": ".jp2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A window that is here. `path` holds it and may hold nothing else; its `header` is the whole image's.

    `where` is its address without a query; `version` the server's (ETag) or ""; `digest` is over the bytes that were
    fetched, "" for a file of this machine. `block_bytes`: of the blocks that the window touches; `whole`: the file was
    fetched as a whole. `is_guarded`: a byte damaged on its way would have been noticed, by TLS, by the digest that the
    catalogue gives, or by a checksum in the file.
    """

    path: Path
    window: PixelWindow
    header: Header
    where: str
    version: str = ""
    digest: str = ""
    block_bytes: int = 0
    whole: bool = False
    is_guarded: bool = True


@contextlib.contextmanager
def fetched(href: str, box: Box, folder: Path, transport: Transport, *, digest: str = "") -> Iterator[Fetched]:
    """Fetch what the `box` needs of an image; the file is there until the block ends, and goes when it ends well.

    What came stays under `folder` when patience ended or the process was killed, and is not fetched again. `digest`:
    the SHA-256 that the whole file should have, checked when the whole is fetched. Raises FetchError and InputError.
    """
    target = address(href, transport.allowed)
    if target.scheme == "file":
        yield _local(path_of(target), box, target.where)
        return
    source = open_source(transport, href)
    partial, driver = _partial(source, box, folder)
    keep = True
    try:
        with _unbroken(source.where):
            got = _windowed(source, partial, box) if driver == "GTiff" and source.is_ranged else None
            got = got or _whole(source, partial, box, driver, digest)
        yield got
        keep = False
    except (FetchError, InputError) as error:
        # Only where asking later may help: a file that cannot be read may have been damaged on its way.
        keep = error.code == BUSY
        raise
    finally:
        partial.close(keep=keep)


@contextlib.contextmanager
def _unbroken(where: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, struct.error) as error:
        what = "its directories are cut short" if isinstance(error, struct.error) else str(error)
        raise FetchError("E-FETCH-BROKEN", f"this TIFF cannot be read: {what}", where=where) from error


def _partial(source: Source, box: Box, folder: Path) -> tuple[Partial, str]:
    """Where its bytes go, and its GDAL driver, "" as long as nothing was seen of it."""
    driver = headers.driver_of_head(source.head, source.where) if source.is_ranged else ""
    size = source.size if source.is_ranged and source.size is not None else MOST_WHOLE_BYTES
    suffix = _SUFFIXES.get(driver, "")
    partial = Partial(
        folder,
        where=source.where,
        part=f"{box.crs} {box.bounds}",
        size=size,
        version=source.version,
        suffix=suffix,
        wait_s=_WAIT_S,
    )
    if source.is_ranged and partial.lacking(((0, len(source.head)),)):
        partial.put(0, source.head)
    return partial, driver


def fetch_file(href: str, transport: Transport, *, limit: int, digest: str = "") -> bytes:
    """A small file as a whole, in memory. Raises FetchError."""
    target = address(href, transport.allowed)
    if target.scheme == "file":
        return files.read_bytes(path_of(target))
    parts: dict[int, bytes] = {}

    def sink(at: int, data: bytes) -> None:
        if at == 0:
            parts.clear()
        parts[at] = data

    open_source(transport, href).whole(sink, limit=limit)
    data = b"".join(parts[at] for at in sorted(parts))
    _require_digest(files.sha256_of(data), digest, target.where)
    return data


def _local(path: Path, box: Box, where: str) -> Fetched:
    header = headers.read_header(path)
    return Fetched(path=path, window=window_of(header, box, where=where), header=header, where=where)


def _windowed(source: Source, partial: Partial, box: Box) -> Fetched | None:
    """None when the file can only be had as a whole."""
    images = _directories(source, partial)
    if images is None:
        return None
    header = headers.read_header(partial.path)
    window = window_of(header, box, where=source.where)
    touched = [(blocks, blocks.within(*window)) for blocks in images]
    spans = merged(span for blocks, chosen in touched for span in spans_of(blocks, chosen, partial.size))
    if length_of(spans) > MOST_WINDOW_BYTES:
        raise too_large(length_of(spans), MOST_WINDOW_BYTES, source.where)
    _fetch(source, partial, partial.lacking(spans))
    if not source.is_guarded:
        for blocks, chosen in touched:
            _mend(source, partial, blocks, chosen)
    return Fetched(
        path=partial.path,
        window=window,
        header=header,
        where=source.where,
        version=source.version,
        digest=partial.digest(),
        block_bytes=length_of(spans),
        is_guarded=source.is_guarded or all(has_checksums(blocks) for blocks in images),
    )


def _directories(source: Source, partial: Partial) -> tuple[Blocks, ...] | None:
    """The blocks of image and mask, fetching what their directories need. None for a TIFF that is only read whole."""
    moved = 0
    while True:
        try:
            return image_and_mask(partial.read)
        except Missing as missing:
            start = missing.start // _STEP * _STEP
            stop = min(partial.size, max(missing.stop, start + _STEP))
            moved += stop - start
            if moved > _MOST_DIRECTORY_BYTES:
                raise too_large(None, _MOST_DIRECTORY_BYTES, f"{source.where} (directories)") from None
            _fetch(source, partial, partial.lacking(((start, stop),)))
        except NotImplementedError:
            return None


def _mend(source: Source, partial: Partial, blocks: Blocks, chosen: Iterable[int]) -> None:
    """Fetch blocks again that fail their own checksum. Raises ValueError when they fail it every time."""
    left = list(chosen)
    for _ in range(_TIMES):
        with ThreadPoolExecutor(_CHECKERS) as pool:
            damaged = pool.map(lambda index: is_damaged(blocks, index, partial.read), left)
            left = [index for index, is_bad in zip(left, damaged, strict=True) if is_bad]
        if not left:
            return
        _fetch(source, partial, partial.forget(spans_of(blocks, left, partial.size)))
    raise ValueError("its blocks fail their checksums")


def _require_sound(partial: Partial, window: PixelWindow) -> None:
    """Raise ValueError when a block of the window fails its own checksum."""
    with contextlib.suppress(NotImplementedError):
        for blocks in image_and_mask(partial.read):
            if any(is_damaged(blocks, index, partial.read) for index in blocks.within(*window)):
                raise ValueError("its blocks fail their checksums")


def _fetch(source: Source, partial: Partial, spans: tuple[Span, ...], *, longest: int = 1 << 20) -> None:
    """Fetch spans over several connections. The first failure ends it; what came by then stays."""

    def one(span: Span) -> None:
        partial.put(span[0], source.read(*span))

    asked = list(requests_of(spans, longest=longest))
    if len(asked) <= 1:
        for span in asked:
            one(span)
        return
    with ThreadPoolExecutor(min(_CONNECTIONS, len(asked)), thread_name_prefix="fetch") as pool:
        futures = [pool.submit(one, span) for span in asked]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _whole(source: Source, partial: Partial, box: Box, driver: str, digest: str) -> Fetched:
    if source.size is not None and source.size > MOST_WHOLE_BYTES:
        raise too_large(source.size, MOST_WHOLE_BYTES, source.where)
    if driver:
        _fetch(source, partial, partial.lacking(((0, partial.size),)), longest=_WHOLE_PART)
    else:
        _stream(source, partial)
        partial.rename(_SUFFIXES[headers.driver_of(partial.path)])
    sha256 = files.sha256(partial.path)
    _require_digest(sha256, digest, source.where)
    header = headers.read_header(partial.path)
    window = window_of(header, box, where=source.where)
    if partial.path.suffix == ".tif" and not source.is_guarded:
        _require_sound(partial, window)
    return Fetched(
        path=partial.path,
        window=window,
        header=header,
        where=source.where,
        version=source.version,
        digest=sha256,
        block_bytes=partial.size,
        whole=True,
        is_guarded=source.is_guarded or bool(digest),
    )


def _stream(source: Source, partial: Partial) -> None:
    """The whole file from a server without ranges: nothing of a broken attempt can be used."""
    end = 0

    def sink(at: int, data: bytes) -> None:
        nonlocal end
        if at == 0:
            headers.driver_of_head(data, source.where)
            partial.reset()
        partial.put(at, data)
        end = at + len(data)

    source.whole(sink, limit=MOST_WHOLE_BYTES)
    partial.end_at(end)


def _require_digest(found: str, digest: str, where: str) -> None:
    # A multihash of SHA-256 (STAC's file:checksum) begins with 1220.
    expected = digest.removeprefix("1220") if len(digest) == 68 else digest
    if len(expected) == 64 and found != expected.lower():
        raise InputError("E-INPUT-DIGEST", "it is not the file whose digest the catalogue gives", where=where)
