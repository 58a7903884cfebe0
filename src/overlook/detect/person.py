"""Boxes that a person drew on a scene: read, checked, and laid on the chip. The default way to count.

A person's box has no score and no probability. What she did not look for was not searched: it is never zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from overlook.collect import class_names_beside
from overlook.detect.boxes import (
    Floats,
    areas_of,
    centres_of,
    corners_of,
    cut_by_edge,
    detections,
    rectangle_around,
    short_sides_of,
    touches,
)
from overlook.detect.coordinates import to_pixels
from overlook.detect.drawn import PIXELS, Drawn, from_columns, parse_geojson, parse_names, parse_yolo
from overlook.detect.outside import files
from overlook.errors import InputError
from overlook.terms import LOCAL, BoxFile, Chip, Scene

#: Length and width in metres that a click stands for, by class; others count as a vehicle.
NOMINAL_SIZE_M = {
    "vehicle": (4.5, 2.0),
    "car": (4.5, 2.0),
    "large_vehicle": (10.0, 2.5),
    "truck": (10.0, 2.5),
    "bus": (12.0, 2.5),
    "container": (12.19, 2.44),
    "railcar": (15.0, 3.0),
    "ship": (60.0, 12.0),
    "aircraft": (20.0, 20.0),
}
#: A polygon that fills less of its rectangle is remarked on: the rectangle says more than was drawn.
_FILLED = 0.7
#: A shape thinner than this was not drawn round anything.
_THINNEST_PX = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoxesRead:
    """Boxes in pixels of the scene. `corners` (n, 4, 2); `searched` None when the file does not say."""

    corners: Floats
    classes: tuple[str, ...]
    searched: tuple[str, ...] | None = None
    observer: str = ""
    notes: tuple[str, ...] = ()

    def to_geojson(self, *, searched: tuple[str, ...] | None = None, observer: str = "") -> bytes:
        """The same boxes as a GeoJSON in pixels with their class names: it reads back alone, whatever it came from."""
        features = [
            {
                "type": "Feature",
                "properties": {"class": cls},
                "geometry": {"type": "Polygon", "coordinates": [[*box, box[0]]]},
            }
            for cls, box in zip(self.classes, self.corners.tolist(), strict=True)
        ]
        known = self.searched if searched is None else searched
        plain: dict[str, object] = {"type": "FeatureCollection", "coordinates": PIXELS}
        plain |= {} if known is None else {"searched": list(known)}
        plain |= {"observer": observer or self.observer} if observer or self.observer else {}
        return json.dumps(plain | {"features": features}, ensure_ascii=False, indent=1).encode()


def read_boxes(path: Path, *, scene: Scene, class_names: tuple[str, ...] = ()) -> BoxesRead:
    """Boxes from GeoJSON (.geojson, .json), GeoPackage (.gpkg) or YOLO labels (.txt), in pixels of `scene`.

    `class_names` name the classes that a file numbers; without them a YOLO file takes a names file beside it
    (`LABELS.names`, `classes.txt`, or the only `*.names` there). Raises InputError.
    """
    return _read(path, files.read_bytes(path), scene, class_names, known=())


class PersonBoxes:
    """A `Detector` whose boxes a person drew: those of `box_file`, which lies in `imagery`."""

    thresholds: Mapping[str, float] | None = None

    def __init__(self, imagery: Path, box_file: BoxFile) -> None:
        self.observer = box_file.observer
        self.searched = box_file.complete_for
        self._path = imagery / box_file.path
        self._digest = box_file.digest

    def misfit(self, chip: Chip, scene: Scene) -> str:  # noqa: ARG002
        """Never anything: she has looked."""
        return ""

    def detect(self, chip: Chip, scene: Scene) -> pa.Table:
        """The boxes that lie on the chip, in the file's order; `edge` where the chip or a mask cuts one.

        Raises InputError when the file cannot be used, or is not the one that was added.
        """
        from overlook.imagery import scene_to_chip

        data = files.read_bytes(self._path)
        if self._digest and files.digest_of(data) != self._digest:
            raise InputError(
                "E-INPUT-CHANGED",
                "this file was changed after it was added",
                where=self._path.name,
                remedy="add it again",
            )
        read = _read(self._path, data, scene, (), known=self.searched)
        if (scene.crs == LOCAL) != (chip.meta.crs == LOCAL):
            return self._table(scene, chip, (), np.zeros((0, 4, 2)), ("The image does not lie on the site's map.",))
        placed: Floats = scene_to_chip(chip.meta, scene, read.corners.reshape(-1, 2)).reshape(-1, 4, 2)
        on_chip = touches(placed, chip.meta.shape)
        corners = np.asarray(placed[on_chip], dtype=np.float64)
        classes = tuple(cls for cls, is_on in zip(read.classes, on_chip, strict=True) if is_on)
        return self._table(scene, chip, classes, corners, read.notes)

    def _table(
        self, scene: Scene, chip: Chip, classes: Sequence[str], corners: Floats, notes: Sequence[str]
    ) -> pa.Table:
        return detections(
            scene=scene.id,
            observer=self.observer,
            classes=classes,
            corners=corners,
            edge=cut_by_edge(corners, chip.unusable),
            notes=notes,
        )


def _read(path: Path, data: bytes, scene: Scene, class_names: tuple[str, ...], known: tuple[str, ...]) -> BoxesRead:
    where = path.name
    suffix = path.suffix.lower()
    if suffix in (".geojson", ".json"):
        drawn = parse_geojson(data, where)
    elif suffix == ".gpkg":
        drawn = from_columns(*files.read_geopackage(path), where=where)
    elif suffix == ".txt":
        drawn = parse_yolo(data, scene.shape, where)
        class_names = class_names or _names_beside(path)
    else:
        raise InputError(
            "E-INPUT-FORMAT",
            "boxes come as GeoJSON, GeoPackage or YOLO labels",
            where=where,
            remedy="export them as .geojson, .gpkg or .txt",
        )
    shapes, notes = to_pixels(drawn.shapes, drawn.plane, scene, where)
    searched = known or drawn.searched
    classes = _names(drawn, class_names, searched or (), where)
    corners, shape_notes = _rectangles(shapes, classes, scene.gsd_m)
    _check(corners, drawn.places, scene, where)
    return BoxesRead(
        corners=corners,
        classes=classes,
        searched=drawn.searched,
        observer=drawn.observer,
        notes=(*drawn.notes, *notes, *shape_notes),
    )


def _names_beside(path: Path) -> tuple[str, ...]:
    found = class_names_beside(path)
    return parse_names(files.read_bytes(found), found.name) if found else ()


def _names(drawn: Drawn, class_names: tuple[str, ...], searched: tuple[str, ...], where: str) -> tuple[str, ...]:
    """A name for each shape, spelled as the searched class is: "Large vehicle" is the `large_vehicle` looked for."""
    spelled = {_fold(name): name for name in searched}
    only = searched[0] if len(searched) == 1 else None
    names = []
    for value, place in zip(drawn.classes, drawn.places, strict=True):
        name: str | None = only if value is None else None
        if isinstance(value, int):
            name = class_names[value] if 0 <= value < len(class_names) else None
        elif isinstance(value, str):
            name = value
        if name is None:
            raise _nameless(value, place, class_names, where)
        names.append(spelled.get(_fold(name), name))
    return tuple(names)


def _fold(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _nameless(value: str | int | None, place: str, class_names: tuple[str, ...], where: str) -> InputError:
    if value is None:
        what, remedy = f"{place} has no class", 'give each box a property "class", or state one class in "searched"'
    elif class_names:
        what, remedy = f"{place} has class {value}, and there are {len(class_names)} names", "complete the names file"
    else:
        what, remedy = f"{place} has class {value}, and no names file says what that is", "put classes.txt beside it"
    return InputError("E-INPUT-CLASS", what, where=where, remedy=remedy)


def _rectangles(shapes: Sequence[BaseGeometry], classes: Sequence[str], gsd_m: float) -> tuple[Floats, tuple[str, ...]]:
    corners = np.empty((len(shapes), 4, 2), dtype=np.float64)
    clicks, loose = 0, 0
    for i, (part, cls) in enumerate(zip(shapes, classes, strict=True)):
        if part.geom_type == "Point":
            corners[i], clicks = _clicked(shapely.get_coordinates(part), cls, gsd_m), clicks + 1
            continue
        corners[i] = rectangle_around(shapely.get_coordinates(shapely.get_exterior_ring(part)))
        loose += bool(part.area < _FILLED * areas_of(corners[i : i + 1])[0])
    notes = []
    if clicks:
        notes.append(f"{clicks} of its {len(shapes)} boxes are clicks, drawn at a nominal size.")
    if loose:
        notes.append(f"{loose} of its {len(shapes)} polygons fill less than {_FILLED:.0%} of their rectangle.")
    return corners, tuple(notes)


def _clicked(point: Floats, cls: str, gsd_m: float) -> Floats:
    """A click says where, not which way: a square of the area that its class nominally covers."""
    length, width = NOMINAL_SIZE_M.get(_fold(cls), NOMINAL_SIZE_M["vehicle"])
    side = (length * width) ** 0.5 / gsd_m
    square: Floats = corners_of(point[:, :2], np.full((1, 2), side), np.zeros(1))[0]
    return square


def _check(corners: Floats, places: Sequence[str], scene: Scene, where: str) -> None:
    if not len(corners):
        return
    rows, columns = scene.shape
    centres = centres_of(corners)
    outside_image = (centres < 0).any(axis=1) | (centres > [columns, rows]).any(axis=1)
    for bad, what, code in (
        (~np.isfinite(corners).all(axis=(1, 2)), "have coordinates that are not finite", "E-INPUT-BOX"),
        (short_sides_of(corners) < _THINNEST_PX, "have no area", "E-INPUT-BOX"),
        (outside_image, f"lie outside the image ({columns} x {rows} pixels)", "E-INPUT-OUTSIDE"),
    ):
        if bad.any():
            first = places[int(np.flatnonzero(bad)[0])]
            raise InputError(
                code,
                f"{int(bad.sum())} of {len(corners)} boxes {what}, the first at {first}",
                where=where,
                remedy="correct or delete them, or name the image they were drawn on",
            )
