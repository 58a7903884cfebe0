"""Noun phrases and adjuncts, found by walking over tags. Bounded walks: no sentence makes them slow."""

from __future__ import annotations

from overlook.claims.texts.page import Page
from overlook.claims.texts.tags import NOMINAL

_WALK = 60
#: Prepositions before the time, place or manner of saying something.
_WHEREIN = frozenset({"in", "on", "at", "during", "via", "through", "from", "after", "before", "by", "with", "to"})
_SAID = frozenset({"said", "told"})
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
        elif lows[j] == "for" and lows[j + 1 : j + 4] == ["the", "first", "time"]:
            j += 4
        elif (tag in "JD" and j + 1 < b and lows[j + 1] in times) or (
            lows[j] == "with" and j + 1 < b and lows[j + 1] in page.lexicon.manners
        ):
            j += 2
        elif tag in "IT" and lows[j] in _WHEREIN:
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
    if k > low and inside[k]:
        # "star of television's “Scandal,” thanked": a short quotation after a noun names something.
        quote = page.quotes[inside[k] - 1]
        if quote.last != k or quote.n_words > _TITLE or quote.first <= low or tags[quote.first - 1] not in "NQX":
            return e
        k = quote.first - 1
    while k >= low and not inside[k]:
        if tags[k] in "Pp":
            if not (lows[k].endswith("self") and k == e - 1 > low and tags[k - 1] in "NQP"):
                return k if k == e - 1 or tags[k + 1] == "W" or lows[k + 1].endswith("self") else k + 1
            k -= 1  # "Clinton herself"
            continue
        before = k if tags[k] in "NQJDFX" else _passed(page, low, k, e)
        if before < 0:
            break
        k = before - 1
    s = _trimmed(page, a, k + 1, e)
    return s if any(tags[i] in "NQPpDF" for i in range(s, e)) else e


def _passed(page: Page, low: int, k: int, e: int) -> int:
    """The first token of what the noun phrase that ends before e goes through at k; -1 where it begins after k."""
    tags, tag = page.tags, page.tags[k]
    if k + 1 >= e:
        return _bracket(page, low, k) if tag == ")" else -1
    after, before = tags[k + 1], tags[k - 1] if k > low else ""
    if tag in "BGE" and after in "NQJ" and before in "DJXI,C":
        return k
    if tag == ")":
        return _bracket(page, low, k)
    if tag == "I" and before in "NQ)F" and before and page.lows[k - 1] not in page.lexicon.times:
        return k
    if tag == "I" and before in "BE" and before and k - 1 > low and tags[k - 2] == "N":
        return k - 1  # "reports based on leaks"
    if tag == "C" and before in "NQ" and before and not _clause_before(page, low, k):
        return k
    return k if tag == "R" and after == "J" else -1


def _bracket(page: Page, low: int, k: int) -> int:
    """The opening of the bracket that closes at k, when it is a short one."""
    for at in range(k - 1, max(low, k - 8) - 1, -1):
        if page.tags[at] == "(":
            return at
    return -1


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


def subject_start(page: Page, a: int, first: int) -> int:
    """Where the subject of the verb group at `first` begins, appositions between commas included; `first` for none."""
    if first > a and page.tags[first - 1] == "," and not page.inside[first - 1]:
        s = appositions_start(page, a, first - 1)
        start = phrase_start(page, a, s) if s > a else s
        return start if 0 <= start < s else first
    return phrase_start(page, a, first)


def appositions_start(page: Page, a: int, comma: int) -> int:
    """Where "X, the Y of Z, " begins, given the comma that ends it; -1 when the commas set off something else."""
    tags, inside, best, last = page.tags, page.inside, -1, comma
    relative = verb = False
    for k in range(comma - 1, max(a, comma - _WALK) - 1, -1):
        tag = tags[k]
        if tag in ".:" and not inside[k]:
            break
        if tag == "W" or page.lows[k] == "whose":
            relative = True
        elif not inside[k] and (tag in "VUMA" or (tag == "B" and page.lows[k] in _SAID)):
            verb = True
        if tag == "," and not inside[k]:
            opener = tags[k + 1]
            if verb and not relative:
                break
            if k > a and (tags[k - 1] in "NQPF)X" or inside[k - 1]) and last - k > 1 and opener in "DJNQFWwXBGIR":
                best = k
            verb, last = False, k
            relative = relative and opener != "W" and page.lows[k + 1] != "whose"
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
