"""The last assessment as a page, and the same for publication."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from overlook.errors import InputError, StoreError
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.steps import key_of, step
from overlook.store import Entry, Ledger, Store
from overlook.terms import Assessment, Chip, loads

_ROOMS = ("report",)


def report(root: Path, *, publication: bool = False) -> Path:
    """Render the last assessment again. Raises InputError when there is none, RefusedError when it may not be."""
    folder = open_folder(root)
    store = Store(folder.derived)
    with Ledger(folder.ledger) as ledger:
        assessment, entry = last_assessment(folder, store, ledger)
    return write_report(folder, store, assessment, entry, publication=publication)


def last_assessment(folder: CaseFolder, store: Store, ledger: Ledger) -> tuple[Assessment, Entry]:
    """The last assessment and its entry of the ledger. Raises InputError when nothing was assessed."""
    entries = ledger.entries("assessed")
    if not entries:
        raise InputError(
            "E-INPUT-NO-ASSESSMENT",
            "nothing was assessed here yet",
            where=str(folder.root),
            remedy=f"`overlook assess {folder.root}`",
        )
    assessment: Assessment = loads(store.get(entries[-1].body["assessment"]), Assessment)
    return assessment, entries[-1]


def write_report(
    folder: CaseFolder,
    store: Store,
    assessment: Assessment,
    entry: Entry,
    *,
    publication: bool = False,
) -> Path:
    """The page of an assessment and its ledger entry, rendered only when it is new; returns where it lies.

    `report/index.html`, or `report/publication/index.html`.
    """

    def make() -> dict[str, bytes]:
        from overlook.report import render

        chip = chip_reader(store, assessment)
        rendered = render(assessment, chip, made=entry.at, ledger_head=entry.digest, publication=publication)
        return {"html": rendered.html.encode()}

    key = key_of("report", _ROOMS, entry=entry.digest, publication=publication)
    html = store.get(step(store, key, "report", make).outputs["html"])
    target = folder.report / "publication" if publication else folder.report
    path = target / "index.html"
    if not path.is_file() or path.read_bytes() != html:
        from overlook.report import Rendered, write

        return write(Rendered(html=html.decode()), target)
    return path


def chip_reader(store: Store, assessment: Assessment) -> Callable[[str, str], Chip | None]:
    """A function from (scene, site) to the chip; None when it was never made or is not in the store any more."""
    known = {(scene, site): value for scene, site, value in assessment.chip_digests}

    def read(scene: str, site: str) -> Chip | None:
        from overlook.imagery import decode

        value = known.get((scene, site))
        try:
            return None if value is None else decode(store.get(value))
        except StoreError:
            return None

    return read
