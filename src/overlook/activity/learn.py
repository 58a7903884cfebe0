"""A prior learned across a fleet of sites: empirical Bayes for drift, its correlation time, dispersion and cycles.

It reads no verdict and no ratio, and replaces no default: what it returns is another `Prior`, with a name and an origin
that are printed beside every answer it takes part in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from overlook.activity.design import Design, build
from overlook.activity.posterior import on_grid
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.scale import index_obstacle
from overlook.activity.series import Usable, to_days, usable, without
from overlook.terms import Count, Interval, Observation, Series

Array = NDArray[np.float64]

#: Fewer series than this teach no prior; a series with fewer usable images than this teaches nothing here.
LEAST_SERIES = 20
LEAST_IMAGES = 10
#: More than this are not read: the newest images of a series; series spread evenly over the fleet's order.
MOST_IMAGES = 200
MOST_SERIES = 300
#: The hyperprior. Log of a population median: normal about the start's, with this sd (a factor e either way).
MEDIAN_LOGSD = 1.0
#: Squared spread of the population: as if this many more sites had shown the start's spread.
PSEUDO_SITES = 4.0
#: No two sites are taken to be more alike than this (log-sd), however alike the fleet looks.
LEAST_LOGSD = 0.3
#: Share of the hyperprior's variance that may be left of a median; above it the fleet does not tell the quantity.
_UNTOLD = 0.5
_GOLDEN = 0.6180339887498949
#: The fixed points on which the evidence of every site is tabulated: drift sd, correlation time (days), dispersion.
_DRIFT = np.geomspace(0.02, 2.5, 12)
_TIME = np.geomspace(1.5, 240.0, 9)
_DISPERSION = np.geomspace(0.4, 600.0, 13)
_AXES = (np.log(_DRIFT), np.log(_TIME), np.log(_DISPERSION))
_NAMES = ("drift", "correlation time", "dispersion")
_CYCLES = {"weekend": ("weekend", "Saturday", "Sunday"), "annual": ("annual cosine", "annual sine")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """`prior`: for a next site like those of the fleet, or the start where the fleet could not teach one.

    `n_series`, `n_images`: those that taught it (or were too few). `notes` say what was left out, kept and assumed.
    """

    prior: Prior
    n_series: int
    n_images: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """One site's log evidence over the grid (flat), and posterior moments of its cycles at each point, (v, c)."""

    log_evidence: Array
    visited: NDArray[np.int64]
    cycles: Mapping[str, tuple[Array, Array]]


def learn_prior(
    fleet: Mapping[Series, Sequence[Observation]],
    *,
    start: Prior = DEFAULT_PRIOR,
    name: str,
    event: Interval | None = None,
) -> Learned:
    """Population medians and spreads (log-sds) over the sites of `fleet`, as the prior of a next one.

    Each site's evidence is tabulated once on a fixed grid of (drift sd, correlation time in days, dispersion), and the
    population's medians and log-sds are maximised over the table by EM (Dempster, Laird & Rubin 1977; empirical Bayes:
    Morris 1983), under a weak hyperprior about `start`. The error that is left of a median is added to its
    spread, so that a small fleet gives a wider prior; where most of the hyperprior's variance is left, the start's
    value stays. `weekend_sd` and `annual_sd` follow from the posteriors of those effects; all else is `start`'s.

    `event`: then each site may have a step of its own at it (prior sd `start.step_sd`), and images during it are not
    used: the prior does not take the effect for drift. Without it all images count as undisturbed: pass those from
    before. Returns `start` itself, with a note that says why, for fewer than 20 series of at least 10 usable images
    with something counted on them, or a fleet that mixes counts and indices. Raises ValueError for an empty name.
    """
    if not name:
        raise ValueError("a learned prior needs a name: it is printed beside every answer")
    records, notes = _records(fleet, event)
    n_images = sum(len(record.kept) for record in records)
    if obstacle := _obstacle(records):
        return Learned(
            prior=start,
            n_series=len(records),
            n_images=n_images,
            notes=(*notes, f"{obstacle}: no prior was learned, {start.name} is used"),
        )
    sites = [_tabulate(_design(record, start, event), start) for record in records]
    evidence = np.exp([site.log_evidence for site in sites])
    medians, spreads = _population(evidence, start)
    told = _next_site(evidence, medians, spreads, start, notes)
    cycle_sd = {cycle: _cycle_sd(cycle, sites, medians, spreads, start, notes) for cycle in _CYCLES}
    allowed = "" if event is None else ", a step at the event allowed to each"
    (drift, drift_logsd), (time, time_logsd), (dispersion, dispersion_logsd) = told
    prior = replace(
        start,
        name=name,
        origin=(
            f"learned from {len(sites)} series with {n_images} images by empirical Bayes, starting from {start.name}"
            f"{allowed}; medians of a next site: drift sd {drift:.2g}{_kept(drift, start.drift_sd)}, correlation time "
            f"{time:.3g} days{_kept(time, start.correlation_time_d)}, dispersion {dispersion:.3g}"
            f"{_kept(dispersion, start.dispersion_k)}"
        ),
        drift_sd=drift,
        drift_sd_logsd=drift_logsd,
        correlation_time_d=time,
        correlation_time_logsd=time_logsd,
        dispersion_k=dispersion,
        dispersion_logsd=dispersion_logsd,
        weekend_sd=cycle_sd["weekend"],
        annual_sd=cycle_sd["annual"],
    )
    return Learned(prior=prior, n_series=len(sites), n_images=n_images, notes=tuple(notes))


def _kept(median: float, begin: float) -> str:
    return " (kept: not told by them)" if median == begin else ""


def _records(fleet: Mapping[Series, Sequence[Observation]], event: Interval | None) -> tuple[list[Usable], list[str]]:
    """The usable images of the series that can teach something, and what is said of the others."""
    notes: list[str] = []
    found: list[tuple[int, Usable]] = []
    few = silent = 0
    every = list(fleet)
    for position in _spread(len(every)):
        if len(found) == MOST_SERIES:
            notes.append(f"the prior was learned from {MOST_SERIES} of {len(every)} series, spread over their order")
            break
        series = every[position]
        record = usable(series, fleet[series])
        record = _newest(record if event is None else without(record, event))
        if len(record.kept) < LEAST_IMAGES:
            few += 1
        elif not _speaks(record):
            silent += 1
        else:
            found.append((position, record))
    if few:
        notes.append(f"{few} series with fewer than {LEAST_IMAGES} usable images taught the prior nothing")
    if silent:
        notes.append(f"{silent} series with nothing counted (or an index at or below zero) taught the prior nothing")
    return [record for _, record in sorted(found, key=lambda pair: pair[0])], notes


def _spread(n: int) -> list[int]:
    """0 … n - 1 in an order whose every beginning is spread evenly over them (multiples of the golden ratio)."""
    return sorted(range(n), key=lambda i: (i * _GOLDEN) % 1.0)


def _newest(record: Usable) -> Usable:
    return replace(record, kept=record.kept[-MOST_IMAGES:], time_d=record.time_d[-MOST_IMAGES:])


def _speaks(record: Usable) -> bool:
    if record.is_index:
        return not index_obstacle(record.kept)
    return any(o.count for o in record.kept if isinstance(o, Count))


def _obstacle(records: Sequence[Usable]) -> str:
    if len({record.is_index for record in records}) > 1:
        return "the fleet mixes counts and indices, whose dispersions are different things"
    if len(records) < LEAST_SERIES:
        return f"{len(records)} series can teach, fewer than {LEAST_SERIES}"
    return ""


def _design(record: Usable, start: Prior, event: Interval | None) -> Design:
    """A site's arrays with no unseen days: the evidence needs none. Both ends are windows, so that a season counts."""
    half = 0.5
    first, last = record.time_d[0], record.time_d[-1]
    after = None
    if event is not None:
        middle = 0.5 * (to_days(event.start) + to_days(event.end))
        after = middle if first < middle < last else None
    return build(
        record, start, numerator=(last - half, last + half), denominator=(first - half, first + half), after_d=after
    )


def _tabulate(design: Design, start: Prior) -> _Site:
    """Fit at every point where the site's evidence is within e^-12 of its best; the others get that much."""
    visit = np.zeros((_DRIFT.size, _TIME.size, _DISPERSION.size))
    visited, index, log_ml, _, effects, cov, _ = on_grid(design, _DRIFT, _TIME, _DISPERSION, visit)
    at = np.ravel_multi_index(tuple(index[:visited].T), (_DRIFT.size, _TIME.size, _DISPERSION.size))
    top = float(log_ml[:visited].max())
    log_evidence = np.full(_DRIFT.size * _TIME.size * _DISPERSION.size, -12.0)
    log_evidence[at] = np.maximum(log_ml[:visited] - top, -12.0)
    cycles = {}
    for cycle, names in _CYCLES.items():
        sd = start.weekend_sd if cycle == "weekend" else start.annual_sd
        columns = [c for c, n in enumerate(design.names) if n in names and design.effect_sd[c] == sd]
        cycles[cycle] = (
            effects[:visited][:, columns].copy(),
            np.stack([cov[:visited, c, c] for c in columns], axis=1) if columns else np.zeros((visited, 0)),
        )
    return _Site(log_evidence=log_evidence, visited=at, cycles=cycles)


def _mass(medians: Array, spreads: Array) -> Array:
    """Prior mass of every point of the grid (flat) under the population: independent normals of the logs."""
    parts = []
    for axis, median, spread in zip(_AXES, medians, spreads, strict=True):
        log_mass = -0.5 * ((axis - median) / spread) ** 2
        mass = np.exp(log_mass - log_mass.max())
        parts.append(mass / mass.sum())
    flat: Array = (parts[0][:, None, None] * parts[1][None, :, None] * parts[2][None, None, :]).ravel()
    return flat


def _population(evidence: Array, start: Prior) -> tuple[Array, Array]:
    """EM over the table (sites, points): log medians and spreads, each (3,), that maximise the penalised evidence."""
    begin = np.log([start.drift_sd, start.correlation_time_d, start.dispersion_k])
    begin_spread = np.array([start.drift_sd_logsd, start.correlation_time_logsd, start.dispersion_logsd])
    medians, spreads = begin.copy(), begin_spread.copy()
    n = evidence.shape[0]
    shape = tuple(axis.size for axis in _AXES)
    for _ in range(3000):
        mass = _mass(medians, spreads)
        responsible = (mass * ((1.0 / (evidence @ mass)) @ evidence)).reshape(shape)
        moved = 0.0
        for a, axis in enumerate(_AXES):
            weight = responsible.sum(axis=tuple(b for b in range(3) if b != a))
            precision = n / spreads[a] ** 2 + 1.0 / MEDIAN_LOGSD**2
            median = (weight @ axis / spreads[a] ** 2 + begin[a] / MEDIAN_LOGSD**2) / precision
            square = weight @ (axis - median) ** 2 + PSEUDO_SITES * begin_spread[a] ** 2
            spread = max(math.sqrt(square / (n + PSEUDO_SITES)), LEAST_LOGSD)
            moved = max(moved, abs(median - medians[a]), abs(spread - spreads[a]))
            medians[a], spreads[a] = median, spread
        if moved < 1e-5:
            break
    return medians, spreads


def _weights(site: _Site, mass: Array) -> Array:
    """The site's posterior over the grid (flat)."""
    weight: Array = np.exp(site.log_evidence) * mass
    return weight / float(weight.sum())


def _errors(evidence: Array, medians: Array, spreads: Array, start: Prior) -> Array:
    """Sd that is left of each log median, (3,): from the curvature of the penalised log evidence at its top, the
    spreads (their logs) free beside them. A spread at its least is held there."""
    begin = np.log([start.drift_sd, start.correlation_time_d, start.dispersion_k])
    begin_spread = np.array([start.drift_sd_logsd, start.correlation_time_logsd, start.dispersion_logsd])

    def minus_log(x: Array) -> float:
        spread = np.exp(x[3:])
        fit = float(np.log(evidence @ _mass(x[:3], spread)).sum())
        medians_part = float(((x[:3] - begin) ** 2).sum()) / (2 * MEDIAN_LOGSD**2)
        spreads_part = 0.5 * PSEUDO_SITES * float((2 * x[3:] + (begin_spread / spread) ** 2).sum())
        return medians_part + spreads_part - fit

    top = np.concatenate([medians, np.log(spreads)])
    free = np.flatnonzero(np.concatenate([np.ones(3), spreads > LEAST_LOGSD * 1.001]))
    steps = 0.02 * np.eye(6)[free]
    curvature = np.array(
        [
            [
                (minus_log(top + a + b) - minus_log(top + a - b) - minus_log(top - a + b) + minus_log(top - a - b))
                / (4 * 0.02**2)
                for b in steps
            ]
            for a in steps
        ]
    )
    # A direction that the fleet does not curve is known as well as the hyperprior knows it.
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    covariance = (vectors / np.maximum(values, 1.0 / MEDIAN_LOGSD**2)) @ vectors.T
    error: Array = np.sqrt(np.diag(covariance)[:3])
    return error


def _next_site(
    evidence: Array, medians: Array, spreads: Array, start: Prior, notes: list[str]
) -> tuple[tuple[float, float], ...]:
    """Median and log-sd for a next site: the population's spread and the error left of its median, together."""
    errors = _errors(evidence, medians, spreads, start)
    kept = (
        (start.drift_sd, start.drift_sd_logsd),
        (start.correlation_time_d, start.correlation_time_logsd),
        (start.dispersion_k, start.dispersion_logsd),
    )
    told: list[tuple[float, float]] = []
    for a, what in enumerate(_NAMES):
        if errors[a] ** 2 > _UNTOLD * MEDIAN_LOGSD**2:
            notes.append(f"{what}: these series do not tell it; {start.name}'s {kept[a][0]:g} is kept")
            told.append(kept[a])
            continue
        median, error = math.exp(float(medians[a])), float(errors[a])
        spread = math.hypot(float(spreads[a]), error)
        told.append((median, spread))
        notes.append(
            f"{what}: median {median:.3g} (error of its log {error:.2f}), log-sd of a next site {spread:.2f}; "
            f"{start.name} has {kept[a][0]:g} and {kept[a][1]:g}"
        )
    return tuple(told)


def _cycle_sd(
    cycle: str, sites: Sequence[_Site], medians: Array, spreads: Array, start: Prior, notes: list[str]
) -> float:
    """The sd of an effect whose mean over sites is 0, by EM on its posteriors taken as normal.

    A posterior N(m, V) under the start's sd s0 is, under an sd s, one of precision 1/V - 1/s0² + 1/s².
    """
    begin = start.weekend_sd if cycle == "weekend" else start.annual_sd
    mass = _mass(medians, spreads)
    centre, variance = [], []
    for site in sites:
        mean, var = site.cycles[cycle]
        if mean.shape[1]:
            weight = _weights(site, mass)[site.visited]
            weight = weight / weight.sum()
            middle = weight @ mean
            centre.append(middle)
            variance.append(weight @ (var + (mean - middle) ** 2))
    what = "weekend" if cycle == "weekend" else "yearly wave"
    if len(centre) < LEAST_SERIES:
        notes.append(f"{what}: seen by {len(centre)} series; {start.name}'s sd {begin:g} is kept")
        return begin
    m, v = np.concatenate(centre), np.concatenate(variance)
    data_precision = np.maximum(1.0 / v - 1.0 / begin**2, 1e-6)
    sd = begin
    for _ in range(1000):
        new = 1.0 / (data_precision + 1.0 / sd**2)
        square = ((new * m / v) ** 2 + new).sum() + PSEUDO_SITES * begin**2
        old, sd = sd, math.sqrt(float(square) / (m.size + PSEUDO_SITES))
        if abs(sd - old) < 1e-5:
            break
    notes.append(f"{what}: sd {sd:.2f} over the series; {start.name} has {begin:g}")
    return sd
