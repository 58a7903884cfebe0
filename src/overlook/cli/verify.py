"""overlook verify DIR: re-check every digest and the ledger's chain; of an exported ledger, its chain alone."""

from __future__ import annotations

from pathlib import Path

import typer

from overlook.cli import say


def register(app: typer.Typer) -> None:
    @app.command()
    def verify(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder, or an exported ledger."),
        as_json: bool = say.JSON,
    ) -> None:
        """Check that nothing was altered: values, ledger, added files. Exit 3 and the first broken link if so."""
        from overlook import run

        if folder.is_file():
            chain = run.verify_ledger(folder)
            if as_json:
                say.document({"entries": chain.entries, "head": chain.head})
                return
            print(f"whole: {chain.entries} ledger entries")
            print(f"ledger head: {chain.head}")
            return
        found = run.verify(folder)
        if as_json:
            say.document({"values": found.values, "entries": found.entries, "inputs": found.inputs, "head": found.head})
            return
        print(f"whole: {found.values} values, {found.entries} ledger entries, {found.inputs} added files")
        print(f"ledger head: {found.head}")
