"""Which tiles lie side by side, and which areas are trained on, chosen on, and reported.

Tiles whose edges continue each other are one area (the correlation of the meeting rows of pixels is above 0.75, and
below 0.62 for all other pairs). Fixed before any number was looked at.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

from training.labels import CLASSES, Tile, backgrounds, corrected, estonia, kit

#: Areas of the Estonian tiles at 0.20 m.
AREAS: dict[str, tuple[str, ...]] = {
    # blocks of flats, streets, a coach yard
    "blocks-west": (
        "0_02_01b", "0_02_02b", "0_02_03", "0_03_01b", "0_03_02b", "0_03_03b", "0_04_01b", "0_04_03b", "0_05_01b",
    ),
    # blocks of flats along one street
    "blocks-east": ("0_01_05b", "0_02_05b", "0_03_05b", "0_04_05"),
    "blocks-south": ("0_05_04",),
    # a marina, works, gardens in a wood
    "marina": (
        "0_02_01", "0_02_02", "0_03_01", "0_03_02", "0_04_01", "0_04_02b", "0_05_01", "0_05_02", "0_05_03",
    ),
    # an airfield, its car parks, a suburb
    "airfield": ("0_01_05", "0_02_05", "0_03_05", "0_03_04", "0_03_03", "0_04_02", "0_04_03"),
    "town-north": ("2_02_03",),
    "town-west": ("2_03_01",),
    "town-centre": ("2_03_05", "2_04_05"),
}  # fmt: skip
TRAIN = ("blocks-west", "marina", "town-north", "town-west", "kit-a", "10cm_12_01_05", "10cm_14_04_04")
#: Threshold, calibration and every choice.
CHOOSE = ("airfield", "blocks-south")
TEST = ("blocks-east", "town-centre", "kit-b")
#: Beside those: large vehicles on an apron, labelled by us.
TEST_LARGE = ("10cm_0_02_05", "10cm_1_02_02")
CORRECTIONS = Path(__file__).with_name("corrections.json")


def shared() -> Path:
    """The folder of shared data: OVERLOOK_SHARED, or `shared` beside the project."""
    return Path(os.environ.get("OVERLOOK_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def tiles(*, is_corrected: bool = True) -> dict[str, Tile]:
    """Every labelled tile by name, with its area; given labels alone unless `is_corrected`."""
    folder = shared()
    area_of = {name: area for area, names in AREAS.items() for name in names}
    found = {
        **{name: replace(tile, area=area_of[name]) for name, tile in estonia(folder).items()},
        **{name: replace(tile, area=name) for name, tile in backgrounds(folder).items()},
        **kit(folder),
    }
    if is_corrected:
        for name, entry in json.loads(CORRECTIONS.read_text())["tiles"].items():
            found[name] = corrected(found[name], entry)
    return found


def of_areas(found: dict[str, Tile], areas: tuple[str, ...]) -> list[Tile]:
    """Tiles of these areas, in order of their names."""
    return [tile for _, tile in sorted(found.items()) if tile.area in areas]


def main() -> None:
    """Print what each group holds: tiles, boxes by class, and what was corrected."""
    found = tiles()
    kinds = json.loads(CORRECTIONS.read_text())["tiles"]
    for name, areas in (("train", TRAIN), ("choose", CHOOSE), ("test", TEST), ("test, large", TEST_LARGE)):
        group = of_areas(found, areas)
        boxes = [sum(int(((t.boxes.cls == c) & ~t.boxes.ignore).sum()) for t in group) for c in range(len(CLASSES))]
        mine = [kinds[t.name] for t in group if t.name in kinds]
        added = Counter(item["class"] for entry in mine for item in entry.get("add", []))
        other = {key: sum(len(entry.get(key, [])) for entry in mine) for key in ("remove", "relabel")}
        print(f"{name}: {len(group)} tiles, {dict(zip(CLASSES, boxes, strict=True))}; added {dict(added)}, {other}")


if __name__ == "__main__":
    main()
