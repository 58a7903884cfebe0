"""Painted vehicles and containers on real ground: for what the real tiles lack, above all containers and angles.

The painter is that of the simulated site (`overlook.simulate.paint`). It works in reflectance, so the picture is
taken to something like it (inverse gamma), painted and shadowed there, and brought back; the sensor's blur and noise
come after, over all of it. Nothing is painted over a labelled box, and flat ground is preferred to roofs and trees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.simulate.paint import SKYLIGHT, Sunlight, Thing, draw_thing, lay_body, lay_shadow, paint
from training.labels import CLASSES, ORIENTED, Boxes, boxes_of, joined
from training.sensor import Image

#: Models of the painter, their class, and how often a group is of them.
_KINDS = (
    ("container-40ft", "container", 4),
    ("container-20ft", "container", 4),
    ("semitrailer", "large_vehicle", 3),
    ("truck", "large_vehicle", 3),
    ("car", "vehicle", 2),
    ("van", "vehicle", 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A thing with its centre in pixels of the picture."""

    thing: Thing
    x: float
    y: float


def compose(image: Image, gsd_m: float, boxes: Boxes, rng: np.random.Generator) -> tuple[Image, Boxes]:
    """The picture (0 to 255) with one to four groups painted in, and the boxes with theirs (ORIENTED)."""
    taken = _taken(image.shape[:2], boxes)
    placed: list[Placed] = []
    for _ in range(int(rng.integers(1, 5))):
        placed += _group(image, gsd_m, taken, rng)
    if not placed:
        return image, boxes
    rows = [
        (CLASSES.index(p.thing.cls), p.x, p.y, p.thing.length_m / gsd_m, p.thing.width_m / gsd_m,
         math.radians(p.thing.heading_deg - 90), ORIENTED, False)
        for p in placed
    ]  # fmt: skip
    return _painted(image, gsd_m, placed, rng), joined(boxes, boxes_of(rows))


def _taken(shape: tuple[int, ...], boxes: Boxes) -> NDArray[np.uint8]:
    taken = np.zeros(shape[:2], dtype=np.uint8)
    for left, top, right, bottom in boxes.hulls():
        cv2.rectangle(taken, (int(left) - 2, int(top) - 2), (int(right) + 2, int(bottom) + 2), 1, -1)
    return taken


def _group(image: Image, gsd_m: float, taken: NDArray[np.uint8], rng: np.random.Generator) -> list[Placed]:
    """Things of one kind, alone, side by side, end to end or as a block; those that meet a box or the edge are left
    out.
    """
    weights = np.array([k[2] for k in _KINDS], dtype=float)
    model, cls, _ = _KINDS[int(rng.choice(len(_KINDS), p=weights / weights.sum()))]
    first = draw_thing(model, cls, rng)
    across, along = _layout(rng)
    gap = float(rng.uniform(0.05, 0.5) if cls == "container" else rng.uniform(0.5, 1.4))
    heading, wobble = float(rng.uniform(0, 360)), 0.3 if cls == "container" else 2.5
    u = np.array([math.sin(math.radians(heading)), -math.cos(math.radians(heading))])
    v = np.array([-u[1], u[0]])
    middle = _flattest(image, rng)
    fill = float(rng.uniform(0.6, 1.0))
    placed = []
    for i in range(across):
        for j in range(along):
            thing = draw_thing(model, cls, rng)
            if rng.random() > fill:
                continue
            if cls == "container":
                thing = replace(thing, height_m=thing.height_m * int(rng.choice((1, 2, 3), p=(0.6, 0.3, 0.1))))
            flip = 180.0 if cls != "container" and rng.random() < 0.25 else 0.0
            thing = replace(thing, heading_deg=heading + flip + float(rng.normal(0, wobble)))
            sideways = (i - (across - 1) / 2) * (first.width_m + gap) * v
            step = sideways + (j - (along - 1) / 2) * (first.length_m + gap) * u
            x, y = middle + (step + rng.normal(0, 0.1, 2)) / gsd_m
            if _claims(thing, x, y, gsd_m, taken):
                placed.append(Placed(thing=thing, x=float(x), y=float(y)))
    return placed


def _layout(rng: np.random.Generator) -> tuple[int, int]:
    """How many side by side and end to end: one, a row, a file or a block."""
    row, file, block = int(rng.integers(2, 9)), int(rng.integers(2, 4)), (rng.integers(2, 6), rng.integers(2, 4))
    layouts = ((1, 1), (row, 1), (1, file), (int(block[0]), int(block[1])))
    return layouts[int(rng.choice(4, p=(0.35, 0.35, 0.1, 0.2)))]


def _claims(thing: Thing, x: float, y: float, gsd_m: float, taken: NDArray[np.uint8]) -> bool:
    """Whether the ground is free, inside the picture; marks it as taken."""
    corners = thing.corners(x=0, y=0) * 0.97 / gsd_m * [1, -1] + [x, y]
    if (corners < 1).any() or (corners >= np.array(taken.shape[::-1]) - 1).any():
        return False
    mine = np.zeros_like(taken)
    cv2.fillConvexPoly(mine, np.rint(corners).astype(np.int32), 1)
    if (mine & taken).any():
        return False
    taken |= mine
    return True


def _flattest(image: Image, rng: np.random.Generator) -> NDArray[np.float64]:
    """Of a dozen random places the one with the least contrast within 3 m or so."""
    grey = image.mean(axis=2)
    h, w = grey.shape
    best, least = np.array([w / 2, h / 2]), math.inf
    for _ in range(12):
        x, y = rng.uniform(0.1, 0.9, 2) * (w, h)
        part = grey[int(max(0, y - 16)) : int(y + 16), int(max(0, x - 16)) : int(x + 16)]
        if part.std() < least:
            best, least = np.array([x, y]), float(part.std())
    return best


def _painted(image: Image, gsd_m: float, placed: list[Placed], rng: np.random.Generator) -> Image:
    gamma, gain = float(rng.uniform(1.5, 2.3)), float(rng.uniform(1.0, 2.2))
    sun = Sunlight(azimuth_deg=float(rng.uniform(0, 360)), elevation_deg=float(rng.uniform(18, 60)))
    canvas = np.zeros((*image.shape[:2], 4), dtype=np.float32)
    canvas[:, :, :3] = cv2.pow(image / 255, gamma) / gain
    light = np.ones(image.shape[:2], dtype=np.float32)
    is_dim = rng.random() < 0.15  # all of it under a cloud or a roof's shadow: no shadow, little light
    stamps = [paint(p.thing, column=p.x, row=p.y, gsd_m=gsd_m, sun=sun) for p in placed]
    if not is_dim:
        for stamp in stamps:
            lay_shadow(light, stamp)
    canvas *= light[:, :, None] + (1 - light[:, :, None]) * np.array(SKYLIGHT, dtype=np.float32)
    dim = 0.3 if is_dim else 1.0
    for stamp in stamps:
        lay_body(canvas, light, replace(stamp, colour=stamp.colour * dim))
    back = cv2.pow(np.clip(canvas[:, :, :3] * gain, 0, 1), 1 / gamma) * 255
    return np.asarray(back, dtype=np.float32)
