"""The reading of texts: who says what in an article, a statement, a post or a transcript, by rules a person can read.

Text in, statements out. This package fetches nothing, follows nothing that a text says, and learns nothing: its words
stand in YAML files beside the code. What it returns are drafts for an analyst to accept, edit or reject.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overlook.terms import Event, Site
    from overlook.terms.statement import Statement

__all__ = ["read_text"]


def read_text(
    text: str, published: date | None, *, sites: Sequence[Site] = (), events: Sequence[Event] = ()
) -> tuple[Statement, ...]:
    """The attributed statements of `text`, in the order of their first characters, with their dates and numbers.

    `published` is the date that "on Monday" counts from; None leaves such dates unresolved. `sites` and `events` are
    those of a case: their names are looked for. Offsets count characters of `text`. An empty tuple means that no
    attribution was found, not that there is none.
    """
    from overlook.claims.texts.annotating import annotate
    from overlook.claims.texts.attributing import statements

    return annotate(text, statements(text, published), published, sites, events)
