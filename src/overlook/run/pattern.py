"""The one-liner: counts in, one answer a series out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from overlook.run.progress import Progress, in_order, silent
from overlook.terms import Interval, Observation, Plan, Series, observations_from_table

if TYPE_CHECKING:
    from overlook.activity import Prior


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some series' rows, to be worked on by one process."""

    tables: tuple[tuple[Series, pa.Table], ...]
    event: Interval
    plan: Plan
    prior: Prior | None = None
    breaks: bool = False
    active: bool = False


def pattern(
    counts: Path,
    *,
    event: Interval,
    plan: Plan,
    fleet: bool = False,
    fdr: float | None = None,
    breaks: bool = False,
    active: bool = False,
    workers: int = 1,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Iterator[Mapping[str, Any]]:
    """One row a series of `counts`, in the order of their names: did it change at the event, stay, or can't we tell?

    `fleet`: the prior of the drift is learned from the file's own series, where it has enough. `fdr`: every row gets
    `fdr`, whether its step is called at that false discovery rate over all of them; no row comes before the last.
    `breaks`: every row gets `breaks`, the steps found anywhere in its series, event or none. `active`: every row gets
    `active`, whether there was activity in the window after the event, against the plan's `quiet_below`.
    Raises InputError for a file that cannot be read, ValueError for an `fdr` outside (0, 1).
    """
    from overlook.collect import read_counts

    table = read_counts(Path(counts), now=now or datetime.now(UTC))
    series = list(_split(table))
    of_all = _Batch((), event, plan, breaks=breaks, active=active)
    if fdr is not None:
        from overlook.run.fleets import with_fdr

        with_fdr((), fdr)
        yield from with_fdr(list(_answered(series, of_all, fleet, workers, progress)), fdr)
    else:
        yield from _answered(series, of_all, fleet, workers, progress)


def _answered(
    series: list[tuple[Series, pa.Table]],
    of_all: _Batch,
    fleet: bool,
    workers: int,
    progress: Progress,
) -> Iterator[Mapping[str, Any]]:
    if fleet:
        from overlook.run.fleets import fleet_prior

        of_all = replace(of_all, prior=fleet_prior(series, event=of_all.event))
    if workers > 1 and series:
        # The models are compiled on first use and cached: once here, instead of once on every process.
        yield from _rows(replace(of_all, tables=(series.pop(0),)))
    size = max(1, -(-len(series) // (workers * 4)))
    batches = [replace(of_all, tables=tuple(series[start : start + size])) for start in range(0, len(series), size)]
    for rows in in_order(_rows, batches, workers=workers, what="series", progress=progress):
        yield from rows


def _rows(batch: _Batch) -> list[Mapping[str, Any]]:
    return [_row(series, observations_from_table(table), batch) for series, table in batch.tables]


def _row(series: Series, observations: Sequence[Observation], batch: _Batch) -> Mapping[str, Any]:
    from overlook.activity import DEFAULT_PRIOR, active_row, breaks, breaks_row, pattern_row

    prior = batch.prior or DEFAULT_PRIOR
    row = pattern_row(series, observations, event=batch.event, plan=batch.plan, prior=prior)
    if batch.active:
        row["active"] = active_row(series, observations, event=batch.event, plan=batch.plan, prior=prior)
    if batch.breaks:
        row["breaks"] = breaks_row(breaks(series, observations, plan=batch.plan, prior=prior))
    return row


def _split(table: pa.Table) -> Iterator[tuple[Series, pa.Table]]:
    """Each series with its rows. One sort instead of one scan a series."""
    names = ["site", "zone", "cls"]
    table = table.sort_by([(name, "ascending") for name in (*names, "start")])
    lengths = table.group_by(names, use_threads=False).aggregate([("kind", "count")])
    start = 0
    for row in lengths.to_pylist():
        count = row["kind_count"]
        yield Series(site=row["site"], zone=row["zone"], cls=row["cls"]), table.slice(start, count)
        start += count
    assert start == pc.count(table["kind"], mode="all").as_py()
