"""The dates, places and numbers of statements: found once in the whole text, then given to the statements they are in.

A statement gets what lies between its first and its last character, and, of the sentence around it, what belongs to no
other statement: "said on Monday" ends after the last word of either part.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from overlook.claims.texts.dates import find_dates
from overlook.claims.texts.numbers import find_numbers
from overlook.claims.texts.openings import openings
from overlook.claims.texts.places import find_places
from overlook.terms.statement import Dated, Placed, Quantity, Statement

if TYPE_CHECKING:
    from overlook.terms import Event, Site

#: Where a sentence may end: marks, closing marks, white space. A capital or a quotation mark must follow.
_STOP = re.compile(r"[.?!][\"”’')\]]*\s+|\n\s*")
_OPENING = frozenset("\"“‘'([")
_Range = tuple[int, int]
_Found = TypeVar("_Found", Dated, Placed, Quantity)


def annotate(
    text: str,
    statements: Sequence[Statement],
    published: date | None,
    sites: Sequence[Site] = (),
    events: Sequence[Event] = (),
) -> tuple[Statement, ...]:
    """The statements of `text` with the dates, places and numbers of their words. Time linear in the text's length."""
    if not statements:
        return ()
    own = [_extent(statement) for statement in statements]
    reach = sentences_around(text, own)
    words = openings(text, _merged(reach))
    dates = find_dates(text, published, events, words=words)
    numbers = find_numbers(text, [(d.span.start, d.span.end) for d in dates], words=words)
    places = find_places(text, sites)
    parts = zip(_shared(dates, own, reach), _shared(places, own, reach), _shared(numbers, own, reach), strict=True)
    return tuple(
        replace(statement, dates=d, places=p, numbers=n) if d or p or n else statement
        for statement, (d, p, n) in zip(statements, parts, strict=True)
    )


def _extent(statement: Statement) -> _Range:
    spans = (*(statement.source or ()), *statement.cue, *statement.content)
    return min(span.start for span in spans), max(span.end for span in spans)


def sentences_around(text: str, own: Sequence[_Range]) -> list[_Range]:
    """Of each range, from the start of the sentence that it begins in to the end of that in which it ends."""
    ends = [match.end() for match in _STOP.finditer(text) if _is_end(text, match.start(), match.end())]
    reach = []
    for start, end in own:
        k, j = bisect_right(ends, start), bisect_left(ends, end)
        reach.append((ends[k - 1] if k else 0, ends[j] if j < len(ends) else len(text)))
    return reach


def _merged(ranges: Sequence[_Range]) -> list[_Range]:
    """The same characters, in order, each once."""
    merged: list[_Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _is_end(text: str, start: int, end: int) -> bool:
    """Not after an initial ("J. Smith", "U.S. Army"), and not before a small letter."""
    if text[start] == "." and start and text[start - 1].isupper() and not text[max(0, start - 2) : start - 1].isalnum():
        return False
    follows = text[end : end + 1]
    return follows in _OPENING or not follows.islower()


def _shared(found: Sequence[_Found], own: Sequence[_Range], reach: Sequence[_Range]) -> list[tuple[_Found, ...]]:
    """What is found, by statement: its own, and of its sentence what is no other's."""
    places = [(one.span.start, one.span.end) for one in found]
    starts = [start for start, _ in places]
    around = [range(bisect_left(starts, first), bisect_left(starts, last)) for first, last in reach]
    inside = [
        [k for k in some if first <= places[k][0] and places[k][1] <= last]
        for some, (first, last) in zip(around, own, strict=True)
    ]
    owned = {k for some in inside for k in some}
    return [
        tuple(found[k] for k in some if k in mine or k not in owned) if some else ()
        for some, mine in zip(around, inside, strict=True)
    ]
