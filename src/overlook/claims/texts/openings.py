"""The words of a text that may begin a date or a number, found in one pass for both: most words begin neither."""

from __future__ import annotations

import re
from functools import cache

from overlook.claims.texts.dates_grammar import grammar
from overlook.claims.texts.numbers_lexicon import numbers_lexicon

_WORD = re.compile(r"[^\W_]+|[~≈<>≤≥$€£¥]")


#: (start, end, word)
Opening = tuple[int, int, str]


@cache
def _begin() -> frozenset[str]:
    return frozenset(grammar().by_word) | numbers_lexicon().openings


def openings(text: str) -> list[Opening]:
    """Each such word, and all that begin with a digit. Linear in the length of `text`."""
    begin = _begin()
    return [
        (*match.span(), word) for match in _WORD.finditer(text) if (word := match.group()) in begin or word[0].isdigit()
    ]
