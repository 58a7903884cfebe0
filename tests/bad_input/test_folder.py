"""Side-cars, images and counts changed by hand after they were added; case.yaml changed while data exist."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from overlook import run
from overlook.errors import CaseError, InputError, IntegrityError, ModelError
from overlook.terms import NotObserved

from .conftest import CASE, NAMES, attempt, boxes, new_case, tiff, told, tree

SIDE = f"{NAMES[0]}.stac.json"
BOX_FILE = f"{NAMES[0]}.anna.boxes.geojson"


def change(case: Path, edit: Callable[[dict[str, Any], dict[str, Any]], Any]) -> None:
    path = case / "imagery" / SIDE
    item = json.loads(path.read_text())
    edit(item, item["properties"])
    path.write_text(json.dumps(item))


def put(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda item, p: (item if name in item else p).update({name: value})


NAN = float("nan")
BOW = {"type": "Polygon", "coordinates": [[[9, 50], [9.1, 50.1], [9.1, 50], [9, 50.1], [9, 50]]]}


@pytest.mark.parametrize(
    "edit",
    [
        lambda item, p: item["assets"]["image"].update(href="../../../etc/passwd"),
        lambda item, p: item["assets"]["image"].update(href="/etc/passwd"),
        lambda item, p: p["overlook:boxes"][0].update(path="../case.yaml"),
        lambda item, p: p["overlook:boxes"][0].update(path="/etc/passwd"),
        lambda item, p: p["overlook:boxes"][0].update(digest=""),
        lambda item, p: p["overlook:boxes"][0].update(observer=5),
        lambda item, p: p.update({"overlook:cloud_mask": "../x.tif", "overlook:cloud_mask_digest": "0" * 64}),
        lambda item, p: p.update({"overlook:cloud_mask": "x.tif", "overlook:cloud_mask_digest": ""}),
        put("id", "other"),
        put("id", NAMES[1]),
        put("geometry", None),
        put("geometry", {"type": "Point", "coordinates": [9, 50]}),
        put("geometry", BOW),
        put("gsd", NAN),
        put("gsd", "fine"),
        put("overlook:crs", "EPSG:99999"),
        put("overlook:crs", "EPSG:4978"),
        put("overlook:crs", 5),
        put("proj:transform", [0] * 6),
        put("proj:transform", [NAN] * 6),
        put("proj:transform", [1e300] * 6),
        put("proj:transform", []),
        put("proj:shape", [10**12, 10**12]),
        put("proj:shape", [0, 5]),
        put("overlook:bands", []),
        put("overlook:bands", ["rouge"]),
        put("datetime", "2020-06-10T10:00:00"),
        put("datetime", "9999-12-31T23:59:59-12:00"),
        put("datetime", "yesterday"),
        put("view:sun_elevation", "high"),
        put("view:off_nadir", NAN),
        put("overlook:sensor", 5),
        put("overlook:credit", None),
        put("overlook:catalogue_id", ["x"]),
        put("overlook:may_publish", "no"),
        put("overlook:may_publish", 1),
        put("overlook:geolocation_error_m", 1e300),
        put("overlook:geolocation_error_m", "x"),
        put("overlook:labels_px", [[1]]),
    ],
)
def test_a_side_car_that_cannot_be_is_one_line_that_names_it(case, edit):
    before = tree(case)
    change(case, edit)
    error, _ = attempt(lambda: run.assess(case))
    assert isinstance(error, InputError)
    assert error.code == "E-INPUT-SIDECAR"
    assert SIDE in error.where
    with pytest.raises(IntegrityError, match="this side-car is broken"):
        run.verify(case)
    (case / "imagery" / SIDE).write_bytes(before[f"imagery/{SIDE}"])
    assert tree(case) == before
    assert run.assess(case).reused


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"3", b"\xff\xfe", b"[" * 100_000, b'{"properties": {}}'])
def test_a_side_car_that_is_none_is_one_line(case, data):
    (case / "imagery" / SIDE).write_bytes(data)
    error, _ = attempt(lambda: run.assess(case))
    assert isinstance(error, InputError)
    assert SIDE in error.where


def test_names_in_a_side_car_never_become_markup(case):
    evil = "<script>alert(1)</script>"
    change(case, lambda item, p: p.update({"overlook:sensor": evil, "overlook:credit": evil, "overlook:licence": evil,
                                            "overlook:catalogue_id": f"=1+1 {evil}"}))  # fmt: skip
    html = run.assess(case).report.read_text(encoding="utf-8")
    assert evil not in html
    assert "&lt;script&gt;" in html


def test_what_lost_its_side_car_is_named_and_comes_back_when_added_again(case, tmp_path):
    (case / "imagery" / SIDE).unlink()
    notes = run.assess(case).assessment.notes
    assert [n for n in notes if n.startswith(f"{NAMES[0]}.tif was added and is not used")]
    assert [n for n in notes if n.startswith(f"{BOX_FILE} was added and is not used")]
    files = [tiff(tmp_path / f"{NAMES[0]}.tif", seed=0), boxes(tmp_path / BOX_FILE)]
    assert [a.error for a in run.add(case, files)] == [None, None]
    assert told(case) == ()
    run.verify(case)


def test_what_was_never_added_or_is_gone_is_named(case):
    (case / "imagery" / "stray.tif").write_bytes(b"x")
    assert told(case) == ("stray.tif lies in imagery/ and is not used: it was not added with `overlook add`.",)
    (case / "imagery" / "stray.tif").unlink()
    (case / "imagery" / "counts.counts.csv").unlink()
    assert "counts.counts.csv was added and is gone." in run.assess(case).assessment.notes


def test_later_boxes_of_the_same_person_are_no_loss(case, tmp_path):
    again = boxes(tmp_path / BOX_FILE)
    again.write_text(again.read_text().replace("100]", "101]"))
    assert run.add(case, [again])[0].error is None
    assert told(case) == ()


@pytest.mark.parametrize("how", ["gone", "changed", "folder", "loop"])
def test_an_image_that_is_not_the_one_that_was_added_is_one_line(case, how):
    image = case / "imagery" / f"{NAMES[0]}.tif"
    data = image.read_bytes()
    image.unlink()
    if how == "changed":
        image.write_bytes(data[:-1])
    elif how == "folder":
        image.mkdir()
    elif how == "loop":
        image.symlink_to(image)
    for command in (run.assess, run.verify):
        error, _ = attempt(lambda command=command: command(case))
        assert isinstance(error, InputError | IntegrityError)
        assert NAMES[0] in error.where


def test_a_link_to_another_file_is_not_followed_into_the_report(case, tmp_path):
    secret = tmp_path / "secret.geojson"
    secret.write_text((case / "imagery" / BOX_FILE).read_text() + " ")
    (case / "imagery" / BOX_FILE).unlink()
    (case / "imagery" / BOX_FILE).symlink_to(secret)
    with pytest.raises(IntegrityError, match="is not the file that was added"):
        run.verify(case)


def test_a_broken_cloud_mask_is_not_called_an_unreadable_image(tmp_path):
    root = new_case(tmp_path / "case")
    image = tiff(tmp_path / f"{NAMES[0]}.tif")
    mask = tmp_path / f"{NAMES[0]}.cloud.geojson"
    mask.write_text('{"type": "FeatureCollection", "features": 3}')
    assert [a.error for a in run.add(root, [image, mask])] == [None, None]
    assessment = run.assess(root).assessment
    (note,) = assessment.notes
    assert "its cloud mask cannot be used" in note
    assert str(root) not in note
    assert all(isinstance(o, NotObserved) for o in assessment.observations)
    assert all("cloud mask" in o.detail and str(root) not in o.detail for o in assessment.observations)
    kept = next((root / "imagery").glob("*.clouds-*"))
    kept.write_text("{}")
    with pytest.raises(IntegrityError, match="is not the cloud mask that was added"):
        run.verify(root)


def test_what_was_noticed_in_a_file_of_counts_reaches_the_reader(tmp_path):
    root = new_case(tmp_path / "case")
    counts = tmp_path / "c.csv"
    counts.write_text("time;zone;class;count;visible_fraction\n2020-06-21T10:00Z;yard;truck;3;0,5\n")
    run.add(root, [counts])
    for _ in range(2):
        (note,) = run.assess(root).assessment.notes
        assert note.startswith("c.counts.csv: Read as separated by semicolons")


@pytest.mark.parametrize(
    ("old", "new", "kind", "says"),
    [
        ("id: yard, name", "id: lot, name", (CaseError, InputError), "yard"),
        ("zone: yard, class", "zone: lot, class", CaseError, "lot"),
        ("plan:", "models: [{card: none.json}]\nplan:", ModelError, "none.json"),
        ("plan:", "models: [{card: ../none.json}]\nplan:", CaseError, "inside"),
        ("EPSG:32632", "EPSG:32651", CaseError, "scale"),
        ("9 50,9.0006", "50 9,9.0006", CaseError, "geometry"),
        ("margin_m: 5", "reference_scene: nowhere", InputError, "nowhere"),
        ("'POLYGON((9 50,9.0006 50,9.0006 50.0004,9 50.0004,9 50))'", "{file: ../../etc/passwd}", CaseError, "inside"),
        ("'POLYGON((9 50,9.0006 50,9.0006 50.0004,9 50.0004,9 50))'", "{file: /etc/passwd}", CaseError, "inside"),
        ("9.0006 50,9.0006 50.0004", "9.0006 50.0004,9.0006 50", CaseError, "cross"),
    ],
)  # fmt: skip
def test_a_case_changed_while_data_exist_is_one_line_and_loses_nothing(case, old, new, kind, says):
    text = CASE.replace(old, new, 1)
    assert text != CASE
    before = tree(case)
    (case / "case.yaml").write_text(text)
    error, _ = attempt(lambda: run.assess(case))
    assert isinstance(error, kind)
    assert says in str(error)
    (case / "case.yaml").write_text(CASE)
    assert before.items() <= tree(case).items()
    assert run.assess(case).reused
