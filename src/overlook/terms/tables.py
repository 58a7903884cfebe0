"""Observations as an Arrow table: one row each, nullable where a kind has no such value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from overlook.terms.observation import Count, Index, NotObserved, Observation, Series, Sighting
from overlook.terms.time import Interval

_UTC = pa.timestamp("us", tz="UTC")
_KINDS: dict[str, type[Count] | type[Index] | type[Sighting] | type[NotObserved]] = {
    "count": Count,
    "index": Index,
    "sighting": Sighting,
    "not observed": NotObserved,
}

#: `kind` is count | index | sighting | not observed. Columns of other kinds are null: never zero.
OBSERVATIONS = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("site", pa.string(), nullable=False),
        pa.field("zone", pa.string(), nullable=False),
        pa.field("cls", pa.string(), nullable=False),
        pa.field("start", _UTC),
        pa.field("end", _UTC),
        pa.field("scene", pa.string(), nullable=False),
        pa.field("count", pa.int64()),
        pa.field("threshold", pa.float64()),
        pa.field("value", pa.float64()),
        pa.field("value_sd", pa.float64()),
        pa.field("shared_sd", pa.float64()),
        pa.field("unit", pa.string()),
        pa.field("background", pa.float64()),
        pa.field("visible_fraction", pa.float64()),
        pa.field("detection_probability", pa.float64()),
        pa.field("detection_probability_sd", pa.float64()),
        pa.field("false_alarms", pa.float64()),
        pa.field("false_alarms_sd", pa.float64()),
        pa.field("state", pa.string()),
        pa.field("identification", pa.string()),
        pa.field("probability_of_detection", pa.float64()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("note", pa.string()),
        pa.field("sensor", pa.string()),
        pa.field("observer", pa.string()),
        pa.field("why_acquired", pa.string()),
        pa.field("gsd_m", pa.float64()),
        pa.field("provisional", pa.bool_()),
        pa.field("residual_m", pa.float64()),
        pa.field("near_edge", pa.int64()),
        pa.field("evidence", pa.list_(pa.string()), nullable=False),
    ]
)


def observations_to_table(observations: Iterable[Observation]) -> pa.Table:
    """An `OBSERVATIONS` table, rows in the given order."""
    return pa.Table.from_pylist([_row(o) for o in observations], schema=OBSERVATIONS)


def observations_from_table(table: pa.Table) -> tuple[Observation, ...]:
    """The observations of an `OBSERVATIONS` table. Raises ValueError for a row that cannot be."""
    return tuple(_observation(row) for row in table.cast(OBSERVATIONS).to_pylist())


def _row(observation: Observation) -> dict[str, Any]:
    row = {f.name: getattr(observation, f.name) for f in fields(observation)}
    series: Series = row.pop("series")
    when: Interval | None = row.pop("when")
    row |= {"site": series.site, "zone": series.zone, "cls": series.cls}
    row |= {"start": when.start, "end": when.end} if when else {}
    return row | {"evidence": list(observation.evidence)}


def _observation(row: dict[str, Any]) -> Observation:
    kind = _KINDS[row["kind"]]
    known = {f.name for f in fields(kind)}
    values = {name: value for name, value in row.items() if name in known and value is not None}
    start, end = row["start"], row["end"]
    when = None if start is None else Interval(start=_aware(start), end=_aware(end))
    values |= {
        "series": Series(site=row["site"], zone=row["zone"], cls=row["cls"]),
        "when": when,
        "evidence": tuple(row["evidence"]),
    }
    return kind(**values)


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
