"""Power against the number of usable images, and of ways to collect them under the sky that was declared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.activity.planning_days import OpenDay, spread
from overlook.activity.planning_simulate import Ask, Imaging, Situation, powers
from overlook.activity.planning_sky import draw_sky, marginal, persistence, usable_chance
from overlook.terms import Clouds, CollectionOption, CurvePoint

#: Intervals in days where no revisit was declared; and as multiples of the revisit where it was.
_INTERVALS_D = (1.0, 3.0, 7.0)
_MULTIPLES = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """The sky over all days that an image can still be had of: `chance` and `usable` (marginal) by consecutive day."""

    first_day: int
    chance: NDArray[np.float64]
    usable: NDArray[np.float64]
    rho: float

    def of(self, day: int) -> float:
        return float(self.usable[day - self.first_day])


def sky_over(days: Sequence[OpenDay], clouds: Clouds | None) -> Sky:
    first = min((d.day for d in days), default=0)
    last = max((d.day for d in days), default=-1)
    chance = usable_chance(clouds, np.arange(first, last + 1))
    rho = persistence(clouds)
    return Sky(first_day=first, chance=chance, usable=marginal(chance, rho), rho=rho)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Open days by what can be done of them."""

    new: tuple[OpenDay, ...]
    archive: tuple[OpenDay, ...]

    @property
    def every(self) -> tuple[OpenDay, ...]:
        return (*self.archive, *self.new)


def parted(days: Sequence[OpenDay]) -> Days:
    return Days(
        new=tuple(d for d in days if d.source == "new"), archive=tuple(d for d in days if d.source == "archive")
    )


def curve(
    situation: Situation,
    days: Days,
    how: Imaging,
    images: Sequence[int],
    have: tuple[int, int],
    *,
    ratio: float,
    target: float,
) -> tuple[CurvePoint, ...]:
    """Power with so many usable images more on each side, spread over the days that can be had.

    First what is in hand; then with new images alone; then, where the archive has days too, with both; last every day.
    """
    rows: dict[tuple[int, int, bool], tuple[OpenDay, ...]] = {(0, 0, False): ()}
    for pool in dict.fromkeys((days.new, days.every)):
        sides = [tuple(d for d in pool if d.is_after == is_after) for is_after in (False, True)]
        for n in (*sorted(images), len(pool)):
            added = (min(n, len(sides[0])), min(n, len(sides[1])))
            if sum(added):
                rows.setdefault((*added, pool is not days.new and bool(days.archive)), pool)
    every = max(rows, key=lambda row: (row[0] + row[1], row[2]))
    made = []
    for row, pool in rows.items():
        changed, same = powers(situation, _on_days(pool, row, how), ratio=ratio, target=target)
        made.append(
            CurvePoint(
                images_before=have[0] + row[0],
                images_after=have[1] + row[1],
                added_before=row[0],
                added_after=row[1],
                from_archive=row[2],
                every_day=row == every and bool(pool),
                power_changed=changed,
                power_same=same,
            )
        )
    return tuple(made)


def _on_days(pool: Sequence[OpenDay], added: tuple[int, int, bool], how: Imaging) -> Ask:
    sides = [[d for d in pool if d.is_after == is_after] for is_after in (False, True)]

    def ask(rng: np.random.Generator) -> list[tuple[int, Imaging]]:
        return [(d.day, how) for side, n in zip(sides, added[:2], strict=True) for d in spread(side, n, rng) if n]

    return ask


def options(
    situation: Situation,
    days: Days,
    ways: Sequence[tuple[Imaging, str]],
    sky: Sky,
    *,
    ratio: float,
    target: float,
) -> tuple[CollectionOption, ...]:
    """Each sensor at a few intervals, under simulated skies; the tightest also with the archive. `ways`: with the
    reason why a sensor cannot be used, "" where it can."""
    asked: list[tuple[Imaging, str, float, tuple[OpenDay, ...]]] = []
    for how, unfit in ways:
        intervals = _INTERVALS_D if how.revisit_d is None else [how.revisit_d * m for m in _MULTIPLES]
        pools = [days.new] if days.new else [days.every]
        for i, every_d in enumerate(intervals[:1] if unfit else intervals):
            more = [days.every] if i == 0 and days.new and days.archive and not unfit else []
            asked += [(how, unfit, every_d, pool) for pool in (*pools, *more) if pool]
    made = []
    for how, unfit, every_d, pool in asked:
        expected = _expected(pool, every_d, how, sky)
        powers_of = (
            (None, None)
            if unfit
            else powers(situation, _under_skies(pool, every_d, how, sky), ratio=ratio, target=target)
        )
        made.append(
            CollectionOption(
                sensor=how.sensor,
                gsd_m=how.gsd_m,
                every_d=every_d,
                from_archive=any(d.source == "archive" for d in pool),
                ordered=round(len(pool) * min(1.0, 1.0 / every_d)),
                usable_expected=expected,
                power_changed=powers_of[0],
                power_same=powers_of[1],
                note=unfit,
            )
        )
    return tuple(made)


def _passes(pool: Sequence[OpenDay], every_d: float, phase: float) -> list[OpenDay]:
    """Days of the pool on which a sensor passes that comes every so many days, first `phase` of an interval in."""
    first = pool[0].day
    hit = {
        first + math.floor((i + phase) * every_d) for i in range(math.ceil((pool[-1].day - first + 1) / every_d) + 1)
    }
    return [d for d in pool if d.day in hit]


def _comes(day: OpenDay, how: Imaging) -> float:
    return how.archived if day.source == "archive" else 1.0


def _expected(pool: Sequence[OpenDay], every_d: float, how: Imaging, sky: Sky) -> float:
    """Usable images, over every phase of the passes."""
    share = min(1.0, 1.0 / every_d)
    return share * sum(sky.of(d.day) * _comes(d, how) for d in pool)


def _under_skies(pool: Sequence[OpenDay], every_d: float, how: Imaging, sky: Sky) -> Ask:
    def ask(rng: np.random.Generator) -> list[tuple[int, Imaging]]:
        clear = draw_sky(sky.chance, sky.rho, rng)
        return [
            (d.day, how)
            for d in _passes(pool, every_d, float(rng.random()))
            if clear[d.day - sky.first_day] and rng.random() < _comes(d, how)
        ]

    return ask
