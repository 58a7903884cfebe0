"""overlook retract DIR ID: take back a claim, a source or an opinion, visibly."""

from __future__ import annotations

from pathlib import Path

import typer

from overlook.cli import say


def register(app: typer.Typer) -> None:
    @app.command()
    def retract(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        of: str = typer.Argument(..., metavar="ID", help="Id of the claim, commitment or source."),
        why: str = typer.Option(..., metavar="TEXT", help="Why it does not hold any more."),
        opinion_of: str = typer.Option("", metavar="NAME", help="Take back this person's opinion of the claim only."),
        by: str = typer.Option("", metavar="NAME", help="Who takes it back."),
        as_json: bool = say.JSON,
    ) -> None:
        """Take back a claim, a source, or an opinion of a claim. It stays in the report, with when and why."""
        from overlook import run

        done = run.retract(folder, of, why=why, opinion_of=opinion_of, by=by)
        if as_json:
            say.document({"retracted": of, "diff": done.diff})
            return
        print(done.diff, end="")
        print(f"{of}: retracted; `overlook assess {folder}` puts it into the report")
