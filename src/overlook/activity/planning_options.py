"""Power against the number of usable images, and of ways to collect them under the sky that was declared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.activity.planning_days import OpenDay, spread
from overlook.activity.planning_simulate import Ask, Imaging, Luck, Situation, powers
from overlook.activity.planning_sky import draw_sky, marginal, persistence, usable_chance
from overlook.terms import Clouds, CollectionOption, CurvePoint

#: Intervals in days where no revisit was declared; and as multiples of the revisit where it was.
_INTERVALS_D = (1.0, 3.0, 7.0)
_MULTIPLES = (1, 2, 4)
#: A whole number of each of them: a first pass drawn within so many is at a random point of every interval.
_CYCLE = 84


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
) -> tuple[CurvePoint, ...]:
    """Power with so many usable images more on each side, spread over the days that can be had.

    First what is in hand; then with new images alone; then, where the archive has days too, with both; last every day.
    In a replicate the images of a row are among those of every larger row from the same days.
    """
    rows: dict[tuple[int, int, bool], tuple[OpenDay, ...]] = {(0, 0, False): ()}
    for pool in dict.fromkeys((days.new, days.every)):
        sides = [tuple(d for d in pool if d.is_after == is_after) for is_after in (False, True)]
        for n in (*sorted(images), len(pool)):
            added = (min(n, len(sides[0])), min(n, len(sides[1])))
            if sum(added):
                rows.setdefault((*added, pool is not days.new and bool(days.archive)), pool)
    every = max(rows, key=lambda row: (row[0] + row[1], row[2]))
    orders = {pool: _orders(situation, pool) for pool in dict.fromkeys(rows.values())}
    made = []
    for row, pool in rows.items():
        changed, same = powers(situation, _on_days(orders[pool], row, how), ratio=ratio)
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


def _orders(situation: Situation, pool: Sequence[OpenDay]) -> list[tuple[list[OpenDay], list[OpenDay]]]:
    """The days before and after in the order in which each replicate takes them in."""
    before, after = ([d for d in pool if d.is_after == is_after] for is_after in (False, True))
    lucks = [situation.luck(number).passes() for number in range(len(situation.drawn))]
    return [(spread(before, rng), spread(after, rng)) for rng in lucks]


def _on_days(orders: Sequence[tuple[list[OpenDay], list[OpenDay]]], added: tuple[int, int, bool], how: Imaging) -> Ask:
    def ask(luck: Luck) -> list[tuple[int, Imaging]]:
        sides = zip(orders[luck.number], added[:2], strict=True)
        return sorted(((d.day, how) for side, n in sides for d in side[:n]), key=lambda pair: pair[0])

    return ask


def options(
    situation: Situation,
    days: Days,
    ways: Sequence[tuple[Imaging, str]],
    sky: Sky,
    *,
    ratio: float,
) -> tuple[CollectionOption, ...]:
    """Each sensor at a few intervals, under simulated skies; the tightest also with the archive. `ways`: with the
    reason why a sensor cannot be used, "" where it can. Whatever the interval, a replicate has one sky, one archive and
    one first pass."""
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
        powers_of = (None, None) if unfit else powers(situation, _under_skies(pool, every_d, how, sky), ratio=ratio)
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


def _passes(pool: Sequence[OpenDay], every_d: float, first_day: float) -> list[OpenDay]:
    """Days of the pool on which a sensor passes that comes every so many days, once at `first_day`.

    Passes every 2 r days are among those every r days with the same first one.
    """
    skipped = math.floor((pool[0].day - first_day) / every_d) - 1
    number = math.ceil((pool[-1].day - pool[0].day + 1) / every_d) + 3
    hit = {math.floor(first_day + (skipped + i) * every_d) for i in range(number)}
    return [d for d in pool if d.day in hit]


def _comes(day: OpenDay, how: Imaging) -> float:
    return how.archived if day.source == "archive" else 1.0


def _expected(pool: Sequence[OpenDay], every_d: float, how: Imaging, sky: Sky) -> float:
    """Usable images, over every phase of the passes."""
    share = min(1.0, 1.0 / every_d)
    return share * sum(sky.of(d.day) * _comes(d, how) for d in pool)


def _under_skies(pool: Sequence[OpenDay], every_d: float, how: Imaging, sky: Sky) -> Ask:
    base_d = min(_INTERVALS_D) if how.revisit_d is None else how.revisit_d

    def ask(luck: Luck) -> list[tuple[int, Imaging]]:
        clear = draw_sky(sky.chance, sky.rho, luck.sky())
        held = luck.archive().random(sky.chance.size)
        first_day = sky.first_day + float(luck.passes().random()) * _CYCLE * base_d
        return [
            (d.day, how)
            for d in _passes(pool, every_d, first_day)
            if clear[d.day - sky.first_day] and held[d.day - sky.first_day] < _comes(d, how)
        ]

    return ask
