"""Erasing a person's name from a case: case.yaml, the ledger's texts, everything derived, the reports.

What stays: the ledger's chain with the digests of what was erased, and an entry that says when. What is out of reach:
copies, backups, version control, blocks of the disk that are not overwritten yet, and files that were added as they
are. The last are searched and named.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from overlook.errors import CaseError, InputError, StoreError
from overlook.run.add import WAIT_S
from overlook.run.declare import Declaring, declaring
from overlook.run.erasing_name import Name
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.record import kept_name
from overlook.store import Ledger, Store, locked
from overlook.terms import canonical, dumps

#: A file larger than this is pixels; it is not searched, and that is said.
_LARGEST = 64_000_000
_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased. `mark` stands in place of the name; `left` says where it still is or could be, one line each."""

    mark: str
    texts: int
    values: int
    diff: str
    left: tuple[str, ...]


def erase(root: Path, name: str, *, by: str = "", now: datetime | None = None) -> Erasure:
    """Erase `name` from the case at `root`. A report is made again by the next `assess`.

    Can be run again when it was cut off. Raises InputError for a name that is nowhere in the case, UsageError for one
    of two letters, CaseError for a case.yaml that would not be valid without it, StoreError while another program
    reads the ledger.
    """
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    erased = Name(" ".join(name.split()), secrets.token_hex(_DIGITS // 2))
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        declared = _case_yaml(folder, erased, moment)
        held = {kept: text for kept, text in ledger.texts().items() if erased.is_in(text)}
        derived = tuple(_derived(folder, erased))
        left = tuple(_left(folder, erased, ledger))
        if not held and not declared.diff and not left and not any(_holds(p, erased) for p in derived):
            raise InputError("E-INPUT-NAME", "this name is nowhere in the case", where=str(root), remedy="check it")
        unsalted = ledger.unsalted() & held.keys()
        body = {
            "mark": erased.mark,
            "texts": sorted(held),
            "instead": _instead(ledger, erased, held),
            "by": "" if erased.is_in(by) else kept_name(ledger, by),
        }
        ledger.append("erased", body, now=moment)
        declared.write()
        ledger.erase_texts(held)
        for path in derived:
            _remove(path)
        left = tuple(_left(folder, erased, ledger))
    if unsalted:
        left += (f"{len(unsalted)} digest(s) in the ledger's chain are of a time before salts: a guess can be checked",)
    return Erasure(mark=erased.mark, texts=len(held), values=len(derived), diff=declared.diff, left=left)


def _case_yaml(folder: CaseFolder, name: Name, now: datetime) -> Declaring:
    before = folder.case_yaml.read_bytes()
    try:
        text = before.decode("utf-8")
    except UnicodeDecodeError:
        text = ""  # reading the case names the byte
    changed = declaring(folder, before, name.without(text).encode(), now=now)
    if name.is_in(dumps(changed.case).decode()):
        raise CaseError(
            "E-CASE-ERASE",
            "the name is written in a way that cannot be replaced here, with escapes perhaps",
            where=str(folder.case_yaml),
            remedy="take it out by hand, then erase it again",
        )
    return changed


def _instead(ledger: Ledger, name: Name, held: dict[str, str]) -> dict[str, str]:
    """Digest of each text to that of the text without the name. A draft's places would not fit: it goes whole."""
    drafted = {kept for e in ledger.entries("drafted") for kept in e.body["drafts"].values()}
    return {kept: ledger.keep_text(name.without(text)) for kept, text in held.items() if kept not in drafted}


def _derived(folder: CaseFolder, name: Name) -> Iterator[Path]:
    """Files under .overlook, report and export that hold what the case declares, or the name itself."""
    store = Store(folder.derived)
    declared = {d for of in ("assessment", "report") for s in store.recorded(of) for d in s.outputs.values()}
    for path in _files(folder.derived):
        if path.name in declared or _holds(path, name):
            yield path
    yield from (p for p in (folder.report, folder.root / "export") if p.exists())


def _left(folder: CaseFolder, name: Name, ledger: Ledger) -> Iterator[str]:
    """Where the name still is in the case folder, or could be."""
    for entry in ledger.entries():
        if name.is_in(canonical(entry.body).decode()):
            yield f"entry {entry.seq} of the ledger holds it inside the chain, where nothing can be erased"
    skipped = 0
    for path in _files(folder.root):
        shown = path.relative_to(folder.root).as_posix()
        if path.is_relative_to(folder.derived) or path.is_relative_to(folder.root / ".git"):
            continue
        if name.is_in(shown):
            yield f"{shown}: its name holds it"
        if path.stat().st_size > _LARGEST:
            skipped += 1
        elif _holds(path, name):
            yield f"{shown} holds it"
    if skipped:
        yield f"{skipped} file(s) of more than {_LARGEST // 1_000_000} MB were not searched"


def _files(root: Path) -> Iterator[Path]:
    yield from (p for p in sorted(root.rglob("*")) if p.is_file() and not p.is_symlink())


def _holds(path: Path, name: Name) -> bool:
    try:
        return name.is_in(path.read_bytes().decode("utf-8", errors="ignore"))
    except OSError:
        return False


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            "E-STORE-ERASE",
            f"what holds the name could not be removed ({error.strerror})",
            where=str(path),
            remedy="make it writable and erase the name again",
        ) from error
