"""The script that the reference gives a reader finds what is whole, and what is not."""

import re
import subprocess
import sys

import pytest

from overlook import run
from shared import ROOT

SCRIPT = re.search(
    r"^```python check_ledger\.py\n(.*?)^```", (ROOT / "docs/reference/ledger.md").read_text("utf-8"), re.M | re.S
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    root = folder / "c"
    run.init(root)
    yaml = (root / "case.yaml").read_text() + "sources:\n  - {id: s, name: Zoë, kind: named, reliability: B}\n"
    (root / "case.yaml").write_text(yaml, encoding="utf-8")
    run.assess(root)
    (folder / "check_ledger.py").write_text(SCRIPT[1])
    return folder, [f"{line}\n" for line in run.ledger_lines(root)], run.verify(root).head


def check(folder, lines):
    (folder / "ledger.jsonl").write_text("".join(lines), encoding="utf-8", newline="")
    command = [sys.executable, "check_ledger.py", "ledger.jsonl"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_prints_the_ledgers_own_head(exported):
    folder, lines, head = exported
    done = check(folder, lines)
    assert (done.returncode, done.stdout) == (0, f"{len(lines)} entries, head {head}\n")


def test_it_has_twenty_lines_at_most():
    assert len(SCRIPT[1].splitlines()) <= 20


def test_it_stops_where_somebody_changed_something(exported):
    folder, lines, _ = exported
    assert len(lines) > 1
    for at in range(len(lines)):
        altered = [*lines[:at], lines[at].replace('"body":"{', '"body":"{ '), *lines[at + 1 :]]
        assert f"line {at + 1}" in check(folder, altered).stderr
    assert "line 1" in check(folder, lines[1:]).stderr
    assert "line 1" in check(folder, lines[::-1]).stderr
