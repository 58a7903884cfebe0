"""What the analyst declares: case.yaml read as strict models and turned into the frozen terms.

    read_case(folder) -> Case        the whole declaration, or a CaseError that says file:line:column, field and what
    case_files(folder) -> paths      case.yaml and the geometry files it names, for digests
    schema() -> dict                 the JSON Schema of case.yaml, for editors
    template(title) -> str           a case.yaml to start from
    amend(data, key, entries)        case.yaml's bytes with entries more in one of its lists, all else as it was
    case_of(data, folder) -> Case    what such bytes declare, before they are written

It never writes a file, never guesses (a time without a zone, an axis order, a nearest id are mistakes), never runs what
a file holds, and never opens a path outside the case folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from overlook.terms import Case

__all__ = ["amend", "case_files", "case_of", "read_case", "schema", "template"]


def read_case(folder: Path, *, now: datetime | None = None) -> Case:
    """What case.yaml in `folder` declares; `now` (the clock's time by default) bounds what may have been said.

    Raises CaseError for the first mistake in the file, with its place, and how many more there are.
    """
    from overlook.case import reading  # the models cost 60 ms to build

    return reading.read_case(folder, now=now)


def case_files(folder: Path) -> tuple[Path, ...]:
    """case.yaml and every geometry file it names. Raises CaseError like `read_case`, for the shape and the files."""
    from overlook.case import reading

    return reading.case_files(folder)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of case.yaml, with a description for every field."""
    from overlook.case import reference

    return reference.schema()


def template(title: str) -> str:
    """A case.yaml that reads without error and teaches by commented example. `title` may be any text."""
    from overlook.case import start

    return start.template(title)


def amend(data: bytes, key: str, entries: Sequence[Mapping[str, Any]]) -> bytes:
    """case.yaml's bytes with `entries` at the end of its top-level list `key`; all else stays byte for byte.

    Raises CaseError for a file that cannot be read, or that has no place for them.
    """
    from overlook.case import amending

    return amending.amend(data, key, entries)


def case_of(data: bytes, folder: Path, *, now: datetime | None = None) -> Case:
    """What the bytes of a case.yaml of `folder` declare. Raises CaseError like `read_case`."""
    from overlook.case import amending

    return amending.case_of(data, folder, now=now)
