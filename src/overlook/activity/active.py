"""Active, or no activity observed? (`ActivityFinding`.)

A bounded rate is evidence; a silent series is not a sleeping site. Never a rate that nobody's images could bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Literal

import numpy as np

from overlook.activity.confounders import confounders
from overlook.activity.design import build
from overlook.activity.posterior import Mixture, fit
from overlook.activity.prior import Prior
from overlook.activity.scale import index_obstacle, scale_of
from overlook.activity.series import Usable, to_days, usable
from overlook.terms import ActivityFinding, Count, Estimate, Interval, Observation, Plan, Question, Series

Verdict = Literal["active", "no activity observed", "undetermined"]

#: Three-point Gauss-Hermite nodes and weights of a standard normal, for shared recall errors.
_HERMITE = ((-math.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (math.sqrt(3.0), 1 / 6))


def activity_finding(
    question: Question,
    observations: Sequence[Observation],
    *,
    plan: Plan,
    prior: Prior,
    exploratory: tuple[str, ...] = (),
    days_in: tzinfo = UTC,
) -> ActivityFinding:
    """Answer one question of kind "activity" over its window, or over all dated observations when it names none; days
    of the week are of `days_in`."""
    asked = question.id
    question = replace(question, window=question.window or _span(question.series, observations))
    record = usable(question.series, observations, within=question.window, days_in=days_in)
    counts = [o for o in record.kept if isinstance(o, Count)]
    notes = [*exploratory, *record.notes]
    total = sum(o.count for o in counts)
    equivalents = sum(o.visible_fraction * (o.detection_probability or 1.0) for o in counts)
    rate, p_active = None, None
    verdict: Verdict = "undetermined"
    if not record.kept:
        notes.append("no usable image in the window")
    elif record.is_index:
        rate, p_active, verdict = _index_level(record, question, plan, prior, notes)
        notes += confounders(record)
    else:
        rate, p_active = _rate(record, counts, question, plan, prior, notes)
        verdict = _verdict(rate, p_active, counts, plan, notes)
        notes += confounders(record)
    return ActivityFinding(
        id=asked,
        series=question.series,
        window=question.window,
        n_images=len(record.kept),
        image_equivalents=equivalents,
        total_count=total,
        rate=rate,
        quiet_below=quiet_level(question.series, plan, is_index=record.is_index),
        p_active=p_active,
        verdict=verdict,
        exploratory=bool(exploratory) or len(record.kept) < plan.few_images,
        notes=tuple(dict.fromkeys(notes)),
        evidence=tuple(dict.fromkeys(item for o in record.kept for item in o.evidence)),
    )


def _span(series: Series, observations: Sequence[Observation]) -> Interval | None:
    """From the first to the last observation of the series, seen or not; None when none is dated."""
    dated = [o.when for o in observations if o.series == series and o.when is not None]
    return Interval(start=min(w.start for w in dated), end=max(w.end for w in dated)) if dated else None


def zero_bound(counts: Sequence[Count], probability: float) -> tuple[float, float]:
    """(upper bound of the rate with `probability`, image-equivalents E) when every count is zero.

    Flat prior on the rate, Poisson: at most -log(1 - probability) / E, which is 3 / E at 95% (the "rule of three",
    Hanley & Lippman-Hand 1983). E = sum of visible fraction x recall, recall shared within a sensor and reader and
    averaged over its declared error. Valid for images far enough apart to be separate looks.
    """
    equivalents, _ = _equivalents(counts)
    low, high = 0.0, -math.log1p(-probability) / equivalents
    while zero_tail(counts, high) > 1 - probability:
        high *= 2.0
    for _ in range(50):
        rate = 0.5 * (low + high)
        low, high = (rate, high) if zero_tail(counts, rate) > 1 - probability else (low, rate)
    return high, equivalents


def zero_tail(counts: Sequence[Count], rate: float) -> float:
    """Probability that the rate exceeds `rate`, given that every count is zero: `zero_bound`'s posterior."""
    equivalents, relative = _equivalents(counts)
    points = [(weight, equivalents * math.exp(q * relative)) for q, weight in _HERMITE]
    # A flat prior on the rate leaves each possible recall a posterior mass of its weight over its exposure.
    mass = sum(weight / e for weight, e in points)
    return sum(weight / e * math.exp(-rate * e) for weight, e in points) / mass


def _equivalents(counts: Sequence[Count]) -> tuple[float, float]:
    """Image-equivalents and the sd of their logarithm: errors of several groups, taken as one, err wide."""
    total, error = 0.0, 0.0
    for o in counts:
        recall = o.detection_probability or 1.0
        total += o.visible_fraction * recall
        error += o.visible_fraction * o.detection_probability_sd
    return total, error / total


def false_alarm_p(counts: Sequence[Count]) -> float:
    """Probability of a total count as high as seen if nothing was ever there: gamma-mixed Poisson of the false alarms.

    Their errors are shared within a sensor and reader, independent between. 1 when nothing was counted.
    """
    from scipy.special import betainc, gammainc

    total = sum(o.count for o in counts)
    if total == 0:
        return 1.0
    expected = sum(o.visible_fraction * o.false_alarms for o in counts)
    errors: dict[tuple[str, str], float] = {}
    for o in counts:
        key = (o.sensor, o.observer)
        errors[key] = errors.get(key, 0.0) + o.visible_fraction * o.false_alarms_sd
    variance = sum(e * e for e in errors.values())
    if expected <= 0 and variance <= 0:
        return 0.0
    expected = max(expected, 1e-9)
    if variance <= 1e-9 * expected * expected:
        return float(gammainc(total, expected))
    shape = expected * expected / variance
    return float(betainc(total, shape, variance / (variance + expected)))


def _rate(
    record: Usable, counts: list[Count], question: Question, plan: Plan, prior: Prior, notes: list[str]
) -> tuple[Estimate, float | None]:
    """Mean level over the window, and the probability that it lies above the quiet rate."""
    upper = 0.5 + plan.level / 2
    if not any(o.count for o in counts):
        bound, equivalents = zero_bound(counts, upper)
        middle, _ = zero_bound(counts, 0.5)
        notes.append(
            f"none counted on images worth {equivalents:.3g} whole ones: at most {bound:.2g} an image ({upper:.0%}), "
            "if they are far enough apart to be separate evidence"
        )
        if any(o.detection_probability is None for o in counts):
            notes.append("probability of detection not declared: the bound is on vehicles that would have been counted")
        p = None if plan.quiet_below is None else zero_tail(counts, plan.quiet_below)
        return Estimate(estimate=middle, low=0.0, high=bound, level=plan.level), p
    mean = _window_level(record, question, prior, notes)
    low, middle, high = (math.exp(q) for q in mean.quantiles(1 - upper, 0.5, upper))
    p = None if plan.quiet_below is None else 1.0 - float(mean.cdf(np.array([math.log(plan.quiet_below)]))[0])
    return Estimate(estimate=middle, low=low, high=high, level=plan.level), p


def _window_level(record: Usable, question: Question, prior: Prior, notes: list[str]) -> Mixture:
    assert question.window is not None
    design = build(record, prior, numerator=(to_days(question.window.start), to_days(question.window.end)))
    notes += design.notes
    return fit(design, prior).contrast()


def _verdict(rate: Estimate, p_active: float | None, counts: list[Count], plan: Plan, notes: list[str]) -> Verdict:
    sure = 0.5 + plan.level / 2
    if plan.quiet_below is None:
        p = false_alarm_p(counts)
        total = sum(o.count for o in counts)
        if total == 0:
            notes.append("no quiet rate was declared: silence cannot be called quiet, only bounded")
            return "undetermined"
        if p < 1 - sure:
            return "active"
        notes.append(f"{total} counted could all be false alarms (p = {p:.2g})")
        return "undetermined"
    if p_active is not None and p_active >= sure:
        return "active"
    return "no activity observed" if rate.high < plan.quiet_below else "undetermined"


def _index_level(
    record: Usable, question: Question, plan: Plan, prior: Prior, notes: list[str]
) -> tuple[Estimate | None, float | None, Verdict]:
    """An index has a level, in its own unit; active or quiet only against the level declared for it."""
    if unfit := index_obstacle(record.kept):
        notes.append(unfit)
        return None, None, "undetermined"
    scale, quiet = scale_of(record.kept), quiet_level(question.series, plan, is_index=True)
    notes.append("an index, not a count: the level is in the index's own unit")
    mean = _window_level(record, question, prior, notes)
    upper = 0.5 + plan.level / 2
    low, middle, high = (scale.value(q) for q in mean.quantiles(1 - upper, 0.5, upper))
    level = Estimate(estimate=middle, low=low, high=high, level=plan.level)
    if quiet is None:
        if plan.quiet_below is not None:
            notes.append(
                f"a quiet rate ({plan.quiet_below:g}) is of counts and was not applied to this index: its own level is "
                "declared under `plan: quiet_index:` of a case"
            )
        notes.append("no quiet level was declared for this index: what counts as activity is not known")
        return level, None, "undetermined"
    at = scale.log(quiet)
    p_active = 1.0 if math.isinf(at) else 1.0 - float(mean.cdf(np.array([at]))[0])
    if len(record.kept) < plan.few_images:
        notes.append(f"fewer than {plan.few_images} values: what an index does between them is assumed, not seen")
        return level, p_active, "undetermined"
    if p_active >= upper:
        return level, p_active, "active"
    return level, p_active, "no activity observed" if p_active <= 1 - upper else "undetermined"


def quiet_level(series: Series, plan: Plan, *, is_index: bool) -> float | None:
    """What was declared quiet: a rate of counts, or the index's own level; None when nobody declared it."""
    return dict(plan.quiet_index).get(series.cls) if is_index else plan.quiet_below
