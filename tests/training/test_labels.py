"""Which boxes are trained on: hulls of oriented boxes, corrections, and areas that never meet."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training.labels import CLASSES, HULL, ORIENTED, Tile, boxes_of, corrected
from training.places import AREAS, CHOOSE, CORRECTIONS, TEST, TEST_LARGE, TRAIN

from shared import SHARED, needs


@pytest.fixture
def tile() -> Tile:
    rows = [(0, 20.0, 20.0, 22.0, 10.0, 0.0, HULL, False), (0, 60.0, 40.0, 20.0, 20.0, 0.0, HULL, False)]
    return Tile(
        name="t",
        area="a",
        gsd_m=0.2,
        pixels=np.zeros((100, 100, 3), np.uint8),
        boxes=boxes_of(rows),
        searched=(True, True, False),
    )


def test_the_hull_of_a_turned_box_is_larger_than_its_sides() -> None:
    # 4.6 x 1.9 m at 45 degrees: both sides of the hull are (4.6 + 1.9) / sqrt(2)
    turned = boxes_of([(0, 0.0, 0.0, 4.6, 1.9, np.pi / 4, ORIENTED, False)])
    assert np.ptp(turned.hulls()[0, [0, 2]]) == pytest.approx(6.5 / np.sqrt(2))
    assert np.ptp(turned.hulls()[0, [1, 3]]) == pytest.approx(6.5 / np.sqrt(2))


def test_corrections_add_remove_and_relabel(tile: Tile) -> None:
    entry = {
        "complete": ["container"],
        "remove": [{"x": 21, "y": 19}],
        "relabel": [{"x": 60, "y": 41, "class": "large_vehicle"}],
        "add": [
            {"class": "container", "x": 80, "y": 80, "length": 30, "width": 12, "angle_deg": 90},
            {"class": "ignore", "x": 5, "y": 5, "length": 10, "width": 5, "angle_deg": 0},
        ],
    }
    boxes = corrected(tile, entry).boxes
    assert [CLASSES[c] for c in boxes.cls] == ["large_vehicle", "container", "vehicle"]
    assert boxes.ignore.tolist() == [False, False, True]
    assert boxes.angle[1] == pytest.approx(np.pi / 2)
    assert corrected(tile, entry).searched == (True, True, True)
    assert len(tile.boxes) == 2


def test_a_correction_of_no_box_is_refused(tile: Tile) -> None:
    with pytest.raises(ValueError, match="no given box within 2 m"):
        corrected(tile, {"remove": [{"x": 90, "y": 5}]})
    with pytest.raises(ValueError, match="no given box within 2 m"):
        corrected(replace(tile, boxes=boxes_of([])), {"remove": [{"x": 20, "y": 20}]})


def test_no_area_is_both_trained_on_and_reported() -> None:
    groups = (TRAIN, CHOOSE, TEST, TEST_LARGE)
    assert sum(len(g) for g in groups) == len({name for g in groups for name in g})
    names = [name for tiles in AREAS.values() for name in tiles]
    assert len(names) == len(set(names)) == 34
    assert set(AREAS) <= {name for g in groups for name in g}


def test_every_correction_lies_on_a_tile_and_has_a_class_that_exists() -> None:
    tiles = json.loads(CORRECTIONS.read_text())["tiles"]
    assert len(tiles) > 30
    known = {name for names in AREAS.values() for name in names}
    for name, entry in tiles.items():
        assert name in known or name.startswith("10cm_")
        side = 2000 if name.startswith("10cm_") else 1000
        for item in entry.get("add", []):
            assert item["class"] in (*CLASSES, "ignore")
            assert item["sure"] in ("sure", "probable")
            assert 0 <= item["x"] <= side
            assert 0 <= item["y"] <= side
            assert item["width"] > 0
            assert 0 < item["length"] <= 160


@needs("vehicles-estonia")
def test_every_correction_applies_to_the_tiles() -> None:
    from training.labels import backgrounds, estonia

    found = {**estonia(SHARED.parent), **backgrounds(SHARED.parent)}
    given = sum(len(t.boxes) for t in found.values())
    for name, entry in json.loads(CORRECTIONS.read_text())["tiles"].items():
        found[name] = corrected(found[name], entry)
    assert given == 2192 + 50 + 11  # cars, buses and trucks, as the data's own description counts them
    assert sum(len(t.boxes) for t in found.values()) > given + 100


@needs("vehicles-estonia")
def test_areas_are_tiles_whose_edges_continue_each_other() -> None:
    from training.labels import estonia

    found = estonia(SHARED.parent)
    area_of = {name: area for area, names in AREAS.items() for name in names}
    for a, first in found.items():
        for b, second in found.items():
            below = np.corrcoef(first.pixels[-1].ravel(), second.pixels[0].ravel())[0, 1]
            right = np.corrcoef(first.pixels[:, -1].ravel(), second.pixels[:, 0].ravel())[0, 1]
            if a != b and max(below, right) > 0.75:
                assert area_of[a] == area_of[b], (a, b)


def test_the_page_shows_what_was_corrected(tile: Tile) -> None:
    from training.page import draw

    added = {"class": "vehicle", "x": 80.0, "y": 80.0, "length": 22, "width": 9, "angle_deg": 0, "sure": "sure"}
    bare, shown = draw(tile, {}), draw(tile, {"add": [added]})
    assert bare.shape == (1600, 1600, 3)
    changed = np.argwhere((bare != shown).any(axis=2)) / 16
    assert changed.min(axis=0) == pytest.approx([75.5, 69.0], abs=0.3)
    assert changed.max(axis=0) == pytest.approx([84.5, 91.0], abs=0.3)


def test_corrections_name_no_place_on_a_disk() -> None:
    assert "/" not in "".join(json.loads(CORRECTIONS.read_text())["tiles"])
    assert isinstance(CORRECTIONS, Path)
