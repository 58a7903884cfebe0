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
from typing import Any, Literal, NoReturn, get_args

from overlook.detect import outside
from overlook.detect.calibration import Calibration, parse_calibration
from overlook.errors import InputError, ModelError

Head = Literal["yolo-detect", "yolo-obb", "centre-heatmap"]
Part = Literal["boxes", "heat", "size", "angle", "offset"]
_PARTS: dict[str, tuple[tuple[Part, ...], tuple[Part, ...]]] = {
    # what a head must give, and what it may give
    "yolo-detect": (("boxes",), ()),
    "yolo-obb": (("boxes",), ()),
    "centre-heatmap": (("heat", "size"), ("angle", "offset")),
}
_BANDS = ("red", "green", "blue", "nir", "grey")
_GREY = ("gray", "pan", "panchromatic")
_SCALINGS = {
    "min-max": ("minimum", "maximum"),
    "z-score": ("mean", "stddev"),
    "offset": ("value",),
    "scale": ("value",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a detector needs to be run and read.

    Input: `bands` in the order the model takes them; a band's value v (0–255) goes in as (v - offset) / scale.
    `tile_px` None: any size that is a multiple of `stride_px`. Output: `outputs` names the tensor of each part of the
    head. GSDs in metres: images are resampled to `gsd_m`, and refused when their own lies outside `gsd_range_m`.
    `dtypes` are the sample types of the images it was made for. `margin_px` is how far, in the model's pixels, a
    box's context reaches; `iou` at what overlap two boxes are one.
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
    threshold: float
    dtypes: tuple[str, ...] = ("uint8",)
    margin_px: int = 64
    iou: float = 0.5
    is_logit: bool = False
    calibration: tuple[tuple[str, Calibration], ...] = ()


def read_card(path: Path) -> Card:
    """The card at `path`, checked, and the digest of it with its model. Raises ModelError."""
    try:
        data = outside.read_bytes(path)
        plain = json.loads(data)
    except InputError as error:
        raise ModelError("E-MODEL-CARD", error.what, where=path.name, remedy="give the card's path") from error
    except (ValueError, RecursionError) as error:
        raise ModelError("E-MODEL-CARD", "the card is not JSON", where=path.name, remedy="correct it") from error
    if not isinstance(plain, dict):
        _refuse(path, "the card is not a JSON object", "start it with {")
    fields: Any = plain
    if plain.get("type") == "Feature":
        fields = plain.get("properties")
        if not isinstance(fields, dict):
            _refuse(path, "the card is a STAC Item without properties", "put the mlm: fields in `properties`")
    weights = _weights(path, plain)
    _, digest = outside.read_model(weights)
    return _card(path, fields, weights, outside.digest_of(data + digest.encode()))


def _card(path: Path, fields: Mapping[str, Any], weights: Path, digest: str) -> Card:
    head = _choice(path, fields, "overlook:head", get_args(Head))
    source = _only_input(path, fields)
    bands = _bands(path, source)
    tile_px, dtype = _input_structure(path, source, len(bands))
    offset, scale = _scaling(path, source, len(bands))
    outputs, classes = _outputs(path, fields, head)
    stride = _whole(path, fields, "overlook:stride_px", default=4 if head == "centre-heatmap" else 32)
    margin = _whole(path, fields, "overlook:margin_px", default=64)
    if tile_px is not None and (tile_px % stride or tile_px <= 2 * margin):
        what = f"tiles of {tile_px} pixels do not hold a margin of {margin} on both sides in steps of {stride}"
        _refuse(path, what, "lower overlook:margin_px or correct overlook:stride_px")
    gsd = _number(path, fields, "overlook:gsd_m", low=0.01, high=100)
    low, high = _pair(path, fields, "overlook:gsd_range_m")
    if not low <= gsd <= high:
        _refuse(path, f"overlook:gsd_m {gsd} is outside overlook:gsd_range_m", "correct one of them")
    return Card(
        name=_name(path, fields),
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
        threshold=_number(path, fields, "overlook:threshold", low=0, high=1),
        dtypes=_dtypes(path, fields),
        margin_px=margin,
        iou=_number(path, fields, "overlook:iou", low=0.05, high=0.95, default=0.5),
        is_logit=_choice(path, fields, "overlook:scores", ("probability-like", "logits"), "probability-like")
        == "logits",
        calibration=parse_calibration(fields.get("overlook:calibration"), classes, path.name),
    )


def _weights(path: Path, plain: Mapping[str, Any]) -> Path:
    """The asset with the role `mlm:model`, else the ONNX file of the card's own name. Never elsewhere."""
    assets = plain.get("assets", {})
    named = [a for a in assets.values() if isinstance(a, dict)] if isinstance(assets, dict) else []
    models = [a for a in named if "mlm:model" in (a.get("roles") or ())]
    if len(models) > 1:
        _refuse(path, f"{len(models)} assets have the role mlm:model", "keep one")
    href = models[0].get("href") if models else f"{path.stem}.onnx"
    if not isinstance(href, str) or not href or "://" in href:
        _refuse(path, "the model's href is not a file name", "put the ONNX file beside the card and name it")
    target = (path.parent / href).resolve()
    if Path(href).is_absolute() or not target.is_relative_to(path.parent.resolve()):
        _refuse(path, f"the model ({href[:80]}) lies outside the card's folder", "put it beside the card")
    return path.parent / href


def _name(path: Path, fields: Mapping[str, Any]) -> str:
    name = fields.get("mlm:name")
    if not isinstance(name, str) or not name.strip():
        _refuse(path, "mlm:name is missing", "name the model")
    framework = str(fields.get("mlm:framework", "ONNX"))
    if framework.upper() != "ONNX":
        _refuse(path, f"mlm:framework is {framework[:40]}, and only ONNX is run", "export the model to ONNX")
    tasks = fields.get("mlm:tasks", ["object-detection"])
    if not isinstance(tasks, list) or not {"object-detection", "detection"} & {str(task) for task in tasks}:
        _refuse(path, "mlm:tasks does not hold object-detection", "give a card of a detector")
    return name.strip()


def _only_input(path: Path, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = fields.get("mlm:input")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        _refuse(path, "mlm:input does not hold exactly one input", "describe the model's one image input")
    for unknown in ("pre_processing_function", "resize_type"):
        if inputs[0].get(unknown) is not None:
            _refuse(path, f"mlm:input has a {unknown}, which is not run", "move it into the model, and set it to null")
    return dict(inputs[0])


def _bands(path: Path, source: Mapping[str, Any]) -> tuple[str, ...]:
    bands = source.get("bands")
    if not isinstance(bands, list) or not bands:
        _refuse(path, "mlm:input has no bands", 'name them in order, like ["red", "green", "blue"]')
    names = [str(b.get("name", "") if isinstance(b, dict) else b).strip().lower() for b in bands]
    names = ["grey" if name in _GREY else name for name in names]
    for name in names:
        if name not in _BANDS:
            _refuse(path, f"band {name[:40]!r} is not known", f"use {', '.join(_BANDS)}")
    return tuple(names)


def _input_structure(
    path: Path, source: Mapping[str, Any], n_bands: int
) -> tuple[int | None, Literal["float32", "uint8"]]:
    structure = source.get("input")
    if not isinstance(structure, dict):
        _refuse(path, "mlm:input has no `input` structure", "give its shape, dim_order and data_type")
    if structure.get("dim_order") != ["batch", "channel", "height", "width"]:
        _refuse(path, "dim_order is not batch, channel, height, width", "export the model with that order")
    shape = structure.get("shape")
    if not isinstance(shape, list) or len(shape) != 4 or not all(type(n) is int and (n > 0 or n == -1) for n in shape):
        _refuse(path, "the input's shape is not four whole numbers", "write -1 for a size that may vary")
    if shape[0] not in (1, -1) or shape[1] not in (n_bands, -1) or shape[2] != shape[3]:
        what = f"the input's shape {shape} does not fit one square image of {n_bands} bands"
        _refuse(path, what, f"write [1, {n_bands}, SIZE, SIZE]")
    dtype = structure.get("data_type")
    if dtype == "uint8":
        return (None if shape[2] == -1 else shape[2]), "uint8"
    if dtype != "float32":
        _refuse(path, f"data_type {str(dtype)[:40]} is not run", "export the model with float32 or uint8 input")
    return (None if shape[2] == -1 else shape[2]), "float32"


def _scaling(path: Path, source: Mapping[str, Any], n_bands: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Offset and scale for each band, from `value_scaling` over values of 0 to 255."""
    scalings = source.get("value_scaling")
    if scalings is None:
        return (0.0,) * n_bands, (1.0,) * n_bands
    if not isinstance(scalings, list) or len(scalings) not in (1, n_bands):
        _refuse(path, f"value_scaling holds neither 1 nor {n_bands} objects", "give one for all bands or one for each")
    pairs = [_one_scaling(path, scaling) for scaling in scalings]
    pairs = pairs * n_bands if len(pairs) == 1 else pairs
    return tuple(offset for offset, _ in pairs), tuple(scale for _, scale in pairs)


def _one_scaling(path: Path, scaling: Any) -> tuple[float, float]:
    kind = scaling.get("type") if isinstance(scaling, dict) else "?"
    if kind is None:
        return 0.0, 1.0
    if kind not in _SCALINGS:
        _refuse(path, f"value_scaling {str(kind)[:40]!r} is not run", f"use {', '.join(_SCALINGS)}")
    values = [_number(path, scaling, name, low=-1e9, high=1e9) for name in _SCALINGS[kind]]
    if kind == "min-max":
        offset, scale = values[0], values[1] - values[0]
    elif kind == "z-score":
        offset, scale = values
    else:
        offset, scale = (values[0], 1.0) if kind == "offset" else (0.0, values[0])
    if not scale > 0:
        _refuse(path, "value_scaling divides by zero or less", "correct its values")
    return offset, scale


def _outputs(path: Path, fields: Mapping[str, Any], head: str) -> tuple[tuple[tuple[Part, str], ...], tuple[str, ...]]:
    outputs = fields.get("mlm:output")
    if not isinstance(outputs, list) or not outputs or not all(isinstance(o, dict) for o in outputs):
        _refuse(path, "mlm:output is missing", "describe the model's outputs")
    must, may = _PARTS[head]
    found: dict[Part, str] = {}
    classes: tuple[str, ...] = ()
    for output in outputs:
        part = output.get("overlook:part", "boxes" if must == ("boxes",) else None)
        name = output.get("name")
        if part not in (*must, *may) or not isinstance(name, str) or part in found:
            _refuse(path, f"an output's name or overlook:part does not fit {head}", f"name {', '.join((*must, *may))}")
        found[part] = name
        classes = classes or _classes(path, output)
    if missing := [part for part in must if part not in found]:
        _refuse(path, f"mlm:output does not name the {missing[0]} of a {head}", "name the tensor")
    if not classes:
        _refuse(path, "no output has classification:classes", "list the classes with value and name")
    return tuple(sorted(found.items())), classes


def _classes(path: Path, output: Mapping[str, Any]) -> tuple[str, ...]:
    listed = output.get("classification:classes", [])
    try:
        by_value = {int(c["value"]): str(c["name"]).strip() for c in listed}
    except (TypeError, KeyError, ValueError):
        _refuse(path, "classification:classes is not a list of {value, name}", "correct it")
    if sorted(by_value) != list(range(len(listed))) or not all(by_value.values()):
        _refuse(path, "classification:classes does not number its names from 0 on", "correct the values")
    return tuple(by_value[i] for i in range(len(listed)))


def _dtypes(path: Path, fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("overlook:dtypes", ["uint8"])
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        _refuse(path, "overlook:dtypes is not a list of sample types", 'write ["uint8"] or ["uint8", "uint16"]')
    return tuple(value)


def _number(
    path: Path, fields: Mapping[str, Any], name: str, *, low: float, high: float, default: float | None = None
) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        _refuse(path, f"{name} is missing or not a number", f"give a number from {low:g} to {high:g}")
    if not low <= value <= high:
        _refuse(path, f"{name} {value} is not from {low:g} to {high:g}", "correct it")
    return float(value)


def _whole(path: Path, fields: Mapping[str, Any], name: str, *, default: int) -> int:
    value = _number(path, fields, name, low=1, high=4096, default=default)
    if value != int(value):
        _refuse(path, f"{name} {value} is not a whole number", "correct it")
    return int(value)


def _pair(path: Path, fields: Mapping[str, Any], name: str) -> tuple[float, float]:
    value = fields.get(name)
    if not isinstance(value, list) or len(value) != 2:
        _refuse(path, f"{name} is missing or not two numbers", "give the finest and the coarsest GSD in metres")
    low, high = (_number(path, {name: v}, name, low=0.01, high=100) for v in value)
    if low > high:
        _refuse(path, f"{name} runs from coarse to fine", "give the finest first")
    return low, high


def _choice(
    path: Path, fields: Mapping[str, Any], name: str, choices: tuple[Any, ...], default: str | None = None
) -> Any:
    value = fields.get(name, default)
    if value not in choices:
        _refuse(path, f"{name} is not one of {', '.join(choices)}", f"write {choices[0]}, for example")
    return value


def _refuse(path: Path, what: str, remedy: str) -> NoReturn:
    raise ModelError("E-MODEL-CARD", what, where=path.name, remedy=remedy)
