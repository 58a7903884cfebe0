"""A wrong image can be taken out: nothing is deleted, nothing is hidden, and the case is whole again."""

import pytest

from overlook import run
from overlook.errors import InputError, UsageError
from overlook.store import Ledger


def test_a_removed_image_is_set_aside_and_told(make_case, material):
    root = make_case(files=[f for image in material.images[:4] for f in material.of(image)])
    scene = material.images[1].stem
    used = {o.scene for o in run.assess(root).assessment.observations}
    assert scene in used
    files = run.remove(root, [scene], why="another place")
    assert {f for f in files if f.endswith(".tif")} == {material.images[1].name}
    assert all((root / "removed" / f).is_file() for f in files)
    assert not any((root / "imagery" / f).exists() for f in files)
    run.verify(root)
    assessed = run.assess(root)
    assert scene not in {o.scene for o in assessed.assessment.observations}
    assert any(scene in note and "another place" in note for note in assessed.assessment.notes)
    assert "another place" in assessed.report.read_text(encoding="utf-8")
    assert run.assess(root).reused
    with Ledger(root / "ledger.sqlite") as ledger:
        assert "another place" not in str(ledger.entries("removed")[0].body)


def test_it_can_be_added_again(make_case, material):
    root = make_case(files=material.of(material.images[0]))
    run.remove(root, [material.images[0].stem], why="a slip")
    assert all(a.error is None for a in run.add(root, material.of(material.images[0])))
    run.verify(root)
    assessment = run.assess(root).assessment
    assert assessment.scenes
    assert not any("was removed" in note for note in assessment.notes)


def test_a_name_that_was_not_added_removes_nothing(make_case, material):
    root = make_case(files=material.of(material.images[0]))
    with pytest.raises(InputError, match="did you mean"):
        run.remove(root, [material.images[0].stem, material.images[0].stem[:-1] + "x"], why="a slip")
    assert (root / "imagery" / material.images[0].name).is_file()
    with pytest.raises(UsageError, match="no reason"):
        run.remove(root, [material.images[0].stem], why=" ")
    run.verify(root)


def test_a_table_of_counts_can_be_removed(make_case, tmp_path):
    root = make_case(files=[])
    table = tmp_path / "mine.csv"
    table.write_text("time,zone,class,count\n2021-02-01T10:00Z,yard,vehicle,3\n")
    (added,) = run.add(root, [table])
    assert run.assess(root).assessment.observations
    run.remove(root, [added.id], why="typed from the wrong image")
    run.verify(root)
    assert not run.assess(root).assessment.observations


def test_a_count_of_a_day_and_boxes_on_that_days_image_are_one(make_case, material, tmp_path):
    image = material.images[3]
    root = make_case(files=material.of(image))
    before = run.assess(root).assessment
    day = f"{image.stem[4:8]}-{image.stem[8:10]}-{image.stem[10:12]}"
    table = tmp_path / "day.csv"
    table.write_text(f"time,zone,class,count\n{day},yard,vehicle,3\n{day},parking,vehicle,3\n")
    run.add(root, [table])
    after = run.assess(root).assessment
    seen = {o.series for o in before.observations if o.kind == "count" and o.series.cls == "vehicle"}
    assert sum("was left out" in note for note in after.notes) == len({s.zone for s in seen} & {"yard", "parking"}) > 0
