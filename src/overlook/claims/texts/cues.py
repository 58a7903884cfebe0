"""Cues: the words of a sentence that attribute, each with the frame it stands in.

A verb, noun, adjective or phrase of the lexicon is a cue only where what stands around it fits one of its frames: "said
that", "the claim that", "is confident that", "according to". Words inside quotations are the speaker's and no cues.
"""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.texts.frames import PREPOSITIONS, next_frame, right_frame
from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import phrase_start, source_end
from overlook.claims.texts.tags import NOMINAL

_BE = frozenset(
    {"am", "is", "are", "was", "were", "be", "been", "being", "get", "gets", "got", "gotten", "'re", "'m", "'s"}
)
_NOT_BE = frozenset({"isn't", "aren't", "wasn't", "weren't", "ain't"})
_HAVE = frozenset({"have", "has", "had", "having", "'ve", "haven't", "hasn't", "hadn't"})
#: Words that a speaker's name before a colon has at most.
_LABEL = 5
#: What ends a quotation whose sentence goes on.
_PAUSES = frozenset({",", "?", "!", "—", "–", "--", "..."})


@dataclass(slots=True)
class Cue:
    """Tokens [first, last] with the head among them. `start` is the content's first token where it follows the cue.

    `inverted`: the source stands after the verb.
    """

    head: int
    first: int
    last: int
    lemma: str
    frame: str
    kind: str
    start: int
    passive: bool = False
    inverted: bool = False


def find_cues(page: Page, a: int, b: int) -> list[Cue]:
    """The cues of the sentence [a, b), in order."""
    lexicon, lows, tags, inside = page.lexicon, page.lows, page.tags, page.inside
    lemmas, found, past = lexicon.lemmas, [], a
    for k in range(a, b):
        if inside[k] or k < past:
            continue
        low = lows[k]
        cue = None
        tag = tags[k]
        if low in lexicon.phrases:
            cue = _phrase(page, b, k)
        if cue is not None:
            pass
        elif tag in "VUBEG":
            lemma = lemmas.get(low)
            if lemma is not None and (lemma in lexicon.frames or lemma in lexicon.joined):
                cue = _verb(page, a, b, k, lemma)
            if cue is None and tag in "VUB":
                cue = _beside_quote(page, a, b, k)
        elif tag == "N" and low in lexicon.nouns:
            cue = _noun(page, a, b, k)
        elif tag == "J" and low in lexicon.adjectives:
            cue = _adjective(page, a, b, k)
        elif low == ":":
            cue = _colon(page, a, b, k)
        if cue is not None:
            found.append(cue)
            past = cue.last + 1
    return found


def group_start(page: Page, a: int, k: int) -> int:
    """The first token of the verb group that ends at k: auxiliaries, modals, adverbs and "to" before it."""
    tags, first = page.tags, k
    at = k - 1
    while at >= a and not page.inside[at]:
        if tags[at] in "MA" or (tags[at] == "T" and tags[k] in "VvA"):
            first = at
        elif tags[at] != "R":
            break
        at -= 1
    # Adverbs just before belong to the group: "reportedly said", "also told".
    while first > a and tags[first - 1] == "R" and not page.inside[first - 1]:
        first -= 1
    return first


def _beside_quote(page: Page, a: int, b: int, k: int) -> Cue | None:
    """Any verb at all, when only a pause parts it from what was said: `an angry Hollande retaliated. "..."`."""
    first = group_start(page, a, k)
    if _is_passive(page, first, k):
        return None
    frame, start = right_frame(page, k + 1, b, False)
    subject = phrase_start(page, a, first)
    lemma = page.lexicon.lemmas.get(page.lows[k], page.lows[k])
    if frame in {"", "comma"} and subject < first and _quote_ends(page, subject):
        quote = page.quote_at(subject - 1)
        if quote is not None and quote.n_words > _LABEL and page.words[quote.last - 1] in {",", "?", "!"}:
            return Cue(k, first, k, lemma, "after", "verb", start)
    if frame == "quote" and start > k + 1 and start < b and page.tags[start - 1] in ",:" and page.tags[k] != "G":
        quote = page.quote_at(start)
        if quote is not None and quote.first == start and quote.n_words > _LABEL:
            return Cue(k, first, k, lemma, "quote", "verb", start)
    return None


def _is_passive(page: Page, first: int, k: int) -> bool:
    if page.tags[k] not in "BE":
        return False
    for at in range(k - 1, first - 1, -1):
        if page.lows[at] in _BE or page.lows[at] in _NOT_BE:
            return True
        if page.lows[at] in _HAVE:
            return False
    return False


def _verb(page: Page, a: int, b: int, k: int, lemma: str) -> Cue | None:
    lows, tags, lexicon = page.lows, page.tags, page.lexicon
    first, last = group_start(page, a, k), k
    joined = lexicon.joined.get(lemma)
    if joined is not None:
        for at in range(k + 1, min(b, k + 5)):
            entry = joined.get(lows[at])
            if entry is not None:
                lemma, last = entry, at
                break
            if tags[at] not in "DJNXP":
                break
    frames = lexicon.frames.get(lemma)
    if frames is None:
        return None
    passive = _is_passive(page, first, k)
    before = tags[first - 1] if first > a else ""
    if tags[k] in "BE" and not passive and first == k and (tags[k] == "E" or (last + 1 < b and lows[last + 1] == "by")):
        passive = before in NOMINAL or before in {",", ")"}
        if not passive:
            return None
    if tags[k] == "B" and first == k and lemma == "ask" and before in {"", "S", "w", ","}:
        passive = True  # "Asked by a reporter whether ..., she said"
    if tags[k] in "BE" and first == k and before in {"D", "X"}:
        return None
    return _framed(page, a, b, Cue(k, first, last, lemma, "", "verb", last + 1, passive), frames)


def _framed(page: Page, a: int, b: int, cue: Cue, frames: frozenset[str]) -> Cue | None:
    frame, start = right_frame(page, cue.last + 1, b, cue.lemma in page.lexicon.addressed and not cue.passive)
    prefix = "be-" if cue.passive else ""
    anything = "any" in frames
    if (anything or "after" in frames) and not cue.passive and _is_after(page, a, b, cue, frame, start, frames):
        if frame in {"", "comma", "quote"} and not cue.inverted and cue.frame != "relative":
            cue.last = max(cue.last, start - 1 if start < b and page.tags[start - 1] not in ",:" else start - 2)
        return cue
    if anything or "after" in frames:
        opening = _opens_sentence(page, a, b, cue)
        if opening is not None:
            return opening
    if not (prefix + frame in frames or (anything and frame not in {"", "comma"})):
        if frame == "to" and prefix + "inf" in frames:
            frame, start = "inf", start - 1
        elif frame == "clause" and prefix + "obj" in frames:
            frame = "obj"
        elif frame == "obj" and prefix + "be" in frames:
            frame = "be"
        elif cue.passive and "be" in frames:
            cue.frame, cue.start = "be", cue.last + 1
            return cue
        else:
            return None
    cue.frame = prefix + frame
    cue.start = start
    if frame in PREPOSITIONS and cue.last + 1 < b and page.lows[cue.last + 1] == frame:
        cue.last += 1
    return cue


def _is_after(page: Page, a: int, b: int, cue: Cue, frame: str, start: int, frames: frozenset[str]) -> bool:
    """Does what is said stand before the cue, or around it? Then its frame is set: after, as, or relative."""
    tags = page.tags
    subject = phrase_start(page, a, cue.first)
    before = tags[subject - 1] if subject > a and not page.inside[subject - 1] else ""
    own = subject < cue.first
    if own and _quote_ends(page, subject) and page.words[subject - 2] in _PAUSES:
        cue.frame = "after"
        return True
    if own and before == "S" and page.lows[subject - 1] == "as" and frame in {"", "comma"}:
        cue.frame = "as-said"
        return True
    if own and before == "W" and start < b and tags[start] in "MAVUB" and start == cue.last + 1:
        cue.frame = "relative"
        return True
    if frame == "comma" and own and before == ",":
        cue.frame = "after"
        return True
    if not _content_before(page, a, cue.first):
        return False
    cue.inverted = frame in {"obj", "clause"} and _is_inverted(page, a, cue, start)
    if (
        cue.inverted
        or frame in {"", "comma"}
        or (frame in PREPOSITIONS and frame not in frames)
        or (
            own
            and frame in {"obj", "clause", "to"}
            and cue.lemma in page.lexicon.addressed
            and _quote_ends(page, subject)
        )
    ):
        cue.frame = "after"
        return True
    return False


def _opens_sentence(page: Page, a: int, b: int, cue: Cue) -> Cue | None:
    """`Added Lewis, "..."`: the verb first, then who says it, then the quotation."""
    if cue.first != a or cue.head != a or page.tags[a] not in "VUB" or cue.passive:
        return None
    e = source_end(page, a + 1, b)
    frame, start = next_frame(page, e, b)
    if e == a + 1 or frame != "quote":
        return None
    cue.frame, cue.start, cue.inverted = "quote", start, True
    return cue


def _quote_ends(page: Page, k: int) -> bool:
    """Does a quotation end just before token k?"""
    return k > 0 and page.inside[k - 1] > 0


def _content_before(page: Page, a: int, first: int) -> bool:
    """Is there something that may be said before the cue's group: a quotation or a clause, with a comma between?"""
    tags, inside = page.tags, page.inside
    for k in range(first - 1, max(a, first - 60) - 1, -1):
        if inside[k]:
            return True
        if tags[k] == "," and k > a + 1:
            return any(tags[i] in "VUMAB" or inside[i] for i in range(max(a, k - 80), k))
        if tags[k] in ":":
            return False
    return False


def _is_inverted(page: Page, a: int, cue: Cue, start: int) -> bool:
    """`"...," said the minister`: the noun phrase after the verb is its subject."""
    k = cue.first - 1
    if k < a or start != cue.last + 1 or cue.first != cue.head or page.tags[cue.head] not in "VUB":
        return False
    if page.inside[k]:
        return True
    return page.tags[k] == "," and cue.lemma == "say" and page.tags[start] != "P"


def _phrase(page: Page, b: int, k: int) -> Cue | None:
    lows = page.lows
    for words in page.lexicon.phrases[lows[k]]:
        n = len(words)
        if tuple(lows[k : k + n]) == words and k + n < b and page.tags[k + n] in "DQNJFPpXBWw":
            return Cue(k, k, k + n - 1, " ".join(words), "phrase", "phrase", k + n)
    return None


def _noun(page: Page, a: int, b: int, k: int) -> Cue | None:
    tags, lows = page.tags, page.lows
    frame, start = next_frame(page, k + 1, b)
    last = k
    if "is" in page.lexicon.nouns[lows[k]] and k + 2 < b and lows[k + 1] in _BE and tags[k + 2] in "tw":
        frame, start, last = "is", k + 2, k + 1
    if frame not in page.lexicon.nouns[lows[k]]:
        return None
    first = k
    while first > a and tags[first - 1] in "JBG" and not page.inside[first - 1]:
        first -= 1
    if frame in PREPOSITIONS:
        last = k + 1
    return Cue(k, first, last, lows[k], frame, "noun", start)


def _adjective(page: Page, a: int, b: int, k: int) -> Cue | None:
    first = group_start(page, a, k)
    lows = page.lows
    if not any(
        lows[i] in _BE or page.lexicon.lemmas.get(lows[i]) in {"feel", "seem", "remain", "sound"}
        for i in range(first, k)
    ):
        if first > a and page.lexicon.lemmas.get(lows[first - 1]) in {"feel", "remain", "sound"}:
            first -= 1
        else:
            return None
    frame, start = next_frame(page, k + 1, b)
    if frame not in page.lexicon.adjectives[lows[k]]:
        return None
    last = k + 1 if frame in PREPOSITIONS else k
    return Cue(k, first, last, lows[k], frame, "adjective", start)


def _colon(page: Page, a: int, b: int, k: int) -> Cue | None:
    """`Name: what she said` at the start of a line, or a noun phrase, a colon and a quotation anywhere."""
    tags = page.tags
    if k + 1 >= b or k == a:
        return None
    quote = page.quote_at(k + 1)
    if quote is not None and quote.first == k + 1 and quote.n_words > _LABEL and tags[k - 1] in "QNPX)":
        return Cue(k, k, k, ":", "colon", "colon", k + 1)
    if a not in page.paragraph_starts or k - a > _LABEL or tags[a] != "Q":
        return None
    if not all(tags[i] in "QXC" for i in range(a, k)):
        return None
    return Cue(k, k, k, ":", "colon", "colon", k + 1)
