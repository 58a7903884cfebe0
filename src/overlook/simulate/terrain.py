"""The ground as the sensor would see it in full sun: reflectance in summer and in winter, drawn once for all images.

Things that move, buildings and light are not here: they differ from image to image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.simulate.paint import SHIFT, Colour, Grey, fixed_point
from overlook.simulate.process import Purpose, stream
from overlook.simulate.spec import XY, Building, Material, Road, SiteSpec

Mask: TypeAlias = NDArray[np.float32]
#: Ground beyond the image on every side, for geolocation errors and for shadows that fall in.
PAD_M = 12.0
#: Summer and winter reflectance (red, green, blue, near infrared), strength of texture, snow that it keeps.
_GROUND: dict[Material, tuple[Colour, Colour, float, float]] = {
    "asphalt": ((0.100, 0.099, 0.097, 0.11), (0.092, 0.092, 0.092, 0.10), 0.10, 0.15),
    "concrete": ((0.265, 0.255, 0.235, 0.28), (0.245, 0.238, 0.222, 0.26), 0.07, 0.35),
    "gravel": ((0.215, 0.198, 0.172, 0.24), (0.185, 0.172, 0.152, 0.21), 0.13, 0.55),
    "dirt": ((0.225, 0.180, 0.130, 0.28), (0.185, 0.152, 0.115, 0.23), 0.16, 0.7),
    "grass": ((0.085, 0.115, 0.052, 0.34), (0.150, 0.138, 0.088, 0.22), 0.22, 0.95),
    "field": ((0.120, 0.135, 0.062, 0.36), (0.190, 0.158, 0.108, 0.24), 0.14, 1.0),
    "water": ((0.030, 0.045, 0.055, 0.01), (0.028, 0.042, 0.052, 0.01), 0.05, 0.0),
}


@dataclass(frozen=True, slots=True)
class Tree:
    x: float
    y: float
    radius_m: float
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """A roof's picture in the building's own frame: rows along its width, columns along its length; (h, w, 4)."""

    building: Building
    picture: Grey


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """`summer`, `winter` (rows, columns, 4) reflectance, `keeps_snow` (rows, columns); `PAD_M` wider on every side."""

    summer: Grey
    winter: Grey
    keeps_snow: Grey
    trees: tuple[Tree, ...]
    roofs: tuple[Roof, ...]


@dataclass(frozen=True, slots=True)
class Plane:
    """A north-up pixel grid over the site's plane: its north-west corner (metres), scale and shape (rows, columns)."""

    west_m: float
    north_m: float
    gsd_m: float
    shape: tuple[int, int]

    def pixels(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) plane metres to (column, row), the first pixel's outer corner at (0, 0)."""
        return np.stack([xy[:, 0] - self.west_m, self.north_m - xy[:, 1]], axis=1) / self.gsd_m

    def area(self, outline: Sequence[XY] | NDArray[np.float64]) -> Mask:
        """(rows, columns) share of each pixel inside a polygon."""
        mask = np.zeros(self.shape, dtype=np.uint8)
        cv2.fillPoly(mask, [fixed_point(self.pixels(np.asarray(outline, dtype=float)))], 255, cv2.LINE_AA, SHIFT)
        return np.asarray(mask, dtype=np.float32) / np.float32(255)

    def lines(self, lines: Sequence[Sequence[XY] | NDArray[np.float64]], width_m: float) -> Mask:
        """(rows, columns) share of each pixel covered by lines; one thinner than a pixel covers a part of it."""
        mask = np.zeros(self.shape, dtype=np.uint8)
        pixels = max(1, round(width_m / self.gsd_m))
        fixed = [fixed_point(self.pixels(np.asarray(line, dtype=float))) for line in lines]
        if fixed:
            cv2.polylines(mask, fixed, False, 255, pixels, cv2.LINE_AA, SHIFT)
        return np.asarray(mask, dtype=np.float32) * np.float32(min(1.0, width_m / self.gsd_m) / 255)

    def line(self, points: Sequence[XY] | NDArray[np.float64], width_m: float) -> Mask:
        """One of `lines`."""
        return self.lines([points], width_m)


def build_terrain(spec: SiteSpec, seed: int) -> Terrain:
    """Draw the ground of a site. Deterministic in (spec, seed)."""
    rng = stream(seed, 0, Purpose.GROUND)
    gsd = spec.sensor.gsd_m
    rows, columns = (int(np.ceil((size + 2 * PAD_M) / gsd)) for size in (spec.size_m[1], spec.size_m[0]))
    plane = Plane(-PAD_M, spec.size_m[1] + PAD_M, gsd, (rows, columns))
    pictures = [np.zeros((rows, columns, 4), dtype=np.float32) for _ in range(2)]
    keeps_snow = np.zeros((rows, columns), dtype=np.float32)
    texture = _Texture(rng, plane)
    _lay(pictures, keeps_snow, spec.ground, np.ones(plane.shape, np.float32), texture)
    hard = np.zeros(plane.shape, dtype=np.float32)
    for patch in spec.patches:
        mask = _ragged(plane.area(patch.outline), patch.material, texture)
        _lay(pictures, keeps_snow, patch.material, mask, texture)
        if patch.material == "concrete":
            _slabs(pictures, plane, patch.outline, mask, rng)
        hard = np.maximum(hard, mask if patch.material not in ("grass", "field") else 0)
    for road in spec.roads:
        hard = np.maximum(hard, _lay_road(pictures, keeps_snow, plane, road, texture))
    for building in spec.buildings:
        hard = np.maximum(hard, plane.area(rectangle(building)))
    _wear(spec, pictures, plane, rng)
    for fence in spec.fences:
        mask = plane.line(fence, 0.22)
        _tint(pictures, 0.55 * mask, (0.30, 0.30, 0.29, 0.30))
        _tint(pictures, 0.5 * np.roll(mask, (-1, -1), (0, 1)), (0.05, 0.05, 0.05, 0.06))
    trees = _plant(spec, plane, hard, rng)
    _crowns(pictures, plane, trees, rng)
    roofs = tuple(Roof(building=b, picture=_roof(b, gsd, rng)) for b in spec.buildings)
    return Terrain(summer=pictures[0], winter=pictures[1], keeps_snow=keeps_snow, trees=trees, roofs=roofs)


def rectangle(building: Building) -> NDArray[np.float64]:
    """(4, 2) footprint of a building in the site's plane, round the box."""
    angle = np.radians(building.heading_deg)
    u, v = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    half = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * [building.length_m / 2, building.width_m / 2]
    corners: NDArray[np.float64] = np.asarray(building.centre) + half[:, :1] * u + half[:, 1:] * v
    return corners


class _Texture:
    """Fields of noise of mean 0 and sd 1 over a plane: fine grain, clumps of 3 m, patches of 20 m, tracts of 90 m."""

    def __init__(self, rng: np.random.Generator, plane: Plane) -> None:
        self.plane = plane
        self.fine = rng.standard_normal(plane.shape, dtype=np.float32)
        self.clump, self.patch, self.tract = (self._smooth(rng, metres) for metres in (1.6, 9.0, 60.0))
        self.mixed = 0.45 * self.fine + 0.6 * self.clump + 0.5 * self.patch + 0.45 * self.tract

    def _smooth(self, rng: np.random.Generator, metres: float) -> Grey:
        rows, columns = self.plane.shape
        cell = max(1.0, metres / self.plane.gsd_m)
        coarse = rng.standard_normal((int(rows / cell) + 3, int(columns / cell) + 3), dtype=np.float32)
        return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _lay(pictures: list[Grey], keeps_snow: Grey, material: Material, mask: Mask, texture: _Texture) -> None:
    summer, winter, strength, snow = _GROUND[material]
    window = _window(mask)
    share, clump = mask[window], texture.clump[window]
    grain = 1 + strength * texture.mixed[window]
    if material == "field":
        row, column = np.indices(grain.shape, dtype=np.float32) * texture.plane.gsd_m
        grain = grain + 0.07 * np.sin((column * 0.35 + row * 0.94) * (2 * np.pi / 3.2))
    grain = np.clip(grain, 0.4, 1.8)[:, :, None]
    for picture, colour in zip(pictures, (summer, winter), strict=True):
        picture[window] += share[:, :, None] * (np.array(colour, dtype=np.float32) * grain - picture[window])
    keeps_snow[window] += share * (np.clip(snow + 0.25 * clump * snow, 0, 1) - keeps_snow[window])
    if material == "grass":
        dry = mask * np.clip(0.5 * texture.patch + 0.35 * texture.tract - 0.25, 0, 0.75)
        _tint(pictures, dry, (0.185, 0.165, 0.098, 0.28))


def _tint(pictures: list[Grey], mask: Mask, colour: Colour) -> None:
    window = _window(mask)
    for picture in pictures:
        picture[window] += mask[window][:, :, None] * (np.array(colour, dtype=np.float32) - picture[window])


def _window(mask: Mask) -> tuple[slice, slice]:
    """The least rectangle that holds all of a mask: most pieces of ground are small."""
    left, top, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def _ragged(mask: Mask, material: Material, texture: _Texture) -> Mask:
    """Unpaved ground frays at its edge; paved ground ends in a line."""
    if material not in ("gravel", "dirt", "grass"):
        return mask
    soft = cv2.GaussianBlur(mask, (0, 0), 1.6 / texture.plane.gsd_m)
    frayed = (soft - 0.5) * 2.2 + 0.5 + 0.22 * texture.clump * (4 * soft * (1 - soft))
    return np.asarray(np.clip(frayed, 0, 1), dtype=np.float32)


def _slabs(pictures: list[Grey], plane: Plane, outline: Sequence[XY], mask: Mask, rng: np.random.Generator) -> None:
    """Concrete is cast in slabs of 6 m: joints, and each slab of its own tone."""
    xy = np.asarray(outline, dtype=float)
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    across = [[(x, south), (x, north)] for x in np.arange(west + 6, east, 6.0)]
    along = [[(west, y), (east, y)] for y in np.arange(south + 6, north, 6.0)]
    joints = plane.lines([*across, *along], 0.12)
    _tint(pictures, 0.7 * joints * mask, (0.13, 0.125, 0.115, 0.14))
    tones = rng.normal(1, 0.035, (int((north - south) / 6) + 1, int((east - west) / 6) + 1)).astype(np.float32)
    row = ((north - plane.north_m + (np.arange(plane.shape[0]) + 0.5) * plane.gsd_m) // 6).astype(int)
    column = ((plane.west_m - west + (np.arange(plane.shape[1]) + 0.5) * plane.gsd_m) // 6).astype(int)
    tone = tones[np.clip(row, 0, tones.shape[0] - 1)][:, np.clip(column, 0, tones.shape[1] - 1)]
    for picture in pictures:
        picture *= (1 + mask * (tone - 1))[:, :, None]


def _lay_road(pictures: list[Grey], keeps_snow: Grey, plane: Plane, road: Road, texture: _Texture) -> Mask:
    verge = cv2.GaussianBlur(plane.line(road.line, road.width_m + 2.4), (0, 0), 0.8 / plane.gsd_m)
    if road.marked:
        _tint(pictures, 0.55 * verge, _GROUND["dirt"][0])
    mask = plane.line(road.line, road.width_m)
    _lay(pictures, keeps_snow, road.material, mask, texture)
    for side in (-1, 1):
        _tint(
            pictures,
            0.25 * plane.line(_beside(road.line, side * road.width_m * 0.24), 1.1),
            (0.075, 0.074, 0.073, 0.08),
        )
        if road.marked:
            edge = plane.line(_beside(road.line, side * (road.width_m / 2 - 0.35)), 0.15)
            _tint(pictures, 0.8 * edge, (0.48, 0.48, 0.46, 0.5))
    if road.marked:
        points = np.asarray(road.line, dtype=float)
        dashes = []
        for a, b in pairwise(points):
            length = float(np.hypot(*(b - a)))
            for s in np.arange(2.0, length - 5.0, 9.0):
                dashes.append(np.array([a + (b - a) * s / length, a + (b - a) * (s + 3) / length]))
        _tint(pictures, 0.85 * plane.lines(dashes, 0.18), (0.55, 0.55, 0.53, 0.55))
    return np.maximum(mask, verge)


def _beside(line: Sequence[XY] | NDArray[np.float64], offset_m: float) -> NDArray[np.float64]:
    points = np.asarray(line, dtype=float)
    heading = np.gradient(points, axis=0)
    normal = np.stack([heading[:, 1], -heading[:, 0]], axis=1)
    beside: NDArray[np.float64] = points + offset_m * normal / np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    return beside


def _wear(spec: SiteSpec, pictures: list[Grey], plane: Plane, rng: np.random.Generator) -> None:
    """Stall lines and oil where things park in rows; curved tyre tracks in and out of every place."""
    stalls: list[NDArray[np.float64]] = []
    oil = np.zeros(plane.shape, dtype=np.uint8)
    tracks = np.zeros(plane.shape, dtype=np.uint8)
    for flow in spec.flows:
        for block in flow.blocks:
            angle = np.radians(block.axis_deg)
            along = np.array([np.sin(angle), np.cos(angle)])
            across = np.array([np.cos(angle), -np.sin(angle)])
            origin = np.asarray(block.origin)
            is_stall = block.longest_m < 8 and abs((block.heading_deg - block.axis_deg) % 180) < 1
            for r in range(block.rows):
                for c in range(block.columns + 1):
                    at = origin + (c - 0.5) * block.pitch_m[0] * across + r * block.pitch_m[1] * along
                    if is_stall:
                        stalls.append(np.array([at - 2.5 * along, at + 2.5 * along]))
                    elif rng.random() < 0.5 and c < block.columns:
                        _track(tracks, plane, at, along, rng)
                    spot = plane.pixels((at + 0.5 * block.pitch_m[0] * across)[None])[0]
                    if c < block.columns and rng.random() < 0.6:
                        radius = int(rng.integers(1, 3) / plane.gsd_m * 0.5) + 1
                        cv2.circle(oil, (int(spot[0]), int(spot[1])), radius, int(rng.integers(60, 200)), -1)
    _tint(pictures, 0.8 * plane.lines(stalls, 0.12), (0.5, 0.5, 0.48, 0.5))
    soft = np.asarray(cv2.GaussianBlur(oil, (0, 0), 1.0 / plane.gsd_m), dtype=np.float32) / np.float32(255)
    _tint(pictures, 0.5 * soft, (0.05, 0.05, 0.05, 0.06))
    worn = np.asarray(cv2.GaussianBlur(tracks, (0, 0), 0.3 / plane.gsd_m), dtype=np.float32) / np.float32(255)
    _tint(pictures, 0.95 * worn, (0.125, 0.115, 0.102, 0.14))


def _track(
    mask: NDArray[np.uint8], plane: Plane, at: NDArray[np.float64], along: NDArray[np.float64], rng: np.random.Generator
) -> None:
    turn, length = rng.normal(0, 0.05), rng.uniform(18, 60)
    heading = np.arctan2(along[0], along[1]) + rng.choice([0, np.pi, np.pi / 2]) + rng.normal(0, 0.15)
    steps = np.arange(0, length, 2.0)
    angles = heading + turn * steps
    path = at + np.cumsum(2.0 * np.stack([np.sin(angles), np.cos(angles)], axis=1), axis=0)
    for offset in (-0.95, 0.95):
        fixed = fixed_point(plane.pixels(_beside(path, offset)))
        cv2.polylines(mask, [fixed], False, int(rng.integers(70, 200)), 1, cv2.LINE_AA, SHIFT)


def _plant(spec: SiteSpec, plane: Plane, hard: Mask, rng: np.random.Generator) -> tuple[Tree, ...]:
    """Trees in clumps, clear of ground that is built on or driven on."""
    free = cv2.distanceTransform((hard < 0.05).astype(np.uint8), cv2.DIST_L2, 5) * plane.gsd_m
    trees: list[Tree] = []
    width, height = spec.size_m
    for _ in range(40 * spec.trees):
        if len(trees) >= spec.trees:
            break
        if trees and rng.random() < 0.75:
            near = trees[int(rng.integers(len(trees)))]
            x, y = near.x + rng.normal(0, 7), near.y + rng.normal(0, 7)
        else:
            x, y = rng.uniform(-PAD_M, width + PAD_M), rng.uniform(-PAD_M, height + PAD_M)
        radius = float(np.clip(rng.lognormal(0.85, 0.3), 1.2, 4.5))
        column, row = plane.pixels(np.array([[x, y]]))[0].astype(int)
        inside = 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]
        if inside and free[row, column] > radius + 5:
            trees.append(Tree(float(x), float(y), radius, radius * float(rng.uniform(1.6, 2.6))))
    return tuple(trees)


def _crowns(pictures: list[Grey], plane: Plane, trees: tuple[Tree, ...], rng: np.random.Generator) -> None:
    for tree in trees:
        column, row = plane.pixels(np.array([[tree.x, tree.y]]))[0]
        bare, tone = bool(rng.random() < 0.7), float(rng.uniform(0.8, 1.25))
        for _ in range(14):
            r, a = tree.radius_m * np.sqrt(rng.random()) * 0.75, rng.uniform(0, 2 * np.pi)
            blob = max(1, round(tree.radius_m * rng.uniform(0.25, 0.45) / plane.gsd_m))
            at = (round(column + r * np.cos(a) / plane.gsd_m), round(row + r * np.sin(a) / plane.gsd_m))
            lit = tone * (1.0 + 0.35 * (np.sin(a) * r / tree.radius_m) + rng.normal(0, 0.15))
            colour = tuple(c * max(0.3, lit) for c in (0.042, 0.066, 0.030, 0.38))
            cv2.circle(pictures[0], at, blob, colour, -1)
            if not bare or rng.random() < 0.35:
                dull = (0.075, 0.068, 0.050, 0.16) if bare else (0.036, 0.055, 0.030, 0.26)
                cv2.circle(pictures[1], at, blob, tuple(c * max(0.3, lit) for c in dull), -1)


def _roof(building: Building, gsd_m: float, rng: np.random.Generator) -> Grey:
    """Ribbed sheet or flat membrane, streaked, with roof lights or vents."""
    h, w = max(4, round(building.width_m / gsd_m)), max(4, round(building.length_m / gsd_m))
    tone = building.tone * (1 + 0.03 * rng.standard_normal((h, w), dtype=np.float32))
    streak = cv2.resize(rng.standard_normal((max(2, h // 6), w), dtype=np.float32), (w, h))
    tone *= 1 + 0.045 * streak
    x = np.arange(w, dtype=np.float32) * gsd_m
    if building.roof == "gable":
        tone *= 1 + 0.05 * np.sign(np.sin(2 * np.pi * x / 6.0))[None, :]
        for at in np.arange(9.0, building.length_m - 6, 12.0):
            for share in (0.28, 0.72):
                c, r, half = int(at / gsd_m), int(share * h), max(1, int(0.12 * h))
                tone[r - half : r + half, c : c + max(1, int(1.2 / gsd_m))] *= 1.35
        tone[h // 2 - 1 : h // 2 + 1] *= 1.12
    else:
        for _ in range(int(building.length_m * building.width_m / 120) + 1):
            r, c = int(rng.integers(2, max(3, h - 5))), int(rng.integers(2, max(3, w - 5)))
            size = max(1, int(rng.uniform(1.2, 3.2) / gsd_m))
            tone[r - 1 : r + size - 1, c - 1 : c + size + 1] *= 0.55
            tone[r : r + size, c : c + size] = building.tone * rng.uniform(0.9, 1.5)
        tone[:2] *= 1.15
        tone[-2:] *= 0.85
    tint = np.array([1.0, 0.985, 0.97, 1.02], dtype=np.float32)
    return np.asarray(np.clip(tone[:, :, None] * tint, 0.02, 0.85), dtype=np.float32)
