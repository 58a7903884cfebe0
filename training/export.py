"""The network as an ONNX file, and the parts of its card that do not depend on any measurement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from training.labels import CLASSES
from training.net import STRIDE, Exported, Vehicles
from training.sensor import GSD_M

NAME = "vehicles-1"
PARTS = ("heat", "size", "angle", "offset")
OPSET = 17
#: A score depends on what lies within this distance (pixels of the network), and on nothing beyond.
MARGIN_PX = 112
#: The network halves its grid four times: tiles must begin at multiples of this for the same scores.
MULTIPLE_PX = 16


def write_onnx(weights: Path, to: Path) -> None:
    """`to` from a state of `Vehicles`, batch norms folded in by the runtime; any height and width."""
    net = Vehicles()
    net.load_state_dict(torch.load(weights, weights_only=True))
    to.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Exported(net.eval()).eval(),
        (torch.zeros(1, 3, 256, 256),),
        str(to),
        input_names=["image"],
        output_names=list(PARTS),
        dynamic_axes={"image": {2: "height", 3: "width"}, **{p: {2: "rows", 3: "columns"} for p in PARTS}},
        opset_version=OPSET,
        dynamo=False,
    )


def bare_card(threshold: float) -> dict[str, Any]:
    """A card without measurements: enough to run the model."""
    classes = [{"value": i, "name": name} for i, name in enumerate(CLASSES)]
    outputs: list[dict[str, Any]] = [{"name": p, "tasks": ["object-detection"], "overlook:part": p} for p in PARTS]
    outputs[0]["classification:classes"] = classes
    return {
        "mlm:name": NAME,
        "mlm:framework": "ONNX",
        "mlm:tasks": ["object-detection"],
        "mlm:input": [
            {
                "name": "image",
                "bands": ["red", "green", "blue"],
                "input": {
                    "shape": [1, 3, -1, -1],
                    "dim_order": ["batch", "channel", "height", "width"],
                    "data_type": "float32",
                },
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 1}],
            }
        ],
        "mlm:output": outputs,
        "overlook:head": "centre-heatmap",
        "overlook:stride_px": STRIDE,
        "overlook:margin_px": MARGIN_PX,
        "overlook:tile_multiple_px": MULTIPLE_PX,
        "overlook:gsd_m": GSD_M,
        "overlook:gsd_range_m": [0.1, 0.6],
        "overlook:iou": 0.35,
        "overlook:threshold": threshold,
    }


def write_model(weights: Path, folder: Path, threshold: float = 0.05) -> Path:
    """The model and a bare card in `folder`; the card's path."""
    write_onnx(weights, folder / f"{NAME}.onnx")
    card = folder / f"{NAME}.json"
    card.write_text(json.dumps(bare_card(threshold), indent=2) + "\n")
    return card
