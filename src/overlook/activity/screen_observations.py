"""The screen of a table of observations: the same images of each series as the decision tier takes, as flat arrays.

It reads the columns as they lie. Only series that need a choice between readings (two of one image, two within an hour)
are taken apart, by `series.usable` itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from overlook.activity.design import _holds_new_year
from overlook.activity.event import HISTORY_D, MOST_HISTORY, windows
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.screen import MOST_COUNT, screen_sites
from overlook.activity.series import LONGEST_WHEN_D, SAME_LOOK_D, to_days, usable
from overlook.errors import InputError
from overlook.terms import OBSERVATIONS, Interval, Plan, Series, observations_from_table

Array = NDArray[np.float64]
_DAY_US = 86400e6
_NAMES = ("site", "zone", "cls")

#: One row a series. Columns after `n_after` are null where nothing could be told, and `why` says why; the p-values are
#: null, too, where the images are few (`exploratory`). Ratios, with their interval at the plan's level.
SCREENED = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in _NAMES),
        pa.field("n_before", pa.int64(), nullable=False),
        pa.field("n_after", pa.int64(), nullable=False),
        *(
            pa.field(f"{what}{end}", pa.float64())
            for what in ("level", "step", "step_without_drift")
            for end in ("", "_low", "_high")
        ),
        pa.field("p_value", pa.float64()),
        pa.field("p_value_without_drift", pa.float64()),
        pa.field("exploratory", pa.bool_(), nullable=False),
        pa.field("why", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Images:
    """Usable counts, sorted by series and time: `series` (n,) the number of its series, `row` (n,) its table row."""

    series: NDArray[np.int64]
    time_d: Array
    row: NDArray[np.int64]

    def only(self, keep: NDArray[np.bool_]) -> _Images:
        return _Images(series=self.series[keep], time_d=self.time_d[keep], row=self.row[keep])


def screen_table(
    observations: pa.Table, *, event: Interval, plan: Plan, prior: Prior = DEFAULT_PRIOR, threads: int = 1
) -> pa.Table:
    """Screen every series of an `OBSERVATIONS` table about one event; returns a `SCREENED` table, in order of names.

    The images of a series are those that its event question would use; days of the week are UTC's. Counts only: an
    index is not screened. Raises InputError (E-INPUT-SCREEN) for a table of another schema, or a count that cannot be.
    """
    table = _of_schema(observations)
    keys, code = _series_of(table)
    spans = windows(event, plan)
    start_d, end_d, first_d = to_days(event.start), to_days(event.end), to_days(spans.before.start)
    images = _usable_counts(table, code, keys)
    images = _of_the_event(images, table, start_d, end_d, first_d, to_days(spans.after.end))
    n_before = np.bincount(images.series[(images.time_d >= first_d) & (images.time_d < start_d)], minlength=len(keys))
    n_after = np.bincount(images.series[images.time_d > end_d], minlength=len(keys))
    is_compared = (n_before > 0) & (n_after > 0)
    images = images.only(is_compared[images.series])
    asked = np.flatnonzero(is_compared)
    starts = np.concatenate([[0], np.cumsum(np.bincount(images.series, minlength=len(keys))[asked])])
    columns = _columns(table, images)
    shared, shared_logsd = _shared_errors(table, images, prior)
    found = screen_sites(
        starts,
        images.time_d,
        columns["count"],
        columns["exposure"],
        columns["false_alarms"],
        images.time_d > 0.5 * (start_d + end_d),
        prior=prior,
        probabilities=(0.5, 0.5 - plan.level / 2, 0.5 + plan.level / 2),
        shared=shared,
        shared_logsd=shared_logsd,
        holds_new_year=_holds_new_year(first_d, to_days(spans.after.end)),
        threads=threads,
    )
    why = _why_not(table, code, n_before, n_after)
    for at, reason in zip(found.untold, found.why, strict=True):
        why[asked[at]] = reason
    few = n_before + n_after < plan.few_images
    told = asked[found.told]
    ratios = {
        "level": np.exp(found.level),
        "step": np.exp(found.step),
        "step_without_drift": np.exp(found.step_without_drift),
    }
    filled: dict[str, Any] = dict(zip(_NAMES, np.array(keys, dtype=object).reshape(-1, 3).T, strict=True))
    filled |= {"n_before": n_before, "n_after": n_after}
    for what, values in ratios.items():
        for c, end in enumerate(("", "_low", "_high")):
            filled[what + end] = _scattered(values[:, c], told, len(keys))
    for name, values in (("p_value", found.p_value), ("p_value_without_drift", found.p_value_without_drift)):
        filled[name] = _scattered(values, told, len(keys), but=few)
    filled["exploratory"] = few
    filled["why"] = pa.array(why, pa.string())
    return pa.table({name: filled[name] for name in SCREENED.names}, schema=SCREENED)


def _of_schema(observations: pa.Table) -> pa.Table:
    try:
        return observations.select(OBSERVATIONS.names).cast(OBSERVATIONS)
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise InputError(
            "E-INPUT-SCREEN",
            f"not a table of observations: {error}",
            where="observations",
            remedy="make it with overlook.terms.observations_to_table",
        ) from error


def _series_of(table: pa.Table) -> tuple[list[tuple[str, str, str]], NDArray[np.int64]]:
    """The series in order of their names, and the number of each row's."""
    ranks, names = [], []
    for name in _NAMES:
        encoded = table[name].combine_chunks().dictionary_encode()
        order = pc.array_sort_indices(encoded.dictionary).to_numpy()
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = np.arange(order.size)
        ranks.append(rank[encoded.indices.to_numpy()] if len(encoded) else np.empty(0, dtype=np.int64))
        names.append([encoded.dictionary[int(i)].as_py() for i in order])
    sizes = [max(len(n), 1) for n in names]
    key = (ranks[0] * sizes[1] + ranks[1]) * sizes[2] + ranks[2]
    found, code = np.unique(key, return_inverse=True)
    keys = [
        (names[0][k // sizes[2] // sizes[1]], names[1][k // sizes[2] % sizes[1]], names[2][k % sizes[2]])
        for k in found.tolist()
    ]
    return keys, code.astype(np.int64)


def _days(column: pa.ChunkedArray) -> Array:
    """Days since 1970, NaN where null (no row of those is used)."""
    us = column.cast(pa.int64()).to_numpy()
    days: Array = us.astype(np.float64) / _DAY_US
    return days


def _usable_counts(table: pa.Table, code: NDArray[np.int64], keys: list[tuple[str, str, str]]) -> _Images:
    """What `series.usable` keeps of every series' reviewed counts, by series and time."""
    is_count = pc.equal(table["kind"], "count").to_numpy()
    provisional = pc.fill_null(table["provisional"], False).to_numpy()
    start, end = _days(table["start"]), _days(table["end"])
    with np.errstate(invalid="ignore"):
        row = np.flatnonzero(is_count & ~provisional & (end - start <= LONGEST_WHEN_D))
    middle = 0.5 * (start[row] + end[row])
    order = np.lexsort((row, middle, code[row]))
    images = _Images(series=code[row][order], time_d=middle[order], row=row[order])
    _require_possible(table, images, keys)
    return _one_reading(table, images, code, keys)


def _require_possible(table: pa.Table, images: _Images, keys: list[tuple[str, str, str]]) -> None:
    taken = table.select(["count", "visible_fraction", "detection_probability", "false_alarms"]).take(images.row)
    count, visible, false = (
        pc.fill_null(taken[name].cast(pa.float64()), other).to_numpy()
        for name, other in (("count", -1.0), ("visible_fraction", 1.0), ("false_alarms", 0.0))
    )
    recall = pc.fill_null(taken["detection_probability"], 1.0).to_numpy()
    for good, what in (
        ((count >= 0) & (count <= MOST_COUNT), f"a count must be there, from 0 to {MOST_COUNT:g}"),
        ((visible > 0) & (visible <= 1), "visible_fraction must be in (0, 1]"),
        ((recall > 0) & (recall <= 1), "detection_probability must be in (0, 1]"),
        ((false >= 0) & np.isfinite(false), "false_alarms must be finite and not negative"),
    ):
        if not good.all():
            at = int(np.flatnonzero(~good)[0])
            raise InputError(
                "E-INPUT-SCREEN",
                what,
                where=f"row {images.row[at]} (series {'/'.join(keys[images.series[at]])})",
                remedy="correct that observation; nothing was screened",
            )


def _one_reading(
    table: pa.Table, images: _Images, code: NDArray[np.int64], keys: list[tuple[str, str, str]]
) -> _Images:
    """One reading an image and one image an hour: series where there is a choice go through `usable` one by one."""
    scene = table["scene"].combine_chunks().dictionary_encode()
    blank = pc.index_in("", scene.dictionary).as_py() if len(scene) else None
    number = scene.indices.to_numpy()[images.row] if len(scene) else np.empty(0, dtype=np.int64)
    close = (np.diff(images.series) == 0) & (np.diff(images.time_d) < SAME_LOOK_D)
    order = np.lexsort((number, images.series))
    twice = (np.diff(images.series[order]) == 0) & (np.diff(number[order]) == 0)
    if blank is not None:
        twice &= number[order][1:] != blank
    choose = np.unique(np.concatenate([images.series[1:][close], images.series[order][1:][twice]]))
    if not choose.size:
        return images
    plain = images.only(~np.isin(images.series, choose))
    parts = [plain]
    by_code = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[by_code], np.stack([choose, choose + 1]))
    for series, first, last in zip(choose.tolist(), *edges.tolist(), strict=True):
        rows = np.sort(by_code[first:last])
        site, zone, cls = keys[series]
        observations = observations_from_table(table.take(rows))
        of_row = {id(o): row for o, row in zip(observations, rows.tolist(), strict=True)}
        record = usable(Series(site=site, zone=zone, cls=cls), observations)
        parts.append(
            _Images(
                series=np.full(len(record.kept), series),
                time_d=np.asarray(record.time_d),
                row=np.array([of_row[id(o)] for o in record.kept], dtype=np.int64),
            )
        )
    merged = [np.concatenate([getattr(part, name) for part in parts]) for name in ("series", "time_d", "row")]
    order = np.argsort(merged[0], kind="stable")
    return _Images(series=merged[0][order], time_d=merged[1][order], row=merged[2][order])


def _of_the_event(
    images: _Images, table: pa.Table, start_d: float, end_d: float, first_d: float, last_d: float
) -> _Images:
    """History and the window before, none during the event, the window after; of history the newest images."""
    first, last = (_days(table[name])[images.row] for name in ("start", "end"))
    inside = (images.time_d >= start_d - HISTORY_D) & (images.time_d <= last_d)
    images = images.only(inside & ((last < start_d) | (first > end_d)))
    old = images.time_d < first_d
    n_old = np.bincount(images.series[old], minlength=int(images.series.max(initial=0)) + 1)
    begin = np.searchsorted(images.series, images.series)
    place = np.arange(images.series.size) - begin
    return images.only(~old | (place >= n_old[images.series] - MOST_HISTORY))


def _columns(table: pa.Table, images: _Images) -> dict[str, Array]:
    taken = table.select(["count", "visible_fraction", "detection_probability", "false_alarms"]).take(images.row)
    visible = pc.fill_null(taken["visible_fraction"], 1.0).to_numpy()
    recall = pc.fill_null(taken["detection_probability"], 1.0).to_numpy()
    return {
        "count": taken["count"].to_numpy().astype(np.float64),
        "exposure": visible * recall,
        "false_alarms": visible * pc.fill_null(taken["false_alarms"], 0.0).to_numpy(),
    }


def _shared_errors(table: pa.Table, images: _Images, prior: Prior) -> tuple[NDArray[np.int64], Array]:
    """A number for each sensor and reader within its series, and the sd of the log recall its images share.

    Declared: sd over recall. Not declared: the prior's, for each of sensor and reader of which the series has several.
    """
    taken = table.select(["sensor", "observer", "detection_probability", "detection_probability_sd"]).take(images.row)
    n_series = int(images.series.max(initial=-1)) + 1
    codes, several = [], np.zeros(images.series.size)
    for name in ("sensor", "observer"):
        encoded = pc.fill_null(taken[name], "unknown").combine_chunks().dictionary_encode()
        number = encoded.indices.to_numpy().astype(np.int64) if len(encoded) else np.empty(0, dtype=np.int64)
        pairs = np.unique(np.stack([images.series, number]), axis=1)
        several += (np.bincount(pairs[0], minlength=n_series) > 1)[images.series]
        codes.append(number)
    both = codes[0] * (int(codes[1].max(initial=0)) + 1) + codes[1]
    order = np.lexsort((both, images.series))
    new = np.ones(order.size, dtype=bool)
    new[1:] = (np.diff(images.series[order]) != 0) | (np.diff(both[order]) != 0)
    running = np.cumsum(new) - 1
    first_of_series = running[np.searchsorted(images.series[order], images.series[order])] if order.size else running
    group = np.empty(order.size, dtype=np.int64)
    group[order] = running - first_of_series
    recall = pc.fill_null(taken["detection_probability"], 0.0).to_numpy()
    recall_sd = pc.fill_null(taken["detection_probability_sd"], 0.0).to_numpy()
    declared = recall > 0
    logsd = np.where(declared, recall_sd / np.where(declared, recall, 1.0), 0.0)
    logsd = np.where(declared, logsd, prior.undeclared_recall_logsd * np.sqrt(several))
    return group, logsd


def _why_not(
    table: pa.Table, code: NDArray[np.int64], n_before: NDArray[np.int64], n_after: NDArray[np.int64]
) -> list[str | None]:
    has_count = np.bincount(code, weights=pc.equal(table["kind"], "count").to_numpy(), minlength=n_before.size) > 0
    has_index = np.bincount(code, weights=pc.equal(table["kind"], "index").to_numpy(), minlength=n_before.size) > 0
    why: list[str | None] = []
    for before, after, counts, indices in zip(n_before, n_after, has_count, has_index, strict=True):
        if before and after:
            why.append(None)
        elif indices and not counts:
            why.append("an index, not a count: not screened")
        elif not before and not after:
            why.append("no usable count in either window")
        else:
            why.append(f"no usable count in the window {'before' if not before else 'after'}")
    return why


def _scattered(values: Array, at: NDArray[np.int64], n: int, *, but: NDArray[np.bool_] | None = None) -> pa.Array:
    """Values at their places, null elsewhere and where `but`."""
    whole, empty = np.zeros(n), np.ones(n, dtype=bool)
    whole[at], empty[at] = values, False
    return pa.array(whole, mask=empty if but is None else empty | but)
