"""A CSV file as columns of text, and where each cell stands in it, for errors that point there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa

from overlook.errors import InputError

#: Control characters, and those that turn the direction of text round: none has a place in a name.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SEPARATORS = (",", ";", "\t")
_SHOWN = 5


@dataclass(slots=True)
class Problems:
    """What is wrong in a file, gathered, so that one run names all of it."""

    file: str
    sheet: Sheet | None = None
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, row: int, column: str, what: str) -> None:
        assert self.sheet is not None
        line = self.sheet.lines[row]
        at = self.sheet.position(row, column)
        self.found.append((line, at, f"column {column}: {what}"))

    def raise_any(self) -> None:
        """One InputError for all: the first in full, four more shortly, the rest as a number."""
        if not self.found:
            return
        self.found.sort()
        line, at, what = self.found[0]
        more = [f"line {n}: {text}" for n, _, text in self.found[1:_SHOWN]]
        rest = len(self.found) - _SHOWN
        tail = f"; and {rest} more" if rest > 0 else ""
        raise InputError(
            "E-INPUT-COUNTS",
            "; ".join([what, *more]) + tail,
            where=f"{self.file}:{line}:{at}",
            remedy="correct the file and add it again",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`columns` by lower-case header, each a string array; `lines[i]` is the line of row i, from 1."""

    header: tuple[str, ...]
    columns: dict[str, pa.StringArray]
    lines: list[int]
    raw: list[str]
    separator: str

    def position(self, row: int, column: str) -> int:
        """The character of its line, from 1, at which a cell starts."""
        text, quoted, index, wanted = self.raw[row], False, 0, self.header.index(column)
        for at, character in enumerate(text):
            if index == wanted:
                return at + 1
            if character == '"':
                quoted = not quoted
            elif character == self.separator and not quoted:
                index += 1
        return len(text) + 1


def read_sheet(text: str, *, where: str) -> Sheet:
    """Split a text into columns. Raises InputError for what is no table, with the line and column."""
    if not text.strip():
        raise InputError("E-INPUT-EMPTY", "the file is empty", where=where, remedy="give it a header and rows")
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise InputError(
            "E-INPUT-HTML", "this is a web page, not a CSV file", where=where, remedy="download the file itself"
        )
    _refuse_control_characters(text, where=where)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [n for n, line in enumerate(lines, start=1) if line and not line.isspace()]
    raw = lines if len(numbered) == len(lines) else [lines[n - 1] for n in numbered]
    separator = max(_SEPARATORS, key=raw[0].count)
    _refuse_open_quotes(raw, numbered, where=where)
    if len(raw) == 1:
        raise InputError("E-INPUT-EMPTY", "it has a header and no rows", where=where, remedy="add rows")
    table = _parse(raw, numbered, separator, where=where)
    header = tuple(re.sub(r"[\s-]+", "_", name.strip().lower()) for name in table.column_names)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(
            "E-INPUT-COUNTS", f"column {twice[0]} stands twice in the header", where=f"{where}:{numbered[0]}:1"
        )
    columns = {name: table.column(i).combine_chunks() for i, name in enumerate(header)}
    return Sheet(header=header, columns=columns, lines=numbered[1:], raw=raw[1:], separator=separator)


def _parse(raw: list[str], numbered: list[int], separator: str, *, where: str) -> pa.Table:
    import pyarrow.csv as csv

    names = _header_cells(raw[0], separator)
    ragged: list[tuple[int, int]] = []

    def note(row: csv.InvalidRow) -> str:
        ragged.append((row.number or 1, row.actual_columns))
        return "skip"

    data = "\n".join(raw).encode()
    try:
        table = csv.read_csv(
            pa.py_buffer(data),
            read_options=csv.ReadOptions(
                use_threads=False, skip_rows=1, autogenerate_column_names=False, column_names=names, block_size=1 << 24
            ),
            parse_options=csv.ParseOptions(delimiter=separator, invalid_row_handler=note, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowException as error:
        raise InputError(
            "E-INPUT-COUNTS", f"it is not a table ({str(error)[:100]})", where=where, remedy="export it as CSV"
        ) from error
    if ragged:
        number, cells = ragged[0]
        what = f"{cells} cells where the header has {len(names)}"
        also = f"; and {len(ragged) - 1} more such lines" if len(ragged) > 1 else ""
        line = numbered[min(number, len(numbered)) - 1]
        raise InputError("E-INPUT-COUNTS", what + also, where=f"{where}:{line}:1", remedy="quote cells with separators")
    return table


def _header_cells(line: str, separator: str) -> list[str]:
    import csv

    # Python's reader refuses long fields; Arrow's takes them, and an unknown column is then named for what it is.
    before = csv.field_size_limit(max(len(line), 131_072))
    try:
        cells = next(csv.reader([line], delimiter=separator))
    finally:
        csv.field_size_limit(before)
    # Arrow wants names that differ; duplicates are reported under their own names.
    return [f"{name}{' ' * cells[:i].count(name)}" for i, name in enumerate(cells)]


def _refuse_control_characters(text: str, *, where: str) -> None:
    found = _CONTROL.search(text)
    if found:
        before = text[: found.start()]
        line = before.count("\n") + 1
        at = found.start() - (before.rfind("\n") + 1) + 1
        raise InputError(
            "E-INPUT-COUNTS",
            f"a control character (U+{ord(found.group()):04X})",
            where=f"{where}:{line}:{at}",
            remedy="remove it",
        )


def _refuse_open_quotes(raw: list[str], numbered: list[int], *, where: str) -> None:
    for line, number in zip(raw, numbered, strict=True):
        if '"' in line and line.count('"') % 2:
            raise InputError(
                "E-INPUT-COUNTS",
                "a quotation mark is left open",
                where=f"{where}:{number}:{line.index(chr(34)) + 1}",
                remedy="close it; a cell is one line",
            )
