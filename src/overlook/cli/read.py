"""overlook read FILE --published DATE: who says what in a text, drafted statement by statement."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer

from overlook.cli import say
from overlook.cli.predicted import context, predicted
from overlook.cli.say import cut, plain


def register(app: typer.Typer) -> None:
    @app.command()
    def read(
        file: Path = typer.Argument(..., metavar="FILE", help="A text, an HTML page or a PDF."),
        published: str = typer.Option(
            "", metavar="DATE", help='When it was published: what "on Monday" counts from. Without it, that stays open.'
        ),
        text: Path | None = typer.Option(
            None, metavar="OUT", help="Write the text that the offsets count: of HTML and PDF, what was extracted."
        ),
        case: Path | None = typer.Option(
            None,
            metavar="DIR",
            help="A case: its sites, zones, events are looked for, and what could be seen of each statement is told.",
        ),
        dates: bool = typer.Option(
            False, "--dates", help="The dates of the writer's own sentences too; with --case they are told anyway."
        ),
        keep: bool = typer.Option(False, "--keep", help="Keep the drafts in the case, for `overlook draft` to decide."),
        as_json: bool = say.JSON,
    ) -> None:
        """Draft who says what in a text: sources, words, chain, hedges, dates, numbers. Kept only with --keep."""
        from overlook import run

        if keep and case is None:
            _refuse_keep()
        told = run.read(file, published=_day(published), case=case, text=text)
        rows = told.rows
        context_rows = told.context if dates or case is not None else ()
        for number, row in enumerate(rows, 1):
            if as_json:
                say.document(row)
                continue
            print("\n".join(_lines(number, row)))
            if case is not None:
                print("\n".join(predicted(row, rows)))
        for row in context_rows:
            if as_json:
                say.document({"context": row})
            else:
                print(context(row, _when(row)))
        stream = sys.stderr if as_json else sys.stdout
        if keep and case is not None:
            kept = run.keep_drafts(
                case,
                told.statements,
                document=told.digest,
                name=file.name,
                published=told.published,
                dated=told.dated,
            )
            ids = f"{kept[0].id} to {kept[-1].id}" if len(kept) > 1 else kept[0].id if kept else "none"
            print(f"kept as drafts: {ids}; `overlook draft {case}` lists what is to decide", file=stream)
        if not told.statements:
            print("no attributed statement was found; that does not mean that there is none", file=stream)
        for note in told.document.notes:
            print(f"note: {note}", file=stream)
        if told.published is None and any(map(_waits, (*rows, {"dates": context_rows}))):
            print("note: dates that count from the day of publication are open; give it as --published", file=stream)


def _refuse_keep() -> None:
    from overlook.errors import UsageError

    raise UsageError("E-USAGE-KEEP", "there is no case to keep drafts in", where="--keep", remedy="add --case DIR")


def _day(text: str) -> date | None:
    """`2018-08-01`. Raises UsageError."""
    from overlook.errors import UsageError

    if not text:
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        remedy = "write 2018-08-01"
        raise UsageError("E-USAGE-TIME", f"{text!r} is no date", where="--published", remedy=remedy) from error
    if not 1900 <= day.year <= 2200:
        raise UsageError("E-USAGE-TIME", f"{text!r} is not between 1900 and 2200", where="--published")
    return day


def _waits(row: Mapping[str, Any]) -> bool:
    return any("publication" in dated["note"] for dated in row["dates"])


def _lines(number: int, row: Mapping[str, Any]) -> Iterator[str]:
    """One statement: who → what, then one line for each thing that is known of it."""
    who = _texts(row["source"]) if row["source"] else "somebody"
    yield f"{number}. {who} → {cut(_texts(row['content'], ' … '))}"
    source = f"{row['source_type'] or 'unknown'} source"
    yield f"   {row['kind']}, {source}" + (f"; cue: {_texts(row['cue'])}" if row["cue"] else "; no cue")
    if len(row["chain"]) > 1:
        yield "   chain: " + " → ".join(plain(x if isinstance(x, str) else x["text"]) for x in row["chain"])
    for key in ("hedges", "negation", "modality"):
        if row[key]:
            yield f"   {key}: {_texts(row[key], ', ')}"
    for dated in row["dates"]:
        note = f"; {plain(dated['note'])}" if dated["note"] else ""
        yield f"   {_named('date', dated)}: {plain(dated['text'])} = {_when(dated)}{note}"
    for place in row["places"]:
        yield f"   {_named('place', place)}: {plain(place['text'])} = {_where(place)}"
    for quantity in row["numbers"]:
        yield f"   {_named('number', quantity)}: {plain(quantity['text'])} = {_amount(quantity)}"


def _named(what: str, found: Mapping[str, Any]) -> str:
    return what if found["in_content"] else f"{what} (of the saying)"


def _texts(spans: Sequence[Mapping[str, Any]], joint: str = " … ") -> str:
    return joint.join(plain(span["text"]) for span in spans)


def _when(dated: Mapping[str, Any]) -> str:
    if "alternatives" in dated:
        return " or ".join(_bounds(choice["from"], choice["to"]) for choice in dated["alternatives"])
    return _bounds(dated["from"], dated["to"])


def _bounds(first: str | None, last: str | None) -> str:
    if first is None and last is None:
        return "not resolved"
    if first == last:
        return str(first)
    if first is None:
        return f"up to {last}"
    return f"from {first}" if last is None else f"{first} to {last}"


def _where(place: Mapping[str, Any]) -> str:
    if place["near"]:
        return f"in the whereabouts of site {place['near']}"
    if not place["site"]:
        return "more than one site of the case"
    return f"site {place['site']}" + (f", zone {place['zone']}" if place["zone"] else "")


def _amount(quantity: Mapping[str, Any]) -> str:
    low, high = quantity["low"], quantity["high"]
    if low is None:
        size = f"at most {high:,g}"
    elif high is None:
        size = f"at least {low:,g}"
    else:
        size = f"{low:,g}" if low == high else f"{low:,g} to {high:,g}"
    unit = f" {plain(quantity['unit'])}" if quantity["unit"] else ""
    return ("about " if quantity["approximate"] else "") + size + unit
