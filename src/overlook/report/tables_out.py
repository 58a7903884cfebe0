"""An assessment as flat tables: Arrow schemas, CSV for spreadsheets, Parquet for programs.

A null says that a column does not apply or that nobody declared the value. In CSV it is never an empty cell, which
spreadsheets read as zero: it is `n/a`, and in the rows of what was not seen `not observed`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from overlook.report.tables_out_rows import (
    claim_rows,
    finding_rows,
    gap_rows,
    image_rows,
    judgement_rows,
    opinion_rows,
    source_rows,
)
from overlook.report.tables_out_said import (
    commitment_rows,
    comparison_rows,
    compliance_rows,
    obligation_rows,
    record_rows,
    term_rows,
)
from overlook.terms import OBSERVATIONS, Assessment, observations_to_table

_UTC = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


def _schema(columns: Mapping[str, pa.DataType], required: Iterable[str]) -> pa.Schema:
    needed = frozenset(required)
    return pa.schema([pa.field(name, kind, nullable=name not in needed) for name, kind in columns.items()])


def _texts(*names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, pa.string())


def _numbers(*names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, pa.float64())


#: One row a finding. `estimate` is of what `estimate_of` names (ratio, rate, dwell_d); null: nothing could be fitted.
FINDINGS = _schema(
    _texts("id", "kind", "site", "zone", "cls", "event")
    | {"start": _UTC, "end": _UTC}
    | _texts("verdict")
    | {"exploratory": pa.bool_(), "also_same": pa.bool_()}
    | _texts("estimate_of")
    | _numbers("estimate", "low", "high", "level", "p_value", "margin")
    | {"images": pa.int64()}
    | _numbers("smallest_ratio_up", "smallest_ratio_down", "smallest_margin")
    | {"images_needed": pa.int64(), "chance_missed": pa.float64()}
    | _texts("identification", "sentence", "missed")
    | {"notes": _TEXTS, "evidence": _TEXTS},
    ("id", "kind", "site", "zone", "cls", "verdict", "sentence", "notes", "evidence"),
)
#: One row a part of a claim or commitment. `likelihood` and `probability` are of `observable` alone.
JUDGEMENTS = _schema(
    _texts("claim", "prediction", "verdict", "status", "observable", "likelihood")
    | _numbers("probability")
    | dict.fromkeys(("why", "findings", "rivals_against", "rivals_open", "would_change", "needs"), _TEXTS)
    | _texts("evidence"),
    ("claim", "prediction", "verdict", "status", "observable", "why", "findings", "evidence"),
)
#: One row a signed opinion, dissents and stale ones too.
OPINIONS = _schema(
    _texts("claim", "analyst")
    | {"signed": pa.date32()}
    | _texts("likelihood", "confidence")
    | {"reasons": _TEXTS}
    | _texts("second_reader")
    | {"dissent": pa.bool_(), "stale": pa.bool_(), "retracted": pa.date32()}
    | _texts("evidence"),
    ("claim", "analyst", "signed", "reasons", "dissent", "stale", "evidence"),
)
#: One row of the gap ledger: what was not seen, when, and why.
GAPS = _schema(
    _texts("site", "zone") | {"start": _UTC, "end": _UTC} | _texts("reason", "scene", "detail"),
    ("site", "zone", "reason", "scene", "detail"),
)
#: One row a source. Reliability is the source's; the credibility of what it says stands with the claim.
SOURCES = _schema(
    _texts("id", "name", "kind", "reliability")
    | {"relies_on": _TEXTS}
    | _texts("citation", "digest")
    | {"retracted": pa.date32()},
    ("id", "name", "kind", "relies_on"),
)
#: One row a claim, verbatim; `chain` from who is said to know to who was read.
CLAIMS = _schema(
    _texts("id", "quote", "kind")
    | {"chain": _TEXTS, "start": _UTC, "end": _UTC}
    | _texts("credibility", "status")
    | {"not_observable": _TEXTS, "disputed_by": _TEXTS}
    | _texts("note"),
    ("id", "quote", "kind", "chain", "status", "not_observable", "disputed_by"),
)
#: One row an image. `may_publish` null: nobody said, so no.
IMAGES = _schema(
    _texts("scene") | {"start": _UTC, "end": _UTC} | _texts("when_source", "kind", "sensor") | _numbers("gsd_m")
    | _numbers("off_nadir_deg", "sun_elevation_deg")
    | _texts("catalogue_id", "why_acquired") | {"may_publish": pa.bool_()} | _texts("licence", "credit", "digest"),
    ("scene", "when_source", "kind", "sensor", "gsd_m", "why_acquired", "digest"),
)  # fmt: skip
#: One row an undertaking, verbatim. `start`, `end`: when it was made.
COMMITMENTS = _schema(
    _texts("id", "text")
    | {"parties": _TEXTS, "start": _UTC, "end": _UTC, "deadline": _UTC, "undefined": _TEXTS}
    | _texts("source", "status"),
    ("id", "text", "parties", "undefined", "status"),
)
#: One row an obligation. `reversible` null: nobody said.
OBLIGATIONS = _schema(
    _texts("commitment", "obligation", "text")
    | {"deadline": _UTC, "reversible": pa.bool_(), "undefined": _TEXTS, "defined": _TEXTS, "indicators": _TEXTS},
    ("commitment", "obligation", "text", "undefined", "defined", "indicators"),
)
#: The compliance matrix: one row an indicator and period. `status` null: the indicator says nothing of that period.
COMPLIANCE = _schema(
    _texts("commitment", "obligation", "indicator", "observable", "shows", "period")
    | {"start": _UTC, "end": _UTC}
    | _texts("status", "said")
    | {"findings": _TEXTS, "needs": _TEXTS}
    | _texts("obligation_status")
    | {"obligation_notes": _TEXTS},
    ("commitment", "obligation", "period", "start", "end", "obligation_status", "obligation_notes"),
)
#: One row a term that nobody defined; `obligation` null: it stands in the commitment's own text.
TERMS = _schema(
    _texts("commitment", "obligation", "term")
    | {"missing": _TEXTS, "given": _TEXTS, "declared": pa.bool_()}
    | _texts("why"),
    ("commitment", "term", "missing", "given", "declared", "why"),
)
#: One row a claim held against another, a fact or its quote. None of the two is called right.
CONTRADICTIONS = _schema(
    _texts("claim", "against", "other", "outcome", "ours", "theirs", "why"),
    ("claim", "against", "other", "outcome", "ours", "theirs", "why"),
)
#: One row an act of the ledger. `by` null: nobody was named.
RECORD = _schema({"entry": pa.int64(), "at": _UTC} | _texts("act", "of", "by", "text"), ("entry", "at", "act", "of"))

#: What a spreadsheet would run as a formula (OWASP, "CSV injection"), and the mark that keeps it from that.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_ESCAPE = "'"
NOT_APPLICABLE = "n/a"
NOT_OBSERVED = "not observed"
#: What a row of something not observed does not have, and would be read as a value.
_MEASURED = ("count", "value", "state")


def tables(
    assessment: Assessment, *, made: datetime, own_digest: str, publication: bool = False
) -> dict[str, pa.Table]:
    """Every table by name. `publication` leaves out which images would settle a part."""
    rows: dict[str, tuple[pa.Schema, Iterable[dict[str, Any]]]] = {
        "findings": (FINDINGS, finding_rows(assessment)),
        "judgements": (JUDGEMENTS, judgement_rows(assessment, with_needs=not publication)),
        "opinions": (OPINIONS, opinion_rows(assessment)),
        "gaps": (GAPS, gap_rows(assessment)),
        "sources": (SOURCES, source_rows(assessment)),
        "claims": (CLAIMS, claim_rows(assessment)),
        "images": (IMAGES, image_rows(assessment)),
        "commitments": (COMMITMENTS, commitment_rows(assessment)),
        "obligations": (OBLIGATIONS, obligation_rows(assessment)),
        "compliance": (COMPLIANCE, compliance_rows(assessment, publication=publication)),
        "terms": (TERMS, term_rows(assessment)),
        "contradictions": (CONTRADICTIONS, comparison_rows(assessment)),
        "record": (RECORD, record_rows(assessment)),
    }
    made_of = {"observations": observations_to_table(assessment.observations)}
    made_of |= {name: pa.Table.from_pylist(list(of), schema=schema) for name, (schema, of) in rows.items()}
    about = {
        "overlook:case": assessment.case.id,
        "overlook:notice": assessment.case.notice,
        "overlook:assessment": own_digest,
        "overlook:made": made.isoformat(),
        "overlook:version": assessment.provenance.code_version,
    }
    return {name: table.replace_schema_metadata(about) for name, table in made_of.items()}


def as_parquet(table: pa.Table) -> bytes:
    """A table as Parquet; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def as_csv(table: pa.Table) -> bytes:
    """A table as CSV (RFC 4180) in UTF-8 with a byte order mark, by which spreadsheets know the encoding.

    Times are ISO 8601 in UTC. Items of a list are parted by " | ". A text that a spreadsheet could run, or that begins
    with an apostrophe, gets an apostrophe in front: take one leading apostrophe off every text to have it back.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.column_names)
    is_observations = table.schema.names == OBSERVATIONS.names
    for row in table.to_pylist():
        unseen = is_observations and row["kind"] == "not observed"
        writer.writerow([_cell(value, name, unseen=unseen) for name, value in row.items()])
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Any, column: str, *, unseen: bool) -> str:
    if value is None:
        return NOT_OBSERVED if unseen and column in _MEASURED else NOT_APPLICABLE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | int | float):
        return str(value)
    return escaped(" | ".join(value) if isinstance(value, list) else value)


def escaped(text: str) -> str:
    """A text that no spreadsheet runs. NUL, which CSV cannot hold, is replaced."""
    text = text.replace("\x00", "\ufffd")
    return _ESCAPE + text if text.lstrip(" ").startswith(_FORMULA) else text
