"""What belongs to a scene or a file of counts, so that it can be taken out of a case as a whole. Nothing is deleted."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from overlook.collect.boxes import count_files
from overlook.collect.names import SIDECAR
from overlook.collect.outside import files
from overlook.collect.register import scenes
from overlook.errors import InputError


def files_of(imagery: Path, name: str) -> tuple[str, ...]:
    """The files of the scene, or of the file of counts, called `name`, its side-car last.

    Raises InputError with the nearest name when there is none.
    """
    known = {scene.id: scene for scene in scenes(imagery)}
    tables = {path.name for path, _ in count_files(imagery)}
    if name in tables:
        return (name, str(Path(name).with_suffix(".json")))
    scene = known.get(name.removesuffix(SIDECAR)) or next((s for s in known.values() if s.path == name), None)
    if scene is None:
        close = get_close_matches(name, [*known, *tables], n=1)
        raise InputError(
            "E-INPUT-UNKNOWN",
            "no image and no table of that name was added",
            where=name,
            remedy=f"did you mean '{close[0]}'" if close else "name it as `overlook add` printed it",
        )
    boxes = [box.path for box in scene.boxes]
    beside = [n for n in files.names_in(imagery) if any(n == f"{Path(b).stem}.names" for b in boxes)]
    masks = [scene.cloud_mask] if scene.cloud_mask else []
    masks += [scene.provider_mask.path] if scene.provider_mask else []
    if scene.radar:
        masks += [name for name in (scene.radar.calibration, scene.radar.noise) if name]
    dem = scene.ground.dem if scene.ground else ""
    # Frames of one place share their DEM: the last of them takes it along.
    if dem and not any(s.ground and s.ground.dem == dem for s in known.values() if s.id != scene.id):
        masks += [dem]
    return (scene.path, *masks, *boxes, *beside, scene.id + SIDECAR)


def set_aside(imagery: Path, names: tuple[str, ...], aside: Path) -> None:
    """Move files into the folder `aside`, never over one that is there. Side-cars go first: a scene without a side-car
    is none, so that a move cut short leaves a file too many and no half a scene. Raises InputError."""
    for name in reversed(names):
        if files.exists(imagery / name):
            files.move(imagery / name, aside)
