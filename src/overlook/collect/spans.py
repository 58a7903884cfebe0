"""Which bytes to ask for: spans of a file as plain pairs [start, stop), merged and cut. Nothing here fetches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from overlook.collect.tiff import Blocks

Span = tuple[int, int]
#: GDAL's COG driver writes the length of a block in the 4 bytes before it and its last bytes again after it, and may
#: read both: bytes on either side of a block that come along.
_BESIDE = 4
#: Bytes between two spans that are fetched rather than asked for apart, at most this share of what is needed.
_GAP, _GAP_SHARE = 4096, 0.02
#: A longer request is split, so that several connections carry it.
_LONGEST = 1 << 20


def spans_of(blocks: Blocks, indices: Iterable[int], size: int) -> tuple[Span, ...]:
    """The bytes of some blocks, in the file's order, overlaps merged; none of blocks that were never written.

    Raises ValueError when a block lies outside a file of `size` bytes.
    """
    chosen = np.fromiter(indices, dtype=np.int64)
    offsets, lengths = blocks.offsets[chosen], blocks.lengths[chosen]
    written = (offsets > 0) & (lengths > 0)
    starts, ends = offsets[written].astype(object), (offsets + lengths)[written].astype(object)
    if any(end > size or end <= start for start, end in zip(starts, ends, strict=True)):
        raise ValueError("a block of pixels lies outside the file")
    wide = sorted((max(0, int(a) - _BESIDE), min(size, int(b) + _BESIDE)) for a, b in zip(starts, ends, strict=True))
    return merged(wide)


def merged(spans: Iterable[Span], *, gap: int = 0) -> tuple[Span, ...]:
    """Sorted spans without overlap; those at most `gap` bytes apart as one."""
    out: list[Span] = []
    for start, stop in sorted(spans):
        if out and start <= out[-1][1] + gap:
            out[-1] = (out[-1][0], max(out[-1][1], stop))
        elif stop > start:
            out.append((start, stop))
    return tuple(out)


def length_of(spans: Iterable[Span]) -> int:
    return sum(stop - start for start, stop in spans)


def without(spans: Iterable[Span], have: tuple[Span, ...]) -> tuple[Span, ...]:
    """What of `spans` is not in `have` (sorted, without overlap)."""
    out: list[Span] = []
    for start, stop in spans:
        at = start
        for low, high in have:
            if high <= at or low >= stop:
                continue
            if low > at:
                out.append((at, low))
            at = max(at, high)
        if at < stop:
            out.append((at, stop))
    return tuple(out)


def requests_of(spans: tuple[Span, ...], *, longest: int = _LONGEST) -> Iterator[Span]:
    """The requests that fetch `spans`: near ones together, long ones cut in parts of equal length."""
    gap = min(_GAP, int(_GAP_SHARE * length_of(spans) / max(1, len(spans))))
    for start, stop in merged(spans, gap=gap):
        parts = max(1, -(-(stop - start) // longest))
        edges = [start + (stop - start) * i // parts for i in range(parts + 1)]
        yield from itertools.pairwise(edges)
