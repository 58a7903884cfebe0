"""Quotations: which tokens stand inside quotation marks, outermost marks only.

Curly, straight, doubled single and single marks are told apart, and a mark closes only its own kind. A quotation that a
paragraph leaves open runs to the end of that paragraph (the convention of a quotation that goes on in the next one);
a lone mark in the middle of a line quotes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from overlook.claims.texts.tokens import Tokens

_CLOSES = {
    "“": ("”", '"'),
    "„": ("“", "”"),
    "«": ("»",),
    '"': ('"', "”"),
    "''": ("''",),
    "``": ("''",),
    "‘": ("’",),
    "'": ("'",),
}
_SINGLE = {"‘", "'"}
_OPENERS_BEFORE = "([{—–-/“\"‘'«„"


@dataclass(slots=True)
class Quote:
    """Tokens [first, last], marks included; `closed` False when the text never closes it."""

    first: int
    last: int
    closed: bool
    n_words: int


def find_quotes(tokens: Tokens) -> tuple[list[Quote], list[int]]:
    """The quotations in order, and for each token 0 or the number (from 1) of the quotation that it stands in."""
    inside = [0] * len(tokens.starts)
    quotes: list[Quote] = []
    marks = [k for k, word in enumerate(tokens.words) if word in _CLOSES or word in "”’»"]
    if not marks:
        return quotes, inside
    at = 0
    for first, stop in zip(tokens.paragraphs, tokens.paragraphs[1:], strict=False):
        mine = []
        while at < len(marks) and marks[at] < stop:
            mine.append(marks[at])
            at += 1
        if mine:
            _in_paragraph(tokens, first, stop, mine, quotes)
    for number, quote in enumerate(quotes, start=1):
        inside[quote.first : quote.last + 1] = [number] * (quote.last + 1 - quote.first)
    return quotes, inside


def _in_paragraph(tokens: Tokens, first: int, stop: int, marks: list[int], quotes: list[Quote]) -> None:
    words = tokens.words
    opened, mark = -1, ""
    for k in marks:
        word = words[k]
        if opened < 0:
            if word in _CLOSES and _opens(tokens, k, first):
                opened, mark = k, word
        elif word in _CLOSES[mark] or (word == mark and _ends(tokens, k)):
            if (mark in _SINGLE or (mark == "“" and word == '"')) and not _ends(tokens, k):
                continue
            _add(tokens, quotes, opened, k, closed=True)
            opened = -1
    if opened < 0:
        return
    # A single mark that nothing closes is an apostrophe; a double one in mid-line after no pause is a slip of the pen.
    runs_on = opened == first or words[opened - 1] in {",", ":", ".", "?", "!"}
    if mark not in _SINGLE and (mark == "“" or runs_on) and stop - 1 > opened:
        _add(tokens, quotes, opened, stop - 1, closed=False)


def _opens(tokens: Tokens, k: int, first: int) -> bool:
    """White space or an opening bracket before, a character right after."""
    follows = k + 1 < len(tokens.starts) and tokens.starts[k + 1] == tokens.ends[k]
    if tokens.words[k] in "“„«":
        return True
    before = k == first or tokens.starts[k] > tokens.ends[k - 1] or tokens.words[k - 1] in _OPENERS_BEFORE
    if tokens.words[k] in _SINGLE:
        return before and follows
    return before or not (tokens.words[k - 1][-1:].isdigit())


def _ends(tokens: Tokens, k: int) -> bool:
    """A character right before, and none of a word right after."""
    before = k > 0 and tokens.starts[k] == tokens.ends[k - 1]
    after = k + 1 >= len(tokens.starts) or tokens.starts[k + 1] > tokens.ends[k] or not tokens.words[k + 1][0].isalnum()
    return before and after


def _add(tokens: Tokens, quotes: list[Quote], first: int, last: int, *, closed: bool) -> None:
    n_words = sum(1 for word in tokens.words[first + 1 : last + 1] if word[0].isalnum())
    if n_words:
        quotes.append(Quote(first, last, closed, n_words))
