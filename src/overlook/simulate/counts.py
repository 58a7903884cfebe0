"""Counts without pictures: what the simulated reader would report of a site, or of thousands, with the truth beside.

The process, the clouds and the reader are those of the pictures; only where in a zone a thing stands is left out: of
N things in a zone of which a share v is in view, Binomial(N, v) are in view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from overlook.simulate.process import History, Purpose, image_times, simulate_history, stream, true_ratio
from overlook.simulate.sky import MASKED_FROM, draw_skies
from overlook.simulate.spec import SiteSpec
from overlook.simulate.terrain import Plane
from overlook.terms import OBSERVATIONS

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
_CELL_M = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCounts:
    """`observations`: an OBSERVATIONS table, one row a site x image x zone x class of the plan. The rest is the truth.

    `series`: (zone, class) in the order of the arrays. `counts`, `visible` (n, S, I): what stood there, what of it
    was in view. `visible_fraction` (n, S, I). `ratio`: for each event id, (n, S) the true ratio over all days, NaN
    where the spec puts nothing of the class in the zone.
    """

    observations: pa.Table
    series: tuple[tuple[str, str], ...]
    counts: Ints
    visible: Ints
    visible_fraction: Floats
    ratio: dict[str, Floats]
    history: History


def simulate_counts(spec: SiteSpec, seed: int, *, sites: int = 1) -> SimulatedCounts:
    """Draw counts for `sites` sites of one spec. Site 0 has the very things that `make_material` draws with this seed.

    A site is named after the spec, and with its number when there are several. Zones under the plan's
    least visible fraction, and roofed ones, are "not observed".
    """
    history = simulate_history(spec, seed, sites=sites)
    series = tuple((zone.id, cls) for zone in spec.zones for cls in spec.plan.classes)
    images = spec.schedule.images
    counts = np.zeros((sites, len(series), images), dtype=np.int64)
    ratio = {event.id: np.full((sites, len(series)), np.nan) for event in spec.events}
    true = {event.id: true_ratio(spec, history, event.id) for event in spec.events}
    for f, flow in enumerate(spec.flows):
        if flow.zone:
            at = series.index((flow.zone, flow.cls))
            counts[:, at] = history.counts[:, f]
            for event in spec.events:
                ratio[event.id][:, at] = true[event.id][:, f]
    fraction = np.repeat(_visible(spec, seed, sites), len(spec.plan.classes), axis=1)
    visible, read = np.zeros_like(counts), np.zeros_like(counts)
    expected_false = np.array([_hectares(spec, zone) * spec.reader.false_alarms_per_ha for zone, _ in series])
    for s in range(sites):
        rng = stream(seed, s, Purpose.READER, 1_000_000)
        visible[s] = rng.binomial(counts[s], fraction[s])
        found = rng.binomial(visible[s], spec.reader.detection_probability)
        read[s] = found + rng.poisson(expected_false[:, None] * fraction[s])
    return SimulatedCounts(
        observations=_table(spec, history, series, read, fraction, expected_false),
        series=series,
        counts=counts,
        visible=visible,
        visible_fraction=fraction,
        ratio=ratio,
        history=history,
    )


def _hectares(spec: SiteSpec, zone_id: str) -> float:
    from shapely.geometry import Polygon

    outline = next(zone.outline for zone in spec.zones if zone.id == zone_id)
    return float(Polygon(outline).area) / 1e4


def _visible(spec: SiteSpec, seed: int, sites: int) -> Floats:
    """(n, Z, I) share of each zone that no cloud covers; 0 for a roofed zone."""
    rows, columns = (int(np.ceil(spec.size_m[k] / _CELL_M)) for k in (1, 0))
    plane = Plane(0.0, spec.size_m[1], _CELL_M, (rows, columns))
    weights = np.stack([plane.area(zone.outline).ravel() for zone in spec.zones]).astype(np.float64)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    roofed = np.array([zone.kind == "building" for zone in spec.zones])
    shares = np.empty((sites, len(spec.zones), spec.schedule.images))
    for s in range(sites):
        for i, sky in enumerate(draw_skies(spec, seed, site=s)):
            if sky.opacity is None:
                shares[s, :, i] = 1.0
            else:
                clear = (sky.over(plane.shape, _CELL_M) < MASKED_FROM).ravel()
                shares[s, :, i] = weights @ clear
    shares[:, roofed] = 0.0
    return np.clip(shares, 0.0, 1.0)


def _table(
    spec: SiteSpec,
    history: History,
    series: tuple[tuple[str, str], ...],
    read: Ints,
    fraction: Floats,
    expected_false: Floats,
) -> pa.Table:
    sites, n_series, images = read.shape
    size = read.size
    site, which, image = (a.ravel() for a in np.indices(read.shape))
    seen = fraction.ravel() >= spec.plan.min_visible_fraction
    roofed = {zone.id for zone in spec.zones if zone.kind == "building"}
    names = np.array([spec.id if sites == 1 else f"{spec.id}-{s:04d}" for s in range(sites)])
    times = np.stack(
        [
            np.array([t.replace(tzinfo=None) for t in image_times(spec, history, site=s)], dtype="datetime64[us]")
            for s in range(sites)
        ]
    )
    scenes = np.array([f"sim_{t.item():%Y%m%dT%H%M%SZ}" for t in times.ravel()]).reshape(times.shape)
    when = pa.array(times[site, image], pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    zone_is_roofed = np.array([zone in roofed for zone, _ in series])[which]

    def where_seen(values: Any, kind: pa.DataType) -> pa.Array:
        return pa.array(np.broadcast_to(values, size), kind, mask=~seen)

    r = spec.reader.detection_probability
    columns: dict[str, pa.Array] = {
        "kind": pa.array(np.where(seen, "count", "not observed")),
        "site": pa.array(names[site]),
        "zone": pa.array(np.array([zone for zone, _ in series])[which]),
        "cls": pa.array(np.array([cls for _, cls in series])[which]),
        "start": when,
        "end": when,
        "scene": pa.array(scenes[site, image]),
        "count": where_seen(read.ravel(), pa.int64()),
        "visible_fraction": pa.array(fraction.ravel()),
        "detection_probability": where_seen(r, pa.float64()),
        "detection_probability_sd": where_seen(0.0, pa.float64()),
        "false_alarms": where_seen(expected_false[which], pa.float64()),
        "false_alarms_sd": where_seen(0.0, pa.float64()),
        "reason": pa.array(np.where(zone_is_roofed, "roofed", "cloud"), mask=seen),
        "sensor": where_seen(spec.sensor.name, pa.string()),
        "observer": where_seen(spec.reader.id, pa.string()),
        "why_acquired": where_seen("routine", pa.string()),
        "gsd_m": where_seen(spec.sensor.gsd_m, pa.float64()),
        "provisional": where_seen(False, pa.bool_()),
        "evidence": pa.array([[]] * size, pa.list_(pa.string())),
    }
    assert n_series * images * sites == size
    filled = [columns[f.name] if f.name in columns else pa.nulls(size, f.type) for f in OBSERVATIONS]
    return pa.Table.from_arrays(filled, schema=OBSERVATIONS)
