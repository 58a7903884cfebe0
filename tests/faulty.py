"""A proxy in front of a web server that does to some replies what networks and servers do: for tests and benchmarks."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Self

#: What can happen to a reply.
FAULTS = (
    "silence",
    "reset",
    "closed",
    "429",
    "503",
    "truncated",
    "corrupt",
    "wrong length",
    "wrong range",
    "drip",
    "redirect inside",
    "html",
)
_INSIDE = "http://10.0.0.1/secret.tif"


class FaultyProxy:
    """`share` of the requests meet one of `faults`, drawn by `seed`; every reply is late by `latency_s`.

    `choose(number, path)` decides instead of chance when it is given: the name of a fault, or "". `met` counts them.
    """

    def __init__(
        self,
        upstream: int,
        *,
        share: float = 0.0,
        faults: Sequence[str] = FAULTS,
        seed: int = 0,
        latency_s: float = 0.0,
        silence_s: float = 3.0,
        choose: Callable[[int, str], str] | None = None,
        port: int = 0,
    ) -> None:
        self.upstream, self.share, self.faults = upstream, share, tuple(faults)
        self.latency_s, self.silence_s, self.choose = latency_s, silence_s, choose
        self.met: Counter[str] = Counter()
        self.ranges: list[tuple[str, str]] = []
        self.bytes_sent = self.number = 0
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[object] = set()
        self.port = port

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", self.port), self._loop
        ).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        while others := [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        # The loop itself holds tasks weakly.
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()
        self._tasks.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; whether the connection lives on."""
        asked = await reader.readuntil(b"\r\n\r\n")
        path = asked.split(b" ", 2)[1].decode()
        wanted = next((x[6:].strip() for x in asked.lower().split(b"\r\n") if x.startswith(b"range:")), b"").decode()
        self.ranges.append((path, wanted))
        self.number += 1
        fault = self._fault(path)
        self.met[fault] += bool(fault)
        head, body = await self._forwarded(asked)
        await asyncio.sleep(self.latency_s)
        return await self._reply(writer, fault, head, body)

    def _fault(self, path: str) -> str:
        if self.choose is not None:
            return self.choose(self.number, path)
        return self._random.choice(self.faults) if self._random.random() < self.share else ""

    async def _forwarded(self, asked: bytes) -> tuple[list[bytes], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        lines = [x for x in asked.split(b"\r\n") if x and not x.lower().startswith(b"connection:")]
        writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
        reply = await reader.read(-1)
        writer.close()
        head, _, body = reply.partition(b"\r\n\r\n")
        return [x for x in head.split(b"\r\n") if not x.lower().startswith(b"connection:")], body

    async def _reply(self, writer: asyncio.StreamWriter, fault: str, head: list[bytes], body: bytes) -> bool:
        if fault in ("silence", "closed"):
            await asyncio.sleep(self.silence_s if fault == "silence" else 0)
            return False
        head, body = self._altered(fault, head, body)
        writer.write(b"\r\n".join([*head, b"", b""]))
        if fault in ("reset", "truncated"):
            writer.write(body[: len(body) // 2])
            await writer.drain()
            if fault == "reset":
                writer.transport.abort()
            return False
        if fault == "drip":
            for i in range(min(len(body), int(20 * self.silence_s))):
                writer.write(body[i : i + 1])
                await writer.drain()
                await asyncio.sleep(0.05)
            return False
        self.bytes_sent += len(body)
        writer.write(body)
        await writer.drain()
        return fault != "wrong length"

    def _altered(self, fault: str, head: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
        match fault:
            case "429":
                return [b"HTTP/1.1 429 Too Many Requests", b"Retry-After: 0", b"Content-Length: 0"], b""
            case "503":
                return [b"HTTP/1.1 503 Service Unavailable", b"Content-Length: 0"], b""
            case "redirect inside":
                return [b"HTTP/1.1 302 Found", b"Location: " + _INSIDE.encode(), b"Content-Length: 0"], b""
            case "html":
                page = b"<!doctype html><p>Please sign in</p>"
                return [b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"Content-Length: %d" % len(page)], page
            case "wrong length":
                return _changed(head, b"content-length", lambda v: b"%d" % (int(v) // 2)), body
            case "wrong range":
                return _changed(head, b"content-range", lambda v: v.replace(b"bytes ", b"bytes 1", 1)), body
            case "corrupt" if body:
                at = self._random.randrange(len(body))
                return head, body[:at] + bytes([body[at] ^ (1 + self._random.randrange(255))]) + body[at + 1 :]
            case _:
                return head, body


def _changed(head: list[bytes], name: bytes, to: Callable[[bytes], bytes]) -> list[bytes]:
    out = []
    for line in head:
        key, colon, value = line.partition(b":")
        out.append(key + b": " + to(value.strip()) if colon and key.lower() == name else line)
    return out


@contextlib.contextmanager
def file_server(folder: object) -> Iterator[int]:
    """The files of a folder, with ranges and ETags, by Starlette; yields the port."""
    from starlette.applications import Starlette
    from starlette.staticfiles import StaticFiles

    app = Starlette()
    app.mount("/", StaticFiles(directory=str(folder)))
    with app_server(app) as port:
        yield port


@contextlib.contextmanager
def app_server(app: object) -> Iterator[int]:
    """An application by uvicorn; yields the port."""
    import uvicorn

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
