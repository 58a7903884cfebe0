"""Many series of one file: a prior learned from the file itself, and one error rate over its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from overlook.activity import Prior, benjamini_hochberg, learn_prior
from overlook.terms import Interval, Observation, Series, observations_from_table


@dataclass(frozen=True)
class _Read(Mapping[Series, Sequence[Observation]]):
    """Observations of each series, read from its table only when asked for: a file may hold a hundred thousand."""

    tables: Mapping[Series, pa.Table]

    def __getitem__(self, series: Series) -> Sequence[Observation]:
        return observations_from_table(self.tables[series])

    def __iter__(self) -> Iterator[Series]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)


def fleet_prior(tables: Sequence[tuple[Series, pa.Table]], *, event: Interval) -> Prior:
    """The prior learned from all series, each free to have stepped at `event`; its origin says all that its notes do.

    The default one, and why, where the file has too little to teach.
    """
    learned = learn_prior(_Read(dict(tables)), name="fleet", event=event)
    return replace(learned.prior, origin="; ".join((learned.prior.origin, *learned.notes)))


def with_fdr(rows: Sequence[Mapping[str, Any]], q: float) -> list[dict[str, Any]]:
    """Rows with `fdr`: q, the step's p-value adjusted over all rows (Benjamini-Hochberg), and whether it is called.

    `series`: over how many rows; `not_tested`: how many of these could not be tested.
    `adjusted_p` and `called` are None where a row has no p-value: nothing was tested there. Such a row stays in the
    family with p = 1, as in `rank_fleet`. Raises ValueError for q outside (0, 1).
    """
    p_values = [row["step"]["p_value"] if row["step"] else None for row in rows]
    adjusted = benjamini_hochberg([1.0 if p is None else p for p in p_values], q)
    family = {"series": len(rows), "not_tested": sum(p is None for p in p_values)}
    marked = []
    for row, p, adjusted_p, called in zip(rows, p_values, adjusted.adjusted_p, adjusted.called, strict=True):
        told = {"adjusted_p": None, "called": None} if p is None else {"adjusted_p": adjusted_p, "called": called}
        marked.append({**row, "fdr": {"q": q, **told, **family}})
    return marked
