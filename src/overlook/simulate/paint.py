"""Overhead pictures of vehicles and containers with their shadows, at any scale: for simulated images and composites.

A thing is drawn at several times the wanted scale, in its own stamp, and averaged down: it has true sub-pixel position,
soft edges and an opacity, and can be laid on any canvas of reflectance. Sizes are of real makes: ISO 668 containers
(6.06 and 12.19 x 2.44 m), cars of 3.6 to 5 m, trucks up to 16.5 m. Nothing here draws random numbers but `draw_thing`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.float32]
#: Reflectance of red, green, blue and near infrared.
Colour: TypeAlias = tuple[float, float, float, float]
_GLASS: Colour = (0.025, 0.03, 0.035, 0.04)
_TYRE: Colour = (0.03, 0.03, 0.03, 0.04)
#: Sunlight left in a shadow: skylight, by band; blue sky lights blue most.
SKYLIGHT: Colour = (0.25, 0.28, 0.325, 0.20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A kind of thing: ranges of its size in metres, and the colours it comes in with their weights."""

    shape: Literal["car", "van", "truck", "container"]
    length_m: tuple[float, float]
    width_m: tuple[float, float]
    height_m: tuple[float, float]
    colours: tuple[tuple[Colour, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One vehicle or container: its centre in the site's plane (metres), heading clockwise from grid north, size."""

    cls: str
    model: str
    x: float = 0.0
    y: float = 0.0
    heading_deg: float = 0.0
    length_m: float
    width_m: float
    height_m: float
    colour: Colour
    accent: Colour

    def corners(self, *, x: float | None = None, y: float | None = None) -> NDArray[np.float64]:
        """(4, 2) corners round the box in the site's plane, metres."""
        u, v = _axes(self.heading_deg)
        half = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * [self.length_m / 2, self.width_m / 2]
        centre = np.array([self.x if x is None else x, self.y if y is None else y])
        corners: NDArray[np.float64] = centre + half[:, :1] * u + half[:, 1:] * v
        return corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunlight:
    """Where shadows fall: azimuth of the sun from grid north and its elevation, degrees."""

    azimuth_deg: float
    elevation_deg: float

    def shadow_m(self, height_m: float) -> tuple[float, float]:
        """The shadow's tip of a thing of that height: metres to grid east and north. At most 12 heights long."""
        reach = height_m * min(12.0, 1 / math.tan(math.radians(max(self.elevation_deg, 0.1))))
        angle = math.radians(self.azimuth_deg)
        return -reach * math.sin(angle), -reach * math.cos(angle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A drawn thing: `colour` (h, w, 4) reflectance, `opacity` and `shadow` (h, w) in [0, 1]; its place."""

    colour: Grey
    opacity: Grey
    shadow: Grey
    row: int
    column: int


def _grey(level: float, nir: float | None = None) -> Colour:
    return (level, level, level * 1.01, level if nir is None else nir)


_CARS: tuple[tuple[Colour, float], ...] = (
    (_grey(0.62), 24),
    (_grey(0.40), 18),
    (_grey(0.17), 17),
    (_grey(0.035), 17),
    ((0.30, 0.035, 0.03, 0.34), 7),
    ((0.05, 0.10, 0.26, 0.12), 9),
    ((0.07, 0.13, 0.08, 0.20), 2),
    ((0.30, 0.25, 0.17, 0.34), 4),
    ((0.42, 0.34, 0.05, 0.50), 2),
)
_CABS: tuple[tuple[Colour, float], ...] = (
    (_grey(0.60), 5),
    ((0.34, 0.05, 0.04, 0.40), 2),
    ((0.05, 0.12, 0.30, 0.15), 2),
    ((0.42, 0.30, 0.05, 0.50), 1),
    ((0.09, 0.14, 0.08, 0.24), 1),
)
_TRAILERS: tuple[tuple[Colour, float], ...] = (
    (_grey(0.66), 6),
    (_grey(0.42), 3),
    ((0.09, 0.16, 0.32, 0.20), 2),
    ((0.30, 0.10, 0.07, 0.38), 1),
    ((0.13, 0.19, 0.12, 0.28), 1),
)
_CONTAINERS: tuple[tuple[Colour, float], ...] = (
    ((0.27, 0.085, 0.05, 0.33), 6),
    ((0.05, 0.12, 0.27, 0.14), 5),
    ((0.07, 0.17, 0.11, 0.26), 3),
    (_grey(0.36), 3),
    (_grey(0.60), 3),
    ((0.42, 0.20, 0.05, 0.48), 2),
)
MODELS: dict[str, Model] = {
    "car": Model(shape="car", length_m=(3.9, 4.8), width_m=(1.7, 1.88), height_m=(1.4, 1.7), colours=_CARS),
    "van": Model(shape="van", length_m=(5.0, 6.2), width_m=(1.95, 2.1), height_m=(2.0, 2.7), colours=_TRAILERS),
    "truck": Model(shape="truck", length_m=(7.2, 9.8), width_m=(2.4, 2.55), height_m=(3.2, 3.8), colours=_TRAILERS),
    "semitrailer": Model(
        shape="truck", length_m=(15.2, 16.5), width_m=(2.5, 2.55), height_m=(3.6, 4.0), colours=_TRAILERS
    ),
    "container-20ft": Model(
        shape="container", length_m=(6.06, 6.06), width_m=(2.44, 2.44), height_m=(2.59, 2.59), colours=_CONTAINERS
    ),
    "container-40ft": Model(
        shape="container", length_m=(12.19, 12.19), width_m=(2.44, 2.44), height_m=(2.59, 2.9), colours=_CONTAINERS
    ),
}


def draw_thing(model: str, cls: str, rng: np.random.Generator) -> Thing:
    """A thing of a model with its size and paint drawn, standing at the origin. Raises ValueError for no such model."""
    if model not in MODELS:
        raise ValueError(f"no model {model}; there are {', '.join(MODELS)}")
    kind = MODELS[model]
    length, width, height = (float(rng.uniform(*r)) for r in (kind.length_m, kind.width_m, kind.height_m))
    return Thing(
        cls=cls,
        model=model,
        length_m=length,
        width_m=width,
        height_m=height,
        colour=_pick(kind.colours, rng),
        accent=_pick(_CABS, rng),
    )


def paint(thing: Thing, *, column: float, row: float, gsd_m: float, sun: Sunlight, turn_deg: float = 0.0) -> Stamp:
    """The stamp of a thing with its centre at (`column`, `row`) of a canvas: y down, (0, 0) the first pixel's corner.

    `turn_deg` turns a canvas that is not north-up. The thing is drawn four to eight times finer than the canvas.
    """
    over = max(4, min(8, round(gsd_m / 0.1)))
    heading = math.radians(thing.heading_deg + turn_deg)
    tip = np.array(sun.shadow_m(thing.height_m))
    reach = math.hypot(thing.length_m, thing.width_m) / 2 + 2 * gsd_m
    lo = np.minimum(-reach, tip - reach)
    hi = np.maximum(reach, tip + reach)
    left, top = math.floor(column + lo[0] / gsd_m), math.floor(row - hi[1] / gsd_m)
    width, height = math.ceil(column + hi[0] / gsd_m) - left, math.ceil(row - lo[1] / gsd_m) - top
    frame = _Frame(
        colour=np.zeros((height * over, width * over, 4), dtype=np.float32),
        opacity=np.zeros((height * over, width * over), dtype=np.float32),
        centre=((column - left) * over, (row - top) * over),
        scale=over / gsd_m,
        heading=heading,
    )
    _draw(frame, thing)
    shadow = np.zeros_like(frame.opacity)
    outline = frame.pixels(frame.inset(_box(-thing.length_m / 2, thing.length_m / 2, thing.width_m / 2)))
    away = outline + np.array([tip[0], -tip[1]]) * frame.scale
    cv2.fillConvexPoly(shadow, fixed_point(convex_hull(np.concatenate([outline, away]))), 1.0, shift=SHIFT)
    opacity = _shrink(frame.opacity, over)
    colour = _shrink(frame.colour * frame.opacity[:, :, None], over)
    colour /= np.maximum(opacity, 1e-3)[:, :, None]
    return Stamp(colour=colour, opacity=opacity, shadow=_shrink(shadow, over), row=top, column=left)


def lay_shadow(light: Grey, stamp: Stamp) -> None:
    """Darken `light` (rows, columns: share of direct sunlight) under the stamp's shadow, in place. Cut at the edge."""
    window, piece = _overlap(light.shape[:2], stamp)
    if piece is not None:
        light[window] = np.minimum(light[window], 1 - stamp.shadow[piece])


def lay_body(canvas: Grey, light: Grey, stamp: Stamp) -> None:
    """Lay the stamp's body on `canvas` (rows, columns, 4), in full sunlight, in place. Cut at the edge."""
    window, piece = _overlap(canvas.shape[:2], stamp)
    if piece is not None:
        opacity = stamp.opacity[piece]
        canvas[window] += opacity[:, :, None] * (stamp.colour[piece] - canvas[window])
        light[window] += opacity * (1 - light[window])


@dataclass(frozen=True, slots=True)
class _Frame:
    """A fine canvas with a thing's axes: u ahead, v to its right."""

    colour: Grey
    opacity: Grey
    centre: tuple[float, float]
    scale: float
    heading: float

    def inset(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """OpenCV fills the pixels that an outline touches, half a fine pixel too much on every side: take it off."""
        inset: NDArray[np.float64] = uv - 0.5 / self.scale * np.sign(uv - uv.mean(axis=0))
        return inset

    def pixels(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        sin, cos = math.sin(self.heading), math.cos(self.heading)
        east, north = uv[:, 0] * sin + uv[:, 1] * cos, uv[:, 0] * cos - uv[:, 1] * sin
        return np.stack([self.centre[0] + east * self.scale, self.centre[1] - north * self.scale], axis=1)

    def fill(self, uv: NDArray[np.float64], colour: Colour, *, body: bool = False) -> None:
        points = fixed_point(self.pixels(self.inset(uv)))
        cv2.fillConvexPoly(self.colour, points, colour, shift=SHIFT)
        if body:
            cv2.fillConvexPoly(self.opacity, points, 1.0, shift=SHIFT)


def _shrink(fine: Grey, over: int) -> Grey:
    """Means of `over` x `over` pixels."""
    rows, columns = fine.shape[0] // over, fine.shape[1] // over
    return np.asarray(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)


#: Bits of fraction in the coordinates that OpenCV draws with.
SHIFT = 4


def fixed_point(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Corner-origin pixels to OpenCV's fixed point, whose origin is the first pixel's centre."""
    return np.round((points - 0.5) * (1 << SHIFT)).astype(np.int32)


def convex_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, 2) corners of the convex hull of (n, 2) points, in order."""
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)


def _overlap(
    shape: tuple[int, ...], stamp: Stamp
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | tuple[tuple[slice, slice], None]:
    h, w = stamp.opacity.shape
    top, left = max(stamp.row, 0), max(stamp.column, 0)
    bottom, right = min(stamp.row + h, shape[0]), min(stamp.column + w, shape[1])
    window = (slice(top, max(bottom, top)), slice(left, max(right, left)))
    if bottom <= top or right <= left:
        return window, None
    return window, (slice(top - stamp.row, bottom - stamp.row), slice(left - stamp.column, right - stamp.column))


def _axes(heading_deg: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = math.radians(heading_deg)
    return np.array([math.sin(angle), math.cos(angle)]), np.array([math.cos(angle), -math.sin(angle)])


def _pick(colours: tuple[tuple[Colour, float], ...], rng: np.random.Generator) -> Colour:
    weights = np.array([weight for _, weight in colours])
    colour = colours[int(rng.choice(len(colours), p=weights / weights.sum()))][0]
    faded = float(rng.uniform(0.85, 1.12))
    r, g, b, n = (min(0.9, c * faded) for c in colour)
    return r, g, b, n


def _times(colour: Colour, factor: float) -> Colour:
    r, g, b, n = (min(0.95, c * factor) for c in colour)
    return r, g, b, n


def _box(back: float, front: float, half: float, chamfer: float = 0.0) -> NDArray[np.float64]:
    """A rectangle along u from `back` to `front`, its corners cut by `chamfer`; metres."""
    c = chamfer
    if c == 0:
        return np.array([[front, half], [front, -half], [back, -half], [back, half]])
    return np.array(
        [
            [front, half - c],
            [front, c - half],
            [front - c, -half],
            [back + c, -half],
            [back, c - half],
            [back, half - c],
            [back + c, half],
            [front - c, half],
        ]
    )


def _car(frame: _Frame, thing: Thing) -> None:
    length, half = thing.length_m, thing.width_m / 2
    nose = length / 2
    frame.fill(_box(-nose, nose, half, 0.35), thing.colour, body=True)
    frame.fill(_box(-nose + 0.05, -nose + 0.35, half * 0.75), _times(thing.colour, 0.8))
    glass = np.array([[nose - 0.27 * length, 0.86 * half], [nose - 0.27 * length, -0.86 * half]])
    sill = np.array([[nose - 0.40 * length, -0.74 * half], [nose - 0.40 * length, 0.74 * half]])
    frame.fill(np.concatenate([glass, sill]), _GLASS)
    rear = np.array([[-nose + 0.22 * length, 0.74 * half], [-nose + 0.22 * length, -0.74 * half]])
    boot = np.array([[-nose + 0.12 * length, -0.84 * half], [-nose + 0.12 * length, 0.84 * half]])
    frame.fill(np.concatenate([rear, boot]), _GLASS)
    frame.fill(_box(-nose + 0.18 * length, nose - 0.34 * length, half * 0.92), _GLASS)
    frame.fill(_box(-nose + 0.20 * length, nose - 0.38 * length, half * 0.76, 0.1), _times(thing.colour, 1.12))


def _van(frame: _Frame, thing: Thing) -> None:
    nose, half = thing.length_m / 2, thing.width_m / 2
    frame.fill(_box(-nose, nose, half, 0.2), thing.colour, body=True)
    frame.fill(_box(nose - 1.55, nose - 0.85, half * 0.88), _GLASS)
    frame.fill(_box(-nose + 0.1, nose - 1.6, half * 0.9), _times(thing.colour, 1.08))


def _truck(frame: _Frame, thing: Thing) -> None:
    nose, half = thing.length_m / 2, thing.width_m / 2
    cab = 2.1
    frame.fill(_box(-nose + 0.3, nose - 0.2, half * 0.6), _TYRE, body=True)
    frame.fill(_box(nose - cab, nose, half * 0.97, 0.25), thing.accent, body=True)
    frame.fill(_box(nose - 0.55, nose - 0.15, half * 0.85), _GLASS)
    gap = cab + (0.8 if thing.length_m > 12 else 0.25)
    frame.fill(_box(-nose, nose - gap, half), thing.colour, body=True)
    frame.fill(_box(-nose + 0.12, nose - gap - 0.12, half * 0.9), _times(thing.colour, 1.1))
    for u in np.arange(-nose + 1.2, nose - gap - 0.6, 1.2):
        frame.fill(_box(u, u + 0.1, half * 0.9), _times(thing.colour, 0.92))


def _container(frame: _Frame, thing: Thing) -> None:
    nose, half = thing.length_m / 2, thing.width_m / 2
    frame.fill(_box(-nose, nose, half), _times(thing.colour, 0.72), body=True)
    frame.fill(_box(-nose + 0.1, nose - 0.1, half - 0.1), thing.colour)
    for u in np.arange(-nose + 0.25, nose - 0.25, 0.56):
        frame.fill(_box(u, u + 0.28, half - 0.16), _times(thing.colour, 1.16))
    for end in (-nose + 0.02, nose - 0.22):
        frame.fill(_box(end, end + 0.2, half - 0.05), _times(thing.colour, 0.85))


def _draw(frame: _Frame, thing: Thing) -> None:
    match MODELS[thing.model].shape:
        case "car":
            _car(frame, thing)
        case "van":
            _van(frame, thing)
        case "truck":
            _truck(frame, thing)
        case "container":
            _container(frame, thing)
