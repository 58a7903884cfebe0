"""The line, run for real on simulated images: what is made, what is made again, and what survives."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from overlook import run
from overlook.errors import InputError
from overlook.store import Ledger
from overlook.terms import Count, NotObserved


def steps(root: Path) -> set[str]:
    return {p.name for p in (root / ".overlook" / "steps").iterdir()}


def names(root: Path, new: set[str]) -> list[str]:
    import json

    return [json.loads((root / ".overlook" / "steps" / n).read_bytes())["name"].split()[0] for n in new]


def test_every_image_zone_and_class_is_counted_or_says_why_not(make_case, material):
    assessment = run.assess(make_case()).assessment
    case = assessment.case
    expected = len(material.images) * len(case.sites[0].zones) * len(case.plan.classes)
    assert len(assessment.observations) == expected
    assert {type(o) for o in assessment.observations} == {Count, NotObserved}
    hall = [o for o in assessment.observations if o.series.zone == "hall"]
    assert {o.reason for o in hall} == {"roofed"}
    assert any(isinstance(o, NotObserved) and o.reason == "cloud" for o in assessment.observations)


def test_nothing_new_is_nothing_done(assessed_case):
    before = steps(assessed_case)
    report = (assessed_case / "report" / "index.html").stat().st_mtime_ns
    again = run.assess(assessed_case)
    assert again.reused
    assert steps(assessed_case) == before
    assert (assessed_case / "report" / "index.html").stat().st_mtime_ns == report


def test_one_image_more_is_one_image_of_work(make_case, material):
    last = material.images[-1]
    root = make_case(files=[f for f in material.files if f not in material.of(last)])
    run.assess(root)
    before = steps(root)
    assert all(a.error is None for a in run.add(root, material.of(last)))
    assert not run.assess(root).reused
    done = names(root, steps(root) - before)
    assert [done.count(name) for name in ("chip", "look", "observe")] == [1, 1, 1]


def test_several_processes_make_the_same(make_case):
    one, two = make_case("one"), make_case("two")
    alone, together = run.assess(one).assessment, run.assess(two, workers=2).assessment
    assert alone.observations == together.observations
    assert alone.findings == together.findings
    assert alone.judgements == together.judgements


def test_derived_values_may_be_deleted_and_are_made_again(assessed_case):
    import shutil

    first = run.assess(assessed_case)
    shutil.rmtree(assessed_case / ".overlook")
    second = run.assess(assessed_case)
    assert not second.reused
    assert second.digest == first.digest
    assert second.made == first.made


@pytest.mark.slow
def test_killed_at_any_moment_the_next_run_goes_on(make_case):
    root, whole = make_case("killed"), make_case("whole")
    rng = random.Random(11)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", f"import overlook; overlook.assess({str(root)!r})"]) as process:
            time.sleep(rng.uniform(0.8, 3.0))
            os.kill(process.pid, signal.SIGKILL)
        run.verify(root)
    assert run.assess(root).assessment.observations == run.assess(whole).assessment.observations
    assert run.verify(root).values > 0
    assert not list((root / ".overlook" / "tmp").iterdir())


def test_an_image_with_a_broken_block_is_unreadable_and_no_zero(make_case, material, tmp_path):
    whole = material.images[4]
    broken = tmp_path / whole.name
    data = bytearray(whole.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    broken.write_bytes(data)
    files = [broken if f == whole else f for f in material.files]
    assessment = run.assess(make_case(files=files)).assessment
    seen = [o for o in assessment.observations if o.scene == whole.stem]
    assert seen
    assert {getattr(o, "reason", "counted") for o in seen} == {"unreadable", "roofed"}
    assert any("could not be used" in note for note in assessment.notes)
    assert any(isinstance(o, Count) for o in assessment.observations)


def test_a_zone_outside_every_image_is_off_the_image(make_case, material):
    far = (
        '      - {id: far, name: "Far", kind: yard, geometry: '
        '"POLYGON((-25.02 45.001,-25.019 45.001,-25.019 45.002,-25.02 45.002,-25.02 45.001))"}\nevents:\n'
    )
    root = make_case(yaml=material.case_yaml.replace("events:\n", far, 1), files=material.of(material.images[3]))
    assessment = run.assess(root).assessment
    assert {o.reason for o in assessment.observations if o.series.zone == "far"} == {"off the image"}
    assert any(g.zone == "far" for g in assessment.gaps)


def test_a_reference_that_was_not_added_is_one_clear_line(make_case, material):
    yaml = material.case_yaml.replace("    grid_gsd_m: 0.5\n", "    grid_gsd_m: 0.5\n    reference_scene: nowhere\n", 1)
    root = make_case(yaml=yaml, files=material.of(material.images[0]))
    with pytest.raises(InputError, match="reference scene 'nowhere'"):
        run.assess(root)


def test_the_ledger_tells_what_was_done(assessed_case):
    with Ledger(assessed_case / "ledger.sqlite") as ledger:
        kinds = [e.kind for e in ledger.entries()]
    assert kinds.index("added") < kinds.index("asked") < kinds.index("assessed")
