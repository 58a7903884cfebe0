"""Catalogues that are files linking to each other, on a web server or in a folder that the analyst named."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from overlook.collect.allowed import Allowed
from overlook.collect.asking import Answered, Asked, broken, short
from overlook.collect.catalogues import Catalogue
from overlook.collect.outside.hrefs import address, path_of
from overlook.collect.outside.links import host_of, is_file, joined, origin
from overlook.collect.outside.session import Session
from overlook.collect.quirks_footprints import box_of
from overlook.collect.quirks_times import moment
from overlook.errors import FetchError
from overlook.terms import Interval

#: Files of a catalogue that one search reads, and bytes of one of them.
MOST_FILES = 5_000
_LARGEST_FILE = 32 * 2**20
#: `2023`, `2023-04`, `open-data-2023-04-30` at the end of a folder's name.
_DATED = re.compile(r"(?:^|[^0-9])((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?$")
_DAY = timedelta(days=1)


def walk(catalogue: Catalogue, asked: Asked, session: Session, allowed: Allowed, answered: Answered) -> None:
    """Read a catalogue from its root, all its items. A collection whose extent cannot be meant is not read.

    Links to other hosts are not followed, and what lies there is not said to be absent. A file that cannot be read
    breaks nothing else: the rest is read, and the answer is not whole.
    """
    root = place(catalogue.href)
    waiting, seen = [root], {root}
    lost: list[str] = []
    elsewhere: set[str] = set()
    while waiting:
        here = waiting.pop()
        if len(seen) - len(waiting) > MOST_FILES:
            raise broken(f"it was stopped after {MOST_FILES} files", catalogue.href)
        value = _root(here, session, allowed) if here == root else _tried(here, session, allowed, lost)
        for item in _items(value):
            answered.take(item, here)
        for there in reversed(_children(value, here, asked)):
            if there not in seen and not (catalogue.dated and not in_folder_of(there, asked.during)):
                seen.add(there)
                if _stays(there, root):
                    waiting.append(there)
                else:
                    elsewhere.add(host_of(there) or "another folder")
    if elsewhere:
        answered.broke = f"it links to {', '.join(sorted(elsewhere)[:3])}, where nothing was read"
    if lost:
        answered.broke = f"{len(lost)} of its files could not be read: {lost[0]}"


def _items(value: dict[str, Any]) -> list[Any]:
    """A file that is an item, or a list of them."""
    if value.get("type") == "Feature":
        return [value]
    features = value.get("features") if value.get("type") == "FeatureCollection" else None
    return features if isinstance(features, list) else []


def _root(here: str, session: Session, allowed: Allowed) -> dict[str, Any]:
    value = _read(here, session, allowed)
    if not isinstance(value, dict) or not (isinstance(value.get("links"), list) or _items(value)):
        raise broken("it holds something else than STAC", here)
    return value


def place(href: str) -> str:
    """An address of a catalogue; a path becomes one."""
    return href if "://" in href else Path(href).resolve().as_uri()


def _tried(here: str, session: Session, allowed: Allowed, lost: list[str]) -> dict[str, Any]:
    try:
        value = _read(here, session, allowed)
        if not isinstance(value, dict) or not {"type", "links"} & value.keys():
            raise broken("it holds something else than STAC", here)
    except FetchError as error:
        lost.append(f"{error.what} ({error.where})")
        return {}
    return value


def _read(href: str, session: Session, allowed: Allowed) -> Any:
    where = address(href, allowed)
    try:
        if where.scheme == "file":
            path = path_of(where)
            if path.stat().st_size > _LARGEST_FILE:
                raise broken("a file is too large for a catalogue", where.where)
            return json.loads(path.read_bytes())
        if where.scheme == "s3":
            raise broken("a catalogue is read over https, not s3", where.where)
        answer = session.get(where.href)
        if not 200 <= answer.status_code < 300:
            raise broken(f"it answered {answer.status_code}", where.where)
        return json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise broken(f"what it sent is no JSON ({short(error)})", where.where) from error
    except OSError as error:
        raise broken(f"it cannot be read ({error.strerror or short(error)})", where.where) from error


def _children(value: dict[str, Any], here: str, asked: Asked) -> list[str]:
    """Addresses of its children and items; of a collection that was not asked for, only its children."""
    if value.get("type") == "Feature" or not _may_hold(value, asked):
        return []
    rels = {"child", "item", "items"}
    if value.get("type") == "Collection" and asked.collections and value.get("id") not in asked.collections:
        rels = {"child"}
    links = value.get("links")
    return [
        joined(here, link["href"])
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("rel") in rels and isinstance(link.get("href"), str)
    ]


def _stays(there: str, root: str) -> bool:
    """A catalogue of files stays on its host; one on this machine among its files."""
    if is_file(root):
        return is_file(there)
    return there.startswith(("http://", "https://")) and origin(there) == origin(root)


def in_folder_of(href: str, during: Interval) -> bool:
    """Whether a file's folders, where one ends in a year, a month or a day, may hold what was taken then.

    A day more on each side: whose day it is, is not said.
    """
    for folder in href.split("/")[:-1]:
        if named := _DATED.search(folder):
            year, month, day = (int(n) if n else None for n in named.groups())
            try:
                first = datetime(year or 1, month or 1, day or 1, tzinfo=UTC)
            except ValueError:
                continue
            longest = timedelta(days=1 if day else 31 if month else 366)
            if first - _DAY > during.end or first + longest + _DAY < during.start:
                return False
    return True


def _may_hold(value: dict[str, Any], asked: Asked) -> bool:
    """False only where an extent shows that nothing of it can be meant. A broken extent, or none, shows nothing."""
    extent = value.get("extent")
    try:
        boxes = [box_of(b) for b in extent["spatial"]["bbox"]]  # type: ignore[index]
        # The first is the whole; what follows are its parts (STAC 1.0, collection-spec).
        if boxes and boxes[0] is not None and not boxes[0].intersects(asked.area):
            return False
        first, last = extent["temporal"]["interval"][0]  # type: ignore[index]
        begins, ends = moment(first)[0], moment(last)[0]
    except (TypeError, KeyError, IndexError, ValueError):
        return True
    is_before = ends is not None and ends.end < asked.during.start
    return not is_before and not (begins is not None and begins.start > asked.during.end)
