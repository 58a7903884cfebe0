"""`python -m overlook.cli`: the reference of all commands and options, as docs/reference/commands.md has it."""

from __future__ import annotations

from typing import Any

import typer

from overlook.cli import app


def reference() -> str:
    """Markdown: each command with its usage, its help and a table of its options."""
    group: Any = typer.main.get_command(app)
    parts = [
        "# Commands\n\nMade by `python -m overlook.cli`; do not edit.\n\n"
        "Exit codes: 0 done, 1 error (one line: what, where, what to do), 2 usage, 3 integrity broken, "
        "4 report refused. With `--json`, stdout carries one JSON document a line; all else goes to stderr.\n"
    ]
    for name, command in group.commands.items():
        parts.append(_section(name, command))
    return "\n".join(parts)


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(["overlook", name, *(a.metavar or a.name.upper() for a in arguments), "[OPTIONS]"])
    rows = [f"| `{a.metavar or a.name.upper()}` | {a.help or ''} | |" for a in arguments]
    rows += [_option(p) for p in command.params if p.param_type_name == "option"]
    table = "\n".join(["| | | default |", "|---|---|---|", *rows])
    return f"## {name}\n\n    {usage}\n\n{command.help}\n\n{table}\n"


def _option(option: Any) -> str:
    names = ", ".join(f"`{n}`" for n in [*option.opts, *option.secondary_opts])
    default = option.default
    shown = "" if default in (None, "", False, [], ()) or callable(default) else f"{default}"
    return f"| {names} | {option.help or ''}{' Required.' if option.required else ''} | {shown} |"


if __name__ == "__main__":
    print(reference(), end="")
