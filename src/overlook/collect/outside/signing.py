"""Addresses signed for a while, where a provider lends its files that way. A token is held in memory and never kept.

Azure's shared access signatures, as the Planetary Computer gives them out: one token for a container of a storage
account, to be asked for again before it runs out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock

from overlook.collect.asking import broken
from overlook.collect.catalogues import Catalogue
from overlook.collect.outside.links import host_of
from overlook.collect.outside.session import Session
from overlook.errors import FetchError
from overlook.terms import Offer

#: A token is asked for anew when it runs out within this: a large window takes minutes.
_SPARE = timedelta(minutes=5)
#: A token without a stated end is used as long as this.
_UNSAID = timedelta(minutes=20)
_LONGEST_TOKEN = 4096


def signer(catalogues: Sequence[Catalogue], session: Session) -> Callable[[Offer, str], str]:
    """What signs an address of an offer's file. Files of other catalogues, and of other hosts, stay as they are.

    The signed address is for asking once, not for keeping. It raises FetchError when no token can be had.
    """
    by_name = {c.name: c for c in catalogues if c.signing}
    tokens: dict[str, tuple[str, datetime]] = {}
    lock = Lock()

    def sign(offer: Offer, href: str) -> str:
        catalogue = by_name.get(offer.catalogue)
        host, _, path = href.partition("://")[2].partition("/")
        if catalogue is None or not host_of(href).partition(":")[0].endswith(catalogue.signed_hosts):
            return href
        place = f"{catalogue.signing}/{host.partition('.')[0]}/{path.partition('/')[0]}"
        with lock:
            token, until = tokens.get(place, ("", datetime.min.replace(tzinfo=UTC)))
            if datetime.now(UTC) + _SPARE > until:
                token, until = tokens[place] = _token(place, session)
        return f"{href}?{token}"

    return sign


def _token(place: str, session: Session) -> tuple[str, datetime]:
    answer = session.get(place)
    if not 200 <= answer.status_code < 300:
        raise FetchError(
            "E-FETCH-SIGNING",
            f"no token could be had, it answered {answer.status_code}",
            where=place,
            remedy="try again later; some containers need an account",
        )
    try:
        body = json.loads(answer.content)
        token = body["token"]
        until = datetime.fromisoformat(body["msft:expiry"]) if "msft:expiry" in body else datetime.now(UTC) + _UNSAID
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise broken("what it sent is no token", place) from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > _LONGEST_TOKEN:
        raise broken("what it sent is no token", place)
    return token.lstrip("?"), until if until.tzinfo else until.replace(tzinfo=UTC)
