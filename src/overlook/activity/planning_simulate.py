"""Sites that may be, images of them, and what the decision tier would say: power by simulation.

Every replicate is a site drawn from what is known (`planning_latent`): its hyperparameters, its level on every day, its
sensors' errors. To ask for a ratio R, the level of all days after the event is shifted so that the mean over the window
after is exactly R times that before, drift included: the ratio that the verdict is about. Images in hand from before
the event keep the counts that they have; those from after are drawn again, at their own times. Then the event is
answered as any other (`event.event_finding`): with its rules for few images and for answers that turn on the prior.

Whatever is asked of a replicate, its sky, its passes and what its images of a day show come from streams of their own
(common random numbers: Glasserman & Yao 1992, Manag. Sci. 38): two powers differ by their images alone. The number of
replicates is fixed: stopping when the interval looks clear makes it too narrow near the power that is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from overlook.activity.event import event_finding
from overlook.activity.laplace import INDEX_DF
from overlook.activity.planning_latent import Latent
from overlook.activity.planning_sky import moment_of
from overlook.activity.prior import Prior
from overlook.activity.scale import scale_of
from overlook.activity.series import Usable
from overlook.terms import BOUNDS, Count, Event, EventFinding, Index, Plan, Power, Question, Series, instant

Array = NDArray[np.float64]

_MOST_COUNTED = 1e7
_IN_HAND, _SKY, _PASSES, _ARCHIVE, _DAYS = range(5)
#: Days are counted from 1970 and may be older; a stream's name may not be negative.
_FIRST_DAY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging:
    """How images to come are taken and read. `visible` are the visible fractions that they may have, (f,).

    `archived` is the share of past passes in the archive. `like` is an index of the series, None for counts.
    """

    sensor: str
    observer: str
    gsd_m: float | None
    revisit_d: float | None
    hour_utc: float
    recall: float | None
    recall_sd: float
    false_alarms: float
    false_alarms_sd: float
    visible: tuple[float, ...]
    archived: float
    like: Index | None = None

    @property
    def exposure(self) -> tuple[float, float]:
        """Visible fraction times recall, and false alarms, on an image as they usually are."""
        visible = sum(self.visible) / len(self.visible)
        return visible * (self.recall or 1.0), visible * self.false_alarms

    def time_of(self, day: int) -> float:
        return day + self.hour_utc / 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDrawn:
    """A site that may be: log level at every node (m,), the effects (p,), the dispersion of its days."""

    level: Array
    effects: Array
    dispersion_k: float


@dataclass(frozen=True, slots=True)
class Luck:
    """The random numbers of one replicate, each kind a stream of its own: the same whatever is asked of it."""

    seed: int
    number: int

    def in_hand(self) -> np.random.Generator:
        return self._stream(_IN_HAND)

    def sky(self) -> np.random.Generator:
        return self._stream(_SKY)

    def passes(self) -> np.random.Generator:
        return self._stream(_PASSES)

    def archive(self) -> np.random.Generator:
        return self._stream(_ARCHIVE)

    def day(self, day: int) -> np.random.Generator:
        """What an image of a day (since 1970) shows."""
        return self._stream(_DAYS, day + _FIRST_DAY)

    def _stream(self, *of: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.number, *of])


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An event question and all that is known of it. `record` are its usable images, in the order of the design's;
    `in_hand` how many of them lie in the windows."""

    question: Question
    event: Event
    plan: Plan
    prior: Prior
    record: Usable
    in_hand: int
    latent: Latent
    drawn: tuple[SiteDrawn, ...]
    seed: int
    #: What replicates have shown, by number and log ratio: drawn once for all that is asked of them.
    _shown: dict[tuple[int, float], _Replicate] = field(default_factory=dict, repr=False, compare=False)

    @property
    def series(self) -> Series:
        return self.question.series

    def answered(self, observations: Sequence[Count | Index]) -> EventFinding:
        return event_finding(
            self.question,
            observations,
            event=self.event,
            plan=self.plan,
            prior=self.prior,
            days_in=self.record.days_in,
        )

    def luck(self, number: int) -> Luck:
        return Luck(self.seed, number)

    def replicate(self, number: int, log_ratio: float) -> _Replicate:
        made = self._shown.get((number, log_ratio))
        if made is None:
            site, _ = with_ratio(self.latent, self.drawn[number], log_ratio)
            in_hand = seen_again(self, site, self.luck(number).in_hand())
            made = self._shown[number, log_ratio] = _Replicate(site, self.luck(number), in_hand, {})
        return made


@dataclass(frozen=True, slots=True)
class _Replicate:
    """A site with the ratio that is asked for, and the images of it that were drawn so far."""

    site: SiteDrawn
    luck: Luck
    in_hand: list[Count | Index]
    to_come: dict[tuple[int, Imaging], Count | Index]

    def image(self, situation: Situation, day: int, how: Imaging) -> Count | Index:
        if (day, how) not in self.to_come:
            self.to_come[day, how] = image(situation, how, day, self.site, self.luck.day(day))
        return self.to_come[day, how]


#: The days that are usable in a replicate, and how they are taken.
Ask = Callable[[Luck], Sequence[tuple[int, Imaging]]]


def draw_sites(latent: Latent, number: int, rng: np.random.Generator) -> tuple[SiteDrawn, ...]:
    """`number` sites in random order. Grid points by systematic resampling: each as often as its weight says."""
    edges = np.cumsum(latent.weight)
    points = np.searchsorted(edges, (np.arange(number) + rng.random()) / number * edges[-1])
    made = []
    for at in rng.permutation(np.minimum(points, latent.weight.size - 1)):
        level, effects = latent.draw(int(at), rng)
        made.append(SiteDrawn(level=level, effects=effects, dispersion_k=float(latent.dispersion_k[at])))
    return tuple(made)


def with_ratio(latent: Latent, site: SiteDrawn, log_ratio: float) -> tuple[SiteDrawn, float]:
    """The same site with the level after the event shifted so that the true log ratio is `log_ratio`; and the shift."""
    shift = log_ratio - latent.log_ratio(site.level)
    return replace(site, level=np.minimum(site.level + np.where(latent.after, shift, 0.0), 20.0)), shift


def seen_again(situation: Situation, site: SiteDrawn, rng: np.random.Generator) -> list[Count | Index]:
    """The images in hand: as they are before the event, as this site would have shown after it."""
    latent, design = situation.latent, situation.latent.design
    made: list[Count | Index] = []
    for i, o in enumerate(situation.record.kept):
        if not latent.after[design.node[i]]:
            made.append(o)
            continue
        shared = float(latent.rows[i] @ site.effects - latent.level_rows[design.node[i]] @ site.effects)
        eta = float(site.level[design.node[i]]) + shared
        made.append(_shown(o, eta, float(design.offset[i]), site.dispersion_k, math.sqrt(design.extra_var[i]), rng))
    return made


def image(situation: Situation, imaging: Imaging, day: int, site: SiteDrawn, rng: np.random.Generator) -> Count | Index:
    """What a usable image of a day would show of a site."""
    latent, time_d = situation.latent, imaging.time_of(day)
    eta = float(site.level[latent.node_of(time_d)])
    eta += sum(float(site.effects[at]) for at in shared_by(latent, imaging))
    visible = float(imaging.visible[int(rng.integers(len(imaging.visible)))])
    when = instant(moment_of(time_d))
    if imaging.like is not None:
        blank: Count | Index = replace(imaging.like, when=when, scene="", sensor=imaging.sensor, evidence=())
        own = latent.design.extra_var
        noise = math.sqrt(float(own.mean())) if own.size else 0.0
        return _shown(blank, eta, 0.0, site.dispersion_k, noise, rng)
    blank = Count(
        series=situation.series,
        when=when,
        count=0,
        visible_fraction=visible,
        detection_probability=imaging.recall,
        detection_probability_sd=imaging.recall_sd,
        false_alarms=imaging.false_alarms,
        false_alarms_sd=imaging.false_alarms_sd,
        sensor=imaging.sensor,
        observer=imaging.observer,
        why_acquired="routine",
        gsd_m=imaging.gsd_m,
    )
    return _shown(blank, eta, math.log(visible * (imaging.recall or 1.0)), site.dispersion_k, 0.0, rng)


def shared_by(latent: Latent, imaging: Imaging) -> list[int]:
    """The effects that an image shares with others of its sensor or reader, by their names in `sensors`."""
    pair = f"{imaging.sensor} / {imaging.observer}"
    wanted = {f"recall of {pair}", f"calibration of {pair}"}
    if imaging.recall is None:
        wanted |= {f"offset of sensor {imaging.sensor}", f"offset of reader {imaging.observer}"}
    return [at for at, name in enumerate(latent.names) if name in wanted]


def _shown(
    blank: Count | Index, eta: float, offset: float, k: float, noise: float, rng: np.random.Generator
) -> Count | Index:
    """The count (gamma-mixed Poisson with its false alarms) or the index (Student-t on the log scale) at `eta`."""
    if isinstance(blank, Count):
        found = math.exp(min(eta + offset, 16.0)) * rng.gamma(k, 1.0 / k)
        expected = found + blank.visible_fraction * blank.false_alarms
        return replace(blank, count=int(rng.poisson(min(expected, _MOST_COUNTED))), evidence=())
    value = scale_of([blank]).value(eta + math.sqrt(1.0 / k + noise**2) * rng.standard_t(INDEX_DF))
    return replace(blank, value=min(value, BOUNDS.get(blank.unit, math.inf)), evidence=())


def powers(situation: Situation, ask: Ask, *, ratio: float) -> tuple[Power, Power | None]:
    """Power to call `ratio` changed (the right way), and to say "the same" of a ratio of 1 (None without a margin).

    Each over all sites drawn. Every call has the same sites and the same random numbers.
    """
    changed = _power(situation, ask, math.log(ratio), _is_called(ratio))
    same = None if situation.plan.margin is None else _power(situation, ask, 0.0, _is_same)
    return changed, same


def _is_called(ratio: float) -> Callable[[EventFinding], bool]:
    def says(finding: EventFinding) -> bool:
        estimate = finding.ratio.estimate if finding.ratio else 1.0
        return finding.verdict == "changed" and (estimate > 1) == (ratio > 1)

    return says


def _is_same(finding: EventFinding) -> bool:
    return finding.verdict == "same" or finding.also_same


def _power(situation: Situation, ask: Ask, log_ratio: float, says: Callable[[EventFinding], bool]) -> Power:
    hits = 0
    for number in range(len(situation.drawn)):
        asked = ask(situation.luck(number))
        if situation.in_hand + len(asked) < situation.plan.few_images:
            continue  # so few are never called anything: nothing to simulate
        drawn = situation.replicate(number, log_ratio)
        to_come = [drawn.image(situation, day, how) for day, how in asked]
        hits += says(situation.answered([*drawn.in_hand, *to_come]))
    return power_of(hits, len(situation.drawn))


def power_of(hits: int, of: int) -> Power:
    low, high = clopper_pearson(hits, of)
    return Power(estimate=hits / of, low=low, high=high, replicates=of)


def clopper_pearson(hits: int, of: int) -> tuple[float, float]:
    """The exact 95% interval of a proportion (Clopper & Pearson 1934, Biometrika 26): covers .95 or more, whatever it
    is."""
    from scipy.special import betaincinv

    low = float(betaincinv(hits, of - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, of - hits, 0.975)) if hits < of else 1.0
    return low, high
