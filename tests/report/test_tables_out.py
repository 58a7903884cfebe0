"""Tables: what was not seen stays and says why, no text is run by a spreadsheet, and all of it comes back."""

import csv
import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.report.exports import exported
from overlook.report.tables_out import (
    CLAIMS,
    COMMITMENTS,
    COMPLIANCE,
    CONTRADICTIONS,
    FINDINGS,
    GAPS,
    IMAGES,
    JUDGEMENTS,
    OBLIGATIONS,
    OPINIONS,
    RECORD,
    SOURCES,
    TERMS,
    as_csv,
    escaped,
)
from overlook.terms import (
    OBSERVATIONS,
    Assessment,
    BreakFinding,
    CompositeFinding,
    Index,
    NotObserved,
    Retraction,
    Series,
    TurnoverFinding,
    observations_from_table,
)
from report import fixture
from report.followed import followed
from shared import ROOT

OWN = "ab" * 32
SCHEMAS = {
    "observations": OBSERVATIONS,
    "findings": FINDINGS,
    "judgements": JUDGEMENTS,
    "opinions": OPINIONS,
    "gaps": GAPS,
    "sources": SOURCES,
    "claims": CLAIMS,
    "images": IMAGES,
    "commitments": COMMITMENTS,
    "obligations": OBLIGATIONS,
    "compliance": COMPLIANCE,
    "terms": TERMS,
    "contradictions": CONTRADICTIONS,
    "record": RECORD,
}
ONE = followed()


def files(to: str, one: Assessment = ONE, **more: Any) -> dict[str, bytes]:
    made = exported(one, to, made=fixture.MADE, own_digest=OWN, **more)  # type: ignore[arg-type]
    return dict(made.files)


def rows(name: str, one: Assessment = ONE, **more: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files("csv", one, **more)[f"{name}.csv"].decode("utf-8-sig"), newline="")))


def parquet(name: str, one: Assessment = ONE, **more: Any) -> pa.Table:
    return pq.read_table(pa.BufferReader(files("parquet", one, **more)[f"{name}.parquet"]))


def test_every_table_has_its_schema_and_its_csv_the_same_columns_and_rows() -> None:
    for name, schema in SCHEMAS.items():
        table = parquet(name)
        assert table.schema.equals(schema, check_metadata=False), name
        table.validate(full=True)
        told = rows(name)
        assert len(told) == table.num_rows > 0
        assert list(told[0]) == schema.names


def test_every_column_is_described() -> None:
    page = (ROOT / "docs" / "reference" / "exports.md").read_text("utf-8")
    for name, schema in SCHEMAS.items():
        (line,) = (row for row in page.splitlines() if row.startswith(f"| `{name}` |"))
        assert [w for w in re.findall(r"`(\w+)`", line)[1:] if w in schema.names] == schema.names


def test_observations_come_back_whole_from_parquet() -> None:
    assert observations_from_table(parquet("observations").replace_schema_metadata()) == ONE.observations


def test_the_file_says_of_which_assessment_it_is() -> None:
    about = parquet("gaps").schema.metadata
    assert about[b"overlook:assessment"] == OWN.encode()
    assert about[b"overlook:made"] == b"2025-01-15T09:30:00+00:00"
    assert about[b"overlook:notice"] == b"Simulated: no real place"


def test_what_was_not_observed_is_a_row_that_says_why_and_no_number() -> None:
    told = rows("observations")
    unseen = [r for r in told if r["kind"] == "not observed"]
    assert len(unseen) == sum(isinstance(o, NotObserved) for o in ONE.observations)
    for row in unseen:
        assert row["count"] == row["value"] == row["state"] == "not observed"
        assert row["reason"] in ("cloud", "covered", "off the image", "too coarse")
    counts = {r["count"] for r in told if r["kind"] == "count"}
    assert all(c.isdigit() for c in counts)
    assert {r["count"] for r in told if r["kind"] in ("index", "sighting")} == {"n/a"}


def test_no_cell_of_a_number_is_empty() -> None:
    for name, schema in SCHEMAS.items():
        numbers = [f.name for f in schema if pa.types.is_floating(f.type) or pa.types.is_integer(f.type)]
        for row in rows(name):
            assert all(row[n] for n in numbers)


def test_a_finding_without_an_estimate_has_none() -> None:
    told = {r["id"]: r for r in rows("findings")}
    open_ = told["event/works/park/vehicle/holiday"]
    assert open_["verdict"] == "undetermined"
    assert open_["estimate"] == open_["low"] == open_["high"] == open_["estimate_of"] == "n/a"
    changed = told["event/works/yard/vehicle/summit"]
    assert (changed["estimate_of"], changed["estimate"], changed["low"], changed["high"]) == (
        "ratio",
        "1.834",
        "1.312",
        "2.497",
    )
    assert changed["sentence"].startswith("The vehicle level in North yard")


def test_every_kind_of_finding_has_a_row() -> None:
    yard = Series(site="works", zone="yard", cls="vehicle")
    more = (
        BreakFinding(id="b", series=yard, window=None, n_images=2, p_value=None, alpha=0.05, verdict="undetermined",
                     exploratory=False),
        TurnoverFinding(id="t", series=yard, window=None, verdict="undetermined", exploratory=False),
        CompositeFinding(id="c", series=yard, event="summit", members=(), error_rate=0.05, p_value=0.4,
                         verdict="undetermined", exploratory=False),
    )  # fmt: skip
    told = {r["id"]: r for r in rows("findings", replace(ONE, findings=(*ONE.findings, *more), judgements=()))}
    assert {told[i]["kind"] for i in ("b", "t", "c")} == {"break", "turnover", "composite"}
    assert told["b"]["p_value"] == "n/a"
    assert told["c"]["event"] == "summit"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "'", "  =", " -"])
def test_no_text_is_run_by_a_spreadsheet(first: str) -> None:
    bad = f"{first}HYPERLINK(1)"
    one = fixture.assessment(case=fixture.case(claims=(replace(fixture.case().claims[0], quote=bad),)), judgements=())
    (row,) = rows("claims", one)
    assert row["quote"] == "'" + bad
    assert parquet("claims", one).to_pylist()[0]["quote"] == bad


def test_a_negative_number_is_a_number() -> None:
    index = Index(
        series=Series(site="works", zone="yard", cls="backscatter"), when=ONE.scenes[0].when, value=-12.5, unit="dB"
    )
    one = fixture.assessment(observations=(index,), findings=(), judgements=())
    assert rows("observations", one)[0]["value"] == "-12.5"


def test_a_spreadsheet_knows_the_encoding_and_the_lines() -> None:
    data = files("csv")["sources.csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == len(ONE.case.sources) + 1
    named = fixture.assessment(case=fixture.case(sources=(replace(ONE.case.sources[2], name="Dr. Ünal 김"),)))
    assert rows("sources", named)[0]["name"] == "Dr. Ünal 김"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=4))
def test_any_text_comes_back_when_one_leading_apostrophe_is_taken_off(texts: list[str]) -> None:
    table = pa.table({"a": pa.array(texts, pa.string())})
    read = list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline="")))
    assert read[0] == ["a"]
    cells = [row[0] if row else "" for row in read[1:]]
    assert [c.removeprefix("'") for c in cells] == texts
    assert not [c for c in cells if c.strip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_a_character_that_csv_cannot_hold_is_replaced() -> None:
    assert escaped("a\x00b") == "a\ufffdb"


def test_for_publication_plans_files_and_unnamed_sources_stay_inside() -> None:
    public = b"".join(files("csv", publication=True).values()).decode("utf-8-sig")
    for gone in ("kestrel_", "PLAN-OSPREY", "Officials, unnamed"):
        assert gone not in public
        assert gone in b"".join(files("csv").values()).decode("utf-8-sig")
    back = Retraction(made=date(2024, 8, 2), why="wrong", source="officials")
    one = fixture.assessment(case=fixture.case(retractions=(back,)))
    told = rows("sources", one, publication=True)
    assert [r["retracted"] for r in told] == ["2024-08-02", "n/a", "n/a"]
    assert (told[0]["id"], told[0]["name"]) == ("unnamed-1", "unnamed source")
    assert told[1]["relies_on"] == "unnamed-1"
    assert {r["chain"] for r in rows("claims", publication=True)} == {"expert", "unnamed-1 | paper", "paper"}
    assert {r["needs"] for r in rows("judgements", publication=True)} == {"n/a"}


def test_the_same_assessment_gives_the_same_bytes() -> None:
    assert files("parquet") == files("parquet")


def test_the_matrix_is_a_row_an_indicator_and_period_and_says_what_would_settle_it() -> None:
    may, june, july, *trust = rows("compliance")
    assert [r["status"] for r in (may, june, july)] == ["met", "insufficient imagery", "insufficient imagery"]
    assert (may["needs"], june["start"]) == ("", "2024-06-01T00:00:00Z")
    assert june["needs"].startswith("6 images of ")
    assert [(r["obligation"], r["indicator"], r["status"], r["obligation_status"]) for r in trust] == [
        ("trust", "n/a", "n/a", "undefined")
    ] * 3
    assert {r["needs"] for r in rows("compliance", publication=True)} == {"n/a"}
    assert rows("obligations")[0]["defined"] == "object: the north gate"
    assert rows("obligations")[0]["deadline"] == "n/a"
    assert (rows("terms")[0]["term"], rows("terms")[0]["missing"]) == ("trust", "scope")


def test_the_record_is_whole_and_for_publication_tells_who_judged() -> None:
    assert [r["act"] for r in rows("record")] == ["read", "signed", "graded"]
    assert [r["act"] for r in rows("record", publication=True)] == ["signed", "graded"]
    assert rows("record")[0]["by"] == "n/a"


def test_an_anonymous_source_has_no_id_in_the_published_record() -> None:
    nobody = next(s for s in ONE.case.sources if s.kind == "anonymous")
    told = replace(ONE, record=(replace(ONE.record[2], of=f"source {nobody.id}"),))
    assert [r["of"] for r in rows("record", told, publication=True)] == ["source unnamed-1"]


def test_what_does_not_fit_is_a_row() -> None:
    (row,) = rows("contradictions")
    assert (row["claim"], row["against"], row["other"], row["outcome"]) == ("c1", "claim", "c2", "contradict")
