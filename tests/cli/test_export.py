"""`overlook export` as a user types it: files whole or not at all, refusals in one line, nothing overwritten."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from overlook import run
from overlook.cli import main
from overlook.errors import InputError, RefusedError, StoreError
from overlook.store import Entry, Ledger, check_export
from overlook.terms import ClaimJudgement
from report import fixture

COUNTS = "time,zone,class,count\n" + "".join(
    f"2020-{month:02d}-{day:02d}T10:00Z,yard,truck,{4 + (day * month) % 5 + 9 * (month > 6)}\n"
    for month in range(2, 11)
    for day in (3, 9, 15, 21, 27)
)
YAML = """\
overlook: 1
id: c
title: C
sites:
  - id: alpha
    name: Alpha
    zones:
      - {id: yard, name: Yard, kind: yard,
         geometry: 'POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))'}
events:
  - {id: talks, name: Talks, on: 2020-07-01}
sources:
  - {id: officials, name: Two officials, kind: anonymous}
  - {id: paper, name: The Paper, kind: document, relies_on: [officials], citation: "https://example.org/a"}
claims:
  - {id: busier, quote: "More trucks since the talks.", chain: [officials, paper], said: 2020-10-30,
     predictions: [{id: p, relation: changed, site: alpha, zone: yard, class: truck, event: talks,
                    statement: More trucks}]}
  - {id: same, quote: "The same number of trucks.", chain: [paper],
     predictions: [{id: p, relation: same, site: alpha, zone: yard, class: truck, event: talks}]}
plan: {margin: 1.5, before: 120d, after: 100d, classes: [truck]}
"""

#: The module, whose name in the room is the verb's.
exporting = sys.modules["overlook.run.export"]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Overlook = Callable[..., Done]


@pytest.fixture
def overlook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Overlook:
    """The console script in this process: a second interpreter for each command would take most of the time."""

    def typed(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["overlook", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return typed


def one_line(done: Done, code: int, name: str) -> str:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("overlook: ")
    assert done.stderr.count("\n") == 1
    assert f"[{name}]" in done.stderr
    return done.stderr


def sign(case: Path, judgement: ClaimJudgement, *lines: str) -> None:
    text = (case / "case.yaml").read_text()
    said = "".join(f", {line}" for line in lines)
    opinion = (
        f"  - {{claim: {judgement.claim}, analyst: Anna Lens, signed: 2020-11-02,\n"
        f"     evidence: {judgement.evidence[:16]}, likelihood: very likely,\n"
        f"     confidence: moderate, second_reader: Ben Glass{said}}}\n"
    )
    (case / "case.yaml").write_text(text + ("" if "opinions:" in text else "opinions:\n") + opinion)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of two claims, assessed, one of them signed by two people."""
    case = tmp_path_factory.mktemp("cases") / "case"
    run.init(case)
    (case / "case.yaml").write_text(YAML)
    counts = case.parent / "counts.csv"
    counts.write_text(COUNTS)
    run.add(case, [counts])
    assessed = run.assess(case)
    sign(case, assessed.assessment.judgements[0])
    assert run.assess(case).assessment.judgements[0].status == "signed"
    return case


@pytest.fixture
def case(signed: Path, tmp_path: Path) -> Path:
    shutil.copytree(signed, tmp_path / "case")
    return tmp_path / "case"


def test_what_is_signed_is_exported_and_the_rest_is_named(overlook: Overlook, case: Path) -> None:
    done = overlook("export", case, "--to", "claimreview")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{case / 'export' / 'claimreview.jsonld'}\n"
    assert done.stderr == "left out: claim 'same': it is a machine draft: nobody has signed it\n"
    (review,) = json.loads(Path(done.stdout.strip()).read_text("utf-8"))
    assert review["reviewRating"]["alternateName"] == "Very likely"
    assert review["author"] == [{"@type": "Person", "name": "Anna Lens"}]
    assert review["itemReviewed"]["author"]["name"] == "unnamed source"
    assert "officials" not in json.dumps(review)


def test_json_names_the_files_and_what_was_left_out(overlook: Overlook, case: Path) -> None:
    done = overlook("export", case, "--to", "claimreview", "--json")
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert json.loads(line) == {
        "format": "claimreview",
        "publication": False,
        "paths": [str(case / "export" / "claimreview.jsonld")],
        "left_out": [{"claim": "same", "why": "it is a machine draft: nobody has signed it"}],
        "notes": [],
    }


def test_every_format_writes_what_it_says(case: Path) -> None:
    for to, names in {
        "prov": ["prov.json"],
        "csl": ["citations.json"],
        "csv": ["csv/observations.csv", "csv/gaps.csv"],
        "parquet": ["parquet/observations.parquet", "parquet/findings.parquet"],
        "ledger": ["ledger.jsonl"],
    }.items():
        made = run.export(case, to).paths  # type: ignore[arg-type]
        assert {case / "export" / n for n in names} <= set(made)
        assert all(p.is_file() for p in made)
    table = pq.read_table(case / "export" / "parquet" / "observations.parquet")
    assert table.num_rows == 45
    assert not list((case / "export").rglob("*.tmp"))
    # What was exported is no part of the case: nothing is altered by it.
    assert run.verify(case).entries > 0
    assert run.assess(case).reused


def test_nothing_is_overwritten_without_force(overlook: Overlook, case: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.json"
    out.write_text("mine")
    said = one_line(overlook("export", case, "--to", "csl", "--out", out), 1, "E-STORE-EXISTS")
    assert str(out) in said
    assert out.read_text() == "mine"
    assert overlook("export", case, "--to", "csl", "--out", out, "--force").returncode == 0
    assert json.loads(out.read_text("utf-8"))[0]["type"] == "report"


def test_one_table_in_the_way_and_none_is_written(overlook: Overlook, case: Path, tmp_path: Path) -> None:
    place = tmp_path / "tables"
    place.mkdir()
    (place / "images.csv").write_text("mine")
    one_line(overlook("export", case, "--to", "csv", "--out", place), 1, "E-STORE-EXISTS")
    assert [p.name for p in place.iterdir()] == ["images.csv"]
    assert (place / "images.csv").read_text() == "mine"


def test_a_disk_that_fills_up_leaves_what_was_there(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = case / "export" / "csv"
    run.export(case, "csv")
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    for path in place.iterdir():
        path.write_bytes(b"old")
    left = iter([None] * 5)

    def full(_: int) -> None:
        try:
            next(left)
        except StopIteration:
            raise OSError(errno.ENOSPC, "No space left on device") from None

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="E-STORE-WRITE"):
        run.export(case, "csv", force=True)
    assert {p.name: p.read_bytes() for p in place.iterdir()} == dict.fromkeys(before, b"old")
    monkeypatch.undo()
    run.export(case, "csv", force=True)
    assert {p.name: p.read_bytes() for p in place.iterdir()} == before


@pytest.mark.parametrize("place", ["case.yaml", "ledger.sqlite", "imagery/x.json", ".overlook/x.json", "removed/x"])
def test_the_case_itself_is_never_overwritten(overlook: Overlook, case: Path, place: str) -> None:
    before = (case / "case.yaml").read_bytes()
    one_line(overlook("export", case, "--to", "csl", "--out", case / place, "--force"), 2, "E-USAGE-OUT")
    assert (case / "case.yaml").read_bytes() == before


def test_a_place_that_cannot_be_written_is_one_line(overlook: Overlook, case: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one_line(overlook("export", case, "--to", "csl", "--out", tmp_path / "file" / "x.json"), 1, "E-STORE-WRITE")
    one_line(overlook("export", case, "--to", "csv", "--out", tmp_path / "file"), 1, "E-STORE-WRITE")
    one_line(overlook("export", case, "--to", "csl", "--out", tmp_path, "--force"), 1, "E-STORE-EXISTS")


def test_an_unknown_format_is_one_line(overlook: Overlook, case: Path) -> None:
    said = one_line(overlook("export", case, "--to", "excel"), 2, "E-USAGE-FORMAT")
    assert "claimreview, prov, csv, parquet, csl, ledger" in said


def test_a_case_that_nobody_assessed_has_nothing_to_export(overlook: Overlook, tmp_path: Path) -> None:
    run.init(tmp_path / "new")
    one_line(overlook("export", tmp_path / "new", "--to", "csv"), 1, "E-INPUT-NO-ASSESSMENT")
    one_line(overlook("export", tmp_path, "--to", "csv"), 1, "E-CASE-NONE")


def test_a_case_that_changed_since_gives_no_review_and_a_note_elsewhere(overlook: Overlook, case: Path) -> None:
    text = (case / "case.yaml").read_text()
    (case / "case.yaml").write_text(text.replace("title: C", "title: D"))
    said = one_line(overlook("export", case, "--to", "claimreview"), 4, "E-REFUSED-OUTDATED")
    assert "case.yaml has changed" in said
    done = overlook("export", case, "--to", "csl")
    assert done.returncode == 0
    assert done.stderr.startswith("note: case.yaml has changed since the last assessment")
    (case / "case.yaml").write_text(text)
    extra = case.parent / "more.csv"
    extra.write_text("time,zone,class,count\n2020-10-28T10:00Z,yard,truck,3\n")
    run.add(case, [extra])
    one_line(overlook("export", case, "--to", "claimreview"), 4, "E-REFUSED-OUTDATED")


def test_a_case_that_can_no_longer_be_read_still_gives_its_last_assessment(overlook: Overlook, case: Path) -> None:
    (case / "case.yaml").write_text("overlook: 1\nid: [")
    done = overlook("export", case, "--to", "csl")
    assert done.returncode == 0
    assert done.stderr.startswith("note: the case can no longer be read (")
    one_line(overlook("export", case, "--to", "claimreview"), 4, "E-REFUSED-OUTDATED")


def test_an_unsigned_case_is_refused_with_every_claim_named(overlook: Overlook, case: Path) -> None:
    text = (case / "case.yaml").read_text()
    (case / "case.yaml").write_text(text[: text.index("opinions:")])
    run.assess(case)
    said = one_line(overlook("export", case, "--to", "claimreview"), 4, "E-REFUSED-UNSIGNED")
    assert "claim 'busier'" in said
    assert "claim 'same'" in said
    assert not (case / "export").exists()


def test_an_erased_name_is_exported_by_no_format(case: Path) -> None:
    run.export(case, "prov")
    run.erase(case, "Ben Glass")
    assert not (case / "export").exists()
    run.assess(case)
    with pytest.raises(RefusedError):
        run.export(case, "claimreview")
    for to in ("prov", "csv", "csl", "ledger"):
        for path in run.export(case, to).paths:  # type: ignore[arg-type]
            assert "Glass" not in path.read_text("utf-8-sig"), path


def test_a_reason_that_may_not_be_published_stops_the_publication_alone(overlook: Overlook, case: Path) -> None:
    judgement = run.assess(case).assessment.judgements[1]
    sign(case, judgement, "reasons: [The images prove it.]")
    run.assess(case)
    said = one_line(overlook("export", case, "--to", "csl", "--publication"), 4, "E-REFUSED-PROOF")
    assert "The images prove it." in said
    assert "Anna Lens" in said
    assert run.export(case, "csl").paths


def test_for_publication_lies_apart_and_names_no_file(case: Path) -> None:
    done = run.export(case, "prov", publication=True)
    assert done.paths == (case / "export" / "publication" / "prov.json",)
    text = done.paths[0].read_text("utf-8")
    assert "counts.csv" not in text
    assert "Two officials" not in text
    assert "counts.csv" in run.export(case, "prov").paths[0].read_text("utf-8")


def test_where_the_report_may_not_go_no_export_goes(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels without the right to publish them: the report for publication is refused, and so is every export."""
    withheld = fixture.assessment(may_publish=None)
    entry = Entry(seq=1, at=fixture.MADE, kind="assessed", body={"assessment": "ab" * 32}, digest="cd" * 32)
    monkeypatch.setattr(exporting, "last_assessment", lambda *_: (withheld, entry))
    monkeypatch.setattr(exporting, "chip_reader", lambda *_: fixture.chip)
    for to in ("prov", "csl", "csv", "parquet"):
        with pytest.raises(RefusedError, match="E-REFUSED-RIGHTS") as error:
            run.export(case, to, publication=True)  # type: ignore[arg-type]
        assert "kestrel_21_20m" in error.value.where
        assert not (case / "export").exists()
    assert run.export(case, "csl").paths


def test_the_ledger_that_was_exported_is_the_one_that_can_be_checked_offline(case: Path) -> None:
    (path,) = run.export(case, "ledger").paths
    chain = check_export(path)
    with Ledger(case / "ledger.sqlite") as ledger:
        assert (chain.entries, chain.head) == (len(ledger.entries()), ledger.head())
    assert "Anna Lens" not in path.read_text("utf-8")


def test_the_ledger_is_not_for_publication(overlook: Overlook, case: Path) -> None:
    one_line(overlook("export", case, "--to", "ledger", "--publication"), 4, "E-REFUSED-LEDGER")


def test_a_case_without_a_ledger_gets_none(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(YAML)
    with pytest.raises(InputError, match="E-INPUT-NO-LEDGER"):
        run.export(tmp_path, "ledger")
    assert not (tmp_path / "ledger.sqlite").exists()
