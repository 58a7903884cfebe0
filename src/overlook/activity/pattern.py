"""The pattern of life of a series: rate, cycles, dispersion, correlation time, and a band to draw (`Pattern`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from overlook.activity.active import zero_bound
from overlook.activity.confounders import confounders, hours_utc
from overlook.activity.design import build
from overlook.activity.event import model_used
from overlook.activity.laplace import LOG_INDEX
from overlook.activity.missed import z
from overlook.activity.posterior import Mixture, Posterior, fit
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.scale import index_obstacle, scale_of
from overlook.activity.series import Usable, usable
from overlook.terms import BandPoint, Count, Estimate, NotObserved, Observation, Pattern, Plan, Series

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BAND_POINTS = 400
#: A hyperparameter whose posterior sd (log scale) is above this share of the prior's was not learned from the images.
_LEARNED = 0.7


def describe(
    series: Series,
    observations: Sequence[Observation],
    *,
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
    days_in: tzinfo = UTC,
) -> Pattern:
    """Fit the pattern of one series to all its usable images. What the images do not tell is None, with a note.

    Days of the week are of the time zone `days_in`.
    """
    record = usable(series, observations, days_in=days_in)
    n_images = sum(o.series == series and not isinstance(o, NotObserved) for o in observations)
    counts = [o for o in record.kept if isinstance(o, Count)]
    equivalents = sum(o.visible_fraction * (o.detection_probability or 1.0) for o in counts)
    bare = Pattern(
        series=series,
        n_images=n_images,
        n_usable=len(record.kept),
        image_equivalents=equivalents,
        rate=None,
        hours_utc=hours_utc(record) if record.kept else None,
        notes=record.notes,
    )
    if not record.kept:
        return _noted(bare, "no usable image")
    if unfit := index_obstacle(record.kept):
        return _noted(bare, unfit)
    if not record.is_index and not any(o.count for o in counts):
        return _all_zero(bare, counts, plan)
    return _fitted(bare, record, plan, prior)


def _fitted(bare: Pattern, record: Usable, plan: Plan, prior: Prior) -> Pattern:
    span = (math.floor(record.time_d[0]), math.floor(record.time_d[-1]) + 1)
    design = build(record, prior, numerator=(float(span[0]), float(span[1])))
    posterior = fit(design, prior)
    notes = [*bare.notes, *confounders(record), *design.notes]
    k = _learned(posterior, posterior.dispersion_k, prior.dispersion_logsd, plan, "day-to-day dispersion", notes)
    tau = _learned(
        posterior,
        posterior.correlation_time_d,
        prior.correlation_time_logsd,
        plan,
        "correlation time of the drift",
        notes,
    )
    return Pattern(
        series=bare.series,
        n_images=bare.n_images,
        n_usable=bare.n_usable,
        image_equivalents=bare.image_equivalents,
        rate=_level(posterior.contrast(), record, plan.level),
        weekend_ratio=_weekend(posterior, plan.level),
        yearly_amplitude=_yearly(posterior, plan.level),
        dispersion_k=None if design.family == LOG_INDEX else k,
        correlation_time_d=tau,
        hours_utc=bare.hours_utc,
        band=_band(posterior, record, plan.level),
        model=model_used(posterior, prior, None),
        notes=tuple(dict.fromkeys(notes)),
    )


def _all_zero(bare: Pattern, counts: Sequence[Count], plan: Plan) -> Pattern:
    upper = 0.5 + plan.level / 2
    bound, equivalents = zero_bound(counts, upper)
    middle, _ = zero_bound(counts, 0.5)
    rate = Estimate(estimate=middle, low=0.0, high=bound, level=plan.level)
    note = (
        f"nothing counted on images worth {equivalents:.3g} whole ones: at most {bound:.2g} an image ({upper:.0%}); "
        "no cycle or drift can be fitted"
    )
    return _noted(bare, note, rate=rate)


def _noted(bare: Pattern, note: str, *, rate: Estimate | None = None) -> Pattern:
    return Pattern(
        series=bare.series,
        n_images=bare.n_images,
        n_usable=bare.n_usable,
        image_equivalents=bare.image_equivalents,
        rate=rate,
        hours_utc=bare.hours_utc,
        notes=(*bare.notes, note),
    )


def _level(log_value: Mixture, record: Usable, level: float) -> Estimate:
    """A rate; of an index, its level in its own unit."""
    scale = scale_of(record.kept)
    low, middle, high = log_value.quantiles(0.5 - level / 2, 0.5, 0.5 + level / 2)
    return Estimate(estimate=scale.value(middle), low=scale.value(low), high=scale.value(high), level=level)


def _estimate(log_value: Mixture, level: float) -> Estimate:
    low, middle, high = log_value.quantiles(0.5 - level / 2, 0.5, 0.5 + level / 2)
    return Estimate(estimate=math.exp(middle), low=math.exp(low), high=math.exp(high), level=level)


def _weekend(posterior: Posterior, level: float) -> Estimate | None:
    """Mean level of a weekend day to that of a working day; None when the images do not span both well."""
    names, design = posterior.design.names, posterior.design
    if "weekend" not in design.terms or "weekend" in design.widened_for:
        return None
    if "weekend" in names:
        return _estimate(posterior.effect("weekend"), level)
    columns = [names.index("Saturday"), names.index("Sunday")]
    half = np.zeros(len(names))
    half[columns] = 0.5
    mixed = Mixture(
        weight=posterior.weights(),
        mean=posterior.effects @ half,
        var=np.einsum("i,vij,j->v", half, posterior.effects_cov, half),
    )
    return _estimate(mixed, level)


def _yearly(posterior: Posterior, level: float) -> Estimate | None:
    """Ratio of the yearly wave's top to its mean, exp(amplitude). An amplitude cannot be below zero, so its interval
    is that of the wave's length around its fitted phase, cut at 1."""
    names, design = posterior.design.names, posterior.design
    if "annual" not in design.terms or "season not separable" in design.widened_for:
        return None
    columns = [names.index("annual cosine"), names.index("annual sine")]
    weight = posterior.weights()
    mean = weight @ posterior.effects[:, columns]
    length = float(np.hypot(*mean))
    along = mean / max(length, 1e-12)
    mixed = Mixture(
        weight=weight,
        mean=posterior.effects[:, columns] @ along,
        var=np.einsum("i,vij,j->v", along, posterior.effects_cov[:, columns][:, :, columns], along),
    )
    told = _estimate(mixed, level)
    return Estimate(estimate=max(told.estimate, 1.0), low=max(told.low, 1.0), high=max(told.high, 1.0), level=level)


def _learned(
    posterior: Posterior, values: NDArray[np.float64], prior_logsd: float, plan: Plan, name: str, notes: list[str]
) -> Estimate | None:
    """A hyperparameter's interval from its marginal on the grid; None, with a note, when it is the prior's."""
    points, at = np.unique(np.log(values), return_inverse=True)
    mass = np.bincount(at, weights=posterior.weights(), minlength=points.size)
    sd = math.sqrt(float(mass @ (points - mass @ points) ** 2))
    if points.size < 2 or sd > _LEARNED * prior_logsd:
        notes.append(f"{name}: the images do not tell it from what the prior assumes")
        return None
    # Each point's mass spread evenly over its cell: the grid is too coarse for a step to be a quantile.
    edges = np.concatenate([[points[0]], 0.5 * (points[1:] + points[:-1]), [points[-1]]])
    edges[0] -= 0.5 * (points[1] - points[0])
    edges[-1] += 0.5 * (points[-1] - points[-2])
    cumulative = np.concatenate([[0.0], np.cumsum(mass)])
    low, middle, high = np.exp(np.interp([0.5 - plan.level / 2, 0.5, 0.5 + plan.level / 2], cumulative, edges))
    return Estimate(estimate=float(middle), low=float(low), high=float(high), level=plan.level)


def _band(posterior: Posterior, record: Usable, level: float) -> tuple[BandPoint, ...]:
    """The level with everything visible and found (of an index, in its unit), through time: at most 400 points."""
    scale = scale_of(record.kept)
    node_d = posterior.design.node_d
    stride = max(1, math.ceil(node_d.size / _MOST_BAND_POINTS))
    points = []
    for node in range(0, node_d.size, stride):
        mixed = posterior.level_at(node)
        # A normal of the mixture's moments: the band is drawn, not tested.
        spread = z(0.5 + level / 2) * mixed.sd
        low, middle, high = (
            scale.value(min(x, 40.0)) for x in (mixed.centre - spread, mixed.centre, mixed.centre + spread)
        )
        points.append(BandPoint(when=_EPOCH + timedelta(days=float(node_d[node])), low=low, middle=middle, high=high))
    return tuple(points)
