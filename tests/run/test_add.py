"""Adding what she has: every file is told of, nothing that was meant is silently something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

import overlook
from overlook.collect import Registering
from overlook.errors import CaseError
from overlook.run import Boxing
from overlook.terms import Rights, instant

YARD = "POLYGON((-25.006 45.001, -25.003 45.001, -25.003 45.004, -25.006 45.004, -25.006 45.001))"
CASE = f"""\
overlook: 1
id: c
title: C
sites:
  - {{id: alpha, name: Alpha, zones: [{{id: yard, name: Yard, kind: yard, geometry: "{YARD}"}}]}}
plan: {{classes: [large_vehicle]}}
"""
BOX = {"type": "Polygon", "coordinates": [[[100, 50], [109, 50], [109, 54], [100, 54], [100, 50]]]}


def boxes(path: Path, cls: str, **more: object) -> Path:
    feature = {"type": "Feature", "properties": {"class": cls}, "geometry": BOX}
    body = {"type": "FeatureCollection", "coordinates": "pixels", "features": [feature], **more}
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def image_of(material, folder: Path, name: str) -> Path:
    return Path((folder / name).write_bytes(material.images[0].read_bytes()) and folder / name)


def new_case(tmp_path: Path) -> Path:
    overlook.init(tmp_path / "case")
    (tmp_path / "case" / "case.yaml").write_text(CASE)
    return tmp_path / "case"


def searched_by(case: Path, scene: str) -> dict[str, list[str]]:
    item = json.loads((case / "imagery" / f"{scene}.stac.json").read_text())
    return {b["observer"]: b["complete_for"] for b in item["properties"]["overlook:boxes"]}


def test_the_observer_in_the_name_is_kept_when_the_image_had_to_be_renamed(tmp_path, material):
    case, name = new_case(tmp_path), "Größe über 🚗 2021-01-06"
    image = image_of(material, tmp_path, f"{name}.tif")
    drawn = boxes(tmp_path / f"{name}.clara.boxes.geojson", "large_vehicle")
    image_added, boxes_added = overlook.add(str(case), [str(drawn), str(image)])
    assert (image_added.error, boxes_added.error) == (None, None)
    assert list(searched_by(case, image_added.id)) == ["clara"]


def test_a_class_is_spelled_as_the_plan_spells_it(tmp_path, material):
    case = new_case(tmp_path)
    image = image_of(material, tmp_path, "a_20210106T100000Z.tif")
    drawn = boxes(tmp_path / "a_20210106T100000Z.anna.boxes.geojson", "Large vehicle")
    _, added = overlook.add(case, [image, drawn])
    assert added.notes == ()
    assert searched_by(case, added.id) == {"anna": ["large_vehicle"]}


def test_boxes_that_nothing_counts_are_told_at_once(tmp_path, material):
    case = new_case(tmp_path)
    image = image_of(material, tmp_path, "a_20210106T100000Z.tif")
    drawn = boxes(tmp_path / "a_20210106T100000Z.anna.boxes.geojson", "car")
    _, added = overlook.add(case, [image, drawn])
    assert added.notes == ("nothing here is counted: the plan in case.yaml counts large_vehicle, not car",)
    (added,) = overlook.add(case, [drawn], boxing=Boxing(searched=("large_vehicle",)))
    assert added.notes == ("boxes of car are not counted: only large_vehicle was searched for",)


def test_the_same_image_again_and_one_of_elsewhere_are_told(tmp_path, material):
    case = new_case(tmp_path)
    image = image_of(material, tmp_path, "a_20210106T100000Z.tif")
    again = image_of(material, tmp_path, "b_20210106T100000Z.tif")
    first, second = overlook.add(case, [image, again])
    assert first.notes == ()
    assert second.id == first.id
    assert "was here already, as a_20210106T100000Z" in second.notes[0]
    (case / "case.yaml").write_text(CASE.replace("-25.", "-26."))
    assert "shows none of the zones" in overlook.add(case, [image])[0].notes[-1]


def test_what_is_said_later_replaces_what_it_contradicts_and_nothing_else(tmp_path, material):
    case = new_case(tmp_path)
    image = tmp_path / "photo.png"
    Image.new("RGB", (100, 100), (80, 90, 100)).save(image)
    when = instant(datetime(2021, 1, 6, 10, tzinfo=UTC))
    points = ((0.0, 0.0, 10.0, 50.0), (100.0, 0.0, 10.001, 50.0), (0.0, 100.0, 10.0, 49.999))
    first = Registering(when=when, control_points=points, rights=Rights(may_publish=True, licence="CC0-1.0"))
    later = Registering(centre=(-25.0045, 45.0025), gsd_m=0.5, rights=Rights(credit="A. Name"))
    for said in (first, later):
        (added,) = overlook.add(case, [image], registering=said)
        assert added.error is None
    item = json.loads((case / "imagery" / "photo.stac.json").read_text())
    assert item["bbox"][0] < -25.0045 < item["bbox"][2]
    properties = item["properties"]
    said = [properties[f"overlook:{name}"] for name in ("may_publish", "licence", "credit")]
    assert said == [True, "CC0-1.0", "A. Name"]


def test_what_is_no_input_stops_nothing_else(tmp_path, material):
    case = new_case(tmp_path)
    image = image_of(material, tmp_path, "a_20210106T100000Z.tif")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "classes.txt").write_text("vehicle\n")
    (tmp_path / "folder").mkdir()
    names = ("Thumbs.db", "classes.txt", "folder", "other.cloud.geojson")
    added = {a.file: a for a in overlook.add(case, [image, *(tmp_path / n for n in names)])}
    assert added[str(image)].error is None
    assert added[str(tmp_path / "classes.txt")].what == "companion"
    codes = {n: added[str(tmp_path / n)].error.code for n in names if n != "classes.txt"}
    assert codes == {"Thumbs.db": "E-USAGE-FILE", "folder": "E-USAGE-FILE", "other.cloud.geojson": "E-USAGE-MASK"}
    assert "name the files in it: folder/*" in str(added[str(tmp_path / "folder")].error)


def test_counts_of_a_zone_that_the_case_does_not_have_never_come_in(tmp_path):
    case = new_case(tmp_path)
    counts = tmp_path / "counts.csv"
    counts.write_text("time,zone,count\n2020-01-01,yrad,3\n")
    (added,) = overlook.add(case, [counts])
    assert "did you mean 'yard'" in str(added.error)
    assert not list((case / "imagery").iterdir())
    overlook.assess(str(case))


def test_a_mended_copy_of_a_table_counts_no_day_twice(tmp_path):
    case = new_case(tmp_path)
    for number, value in enumerate(("0.2", "0.3")):
        index = f"time,zone,class,value,value_sd\n2020-01-01T10:00Z,yard,share,{value},0.01\n"
        for kind, rows in (("count", "time,zone,count\n2020-01-01T10:00Z,yard,3\n"), ("index", index)):
            path = tmp_path / f"{kind}{number}.csv"
            path.write_text(rows + "\n" * number)
            (added,) = overlook.add(case, [path])
            assert added.error is None
    assessment = overlook.assess(case).assessment
    assert sorted(o.kind for o in assessment.observations if o.kind != "not observed") == ["count", "index"]
    assert sum("was left out" in note for note in assessment.notes) == 2


def test_the_verbs_are_found_by_a_notebook_and_take_text(tmp_path):
    assert {"init", "add", "assess", "report", "verify", "pattern"} <= set(dir(overlook))
    overlook.init(str(tmp_path / "c"))
    done = overlook.assess(str(tmp_path / "c"))
    assert overlook.report(str(tmp_path / "c")) == done.report
    assert overlook.verify(str(tmp_path / "c")).head


def test_a_file_in_the_place_of_the_case_is_told(tmp_path):
    (tmp_path / "case.yaml").write_text(CASE)
    with pytest.raises(CaseError, match="this is a file, not a case folder"):
        overlook.assess(tmp_path / "case.yaml")
