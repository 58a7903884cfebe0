"""Links between the files of a catalogue: whose host they lead to, and what a relative one means."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit


def origin(href: str) -> tuple[str, int | None]:
    """Host and port of an address; the usual ports of http and https are one place."""
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError:
        return "", None
    return (parts.hostname or "").lower(), None if port in (80, 443) else port


def host_of(href: str) -> str:
    """The host as it may be printed, "" when there is none."""
    try:
        return urlsplit(href).netloc.rpartition("@")[2][:80]
    except ValueError:
        return ""


def host_and_path(href: str) -> str:
    try:
        parts = urlsplit(href)
    except ValueError:
        return href
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}".strip("/")


def joined(base: str, link: str) -> str:
    """What a link means where it stands; the link itself where it means nothing."""
    try:
        return urljoin(base, link).partition("#")[0] if base else link
    except ValueError:
        return link


def quoted(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def is_file(href: str) -> bool:
    return href.startswith("file:")
