"""Noun phrases and adjuncts, found by walking over tags. Bounded walks: no sentence makes them slow."""

from __future__ import annotations

from overlook.claims.texts.page import Page
from overlook.claims.texts.tags import NOMINAL

_WALK = 60
#: Words that a title in quotation marks has at most.
_TITLE = 5


def noun_phrase_end(page: Page, j: int, b: int, *, titles: bool = False) -> int:
    """One past the noun phrase that begins at j, with "of" phrases, without relative clauses or appositions.

    A quotation ends it, unless `titles` lets a short one stand for a name ("on ''Meet the Press''").
    """
    tags, lows, inside, k = page.tags, page.lows, page.inside, j
    stop = min(b, j + _WALK)
    while k < stop:
        tag = tags[k]
        if inside[k]:
            quote = page.quotes[inside[k] - 1]
            if not titles or quote.n_words > _TITLE or quote.last + 1 >= b:
                break
            k = quote.last + 1
        elif tag in "DFJNQX":
            k += 1
        elif tag in "Pp":
            return k + 1 if k == j else k
        elif (
            (tag in "BGE" and k + 1 < stop and tags[k + 1] in "NQJ" and (k == j or tags[k - 1] in "DJX"))
            or (lows[k] == "of" and k > j)
            or (tag == "C" and k > j and k + 1 < stop and tags[k + 1] in "NQ" and tags[k - 1] == tags[k + 1])
        ):
            k += 1
        elif tag == "(" and k > j and ")" in tags[k : k + 6]:
            k = tags.index(")", k) + 1
        elif tag == "R" and k + 1 < stop and tags[k + 1] == "J":
            k += 1
        else:
            break
    return k


def skip_adjuncts(page: Page, j: int, b: int) -> int:
    """Past adverbs, times and places of saying: "said [on Monday in a statement] that"."""
    tags, lows, inside = page.tags, page.lows, page.inside
    times, statements = page.lexicon.times, page.lexicon.statements
    while j < b and not inside[j]:
        tag = tags[j]
        if tag == "R" or lows[j] in times or (tag == "F" and j > 0 and lows[j - 1] in times):
            j += 1
        elif tag in "JD" and j + 1 < b and lows[j + 1] in times:
            j += 2
        elif tag in "IT":
            e = noun_phrase_end(page, j + 1, b, titles=True)
            if e == j + 1 or e >= b:
                return j
            says = any(lows[i] in statements or lows[i] in times for i in range(j + 1, e))
            after = tags[e]
            if (
                says
                or (after == "t" and tag == "I")
                or inside[e]
                or (after == "," and e + 1 < b and inside[e + 1])
                or lows[e] == ":"
            ):
                j = e
            else:
                return j
        else:
            return j
    return j


def phrase_start(page: Page, a: int, e: int) -> int:
    """The first token of the noun phrase that ends before token e, not before a."""
    tags, lows, inside = page.tags, page.lows, page.inside
    k, low = e - 1, max(a, e - _WALK)
    while k >= low and not inside[k]:
        tag = tags[k]
        if tag in "NQJDFX":
            k -= 1
        elif tag in "Pp":
            if k == e - 1 or tags[k + 1] == "W":
                return k
            break
        elif (
            tag in "BGE" and k + 1 < e and tags[k + 1] in "NQJ" and (k == low or tags[k - 1] in "DJXI,C" or tag == "J")
        ):
            k -= 1
        elif tag == ")" and "(" in tags[max(low, k - 8) : k]:
            while tags[k] != "(":
                k -= 1
            k -= 1
        elif (
            (tag == "I" and k > low and tags[k - 1] in "NQ)F" and k + 1 < e and lows[k - 1] not in page.lexicon.times)
            or (tag == "C" and k > low and k + 1 < e and tags[k - 1] in "NQ" and not _clause_before(page, low, k))
            or (tag == "R" and k + 1 < e and tags[k + 1] == "J")
        ):
            k -= 1
        else:
            break
    return _trimmed(page, a, k + 1, e)


def _clause_before(page: Page, low: int, k: int) -> bool:
    """Is there a finite verb between the last comma and the conjunction at k?"""
    for at in range(k - 1, low - 1, -1):
        tag = page.tags[at]
        if tag in "VUMAB":
            return True
        if tag in ",:.tWS":
            return False
    return False


def _trimmed(page: Page, a: int, s: int, e: int) -> int:
    """Without "on Tuesday" or "in a statement" before the subject, when no comma sets them off."""
    tags, lows, times = page.tags, page.lows, page.lexicon.times
    while s < e - 1 and (tags[s] in "RC" or (lows[s] in times and tags[s + 1] in "QDPFJN")):
        s += 1
    if s > a and tags[s - 1] in "IT" and tags[s - 1] != "":
        for m in range(e - 1, s, -1):
            if (tags[m] in "DQP" and tags[m - 1] in "NF") or (tags[m] == "D" and tags[m - 1] == "Q"):
                return m
    return s


def appositions_start(page: Page, a: int, comma: int) -> int:
    """Where "X, the Y of Z, " begins, given the comma that ends it; -1 when the commas set off something else."""
    tags, inside, best = page.tags, page.inside, -1
    relative = False
    for k in range(comma - 1, max(a, comma - _WALK) - 1, -1):
        tag = tags[k]
        if inside[k] or tag in ".:":
            break
        if tag in "W":
            relative = True
        if tag == ",":
            segment = tags[k + 1 : comma]
            verbs = any(t in "VUMA" for t in segment)
            if verbs and not relative:
                break
            if k > a and tags[k - 1] in "NQP)X" and segment and segment[0] in "DJNQFWwXBGIR":
                best = k
            if relative:
                relative = "W" not in segment[:3]
    return best


def source_end(page: Page, j: int, b: int) -> int:
    """One past the noun phrase at j with what describes it: "Jim Clyburn, a congressman from South Carolina"."""
    tags, lows, inside = page.tags, page.lows, page.inside
    e = noun_phrase_end(page, j, b)
    if e == j:
        return j
    single = tags[j] in "Pp"
    while e < b and not inside[e] and not single:
        tag = tags[e]
        if tag == "," and e + 1 < b and not inside[e + 1] and tags[e + 1] in "DJNQFWw":
            stop = _segment_end(page, e + 1, b)
            if tags[e + 1] not in "W" and tags[e + 1] != "w" and _is_clause(page, e + 1, stop):
                break
            e = stop
        elif tag == "W" and e > j:
            e = _segment_end(page, e, b)
        elif tag == "I" and lows[e] not in {"after", "before", "during", "since", "by"} and e + 1 < b:
            stop = noun_phrase_end(page, e + 1, b)
            if stop == e + 1 or lows[e + 1] in page.lexicon.times or _names_a_saying(page, e + 1, stop):
                break
            e = stop
        else:
            break
    return e


def _segment_end(page: Page, k: int, b: int) -> int:
    while k < b and page.tags[k] not in ",.:" and not page.inside[k]:
        k += 1
    return k


def _is_clause(page: Page, k: int, stop: int) -> bool:
    return any(page.tags[i] in "VUMA" for i in range(k, stop)) and "W" not in page.tags[k:stop]


def _names_a_saying(page: Page, j: int, e: int) -> bool:
    return any(page.lows[k] in page.lexicon.statements for k in range(j, e))


def head_of(page: Page, s: int, e: int) -> int:
    """The head noun of the noun phrase [s, e): its last nominal token before a preposition, comma or relative."""
    head = s
    for k in range(s, e):
        if page.tags[k] in NOMINAL or page.tags[k] in "PpW":
            head = k
        elif page.tags[k] in "I,W(-" and k > s and page.tags[head] in "NQPp":
            break
    return head
