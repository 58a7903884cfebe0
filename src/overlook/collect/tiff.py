"""Where a TIFF keeps what, without decoding anything (TIFF 6.0, Adobe 1992; BigTIFF; GDAL's masks and overviews).

Reads through a function of (start, length), so that the bytes may lie in a file or still have to be fetched.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

#: Bytes at [start, start + length): fewer, or an exception, when they are not there.
Read = Callable[[int, int], bytes]
#: Bytes of a value, by TIFF field type.
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_UNSIGNED = {1: "u1", 3: "u2", 4: "u4", 16: "u8"}
_OFFSETS, _LENGTHS = (273, 324), (279, 325)
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES = 254, 256, 257, 258, 259, 277
_ROWS_PER_STRIP, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT = 278, 284, 322, 323
_OVERVIEW, _MASK = 1, 4
_MOST_DIRECTORIES = 64
_MOST_TAGS = 4096
_MOST_BLOCKS = 20_000_000
#: A tag's value that is read although no block is found by it: longer ones are texts that a window does without.
_LONGEST_VALUE = 1 << 18
#: Compressions whose tables lie where no tag says (old JPEG): their files are read whole.
_SCATTERED = frozenset({6})
#: DEFLATE, by its number and by its older one.
_ZLIB = frozenset({8, 32946})
_LERC = 34887
_CHUNK = 1 << 20

Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Field:
    """One tag of a directory. `where` is the offset of its value, None when it stands in the directory itself."""

    kind: int
    number: int
    inline: bytes
    where: int | None

    @property
    def length(self) -> int:
        return self.number * _BYTES.get(self.kind, 1)


@dataclass(frozen=True, slots=True)
class Directory:
    """One image of a file: `fields` by tag; `end` is the byte after the last that directory or its values need."""

    at: int
    order: str
    fields: dict[int, Field]
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Tiles or strips of one image. `offsets` and `lengths` in bytes, plane after plane; a length of 0: never written.

    `shape` is (rows, columns) of the image, `block` of one tile or strip; `planes` is 1 when a block holds all bands.
    `compression` is TIFF's number, `block_bytes` the length of a block that is not compressed.
    """

    shape: tuple[int, int]
    block: tuple[int, int]
    planes: int
    offsets: Numbers
    lengths: Numbers
    compression: int = 1
    block_bytes: int = 0

    def within(self, column: int, row: int, width: int, height: int) -> NDArray[np.int64]:
        """Indices of the blocks that a window of pixels touches, in every plane. The window lies on the image."""
        high, wide = self.block
        across, down = -(-self.shape[1] // wide), -(-self.shape[0] // high)
        rows = np.arange(row // high, (row + height - 1) // high + 1)
        columns = np.arange(column // wide, (column + width - 1) // wide + 1)
        plane = (rows[:, None] * across + columns).ravel()
        return (np.arange(self.planes)[:, None] * (across * down) + plane).ravel()


def directories(read: Read) -> Iterator[Directory]:
    """The directories of a TIFF in their order. Raises ValueError or struct.error when they make no sense."""
    head = read(0, 16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        raise ValueError("not a TIFF")
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
    seen = set[int]()
    while at:
        if at in seen:
            raise ValueError("its directories go round in a circle")
        if len(seen) >= _MOST_DIRECTORIES:
            raise ValueError(f"more than {_MOST_DIRECTORIES} directories")
        seen.add(at)
        directory, at = _directory(read, at, order, big=big)
        yield directory


def _directory(read: Read, at: int, order: str, *, big: bool) -> tuple[Directory, int]:
    """The directory, and where the next one starts (0: none)."""
    head, entry_size, word = ("Q", 20, "Q") if big else ("H", 12, "I")
    head_size, word_size = struct.calcsize(head), struct.calcsize(word)
    (count,) = struct.unpack(order + head, read(at, head_size))
    if not 0 < count <= _MOST_TAGS:
        raise ValueError(f"a directory of {count} tags")
    entries = read(at + head_size, count * entry_size + word_size)
    end = at + head_size + len(entries)
    fields: dict[int, Field] = {}
    for i in range(count):
        tag, kind, number = struct.unpack_from(order + "HH" + word, entries, i * entry_size)
        inline = entries[(i + 1) * entry_size - word_size : (i + 1) * entry_size]
        length = number * _BYTES.get(kind, 1)
        where = None if length <= word_size else struct.unpack(order + word, inline)[0]
        end = max(end, where + length if where is not None else 0)
        fields.setdefault(tag, Field(kind, number, inline, where))
    (following,) = struct.unpack_from(order + word, entries, count * entry_size)
    return Directory(at, order, fields, end), following


def blocks_of(directory: Directory, read: Read) -> Blocks:
    """The blocks of an image. Raises ValueError when the directory contradicts itself."""
    width, height = _one(directory, _WIDTH, read), _one(directory, _HEIGHT, read)
    samples = _one(directory, _SAMPLES, read, default=1)
    planes = samples if _one(directory, _PLANAR, read, default=1) == 2 else 1
    if _TILE_WIDTH in directory.fields:
        block = _one(directory, _TILE_HEIGHT, read), _one(directory, _TILE_WIDTH, read)
    else:
        block = min(_one(directory, _ROWS_PER_STRIP, read, default=height), height), width
    if min(width, height, samples, *block) < 1:
        raise ValueError("an image or a block without pixels")
    offsets, lengths = _tables(directory, read)
    expected = planes * -(-height // block[0]) * -(-width // block[1])
    if len(offsets) != len(lengths) or len(offsets) < expected:
        raise ValueError(f"{len(offsets)} blocks where {width} x {height} pixels need {expected}")
    bits = _one(directory, _BITS, read, default=1)
    return Blocks(
        shape=(height, width),
        block=block,
        planes=planes,
        offsets=offsets,
        lengths=lengths,
        compression=_one(directory, _COMPRESSION, read, default=1),
        block_bytes=-(-block[0] * block[1] * (samples if planes == 1 else 1) * bits // 8),
    )


def has_checksums(blocks: Blocks) -> bool:
    """Whether a damaged block would be noticed: by `is_damaged`, or by LERC's own decoder (version 3 and later)."""
    return blocks.compression in (*_ZLIB, _LERC)


def is_damaged(blocks: Blocks, index: int, read: Read) -> bool:
    """Whether a block fails its own checksum; False for a compression without one.

    A DEFLATE block is a zlib stream (RFC 1950) and ends with the Adler-32 of its pixels. libtiff stops reading it when
    it has all pixels, and does not look at that.
    """
    length = int(blocks.lengths[index])
    if blocks.compression not in _ZLIB or length == 0 or blocks.offsets[index] == 0:
        return False
    stream, left = zlib.decompressobj(), read(int(blocks.offsets[index]), length)
    made = 0
    try:
        while left and not stream.eof:
            made += len(stream.decompress(left, _CHUNK))
            left = stream.unconsumed_tail
            if made > blocks.block_bytes + _CHUNK:
                return True
    except zlib.error:
        return True
    return not stream.eof


def image_and_mask(read: Read) -> tuple[Blocks, ...]:
    """The blocks of a file's first image, and of its mask when it has one of the same size.

    Every value that a reader of the first image may ask for is read once, so that it has been fetched: those of all
    directories but for the tables of blocks of the others. Raises ValueError when directories make no sense, and
    NotImplementedError for a file that can only be read whole.
    """
    found: list[Blocks] = []
    for number, directory in enumerate(list(directories(read))):
        for tag, field in directory.fields.items():
            if field.where is not None and field.length <= _LONGEST_VALUE and tag not in (*_OFFSETS, *_LENGTHS):
                read(field.where, field.length)
        if _one(directory, _COMPRESSION, read, default=1) in _SCATTERED:
            raise NotImplementedError("its pixels are of the old kind of JPEG")
        subfile = _one(directory, _SUBFILE, read, default=0)
        if number == 0:
            found.append(blocks_of(directory, read))
        elif len(found) == 1 and subfile & _MASK and not subfile & _OVERVIEW:
            mask = blocks_of(directory, read)
            found += [mask] if mask.shape == found[0].shape else []
    if not found:
        raise ValueError("it has no directory")
    return tuple(found)


def required_size(file: BinaryIO) -> int:
    """The byte after the last one that any directory, tag value or block of pixels needs.

    Blocks that were never written (sparse files) need none. Raises ValueError or struct.error when the directories
    themselves make no sense.
    """

    def read(start: int, length: int) -> bytes:
        file.seek(start)
        return file.read(length)

    end = 0
    for directory in directories(read):
        offsets, lengths = _tables(directory, read)
        ends = np.where(offsets > 0, offsets + lengths, 0) if len(offsets) == len(lengths) else np.zeros(0, np.uint64)
        end = max(end, directory.end, int(ends.max(initial=0)))
    return end


def _tables(directory: Directory, read: Read) -> tuple[Numbers, Numbers]:
    """Offsets and lengths of the blocks."""
    return _table(directory, _OFFSETS, read), _table(directory, _LENGTHS, read)


def _table(directory: Directory, tags: tuple[int, ...], read: Read) -> Numbers:
    field = next((directory.fields[tag] for tag in tags if tag in directory.fields), None)
    if field is None or field.kind not in _UNSIGNED or field.number > _MOST_BLOCKS:
        return np.zeros(0, dtype=np.uint64)
    data = field.inline if field.where is None else read(field.where, field.length)
    return np.frombuffer(data[: field.length], dtype=directory.order + _UNSIGNED[field.kind]).astype(np.uint64)


def _one(directory: Directory, tag: int, read: Read, *, default: int | None = None) -> int:
    """The first value of a tag. Raises ValueError when it is missing and has no default."""
    field = directory.fields.get(tag)
    if field is None or field.kind not in _UNSIGNED or field.number < 1:
        if default is None:
            raise ValueError(f"no tag {tag}")
        return default
    size = _BYTES[field.kind]
    data = field.inline[:size] if field.where is None else read(field.where, size)
    return int(np.frombuffer(data, dtype=directory.order + _UNSIGNED[field.kind])[0])
