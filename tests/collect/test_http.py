"""The guarded transport before a real server, through a proxy that spoils replies."""

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from faulty import FaultyProxy, file_server
from overlook.collect import Allowed, Patience, fetch_file, open_transport, transport
from overlook.collect.outside import http
from overlook.errors import FetchError

DATA = np.random.default_rng(0).integers(0, 256, 300_000).astype(np.uint8).tobytes()
QUICK = Patience(
    attempts=4, connect_s=1, read_s=0.3, first_wait_s=0.01, longest_wait_s=0.02, slowest_bytes_s=1e4, grace_s=0.2
)
HERE = Allowed(hosts=("127.0.0.1", "localhost"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("www")
    (folder / "data.bin").write_bytes(DATA)
    (folder / "empty.bin").write_bytes(b"")
    with file_server(folder) as port:
        yield port


def through(server: int, faults: list[str], **options: Any) -> FaultyProxy:
    """A proxy whose first replies meet these faults, and no later one."""
    return FaultyProxy(server, choose=lambda n, _: faults[n - 1] if n <= len(faults) else "", silence_s=0.6, **options)


@pytest.mark.parametrize(
    "fault", ["silence", "reset", "closed", "429", "503", "truncated", "wrong length", "wrong range", "drip"]
)
def test_a_fault_that_passes_is_waited_out(server: int, fault: str) -> None:
    with through(server, [fault, "", fault]) as proxy:
        net = open_transport(HERE, QUICK)
        href = f"http://127.0.0.1:{proxy.port}/data.bin"
        assert net.range(href, 1000, 90_000).body == DATA[1000:90_000]
        assert net.range(href, 200_000, 400_000).body == DATA[200_000:]
        assert proxy.met[fault] == 2


@pytest.mark.parametrize("fault", ["silence", "reset", "closed", "503", "truncated", "wrong length", "wrong range"])
def test_a_fault_that_stays_ends_patience_and_is_named(server: int, fault: str) -> None:
    with through(server, [fault] * 20) as proxy, pytest.raises(FetchError) as caught:
        open_transport(HERE, QUICK).range(f"http://127.0.0.1:{proxy.port}/data.bin?sig=word", 0, 90_000)
    assert caught.value.code == "E-FETCH-BUSY"
    assert "asked 4 times" in str(caught.value)
    assert "word" not in str(caught.value)
    assert proxy.number == 4


def test_a_redirect_into_the_own_network_is_refused_at_once(server: int) -> None:
    with through(server, ["redirect inside"] * 5) as proxy, pytest.raises(FetchError) as caught:
        open_transport(HERE, QUICK).range(f"http://127.0.0.1:{proxy.port}/data.bin", 0, 10)
    assert caught.value.code == "E-FETCH-ADDRESS"
    assert proxy.number == 1


def test_this_machine_is_not_asked_unless_the_case_allows_it(server: int) -> None:
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(FetchError) as caught:
            open_transport(Allowed(), QUICK).range(f"http://{host}:{server}/data.bin", 0, 10)
        assert caught.value.code == "E-FETCH-ADDRESS"
    with pytest.raises(FetchError):
        open_transport(Allowed(hosts=(f"127.0.0.1:{server + 1}",)), QUICK).range(f"http://127.0.0.1:{server}/", 0, 10)


def test_the_address_that_was_checked_is_the_one_that_is_opened(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a public address first and this machine afterwards gains nothing."""
    asked, opened = [], []
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    class Socket(socket.socket):
        def connect(self, place: Any) -> None:
            opened.append(place)
            raise OSError("no route")

    monkeypatch.setattr(http.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(http.socket, "socket", Socket)
    with pytest.raises(FetchError) as caught:
        open_transport(Allowed(), QUICK).range(f"http://rebind.example:{server}/data.bin", 0, 10)
    assert opened == [("93.184.216.34", server)]
    assert asked == ["rebind.example"] * 2
    assert caught.value.code == "E-FETCH-ADDRESS"


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(http.socket, "getaddrinfo", lambda *_, **__: places)
    with pytest.raises(FetchError) as caught:
        open_transport(Allowed(), QUICK).range("http://both.example/x", 0, 10)
    assert "10.0.0.1" in str(caught.value)


def test_another_version_of_the_file_is_told(server: int) -> None:
    net = open_transport(HERE, QUICK)
    with pytest.raises(FetchError) as caught:
        net.range(f"http://127.0.0.1:{server}/data.bin", 0, 10, etag='"another"')
    assert caught.value.code == "E-FETCH-CHANGED"


@pytest.mark.parametrize(("path", "code"), [("nothing.bin", "E-FETCH-MISSING"), ("empty.bin", "E-FETCH-EMPTY")])
def test_what_is_not_there_is_told_without_asking_again(server: int, path: str, code: str) -> None:
    with through(server, []) as proxy, pytest.raises(FetchError) as caught:
        open_transport(HERE, QUICK).range(f"http://127.0.0.1:{proxy.port}/{path}", 0, 10)
    assert (caught.value.code, proxy.number) == (code, 1)


def test_a_file_is_never_larger_than_what_may_be_fetched(server: int) -> None:
    net = open_transport(HERE, QUICK)
    href = f"http://127.0.0.1:{server}/data.bin"
    assert fetch_file(href, net, limit=len(DATA)) == DATA
    with pytest.raises(FetchError) as caught:
        fetch_file(href, net, limit=len(DATA) - 1)
    assert caught.value.code == "E-FETCH-TOO-LARGE"


def test_a_whole_file_that_breaks_off_is_fetched_from_its_start(server: int) -> None:
    with through(server, ["", "", "reset", "truncated"]) as proxy:
        assert fetch_file(f"http://127.0.0.1:{proxy.port}/data.bin", open_transport(HERE, QUICK), limit=10**6) == DATA


def test_connections_are_used_again(server: int) -> None:
    opened: list[Any] = []
    original = http._connected

    def counted(*args: Any) -> socket.socket:
        opened.append(args)
        return original(*args)

    net = open_transport(HERE, QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "_connected", counted)
        for start in range(0, 50_000, 10_000):
            net.range(f"http://127.0.0.1:{server}/data.bin", start, start + 10_000)
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("soon", None), (None, None), ("-3", None), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert http._seconds(text) == seconds


def test_retry_after_is_kept_and_a_long_one_ends_it() -> None:
    net = open_transport(Allowed(), Patience(longest_retry_after_s=0.2))
    started = time.monotonic()
    replies = iter([http.AskAgain("the server said 429", 0.1), None])

    def attempt() -> str:
        reply = next(replies)
        if reply is not None:
            raise reply
        return "done"

    assert net.patiently(attempt, "x") == "done"
    assert time.monotonic() - started >= 0.1

    def never() -> str:
        raise http.AskAgain("the server said 503", 3600)

    with pytest.raises(FetchError, match="3600 s"):
        net.patiently(never, "x")


def test_waiting_ends_at_the_deadline() -> None:
    net = open_transport(Allowed(), Patience(attempts=1000, first_wait_s=0.05, longest_wait_s=0.05, deadline_s=0.3))
    asked = []

    def never() -> str:
        asked.append(1)
        raise http.AskAgain("no")

    started = time.monotonic()
    with pytest.raises(FetchError):
        net.patiently(never, "x")
    assert time.monotonic() - started < 1
    assert 3 < len(asked) < 1000


def test_a_secret_of_the_environment_goes_over_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from overlook.collect.outside.hrefs import address

    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_A_EXAMPLE", "Bearer word")
    assert http.own_headers(address("https://a.example/x", Allowed()))["Authorization"] == "Bearer word"
    assert "Authorization" not in http.own_headers(address("http://a.example/x", Allowed()))
    assert "Authorization" not in http.own_headers(address("https://b.example/x", Allowed()))


class TestSession:
    """The same rules for libraries that want a `requests` session."""

    def test_a_body_comes_whole_after_faults(self, server: int) -> None:
        with through(server, ["503", "truncated", "reset"]) as proxy:
            reply = transport(HERE, QUICK).get(f"http://127.0.0.1:{proxy.port}/data.bin")
        assert (reply.status_code, reply.content) == (200, DATA)

    def test_this_machine_is_not_asked(self, server: int) -> None:
        with pytest.raises(FetchError) as caught:
            transport(Allowed(), QUICK).get(f"http://localhost:{server}/data.bin")
        assert caught.value.code == "E-FETCH-ADDRESS"

    def test_redirects_are_checked_too(self, server: int) -> None:
        with through(server, ["redirect inside"]) as proxy, pytest.raises(FetchError):
            transport(HERE, QUICK).get(f"http://127.0.0.1:{proxy.port}/data.bin")

    def test_settings_of_the_environment_send_it_nowhere_else(
        self, server: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login user password word\n")
        monkeypatch.setenv("NETRC", str(netrc))
        reply = transport(HERE, QUICK).get(f"http://127.0.0.1:{server}/data.bin")
        assert reply.content == DATA
        assert "Authorization" not in reply.request.headers

    def test_a_body_that_unfolds_without_end_is_cut(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        from starlette.applications import Starlette
        from starlette.responses import Response
        from starlette.routing import Route

        import faulty
        from overlook.collect.outside.session import transport as limited

        bomb = gzip.compress(bytes(50_000_000))
        app = Starlette(routes=[Route("/", lambda _: Response(bomb, headers={"content-encoding": "gzip"}))])
        with faulty.app_server(app) as port, pytest.raises(FetchError) as caught:
            limited(HERE, QUICK, largest_body=1_000_000).get(f"http://127.0.0.1:{port}/")
        assert caught.value.code == "E-FETCH-TOO-LARGE"

    def test_other_client_errors_come_back_with_what_the_server_says(self) -> None:
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse
        from starlette.routing import Route

        import faulty

        app = Starlette(routes=[Route("/", lambda _: JSONResponse({"detail": "no such field"}, 422), methods=["POST"])])
        with faulty.app_server(app) as port:
            reply: requests.Response = transport(HERE, QUICK).post(f"http://127.0.0.1:{port}/", json={"q": 1})
        assert (reply.status_code, reply.json()["detail"]) == (422, "no such field")
