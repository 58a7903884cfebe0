"""The ledger's acts of people as the report tells them, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from overlook.errors import InputError
from overlook.run.folder import open_folder
from overlook.run.record import texts_of
from overlook.store import Ledger
from overlook.terms import Recorded

#: What stands where a text was erased.
ERASED_TEXT = "(erased)"
_SHORT = 12


def record_of(ledger: Ledger) -> tuple[Recorded, ...]:
    """Every reading, acceptance, edit, rejection, grade, signature, retraction, correction and erasure, in order."""
    texts = texts_of(ledger)
    last: dict[str, str] = {}
    found = []
    for entry in ledger.entries(*_TOLD):
        of, by, text = _TOLD[entry.kind](entry.body, texts, last)
        act: Any = {"drafted": "read", "opinion": "signed"}.get(entry.kind, entry.kind)
        if entry.kind == "opinion" and entry.body["dissent"]:
            act = "dissented"
        found.append(Recorded(entry=entry.seq, at=entry.at, act=act, of=of, by=by, text=text))
    return tuple(found)


_Row = tuple[str, str, str]
_Texts = Mapping[str, str]


def _name(body: Mapping[str, Any], key: str, texts: _Texts) -> str:
    kept = body.get(key) or ""
    return texts.get(kept, ERASED_TEXT) if kept else ""


def _drafted(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    number = len(body["drafts"])
    name = texts.get(body["name"], ERASED_TEXT)
    dated = f", published {body['published']}" if body["published"] else ""
    drafts = "1 draft" if number == 1 else f"{number} drafts"
    return f"document {body['document'][:_SHORT]}", "", f"{drafts} of what stands in {name}{dated}"


def _accepted(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    of = f"event {body['event']}" if "event" in body else f"claim {body['claim']}"
    return of, _name(body, "by", texts), f"from draft {body['draft']}"


def _edited(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    edit = texts.get(body["edit"])
    fields = ", ".join(json.loads(edit)) if edit else ERASED_TEXT
    return f"draft {body['draft']}", _name(body, "by", texts), f"set anew: {fields}"


def _rejected(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    return f"draft {body['draft']}", _name(body, "by", texts), _name(body, "why", texts)


def _graded(body: Mapping[str, Any], texts: _Texts, last: dict[str, str]) -> _Row:
    of, grade = str(body["of"]), str(body["grade"])
    before, last[of] = last.get(of, ""), grade
    return texts.get(of, ERASED_TEXT), "", f"{grade or 'no grade'}, before {before}" if before else grade


def _opinion(body: Mapping[str, Any], texts: _Texts, last: dict[str, str]) -> _Row:
    by = _name(body, "analyst", texts)
    last[str(body["opinion"])] = by
    reader = _name(body, "second_reader", texts)
    words = [f"likelihood {body['likelihood']}" if body["likelihood"] else "no likelihood"]
    words += [f"second reader {reader}"] if reader else []
    words += [f"over evidence {body['evidence'][:_SHORT]}"]
    return f"claim {body['claim']}", by, "; ".join(words)


def _withdrawn(body: Mapping[str, Any], _: _Texts, last: dict[str, str]) -> _Row:
    return f"claim {body['claim']}", last.get(str(body["opinion"]), ""), "the opinion was taken out of case.yaml"


def _retracted(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    of = f"claim {body['claim']}" if body["claim"] else f"source {_name(body, 'source', texts)}"
    whose = _name(body, "analyst", texts)
    return f"opinion of {whose} on {of}" if whose else of, _name(body, "by", texts), _name(body, "why", texts)


def _corrected(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    return "an earlier report", "", _name(body, "now", texts)


def _erased(body: Mapping[str, Any], texts: _Texts, _: dict[str, str]) -> _Row:
    number = len(body["texts"])
    return str(body["mark"]), _name(body, "by", texts), f"{number} text{'' if number == 1 else 's'} outside the chain"


_TOLD: Mapping[str, Callable[[Mapping[str, Any], _Texts, dict[str, str]], _Row]] = {
    "drafted": _drafted,
    "accepted": _accepted,
    "edited": _edited,
    "rejected": _rejected,
    "graded": _graded,
    "opinion": _opinion,
    "withdrawn": _withdrawn,
    "retracted": _retracted,
    "corrected": _corrected,
    "erased": _erased,
}


def ledger_record(root: Path) -> tuple[Recorded, ...]:
    """`record_of` the case at `root`; empty when nothing was done there yet."""
    folder = open_folder(root)
    if not folder.ledger.exists():
        return ()
    with Ledger(folder.ledger) as ledger:
        return record_of(ledger)


def ledger_lines(root: Path) -> tuple[str, ...]:
    """The chain as JSON Lines (docs/reference/ledger.md), walked first; no text that may be erased is in it.

    Raises IntegrityError for a chain that is broken, InputError when there is no ledger yet.
    """
    folder = open_folder(root)
    if not folder.ledger.exists():
        raise InputError("E-INPUT-NO-LEDGER", "nothing was done here yet", where=str(folder.ledger))
    with Ledger(folder.ledger) as ledger:
        ledger.verify()
        return tuple(ledger.lines())
