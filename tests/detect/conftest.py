"""Scenes, chips, and small but real ONNX models for the tests of this room."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from onnx import TensorProto, helper, numpy_helper, save

from overlook.terms import Chip, ChipMeta, Registration, Scene

#: The UTM zone of the scenes on Earth: 10 degrees east, 52 north.
UTM = "EPSG:32632"


def make_scene(
    *,
    shape: tuple[int, int] = (400, 600),
    gsd_m: float = 0.5,
    crs: str = UTM,
    origin: tuple[float, float] = (568_000.0, 5_762_000.0),
    bands: tuple[str, ...] = ("red", "green", "blue"),
    dtype: str = "uint8",
    **more: Any,
) -> Scene:
    """A north-up scene; its footprint in longitude and latitude, or in metres of the local plane."""
    x, y = origin
    corners = np.array([(x, y), (x + shape[1] * gsd_m, y - shape[0] * gsd_m)])
    if crs != "local":
        from pyproj import Transformer

        lon, lat = Transformer.from_crs(crs, "OGC:CRS84", always_xy=True).transform(corners[:, 0], corners[:, 1])
        corners = np.stack([lon, lat], axis=1)
    return Scene(
        id="scene",
        path="scene.tif",
        digest="0" * 64,
        when=None,
        when_source="unknown",
        gsd_m=gsd_m,
        crs=crs,
        transform=(gsd_m, 0.0, x, 0.0, -gsd_m, y),
        shape=shape,
        bands=bands,
        dtype=dtype,
        footprint=shapely.box(*corners.min(axis=0), *corners.max(axis=0)),
        **more,
    )


def make_chip(pixels: np.ndarray, *, scene: Scene, unusable: np.ndarray | None = None) -> Chip:
    """A chip on the scene's own grid."""
    return Chip(
        meta=ChipMeta(
            scene=scene.id,
            site="site",
            crs=scene.crs,
            transform=scene.transform,
            shape=pixels.shape[:2],
            bands=scene.bands,
            registration=Registration(method="georeference"),
            usable_fraction=1.0,
        ),
        pixels=pixels,
        unusable=np.zeros(pixels.shape[:2], np.uint8) if unusable is None else unusable,
    )


def draw_blobs(shape: tuple[int, int], centres: Any, *, length: float, width: float, seed: int = 1) -> np.ndarray:
    """Bright rectangles, anti-aliased, on a noisy ground: uint8 (rows, columns, 3)."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(70, 6, shape)
    rows, columns = np.arange(shape[0]) + 0.5, np.arange(shape[1]) + 0.5
    for x, y in centres:
        across = np.clip(length / 2 + 0.5 - np.abs(columns - x), 0, 1)
        down = np.clip(width / 2 + 0.5 - np.abs(rows - y), 0, 1)
        cover = np.outer(down, across)
        ground = ground * (1 - cover) + 235 * cover
    return np.repeat(np.clip(np.rint(ground), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _constant(name: str, value: Any) -> Any:
    return numpy_helper.from_array(np.asarray(value, dtype=np.float32), name)


def _moments(size: int, stride: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernels that see a window round a cell: a bell, and the window's x and y in pixels from the cell's centre."""
    at = np.arange(size) - (size - 1) / 2
    x, y = np.meshgrid(at, at)
    bell = np.exp(-(x**2 + y**2) / (2 * (size / 6) ** 2))
    return bell, x, y


def _response(stride: int, size: int, n_bands: int) -> tuple[list[Any], list[Any]]:
    """Nodes from `image` (0 to 1) to `bell`, `mass`, `mx`, `my` on a grid of cells: how bright, and where within."""
    bell, x, y = _moments(size, stride)
    kernels = np.stack([bell / bell.sum(), np.ones_like(x), x, y])[:, None]
    pad = (size - stride) // 2
    nodes = [
        helper.make_node("ReduceMean", ["image", "band_axis"], ["grey"], keepdims=1),
        helper.make_node("Sub", ["grey", "floor"], ["above"]),
        helper.make_node("Relu", ["above"], ["bright"]),
        helper.make_node("Conv", ["bright", "kernels"], ["seen"], strides=[stride] * 2, pads=[pad] * 4),
        helper.make_node("Split", ["seen"], ["bell", "mass", "mx", "my"], axis=1, num_outputs=4),
        helper.make_node("Add", ["mass", "tiny"], ["some"]),
        helper.make_node("Div", ["mx", "some"], ["dx"]),
        helper.make_node("Div", ["my", "some"], ["dy"]),
        helper.make_node("Sub", ["bell", "level"], ["centred"]),
        helper.make_node("Mul", ["centred", "steepness"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1], dtype=np.int64), "band_axis"),
        _constant("floor", 0.5),
        _constant("kernels", kernels),
        _constant("tiny", 1e-6),
        _constant("level", 0.08),
        _constant("steepness", 60.0),
    ]
    return nodes, constants


def _saved(path: Path, nodes: list, constants: list, inputs: list, outputs: list, **more: Any) -> Path:
    graph = helper.make_graph(nodes, "test", inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    save(model, path, **more)
    return path


def _floats(name: str, shape: list) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def heatmap_model(path: Path, *, size_px: tuple[float, float] = (18, 8), scores: str = "score", **more: Any) -> Path:
    """A centre heat-map of one class that answers to bright blobs, at stride 4, with offset and size.

    `scores` names the tensor given as heat: "score", "logit" (no sigmoid), or "broken" (not numbers).
    """
    nodes, constants = _response(stride=4, size=24, n_bands=3)
    nodes += [
        helper.make_node("Concat", ["dx", "dy"], ["d"], axis=1),
        helper.make_node("Div", ["d", "four"], ["cells"]),
        helper.make_node("Add", ["cells", "half"], ["offset"]),
        helper.make_node("Mul", ["d", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "extent"], ["size"]),
        helper.make_node("Mul", ["bell", "zero"], ["angle"]),
        helper.make_node("Sqrt", ["below"], ["broken"]),
        helper.make_node("Sub", ["zero", "some"], ["below"]),
    ]
    nodes[-2], nodes[-1] = nodes[-1], nodes[-2]
    nodes.append(helper.make_node("Identity", [scores], ["heat"]))
    constants += [
        _constant("four", 4.0),
        _constant("half", 0.5),
        _constant("zero", 0.0),
        _constant("extent", np.array(size_px).reshape(1, 2, 1, 1)),
    ]
    cells = ["h4", "w4"]
    outputs = [_floats(name, [1, n, *cells]) for name, n in (("heat", 1), ("size", 2), ("angle", 1), ("offset", 2))]
    return _saved(path, nodes, constants, [_floats("image", [1, 3, "h", "w"])], outputs, **more)


def yolo_model(path: Path, *, tile_px: int = 128, angle_rad: float | None = None) -> Path:
    """A YOLO-shaped output of two classes, the first for bright blobs, the second never: cells of 8 pixels."""
    nodes, constants = _response(stride=8, size=24, n_bands=3)
    n = tile_px // 8
    gx, gy = np.meshgrid(np.arange(n) * 8 + 4.0, np.arange(n) * 8 + 4.0)
    rows = ["x", "y", "w", "h", "score", "never"]
    nodes += [
        helper.make_node("Add", ["dx", "gx"], ["x"]),
        helper.make_node("Add", ["dy", "gy"], ["y"]),
        helper.make_node("Mul", ["score", "zero"], ["never"]),
        helper.make_node("Add", ["never", "long"], ["w"]),
        helper.make_node("Add", ["never", "wide"], ["h"]),
    ]
    constants += [
        _constant("gx", gx.reshape(1, 1, n, n)),
        _constant("gy", gy.reshape(1, 1, n, n)),
        _constant("zero", 0.0),
        _constant("long", 18.0),
        _constant("wide", 8.0),
    ]
    if angle_rad is not None:
        nodes.append(helper.make_node("Add", ["never", "turn"], ["angle"]))
        constants.append(_constant("turn", angle_rad))
        rows.append("angle")
    nodes += [
        helper.make_node("Concat", rows, ["stacked"], axis=1),
        helper.make_node("Reshape", ["stacked", "flat"], ["output0"]),
    ]
    constants.append(numpy_helper.from_array(np.array([1, len(rows), n * n], dtype=np.int64), "flat"))
    outputs = [_floats("output0", [1, len(rows), n * n])]
    return _saved(path, nodes, constants, [_floats("image", [1, 3, tile_px, tile_px])], outputs)


def card_of(head: str, **changes: Any) -> dict[str, Any]:
    """A card's fields; `changes` replace or, when None, remove them."""
    classes = [{"value": 0, "name": "vehicle"}]
    size = -1
    outputs: list[dict[str, Any]] = [
        {"name": part, "tasks": ["object-detection"], "overlook:part": part}
        for part in ("heat", "size", "angle", "offset")
    ]
    if head != "centre-heatmap":
        classes.append({"value": 1, "name": "container"})
        outputs, size = [{"name": "output0", "tasks": ["object-detection"]}], 128
    outputs[0]["classification:classes"] = classes
    fields: dict[str, Any] = {
        "mlm:name": "blobs",
        "mlm:framework": "ONNX",
        "mlm:tasks": ["object-detection"],
        "mlm:input": [
            {
                "name": "image",
                "bands": ["red", "green", "blue"],
                "input": {
                    "shape": [1, 3, size, size],
                    "dim_order": ["batch", "channel", "height", "width"],
                    "data_type": "float32",
                },
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            }
        ],
        "mlm:output": outputs,
        "overlook:head": head,
        "overlook:gsd_m": 0.25,
        "overlook:gsd_range_m": [0.1, 0.6],
        "overlook:threshold": 0.5,
        "overlook:margin_px": 24,
        "overlook:stride_px": 4 if head == "centre-heatmap" else 8,
        "overlook:tile_multiple_px": 4,
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def write_card(path: Path, fields: dict[str, Any]) -> Path:
    path.write_text(json.dumps(fields))
    return path


@pytest.fixture
def heatmap_card(tmp_path: Path) -> Path:
    """A card beside its heat-map model."""
    heatmap_model(tmp_path / "blobs.onnx")
    return write_card(tmp_path / "blobs.json", card_of("centre-heatmap"))


@pytest.fixture
def make() -> Any:
    """The functions of this file, for tests that need them with other arguments."""
    import types

    return types.SimpleNamespace(
        scene=make_scene,
        chip=make_chip,
        blobs=draw_blobs,
        heatmap_model=heatmap_model,
        yolo_model=yolo_model,
        card_of=card_of,
        write_card=write_card,
    )
