"""An index from its table to the report: its unit, its own quiet level, and weekends by the site's clock."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from overlook import run
from overlook.case import read_case
from overlook.errors import CaseError
from overlook.terms import ActivityFinding, EventFinding

CASE = """overlook: 1
id: radar
title: Radar
sites:
  - id: alpha
    name: Alpha
    timezone: Asia/Tokyo
    crs: EPSG:32632
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'}
events:
  - {id: talks, name: Talks, on: 2020-07-01}
plan: {margin: 1.25, classes: [backscatter], quiet_index: {backscatter: -16}, quiet_below: 0.5}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Backscatter at 21:40 UTC, already the next day in Tokyo; 3 dB more after the talks."""
    case = tmp_path / "case"
    (case / "imagery").mkdir(parents=True)
    (case / "case.yaml").write_text(CASE)
    rng = np.random.default_rng(5)
    rows = ["time,zone,class,value,unit,value_sd,shared_sd,sensor"]
    for i in range(40):
        when = datetime(2020, 3, 6, 21, 40, tzinfo=UTC) + timedelta(days=4 * i)
        value = -12 + 3 * (when > datetime(2020, 7, 1, tzinfo=UTC)) + 0.4 * rng.normal()
        rows.append(f"{when:%Y-%m-%dT%H:%MZ},yard,backscatter,{value:.2f},dB,0.3,0.5,ascending")
    (tmp_path / "power.csv").write_text("\n".join(rows) + "\n")
    (added,) = run.add(case, [tmp_path / "power.csv"])
    assert not added.error
    return case


def test_decibels_from_their_table_to_the_report(root: Path) -> None:
    done = run.assess(root)
    (event,) = (f for f in done.assessment.findings if isinstance(f, EventFinding))
    assert event.verdict == "changed"
    assert event.ratio is not None
    assert event.ratio.low < 10**0.3 < event.ratio.high
    assert any("in decibels the difference is +" in note for note in event.notes)
    assert any("21:40 and 21:40 UTC, 06:40 to 06:40 by the site's clock" in note for note in event.notes)
    (activity,) = (f for f in done.assessment.findings if isinstance(f, ActivityFinding))
    assert (activity.verdict, activity.quiet_below) == ("active", -16.0)
    page = html.unescape(re.sub(r"<[^>]+>", " ", done.report.read_text(encoding="utf-8")))
    assert "± 0.30 dB" in page
    assert "Declared quiet level" in page
    assert "Declared quiet rate" not in page


def test_a_quiet_level_is_a_number(root: Path) -> None:
    (root / "case.yaml").write_text(CASE.replace("backscatter: -16", "backscatter: low"))
    with pytest.raises(CaseError, match="quiet_index"):
        read_case(root)
