"""What the next image would be worth, day by day, and which to ask for: greedy on expected information.

An image of day d has information I about its log level; it shrinks the variance of the log ratio C by
cov(C, d)^2 / (1/I + var(d)), in the normal approximation at each grid point (the preposterior analysis of Lindley 1956,
Ann. Math. Stat. 27; Chaloner & Verdinelli 1995, Stat. Sci. 10). That ranks all days without Monte-Carlo error; the
first few are then simulated: a count is drawn from the posterior predictive, and the event is answered with it. The
schedule adds one day at a time, an image that may be clouded counting as I times its chance to be usable. It goes round
the days of the week, and among days nearly as good takes the one farthest from what there is: a sample of all days,
which does not hang on how the prior has it that weekends differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from overlook.activity.design import weekday
from overlook.activity.missed import POWER, z
from overlook.activity.planning_latent import Latent, image_information
from overlook.activity.planning_simulate import Imaging, Situation, image, power_of, shared_by
from overlook.activity.planning_sky import moment_of, number_usable
from overlook.activity.sides import local_days
from overlook.terms import CollectionSchedule, Estimate, EventFinding, NextImage, Order
from overlook.terms.planning import ImageSource

Array = NDArray[np.float64]

#: Grid points at which days are ranked, and the days that are simulated.
_POINTS = 8
_SIMULATED = 4
#: Of days this near to the best, as a share of what it is worth, the one farthest from all others is ordered.
_NEARLY = 0.10
#: Orders that are listed at most.
MOST_ORDERS = 40
#: Of days that are nearly as good and this near to one already listed, one is listed.
_APART_D = 5
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_Z95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A day that an image can still be had of, how, and the chance that it comes and is usable.

    `day` is of UTC; weekday and date are those of the site's clock, `days_in`.
    """

    day: int
    is_after: bool
    source: ImageSource
    how: Imaging
    p_usable: float
    days_in: tzinfo = UTC

    @property
    def time_d(self) -> float:
        return self.how.time_of(self.day)

    @property
    def weekday(self) -> str:
        return _WEEKDAYS[int(weekday(local_days(np.array([self.time_d]), self.days_in))[0])]

    @property
    def date(self) -> str:
        return moment_of(self.time_d).astimezone(self.days_in).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Usable images that are wanted of the days before and after the event, whether the archive may give them, and what
    for."""

    before: int
    after: int
    from_archive: bool
    why: str


class Worth:
    """Expected information of candidates at a few grid points, as images are added one by one."""

    def __init__(self, latent: Latent, candidates: Sequence[Candidate], rng: np.random.Generator) -> None:
        edges = np.cumsum(latent.weight)
        points = np.searchsorted(edges, (np.arange(_POINTS) + rng.random()) / _POINTS * edges[-1])
        at, number = np.unique(np.minimum(points, latent.weight.size - 1), return_counts=True)
        self._weight = number / number.sum()
        nodes = np.array([latent.node_of(c.time_d) for c in candidates])
        shared = np.zeros((nodes.size, len(latent.names)))
        for i, c in enumerate(candidates):
            shared[i, shared_by(latent, c.how)] = 1.0
        m = latent.node_d.size
        #: At each point: covariance with the log ratio (c,), between candidates (c, c), information (c,), variance.
        self._with_ratio, self._between, self._information, self._variance = [], [], [], []
        for point in at.tolist():
            covariance, share = latent.covariance(point), latent.shares(point)
            through = covariance[nodes] + shared @ covariance[m:]
            self._with_ratio.append(through[:, :m] @ share)
            self._between.append(through[:, nodes] + through[:, m:] @ shared.T)
            self._variance.append(float(share @ covariance[:m, :m] @ share))
            mode, k = latent.mode(point)[nodes], float(latent.dispersion_k[point])
            self._information.append(
                np.array(
                    [
                        image_information(latent.design, k, level, *c.how.exposure)
                        for level, c in zip(mode.tolist(), candidates, strict=True)
                    ]
                )
            )

    @property
    def sd(self) -> float:
        """Of the log ratio, as it stands."""
        return math.sqrt(float(self._weight @ np.maximum(self._variance, 0.0)))

    def reductions(self) -> Array:
        """By how much the sd would fall with one usable image of each candidate, (c,)."""
        after = np.zeros(self._with_ratio[0].size)
        for weight, with_ratio, between, information, variance in self._each():
            after += weight * (variance - with_ratio**2 / (1.0 / information + np.diag(between)))
        return np.asarray(self.sd - np.sqrt(np.maximum(after, 0.0)))

    def add(self, at: int, share: float) -> None:
        """Take in an image of a candidate that is usable with probability `share`."""
        for i, (_, with_ratio, between, information, _) in enumerate(self._each()):
            step = between[at].copy()
            scale = 1.0 / (1.0 / (information[at] * share) + step[at])
            self._variance[i] -= scale * with_ratio[at] ** 2
            self._with_ratio[i] = with_ratio - scale * with_ratio[at] * step
            self._between[i] = between - scale * np.outer(step, step)

    def _each(self) -> Iterator[tuple[float, Array, Array, Array, float]]:
        return zip(self._weight, self._with_ratio, self._between, self._information, self._variance, strict=True)


def next_images(
    situation: Situation, candidates: Sequence[Candidate], worth: Worth, now: EventFinding, *, number: int
) -> tuple[NextImage, ...]:
    """The days worth most, ranked by what an image of them would tell times the chance that it is usable.

    `number`: simulated counts a day. Days near a listed one are left out: they tell nearly the same.
    """
    reductions = worth.reductions()
    value = reductions * np.array([c.p_usable for c in candidates])
    listed: list[int] = []
    for at in np.argsort(-value, kind="stable").tolist():
        if value[at] <= 0 or len(listed) == _SIMULATED:
            break
        if all(abs(candidates[at].day - candidates[other].day) >= _APART_D for other in listed):
            listed.append(at)
    sd_now = _sd(situation, now) or worth.sd
    return tuple(_simulated(situation, candidates[at], float(reductions[at]), sd_now, now, number) for at in listed)


def _simulated(
    situation: Situation, candidate: Candidate, information: float, sd_now: float, now: EventFinding, number: int
) -> NextImage:
    """Draw what the image would show from the posterior predictive, and answer with it."""
    turned, falls = 0, []
    sites = situation.drawn[:number]
    for i, site in enumerate(sites):
        shown = image(situation, candidate.how, candidate.day, site, situation.luck(i).day(candidate.day))
        finding = situation.answered([*situation.record.kept, shown])
        turned += finding.verdict != now.verdict
        sd = _sd(situation, finding)
        if sd is not None:
            falls.append(sd_now - sd)
    return NextImage(
        when=moment_of(candidate.time_d),
        date=candidate.date,
        weekday=candidate.weekday,
        source=candidate.source,
        sensor=candidate.how.sensor,
        p_usable=candidate.p_usable,
        information=information,
        sd_reduction=_mean(falls) if len(falls) == len(sites) else None,
        p_verdict=power_of(turned, len(sites)),
    )


def _mean(values: Sequence[float]) -> Estimate:
    mean = float(np.mean(values))
    error = _Z95 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Estimate(estimate=mean, low=mean - error, high=mean + error, level=0.95)


def _sd(situation: Situation, finding: EventFinding) -> float | None:
    """Posterior sd of the log ratio, from the smallest ratio that it would have missed (`missed`)."""
    smallest = finding.missed.smallest_ratio_up
    if smallest is None:
        return None
    return math.log(smallest) / (z(0.5 + situation.plan.level / 2) + z(POWER))


def schedule(
    candidates: Sequence[Candidate],
    worth: Worth,
    *,
    need: Need,
    seen_d: Sequence[float],
    chance: Array,
    rho: float,
    first_day: int,
) -> CollectionSchedule:
    """Days to ask for until as many of each side are expected to be usable as are needed, and at most `MOST_ORDERS`.

    Each is the one worth most after those before it, by the rule above; one image a day, `revisit_d` apart a sensor.
    `seen_d`: the images in hand. `chance`: the sky's probability on each consecutive day from `first_day`, over all
    candidates. `worth` is of the same candidates, and is changed.
    """
    p_usable = np.array([c.p_usable for c in candidates])
    is_after = np.array([c.is_after for c in candidates])
    open_ = (p_usable > 0) & np.array([need.from_archive or c.source == "new" for c in candidates])
    left = [float(need.before), float(need.after)]
    apart = _distance(candidates, seen_d)
    weekdays = np.array([_WEEKDAYS.index(c.weekday) for c in candidates])
    asked = np.zeros(7, dtype=np.int64)
    chosen: list[int] = []
    while len(chosen) < MOST_ORDERS:
        open_ &= np.array(left)[is_after.astype(int)] > 1e-9
        if not open_.any():
            break
        turn = open_ & (asked[weekdays] == asked[weekdays[open_]].min())
        value = np.where(turn, worth.reductions() * p_usable, -np.inf)
        near = np.flatnonzero(value >= value.max() * (1 - _NEARLY))
        at = int(near[np.argmax(apart[near])])
        chosen.append(at)
        asked[weekdays[at]] += 1
        left[int(is_after[at])] -= p_usable[at]
        apart = np.minimum(apart, _distance(candidates, [candidates[at].time_d]))
        worth.add(at, candidates[at].p_usable)
        open_ &= np.array([_can_follow(c, candidates[at]) for c in candidates])
    chosen.sort(key=lambda i: candidates[i].time_d)
    return _schedule([candidates[i] for i in chosen], need, chance, rho, first_day)


def _distance(candidates: Sequence[Candidate], taken_d: Sequence[float]) -> Array:
    """Days from each candidate to the nearest image taken, (c,); infinite where there is none."""
    if not len(taken_d):
        return np.full(len(candidates), np.inf)
    times = np.array([c.time_d for c in candidates])
    return np.asarray(np.abs(times[:, None] - np.asarray(taken_d)[None, :]).min(axis=1))


def _schedule(picked: Sequence[Candidate], need: Need, chance: Array, rho: float, first_day: int) -> CollectionSchedule:
    wanted = need.before + need.after
    if not picked:
        return CollectionSchedule(wanted=wanted, why=need.why)
    days = np.array([c.day - first_day for c in picked])
    collected = np.array([c.how.archived if c.source == "archive" else 1.0 for c in picked])
    mass = number_usable(chance, rho, days, collected)
    at_least = np.clip(np.cumsum(mass[::-1])[::-1], 0.0, 1.0)
    orders = tuple(
        Order(
            when=moment_of(c.time_d),
            date=c.date,
            weekday=c.weekday,
            source=c.source,
            sensor=c.how.sensor,
            p_usable=c.p_usable,
        )
        for c in picked
    )
    return CollectionSchedule(
        orders=orders,
        wanted=wanted,
        why=need.why,
        usable_expected=float(mass @ np.arange(mass.size)),
        p_at_least=tuple(float(p) for p in at_least),
    )


def _can_follow(candidate: Candidate, taken: Candidate) -> bool:
    """Not the same day again, and not the same sensor before it is back."""
    apart = abs(candidate.day - taken.day)
    if apart == 0:
        return False
    return candidate.how.sensor != taken.how.sensor or apart >= (taken.how.revisit_d or 0.0) - 1e-9
