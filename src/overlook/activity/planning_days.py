"""Days of an event's windows: which were seen, which were not and why, and of which an image can still be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from overlook.activity.event import Windows
from overlook.activity.planning_sky import day_of
from overlook.activity.series import Usable, to_days
from overlook.terms import Gaps, Interval, NotObserved, Observation, Series
from overlook.terms.planning import ImageSource

#: Days of which the next of a spread is chosen.
_CANDIDATES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """A day (since 1970, UTC) of a window that has no usable image yet."""

    day: int
    is_after: bool
    source: ImageSource


def open_days(
    spans: Windows, record: Usable, unseen: Sequence[NotObserved], hidden: Sequence[Interval], now_d: float
) -> tuple[OpenDay, ...]:
    """Whole days (since 1970, UTC) inside a window without a usable image, and on which nothing hides the zone.

    A day that has begun is past: the archive has an image of it or none. Past days whose image is known to show clouds
    are left out.
    """
    seen = {day_of(t) for t in record.time_d} | _hidden(hidden)
    cloudy = _days(unseen, "cloud")
    found = []
    for window, is_after in ((spans.before, False), (spans.after, True)):
        for day in _whole_days(window):
            is_new = day >= now_d
            if day in seen or (not is_new and day in cloudy):
                continue
            found.append(OpenDay(day=day, is_after=is_after, source="new" if is_new else "archive"))
    return tuple(found)


def gaps_of(
    window: Interval, record: Usable, unseen: Sequence[NotObserved], hidden: Sequence[Interval], now_d: float
) -> Gaps:
    """Each day of a window counts once: as usable when an image of it is, else by the first reason below."""
    days = set(_whole_days(window))
    usable = {day_of(t) for t in record.time_d} & days
    left = days - usable
    cloudy = _days(unseen, "cloud") & left
    left = left - cloudy
    coarse = _days(unseen, "too coarse") & left
    left = left - coarse
    otherwise = ({day_of(to_days(o.when.middle)) for o in unseen if o.when} | _hidden(hidden)) & left
    left = left - otherwise
    return Gaps(
        during=window,
        usable=len(usable),
        cloudy=len(cloudy),
        too_coarse=len(coarse),
        otherwise_unusable=len(otherwise),
        without_image=len(left),
        to_come=sum(day >= now_d for day in left),
    )


def unseen_of(series: Series, observations: Sequence[Observation]) -> list[NotObserved]:
    return [o for o in observations if isinstance(o, NotObserved) and o.series == series and o.when is not None]


def within(hidden: Sequence[Interval], span: Interval) -> tuple[Interval, ...]:
    """The parts of `hidden` inside `span`: a cover with an open end lasts for thousands of years."""
    return tuple(Interval(start=max(h.start, span.start), end=min(h.end, span.end)) for h in hidden if h.overlaps(span))


def _hidden(hidden: Sequence[Interval]) -> set[int]:
    """Days that a cover touches."""
    return {day for h in hidden for day in range(day_of(to_days(h.start)), day_of(to_days(h.end)) + 1)}


def _days(unseen: Sequence[NotObserved], reason: str) -> set[int]:
    return {day_of(to_days(o.when.middle)) for o in unseen if o.when and o.reason == reason}


def _whole_days(window: Interval) -> range:
    """Days (since 1970) that lie in the window from end to end; a bound a microsecond before midnight is midnight."""
    start, end = to_days(window.start), to_days(window.end)
    return range(int(np.ceil(start - 1e-6)), int(np.floor(end + 1e-6)))


def spread(days: Sequence[OpenDay], rng: np.random.Generator) -> list[OpenDay]:
    """All of them in an order of which every beginning is spread over the whole: more images hold the fewer.

    The next is, of ten random days, the one farthest from those before it (best candidate: Mitchell 1991, Computer
    Graphics 25), the last day being next to the first, so that no day is likelier than another.
    """
    left, order = np.arange(len(days)), []
    apart = np.full(len(days), np.inf)
    while left.size:
        some = rng.choice(left, min(_CANDIDATES, left.size), replace=False)
        at = int(some[np.argmax(apart[some])])
        order.append(at)
        away = np.abs(np.arange(len(days)) - at)
        apart = np.minimum(apart, np.minimum(away, len(days) - away))
        left = left[left != at]
    return [days[at] for at in order]
