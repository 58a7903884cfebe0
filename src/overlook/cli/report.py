"""overlook report DIR: render again; for publication, rights, crops and coordinates are checked."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def report(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        publication: bool = typer.Option(
            False, "--publication", help="Refuse what may not be published; crop, strip and round the rest."
        ),
    ) -> None:
        """Render the last assessment's report again, and print its path."""
        from overlook import run

        print(run.report(folder, publication=publication))
