"""overlook export DIR --to FORMAT: the last assessment for other programs, publishers and archives."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from overlook.cli import say
from overlook.errors import UsageError

_FORMATS = ("claimreview", "prov", "csv", "parquet", "csl", "ledger")


def register(app: typer.Typer) -> None:
    @app.command()
    def export(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        to: str = typer.Option(..., "--to", metavar="FORMAT", help="claimreview, prov, csv, parquet, csl or ledger."),
        out: Path | None = typer.Option(
            None, "--out", help="The file to write; for csv and parquet the folder. DIR/export otherwise."
        ),
        publication: bool = typer.Option(
            False, "--publication", help="Refuse what may not be published; leave out and round the rest."
        ),
        force: bool = typer.Option(False, "--force", help="Overwrite what is there already."),
        as_json: bool = say.JSON,
    ) -> None:
        """Write the last assessment as ClaimReview, PROV-JSON, CSV, Parquet or citations, or the ledger."""
        if to not in _FORMATS:
            raise UsageError(
                "E-USAGE-FORMAT", f"{to!r} is no format", where="--to", remedy=f"one of {', '.join(_FORMATS)}"
            )
        from overlook import run

        done = run.export(folder, to, out=out, publication=publication, force=force)  # type: ignore[arg-type]
        if as_json:
            say.document(
                {
                    "format": to,
                    "publication": publication,
                    "paths": [str(path) for path in done.paths],
                    "left_out": [{"claim": left.claim, "why": left.why} for left in done.left_out],
                    "notes": list(done.notes),
                }
            )
            return
        for path in done.paths:
            print(path)
        for left in done.left_out:
            print(f"left out: claim '{left.claim}': {left.why}", file=sys.stderr)
        for note in done.notes:
            print(f"note: {note}", file=sys.stderr)
