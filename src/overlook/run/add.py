"""`init` and `add`: a new case; images, boxes and counts into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from overlook.errors import CaseError, InputError, OverlookError, UsageError
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.progress import Progress, silent
from overlook.store import Ledger
from overlook.terms import Scene

if TYPE_CHECKING:
    from overlook.collect import Registering

_IMAGES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jp2", ".ntf", ".nitf", ".vrt", ".img")
_BOXES = (".geojson", ".json", ".gpkg", ".txt")
_COUNTS = (".csv",)
_COMPANIONS = (".aux.xml", ".names", ".pgw", ".jgw", ".tfw", ".wld", ".imd", ".prj", ".ovr", ".stac.json")
What = Literal["image", "boxes", "counts", "cloud mask", "companion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxing:
    """What the command line says of files of boxes: whose they are, on which scene, and what was looked for."""

    observer: str = ""
    scene: str = ""
    searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one file. `error` is set when it was refused; nothing of it was kept then."""

    file: str
    what: What
    id: str = ""
    error: OverlookError | None = field(default=None, compare=False)


def init(root: Path, *, title: str = "") -> CaseFolder:
    """A new case at `root`, with a case.yaml to edit. Raises CaseError when there is one already."""
    from overlook.case import template

    folder = CaseFolder(root)
    if folder.case_yaml.exists():
        raise CaseError("E-CASE-EXISTS", "a case is here already", where=str(folder.case_yaml), remedy="edit it")
    try:
        folder.imagery.mkdir(parents=True, exist_ok=True)
        folder.case_yaml.write_text(template(title or root.resolve().name), encoding="utf-8")
    except OSError as error:
        raise CaseError(
            "E-CASE-FOLDER", f"the case folder cannot be made ({error.strerror})", where=str(root)
        ) from error
    return folder


def add(
    root: Path,
    files: Sequence[Path],
    *,
    registering: Registering | None = None,
    boxing: Boxing | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> tuple[Added, ...]:
    """Register images, boxes and counts. A file that is refused stops nothing: the others go in, and it is named.

    Images go first, then boxes, then counts, so that one pattern may name them all. A file `NAME.cloud.geojson` (or
    .gpkg, .tif) beside an image NAME in the same call is that image's cloud mask.
    """
    from overlook.collect import Registering

    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    registering = registering or Registering()
    boxing = boxing or Boxing()
    order: dict[What, int] = {"image": 0, "cloud mask": 1, "companion": 1, "boxes": 2, "counts": 3}
    sorted_files = sorted(files, key=lambda f: (order[_what(f)], f.name))
    masks = {_stem(f): f for f in sorted_files if _what(f) == "cloud mask"}
    _refuse_stray_masks(masks, sorted_files)
    result = []
    with Ledger(folder.ledger) as ledger:
        for number, file in enumerate(sorted_files, 1):
            result.append(_add_one(folder, ledger, file, masks, registering, boxing, moment))
            progress("adding", number, len(sorted_files))
    return tuple(result)


def _add_one(
    folder: CaseFolder,
    ledger: Ledger,
    file: Path,
    masks: dict[str, Path],
    registering: Registering,
    boxing: Boxing,
    now: datetime,
) -> Added:
    what = _what(file)
    try:
        match what:
            case "image":
                if (mask := masks.get(file.stem)) is not None:
                    registering = replace(registering, cloud_mask=mask)
                return _added_image(folder, ledger, file, registering, now)
            case "boxes":
                return _added_boxes(folder, ledger, file, boxing, now)
            case "counts":
                return _added_counts(folder, ledger, file, now)
            case _:
                return Added(file=str(file), what=what)
    except OverlookError as error:
        return Added(file=str(file), what=what, error=error)


def _added_image(folder: CaseFolder, ledger: Ledger, file: Path, registering: Registering, now: datetime) -> Added:
    from overlook.collect import register

    scene = register(file, folder.imagery, registering, now=now)
    body = {"what": "image", "scene": scene.id, "path": scene.path, "digest": scene.digest}
    _append_once(ledger, body, now)
    return Added(file=str(file), what="image", id=scene.id)


def _added_boxes(folder: CaseFolder, ledger: Ledger, file: Path, boxing: Boxing, now: datetime) -> Added:
    from overlook.collect import add_boxes, scene_of, scenes
    from overlook.detect import read_boxes

    known = {scene.id: scene for scene in scenes(folder.imagery)}
    wanted = boxing.scene or scene_of(file, folder.imagery) or ""
    scene = known.get(wanted)
    if scene is None:
        raise InputError(
            "E-INPUT-BOXES-SCENE",
            f"no image '{wanted or file.stem}' was added that these boxes could be of",
            where=str(file),
            remedy=_nearest(wanted or file.stem, known) + "add the image first, or name it with --image",
        )
    read = read_boxes(file, scene=scene)
    searched = boxing.searched or read.searched or tuple(sorted(set(read.classes)))
    if not searched:
        raise InputError(
            "E-INPUT-BOXES-NONE",
            "there are no boxes, and nothing says what was looked for",
            where=str(file),
            remedy="name what was looked for with --searched vehicle: then no box is a zero, and not an unread image",
        )
    observer = boxing.observer or _observer_in_name(file, scene) or read.observer or "analyst"
    changed = add_boxes(file, folder.imagery, scene=scene.id, observer=observer, searched=searched)
    box = next(b for b in changed.boxes if b.observer == observer)
    _append_once(ledger, {"what": "boxes", "scene": scene.id, "path": box.path, "digest": box.digest}, now)
    return Added(file=str(file), what="boxes", id=scene.id)


def _added_counts(folder: CaseFolder, ledger: Ledger, file: Path, now: datetime) -> Added:
    from overlook.collect import add_counts, sha256

    kept = add_counts(file, folder.imagery, now=now)
    _append_once(ledger, {"what": "counts", "path": kept.name, "digest": sha256(kept)}, now)
    return Added(file=str(file), what="counts", id=kept.name)


def _append_once(ledger: Ledger, body: dict[str, str], now: datetime) -> None:
    if body not in [entry.body for entry in ledger.entries("added")]:
        ledger.append("added", dict(body), now=now)


def _observer_in_name(file: Path, scene: Scene) -> str:
    """`NAME.anna.boxes.geojson` beside the scene NAME: anna."""
    rest = file.name.removeprefix(Path(scene.path).stem).removeprefix(scene.id)
    parts = [p for p in rest.split(".") if p]
    return parts[0] if len(parts) >= 2 and parts[0] != "boxes" and rest != file.name else ""


def _what(file: Path) -> What:
    name = file.name.lower()
    if name.endswith(_COMPANIONS):
        return "companion"
    if file.stem.lower().endswith(".cloud"):
        return "cloud mask"
    if name.endswith(_IMAGES):
        return "image"
    if name.endswith(_BOXES):
        return "boxes"
    if name.endswith(_COUNTS):
        return "counts"
    raise UsageError(
        "E-USAGE-FILE",
        "Overlook does not know what this file is",
        where=str(file),
        remedy="add images (.tif .png .jpg .jp2 .ntf), boxes (.geojson .gpkg .txt) or counts (.csv)",
    )


def _stem(mask: Path) -> str:
    return Path(mask.stem).stem


def _refuse_stray_masks(masks: dict[str, Path], files: Iterable[Path]) -> None:
    images = {f.stem for f in files if _what(f) == "image"}
    for stem, mask in masks.items():
        if stem not in images:
            raise UsageError(
                "E-USAGE-MASK",
                f"there is no image '{stem}' among the files for this cloud mask",
                where=str(mask),
                remedy="add the image and its mask in one call",
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean '{close[0]}'? else " if close else ""
