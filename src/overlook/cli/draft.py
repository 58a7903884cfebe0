"""overlook draft DIR: what was read of texts, and what an analyst makes of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from overlook.cli import say
from overlook.cli.typed import words
from overlook.errors import UsageError

if TYPE_CHECKING:
    from overlook.run import Draft

_ACTIONS = ("list", "accept", "edit", "reject")
_SHOWN = 200
#: Options of each action; another one was meant for something else.
_TAKES = {
    "list": {"show_all"},
    "accept": {"name", "by", "dry_run"},
    "edit": {"content", "kind", "said", "chain", "credibility", "by"},
    "reject": {"why", "by"},
}


def register(app: typer.Typer) -> None:
    @app.command()
    def draft(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        action: str = typer.Argument("list", metavar="[ACTION]", help="list, accept, edit or reject."),
        ident: str = typer.Argument("", metavar="[ID]", help="The draft: d1, d2, …"),
        name: str = typer.Option("", "--as", metavar="CLAIM", help="accept: the id of the claim, or of the event."),
        by: str = typer.Option("", metavar="NAME", help="Who decides. Kept where it can be erased."),
        why: str = typer.Option("", metavar="TEXT", help="reject: the reason."),
        content: str = typer.Option("", metavar="TEXT", help="edit: the words, in place of those that were read."),
        kind: str = typer.Option("", metavar="WORD", help="edit: direct, indirect or mixed."),
        said: str = typer.Option("", metavar="DATE", help="edit: the day it was said."),
        chain: str = typer.Option("", metavar="ID,…", help="edit: sources of case.yaml, from who is said to know on."),
        credibility: str = typer.Option("", metavar="GRADE", help="edit: Admiralty grade of the information, 1 to 6."),
        dry_run: bool = typer.Option(False, "--dry-run", help="accept: show what case.yaml would get; write nothing."),
        show_all: bool = typer.Option(False, "--all", help="list: those that were decided as well."),
        as_json: bool = say.JSON,
    ) -> None:
        """List the drafts that `overlook read` left in a case; accept one into case.yaml, edit it, or reject it."""
        from overlook import run

        typed = {"name": name, "by": by, "why": why, "content": content, "kind": kind, "said": said, "chain": chain}
        typed |= {"credibility": credibility, "dry_run": dry_run, "show_all": show_all}  # type: ignore[dict-item]
        _require(action, ident, typed)
        if action == "list":
            _list(folder, show_all=show_all, as_json=as_json)
        elif action == "accept":
            taken = run.accept_draft(folder, ident, name=name, by=by, dry_run=dry_run)
            became = {"claim": taken.claim or None, "event": taken.event or None}
            if as_json:
                say.document({"draft": ident, **became, "written": not dry_run, "diff": taken.diff})
                return
            print(taken.diff, end="")
            known_as = f"event {taken.event}" if taken.event else f"claim {taken.claim}"
            print(f"{ident}: would be {known_as}" if dry_run else f"{ident}: accepted as {known_as}")
        elif action == "edit":
            _tell(run.edit_draft(folder, ident, _fields(content, kind, said, chain, credibility), by=by), as_json)
        else:
            _tell(run.reject_draft(folder, ident, why=why, by=by), as_json)


def _require(action: str, ident: str, typed: dict[str, Any]) -> None:
    if action not in _ACTIONS:
        remedy = f"one of {', '.join(_ACTIONS)}"
        raise UsageError("E-USAGE-ACTION", f"{action!r} is nothing to do with a draft", where="ACTION", remedy=remedy)
    if action != "list" and not ident:
        raise UsageError("E-USAGE-DRAFT", f"no draft to {action} was named", remedy="`overlook draft DIR` lists them")
    if action == "list" and ident:
        raise UsageError(
            "E-USAGE-DRAFT", f"nothing to do with {ident} was given", remedy="`accept`, `edit` or `reject`"
        )
    for option, value in typed.items():
        if value and option not in _TAKES[action]:
            shown = {"name": "--as", "dry_run": "--dry-run", "show_all": "--all"}.get(option, f"--{option}")
            raise UsageError("E-USAGE-DRAFT", f"{shown} does not go with {action}", where=shown)


def _fields(content: str, kind: str, said: str, chain: str, credibility: str) -> dict[str, Any]:
    """What was typed, checked as far as a draft is. Raises UsageError."""
    if kind and kind not in ("direct", "indirect", "mixed"):
        raise UsageError("E-USAGE-DRAFT", f"{kind!r} is no kind", where="--kind", remedy="direct, indirect or mixed")
    if credibility and credibility not in tuple("123456"):
        raise UsageError("E-USAGE-DRAFT", f"{credibility!r} is no grade", where="--credibility", remedy="1 to 6")
    if said:
        from overlook.cli.typed import interval

        interval(said, "--said")
    fields: dict[str, Any] = {"content": content, "kind": kind, "said": said, "credibility": credibility}
    fields["chain"] = list(words(chain))
    return {name: value for name, value in fields.items() if value}


def _list(folder: Path, *, show_all: bool, as_json: bool) -> None:
    from overlook import run

    found = run.drafts(folder)
    shown = [d for d in found if show_all or d.state == "open"]
    for draft in shown:
        _tell(draft, as_json)
    for problem in run.drafts_undone(folder):
        print(f"note: {problem}", file=sys.stderr if as_json else sys.stdout)
    if not as_json:
        decided = len(found) - sum(d.state == "open" for d in found)
        print(f"{sum(d.state == 'open' for d in found)} to decide, {decided} decided or superseded")


def _tell(draft: Draft, as_json: bool) -> None:
    if as_json:
        say.document(_row(draft))
        return
    content = " ".join(draft.content.split())
    content = content if len(content) <= _SHOWN else f"{content[:_SHOWN]} …"
    told = _days(draft) if draft.dated else _source(draft) or "nobody named"
    print(f"{draft.id} [{draft.state}] {told}: {content}")
    facts = [f"{draft.name}, {draft.published.isoformat() if draft.published else 'undated'}"]
    facts += [f"claim {draft.claim}"] if draft.claim else []
    facts += [f"event {draft.event}"] if draft.event else []
    facts += [f"edited: {', '.join(draft.edits)}"] if draft.edits else []
    facts += [f"by {draft.by}"] if draft.by else ["by a name that was erased"] if draft.by is None else []
    facts += [f"because {draft.why}"] if draft.why else []
    print(f"   {'; '.join(facts)}")


def _source(draft: Draft) -> str:
    spans = draft.statement.source if draft.statement else None
    return " … ".join(" ".join(span.text.split()) for span in spans or ())


def _days(draft: Draft) -> str:
    bounds = _bounds(draft)
    first, last = (bounds["from"], bounds["to"]) if bounds else (None, None)
    return str(first) if first == last else f"{first} to {last}"


def _bounds(draft: Draft) -> dict[str, str] | None:
    during = draft.dated.dated.during if draft.dated else None
    return {"from": f"{during.start:%Y-%m-%d}", "to": f"{during.end:%Y-%m-%d}"} if during else None


def _row(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "state": draft.state,
        "document": draft.document,
        "name": draft.name,
        "published": draft.published.isoformat() if draft.published else None,
        "source": _source(draft),
        "content": draft.content,
        "edits": dict(draft.edits),
        "during": _bounds(draft),
        "claim": draft.claim or None,
        "event": draft.event or None,
        "by": draft.by,
        "why": draft.why or None,
        "at": draft.at.isoformat(),
    }
