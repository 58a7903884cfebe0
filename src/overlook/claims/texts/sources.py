"""Sources: the noun phrase that says it, left of the cue, right of it ("said the minister"), or after "by"."""

from __future__ import annotations

from overlook.claims.texts.cues import POSSESSIVE, Cue
from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import phrase_start, source_end, subject_start

Range = tuple[int, int]
#: How far to the left the subject's verb may stand.
_FAR = 60
_FROM = frozenset(["by", "from", "among"])


def source_of(page: Page, a: int, b: int, cue: Cue, shared: Range | None) -> Range | None:
    """The source's tokens [start, end), or None. `shared` is the subject that an earlier cue of the sentence has."""
    if cue.owner is not None:
        return cue.owner
    if cue.frame == "as-said" and cue.passive:
        return to_the_right(page, cue.last + 1, b)
    if cue.kind == "phrase":
        title = page.quote_at(cue.last + 1) if cue.last + 1 < b else None
        return (title.first, title.last + 1) if title is not None else to_the_right(page, cue.last + 1, b)
    if cue.kind == "hearsay":
        return None
    if cue.kind == "colon":
        # "He gave a curt answer: “...”": the subject of the sentence, where it has a verb.
        main = _main_subject(page, a, cue.head)
        s = phrase_start(page, a, cue.head)
        return main or ((s, cue.head) if s < cue.head else None)
    if cue.kind == "noun":
        return _of_noun(page, a, b, cue, shared)
    if cue.lemma in page.lexicon.impersonal and cue.frame != "after":
        return None
    if cue.passive:
        j = cue.last if page.lows[cue.last] == "by" else cue.last + 1
        return to_the_right(page, j + 1, b) if j < b and page.lows[j] == "by" else None
    if cue.inverted:
        return to_the_right(page, cue.head + 1, b)
    source = subject_of(page, a, cue.first, shared)
    if source is None or source == shared:
        return source
    return _without_time(page, _with_name(page, a, source) if cue.frame != "after" else source)


def _with_name(page: Page, a: int, source: Range) -> Range:
    """`Lewis, an expert at the institute told`: the name before the one comma belongs to it."""
    s, e = source
    named = s - 1 > a and page.tags[s - 1] == "," and page.tags[s] == "D" and page.tags[a] == "Q"
    return (a, e) if named and phrase_start(page, a, s - 1) == a else source


def _without_time(page: Page, source: Range) -> Range:
    """`The Post on Monday quoted`: without the day."""
    s, e = source
    k = e
    while k - 1 > s and page.lows[k - 1] in page.lexicon.times:
        k -= 1
    if k < e and page.tags[k - 1] == "I" and k - 1 > s:
        return (s, k - 1)
    return source


def subject_of(page: Page, a: int, first: int, shared: Range | None) -> Range | None:
    """The subject left of a verb group that begins at `first`."""
    tags = page.tags
    k = first - 1
    if k < a:
        return shared
    if page.inside[k]:
        s = phrase_start(page, a, first)
        return (s, first) if s < first else shared
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
    if tags[first] == "G" and shared is not None and s > a and tags[s - 1] in "IT":
        return shared  # "wrote in a statement to Wired explaining"
    return (s, first) if s < first else shared or _main_subject(page, a, first)


def _before_comma(page: Page, a: int, first: int, shared: Range | None) -> Range | None:
    """The subject when a comma stands before the verb group: "X, the Y of Z, said"; "Trump, however, said"."""
    tags, k = page.tags, first - 1
    if tags[first] == "G" and shared is not None:
        return shared
    start = subject_start(page, a, first)
    if start < first:
        return (start, k)
    if shared is None and tags[a] in "QD" and phrase_start(page, a, k) == a and not any(t in "VUB" for t in tags[a:k]):
        return (a, k)  # a comma too many
    if tags[first] in "GRJ":
        return shared or _main_subject(page, a, k)
    for at in range(k - 1, max(a, k - 8), -1):
        if tags[at] == ",":
            return subject_of(page, a, at, shared) if tags[at - 1] != "," else shared
    return shared


def _main_subject(page: Page, a: int, before: int) -> Range | None:
    """The subject of the nearest finite verb to the left that has one."""
    tags, inside = page.tags, page.inside
    for k in range(before - 1, max(a, before - _FAR) - 1, -1):
        if inside[k] or tags[k] not in "VUMAB" or k == a:
            continue
        g = k
        while g > a and tags[g - 1] in "RMA":
            g -= 1
        if g == a or inside[g - 1]:
            continue
        if tags[g - 1] == "W":
            return (g - 1, g)
        s = subject_start(page, a, g) if tags[g - 1] in "NQPX)," else g
        if s < g:
            return (s, g - (tags[g - 1] == ","))
    return None


def _of_noun(page: Page, a: int, b: int, cue: Cue, shared: Range | None) -> Range | None:
    """Whose claim it is: "his claim", "Lewis's claim", "a claim by", or the subject of the verb that governs it."""
    tags, lows = page.tags, page.lows
    k = cue.first - 1
    if k >= a:
        if tags[k] == "X":
            s = phrase_start(page, a, k)
            return (s, k) if s < k else None
        if lows[k] in POSSESSIVE:
            return (k, k + 1)
    for j in (cue.head + 1, cue.start):
        if j < b and lows[j] in _FROM:
            return to_the_right(page, j + 1, b)
    if k >= a and tags[k] == "D":
        k -= 1
    if k > a and tags[k] in "VUBG" and not page.inside[k] and cue.frame != "is":
        first = k
        while first > a and tags[first - 1] in "RMAT":
            first -= 1
        return subject_of(page, a, first, shared)
    return None


def to_the_right(page: Page, j: int, b: int) -> Range | None:
    """The source that begins at j, if a noun phrase does."""
    e = source_end(page, j, b)
    return (j, e) if e > j else None
