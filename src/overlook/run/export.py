"""The last assessment in the formats of others, and the ledger as lines that can be checked without Overlook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from overlook.errors import CaseError, InputError, RefusedError, UsageError
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.report import chip_reader, last_assessment
from overlook.store import Ledger, Store
from overlook.terms import Assessment, digest

if TYPE_CHECKING:
    from overlook.report.exports import Format, LeftOut

Target = Literal["claimreview", "prov", "csv", "parquet", "csl", "ledger"]
_FOLDERS = ("csv", "parquet")
_LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDone:
    """What was written. `left_out`: claims that may not be exported; `notes`: what the reader of it should know."""

    paths: tuple[Path, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def export(
    root: Path, to: Target, *, out: Path | None = None, publication: bool = False, force: bool = False
) -> ExportDone:
    """Write the last assessment of the case at `root` in one format.

    `out` is the file to write, for CSV and Parquet the folder; `export/` in the case folder otherwise. `publication`:
    refused whenever the report for publication would be, and without what that leaves out.

    Raises InputError when nothing was assessed, RefusedError when it may not be exported, StoreError when a file is
    there already (without `force`) or cannot be written, UsageError when `out` is a place of the case itself.
    """
    from overlook.report import write_exported

    folder = open_folder(root)
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    if to == "ledger":
        files = _ledger(folder, publication=publication)
    else:
        files, left_out, notes = _assessment(folder, to, publication=publication)
    place = folder.root / "export" / ("publication" if publication else "")
    if to in _FOLDERS:
        target = out or place / to
        paths = tuple(target / name for name, _ in files)
    else:
        paths = (out or place / files[0][0],)
    _spare(folder, paths)
    write_exported(zip(paths, (data for _, data in files), strict=True), force=force)
    return ExportDone(paths=paths, left_out=left_out, notes=notes)


def _spare(folder: CaseFolder, paths: tuple[Path, ...]) -> None:
    """What a case rests on is never overwritten, whatever was asked for."""
    kept = [p.resolve() for p in (folder.case_yaml, folder.ledger, folder.imagery, folder.derived, folder.removed)]
    for path in paths:
        if any(path.resolve().is_relative_to(place) for place in kept):
            raise UsageError(
                "E-USAGE-OUT",
                "an export must not lie where the case itself lies",
                where=str(path),
                remedy="name another place with --out",
            )


def _assessment(
    folder: CaseFolder, to: Format, *, publication: bool
) -> tuple[tuple[tuple[str, bytes], ...], tuple[LeftOut, ...], tuple[str, ...]]:
    from overlook.report import export as exported
    from overlook.report import render

    store = Store(folder.derived)
    with Ledger(folder.ledger) as ledger:
        assessment, entry = last_assessment(folder, store, ledger)
    changed = _changed_since(folder, assessment)
    if changed and to == "claimreview":
        raise RefusedError(
            "E-REFUSED-OUTDATED",
            f"{changed} since the last assessment: whether the signatures still hold is not known",
            where=str(folder.root),
            remedy=f"`overlook assess {folder.root}`",
        )
    if publication:
        # An export goes nowhere that its report may not go: rights, the lint of its sentences, citations.
        chip = chip_reader(store, assessment)
        render(assessment, chip, made=entry.at, ledger_head=entry.digest, publication=True)
    made = exported(
        assessment,
        to,
        made=entry.at,
        own_digest=str(entry.body["assessment"]),
        publication=publication,
    )
    notes = (f"{changed} since the last assessment, which is what was exported",) if changed else ()
    return made.files, made.left_out, notes


def _changed_since(folder: CaseFolder, assessment: Assessment) -> str:
    """What of the case is not what was assessed: case.yaml, the images or the counts; empty when all of it is."""
    from overlook.case import read_case
    from overlook.collect import count_files, scenes

    try:
        if digest(read_case(folder.root)) != assessment.provenance.case_digest:
            return "case.yaml has changed"
        if scenes(folder.imagery) != assessment.scenes:
            return "the images have changed"
        known = {sha for _, sha in assessment.provenance.inputs}
        if any(sha not in known for _, sha in count_files(folder.imagery)):
            return "the counts have changed"
    except (CaseError, InputError) as error:
        # The assessment is whole without them, and can still be given away.
        return f"the case can no longer be read ({error.where}: {error.what}); it has changed"
    return ""


def _ledger(folder: CaseFolder, *, publication: bool) -> tuple[tuple[str, bytes], ...]:
    """The chain as JSON Lines, an entry each, checked before it is given away; no text outside the chain is in it.

    Raises RefusedError for publication: entries name files and plans, and none can be cut without breaking the chain.
    """
    if publication:
        raise RefusedError(
            "E-REFUSED-LEDGER",
            "the ledger names local files and cannot be cut without breaking its chain",
            where=str(folder.ledger),
            remedy="export it without --publication and give it only to whoever may see all of it",
        )
    if not folder.ledger.is_file():
        raise InputError(
            "E-INPUT-NO-LEDGER",
            "nothing was done here yet",
            where=str(folder.ledger),
            remedy=f"`overlook assess {folder.root}`",
        )
    with Ledger(folder.ledger) as ledger:
        ledger.verify()
        return ((_LEDGER, "".join(f"{line}\n" for line in ledger.lines()).encode()),)
