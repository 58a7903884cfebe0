"""The commands as a user types them: exit codes, one line for a failure, JSON for machines."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

OVERLOOK = Path(sys.executable).with_name("overlook")
COUNTS = "time,zone,class,count\n" + "".join(
    f"2020-{month:02d}-{day:02d}T10:00Z,yard,truck,{4 + (day * month) % 5 + 9 * (month > 6)}\n"
    for month in range(2, 11)
    for day in (3, 9, 15, 21, 27)
)


def overlook(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OVERLOOK, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr.startswith("overlook: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture
def counts(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS)
    return path


def test_help_names_every_command():
    done = overlook("--help")
    assert done.returncode == 0
    for command in ("demo", "init", "add", "assess", "report", "pattern", "verify"):
        assert f"  {command} " in done.stdout
        assert overlook(command, "--help").returncode == 0


def test_a_case_of_counts_from_init_to_verify(tmp_path, counts):
    case = tmp_path / "case"
    assert overlook("init", case).returncode == 0
    yaml = case / "case.yaml"
    zone = "{id: yard, name: Yard, kind: yard, geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'}"
    yaml.write_text(
        "overlook: 1\nid: c\ntitle: C\nsites:\n  - id: alpha\n    name: Alpha\n    zones:\n"
        f"      - {zone}\nevents:\n  - {{id: talks, name: Talks, on: 2020-07-01}}\n"
        "plan: {margin: 1.5, before: 120d, after: 100d, classes: [truck]}\n"
    )
    added = overlook("add", case, counts, "--json")
    assert [json.loads(line)["what"] for line in added.stdout.splitlines()] == ["counts"]
    assessed = overlook("assess", case, "--json")
    assert assessed.returncode == 0, assessed.stderr
    (line,) = assessed.stdout.splitlines()
    body = json.loads(line)
    verdicts = {f["id"]: f["verdict"] for f in body["findings"] if f["kind"] == "event"}
    assert set(verdicts.values()) == {"changed"}
    assert Path(body["report"]).is_file()
    assert "changed" in overlook("assess", case).stdout
    assert overlook("report", case).stdout.strip() == body["report"]
    assert overlook("verify", case).returncode == 0


def test_init_does_not_overwrite_a_case(tmp_path):
    assert overlook("init", tmp_path).returncode == 0
    before = (tmp_path / "case.yaml").read_bytes()
    done = overlook("init", tmp_path)
    assert done.returncode == 1
    assert "E-CASE-EXISTS" in one_line(done)
    assert (tmp_path / "case.yaml").read_bytes() == before


def test_pattern_prints_one_json_line_a_series(counts):
    done = overlook("pattern", counts, "--event", "2020-07-01", "--margin", "1.25", "--after", "100d", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    row = json.loads(line)
    wanted = [
        "series",
        "n_before",
        "n_after",
        "ratio",
        "step",
        "verdict",
        "also_same",
        "exploratory",
        "missed",
        "model",
        "notes",
    ]
    assert [key for key in wanted if key not in row] == []
    assert row["series"] == {"site": "", "zone": "yard", "class": "truck"}
    assert set(row["ratio"]) == {"estimate", "low", "high", "level"}
    assert set(row["step"]) == {"estimate", "low", "high", "p_value"}
    assert set(row["missed"]) == {"smallest_ratio_up", "smallest_ratio_down", "smallest_margin", "images_needed"}
    assert row["verdict"] == "changed"
    assert row["ratio"]["low"] > 1


def test_without_a_margin_same_is_never_said(tmp_path):
    path = tmp_path / "flat.csv"
    path.write_text("time,zone,count\n" + "".join(f"2020-{m:02d}-{d:02d}T10:00Z,a,400\n" for m in range(2, 11)
                                                  for d in range(1, 28, 2)))  # fmt: skip
    options = ("--event", "2020-06-15", "--before", "120d", "--after", "120d", "--json")
    without = json.loads(overlook("pattern", path, *options).stdout)
    assert without["verdict"] != "same"
    assert without["missed"]["images_needed"] is None
    assert json.loads(overlook("pattern", path, *options, "--margin", "2").stdout)["verdict"] == "same"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("assess", "nowhere"), 1, "E-CASE-NONE"),
        (("report", "nowhere"), 1, "E-CASE-NONE"),
        (("verify", "nowhere"), 1, "E-CASE-NONE"),
        (("add", "nowhere", "x.csv"), 1, "E-CASE-NONE"),
        (("pattern", "none.csv", "--event", "2020-01-01"), 1, "none.csv"),
        (("pattern", "counts.csv", "--event", "yesterday"), 2, "E-USAGE-TIME"),
        (("pattern", "counts.csv", "--event", "2020-07-01T10:00"), 2, "no time zone"),
        (("pattern", "counts.csv", "--event", "2020-07-01", "--before", "soon"), 2, "E-USAGE-DURATION"),
        (("pattern", "counts.csv", "--event", "2020-07-01", "--margin", "0.8"), 2, "margin"),
        (("add", ".", "movie.avi"), 2, "E-USAGE-FILE"),
        (("add", ".", "a.tif", "--why", "routin"), 2, "did you mean 'routine'"),
        (("add", ".", "a.tif", "--centre", "12"), 2, "LON,LAT"),
        (("add", ".", "a.tif", "--centre", "52,6 10,1"), 2, "a dot for decimals"),
        (("add", ".", "a.tif", "--gsd", "0.5m"), 2, "'0.5m' is no number"),
        (("add", ".", "a.tif", "--control-points", "none.csv"), 1, "cannot be read: No such file"),
        (("add", "."), 2, "missing argument 'FILE...'"),
        (("pattern", "counts.csv"), 2, "missing option '--event'"),
        (("pattern", "counts.csv", "--evnt", "2020-07-01"), 2, "--event"),
        (("pattern", "counts.csv", "--event", "01/07/2020"), 2, "year first"),
        (("pattern", "counts.csv", "--event", "2020-07-01", "--level", "90"), 2, "--level"),
        (("pattern", "spreadsheet.csv", "--event", "2020-07-01"), 1, "'03/01/2020' could be a day and a month"),
        (("asess", "case"), 2, "Did you mean 'assess'? Try: `overlook --help`. [E-USAGE]"),
        (("demo", "--seed", "-1"), 2, "--seed"),
        (("demo", "."), 1, "E-CASE-OTHER"),
    ],
)
def test_a_failure_is_one_line_with_a_code(tmp_path, arguments, code, says):
    (tmp_path / "counts.csv").write_text(COUNTS)
    (tmp_path / "spreadsheet.csv").write_text("date,zone,count\n03/01/2020,yard,4\n")
    if arguments[:2] == ("add", "."):
        overlook("init", tmp_path)
    done = overlook(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert says in one_line(done)
    assert done.stdout == ""


def test_control_points_are_read_by_their_columns_names(tmp_path):
    overlook("init", tmp_path / "case")
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    points = tmp_path / "points.csv"
    add = ("add", tmp_path / "case", tmp_path / "a.png", "--when", "2020-01-01", "--control-points", points)
    points.write_text("column,row,x,z\n0,0,10,50\n")
    assert "name the columns column,row,lon,lat" in one_line(overlook(*add))
    points.write_text("col,row,lat,lon\n0,0,50,10\n100,0,50,10.001\n0,100,fifty,10\n")
    assert f"{points}:4" in one_line(overlook(*add))
    points.write_text(points.read_text().replace("fifty", "49.999"))
    assert overlook(*add).returncode == 0
    west, south, east, north = json.loads((tmp_path / "case/imagery/a.stac.json").read_text())["bbox"]
    assert (round(west, 3), round(south, 3), round(east, 3), round(north, 3)) == (10.0, 49.999, 10.001, 50.0)


def test_what_is_refused_stops_nothing_else(tmp_path, counts):
    case = tmp_path / "case"
    overlook("init", case)
    bad = tmp_path / "bad.csv"
    bad.write_text("time,zone,count\n2020-01-01T10:00Z,yard,-3\n")
    done = overlook("add", case, bad, counts)
    assert done.returncode == 1
    assert "counts" in done.stdout
    assert "bad.csv:2" in one_line(done)


def test_a_reader_that_goes_away_is_no_failure(counts):
    command = f"{OVERLOOK} pattern {counts} --event 2020-07-01 --json | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_nothing_typed_is_answered_with_the_commands():
    done = overlook()
    assert done.returncode == 2
    assert "  pattern " in done.stderr + done.stdout


def test_the_text_says_what_would_have_been_missed_and_each_note_once(tmp_path):
    path = tmp_path / "two.csv"
    days = [(m, d) for m in range(2, 11) for d in (3, 9, 15, 21, 27)]
    rows = [f"2020-{m:02d}-{d:02d},{zone},{9 + (m * d) % 5}\n" for m, d in days for zone in "ab"]
    path.write_text("time,zone,count\n" + "".join(rows))
    done = overlook("pattern", path, "--event", "2020-07-01", "--margin", "1.05")
    series, notes = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    assert all("would miss a change within 0." in line for line in series)
    assert all("'same' needs " in line for line in series)
    assert notes
    assert len(set(notes)) == len(notes)
    assert [line.split(":")[0] for line in notes] == [f"note {n}" for n in range(1, len(notes) + 1)]


def test_an_interruption_is_told_on_one_line(tmp_path):
    process = subprocess.Popen(
        [OVERLOOK, "demo", "demo"], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while not list(tmp_path.glob("demo/material/images/*.tif")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said == "overlook: stopped; what was finished is kept. Try: the same command again, it goes on\n"
    # It is not taken for a whole demo, nor for somebody else's folder; nor are two years mixed.
    assert "the demo of seed 2018 is here" in one_line(overlook("demo", "demo", "--seed", "3", cwd=tmp_path))
    assert (tmp_path / "demo" / "unfinished").exists()


def test_what_init_proposes_can_be_pasted(tmp_path):
    assert "`overlook assess 'my case'`" in overlook("init", "my case", cwd=tmp_path).stdout


def test_an_empty_case_says_what_it_lacks(tmp_path, counts):
    case = tmp_path / "case"
    overlook("init", case)
    assert "declares no zone" in overlook("assess", case).stdout


def _case_of_counts(root, *, cls="truck", opinions=""):
    zone = "{id: yard, name: Yard, kind: yard, geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'}"
    part = f"{{id: p1, relation: changed, site: alpha, zone: yard, class: {cls}, event: talks}}"
    root.mkdir(exist_ok=True)
    (root / "imagery").mkdir(exist_ok=True)
    (root / "case.yaml").write_text(
        "overlook: 1\nid: c\ntitle: C\nsites:\n  - id: alpha\n    name: Alpha\n    zones:\n"
        f"      - {zone}\nevents:\n  - {{id: talks, name: Talks, on: 2020-07-01}}\n"
        "sources: [{id: paper, name: Paper, kind: document}]\n"
        f"claims:\n  - {{id: busier, quote: Busier., chain: [paper], said: 2020-10-01, predictions: [{part}]}}\n"
        f"plan: {{before: 120d, after: 100d, classes: [vehicle]}}\n{opinions}"
    )


def test_a_judgement_is_signed_over_the_printed_evidence_and_only_over_that(tmp_path, counts):
    case = tmp_path / "case"
    _case_of_counts(case)
    overlook("add", case, counts)
    (line,) = [x for x in overlook("assess", case).stdout.splitlines() if x.startswith("busier: ")]
    assert line.startswith("busier: machine draft; evidence ")
    opinion = "{claim: busier, analyst: A. Name, second_reader: B. Name, signed: 2020-12-01, likelihood: likely, "
    _case_of_counts(case, opinions=f"opinions:\n  - {opinion}evidence: '{line.split()[-1]}'}}\n")
    assert f"busier: signed; evidence {line.split()[-1]}" in overlook("assess", case).stdout
    counts.write_text("time,zone,class,count\n2020-07-20T10:00Z,yard,truck,40\n")
    overlook("add", case, counts)
    assert "busier: signature out of date; evidence " in overlook("assess", case).stdout


def test_a_claim_about_a_class_that_nothing_counts_is_told(tmp_path):
    _case_of_counts(tmp_path / "case", cls="lorry")
    assert "busier/p1 speaks of lorry, which nothing here counts" in overlook("assess", tmp_path / "case").stdout
