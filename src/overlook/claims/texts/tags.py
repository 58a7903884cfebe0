"""A coarse part of speech for each token, from closed classes, the verb list, suffixes and the neighbours.

One letter a tag: D determiner, F number, J adjective, N noun, Q name, X possessive 's, P pronoun (p object form),
W relative pronoun, w question word, t *that*, I preposition, T *to*, C conjunction, S subordinator, M modal,
A be/have/do, V present or base verb, U past tense, B past tense or participle, E participle, G -ing form, R adverb;
`"` a quotation mark, `,` `.` `:` `-` `(` `)` marks, `#` anything else. Good enough to tell "the report" from
"report that", and no more.
"""

from __future__ import annotations

from functools import lru_cache

from overlook.claims.texts.tokens import Tokens
from overlook.claims.texts.words import Lexicon

FINITE = frozenset("VUMA")
NOMINAL = frozenset("NQ")
_MARKS = {
    ",": ",", ";": ":", ":": ":", ".": ".", "?": ".", "!": ".", "…": ".", "(": "(", "[": "(", ")": ")", "]": ")",
    "–": "-", "—": "-", "-": "-", "“": '"', "”": '"', '"': '"', "''": '"', "``": '"', "„": '"', "«": '"', "»": '"',
    "‘": '"', "’": '"', "'": '"', "&": "C", "%": "N", "$": "F", "€": "F", "£": "F", "/": "C",
}  # fmt: skip
_CLOSED = frozenset("DPpIWwtTCSMAXR")
_SUFFIXES = (
    ("ly", "R"), ("ing", "G"), ("ed", "B"), ("ous", "J"), ("ful", "J"), ("ive", "J"), ("able", "J"), ("ible", "J"),
    ("less", "J"), ("ish", "J"), ("ical", "J"), ("ary", "J"), ("ian", "N"), ("ic", "J"), ("al", "J"),
)  # fmt: skip
#: How near before a verb that ends its sentence the quotation may end: `“...,” a voice in the film states.`
_NEAR = 7
#: Words of closed classes that are names when written in capitals, or with one.
_ACRONYMS = frozenset({"us", "it", "who"})
_NAMES = frozenset({"may", "will"})
#: Tags that the neighbours may change.
_BY_CONTEXT = frozenset('BGD".tX')
_DO = frozenset({"do", "does", "did", "don't", "doesn't", "didn't"})
#: Words after which 's is "is" or "has".
_CONTRACTING = frozenset({"it", "he", "she", "that", "there", "what", "who", "here"})
#: What may follow a verb and seldom follows a noun that is not its subject.
_AFTER_VERB = frozenset('DtTPpwF"Q')


def tag_tokens(tokens: Tokens, sentences: list[tuple[int, int]], inside: list[int], lexicon: Lexicon) -> list[str]:
    """One tag a token, for whole sentences (`split_sentences`)."""
    raw = [""] * len(tokens.words)
    # What the lexicon does not list: marks, and then every word once.
    guessed = dict(_MARKS)
    for first, stop in sentences:
        _look_up(tokens, first, stop, inside, lexicon, guessed, raw)
    tags = raw[:]
    for first, stop in sentences:
        for k in range(first, stop):
            tag = raw[k]
            if tag in "vz":
                tags[k] = _noun_or_verb(tokens, tags, raw, inside, first, k, stop)
            elif tag in _BY_CONTEXT and k > first:
                tags[k] = _in_context(tokens, tags, raw, inside, k, stop, lexicon)
    return tags


def _in_context(
    tokens: Tokens, tags: list[str], raw: list[str], inside: list[int], k: int, stop: int, lexicon: Lexicon
) -> str:
    """The tag of token k, not the first of its sentence, given its neighbours."""
    tag, before, after = raw[k], tags[k - 1], raw[k + 1] if k + 1 < stop else "."
    if tag in "BG" and before in "DX":
        # "the accused man", "the hearing": between determiner and noun it describes, at the end it is the noun.
        return "J" if after in "NQJvz" else ("N" if tag == "G" else tag)
    if tag == "D" and tokens.lows[k] == "her":
        return tag if after in "NQJvzFBGR" else "p"
    if tag == '"' and not inside[k] and tokens.lows[k - 1][-1:] == "s":
        return "X"
    if tag == "." and k + 1 < stop and before == "Q" and after not in '".':
        return "Q"
    if tag == "t" and k + 1 < stop and tokens.lows[k + 1] in lexicon.times:
        return "D"
    if tag == "t" and before == "I" and after in "NJ":
        return "D"
    if tag == "X" and tokens.lows[k - 1] in _CONTRACTING:
        return "A"
    return tag


def _look_up(
    tokens: Tokens,
    first: int,
    stop: int,
    inside: list[int],
    lexicon: Lexicon,
    guessed: dict[str, str],
    raw: list[str],
) -> None:
    words, lows, table = tokens.words, tokens.lows, lexicon.tags
    headline = _is_headline(words, first, stop)
    opening = True
    for k in range(first, stop):
        word, low = words[k], lows[k]
        tag = table.get(low) or guessed.get(low)
        if tag is None:
            tag = guessed[low] = _guess(low, lexicon.plain)
        if word[0].isupper():
            following = words[k + 1] if k + 1 < stop else ""
            tag = _capital(word, low, tag, following, known=low in table, opening=opening, headline=headline)
        raw[k] = tag
        opening = tag in ":-(" or (tag == '"' and inside[k] > 0 and k + 1 < stop and inside[k + 1] == inside[k])


def _capital(word: str, low: str, tag: str, following: str, *, known: bool, opening: bool, headline: bool) -> str:
    """The tag of a word with a capital: a name, unless the sentence, the headline or its class gives it the capital."""
    if opening:
        verb_of_name = tag in "vzV" and following[:1].isupper() and not headline
        return "Q" if verb_of_name or (not known and tag in "NJ") else tag
    if headline and tag in "zVUBG":
        return tag
    if not known or tag not in _CLOSED or (len(word) > 1 and word.isupper() and low in _ACRONYMS):
        return "Q"
    return "Q" if low in _NAMES and not headline else tag


@lru_cache(maxsize=1 << 15)
def _guess(low: str, plain: frozenset[str]) -> str:
    if not low[0].isalpha():
        return "F" if low[0].isdigit() else ("Q" if low[0] in "@" else "#")
    if low in plain or len(low) < 5:
        return "N"
    for suffix, tag in _SUFFIXES:
        if low.endswith(suffix):
            return tag
    return "N"


def _is_headline(words: list[str], first: int, stop: int) -> bool:
    """Most longer words begin with a capital."""
    if stop - first > 40:
        return False
    longer = [w for w in words[first + 1 : stop] if len(w) > 3 and w[0].isalpha()]
    return len(longer) > 2 and sum(w[0].isupper() for w in longer) > 0.7 * len(longer)


def _noun_or_verb(
    tokens: Tokens, tags: list[str], raw: list[str], inside: list[int], first: int, k: int, stop: int
) -> str:
    """Decide for a base form (`v`) or an -s form (`z`) that may be either."""
    at = k - 1
    while at > first and tags[at] == "R":
        at -= 1
    before, low = (tags[at], tokens.lows[at]) if at >= first else ("", "")
    after = raw[k + 1] if k + 1 < stop else "."
    if after == "R" and k + 2 < stop and raw[k + 2] != "R":
        after = raw[k + 2]
    ends_in_s, verbal = raw[k] == "z", after in _AFTER_VERB
    if before in {"M", "P", "W"} or low in _DO or (before == "T" and not ends_in_s):
        return "V" if before != "W" or after not in {"M", "A", "U"} else "N"
    if ends_in_s and verbal and low in {"this", "that"}:
        return "V"
    if before in {"T", "D", "J", "X", "F", "A", "I"} or (before == "G" and not verbal) or after in {"M", "A", "U"}:
        return "N"
    if before in NOMINAL:
        plural = low.endswith("s") and not low.endswith("ss")
        if ends_in_s and after in ".,":
            return "V" if before == "Q" or any(inside[max(first, k - _NEAR) : k]) else "N"
        if ends_in_s:
            return "V" if (not plural or before == "Q") and after != "V" else "N"
        if before == "N" and after == "D" and not plural:
            return "V"
        return "V" if plural and (verbal or after in "IJGNW,.R") else "N"
    return "V" if verbal and before in {",", "C", ")", "-", "p", '"', "", ":", "t"} else "N"
