"""A chip as bytes and back: the same chip gives the same bytes, whatever the machine and the day.

Layout: magic, length of the header (4 bytes, big-endian), header (canonical JSON of ChipMeta), then two zlib streams,
each after its length (8 bytes): pixels as differences along the row, band by band, and the mask as it is.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from overlook.errors import StoreError
from overlook.terms import Chip, ChipMeta, dumps, loads

_MAGIC = b"OVERLOOK-CHIP 1\n"
_LEVEL = 1


def encode(chip: Chip) -> bytes:
    header = dumps(chip.meta)
    pixels = chip.pixels
    first = np.zeros((pixels.shape[0], 1, pixels.shape[2]), dtype=np.uint8)
    # Neighbours are alike, so their differences (modulo 256) pack better; and bands pack best apart.
    steps = np.diff(pixels, axis=1, prepend=first)
    streams = (
        zlib.compress(np.moveaxis(steps, 2, 0).tobytes(), _LEVEL),
        zlib.compress(chip.unusable.tobytes(), _LEVEL),
    )
    parts = [_MAGIC, struct.pack(">I", len(header)), header]
    for stream in streams:
        parts += [struct.pack(">Q", len(stream)), stream]
    return b"".join(parts)


def decode(data: bytes) -> Chip:
    """Raises StoreError for bytes that `encode` did not write."""
    meta, at = _header(data)
    rows, columns = meta.shape
    try:
        packed, at = _stream(data, at)
        mask, _ = _stream(data, at)
        steps = np.frombuffer(packed, dtype=np.uint8).reshape(len(meta.bands), rows, columns)
        unusable = np.frombuffer(mask, dtype=np.uint8).reshape(rows, columns).copy()
        pixels: NDArray[np.uint8] = np.ascontiguousarray(
            np.moveaxis(np.add.accumulate(steps, axis=2, dtype=np.uint8), 0, 2)
        )
        return Chip(meta=meta, pixels=pixels, unusable=unusable)
    except (ValueError, struct.error, zlib.error) as error:
        raise _broken(error) from error


def decode_meta(data: bytes) -> ChipMeta:
    """What is known of a chip, without unpacking its pixels. Raises StoreError."""
    return _header(data)[0]


def decode_unusable(data: bytes) -> NDArray[np.uint8]:
    """The mask (rows, columns) alone: the pixels, most of what a chip is, stay packed. Raises StoreError."""
    meta, at = _header(data)
    try:
        mask, _ = _stream(data, _end(data, at))
        return np.frombuffer(mask, dtype=np.uint8).reshape(meta.shape)
    except (ValueError, struct.error, zlib.error) as error:
        raise _broken(error) from error


def _header(data: bytes) -> tuple[ChipMeta, int]:
    if not data.startswith(_MAGIC):
        raise _broken(ValueError("no chip"))
    at = len(_MAGIC) + 4
    try:
        (length,) = struct.unpack_from(">I", data, len(_MAGIC))
        meta: ChipMeta = loads(data[at : at + length], ChipMeta)
    except (ValueError, struct.error) as error:
        raise _broken(error) from error
    return meta, at + length


def _stream(data: bytes, at: int) -> tuple[bytes, int]:
    end = _end(data, at)
    return zlib.decompress(data[at + 8 : end]), end


def _end(data: bytes, at: int) -> int:
    """Where the stream that begins at `at` ends."""
    (length,) = struct.unpack_from(">Q", data, at)
    if at + 8 + length > len(data):
        raise ValueError("cut short")
    return int(at + 8 + length)


def _broken(error: Exception) -> StoreError:
    return StoreError(
        "E-STORE-CHIP",
        f"a stored chip cannot be read ({str(error)[:80]})",
        remedy="delete .overlook and assess again",
    )
