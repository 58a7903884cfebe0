"""Boxes and counts kept beside the images."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from overlook.collect import Registering, add_boxes, add_counts, count_files, register, scene_of, scenes, sha256
from overlook.errors import InputError

EMPTY = '{"type": "FeatureCollection", "features": []}'


@pytest.fixture
def imagery(tiff: Callable[..., Path], tmp_path: Path, now: datetime) -> Path:
    register(tiff("pad_20180612.tif"), tmp_path / "imagery", Registering(), now=now)
    return tmp_path / "imagery"


def given(tmp_path: Path, name: str, text: str = EMPTY) -> Path:
    path = tmp_path / "given" / name
    path.write_text(text)
    return path


def test_boxes_are_copied_and_named_in_the_sidecar(imagery: Path, tmp_path: Path) -> None:
    boxes = given(tmp_path, "pad_20180612.geojson")
    scene = add_boxes(boxes, imagery, scene="pad_20180612", observer="Anna K.", searched=("car",))
    (entry,) = scene.boxes
    assert (entry.observer, entry.complete_for, entry.digest) == ("Anna K.", ("car",), sha256(boxes))
    assert entry.path == "pad_20180612.Anna_K.boxes.geojson"
    assert (imagery / entry.path).read_text() == EMPTY
    assert scenes(imagery) == (scene,)


def test_the_same_boxes_twice_are_one_and_new_ones_replace_without_loss(imagery: Path, tmp_path: Path) -> None:
    boxes = given(tmp_path, "b.geojson")
    first = add_boxes(boxes, imagery, scene="pad_20180612", observer="anna", searched=())
    assert add_boxes(boxes, imagery, scene="pad_20180612", observer="anna", searched=()) == first
    told = add_boxes(boxes, imagery, scene="pad_20180612", observer="anna", searched=("car",))
    assert told.boxes[0].complete_for == ("car",)
    boxes.write_text(EMPTY + " ")
    second = add_boxes(boxes, imagery, scene="pad_20180612", observer="anna", searched=("car",))
    assert [b.path for b in second.boxes] == ["pad_20180612.anna-2.boxes.geojson"]
    assert (imagery / first.boxes[0].path).read_text() == EMPTY
    other = add_boxes(boxes, imagery, scene="pad_20180612", observer="boris", searched=("car",))
    assert [b.observer for b in other.boxes] == ["anna", "boris"]


def test_the_class_names_of_a_yolo_file_go_with_it(imagery: Path, tmp_path: Path) -> None:
    labels, names = given(tmp_path, "pad_20180612.txt", "0 0.5 0.5 0.1 0.1\n"), given(tmp_path, "kit.names", "car\n")
    scene = add_boxes(labels, imagery, scene="pad_20180612", observer="anna", searched=("car",))
    assert scene.boxes[0].path == "pad_20180612.anna.boxes.txt"
    assert (imagery / "pad_20180612.anna.boxes.names").read_text() == "car\n"
    assert add_boxes(labels, imagery, scene="pad_20180612", observer="anna", searched=("car",)) == scene
    names.write_text("bus\n")
    other = add_boxes(labels, imagery, scene="pad_20180612", observer="anna", searched=("bus",))
    assert other.boxes[0].path == "pad_20180612.anna-2.boxes.txt"
    assert (imagery / "pad_20180612.anna.boxes.names").read_text() == "car\n"


@pytest.mark.parametrize(
    ("name", "text", "scene", "code"),
    [
        ("b.geojson", EMPTY, "nowhere", "E-INPUT-NO-SCENE"),
        ("b.geojson", EMPTY, "../imagery/pad_20180612", "E-INPUT-NO-SCENE"),
        ("b.geojson", "", "pad_20180612", "E-INPUT-EMPTY"),
        ("b.geojson", "{", "pad_20180612", "E-INPUT-BOXES"),
        ("b.gpkg", "x", "pad_20180612", "E-INPUT-BOXES"),
        ("b.shp", "x", "pad_20180612", "E-INPUT-BOXES"),
    ],
)
def test_boxes_that_cannot_be_are_refused_and_nothing_is_left(
    imagery: Path, tmp_path: Path, name: str, text: str, scene: str, code: str
) -> None:
    before = sorted(p.name for p in imagery.iterdir())
    with pytest.raises(InputError) as caught:
        add_boxes(given(tmp_path, name, text), imagery, scene=scene, observer="anna", searched=())
    assert caught.value.code == code
    assert sorted(p.name for p in imagery.iterdir()) == before


def test_boxes_find_their_scene_by_name(imagery: Path, tiff: Callable[..., Path], now: datetime) -> None:
    register(tiff("pad_20180612.b.tif", seed=4), imagery, Registering(), now=now)
    names = {
        "pad_20180612.geojson": "pad_20180612",
        "pad_20180612.txt": "pad_20180612",
        "pad_20180612_boxes.geojson": "pad_20180612",
        "pad_20180612.anna.boxes.gpkg": "pad_20180612",
        "pad_20180612.b.anna.geojson": "pad_20180612.b",
        "pad_201806.geojson": None,
        "pad_20180612-2.geojson": None,
    }
    assert {name: scene_of(Path(name), imagery) for name in names} == names


def test_counts_are_checked_then_kept_once(imagery: Path, tmp_path: Path, now: datetime) -> None:
    counts = given(tmp_path, "my counts.csv", "time,zone,count\n2018-06-12,a,3\n")
    path = add_counts(counts, imagery, now=now)
    assert path.name == "my_counts.counts.csv"
    assert add_counts(counts, imagery, now=now) == path
    assert count_files(imagery) == ((path, sha256(counts)),)
    assert json.loads(path.with_suffix(".json").read_text())["name"] == "my counts.csv"
    counts.write_text("time,zone,count\n2018-06-12,a,4\n")
    assert add_counts(counts, imagery, now=now).name == "my_counts-2.counts.csv"
    path.write_text("time,zone,count\n2018-06-12,a,5\n")
    assert dict(count_files(imagery))[path] == sha256(path)
    counts.write_text("time,zone,count\n2018-06-12,a,-4\n")
    with pytest.raises(InputError, match="negative"):
        add_counts(counts, imagery, now=now)
    assert len(count_files(imagery)) == 2
