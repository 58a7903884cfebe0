"""A case with images, boxes, claims and findings in every format of others, read again by other means than ours."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from overlook import run
from overlook.errors import RefusedError
from overlook.report.exports import Format
from overlook.store import check_export


def test_every_format_holds_the_same_case(assessed_case: Path) -> None:
    made = {to: {p.name: p for p in run.export(assessed_case, to).paths} for to in ("csv", "parquet", "prov", "csl")}  # type: ignore[arg-type]
    names = {name.removesuffix(".csv") for name in made["csv"]}
    assert {name.removesuffix(".parquet") for name in made["parquet"]} == names
    counts = {}
    for name in sorted(names):
        table = pq.read_table(made["parquet"][f"{name}.parquet"])
        text = made["csv"][f"{name}.csv"].read_text("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(keepends=True)))
        assert len(rows) == table.num_rows, name
        if rows:
            assert list(rows[0]) == table.schema.names
        counts[name] = table.num_rows
    assert all(counts[name] for name in ("observations", "findings", "judgements", "claims", "images", "sources"))
    prov = json.loads(made["prov"]["prov.json"].read_text("utf-8"))
    kinds = [entity["prov:type"]["$"] for entity in prov["entity"].values()]
    assert kinds.count("ovl:Finding") == counts["findings"]
    assert kinds.count("ovl:Claim") == counts["claims"]
    assert kinds.count("ovl:Image") == counts["images"]
    citations = json.loads(made["csl"]["citations.json"].read_text("utf-8"))
    assert sum(item["type"] == "graphic" for item in citations) == counts["images"]
    (chain,) = run.export(assessed_case, "ledger").paths
    assert check_export(chain).entries == len(run.ledger_lines(assessed_case))
    with pytest.raises(RefusedError) as refused:
        run.export(assessed_case, "claimreview")
    assert refused.value.code == "E-REFUSED-UNSIGNED"
    assert set(get_args(Format)) == {*made, "claimreview"}
