"""Check again that nothing was altered: every derived value, the ledger's chain, every file that was added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from overlook.errors import InputError, IntegrityError
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.history import added_files, forgotten
from overlook.store import Chain, Damage, Ledger, Store, check_export


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was checked and found whole. `head` is the ledger's last digest: note it, to prove that nothing was cut."""

    values: int
    entries: int
    inputs: int
    head: str


def verify(root: Path) -> Verified:
    """Re-digest all of `.overlook/`, re-walk the ledger, re-digest what was added and what side-cars name.

    Raises IntegrityError naming the first broken link, and how many more there are.
    """
    folder = open_folder(root)
    store = Store(folder.derived)
    if not folder.ledger.exists() and store.recorded("assessment"):
        raise lost_ledger(folder)
    with Ledger(folder.ledger) as ledger:
        entries = ledger.verify()
        added = added_files(ledger)
        searched = {str(e.body["search"]): str(e.body["digest"]) for e in ledger.entries("searched")}
        head = ledger.head()
        if forgotten(store, ledger):
            raise lost_ledger(folder)
    damages = [*store.verify(), *_damaged_inputs(folder, added), *_damaged_searches(folder, searched)]
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


def verify_ledger(path: Path) -> Chain:
    """Walk the chain of an exported ledger, without the case. Raises IntegrityError, InputError."""
    return check_export(Path(path))


def lost_ledger(folder: CaseFolder) -> IntegrityError:
    """The ledger is gone, cut off, or another case's: assessments are stored that it does not know."""
    return IntegrityError(
        "E-INTEGRITY-LEDGER",
        "an assessment is stored that the ledger does not know: the ledger was lost, cut off or replaced",
        where=str(folder.ledger),
        remedy="restore it from a copy; without one, delete .overlook and assess again: the history begins anew",
    )


def _damaged_inputs(folder: CaseFolder, added: dict[str, str]) -> Iterator[Damage]:
    from overlook.collect import sha256

    for name, digest in sorted(added.items()):
        path = folder.imagery / name
        if not path.is_file():
            yield Damage(str(path), "was added and is not there any more")
        elif sha256(path) != digest:
            yield Damage(str(path), "is not the file that was added")
    yield from _damaged_masks(folder)


def _damaged_searches(folder: CaseFolder, made: dict[str, str]) -> Iterator[Damage]:
    """Records of searches: what is said to be absent rests on them."""
    from overlook.collect import sha256

    for name, digest in sorted(made.items()):
        path = folder.searches / f"{name}.json"
        if not path.is_file():
            yield Damage(str(path), "is the record of a search and is not there any more")
        elif sha256(path) != digest:
            yield Damage(str(path), "is not the record of the search that was made")


def _damaged_masks(folder: CaseFolder) -> Iterator[Damage]:
    """Cloud masks, whose digests only side-cars hold; and side-cars that cannot be read."""
    from overlook.collect import scenes, sha256

    try:
        found = scenes(folder.imagery)
    except InputError as error:
        yield Damage(error.where, error.what)
        return
    for scene in found:
        path = folder.imagery / scene.cloud_mask
        if scene.cloud_mask and not path.is_file():
            yield Damage(str(path), "is named by a side-car and is not there any more")
        elif scene.cloud_mask and sha256(path) != scene.cloud_mask_digest:
            yield Damage(str(path), "is not the cloud mask that was added")
        if scene.provider_mask is not None:
            path = folder.imagery / scene.provider_mask.path
            if not path.is_file() or sha256(path) != scene.provider_mask.digest:
                yield Damage(str(path), "is not the provider's mask that was added")
