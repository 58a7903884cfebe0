"""overlook init DIR: a new case."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def init(
        folder: Path = typer.Argument(..., metavar="DIR", help="Where to make the case; made if it is not there."),
        title: str = typer.Option("", help="The case's title; the folder's name by default."),
    ) -> None:
        """Make a new case folder with a case.yaml to edit."""
        from overlook import run

        made = run.init(folder, title=title)
        typed = shlex.quote(str(folder))
        print(f"{made.case_yaml}: edit it, then `overlook add {typed} FILES` and `overlook assess {typed}`")
