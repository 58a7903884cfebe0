"""Contents: how far what is said reaches, to the right of the cue or to its left."""

from __future__ import annotations

from overlook.claims.texts.cues import Cue
from overlook.claims.texts.page import Page

Range = tuple[int, int]
#: Frames whose content is a clause, which runs on; the others take a phrase, which ends sooner.
_CLAUSES = frozenset(
    {"that", "clause", "wh", "quote", "after", "as-said", "relative", "colon", "be-that", "be-wh", "is"}
)
_TEMPORAL = frozenset(["when", "if", "where"])


def right_end(page: Page, start: int, b: int, frame: str) -> int:
    """One past the content that begins at `start`, at most b. Quotations are passed whole."""
    tags, inside, k, depth = page.tags, page.inside, start, 0
    wide = frame in _CLAUSES
    while k < b:
        if inside[k]:
            quote = page.quotes[inside[k] - 1]
            k = quote.last + 1
            if page.words[quote.last - 1] in {".", "?", "!"} and (k >= b or page.words[k][0].isupper()):
                return min(k, b)
            continue
        tag = tags[k]
        if tag == "(":
            depth += 1
        elif tag == ")":
            if depth == 0:
                return k
            depth -= 1
        elif tag == ".":
            return k
        elif depth == 0 and k > start:
            if page.words[k] == ";":
                return k
            if tag == "," and _ends_at_comma(page, k, b, wide):
                return k
            if not wide and _ends_phrase(page, start, k, b):
                return k
        k += 1
    return b


def _ends_at_comma(page: Page, k: int, b: int, wide: bool) -> bool:
    tags, lows = page.tags, page.lows
    if k + 1 >= b:
        return True
    tag = tags[k + 1]
    if tag == "G" and page.lexicon.lemmas.get(lows[k + 1]) in page.lexicon.frames:
        return True
    if wide:
        return False
    if tag in "WSPtGw" or (tag == "I" and lows[k + 1] in {"after", "before", "despite", "since", "during"}):
        return True
    if tag == "C" and k + 2 < b:
        return tags[k + 2] in "VUPAM" or lows[k + 1] == "but"
    return False


def _ends_phrase(page: Page, start: int, k: int, b: int) -> bool:
    tags, lows = page.tags, page.lows
    tag = tags[k]
    if lows[k] == "as":
        return k + 1 < b and tags[k + 1] in "P"
    if tag == "S" or lows[k] in _TEMPORAL or tag == ":":
        return lows[k] not in {"because", "than"}
    if lows[k] in {"after", "before", "since", "until"} and k + 1 < b and tags[k + 1] in "PG":
        return True
    if tag == "C" and k + 1 < b and tags[k + 1] in "VUB":
        base = page.lexicon.lemmas.get(lows[k + 1]) == lows[k + 1]
        return not (tags[k + 1] == "V" and base and "T" in tags[start:k])
    return tag == "-" and page.words[k] in {"—", "–", "--"}


def left_range(page: Page, a: int, before: int) -> Range | None:
    """The content that stands before a cue whose source and verb begin at `before`."""
    tags, inside = page.tags, page.inside
    k = before - 1
    if k < a:
        return None
    if tags[k] == "," and not inside[k]:
        k -= 1
    if k < a:
        return None
    s = a
    while s < k and not inside[s] and tags[s] in "C,":
        s += 1
    quote = page.quote_at(k)
    if quote is not None:
        # "But “...,” he said": a word or two before the quotation is the writer's.
        lead = range(s, quote.first)
        if not any(tags[i] in "VUMAB" for i in lead) and len(lead) < 4:
            s = max(a, quote.first)
    return (s, k + 1) if s <= k else None


def continues_after(page: Page, j: int, b: int) -> bool:
    """After "..., he said," at comma j: does the content go on?"""
    tags, lows = page.tags, page.lows
    if j + 1 >= b:
        return False
    tag = tags[j + 1]
    if tag in "GWS" or lows[j + 1] in {"but", "and", "while"}:
        return False
    return tag in "DPQNJFIRVUMABTtCwpE"


def is_clausal(cue: Cue) -> bool:
    """Does the cue take a whole clause?"""
    return cue.frame in _CLAUSES or cue.kind in {"phrase", "colon"}
