"""Reviews: images on which a person drew all of a class without having seen what the detector found there.

Counted for each model, site, sensor and class. They say when a model's counts may carry a judgement, and what it finds
and misses here. A review that was not blind is named and counts for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from overlook.run.folder import CaseFolder
from overlook.run.scenes import MODEL, PERSON, SceneResult, SceneTask, card_of
from overlook.run.steps import store_of, table_of
from overlook.store import Ledger, Store
from overlook.terms import DETECTIONS, BoxFile, Case, ChipMeta, ModelUse, Scene, Site

if TYPE_CHECKING:
    import shapely

    from overlook.detect import Reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    model: str
    site: str
    sensor: str
    cls: str


def note_pointed(ledger: Ledger, results: Sequence[SceneResult], *, now: datetime) -> None:
    """Ledger the scenes on which a report shows a model's boxes from now on: who draws there later has seen them."""
    shown = {r.scene for r in results if any(name.startswith(MODEL) for name, _ in r.looks)}
    new = sorted(shown - set(_pointed(ledger)))
    if new:
        ledger.append("pointed", {"scenes": new}, now=now)


def seen_first(ledger: Ledger, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Files of boxes that were added after a report had shown a model's boxes on their scene, by path."""
    pointed = _pointed(ledger)
    added: dict[tuple[str, str], int] = {}
    for entry in ledger.entries("added"):
        if entry.body["what"] == "boxes":
            added.setdefault((str(entry.body["path"]), str(entry.body["digest"])), entry.seq)
    late = []
    for scene in scenes:
        for box in scene.boxes:
            # Boxes that the ledger does not know were put there by hand: nobody can say when.
            seq = added.get((box.path, box.digest), math.inf)
            if seq > pointed.get(scene.id, math.inf) or math.isinf(seq):
                late.append(box.path)
    return tuple(sorted(late))


def with_reviews(
    folder: CaseFolder, tasks: Sequence[SceneTask], results: Sequence[SceneResult], late: Sequence[str]
) -> tuple[tuple[SceneTask, ...], tuple[str, ...]]:
    """The tasks, each with the reviews of its site and sensor, and notes on what the models' counts rest on."""
    if not tasks or not tasks[0].case.models:
        return tuple(tasks), ()
    case, store = tasks[0].case, store_of(folder)
    found: dict[_Key, Reviewed] = {}
    unblind: dict[str, str] = {}
    for task, result in zip(tasks, results, strict=True):
        for key, box, of_image in _of_image(folder, store, task, result):
            if box.path in late:
                unblind[box.path] = task.scene.id
            else:
                found[key] = found[key] + of_image if key in found else of_image
    notes = [
        f"Boxes on {scene} ({path}) came after a report had shown what the model found there: they are no blind "
        "review, and say nothing of what it misses."
        for path, scene in sorted(unblind.items())
    ]
    notes += _told(folder, case, tasks, found)
    return tuple(replace(task, reviews=_mine(task, found)) for task in tasks), tuple(notes)


def _pointed(ledger: Ledger) -> dict[str, int]:
    """Scene → the entry from which on its model's boxes were shown."""
    first: dict[str, int] = {}
    for entry in ledger.entries("pointed"):
        for scene in entry.body["scenes"]:
            first.setdefault(str(scene), entry.seq)
    return first


def _of_image(
    folder: CaseFolder, store: Store, task: SceneTask, result: SceneResult
) -> Iterator[tuple[_Key, BoxFile, Reviewed]]:
    """Every class that a person and a model both searched on one scene, held against each other in the site's zones."""
    looks = dict(result.looks)
    people = [box for box in task.scene.boxes if f"{PERSON}{box.path}" in looks]
    models = [use for use in task.case.models if f"{MODEL}{use.card}" in looks]
    if not people or not models or not result.chip or task.scene.kind != "image":
        return
    from overlook.detect import read_card, review
    from overlook.imagery import decode

    chip = decode(store.get(result.chip))
    within, pixel_m = _zones(chip.meta, task.site), _pixel_m(chip.meta)
    for use in models:
        theirs = table_of(store.get(looks[f"{MODEL}{use.card}"]), DETECTIONS)
        for cls in read_card(card_of(folder, use)).classes:
            # One review an image, whoever else drew on it: the first of those who looked for the class.
            box = next((box for box in people if cls in box.complete_for), None)
            if box is not None:
                mine: pa.Table = table_of(store.get(looks[f"{PERSON}{box.path}"]), DETECTIONS)
                key = _Key(model=use.card, site=task.site.id, sensor=task.scene.sensor, cls=cls)
                yield key, box, review(mine, theirs, cls, unusable=chip.unusable, pixel_m=pixel_m, within=within)


def _zones(meta: ChipMeta, site: Site) -> shapely.Geometry:
    """The site's open zones together, in pixels of the chip: where counts are made."""
    import shapely

    from overlook.imagery import zone_outline

    shapes = []
    for zone in site.zones:
        if not zone.is_roofed:
            shape: shapely.Geometry = shapely.Polygon()
            for ring in zone_outline(meta, zone):
                shape = shapely.symmetric_difference(shape, shapely.Polygon(ring))
            shapes.append(shape)
    return shapely.union_all(shapes)


def _pixel_m(meta: ChipMeta) -> float:
    a, b, _, d, e, _ = meta.transform
    return math.sqrt(abs(a * e - b * d))


def _mine(task: SceneTask, found: Mapping[_Key, Reviewed]) -> tuple[tuple[str, str, Reviewed], ...]:
    return tuple(
        (key.model, key.cls, reviewed)
        for key, reviewed in sorted(found.items(), key=lambda item: (item[0].model, item[0].cls))
        if (key.site, key.sensor) == (task.site.id, task.scene.sensor)
    )


def _told(folder: CaseFolder, case: Case, tasks: Sequence[SceneTask], found: Mapping[_Key, Reviewed]) -> Iterator[str]:
    """For each model, site, sensor and planned class: how many reviewed images its counts rest on."""
    from overlook.detect import read_card

    for use in case.models:
        card = read_card(card_of(folder, use))
        for site, sensor in sorted({(t.site.id, t.scene.sensor) for t in tasks}):
            for cls in (c for c in case.plan.classes if c in card.classes):
                reviewed = found.get(_Key(model=use.card, site=site, sensor=sensor, cls=cls))
                yield _line(card.name, use, site, sensor, cls, reviewed)


def _line(model: str, use: ModelUse, site: str, sensor: str, cls: str, reviewed: Reviewed | None) -> str:
    images = reviewed.images if reviewed else 0
    of = f"{model} at {site}, sensor {sensor}, {cls}: {images} of {use.needed_reviews} images reviewed"
    if reviewed:
        of += (
            f", {reviewed.found} of {reviewed.present} found, {reviewed.false_alarms} false alarms on "
            f"{reviewed.area_ha:.3g} ha"
        )
    if images >= use.needed_reviews:
        return f"{of}. Its counts carry judgement."
    if use.reviewed_images >= use.needed_reviews:
        return f"{of}; case.yaml declares {use.reviewed_images} reviewed elsewhere. Its counts carry judgement."
    return f"{of}. Its counts are provisional: they point, and carry no judgement."
