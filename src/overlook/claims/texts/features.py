"""From tokens to a `Statement`: spans, kind, type of source, chain, hedges, negation, modality."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import head_of, noun_phrase_end, phrase_start
from overlook.terms.said import SourceKind
from overlook.terms.statement import Span, Statement, StatementKind

if TYPE_CHECKING:
    from overlook.claims.texts.attributing import Draft

Range = tuple[int, int]
_PERSONS = frozenset({"he", "she", "him", "her", "his", "they", "them", "their"})
_ASKING = frozenset({"ask", "urge", "order", "instruct", "beg"})
_DEMONSTRATIVE = frozenset({"this", "that", "these", "those"})
#: Names in a row after "of" with which a title ends in a person's name.
_TITLED = 3
#: Tokens of a content's first clause that are looked at for negation and modality.
_CLAUSE = 25


def to_statement(page: Page, draft: Draft, before: SourceKind | None) -> Statement:
    """The statement of a draft. Ranges of tokens become spans of characters.

    `before` is the type of the last source that was no pronoun, None when it is too far back: a "he" stands for it.
    """
    cue = draft.cue
    words = [] if cue is None else list(range(cue.first, cue.last + 1))
    clause = list(_first_clause(page, draft))
    lexicon, lows = page.lexicon, page.lows
    return Statement(
        source=(_span(page, draft.source),) if draft.source else None,
        cue=(_span(page, (cue.first, cue.last + 1)),) if cue else (),
        content=tuple(_span(page, part) for part in draft.content),
        kind=_kind(page, draft),
        source_type=source_type(page, draft.source, before) if draft.source else None,
        chain=tuple(_span(page, part) for part in _chain(page, draft)),
        hedges=_hedges(page, draft, words),
        negation=_pick(page, (k for k in words if lows[k] in lexicon.negations or lows[k] in lexicon.denials))
        + _pick(page, (k for k in clause if lows[k] in lexicon.negations)),
        modality=_pick(page, (k for k in words if page.tags[k] == "M"))
        + _pick(page, (k for k in clause if lows[k] in lexicon.modal_words and page.tags[k] != "Q")),
    )


def _span(page: Page, part: Range) -> Span:
    tokens = page.tokens
    start, end = tokens.starts[part[0]], tokens.ends[part[1] - 1]
    return Span(start, end, tokens.text[start:end])


def _pick(page: Page, tokens: Iterable[int]) -> tuple[Span, ...]:
    return tuple(_span(page, (k, k + 1)) for k in tokens)


def _kind(page: Page, draft: Draft) -> StatementKind:
    inside = page.inside
    if not any(any(inside[s:e]) for s, e in draft.content):
        return "indirect"
    unquoted = (page.words[k] for s, e in draft.content for k in range(s, e) if not inside[k])
    return "mixed" if any(word[0].isalnum() for word in unquoted) else "direct"


def source_type(page: Page, part: Range, before: SourceKind | None) -> SourceKind | None:
    """What the head of the source is; None for a pronoun whose noun is not known.

    A name anywhere at the head of a part between commas makes it *named* ("another expert, Melissa Hanham").
    """
    s, e = part
    head = head_of(page, s, e)
    low, tag = page.lows[head], page.tags[head]
    if tag in "Wt" and s > 0:
        start = phrase_start(page, max(0, s - 30), s - (page.tags[s - 1] == ","))
        return source_type(page, (start, s), None) if start < s - (page.tags[s - 1] == ",") else None
    if low in _PERSONS:
        return before
    if tag in "Pp" or low in _DEMONSTRATIVE:
        return None
    if e - s == 1 and len(low) == 1:
        return None  # "Q:"
    if _has_name(page, s, e):
        return "named"
    lexicon = page.lexicon
    kinds: tuple[tuple[frozenset[str], SourceKind], ...] = (
        (lexicon.images, "image"),
        (lexicon.documents, "document"),
        (lexicon.roles, "role"),
    )
    for words, kind in kinds:
        if low in words and not (kind == "role" and low in lexicon.anonymous):
            return kind
    return "anonymous"


def _has_name(page: Page, s: int, e: int) -> bool:
    """Is the head of any part between commas a name that is no office and no document?"""
    start = s
    for k in range(s, e + 1):
        if k == e or page.tags[k] in ",(":
            if k > start:
                head = head_of(page, start, k)
                low = page.lows[head]
                known = page.lexicon.roles | page.lexicon.documents | page.lexicon.images | page.lexicon.anonymous
                if page.tags[head] == "Q" and (low not in known or low in page.lexicon.relays):
                    return True
                # "Secretary of State Mike Pompeo", and not "Ministry of Foreign Affairs".
                if page.tags[head] == "Q" and page.tags[max(head, k - _TITLED) : k] == ["Q"] * _TITLED:
                    return True
            start = k + 1
    return False


def _chain(page: Page, draft: Draft) -> list[Range]:
    """Who is said to know, then who says it, then who passes it on, as far as the text names them."""
    chain = [part for part in reversed(draft.nested) if page.tags[part[0]] not in "WtPp"]
    if draft.source is not None:
        s, e = draft.source
        for k in range(s + 1, e - 2):
            if page.lows[k : k + 2] == ["based", "on"]:
                chain.append((k + 2, e))  # "reports based on leaks": the leaks are said to know
                break
        chain.append(draft.source)
    relay = _relay(page, draft)
    return chain + ([relay] if relay is not None and relay not in chain else [])


def _relay(page: Page, draft: Draft) -> Range | None:
    """The newspaper that was told, or that the interview was with."""
    cue = draft.cue
    if cue is None or cue.kind != "verb":
        return None
    j = cue.head + 1
    stop = min(len(page.words), cue.last + 12)
    e = noun_phrase_end(page, j, stop)
    if (
        e > j
        and cue.lemma in page.lexicon.addressed
        and cue.lemma not in _ASKING
        and page.lows[e - 1] in page.lexicon.relays
    ):
        return (j, e)
    for k in range(cue.last, cue.head, -1):
        if page.lows[k] in page.lexicon.relays and page.tags[k] == "Q":
            s = phrase_start(page, j, k + 1)
            return (s, k + 1) if s <= k else (k, k + 1)
    return None


def _hedges(page: Page, draft: Draft, cue: list[int]) -> tuple[Span, ...]:
    lows, table = page.lows, page.lexicon.hedges
    found = []
    content = [k for s, e in draft.content for k in range(s, e) if lows[k] in table]
    for k in [*cue, *content]:
        for phrase in table.get(lows[k], ()):
            if tuple(lows[k : k + len(phrase)]) == phrase:
                found.append((k, k + len(phrase)))
                break
    return tuple(_span(page, part) for part in sorted(set(found)))


def _first_clause(page: Page, draft: Draft) -> Iterable[int]:
    """The content up to the end of its first clause."""
    if not draft.content:
        return
    s, e = draft.content[0]
    verb = False
    for k in range(s, min(e, s + _CLAUSE)):
        tag = page.tags[k]
        if verb and tag in ",.:SwWC":
            return
        verb = verb or tag in "VUB"
        yield k
