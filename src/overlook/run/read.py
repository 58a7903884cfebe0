"""Reading a text: a file in, drafts of its attributed statements out. Nothing is added to a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overlook.errors import InputError, UsageError
from overlook.terms.statement import Dated, Span, Statement

if TYPE_CHECKING:
    from overlook.claims.texts.documents import Document
    from overlook.run.drafts_dated import DatedLine
    from overlook.terms import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read of one document. `digest` is the SHA-256 of its bytes; offsets count characters of `document.text`.

    The statements are drafts: nobody has accepted them. `case` is the case that it was read for, None for none.
    """

    document: Document
    digest: str
    published: date | None
    statements: tuple[Statement, ...]
    case: Case | None = None

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """One mapping a statement, of what JSON can hold; for a case also with what could be seen (`predictions`)."""
        rows = tuple(map(statement_row, self.statements))
        if self.case is None:
            return rows
        from overlook.run.predicted import predicted_rows

        predicted = predicted_rows(self.statements, self.document.text, self.case)
        return tuple(row | {"predictions": p} for row, p in zip(rows, predicted, strict=True))

    @property
    def context(self) -> tuple[Mapping[str, Any], ...]:
        """The dates of the writer's own sentences, which no statement has; looked for when asked for."""
        from overlook.run.predicted import context_rows

        return context_rows(self.statements, self._dates(), self.document.text)

    @property
    def dated(self) -> tuple[DatedLine, ...]:
        """Every date that the text gives in full, with its sentence: drafts of events."""
        from overlook.claims.texts.places import find_places
        from overlook.run.drafts_dated import dated_lines

        text = self.document.text
        return dated_lines(self._dates(), find_places(text, self.case.sites if self.case else ()), text)

    def _dates(self) -> Sequence[Dated]:
        from overlook.claims.texts.dates import find_dates

        return find_dates(self.document.text, self.published, self.case.events if self.case else ())


def read(
    path: Path | str, *, published: date | None = None, case: Path | None = None, text: Path | None = None
) -> Read:
    """Draft every attributed statement of a text, an HTML page or a PDF.

    `published` is the date that "on Monday" counts from; None leaves such dates open. `case` is a case folder, whose
    sites and zones are looked for. `text`: write the text that offsets count here, as UTF-8 without a byte-order mark.
    Raises InputError for a file that cannot be read as text, CaseError for a broken case, UsageError for a `text` that
    exists already.
    """
    from overlook.claims.texts import read_text
    from overlook.claims.texts.documents import read_document

    source = Path(path)
    data = _bytes(source)
    if text is not None:
        _require_new(Path(text))
    declared = None if case is None else _case(Path(case))
    document = read_document(data, str(source))
    sites, events = (declared.sites, declared.events) if declared else ((), ())
    statements = read_text(document.text, published, sites=sites, events=events)
    if text is not None:
        _write(Path(text), document.text)
    digest = hashlib.sha256(data).hexdigest()
    return Read(document=document, digest=digest, published=published, statements=statements, case=declared)


def statement_row(statement: Statement) -> dict[str, Any]:
    """A statement as JSON holds it. Days are written as dates; `source` is None where the text names none."""
    content = [(span.start, span.end) for span in statement.content]
    return {
        "source": None if statement.source is None else _spans(statement.source),
        "cue": _spans(statement.cue),
        "content": _spans(statement.content),
        "kind": statement.kind,
        "source_type": statement.source_type,
        "chain": [link if isinstance(link, str) else _span(link) for link in statement.chain],
        "hedges": _spans(statement.hedges),
        "negation": _spans(statement.negation),
        "modality": _spans(statement.modality),
        "dates": [dated_row(d) | _standing(d.span, content) for d in statement.dates],
        "places": [
            _span(p.span)
            | {"site": p.site or None, "zone": p.zone or None, "near": p.near or None}
            | _standing(p.span, content)
            for p in statement.places
        ],
        "numbers": [
            _span(n.span)
            | {"low": n.low, "high": n.high, "unit": n.unit, "approximate": n.approximate}
            | _standing(n.span, content)
            for n in statement.numbers
        ],
    }


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.text}


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [_span(span) for span in spans]


def dated_row(dated: Dated) -> dict[str, Any]:
    """Bounds are days, the last one included; null where the words leave it open or do not say."""
    row = _span(dated.span) | {"from": _day(dated.start), "to": _day(dated.end), "precision": dated.precision}
    if dated.alternatives:
        row["alternatives"] = [{"from": _day(i.start), "to": _day(i.end)} for i in dated.alternatives]
    return row | {"note": dated.note}


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _standing(span: Span, content: Sequence[tuple[int, int]]) -> dict[str, bool]:
    """Is it part of what is said, or of who says it, when and where?"""
    return {"in_content": any(start <= span.start and span.end <= end for start, end in content)}


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError("E-INPUT-TEXT-KIND", "it is a folder", where=str(path), remedy="name one file in it")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("E-INPUT-MISSING", "there is no such file", where=str(path)) from error
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise InputError("E-INPUT-UNREADABLE", what, where=str(path), remedy="check its permissions") from error


def _case(root: Path) -> Case:
    from overlook.case import read_case

    return read_case(root)


def _require_new(path: Path) -> None:
    if path.exists():
        what = "there is a file of this name already; it is kept as it is"
        raise UsageError("E-USAGE-TEXT-EXISTS", what, where=str(path), remedy="name another file after --text")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="", errors="strict") as file:
            file.write(text)
    except FileExistsError:
        _require_new(path)
    except OSError as error:
        what = f"cannot be written: {error.strerror or type(error).__name__}"
        raise UsageError("E-USAGE-TEXT", what, where=str(path), remedy="name a file in a folder that exists") from error
