"""Boxes and counts that a person brings, kept as given beside the images."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from overlook.collect.counts import read_counts
from overlook.collect.names import COUNTS, SIDECAR, belongs_to, safe_name, split_name
from overlook.collect.outside import files, sidecars
from overlook.errors import InputError
from overlook.terms import BoxFile, Scene

_BOX_SUFFIXES = {".geojson": ".geojson", ".json": ".geojson", ".gpkg": ".gpkg", ".txt": ".txt"}


def add_boxes(boxes: Path, imagery: Path, *, scene: str, observer: str, searched: tuple[str, ...]) -> Scene:
    """Copy a file of boxes beside its scene and name it in the side-car.

    `searched` are the classes that `observer` looked for over the whole image. A later file of the same observer
    takes the place of the earlier one in the side-car; the earlier file stays on disk. Raises InputError when there
    is no such scene, or the file is empty, of another format, or not text where it should be.
    """
    sidecar = imagery / (safe_name(scene) + SIDECAR)
    if safe_name(scene) != scene or not files.exists(sidecar):
        raise InputError(
            "E-INPUT-NO-SCENE",
            f"there is no scene {scene!r}",
            where=str(boxes),
            remedy="add its image first, or name it with --image",
        )
    before, item = sidecars.read_sidecar(sidecar)
    suffix = _require_boxes(boxes)
    digest = files.sha256(boxes)
    kept = tuple(b for b in before.boxes if b.observer != observer)
    # A YOLO file numbers its classes; the names lie beside it, and go where it goes.
    names = files.class_names_beside(boxes) if suffix == ".txt" else None
    stem = f"{scene}.{safe_name(observer, otherwise='person')}"
    path = _free(imagery, stem, suffix, digest, names=names)
    entry = BoxFile(path=path, observer=observer, digest=digest, complete_for=searched)
    after = replace(before, boxes=(*kept, entry))
    if after.boxes == before.boxes:
        return before
    is_new = not files.exists(imagery / path)
    if is_new and names:
        files.copy(names, _names_of(imagery / path))
    if is_new:
        files.copy(boxes, imagery / path)
    try:
        sidecars.write_sidecar(sidecar, _with_boxes(item, after))
    except BaseException:
        if is_new:
            files.remove(imagery / path)
            files.remove(_names_of(imagery / path))
        raise
    return after


def scene_of(boxes: Path, imagery: Path) -> str | None:
    """The scene that a file of boxes is named after, None when it is named after none."""
    ids = [n.removesuffix(SIDECAR) for n in files.names_in(imagery) if n.endswith(SIDECAR)]
    return belongs_to(boxes.name, ids)


def observer_of(boxes: Path, scene: Scene) -> str:
    """Who drew a file of boxes, by its name: anna of `NAME.anna.boxes.geojson` for the scene NAME, or "" if none.

    The scene's name is the safe form of the image's, so that the two agree only once the file's name is safe too.
    """
    name = safe_name(boxes.name)
    rest = name.removeprefix(scene.id)
    parts = [part for part in rest.split(".") if part]
    return parts[0] if len(parts) >= 2 and parts[0] != "boxes" and rest != name else ""


def add_counts(counts: Path, imagery: Path, *, now: datetime) -> Path:
    """Check a CSV of counts, then keep it as given; the same bytes again are kept once. The path inside `imagery`."""
    read_counts(counts, now=now)
    digest = files.sha256(counts)
    for path, known in count_files(imagery):
        if known == digest:
            return path
    stem = split_name(counts.name)[0].removesuffix(".counts")
    name = _free(imagery, safe_name(stem, otherwise="counts"), COUNTS, digest, infix="")
    files.copy(counts, imagery / name)
    size, mtime_ns = files.stat_of(imagery / name)
    record = {
        "digest": digest,
        "added": now.astimezone(UTC).isoformat(),
        "name": counts.name,
        "size": size,
        "mtime_ns": mtime_ns,
    }
    try:
        files.write(_record_of(imagery / name), json.dumps(record, indent=1).encode())
    except BaseException:
        files.remove(imagery / name)
        raise
    return imagery / name


def count_files(imagery: Path) -> tuple[tuple[Path, str], ...]:
    """Every file of counts with the SHA-256 of what it holds now, by name."""
    names = sorted(n for n in files.names_in(imagery) if n.endswith(COUNTS))
    return tuple((imagery / n, _digest_now(imagery / n)) for n in names)


def _digest_now(path: Path) -> str:
    """The recorded digest while size and time are as recorded, else the file's own: she may edit her counts."""
    record = _record_of(path)
    if files.exists(record):
        try:
            known: dict[str, Any] = json.loads(files.read_text(record))
            if (known["size"], known["mtime_ns"]) == files.stat_of(path):
                return str(known["digest"])
        except (ValueError, KeyError, TypeError):
            pass  # A broken record costs a hash, nothing else.
    return files.sha256(path)


def _record_of(counts: Path) -> Path:
    return counts.with_suffix(".json")


def _names_of(boxes: Path) -> Path:
    return boxes.with_suffix(".names")


def _free(
    imagery: Path, stem: str, suffix: str, digest: str, *, infix: str = ".boxes", names: Path | None = None
) -> str:
    """A name that is free, or that the same content (and the same class names) has already."""
    taken = files.names_in(imagery)
    for number in range(1, len(taken) + 3):
        name = f"{stem}{'' if number == 1 else f'-{number}'}{infix}{suffix}"
        if name not in taken:
            return name
        if files.sha256(imagery / name) == digest and _same_names(_names_of(imagery / name), names):
            return name
    raise AssertionError("more names than files")  # pragma: no cover


def _same_names(kept: Path, given: Path | None) -> bool:
    if given is None or not files.exists(kept):
        return given is None and not files.exists(kept)
    return files.sha256(kept) == files.sha256(given)


def _require_boxes(boxes: Path) -> str:
    suffix = _BOX_SUFFIXES.get(split_name(boxes.name)[1])
    if suffix is None:
        raise InputError(
            "E-INPUT-BOXES",
            "boxes are GeoJSON, GeoPackage or YOLO text",
            where=str(boxes),
            remedy="export them as .geojson, .gpkg or .txt",
        )
    # An empty YOLO file is that format's word for "no boxes".
    if suffix != ".txt" and files.stat_of(boxes)[0] == 0:
        raise InputError("E-INPUT-EMPTY", "the file is empty", where=str(boxes), remedy="export it again")
    if suffix == ".gpkg":
        if not files.read_bytes(boxes).startswith(b"SQLite format 3\x00"):
            raise InputError("E-INPUT-BOXES", "this is not a GeoPackage", where=str(boxes), remedy="export it again")
        return suffix
    text = files.read_text(boxes)
    if suffix == ".geojson":
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                "E-INPUT-BOXES", f"this is not JSON ({str(error)[:80]})", where=str(boxes), remedy="export it again"
            ) from error
    return suffix


def _with_boxes(item: dict[str, Any], scene: Scene) -> dict[str, Any]:
    plain = [
        {"path": b.path, "observer": b.observer, "digest": b.digest, "complete_for": list(b.complete_for)}
        for b in scene.boxes
    ]
    return {**item, "properties": {**item["properties"], "overlook:boxes": plain}}
