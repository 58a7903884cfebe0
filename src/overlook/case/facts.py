"""What is asserted, and the tables of events, as terms: numbers and dates made intervals, every reference resolved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path as FilePath

from overlook.case import asserting, outside
from overlook.case.document import Path
from overlook.case.event_tables import events_of
from overlook.case.mistakes import Mistake, unknown
from overlook.case.places import span
from overlook.case.times import Span
from overlook.terms import Assertion, EventTable, Interval

#: Which fields each form takes, besides `of`, `denied`, `table` and `where`.
_NUMBERS = ("number", "at_least", "at_most")
_TAKES = {
    "count": (*_NUMBERS, "since", "by"),
    "amount": (*_NUMBERS, "unit", "on"),
    "first": ("on", "which", "by"),
    "latest": ("on", "which", "by"),
    "more": ("which", "than"),
    "holds": ("on",),
}
_FROM_TABLE = ("count", "first", "latest")
_WRITTEN = {"which": "is"}


def build_assertions(
    given: Sequence[asserting.Assertion], path: Path, tables: Sequence[str], mistakes: list[Mistake]
) -> tuple[Assertion, ...]:
    built = [_assertion(a, (*path, i), tables, mistakes) for i, a in enumerate(given)]
    return tuple(a for a in built if a)


def _assertion(a: asserting.Assertion, path: Path, tables: Sequence[str], mistakes: list[Mistake]) -> Assertion | None:
    before = len(mistakes)
    for name in (*_NUMBERS, "unit", "on", "since", "by", "which", "than"):
        if getattr(a, name) not in (None, "") and name not in _TAKES[a.says]:
            written = _WRITTEN.get(name, name)
            mistakes.append(Mistake("VALUE", (*path, written), f"`{a.says}` takes no `{written}`", of_key=True))
    _check_table(a, path, tables, mistakes)
    if a.number is not None and (a.at_least is not None or a.at_most is not None):
        mistakes.append(Mistake("VALUE", (*path, "number"), "is exact: no `at_least` or `at_most` beside it"))
    if len(mistakes) > before:
        return None

    times: dict[str, Interval | None] = {}
    for name in ("on", "since", "by"):
        given: Span | None = getattr(a, name)
        times[name] = span(given, UTC, (*path, name), mistakes) if given else None
    if len(mistakes) > before:
        return None
    try:
        return Assertion(
            says=a.says,
            of=a.of,
            low=a.number if a.number is not None else a.at_least,
            high=a.number if a.number is not None else a.at_most,
            unit=" ".join(a.unit.split()),
            which=a.which or "",
            than=a.than or "",
            denied=a.denied,
            **times,
            table=a.table,
            where=tuple(sorted(a.where.items())),
        )
    except ValueError as error:
        mistakes.append(Mistake("VALUE", path, str(error)))
        return None


def _check_table(a: asserting.Assertion, path: Path, tables: Sequence[str], mistakes: list[Mistake]) -> None:
    if not a.table:
        if a.where:
            mistakes.append(Mistake("VALUE", (*path, "where"), "asks for rows of a `table`, and none is named"))
        return
    if a.table not in tables:
        mistakes.append(Mistake("REFERENCE", (*path, "table"), partial(unknown, "event table", a.table, tables)))
    if a.says not in _FROM_TABLE:
        what = f"`{a.says}` cannot be taken from a table: {', '.join(_FROM_TABLE)} can"
        mistakes.append(Mistake("VALUE", (*path, "table"), what, of_key=True))
    elif any(getattr(a, name) is not None for name in (*_NUMBERS, "on", "which")):
        mistakes.append(Mistake("VALUE", path, "takes its value from the table: give no other"))


def build_table(
    table: asserting.EventTable,
    path: Path,
    folder: FilePath,
    mistakes: list[Mistake],
    now: datetime,
    read: Callable[[FilePath], tuple[str, str]] = outside.read_events,
) -> EventTable | None:
    """The events of a table's file. None, and a mistake, when it cannot be read or a row is wrong."""
    covers = span(table.covers, UTC, (*path, "covers"), mistakes) if table.covers else None
    try:
        text, digest = read(outside.inside(folder, table.file))
        events = events_of(text, table, now=now)
    except ValueError as error:
        mistakes.append(Mistake("FILE", (*path, "file"), str(error)))
        return None
    return EventTable(id=table.id, name=table.name, source=table.source, events=events, covers=covers, digest=digest)
