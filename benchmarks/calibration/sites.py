"""Made-up sites over the regimes of the study, and what is told of them.

Nothing here is taken from the model's own code: levels are made day by day, counts from gammas and Poissons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activity.drifting import AT_EVENT, SERIES, count
from overlook.activity import DEFAULT_PRIOR, Prior, answer
from overlook.terms import Count, Event, EventFinding, Plan, Question

BEFORE_D, AFTER_D = 120, 45
MARGIN = 1.25
NEAR = math.log(1.1)
PLAN = Plan(margin=MARGIN)
QUESTION = Question(kind="event", series=SERIES, event="event")
EVENT = Event(id="event", name="event", during=AT_EVENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """`rate` things a day on average, `k` dispersion (inf: Poisson), images a side, OU drift of the log level.

    `clouded`: images of clear spells only, .3 to 1 of the zone visible; else evenly spaced. `recall`: the range from
    which a site's probability of detection is drawn; what is declared is off by an error of sd .03; None: all found.
    """

    rate: float = 8.0
    k: float = 8.0
    n: tuple[int, int] = (27, 13)
    clouded: bool = False
    drift_sd: float = 0.35
    correlation_time_d: float = 14.0
    recall: tuple[float, float] | None = (0.6, 0.95)


RECALL_SD = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    counts: tuple[Count, ...]
    log_ratio: float
    log_step: float


def days_seen(rng: np.random.Generator, regime: Regime) -> NDArray[np.int64]:
    """Days of the 165 with an image. Clear spells last 4 days on average, cloudy ones 5."""
    sides = ((0, BEFORE_D, regime.n[0]), (BEFORE_D, AFTER_D, regime.n[1]))
    if not regime.clouded:
        return np.concatenate([at + np.floor((np.arange(n) + 0.5) * d / n).astype(np.int64) for at, d, n in sides])
    while True:
        turns = rng.random(BEFORE_D + AFTER_D)
        clear = [bool(turns[0] < 4 / 9)]
        for turn in turns[1:]:
            clear.append(turn >= 0.25 if clear[-1] else turn < 0.2)
        open_days = [at + np.flatnonzero(clear[at : at + d]) for at, d, _ in sides]
        if all(days.size >= n for days, (_, _, n) in zip(open_days, sides, strict=True)):
            chosen = [
                np.sort(rng.choice(days, n, replace=False)) for days, (_, _, n) in zip(open_days, sides, strict=True)
            ]
            return np.concatenate(chosen)


def drift(rng: np.random.Generator, regime: Regime) -> NDArray[np.float64]:
    """The daily Ornstein-Uhlenbeck drift, (165,)."""
    noise, rho = rng.normal(size=BEFORE_D + AFTER_D), math.exp(-1.0 / regime.correlation_time_d)
    u = [noise[0]]
    for x in noise[1:]:
        u.append(rho * u[-1] + math.sqrt(1 - rho * rho) * x)
    return regime.drift_sd * np.array(u)


def make(rng: np.random.Generator, regime: Regime, *, step: float = 0.0, log_ratio: float | None = None) -> Site:
    """A site with this log step at the event on top of its drift, or with the step that makes `log_ratio` exact."""
    seen = days_seen(rng, regime)
    level = np.exp(drift(rng, regime))
    fallen = math.log(level[BEFORE_D:].mean() / level[:BEFORE_D].mean())
    if log_ratio is not None:
        step = log_ratio - fallen
    level[BEFORE_D:] *= math.exp(step)
    visible = rng.uniform(0.3, 1.0, seen.size) if regime.clouded else np.ones(seen.size)
    true_recall, declared = 1.0, {}
    if regime.recall is not None:
        told = rng.uniform(*regime.recall)
        true_recall = min(max(told + RECALL_SD * rng.normal(), 0.3), 1.0)
        declared = {"detection_probability": told, "detection_probability_sd": RECALL_SD}
    gamma = np.ones(seen.size) if math.isinf(regime.k) else rng.gamma(regime.k, 1 / regime.k, seen.size)
    y = rng.poisson(regime.rate * level[seen] * gamma * visible * true_recall)
    counts = tuple(
        count(d - BEFORE_D + 0.5, n, visible_fraction=float(v), **declared)
        for d, n, v in zip(seen, y, visible, strict=True)
    )
    return Site(counts=counts, log_ratio=fallen + step, log_step=step)


def ask(site: Site, *, prior: Prior = DEFAULT_PRIOR, plan: Plan = PLAN) -> EventFinding:
    found = answer(QUESTION, site.counts, event=EVENT, events=(), plan=plan, prior=prior)
    assert isinstance(found, EventFinding)
    return found


#: What is kept of one answer.
Told = np.dtype(
    [
        ("answered", "?"),
        ("truth", "f8"),
        ("covers", "?"),
        ("width", "f8"),
        ("up", "?"),
        ("changed", "?"),
        ("same", "?"),
        ("exploratory", "?"),
        ("step_covers", "?"),
        ("step_excludes", "?"),
        ("step_up", "?"),
    ]
)


def told(site: Site, found: EventFinding) -> tuple[float | bool, ...]:
    """One row of Told. Where there was no answer, nothing was called and nothing covered: see `answered`."""
    if found.ratio is None or found.step is None:
        return (False, site.log_ratio, False, math.nan, *(False,) * 3, found.exploratory, *(False,) * 3)
    ratio, step = math.exp(site.log_ratio), math.exp(site.log_step)
    changed = found.verdict == "changed"
    return (
        True,
        site.log_ratio,
        found.ratio.low <= ratio <= found.ratio.high,
        math.log(found.ratio.high / found.ratio.low),
        changed and found.ratio.low > 1,
        changed,
        found.verdict == "same" or found.also_same,
        found.exploratory,
        found.step.low <= step <= found.step.high,
        not found.step.low <= 1 <= found.step.high,
        found.step.low > 1,
    )


def asked_of(rng: np.random.Generator, regime: Regime, n: int, **truth: float) -> np.ndarray:
    """`n` sites of a regime asked under the default prior; `truth` as `make` takes it."""
    rows = []
    for _ in range(n):
        site = make(rng, regime, **truth)
        rows.append(told(site, ask(site)))
    return np.array(rows, dtype=Told)
