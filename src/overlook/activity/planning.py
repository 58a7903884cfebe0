"""Which images would settle an event question: how many, how often, how fine, and which to ask for next.

Everything is simulated with the decision tier itself (`planning_simulate`); the closed formulas of `missed` stand
beside it, as the best case that they are: no drift, independent days. What cannot be reached within the windows is said
to be out of reach, which for "about the same" within a narrow margin is the usual answer (the limits of counting: 86
images a side for 25% at best).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from overlook.activity.design import build
from overlook.activity.event import HISTORY_D, Windows, event_finding, windows
from overlook.activity.missed import enough, z
from overlook.activity.planning_days import gaps_of, open_days, unseen_of, within
from overlook.activity.planning_imaging import imagings, preferred, too_coarse, with_errors
from overlook.activity.planning_latent import Latent, after_images, image_information, without_images
from overlook.activity.planning_next import Candidate, Worth, next_images, schedule
from overlook.activity.planning_options import Days, Sky, curve, options, parted, sky_over
from overlook.activity.planning_say import assumptions, left_out, need_of, notes
from overlook.activity.planning_simulate import Imaging, Situation, draw_sites
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.scale import index_obstacle
from overlook.activity.series import Usable, to_days, usable, without
from overlook.terms import (
    Clouds,
    CollectionSchedule,
    CurvePoint,
    Event,
    EventFinding,
    ImagePlan,
    Interval,
    Observation,
    Observer,
    Plan,
    Question,
    Sensor,
)

Array = NDArray[np.float64]

IMAGES = (5, 10, 20, 40)
REPLICATES = 60
POWER = 0.8
RATIO = 1.5
_MOST_SIMULATED = 40
#: Days that are ranked: of longer windows, evenly chosen ones.
_MOST_CANDIDATES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the planner is asked. `ratio` > 0 and not 1; `power` in (0, 1); `images`: usable images to add a side."""

    ratio: float = RATIO
    power: float = POWER
    images: tuple[int, ...] = IMAGES
    replicates: int = REPLICATES
    seed: int = 0
    #: Things an image, where no image was counted yet; None: nobody says, and then nothing is simulated.
    rate: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ratio) and 0.01 <= self.ratio <= 100) or abs(math.log(self.ratio)) < 1e-3:
            raise ValueError(f"ratio must be between 0.01 and 100, and not 1: {self.ratio:g}")
        if not 0 < self.power < 1:
            raise ValueError(f"power must be between 0 and 1: {self.power:g}")
        if not self.images or any(not 1 <= n <= 1000 for n in self.images):
            raise ValueError("images must be numbers from 1 to 1000")
        if not 20 <= self.replicates <= 10_000:
            raise ValueError(f"replicates must be between 20 and 10000: {self.replicates}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative: {self.seed}")
        if self.rate is not None and not 0 < self.rate <= 1e5:
            raise ValueError(f"rate must be above 0 and at most 100000: {self.rate:g}")


def plan_images(
    question: Question,
    observations: Sequence[Observation],
    *,
    event: Event,
    plan: Plan,
    asked: Asked,
    now: datetime,
    sensors: Sequence[Sensor] = (),
    clouds: Clouds | None = None,
    observers: Sequence[Observer] = (),
    coarsest_gsd_m: float | None = None,
    hidden: Sequence[Interval] = (),
    prior: Prior = DEFAULT_PRIOR,
    days_in: tzinfo = UTC,
) -> ImagePlan:
    """Plan the images of one event question from what was seen of its series, or from the prior and `asked.rate`.

    `now` parts images that can still be taken from those that an archive may hold; what was observed later is not known
    yet, and left out. `sensors` are those declared, in the analyst's order of preference; `clouds` those of the site;
    `coarsest_gsd_m` the class's limit; `hidden` when something covers the zone; `days_in` the site's time zone, whose
    weekdays are meant. Raises ValueError for a question that is not about an event.
    """
    if question.kind != "event":
        raise ValueError(f"only event questions are planned: {question.id}")
    spans, now_d = windows(event.during, plan), to_days(now)
    history = Interval(start=event.during.start - timedelta(days=HISTORY_D), end=spans.after.end)
    later = [o for o in observations if o.when is not None and o.when.start > now]
    observations = [o for o in observations if o.when is None or o.when.start <= now]
    record = without(usable(question.series, observations, within=history, days_in=days_in), event.during)
    covers = within(hidden, history)
    unseen = unseen_of(question.series, observations)
    finding = event_finding(question, observations, event=event, plan=plan, prior=prior, days_in=days_in)
    bare = ImagePlan(
        id=question.id,
        series=question.series,
        event=event.id,
        during=event.during,
        have_before=finding.n_before,
        have_after=finding.n_after,
        verdict=finding.verdict,
        log_ratio_sd=None,
        ratio=asked.ratio,
        margin=plan.margin,
        power=asked.power,
        before=gaps_of(spans.before, record, unseen, covers, now_d),
        after=gaps_of(spans.after, record, unseen, covers, now_d),
        seed=asked.seed,
        notes=tuple(left_out(later, now)),
    )
    ways = [(how, too_coarse(how, coarsest_gsd_m)) for how in imagings(record, sensors, observers)]
    days = parted(open_days(spans, record, unseen, covers, now_d))
    obstacle = index_obstacle(record.kept) or _unknown(record, asked)
    fit_ways = [how for how, unfit in ways if not unfit]
    fit_names = {how.sensor for how in fit_ways}
    if obstacle or not fit_ways:
        why = (
            obstacle
            or "no declared sensor is fine enough for this class: name one that is under `collection: sensors:`"
        )
        return replace(bare, notes=(*bare.notes, *notes(bare, days, asked.power), why))
    rng = np.random.default_rng([asked.seed, zlib.crc32(question.id.encode())])
    situation = situation_of(question, event, plan, prior, record, fit_ways, asked, rng)
    how = preferred(fit_ways, record)
    sky = sky_over(days.every, clouds)
    told = _simulated(bare, situation, days, how, ways, sky, asked)
    told = replace(
        told,
        assumptions=assumptions(
            plan,
            prior,
            clouds,
            [s for s in sensors if s.id in fit_names],
            how,
            days,
            rate=None if record.kept else asked.rate,
        ),
    )
    told = replace(told, notes=(*bare.notes, *notes(told, days, asked.power)))
    return _next(told, situation, days, fit_ways, sky, finding, rng)


def situation_of(
    question: Question,
    event: Event,
    plan: Plan,
    prior: Prior,
    record: Usable,
    ways: Sequence[Imaging],
    asked: Asked,
    rng: np.random.Generator,
) -> Situation:
    """What is known of a question, with `asked.replicates` sites that may be. `ways`: how images to come are taken."""
    latent = with_errors(_latent(record, windows(event.during, plan), prior, asked), ways, record, prior)
    return Situation(
        question=question,
        event=event,
        plan=plan,
        prior=prior,
        record=record,
        in_hand=sum(t >= to_days(windows(event.during, plan).before.start) for t in record.time_d),
        latent=latent,
        drawn=draw_sites(latent, asked.replicates, rng),
        seed=int(rng.integers(2**31)),
    )


def _unknown(record: Usable, asked: Asked) -> str:
    if record.kept or asked.rate is not None:
        return ""
    return (
        "no usable image of this series: how much stands there is not known, and power depends on it; "
        "say how many things an image is likely to show (--rate)"
    )


def _latent(record: Usable, spans: Windows, prior: Prior, asked: Asked) -> Latent:
    """What is known of the levels: from the images in hand, else from the prior at the rate that was said."""
    start, end = to_days(spans.event.start), to_days(spans.event.end)
    after_d = start if start == end else 0.5 * (start + end)
    numerator, denominator = (end, to_days(spans.after.end)), (to_days(spans.before.start), start)
    if record.kept:
        design = build(record, prior, numerator=numerator, denominator=denominator, after_d=after_d)
        return after_images(design, prior, after_d, days_in=record.days_in)
    assert asked.rate is not None
    before, after = (_centres(*window) for window in (denominator, numerator))
    node_d = np.concatenate([before, after])
    days = np.zeros((node_d.size, 2))
    days[before.size :, 0] = days[: before.size, 1] = 1.0
    return without_images(node_d, days, prior, after_d, rate=asked.rate, days_in=record.days_in)


def _centres(start: float, end: float) -> Array:
    """Centres of the days of a window; a window shorter than a day is one."""
    n = max(1, min(round(end - start), 1200))
    return np.asarray(start + (np.arange(n) + 0.5) * (end - start) / n)


def _simulated(
    bare: ImagePlan,
    situation: Situation,
    days: Days,
    how: Imaging,
    ways: Sequence[tuple[Imaging, str]],
    sky: Sky,
    asked: Asked,
) -> ImagePlan:
    """The curve, the fewest images that do, the closed formulas beside them, and the options."""
    have = (bare.have_before, bare.have_after)
    points = curve(situation, days, how, asked.images, have, ratio=asked.ratio)
    changed, same = _best_case(situation, how, asked)
    return replace(
        bare,
        curve=points,
        needed_changed=_fewest([p for p in points if p.power_changed.estimate >= asked.power]),
        needed_same=_fewest([p for p in points if p.power_same and p.power_same.estimate >= asked.power]),
        best_case_changed=changed,
        best_case_same=same,
        options=options(situation, days, ways, sky, ratio=asked.ratio),
    )


def _fewest(points: Sequence[CurvePoint]) -> CurvePoint | None:
    return min(points, key=lambda p: (p.added_before + p.added_after, p.from_archive), default=None)


def _best_case(situation: Situation, how: Imaging, asked: Asked) -> tuple[int, int | None]:
    """Images a side by the closed formulas, n = 2 / I (z / log)^2 (activity/missed): no drift, all days independent;
    and never so few that the plan's rule for few images gives no verdict."""
    latent, plan = situation.latent, situation.plan
    weight = latent.weight / latent.weight.sum()
    level = float(weight @ latent.effects[:, 0])
    k = math.exp(float(weight @ np.log(latent.dispersion_k)))
    told = image_information(latent.design, k, level, *how.exposure)
    one_side = z(0.5 + plan.level / 2)
    changed = 2.0 / told * ((one_side + z(asked.power)) / math.log(asked.ratio)) ** 2
    if plan.margin is None:
        return enough(changed, plan), None
    same = 2.0 / told * ((one_side + z(0.5 + asked.power / 2)) / math.log(plan.margin)) ** 2
    return enough(changed, plan), enough(same, plan)


def _next(
    plan: ImagePlan,
    situation: Situation,
    days: Days,
    ways: Sequence[Imaging],
    sky: Sky,
    finding: EventFinding,
    rng: np.random.Generator,
) -> ImagePlan:
    """The days worth most, and a schedule of the images that are needed, of the days that can give them."""
    wanted = [
        Candidate(
            day=d.day,
            is_after=d.is_after,
            source=d.source,
            how=how,
            p_usable=sky.of(d.day) * (how.archived if d.source == "archive" else 1.0),
            days_in=situation.record.days_in,
        )
        for d in days.every[:: math.ceil(len(days.every) / _MOST_CANDIDATES) or 1]
        for how in ways
    ]
    need = need_of(plan)
    if not wanted:
        return replace(plan, schedule=CollectionSchedule(wanted=need.before + need.after, why=need.why))
    worth = Worth(situation.latent, wanted, rng)
    sd = worth.sd
    listed = next_images(situation, wanted, worth, finding, number=min(len(situation.drawn), _MOST_SIMULATED))
    ordered = schedule(
        wanted,
        worth,
        need=need,
        seen_d=situation.record.time_d,
        chance=sky.chance,
        rho=sky.rho,
        first_day=sky.first_day,
    )
    return replace(plan, log_ratio_sd=sd, next=listed, schedule=ordered)
