"""What the gap ledger says of searches. It is published: no folder, code or advice of this machine is in it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import PurePosixPath

from overlook.collect.catalogues import PRESETS
from overlook.collect.outside.links import host_and_path
from overlook.terms import Search

#: Refused items that are no image of this place and time; of the others nobody knows.
_ELSEWHERE = ("listed twice", "its footprint misses", "it was taken on", "it holds labels")
_HERE = "a catalogue on this machine"
_ADVICE = re.compile(r"[\s;]*\btry:.*$", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"\s*\[E-[A-Z0-9-]+\]")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>(),;]+", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w./:])(?:[A-Za-z]:|~|\.{1,2})?[/\\][^\s'\"<>(),;:]+")
_LOOPBACK = re.compile(r"(?:\b127(?:\.\d{1,3}){3}|\blocalhost|\[::1\])(?::\d+)?\b", re.IGNORECASE)


def catalogue_words(search: Search) -> str:
    """A catalogue as a page may name it: its preset's name, its host, or its file's own name."""
    if not search.href or search.catalogue in {p.name for p in PRESETS}:
        return search.catalogue
    return _place(search.href) or search.catalogue


def fit_to_publish(said: str) -> str:
    """An error's words without its code and advice; of an address its host is left, of a path the file's own name."""
    plain = _CODE.sub("", _ADVICE.sub("", said))
    plain = _ADDRESS.sub(lambda m: _place(m[0].rstrip(".:")) + m[0][len(m[0].rstrip(".:")) :], plain)
    plain = _PATH.sub(lambda m: _file(m[0]), plain)
    return _LOOPBACK.sub("this machine", plain).strip().rstrip(".")


def searched_words(search: Search) -> str:
    where = ": ".join(t for t in (catalogue_words(search), ", ".join(search.collections)) if t)
    unread = sum(not why.startswith(_ELSEWHERE) for _, why in search.refused)
    broken = f", {unread} items could not be read" if unread else ""
    return f"{where}, searched on {search.made:%Y-%m-%d}{broken}"


def _place(href: str) -> str:
    scheme, mark, _ = href.partition("://")
    if not mark or scheme.lower() == "file":
        return _file(href)
    host = host_and_path(href).partition("/")[0]
    host = host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        is_here = not ip_address(host).is_global
    except ValueError:
        is_here = host.lower() == "localhost"
    return _HERE if is_here else host


def _file(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name
