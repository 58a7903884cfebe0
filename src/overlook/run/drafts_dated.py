"""Dated sentences of a text as drafts of events: the days that the words mean, and the words that say so.

Every date that a text gives in full is one, be it the writer's or in what somebody says. Whether it dates something
that happened is for a person to say: nothing is an event before it is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from overlook.errors import UsageError
from overlook.terms import Case
from overlook.terms.statement import Dated, Placed, Span

#: Characters of a sentence that is quoted whole (a name in a case has 300), and on either side of a date in another.
_LONGEST, _AROUND = 290, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedLine:
    """A date with both its bounds, the sentence it stands in, verbatim, and the sites of the case named there."""

    dated: Dated
    line: Span
    places: tuple[Placed, ...] = ()


def dated_lines(dates: Sequence[Dated], places: Sequence[Placed], text: str) -> tuple[DatedLine, ...]:
    """The dates that are known from the first day to the last; those that the words leave open are none."""
    found = []
    closed = [dated for dated in dates if dated.during is not None]
    for dated, line in zip(closed, lines_around(closed, text), strict=True):
        here = tuple(p for p in places if p.site and line.start <= p.span.start and p.span.end <= line.end)
        found.append(DatedLine(dated=dated, line=line, places=here))
    return tuple(found)


def lines_around(dates: Sequence[Dated], text: str) -> list[Span]:
    """The sentence that each date stands in, verbatim; of a long one, whole words on either side of the date."""
    from overlook.claims.texts.annotating import sentences_around

    ranges = sentences_around(text, [(d.span.start, d.span.end) for d in dates])
    return [_line(d.span, *around, text) for d, around in zip(dates, ranges, strict=True)]


def _line(span: Span, start: int, end: int, text: str) -> Span:
    if end - start > _LONGEST:
        first, last = max(start, span.start - _AROUND), min(end, span.end + _AROUND)
        # Cut where there is white space; a word longer than that is cut.
        start = first if first == start else next((i for i in range(first, span.start) if text[i].isspace()), first)
        end = last if last == end else next((i for i in range(last, span.end, -1) if text[i - 1].isspace()), last)
    line = text[start:end]
    start += len(line) - len(line.lstrip())
    end -= len(line) - len(line.rstrip())
    return Span(start, end, text[start:end])


def event_row(case: Case, told: DatedLine, ident: str, *, words: str, source: str) -> dict[str, Any]:
    """An entry of `events:`. Its name is the quote, in quotation marks, unless a person put other words in its place.

    `source` is the document's id. It concerns the sites that the sentence names, all of them where it names none.
    """
    during = told.dated.during
    assert during is not None, "a date without bounds is no draft"
    first, last = during.start.date().isoformat(), during.end.date().isoformat()
    row: dict[str, Any] = {"id": ident, "name": words or f"“{' '.join(told.line.text.split())}”"}
    row |= {"on": first} if first == last else {"from": first, "to": last}
    declared = {site.id for site in case.sites}
    sites = [s for s in dict.fromkeys(p.site for p in told.places) if s in declared]
    return row | ({"sites": sites} if sites else {}) | {"source": source}


def event_id(case: Case, draft: str, wanted: str) -> str:
    """The id that was given, else `e-d7` for draft d7. Raises UsageError for one in use."""
    taken = {event.id for event in case.events}
    ident = wanted or f"e-{draft}"
    if ident in taken:
        what = f"there is an event {ident!r} already"
        raise UsageError("E-USAGE-DRAFT", what, where="--as", remedy="give another id")
    return ident
