"""Catalogues asked for real: servers on this machine, good and bad, folders of files, and tables."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import random
from typing import Any

import pytest
import rustac
from shapely.geometry import box
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from catalogues import NOW, item, page, recorded, root, served, wait_for
from overlook.collect import Allowed, Patience, catalogue, search, signer, transport
from overlook.collect.catalogues import Catalogue
from overlook.collect.outside.linked import in_folder_of
from overlook.terms import Interval, Search, Site
from shared import SHARED, needs

DURING = Interval(start=datetime(2018, 1, 1, tzinfo=UTC), end=datetime(2018, 12, 31, tzinfo=UTC))
HASTY = Patience(attempts=2, connect_s=2, read_s=5, first_wait_s=0.01, longest_wait_s=0.02, deadline_s=20)
AWAY = {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "bbox": [0, 0, 1, 1]}
GEO = {"type": "application/geo+json"}
Answer = Callable[[Request, dict[str, Any]], Any]


@pytest.fixture
def site(made: Any) -> Site:
    found: Site = made.site(made.zone())
    return found


def api(answer: Answer, landing: Callable[[str], Any] = root) -> Starlette:
    """A STAC API whose search answers with what `answer` makes of the question."""

    async def about(request: Request) -> Response:
        made = landing(str(request.base_url).rstrip("/"))
        return made if isinstance(made, Response) else JSONResponse(made)

    async def found(request: Request) -> Response:
        asked = await request.json() if request.method == "POST" else dict(request.query_params)
        made = answer(request, asked)
        return made if isinstance(made, Response) else JSONResponse(made)

    return Starlette(routes=[Route("/", about), Route("/search", found, methods=["GET", "POST"])])


def ask(href: str, site: Site, *, limit: int = 2000, **more: Any) -> Search:
    host = href.partition("://")[2].partition("/")[0]
    allowed = Allowed(hosts=(host,), folders=more.pop("folders", ()))
    found = more.pop("catalogue", None) or catalogue(href)
    return search(site, DURING, found, transport(allowed, HASTY), now=NOW, allowed=allowed, limit=limit, **more)


def test_a_catalogue_is_asked_where_when_and_of_what(site: Site) -> None:
    asked: list[dict[str, Any]] = []

    def answer(_: Request, of: dict[str, Any]) -> Any:
        asked.append(of)
        return page(item("a"), numberMatched=1)

    with served(api(answer)) as href:
        found = ask(href, site, collections=("fine",))
    assert found.complete
    assert [o.id for o in found.offers] == ["a"]
    assert (found.matched, found.site, found.collections, found.made) == (1, "site", ("fine",), NOW)
    (of,) = asked
    assert of["collections"] == ["fine"]
    assert of["datetime"] == "2018-01-01T00:00:00Z/2018-12-31T00:00:00Z"
    assert of["intersects"]["type"] == "Polygon"
    assert found.area is not None
    assert found.area.covers(site.zones[0].geometry)
    assert not {"filter", "query"} & of.keys()


def test_pages_are_followed_to_the_end_by_get_and_post(site: Site) -> None:
    items = [item(f"i{n}", f"2018-03-{n + 1:02}T03:00:00Z") for n in range(12)]

    def answer(request: Request, of: dict[str, Any]) -> Any:
        at = int(of.get("token", 0))
        here = f"{request.base_url}search"
        more = {"rel": "next", "href": here, "method": "POST", "body": {"token": at + 5}, "merge": True}
        if request.method == "GET":
            more = {"rel": "next", "href": f"{here}?token={at + 5}"}
        return page(*items[at : at + 5], links=[more] if at + 5 < 12 else [])

    def get_alone(href: str) -> Any:
        made = root(href)
        made["links"] = [link for link in made["links"] if link.get("method") != "POST"]
        return made

    for landing in (root, get_alone):
        with served(api(answer, landing)) as href:
            found = ask(href, site)
        assert (found.complete, len(found.offers)) == (True, 12)


def test_a_server_that_does_not_filter_loses_nothing(site: Site) -> None:
    away = item(
        "away", geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, bbox=[0, 0, 1, 1]
    )
    sent = [item("a"), item("a"), away, item("old", "2001-03-03T03:00:00Z"), {"type": "Feature"}, 7, None]
    with served(api(lambda *_: page(*sent))) as href:
        found = ask(href, site)
    assert [o.id for o in found.offers] == ["a"]
    reasons = [why.partition(" on ")[0] for _, why in found.refused]
    assert reasons == [
        "listed twice",
        "its footprint misses the site",
        "it was taken",
        "it has no id",
        "it has no id",
        "it has no id",
    ]
    assert 1 + len(found.refused) == len(sent)


def bad(_: Request, __: dict[str, Any]) -> Any:
    return Response(b'{"type": "FeatureCollection", "features": [', media_type="application/json")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda *_: PlainTextResponse("no", 500), "500"),
        (lambda *_: PlainTextResponse("no", 400), "400"),
        (lambda *_: PlainTextResponse("no", 403), "403"),
        (lambda *_: HTMLResponse("<html>Sign in</html>"), "no STAC"),
        (bad, "no STAC"),
        (lambda *_: JSONResponse([1, 2]), "no JSON object"),
        (lambda *_: JSONResponse({}), "no list of items"),
        (lambda *_: JSONResponse({"code": "NotReady", "description": "try later"}), "no list of items"),
        (lambda *_: JSONResponse({"features": "many", "links": []}), "no list of items"),
        (lambda r, _: page(item(), links=[{"rel": "next", "href": f"{r.base_url}search", "method": "POST"}]), "repeat"),
        (lambda *_: page(item(), links=[{"rel": "next", "href": "http://127.0.0.1:1/search"}]), "another host"),
        (lambda *_: page(item(), links=[{"rel": "next", "href": "file:///etc/passwd"}]), ""),
        (lambda *_: page(item(), links=[{"rel": "next", "href": "/etc/passwd"}]), ""),
        (lambda *_: page(item(), links=[{"rel": "next"}]), ""),
        (lambda *_: RedirectResponse("http://169.254.169.254/latest/meta-data"), ""),
        (lambda *_: page(item(), numberMatched=50), "holds 50"),
        (lambda r, _: page(links=[{"rel": "next", "href": f"{r.base_url}search?at={random()}"}]), "repeat"),
        (lambda *_: page(numberMatched=3), "holds 3"),
    ],
)
def test_what_breaks_off_is_not_whole_and_says_why(site: Site, answer: Answer, why: str) -> None:
    with served(api(answer)) as href:
        found = ask(href, site)
    assert not found.complete
    assert why in found.note
    assert found.note
    assert "\n" not in found.note
    assert "root:" not in found.note
    assert all(o.id == "a" for o in found.offers)


@pytest.mark.parametrize("matched", [0, 1, -5, "many", None, True])
def test_a_wrong_count_does_not_make_a_whole_answer_less(site: Site, matched: Any) -> None:
    with served(api(lambda *_: page(item(), numberMatched=matched))) as href:
        found = ask(href, site)
    assert (found.complete, len(found.offers)) == (True, 1)
    assert found.matched in (None, 0, 1)


def test_ten_thousand_items_stop_at_the_limit(site: Site) -> None:
    def answer(request: Request, of: dict[str, Any]) -> Any:
        at = int(of.get("token", 0))
        made = [item(f"i{n}", f"2018-{n % 12 + 1:02}-{n % 28 + 1:02}T03:{n % 60:02}:00Z") for n in range(at, at + 100)]
        body = {"token": at + 100}
        more = {"rel": "next", "href": f"{request.base_url}search", "method": "POST", "body": body, "merge": True}
        return page(*made, links=[more] if at < 10_000 else [], numberMatched=10_000)

    with served(api(answer)) as href:
        found = ask(href, site, limit=250)
    assert not found.complete
    assert "stopped after 250" in found.note
    assert found.matched == 10_000
    assert sum(1 + len(o.also) for o in found.offers) + len(found.refused) == 250


@pytest.mark.parametrize(
    "landing",
    [
        lambda _: HTMLResponse("<html>"),
        lambda _: JSONResponse({"type": "Catalog", "id": "x"}),
        lambda _: JSONResponse({}),
        lambda _: PlainTextResponse("", 404),
        lambda href: {**root(href), "links": [{**GEO, "rel": "search", "href": "http://10.0.0.1/search"}]},
    ],
)
def test_a_landing_page_that_is_none_breaks_off(site: Site, landing: Any) -> None:
    with served(api(lambda *_: page(item()), landing)) as href:
        found = ask(href, site)
    assert not found.complete
    assert found.note


def test_nothing_private_is_asked_without_leave(site: Site) -> None:
    with served(api(lambda *_: page(item()))) as href:
        closed = Allowed()
        found = search(site, DURING, catalogue(href), transport(closed, HASTY), now=NOW, allowed=closed)
    assert (found.complete, found.offers) == (False, ())
    assert "allow_hosts" in found.note


def test_a_planted_key_reaches_no_record(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment goes over no open line; one in what a server sends is stripped."""
    told: list[str] = []

    def answer(request: Request, _: dict[str, Any]) -> Any:
        told.append(request.headers.get("authorization", ""))
        href = "https://u:planted-key@h.example/a.tif?sig=planted-key"
        return page(
            item(assets={"visual": {"href": href, "type": "image/tiff"}}, links=[{"rel": "self", "href": href}])
        )

    monkeypatch.setenv("OVERLOOK_AUTHORIZATION_127_0_0_1", "Bearer planted-key")
    with served(api(answer)) as href:
        found = ask(href, site)
    assert told == [""]
    assert "planted-key" not in repr(found)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "items.parquet"
    made = [item(f"i{n}", f"2018-03-{n + 1:02}T03:00:00Z", collection="fine") for n in range(9)]
    made += [
        item(
            "away",
            collection="fine",
            geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
            bbox=[0, 0, 1, 1],
        )
    ]
    made += [item("old", "2001-03-03T03:00:00Z", collection="fine"), item("other", collection="coarse")]
    rustac.write_sync(str(path), made)
    return path


def test_a_table_gives_the_rows_that_may_be_meant(site: Site, table: Path) -> None:
    found = ask(str(table), site, folders=(table.parent,), collections=("fine",))
    assert found.complete
    assert sorted(o.id for o in found.offers) == [f"i{n}" for n in range(9)]
    assert found.refused == ()
    assert found.offers[0].assets[0].href == "https://files.example/i0.tif"
    assert found.offers[0].when is not None
    assert found.offers[0].when.is_instant


def test_a_table_on_a_server_is_read_by_spans(site: Site, table: Path) -> None:
    spans: list[str] = []
    data = table.read_bytes()

    async def serve(request: Request) -> Response:
        asked = request.headers["range"]
        spans.append(asked)
        first, last = asked.removeprefix("bytes=").split("-")
        start, stop = int(first), min(int(last) + 1 if last else len(data), len(data))
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}", "ETag": '"1"'}
        return Response(data[start:stop], 206, headers)

    with served(Starlette(routes=[Route("/items.parquet", serve)])) as href:
        found = ask(f"{href}/items.parquet", site)
    assert found.complete, found.note
    assert len(found.offers) == 10
    assert spans


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"<html>"])
def test_a_file_that_is_no_table_breaks_off(site: Site, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    found = ask(str(path), site, folders=(tmp_path,))
    assert not found.complete
    assert "stac-geoparquet" in found.note


def linked(folder: Path) -> Path:
    """A catalogue of three collections in files: one here, one elsewhere on the Earth, one with a broken item."""
    extent = {"spatial": {"bbox": [[124, 38, 127, 41]]}, "temporal": {"interval": [["2018-01-01T00:00:00Z", None]]}}
    away = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}
    there = [{"rel": "child", "href": f"./{n}/collection.json"} for n in ("here", "away", "odd")]
    round_and_round = [{"rel": "root", "href": "../catalog.json"}, {"rel": "child", "href": "../catalog.json"}]

    def collection(name: str, where: Any, of: str) -> dict[str, Any]:
        links = [{"rel": "item", "href": of}, *round_and_round]
        return {"type": "Collection", "id": name, "extent": where, "links": links}

    files: dict[str, Any] = {
        "catalog.json": {"type": "Catalog", "id": "c", "links": there},
        "here/collection.json": collection("here", extent, "a.json"),
        "here/a.json": item("a", assets={"visual": {"href": "a.tif", "type": "image/tiff"}}),
        "away/collection.json": collection("away", away, "gone.json"),
        "odd/collection.json": collection("odd", {"spatial": 7}, "b.json"),
        "odd/b.json": item("b", "2018-07-01T03:00:00Z"),
    }
    for name, value in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(json.dumps(value))
    return folder / "catalog.json"


def test_a_catalogue_of_files_is_walked_without_what_cannot_be_meant(site: Site, tmp_path: Path) -> None:
    found = ask(str(linked(tmp_path)), site, folders=(tmp_path,))
    assert (found.complete, found.note) == (True, "")
    assert [o.id for o in found.offers] == ["a", "b"]
    assert found.offers[0].assets[0].href == (tmp_path / "here" / "a.tif").as_uri()
    assert found.offers[0].assets[0].unmet == ""


@pytest.mark.parametrize("broken", ["{", "<html>", '"text"', "[]", "{}"])
def test_a_broken_file_leaves_the_rest_and_is_told(site: Site, tmp_path: Path, broken: str) -> None:
    root_file = linked(tmp_path)
    (tmp_path / "odd" / "b.json").write_text(broken)
    found = ask(str(root_file), site, folders=(tmp_path,))
    assert [o.id for o in found.offers] == ["a"]
    assert not found.complete
    assert "1 of its files could not be read" in found.note


def test_a_catalogue_of_files_stays_in_its_folder_and_on_its_host(site: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(item("secret")))
    root_file = linked(tmp_path / "inside")
    value = json.loads(root_file.read_text())
    value["links"] += [{"rel": "item", "href": "../outside.json"}, {"rel": "item", "href": "http://127.0.0.1:1/x.json"}]
    root_file.write_text(json.dumps(value))
    found = ask(str(root_file), site, folders=(tmp_path / "inside",))
    assert [o.id for o in found.offers] == ["a", "b"]
    assert not found.complete

    async def serve(_: Request) -> Response:
        return JSONResponse(
            {"type": "Catalog", "id": "c", "links": [{"rel": "item", "href": "https://10.1.2.3/x.json"}]}
        )

    with served(Starlette(routes=[Route("/catalog.json", serve)])) as href:
        found = ask(f"{href}/catalog.json", site)
    assert not found.complete
    assert "10.1.2.3" in found.note


@pytest.fixture(scope="module")
def rust_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """rustac's STAC API server, in memory, over forty items of one collection."""
    import socket

    folder = tmp_path_factory.mktemp("rustac")
    made = [item(f"i{n:02}", f"2018-{n % 12 + 1:02}-{n % 27 + 1:02}T03:00:00Z", collection="fine") for n in range(40)]
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    program = str(Path(sys.executable).parent / "rustac")
    command = [program, "serve", "--create-collections", "-a", f"127.0.0.1:{port}", str(folder / "items.json")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_real_server_gives_every_item_of_every_page(
    site: Site, rust_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overlook.collect.outside.catalogues._PAGE", 7)
    found = ask(rust_server, site, collections=("fine",))
    assert (found.complete, found.note) == (True, "")
    assert sum(1 + len(o.also) for o in found.offers) == 40
    assert found.refused == ()


def test_a_real_server_answers_for_no_place_with_nothing(made: Any, rust_server: str) -> None:
    far = made.site(made.zone(geometry=box(10, 10, 10.1, 10.1)))
    found = ask(rust_server, far)
    assert (found.complete, found.offers, found.refused) == (True, (), ())


@needs("stac")
def test_a_recorded_session_of_the_planetary_computer_is_read_whole(made: Any) -> None:
    """The answers that its server gave in 2023 or so, given again from this machine: 42 NAIP items, 11 passes."""
    path = SHARED / "stac/pystac-client/tests/cassettes/test_item_search/TestItemSearch.test_intersects_results.yaml"
    answers = {(r["method"], r["uri"].rpartition("v1")[2].strip("/")): a for r, a in recorded(path)}
    found_ = answers["POST", "search"]

    def answer(*_: Any) -> Any:
        return {**found_, "links": []}

    with served(api(answer)) as href:
        place = made.site(made.zone(geometry=box(-73.2, 44.0, -73.19, 44.01)))
        during = Interval(start=datetime(2000, 1, 1, tzinfo=UTC), end=NOW)
        host = href.partition("://")[2]
        allowed = Allowed(hosts=(host,))
        whole = search(place, during, catalogue(href), transport(allowed, HASTY), now=NOW, allowed=allowed)
    assert whole.complete
    items = sum(1 + len(o.also) for o in whole.offers)
    assert items + len(whole.refused) == 42
    assert whole.offers
    assert {o.sensor for o in whole.offers} == {"naip"}
    assert {why for _, why in whole.refused} <= {"its footprint misses the site"}
    assert all(o.gsd_m is not None and 0.3 <= o.gsd_m <= 1 for o in whole.offers)


def test_files_are_signed_for_their_own_host_alone(site: Site) -> None:
    asked: list[str] = []

    async def token(request: Request) -> Response:
        asked.append(request.url.path)
        return JSONResponse({"token": "sig=planted", "msft:expiry": "2099-01-01T00:00:00Z"})

    with served(Starlette(routes=[Route("/token/{account}/{container}", token)])) as href:
        named = Catalogue(
            name="c", href="https://c.example", form="api", signing=f"{href}/token", signed_hosts=(".blob.example",)
        )
        sign = signer([named], transport(Allowed(hosts=(href.partition("://")[2],)), HASTY))
        with served(api(lambda *_: page(item()))) as other:
            (found,) = ask(other, site, catalogue=Catalogue(name="c", href=other, form="api")).offers
        assert sign(found, "https://acc.blob.example/box/a.tif") == "https://acc.blob.example/box/a.tif?sig=planted"
        assert sign(found, "https://acc.blob.example/box/b.tif").endswith("?sig=planted")
        assert sign(found, "https://elsewhere.example/box/a.tif") == "https://elsewhere.example/box/a.tif"
        assert sign(found, "https://blob.example.evil/box/a.tif") == "https://blob.example.evil/box/a.tif"
    assert asked == ["/token/acc/box"]


def with_collections(answer: Answer, **held: Any) -> Starlette:
    """An API that tells of its collections, as most do."""

    def landing(href: str) -> Any:
        made = root(href)
        made["links"].append({"rel": "data", "href": f"{href}/collections"})
        return made

    async def one(request: Request) -> Response:
        name = request.path_params["name"]
        return JSONResponse({"type": "Collection", "id": name, **held[name]}) if name in held else Response("", 404)

    made = api(answer, landing)
    made.routes.append(Route("/collections/{name}", one))
    return made


def test_a_collection_that_is_not_there_bears_nothing(site: Site) -> None:
    with served(with_collections(lambda *_: page(), fine={})) as href:
        wrong = ask(href, site, collections=("fnie",))
        right = ask(href, site, collections=("fine",))
    assert not wrong.complete
    assert "404" in wrong.note or "not there" in wrong.note or "fnie" in wrong.note
    assert right.complete


@pytest.mark.parametrize(
    ("told", "gsd"),
    [
        ({"summaries": {"gsd": [0.6, 1.0]}}, 0.6),
        ({"summaries": {"gsd": {"minimum": 0.3, "maximum": 1}}}, 0.3),
        ({"summaries": {"gsd": [0, "x", None]}}, None),
        ({"summaries": 7}, None),
        ({}, None),
    ],
)
def test_a_catalogue_tells_how_fine_its_collection_is(site: Site, told: dict[str, Any], gsd: float | None) -> None:
    with served(with_collections(lambda *_: page(), fine=told)) as href:
        found = ask(href, site, collections=("fine",))
    assert (found.complete, found.gsd_m) == (True, gsd)


def test_a_site_on_both_sides_of_the_antimeridian_is_not_asked_for_round_the_earth(made: Any) -> None:
    place = made.site(
        made.zone(geometry=box(179.9, 10, 179.95, 10.1)), made.zone(id="z2", geometry=box(-179.95, 10, -179.9, 10.1))
    )
    with served(api(lambda *_: page())) as href:
        found = ask(href, place)
    assert found.area is not None
    assert found.area.area < 0.1


@pytest.mark.parametrize(
    ("href", "is_read"),
    [
        ("https://h.example/stac/2018/catalog.json", True),
        ("https://h.example/stac/2016/catalog.json", False),
        ("https://h.example/stac/2018/2018-06/2018-06-12/x/x.json", True),
        ("https://h.example/stac/2019/2019-01/2019-01-01/x.json", True),
        ("https://h.example/stac/2019/2019-01/2019-01-03/x.json", False),
        ("https://h.example/stac/open-data-2017-12-31/x.json", True),
        ("https://h.example/stac/open-data-2017-12/x.json", True),
        ("https://h.example/stac/open-data-2017-11/x.json", False),
        ("https://h.example/stac/657068a8-6237-452d-bfdc-d535df371999/x.json", True),
        ("https://h.example/stac/2018-99/x.json", True),
        ("https://h.example/1999.json", True),
    ],
)
def test_folders_named_after_days_are_read_only_for_those_days(href: str, is_read: bool) -> None:
    assert in_folder_of(href, DURING) == is_read


def test_a_dated_catalogue_is_read_where_it_may_be_meant(site: Site) -> None:
    read: list[str] = []
    folders = {
        "": ["2016/catalog.json", "2018/catalog.json"],
        "2018/": ["2018-03/catalog.json"],
        "2018/2018-03/": ["2018-03-02/a.json"],
    }

    async def serve(request: Request) -> Response:
        path = request.path_params["path"]
        read.append(path)
        if path.endswith("a.json"):
            return JSONResponse(item("a", "2018-03-02T03:00:00Z"))
        links = [{"rel": "child", "href": f"./{n}"} for n in folders[path.removesuffix("catalog.json")]]
        return JSONResponse({"type": "Catalog", "id": path, "links": links})

    with served(Starlette(routes=[Route("/{path:path}", serve)])) as href:
        named = Catalogue(name="c", href=f"{href}/catalog.json", form="static", dated=True)
        found = ask(href, site, catalogue=named)
    assert [o.id for o in found.offers] == ["a"]
    assert found.complete
    assert "2016/catalog.json" not in read
