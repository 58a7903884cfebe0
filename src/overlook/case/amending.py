"""One entry more in a list of case.yaml, as text: what stood there before stays as it is, byte for byte.

A round trip through a YAML library folds lines, moves comments and drops blank ones; the analyst would have to read a
diff of her whole file. Here only lines are inserted, and the result is read again: it must hold what it held and the
entry, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from overlook.case.document import read_document
from overlook.case.outside import CASE_FILE
from overlook.case.reading import build, parse
from overlook.errors import CaseError
from overlook.terms import Case

_BOM = "\ufeff"
#: Text that YAML reads as the text it is, without quotation marks. Dates are text in a case file.
_BARE = re.compile(r"(?!(?:true|null|false)\Z)(?:[a-z][a-z0-9._-]*|\d{4}-\d{2}-\d{2})\Z")


def amend(data: bytes, key: str, entries: Sequence[Mapping[str, Any]]) -> bytes:
    """case.yaml's bytes with `entries` (plain JSON data) at the end of its top-level list `key`, made if it is missing.

    Raises CaseError for a file that cannot be read, and E-CASE-AMEND when it is written in a way that has no place for
    the entry (an alias, a list that is no list); nothing is lost then, and the message says what to write by hand.
    """
    before = read_document(data, CASE_FILE).plain()
    text = data.decode("utf-8-sig")
    newline = "\r\n" if "\r\n" in text else "\n"
    bom = _BOM.encode() if data.startswith(_BOM.encode()) else b""
    changed = text
    for entry in entries:
        changed = _with(changed, key, entry, newline)
    result = bom + changed.encode()
    wanted = dict(before) if isinstance(before, dict) else {}
    wanted[key] = [*(wanted.get(key) or []), *entries]
    if not _holds(result, wanted):
        raise CaseError(
            "E-CASE-AMEND",
            f"`{key}` is written in a way that takes no entry from here",
            where=CASE_FILE,
            remedy=f"write it by hand: {json.dumps(entries, ensure_ascii=False)}",
        )
    return result


def _holds(data: bytes, wanted: Mapping[str, Any]) -> bool:
    try:
        return bool(read_document(data, CASE_FILE).plain() == wanted)
    except CaseError:
        return False


def case_of(data: bytes, folder: Path, *, now: datetime | None = None) -> Case:
    """What the bytes of a case.yaml of `folder` declare, before they are written there. Raises CaseError."""
    document, declared = parse(data)
    return build(declared, document, Path(folder), now=now or datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list of the document stands. Offsets count characters; `last` is where its last value ends."""

    kind: str
    start: int
    last: int
    end: int
    dash: int


def _with(text: str, key: str, entry: Mapping[str, Any], newline: str) -> str:
    place = _find(text, key)
    if place is None:
        head = text if text.endswith("\n") or not text else text + newline
        return head + f"{key}:{newline}" + _block(entry, 2, newline)
    if place.kind == "flow":
        return _in_brackets(text, place, entry, newline)
    at = place.start if place.kind == "empty" else place.last
    return _insert(text, _line_end(text, at), _block(entry, place.dash, newline), newline)


def _in_brackets(text: str, place: _Place, entry: Mapping[str, Any], newline: str) -> str:
    """`[…]` with one entry more; an empty one becomes a list of lines."""
    between = text[place.last : place.end - 1]
    if place.last == place.start + 1:
        # A comment behind the empty list stays on the line of its key.
        at = _line_end(text, place.end)
        head = text[: place.start].rstrip(" ") + text[place.end : at].rstrip("\r\n")
        return head + newline + _block(entry, 2, newline) + text[at:]
    # A comma that closes the list already stays where it is.
    head, mark, rest = between.partition(",")
    tail = f"{head}{mark} {_value(entry)}{rest}" if mark and not head.strip() else f", {_value(entry)}{between}"
    return text[: place.last] + tail + text[place.end - 1 :]


def _insert(text: str, at: int, block: str, newline: str) -> str:
    head = text[:at]
    return (head if head.endswith("\n") or not head else head + newline) + block + text[at:]


def _line_end(text: str, at: int) -> int:
    """The start of the line after the one in which `at` lies; `at` itself where a line starts."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _find(text: str, key: str) -> _Place | None:
    """The value of a top-level key; None when there is no such key. The text was read as a document before."""
    from ruamel.yaml import YAML

    depth, is_key, is_wanted, place, last = 0, False, False, None, 0
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event).__name__
        if kind.startswith(("Stream", "Document")):
            continue
        start, end = event.start_mark.index, event.end_mark.index
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1
            if place and depth == 1:
                return _Place(place.kind, place.start, last, end, place.dash)
            # A block ends where the next thing begins, beyond the comments; only a bracket ends where it stands.
            last = end if end > start else last
            continue
        if depth == 1:
            is_key = not is_key
            if is_key:
                is_wanted, last = event.value == key if kind == "ScalarEvent" else False, end
            elif is_wanted:
                place = _place(event, kind, last)
                if place.kind not in ("flow", "block"):
                    return place
        if kind in ("ScalarEvent", "AliasEvent"):
            last = end
        else:
            last = start + 1 if end > start else last
            depth += 1
    return None


def _place(event: Any, kind: str, after_key: int) -> _Place:
    if kind == "ScalarEvent" and not event.value and event.implicit[0]:
        return _Place("empty", after_key, after_key, after_key, 2)
    if kind != "SequenceStartEvent":
        return _Place("other", after_key, after_key, after_key, 2)
    start = event.start_mark
    return _Place("flow" if event.flow_style else "block", start.index, start.index + 1, start.index, start.column)


def _block(entry: Mapping[str, Any], dash: int, newline: str) -> str:
    """An entry as an item of a block list whose dashes stand in column `dash`."""
    lines = []
    for number, (name, value) in enumerate(entry.items()):
        mark = "- " if number == 0 else "  "
        lines.append(" " * dash + f"{mark}{name}: {_value(value)}")
    return newline.join(lines) + newline


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if _BARE.match(value) else _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, allow_nan=False)


def _quoted(text: str) -> str:
    """In double quotation marks; breaks of a line that YAML knows and JSON does not are escaped as well."""
    plain = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda m: f"\\u{ord(m.group()):04x}", plain)
