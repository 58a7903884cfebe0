"""Thresholds, calibration and lengths from the areas kept for choosing; and the card's rows of what was measured.

Vehicles are chosen on real tiles. Large vehicles are too few there, and containers none, so for these two things are
painted onto the same tiles: their thresholds rest on paint, and so the card says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from overlook.detect.boxes import corners_of
from overlook.detect.conditions import Conditions, conditions_of
from overlook.detect.reviews import compare
from training.calibrate import isotonic
from training.composites import compose
from training.finding import Finder, Found
from training.labels import CLASSES, ORIENTED, Tile
from training.measures import f1, match, tallies

GSDS = (0.2, 0.3, 0.4, 0.5, 0.6)
#: GSDs that a choice is made on: those the goals are stated for.
CHOSEN_ON = (0.2, 0.3, 0.4, 0.5)
_STEPS = tuple(round(float(s), 3) for s in np.arange(0.2, 0.71, 0.02))


def painted(tile: Tile, times: int = 3) -> Tile:
    """The tile with groups of vehicles and containers painted in, always the same."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(tile.name.encode()).digest()[:8], "big"))
    image, boxes = tile.pixels.astype(np.float32), tile.boxes
    for _ in range(times):
        image, boxes = compose(image, tile.gsd_m, boxes, rng)
    return replace(tile, pixels=np.clip(np.rint(image), 0, 255).astype(np.uint8), boxes=boxes)


def found_on(finder: Finder, tiles: Sequence[Tile], gsds: Sequence[float]) -> list[Found]:
    """Every tile at every GSD that is no finer than the tile."""
    return [finder.find(tile, gsd) for gsd in gsds for tile in tiles if gsd >= tile.gsd_m * 0.99]


def threshold(parts: Sequence[Found], cls: int) -> float:
    """The score with the highest centre-matched F1 over all parts; in a flat top, its middle."""
    values = np.array([f1(tallies(parts, [cls], step)) for step in _STEPS])
    top = [step for step, value in zip(_STEPS, values, strict=True) if value >= values.max() - 0.002]
    return float(round((top[0] + top[-1]) / 2, 3))


def calibration(parts: Sequence[Found], cls: int) -> list[tuple[float, float]]:
    """Points of the isotonic fit on all boxes of the class above a score of 0.1."""
    scores, is_true = [], []
    for part in parts:
        s, t, void, _ = match(part, [cls], by="centre")
        kept = ~void & (s >= 0.1)
        scores.append(s[kept])
        is_true.append(t[kept])
    return isotonic(np.concatenate(scores), np.concatenate(is_true))


def length_m(parts: Sequence[Found], cls: int, least: float) -> float:
    """Median length of the boxes at or above the threshold that are true."""
    found = []
    for part in parts:
        _, t, _, _ = match(part, [cls], by="centre")
        mine = part.take(part.cls == cls)
        sides = np.linalg.norm(mine.corners[:, 1] - mine.corners[:, 0], axis=1)
        found.append(sides[t & (mine.scores >= least)])
    return round(float(np.median(np.concatenate(found))), 2)


def row(part: Found, tile: Tile, cls: int, least: float) -> dict[str, Any] | None:
    """One row of `overlook:measured`; None where the class was not searched for by a person."""
    if not part.searched[cls]:
        return None
    light = _light(tile)
    truth = part.truth.take((part.truth.cls == cls) & ~part.truth.ignore)
    void = part.truth.take(part.truth.ignore)
    mine = part.take((part.cls == cls) & (part.scores >= least))
    pairs = compare(_drawn(truth), mine.corners)
    others = np.setdiff1d(np.arange(len(mine.scores)), pairs[:, 1])
    on_void = compare(_drawn(void), mine.corners[others])
    return {
        "class": CLASSES[cls],
        "place": f"{part.area} {part.tile}" if not part.area.startswith(("kit", "10cm")) else part.area,
        "gsd_m": part.gsd_m,
        "shadow_share": round(light.shadow_share, 3),
        "brightness": round(light.brightness, 1),
        "present": len(truth),
        "found": len(pairs),
        "false_alarms": len(others) - len(on_void),
        "area_ha": round(part.extent_m[0] * part.extent_m[1] / 1e4, 4),
    }


@lru_cache(maxsize=200)
def _light(tile: Tile) -> Conditions:
    light = conditions_of(tile.pixels, np.zeros(tile.pixels.shape[:2], dtype=np.uint8), gsd_m=tile.gsd_m)
    assert light is not None
    return light


def _drawn(boxes: Any) -> Any:
    angle = np.where(boxes.kind == ORIENTED, boxes.angle, 0.0)
    return corners_of(boxes.centre, boxes.size, angle)
