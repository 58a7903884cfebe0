"""From tokens to a `Statement`: spans, kind, type of source, chain, hedges, negation, modality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overlook.claims.texts.page import Page
from overlook.terms.statement import Span, Statement, StatementKind

if TYPE_CHECKING:
    from overlook.claims.texts.attributing import Draft


def to_statement(page: Page, draft: Draft) -> Statement:
    """The statement of a draft. Ranges of tokens become spans of characters."""
    cue = draft.cue
    return Statement(
        source=(_span(page, draft.source),) if draft.source else None,
        cue=(_span(page, (cue.first, cue.last + 1)),) if cue else (),
        content=tuple(_span(page, part) for part in draft.content),
        kind=_kind(page, draft),
        source_type=None,
    )


def _span(page: Page, part: tuple[int, int]) -> Span:
    tokens = page.tokens
    start, end = tokens.starts[part[0]], tokens.ends[part[1] - 1]
    return Span(start, end, tokens.text[start:end])


def _kind(page: Page, draft: Draft) -> StatementKind:
    quoted = unquoted = 0
    for s, e in draft.content:
        for k in range(s, e):
            if page.words[k][0].isalnum():
                if page.inside[k]:
                    quoted += 1
                else:
                    unquoted += 1
    if not quoted:
        return "indirect"
    return "mixed" if unquoted else "direct"
