"""`init` and `add`: a new case; images, boxes and counts into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from overlook.errors import CaseError, InputError, OverlookError, UsageError
from overlook.run.counts import require_places
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.progress import Progress, silent
from overlook.run.scenes import shows_a_site
from overlook.store import Ledger, locked
from overlook.terms import Case

if TYPE_CHECKING:
    from overlook.collect import Registering

_IMAGES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jp2", ".ntf", ".nitf", ".vrt", ".img")
_BOXES = (".geojson", ".json", ".gpkg", ".txt")
_COUNTS = (".csv",)
_COMPANIONS = (
    ".aux.xml",
    ".names",
    ".pgw",
    ".jgw",
    ".tfw",
    ".wld",
    ".imd",
    ".prj",
    ".ovr",
    ".stac.json",
    ".rpb",
    "_rpc.txt",
)
#: Class names of YOLO boxes: taken with the boxes beside them.
_COMPANION_NAMES = ("classes.txt",)
#: Others who add wait their turn; an assessment under way may take longer.
WAIT_S = 60.0
What = Literal["image", "boxes", "counts", "cloud mask", "companion", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxing:
    """What the command line says of files of boxes: whose they are, on which scene, and what was looked for."""

    observer: str = ""
    scene: str = ""
    searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one file. `error` is set when it was refused; nothing of it was kept then.

    `notes` are what the analyst should know now rather than read in a report: the same bytes were here already, the
    image shows none of the sites, nothing counts a class that was drawn.
    """

    file: str
    what: What
    id: str = ""
    notes: tuple[str, ...] = ()
    error: OverlookError | None = field(default=None, compare=False)


def init(root: Path, *, title: str = "") -> CaseFolder:
    """A new case at `root`, with a case.yaml to edit. Raises CaseError when there is one already."""
    from overlook.case import template

    folder = CaseFolder(Path(root))
    if folder.case_yaml.exists():
        raise CaseError("E-CASE-EXISTS", "a case is here already", where=str(folder.case_yaml), remedy="edit it")
    try:
        folder.imagery.mkdir(parents=True, exist_ok=True)
        folder.case_yaml.write_text(template(title or folder.root.resolve().name), encoding="utf-8")
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
    order: dict[What, int] = {"image": 0, "cloud mask": 1, "companion": 1, "boxes": 2, "counts": 3, "unknown": 4}
    sorted_files = sorted(map(Path, files), key=lambda f: (order[_what(f)], f.name))
    masks = {_stem(f): f for f in sorted_files if _what(f) == "cloud mask"}
    images = {f.stem for f in sorted_files if _what(f) == "image"}
    case = _declared(folder)
    result = []
    # Side-cars are read, changed and written: two at once would lose what one of them said.
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        for number, file in enumerate(sorted_files, 1):
            result.append(_add_one(folder, case, ledger, file, masks, images, registering, boxing, moment))
            progress("adding", number, len(sorted_files))
    return tuple(result)


def _declared(folder: CaseFolder) -> Case | None:
    """The case as far as it is declared; None while case.yaml has a mistake, which `assess` will name."""
    from overlook.case import read_case

    try:
        return read_case(folder.root)
    except CaseError:
        return None


def _add_one(
    folder: CaseFolder,
    case: Case | None,
    ledger: Ledger,
    file: Path,
    masks: dict[str, Path],
    images: set[str],
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
                return _added_image(folder, case, ledger, file, registering, now)
            case "boxes":
                return _added_boxes(folder, case, ledger, file, boxing, now)
            case "counts":
                return _added_counts(folder, case, ledger, file, now)
            case "cloud mask" if _stem(file) not in images:
                raise _stray_mask(file)
            case "unknown":
                raise _unknown(file)
            case _:
                return Added(file=str(file), what=what)
    except OverlookError as error:
        return Added(file=str(file), what=what, error=error)


def _added_image(
    folder: CaseFolder, case: Case | None, ledger: Ledger, file: Path, registering: Registering, now: datetime
) -> Added:
    from overlook.collect import register

    scene = register(file, folder.imagery, registering, now=now)
    body = {"what": "image", "scene": scene.id, "path": scene.path, "digest": scene.digest}
    notes = []
    if not append_once(ledger, body, now):
        notes.append(f"the same image was here already, as {scene.id}; what you say of it now holds")
    if case is not None and any(site.zones for site in case.sites) and not shows_a_site(case, scene):
        notes.append("it shows none of the zones in case.yaml: is its place right, longitude before latitude?")
    return Added(file=str(file), what="image", id=scene.id, notes=tuple(notes))


def _added_boxes(
    folder: CaseFolder, case: Case | None, ledger: Ledger, file: Path, boxing: Boxing, now: datetime
) -> Added:
    from overlook.collect import add_boxes, observer_of, scene_of, scenes
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
    searched = _as_planned(boxing.searched or read.searched or tuple(sorted(set(read.classes))), case)
    if not searched:
        raise InputError(
            "E-INPUT-BOXES-NONE",
            "there are no boxes, and nothing says what was looked for",
            where=str(file),
            remedy="name what was looked for with --searched vehicle: then no box is a zero, and not an unread image",
        )
    observer = boxing.observer or observer_of(file, scene) or read.observer or "analyst"
    changed = add_boxes(file, folder.imagery, scene=scene.id, observer=observer, searched=searched)
    box = next(b for b in changed.boxes if b.observer == observer)
    append_once(ledger, {"what": "boxes", "scene": scene.id, "path": box.path, "digest": box.digest}, now)
    notes = tuple(_class_notes(case, searched, _as_planned(read.classes, case)))
    return Added(file=str(file), what="boxes", id=scene.id, notes=notes)


def _as_planned(classes: Sequence[str], case: Case | None) -> tuple[str, ...]:
    """Classes spelled as the plan spells them: "Large vehicle" is its `large_vehicle`."""
    spelled = {_fold(name): name for name in (case.plan.classes if case is not None else ())}
    return tuple(spelled.get(_fold(name), name) for name in classes)


def _fold(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _class_notes(case: Case | None, searched: Sequence[str], drawn: Sequence[str]) -> Iterator[str]:
    """What of these boxes will not be counted, and why: a class that the plan does not name is looked at by nobody."""
    left = sorted(set(drawn) - set(searched))
    if left:
        yield f"boxes of {', '.join(left)} are not counted: only {', '.join(searched)} was searched for"
    counted = case.plan.classes if case is not None else ()
    if counted and not set(counted) & set(searched):
        yield f"nothing here is counted: the plan in case.yaml counts {', '.join(counted)}, not {', '.join(searched)}"


def _added_counts(folder: CaseFolder, case: Case | None, ledger: Ledger, file: Path, now: datetime) -> Added:
    from overlook.collect import add_counts, read_counts, sha256

    if case is not None:
        require_places(case, read_counts(file, now=now), file)
    kept = add_counts(file, folder.imagery, now=now)
    is_new = append_once(ledger, {"what": "counts", "path": kept.name, "digest": sha256(kept)}, now)
    notes = () if is_new else (f"the same counts were here already, as {kept.name}",)
    return Added(file=str(file), what="counts", id=kept.name, notes=notes)


def append_once(ledger: Ledger, body: dict[str, str], now: datetime) -> bool:
    """Whether it was new."""
    if body in [entry.body for entry in ledger.entries("added")]:
        return False
    ledger.append("added", dict(body), now=now)
    return True


def _what(file: Path) -> What:
    name = file.name.lower()
    if name.endswith(_COMPANIONS) or name in _COMPANION_NAMES:
        return "companion"
    if file.stem.lower().endswith(".cloud"):
        return "cloud mask"
    if name.endswith(_IMAGES):
        return "image"
    if name.endswith(_BOXES):
        return "boxes"
    return "counts" if name.endswith(_COUNTS) else "unknown"


def _stem(mask: Path) -> str:
    return Path(mask.stem).stem


def _unknown(file: Path) -> UsageError:
    if file.is_dir():
        remedy = f"name the files in it: {file.name}/*"
        return UsageError("E-USAGE-FILE", "this is a folder", where=str(file), remedy=remedy)
    return UsageError(
        "E-USAGE-FILE",
        "Overlook does not know what this file is",
        where=str(file),
        remedy="add images (.tif .png .jpg .jp2 .ntf), boxes (.geojson .gpkg .txt) or counts (.csv)",
    )


def _stray_mask(mask: Path) -> UsageError:
    return UsageError(
        "E-USAGE-MASK",
        f"there is no image '{_stem(mask)}' among the files for this cloud mask",
        where=str(mask),
        remedy="add the image and its mask in one call",
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean '{close[0]}'? else " if close else ""
