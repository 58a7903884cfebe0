"""How commands speak: JSON lines or text on stdout, progress on a terminal's stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from overlook.run.progress import Progress

JSON = typer.Option(False, "--json", help="One JSON document a line on stdout; all else on stderr.")
WORKERS = typer.Option(1, "--workers", "-j", min=1, max=64, help="Processes to work on.")


def document(body: Mapping[str, Any]) -> None:
    """One JSON document on one line."""
    print(json.dumps(body, ensure_ascii=False, allow_nan=False))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar when stderr is a terminal, silence otherwise."""
    if not sys.stderr.isatty():
        from overlook.run.progress import silent

        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if total and what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            if what in tasks:
                bar.update(tasks[what], completed=done, total=total)

        yield show


#: Characters of a text that a line shows.
_SHOWN = 240


def plain(text: str) -> str:
    """On one line, without what a terminal would obey: escapes, and marks that turn the direction of writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 60].rstrip()} […] {text[-50:].lstrip()}"
