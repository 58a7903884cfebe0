"""One guarded transport for http and https: every byte from a server comes through here.

Names are resolved here, each address is checked, and the connection goes to the very address that was checked, so that
a name cannot lead elsewhere a moment later (DNS rebinding). Redirects are followed one by one under the same rules.
Proxies of the environment are not used: behind one, nobody here could know where a name leads.
"""

from __future__ import annotations

import contextlib
import email.utils
import itertools
import random
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NameResolutionError,
    NewConnectionError,
    SSLError,
    TimeoutError,  # noqa: A004
)

from overlook.collect.allowed import Allowed, Patience, is_public
from overlook.collect.outside.hrefs import Address, address, authorization, redirected
from overlook.errors import FetchError

T = TypeVar("T")
_MOST_REDIRECTS = 8
_CHUNK = 1 << 16
#: Told to come again: too early, too many, and what a gateway says of a server that is away (RFC 9110; RFC 6585).
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
#: The code of an end of patience: the only failure after which asking again later is worth it.
BUSY = "E-FETCH-BUSY"


class AskAgain(Exception):  # noqa: N818 - not an error: what a server said, or how a connection ended
    """This attempt failed, and another may not. `after_s`: what the server asked one to wait."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.why, self.after_s = why, after_s


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server sent. `start` of the body in the file and the file's `size` when the server said them."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    start: int = 0
    size: int | None = None


class Transport:
    """Requests with patience, to allowed addresses only. Safe to share between threads.

    `bytes_moved` and `requests` count everything that came and was asked, repetitions included.
    """

    def __init__(self, allowed: Allowed, patience: Patience | None = None, *, connections: int = 16) -> None:
        self.allowed, self.patience = allowed, patience or Patience()
        self.pool = guarded_pool(allowed, connections)
        self.bytes_moved = self.requests = 0
        self._lock = threading.Lock()
        self._random = random.Random()  # noqa: S311 - jitter

    def range(self, href: str, start: int, stop: int, *, etag: str = "") -> Reply:
        """Bytes [start, stop) of a file, less when it ends before.

        With a strong `etag` only of that version (RFC 9110, If-Match). A server that knows no ranges gives a reply of
        status 200 without a body. Raises FetchError: E-FETCH-CHANGED when it is another version by now, E-FETCH-DENIED,
        -MISSING, -ADDRESS, -TLS, and -BUSY or -BROKEN when patience ended.
        """
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if etag.startswith('"'):
            headers["If-Match"] = etag

        def read(response: urllib3.BaseHTTPResponse, where: str) -> Reply:
            plain = {name.lower(): value for name, value in response.headers.items()}
            if response.status == 200 or plain.get("content-encoding", "identity") != "identity":
                return Reply(200, plain, b"", size=_length(plain))
            if response.status == 416:
                raise FetchError("E-FETCH-EMPTY", "the file ends before what is asked of it", where=where)
            first, last, size = _content_range(plain)
            if first != start or last >= stop or (last < stop - 1 and size != last + 1):
                raise AskAgain("it sent other bytes than were asked for")
            if etag and plain.get("etag", etag) != etag:
                raise changed(where)
            body = self._body(response, last + 1 - first)
            return Reply(206, plain, body, start=first, size=size)

        return self.ask(href, headers, read)

    def whole(self, href: str, sink: Callable[[int, bytes], None], *, limit: int) -> Reply:
        """The whole file, from its start on each attempt: `sink(offset, bytes)`. Raises FetchError."""

        def read(response: urllib3.BaseHTTPResponse, where: str) -> Reply:
            plain = {name.lower(): value for name, value in response.headers.items()}
            length = _length(plain)
            if length is not None and length > limit:
                raise too_large(length, limit, where)
            at = 0
            for chunk in self.chunks(response):
                if at + len(chunk) > limit:
                    raise too_large(None, limit, where)
                sink(at, chunk)
                at += len(chunk)
            if length is not None and at != length:
                raise AskAgain(f"it ended after {at:,} of {length:,} bytes")
            return Reply(response.status, plain, b"", size=at)

        return self.ask(href, {}, read)

    def ask(self, href: str, headers: Mapping[str, str], read: Callable[[urllib3.BaseHTTPResponse, str], T]) -> T:
        """GET with patience; `read` makes a value of a reply of status 200, 206 or 416, or raises AskAgain."""
        target = address(href, self.allowed)
        return self.patiently(lambda: self._once(target, headers, read), target.where)

    def patiently(self, attempt: Callable[[], T], where: str) -> T:
        """`attempt`, until it does not raise AskAgain or patience ends."""
        patience = self.patience
        deadline = time.monotonic() + patience.deadline_s
        for number in itertools.count(1):
            try:
                return attempt()
            except AskAgain as again:
                wait = self._wait(number, again)
                if again.after_s is not None and again.after_s > patience.longest_retry_after_s:
                    raise _busy(f"{again.why}, and wants to be left alone for {again.after_s:.0f} s", where) from again
                if number >= patience.attempts or time.monotonic() + wait > deadline:
                    raise _busy(f"{again.why}; asked {number} times", where) from again
            time.sleep(wait)
        raise AssertionError  # pragma: no cover

    def chunks(self, response: urllib3.BaseHTTPResponse, *, decode: bool = False) -> Iterator[bytes]:
        """The body as it comes. Raises AskAgain when it breaks off, or drips."""
        begun, got = time.monotonic(), 0
        with translated():
            while chunk := response.read1(_CHUNK, decode_content=decode):
                got += len(chunk)
                self.count(len(chunk))
                lasted = time.monotonic() - begun
                if lasted > self.patience.grace_s + got / self.patience.slowest_bytes_s:
                    raise AskAgain(f"it sent {got:,} bytes in {lasted:.0f} s")
                yield chunk

    def count(self, moved: int) -> None:
        with self._lock:
            self.bytes_moved += moved

    def _wait(self, number: int, again: AskAgain) -> float:
        if again.after_s is not None:
            return again.after_s
        longest = min(self.patience.longest_wait_s, self.patience.first_wait_s * 2 ** (number - 1))
        return self._random.uniform(0, longest)

    def _body(self, response: urllib3.BaseHTTPResponse, length: int) -> bytes:
        parts, got = [], 0
        for chunk in self.chunks(response):
            got += len(chunk)
            if got > length:
                raise AskAgain("it sent more bytes than it announced")
            parts.append(chunk)
        if got != length:
            raise AskAgain(f"it ended after {got:,} of {length:,} bytes")
        return b"".join(parts)

    def _once(
        self, target: Address, headers: Mapping[str, str], read: Callable[[urllib3.BaseHTTPResponse, str], T]
    ) -> T:
        for _ in range(_MOST_REDIRECTS):
            with self._lock:
                self.requests += 1
            sent = {**headers, **own_headers(target)}
            with translated():
                response = self.pool.request(
                    "GET",
                    target.href,
                    headers=sent,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                    timeout=urllib3.Timeout(connect=self.patience.connect_s, read=self.patience.read_s),
                )
            try:
                if response.status in _REDIRECTS:
                    target = redirected(target, response.headers.get("location", ""), self.allowed)
                    continue
                refuse_status(response.status, response.headers.get("retry-after"), target.where)
                return read(response, target.where)
            finally:
                # A body that was read to its end has given its connection back; any other takes it along.
                with contextlib.suppress(HTTPError, OSError):
                    response.close()
        raise FetchError("E-FETCH-ADDRESS", f"more than {_MOST_REDIRECTS} redirects", where=target.where)


def own_headers(target: Address) -> dict[str, str]:
    headers = {"User-Agent": f"overlook/{version('overlook')}", "Accept-Encoding": "identity"}
    # A credential is not sent where anybody on the way could read it.
    secret = authorization(target.host) if target.scheme == "https" else ""
    return headers | ({"Authorization": secret} if secret else {})


def refuse_status(status: int, retry_after: str | None, where: str) -> None:
    """Raise AskAgain or FetchError for a status that is no answer."""
    if status in AGAIN:
        raise AskAgain(f"the server said {status}", _seconds(retry_after))
    if status in (401, 403, 407, 451):
        raise FetchError(
            "E-FETCH-DENIED",
            f"the server does not let us have it ({status})",
            where=where,
            remedy="sign in with the provider, and give OVERLOOK_AUTHORIZATION_<HOST> in the environment",
        )
    if status in (404, 410):
        raise FetchError("E-FETCH-MISSING", f"the server does not have it ({status})", where=where)
    if status == 412:
        raise changed(where)
    if status not in (200, 206, 416):
        raise FetchError("E-FETCH-STATUS", f"the server said {status}", where=where)


def too_large(size: int | None, limit: int, where: str) -> FetchError:
    said = f"{size:,}" if size is not None else "more"
    return FetchError("E-FETCH-TOO-LARGE", f"it has {said} bytes, and {limit:,} may be fetched", where=where)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Failures of connections as AskAgain, those that will not mend as FetchError."""
    try:
        yield
    except NameResolutionError as error:
        raise AskAgain("its name is not known") from error
    except SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            where = "the server's certificate cannot be trusted"
            raise FetchError("E-FETCH-TLS", where, remedy="check the address, and this machine's clock") from error
        raise AskAgain("the secure connection broke") from error
    except ConnectTimeoutError as error:
        raise AskAgain("it does not answer") from error
    except NewConnectionError as error:
        raise AskAgain("it cannot be reached") from error
    except TimeoutError as error:
        raise AskAgain("it stopped sending") from error
    except IncompleteRead as error:
        raise AskAgain("it broke off") from error
    except (HTTPError, OSError) as error:
        raise AskAgain("the connection broke") from error


def guarded_pool(allowed: Allowed, connections: int, context: ssl.SSLContext | None = None) -> urllib3.PoolManager:
    """A pool of connections whose every connection was made to a checked address."""

    class Http(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    class Https(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    pool = urllib3.PoolManager(num_pools=32, maxsize=connections, ssl_context=context or ssl.create_default_context())
    pool.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return pool


def _connected(connection: HTTPConnection, allowed: Allowed) -> socket.socket:
    """A socket to the first address of a host that answers; every address is checked before any is tried."""
    host, port = connection.host.strip("[]"), connection.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
    if not allowed.has_host(host, port):
        for *_, place in found:
            if not is_public(str(place[0])):
                raise FetchError(
                    "E-FETCH-ADDRESS",
                    f"its name leads into a private network ({place[0]})",
                    where=host,
                    remedy="if it is yours, name it under allow_hosts in case.yaml",
                )
    timeout: Any = connection.timeout
    last: OSError | None = None
    for family, kind, protocol, _, place in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout if isinstance(timeout, int | float) else None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(place)
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    if isinstance(last, socket.timeout):
        raise ConnectTimeoutError(connection, "timed out") from last
    raise NewConnectionError(connection, str(last)) from last


def _content_range(headers: Mapping[str, str]) -> tuple[int, int, int | None]:
    """(first, last, size) of a Content-Range. Raises AskAgain for one that makes no sense."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        raise AskAgain("it does not say which bytes it sends")
    first, last = int(match[1]), int(match[2])
    size = None if match[3] == "*" else int(match[3])
    length = _length(headers)
    if last < first or (size is not None and last >= size) or (length is not None and length != last + 1 - first):
        raise AskAgain("what it says of its bytes contradicts itself")
    return first, last, size


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds from now: a number, or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None


def changed(where: str) -> FetchError:
    return FetchError("E-FETCH-CHANGED", "the file changed while it was fetched", where=where)


def _busy(why: str, where: str) -> FetchError:
    return FetchError(BUSY, why, where=where, remedy="the same command later; it goes on where it stopped")
