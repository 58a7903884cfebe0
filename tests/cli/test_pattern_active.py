"""`overlook pattern --active`: whether there was activity in the window after the event, beside the event's answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

OVERLOOK = Path(sys.executable).with_name("overlook")
START = datetime(2020, 1, 1, 10, 30, tzinfo=UTC)
ZONES = ("busy", "empty", "gone", "unseen")


@cache
def overlook(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [OVERLOOK, "pattern", *map(str, arguments), "--event", "2020-04-01"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def pattern(*arguments: str | Path) -> str:
    done = overlook(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def rows(*arguments: str | Path) -> dict[str, dict[str, Any]]:
    made = [json.loads(line) for line in pattern(*arguments, "--json").splitlines()]
    return {row["series"]["zone"]: row for row in made}


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One zone is busy, one always empty, one empty from the event on, one not imaged after it."""
    rng = np.random.default_rng(7)
    lines = ["time,zone,class,count"]
    for zone in ZONES:
        for i in range(60):
            when = START + timedelta(days=2 * i)
            is_after = when > datetime(2020, 4, 1, tzinfo=UTC)
            if not (zone == "unseen" and is_after):
                rate = 0 if zone == "empty" or (zone == "gone" and is_after) else 9
                lines.append(f"{when:%Y-%m-%dT%H:%MZ},{zone},truck,{rng.poisson(rate)}")
    path = tmp_path_factory.mktemp("active") / "counts.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_row_gains_what_was_active_after_the_event_and_keeps_all_else(counts: Path) -> None:
    plain, told = rows(counts), rows(counts, "--active", "--quiet-below", "0.5")
    for zone in ZONES:
        active = told[zone].pop("active")
        assert told[zone] == plain[zone]
        assert active["n_images"] == plain[zone]["n_after"]
        assert active["window"] == ["2020-04-01T23:59:59.999999Z", "2020-05-16T23:59:59.999999Z"]
        assert active["quiet_below"] == 0.5
        told[zone] = active
    assert {zone: told[zone]["verdict"] for zone in ZONES} == {
        "busy": "active",
        "empty": "no activity observed",
        "gone": "no activity observed",
        "unseen": "undetermined",
    }
    assert told["busy"]["p_active"] > 0.999
    assert told["busy"]["rate"]["low"] < 9 < told["busy"]["rate"]["high"]
    assert told["gone"]["total_count"] == 0
    # Rule of three: nothing on n whole images bounds the rate at 3/n.
    assert told["gone"]["rate"]["high"] == pytest.approx(3 / told["gone"]["n_images"], rel=0.01)
    assert (told["unseen"]["rate"], told["unseen"]["p_active"], told["unseen"]["exploratory"]) == (None, None, True)


def test_without_a_quiet_rate_quiet_is_never_said_and_the_bound_is(counts: Path) -> None:
    told = {zone: row["active"] for zone, row in rows(counts, "--active").items()}
    for zone in ("empty", "gone"):
        assert told[zone]["verdict"] == "undetermined"
        assert told[zone]["rate"]["high"] == pytest.approx(3 / told[zone]["n_images"], rel=0.01)
        assert any("silence cannot be called quiet" in note for note in told[zone]["notes"])
    # What was seen, and no false alarm explains, was there: that needs no quiet rate.
    assert told["busy"]["verdict"] == "active"
    assert {a["p_active"] for a in told.values()} == {None}


def test_a_line_a_series_for_people(counts: Path) -> None:
    busy, empty, _, unseen, *notes = pattern(counts, "--active", "--quiet-below", "0.5").splitlines()
    assert "; active after it: " in busy
    assert "no activity observed after it: at most " in empty
    assert "an image (95%) on " in empty
    assert "quiet is under 0.5" in empty
    assert "whether active after it is undetermined (0 images)" in unseen
    assert any("no usable image in the window" in note for note in notes)


def test_it_stands_beside_the_other_options_and_does_not_depend_on_the_workers(counts: Path) -> None:
    header, *lines = counts.read_text().splitlines()
    # Enough images for an answer and too few to scan for breaks, which takes long.
    few = counts.with_name("few.csv")
    few.write_text("\n".join([header, *(line for line in lines if line[:7] in ("2020-03", "2020-04"))][::4]) + "\n")
    alone = rows(few, "--active")
    together = rows(few, "--active", "--breaks", "--fdr", "0.1", "--workers", "2")
    assert {z: r["active"] for z, r in together.items()} == {z: r["active"] for z, r in alone.items()}
    assert all({"fdr", "breaks", "active"} <= set(row) for row in together.values())


def test_an_index_is_not_held_against_a_rate_of_counts(tmp_path: Path) -> None:
    lines = ["time,zone,class,value"]
    lines += [f"{START + timedelta(days=3 * i):%Y-%m-%dT%H:%MZ},lot,share,{0.4 + 0.01 * (i % 5)}" for i in range(40)]
    path = tmp_path / "index.csv"
    path.write_text("\n".join(lines) + "\n")
    active = rows(path, "--active", "--quiet-below", "0.5")["lot"]["active"]
    assert (active["verdict"], active["quiet_below"], active["p_active"]) == ("undetermined", None, None)
    assert 0.4 < active["rate"]["estimate"] < 0.45
    assert " an image (" not in pattern(path, "--active").splitlines()[0]
    said = pattern(path, "--active", "--quiet-below", "0.5")
    assert "a quiet rate (0.5) is of counts and was not applied to this index" in said
    assert "a quiet rate" not in pattern(path, "--active")


def test_an_interval_below_zero_has_no_dash_for_a_minus(tmp_path: Path) -> None:
    lines = ["time,zone,class,value,unit"]
    lines += [
        f"{START + timedelta(days=3 * i):%Y-%m-%dT%H:%MZ},lot,backscatter,{-2 - 0.3 * (i % 5)},dB" for i in range(40)
    ]
    path = tmp_path / "index.csv"
    path.write_text("\n".join(lines) + "\n")
    first = pattern(path, "--active").splitlines()[0]
    assert re.search(r"; whether active after it is undetermined: -2\.\d \(90%: -3\.\d to -2\.\d\) on 9 images", first)
    assert "–-" not in first


def test_one_image_is_one(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("time,zone,class,count\n2020-03-01T10:00Z,yard,truck,4\n2020-05-01T10:00Z,yard,truck,4\n")
    said = pattern(path, "--active")
    assert "; 1 image before, 1 after; " in said
    assert " on 1 image, " in said


@pytest.mark.parametrize("rate", ["0", "nan", "inf", "-1"])
def test_a_quiet_rate_that_is_none_is_refused(counts: Path, rate: str) -> None:
    done = overlook(counts, "--active", f"--quiet-below={rate}")
    assert done.returncode == 2
    assert "E-USAGE-QUIET" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_quiet_rate_without_the_question_is_refused(counts: Path) -> None:
    done = overlook(counts, "--quiet-below", "0.5")
    assert done.returncode == 2
    assert "--active" in done.stderr
