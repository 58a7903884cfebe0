"""A model's card: what an ONNX detector takes, gives, and was measured on. A JSON file beside the model.

Field names are those of the STAC Machine Learning Model extension (`mlm:`) where it has them, Overlook's own
(`overlook:`) where not. Says nothing of how good the model is here: that is for reviews.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from overlook.detect.calibration import Calibration, parse_calibration
from overlook.detect.card_fields import (
    Head,
    Part,
    bands_of,
    by_class,
    choice,
    dtypes_of,
    input_structure,
    name_of,
    number,
    only_input,
    outputs_of,
    pair,
    refuse,
    scaling_of,
    whole,
)
from overlook.detect.card_training import Material, material_of, texts_of
from overlook.detect.conditions import Conditions
from overlook.detect.measured import Measured, parse_measured
from overlook.detect.outside import files
from overlook.detect.rates import Rates, Reviewed, rates_of_reviews
from overlook.errors import InputError, ModelError

Runtime = Literal["onnxruntime", "openvino"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a detector needs to be run and read.

    Input: `bands` in the order the model takes them; a band's value v (0–255) goes in as (v - offset) / scale.
    `tile_px` None: any size that is a multiple of `multiple_px`. Output: `outputs` names the tensor of each part of the
    head. GSDs in metres: images are resampled to `gsd_m`, and refused when their own lies outside `gsd_range_m`.
    `dtypes` are the sample types of the images it was made for. `margin_px` is how far, in the model's pixels, a
    box's context reaches; `iou` at what overlap two boxes are one. `thresholds` are the scores from which a box counts,
    in the order of `classes`. `lengths_m`: how long things of a class are as the model draws them, at the median;
    `length_notes` holds vehicles against fixed ranges instead.
    `measured` None: nothing is known of its errors. `rests_on`: in words, what each class was learned from.
    """

    name: str
    path: Path
    weights: Path
    digest: str
    head: Head
    classes: tuple[str, ...]
    outputs: tuple[tuple[Part, str], ...]
    bands: tuple[str, ...]
    offset: tuple[float, ...]
    scale: tuple[float, ...]
    input_dtype: Literal["float32", "uint8"]
    tile_px: int | None
    stride_px: int
    gsd_m: float
    gsd_range_m: tuple[float, float]
    thresholds: tuple[float, ...]
    dtypes: tuple[str, ...] = ("uint8",)
    margin_px: int = 64
    iou: float = 0.5
    multiple_px: int = 32
    is_logit: bool = False
    calibration: tuple[tuple[str, Calibration], ...] = ()
    measured: Measured | None = None
    lengths_m: tuple[tuple[str, float], ...] = ()
    rests_on: tuple[tuple[str, str], ...] = ()
    training: tuple[Material, ...] = ()
    runtime: Runtime = "onnxruntime"

    def threshold_of(self, cls: str) -> float:
        """The score from which a box of a class counts."""
        return self.thresholds[self.classes.index(cls)]

    def rates(self, cls: str, at: Conditions, reviews: Reviewed | None = None) -> Rates | None:
        """How often the model errs for a class under these conditions: as measured, updated by a site's own reviews.

        The reviews alone where the card measured nothing like it; None where neither says.
        """
        known = self.measured.rates(cls, at) if self.measured else None
        if known is not None:
            return known.updated(reviews) if reviews else known
        return rates_of_reviews(reviews) if reviews else None


def read_card(path: Path) -> Card:
    """The card at `path`, checked, and the digest of it with its model. Raises ModelError."""
    try:
        data = files.read_bytes(path)
        plain = json.loads(data)
    except InputError as error:
        raise ModelError("E-MODEL-CARD", error.what, where=path.name, remedy="give the card's path") from error
    except (ValueError, RecursionError) as error:
        raise ModelError("E-MODEL-CARD", "the card is not JSON", where=path.name, remedy="correct it") from error
    if not isinstance(plain, dict):
        refuse(path, "the card is not a JSON object", "start it with {")
    fields: Any = plain
    if plain.get("type") == "Feature":
        fields = plain.get("properties")
        if not isinstance(fields, dict):
            refuse(path, "the card is a STAC Item without properties", "put the mlm: fields in `properties`")
    weights = _weights(path, plain)
    _, digest = files.read_model(weights)
    return _card(path, fields, weights, files.digest_of(data + digest.encode()))


def shipped_card() -> Path:
    """The card of the model that ships. Raises ModelError when this copy of Overlook holds none."""
    cards = sorted((Path(__file__).parent / "models").glob("*.json"))
    if not cards:
        raise ModelError("E-MODEL-NONE", "no model ships with this copy", remedy="name a model's card with --model")
    return cards[-1]


def _card(path: Path, fields: Mapping[str, Any], weights: Path, digest: str) -> Card:
    head = choice(path, fields, "overlook:head", get_args(Head))
    source = only_input(path, fields)
    bands = bands_of(path, source)
    tile_px, dtype = input_structure(path, source, len(bands))
    offset, scale = scaling_of(path, source, len(bands))
    outputs, classes = outputs_of(path, fields, head)
    stride = whole(path, fields, "overlook:stride_px", default=4 if head == "centre-heatmap" else 32)
    margin = whole(path, fields, "overlook:margin_px", default=64)
    if tile_px is not None and (tile_px % stride or tile_px <= 2 * margin):
        what = f"tiles of {tile_px} pixels do not hold a margin of {margin} on both sides in steps of {stride}"
        refuse(path, what, "lower overlook:margin_px or correct overlook:stride_px")
    gsd = number(path, fields, "overlook:gsd_m", low=0.01, high=100)
    low, high = pair(path, fields, "overlook:gsd_range_m")
    if not low <= gsd <= high:
        refuse(path, f"overlook:gsd_m {gsd} is outside overlook:gsd_range_m", "correct one of them")
    return Card(
        name=name_of(path, fields),
        path=path,
        weights=weights,
        digest=digest,
        head=head,
        classes=classes,
        outputs=outputs,
        bands=bands,
        offset=offset,
        scale=scale,
        input_dtype=dtype,
        tile_px=tile_px,
        stride_px=stride,
        gsd_m=gsd,
        gsd_range_m=(low, high),
        thresholds=_thresholds(path, fields, classes),
        dtypes=dtypes_of(path, fields),
        margin_px=margin,
        multiple_px=math.lcm(stride, whole(path, fields, "overlook:tile_multiple_px", default=32)),
        iou=number(path, fields, "overlook:iou", low=0.05, high=0.95, default=0.5),
        is_logit=choice(path, fields, "overlook:scores", ("probability-like", "logits"), "probability-like")
        == "logits",
        calibration=parse_calibration(fields.get("overlook:calibration"), classes, path.name),
        measured=parse_measured(fields.get("overlook:measured"), classes, path.name),
        lengths_m=by_class(path, fields, "overlook:lengths_m", classes, low=0.1, high=500),
        rests_on=texts_of(path, fields, "overlook:rests_on", classes),
        training=material_of(path, fields),
        runtime=choice(path, fields, "overlook:runtime", get_args(Runtime), "onnxruntime"),
    )


def _thresholds(path: Path, fields: Mapping[str, Any], classes: tuple[str, ...]) -> tuple[float, ...]:
    """`overlook:threshold`: one number for all classes, or an object that names each class."""
    given = fields.get("overlook:threshold")
    if not isinstance(given, Mapping):
        return (number(path, fields, "overlook:threshold", low=0, high=1),) * len(classes)
    named = dict(by_class(path, fields, "overlook:threshold", classes, low=0, high=1))
    if missing := [cls for cls in classes if cls not in named]:
        refuse(path, f"overlook:threshold names no score for {missing[0]}", "name every class, or give one number")
    return tuple(named[cls] for cls in classes)


def _weights(path: Path, plain: Mapping[str, Any]) -> Path:
    """The asset with the role `mlm:model`, else the ONNX file of the card's own name. Never elsewhere."""
    assets = plain.get("assets", {})
    named = [a for a in assets.values() if isinstance(a, dict)] if isinstance(assets, dict) else []
    models = [a for a in named if "mlm:model" in (a.get("roles") or ())]
    if len(models) > 1:
        refuse(path, f"{len(models)} assets have the role mlm:model", "keep one")
    href = models[0].get("href") if models else f"{path.stem}.onnx"
    if not isinstance(href, str) or not href or "://" in href:
        refuse(path, "the model's href is not a file name", "put the ONNX file beside the card and name it")
    target = (path.parent / href).resolve()
    if Path(href).is_absolute() or not target.is_relative_to(path.parent.resolve()):
        refuse(path, f"the model ({href[:80]}) lies outside the card's folder", "put it beside the card")
    return path.parent / href
