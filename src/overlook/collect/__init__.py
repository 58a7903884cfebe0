"""Scenes in: images with their STAC side-cars, boxes and counts that people bring, the metadata gate, the gap ledger.

Reads headers and side-cars; it never decodes a pixel, and never takes a time without a zone or a blank for a zero.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from overlook.collect.allowed import Allowed, Patience
from overlook.collect.boxes import add_boxes, add_counts, count_files, observer_of, scene_of
from overlook.collect.catalogues import PRESETS, Catalogue, catalogue
from overlook.collect.checks import check_scene
from overlook.collect.choosing import Choice, choose, choose_pieces, masks_of
from overlook.collect.counts import notes_of_counts, read_counts
from overlook.collect.dedupe import across
from overlook.collect.gaps import gaps
from overlook.collect.gaps_offers import offered_gaps
from overlook.collect.gate import gate
from overlook.collect.names import safe_name
from overlook.collect.outside.files import class_names_beside, sha256
from overlook.collect.outside.headers import ONE_AT_A_TIME
from overlook.collect.outside.hrefs import stripped
from overlook.collect.placing import Box
from overlook.collect.register import register, scenes, unused
from overlook.collect.registering import Registering
from overlook.collect.removing import files_of, set_aside
from overlook.collect.resolution import coarsest_gsd_m
from overlook.collect.search import area_of, search
from overlook.collect.unadded import unadded
from overlook.collect.windows import asked_times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overlook.collect.fetch import Fetched
    from overlook.collect.outside.http import Transport
    from overlook.collect.outside.session import Session
    from overlook.terms import Offer

__all__ = [
    "ONE_AT_A_TIME",
    "PRESETS",
    "Allowed",
    "Box",
    "Catalogue",
    "Choice",
    "Patience",
    "Registering",
    "across",
    "add_boxes",
    "add_counts",
    "area_of",
    "asked_times",
    "catalogue",
    "check_scene",
    "choose",
    "choose_pieces",
    "class_names_beside",
    "coarsest_gsd_m",
    "count_files",
    "fetch_file",
    "fetched",
    "files_of",
    "gaps",
    "gate",
    "masks_of",
    "notes_of_counts",
    "observer_of",
    "offered_gaps",
    "open_transport",
    "read_counts",
    "register",
    "safe_name",
    "scene_of",
    "scenes",
    "search",
    "set_aside",
    "sha256",
    "signer",
    "stripped",
    "transport",
    "unadded",
    "unused",
]


def transport(allowed: Allowed, patience: Patience | None = None) -> Session:
    """See `overlook.collect.outside.session.transport`; the network's libraries are loaded when it is asked for."""
    from overlook.collect.outside.session import transport as make

    return make(allowed, patience)


def signer(catalogues: Sequence[Catalogue], session: Session) -> Callable[[Offer, str], str]:
    """See `overlook.collect.outside.signing.signer`."""
    from overlook.collect.outside.signing import signer as make

    return make(catalogues, session)


def open_transport(allowed: Allowed, patience: Patience | None = None) -> Transport:
    """What `fetched` and `fetch_file` fetch through; its `bytes_moved` counts all that came."""
    from overlook.collect.outside.http import Transport

    return Transport(allowed, patience)


def fetched(
    href: str, box: Box, folder: Path, transport: Transport, *, digest: str = ""
) -> AbstractContextManager[Fetched]:
    """See `overlook.collect.fetch.fetched`."""
    from overlook.collect.fetch import fetched as fetch

    return fetch(href, box, folder, transport, digest=digest)


def fetch_file(href: str, transport: Transport, *, limit: int, digest: str = "") -> bytes:
    """See `overlook.collect.fetch.fetch_file`."""
    from overlook.collect.fetch import fetch_file as fetch

    return fetch(href, transport, limit=limit, digest=digest)
