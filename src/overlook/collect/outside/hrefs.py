"""Addresses of files as text: taken apart, checked, and stripped of what must not be kept."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

from overlook.collect.allowed import Allowed
from overlook.errors import FetchError

_LONGEST = 4096
#: A name of DNS or an address; underscores are in use.
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
#: Amazon's rules for names of buckets, dots included; nothing that could be taken for part of an address.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be asked. `where` is it without a query or credentials: what may be kept and printed."""

    scheme: Literal["http", "https", "s3", "file"]
    host: str
    port: int | None
    href: str
    where: str


def stripped(href: str) -> str:
    """An address without its query, fragment and credentials: signed addresses are secrets as long as they last."""
    try:
        parts = urlsplit(href)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return href.partition("?")[0].rpartition("@")[2]


def address(href: str, allowed: Allowed) -> Address:
    """The address of a file. Raises FetchError (E-FETCH-ADDRESS) for one that is refused as it is written.

    Where a name leads is checked when it is opened, not here.
    """
    where = stripped(href)[:200]
    if len(href) > _LONGEST or not href.isprintable():
        raise _refused("this is no address", where)
    # Real catalogues have names with spaces in them.
    href = href.strip()
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError as error:
        raise _refused(f"this is no address ({error})", where) from error
    scheme = parts.scheme.lower()
    if scheme in ("", "file") or re.fullmatch(r"[a-zA-Z]:\\.*", href):
        return _local(href, parts.path if scheme == "file" else href, parts.netloc, allowed, where)
    if scheme == "s3":
        if not _BUCKET.fullmatch(parts.netloc) or not parts.path.strip("/") or ".." in parts.path.split("/"):
            raise _refused("this is no bucket and key", where)
        return Address("s3", parts.netloc, None, href, where)
    if scheme not in ("http", "https"):
        raise _refused(f"{scheme[:20]!r} addresses are not opened, only https, http and s3", where)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise _refused("it carries credentials", where, remedy="give them in the environment, not in an address")
    if not _HOST.fullmatch(host):
        raise _refused("its host is no name and no address", where)
    return Address("https" if scheme == "https" else "http", host, port, href.replace(" ", "%20"), where)


def redirected(current: Address, location: str, allowed: Allowed) -> Address:
    """Where a server sends us to. Raises FetchError for a place that a server has no business to send anybody to."""
    following = address(urljoin(current.href, location), allowed)
    if following.scheme not in ("http", "https"):
        raise _refused(f"a server redirected to a {following.scheme} address", current.where)
    if current.scheme == "https" and following.scheme == "http":
        raise _refused("a server redirected from https to http", current.where)
    return following


def path_of(of: Address) -> Path:
    """The local file of a `file` address."""
    from urllib.request import url2pathname  # it brings half of the library for the network along

    return Path(url2pathname(urlsplit(of.href).path)) if of.href.startswith("file:") else Path(of.href)


def bucket_and_key(of: Address) -> tuple[str, str]:
    return of.host, urlsplit(of.href).path.lstrip("/")


def authorization(host: str) -> str:
    """The value of the Authorization header for a host, from the environment or a keyring; "" when there is none.

    `OVERLOOK_AUTHORIZATION_HOST_NAME="Bearer …"`, the host in capitals with "_" for every other character; or in the
    keyring under service "overlook" and the host's name. It goes to that host alone, and is never written anywhere.
    """
    name = "OVERLOOK_AUTHORIZATION_" + re.sub(r"[^A-Z0-9]", "_", host.upper())
    value = os.environ.get(name, "")
    if not value:
        try:
            import keyring  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            return ""
        value = keyring.get_password("overlook", host) or ""
    return value if value.isprintable() and value.isascii() else ""


def _local(href: str, path: str, host: str, allowed: Allowed, where: str) -> Address:
    if host not in ("", "localhost"):
        raise _refused("a file of another machine is not opened", where)
    local = Address("file", "", None, href, where)
    try:
        real = path_of(local).resolve()
        inside = any(real.is_relative_to(folder.resolve()) for folder in allowed.folders)
    except (OSError, ValueError, RuntimeError) as error:
        raise _refused("this is no path", where) from error
    if not path or not inside:
        raise _refused("files of this machine are not opened for a catalogue", where)
    return local


def _refused(what: str, where: str, *, remedy: str = "") -> FetchError:
    return FetchError("E-FETCH-ADDRESS", what, where=where, remedy=remedy)
