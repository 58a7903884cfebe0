"""Which observations of a series may enter a likelihood, and what is said of those that may not.

Pure sorting: what was not observed, is provisional, or is not dated well enough stays out, with a note.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from overlook.terms import Count, Index, Interval, NotObserved, Observation, Reason, Series

#: An image whose time is known only to a longer span than this does not date a level.
LONGEST_WHEN_D = 1.5
#: Images closer than this (one hour) are one look: what stands there stands in both.
SAME_LOOK_D = 1.0 / 24.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """One series' counts (or indices) in order of time, `time_d` in days since 1970 UTC, and why others are out.

    `unseen`: when nothing was observed, in days too, and why. `days_in`: the time zone of the site's days of the week.
    """

    kept: tuple[Count | Index, ...]
    time_d: tuple[float, ...]
    notes: tuple[str, ...]
    unseen: tuple[tuple[float, Reason], ...] = ()
    days_in: tzinfo = UTC

    @property
    def is_index(self) -> bool:
        return bool(self.kept) and isinstance(self.kept[0], Index)


def by_series(observations: Iterable[Observation]) -> dict[Series, tuple[Observation, ...]]:
    """Observations of each series, series in the order they first appear."""
    found: dict[Series, list[Observation]] = {}
    for observation in observations:
        found.setdefault(observation.series, []).append(observation)
    return {series: tuple(members) for series, members in found.items()}


def to_days(moment: datetime) -> float:
    """Days since 1970-01-01 UTC."""
    return (moment - _EPOCH).total_seconds() / _DAY_S


def usable(
    series: Series, observations: Iterable[Observation], *, within: Interval | None = None, days_in: tzinfo = UTC
) -> Usable:
    """The counts, or else the indices, of `series` that a model may use (middle of `when` inside `within`).

    One image is counted once: of two readers' counts of it, the one whose reader counted most images is taken. Of
    images within an hour of each other, one is taken.
    """
    mine = [o for o in observations if o.series == series]
    counts = [o for o in mine if isinstance(o, Count)]
    reviewed = [o for o in counts if not o.provisional]
    indices = [o for o in mine if isinstance(o, Index)]
    notes: list[str] = []
    if len(reviewed) < len(counts):
        notes.append(
            f"{_some(len(counts) - len(reviewed), 'count')} from a model not yet reviewed here left out: "
            "provisional counts carry no judgement"
        )
    if reviewed and indices:
        notes.append(f"{_some(len(indices), 'index value')} left out: the series has counts too")
    chosen: Sequence[Count | Index] = reviewed or indices
    dated = [(to_days(o.when.middle), o) for o in chosen if o.when.length.total_seconds() <= LONGEST_WHEN_D * _DAY_S]
    vague = [o for o in chosen if o.when.length.total_seconds() > LONGEST_WHEN_D * _DAY_S]
    if vague:
        first = vague[0].when
        notes.append(
            f"{_some(len(vague), 'image')} left out: time known only to a span of days "
            f"(such as {first.start:%Y-%m-%d} to {first.end:%Y-%m-%d})"
        )
    if within is not None:
        low, high = to_days(within.start), to_days(within.end)
        dated = [(t, o) for t, o in dated if low <= t <= high]
    dated, doubles = _one_an_image(sorted(dated, key=lambda pair: (pair[0], pair[1].scene, pair[1].observer)))
    dated, close = _one_a_look(dated)
    if close:
        notes.append(
            f"{_some(close, 'image')} within an hour of another left out: images that close show the same things once"
        )
    if doubles:
        notes.append(
            f"{_some(doubles, 'second reading')} of an image already counted left out: an image is evidence once"
        )
    return Usable(
        kept=tuple(o for _, o in dated),
        time_d=tuple(t for t, _ in dated),
        notes=tuple(notes),
        unseen=_unseen(mine, within),
        days_in=days_in,
    )


def without(record: Usable, during: Interval) -> Usable:
    """The record without the images that are, or may be, of that time."""
    kept = [
        (t, o)
        for t, o in zip(record.time_d, record.kept, strict=True)
        if o.when.end < during.start or o.when.start > during.end
    ]
    return replace(record, kept=tuple(o for _, o in kept), time_d=tuple(t for t, _ in kept))


def _unseen(mine: Iterable[Observation], within: Interval | None) -> tuple[tuple[float, Reason], ...]:
    missed = [o for o in mine if isinstance(o, NotObserved) and o.when is not None]
    dated = [(to_days(o.when.middle), o.reason) for o in missed if o.when is not None]
    if within is not None:
        low, high = to_days(within.start), to_days(within.end)
        dated = [(t, reason) for t, reason in dated if low <= t <= high]
    return tuple(sorted(dated))


def _one_an_image(
    dated: list[tuple[float, Count | Index]],
) -> tuple[list[tuple[float, Count | Index]], int]:
    """Keep one reading of each scene (or, without scenes, of each time and sensor)."""
    readings = Counter(o.observer for _, o in dated)
    best: dict[tuple[object, ...], tuple[float, Count | Index]] = {}
    for t, o in dated:
        key: tuple[object, ...] = (o.scene,) if o.scene else (t, o.sensor)
        rival = best.get(key)
        if rival is None or _rank(o, readings) < _rank(rival[1], readings):
            best[key] = (t, o)
    return sorted(best.values(), key=lambda pair: pair[0]), len(dated) - len(best)


def _one_a_look(dated: list[tuple[float, Count | Index]]) -> tuple[list[tuple[float, Count | Index]], int]:
    """Of images less than an hour apart, the one that saw most of the zone: the others are not independent of it."""
    kept: list[tuple[float, Count | Index]] = []
    first = -math.inf
    for t, o in dated:
        if t - first >= SAME_LOOK_D:
            first = t
            kept.append((t, o))
        elif o.visible_fraction > kept[-1][1].visible_fraction:
            kept[-1] = (t, o)
    return kept, len(dated) - len(kept)


def _rank(o: Count | Index, readings: Counter[str]) -> tuple[bool, int, str]:
    return (getattr(o, "detection_probability", None) is None, -readings[o.observer], o.observer)


def _some(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
