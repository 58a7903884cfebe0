"""Cues: the words of a sentence that attribute, each with the frame it stands in.

A verb, noun, adjective or phrase of the lexicon is a cue only where what stands around it fits one of its frames: "said
that", "the claim that", "is confident that", "according to". Words inside quotations are the speaker's and no cues.
"""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.texts.frames import PREPOSITIONS, next_frame, right_frame
from overlook.claims.texts.groups import BE, group_start, is_passive
from overlook.claims.texts.page import Page
from overlook.claims.texts.phrases import noun_phrase_end, skip_adjuncts, source_end, subject_start
from overlook.claims.texts.tags import NOMINAL

#: Words that stand alone as a subject: "some said".
_QUANTIFIERS = frozenset({"all", "another", "both", "each", "few", "many", "most", "neither", "several", "some"})
_INNER = frozenset({"’", "'", "”", '"'})
POSSESSIVE = frozenset({"his", "her", "their", "my", "our", "its", "your"})
#: Words that a speaker's name before a colon has at most.
_LABEL = 5
#: What ends a quotation whose sentence goes on.
_PAUSES = frozenset({",", "?", "!", "—", "–", "--", "..."})


@dataclass(slots=True)
class Cue:
    """Tokens [first, last] with the head among them. `start` is the content's first token where it follows the cue.

    `inverted`: the source stands after the verb. `owner`: the source, where it stands within the cue.
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
    owner: tuple[int, int] | None = None


#: Classes of words that `_cue_at` looks at.
_CUE_TAGS = frozenset("VUBEGISNJR")


def find_cues(page: Page, a: int, b: int) -> list[Cue]:
    """The cues of the sentence [a, b), in order."""
    inside, tags, lows, nouns = page.inside, page.tags, page.lows, page.lexicon.nouns
    found: list[Cue] = []
    past = a
    for k in range(a, b):
        tag = tags[k]
        # Most words are no cue by their class alone.
        if (tag not in _CUE_TAGS and lows[k] != ":") or (tag == "N" and lows[k] not in nouns):
            continue
        if inside[k] or k < past:
            continue
        cue = _cue_at(page, a, b, k)
        if cue is None and page.lows[k] == ":" and not (found and found[-1].start == k + 1):
            cue = _colon(page, a, b, k)
        if cue is not None:
            found.append(cue)
            # "implied in a statement that": what stands between the cue and its clause is none of its own.
            past = max(cue.last + 1, cue.start) if cue.frame in {"that", "wh"} else cue.last + 1
    return found


def _cue_at(page: Page, a: int, b: int, k: int) -> Cue | None:
    """The cue whose head is token k."""
    lexicon, low, tag = page.lexicon, page.lows[k], page.tags[k]
    cue = None
    if tag in "VUBEG":
        if low in lexicon.phrases:
            cue = _phrase(page, b, k)
        lemma = lexicon.lemmas.get(low)
        if cue is None and lemma is not None and (lemma in lexicon.frames or lemma in lexicon.joined):
            cue = _verb(page, a, b, k, lemma)
        if cue is None and tag in "VUB":
            cue = _beside_quote(page, a, b, k)
        if cue is None and low in lexicon.adjectives:
            cue = _adjective(page, a, b, k)
    elif tag in "IS":
        if low in lexicon.phrases:
            cue = _phrase(page, b, k)
        if cue is None and low in {"in", "on", "by"}:
            cue = _in_words(page, b, k)
    elif tag == "N" and low in lexicon.nouns:
        cue = _noun(page, a, b, k)
    elif tag == "J" and low in lexicon.adjectives:
        cue = _adjective(page, a, b, k)
    elif tag == "R" and low in lexicon.hearsay:
        cue = _hearsay(page, a, b, k)
    return cue


def _hearsay(page: Page, a: int, b: int, k: int) -> Cue | None:
    """`The site was reportedly closed`: somebody said so, and the text does not say who. None within another cue."""
    verb = k + 1
    while verb < min(b, k + 4) and page.tags[verb] in "RMA":
        verb += 1
    if verb >= b or page.inside[verb]:
        return None
    other = _cue_at(page, a, b, verb) if page.tags[verb] in "VUBEG" else None
    if other is not None and other.first <= k:
        return None
    return Cue(k, k, k, page.lows[k], "hearsay", "hearsay", k + 1)


def _beside_quote(page: Page, a: int, b: int, k: int) -> Cue | None:
    """Any verb at all, when only a pause parts it from what was said: `an angry Hollande retaliated. "..."`."""
    first = group_start(page, a, k)
    if is_passive(page, first, k):
        return None
    frame, start, _ = right_frame(page, k + 1, b, addressed=False)
    subject = subject_start(page, a, first)
    lemma = page.lexicon.lemmas.get(page.lows[k], page.lows[k])
    ends = frame in {"", "comma"} or frame in PREPOSITIONS
    if ends and subject < first and _quote_ends(page, a, subject):
        quote = page.quote_at(subject - 1)
        if quote is not None and quote.n_words > _LABEL and _pauses(page, quote.last):
            return Cue(k, first, k, lemma, "after", "verb", start)
    if frame == "quote" and start > k + 1 and start < b and page.tags[start - 1] in ",:" and page.tags[k] != "G":
        quote = page.quote_at(start)
        if quote is not None and quote.first == start and quote.n_words > _LABEL:
            return Cue(k, first, k, lemma, "quote", "verb", start)
    return None


def _verb(page: Page, a: int, b: int, k: int, lemma: str) -> Cue | None:
    lemma, last = _with_second_word(page, b, k, lemma)
    frames = page.lexicon.frames.get(lemma)
    if frames is None:
        return None
    first = group_start(page, a, k)
    if page.lows[max(a, k - 2) : k + 1] == ["to", "be", "believed"] and "if" in page.lows[a:first]:
        return Cue(k, first, k, lemma, "if-believed", "verb", k + 1)
    passive = is_passive(page, first, k)
    if page.tags[k] in "BE" and page.tags[first] not in "MAT" and not passive:
        reduced = _reduced(page, a, b, k, last, lemma, first)
        if reduced is None:
            return None
        passive = reduced
    return _framed(page, a, b, Cue(k, first, last, lemma, "", "verb", last + 1, passive), frames)


def _with_second_word(page: Page, b: int, k: int, lemma: str) -> tuple[str, int]:
    """`pointed out`, `issued a short statement`: the entry of both words, and the token of the second."""
    joined = page.lexicon.joined.get(lemma)
    if joined is not None:
        for at in range(k + 1, min(b, k + 5)):
            entry = joined.get(page.lows[at])
            if entry is not None:
                return entry, at
            if page.tags[at] not in "DJNXP":
                break
    return lemma, k


def _reduced(page: Page, a: int, b: int, k: int, last: int, lemma: str, first: int) -> bool | None:
    """A past form without auxiliary: is it a passive participle ("reports seen by")? None: an adjective, no cue."""
    before = page.tags[first - 1] if first > a else ""
    if before == "X" or (before == "D" and page.lows[k - 1] not in _QUANTIFIERS):
        return None
    if page.tags[k] == "B" and lemma == "ask" and before in {"", "S", "w", ","}:
        return True  # "Asked by a reporter whether ..., she said"
    if before == "S" and page.lows[k - 1] == "as" and last + 1 < b and page.lows[last + 1] == "by":
        return True  # "As reported by the agency, ..."
    if page.tags[k] == "B" and _quote_ends(page, a, subject_start(page, a, k)):
        return False  # "“...,” he said by telephone"
    if page.tags[k] == "E" or (last + 1 < b and page.lows[last + 1] == "by"):
        return True if before in NOMINAL or before in {",", ")"} else None
    return False


def _framed(page: Page, a: int, b: int, cue: Cue, frames: frozenset[str]) -> Cue | None:
    """The verb's cue with its frame, or None where the frame is none of its own."""
    addressed = cue.lemma in page.lexicon.addressed and not cue.passive
    frame, start, adjuncts = right_frame(page, cue.last + 1, b, addressed=addressed)
    if frame == "obj" and frames & {"quote", "any"}:
        e = noun_phrase_end(page, start, b)
        if e + 1 < b and page.lows[e] == ":" and page.inside[e + 1]:
            frame, start = "quote", e + 1  # "reveals a few facts: “...”"
    if cue.passive:
        if cue.last + 1 < b and page.lows[cue.last + 1] == "by" and frame != "by" and "be-by" in frames:
            frame, start, adjuncts = "by", cue.last + 2, cue.last + 1
        return _settled(page, b, cue, _passive_frame(page, a, cue, frame, frames), frame, start, adjuncts)
    following = page.lows[cue.last + 1] if cue.last + 1 < b else ""
    if frame in {"", "comma"} and following in frames and following in PREPOSITIONS and not page.inside[cue.last + 1]:
        frame, start, adjuncts = following, cue.last + 2, cue.last + 1  # "responded to the remarks, ..."
    anything = "any" in frames
    if anything or "after" in frames:
        finite = page.tags[cue.head] in "VUB" and page.tags[cue.first] not in "TM"
        if finite and _is_after(page, a, b, cue, frame, start, frames):
            if frame in {"", "comma", "quote"} and not cue.inverted and cue.frame != "relative":
                cue.last = max(cue.last, start - 1 if start < b and page.tags[start - 1] not in ",:" else start - 2)
            return cue
        opening = _opens_sentence(page, a, b, cue)
        if opening is not None:
            return opening
    if frame == "to" and "to" not in frames and "inf" in frames:
        frame, start = "inf", start - 1
    elif frame == "clause" and "clause" not in frames and "obj" in frames:
        frame = "obj"
    own = frame in frames or (anything and frame not in {"", "comma"})
    return _settled(page, b, cue, frame if own else "", frame, start, adjuncts)


def _passive_frame(page: Page, a: int, cue: Cue, frame: str, frames: frozenset[str]) -> str:
    """The frame of a passive by its name in the lexicon, "" for none."""
    if frame == "by" and cue.first > a and page.lows[cue.first - 1] == "as" and cue.first == cue.head:
        return "as-said"
    for name in (frame, "inf" if frame == "to" else "", "obj" if frame == "clause" else ""):
        if name and f"be-{name}" in frames:
            return f"be-{name}"
    return "be" if "be" in frames else ""


def _settled(page: Page, b: int, cue: Cue, name: str, frame: str, start: int, adjuncts: int) -> Cue | None:
    """The cue in the frame `name`, with the words that belong to it."""
    if not name:
        return None
    cue.frame, cue.start = name, start
    if name == "as-said":
        cue.first, cue.last = cue.first - 1, cue.last + 1
    elif name == "be":
        cue.start = cue.last + 1
    else:
        if name == "be-inf" and frame == "to":
            cue.start = start - 1
        cue.last = max(cue.last, adjuncts - 1)
        if frame in PREPOSITIONS and cue.last + 1 < b and page.lows[cue.last + 1] == frame and not name.endswith("inf"):
            cue.last += 1
    return cue


def _is_after(page: Page, a: int, b: int, cue: Cue, frame: str, start: int, frames: frozenset[str]) -> bool:
    """Does what is said stand before the cue, or around it? Then its frame is set: after, as, or relative."""
    tags = page.tags
    subject = subject_start(page, a, cue.first)
    before = tags[subject - 1] if subject > a and not page.inside[subject - 1] else ""
    own = subject < cue.first
    if own and _quote_ends(page, a, subject) and _pauses(page, subject - 1):
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
        or (own and before == "," and cue.lemma in page.lexicon.addressed and _only_names(page, frame, start, b))
    ):
        cue.frame = "after"
        return True
    return False


def _only_names(page: Page, frame: str, start: int, b: int) -> bool:
    """`..., two diplomats told reporters on Tuesday`: after the cue only whom it was said to, and when."""
    if frame not in {"obj", "clause"}:
        return False
    e = skip_adjuncts(page, noun_phrase_end(page, start, b), b)
    return e >= b or page.tags[e] == "."


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


def _pauses(page: Page, last: int) -> bool:
    """Does the quotation that closes at `last` end in a pause, inner marks apart (`‘...?’” he said`)?"""
    return page.words[last - 1] in _PAUSES or (page.words[last - 1] in _INNER and page.words[last - 2] in _PAUSES)


def _quote_ends(page: Page, a: int, k: int) -> bool:
    """Does a quotation end just before token k?"""
    return k > a and page.inside[k - 1] > 0


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
    apposition = subject_start(page, a, cue.first) < cue.first
    return page.tags[k] == "," and cue.lemma == "say" and page.tags[start] != "P" and not apposition


def _phrase(page: Page, b: int, k: int) -> Cue | None:
    lows = page.lows
    for words in page.lexicon.phrases[lows[k]]:
        n = len(words)
        if tuple(lows[k : k + n]) == words and k + n < b and page.tags[k + n] not in ",.:)-":
            return Cue(k, k, k + n - 1, " ".join(words), "phrase", "phrase", k + n)
    return None


def _in_words(page: Page, b: int, k: int) -> Cue | None:
    """`in his words`, `in Mr. Lewis's view`: the source stands within the cue."""
    e = noun_phrase_end(page, k + 1, b)
    if e - k < 3 or page.lows[e - 1] not in page.lexicon.views:
        return None
    owner = page.tags[e - 2] == "X" or (e - k == 3 and page.lows[k + 1] in POSSESSIVE)
    if not owner:
        return None
    cue = Cue(k, k, e - 1, page.lows[k], "phrase", "phrase", e)
    cue.owner = (k + 1, e - 2 if page.tags[e - 2] == "X" else e - 1)
    return cue


def _noun(page: Page, a: int, b: int, k: int) -> Cue | None:
    tags, lows = page.tags, page.lows
    frame, start = next_frame(page, k + 1, b)
    last = k
    if "is" in page.lexicon.nouns[lows[k]] and k + 2 < b and lows[k + 1] in BE and tags[k + 2] in "tw":
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
        lows[i] in BE or page.lexicon.lemmas.get(lows[i]) in {"feel", "seem", "remain", "sound"}
        for i in range(first, k)
    ):
        if first > a and page.lexicon.lemmas.get(lows[first - 1]) in {"feel", "remain", "sound"}:
            first -= 1
        elif first == a or page.tags[first - 1] not in "NQ,":
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
    if a not in page.paragraph_starts or k - a > _LABEL or page.lows[a] in page.lexicon.labels:
        return None
    if all(page.words[i].isupper() for i in range(a, k)):
        return Cue(k, k, k, ":", "colon", "colon", k + 1)  # a transcript: "Q:", "MARTA OLSEN:"
    if tags[a] != "Q" or b - k < _LABEL:
        return None
    if not all(tags[i] in "QXC" for i in range(a, k)):
        return None
    return Cue(k, k, k, ":", "colon", "colon", k + 1)
