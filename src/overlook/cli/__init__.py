"""The commands, one file each. They parse what was typed, call `overlook.run`, and print; nothing else.

Exit codes: 0 done, 1 error, 2 usage, 3 integrity broken, 4 report refused. With `--json`, stdout carries JSON documents
of one line each and nothing else; all else goes to stderr. Libraries are imported inside commands: `--help` needs none.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from overlook.cli import (
    add,
    assess,
    demo,
    detect,
    draft,
    export,
    init,
    ledger,
    pattern,
    plan,
    read,
    remove,
    report,
    retract,
    search,
    sign,
    verify,
)
from overlook.errors import OverlookError, UsageError

_INTERRUPTED = 130

app = typer.Typer(
    name="overlook",
    help="What overhead imagery of a site shows, and what it could have missed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    demo,
    init,
    add,
    remove,
    search,
    assess,
    report,
    export,
    detect,
    pattern,
    plan,
    read,
    draft,
    sign,
    retract,
    ledger,
    verify,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("overlook"))
        raise typer.Exit


def main() -> None:
    """The console script. A failure the user can cause is one line on stderr, and an exit code."""
    try:
        # Not Typer's own main: it tells a mistyped option on four lines without a code, and an interruption not at all.
        sys.exit(_run())
    except OverlookError as error:
        print(f"overlook: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): that is its right. Stop Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("OVERLOOK_DEBUG"):
            raise
        text = " ".join(str(error).split())
        print(
            f"overlook: this is a fault of Overlook's, not yours: {type(error).__name__}: {text}. "
            "Try: the same command with OVERLOOK_DEBUG=1, and report what it prints. [E-FAULT]",
            file=sys.stderr,
        )
        sys.exit(1)


def _run() -> int:
    """Run what was typed; its exit code. Raises UsageError for what cannot be parsed."""
    try:
        code = app(standalone_mode=False) or 0
    except TyperException as error:
        return _not_understood(error)
    if code == _INTERRUPTED:
        print("overlook: stopped; what was finished is kept. Try: the same command again, it goes on", file=sys.stderr)
    return int(code)


def _not_understood(error: Any) -> int:
    """Help when nothing was typed; else one line, from Typer's several. Raises UsageError."""
    said = error.format_message()
    if "\n" in said:
        print(said, file=sys.stderr)
        return int(error.exit_code)
    said = said.replace("is not a valid float", "is no number").replace("is not a valid integer", "is no whole number")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "overlook"
    raise UsageError("E-USAGE", said[:1].lower() + said[1:], remedy=f"`{command} --help`") from error
