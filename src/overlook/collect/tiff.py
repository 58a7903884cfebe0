"""How long a TIFF must be: what its directories point to, without decoding anything (TIFF 6.0; BigTIFF)."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np

#: Bytes of a value, by TIFF field type.
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_UNSIGNED = {3: "u2", 4: "u4", 16: "u8"}
_OFFSETS, _LENGTHS = (273, 324), (279, 325)
_MOST_DIRECTORIES = 64
_MOST_BLOCKS = 20_000_000


def required_size(file: BinaryIO) -> int:
    """The byte after the last one that any directory, tag value or block of pixels needs.

    Blocks that were never written (sparse files) need none. Raises ValueError or struct.error when the directories
    themselves make no sense.
    """
    order = {b"II": "<", b"MM": ">"}[file.read(2)]
    (version,) = struct.unpack(order + "H", file.read(2))
    big = version == 43
    if big:
        file.read(4)
    (at,) = struct.unpack(order + ("Q" if big else "I"), file.read(8 if big else 4))
    end, seen = 0, set[int]()
    while at and at not in seen and len(seen) < _MOST_DIRECTORIES:
        seen.add(at)
        end, at = _directory(file, at, order, big=big, end=end)
    return end


def _directory(file: BinaryIO, at: int, order: str, *, big: bool, end: int) -> tuple[int, int]:
    """The end that this directory needs, and where the next one starts (0: none)."""
    file.seek(at)
    head, entry_size, word = ("Q", 20, "Q") if big else ("H", 12, "I")
    (count,) = struct.unpack(order + head, file.read(struct.calcsize(head)))
    if count > 4096:
        raise ValueError("a directory of more than 4096 tags")
    entries = file.read(count * entry_size)
    tail = file.read(struct.calcsize(word))
    end = max(end, at + struct.calcsize(head) + count * entry_size + struct.calcsize(word))
    blocks: dict[str, np.ndarray[tuple[int], np.dtype[np.uint64]]] = {}
    for i in range(count):
        tag, kind, number = struct.unpack_from(order + "HH" + word, entries, i * entry_size)
        inline = entries[i * entry_size + (12 if big else 8) : (i + 1) * entry_size]
        length = number * _BYTES.get(kind, 1)
        where = None if length <= len(inline) else struct.unpack(order + word, inline)[0]
        end = max(end, where + length if where is not None else 0)
        if tag in (*_OFFSETS, *_LENGTHS) and kind in _UNSIGNED and number <= _MOST_BLOCKS:
            name = "offsets" if tag in _OFFSETS else "lengths"
            blocks[name] = _numbers(file, inline if where is None else where, length, order + _UNSIGNED[kind])
    if len(blocks) == 2 and len(blocks["offsets"]) == len(blocks["lengths"]):
        ends = np.where(blocks["offsets"] > 0, blocks["offsets"] + blocks["lengths"], 0)
        end = max(end, int(ends.max(initial=0)))
    return end, struct.unpack(order + word, tail)[0]


def _numbers(
    file: BinaryIO, source: bytes | int, length: int, kind: str
) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    if isinstance(source, int):
        file.seek(source)
        source = file.read(length)
    return np.frombuffer(source[:length], dtype=kind).astype(np.uint64)
