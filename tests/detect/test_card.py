"""What a card must say, and what an ONNX file may not be."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlook.detect import OnnxDetector, read_card
from overlook.detect.onnx_file import external_locations
from overlook.errors import ModelError


def test_reads_a_card(heatmap_card: Path) -> None:
    card = read_card(heatmap_card)
    assert card.name == "blobs"
    assert card.weights == heatmap_card.with_suffix(".onnx")
    assert card.classes == ("vehicle",)
    assert card.bands == ("red", "green", "blue")
    assert card.tile_px is None
    assert (card.offset, card.scale) == ((0.0,) * 3, (255.0,) * 3)
    assert card.gsd_range_m == (0.1, 0.6)


def test_reads_a_stac_item_with_its_asset(tmp_path: Path, make: Any) -> None:
    (tmp_path / "weights").mkdir()
    make.heatmap_model(tmp_path / "weights" / "v1.onnx")
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "properties": make.card_of("centre-heatmap"),
        "assets": {
            "weights": {"href": "./weights/v1.onnx", "roles": ["mlm:model"]},
            "readme": {"href": "https://example.org", "roles": ["metadata"]},
        },
    }
    card = read_card(make.write_card(tmp_path / "item.json", item))
    assert card.weights == tmp_path / "weights" / "v1.onnx"
    OnnxDetector(card.path)


def test_its_digest_changes_with_the_card_and_with_the_weights(heatmap_card: Path, make: Any) -> None:
    first = read_card(heatmap_card).digest
    make.write_card(heatmap_card, make.card_of("centre-heatmap", **{"overlook:threshold": 0.4}))
    second = read_card(heatmap_card).digest
    make.heatmap_model(heatmap_card.with_suffix(".onnx"), size_px=(19, 8))
    assert len({first, second, read_card(heatmap_card).digest}) == 3


@pytest.mark.parametrize(
    ("scaling", "offset", "scale"),
    [
        (None, (0, 0, 0), (1, 1, 1)),
        ([{"type": "scale", "value": 127.5}], (0, 0, 0), (127.5,) * 3),
        ([{"type": "offset", "value": 128}], (128,) * 3, (1, 1, 1)),
        (
            [{"type": "z-score", "mean": m, "stddev": s} for m, s in ((124, 58), (116, 57), (104, 57.5))],
            (124, 116, 104),
            (58, 57, 57.5),
        ),
    ],
)
def test_value_scaling(heatmap_card: Path, make: Any, scaling: Any, offset: Any, scale: Any) -> None:
    fields = make.card_of("centre-heatmap")
    fields["mlm:input"][0]["value_scaling"] = scaling
    card = read_card(make.write_card(heatmap_card, fields))
    assert (card.offset, card.scale) == (offset, scale)


def _edit(path: list[Any], value: Any) -> Any:
    def edit(fields: Any) -> None:
        *way, last = path
        for step in way:
            fields = fields[step]
        if value is ...:
            del fields[last]
        else:
            fields[last] = value

    return edit


_INPUT = ["mlm:input", 0, "input"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_edit(["mlm:name"], ...), "mlm:name"),
        (_edit(["mlm:framework"], "PyTorch"), "only ONNX"),
        (_edit(["mlm:tasks"], ["semantic-segmentation"]), "object-detection"),
        (_edit(["overlook:head"], "faster-rcnn"), "overlook:head"),
        (_edit(["overlook:gsd_m"], "fine"), "overlook:gsd_m"),
        (_edit(["overlook:gsd_m"], True), "overlook:gsd_m"),
        (_edit(["overlook:gsd_m"], 0.9), "outside overlook:gsd_range_m"),
        (_edit(["overlook:gsd_range_m"], [0.6, 0.1]), "coarse to fine"),
        (_edit(["overlook:gsd_range_m"], 0.1), "two numbers"),
        (_edit(["overlook:threshold"], ...), "overlook:threshold"),
        (_edit(["overlook:threshold"], 1.5), "not from 0 to 1"),
        (_edit(["overlook:stride_px"], 2.5), "whole number"),
        (_edit(["overlook:calibration"], {"boat": {"type": "platt", "a": -1, "b": 0}}), "boat"),
        (_edit(["overlook:calibration"], {"vehicle": {"type": "platt", "a": 1, "b": 0}}), "below zero"),
        (_edit(["overlook:calibration"], {"vehicle": {"type": "isotonic", "points": [[0, 0.5], [1, 0.1]]}}), "fall"),
        (_edit(["mlm:input"], []), "exactly one input"),
        (_edit(["mlm:input", 0, "bands"], ["red", "thermal"]), "thermal"),
        (_edit(["mlm:input", 0, "resize_type"], "crop"), "resize_type"),
        (_edit(["mlm:input", 0, "value_scaling"], [{"type": "processing"}]), "processing"),
        (_edit(["mlm:input", 0, "value_scaling"], [{"type": "scale", "value": 0}]), "zero"),
        (_edit([*_INPUT, "shape"], [1, 4, -1, -1]), "3 bands"),
        (_edit([*_INPUT, "shape"], [1, 3, 640]), "four whole numbers"),
        (_edit([*_INPUT, "shape"], [1, 3, 40, 40]), "margin"),
        (_edit([*_INPUT, "dim_order"], ["batch", "height", "width", "channel"]), "dim_order"),
        (_edit([*_INPUT, "data_type"], "float16"), "float16"),
        (_edit(["mlm:output"], ...), "mlm:output"),
        (_edit(["mlm:output", 0, "overlook:part"], "mask"), "overlook:part"),
        (_edit(["mlm:output", 1], {"name": "x", "overlook:part": "offset"}), "overlook:part"),
        (_edit(["mlm:output", 0, "classification:classes"], ...), "classification:classes"),
        (_edit(["mlm:output", 0, "classification:classes"], [{"value": 1, "name": "vehicle"}]), "from 0"),
    ],
)
def test_a_card_that_cannot_be_says_what_is_wrong(heatmap_card: Path, make: Any, edit: Any, words: str) -> None:
    fields = make.card_of("centre-heatmap")
    edit(fields)
    with pytest.raises(ModelError) as caught:
        read_card(make.write_card(heatmap_card, fields))
    assert caught.value.code == "E-MODEL-CARD"
    assert words in caught.value.what
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"type": "Feature"}', "\x00", "[" * 100_000])
def test_a_card_that_is_not_one(heatmap_card: Path, text: str) -> None:
    heatmap_card.write_text(text)
    with pytest.raises(ModelError) as caught:
        read_card(heatmap_card)
    assert caught.value.code == "E-MODEL-CARD"


@pytest.mark.parametrize("href", ["../elsewhere.onnx", "/etc/passwd", "https://example.org/m.onnx", ""])
def test_a_model_outside_the_cards_folder_is_refused(heatmap_card: Path, make: Any, href: str) -> None:
    item = {
        "type": "Feature",
        "properties": make.card_of("centre-heatmap"),
        "assets": {"m": {"href": href, "roles": ["mlm:model"]}},
    }
    with pytest.raises(ModelError) as caught:
        read_card(make.write_card(heatmap_card, item))
    assert caught.value.code == "E-MODEL-CARD"


@pytest.mark.parametrize("data", [b"", b"not a model at all", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, b"<html></html>"])
def test_a_file_that_is_not_onnx(heatmap_card: Path, data: bytes) -> None:
    heatmap_card.with_suffix(".onnx").write_bytes(data)
    with pytest.raises(ModelError) as caught:
        OnnxDetector(heatmap_card)
    assert caught.value.code == "E-MODEL-ONNX"


def test_a_truncated_model(heatmap_card: Path) -> None:
    weights = heatmap_card.with_suffix(".onnx")
    data = weights.read_bytes()
    for kept in (10, len(data) // 2, len(data) - 1):
        weights.write_bytes(data[:kept])
        with pytest.raises(ModelError) as caught:
            OnnxDetector(heatmap_card)
        assert caught.value.code == "E-MODEL-ONNX"


def test_a_model_whose_names_are_not_text(heatmap_card: Path, capfd: pytest.CaptureFixture[str]) -> None:
    weights = heatmap_card.with_suffix(".onnx")
    weights.write_bytes(weights.read_bytes().replace(b"offset", b"off\xf7et"))
    with pytest.raises(ModelError) as caught:
        OnnxDetector(heatmap_card)
    assert caught.value.code == "E-MODEL-ONNX"
    assert capfd.readouterr().out == ""


def test_a_model_that_is_not_there(heatmap_card: Path) -> None:
    heatmap_card.with_suffix(".onnx").unlink()
    with pytest.raises(ModelError) as caught:
        read_card(heatmap_card)
    assert caught.value.code == "E-MODEL-READ"


def test_outputs_and_inputs_that_do_not_fit_the_card(heatmap_card: Path, tmp_path: Path, make: Any) -> None:
    fields = make.card_of("centre-heatmap")
    fields["mlm:output"][1]["name"] = "extent"
    with pytest.raises(ModelError, match="no output 'extent'"):
        OnnxDetector(make.write_card(heatmap_card, fields))

    fields = make.card_of("centre-heatmap")
    fields["mlm:input"][0]["input"]["data_type"] = "uint8"
    with pytest.raises(ModelError, match="card says uint8"):
        OnnxDetector(make.write_card(heatmap_card, fields))

    make.yolo_model(tmp_path / "y.onnx", tile_px=256)
    with pytest.raises(ModelError, match="shape") as caught:
        OnnxDetector(make.write_card(tmp_path / "y.json", make.card_of("yolo-detect")))
    assert caught.value.code == "E-MODEL-INPUT"


def test_an_output_of_another_shape_than_its_head(tmp_path: Path, make: Any) -> None:
    make.yolo_model(tmp_path / "y.onnx")
    card = make.write_card(tmp_path / "y.json", make.card_of("yolo-obb"))
    scene = make.scene(shape=(60, 60), gsd_m=0.25)
    chip = make.chip(np.zeros((60, 60, 3), np.uint8), scene=scene)
    with pytest.raises(ModelError, match="gave") as caught:
        OnnxDetector(card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-OUTPUT"


def test_a_stride_that_the_model_does_not_have(heatmap_card: Path, make: Any) -> None:
    make.write_card(heatmap_card, make.card_of("centre-heatmap", **{"overlook:stride_px": 8}))
    scene = make.scene(shape=(60, 60), gsd_m=0.25)
    chip = make.chip(np.zeros((60, 60, 3), np.uint8), scene=scene)
    with pytest.raises(ModelError) as caught:
        OnnxDetector(heatmap_card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-OUTPUT"


def test_external_weights_beside_the_model_are_read(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx", save_as_external_data=True, location="blobs.bin", size_threshold=1000)
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap"))
    assert external_locations((tmp_path / "blobs.onnx").read_bytes()) == ("blobs.bin",)
    before = read_card(card).digest
    OnnxDetector(card)
    data = bytearray((tmp_path / "blobs.bin").read_bytes())
    data[0] ^= 1
    (tmp_path / "blobs.bin").write_bytes(data)
    assert read_card(card).digest != before


@pytest.mark.parametrize(
    "location", ["../secret.bin", "/etc/hostname", "sub/../../secret.bin", "link.bin", "..\\s.bin"]
)
def test_external_weights_elsewhere_are_refused_before_they_are_read(tmp_path: Path, make: Any, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(struct.pack("<10000f", *range(10_000)))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    placeholder = "x" * len(location)
    make.heatmap_model(folder / "blobs.onnx", save_as_external_data=True, location=placeholder, size_threshold=0)
    data = (folder / "blobs.onnx").read_bytes()
    (folder / "blobs.onnx").write_bytes(data.replace(placeholder.encode(), location.encode()))
    card = make.write_card(folder / "blobs.json", make.card_of("centre-heatmap"))
    with pytest.raises(ModelError) as caught:
        read_card(card)
    assert caught.value.code == "E-MODEL-EXTERNAL"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_card_is_read_or_refused_and_nothing_else(heatmap_card: Path, make: Any, data: st.DataObject) -> None:
    text = json.dumps(make.card_of("centre-heatmap"))
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 30))
    heatmap_card.write_text(text[:at] + data.draw(st.text(max_size=8)) + text[at + length :])
    problem = None
    try:
        read_card(heatmap_card)
    except ModelError as error:
        problem = error
    assert problem is None or problem.remedy


def test_a_card_may_say_where_it_comes_from_and_a_score_for_each_class(heatmap_card: Path, make: Any) -> None:
    more = {
        "overlook:threshold": {"vehicle": 0.42},
        "overlook:lengths_m": {"vehicle": 4.4},
        "overlook:rests_on": {"vehicle": "1,900 real cars"},
        "overlook:training": [{"name": "A", "licence": "MIT", "attribution": "B, 2020"}],
        "overlook:runtime": "openvino",
    }
    card = read_card(make.write_card(heatmap_card, make.card_of("centre-heatmap", **more)))
    assert card.threshold_of("vehicle") == 0.42
    assert (card.lengths_m, card.rests_on) == ((("vehicle", 4.4),), (("vehicle", "1,900 real cars"),))
    assert (card.training[0].attribution, card.runtime) == ("B, 2020", "openvino")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("overlook:threshold", {"lorry": 0.4}, "no class of the model"),
        ("overlook:threshold", {}, "names no score for vehicle"),
        ("overlook:lengths_m", {"vehicle": -1}, "not from 0.1"),
        ("overlook:lengths_m", [4.5], "not an object"),
        ("overlook:rests_on", {"vehicle": ""}, "class to text"),
        ("overlook:training", {}, "not a list"),
        ("overlook:training", [{"name": "A", "licence": "MIT"}], "no attribution"),
        ("overlook:runtime", "tensorrt", "overlook:runtime"),
    ],
)
def test_what_a_card_may_say_is_checked(heatmap_card: Path, make: Any, field: str, value: Any, words: str) -> None:
    make.write_card(heatmap_card, make.card_of("centre-heatmap", **{field: value}))
    with pytest.raises(ModelError) as caught:
        read_card(heatmap_card)
    assert words in caught.value.what


@pytest.mark.parametrize("where", ["model", "weights"])
def test_a_model_that_would_fill_the_memory_is_refused_unread(tmp_path: Path, make: Any, where: str) -> None:
    """A sparse file costs no disk: its size alone is enough."""
    if where == "model":
        model = tmp_path / "blobs.onnx"
        model.touch()
        large = model
    else:
        make.heatmap_model(tmp_path / "blobs.onnx", save_as_external_data=True, location="blobs.data", size_threshold=0)
        large = tmp_path / "blobs.data"
    with large.open("r+b") as file:
        file.truncate(2_000_000_001)
    with pytest.raises(ModelError) as caught:
        read_card(make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap")))
    assert caught.value.code == "E-MODEL-LARGE"
