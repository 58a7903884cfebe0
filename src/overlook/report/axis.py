"""Axes of the drawn figures: times and counts to places on the paper. Lengths in units of the figure's view box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: Width of every drawn figure, and the room for labels left and right of the plot.
WIDTH, LEFT, RIGHT = 760.0, 92.0, 14.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """`start` and `end` lie at `LEFT` and `WIDTH - RIGHT`."""

    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        """Where the moment is, kept within the plot."""
        share = (moment - self.start) / (self.end - self.start)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), 1.0), 1)

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end


def time_axis(moments: list[datetime]) -> TimeAxis | None:
    """An axis over all moments with a little room at both ends; None without any."""
    if not moments:
        return None
    first, last = min(moments), max(moments)
    room = max((last - first) * 0.02, timedelta(hours=1))
    return TimeAxis(_shifted(first, -room), _shifted(last, room))


def time_ticks(axis: TimeAxis) -> tuple[Tick, ...]:
    """Six to twelve ticks or so, at round times: hours, days, months or years."""
    span = axis.end - axis.start
    if span < timedelta(days=2):
        return _steps(axis, timedelta(hours=6 if span > timedelta(hours=12) else 1), "%H:%M")
    if span < timedelta(days=50):
        return _steps(axis, timedelta(days=1 if span < timedelta(days=10) else 7), "day")
    months = span.days / 30.4
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120, 600) if months / s <= 13), 1200)
    return _months(axis, step)


@dataclass(frozen=True, slots=True)
class RatioAxis:
    """A logarithmic axis: ratio `low` lies at `left`, `high` at `right`."""

    low: float
    high: float
    left: float
    right: float

    def x(self, ratio: float) -> float:
        """Where the ratio is, kept within the plot."""
        share = math.log(ratio / self.low) / math.log(self.high / self.low) if ratio > 0 else 0.0
        return round(self.left + (self.right - self.left) * min(max(share, 0.0), 1.0), 1)


#: Rounder ones first; the last for an axis that hardly leaves one.
_ROUND = (1, 2, 5, 3, 7, 1.5, 8, 1.2, 9, 1.1, 9.5, 1.05, 9.8, 1.02, 9.9, 1.01)


def ratio_ticks(axis: RatioAxis, *, apart: float = 40.0) -> tuple[Tick, ...]:
    """Round ratios on the axis, ×1 first of all, then the rounder ones; none closer than `apart` to another."""
    powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    wanted = [1.0, *(m * 10.0**p for m in _ROUND for p in sorted(powers, key=abs))]
    ticks: list[Tick] = []
    for value in wanted:
        if axis.low * (1 - 1e-9) <= value <= axis.high * (1 + 1e-9):
            x = axis.x(value)
            if all(abs(x - t.at) >= apart for t in ticks):
                ticks.append(Tick(x, f"×{value:.4g}" if value < 1e4 else f"×{value:.0e}"))
    return tuple(sorted(ticks, key=lambda t: t.at))


def value_ticks(top: float) -> tuple[float, tuple[float, ...]]:
    """The end of a count axis at or above `top`, and its round ticks from zero (1, 2 or 5 times a power of ten)."""
    top = max(top, 1.0)
    rough = top / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(next(m * power for m in (1, 2, 5, 10) if m * power >= rough - 1e-12), 1.0)
    n = math.ceil(top / step - 1e-9)
    return n * step, tuple(i * step for i in range(n + 1))


def round_marks(low: float, high: float) -> tuple[float, ...]:
    """Round marks from at or below `low` to at or above `high`, for a value that need not start at zero."""
    if high <= low:
        low, high = low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(i * step for i in range(first, last + 1))


def _shifted(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def _steps(axis: TimeAxis, step: timedelta, style: str) -> tuple[Tick, ...]:
    at = datetime(axis.start.year, axis.start.month, axis.start.day, tzinfo=UTC)
    ticks: list[Tick] = []
    while at <= axis.end and len(ticks) < 60:
        if axis.holds(at):
            text = f"{at.day} {_MONTHS[at.month - 1]}" if style == "day" else f"{at:{style}}"
            ticks.append(Tick(axis.x(at), text))
        at += step
    return tuple(ticks)


def _months(axis: TimeAxis, step: int) -> tuple[Tick, ...]:
    first = (axis.start.year * 12 + axis.start.month - 1) // step * step
    last = axis.end.year * 12 + axis.end.month - 1
    ticks: list[Tick] = []
    for month in range(first, last + 1, step):
        year, of_year = divmod(month, 12)
        if not 1 <= year <= 9999:
            continue
        at = datetime(year, of_year + 1, 1, tzinfo=UTC)
        if axis.holds(at):
            named = f"{_MONTHS[of_year]} {year}" if not ticks or of_year == 0 else _MONTHS[of_year]
            ticks.append(Tick(axis.x(at), str(year) if step >= 12 else named))
    return tuple(ticks)
