"""From dated counts to arrays: nodes in time, effects, exposures.

Decides which effects the images can carry, and says so. Never fits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from overlook.activity.laplace import COUNTS, COUNTS_AND_FALSE_ALARMS, LOG_INDEX
from overlook.activity.prior import Prior
from overlook.activity.scale import log_values, scale_notes
from overlook.activity.sensors import MIX_MOVED, labels_of, mix_moved, sensor_notes, shared_errors
from overlook.activity.series import Usable
from overlook.activity.sides import hours_between, hours_moved, hours_of, local_days, mean_hour, visible_moved
from overlook.terms import Count, Index

Array = NDArray[np.float64]

#: Observations closer than this share a node (15 minutes).
_SAME_TIME_D = 0.01
_YEAR_D = 365.2425
#: By how much the weekend's prior is opened when the sides share no kind of day.
_CONFOUNDED = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What `laplace.fit_grid` takes, with the names of the effects (columns of `design`) and notes on them."""

    family: int
    y: Array
    offset: Array
    false_alarms: Array
    extra_var: Array
    node: NDArray[np.int64]
    design: Array
    gap_d: Array
    node_d: Array
    level_design: Array
    days: Array
    effect_sd: Array
    names: tuple[str, ...]
    start_level: float
    terms: tuple[str, ...] = ()
    widened_for: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Columns:
    """Effects as they are added: values at the observations, at the nodes (zero for what is no part of the level)."""

    names: list[str] = field(default_factory=list)
    at_images: list[Array] = field(default_factory=list)
    at_nodes: list[Array] = field(default_factory=list)
    sd: list[float] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    widened: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, at_images: Array, at_nodes: Array, sd: float) -> None:
        self.names.append(name)
        self.at_images.append(at_images)
        self.at_nodes.append(at_nodes)
        self.sd.append(sd)


def build(
    record: Usable,
    prior: Prior,
    *,
    numerator: tuple[float, float],
    denominator: tuple[float, float] | None = None,
    after_d: float | None = None,
) -> Design:
    """Arrays for one series.

    `numerator` and `denominator` are windows (start, end) in days since 1970: the level's mean is taken over all their
    days, seen or not. `after_d`: the step's time; None fits no step.
    """
    times = np.asarray(record.time_d, dtype=np.float64)
    windows = [numerator] if denominator is None else [numerator, denominator]
    centres = [_day_centres(start, end) for start, end in windows]
    node_d, node, day_nodes = _nodes(times, centres)
    days = np.zeros((node_d.size, 2))
    for side, members in enumerate(day_nodes):
        np.add.at(days[:, side], members, 1.0)
    y, offset, false_alarms, extra_var, family = _likelihood(record)
    rate = _pooled_rate(family, y, offset, false_alarms)
    start_level = math.log(rate) if family != LOG_INDEX else float(np.median(y))
    columns = _Columns()
    # The unit of an index is arbitrary, so its level is known no better than to where its values lie.
    level_sd = math.hypot(prior.level_sd, start_level) if family == LOG_INDEX else prior.level_sd
    columns.add("level", np.ones(times.size), np.ones(node_d.size), level_sd)
    if after_d is not None:
        columns.add("step", (times > after_d).astype(float), (node_d > after_d).astype(float), prior.step_sd)
    _weekend(columns, record, node_d, after_d, prior)
    _annual(columns, times, node_d, after_d, windows, prior)
    _unlike_sides(columns, record, node_d, after_d, prior)
    _shared(columns, record, offset, rate, start_level, prior)
    columns.notes += [*sensor_notes(record, prior, after_d), *scale_notes(record.kept)]
    if after_d is not None and mix_moved(labels_of(record), times > after_d) > MIX_MOVED:
        columns.widened.append("sensor change")
    return Design(
        family=family,
        y=y,
        offset=offset,
        false_alarms=false_alarms,
        extra_var=extra_var,
        node=node,
        design=np.column_stack(columns.at_images),
        gap_d=np.diff(node_d),
        node_d=node_d,
        level_design=np.column_stack(columns.at_nodes),
        days=days,
        effect_sd=np.asarray(columns.sd),
        names=tuple(columns.names),
        start_level=start_level,
        terms=("drift", "dispersion", *columns.terms),
        widened_for=tuple(columns.widened),
        notes=tuple(columns.notes),
    )


def weekday(time_d: Array) -> NDArray[np.int64]:
    """0 Monday … 6 Sunday, of days since 1970-01-01."""
    return (np.floor(time_d).astype(np.int64) + 3) % 7


def _day_centres(start: float, end: float) -> Array:
    """Centres of the days of a window; a window shorter than a day is one. Coarser than days beyond 1200 of them."""
    length = max(end - start, 1e-6)
    n = max(1, min(round(length), 1200))
    return start + (np.arange(n) + 0.5) * length / n


def _nodes(times: Array, centres: Sequence[Array]) -> tuple[Array, NDArray[np.int64], list[NDArray[np.int64]]]:
    """Node times; each image's node; each window day's node: that of the image nearest to the middle of that day."""
    lonely = []
    for days in centres:
        half = 0.5 * (days[1] - days[0]) if days.size > 1 else 0.5
        at = np.clip(np.searchsorted(times, days), 1, max(times.size - 1, 1))
        near = np.minimum(np.abs(days - times[at - 1]), np.abs(days - times[np.minimum(at, times.size - 1)]))
        lonely.append(days[near >= half])
    every = np.sort(np.concatenate([times, *lonely]))
    node_d = every[np.concatenate([[True], np.diff(every) > _SAME_TIME_D])]
    return node_d, _nearest(node_d, times), [_nearest(node_d, days) for days in centres]


def _nearest(node_d: Array, times: Array) -> NDArray[np.int64]:
    if node_d.size == 1:
        return np.zeros(times.size, dtype=np.int64)
    right = np.clip(np.searchsorted(node_d, times), 1, node_d.size - 1)
    left = right - 1
    return np.where(times - node_d[left] <= node_d[right] - times, left, right).astype(np.int64)


def _weekend(columns: _Columns, record: Usable, node_d: Array, after_d: float | None, prior: Prior) -> None:
    """Saturday and Sunday, by the site's clock where it is known, against working days; where the images saw both."""
    times = np.asarray(record.time_d, dtype=np.float64)
    day, node_day = weekday(local_days(times, record.days_in)), weekday(local_days(node_d, record.days_in))
    ends = day >= 5
    if ends.all() or not ends.any():
        which = "weekends" if ends.all() else "working days"
        clock = "UTC" if record.days_in is UTC else "by the site's clock"
        columns.notes.append(f"all images are of {which} ({clock}): nothing is known of the other days")
        return
    sides = [np.ones(times.size, dtype=bool)] if after_d is None else [times <= after_d, times > after_d]
    sd = prior.weekend_sd
    if any(min((ends & side).sum(), (~ends & side).sum()) < 2 for side in sides):
        columns.widened.append("weekend")
        columns.notes.append(
            "fewer than two weekend and two working-day images on a side: how weekends differ is assumed, not seen"
        )
    if len(sides) == 2 and not any((kind & sides[0]).any() and (kind & sides[1]).any() for kind in (ends, ~ends)):
        # Then the step and the weekend are one and the same column: the prior would share the difference between them.
        sd *= _CONFOUNDED
        columns.notes.append("one side saw weekends only, the other working days only: the two cannot be told apart")
    columns.terms.append("weekend")
    if min((day == 5).sum(), (day == 6).sum()) >= 3 and sd == prior.weekend_sd:
        for number, name in ((5, "Saturday"), (6, "Sunday")):
            columns.add(name, (day == number).astype(float), (node_day == number).astype(float), sd)
    else:
        columns.add("weekend", ends.astype(float), (node_day >= 5).astype(float), sd)


def _annual(
    columns: _Columns,
    times: Array,
    node_d: Array,
    after_d: float | None,
    windows: Sequence[tuple[float, float]],
    prior: Prior,
) -> None:
    """A yearly wave when a year was seen; under its prior alone when an event may hide in the yearly turn."""
    span = float(times[-1] - times[0])
    if span <= _YEAR_D:
        turn = after_d is not None and _holds_new_year(min(w[0] for w in windows), max(w[1] for w in windows))
        if not turn:
            if after_d is not None:
                columns.notes.append("images span less than a year: a season cannot be told from drift or step")
            return
        columns.widened.append("season not separable")
        columns.notes.append(
            "images span less than a year and the windows hold the yearly turn: the season cannot be told from a step; "
            "a yearly wave is included under its prior, which widens the interval"
        )
    columns.terms.append("annual")
    for name, wave in (("annual cosine", np.cos), ("annual sine", np.sin)):
        at = [wave(2 * math.pi * t / _YEAR_D) for t in (times, node_d)]
        columns.add(name, at[0], at[1], prior.annual_sd)


def _holds_new_year(start: float, end: float) -> bool:
    """Whether 20 December to 6 January of some year overlaps [start, end]."""
    since = (start + 12.0) % _YEAR_D  # 1970-01-01 is day 0, so 20 December is 12 days before
    return since < 18.0 or since + (end - start) >= _YEAR_D


def _unlike_sides(columns: _Columns, record: Usable, node_d: Array, after_d: float | None, prior: Prior) -> None:
    """What differs between the sides of an event and can read as a change: the hour, how much clouds left visible.

    Each is an effect of the image, none of the level: the images teach it where they overlap, its prior widens the
    interval where they do not.
    """
    if after_d is None:
        return
    after, none = np.asarray(record.time_d) > after_d, np.zeros_like(node_d)
    if hours_moved(record, after):
        hours = hours_of(record)
        middle = mean_hour(hours)
        apart = np.zeros_like(hours) if middle is None else np.nan_to_num(hours_between(middle, hours))
        columns.add("hour of day", apart / 3.0, none, prior.hour_sd)
        columns.terms.append("hour of day")
        columns.widened.append("hour of day")
    if visible_moved(record, after):
        visible = np.array([o.visible_fraction for o in record.kept])
        columns.add("visible share", visible - visible.mean(), none, prior.visible_sd)
        columns.terms.append("visible share")
        columns.widened.append("visible share")


def _likelihood(record: Usable) -> tuple[Array, Array, Array, Array, int]:
    n = len(record.kept)
    if record.is_index:
        y, own = log_values([o for o in record.kept if isinstance(o, Index)])
        return y, np.zeros(n), np.zeros(n), own, LOG_INDEX
    counts = [o for o in record.kept if isinstance(o, Count)]
    y = np.array([o.count for o in counts], dtype=np.float64)
    offset = np.array([math.log(o.visible_fraction * (o.detection_probability or 1.0)) for o in counts])
    false = np.array([o.visible_fraction * o.false_alarms for o in counts])
    return y, offset, false, np.zeros(n), COUNTS_AND_FALSE_ALARMS if false.any() else COUNTS


def _pooled_rate(family: int, y: Array, offset: Array, false_alarms: Array) -> float:
    if family == LOG_INDEX:
        return 1.0
    return max(float((y - false_alarms).sum()), 0.5) / float(np.exp(offset).sum())


def _shared(columns: _Columns, record: Usable, offset: Array, rate: float, start_level: float, prior: Prior) -> None:
    """Errors that the images of a sensor or reader share: effects on what was found, none on the level."""
    nodes = columns.at_nodes[0]
    for error in shared_errors(record, np.exp(offset), rate, start_level, prior):
        columns.add(error.name, error.at_images, np.zeros_like(nodes), error.sd)
        columns.widened.append(error.widens)
        if error.widens != "false alarms" and "sensor" not in columns.terms:
            columns.terms.append("sensor")
    columns.widened[:] = list(dict.fromkeys(columns.widened))
