"""What planned images are worth beside the closed formulas, and whether a site planned for gets the power promised.

    python benchmarks/planning.py [--replicates N] [--sites N] [--seed S]

1: images a side for a power of .8 by the closed formulas (no drift, independent days), and the power that the decision
tier reaches with so many on a site that drifts. 2: sites drawn by other code whose images before the event are seen:
the power that is promised from them, and how often the site itself is then answered. 3: how often a power's interval
holds the true power, exactly from the binomial. 4: time a question.
"""

from __future__ import annotations

import argparse
import math
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from scipy.stats import binom, binomtest

from overlook.activity import DEFAULT_PRIOR, Asked, plan_images
from overlook.activity.event import event_finding
from overlook.activity.missed import information
from overlook.activity.planning import situation_of
from overlook.activity.planning_days import OpenDay, spread
from overlook.activity.planning_imaging import imagings
from overlook.activity.planning_simulate import Imaging, Luck, clopper_pearson, powers
from overlook.activity.prior import hyper_grid
from overlook.activity.series import to_days, usable
from overlook.terms import Clouds, Count, Event, Plan, Power, Question, Sensor, Series, instant

EVENT = datetime(2021, 6, 1, tzinfo=UTC)
SERIES = Series(site="s", zone="z", cls="vehicle")
QUESTION = Question(kind="event", series=SERIES, event="e")
AT_EVENT = Event(id="e", name="e", during=instant(EVENT))
BEFORE, AFTER = 120, 45


def power_with(
    counts: list[Count], days: tuple[list[int], list[int]], n: tuple[int, int], asked: Asked, plan: Plan
) -> tuple[Power, Power | None]:
    """Power with `n` images more on each side, spread over `days` (days since 1970) of each."""
    record = usable(SERIES, counts)
    (how,) = imagings(record, (), ())
    rng = np.random.default_rng(asked.seed)
    situation = situation_of(QUESTION, AT_EVENT, plan, DEFAULT_PRIOR, record, [how], asked, rng)
    sides = [[OpenDay(day=d, is_after=bool(i), source="new") for d in of] for i, of in enumerate(days)]

    def ask(luck: Luck) -> list[tuple[int, Imaging]]:
        rng = luck.passes()
        return [(d.day, how) for side, more in zip(sides, n, strict=True) for d in spread(side, rng)[:more]]

    return powers(situation, ask, ratio=asked.ratio)


def against_the_formulas(replicates: int, seed: int) -> None:
    first = int(to_days(EVENT))
    days = (list(range(first - BEFORE, first)), list(range(first, first + AFTER)))
    print("1. 8 things an image, nothing seen yet, windows of 120 and 45 days; power (95% Monte-Carlo interval)")
    print(f"   {'':<20}{'a side, closed formula':<26}{'power with so many':<24}with an image every day")
    for ratio, margin in ((2.0, 2.0), (1.5, 1.5), (1.3, 1.25)):
        plan = Plan(margin=margin, before_days=BEFORE, after_days=AFTER)
        asked = Asked(ratio=ratio, replicates=replicates, rate=8.0, seed=seed)
        told = information(8.0, 1.0, 1.0, 0.0, DEFAULT_PRIOR.dispersion_k)
        change, same = (math.ceil(2 / told * (q / math.log(by)) ** 2) for q, by in ((2.486, ratio), (2.926, margin)))
        every = power_with([], days, (BEFORE, AFTER), asked, plan)
        for what, n, of in ((f"changed by {ratio:g}", change, 0), (f"same within {margin:g}", same, 1)):
            short = f"{n}: {AFTER} days after" if n > AFTER else _told(power_with([], days, (n, n), asked, plan)[of])
            print(f"   {what:<20}{n:<26}{short:<24}{_told(every[of])}", flush=True)


def _told(power: Power | None) -> str:
    assert power is not None
    return f"{power.estimate:.2f} ({power.low:.2f}–{power.high:.2f})"


def site(rng: np.random.Generator, ratio: float) -> np.ndarray:
    """The level of every day, its hyperparameters from the prior's grid, its true ratio as given; and k."""
    grid = hyper_grid(DEFAULT_PRIOR)
    mass = np.exp(grid.log_mass_scaled(1.0))
    s, t, a = np.unravel_index(rng.choice(mass.size, p=mass.ravel() / mass.sum()), mass.shape)
    sigma, rho, k = grid.drift_sd[s], math.exp(-1 / grid.correlation_time_d[t]), grid.dispersion_k[a]
    u = [sigma * rng.normal()]
    for _ in range(BEFORE + AFTER - 1):
        u.append(rho * u[-1] + sigma * math.sqrt(1 - rho**2) * rng.normal())
    day = np.arange(BEFORE + AFTER)
    weekday = np.array([(EVENT + timedelta(days=int(d) - BEFORE)).weekday() for d in day])
    level = 8.0 * np.exp(np.array(u) + (weekday >= 5) * DEFAULT_PRIOR.weekend_sd * rng.normal())
    level[BEFORE:] *= ratio / (level[BEFORE:].mean() / level[:BEFORE].mean())
    return np.append(level, k)


def counted(drawn: np.ndarray, days: list[int], rng: np.random.Generator) -> list[Count]:
    k = drawn[-1]
    return [
        Count(
            series=SERIES,
            when=instant(EVENT + timedelta(days=d - BEFORE, hours=12)),
            count=int(rng.poisson(drawn[d] * rng.gamma(k, 1 / k))),
        )
        for d in days
    ]


def promised_and_kept(sites: int, seed: int) -> None:
    """The promise is conditional on what was seen; over sites, its mean is to be the share that is answered."""
    print(f"2. {sites} sites by other code, 15 images before and 20 after to come: changed by 2")
    rng, promised, kept = np.random.default_rng(seed), [], 0
    plan = Plan(before_days=BEFORE, after_days=AFTER)
    first = int(to_days(EVENT))
    for i in range(sites):
        drawn = site(rng, 2.0)
        before = counted(drawn, sorted(rng.choice(BEFORE, 15, replace=False).tolist()), rng)
        asked = Asked(ratio=2.0, replicates=20, seed=seed + i)
        told, _ = power_with(before, ([], list(range(first, first + AFTER))), (0, 20), asked, plan)
        promised.append(told.estimate)
        edges = np.linspace(BEFORE, BEFORE + AFTER, 21).astype(int)
        after = counted(drawn, [int(rng.integers(a, b)) for a, b in pairwise(edges)], rng)
        finding = event_finding(QUESTION, [*before, *after], event=AT_EVENT, plan=plan, prior=DEFAULT_PRIOR)
        kept += finding.verdict == "changed" and finding.ratio is not None and finding.ratio.estimate > 1
    share, error = kept / sites, np.std(promised) / math.sqrt(sites)
    sd = math.sqrt(share * (1 - share) / sites)
    print(f"   promised {np.mean(promised):.3f} ± {error:.3f}, kept {share:.3f} ± {sd:.3f}")


def covered() -> None:
    """Fixed replicates beside what a rule that stops when Wilson's interval is clear of .8 would cover."""
    print("3. cover of the 95% interval of a power, exactly: 60 replicates; Wilson's, stopped at 30 when clear of .8")
    for truth in (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        fixed = sum(binom.pmf(h, 60, truth) for h in range(61) if _holds(clopper_pearson(h, 60), truth))
        print(f"   {truth:.2f}  {fixed:.3f}  {_stopped(truth):.3f}")


def _stopped(truth: float, target: float = 0.8) -> float:
    found = 0.0
    for first in range(31):
        mass, interval = binom.pmf(first, 30, truth), _wilson(first, 30)
        if interval[1] < target or interval[0] > target:
            found += mass * _holds(interval, truth)
            continue
        found += mass * sum(binom.pmf(h, 30, truth) for h in range(31) if _holds(_wilson(first + h, 60), truth))
    return float(found)


def _wilson(hits: int, of: int) -> tuple[float, float]:
    told = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    return float(told.low), float(told.high)


def _holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def timed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = [*sorted(rng.choice(BEFORE, 20, replace=False).tolist()), BEFORE + 3, BEFORE + 9]
    seen = counted(site(rng, 1.0), days, rng)
    for _ in range(2):  # the first compiles
        start, wall = time.process_time(), time.perf_counter()
        plan_images(
            QUESTION,
            seen,
            event=AT_EVENT,
            plan=Plan(margin=1.5),
            asked=Asked(),
            now=EVENT + timedelta(days=15),
            sensors=[Sensor(id="fine", gsd_m=0.5, revisit_d=3, archived=0.3), Sensor(id="b", gsd_m=0.5, revisit_d=1)],
            clouds=Clouds(site="s", usable=(0.5,) * 12, source="made up", spell_d=2.0),
        )
        core, clock = time.process_time() - start, time.perf_counter() - wall
    print(
        f"4. a question with 22 images, two sensors, all by default: {core:.1f} s of one core ({clock:.1f} s by clock)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2100)
    arguments = parser.parse_args()
    against_the_formulas(arguments.replicates, arguments.seed + 1)
    promised_and_kept(arguments.sites, arguments.seed + 2)
    covered()
    timed(arguments.seed)


if __name__ == "__main__":
    main()
