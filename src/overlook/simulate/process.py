"""The known process: when images are taken, how many things stand where, which of them stayed, and the true ratios.

One site or thousands: random numbers come from one stream for each site and purpose, so that the first of many
sites is the very site that a rendering with the same seed shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from overlook.simulate.spec import Flow, SiteSpec

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
_DAY = timedelta(days=1)


class Purpose(IntEnum):
    """What a stream of random numbers is for. Values are part of what a seed means: never renumber."""

    SCHEDULE = 1
    PROCESS = 2
    SKY = 3
    PLACES = 4
    READER = 5
    CAMERA = 6
    GROUND = 7


def stream(seed: int, site: int, purpose: Purpose, part: int = 0) -> np.random.Generator:
    """An independent stream of random numbers. Raises ValueError for a negative seed."""
    if seed < 0:
        raise ValueError(f"seed must not be negative: {seed}")
    return np.random.default_rng([seed, site, int(purpose), part])


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened at the sites. `n` sites, F flows in the spec's order, I images, D days.

    `image_days`, `days`: days since the schedule's start; `image_days` (n, I) ascending, `days` (D,). `level` (n, F, D)
    is the level of each day at the time of the satellite's pass, seen or not, without the day's dispersion;
    `counts`, `stayed` (n, F, I) what stood there at each image, and how many of it stood there at the image before.
    """

    image_days: Floats
    days: Floats
    level: Floats
    counts: Ints
    stayed: Ints


def simulate_history(spec: SiteSpec, seed: int, *, sites: int = 1) -> History:
    """Draw the history of `sites` sites of one spec. Fixed by (spec, seed); site i does not depend on `sites`."""
    image_days = np.stack([_image_days(spec, stream(seed, s, Purpose.SCHEDULE)) for s in range(sites)])
    days = _days(spec)
    flows = len(spec.flows)
    images = image_days.shape[1]
    moments = np.concatenate([np.broadcast_to(days, (sites, days.size)), image_days], axis=1)
    order = np.argsort(moments, axis=1, kind="stable")
    normals = np.empty((sites, flows, moments.shape[1]))
    dispersion = np.empty((sites, flows, images))
    uniforms = np.empty((sites, flows, images, 2))
    for s in range(sites):
        rng = stream(seed, s, Purpose.PROCESS)
        normals[s] = rng.standard_normal(normals.shape[1:])
        dispersion[s] = _dispersion(spec, image_days[s], rng)
        uniforms[s] = rng.random(uniforms.shape[1:])
    drift = _drift(spec, np.take_along_axis(moments, order, axis=1), normals)
    drift = np.take_along_axis(drift, np.argsort(order, axis=1)[:, None, :], axis=2)
    level = np.stack([_level(spec, flow, moments, drift[:, f]) for f, flow in enumerate(spec.flows)], axis=1).reshape(
        sites, flows, moments.shape[1]
    )
    counts, stayed = _turnover(spec, image_days, level[:, :, days.size :] * dispersion, uniforms)
    return History(image_days=image_days, days=days, level=level[:, :, : days.size], counts=counts, stayed=stayed)


def image_times(spec: SiteSpec, history: History, *, site: int = 0) -> tuple[datetime, ...]:
    """Acquisition times of one site, UTC, to the second."""
    start = spec.schedule.start
    return tuple(
        (start + timedelta(days=float(d))).replace(microsecond=0).astimezone(UTC) for d in history.image_days[site]
    )


def true_ratio(spec: SiteSpec, history: History, event: str) -> Floats:
    """(n, F): mean level over all days of the plan's window after the event to that before, seen or not."""
    found = next(e for e in spec.events if e.id == event)
    begins = (found.during.start - spec.schedule.start) / _DAY
    ends = (found.during.end - spec.schedule.start) / _DAY
    days = history.days
    before = (days >= begins - spec.plan.before_days) & (days < begins)
    after = (days > ends) & (days <= ends + spec.plan.after_days)
    ratio: Floats = history.level[:, :, after].mean(axis=2) / history.level[:, :, before].mean(axis=2)
    return ratio


def _pass_fraction(spec: SiteSpec) -> float:
    """The fraction of a UTC day at which the satellite passes."""
    return ((spec.schedule.solar_hour - spec.utc_offset_hours) / 24.0) % 1.0


def _image_days(spec: SiteSpec, rng: np.random.Generator) -> Floats:
    schedule = spec.schedule
    step = schedule.days / schedule.images
    nominal = (
        np.arange(schedule.images) + 0.5 + rng.uniform(-schedule.jitter, schedule.jitter, schedule.images)
    ) * step
    offset = (schedule.start - schedule.start.replace(hour=0, minute=0, second=0, microsecond=0)) / _DAY
    fraction = _pass_fraction(spec) - offset
    spread = rng.normal(0, schedule.pass_spread_minutes / 1440.0, schedule.images)
    return np.sort(np.floor(nominal) + fraction + np.clip(spread, -0.03, 0.03))


def _days(spec: SiteSpec) -> Floats:
    """Every day of the schedule and of every event's windows."""
    start = spec.schedule.start
    first, last = 0.0, spec.schedule.days
    for event in spec.events:
        first = min(first, (event.during.start - start) / _DAY - spec.plan.before_days)
        last = max(last, (event.during.end - start) / _DAY + spec.plan.after_days)
    return np.arange(np.floor(first), np.ceil(last) + 1) + _pass_fraction(spec)


def _local_day(spec: SiteSpec, days: Floats) -> Ints:
    """Number of the local calendar day, 0 on 1 January 1970 (a Thursday)."""
    epoch = (spec.schedule.start - datetime(1970, 1, 1, tzinfo=UTC)) / _DAY
    return np.floor(days + epoch + spec.utc_offset_hours / 24.0).astype(np.int64)


def _dispersion(spec: SiteSpec, image_days: Floats, rng: np.random.Generator) -> Floats:
    """(F, I) gamma factors of mean 1; images of one local day share theirs."""
    _, which = np.unique(_local_day(spec, image_days), return_inverse=True)
    rows = []
    for flow in spec.flows:
        k = flow.dispersion
        drawn = rng.gamma(k, 1 / k, image_days.size) if np.isfinite(k) else np.ones(image_days.size)
        rows.append(drawn[which])
    return np.stack(rows) if rows else np.empty((0, image_days.size))


def _drift(spec: SiteSpec, moments: Floats, normals: Floats) -> Floats:
    """(n, F, T) stationary Ornstein-Uhlenbeck paths at ascending `moments` (n, T), by the exact recursion."""
    sigma = np.array([flow.drift_sd for flow in spec.flows])
    tau = np.array([flow.drift_days for flow in spec.flows])
    drift = np.empty_like(normals)
    if drift.size == 0:
        return drift
    drift[:, :, 0] = sigma * normals[:, :, 0]
    for t in range(1, moments.shape[1]):
        kept = np.exp(-(moments[:, t] - moments[:, t - 1])[:, None] / tau)
        drift[:, :, t] = kept * drift[:, :, t - 1] + sigma * np.sqrt(1 - kept**2) * normals[:, :, t]
    return drift


def _level(spec: SiteSpec, flow: Flow, moments: Floats, drift: Floats) -> Floats:
    """(n, T) the level of one flow at `moments` (n, T)."""
    day = _local_day(spec, moments)
    weekday = 7.0 / (5.0 + 2.0 * flow.weekend)
    week = np.where((day + 3) % 7 >= 5, weekday * flow.weekend, weekday)
    january = spec.schedule.start.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    phase = 2 * np.pi * (moments + (spec.schedule.start - january) / _DAY - flow.yearly_peak_day) / 365.25
    year = np.exp(flow.yearly * np.cos(phase)) / np.i0(flow.yearly)
    level: Floats = flow.rate * week * year * np.exp(drift - flow.drift_sd**2 / 2)
    for event, factor in flow.steps:
        begins = (spec.event_times[event] - spec.schedule.start) / _DAY
        level = np.where(moments > begins, level * factor, level)
    return level


def _turnover(spec: SiteSpec, image_days: Floats, mean: Floats, uniforms: Floats) -> tuple[Ints, Ints]:
    """Counts and stayers: of a Poisson number each stays with s·min(1, m'/m), and Poisson(m' − s·min(m, m')) come.

    Thinning and superposition keep the number Poisson(m') whatever the dwell (Al-Osh and Alzaid 1987, INAR(1)).
    Quantiles of given uniforms, not draws, so that a site's numbers do not depend on how many sites are drawn.
    """
    from scipy.stats import binom, poisson

    dwell = np.array([flow.dwell_hours / 24.0 for flow in spec.flows])
    capacity = np.array([flow.capacity for flow in spec.flows])
    counts = np.zeros(mean.shape, dtype=np.int64)
    stayed = np.zeros(mean.shape, dtype=np.int64)
    counts[:, :, 0] = np.minimum(poisson.ppf(uniforms[:, :, 0, 0], mean[:, :, 0]), capacity)
    for i in range(1, mean.shape[2]):
        was, now = mean[:, :, i - 1], mean[:, :, i]
        kept = np.exp(-(image_days[:, i] - image_days[:, i - 1])[:, None] / dwell)
        common = kept * np.minimum(was, now)
        stay = binom.ppf(uniforms[:, :, i, 0], counts[:, :, i - 1], common / was)
        come = poisson.ppf(uniforms[:, :, i, 1], now - common)
        stayed[:, :, i] = stay
        counts[:, :, i] = np.minimum(stay + come, capacity)
    return counts, stayed
