"""What an assertion says: in words, and with the numbers and dates that a table of events gives it.

A list counts only what is in it. For the time that it is declared to cover, a count of its rows is the number; beyond
that time, or where nobody declared any, it is a lower bound: what is not listed is not known not to have happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from overlook.claims.phrases import named, number, span
from overlook.terms import Assertion, Case, EventTable, Interval, ListedEvent


def resolved(a: Assertion, case: Case, *, as_of: Interval | None) -> Assertion | None:
    """The assertion with its table's numbers and dates, speaking of `as_of` where it names no date itself.

    None when the table is not there, or lists nothing that answers: no row is no date.
    """
    # What was first stays first: only a table has to be told up to when it may be read.
    if a.by is None and as_of is not None and (a.says in ("count", "latest") or (a.says == "first" and a.table)):
        a = replace(a, by=as_of)
    if not a.table:
        return a
    table = next((t for t in case.event_tables if t.id == a.table), None)
    if table is None:
        return None
    rows = [e for e in table.events if all(getattr(e, column) == value for column, value in a.where)]
    return _counted(a, rows, table) if a.says == "count" else _end(a, rows, table)


def _counted(a: Assertion, rows: Sequence[ListedEvent], table: EventTable) -> Assertion:
    """How many rows lie in the time asked for: those that surely do, and those that may."""
    covers = table.covers
    if a.by is None and covers is not None:
        a = replace(a, by=covers)
    start, end = a.since.start if a.since else None, a.by.end if a.by else None
    surely = sum(_after(start, e.during.start) and _before(e.during.end, end) for e in rows)
    maybe = sum(_after(start, e.during.end) and _before(e.during.start, end) for e in rows)
    # Open at the beginning: the list's own beginning is where it is declared to be complete from.
    whole = covers is not None and end is not None and end <= covers.end and _after(covers.start, start or covers.start)
    return replace(a, low=float(surely), high=float(maybe) if whole else None)


def _after(start: datetime | None, moment: datetime) -> bool:
    return start is None or moment >= start


def _before(moment: datetime, end: datetime | None) -> bool:
    return end is None or moment <= end


def _end(a: Assertion, rows: Sequence[ListedEvent], table: EventTable) -> Assertion | None:
    """When the first or the latest row was; with what lies outside the list's time left open."""
    end = a.by.end if a.by else None
    rows = [e for e in rows if _before(e.during.start, end)]
    if not rows:
        return None
    covers = table.covers
    if a.says == "first":
        first = min(rows, key=lambda e: (e.during.start, e.row))
        return replace(a, on=first.during) if covers is not None else None
    latest = max(rows, key=lambda e: (e.during.end, e.row))
    if covers is None or (end is not None and end > covers.end):
        # Another may have followed that the list does not reach: it was then, or later.
        until = max(end, latest.during.end) if end is not None else None
        return None if until is None else replace(a, on=Interval(start=latest.during.start, end=until))
    return replace(a, on=latest.during)


#: A word with a capital that does not open a sentence.
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]*(?:-[A-Za-z0-9]+)*")


def in_words(a: Assertion, case: Case) -> str:
    """'Nuclear test: 6 in number, by 30 July 2018'. What it is about first, then what is said of it."""
    what = _SAYS[a.says](a)
    if a.table:
        table = next((t.name for t in case.event_tables if t.id == a.table), a.table)
        rows = " and ".join(f"{column} “{value}”" for column, value in a.where)
        what += f", of {table}" + (f" with {rows}" if rows else "")
    subject = named(a.of)
    return spelled(f"{subject[:1].upper()}{subject[1:]}: {'not ' if a.denied else ''}{what}", case)


def spelled(text: str, case: Case) -> str:
    """With the capitals and hyphens that the case's quotes and facts give to names: an id has neither."""
    for pattern, name in _names((*(c.quote for c in case.claims), *(f.text for f in case.facts))):
        text = pattern.sub(name, text)
    return text


@lru_cache(maxsize=8)
def _names(texts: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Names that stand within sentences and never in small letters, the longest first."""
    told = " ".join(texts)
    names = {m for m in _NAME.findall(told) if not re.search(rf"\b{re.escape(m.lower())}\b", told)}
    ordered = sorted(names, key=lambda name: (-len(name), name))
    # An id parts words by hyphens, and tells them by spaces.
    parted = [(name, "[- ]".join(map(re.escape, name.split("-")))) for name in ordered]
    return tuple((re.compile(rf"\b{words}\b", re.IGNORECASE), name) for name, words in parted)


def _count(a: Assertion) -> str:
    numbers = _numbers(a)
    since = f", since {span(a.since, None)}" if a.since else ""
    return (numbers + " in number" if numbers else "the number") + since + _by(a)


def _amount(a: Assertion) -> str:
    return f"{_numbers(a)} {a.unit}".rstrip() + (f", {span(a.on, None)}" if a.on else "")


def _first(a: Assertion) -> str:
    parts = [named(a.which) if a.which else "", f"of {span(a.on, None)}" if a.on else ""]
    said = ", ".join(p for p in parts if p)
    return f"the {a.says} is {said}{_by(a)}" if said else f"the {a.says}{_by(a)}"


def _more(a: Assertion) -> str:
    return f"more for {named(a.which)} than for {named(a.than)}"


def _holds(a: Assertion) -> str:
    return "so" + (f", {span(a.on, None)}" if a.on else "")


_SAYS = {"count": _count, "amount": _amount, "first": _first, "latest": _first, "more": _more, "holds": _holds}


def _numbers(a: Assertion) -> str:
    if a.low is not None and a.low == a.high:
        return _plain(a.low)
    if a.low is not None and a.high is not None:
        return f"{_plain(a.low)} to {_plain(a.high)}"
    return (
        f"at least {_plain(a.low)}" if a.low is not None else f"at most {_plain(a.high)}" if a.high is not None else ""
    )


def _plain(x: float | None) -> str:
    return "" if x is None else f"{x:,.0f}" if x == round(x) and abs(x) < 1e15 else number(x)


def _by(a: Assertion) -> str:
    return f", as of {span(a.by, None)}" if a.by else ""
