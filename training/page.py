"""A page that shows the labels over their tiles, given and our own: `python -m training.page FOLDER`.

Green: given. Yellow: added by us; red: removed; blue: given another class; grey: cannot be told, ignored. The page
and its pictures hold the imagery, and are made where it is; they are not part of the project.
"""

from __future__ import annotations

import html
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.labels import Boxes, Tile
from training.places import CORRECTIONS, tiles

_COLOURS = {"given": (90, 220, 90), "add": (255, 230, 0), "remove": (255, 60, 60), "relabel": (80, 160, 255)}
_UNSURE = (150, 150, 150)


def draw(tile: Tile, entry: dict[str, list[dict[str, object]]]) -> NDArray[np.uint8]:
    """The tile (its longer side at least 1600 pixels) with given boxes and corrections."""
    scale = max(1.0, 1600 / max(tile.pixels.shape[:2]))
    image = cv2.resize(tile.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    _outline(image, tile.boxes, scale)
    for key in ("add", "remove", "relabel"):
        for item in entry.get(key, []):
            colour = _UNSURE if item.get("class") == "ignore" else _COLOURS[key]
            x, y = float(str(item["x"])) * scale, float(str(item["y"])) * scale
            if key == "add":
                size = (float(str(item["length"])) * scale, float(str(item["width"])) * scale)
                corners = cv2.boxPoints(((x, y), size, float(str(item["angle_deg"]))))
                cv2.polylines(image, [np.rint(corners).astype(np.int32)], isClosed=True, color=colour, thickness=2)
            else:
                cv2.circle(image, (round(x), round(y)), 14, colour, 2)
            if item.get("class") not in (None, "vehicle"):
                cv2.putText(image, str(item["class"]), (round(x) + 12, round(y)), 0, 0.45, colour, 1)
    return np.asarray(image, dtype=np.uint8)


def _outline(image: NDArray[np.uint8], boxes: Boxes, scale: float) -> None:
    for left, top, right, bottom in boxes.hulls() * scale:
        cv2.rectangle(image, (round(left), round(top)), (round(right), round(bottom)), _COLOURS["given"], 1)


def write(folder: Path) -> Path:
    """`index.html` and one JPEG a corrected tile in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(CORRECTIONS.read_text())
    given = tiles(is_corrected=False)
    parts = [f"<!doctype html><meta charset=utf-8><title>Labels</title><p>{html.escape(plain['about'])}</p>"]
    for name, entry in sorted(plain["tiles"].items()):
        image = draw(given[name], entry)
        cv2.imwrite(str(folder / f"{name}.jpg"), np.ascontiguousarray(image[:, :, ::-1]))
        counts = ", ".join(f"{len(entry.get(key, []))} {key}" for key in ("add", "remove", "relabel"))
        parts.append(f"<h2>{name} ({given[name].area})</h2><p>{counts}</p><img src={name}.jpg loading=lazy width=1600>")
    page = folder / "index.html"
    page.write_text("\n".join(parts))
    return page


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
