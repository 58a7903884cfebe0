"""What the benchmarks of detection run on: the model that ships, or one of its size, and a made-up GeoTIFF."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

GSD_M = 0.3


def card_for(folder: Path) -> Path:
    """The card of the model that ships; without one, of a network of 0.95 million weights drawn at random.

    Random weights cost what learned ones cost. They find nothing: what boxes cost is not in it.
    """
    from overlook.detect import shipped_card
    from overlook.errors import ModelError

    try:
        return shipped_card()
    except ModelError:
        _random_network(folder / "random.onnx")
        return _random_card(folder / "random.json")


def _random_network(path: Path) -> None:
    """A centre heat-map at stride 4: convolutions of 32 to 192 channels down to stride 16, and back up."""
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(1)
    nodes, weights = [], []

    def conv(
        source: str, target: str, n_in: int, n_out: int, *, stride: int = 1, kernel: int = 3, act: bool = True
    ) -> str:
        w = rng.normal(0, (n_in * kernel**2) ** -0.5, (n_out, n_in, kernel, kernel)).astype(np.float32)
        weights.extend(
            [
                numpy_helper.from_array(w, f"{target}.w"),
                numpy_helper.from_array(np.zeros(n_out, np.float32), f"{target}.b"),
            ]
        )
        attributes = {"strides": [stride] * 2, "pads": [kernel // 2] * 4, "kernel_shape": [kernel] * 2}
        name = f"{target}.raw" if act else target
        nodes.append(helper.make_node("Conv", [source, f"{target}.w", f"{target}.b"], [name], **attributes))
        if act:
            nodes.append(helper.make_node("Relu", [name], [target]))
        return target

    x = conv("image", "s2", 3, 24, stride=2)
    x = conv(x, "s4", 24, 48, stride=2)
    fine = conv(x, "s4b", 48, 48)
    x = conv(fine, "s8", 48, 96, stride=2)
    x = conv(x, "s8b", 96, 96)
    middle = conv(x, "s8c", 96, 96)
    x = conv(middle, "s16", 96, 160, stride=2)
    x = conv(x, "s16b", 160, 160)
    x = conv(x, "to8", 160, 96, kernel=1)
    for name, source, other in (("up8", x, middle), ("up4", "", fine)):
        if not source:
            source = conv("up8", "to4", 96, 48, kernel=1)
        weights.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), f"{name}.scales"))
        nodes.append(helper.make_node("Resize", [source, "", f"{name}.scales"], [f"{name}.big"], mode="nearest"))
        nodes.append(helper.make_node("Add", [f"{name}.big", other], [name]))
    x = conv("up4", "head", 48, 64)
    outputs = []
    for name, n in (("heat", 1), ("size", 2), ("angle", 2), ("offset", 2)):
        target = f"{name}.logit" if name == "heat" else name
        conv(x, target, 64, n, kernel=1, act=False)
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n, "h4", "w4"]))
    weights.append(numpy_helper.from_array(np.array(-9.0, np.float32), "low"))
    nodes += [
        helper.make_node("Add", ["heat.logit", "low"], ["heat.low"]),
        helper.make_node("Sigmoid", ["heat.low"], ["heat"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])
    graph = helper.make_graph(nodes, "random", [image], outputs, initializer=weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


def _random_card(path: Path) -> Path:
    parts = ("heat", "size", "angle", "offset")
    outputs = [{"name": part, "tasks": ["object-detection"], "overlook:part": part} for part in parts]
    outputs[0]["classification:classes"] = [{"value": 0, "name": "vehicle"}]  # type: ignore[assignment]
    fields = {
        "mlm:name": "random weights",
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
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            }
        ],
        "mlm:output": outputs,
        "overlook:head": "centre-heatmap",
        "overlook:gsd_m": 0.25,
        "overlook:gsd_range_m": [0.1, 0.6],
        "overlook:threshold": 0.3,
    }
    path.write_text(json.dumps(fields))
    return path


def make_scene(path: Path, side: int, *, tiled: bool = True, bits: int = 8) -> Path:
    """A GeoTIFF of `side` pixels each way, three bands at 0.3 m, JPEG in tiles of 512 (or DEFLATE in strips)."""
    import cv2
    import rasterio
    from affine import Affine
    from rasterio.windows import Window

    rng = np.random.default_rng(2)
    dtype = np.uint8 if bits == 8 else np.uint16
    # Smooth over some metres with a little noise, as a clear image is: noise alone would be decoded at half the speed.
    ground = cv2.GaussianBlur(rng.normal(0, 1, (512, 2048, 3)), (0, 0), 6)
    block = np.clip(110 + 30 * ground / ground.std() + rng.normal(0, 5, ground.shape), 1, 254).transpose(2, 0, 1)
    block = (block * (1 if bits == 8 else 8)).astype(dtype)
    how = {"tiled": True, "blockxsize": 512, "blockysize": 512} if tiled else {"blockysize": 1}
    compress = (
        {"compress": "jpeg", "photometric": "ycbcr", "interleave": "pixel"}
        if tiled and bits == 8
        else {"compress": "zstd"}
    )
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": dtype, "bigtiff": "yes"}
    place = {"crs": "EPSG:32632", "transform": Affine(GSD_M, 0, 600_000, 0, -GSD_M, 5_500_000)}
    with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(path, "w", **profile, **how, **compress, **place) as file:
        for row in range(0, side, 512):
            high = min(512, side - row)
            wide = np.concatenate([block] * (-(-side // 2048)), axis=2)[:, :high, :side]
            file.write(np.roll(wide, row // 7, axis=2), window=Window(0, row, side, high))
    return path
