"""A text as tokens: words, numbers, marks, each with its place. Paragraphs by their line breaks. Nothing is normalised.

Every character that is not white space belongs to exactly one token, and `text[start:end]` is the token.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

#: First, because most are: a plain word before a space or comma. Then abbreviations with inner stops,
#: links and handles, numbers, words with inner apostrophes and hyphens, clitics, marks.
_TOKEN = re.compile(
    r"""
      [A-Za-z]{2,}(?=[ ,])
    | (?:https?://|www\.)\S+ | [@\#]\w+
    | (?:[^\W\d_]\.){2,}
    | \d+(?:[.,:]\d+)*(?:[^\W_]+)?(?:-[^\W_]+)*
    | [’'](?:s|S|ll|ve|re|d|m)\b
    | [OD][’'][^\W\d_]{2,}
    | [^\W_]+(?:-[^\W_]+)*(?:(?<=n)[’']t\b)?
    | '(?=''(?!')) | '' | `` | --+ | \.\.\.+
    | \S
    """,
    re.VERBOSE,
)
_CURLY = str.maketrans("’‘", "''")
_LINE = re.compile(r"\r\n|[\n\r\u2028\u2029\x0c]")
_BREAK = re.compile(r"(?:[^\S\n\r\u2028\u2029\x0c]*(?:\r\n|[\n\r\u2028\u2029\x0c]))+")
#: A paragraph of wrapped lines: the break is only a space.
_WRAPPED_WIDTH = 100


@dataclass(slots=True)
class Tokens:
    """Parallel lists, one entry a token: offsets, the word as written, and in lower case with straight apostrophes."""

    text: str
    starts: list[int]
    ends: list[int]
    words: list[str]
    lows: list[str]
    #: Index of the first token of each paragraph, and one past the last token at the end.
    paragraphs: list[int]


def tokenise(text: str) -> Tokens:
    """The tokens of `text`, in order. Linear in its length."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    words = [text[start:end] for start, end in spans]
    lows = [word.lower() for word in words]
    if "’" in text or "‘" in text:
        lows = [low.translate(_CURLY) if ("’" in low or "‘" in low) and len(low) > 1 else low for low in lows]
    return Tokens(text, starts, ends, words, lows, _paragraphs(text, starts))


def _paragraphs(text: str, starts: list[int]) -> list[int]:
    """A blank line ends a paragraph; a single line break does too, unless the text is wrapped at a width."""
    if not starts:
        return [0]
    wrapped = _is_wrapped(text)
    first = [0]
    for match in _BREAK.finditer(text):
        k = bisect_left(starts, match.end())
        if first[-1] < k < len(starts) and (
            not wrapped or len(_LINE.findall(match.group())) > 1 or text[match.start() - 1] in '.?!:”"’'
        ):
            first.append(k)
    first.append(len(starts))
    return first


def _is_wrapped(text: str) -> bool:
    """Most lines end short of a common width and go on in lower case: line breaks made by a program, not a writer."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()]
    if len(lines) < 4 or max(map(len, lines)) > _WRAPPED_WIDTH:
        return False
    running = sum(1 for a, b in pairwise(lines) if a[-1].isalnum() and b.lstrip()[:1].islower())
    return running * 3 >= len(lines)
