"""Sources: the noun phrase that says it, left of the cue, right of it ("said the minister"), or after "by"."""

from __future__ import annotations

from overlook.claims.texts.cues import Cue
from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import appositions_start, phrase_start, source_end

Range = tuple[int, int]
_POSSESSIVE = frozenset(["his", "her", "their", "my", "our", "its", "your"])
_FROM = frozenset(["by", "from", "among"])


def source_of(page: Page, a: int, b: int, cue: Cue, shared: Range | None) -> Range | None:
    """The source's tokens [start, end), or None. `shared` is the subject that an earlier cue of the sentence has."""
    if cue.kind == "phrase":
        return to_the_right(page, cue.last + 1, b)
    if cue.kind == "colon":
        s = phrase_start(page, a, cue.head)
        return (s, cue.head) if s < cue.head else None
    if cue.kind == "noun":
        return _of_noun(page, a, b, cue)
    if cue.passive:
        j = cue.last if page.lows[cue.last] == "by" else cue.last + 1
        return to_the_right(page, j + 1, b) if j < b and page.lows[j] == "by" else None
    if cue.inverted:
        return to_the_right(page, cue.head + 1, b)
    return subject_of(page, a, cue.first, shared)


def subject_of(page: Page, a: int, first: int, shared: Range | None) -> Range | None:
    """The subject left of a verb group that begins at `first`."""
    tags = page.tags
    k = first - 1
    if k < a or page.inside[k]:
        return shared
    if tags[k] == "W" or (tags[k] == "t" and k > a and tags[k - 1] in "NQ"):
        return (k, k + 1)
    if tags[k] == ",":
        return _before_comma(page, a, first, shared)
    if tags[k] == "-":
        for at in range(k - 1, max(a, k - 40), -1):
            if tags[at] == "-":
                start = phrase_start(page, a, at)
                return (start, k) if start < at else shared
        return shared
    s = phrase_start(page, a, first)
    return (s, first) if s < first else shared or _main_subject(page, a, first)


def _before_comma(page: Page, a: int, first: int, shared: Range | None) -> Range | None:
    """The subject when a comma stands before the verb group: "X, the Y of Z, said"; "Trump, however, said"."""
    tags, k = page.tags, first - 1
    s = appositions_start(page, a, k)
    if s >= 0:
        start = phrase_start(page, a, s)
        if start < s:
            return (start, k)
    if tags[first] in "GR":
        return shared or _main_subject(page, a, k)
    for at in range(k - 1, max(a, k - 8), -1):
        if tags[at] == ",":
            return subject_of(page, a, at, shared) if tags[at - 1] != "," else shared
    return shared


def _main_subject(page: Page, a: int, before: int) -> Range | None:
    """The subject of the nearest finite verb to the left."""
    tags, inside = page.tags, page.inside
    for k in range(before - 1, max(a, before - 40) - 1, -1):
        if inside[k]:
            continue
        if tags[k] in "VUMAB" and k > a and (tags[k - 1] in "NQPWX)R" and tags[k - 1] != ""):
            g = k
            while g > a and tags[g - 1] in "RMA":
                g -= 1
            s = phrase_start(page, a, g)
            if s < g:
                return (s, g)
            if g > a and tags[g - 1] == "W":
                return (g - 1, g)
    return None


def _of_noun(page: Page, a: int, b: int, cue: Cue) -> Range | None:
    tags, lows = page.tags, page.lows
    k = cue.first - 1
    if k >= a:
        if tags[k] == "X":
            s = phrase_start(page, a, k)
            return (s, k) if s < k else None
        if lows[k] in _POSSESSIVE:
            return (k, k + 1)
    for j in (cue.head + 1, cue.start):
        if j < b and lows[j] in _FROM:
            return to_the_right(page, j + 1, b)
    return None


def to_the_right(page: Page, j: int, b: int) -> Range | None:
    """The source that begins at j, if a noun phrase does."""
    e = source_end(page, j, b)
    return (j, e) if e > j else None
