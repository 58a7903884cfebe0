"""Catalogues for tests: items made by hand, real servers on this machine, and every real item of the shared data."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from ruamel.yaml import YAML
from shapely.geometry import box, mapping
from starlette.applications import Starlette

from shared import SHARED

NOW = datetime(2026, 6, 1, tzinfo=UTC)
#: Where `made.site(made.zone())` of the collect tests lies.
WHERE = (125.0, 39.0, 126.0, 40.0)


def item(item_id: str = "a", day: str = "2018-06-12T03:00:00Z", **properties: Any) -> dict[str, Any]:
    """A STAC Item over a degree of the Earth; `geometry`, `bbox`, `assets` and `collection` replace the item's own."""
    own = {k: properties.pop(k) for k in ("geometry", "bbox", "assets", "collection", "links") if k in properties}
    made = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "geometry": mapping(box(*WHERE)),
        "bbox": list(WHERE),
        "properties": {"datetime": day, "gsd": 0.5, "platform": "sat-1", **properties},
        "assets": {"visual": {"href": f"https://files.example/{item_id}.tif", "type": "image/tiff"}},
        "links": [],
    }
    return made | own


def shared_items() -> Iterator[tuple[str, Any]]:
    """(where it stands, the item) for every item of the shared data: files, collections of features, recorded answers.

    An item is a GeoJSON Feature with assets, or with a time, wherever it stands.
    """
    root = SHARED / "stac"
    for path in sorted(root.rglob("*.*json")):
        for found in _within(json.loads(path.read_text())):
            yield path.relative_to(root).as_posix(), found
    for path in sorted(root.rglob("cassettes/**/*.yaml")):
        for _, answer in recorded(path):
            for found in _within(answer):
                yield path.relative_to(root).as_posix(), found


def recorded(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """(request, decoded answer) of a session that pystac-client's tests recorded."""
    for one in YAML(typ="safe").load(path.read_text())["interactions"]:
        body = one["response"]["body"]["string"]
        yield one["request"], json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if value.get("type") == "Feature" and ("assets" in value or "datetime" in (value.get("properties") or {})):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _within(part)


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """An application on a free port of this machine; yields its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        found.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{found.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def wait_for(done: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def root(href: str, **more: Any) -> dict[str, Any]:
    """The landing page of a STAC API that answers GET and POST."""
    links = [{"rel": "root", "href": href}, {"rel": "self", "href": href}]
    links += [{"rel": "search", "href": f"{href}/search", "method": m} for m in ("GET", "POST")]
    return {
        "type": "Catalog",
        "id": "test",
        "stac_version": "1.0.0",
        "description": "a catalogue",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"],
        "links": links,
    } | more


def page(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), "links": []} | more
