"""`overlook pattern --breaks`: what the file's own series say of breaks, beside the event's answer."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

OVERLOOK = Path(sys.executable).with_name("overlook")
START = datetime(2020, 1, 1, 10, 30, tzinfo=UTC)


def pattern(*arguments: str | Path) -> str:
    done = subprocess.run(
        [OVERLOOK, "pattern", *map(str, arguments), "--event", "2020-04-01"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One zone quadruples on 2020-03-01, one never changes, one has five images."""
    rng = np.random.default_rng(51)
    lines = ["time,zone,class,count"]
    for zone, n, rates in (("rises", 60, (6, 24)), ("steady", 60, (9, 9)), ("thin", 5, (9, 9))):
        for i in range(n):
            when = START + timedelta(days=2 * i)
            lines.append(f"{when:%Y-%m-%dT%H:%MZ},{zone},truck,{rng.poisson(rates[i >= 30])}")
    path = tmp_path_factory.mktemp("breaks") / "counts.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_row_gains_its_breaks(counts: Path) -> None:
    rows = {row["series"]["zone"]: row for row in map(json.loads, pattern(counts, "--breaks", "--json").splitlines())}
    rises = rows["rises"]["breaks"]
    assert set(rises) == {"p_value", "exploratory", "found", "notes"}
    (found,) = rises["found"]
    assert found["between"][0] <= "2020-03-01T00:00:00Z" <= found["between"][1]
    assert found["ratio"]["low"] < 4 < found["ratio"]["high"]
    assert found["ratio"]["low"] > 1
    assert rows["steady"]["breaks"]["found"] == []
    assert rows["steady"]["breaks"]["p_value"] > 0.05
    assert rows["thin"]["breaks"]["p_value"] is None
    assert rows["thin"]["breaks"]["exploratory"]


def test_without_the_option_nothing_is_said_of_breaks(counts: Path) -> None:
    assert all("breaks" not in json.loads(line) for line in pattern(counts, "--json").splitlines())


def test_a_line_a_series_for_people(counts: Path) -> None:
    rises, steady, thin, *notes = pattern(counts, "--breaks").splitlines()
    # A row's own p-value stands in its line: a note is said once for all rows.
    assert not any("(p = " in note for note in notes)
    assert any(note.endswith("no break found: no evidence that there was none") for note in notes)
    assert "; break between 2020-0" in rises
    assert "no break found (p " in steady
    assert "breaks not looked for" in thin
