"""Assertions and tables of events in case.yaml: dates of every kind, and one line for what cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.case import case_files, read_case
from overlook.case.event_tables import CellError, days_of
from overlook.claims import comparisons
from overlook.errors import CaseError
from overlook.terms import Case
from shared import SHARED, needs

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = "overlook: 1\nid: k\ntitle: T\n"
TABLE = """event_tables:
  - {id: tests, name: Tests, file: tests.csv, source: list, date: Date, date_order: dmy, first_year: 1950, label: Name,
     kind: Kind, covers: {from: 2017-01-01, to: 2017-12-31}}
"""
CSV = "Date,Name,Kind\n4-Jul-17,Hwasong-14,ICBM\n28-Jul-17,Hwasong-14,ICBM\n"


def read(folder: Path, text: str = TABLE, csv: str | bytes = CSV) -> Case:
    (folder / "case.yaml").write_text(HEAD + text, encoding="utf-8")
    (folder / "tests.csv").write_bytes(csv.encode() if isinstance(csv, str) else csv)
    return read_case(folder, now=NOW)


def refused(folder: Path, *given: Any) -> CaseError:
    with pytest.raises(CaseError) as caught:
        read(folder, *given)
    return caught.value


def test_a_table_is_read(tmp_path: Path) -> None:
    (table,) = read(tmp_path).event_tables
    assert [(e.name, e.kind, e.during.start.date(), e.row) for e in table.events] == [
        ("Hwasong-14", "ICBM", date(2017, 7, 4), 2),
        ("Hwasong-14", "ICBM", date(2017, 7, 28), 3),
    ]
    assert tmp_path / "tests.csv" in case_files(tmp_path)


@pytest.mark.parametrize(
    ("cell", "order", "first", "last"),
    [
        ("2017-07-04", "ymd", (2017, 7, 4), (2017, 7, 4)),
        ("2017-07-04", "dmy", (2017, 7, 4), (2017, 7, 4)),
        ("9-Apr-84", "dmy", (1984, 4, 9), (1984, 4, 9)),
        ("04/07/2017", "dmy", (2017, 7, 4), (2017, 7, 4)),
        ("04/07/2017", "mdy", (2017, 4, 7), (2017, 4, 7)),
        ("July 4, 2017", "mdy", (2017, 7, 4), (2017, 7, 4)),
        ("4 Sept. 2017", "dmy", (2017, 9, 4), (2017, 9, 4)),
        ("17-07-04", "ymd", (2017, 7, 4), (2017, 7, 4)),
        ("Jul-17", "dmy", (2017, 7, 1), (2017, 7, 31)),
        ("2016-02", "ymd", (2016, 2, 1), (2016, 2, 29)),
        ("2017", "dmy", (2017, 1, 1), (2017, 12, 31)),
        ("1-Jan-50", "dmy", (1950, 1, 1), (1950, 1, 1)),
        ("1-Jan-49", "dmy", (2049, 1, 1), (2049, 1, 1)),
    ],
)
def test_dates(cell: str, order: Any, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert days_of(cell, order, 1950) == (date(*first), date(*last))


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.sampled_from(["ymd", "dmy", "mdy"]), st.booleans())
def test_every_day_of_the_hundred_years_comes_back(day: date, order: Any, short: bool) -> None:
    year = f"{day.year % 100:02}" if short else str(day.year)
    parts = {"y": year, "m": f"{day.month:02}", "d": f"{day.day:02}"}
    assert days_of("/".join(parts[p] for p in order), order, 1950) == (day, day)


@given(st.text(max_size=20))
def test_any_cell_is_a_date_or_a_line(cell: str) -> None:
    try:
        first, last = days_of(cell, "dmy", 1950)
    except CellError as error:
        told = str(error)
    else:
        told = f"{first} to {last}"
        assert first <= last
    assert told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("csv", "what"),
    [
        (CSV + "31-Jun-17,A,B\n", "tests.csv row 4, column Date: '31-Jun-17' has no day '31' in its month"),
        (CSV + "4-Jly-17,A,B\n4-Jly-17,A,B\n", "row 4, column Date: '4-Jly-17' has no month 'Jly'"),
        (CSV + ",A,B\n", "row 4, column Date: is empty"),
        (CSV + "4-Jul-17,,B\n", "row 4, column Name: is empty"),
        (CSV + "4-Jul-17,A\n", "row 4: 2 cells under 3 headings"),
        (CSV + "\n\n4-Jul-40,A,B\n", "row 6, column Date: '4-Jul-40' is still to come (2040)"),
        (CSV + "4-Jul-17,\u202eA,B\n", "row 4, column Name: control character U+202E"),
        (CSV + f"4-Jul-17,{'A' * 501},B\n", "row 4, column Name: more than 500 characters"),
        (CSV.replace("Kind", "Type"), "tests.csv has no column 'Kind'"),
        (CSV.replace("Kind", "Name"), "has two columns 'Name'"),
        ("Date,Name,Kind\n", "tests.csv holds no event"),
        ("", "tests.csv is empty"),
        (b"Date,Name,Kind\n4-Jul-17,\xff,B\n", "line 2: byte 0xff is not UTF-8"),
        (b"Date,Name,Kind\r\n4-Jul-17," + b"A" * 200_000 + b",B\r\n", "is no CSV file"),
        (CSV + "4-Jul-17,A,B\n" * 20_001, "more than 20,000 rows"),
    ],
)  # fmt: skip
def test_a_bad_table_is_one_line_with_its_row_and_column(tmp_path: Path, csv: str | bytes, what: str) -> None:
    error = refused(tmp_path, TABLE, csv)
    assert (error.code, error.where) == ("E-CASE-FILE", "case.yaml:5:36")
    assert what in error.what


def test_more_bad_rows_are_counted(tmp_path: Path) -> None:
    assert "(and 2 more rows)" in refused(tmp_path, TABLE, CSV + "x,A,B\n" * 3).what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (", first_year: 1950", "", "has a year of two digits: give `first_year`, such as 1950"),
        ("file: tests.csv", "file: ../tests.csv", "must be a path inside the case folder"),
        ("file: tests.csv", "file: none.csv", "there is no file 'none.csv'"),
        ("file: tests.csv", "file: case.yaml", "is no .csv"),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert what in refused(tmp_path, TABLE.replace(old, new)).what


@pytest.mark.parametrize(
    ("assertion", "what"),
    [
        ("{says: count, of: t}", "`count` needs a number"),
        ("{says: count, of: t, number: 6, on: 2017-01-01}", "`count` takes no `on`"),
        ("{says: count, of: t, number: 6, at_least: 2}", "is exact: no `at_least` or `at_most` beside it"),
        ("{says: count, of: t, at_least: 6, at_most: 2}", "finite bounds in order"),
        ("{says: latest, of: t}", "needs which one, or when"),
        ("{says: more, of: t, is: a, than: a}", "compares two things"),
        ("{says: more, of: t, is: a}", "compares two things"),
        ("{says: holds, of: t, is: a}", "`holds` takes no `is`"),
        ("{says: count, of: t, table: test}", "no event table 'test'; did you mean 'tests'?"),
        ("{says: holds, of: t, table: tests}", "`holds` cannot be taken from a table"),
        ("{says: count, of: t, table: tests, number: 6}", "takes its value from the table: give no other"),
        ("{says: count, of: t, number: 6, where: {kind: ICBM}}", "asks for rows of a `table`, and none is named"),
        ("{says: count, of: t, table: tests, where: {colour: red}}", "must be one of name, kind, place, outcome"),
        ("{says: latest, of: t, on: {from: 2017-02-01, to: 2017-01-01}}", "before it starts"),
        ("{says: often, of: t}", "must be one of count, amount, first, latest, more, holds"),
    ],
)
def test_a_mistake_in_an_assertion(tmp_path: Path, assertion: str, what: str) -> None:
    text = TABLE + f"facts:\n  - {{id: f, text: T, source: s, asserts: [{assertion}]}}\n"
    assert what in refused(tmp_path, text).what


def test_sources_may_rely_on_each_other_and_a_paraphrase_needs_its_quote(tmp_path: Path) -> None:
    a, b = (f"  - {{id: {x}, name: X, kind: document, relies_on: [{y}]}}\n" for x, y in ("ab", "ba"))
    ring = "sources:\n" + a + b
    assert [s.relies_on for s in read(tmp_path, ring).sources] == [("b",), ("a",)]
    told = ring + "claims:\n  - {id: c, quote: Q, chain: [a], paraphrases: d}\n"
    assert "no other claim 'd'" in refused(tmp_path, told).what
    assert "no other claim 'c'" in refused(tmp_path, told.replace("paraphrases: d", "paraphrases: c")).what


@needs("events")
def test_the_published_list_of_137_tests_is_read_and_counted(tmp_path: Path) -> None:
    """CNS counts three ICBM tests by 2018, all in 2017: 4 and 28 July, 28 November."""
    text = TABLE.replace("label: Name", "label: Missile Name").replace("kind: Kind", "kind: Missile Type")
    text = text.replace("{from: 2017-01-01, to: 2017-12-31}", "{from: 1984-01-01, to: 2019-05-31}")
    text += (
        "facts:\n  - {id: f, text: T, source: list, asserts: ["
        "{says: count, of: icbm, table: tests, where: {kind: ICBM}},"
        " {says: latest, of: icbm, table: tests, where: {kind: ICBM}}]}\n"
        "sources:\n  - {id: a, name: A, kind: document}\n"
        "claims:\n  - {id: c, quote: Q, chain: [a], said: 2018-07-30, asserts: [{says: count, of: icbm, number: 3},"
        " {says: latest, of: icbm, on: 2017-11-28}]}\n"
        "  - {id: d, quote: Q, chain: [a], said: 2017-07-20, asserts: [{says: count, of: icbm, number: 2}]}\n"
    )
    case = read(tmp_path, text, (SHARED / "events" / "dprk_missile_tests_to_2019.csv").read_bytes())
    events = case.event_tables[0].events
    assert (len(events), min(e.during.start for e in events).year) == (137, 1984)
    assert [(c.claim, c.outcome) for c in comparisons(case)] == [("c", "agree"), ("c", "agree"), ("d", "contradict")]
