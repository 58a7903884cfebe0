"""An ONNX model as a `Detector`: its card checked against the image, run tile by tile, its boxes merged.

Its scores stay scores. Until images of a site and sensor were reviewed it is provisional: it points, it does not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.detect import outside
from overlook.detect.boxes import Floats, areas_of, centres_of, cut_by_edge, detections, seen_share
from overlook.detect.calibration import probabilities_of
from overlook.detect.card import Card, read_card
from overlook.detect.conditions import LUMA
from overlook.detect.decode import Decoded, decode
from overlook.detect.merge import merged
from overlook.detect.tiles import Resampled, fill_values, plan_tiles, tiles_to_run
from overlook.errors import ModelError
from overlook.terms import USABLE, BandRole, Chip, Scene

#: Side of a tile in network pixels when the model takes any size.
DEFAULT_TILE_PX = 1024
#: More network pixels than a site's chip gives at any sensible GSD.
_MAX_PIXELS = 1_500_000_000
#: More boxes at the threshold than any site holds: the threshold or the scores are wrong.
_MAX_BOXES = 200_000


class OnnxDetector:
    """A `Detector` that runs the model of `card`. Opening it checks the card, and the model against it.

    `tile_px` bounds memory where the model takes any size, and changes nothing else. Raises ModelError.
    """

    def __init__(self, card: Path, *, provisional: bool, threads: int = 1, tile_px: int | None = None) -> None:
        self.card: Card = read_card(card)
        self.provisional = provisional
        self.observer = self.card.name
        self.searched = self.card.classes
        self.threshold: float | None = min(self.card.thresholds)
        self._threads = threads
        self._asked_tile_px = tile_px
        _check_network(self._network, self.card)

    def __reduce__(self) -> tuple[object, ...]:
        # A runtime session does not cross process borders; its card does.
        return (_reopen, (self.card.path, self.provisional, self._threads, self._asked_tile_px))

    @cached_property
    def _network(self) -> outside.Network:
        return outside.Network(self.card.weights, self._threads)

    def misfit(self, chip: Chip, scene: Scene) -> str:
        """Why the image does not fit the card (its GSD, its bands), "" when it does; no pixel is looked at."""
        try:
            _fit(self.card, chip, scene)
        except ModelError as error:
            return error.what
        return ""

    def detect(self, chip: Chip, scene: Scene) -> pa.Table:
        """The boxes at or above the threshold, ordered by class and place; `notes_of` the table says what did not fit.

        Unseen pixels go in as the median of the seen ones; a box on nothing but unseen pixels is dropped, and the
        notes say so. Raises ModelError when the image's GSD or bands do not fit the card, or the model's output cannot
        be what its card says.
        """
        notes = list(_fit(self.card, chip, scene))
        if not (chip.unusable == USABLE).any():
            notes.append("No pixel of this image is usable: nothing was searched.")
            return self._table(scene, _none(), chip, notes)
        found, dropped = self._found(chip)
        return self._table(scene, found, chip, (*notes, *dropped))

    def _found(self, chip: Chip) -> tuple[Decoded, tuple[str, ...]]:
        """Merged boxes in chip pixels, and notes on those that were dropped."""
        card = self.card
        bands = _pixels(chip, card)
        scale = _pixel_m(chip) / card.gsd_m
        image = Resampled(pixels=bands, unusable=chip.unusable, fill=fill_values(bands, chip.unusable), scale=scale)
        if math.prod(image.shape) > _MAX_PIXELS:
            what = f"resampled to {card.gsd_m:g} m this image has {math.prod(image.shape):,} pixels"
            raise ModelError("E-MODEL-GSD", what, where=card.path.name, remedy="use a smaller site or a coarser model")
        size = self._tile_px(image.shape)
        tiles = plan_tiles(image.shape, tile_px=size, margin_px=card.margin_px, stride_px=card.stride_px)
        parts = []
        for tile in tiles_to_run(image, tiles):
            outputs = self._network.run(_batch(image.window(tile.row, tile.column, size), card))
            part = decode(outputs, card, size, np.array(card.thresholds))
            placed = part.corners + np.array([tile.column, tile.row], dtype=np.float64)
            mine = tile.owns(centres_of(placed))
            parts.append(_rows(Decoded(corners=placed, scores=part.scores, classes=part.classes), mine))
            if sum(len(part.scores) for part in parts) > _MAX_BOXES:
                what = f"more than {_MAX_BOXES:,} boxes reach the threshold on one image"
                _refuse(card, "BOXES", what, "raise overlook:threshold, or check overlook:scores")
        found, notes = _plausible(_joined(parts), scale, chip.unusable)
        found = _rows(found, merged(found.corners, found.scores, found.classes, card.iou))
        corners, scores = np.round(found.corners / scale, 3), np.round(found.scores, 5)
        return Decoded(corners=corners, scores=scores, classes=found.classes), notes

    def _tile_px(self, shape: tuple[int, int]) -> int:
        """The model's own tile, or one that holds the image with its margins, up to the size asked for."""
        if self.card.tile_px is not None:
            return self.card.tile_px
        step = self.card.stride_px
        least = 2 * self.card.margin_px + step
        wanted = min(self._asked_tile_px or DEFAULT_TILE_PX, max(shape) + 2 * self.card.margin_px)
        return math.ceil(max(wanted, least) / step) * step

    def _table(self, scene: Scene, found: Decoded, chip: Chip, notes: Sequence[str]) -> pa.Table:
        classes = tuple(self.card.classes[i] for i in found.classes)
        return detections(
            scene=scene.id,
            observer=self.observer,
            classes=classes,
            corners=found.corners,
            edge=cut_by_edge(found.corners, chip.unusable),
            scores=found.scores,
            probabilities=probabilities_of(found.scores, classes, self.card.calibration),
            notes=notes,
        )


def _reopen(card: Path, provisional: bool, threads: int, tile_px: int | None) -> OnnxDetector:
    return OnnxDetector(card, provisional=provisional, threads=threads, tile_px=tile_px)


def _check_network(network: outside.Network, card: Card) -> None:
    """What can be said before an image is seen: one input of the card's kind, and the named outputs."""
    if len(network.inputs) != 1:
        _refuse(card, "INPUT", f"the model takes {len(network.inputs)} inputs, not one image", "export it with one")
    name, shape, kind = network.inputs[0]
    if kind != {"float32": "tensor(float)", "uint8": "tensor(uint8)"}[card.input_dtype]:
        _refuse(
            card, "INPUT", f"its input {name} is a {kind}, and the card says {card.input_dtype}", "correct data_type"
        )
    wanted = (1, len(card.bands), card.tile_px, card.tile_px)
    is_fit = len(shape) == 4 and all(
        not isinstance(given, int) or want is None or given == want for given, want in zip(shape, wanted, strict=True)
    )
    if not is_fit or (card.tile_px is None and any(isinstance(given, int) for given in shape[2:])):
        _refuse(card, "INPUT", f"its input {name} has shape {list(shape)}, not the card's", "correct the input's shape")
    given = {name for name, _, _ in network.outputs}
    for part, name in card.outputs:
        if name not in given:
            what = f"the model has no output {name!r} for its {part}; it has {', '.join(sorted(given))}"
            _refuse(card, "OUTPUT", what, "correct the names in mlm:output")


def _fit(card: Card, chip: Chip, scene: Scene) -> tuple[str, ...]:
    """Notes on what fits badly. Raises ModelError for what does not fit at all."""
    notes = []
    gsd = max(scene.gsd_m, _pixel_m(chip))
    low, high = card.gsd_range_m
    if not low <= gsd <= high:
        what = f"the image's GSD is {gsd:.2g} m, and the model was made for {low:g} to {high:g} m"
        _refuse(card, "GSD", what, "use a model for this GSD, or count by eye")
    if gsd > scene.gsd_m * 1.05:
        notes.append(f"The model saw {gsd:.2g} m pixels of the site's grid; the image has {scene.gsd_m:.2g} m.")
    if scene.dtype not in card.dtypes:
        notes.append(
            f"The image has {scene.dtype} samples, stretched to 8 bits; the model knows {', '.join(card.dtypes)}."
        )
    if card.bands == ("grey",) and "grey" not in chip.meta.bands:
        notes.append("Grey was made from red, green and blue.")
    _band_columns(chip.meta.bands, card)
    if min(chip.meta.shape) * _pixel_m(chip) < card.margin_px * card.gsd_m:
        notes.append("The image is smaller than the surroundings that the model judges a box by.")
    if scene.kind != "image":
        notes.append(f"The model was run on a {scene.kind}, not on an image as it was acquired.")
    return tuple(notes)


def _band_columns(bands: Sequence[BandRole], card: Card) -> tuple[int, ...]:
    """Where the model's bands are in the chip; red, green and blue for grey that is not there."""
    wanted: Sequence[str] = card.bands
    if wanted == ("grey",) and "grey" not in bands:
        wanted = ("red", "green", "blue")
    if missing := [band for band in wanted if band not in bands]:
        what = f"the image has no {missing[0]} band; it has {', '.join(bands)}"
        _refuse(card, "BANDS", what, "use a model for these bands, or count by eye")
    return tuple(list(bands).index(band) for band in wanted)  # type: ignore[arg-type]


def _pixels(chip: Chip, card: Card) -> NDArray[np.uint8]:
    """The chip's pixels (rows, columns, bands) in the card's bands and order."""
    columns = _band_columns(chip.meta.bands, card)
    pixels: NDArray[np.uint8] = chip.pixels[:, :, list(columns)]
    if len(columns) == len(card.bands):
        return pixels
    return np.asarray(np.rint(pixels @ np.array(LUMA))[:, :, None], dtype=np.uint8)


def _pixel_m(chip: Chip) -> float:
    a, b, _, d, e, _ = chip.meta.transform
    return math.sqrt(abs(a * e - b * d))


def _batch(tile: NDArray[np.float32], card: Card) -> NDArray[np.generic]:
    values = (tile - np.array(card.offset, dtype=np.float32)) / np.array(card.scale, dtype=np.float32)
    planes = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
    if card.input_dtype == "uint8":
        return np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return planes


def _plausible(found: Decoded, scale: float, unusable: NDArray[np.uint8]) -> tuple[Decoded, tuple[str, ...]]:
    """Without boxes that have no size, or lie on nothing but unseen pixels: those are of the network's making."""
    is_sized = areas_of(found.corners) > 0
    is_seen = seen_share(found.corners / scale, unusable) > 0
    notes = []
    if not is_sized.all():
        notes.append("Boxes without a size were dropped.")
    if not is_seen.all():
        notes.append("Boxes on nothing but unseen pixels were dropped.")
    return _rows(found, is_sized & is_seen), tuple(notes)


def _none() -> Decoded:
    return Decoded(corners=np.zeros((0, 4, 2)), scores=np.zeros(0), classes=np.zeros(0, dtype=np.int64))


def _rows(found: Decoded, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Decoded:
    return Decoded(corners=found.corners[rows], scores=found.scores[rows], classes=found.classes[rows])


def _joined(parts: Sequence[Decoded]) -> Decoded:
    if not parts:
        return _none()
    corners: Floats = np.concatenate([part.corners for part in parts])
    return Decoded(
        corners=corners,
        scores=np.concatenate([part.scores for part in parts]),
        classes=np.concatenate([part.classes for part in parts]),
    )


def _refuse(card: Card, code: str, what: str, remedy: str) -> NoReturn:
    raise ModelError(f"E-MODEL-{code}", what, where=card.path.name, remedy=remedy)
