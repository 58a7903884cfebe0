"""Writing to case.yaml what the analyst accepted or signed: whole or not at all, and never over somebody's edit."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from overlook.errors import CaseError
from overlook.run.folder import CaseFolder
from overlook.terms import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaring:
    """case.yaml before and after, read and found valid; nothing is written yet."""

    folder: CaseFolder
    before: bytes
    after: bytes
    case: Case

    @property
    def diff(self) -> str:
        """What changes, line by line (unified diff)."""
        old, new = (data.decode("utf-8-sig").splitlines(keepends=True) for data in (self.before, self.after))
        lines = difflib.unified_diff(old, new, "case.yaml", "case.yaml", n=2)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def write(self) -> None:
        """Replace case.yaml. Raises CaseError when it changed meanwhile or cannot be written; it is as it was then."""
        # A case.yaml that is a link stays one: what it points to is replaced.
        path = self.folder.case_yaml.resolve()
        if _read(path) != self.before:
            raise CaseError(
                "E-CASE-CHANGED",
                "it was changed while this command ran; nothing was written",
                where=str(path),
                remedy="save it, then run the command again",
            )
        if self.after != self.before:
            _replace(path, self.after)


def adding(folder: CaseFolder, entries: Mapping[str, Sequence[Mapping[str, Any]]], *, now: datetime) -> Declaring:
    """case.yaml with entries more at the end of its lists, by top-level key. Raises CaseError when it cannot be."""
    from overlook.case import amend

    before = after = _read(folder.case_yaml)
    for key, rows in entries.items():
        if rows:
            after = amend(after, key, rows)
    return declaring(folder, before, after, now=now)


def declaring(folder: CaseFolder, before: bytes, after: bytes, *, now: datetime) -> Declaring:
    """A change of case.yaml, checked. Raises CaseError for a case that would not be valid."""
    from overlook.case import case_of

    return Declaring(folder=folder, before=before, after=after, case=case_of(after, folder.root, now=now))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CaseError("E-CASE-NO-FILE", f"cannot be read ({error.strerror})", where=str(path)) from error


def _replace(path: Path, data: bytes) -> None:
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".case.yaml.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise CaseError(
            "E-CASE-WRITE",
            f"cannot be written ({error.strerror}); it is as it was",
            where=str(path),
            remedy="make the case folder writable, and free space on its disk",
        ) from error
