"""STAC APIs asked through pystac-client, over the guarded session: pages that end, on the catalogue's own host."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

from shapely.geometry import mapping

from overlook.collect.allowed import Allowed
from overlook.collect.asking import Answered, Asked, broken, short
from overlook.collect.catalogues import Catalogue
from overlook.collect.outside.geoparquet import rows
from overlook.collect.outside.linked import walk
from overlook.collect.outside.links import host_of, origin, quoted
from overlook.collect.outside.session import Session
from overlook.collect.quirks import number
from overlook.errors import FetchError

_PAGE = 100
#: Pages without an item that are followed one after the other.
_MOST_EMPTY = 20
#: Packages whose errors for what is not STAC, of many kinds, all mean that it is not.
_READERS = ("pystac", "pystac_client", "requests", "dateutil")


def ask(catalogue: Catalogue, asked: Asked, session: Session, allowed: Allowed) -> Answered:
    """Everything that a catalogue gives for a question, up to its limit. Raises nothing: a failure is `broke`.

    What had come before it broke off is kept: it is there. What had not come is not said to be absent.
    """
    answered = Answered(limit=asked.limit)
    try:
        if catalogue.form == "api":
            _api(catalogue.href, asked, session, answered)
        elif catalogue.form == "static":
            walk(catalogue, asked, session, allowed, answered)
        else:
            rows(catalogue.href, asked, allowed, answered)
    except FetchError as error:
        where = f" ({error.where})" if error.where and error.where not in error.what else ""
        remedy = f"; try: {error.remedy}" if error.code == "E-FETCH-ADDRESS" and error.remedy else ""
        answered.broke = f"{error.what}{where}{remedy}"
    return answered


def _api(href: str, asked: Asked, session: Session, answered: Answered) -> None:
    """Every page of an item search. A page that only repeats what came before ends it: it would never end itself."""
    seen: set[str] = set()
    for page in _pages(href, asked, session, answered):
        features = page["features"]
        keys = [_key(f) for f in features]
        if keys and seen.issuperset(keys):
            raise broken("its pages repeat themselves", href)
        seen.update(keys)
        for feature in features:
            answered.take(feature, _self_of(feature))
    if answered.matched is not None and len(answered.items) < answered.matched:
        # A catalogue that counts more than it gives keeps something back: nothing is absent because of it.
        answered.broke = f"it says that it holds {answered.matched} such items and gave {len(answered.items)}"


def _pages(href: str, asked: Asked, session: Session, answered: Answered) -> Iterator[dict[str, Any]]:
    """Pages as they come. Raises FetchError, whatever pystac-client and what it reads with raise."""
    pages: Iterator[dict[str, Any]] | None = None
    while True:
        try:
            # Its warnings tell what a server does not claim to conform to; what it sends is looked at all the same.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if pages is None:
                    pages = _opened(href, asked, session, answered)
                page = next(pages, None)
        except FetchError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, LookupError, NotImplementedError) as e:
            raise broken(f"what it sent is no STAC ({short(e)})", href) from e
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in _READERS:
                raise
            raise _told(error, href) from error
        if page is None:
            return
        yield page


def _opened(href: str, asked: Asked, session: Session, answered: Answered) -> Iterator[dict[str, Any]]:
    from pystac_client import Client

    io = _guarded(session, href)
    client = Client.open(href, stac_io=io)
    if any(link.rel == "data" for link in client.links):
        _require_collections(io, href, asked.collections, answered)
    start, end = (t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (asked.during.start, asked.during.end))
    takes_post = any(
        link.rel == "search" and str((link.extra_fields or {}).get("method", "")).upper() == "POST"
        for link in client.links
    )
    search = client.search(
        method="POST" if takes_post else "GET",
        collections=list(asked.collections) or None,
        intersects=mapping(asked.area),
        datetime=f"{start}/{end}",
        limit=min(_PAGE, asked.limit),
    )
    return _followed(io, search, href, answered)


def _require_collections(io: Any, href: str, collections: tuple[str, ...], answered: Answered) -> None:
    """Raises FetchError for a collection that is not there: a search of a mistyped name finds nothing, and bears
    nothing. Also notes the finest pixel that their summaries tell."""
    told = []
    for name in collections:
        value = io.read_json(f"{href.rstrip('/')}/collections/{quoted(name)}")
        if not isinstance(value, dict) or value.get("id") != name:
            raise broken(f"it has no collection {name[:60]!r}", href)
        summaries = value.get("summaries")
        gsd = summaries.get("gsd") if isinstance(summaries, dict) else None
        sizes = gsd if isinstance(gsd, list) else [gsd.get("minimum")] if isinstance(gsd, dict) else [gsd]
        told += [m for s in sizes if (m := number(s)) is not None and m > 0]
    answered.gsd_m = min(told, default=None)


def _followed(io: Any, search: Any, href: str, answered: Answered) -> Iterator[dict[str, Any]]:
    """The pages of a search, up to the last. pystac-client's own ends at a page without items and shows it to nobody:
    an error that is sent as JSON would be "no image"."""
    from pystac import Link

    parameters = search.get_parameters()
    page, asked, empty = io.read_json(search.url, method=search.method, parameters=parameters), set[str](), 0
    while True:
        more = _checked(page, href, answered)
        empty = 0 if page["features"] else empty + 1
        yield page
        if more is None:
            return
        mark = json.dumps(more, sort_keys=True, default=str)
        if mark in asked or empty > _MOST_EMPTY:
            raise broken("its pages repeat themselves", href)
        asked.add(mark)
        page = io.read_json(Link.from_dict(more), parameters=parameters)


def _guarded(session: Session, root: str) -> Any:
    """pystac-client's reader over our session. It follows links to the catalogue's own host alone."""
    from pystac_client.stac_api_io import StacApiIO

    home = origin(root)

    class _Io(StacApiIO):
        def request(self, href: str, *args: Any, **kwargs: Any) -> str:
            if origin(href) != home:
                raise broken(f"it sends us to another host, {host_of(href)}", root)
            try:
                return super().request(href, *args, **kwargs)
            except FetchError:
                raise
            except Exception as error:
                # It turns every error into one of its own; ours says what happened.
                if isinstance(error.__context__, FetchError):
                    raise error.__context__ from None
                raise

        def read_json(self, source: Any, *args: Any, **kwargs: Any) -> Any:
            return json.loads(self.read_text(source, *args, **kwargs))

        def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:
            target = getattr(source, "href", source)
            if not str(target).startswith(("http://", "https://")):
                # It would open a file of this machine.
                raise broken("it sends us to something else than https", root)
            return super().read_text(source, *args, **kwargs)

    io = _Io()
    io.session = session
    return io


def _told(error: Exception, href: str) -> FetchError:
    """What a reader's error means: an answer other than 200, or something that is not STAC."""
    status = getattr(error, "status_code", None)
    if status is not None:
        return broken(f"it answered {status}", href)
    return broken(f"what it sent is no STAC ({short(error)})", href)


def _checked(page: Any, href: str, answered: Answered) -> dict[str, Any] | None:
    """A page's link to the next, None on the last. Raises FetchError for what is no page of items."""
    if not isinstance(page, dict):
        raise broken("a page is no JSON object", href)
    if not isinstance(page.get("features"), list):
        raise broken("a page holds no list of items", href)
    _note_matched(page, answered)
    links = page.get("links")
    found = (k for k in (links if isinstance(links, list) else ()) if isinstance(k, dict) and k.get("rel") == "next")
    return next(found, None)


def _note_matched(page: dict[str, Any], answered: Answered) -> None:
    context = page.get("context")
    for said in (page.get("numberMatched"), context.get("matched") if isinstance(context, dict) else None):
        if isinstance(said, int) and not isinstance(said, bool) and said >= 0:
            answered.matched = said
            return


def _key(item: Any) -> str:
    if not isinstance(item, dict):
        return json.dumps(item, sort_keys=True, default=str)[:2000]
    return f"{item.get('collection')}\0{item.get('id')}"


def _self_of(item: Any) -> str:
    links = item.get("links") if isinstance(item, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self" and isinstance(link.get("href"), str):
            return str(link["href"])
    return ""
