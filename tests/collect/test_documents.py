"""What the documents of this room show is what it does."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from overlook.collect import coarsest_gsd_m, read_counts
from overlook.terms import Plan

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_every_csv_in_the_reference_is_read(tmp_path: Path) -> None:
    text = (DOCS / "reference" / "counts-csv.md").read_text()
    blocks = [b for b in re.findall(r"(?:^    .+\n)+", text, re.MULTILINE) if b.lstrip().startswith("time,")]
    assert len(blocks) == 3
    path = tmp_path / "c.csv"
    for block in blocks:
        path.write_text("\n".join(line.strip() for line in block.splitlines()))
        assert read_counts(path, now=NOW).num_rows >= 1


def test_the_table_of_resolutions_is_the_one_in_use() -> None:
    text = (DOCS / "explanation" / "what-could-be-seen.md").read_text()
    rows = re.findall(r"^\| ([a-z, ]+) \| [\d.]+ m \| ([\d.]+) m \|$", text, re.MULTILINE)
    assert len(rows) == 8
    for classes, limit in rows:
        for cls in classes.split(", "):
            assert coarsest_gsd_m(cls, Plan()) == pytest.approx(float(limit), abs=0.05)
