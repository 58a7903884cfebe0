"""A CSV that an analyst brings, as observations: counts, indices or sightings. A blank is never a zero."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.collect import cells
from overlook.collect.csvfile import Problems, Sheet, read_sheet
from overlook.collect.outside import files
from overlook.errors import InputError
from overlook.terms import BOUNDS, DECIBEL, OBSERVATIONS

Parse = Callable[[str], Any]

_COMMON: dict[str, Parse] = {
    "site": str,
    "zone": str,
    "sensor": str,
    "observer": str,
    "why_acquired": cells.why_acquired,
    "reason": cells.reason,
    "not_observed": cells.reason,
    "detail": str,
    "note": str,
}
#: What each form of file may hold beside `time` (or `date`) and the common columns; the first is what it is about.
_FORMS: dict[str, dict[str, Parse]] = {
    "count": {
        "count": cells.count,
        "class": str,
        "visible_fraction": cells.fraction,
        "detection_probability": cells.probability_above_zero,
        "detection_probability_sd": cells.probability_sd,
        "false_alarms": cells.false_alarms,
        "false_alarms_sd": cells.false_alarms,
        "gsd_m": cells.positive,
    },
    "index": {
        "value": cells.number,
        "class": str,
        "value_sd": cells.not_negative,
        "shared_sd": cells.not_negative,
        "unit": cells.unit,
        "background": cells.not_negative,
        "visible_fraction": cells.fraction,
    },
    "sighting": {
        "state": cells.state,
        "indicator": str,
        "identification": cells.identification,
        "probability_of_detection": cells.fraction,
    },
}
_MAIN = {"count": "count", "index": "value", "sighting": "state"}
_NUMBERS = (
    "visible_fraction",
    "detection_probability",
    "detection_probability_sd",
    "false_alarms",
    "false_alarms_sd",
    "value_sd",
    "shared_sd",
    "background",
    "probability_of_detection",
    "gsd_m",
)
_TEXTS = ("unit", "sensor", "observer", "why_acquired", "note", "identification")
#: Key of the table's schema metadata that holds what was noticed while reading, a JSON list of sentences.
NOTES = b"overlook:notes"


def read_counts(
    path: Path, *, evidence: str = "", now: datetime, default_class: str = "vehicle", days_in: tzinfo = UTC
) -> pa.Table:
    """The rows of a CSV as an `OBSERVATIONS` table, in the file's order.

    Three forms: `count` (with optional `class`, else `default_class`), `value` with its errors and unit (an index), or
    `indicator` with `state` (a sighting); each with `time` or `date`, and optional `site` and `zone`. A blank count,
    value or state is not observed: *not searched*, or the reason that the column `reason` (or `not_observed`) gives.
    A date without a time is all of that day in `days_in`. `evidence` is the digest each row carries.
    Raises InputError at file:line:character, at most five named.
    """
    where = str(path)
    sheet = read_sheet(files.read_text(path), where=where)
    form = _form(sheet, where=where)
    columns = _Columns(sheet, Problems(where, sheet))
    table = _table(columns, form, now=now, days_in=days_in, evidence=evidence, default_class=default_class)
    columns.problems.raise_any()
    notes = _notes(sheet)
    return table.replace_schema_metadata({NOTES: json.dumps(notes).encode()}) if notes else table


def notes_of_counts(table: pa.Table) -> tuple[str, ...]:
    """What `read_counts` noticed of the file that it made the table of."""
    return tuple(json.loads((table.schema.metadata or {}).get(NOTES, b"[]")))


class _Columns:
    """Typed columns of a sheet. Each distinct text of a column is understood once."""

    def __init__(self, sheet: Sheet, problems: Problems) -> None:
        self.sheet, self.problems, self.rows = sheet, problems, len(sheet.lines)

    def __contains__(self, name: str) -> bool:
        return name in self.sheet.columns

    def distinct(self, name: str, parse: Parse, *, blank: Any) -> tuple[list[Any], NDArray[np.int64]]:
        """Values of the distinct texts, and each row's index among them. What cannot be read becomes `blank`."""
        if name not in self:
            return [blank], np.zeros(self.rows, dtype=np.int64)
        encoded = self.sheet.columns[name].dictionary_encode()
        index = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        is_decimal_comma = self.sheet.separator == ";" and parse not in (str, cells.reason)
        values: list[Any] = []
        for number, text in enumerate(encoded.dictionary.to_pylist()):
            plain = text.strip()
            if is_decimal_comma and "." not in plain:
                plain = plain.replace(",", ".")
            try:
                values.append(parse(plain) if plain else blank)
            except ValueError as error:
                values.append(blank)
                self._note(name, np.flatnonzero(index == number), str(error))
        return values, index

    def _note(self, name: str, rows: NDArray[np.intp], what: str) -> None:
        for row in rows.tolist():
            self.problems.add(row, name, what)

    def numbers(self, name: str, parse: Parse) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values and which of them are there."""
        values, index = self.distinct(name, parse, blank=None)
        have = np.array([v is not None for v in values])
        return np.array([0.0 if v is None else v for v in values], dtype=float)[index], have[index]

    def texts(self, name: str, parse: Parse, *, blank: str | None) -> pa.Array:
        values, index = self.distinct(name, parse, blank=blank)
        return pa.array(values, pa.string()).take(pa.array(index))


def _form(sheet: Sheet, *, where: str) -> str:
    """Which of the three forms; every header is checked against it."""
    line = f"{where}:{max(sheet.lines[0] - 1, 1)}:1"
    present = [form for form, main in _MAIN.items() if main in sheet.header]
    if not present:
        close = next((n for n in (cells.nearest(h, _MAIN.values()) for h in sheet.header) if n), "")
        raise InputError(
            "E-INPUT-COLUMNS",
            f"none of its columns ({_listed(sheet.header)}) is count, value or state{close}",
            where=line,
            remedy="name the columns time, zone, class, count (or value, or indicator and state)",
        )
    if len(present) > 1:
        raise InputError(
            "E-INPUT-COLUMNS",
            f"{' and '.join(_MAIN[f] for f in present)} cannot stand in one file",
            where=line,
            remedy="make one file of each",
        )
    form = present[0]
    known = ("time", "date", *_FORMS[form], *_COMMON)
    for name in sheet.header:
        if name not in known:
            raise InputError(
                "E-INPUT-COLUMNS",
                f"unknown column {name!r}{cells.nearest(name, known)}",
                where=line,
                remedy=f"a file of {form}s may have {', '.join(known)}",
            )
    _require_columns(sheet, form, where=line)
    return form


def _require_columns(sheet: Sheet, form: str, *, where: str) -> None:
    times = [name for name in ("time", "date") if name in sheet.header]
    reasons = [name for name in ("reason", "not_observed") if name in sheet.header]
    if len(times) != 1 or len(reasons) > 1:
        pair = "reason and not_observed" if len(reasons) > 1 else "time and date"
        what = f"{pair} say the same twice" if times else "there is no column time (or date)"
        raise InputError("E-INPUT-COLUMNS", what, where=where, remedy="keep one of them" if times else "add it")
    if form == "sighting" and "indicator" not in sheet.header:
        raise InputError("E-INPUT-COLUMNS", "there is no column indicator", where=where, remedy="add it")


def _table(
    columns: _Columns, form: str, *, now: datetime, days_in: tzinfo, evidence: str, default_class: str
) -> pa.Table:
    rows, parsers, problems = columns.rows, _COMMON | _FORMS[form], columns.problems
    time = "time" if "time" in columns else "date"
    start, end = _times(columns, time, now, days_in)
    class_column, blank_class = ("indicator", "") if form == "sighting" else ("class", default_class)
    blank_class = "index" if form == "index" and "class" not in columns else blank_class
    series = {"site": "", "zone": "", class_column: blank_class}
    keys = {name: columns.distinct(name, str, blank=blank) for name, blank in series.items()}
    if form == "sighting":
        for row in np.flatnonzero(np.array(keys["indicator"][0])[keys["indicator"][1]] == "").tolist():
            problems.add(row, "indicator", "it is missing")
    main, seen = _main(columns, form, parsers)
    numbers = {name: columns.numbers(name, parsers[name]) for name in _NUMBERS if name in parsers}
    reason, detail, observed = _absence(columns, form, seen, main, numbers)
    _refuse_duplicates(columns, time, keys, start, end)
    if form == "index":
        _check_units(columns, keys, main, seen, numbers["background"][0])
    made: dict[str, pa.Array] = {
        "kind": pa.array(np.where(observed, form, "not observed"), pa.string()),
        "start": pa.array(start, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "end": pa.array(end, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "scene": pa.repeat(pa.scalar("", pa.string()), rows),
        "reason": reason,
        "detail": detail,
        "evidence": _evidence(evidence, rows),
    }
    for (values, index), field in zip(keys.values(), ("site", "zone", "cls"), strict=True):
        made[field] = pa.array(values, pa.string()).take(pa.array(index))
    made |= {name: pa.array(v, pa.float64(), mask=~(have & observed)) for name, (v, have) in numbers.items()}
    if form == "sighting":
        made["state"] = pa.array(main, pa.string(), mask=~observed)
    else:
        kind = pa.int64() if form == "count" else pa.float64()
        made[_MAIN[form]] = pa.array(main, kind, mask=~observed)
    made |= {n: columns.texts(n, parsers[n], blank=None) for n in _TEXTS if n in columns}
    return pa.table([made.get(f.name, pa.nulls(rows, f.type)) for f in OBSERVATIONS], schema=OBSERVATIONS)


def _times(columns: _Columns, name: str, now: datetime, days_in: tzinfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    values, index = columns.distinct(name, partial(cells.past, now, days_in), blank=None)
    blank = np.array([v is None for v in values])[index]
    reported = {line for line, _, _ in columns.problems.found}
    for row in np.flatnonzero(blank).tolist():
        if columns.sheet.lines[row] not in reported:
            columns.problems.add(row, name, "it is missing")
    pairs = np.array([(0, 0) if v is None else v for v in values], dtype=np.int64)[index]
    return pairs[:, 0], pairs[:, 1]


def _main(columns: _Columns, form: str, parsers: dict[str, Parse]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What the form is about, and where it is given."""
    name = _MAIN[form]
    values, index = columns.distinct(name, parsers[name], blank=None)
    seen = np.array([v is not None for v in values])[index]
    if form == "sighting":
        return np.array(["" if v is None else v for v in values], dtype=object)[index], seen
    kind = np.int64 if form == "count" else np.float64
    return np.array([0 if v is None else v for v in values], dtype=kind)[index], seen


def _absence(
    columns: _Columns,
    form: str,
    seen: NDArray[np.bool_],
    main: NDArray[Any],
    numbers: dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]],
) -> tuple[pa.Array, pa.Array, NDArray[np.bool_]]:
    """Reason and detail of what was not observed, and which rows were observed."""
    name = "not_observed" if "not_observed" in columns else "reason"
    values, index = columns.distinct(name, cells.reason, blank=None)
    given = np.array([v is not None for v in values])[index]
    for row in np.flatnonzero(given & seen).tolist():
        columns.problems.add(row, name, f"a reason for not observing stands beside a {_MAIN[form]}")
    fraction, have = numbers.get("visible_fraction", (np.ones(len(seen)), np.zeros(len(seen), dtype=bool)))
    unseen = have & (fraction == 0)
    if form == "count":
        for row in np.flatnonzero(unseen & seen & (main.astype(float) > 0)).tolist():
            columns.problems.add(row, "visible_fraction", "it is 0 beside a count above 0")
    observed = seen & ~unseen
    reasons = np.array([v or "not searched" for v in values], dtype=object)[index]
    details, detail_index = columns.distinct("detail", str, blank="")
    detail = np.array(details, dtype=object)[detail_index]
    detail = np.where(unseen & (detail == ""), "visible_fraction is 0", detail)
    return (
        pa.array(reasons, pa.string(), mask=observed),
        pa.array(detail, pa.string(), mask=observed),
        observed,
    )


def _refuse_duplicates(
    columns: _Columns,
    time: str,
    keys: dict[str, tuple[list[Any], NDArray[np.int64]]],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> None:
    """The same series twice at one time: one of the two would be counted as another image."""
    codes = []
    for values, index in keys.values():
        # Texts that differ only in blanks around them are one name.
        same = {value: number for number, value in enumerate(dict.fromkeys(values))}
        codes.append(np.array([same[v] for v in values])[index])
    order = np.lexsort((np.arange(len(start)), end, start, *codes))
    twice = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in (start, end, *codes):
        twice &= np.diff(column[order]) == 0
    bad = {line for line, _, _ in columns.problems.found}
    for later, earlier in zip(order[1:][twice].tolist(), order[:-1][twice].tolist(), strict=True):
        if columns.sheet.lines[later] not in bad:
            what = f"the same series and time as line {columns.sheet.lines[earlier]}"
            columns.problems.add(later, time, what)


def _check_units(
    columns: _Columns,
    keys: dict[str, tuple[list[Any], NDArray[np.int64]]],
    main: NDArray[Any],
    seen: NDArray[np.bool_],
    background: NDArray[np.float64],
) -> None:
    """One unit and one background a series; a share within its whole; no background under decibels."""
    units, index = columns.distinct("unit", cells.unit, blank="")
    for number, unit in enumerate(units):
        rows = (index == number) & seen
        if unit in BOUNDS:
            for row in np.flatnonzero(rows & ((main < 0) | (main > BOUNDS[unit]))).tolist():
                columns.problems.add(row, "value", f"it is outside 0 to {BOUNDS[unit]:g}, which a {unit} cannot be")
        if unit == DECIBEL:
            for row in np.flatnonzero(rows & (background > 0)).tolist():
                columns.problems.add(row, "background", "a background is subtracted from power, not from decibels")
    first: dict[tuple[Any, ...], tuple[str, float, int]] = {}
    for row in np.flatnonzero(seen).tolist() if "unit" in columns or "background" in columns else ():
        series = tuple(values[at[row]] for values, at in keys.values())
        unit, under, line = first.setdefault(series, (units[index[row]], background[row], columns.sheet.lines[row]))
        if units[index[row]] != unit:
            columns.problems.add(row, "unit", f"line {line} has the same series in {unit or 'no unit'}")
        if background[row] != under:
            columns.problems.add(row, "background", f"line {line} has the same series over {under:g}")


def _evidence(evidence: str, rows: int) -> pa.Array:
    each = 1 if evidence else 0
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * each, pa.int32())
    values = pa.repeat(pa.scalar(evidence, pa.string()), rows * each) if each else pa.array([], pa.string())
    return pa.ListArray.from_arrays(offsets, values)


def _notes(sheet: Sheet) -> list[str]:
    if sheet.separator == ";":
        return ["Read as separated by semicolons; a comma in a number was taken as its decimal point."]
    return ["Read as separated by tabs."] if sheet.separator == "\t" else []


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:12])
