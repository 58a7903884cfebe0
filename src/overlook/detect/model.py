"""An ONNX model as a `Detector`: its card checked against the image, run tile by tile, its boxes merged.

Its scores stay scores. Whether its counts may carry a judgement is not told here: that is for reviews of a site.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.detect.boxes import detections
from overlook.detect.calibration import probabilities_of
from overlook.detect.card import Card, Runtime, read_card
from overlook.detect.conditions import luma_of
from overlook.detect.outside.networks import Network, open_network
from overlook.detect.running import Found, Search, nothing, search
from overlook.detect.tiles import Held, Pixels, fill_values, shape_on_grid
from overlook.errors import ModelError
from overlook.imagery.blocking import seen
from overlook.terms import BandRole, Chip, Scene

#: More network pixels than a site's chip gives at any sensible GSD.
_MAX_PIXELS = 1_500_000_000


class OnnxDetector:
    """A `Detector` that runs the model of `card`. Opening it checks the card, and the model against it.

    `tile_px` bounds memory where the model takes any size, and changes nothing else; `runtime` is the card's own unless
    it is given. Raises ModelError, and UsageError for a runtime that is not installed.
    """

    def __init__(
        self,
        card: Path,
        *,
        threads: int = 1,
        tile_px: int | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self.card: Card = read_card(card)
        self.observer = self.card.name
        self.searched = self.card.classes
        self.thresholds: Mapping[str, float] | None = dict(zip(self.card.classes, self.card.thresholds, strict=True))
        self.tile_px = tile_px
        self._threads, self._runtime = threads, runtime
        _check_network(self.network, self.card)

    def __reduce__(self) -> tuple[object, ...]:
        # A runtime session does not cross process borders; its card does.
        return (_reopen, (self.card.path, self._threads, self.tile_px, self._runtime))

    @cached_property
    def network(self) -> Network:
        return open_network(self.card.weights, self._runtime or self.card.runtime, self._threads)

    def misfit(self, chip: Chip, scene: Scene) -> str:
        """Why the image does not fit the card (its GSD, its bands), "" when it does; no pixel is looked at."""
        try:
            fit(self.card, chip.meta.bands, scene, _pixel_m(chip))
        except ModelError as error:
            return error.what
        return ""

    def detect(self, chip: Chip, scene: Scene) -> pa.Table:
        """The boxes at or above the threshold, ordered by class and place; `notes_of` the table says what did not fit.

        Unseen pixels go in as the median of the seen ones; a box on nothing but unseen pixels is dropped, and the
        notes say so. Raises ModelError when the image's GSD or bands do not fit the card, or the model's output cannot
        be what its card says.
        """
        pixel_m = _pixel_m(chip)
        notes = list(fit(self.card, chip.meta.bands, scene, pixel_m))
        if min(chip.meta.shape) * pixel_m < self.card.margin_px * self.card.gsd_m:
            notes.append(SMALL)
        if not seen(chip.unusable).any():
            notes.append("No pixel of this image is usable: nothing was searched.")
            return self._table(scene, nothing(), notes)
        found = self._found(chip, pixel_m)
        return self._table(scene, found, (*notes, *found.notes))

    def _found(self, chip: Chip, pixel_m: float) -> Found:
        """Merged boxes in chip pixels, and notes on those that were dropped."""
        card = self.card
        scale = pixel_m / card.gsd_m
        n_pixels = math.prod(shape_on_grid(chip.meta.shape, scale))
        if n_pixels > _MAX_PIXELS:
            what = f"resampled to {card.gsd_m:g} m this image has {n_pixels:,} pixels"
            raise ModelError("E-MODEL-GSD", what, where=card.path.name, remedy="use a smaller site or a coarser model")
        held = Held(pixels=_pixels(chip, card), unusable=chip.unusable)

        @contextlib.contextmanager
        def opened() -> Iterator[Pixels]:
            yield held

        how = Search(
            card=card,
            network=self.network,
            scale=scale,
            fill=fill_values(held.pixels, held.unusable),
            least=np.array(card.thresholds),
            tile_px=self.tile_px,
        )
        return search(opened, chip.meta.shape, how)

    def _table(self, scene: Scene, found: Found, notes: Sequence[str]) -> pa.Table:
        classes = tuple(self.card.classes[i] for i in found.classes)
        return detections(
            scene=scene.id,
            observer=self.observer,
            classes=classes,
            corners=found.corners,
            edge=found.edge,
            scores=found.scores,
            probabilities=probabilities_of(found.scores, classes, self.card.calibration),
            notes=notes,
        )


def _reopen(card: Path, threads: int, tile_px: int | None, runtime: Runtime | None) -> OnnxDetector:
    return OnnxDetector(card, threads=threads, tile_px=tile_px, runtime=runtime)


def _check_network(network: Network, card: Card) -> None:
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


SMALL = "The image is smaller than the surroundings that the model judges a box by."


def fit(card: Card, bands: Sequence[BandRole], scene: Scene, pixel_m: float) -> tuple[str, ...]:
    """Notes on what fits badly of an image with these bands, shown at `pixel_m` metres a pixel.

    Raises ModelError for what does not fit at all: a GSD outside the card's range, a band that is not there.
    """
    notes = []
    gsd = max(scene.gsd_m, pixel_m)
    low, high = card.gsd_range_m
    # A map projection changes a scale by less.
    if gsd > high * 1.02:
        what = f"the image's GSD is {gsd:.2g} m, and the model was made for {low:g} to {high:g} m"
        remedy = f"use a model for this GSD, or count by eye what is large enough; {_too_coarse(gsd)}"
        _refuse(card, "GSD", what, remedy)
    if gsd < low / 1.02:
        what = f"the image's GSD is {gsd:.2g} m, and the model was made for {low:g} to {high:g} m"
        _refuse(card, "GSD", what, f"resample it to {low:g} m (gdalwarp -tr {low:g} {low:g} -r average)")
    if gsd > scene.gsd_m * 1.05:
        notes.append(f"The model saw {gsd:.2g} m pixels of the site's grid; the image has {scene.gsd_m:.2g} m.")
    if scene.dtype not in card.dtypes:
        notes.append(
            f"The image has {scene.dtype} samples, stretched to 8 bits; the model knows {', '.join(card.dtypes)}."
        )
    if card.bands == ("grey",) and "grey" not in bands:
        notes.append("Grey was made from red, green and blue.")
    band_columns(bands, card)
    if scene.kind != "image":
        notes.append(f"The model was run on a {scene.kind}, not on an image as it was acquired.")
    return tuple(notes)


def _too_coarse(gsd_m: float) -> str:
    """What an image this coarse cannot give: the pixels of a car and of a lorry, length by width."""
    car, lorry = (f"{length / gsd_m:.0f} by {width / gsd_m:.0f}" for length, width in ((4.5, 1.8), (12.0, 2.5)))
    return f"a car is {car} pixels in it, a lorry {lorry}: single vehicles are not told apart, nor their absence shown"


def band_columns(bands: Sequence[BandRole], card: Card) -> tuple[int, ...]:
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
    columns = band_columns(chip.meta.bands, card)
    pixels: NDArray[np.uint8] = chip.pixels[:, :, list(columns)]
    if len(columns) == len(card.bands):
        return pixels
    return grey_of(pixels)


def grey_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One grey band (rows, columns, 1) of red, green and blue."""
    return np.asarray(np.rint(luma_of(pixels))[:, :, None], dtype=np.uint8)


def _pixel_m(chip: Chip) -> float:
    a, b, _, d, e, _ = chip.meta.transform
    return math.sqrt(abs(a * e - b * d))


def _refuse(card: Card, code: str, what: str, remedy: str) -> NoReturn:
    raise ModelError(f"E-MODEL-{code}", what, where=card.path.name, remedy=remedy)
