"""A remote file that can be asked for spans of its bytes: over http, or in an object store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from overlook.collect.outside.hrefs import address
from overlook.collect.outside.http import AskAgain, Reply, Transport, changed
from overlook.errors import FetchError

#: The first request: directories of a COG of 20,000 x 20,000 pixels fit in it.
HEAD = 1 << 16


class Source(Protocol):
    """`version`: an ETag or what else tells one version from another; "" when the server says nothing.

    `is_guarded`: a byte damaged on its way would be noticed by the connection (TLS).
    `size` None, or `is_ranged` False: the file can only be had as a whole. `head`: its first bytes, when it is ranged.
    """

    where: str
    size: int | None
    version: str
    head: bytes
    is_ranged: bool
    is_guarded: bool

    def read(self, start: int, stop: int) -> bytes:
        """All bytes of a span. Raises FetchError, E-FETCH-CHANGED when the file is another by now."""

    def whole(self, sink: Callable[[int, bytes], None], *, limit: int) -> None:
        """Every byte in order, from the start again after a failure. Raises FetchError."""


class HttpSource:
    """A file of a web server."""

    def __init__(self, transport: Transport, href: str, where: str) -> None:
        self._transport, self._href, self.where = transport, href, where
        self.is_guarded = address(href, transport.allowed).scheme == "https"
        reply = transport.patiently(self._beginning, where)
        self._etag = reply.headers.get("etag", "")
        self._modified = reply.headers.get("last-modified", "")
        self.version = self._etag or self._modified
        self.size, self.head = reply.size, reply.body
        self.is_ranged = reply.status == 206 and reply.size is not None

    def _beginning(self) -> Reply:
        reply = self._transport.range(self._href, 0, HEAD)
        # Nothing guards a directory's bytes but the connection. Where that guards nothing either, they are read twice.
        is_sure = self.is_guarded or reply.status != 206
        if not is_sure and self._transport.range(self._href, 0, HEAD).body != reply.body:
            raise AskAgain("its first bytes differ from one time to the next")
        return reply

    def read(self, start: int, stop: int) -> bytes:
        reply = self._transport.range(self._href, start, stop, etag=self._etag)
        other = reply.headers.get("last-modified", self._modified) != self._modified and not self._etag
        if reply.status != 206 or reply.size not in (self.size, None) or other:
            raise changed(self.where)
        if len(reply.body) != stop - start:
            raise FetchError("E-FETCH-EMPTY", "the file ends before what is asked of it", where=self.where)
        return reply.body

    def whole(self, sink: Callable[[int, bytes], None], *, limit: int) -> None:
        self._transport.whole(self._href, sink, limit=limit)


def open_source(transport: Transport, href: str) -> Source:
    """Ask for a file's first bytes. Raises FetchError."""
    found = address(href, transport.allowed)
    if found.scheme == "s3":
        from overlook.collect.outside.stores import S3Source

        return S3Source(transport, found)
    return HttpSource(transport, href, found.where)
