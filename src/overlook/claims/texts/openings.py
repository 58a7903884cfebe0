"""The words of a text that may begin a date or a number, found in one pass for both: most words begin neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from overlook.claims.texts.dates_grammar import grammar
from overlook.claims.texts.numbers_lexicon import numbers_lexicon

_WORD = re.compile(r"[^\W_]+|[~≈<>≤≥$€£¥]")


#: (start, end, word)
Opening = tuple[int, int, str]


@cache
def _begin() -> frozenset[str]:
    return frozenset(grammar().by_word) | numbers_lexicon().openings


def openings(text: str, parts: Sequence[tuple[int, int]] | None = None) -> list[Opening]:
    """Each such word, and all that begin with a digit. Linear in the length of `text`.

    `parts`: only within these ranges of characters, in order and apart.
    """
    begin = _begin()
    return [
        (*match.span(), word)
        for start, end in ([(0, len(text))] if parts is None else parts)
        for match in _WORD.finditer(text, start, end)
        if (word := match.group()) in begin or word < ":"
    ]
