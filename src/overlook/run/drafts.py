"""Drafts of statements and events in a case: kept when a text was read; a person accepts, edits or rejects each.

The ledger holds the document's digest and each draft's; the words themselves lie outside its chain and can be erased. A
document's text is not kept: only what the drafts quote of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from overlook.errors import InputError
from overlook.run.add import WAIT_S
from overlook.run.drafts_dated import DatedLine
from overlook.run.folder import open_folder
from overlook.run.record import texts_of
from overlook.store import Entry, Ledger, locked
from overlook.terms import canonical, dumps, loads
from overlook.terms.statement import Statement

_T = TypeVar("_T")
State = Literal["open", "accepted", "rejected", "superseded", "erased"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft and what became of it. `id` is `d1`, `d2`, … in the order of reading, unique in the case.

    It is of a `statement` or of a date (`dated`); both are None once its words were erased. `edits` are the fields a
    person set in its place (`content`, `kind`, `said`, `chain`, `credibility`). `claim` or `event` is what it was
    accepted as. `by` is who decided last, "" when nobody was named, None when the name was erased.
    *superseded*: the same document was read again, and this draft was not among what was found.
    """

    id: str
    document: str
    name: str
    published: date | None
    statement: Statement | None
    dated: DatedLine | None = None
    edits: Mapping[str, Any]
    state: State
    claim: str = ""
    event: str = ""
    by: str | None = ""
    why: str = ""
    at: datetime

    @property
    def content(self) -> str:
        """Its words: as edited, else verbatim, parts that are broken apart joined by an ellipsis."""
        if "content" in self.edits:
            return str(self.edits["content"])
        if self.dated:
            return self.dated.line.text
        return " … ".join(span.text for span in self.statement.content) if self.statement else ""


def keep_drafts(
    root: Path,
    statements: Sequence[Statement],
    *,
    document: str,
    name: str,
    published: date | None = None,
    dated: Sequence[DatedLine] = (),
    now: datetime | None = None,
) -> tuple[Draft, ...]:
    """Keep what was read of a document as drafts of the case at `root`; returns the statements, then what is `dated`.

    `document` is the SHA-256 of its bytes, `name` what to call it. A draft that is known keeps its id and what was
    decided of it. Raises CaseError when there is no case, StoreError or IntegrityError for a broken ledger.
    """
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        known = {kept: ident for e in ledger.entries("drafted") for ident, kept in e.body["drafts"].items()}
        number = len(set(known.values()))
        drafts: dict[str, str] = {}
        read = [("statement", dumps(statement)) for statement in statements]
        read += [("dated", dumps(line)) for line in dated]
        for key, words in read:
            # The document and its date are part of the text: the same words elsewhere are another draft.
            text = canonical({"document": document, key: words.decode()}).decode()
            kept = ledger.keep_text(text)
            if kept not in known:
                number += 1
                known[kept] = f"d{number}"
            drafts[known[kept]] = kept
        body = {
            "document": document,
            "name": ledger.keep_text(name),
            "published": published.isoformat() if published else "",
            "drafts": drafts,
        }
        if _last_reading(ledger, document) != body:
            ledger.append("drafted", body, now=moment)
        found = drafts_of(ledger)
    return tuple(draft for draft in found if draft.id in drafts)


def drafts(root: Path) -> tuple[Draft, ...]:
    """Every draft of the case at `root`, in the order in which they were read."""
    folder = open_folder(root)
    if not folder.ledger.exists():
        return ()
    with Ledger(folder.ledger) as ledger:
        return drafts_of(ledger)


def draft_named(found: Sequence[Draft], ident: str) -> Draft:
    """The draft of that id. Raises InputError for one that is not there, or whose words were erased."""
    draft = next((d for d in found if d.id == ident), None)
    if draft is None:
        known = f"there are {found[0].id} to {found[-1].id}" if found else "there is none; `overlook read` makes them"
        raise InputError("E-INPUT-DRAFT", f"there is no draft {ident!r}; {known}", remedy="`overlook draft DIR`")
    if draft.statement is None and draft.dated is None:
        raise InputError("E-INPUT-DRAFT", f"the words of draft {ident} were erased", remedy="read the document again")
    return draft


def drafts_of(ledger: Ledger) -> tuple[Draft, ...]:
    """The drafts as the ledger has them, later entries over earlier ones."""
    texts = texts_of(ledger)
    found: dict[str, Draft] = {}
    for entry in ledger.entries("drafted", "edited", "accepted", "rejected"):
        if entry.kind == "drafted":
            _read_again(found, entry, texts)
        elif entry.body["draft"] in found:
            found[entry.body["draft"]] = _decided(found[entry.body["draft"]], entry, texts)
    return tuple(found.values())


def _read_again(found: dict[str, Draft], entry: Entry, texts: Mapping[str, str]) -> None:
    body = entry.body
    for ident, draft in found.items():
        if draft.document == body["document"] and draft.state == "open" and ident not in body["drafts"]:
            found[ident] = replace(draft, state="superseded", at=entry.at)
    for ident, kept in body["drafts"].items():
        if ident in found and found[ident].state != "superseded":
            continue
        text = texts.get(kept)
        found[ident] = Draft(
            id=ident,
            document=body["document"],
            name=texts.get(body["name"], "a document whose name was erased"),
            published=date.fromisoformat(body["published"]) if body["published"] else None,
            statement=_words(text, "statement", Statement),
            dated=_words(text, "dated", DatedLine),
            edits={},
            state="open" if text else "erased",
            at=entry.at,
        )


def _words(text: str | None, key: str, of: type[_T]) -> _T | None:
    """What a kept text holds under `key`; None where it was erased, or holds something else."""
    kept = json.loads(text).get(key) if text else None
    return None if kept is None else loads(kept.encode(), of)


def _decided(draft: Draft, entry: Entry, texts: Mapping[str, str]) -> Draft:
    body = entry.body
    by = texts.get(body["by"]) if body["by"] else ""
    if entry.kind == "edited":
        kept = texts.get(body["edit"])
        edits = json.loads(kept) if kept else {}
        return replace(draft, edits={**draft.edits, **edits}, by=by, at=entry.at)
    if entry.kind == "accepted":
        claim, event = str(body.get("claim", "")), str(body.get("event", ""))
        return replace(draft, state="accepted", claim=claim, event=event, by=by, why="", at=entry.at)
    why = texts.get(body["why"], "a reason that was erased")
    return replace(draft, state="rejected", by=by, why=why, at=entry.at)


def _last_reading(ledger: Ledger, document: str) -> dict[str, Any] | None:
    return next((e.body for e in reversed(ledger.entries("drafted")) if e.body["document"] == document), None)
