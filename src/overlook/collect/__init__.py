"""Scenes in: images with their STAC side-cars, boxes and counts that people bring, the metadata gate, the gap ledger.

Reads headers and side-cars; it never decodes a pixel, and never takes a time without a zone or a blank for a zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from overlook.collect.allowed import Allowed, Patience
from overlook.collect.boxes import add_boxes, add_counts, count_files, observer_of, scene_of
from overlook.collect.counts import notes_of_counts, read_counts
from overlook.collect.gaps import gaps
from overlook.collect.gate import gate
from overlook.collect.outside.files import sha256
from overlook.collect.outside.hrefs import stripped
from overlook.collect.register import register, scenes, unused
from overlook.collect.registering import Registering
from overlook.collect.removing import files_of, set_aside
from overlook.collect.resolution import coarsest_gsd_m

if TYPE_CHECKING:
    from overlook.collect.outside.session import Session

__all__ = [
    "Allowed",
    "Patience",
    "Registering",
    "add_boxes",
    "add_counts",
    "coarsest_gsd_m",
    "count_files",
    "files_of",
    "gaps",
    "gate",
    "notes_of_counts",
    "observer_of",
    "read_counts",
    "register",
    "scene_of",
    "scenes",
    "set_aside",
    "sha256",
    "stripped",
    "transport",
    "unused",
]


def transport(allowed: Allowed, patience: Patience | None = None) -> Session:
    """See `overlook.collect.outside.session.transport`; the network's libraries are loaded when it is asked for."""
    from overlook.collect.outside.session import transport as make

    return make(allowed, patience)
