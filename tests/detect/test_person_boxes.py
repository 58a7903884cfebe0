"""A person's boxes laid on chips: where they come to lie, what was searched, and what a mask cuts."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlook.detect import Detector, PersonBoxes, corners_in, notes_of
from overlook.detect.boxes import corners_of
from overlook.errors import InputError
from overlook.terms import CLOUD, DETECTIONS, BoxFile, Registration

BOXES = corners_of(
    np.array([(100.0, 50.0), (300.5, 200.25), (20.0, 390.0)]),
    np.array([(9.0, 4.0), (9.0, 4.0), (20.0, 5.0)]),
    np.array([0.0, 0.6, 1.2]),
)


def _box_file(folder: Path, boxes: np.ndarray = BOXES, *, searched: tuple[str, ...] = ("vehicle",)) -> BoxFile:
    features = [
        {
            "type": "Feature",
            "properties": {"class": "vehicle"},
            "geometry": {"type": "Polygon", "coordinates": [[*box, box[0]]]},
        }
        for box in boxes.tolist()
    ]
    data = json.dumps({"type": "FeatureCollection", "coordinates": "pixels", "features": features}).encode()
    (folder / "scene.anna.boxes.geojson").write_bytes(data)
    return BoxFile(
        path="scene.anna.boxes.geojson",
        observer="anna",
        digest=hashlib.sha256(data).hexdigest(),
        complete_for=searched,
    )


def test_on_the_scenes_own_grid_boxes_stay_where_they_were_drawn(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    detector: Detector = PersonBoxes(tmp_path, _box_file(tmp_path))
    table = detector.detect(make.chip(np.zeros((400, 600, 3), np.uint8), scene=scene), scene)
    assert table.schema.equals(DETECTIONS)
    np.testing.assert_allclose(corners_in(table), BOXES, atol=1e-6)
    assert table["observer"].to_pylist() == ["anna"] * 3
    assert table["score"].null_count == table["probability"].null_count == 3
    assert (detector.thresholds, detector.searched) == (None, ("vehicle",))


def test_on_a_sites_grid_they_follow_window_scale_and_registration(tmp_path: Path, make: Any) -> None:
    scene = make.scene(gsd_m=0.5)
    chip = make.chip(np.zeros((300, 300, 3), np.uint8), scene=scene)
    _, b, c, d, _, f = scene.transform
    # A grid of one-metre pixels from column 40, row 20 of a scene that lay 3 m west and 2 m north of the truth.
    meta = dataclasses.replace(
        chip.meta,
        transform=(1.0, b, c + 20, d, -1.0, f - 10),
        registration=Registration(method="phase correlation", shift_m=(3.0, -2.0), residual_m=0.1),
    )
    table = PersonBoxes(tmp_path, _box_file(tmp_path)).detect(dataclasses.replace(chip, meta=meta), scene)
    # The third box begins left of the grid and is not of this chip.
    np.testing.assert_allclose(corners_in(table), (BOXES[:2] - [40, 20]) * 0.5 + [3, 2], atol=1e-6)


def test_boxes_off_the_chip_are_left_out_and_those_it_cuts_are_marked(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    unusable = np.zeros((220, 600), np.uint8)
    unusable[:, 300:] = CLOUD
    chip = make.chip(np.zeros((220, 600, 3), np.uint8), scene=scene, unusable=unusable)
    table = PersonBoxes(tmp_path, _box_file(tmp_path)).detect(chip, scene)
    np.testing.assert_allclose(corners_in(table), BOXES[:2], atol=1e-6)
    assert table["edge"].to_pylist() == [False, True]


def test_a_scene_in_a_plane_of_its_own_shows_nothing_of_a_site_on_earth(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    elsewhere = make.scene(crs="local", origin=(0.0, 200.0))
    chip = make.chip(np.zeros((400, 600, 3), np.uint8), scene=scene)
    table = PersonBoxes(tmp_path, _box_file(tmp_path)).detect(chip, elsewhere)
    assert table.num_rows == 0
    assert "does not lie on the site's map" in notes_of(table)[0]


def test_no_boxes_is_an_empty_table_of_the_same_kind(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    table = PersonBoxes(tmp_path, _box_file(tmp_path, BOXES[:0])).detect(
        make.chip(np.zeros((400, 600, 3), np.uint8), scene=scene), scene
    )
    assert table.num_rows == 0
    assert table.schema.equals(DETECTIONS)


def test_notes_travel_with_the_table(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    file = _box_file(tmp_path)
    points = [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [200, 100]}}]
    (tmp_path / file.path).write_text(json.dumps({"type": "FeatureCollection", "features": points}))
    detector = PersonBoxes(tmp_path, dataclasses.replace(file, digest=""))
    table = detector.detect(make.chip(np.zeros((400, 600, 3), np.uint8), scene=scene), scene)
    assert table["cls"].to_pylist() == ["vehicle"]
    assert "1 of its 1 boxes are clicks" in notes_of(table)[0]


def test_a_file_that_was_changed_after_it_was_added_is_not_counted(tmp_path: Path, make: Any) -> None:
    scene = make.scene()
    file = _box_file(tmp_path)
    _box_file(tmp_path, BOXES[:1])
    with pytest.raises(InputError, match="add it again") as caught:
        PersonBoxes(tmp_path, file).detect(make.chip(np.zeros((400, 600, 3), np.uint8), scene=scene), scene)
    assert caught.value.code == "E-INPUT-CHANGED"
