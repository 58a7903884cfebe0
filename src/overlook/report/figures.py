"""Image chips as figures: which window of them is shown, and what is drawn on top.

Pixels are cut here and encoded in outside.py. For publication the cut is the zone itself: the window of its
bounds, and inside it every pixel outside the zone is blanked; nothing is ever hidden by style alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.report.pairs import Pair, Slot
from overlook.report.words import anchor, isolated, listed, local_text, number, utc_text
from overlook.terms import (
    LOCAL,
    Assessment,
    Boxes,
    Chip,
    ChipMeta,
    Scene,
    Site,
    Zone,
)

#: Longest side of an embedded picture, pixels; larger windows are averaged down by a whole factor.
MAX_SIDE = 900
#: Width and largest height of a picture in its drawing, and the strip below it for scale and north.
DRAW_WIDTH, DRAW_HEIGHT, STRIP = 480.0, 600.0, 40.0
#: Room around the zone in a report that is not for publication, as a share of the zone's longer side.
CONTEXT = 0.12
#: What stands where pixels were removed for publication.
BLANK = 128


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon over the picture, in drawing units; `style` is its line: outline, or the n-th class."""

    points: str
    style: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of one chip: the pixels as a data URI, and over it boxes and the zone's outline."""

    key: str
    uri: str
    hatch_uri: str
    x: float
    width: float
    height: float
    total_height: float
    pixelated: bool
    outline: tuple[Shape, ...]
    boxes: tuple[Shape, ...]
    bar_x1: float
    bar_text: str
    north_deg: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    anchor: str
    side: str
    caption: str
    alt: str
    picture: Picture | None
    why: str
    facts: tuple[tuple[str, str], ...]
    legend: tuple[tuple[int, str], ...]
    credit: str


@dataclass(frozen=True, slots=True)
class FigurePair:
    anchor: str
    title: str
    figures: tuple[Figure, Figure]


def figure_pairs(
    pairs: Sequence[Pair],
    assessment: Assessment,
    chip_of: Callable[[str, str], Chip | None],
    encode: Callable[[NDArray[np.uint8]], str],
    *,
    publication: bool,
    file_of: Mapping[str, str],
) -> tuple[FigurePair, ...]:
    """Read each chip once, cut every zone that needs it, and let the pixels go again.

    `file_of` gives the scene's id as `chip_of` knows it, by the id that the page prints.
    """
    wanted: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for i, pair in enumerate(pairs):
        for k, slot in enumerate(pair.slots):
            if slot.scene:
                wanted.setdefault((slot.scene.id, pair.site.id), []).append((i, k))
    figures: dict[tuple[int, int], Figure] = {}
    for (scene, site), places in wanted.items():
        chip = chip_of(file_of.get(scene, scene), site)
        for i, k in places:
            figures[i, k] = _figure(pairs[i], pairs[i].slots[k], chip, assessment, encode, publication, f"{i}-{k}")
    result = []
    for i, pair in enumerate(pairs):
        before, after = (
            figures.get((i, k)) or _empty(pair, slot, slot.why, f"{i}-{k}") for k, slot in enumerate(pair.slots)
        )
        result.append(FigurePair(anchor("pair", f"{i} {pair.title}"), pair.title, (before, after)))
    return tuple(result)


def _empty(pair: Pair, slot: Slot, why: str, key: str) -> Figure:
    facts = _facts(slot.scene, pair.site) if slot.scene else ()
    title = f"{isolated(pair.zone.name)}, {slot.side}"
    return Figure(anchor("figure", f"{key} {pair.title}"), slot.side, title, why, None, why, facts, (), "")


def _figure(
    pair: Pair,
    slot: Slot,
    chip: Chip | None,
    assessment: Assessment,
    encode: Callable[[NDArray[np.uint8]], str],
    publication: bool,
    key: str,
) -> Figure:
    scene = slot.scene
    if scene is None:
        return _empty(pair, slot, slot.why, key)
    if chip is None:
        why = "The pixels of this image are not in the store. “overlook assess” makes them again."
        return _empty(pair, slot, why, key)
    window = _window(chip, pair.zone, context=0.0 if publication else CONTEXT)
    if window is None:
        return _empty(pair, slot, "The zone lies outside this image's pixels.", key)
    drawn = [b for b in assessment.boxes if b.scene == scene.id and b.site == pair.site.id]
    classes = tuple(dict.fromkeys((b.cls, b.observer) for b in drawn))
    picture, n_boxes, factor = _picture(chip, pair.zone, window, drawn, classes, encode, publication, key)
    legend = tuple((i, f"{isolated(cls)}, drawn by {isolated(observer)}") for i, (cls, observer) in enumerate(classes))
    facts = _facts(scene, pair.site)
    if factor > 1:
        facts += (("Shown at", f"1/{factor} of the grid's resolution"),)
    if picture.hatch_uri:
        facts += (("Hatched", "pixels that could not be used (cloud, mask, no data)"),)
    if publication:
        facts += (("Cropped", "to the zone; pixels outside it were removed"),)
    told = listed(f"{n} {isolated(cls)}" for cls, n in n_boxes.items()) if n_boxes else "no boxes"
    return Figure(
        anchor=anchor("figure", f"{key} {pair.title}"),
        side=slot.side,
        caption=f"{isolated(pair.zone.name)}, {slot.side}: {utc_text(scene.when)}",
        alt=f"Overhead image of {isolated(pair.zone.name)}, {utc_text(scene.when)}. Drawn on it: {told}.",
        picture=picture,
        why="",
        facts=facts,
        legend=legend,
        credit=scene.rights.credit or "credit not stated",
    )


def _facts(scene: Scene, site: Site) -> tuple[tuple[str, str], ...]:
    angle = [("off nadir", scene.off_nadir_deg), ("sun elevation", scene.sun_elevation_deg)]
    angle.append(("sun azimuth", scene.sun_azimuth_deg))
    angles = ", ".join(f"{name} {'not known' if a is None else number(a, 0) + '°'}" for name, a in angle)
    return (
        ("UTC", utc_text(scene.when)),
        ("Local", local_text(scene.when, site)),
        ("Sensor", scene.sensor),
        ("Catalogue id", scene.catalogue_id or "none given"),
        ("Image", scene.id),
        ("Pixel size (GSD)", f"{number(scene.gsd_m)} m"),
        ("Angles", angles),
        ("Why acquired", scene.why_acquired),
        ("Licence", scene.rights.licence or "not stated"),
    )


def _window(chip: Chip, zone: Zone, *, context: float) -> tuple[int, int, int, int] | None:
    """Rows and columns (top, bottom, left, right) of the zone's bounds in the chip, with room around it."""
    points = np.concatenate(_rings(chip.meta, zone))
    rows, cols = chip.meta.shape
    room = context * float(max(np.ptp(points[:, 0]), np.ptp(points[:, 1])))
    left, right = max(math.floor(points[:, 0].min() - room), 0), min(math.ceil(points[:, 0].max() + room), cols)
    top, bottom = max(math.floor(points[:, 1].min() - room), 0), min(math.ceil(points[:, 1].max() + room), rows)
    return (top, bottom, left, right) if bottom > top and right > left else None


def _rings(meta: ChipMeta, zone: Zone) -> list[NDArray[np.float64]]:
    from overlook.imagery import zone_outline

    return [np.asarray(ring, dtype=np.float64) for ring in zone_outline(meta, zone)]


def _inside(meta: ChipMeta, zone: Zone) -> NDArray[np.bool_]:
    from overlook.imagery import zone_pixels

    return np.asarray(zone_pixels(meta, zone), dtype=np.bool_)


def _picture(
    chip: Chip,
    zone: Zone,
    window: tuple[int, int, int, int],
    drawn: Sequence[Boxes],
    classes: tuple[tuple[str, str], ...],
    encode: Callable[[NDArray[np.uint8]], str],
    publication: bool,
    key: str,
) -> tuple[Picture, Counter[str], int]:
    top, bottom, left, right = window
    pixels = visible_bands(chip)[top:bottom, left:right].copy()
    unusable = chip.unusable[top:bottom, left:right] != 0
    inside: NDArray[np.bool_] | None = None
    if publication:
        inside = _inside(chip.meta, zone)[top:bottom, left:right]
        pixels[~inside] = BLANK
        unusable = unusable & inside
    factor = max(1, math.ceil(max(pixels.shape[:2]) / MAX_SIDE))
    pixels = averaged(pixels, factor)
    scale = min(DRAW_WIDTH / (right - left), DRAW_HEIGHT / (bottom - top))
    width, height = round((right - left) * scale, 1), round((bottom - top) * scale, 1)
    x = round((DRAW_WIDTH - width) / 2, 1)
    place = _Placing(left, top, scale, x)
    shapes, counts = _boxes(drawn, classes, window, place, inside)
    bar_m, bar_units = scale_bar(abs(_pixel_m(chip.meta)) / scale, DRAW_WIDTH)
    picture = Picture(
        key=key,
        uri=encode(pixels),
        hatch_uri=encode(hatched(unusable)) if unusable.any() else "",
        x=x,
        width=width,
        height=height,
        total_height=height + STRIP,
        pixelated=scale * factor > 1.5,
        outline=tuple(Shape(place.points(ring), -1) for ring in _rings(chip.meta, zone)),
        boxes=shapes,
        bar_x1=round(8 + bar_units, 1),
        bar_text=f"{bar_m:g} m",
        north_deg=north(chip.meta),
    )
    return picture, counts, factor


@dataclass(frozen=True, slots=True)
class _Placing:
    """Chip pixels to drawing units."""

    left: int
    top: int
    scale: float
    x: float

    def points(self, ring: NDArray[np.float64]) -> str:
        xs = self.x + (ring[:, 0] - self.left) * self.scale
        ys = (ring[:, 1] - self.top) * self.scale
        return " ".join(f"{px:.1f},{py:.1f}" for px, py in zip(xs, ys, strict=True))


def _boxes(
    drawn: Sequence[Boxes],
    classes: tuple[tuple[str, str], ...],
    window: tuple[int, int, int, int],
    place: _Placing,
    inside: NDArray[np.bool_] | None,
) -> tuple[tuple[Shape, ...], Counter[str]]:
    """Boxes whose centre is in the window; for publication, in the zone. Others leave no trace in the page."""
    top, bottom, left, right = window
    shapes, counts = [], Counter[str]()
    for boxes in drawn:
        style = classes.index((boxes.cls, boxes.observer))
        for corners in boxes.corners:
            ring = np.asarray(corners, dtype=np.float64).reshape(-1, 2)
            cx, cy = ring.mean(axis=0)
            if not (left <= cx < right and top <= cy < bottom):
                continue
            if inside is not None and not inside[int(cy) - top, int(cx) - left]:
                continue
            shapes.append(Shape(place.points(ring), style))
            counts[boxes.cls] += 1
    return tuple(shapes), counts


def visible_bands(chip: Chip) -> NDArray[np.uint8]:
    """Red, green, blue where the chip has them; one band otherwise. (rows, columns, 3 or 1), uint8."""
    roles = chip.meta.bands
    wanted = [roles.index(role) for role in ("red", "green", "blue") if role in roles]
    if len(wanted) < 3:
        wanted = [next((i for i, role in enumerate(roles) if role not in ("alpha", "nir")), 0)]
    return chip.pixels[:, :, wanted]


def averaged(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Means of factor x factor blocks; the ragged edge is repeated, so that nothing is cut off."""
    if factor == 1:
        return pixels
    rows, cols, bands = pixels.shape
    padded = np.pad(pixels, ((0, -rows % factor), (0, -cols % factor), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor, bands)
    return np.asarray(blocks.mean(axis=(1, 3)).round(), dtype=np.uint8)


def hatched(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Diagonal lines over the mask as an RGBA picture: white beside black, to be read on any ground."""
    rows, cols = mask.shape
    step = max(8, round(max(rows, cols) / 36))
    line = max(1, step // 7)
    phase = np.add.outer(np.arange(rows), np.arange(cols)) % step
    rgba = np.zeros((rows, cols, 4), dtype=np.uint8)
    rgba[mask & (phase < line)] = (255, 255, 255, 230)
    rgba[mask & (phase >= line) & (phase < 2 * line)] = (0, 0, 0, 230)
    return rgba


def scale_bar(metres_per_unit: float, width: float) -> tuple[float, float]:
    """A round length (1, 2 or 5 times a power of ten) of at most a third of the width: (metres, units)."""
    longest = metres_per_unit * width / 3
    power = 10.0 ** math.floor(math.log10(longest))
    metres = next(m * power for m in (5, 2, 1) if m * power <= longest * (1 + 1e-9))
    return metres, metres / metres_per_unit


def north(meta: ChipMeta) -> float | None:
    """Degrees clockwise from up to grid north; None on a plane without a place on the Earth."""
    if meta.crs == LOCAL:
        return None
    a, b, _, d, e, _ = meta.transform
    # Grid north is (0, 1): solve [a b; d e] p = (0, 1) for the direction in pixels (x right, y down).
    x, y = -b / (a * e - b * d), a / (a * e - b * d)
    return round(math.degrees(math.atan2(x, -y)), 1)


def _pixel_m(meta: ChipMeta) -> float:
    return math.hypot(meta.transform[0], meta.transform[3])
