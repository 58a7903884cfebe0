"""Labelled images as values: which tiles there are, where they lie, and the boxes on them.

Given labels are upright boxes around vehicles of any heading: they say a box's hull, not its angle. Labels of our own
are oriented. Which kind a box is travels with it, so that nothing is trained on what was never said.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CLASSES = ("vehicle", "large_vehicle", "container")
#: What a box's numbers mean: its upright hull, its oriented sides, or a centre with a rough size.
HULL, ORIENTED, CENTRE = 0, 1, 2
#: Car length by eye (0.12 to 0.14 m); the frames are not georeferenced.
KIT_GSD_M = 0.13
_ESTONIA = {"Car": 0, "Bus": 1, "Truck": 1}
_KIT = {"0": 0, "3": 0, "1": 1, "2": 1}  # car, minibus; truck, bus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boxes:
    """Boxes of one image in its pixels: `centre` (n, 2), `size` (n, 2), `angle` (n,) radians from x towards y.

    `size` is length and width when `kind` is ORIENTED, else the hull's width and height; `cls` indexes CLASSES.
    `ignore`: neither a vehicle nor background (cannot tell); nothing is trained or measured there.
    """

    cls: NDArray[np.int64]
    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    angle: NDArray[np.float64]
    kind: NDArray[np.int64]
    ignore: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.cls)

    def hulls(self) -> NDArray[np.float64]:
        """(n, 4) upright hulls: left, top, right, bottom."""
        c, s = np.abs(np.cos(self.angle)), np.abs(np.sin(self.angle))
        turned = np.stack([self.size[:, 0] * c + self.size[:, 1] * s, self.size[:, 0] * s + self.size[:, 1] * c], 1)
        sides = np.where((self.kind == ORIENTED)[:, None], turned, self.size)
        return np.concatenate([self.centre - sides / 2, self.centre + sides / 2], axis=1)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Boxes:
        return Boxes(
            cls=self.cls[rows],
            centre=self.centre[rows],
            size=self.size[rows],
            angle=self.angle[rows],
            kind=self.kind[rows],
            ignore=self.ignore[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """One labelled image: `pixels` (rows, columns, 3) red, green, blue. `searched`: classes whose absence is known."""

    name: str
    area: str
    gsd_m: float
    pixels: NDArray[np.uint8]
    boxes: Boxes
    searched: tuple[bool, bool, bool] = (True, True, True)


def boxes_of(rows: list[tuple[int, float, float, float, float, float, int, bool]]) -> Boxes:
    """From (class, x, y, length, width, angle, kind, ignore)."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 8)
    return Boxes(
        cls=table[:, 0].astype(np.int64),
        centre=table[:, 1:3],
        size=table[:, 3:5],
        angle=table[:, 5],
        kind=table[:, 6].astype(np.int64),
        ignore=table[:, 7].astype(bool),
    )


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """(rows, columns, 3), red first. Raises OSError."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise OSError(f"{path.name} cannot be read")
    return np.ascontiguousarray(image[:, :, ::-1])


def estonia(shared: Path) -> dict[str, Tile]:
    """The given tiles at 0.20 m by name, with their given labels."""
    folder = shared / "data" / "vehicles-estonia"
    plain = json.loads((folder / "labels.json").read_text())
    names = {c["id"]: c["name"] for c in plain["categories"]}
    rows: dict[int, list[tuple[int, float, float, float, float, float, int, bool]]] = {}
    for a in plain["annotations"]:
        cls = _ESTONIA.get(names[a["category_id"]])
        if cls is not None:
            x, y, w, h = a["bbox"]
            rows.setdefault(a["image_id"], []).append((cls, x + w / 2, y + h / 2, w, h, 0.0, HULL, False))
    return {
        i["file_name"][6:-4]: Tile(
            name=i["file_name"][6:-4],
            area="",
            gsd_m=0.20,
            pixels=read_pixels(folder / "tiles" / i["file_name"]),
            boxes=boxes_of(rows.get(i["id"], [])),
            searched=(True, True, False),
        )
        for i in plain["images"]
    }


def backgrounds(shared: Path) -> dict[str, Tile]:
    """The tiles at 0.10 m: nobody gave labels, so nothing is known of them until the corrections say it."""
    folder = shared / "data" / "backgrounds-estonia-10cm"
    return {
        f"10cm_{path.stem[6:]}": Tile(
            name=f"10cm_{path.stem[6:]}",
            area="",
            gsd_m=0.10,
            pixels=read_pixels(path),
            boxes=boxes_of([]),
            searched=(False, False, False),
        )
        for path in sorted(folder.glob("*.jpg"))
    }


def kit(shared: Path) -> dict[str, Tile]:
    """KIT AIS frames: upright boxes that fit loosely, so only their centres are taken."""
    found = {}
    for path in sorted((shared / "data" / "vehicles-kit-ais").glob("*.jpg")):
        pixels = read_pixels(path)
        h, w = pixels.shape[:2]
        rows: list[tuple[int, float, float, float, float, float, int, bool]] = []
        for line in path.with_suffix(".txt").read_text().splitlines():
            cls, x, y, bw, bh = line.split()
            if cls in _KIT:
                rows.append((_KIT[cls], float(x) * w, float(y) * h, float(bw) * w, float(bh) * h, 0.0, CENTRE, False))
        number = int(path.stem[3:])
        found[path.stem] = Tile(
            name=path.stem,
            area="kit-a" if number < 100 else "kit-b",
            gsd_m=KIT_GSD_M,
            pixels=pixels,
            boxes=boxes_of(rows),
            searched=(True, True, True),
        )
    return found


def corrected(tile: Tile, entry: dict[str, object]) -> Tile:
    """The tile with our corrections: `remove` and `relabel` name a given box by its centre, `add` brings oriented ones.

    `complete` lists the classes that were searched for over the whole tile. Raises ValueError when no given box lies
    within 2 m of a centre that is named.
    """
    boxes = tile.boxes
    cls, ignore, kept = boxes.cls.copy(), boxes.ignore.copy(), np.ones(len(boxes), dtype=bool)
    for item in _items(entry, "remove"):
        kept[_nearest(tile, item)] = False
    for item in _items(entry, "relabel"):
        row = _nearest(tile, item)
        if item["class"] == "ignore":
            ignore[row] = True
        else:
            cls[row] = CLASSES.index(str(item["class"]))
    old = replace(boxes, cls=cls, ignore=ignore).take(kept)
    new = boxes_of([_added(item) for item in _items(entry, "add")])
    complete = entry.get("complete", [])
    assert isinstance(complete, list)
    return replace(
        tile,
        boxes=joined(old, new),
        searched=tuple(was or name in complete for was, name in zip(tile.searched, CLASSES, strict=True)),  # type: ignore[arg-type]
    )


def joined(first: Boxes, second: Boxes) -> Boxes:
    """Both, one after the other."""
    names = ("cls", "centre", "size", "angle", "kind", "ignore")
    return Boxes(**{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in names})


def _items(entry: dict[str, object], key: str) -> list[dict[str, object]]:
    items = entry.get(key, [])
    assert isinstance(items, list)
    return items


def _nearest(tile: Tile, item: dict[str, object]) -> int:
    at = np.array([item["x"], item["y"]], dtype=np.float64)
    away = np.linalg.norm(tile.boxes.centre - at, axis=1) * tile.gsd_m
    if not len(away) or away.min() > 2:
        raise ValueError(f"{tile.name}: no given box within 2 m of {at.tolist()}")
    return int(away.argmin())


def _added(item: dict[str, object]) -> tuple[int, float, float, float, float, float, int, bool]:
    is_unsure = item["class"] == "ignore"
    x, y, length, width, angle = (float(str(item[k])) for k in ("x", "y", "length", "width", "angle_deg"))
    cls = 0 if is_unsure else CLASSES.index(str(item["class"]))
    return cls, x, y, length, width, float(np.radians(angle)), ORIENTED, is_unsure
