"""Coming and going through the line: from boxes on images to a finding, and back to the images it left out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from overlook import run
from overlook.run.turnover import residual_of
from overlook.terms import Registration, TurnoverFinding


def found(assessment) -> dict[tuple[str, str], TurnoverFinding]:
    whole = [f for f in assessment.findings if f.kind == "turnover" and f.id.count("/") == 3]
    return {(f.series.zone, f.series.cls): f for f in whole}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, material) -> Path:
    root = tmp_path_factory.mktemp("turnover") / "case"
    run.init(root)
    (root / "case.yaml").write_text(material.case_yaml, encoding="utf-8")
    assert all(added.error is None for added in run.add(root, material.files))
    return root


@pytest.fixture(scope="module")
def assessment(root):
    return run.assess(root).assessment


def test_each_series_with_boxes_gets_one_and_the_boxes_add_up(assessment):
    findings = found(assessment)
    counted = {
        (o.series.zone, o.series.cls) for o in assessment.observations if o.kind == "count" and o.count and o.scene
    }
    assert set(findings) == counted
    counts = {(o.series.zone, o.series.cls, o.scene): o.count for o in assessment.observations if o.kind == "count"}
    yard = findings["yard", "container"]
    assert len(yard.pairs) == yard.n_images - 1 >= 3
    for pair in yard.pairs:
        # A box that a cloud cuts makes no place, so a few fewer may be followed than were counted.
        followed = pair.stayed + pair.left + pair.unseen_after
        assert (
            0.85 * counts["yard", "container", pair.before] <= followed <= counts["yard", "container", pair.before] + 1
        )
    assert yard.evidence


def test_the_simulated_yard_comes_and_goes(assessment):
    # Images a month apart and stays of days: all but the popular places are taken by something else.
    findings = found(assessment)
    assert findings["yard", "vehicle"].verdict == "coming and going"
    assert findings["yard", "container"].verdict == "coming and going"
    assert all(f.dwell_d is None or f.dwell_d.low < 40 for f in findings.values())
    assert all("another thing" in " ".join(f.notes) for f in findings.values() if f.stayed)


def test_the_claim_of_coming_and_going_is_answered(assessment):
    claim = next(c for c in assessment.judgements if c.claim == "coming-and-going")
    for part in claim.parts:
        assert [f.split("/")[0] for f in part.findings] == ["turnover"]
        assert part.verdict in ("supported", "consistent, not diagnostic", "insufficient imagery")


def test_an_undeclared_reader_leaves_it_open(make_case, material):
    yaml = material.case_yaml
    start = yaml.index("observers:")
    end = yaml.index("\n", yaml.index("basis", start))
    root = make_case(yaml=yaml[:start] + yaml[end + 1 :])
    findings = found(run.assess(root).assessment)
    assert {f.verdict for f in findings.values()} == {"undetermined"}
    assert all(f.expected_by_error is None and f.dwell_d is None for f in findings.values())


def test_boxes_are_followed_again_only_when_an_image_or_its_boxes_changed(root, assessment):
    steps = {p.name for p in (root / ".overlook" / "steps").iterdir()}
    text = (root / "case.yaml").read_text()
    (root / "case.yaml").write_text(text.replace("few_images: 10", "few_images: 9").replace("margin: 2", "margin: 3"))
    assert run.assess(root).assessment.case.plan != assessment.case.plan
    new = {p.name for p in (root / ".overlook" / "steps").iterdir()} - steps
    names = [json.loads((root / ".overlook" / "steps" / n).read_bytes())["name"] for n in new]
    assert [n for n in names if n.startswith("answer turnover/")]
    assert not [n for n in names if n.startswith("follow")]


def test_only_the_reference_lies_exactly_where_it_lies():
    declared = Registration(method="georeference", residual_m=1.5)
    assert residual_of(Registration(method="reference", residual_m=5.0)) == 0.0
    assert residual_of(declared) == 1.5
    assert residual_of(replace(declared, residual_m=None)) is None
