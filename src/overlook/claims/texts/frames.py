"""Frames: what follows a cue, named, and where the content that it introduces begins.

Frames are `that`, `clause` (without *that*), `wh`, `quote` (a quotation, or a colon), `inf`, `ing`, `obj`, `so`,
`comma`, a preposition by its own name, or "" for the end of the clause. lexicon/cues.yaml says which verb attributes in
which.
"""

from __future__ import annotations

from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import noun_phrase_end, skip_adjuncts
from overlook.claims.texts.tags import FINITE

PREPOSITIONS = frozenset(
    {"about", "on", "of", "for", "against", "with", "to", "as", "in", "at", "over", "into", "by", "towards"}
)
_BY_WORD = {"so": "so", "yes": "so", ":": "quote", "regarding": "about", "concerning": "about"}
_BY_TAG = {"t": "that", "w": "wh"}
_NOUN_PHRASE = frozenset("DpPQNJFBEGXR")
#: Tokens that an aside between commas has at most.
_ASIDE = 8
#: How far to look for the verb of a clause without "that".
_CLAUSE = 22


def right_frame(page: Page, j: int, b: int, *, addressed: bool) -> tuple[str, int, int]:
    """What follows a cue that ends before token j: the frame, where the content begins, and where the adjuncts end.

    `addressed`: the cue may first name whom it speaks to ("told reporters on Monday that").
    """
    tags = page.tags
    j = skip_adjuncts(page, j, b)
    frame, start = next_frame(page, j, b)
    if frame == "to":
        e = skip_adjuncts(page, noun_phrase_end(page, start, b), b)
        after, at = next_frame(page, e, b)
        if e > start and after in {"that", "wh"}:
            return after, at, j  # "suggested to me that"
    if addressed and frame in {"obj", "clause"}:
        e = noun_phrase_end(page, j, b)
        e2 = skip_adjuncts(page, e, b)
        after, at = next_frame(page, e2, b)
        if after in {"that", "wh", "inf"} or (after == "quote" and at > e2):
            return after, (j if after == "inf" else at), j
        if e2 < b and tags[e2] in "PDQN" and tags[j] in "pQN" and _has_verb(page, e2, b):
            return "clause", e2, j
        if after in {"about", "of", "for", "to"} and page.lows[e2] == after:
            return after, at, j
    return frame, start, j


def next_frame(page: Page, j: int, b: int) -> tuple[str, int]:
    """The frame that begins at token j exactly: its name ("" for none), and where the content begins."""
    tags, lows, inside = page.tags, page.lows, page.inside
    if j >= b or tags[j] == ".":
        return "", j
    if inside[j]:
        return "quote", j
    tag = tags[j]
    if lows[j] in _BY_WORD:
        return _BY_WORD[lows[j]], j + (lows[j] not in {"so", "yes"})
    if tag == "," and j + 1 < b and tags[j + 1] == "t":
        return "that", j + 1
    if tag == "," and j + 1 < b:
        return ("quote", j + 1) if inside[j + 1] else _past_aside(page, j, b)
    if tag in _BY_TAG:
        return _BY_TAG[tag], j
    if tag == "T":
        infinitive = j + 1 < b and (tags[j + 1] in "AR" or (tags[j + 1] == "V" and _is_base(page, j + 1)))
        return ("inf", j) if infinitive else ("to", j + 1)
    if tag in "IS" and lows[j] in PREPOSITIONS:
        return lows[j], j + 1
    if tag == "G" and not (j + 1 < b and tags[j + 1] in "NQ" and _has_verb(page, j, b)):
        return "ing", j
    if tag == "A" and lows[j] in {"having", "being"}:
        return "ing", j
    if tag in _NOUN_PHRASE:
        return ("clause" if _has_verb(page, j, b) else "obj"), j
    return "", j


def _is_base(page: Page, k: int) -> bool:
    """Is the verb at k in its base form?"""
    return page.lexicon.lemmas.get(page.lows[k], page.lows[k]) == page.lows[k]


def _past_aside(page: Page, j: int, b: int) -> tuple[str, int]:
    """`said, however, that`: what follows a short aside between two commas, the first at j."""
    tags = page.tags
    if tags[j + 1] in "RI":
        for k in range(j + 2, min(b - 1, j + _ASIDE)):
            if page.inside[k] or tags[k] in ".:VUMA":
                break
            if tags[k] == ",":
                if page.inside[k + 1]:
                    return "quote", k + 1
                return ("that", k + 1) if tags[k + 1] == "t" else ("comma", j)
    return "comma", j


def _has_verb(page: Page, j: int, b: int) -> bool:
    """Does a noun phrase with its own finite verb begin at j?"""
    tags, inside = page.tags, page.inside
    if tags[j] == "P" and page.lows[j] not in {"it", "you"}:
        return True
    for k in range(j + 1, min(b, j + _CLAUSE)):
        tag = tags[k]
        if inside[k] or tag in ".:tWwS" or (tag == "," and k - j > 12):
            return False
        if tag in FINITE:
            return True
        if tag == "B" and tags[k - 1] in "NQPX)R" and not (k + 1 < b and page.lows[k + 1] == "by"):
            return True
    return False
