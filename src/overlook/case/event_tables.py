"""A CSV file of events as terms. Text in, events out: it opens no file, and guesses no date.

A row that cannot be read refuses the whole table, with its row and column: a list with holes counts wrongly.
"""

from __future__ import annotations

import calendar
import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from overlook.case.asserting import DateOrder, EventTable
from overlook.case.mistakes import nearest
from overlook.case.values import FIRST_YEAR, LAST_YEAR, interval
from overlook.terms import Interval, ListedEvent

MAX_ROWS = 20_000
MAX_CELL = 500
_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_SEPARATORS = re.compile(r"[-/., ]+")
_NUMBER = re.compile(r"[0-9]{1,4}\Z")


class CellError(Exception):
    """What is wrong with one cell."""


def events_of(text: str, declared: EventTable, *, now: datetime) -> tuple[ListedEvent, ...]:
    """The events of a CSV text, in its order.

    Raises ValueError, `FILE row 7, column Date: what`, for the first cell that cannot be read and how many more.
    """
    heading, rows = _sheet(text, declared.file)
    at = _columns(heading, declared)
    events: list[ListedEvent] = []
    wrong: list[str] = []
    for number, row in rows:
        if len(row) != len(heading):
            wrong.append(f"row {number}: {len(row)} cells under {len(heading)} headings")
            continue
        try:
            events.append(_event(row, at, declared, number, now))
        except ValueError as error:
            wrong.append(f"row {number}, column {error}")
    if wrong:
        more = f" (and {len(wrong) - 1} more rows)" if len(wrong) > 1 else ""
        raise ValueError(f"{declared.file} {wrong[0]}{more}")
    if not events:
        raise ValueError(f"{declared.file} holds no event")
    return tuple(events)


def _sheet(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The heading and the rows that hold anything, each with its number in a spreadsheet."""
    try:
        rows = [(i, [" ".join(c.split()) for c in row]) for i, row in enumerate(csv.reader(text.splitlines(True)), 1)]
    except csv.Error as error:
        raise ValueError(f"{name} is no CSV file: {error}") from error
    filled = [(i, row) for i, row in rows if any(row)]
    if not filled:
        raise ValueError(f"{name} is empty")
    if len(filled) > MAX_ROWS:
        raise ValueError(f"{name} holds more than {MAX_ROWS:,} rows")
    heading = filled[0][1]
    if twice := next((c for i, c in enumerate(heading) if c and c in heading[:i]), None):
        raise ValueError(f"{name} has two columns {twice[:60]!r}")
    return heading, filled[1:]


def _columns(heading: Sequence[str], declared: EventTable) -> Mapping[str, int]:
    """Where each declared column stands."""
    asked = {"date": declared.date, "to": declared.to, "name": declared.label, "kind": declared.kind}
    asked |= {"place": declared.place, "outcome": declared.outcome}
    at: dict[str, int] = {}
    for what, column in asked.items():
        if column is None:
            continue
        if column not in heading:
            hint = nearest(column, heading) or f"; it has {', '.join(heading[:8])[:200]}"
            raise ValueError(f"{declared.file} has no column {column[:60]!r}{hint}")
        at[what] = heading.index(column)
    return at


def _event(row: Sequence[str], at: Mapping[str, int], declared: EventTable, number: int, now: datetime) -> ListedEvent:
    """Raises ValueError, `Date: what`."""
    texts = {what: _text(row[i], _column(declared, what)) for what, i in at.items() if what not in ("date", "to")}
    if not texts["name"]:
        raise ValueError(f"{declared.label}: is empty")
    first = _during(row[at["date"]], declared, "date")
    last = _during(row[at["to"]], declared, "to") if "to" in at and row[at["to"]] else first
    if last.end < first.start:
        raise ValueError(f"{declared.to}: ends before it starts")
    if first.start > now + timedelta(days=1):
        raise ValueError(f"{declared.date}: {row[at['date']]!r} is still to come ({first.start.year})")
    return ListedEvent(during=Interval(start=first.start, end=last.end), row=number, **texts)


def _column(declared: EventTable, what: str) -> str:
    return str(getattr(declared, "label" if what == "name" else what))


def _text(cell: str, column: str) -> str:
    if len(cell) > MAX_CELL:
        raise ValueError(f"{column}: more than {MAX_CELL} characters")
    if odd := next((c for c in cell if unicodedata.category(c) in ("Cc", "Cf", "Cs")), None):
        raise ValueError(f"{column}: control character U+{ord(odd):04X}")
    return cell


def _during(cell: str, declared: EventTable, what: str) -> Interval:
    """The day, month or year that a cell names, in UTC."""
    try:
        first, last = days_of(cell, declared.date_order, declared.first_year)
        return interval(first, last, UTC)
    except CellError as error:
        raise ValueError(f"{_column(declared, what)}: {error}") from error


def days_of(cell: str, order: DateOrder, first_year: int | None) -> tuple[date, date]:
    """First and last day of a date, of a month with its year, or of a year. Raises for what is none of them."""
    parts = [p for p in _SEPARATORS.split(cell.strip()) if p]
    if not 1 <= len(parts) <= 3:
        raise CellError(f"{cell[:40]!r} is no date" if cell else "is empty")
    is_year_first = order == "ymd" or (parts[0].isdigit() and len(parts[0]) == 4)
    if is_year_first:
        year, *rest = parts
    else:
        *rest, year = parts
        rest = rest if order == "mdy" else rest[::-1]
    whole_year = _year(year, first_year, cell)
    if not rest:
        if len(year) != 4:
            raise CellError(f"{cell[:40]!r} is no date")
        return date(whole_year, 1, 1), date(whole_year, 12, 31)
    month = _month(rest[0], cell, order)
    days = calendar.monthrange(whole_year, month)[1]
    if len(rest) == 1:
        return date(whole_year, month, 1), date(whole_year, month, days)
    if not _NUMBER.match(rest[1]) or not 1 <= int(rest[1]) <= days:
        raise CellError(f"{cell[:40]!r} has no day {rest[1][:10]!r} in its month")
    found = date(whole_year, month, int(rest[1]))
    return found, found


def _year(text: str, first_year: int | None, cell: str) -> int:
    if not _NUMBER.match(text) or len(text) not in (2, 4):
        raise CellError(f"{cell[:40]!r} has no year of two or four digits where `date_order` puts it")
    if len(text) == 2:
        if first_year is None:
            raise CellError(f"{cell[:40]!r} has a year of two digits: give `first_year`, such as 1950")
        century = first_year // 100 * 100 + int(text)
        return century if century >= first_year else century + 100
    if not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise CellError(f"{cell[:40]!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return int(text)


def _month(text: str, cell: str, order: DateOrder) -> int:
    if _NUMBER.match(text) and 1 <= int(text) <= 12:
        return int(text)
    letters = text.lower().rstrip(".")
    named = [i for name, i in _MONTHS.items() if len(letters) >= 3 and name.startswith(letters)]
    if len(named) != 1:
        raise CellError(f"{cell[:40]!r} has no month {text[:12]!r}: is `date_order` {order}?")
    return named[0]
