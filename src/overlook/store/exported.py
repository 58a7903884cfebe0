"""A ledger as it was exported: JSON Lines that anybody can check, without the case it came from.

Each line is an object of exactly `seq`, `at`, `kind`, `body` (a string: the entry's canonical JSON), `previous` and
`digest`. `digest` is the SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8) of the other five.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from overlook.errors import InputError, IntegrityError
from overlook.terms import canonical

_KEYS = frozenset({"seq", "at", "kind", "body", "previous", "digest"})
_GENESIS = "0" * 64
#: A line longer than this is no entry: the longest body holds a case's data digests.
_LONGEST_LINE = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain that was walked and found whole: how many entries, and the digest of the last."""

    entries: int
    head: str


def check_export(path: Path) -> Chain:
    """Walk the chain of an exported ledger.

    Raises IntegrityError E-INTEGRITY-CHAIN naming the first line that breaks it, InputError for a file that is no
    export. A chain that was cut at its end is whole: compare the head with one that was noted.
    """
    previous, count = _GENESIS, 0
    for number, row in _rows(path):
        body = {key: value for key, value in row.items() if key != "digest"}
        # JSON's true equals 1 in Python; a sequence number is a number.
        is_next = type(row["seq"]) is int and row["seq"] == count + 1
        if not is_next or row["previous"] != previous or row["digest"] != _digest(body):
            raise IntegrityError(
                "E-INTEGRITY-CHAIN",
                f"the chain breaks on line {number} (entry {str(row['seq'])[:20]} of kind {str(row['kind'])[:40]!r})",
                where=str(path),
                remedy="compare with another copy; nothing from that line on can be relied on",
            )
        previous, count = str(row["digest"]), count + 1
    if not count:
        raise InputError("E-INPUT-LEDGER", "it holds no entry", where=str(path), remedy="export the ledger again")
    return Chain(entries=count, head=previous)


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                yield number, _row(line, number, path)
    except OSError as error:
        what = f"the file cannot be read ({error.strerror})"
        raise InputError("E-INPUT-UNREADABLE", what, where=str(path), remedy="check its name and rights") from error


def _row(line: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_refuse)
        if not isinstance(row, dict) or row.keys() != _KEYS:
            raise ValueError("it is no entry of a ledger")  # noqa: TRY301
        canonical(row)  # a lone surrogate has no bytes, and so no digest
    except (ValueError, RecursionError) as error:
        raise InputError(
            "E-INPUT-LEDGER",
            f"line {number} cannot be read ({str(error)[:80]})",
            where=str(path),
            remedy="give a ledger as `overlook ledger DIR --json` writes it",
        ) from error
    return row


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no value of a ledger")
