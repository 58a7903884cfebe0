"""Sentences: token ranges that end at a full stop, not at an abbreviation, an initial or a stop inside a quotation."""

from __future__ import annotations

from overlook.claims.texts.tokens import Tokens
from overlook.claims.texts.words import Lexicon

_STOPS = {".", "?", "!", "…", "..."}
_CLOSERS = {"”", '"', "''", "’", "'", "»", ")", "]"}
#: A sentence longer than this (tokens outside quotations) is a table, a list or no prose: it is cut, so that time
#: stays linear in the length of the text.
LONGEST = 400
#: How far after `“Why?”` a cue may stand that still belongs to the quotation.
_NEAR = 14


def split_sentences(tokens: Tokens, inside: list[int], lexicon: Lexicon) -> list[tuple[int, int]]:
    """Half-open token ranges, in order, that cover every token once. A quotation is never cut by a stop within it."""
    found, words = [], tokens.words
    for first, stop in zip(tokens.paragraphs, tokens.paragraphs[1:], strict=False):
        start, k, outside = first, first, 0
        while k < stop:
            if inside[k]:
                end = _end_of(tokens, inside, k, stop, lexicon)
            else:
                outside += 1
                word = words[k]
                # Most words are no mark and end in no stop.
                may_end = word in _STOPS or word[-1] == "."
                end = _end_of(tokens, inside, k, stop, lexicon) if may_end else 0
            if end or outside >= LONGEST:
                k = end or k + 1
                found.append((start, k))
                start, outside = k, 0
            else:
                k += 1
        if start < stop:
            found.append((start, stop))
    return found


def _end_of(tokens: Tokens, inside: list[int], k: int, stop: int, lexicon: Lexicon) -> int:
    """One past the sentence that token k ends, or 0 when it ends none."""
    word, words = tokens.words[k], tokens.words
    if inside[k]:
        last_of_quote = k + 1 == stop or inside[k + 1] != inside[k]
        if not last_of_quote or words[k - 1] not in _STOPS:
            return 0
        return 0 if _goes_on(tokens, k + 1, stop, lexicon, words[k - 1]) else k + 1
    if word not in _STOPS:
        return k + 1 if _is_dotted_end(tokens, k, stop, lexicon) else 0
    if word == "." and _is_abbreviation(tokens, k, lexicon):
        return 0
    end = k + 1
    while end < stop and words[end] in _CLOSERS and tokens.starts[end] == tokens.ends[end - 1] and not inside[end]:
        end += 1
    if end < stop and tokens.starts[end] == tokens.ends[end - 1] and not inside[end]:
        return 0
    if end < stop and words[end][0].islower() and not words[end].startswith("http"):
        return 0
    return end


def _goes_on(tokens: Tokens, k: int, stop: int, lexicon: Lexicon, mark: str) -> bool:
    """After a quotation that ends in a stop: does its sentence go on (`“Why?” the mayor asked`)?"""
    if k >= stop:
        return False
    word = tokens.words[k]
    if word[0].islower() or word in ",;:—–-(":
        return word[0].islower() is False or mark != "." or tokens.lows[k] in lexicon.said
    if mark == "." or tokens.lows[k] in lexicon.openers:
        return False
    near = tokens.lows[k : min(stop, k + _NEAR)]
    for at, low in enumerate(near):
        if low in _STOPS or low in {"“", '"', ";"}:
            return False
        if low in lexicon.said:
            return at <= _NEAR
    return False


def _is_abbreviation(tokens: Tokens, k: int, lexicon: Lexicon) -> bool:
    """`Mr.`, `Jan.`, or an initial: a full stop that ends no sentence, unless the paragraph ends here."""
    if k == 0 or tokens.starts[k] != tokens.ends[k - 1]:
        return False
    before = tokens.words[k - 1]
    if len(before) == 1 and before.isupper() and before != "I":
        return True
    return tokens.lows[k - 1] in lexicon.abbreviations and before[0].isupper()


def _is_dotted_end(tokens: Tokens, k: int, stop: int, lexicon: Lexicon) -> bool:
    """`in the U.S. He said`: an abbreviation with its own stops that ends a sentence as well."""
    word = tokens.words[k]
    if len(word) < 4 or word[-1] != "." or word[1] != "." or k + 1 >= stop:
        return False
    following = tokens.words[k + 1]
    return following[0].isupper() and tokens.lows[k + 1] in lexicon.openers
