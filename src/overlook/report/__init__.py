"""Assessment to report: one self-contained page that can be cited.

It judges nothing and computes no statistic: it lays out what the assessment holds, says by whom it is signed, shows
what was not seen, and refuses what may not be said or published. It never fetches anything, and never prints a name
as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overlook.terms import Assessment, Chip, require_utc

if TYPE_CHECKING:
    from overlook.report.exports import Exported, Format

__all__ = ["Rendered", "export", "fleet_figure", "render", "write", "write_exported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A report as text. `html` needs no other file and no network."""

    html: str


def render(
    assessment: Assessment,
    chip: Callable[[str, str], Chip | None],
    *,
    made: datetime,
    ledger_head: str = "",
    publication: bool = False,
) -> Rendered:
    """The report of an assessment. `chip(scene id, site id)` gives pixels, or None when there are none to show.

    `publication`: crop pixels to the zone of each figure, round coordinates, leave out file names and collection plans.
    `made` is printed, and must be UTC (ValueError otherwise). `ledger_head` is the digest of the ledger's entry of this
    assessment: whoever keeps the report can tell later that the ledger was cut or made anew.

    Raises RefusedError: E-REFUSED-RIGHTS when pixels may not be published; what `lint` raises when a sentence or a
    judgement may not be printed, and for publication also when an analyst's reason may not.
    """
    from overlook.report import figures, lint, outside, page, publish
    from overlook.report.pairs import plan_pairs
    from overlook.report.words import Names

    require_utc("made", made)
    own_digest = page.assessment_digest(assessment)
    file_of: dict[str, str] = {}
    if publication:
        assessment, file_of = publish.for_publication(assessment)
        for judgement in assessment.judgements:
            lint.check_opinions(judgement.claim, [signed.opinion for signed in judgement.opinions])
    names = Names.of(assessment.case)
    pairs, pairs_notes = plan_pairs(assessment, names)
    if publication:
        publish.check_rights(
            replace(slot.scene, id=file_of[slot.scene.id])
            for pair in pairs
            for slot in pair.slots
            if slot.scene
            and slot.scene.rights.may_publish is not True
            and chip(file_of[slot.scene.id], pair.site.id) is not None
        )
    shown = figures.figure_pairs(pairs, assessment, chip, outside.data_uri, publication=publication, file_of=file_of)
    view = page.page(
        assessment,
        shown,
        pairs_notes,
        made=made,
        publication=publication,
        names=names,
        own_digest=own_digest,
        ledger_head=ledger_head,
    )
    return Rendered(html=outside.fill("report.html.j2", page=view))


def fleet_figure(rows: Iterable[Mapping[str, Any]]) -> str:
    """An SVG drawing, to stand alone, of the rows that `overlook pattern --fdr q` prints: each step with its interval.

    Of more than 60 tested series, those of the least p-values; its description says how many are not drawn. Raises
    InputError E-INPUT-FLEET for rows of another kind, of several rates, or for none.
    """
    from overlook.report import fleet, outside

    return outside.fill("fleet.alone.svg.j2", drawing=fleet.of_rows(rows)).strip() + "\n"


def write(rendered: Rendered, folder: Path) -> Path:
    """Write `folder/index.html`, whole or not at all. Raises StoreError E-STORE-WRITE."""
    from overlook.report import outside

    path = folder / "index.html"
    outside.write_text(rendered.html, path)
    return path


def export(
    assessment: Assessment,
    to: Format,
    *,
    made: datetime,
    own_digest: str,
    publication: bool = False,
) -> Exported:
    """The assessment in the format of others, as files by name (exports.py says what stands in them).

    Raises RefusedError when no claim may be exported, or a sentence may not be said.
    """
    from overlook.report.exports import exported

    return exported(assessment, to, made=made, own_digest=own_digest, publication=publication)


def write_exported(files: Iterable[tuple[Path, bytes]], *, force: bool = False) -> None:
    """Write the files, each whole or not at all; one that is there already only with `force`.

    Raises StoreError E-STORE-EXISTS or E-STORE-WRITE.
    """
    from overlook.report.exports import write_files

    write_files(tuple(files), force=force)
