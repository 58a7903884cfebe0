"""`draft`, `sign`, `retract` and `ledger` as typed: what they print, what they refuse, and that nothing is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from overlook import run
from overlook.cli import main

YAML = """overlook: 1
id: c
title: A case
sources:
  - {id: paper, name: The Daily Post, kind: document, reliability: B}
sites:
  - {id: kestrel, name: Kestrel works}
claims:
  - {id: active, quote: It is active., chain: [paper]}
"""
WIRE = """The ministry said that vehicles were coming and going at the Kestrel works last week.

He said that it was closed.
"""
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The console script in this process: exit code, stdout, stderr."""

    def run_it(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overlook", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run_it


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    run.init(root)
    (root / "case.yaml").write_text(YAML)
    run.assess(root)
    return root


@pytest.fixture
def drafted(root: Path, typed: Typed) -> Path:
    (root.parent / "wire.txt").write_text(WIRE, "utf-8")
    code, out, _ = typed("read", root.parent / "wire.txt", "--published", "2018-08-01", "--case", root, "--keep")
    assert (code, "kept as drafts: d1 to d3" in out) == (0, True)
    return root


def refused(done: tuple[int, str, str], code: int, name: str) -> str:
    """One line on stderr with its code, and nothing on stdout."""
    assert (done[0], done[1]) == (code, "")
    assert done[2].count("\n") == 1
    assert f"[{name}]" in done[2]
    return done[2]


def before(root: Path) -> tuple[bytes, int]:
    return (root / "case.yaml").read_bytes(), len(run.ledger_lines(root))


# --- draft ------------------------------------------------------------------------------------------------------------


def test_drafts_are_listed_decided_and_told(drafted: Path, typed: Typed) -> None:
    _, out, _ = typed("draft", drafted)
    assert out.startswith("d1 [open] The ministry: that vehicles were coming and going")
    assert out.endswith("3 to decide, 0 decided or superseded\n")
    code, out, _ = typed("draft", drafted, "accept", "d1", "--as", "going", "--by", "A. Name", "--dry-run")
    assert (code, out.endswith("d1: would be claim going\n")) == (0, True)
    assert "going" not in (drafted / "case.yaml").read_text()
    code, out, _ = typed("draft", drafted, "accept", "d1", "--as", "going", "--by", "A. Name", "--json")
    told = json.loads(out)
    assert (told["draft"], told["claim"], told["written"]) == ("d1", "going", True)
    assert "+  - id: going" in told["diff"]
    assert "relation: active" in told["diff"]
    typed("draft", drafted, "reject", "d2", "--why", "Of elsewhere.", "--by", "A. Name")
    _, out, _ = typed("draft", drafted, "--json", "--all")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(r["id"], r["state"], r["claim"], r["by"], r["why"]) for r in rows] == [
        ("d1", "accepted", "going", "A. Name", None),
        ("d2", "rejected", None, "A. Name", "Of elsewhere."),
        ("d3", "open", None, "", None),
    ]
    assert rows[2]["during"] == {"from": "2018-07-23", "to": "2018-07-29"}
    _, out, _ = typed("draft", drafted)
    assert out.startswith("d3 [open] 2018-07-23 to 2018-07-29: ")
    code, out, _ = typed("draft", drafted, "accept", "d3", "--as", "coming", "--by", "A. Name")
    assert (code, out.endswith("d3: accepted as event coming\n")) == (0, True)
    _, out, _ = typed("draft", drafted, "--all", "--json")
    assert json.loads(out.splitlines()[2])["event"] == "coming"
    assert typed("draft", drafted)[1] == "0 to decide, 3 decided or superseded\n"


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("accept", "d9"), 1, "E-INPUT-DRAFT"),
        (("accept",), 2, "E-USAGE-DRAFT"),
        (("list", "d1"), 2, "E-USAGE-DRAFT"),
        (("burn", "d1"), 2, "E-USAGE-ACTION"),
        (("accept", "d1", "--as", "active"), 2, "E-USAGE-DRAFT"),
        (("accept", "d1", "--why", "x"), 2, "E-USAGE-DRAFT"),
        (("accept", "d2"), 1, "E-INPUT-DRAFT-SOURCE"),
        (("edit", "d1", "--kind", "loud"), 2, "E-USAGE-DRAFT"),
        (("edit", "d1", "--credibility", "7"), 2, "E-USAGE-DRAFT"),
        (("edit", "d1", "--said", "soon"), 2, "E-USAGE-TIME"),
        (("reject", "d1"), 2, "E-USAGE-WHY"),
    ],
)
def test_a_draft_that_cannot_be_decided_so_is_one_line(
    drafted: Path, typed: Typed, arguments: tuple[str, ...], code: int, name: str
) -> None:
    was = before(drafted)
    refused(typed("draft", drafted, *arguments), code, name)
    assert before(drafted) == was


def test_a_chain_of_sources_that_the_case_lacks_is_refused_when_it_is_accepted(drafted: Path, typed: Typed) -> None:
    assert typed("draft", drafted, "edit", "d2", "--chain", "nobody")[0] == 0
    was = before(drafted)
    refused(typed("draft", drafted, "accept", "d2"), 1, "E-INPUT-DRAFT-SOURCE")
    assert before(drafted) == was
    typed("draft", drafted, "edit", "d2", "--chain", "paper")
    assert typed("draft", drafted, "accept", "d2")[0] == 0


def test_a_draft_is_accepted_once(drafted: Path, typed: Typed) -> None:
    typed("draft", drafted, "accept", "d1", "--as", "going")
    was = before(drafted)
    assert typed("draft", drafted, "accept", "d1", "--as", "again")[0] != 0
    assert before(drafted) == was


# --- sign and retract -------------------------------------------------------------------------------------------------


def test_a_signature_says_what_it_stands_on(root: Path, typed: Typed) -> None:
    code, out, _ = typed("sign", root, "active", "--by", "A. Name", "--likelihood", "likely", "--json")
    told = json.loads(out)
    assert (code, len(told["evidence"])) == (0, 64)
    assert '+    analyst: "A. Name"' in told["diff"]
    assert typed("assess", root)[1].count("signed, unread by a second reader") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("none", "--by", "A. Name", "--likelihood", "likely"), 1, "E-INPUT-CLAIM"),
        (("active", "--by", "  ", "--likelihood", "likely"), 2, "E-USAGE-BY"),
        (("active", "--by", "A. Name"), 2, "E-USAGE-SIGN"),
        (("active", "--by", "A. Name", "--likelihood", "surely"), 2, "E-USAGE-SIGN"),
        (("active", "--by", "A. Name", "--confidence", "total"), 2, "E-USAGE-SIGN"),
        (("active", "--likelihood", "likely"), 2, "E-USAGE"),
    ],
)
def test_a_signature_that_cannot_be_is_one_line(
    root: Path, typed: Typed, arguments: tuple[str, ...], code: int, name: str
) -> None:
    was = before(root)
    refused(typed("sign", root, *arguments), code, name)
    assert before(root) == was


def test_signed_twice_is_refused_and_over_other_evidence_is_not(root: Path, typed: Typed) -> None:
    sign = ("sign", root, "active", "--by", "A. Name", "--likelihood", "likely")
    assert typed(*sign)[0] == 0
    refused(typed(*sign), 2, "E-USAGE-SIGN")
    text = (root / "case.yaml").read_text().replace("It is active.", "It is busy.")
    (root / "case.yaml").write_text(text)
    # What would be signed is not what was read.
    refused(typed(*sign), 4, "E-REFUSED-OUTDATED")
    assert "signature out of date" in typed("assess", root)[1]
    assert typed(*sign)[0] == 0


def test_what_is_retracted_stays_retracted(root: Path, typed: Typed) -> None:
    code, out, _ = typed("retract", root, "active", "--why", "The paper withdrew it.", "--by", "A. Name")
    assert (code, out.endswith("puts it into the report\n")) == (0, True)
    assert "active: retracted" in typed("assess", root)[1]
    was = before(root)
    refused(typed("retract", root, "active", "--why", "Again."), 2, "E-USAGE-RETRACT")
    refused(typed("sign", root, "active", "--by", "B. Name", "--likelihood", "likely"), 2, "E-USAGE-SIGN")
    # A retraction has no id to take back; nor has an opinion that nobody holds.
    refused(typed("retract", root, "retractions", "--why", "x"), 1, "E-INPUT-CLAIM")
    refused(typed("retract", root, "none", "--why", "x", "--opinion-of", "A. Name"), 1, "E-INPUT-CLAIM")
    refused(typed("retract", root, "paper", "--why", " "), 2, "E-USAGE-WHY")
    assert before(root) == was


# --- ledger -----------------------------------------------------------------------------------------------------------


def test_the_ledger_is_told_and_its_chain_printed(root: Path, typed: Typed) -> None:
    typed("retract", root, "active", "--why", "Withdrawn.", "--by", "A. Name")
    _, out, _ = typed("ledger", root)
    assert "retracted claim active by A. Name: Withdrawn." in out
    _, out, _ = typed("ledger", root, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["kind"] for line in lines].count("retracted") == 1
    assert "A. Name" not in out
    assert "Withdrawn" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("burn",), 2, "E-USAGE-ACTION"),
        (("list", "A. Name"), 2, "E-USAGE-ACTION"),
        (("erase", "Nobody Here"), 1, "E-INPUT-NAME"),
        (("erase", ""), 2, "E-USAGE-NAME"),
    ],
)
def test_what_a_ledger_does_not_do_is_one_line(
    root: Path, typed: Typed, arguments: tuple[str, ...], code: int, name: str
) -> None:
    was = before(root)
    refused(typed("ledger", root, *arguments), code, name)
    assert before(root) == was


def test_a_changed_chain_is_told_and_nothing_is_added_to_it(root: Path, typed: Typed) -> None:
    import sqlite3

    with sqlite3.connect(root / "ledger.sqlite") as connection:
        for name, table in connection.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
            if "body" in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                connection.execute(f"UPDATE {table} SET body = replace(body, 'plan', 'plam') WHERE body LIKE '%plan%'")
        assert connection.total_changes > 0
    assert typed("verify", root)[0] == 3
    refused(typed("ledger", root, "--json"), 3, "E-INTEGRITY-CHAIN")


KILLED = """
import os, signal, sys
from pathlib import Path
from overlook import run
from overlook.run import opinions
real = opinions.note_declared
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
opinions.note_declared = die
run.retract(Path(sys.argv[1]), "active", why="Withdrawn.", by="A. Name")
"""


def test_killed_between_case_yaml_and_the_ledger_the_next_assessment_ledgers_it(root: Path, typed: Typed) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert "retractions:" in (root / "case.yaml").read_text()
    assert "retracted" not in [json.loads(line)["kind"] for line in run.ledger_lines(root)]
    assert "active: retracted" in typed("assess", root)[1]
    assert [json.loads(line)["kind"] for line in run.ledger_lines(root)].count("retracted") == 1
    assert typed("verify", root)[0] == 0
    typed("assess", root)
    assert [json.loads(line)["kind"] for line in run.ledger_lines(root)].count("retracted") == 1
