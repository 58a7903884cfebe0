"""The same model on another runtime, or with whole-number weights: the same boxes, within what is stated."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlook.detect import OnnxDetector, corners_in
from overlook.errors import ModelError, UsageError

CENTRES = np.array([(60.0, 40.0), (150.5, 41.25), (61.0, 120.0), (200.0, 150.0), (280.75, 90.5), (120.0, 180.0)])
#: What a bfloat16's eight bits of mantissa change at most, in pixels of the image and in score.
BF16_PX, BF16_SCORE = 0.5, 0.02


def _chip(make: Any) -> tuple[Any, Any]:
    scene = make.scene(shape=(220, 320), gsd_m=0.25)
    return make.chip(make.blobs((220, 320), CENTRES, length=18, width=8), scene=scene), scene


def test_openvino_finds_the_same_boxes(heatmap_card: Path, make: Any) -> None:
    pytest.importorskip("openvino")
    chip, scene = _chip(make)
    one = OnnxDetector(heatmap_card).detect(chip, scene)
    other = OnnxDetector(heatmap_card, runtime="openvino").detect(chip, scene)
    assert one.num_rows == other.num_rows == len(CENTRES)
    np.testing.assert_allclose(corners_in(one), corners_in(other), atol=BF16_PX)
    np.testing.assert_allclose(one["score"].to_numpy(), other["score"].to_numpy(), atol=BF16_SCORE)


def test_a_card_may_choose_openvino(tmp_path: Path, make: Any) -> None:
    pytest.importorskip("openvino")
    make.heatmap_model(tmp_path / "blobs.onnx")
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap", **{"overlook:runtime": "openvino"}))
    assert type(OnnxDetector(card).network) is type(OnnxDetector(card, runtime="openvino").network)
    assert type(OnnxDetector(card).network) is not type(OnnxDetector(card, runtime="onnxruntime").network)


def test_openvino_refuses_what_is_no_model_in_one_line(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pytest.importorskip("openvino")
    heatmap_card.with_suffix(".onnx").write_bytes(b"\x3a\x02\x0a\x00")
    with pytest.raises(ModelError) as caught:
        OnnxDetector(heatmap_card, runtime="openvino")
    assert caught.value.code in ("E-MODEL-ONNX", "E-MODEL-INPUT")
    assert "\n" not in str(caught.value)


def test_without_openvino_it_says_how_to_get_it(heatmap_card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(UsageError) as caught:
        OnnxDetector(heatmap_card, runtime="openvino")
    assert (caught.value.code, "overlook[openvino]" in caught.value.remedy) == ("E-USAGE-RUNTIME", True)


def test_a_quantized_model_runs_as_it_is(tmp_path: Path, make: Any) -> None:
    """QDQ int8, made by ONNX Runtime's own quantizer from three chips: its boxes lie where those of float32 do."""
    quantization = pytest.importorskip("onnxruntime.quantization")

    class Chips(quantization.CalibrationDataReader):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            pixels = [make.blobs((256, 256), CENTRES * 0.8, length=18, width=8, seed=i) for i in range(3)]
            self._rows = iter([{"image": p.transpose(2, 0, 1)[None].astype(np.float32) / 255} for p in pixels])

        def get_next(self) -> Any:
            return next(self._rows, None)

    make.heatmap_model(tmp_path / "float.onnx")
    quantization.quantize_static(
        str(tmp_path / "float.onnx"),
        str(tmp_path / "int8.onnx"),
        Chips(),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]},
    )
    chip, scene = _chip(make)
    tables = [
        OnnxDetector(make.write_card(tmp_path / f"{name}.json", make.card_of("centre-heatmap"))).detect(chip, scene)
        for name in ("float", "int8")
    ]
    assert tables[0].num_rows == tables[1].num_rows == len(CENTRES)
    centres = [corners_in(table).mean(axis=1) for table in tables]
    np.testing.assert_allclose(centres[0], centres[1], atol=1.0)
