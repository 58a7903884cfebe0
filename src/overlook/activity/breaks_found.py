"""When did it change? Breaks that nobody declared, found by scanning every time between two images (`BreakFinding`).

It finds breaks or stays silent: never "about the same", which a scan cannot show.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import numpy as np

from overlook.activity import few
from overlook.activity.breaks_scan import (
    LEAST_SEGMENT,
    REPLICATES,
    Located,
    Scan,
    drift_told,
    located,
    p_value,
    scanned,
)
from overlook.activity.confounders import confounders
from overlook.activity.design import build
from overlook.activity.laplace import LOG_INDEX
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.scale import index_obstacle
from overlook.activity.sensors import MIX_MOVED, labels_of, mix_moved
from overlook.activity.series import Usable, usable
from overlook.activity.sightings import order_of
from overlook.terms import (
    Break,
    BreakFinding,
    Count,
    Estimate,
    Event,
    Index,
    Interval,
    ModelUsed,
    Observation,
    Plan,
    Question,
    Series,
)

#: Chance of any break found where there is none, only drift; halved at each level of splitting.
ALPHA = 0.05
_YEAR_D = 365.2425


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """A break taken: it came after image `at` of the series; the run of images (first, end) it was located in.

    `episode`: the run it was found in as one end of an episode; None for a step that stayed.
    """

    at: int
    first: int
    end: int
    p_value: float
    alpha: float
    where: Located
    episode: tuple[int, int] | None = None


def breaks(
    series: Series,
    observations: Sequence[Observation],
    *,
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
    events: Sequence[Event] = (),
    exploratory: tuple[str, ...] = (),
    days_in: tzinfo = UTC,
    seed: int = 0,
) -> BreakFinding:
    """Scan all usable images of `series` (other observations are ignored) for shifts of its level beyond its drift.

    The whole series is scanned first, at .05, for a step that stays and for an episode: a level that shifts and shifts
    back, which is two breaks. Where one is found the images before, within and after are scanned each on their own, at
    half of that, and so on (binary segmentation, Scott & Knott 1974, with the two ends of Olshen and others 2004):
    where there is no break at all one is found with chance .05 at most. Under `plan.few_images` images there is no
    p-value; a part with fewer is not split. Last, each break is located again between its neighbours. `seed`: of the
    made-up series of the p-values.

    `events`: those that each break is put before or after. `exploratory`: reasons why the scan was not set beforehand;
    its p-values stay, since a scan chooses no date: they already count every place it looked at.
    Days of the week are of the time zone `days_in`.
    """
    record = usable(series, observations, days_in=days_in)
    evidence = tuple(dict.fromkeys(item for o in record.kept for item in o.evidence))
    obstacle = _obstacle(record, plan)
    if obstacle:
        return BreakFinding(
            id=Question(kind="break", series=series).id,
            series=series,
            window=_window(record.kept),
            n_images=len(record.kept),
            p_value=None,
            alpha=ALPHA,
            verdict="undetermined",
            exploratory=bool(exploratory) or len(record.kept) < plan.few_images,
            notes=(*exploratory, *record.notes, *obstacle),
            evidence=evidence,
        )
    whole = _scan(record, 0, len(record.kept), prior)
    assert whole is not None
    p = p_value(whole, _rng(seed, 0, len(record.kept)))
    splits = _splits(record, whole, p, plan, prior, seed)
    final = [_between_neighbours(record, i, splits, prior) for i in range(len(splits))]
    notes = [*exploratory, *record.notes, *confounders(record), *whole.design.notes, *_notes(record, final)]
    return BreakFinding(
        id=Question(kind="break", series=series).id,
        series=series,
        window=_window(record.kept),
        n_images=len(record.kept),
        p_value=p,
        alpha=ALPHA,
        verdict="changed" if final else "undetermined",
        exploratory=bool(exploratory),
        found=tuple(_break(record, split, plan, events) for split in final),
        model=_model(whole, prior),
        notes=tuple(dict.fromkeys(notes)),
        evidence=evidence,
    )


def _obstacle(record: Usable, plan: Plan) -> tuple[str, ...]:
    """Why nothing is scanned, in words; empty when something is."""
    n = len(record.kept)
    if n == 0:
        return ("no usable image: nothing can be scanned",)
    if n < max(plan.few_images, 2 * LEAST_SEGMENT):
        seen = few.each_with_rank(record.kept)
        return (
            f"{n} usable image{'' if n == 1 else 's'}, fewer than {max(plan.few_images, 2 * LEAST_SEGMENT)}: "
            "exploratory, no p-value; no break is looked for",
            *seen,
        )
    if unfit := index_obstacle(record.kept):
        return (unfit,)
    if not record.is_index and not any(o.count for o in record.kept if isinstance(o, Count)):
        return ("nothing was counted on any image: a break between two levels near zero cannot be told",)
    return ()


def _scan(record: Usable, first: int, end: int, prior: Prior) -> Scan | None:
    """Images first … end - 1, on their own; None when they are too few, or nothing was counted on them."""
    kept, times = record.kept[first:end], record.time_d[first:end]
    if len(kept) < 2 * LEAST_SEGMENT or not any(getattr(o, "count", 1) for o in kept):
        return None
    part = replace(record, kept=kept, time_d=times, notes=(), unseen=())
    # One moment as the window: no day without an image is asked about.
    return scanned(build(part, prior, numerator=(times[0], times[0])), prior)


def _splits(record: Usable, whole: Scan, p: float, plan: Plan, prior: Prior, seed: int) -> list[_Split]:
    """Breaks in order of time, by recursion."""
    taken: list[_Split] = []
    open_parts = [(0, len(record.kept), ALPHA, whole, p)]
    while open_parts:
        first, end, alpha, scan, p = open_parts.pop()
        if p > alpha:
            continue
        new = _episode(record, scan, first, end, prior) or [(first, end, located(scan))]
        ats = [start + where.best for start, _, where in new]
        for at, (start, stop, where) in zip(ats, new, strict=True):
            episode = (first, end) if len(new) > 1 else None
            taken.append(_Split(at=at, first=start, end=stop, p_value=p, alpha=alpha, where=where, episode=episode))
        half = 0.5 * alpha
        if half * (REPLICATES + 1) < 1:
            continue
        edges = [first, *(at + 1 for at in ats), end]
        for start, stop in itertools.pairwise(edges):
            part = _scan(record, start, stop, prior) if stop - start >= plan.few_images else None
            if part is not None:
                open_parts.append((start, stop, half, part, p_value(part, _rng(seed, start, stop))))
    return sorted(taken, key=lambda split: split.at)


def _episode(record: Usable, scan: Scan, first: int, end: int, prior: Prior) -> list[tuple[int, int, Located]]:
    """Both ends of the likeliest episode, each with the run it is located in; empty where a step is likelier.

    The scan tries some ends only: each is located among all images up to the other.
    """
    if scan.episode is None:
        return []
    ends = first + scan.episode[1]
    before = _scan(record, first, ends + 1, prior)
    if before is None:
        return []
    rise = located(before)
    start = first + rise.best + 1
    after = _scan(record, start, end, prior)
    return [] if after is None else [(first, ends + 1, rise), (start, end, located(after))]


def _between_neighbours(record: Usable, i: int, splits: Sequence[_Split], prior: Prior) -> _Split:
    """The break located again on the images between the breaks beside it, not all known when it was found."""
    split = splits[i]
    first = splits[i - 1].at + 1 if i else 0
    end = splits[i + 1].at + 1 if i + 1 < len(splits) else len(record.kept)
    if (first, end) == (split.first, split.end):
        return split
    scan = _scan(record, first, end, prior)
    if scan is None:
        return split
    return replace(split, first=first, end=end, where=located(scan))


def _break(record: Usable, split: _Split, plan: Plan, events: Sequence[Event]) -> Break:
    last, next_one = split.where.credible(plan.level)
    low, middle, high = split.where.step.quantiles(0.5 - plan.level / 2, 0.5, 0.5 + plan.level / 2)
    between = _gap(record, split.first + last, split.first + next_one)
    site = record.kept[0].series.site
    return Break(
        between=between,
        likeliest=_gap(record, split.first + split.where.best, split.first + split.where.best + 1),
        level=plan.level,
        ratio=Estimate(estimate=math.exp(middle), low=math.exp(low), high=math.exp(high), level=plan.level),
        p_value=split.p_value,
        alpha=split.alpha,
        order=tuple((e.id, order_of(between, e)) for e in events if not e.sites or site in e.sites),
    )


def _gap(record: Usable, last: int, first: int) -> Interval:
    """From the image before to the image after, each as widely as its time is known."""
    before, after = record.kept[last].when, record.kept[first].when
    return Interval(start=min(before.start, after.start), end=max(before.end, after.end))


def _notes(record: Usable, found: Sequence[_Split]) -> list[str]:
    notes = [
        f"p-values from {REPLICATES} made-up series that drift without a break, with images at the same times; a break "
        f"is looked for between any two images with at least {LEAST_SEGMENT} on each side, and a level that shifts and "
        "shifts back"
    ]
    for begun in sorted({split.episode for split in found if split.episode is not None}):
        ends = " and ".join(str(i) for i, split in enumerate(found, 1) if split.episode == begun)
        notes.append(f"breaks {ends} were found together: a level that shifted and shifted back")
    if not found:
        notes.append("no break found: no evidence that there was none")
    if record.time_d[-1] - record.time_d[0] <= _YEAR_D:
        notes.append("images span less than a year: a season cannot be told from drift or break")
    labels = labels_of(record)
    for number, split in enumerate(found, 1):
        side = np.arange(split.first, split.end) > split.first + split.where.best
        moved = mix_moved(labels[split.first : split.end], side)
        if moved > MIX_MOVED:
            notes.append(
                f"sensor or reader changes at break {number} of {len(found)} ({moved:.0%} of the images): a change in "
                "what was found can read as a change of activity"
            )
    return notes


def _model(whole: Scan, prior: Prior) -> ModelUsed:
    is_index = whole.design.family == LOG_INDEX
    sd, time, k = drift_told(whole)
    likelihood = "log Student-t" if is_index else "negative binomial"
    if whole.design.false_alarms.any():
        likelihood = "Delaporte (gamma-mixed Poisson and false alarms)"
    return ModelUsed(
        name=f"{likelihood} on an Ornstein-Uhlenbeck drift; Bayes-factor scan for a step, p-value by simulation",
        prior=f"{prior.name}: {prior.origin}",
        terms=whole.design.terms,
        widened_for=whole.design.widened_for,
        dispersion_k=None if is_index else k,
        drift_sd=sd,
        correlation_time_d=time,
        nugget_sd=k**-0.5 if is_index else None,
    )


def _window(kept: Sequence[Count | Index]) -> Interval | None:
    return Interval(start=min(o.when.start for o in kept), end=max(o.when.end for o in kept)) if kept else None


def _rng(seed: int, first: int, end: int) -> np.random.Generator:
    return np.random.default_rng([seed, first, end])


def breaks_row(finding: BreakFinding) -> dict[str, Any]:
    """A break finding as plain data, for the one-liner: times in ISO 8601, UTC."""
    return {
        "p_value": finding.p_value,
        "exploratory": finding.exploratory,
        "found": [
            {
                "between": [_iso(found.between.start), _iso(found.between.end)],
                "ratio": {
                    "estimate": found.ratio.estimate,
                    "low": found.ratio.low,
                    "high": found.ratio.high,
                    "level": found.ratio.level,
                },
            }
            for found in finding.found
        ],
        "notes": list(finding.notes),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
