"""`overlook pattern --fleet --fdr`: the prior learned from the file itself, one error rate over its rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from activity.drawn_fleet import Population, draw_fleet
from activity.drifting import AT_EVENT
from overlook import run
from overlook.terms import Plan

OVERLOOK = Path(sys.executable).with_name("overlook")
EVENT = ("--event", "2018-06-12T00:00Z")


def overlook(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OVERLOOK, "pattern", *map(str, arguments)], capture_output=True, text=True, check=False)


def rows(done: subprocess.CompletedProcess[str]) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-two sites; one is eight-fold after the event, the last has two images."""
    sites = draw_fleet(np.random.default_rng(4301), Population(drift_sd=0.15), 22, (20, 10), steps=(np.log(8),))
    lines = ["time,site,zone,class,count"]
    for site in sites:
        counts = site.counts if site is not sites[-1] else (site.counts[0], site.counts[-1])
        for c in counts:
            lines.append(f"{c.when.start:%Y-%m-%dT%H:%MZ},{c.series.site},yard,vehicle,{c.count}")
    path = tmp_path_factory.mktemp("fleet") / "fleet.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def told(fleet: Path) -> list[dict]:
    """On two processes: the prior travels to both."""
    return rows(overlook(fleet, *EVENT, "--fleet", "--fdr", "0.1", "--json", "-j", "2"))


def test_the_prior_is_learned_from_the_file_and_said_in_every_row(fleet: Path, told: list[dict]) -> None:
    assert len(told) == 22
    priors = {row["model"]["prior"] for row in told}
    assert len(priors) == 1
    prior = priors.pop()
    assert prior.startswith(
        "fleet: learned from 21 series with 630 images by empirical Bayes, starting from declared-1"
    )
    assert "1 series with fewer than 10 usable images taught the prior nothing" in prior
    plain = list(run.pattern(fleet, event=AT_EVENT, plan=Plan()))
    assert plain[0]["model"]["prior"].startswith("declared-1")
    assert [row["series"] for row in plain] == [row["series"] for row in told]
    assert "fdr" not in plain[0]


def test_a_file_too_small_keeps_the_default_and_says_why(fleet: Path, tmp_path: Path) -> None:
    lines = fleet.read_text().splitlines()
    small = tmp_path / "small.csv"
    small.write_text("\n".join([*lines[:61], *lines[-2:]]) + "\n")
    said = overlook(small, *EVENT, "--fleet", "--fdr", "0.1")
    assert said.returncode == 0
    assert "prior: declared-1: " in said.stdout
    assert "2 series can teach, fewer than 20: no prior was learned, declared-1 is used" in said.stdout
    first, _, last = said.stdout.splitlines()[:3]
    assert "; called at a false discovery rate of 0.1 (adjusted p " in first
    assert ", over 3 series, 1 not tested)" in first
    assert "not tested for the false discovery rate, and counted with p = 1" in last


def test_one_error_rate_over_the_rows(told: list[dict]) -> None:
    assert [set(row["fdr"]) for row in told] == [{"q", "adjusted_p", "called", "series", "not_tested"}] * 22
    assert told[0]["fdr"]["called"] is True
    assert told[0]["fdr"]["adjusted_p"] >= told[0]["step"]["p_value"]
    tested = [row for row in told if row["step"]["p_value"] is not None]
    assert [row["fdr"]["called"] for row in tested] == [row["fdr"]["adjusted_p"] <= 0.1 for row in tested]
    untested = [row for row in told if row["step"]["p_value"] is None]
    assert told[-1] in untested
    assert {(row["fdr"]["adjusted_p"], row["fdr"]["called"]) for row in untested} == {(None, None)}
    assert {(row["fdr"]["series"], row["fdr"]["not_tested"]) for row in told} == {(22, len(untested))}
    # Those that could not be tested stay in the family with p = 1: they are not dropped for what they showed.
    p = sorted(row["step"]["p_value"] for row in tested)
    least = min(told, key=lambda row: row["fdr"]["adjusted_p"] or 1.0)
    assert least["fdr"]["adjusted_p"] == pytest.approx(min(22 * p[i] / (i + 1) for i in range(len(p))))


def test_a_notebook_gets_the_same_rows(fleet: Path, told: list[dict]) -> None:
    again = list(run.pattern(fleet, event=AT_EVENT, plan=Plan(), fleet=True, fdr=0.1))
    assert json.loads(json.dumps(again)) == told
    with pytest.raises(ValueError, match="between 0 and 1"):
        next(run.pattern(fleet, event=AT_EVENT, plan=Plan(), fdr=1.5))


@pytest.mark.parametrize("q", ["0", "10"])
def test_a_rate_that_cannot_be_is_refused_in_one_line(fleet: Path, q: str) -> None:
    done = overlook(fleet, *EVENT, "--fdr", q)
    assert done.returncode == 2
    assert "E-USAGE-FDR" in done.stderr
    assert done.stderr.count("\n") == 1
