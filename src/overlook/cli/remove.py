"""overlook remove DIR NAME...: take a wrong image or table out of a case."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def remove(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        names: list[str] = typer.Argument(..., metavar="NAME...", help="Images or tables, as `add` named them."),
        why: str = typer.Option(..., "--why", help="Why it does not belong here; kept in the ledger."),
    ) -> None:
        """Set wrong images or counts aside, with what belongs to them; reports say so if they had been assessed."""
        from overlook import run

        for file in run.remove(folder, names, why=why):
            print(f"{folder / 'removed' / file}")
