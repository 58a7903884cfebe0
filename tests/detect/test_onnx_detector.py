"""A model really run on chips with known blobs: where its boxes are, that tiling changes nothing, what it refuses."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlook.detect import Detector, OnnxDetector, corners_in, notes_of
from overlook.errors import ModelError
from overlook.terms import CLOUD, DETECTIONS, NODATA

CENTRES = np.array([(60.0, 40.0), (150.5, 41.25), (61.0, 120.0), (200.0, 150.0), (280.75, 90.5), (120.0, 180.0)])


def _centres(table: Any) -> np.ndarray:
    return corners_in(table).mean(axis=1)


def _by_place(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort((points[:, 0], np.floor(points[:, 1])))]


def _scene_and_chip(make: Any, *, gsd_m: float = 0.25, centres: np.ndarray = CENTRES, **more: Any) -> tuple[Any, Any]:
    """The same ground, 320 x 220 quarter metres, at any GSD."""
    shape = (round(220 * 0.25 / gsd_m), round(320 * 0.25 / gsd_m))
    scene = make.scene(shape=shape, gsd_m=gsd_m, **more)
    pixels = make.blobs(shape, centres * 0.25 / gsd_m, length=4.5 / gsd_m, width=2.0 / gsd_m)
    return scene, make.chip(pixels, scene=scene)


def test_finds_each_blob_where_it_is(heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    detector: Detector = OnnxDetector(heatmap_card)
    assert detector.misfit(chip, scene) == ""
    table = detector.detect(chip, scene)
    assert table.schema.equals(DETECTIONS)
    np.testing.assert_allclose(_centres(table), _by_place(CENTRES), atol=0.4)
    corners = corners_in(table)
    np.testing.assert_allclose(np.ptp(corners[..., 0], axis=1), 18, atol=0.01)
    np.testing.assert_allclose(np.ptp(corners[..., 1], axis=1), 8, atol=0.01)
    assert set(table["cls"].to_pylist()) == {"vehicle"}
    assert set(table["observer"].to_pylist()) == {"blobs"}
    assert not any(table["edge"].to_pylist())
    assert min(table["score"].to_pylist()) >= 0.5


@pytest.mark.parametrize("gsd_m", [0.1, 0.125, 0.4, 0.5])
def test_resamples_to_the_scale_the_model_knows(heatmap_card: Path, make: Any, gsd_m: float) -> None:
    scene, chip = _scene_and_chip(make, gsd_m=gsd_m)
    table = OnnxDetector(heatmap_card).detect(chip, scene)
    np.testing.assert_allclose(_centres(table) * gsd_m / 0.25, _by_place(CENTRES), atol=0.6)


@pytest.mark.parametrize("gsd_m", [0.25, 0.4])
def test_boxes_and_their_order_do_not_depend_on_the_tile(heatmap_card: Path, make: Any, gsd_m: float) -> None:
    rng = np.random.default_rng(3)
    crowd = np.stack([rng.uniform(15, 305, 40), rng.uniform(10, 210, 40)], axis=1)
    scene, chip = _scene_and_chip(make, gsd_m=gsd_m, centres=crowd)
    tables = [OnnxDetector(heatmap_card, tile_px=size).detect(chip, scene) for size in (64, 100, 256, 1024)]
    assert tables[0].num_rows > 20
    for other in tables[:-1]:
        assert other["cls"].equals(tables[-1]["cls"])
        np.testing.assert_allclose(corners_in(other), corners_in(tables[-1]), atol=0.01)
        np.testing.assert_allclose(other["score"].to_numpy(), tables[-1]["score"].to_numpy(), atol=1e-4)


def test_yolo_head_on_tiles_of_its_own(tmp_path: Path, make: Any) -> None:
    make.yolo_model(tmp_path / "y.onnx")
    card = make.write_card(tmp_path / "y.json", make.card_of("yolo-detect"))
    scene, chip = _scene_and_chip(make)
    detector = OnnxDetector(card)
    table = detector.detect(chip, scene)
    np.testing.assert_allclose(_centres(table), _by_place(CENTRES), atol=0.5)
    assert set(table["cls"].to_pylist()) == {"vehicle"}
    assert detector.searched == ("vehicle", "container")


def test_oriented_yolo_head_turns_its_boxes(tmp_path: Path, make: Any) -> None:
    make.yolo_model(tmp_path / "y.onnx", angle_rad=np.pi / 6)
    card = make.write_card(tmp_path / "y.json", make.card_of("yolo-obb"))
    scene, chip = _scene_and_chip(make)
    corners = corners_in(OnnxDetector(card).detect(chip, scene))
    along = corners[:, 1] - corners[:, 0]
    np.testing.assert_allclose(np.degrees(np.arctan2(along[:, 1], along[:, 0])), 30, atol=0.01)
    np.testing.assert_allclose(np.hypot(along[:, 0], along[:, 1]), 18, atol=0.01)


def test_boxes_cut_by_the_edge_or_a_mask_are_marked_and_kept(heatmap_card: Path, make: Any) -> None:
    centres = np.array([(4.0, 60.0), (150.0, 60.0), (250.0, 60.0)])
    scene, chip = _scene_and_chip(make, centres=centres)
    unusable = np.zeros(chip.unusable.shape, np.uint8)
    unusable[:, 254:] = CLOUD
    table = OnnxDetector(heatmap_card).detect(make.chip(chip.pixels, scene=scene, unusable=unusable), scene)
    assert table["edge"].to_pylist() == [True, False, True]


def test_what_a_mask_hides_is_not_found(heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    unusable = np.zeros(chip.unusable.shape, np.uint8)
    unusable[:, :100] = CLOUD
    found = _centres(OnnxDetector(heatmap_card).detect(make.chip(chip.pixels, scene=scene, unusable=unusable), scene))
    np.testing.assert_allclose(found, _by_place(CENTRES[CENTRES[:, 0] > 100]), atol=0.4)


def test_an_image_without_a_usable_pixel_is_not_a_silent_zero(heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    unusable = np.full(chip.unusable.shape, NODATA, np.uint8)
    table = OnnxDetector(heatmap_card).detect(make.chip(chip.pixels, scene=scene, unusable=unusable), scene)
    assert table.num_rows == 0
    assert "nothing was searched" in " ".join(notes_of(table))


def test_an_image_of_one_pixel(heatmap_card: Path, make: Any) -> None:
    scene = make.scene(shape=(1, 1), gsd_m=0.25)
    chip = make.chip(np.full((1, 1, 3), 250, np.uint8), scene=scene)
    table = OnnxDetector(heatmap_card).detect(chip, scene)
    assert "smaller than the surroundings" in " ".join(notes_of(table))
    assert all(table["edge"].to_pylist())


def test_scores_are_not_probabilities_until_calibrated(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    plain = OnnxDetector(heatmap_card).detect(chip, scene)
    assert plain["probability"].to_pylist() == [None] * len(CENTRES)
    calibration = {"vehicle": {"type": "isotonic", "points": [[0.5, 0.2], [1.0, 0.7]]}}
    make.write_card(heatmap_card, make.card_of("centre-heatmap", **{"overlook:calibration": calibration}))
    calibrated = OnnxDetector(heatmap_card).detect(chip, scene)
    expected = 0.2 + (plain["score"].to_numpy() - 0.5)
    np.testing.assert_allclose(calibrated["probability"].to_numpy(), expected, atol=1e-9)
    np.testing.assert_array_equal(calibrated["score"].to_numpy(), plain["score"].to_numpy())


def test_logits_are_squashed_when_the_card_says_so(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx", scores="logit")
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap"))
    scene, chip = _scene_and_chip(make)
    with pytest.raises(ModelError, match="not from 0 to 1") as caught:
        OnnxDetector(card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-SCORES"
    make.write_card(card, make.card_of("centre-heatmap", **{"overlook:scores": "logits"}))
    assert OnnxDetector(card).detect(chip, scene).num_rows == len(CENTRES)


def test_scores_that_are_not_numbers_are_an_error(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx", scores="broken")
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap"))
    scene, chip = _scene_and_chip(make)
    with pytest.raises(ModelError, match="not numbers") as caught:
        OnnxDetector(card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-NAN"


def test_boxes_of_no_possible_size_are_an_error(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx", size_px=(1e30, 8))
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap"))
    scene, chip = _scene_and_chip(make)
    with pytest.raises(ModelError, match="number of pixels") as caught:
        OnnxDetector(card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-NAN"


def test_more_boxes_than_a_scene_holds_is_an_error(heatmap_card: Path, make: Any) -> None:
    make.write_card(heatmap_card, make.card_of("centre-heatmap", **{"overlook:threshold": 0.0}))
    scene = make.scene(shape=(1000, 1000), gsd_m=0.25)
    chip = make.chip(np.full((1000, 1000, 3), 90, np.uint8), scene=scene)
    with pytest.raises(ModelError, match="raise overlook:threshold") as caught:
        OnnxDetector(heatmap_card).detect(chip, scene)
    assert caught.value.code == "E-MODEL-BOXES"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"gsd_m": 0.8}, "E-MODEL-GSD", "0.8 m"),
        ({"gsd_m": 0.05}, "E-MODEL-GSD", "0.1 to 0.6 m"),
        ({"bands": ("grey",)}, "E-MODEL-BANDS", "no red band"),
    ],
)
def test_images_that_do_not_fit_are_refused(
    heatmap_card: Path, make: Any, changes: dict[str, Any], code: str, words: str
) -> None:
    scene = make.scene(shape=(40, 40), **({"gsd_m": 0.25} | changes))
    chip = make.chip(np.zeros((40, 40, len(scene.bands)), np.uint8), scene=scene)
    detector = OnnxDetector(heatmap_card)
    with pytest.raises(ModelError, match=words) as caught:
        detector.detect(chip, scene)
    assert caught.value.code == code
    assert words in detector.misfit(chip, scene)


def test_what_fits_badly_is_remarked_on(heatmap_card: Path, make: Any) -> None:
    scene = make.scene(shape=(40, 40), gsd_m=0.25, dtype="uint16", kind="screenshot")
    chip = make.chip(np.zeros((40, 40, 3), np.uint8), scene=scene)
    notes = " ".join(notes_of(OnnxDetector(heatmap_card).detect(chip, scene)))
    assert "uint16" in notes
    assert "screenshot" in notes


def test_bands_go_in_by_name_whatever_their_order(heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    expected = OnnxDetector(heatmap_card).detect(chip, scene)
    four = make.scene(shape=scene.shape, gsd_m=0.25, bands=("blue", "green", "red", "nir"))
    near_infrared = np.zeros((*scene.shape, 1), np.uint8)
    other = make.chip(np.concatenate([chip.pixels[:, :, ::-1], near_infrared], axis=2), scene=four)
    assert OnnxDetector(heatmap_card).detect(other, four).equals(expected)


def test_goes_to_another_process(heatmap_card: Path, make: Any) -> None:
    scene, chip = _scene_and_chip(make)
    detector = OnnxDetector(heatmap_card, tile_px=128)
    again = pickle.loads(pickle.dumps(detector))
    assert again.detect(chip, scene).equals(detector.detect(chip, scene))
