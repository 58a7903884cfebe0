"""A whole image searched by a model, in no case: boxes in its own pixels, and what they are worth.

Reads what the tiles need and no more. Says of every class how sure the number is, or that nobody knows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats
from overlook.detect.calibration import probabilities_of
from overlook.detect.card import Card
from overlook.detect.conditions import Conditions, conditions_of
from overlook.detect.estimate import Estimate, estimate
from overlook.detect.lengths import length_notes
from overlook.detect.model import SMALL, OnnxDetector, band_columns, fit, grey_of
from overlook.detect.outside.rasters import Sample, SceneFile
from overlook.detect.rates import Rates
from overlook.detect.running import Found, Search, search
from overlook.detect.tiles import Pixels, fill_values
from overlook.errors import ModelError
from overlook.imagery import seen
from overlook.terms import LOCAL, BandRole, Scene

_M2_PER_HA = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """What a model found on a whole image: corners (n, 4, 2) in pixels of the image, ordered by class and place.

    `counted` (n,): at or above the threshold of the class; others were only asked for. `area_ha` is what was usable of
    what was to be searched; `conditions` and `rates` of it, where they are known.
    """

    corners: Floats
    classes: tuple[str, ...]
    scores: Floats
    probabilities: tuple[float | None, ...]
    edge: Bools
    counted: Bools
    area_ha: float
    conditions: Conditions | None
    rates: tuple[tuple[str, Rates], ...]
    notes: tuple[str, ...]

    def count(self, cls: str) -> int:
        """Boxes of a class at or above its threshold."""
        return sum(1 for c, is_counted in zip(self.classes, self.counted, strict=True) if c == cls and is_counted)

    def estimate(self, cls: str, *, level: float = 0.9) -> Estimate | None:
        """Of how many there were on what was searched; None where the model's errors are not known well enough."""
        rates = dict(self.rates).get(cls)
        if rates is None or not rates.is_enough or self.area_ha == 0:
            return None
        return estimate(self.count(cls), rates.found, rates.alarms, self.area_ha, level=level)


def search_image(
    image: Path,
    scene: Scene,
    detector: OnnxDetector,
    *,
    within: shapely.Geometry | None = None,
    min_score: float | None = None,
) -> Searched:
    """Search the image of `scene` at `image`, or the part of it `within` (in its pixels), for the model's classes.

    `min_score` gives boxes below the threshold too; they are not counted. Raises ModelError when the image does not fit
    the card, InputError when its pixels cannot be read.
    """
    card = detector.card
    roles, columns = _bands(scene, detector)
    notes = [*fit(card, roles, scene, scene.gsd_m), *_unsaid(scene, card)]
    if min(scene.shape) * scene.gsd_m < card.margin_px * card.gsd_m:
        notes.append(SMALL)
    file = SceneFile(image, scene, columns)
    notes += file.notes
    bounds = _bounds(within, scene.shape)
    sample = file.sample
    if bounds is not None:
        with file.reader() as reader:
            sample = file.sample_of(reader, bounds)
    sample = _as_card(sample, detector)
    if not seen(sample.unusable).any():
        notes.append("No pixel that was looked at is usable: nothing was searched.")
    low = np.array(card.thresholds if min_score is None else [min(min_score, t) for t in card.thresholds])
    how = Search(
        card=card,
        network=detector.network,
        scale=scene.gsd_m / card.gsd_m,
        fill=fill_values(sample.pixels, sample.unusable),
        least=low,
        tile_px=detector.tile_px,
        within=within,
    )

    @contextlib.contextmanager
    def opened() -> Iterator[Pixels]:
        with file.reader() as reader:
            yield _CardPixels(reader, detector)

    found = search(opened, scene.shape, how)
    return _told(found, scene, detector, sample, notes)


def _told(found: Found, scene: Scene, detector: OnnxDetector, sample: Sample, notes: list[str]) -> Searched:
    card = detector.card
    conditions = conditions_of(sample.pixels, sample.unusable, gsd_m=scene.gsd_m) if found.searched_px else None
    rates = []
    classes = tuple(card.classes[i] for i in found.classes)
    for cls in card.classes if conditions else ():
        known = card.rates(cls, conditions) if conditions else None
        if known is not None:
            rates.append((cls, known))
        notes += _basis(cls, card, conditions, known, has_boxes=cls in classes)
    if rates and card.measured:
        notes.append(f"The model was measured on {card.measured.on}. No image of this place and sensor was reviewed.")
    counted = found.scores >= np.array(card.thresholds)[found.classes]
    good = counted & ~found.edge
    notes += length_notes(found.corners[good], [c for c, g in zip(classes, good, strict=True) if g], card, scene.gsd_m)
    return Searched(
        corners=found.corners,
        classes=classes,
        scores=found.scores,
        probabilities=tuple(probabilities_of(found.scores, classes, card.calibration)),
        edge=found.edge,
        counted=np.asarray(counted, dtype=np.bool_),
        area_ha=found.searched_px * _pixel_area_m2(scene) / _M2_PER_HA,
        conditions=conditions,
        rates=tuple(rates),
        notes=(*notes, *found.notes),
    )


def _unsaid(scene: Scene, card: Card) -> Iterator[str]:
    """What an image without a place leaves to trust: its scale, and that it was taken from above."""
    if scene.crs != LOCAL:
        return
    yield f"The GSD of {scene.gsd_m:.3g} m was given by hand, not by the file: every count and area rests on it."
    how = "measured on" if card.measured else "made for"
    yield f"Nothing tells whether this is an overhead image like those the model was {how}."


def _basis(cls: str, card: Card, at: Conditions | None, known: Rates | None, *, has_boxes: bool) -> Iterator[str]:
    """What boxes of a class and the number beside them rest on, or why there is no number."""
    told = dict(card.rests_on).get(cls)
    if told and has_boxes:
        yield f"{cls}: what the model knows of it rests on {told}."
    if known is not None and known.is_enough:
        yield f"{cls}: how many there were is estimated from {known.basis}."
    elif known is not None:
        things = f"{known.things} thing{'s' * (known.things != 1)}"
        yield f"{cls}: too few measured to say how many there were ({things})."
    elif card.measured is None:
        yield f"{cls}: how many it misses is not known, the model's card holds no measurement."
    elif not any(row.cls == cls for row in card.measured.rows):
        # Where the card's own words stand above, they say it.
        if not (told and has_boxes):
            yield f"{cls}: how many it misses is not known, the card measured none."
    elif at is not None:
        yield (
            f"{cls}: how many it misses is not known, the card measured none at {at.gsd_m:.2g} m, brightness "
            f"{at.brightness:.0f} and {at.shadow_share:.0%} shadow."
        )


def _pixel_area_m2(scene: Scene) -> float:
    # Its GSD is of the coarser side; pixels of an image worth counting on are square to a hundredth.
    return scene.gsd_m**2


def _bands(scene: Scene, detector: OnnxDetector) -> tuple[tuple[BandRole, ...], tuple[int, ...]]:
    """The roles that the model's bands are made from, and their numbers in the file (from 1). Raises ModelError."""
    if "grey" not in scene.bands and not {"red", "green", "blue"} <= set(scene.bands):
        what = f"its bands are {', '.join(scene.bands)}, and which of them is what a person sees is not known"
        raise ModelError("E-MODEL-BANDS", what, where=scene.path, remedy="name them with a STAC Item beside the image")
    return scene.bands, tuple(i + 1 for i in band_columns(scene.bands, detector.card))


def _bounds(within: shapely.Geometry | None, shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of what is searched, in pixels; None for all, or for nothing of the image."""
    if within is None:
        return None
    left, top, right, bottom = shapely.bounds(shapely.intersection(within, shapely.box(0, 0, shape[1], shape[0])))
    if not math.isfinite(left):
        return None
    return math.floor(top), math.floor(left), max(math.ceil(bottom), 1), max(math.ceil(right), 1)


def _as_card(sample: Sample, detector: OnnxDetector) -> Sample:
    return Sample(pixels=_made_grey(sample.pixels, detector), unusable=sample.unusable)


def _made_grey(pixels: NDArray[np.uint8], detector: OnnxDetector) -> NDArray[np.uint8]:
    return grey_of(pixels) if pixels.shape[2] > len(detector.card.bands) else pixels


class _CardPixels:
    """An image's windows in the bands that the card takes."""

    def __init__(self, reader: Pixels, detector: OnnxDetector) -> None:
        self._reader, self._detector = reader, detector

    @property
    def shape(self) -> tuple[int, int]:
        return self._reader.shape

    def read(self, row: int, column: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        pixels, unusable = self._reader.read(row, column, height, width)
        return _made_grey(pixels, self._detector), unusable
