"""Check again that nothing was altered: every derived value, the ledger's chain, every file that was added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from overlook.errors import IntegrityError
from overlook.run.folder import CaseFolder, open_folder
from overlook.store import Damage, Ledger, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was checked and found whole. `head` is the ledger's last digest: note it, to prove that nothing was cut."""

    values: int
    entries: int
    inputs: int
    head: str


def verify(root: Path) -> Verified:
    """Re-digest all of `.overlook/`, re-walk the ledger, re-digest what was added.

    Raises IntegrityError naming the first broken link, and how many more there are.
    """
    folder = open_folder(root)
    with Ledger(folder.ledger) as ledger:
        entries = ledger.verify()
        added = {e.body["path"]: e.body["digest"] for e in ledger.entries("added")}
        head = ledger.head()
    store = Store(folder.derived)
    damages = [*store.verify(), *_damaged_inputs(folder, added)]
    if damages:
        first, more = damages[0], len(damages) - 1
        raise IntegrityError(
            "E-INTEGRITY-FILE",
            f"{first.how}{f', and {more} more' if more else ''}",
            where=first.path,
            remedy="find out who changed it; a derived file may be deleted and made again, an added one restored",
        )
    values = sum(1 for p in (folder.derived / "objects").rglob("*") if p.is_file())
    return Verified(values=values, entries=entries, inputs=len(added), head=head)


def _damaged_inputs(folder: CaseFolder, added: dict[str, str]) -> Iterator[Damage]:
    from overlook.collect import sha256

    for name, digest in sorted(added.items()):
        path = folder.imagery / name
        if not path.is_file():
            yield Damage(str(path), "was added and is not there any more")
        elif sha256(path) != digest:
            yield Damage(str(path), "is not the file that was added")
