"""In what the images before and after an event differ, other than in what they show: their hours, what clouds left."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from overlook.activity.series import Usable

Array = NDArray[np.float64]

#: A mean hour of the day that differs by more than this, and a visible share, are told and widen the interval.
HOURS_MOVED_H = 1.5
VISIBLE_MOVED = 0.15
#: A difference that chance alone would make more often than this is not told.
NOTED_P = 0.02
#: An image dated to a longer span than this says nothing of the hour.
_LONGEST_WHEN_S = 7200.0


def local_days(time_d: Array, days_in: tzinfo) -> Array:
    """Days since 1970-01-01 by the clock of a place; (n,) as `time_d`, which is in UTC."""
    if days_in is UTC:
        return time_d
    offsets = [datetime.fromtimestamp(t * 86400.0, UTC).astimezone(days_in).utcoffset() for t in time_d.tolist()]
    local: Array = time_d + np.array([0.0 if o is None else o.total_seconds() / 86400.0 for o in offsets])
    return local


def hours_of(record: Usable, days_in: tzinfo = UTC) -> Array:
    """Hour of the day of each image, NaN where none is known; (n,)."""
    hours = (local_days(np.asarray(record.time_d, dtype=np.float64), days_in) % 1.0) * 24.0
    known = np.array([o.when.length.total_seconds() <= _LONGEST_WHEN_S for o in record.kept], dtype=bool)
    return np.where(known, hours, np.nan)


def mean_hour(hours: Array) -> float | None:
    """The circular mean (Mardia & Jupp 2000, 2.2.1); None without a known hour, or where they cancel out."""
    angle = hours[~np.isnan(hours)] * (2 * math.pi / 24.0)
    if not angle.size:
        return None
    east, north = float(np.cos(angle).mean()), float(np.sin(angle).mean())
    if math.hypot(east, north) < 1e-6:
        return None
    hour = (math.atan2(north, east) * 24.0 / (2 * math.pi)) % 24.0
    return hour if hour < 24.0 else 0.0


def hours_between(first: float | Array, second: float | Array) -> Array:
    """From the first to the second hour by the shorter way round the clock: -12 to 12."""
    between: Array = (np.asarray(second) - np.asarray(first) + 12.0) % 24.0 - 12.0
    return between


def hours_moved(record: Usable, after: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Mean hours (UTC) before and after where they lie more than an hour and a half apart; else None."""
    hours = hours_of(record)
    means = mean_hour(hours[~after]), mean_hour(hours[after])
    if means[0] is None or means[1] is None or abs(float(hours_between(means[0], means[1]))) <= HOURS_MOVED_H:
        return None
    return means[0], means[1]


def visible_moved(record: Usable, after: NDArray[np.bool_]) -> tuple[float, float, float] | None:
    """Mean visible share before and after, and the p-value of a rank test, where they differ; else None."""
    visible = np.array([o.visible_fraction for o in record.kept])
    if after.all() or not after.any():
        return None
    means = float(visible[~after].mean()), float(visible[after].mean())
    p = correlation_p(ranks(visible), after.astype(float))[1]
    return (*means, p) if abs(means[1] - means[0]) > VISIBLE_MOVED and p < NOTED_P else None


def ranks(values: Array) -> Array:
    """Ranks from 1, those of equal values averaged."""
    _, at, n = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(n)
    middle: Array = (last - 0.5 * (n - 1))[at]
    return middle


def correlation_p(x: Array, y: Array) -> tuple[float, float]:
    """Pearson's correlation and its two-sided p-value by Student's t; of ranks it is Spearman's. (0, 1) where none."""
    from scipy.special import betainc

    n, dx, dy = x.size, x - x.mean(), y - y.mean()
    size = math.sqrt(float((dx**2).sum() * (dy**2).sum()))
    if n < 4 or size <= 1e-12:
        return 0.0, 1.0
    r = max(-1.0, min(1.0, float((dx * dy).sum()) / size))
    return r, float(betainc(0.5 * (n - 2), 0.5, 1.0 - r * r))
