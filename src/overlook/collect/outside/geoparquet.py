"""stac-geoparquet: a catalogue as one table, a row an item (specification 1.0 and 1.1). Read here, never written.

Only the columns that say where and when are read of all rows; whole rows only where they may be meant. A remote file is
read by spans of bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from shapely.geometry import mapping

from overlook.collect.allowed import Allowed
from overlook.collect.asking import Answered, Asked, broken, short
from overlook.collect.outside.hrefs import address, path_of, stripped
from overlook.collect.outside.http import Transport
from overlook.collect.outside.linked import place
from overlook.collect.outside.sources import Source, open_source

#: Columns of the table that are members of the item itself; all others are its properties.
_OWN = ("type", "stac_version", "stac_extensions", "id", "bbox", "geometry", "links", "assets", "collection")
_WHEN = ("datetime", "start_datetime", "end_datetime")
_MOST_COLUMNS = 2_000


def rows(href: str, asked: Asked, allowed: Allowed, answered: Answered) -> None:
    """Items of the file that may lie in the area and time asked for; rows without a place or a time come too.

    Raises FetchError for a file that cannot be read or holds no STAC.
    """
    where = stripped(href)
    try:
        with _opened(href, allowed) as file:
            table = pq.ParquetFile(file)
            _require_stac(table, where)
            for group in range(table.metadata.num_row_groups):
                keep = _meant(table, group, asked)
                if keep.to_numpy(zero_copy_only=False).any():
                    for row in table.read_row_group(group).filter(keep).to_pylist():
                        answered.take(_item(row), where)
    except (pa.ArrowException, shapely.errors.ShapelyError, OSError, ValueError, KeyError, MemoryError) as error:
        raise broken(f"it is no whole stac-geoparquet file ({short(error)})", where) from error


@contextmanager
def _opened(href: str, allowed: Allowed) -> Iterator[Any]:
    found = address(place(href), allowed)
    if found.scheme == "file":
        with path_of(found).open("rb") as file:
            yield file
        return
    source = open_source(Transport(allowed), found.href)
    if source.size is None or not source.is_ranged:
        raise broken("its server gives no parts of files", found.where)
    with io.BufferedReader(_Spans(source, source.size), 1 << 20) as buffered:
        yield buffered


class _Spans(io.RawIOBase):
    """A remote file as one that can be read and moved in."""

    def __init__(self, source: Source, size: int) -> None:
        super().__init__()
        self._source, self._size, self._at = source, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        stop = min(self._size, self._at + len(buffer))
        if stop <= self._at:
            return 0
        data = self._source.read(self._at, stop)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _require_stac(table: pq.ParquetFile, where: str) -> None:
    names = set(table.schema_arrow.names)
    if not {"id", "geometry", "assets"} <= names:
        raise broken("this Parquet file holds something else than STAC", where)
    if len(names) > _MOST_COLUMNS:
        raise broken(f"it has {len(names)} columns", where)


def _meant(table: pq.ParquetFile, group: int, asked: Asked) -> pa.Array:
    """Which rows of a group may be meant, from the columns of place, time and collection alone."""
    names = set(table.schema_arrow.names)
    wanted = [n for n in ("bbox", *_WHEN, "collection") if n in names]
    if not wanted:
        return pa.array([True] * table.metadata.row_group(group).num_rows)
    west, south, east, north = asked.area.bounds
    start, end = asked.during.start, asked.during.end
    keep = []
    for row in table.read_row_group(group, columns=wanted).to_pylist():
        box = row.get("bbox")
        here = True
        if isinstance(box, dict) and None not in box.values() and {"xmin", "xmax", "ymin", "ymax"} <= box.keys():
            wraps = box["xmin"] > box["xmax"] or box["xmax"] > 180 or box["xmin"] < -180
            here = box["ymin"] <= north and box["ymax"] >= south
            here = here and (wraps or (box["xmin"] <= east and box["xmax"] >= west))
        at, first, last = (_moment(row.get(n)) for n in _WHEN)
        first, last = first or at, last or at
        now = (first is None or first <= end) and (last is None or last >= start)
        asked_for = not asked.collections or row.get("collection") in (None, *asked.collections)
        keep.append(bool(here and now and asked_for))
    return pa.array(keep, pa.bool_())


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _item(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the STAC Item that it was: absent members are null in a table, and left out again."""
    plain = {k: _plain(v) for k, v in row.items() if v is not None}
    geometry = row.get("geometry")
    if isinstance(geometry, bytes):
        plain["geometry"] = mapping(shapely.from_wkb(geometry))
    box = plain.get("bbox")
    if isinstance(box, dict):
        sides = [box.get(k) for k in ("xmin", "ymin", "xmax", "ymax")]
        plain["bbox"] = sides if None not in sides else None
    item = {k: v for k, v in plain.items() if k in _OWN}
    item.setdefault("type", "Feature")
    item.setdefault("geometry", None)
    item["properties"] = {k: v for k, v in plain.items() if k not in _OWN}
    return item


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    return value
