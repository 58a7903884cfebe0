"""The series of a site together, from case.yaml to the report: what the plan asks, what a claim rests on."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from overlook import run
from overlook.cli.assess import lines
from overlook.run.assess import Assessed
from overlook.terms import CompositeFinding

START = datetime(2020, 3, 1, 10, 30, tzinfo=UTC)
EVENT = datetime(2020, 7, 1, tzinfo=UTC)

CASE = """overlook: 1
id: c
title: C
sites:
  - id: alpha
    name: Alpha
    crs: EPSG:32632
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'}
      - {id: gate, name: Gate, kind: road, geometry: 'POLYGON((10.002 50,10.003 50,10.003 50.001,10.002 50))'}
events:
  - {id: talks, name: Talks, on: 2020-07-01}
sources: [{id: paper, name: Paper, kind: document}]
claims:
  - id: pattern
    quote: The pattern of life stayed about the same.
    chain: [paper]
    said: 2020-10-01
    predictions:
      - {id: all, relation: same, event: talks}
      - {id: trucks, relation: changed, class: truck, event: talks}
plan: {margin: 1.5, before: 120d, after: 100d, classes: [share, truck], quiet_below: 0.5}
"""

MakeCase = Callable[[float], Path]


@pytest.fixture
def case_of(tmp_path: Path) -> MakeCase:
    def make(step: float) -> Path:
        """Trucks in two zones, with a step in the yard; the share of stalls taken in the gate, measured."""
        root = tmp_path / "case"
        (root / "imagery").mkdir(parents=True)
        (root / "case.yaml").write_text(CASE)
        rng = np.random.default_rng(3)
        counts, shares = ["time,zone,class,count"], ["time,zone,class,value,unit"]
        for i in range(70):
            when = START + timedelta(days=3 * i)
            level = 12 * (step if when > EVENT else 1)
            stamp = f"{when:%Y-%m-%dT%H:%MZ}"
            counts += [f"{stamp},yard,truck,{rng.poisson(level)}", f"{stamp},gate,truck,{rng.poisson(12)}"]
            shares.append(f"{stamp},gate,share,{0.4 + 0.02 * rng.random():.3f},share")
        for name, rows in (("counts.csv", counts), ("shares.csv", shares)):
            (tmp_path / name).write_text("\n".join(rows) + "\n")
            (added,) = run.add(root, [tmp_path / name])
            assert not added.error
        return root

    return make


def composites(done: Assessed) -> dict[str, CompositeFinding]:
    return {f.id: f for f in done.assessment.findings if isinstance(f, CompositeFinding)}


def test_one_zone_of_several_changed(case_of: MakeCase) -> None:
    done = run.assess(case_of(2.5))
    found = composites(done)
    # All that is planned together, and all of the class that a claim speaks of.
    assert set(found) == {"composite/alpha/-/-/talks", "composite/alpha/-/truck/talks"}
    site = found["composite/alpha/-/-/talks"]
    assert {(m.series.zone, m.series.cls) for m in site.members} == {
        (zone, cls) for zone in ("gate", "yard") for cls in ("share", "truck")
    }
    assert [(m.series.zone, m.series.cls) for m in site.changed] == [("yard", "truck")]
    assert site.changed[0].is_beyond
    assert not site.exploratory
    # Nobody measured the share in the yard: it is not tested, and not passed over.
    assert site.n_tested == 3
    parts = {p.prediction: p for j in done.assessment.judgements for p in j.parts}
    assert parts["all"].verdict == "inconsistent"
    assert parts["trucks"].verdict == "consistent, not diagnostic"
    assert parts["all"].findings[0] == "composite/alpha/-/-/talks"
    assert "at most a 10% chance that any is called changed falsely: truck in Yard, higher" in parts["all"].why[0]
    told = lines(done)
    assert "talks alpha together: changed (3 of 4 series tested, changed at an error rate of 0.1: yard truck)" in told
    page = html.unescape(re.sub(r"<[^>]+>", "", done.report.read_text(encoding="utf-8")))
    assert "Of 3 (of 4 series) together, at most a 10% chance that any is called changed falsely" in page
    assert "truck in Yard was higher" in page


def test_no_change_of_the_pattern_is_supported_by_nothing_less_than_every_series(case_of: MakeCase) -> None:
    done = run.assess(case_of(1.0))
    found = composites(done)
    assert found["composite/alpha/-/truck/talks"].verdict == "same"
    assert found["composite/alpha/-/-/talks"].verdict == "undetermined"
    parts = {p.prediction: p for j in done.assessment.judgements for p in j.parts}
    assert parts["trucks"].verdict == "inconsistent"
    assert parts["all"].verdict == "insufficient imagery"
    assert any("Neither changed nor about the same can be said of: share in Yard" in line for line in parts["all"].why)


def test_an_index_is_not_asked_against_a_rate_of_counts(case_of: MakeCase) -> None:
    done = run.assess(case_of(1.0))
    asked = {f.id for f in done.assessment.findings if f.kind == "activity"}
    assert asked == {"activity/alpha/gate/truck", "activity/alpha/yard/truck", "activity/alpha/yard/share"}
    assert any(note.startswith("share at alpha is measured, not counted") for note in done.assessment.notes)


def test_a_composite_whose_series_were_seen_before_it_was_asked_is_exploratory(case_of: MakeCase) -> None:
    root = case_of(2.5)
    run.assess(root)
    late = root.parent / "late.csv"
    rows = [f"{START + timedelta(days=3 * i):%Y-%m-%dT%H:%MZ},,truck,{10 + i % 5}" for i in range(70)]
    late.write_text("\n".join(["time,zone,class,count", *rows]) + "\n")
    run.add(root, [late])
    site = composites(run.assess(root))["composite/alpha/-/-/talks"]
    assert [m.series.zone for m in site.members if m.series.cls == "truck"] == ["", "gate", "yard"]
    assert any("holds the counts of its zones too" in note for note in site.notes)
    assert (site.exploratory, site.p_value) == (True, None)
