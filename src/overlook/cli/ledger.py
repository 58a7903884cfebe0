"""overlook ledger DIR: what was done to a case, as lines that anybody can check; and names erased from it."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from overlook.cli import say
from overlook.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command()
    def ledger(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        action: str = typer.Argument("list", metavar="[ACTION]", help="list or erase."),
        name: str = typer.Argument("", metavar="[NAME]", help="erase: the name; `-` reads it from standard input."),
        by: str = typer.Option("", metavar="NAME", help="erase: who erases it."),
        as_json: bool = say.JSON,
    ) -> None:
        """List what was done to a case (--json: the chain itself, to be checked offline), or erase a person's name."""
        if action not in ("list", "erase"):
            what = f"{action!r} is nothing to do with a ledger"
            raise UsageError("E-USAGE-ACTION", what, where="ACTION", remedy="list or erase")
        if action == "list":
            if name or by:
                raise UsageError("E-USAGE-ACTION", "a name goes with erase alone", remedy="`overlook ledger DIR erase`")
            _list(folder, as_json=as_json)
            return
        _erase(folder, sys.stdin.readline() if name == "-" else name, by, as_json=as_json)


def _list(folder: Path, *, as_json: bool) -> None:
    from overlook import run

    if as_json:
        for line in run.ledger_lines(folder):
            print(line)
        return
    for act in run.ledger_record(folder):
        by = f" by {act.by}" if act.by else ""
        print(
            f"{act.entry:5d}  {act.at:%Y-%m-%d %H:%M} UTC  {act.act} {act.of}{by}{f': {act.text}' if act.text else ''}"
        )


def _erase(folder: Path, name: str, by: str, *, as_json: bool) -> None:
    from overlook import run

    done = run.erase(folder, name, by=by)
    if as_json:
        say.document({"mark": done.mark, "texts": done.texts, "values": done.values, "left": list(done.left)})
        return
    print(f"erased: {done.texts} texts of the ledger, {done.values} derived values and reports; now “{done.mark}”")
    for line in done.left:
        print(f"still there: {line}")
    print("not reached: copies, backups, version control, and blocks of the disk that are not overwritten yet")
    print(f"`overlook assess {folder}` makes the report again, without the name")
