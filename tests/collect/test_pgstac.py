"""The same questions to stac-fastapi-pgstac on PostgreSQL and PostGIS, the server behind several public catalogues.

It is not one of the package's dependencies: `make env-servers` puts it in an environment of its own, PostgreSQL and
PostGIS are Debian's. Both are there where nothing may be skipped.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from catalogues import NOW, item, wait_for
from overlook.collect import Allowed, Patience, catalogue, search, transport
from overlook.terms import Interval, Search
from shared import ROOT

SERVERS = ROOT / os.environ.get("OVERLOOK_SERVERS", ".venv-servers") / "bin"
POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))
POSTGIS = any(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
MISSING = [
    name
    for name, there in (
        ("the servers' environment (make env-servers)", (SERVERS / "pypgstac").exists()),
        ("PostgreSQL", (POSTGRES / "initdb").exists()),
        ("PostGIS", POSTGIS),
    )
    if not there
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"stac-fastapi-pgstac absent: {', '.join(MISSING)}"),
]
DURING = Interval(start=datetime(2018, 1, 1, tzinfo=UTC), end=datetime(2018, 12, 31, tzinfo=UTC))
EXTENT = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2000-01-01T00:00:00Z", None]]}}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def items() -> list[dict[str, Any]]:
    """Forty here, one elsewhere, one long ago, one over the antimeridian; two of them without a datetime."""
    made = [item(f"i{n:02}", f"2018-{n % 12 + 1:02}-{n % 27 + 1:02}T03:00:00Z", collection="fine") for n in range(38)]
    for n in (38, 39):
        ends = {"start_datetime": f"2018-05-{n - 20}T03:00:00Z", "end_datetime": f"2018-05-{n - 20}T03:00:10Z"}
        made.append(item(f"i{n}", day=None, collection="fine", **ends))  # type: ignore[arg-type]
    away = {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}}
    made.append(item("away", collection="fine", bbox=[0, 0, 1, 1], **away))
    made.append(item("old", "2001-03-03T03:00:00Z", collection="fine"))
    cut = mapping(box(179, 10, 180, 11).union(box(-180, 10, -179, 11)))
    both = {"geometry": cut, "bbox": [179, 10, -179, 11]}
    made.append(item("cut", collection="fine", **both))
    return made


@pytest.fixture(scope="module")
def database() -> Iterator[int]:
    """A cluster of its own in a folder that its user may enter: PostgreSQL does not run as root."""
    place = Path(tempfile.mkdtemp(prefix="overlook-pg-", dir="/tmp"))
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(place, "postgres", "postgres")
    port, cluster = free_port(), place / "cluster"

    def do(program: str, *words: str) -> None:
        log = subprocess.DEVNULL
        subprocess.run([*as_user, str(POSTGRES / program), *words], check=True, stdout=log, stderr=log, cwd="/")

    do("initdb", "-D", str(cluster), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -k {place} -h 127.0.0.1 -c fsync=off -c shared_buffers=64MB"
    do("pg_ctl", "-D", str(cluster), "-o", options, "-l", str(place / "log"), "-w", "start")
    try:
        yield port
    finally:
        do("pg_ctl", "-D", str(cluster), "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def server(database: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pgstac")
    (folder / "items.ndjson").write_text("\n".join(map(json.dumps, items())))
    held = {"type": "Collection", "id": "fine", "stac_version": "1.0.0", "description": "x", "license": "other"}
    (folder / "collections.ndjson").write_text(json.dumps(held | {"extent": EXTENT, "links": []}))
    dsn = f"postgresql://postgres@127.0.0.1:{database}/postgres"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PG")},
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database),
        "PGUSER": "postgres",
        "PGPASSWORD": "none",
        "PGDATABASE": "postgres",
    }

    def load(*words: str) -> None:
        done = subprocess.run(
            [str(SERVERS / "pypgstac"), *words, "--dsn", dsn],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    load("migrate")
    for what in ("collections", "items"):
        load("load", what, str(folder / f"{what}.ndjson"), "--method", "upsert")
    port = free_port()
    app = [
        "-m",
        "uvicorn",
        "stac_fastapi.pgstac.app:create_app",
        "--factory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    log = (folder / "log").open("wb")
    with subprocess.Popen([str(SERVERS / "python"), *app], env=environment, stdout=log, stderr=log, cwd=folder) as api:
        try:
            wait_for(lambda: answers(port) or api.poll() is not None)
            assert api.poll() is None, (folder / "log").read_text()[-2000:]
            yield f"http://127.0.0.1:{port}"
        finally:
            api.terminate()
            log.close()


def ask(href: str, place: Any, **more: Any) -> Search:
    allowed = Allowed(hosts=(href.partition("://")[2],))
    session = transport(allowed, Patience(attempts=2, read_s=30))
    return search(place, DURING, catalogue(href), session, now=NOW, allowed=allowed, **more)


def test_every_item_of_every_page_comes(server: str, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("overlook.collect.outside.catalogues._PAGE", 7)
    found = ask(server, made.site(made.zone()))
    assert (found.complete, found.note) == (True, "")
    ids = {i for o in found.offers for i in (o.id, *o.also)}
    assert ids == {f"i{n:02}" for n in range(40)}
    assert found.refused == ()
    assert found.matched in (None, 40)
    assert all(o.assets[0].href.startswith("https://files.example/") for o in found.offers)


def test_a_limit_is_not_the_end(server: str, made: Any) -> None:
    found = ask(server, made.site(made.zone()), limit=10)
    assert not found.complete
    assert "stopped after 10" in found.note


def test_nothing_is_there_where_nothing_is(server: str, made: Any) -> None:
    found = ask(server, made.site(made.zone(geometry=box(60, 60, 60.1, 60.1))), collections=("fine",))
    assert (found.complete, found.offers, found.refused) == (True, (), ())


def test_what_was_cut_at_the_antimeridian_is_found_on_both_sides(server: str, made: Any) -> None:
    for west in (179.5, -179.6):
        found = ask(server, made.site(made.zone(geometry=box(west, 10.2, west + 0.1, 10.3))))
        assert [o.id for o in found.offers] == ["cut"], west


def test_a_collection_that_is_not_there_bears_nothing(server: str, made: Any) -> None:
    found = ask(server, made.site(made.zone()), collections=("elsewhere",))
    assert (found.complete, found.offers) == (False, ())
    assert found.note
