"""Did the level change at this event, stay about the same, or can nobody tell? (`EventFinding`.)

`ratio` is about what happened, drift included: mean level over all days of the window after, to that before. `step` is
the shift at the event beyond this site's usual drift. They are different questions, and both are told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from typing import Literal

import numpy as np

from overlook.activity import few
from overlook.activity.confounders import confounders
from overlook.activity.curves import density_of
from overlook.activity.design import Design, build
from overlook.activity.laplace import LOG_INDEX
from overlook.activity.missed import images_needed, missed
from overlook.activity.posterior import Mixture, Posterior, fit, prior_variance
from overlook.activity.prior import Prior
from overlook.activity.scale import decibel_note, index_obstacle
from overlook.activity.series import Usable, to_days, usable
from overlook.terms import (
    Count,
    Estimate,
    Event,
    EventFinding,
    Index,
    Interval,
    Missed,
    ModelUsed,
    Observation,
    Plan,
    Question,
    Step,
)

Verdict = Literal["changed", "same", "undetermined"]

#: Older images than this before the event teach nothing of the season that two years do not; and the newest so many.
HISTORY_D = 800.0
MOST_HISTORY = 400
#: Of a normal prior, 95% lie within so many standard deviations.
_OUTER = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The event and the windows beside it. Images during the event belong to neither."""

    event: Interval
    before: Interval
    after: Interval


def windows(event: Interval, plan: Plan) -> Windows:
    return Windows(
        event=event,
        before=Interval(start=event.start - timedelta(days=plan.before_days), end=event.start),
        after=Interval(start=event.end, end=event.end + timedelta(days=plan.after_days)),
    )


def event_finding(
    question: Question,
    observations: Sequence[Observation],
    *,
    event: Event,
    plan: Plan,
    prior: Prior,
    exploratory: tuple[str, ...] = (),
    days_in: tzinfo = UTC,
) -> EventFinding:
    """Answer one question of kind "event" from the observations of its series; days of the week are of `days_in`."""
    spans = windows(event.during, plan)
    record, notes = _of_the_event(question, observations, spans, days_in)
    start, end = to_days(event.during.start), to_days(event.during.end)
    times = np.asarray(record.time_d)
    n_before = int(((times < start) & (times >= to_days(spans.before.start))).sum())
    n_after = int((times > end).sum())
    notes = [*exploratory, *notes]
    obstacle = _obstacle(record, n_before, n_after, spans)
    finding = EventFinding(
        id=question.id,
        series=question.series,
        event=event.id,
        before=spans.before,
        after=spans.after,
        n_before=n_before,
        n_after=n_after,
        ratio=None,
        step=None,
        verdict="undetermined",
        exploratory=bool(exploratory) or n_before + n_after < plan.few_images,
        missed=Missed(),
        margin=plan.margin,
        model=None,
        notes=(*notes, *obstacle),
        evidence=_evidence(record),
    )
    if obstacle:
        return finding
    design = build(
        record,
        prior,
        numerator=(end, to_days(spans.after.end)),
        denominator=(to_days(spans.before.start), start),
        after_d=start if start == end else 0.5 * (start + end),
    )
    posterior = fit(design, prior)
    notes += [*confounders(record, (start, end), since=to_days(spans.before.start)), *design.notes]
    return _told(finding, record, design, posterior, plan, prior, notes=notes, was_seen=bool(exploratory))


def _told(
    finding: EventFinding,
    record: Usable,
    design: Design,
    posterior: Posterior,
    plan: Plan,
    prior: Prior,
    *,
    notes: list[str],
    was_seen: bool,
) -> EventFinding:
    """Estimates, verdict and what was missed, put into the empty finding."""
    ratio = posterior.contrast()
    verdict, also_same = _verdict(ratio, plan)
    is_few = finding.n_before + finding.n_after < plan.few_images
    flips = [f for f in (0.5, 2.0) if not is_few and _verdict(posterior.contrast(f), plan)[0] != verdict]
    expected = prior_variance(design, prior)
    weight = min(1.0, ratio.sd**2 / expected)
    notes += _far_note(ratio.centre, math.sqrt(expected), weight)
    if flips:
        words = ", ".join(
            f"{_verdict(posterior.contrast(f), plan)[0]} with {'half' if f < 1 else 'twice'} the drift" for f in flips
        )
        notes.append(
            f"the answer turns on the drift that the prior assumes ({verdict} as declared, {words}): exploratory"
        )
    need = images_needed(
        design,
        plan,
        sd=ratio.sd,
        level=posterior.effect("level").centre,
        k=math.exp(float(posterior.weights() @ np.log(posterior.dispersion_k))),
        n_before=finding.n_before,
        n_after=finding.n_after,
    )
    limits = missed(ratio.sd, plan, images_needed=need)
    if is_few:
        notes += _few_notes(finding, record, limits, weight, plan, _estimate(ratio, plan.level))
    is_noise = few.mostly_false_alarms(_in_windows(record, finding))
    notes += [few.FALSE_ALARMS_NOTE] * is_noise
    exploratory = was_seen or is_few or bool(flips) or is_noise
    if is_few or flips or is_noise:
        verdict, also_same = "undetermined", False
    inside = _within(ratio, plan)
    notes += decibel_note(_estimate(ratio, plan.level), record.kept)
    return replace(
        finding,
        ratio=_estimate(ratio, plan.level),
        step=_step(posterior.effect("step"), plan.level, exploratory=exploratory),
        verdict=verdict,
        also_same=also_same,
        exploratory=exploratory,
        missed=limits,
        p_within_margin=inside,
        p_above_one=1.0 - float(ratio.cdf(np.zeros(1))[0]),
        density=None if is_few else density_of(ratio),
        model=model_used(posterior, prior, weight),
        notes=tuple(dict.fromkeys(notes)),
    )


def pulled(log_ratio: float, weight: float) -> float:
    """Log of the factor by which a normal prior about no change has drawn an estimate: m w / (1 - w).

    With prior N(0, P) and data of variance V about their own estimate d, the posterior has v = 1 / (1/P + 1/V) and
    m = d v / V, so that d = m / (1 - v / P) (Lindley & Smith 1972, J. R. Stat. Soc. B 34). `weight` is v / P.
    """
    return log_ratio * weight / (1.0 - weight) if weight < 1.0 else math.inf


def _far_note(log_ratio: float, expected_sd: float, weight: float) -> tuple[str, ...]:
    """Said of a ratio in the outer twentieth of its prior, where being drawn to no change matters: a normal prior has
    no room for what it does not expect."""
    if abs(log_ratio) <= _OUTER * expected_sd or weight >= 1.0:
        return ()
    by, most = math.exp(abs(pulled(log_ratio, weight))), math.exp(_OUTER * expected_sd)
    return (
        f"the ratio is beyond what the prior expects of steps and drift (19 of 20 within ×{1 / most:.2g} to "
        f"×{most:.2g}), which draws it towards no change, by a factor of about {by:.2f}: the change may be larger than "
        "its interval says",
    )


def _of_the_event(
    question: Question, observations: Sequence[Observation], spans: Windows, days_in: tzinfo
) -> tuple[Usable, list[str]]:
    """The images that may speak: history and the window before, none during the event, the window after."""
    history = Interval(start=spans.event.start - timedelta(days=HISTORY_D), end=spans.after.end)
    record = usable(question.series, observations, within=history, days_in=days_in)
    kept: list[tuple[float, Count | Index]] = []
    during = 0
    for t, o in zip(record.time_d, record.kept, strict=True):
        if o.when.end >= spans.event.start and o.when.start <= spans.event.end:
            during += 1
        else:
            kept.append((t, o))
    first = to_days(spans.before.start)
    old = [pair for pair in kept if pair[0] < first]
    older = max(0, len(old) - MOST_HISTORY)
    kept = [*old[older:], *(pair for pair in kept if pair[0] >= first)]
    notes = list(record.notes)
    if during:
        notes.append(
            f"{during} image{'' if during == 1 else 's'} during the event, or not known to be on one side, left out"
        )
    return replace(record, kept=tuple(o for _, o in kept), time_d=tuple(t for t, _ in kept)), notes


def _obstacle(record: Usable, n_before: int, n_after: int, spans: Windows) -> tuple[str, ...]:
    """Why nothing can be fitted, in words; empty when something can."""
    if not n_before and not n_after:
        return ("no usable image in either window: nothing can be compared",)
    if not n_before or not n_after:
        side, span = ("before", spans.before) if not n_before else ("after", spans.after)
        seen = few.each_with_rank(record.kept) if len(record.kept) <= 5 else ()
        return (
            f"no usable image in the window {side} ({span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}): "
            "nothing can be compared",
            *seen,
        )
    if record.is_index:
        unfit = index_obstacle(record.kept)
        return (unfit,) if unfit else ()
    counts = [o for o in record.kept if isinstance(o, Count)]
    if not any(o.count for o in counts):
        seen_before, seen_after = _exposures(record, to_days(spans.event.start))
        return (
            "nothing was counted on either side: a ratio of two levels near zero cannot be told; "
            f"at most {3 / seen_before:.2g} an image before and {3 / seen_after:.2g} after (95%)",
        )
    return ()


def _exposures(record: Usable, event_d: float) -> tuple[float, float]:
    total = [0.0, 0.0]
    for t, o in zip(record.time_d, record.kept, strict=True):
        total[int(t > event_d)] += o.visible_fraction * (getattr(o, "detection_probability", None) or 1.0)
    return total[0], total[1]


def _verdict(ratio: Mixture, plan: Plan) -> tuple[Verdict, bool]:
    """The interval against 1, and against the margin if one was declared; both can hold."""
    low, high = ratio.quantiles(0.5 - plan.level / 2, 0.5 + plan.level / 2)
    is_same = plan.margin is not None and -math.log(plan.margin) < low and high < math.log(plan.margin)
    if low > 0 or high < 0:
        return "changed", is_same
    return ("same", False) if is_same else ("undetermined", False)


def _within(ratio: Mixture, plan: Plan) -> float | None:
    if plan.margin is None:
        return None
    low, high = ratio.cdf(np.array([-1.0, 1.0]) * math.log(plan.margin))
    return float(high - low)


def _estimate(log_value: Mixture, level: float) -> Estimate:
    low, middle, high = log_value.quantiles(0.5 - level / 2, 0.5, 0.5 + level / 2)
    return Estimate(estimate=math.exp(middle), low=math.exp(low), high=math.exp(high), level=level)


def _step(beta: Mixture, level: float, *, exploratory: bool) -> Step:
    """`p_value`: twice the smaller posterior tail of the step about zero, drift allowed for."""
    told = _estimate(beta, level)
    below = float(beta.cdf(np.zeros(1))[0])
    p_value = None if exploratory else min(1.0, 2.0 * min(below, 1.0 - below))
    return Step(estimate=told.estimate, low=told.low, high=told.high, p_value=p_value)


def _few_notes(
    finding: EventFinding, record: Usable, limits: Missed, weight: float, plan: Plan, told: Estimate
) -> list[str]:
    n = finding.n_before + finding.n_after
    notes = [
        f"{n} usable image{'' if n == 1 else 's'}, fewer than {plan.few_images}: exploratory, no p-value and no "
        "likelihood word"
    ]
    is_apart = told.low > 1 or told.high < 1
    if is_apart:
        notes.append(
            "the counts before and after differ by more than this model expects of chance, and under "
            f"{plan.few_images} images no verdict is given, however large the difference"
        )
    elif limits.smallest_ratio_up is not None and limits.smallest_ratio_down is not None:
        notes.append(
            f"no change seen; a rise under ×{limits.smallest_ratio_up:.2g} or a fall that stops above "
            f"×{limits.smallest_ratio_down:.2g} would have been missed"
        )
    notes.append(
        f"{weight:.0%} of the answer is what was assumed beforehand (the prior): so much of the variance of its ratio "
        "the images left as it was"
    )
    seen = _in_windows(record, finding)
    notes += few.each_with_rank(seen)
    ends = (seen[0], seen[-1])
    if len(seen) == 2 and isinstance(ends[0], Count) and isinstance(ends[1], Count):
        notes.append(few.pair_note(ends[0], ends[1]))
    return notes


def model_used(posterior: Posterior, prior: Prior, prior_weight: float | None) -> ModelUsed:
    """The model in words, with posterior means of its hyperparameters."""
    weight = posterior.weights()
    is_index = posterior.design.family == LOG_INDEX
    likelihood = "log Student-t" if is_index else "negative binomial"
    if posterior.design.false_alarms.any():
        likelihood = "Delaporte (gamma-mixed Poisson and false alarms)"
    return ModelUsed(
        name=f"{likelihood} on an Ornstein-Uhlenbeck drift; Laplace approximation over a grid",
        prior=f"{prior.name}: {prior.origin}",
        terms=posterior.design.terms,
        widened_for=posterior.design.widened_for,
        dispersion_k=None if is_index else float(weight @ posterior.dispersion_k),
        drift_sd=float(weight @ posterior.drift_sd),
        correlation_time_d=float(weight @ posterior.correlation_time_d),
        nugget_sd=float(weight @ posterior.dispersion_k**-0.5) if is_index else None,
        prior_weight=prior_weight,
    )


def _in_windows(record: Usable, finding: EventFinding) -> tuple[Count | Index, ...]:
    """The images of the two windows; older ones teach the model but are not compared."""
    start = to_days(finding.before.start)
    return tuple(o for t, o in zip(record.time_d, record.kept, strict=True) if t >= start)


def _evidence(record: Usable) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for o in record.kept for item in o.evidence))
