"""The fields of a card, one by one: what each may hold, and one line for what it may not. Opens nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

from overlook.errors import ModelError

Head = Literal["yolo-detect", "yolo-obb", "rt-detr", "centre-heatmap"]
Part = Literal["boxes", "scores", "heat", "size", "angle", "offset"]
_PARTS: dict[str, tuple[tuple[Part, ...], tuple[Part, ...]]] = {
    # what a head must give, and what it may give
    "yolo-detect": (("boxes",), ()),
    "yolo-obb": (("boxes",), ()),
    "rt-detr": (("boxes", "scores"), ()),
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


def name_of(path: Path, fields: Mapping[str, Any]) -> str:
    name = fields.get("mlm:name")
    if not isinstance(name, str) or not name.strip():
        refuse(path, "mlm:name is missing", "name the model")
    framework = str(fields.get("mlm:framework", "ONNX"))
    if framework.upper() != "ONNX":
        refuse(path, f"mlm:framework is {framework[:40]}, and only ONNX is run", "export the model to ONNX")
    tasks = fields.get("mlm:tasks", ["object-detection"])
    if not isinstance(tasks, list) or not {"object-detection", "detection"} & {str(task) for task in tasks}:
        refuse(path, "mlm:tasks does not hold object-detection", "give a card of a detector")
    return name.strip()


def only_input(path: Path, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = fields.get("mlm:input")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        refuse(path, "mlm:input does not hold exactly one input", "describe the model's one image input")
    for unknown in ("pre_processing_function", "resize_type"):
        if inputs[0].get(unknown) is not None:
            refuse(path, f"mlm:input has a {unknown}, which is not run", "move it into the model, and set it to null")
    return dict(inputs[0])


def bands_of(path: Path, source: Mapping[str, Any]) -> tuple[str, ...]:
    bands = source.get("bands")
    if not isinstance(bands, list) or not bands:
        refuse(path, "mlm:input has no bands", 'name them in order, like ["red", "green", "blue"]')
    names = [str(b.get("name", "") if isinstance(b, dict) else b).strip().lower() for b in bands]
    names = ["grey" if name in _GREY else name for name in names]
    for name in names:
        if name not in _BANDS:
            refuse(path, f"band {name[:40]!r} is not known", f"use {', '.join(_BANDS)}")
    return tuple(names)


def input_structure(
    path: Path, source: Mapping[str, Any], n_bands: int
) -> tuple[int | None, Literal["float32", "uint8"]]:
    structure = source.get("input")
    if not isinstance(structure, dict):
        refuse(path, "mlm:input has no `input` structure", "give its shape, dim_order and data_type")
    if structure.get("dim_order") != ["batch", "channel", "height", "width"]:
        refuse(path, "dim_order is not batch, channel, height, width", "export the model with that order")
    shape = structure.get("shape")
    if not isinstance(shape, list) or len(shape) != 4 or not all(type(n) is int and (n > 0 or n == -1) for n in shape):
        refuse(path, "the input's shape is not four whole numbers", "write -1 for a size that may vary")
    if shape[0] not in (1, -1) or shape[1] not in (n_bands, -1) or shape[2] != shape[3]:
        what = f"the input's shape {shape} does not fit one square image of {n_bands} bands"
        refuse(path, what, f"write [1, {n_bands}, SIZE, SIZE]")
    dtype = structure.get("data_type")
    if dtype == "uint8":
        return (None if shape[2] == -1 else shape[2]), "uint8"
    if dtype != "float32":
        refuse(path, f"data_type {str(dtype)[:40]} is not run", "export the model with float32 or uint8 input")
    return (None if shape[2] == -1 else shape[2]), "float32"


def scaling_of(path: Path, source: Mapping[str, Any], n_bands: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Offset and scale for each band, from `value_scaling` over values of 0 to 255."""
    scalings = source.get("value_scaling")
    if scalings is None:
        return (0.0,) * n_bands, (1.0,) * n_bands
    if not isinstance(scalings, list) or len(scalings) not in (1, n_bands):
        refuse(path, f"value_scaling holds neither 1 nor {n_bands} objects", "give one for all bands or one for each")
    pairs = [_one_scaling(path, scaling) for scaling in scalings]
    pairs = pairs * n_bands if len(pairs) == 1 else pairs
    return tuple(offset for offset, _ in pairs), tuple(scale for _, scale in pairs)


def _one_scaling(path: Path, scaling: Any) -> tuple[float, float]:
    kind = scaling.get("type") if isinstance(scaling, dict) else "?"
    if kind is None:
        return 0.0, 1.0
    if kind not in _SCALINGS:
        refuse(path, f"value_scaling {str(kind)[:40]!r} is not run", f"use {', '.join(_SCALINGS)}")
    values = [number(path, scaling, name, low=-1e9, high=1e9) for name in _SCALINGS[kind]]
    if kind == "min-max":
        offset, scale = values[0], values[1] - values[0]
    elif kind == "z-score":
        offset, scale = values
    else:
        offset, scale = (values[0], 1.0) if kind == "offset" else (0.0, values[0])
    if not scale > 0:
        refuse(path, "value_scaling divides by zero or less", "correct its values")
    return offset, scale


def outputs_of(
    path: Path, fields: Mapping[str, Any], head: str
) -> tuple[tuple[tuple[Part, str], ...], tuple[str, ...]]:
    outputs = fields.get("mlm:output")
    if not isinstance(outputs, list) or not outputs or not all(isinstance(o, dict) for o in outputs):
        refuse(path, "mlm:output is missing", "describe the model's outputs")
    must, may = _PARTS[head]
    found: dict[Part, str] = {}
    classes: tuple[str, ...] = ()
    for output in outputs:
        part = output.get("overlook:part", "boxes" if must == ("boxes",) else None)
        name = output.get("name")
        if part not in (*must, *may) or not isinstance(name, str) or part in found:
            refuse(path, f"an output's name or overlook:part does not fit {head}", f"name {', '.join((*must, *may))}")
        found[part] = name
        classes = classes or _classes(path, output)
    if missing := [part for part in must if part not in found]:
        refuse(path, f"mlm:output does not name the {missing[0]} of a {head}", "name the tensor")
    if not classes:
        refuse(path, "no output has classification:classes", "list the classes with value and name")
    return tuple(sorted(found.items())), classes


def _classes(path: Path, output: Mapping[str, Any]) -> tuple[str, ...]:
    listed = output.get("classification:classes", [])
    try:
        by_value = {int(c["value"]): str(c["name"]).strip() for c in listed}
    except (TypeError, KeyError, ValueError):
        refuse(path, "classification:classes is not a list of {value, name}", "correct it")
    if sorted(by_value) != list(range(len(listed))) or not all(by_value.values()):
        refuse(path, "classification:classes does not number its names from 0 on", "correct the values")
    return tuple(by_value[i] for i in range(len(listed)))


def dtypes_of(path: Path, fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("overlook:dtypes", ["uint8"])
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        refuse(path, "overlook:dtypes is not a list of sample types", 'write ["uint8"] or ["uint8", "uint16"]')
    return tuple(value)


def number(
    path: Path, fields: Mapping[str, Any], name: str, *, low: float, high: float, default: float | None = None
) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        refuse(path, f"{name} is missing or not a number", f"give a number from {low:g} to {high:g}")
    if not low <= value <= high:
        refuse(path, f"{name} {value} is not from {low:g} to {high:g}", "correct it")
    return float(value)


def by_class(
    path: Path, fields: Mapping[str, Any], name: str, classes: tuple[str, ...], *, low: float, high: float
) -> tuple[tuple[str, float], ...]:
    """An object from class to number; () when the field is not there."""
    value = fields.get(name, {})
    if not isinstance(value, Mapping):
        refuse(path, f"{name} is not an object from class to number", 'write {"vehicle": 4.5}, for example')
    if unknown := sorted(set(value) - set(classes)):
        refuse(path, f"{name} names {unknown[0][:40]!r}, which is no class of the model", "correct the name")
    return tuple((cls, number(path, value, cls, low=low, high=high)) for cls in classes if cls in value)


def whole(path: Path, fields: Mapping[str, Any], name: str, *, default: int) -> int:
    value = number(path, fields, name, low=1, high=4096, default=default)
    if value != int(value):
        refuse(path, f"{name} {value} is not a whole number", "correct it")
    return int(value)


def pair(path: Path, fields: Mapping[str, Any], name: str) -> tuple[float, float]:
    value = fields.get(name)
    if not isinstance(value, list) or len(value) != 2:
        refuse(path, f"{name} is missing or not two numbers", "give the finest and the coarsest GSD in metres")
    low, high = (number(path, {name: v}, name, low=0.01, high=100) for v in value)
    if low > high:
        refuse(path, f"{name} runs from coarse to fine", "give the finest first")
    return low, high


def choice(
    path: Path, fields: Mapping[str, Any], name: str, choices: tuple[Any, ...], default: str | None = None
) -> Any:
    value = fields.get(name, default)
    if value not in choices:
        refuse(path, f"{name} is not one of {', '.join(choices)}", f"write {choices[0]}, for example")
    return value


def refuse(path: Path, what: str, remedy: str) -> NoReturn:
    raise ModelError("E-MODEL-CARD", what, where=path.name, remedy=remedy)
