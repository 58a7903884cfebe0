"""Where both gates meet: a scene becomes exactly one observation for each zone and planned class.

The metadata gate has spoken before a pixel was decoded; the chip's mask says which pixels showed the ground; the
observer says which classes were searched for. Whatever fails, the answer is a `NotObserved` with its reason and
never a zero. Nothing here reads a file, draws a box or corrects a count for what was missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from overlook.detect import Conditions, Rates, conditions_of
from overlook.imagery import seen, zone_outline, zone_pixels, zone_view
from overlook.terms import (
    CORNERS,
    Chip,
    ChipMeta,
    Count,
    NotObserved,
    Observation,
    Observer,
    Plan,
    Reason,
    Scene,
    Series,
    Site,
    Zone,
)

_M2_PER_HA = 10_000.0
#: A box within this many residuals of the registration from the zone's edge may belong on its other side.
_EDGE_SIGMAS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One observer's look at one scene. `detections` is a `DETECTIONS` table in pixels of the chip.

    `searched` names the classes that were looked for everywhere: only these can be zero. `thresholds` are the lowest
    scores that count, by class, None for a person. `provisional` are the classes for which a model was not yet reviewed
    here. `evidence` is the digest of the boxes, or of the model that drew them. `rates` tells, for a class and the
    conditions of a zone, how often a model errs, None where nobody knows; what is declared of it goes first.
    """

    observer: str
    searched: tuple[str, ...]
    detections: pa.Table
    thresholds: Mapping[str, float] | None
    provisional: frozenset[str]
    evidence: str
    rates: Callable[[str, Conditions], Rates | None] | None = None

    @property
    def is_person(self) -> bool:
        return self.thresholds is None


def observe(
    scene: Scene,
    site: Site,
    plan: Plan,
    observers: tuple[Observer, ...],
    chip: Chip | None,
    looked: Sequence[Looked],
    *,
    gate: Callable[[Zone, str], NotObserved | None],
) -> tuple[Observation, ...]:
    """One observation per zone x class of the plan, in the order of the site's zones, then of the plan's classes.

    In this order: the metadata gate's reason; no chip (unreadable); a chip that could not be registered; too little
    of the zone visible (`plan.min_visible_fraction`); not searched; else a `Count` of boxes whose centre lies in the
    zone (its border is its own) on a usable pixel, at or above the threshold. A box cut by the image's edge counts
    by its centre.

    When several observers searched a class, one speaks: a person before a model, a reviewed model before a
    provisional one, one whose error rates are declared before one whose are not, then by id. The others' boxes
    stay beside the scene and are not part of this count or its evidence.

    Raises ValueError when the chip is of another scene or site.
    """
    if chip is not None and (chip.meta.scene, chip.meta.site) != (scene.id, site.id):
        raise ValueError(
            f"chip of {chip.meta.scene} at {chip.meta.site} cannot observe scene {scene.id} at site {site.id}"
        )
    declared = {observer.id: observer for observer in observers}
    classes = tuple(dict.fromkeys(plan.classes))
    return tuple(
        observation
        for zone in site.zones
        for observation in _observe_zone(scene, site, zone, classes, plan, declared, chip, looked, gate)
    )


def _observe_zone(
    scene: Scene,
    site: Site,
    zone: Zone,
    classes: tuple[str, ...],
    plan: Plan,
    declared: Mapping[str, Observer],
    chip: Chip | None,
    looked: Sequence[Looked],
    gate: Callable[[Zone, str], NotObserved | None],
) -> list[Observation]:
    gated = {cls: gate(zone, cls) for cls in classes}
    # A zone that the metadata rule out for every class is never rasterised.
    shown = None if all(gated.values()) else _shown(scene, chip, zone, plan)
    found: list[Observation] = []
    for cls in classes:
        unseen = gated[cls]
        if unseen is not None:
            found.append(unseen)
            continue
        assert shown is not None
        series = Series(site=site.id, zone=zone.id, cls=cls)
        speaker = _speaker(cls, looked, declared)
        if isinstance(shown, _Unseen):
            found.append(_not_observed(scene, series, shown))
        elif speaker is None:
            detail = f"nobody searched this image for {cls}"
            found.append(_not_observed(scene, series, _Unseen("not searched", detail, shown.visible_fraction)))
        elif scene.when is None:
            found.append(_not_observed(scene, series, _Unseen("undated", "an undated image is never counted", 0.0)))
        else:
            found.append(_count(scene, series, shown, speaker, declared.get(speaker.observer)))
    return found


@dataclass(frozen=True, slots=True)
class _Unseen:
    """Why a zone shows nothing on this chip."""

    reason: Reason
    detail: str
    visible_fraction: float


@dataclass(frozen=True, slots=True)
class _Shown:
    """A zone that a chip shows: its outline in chip pixels, how much of it is visible, and in what light."""

    chip: Chip
    zone: Zone
    gsd_m: float
    outline: shapely.Geometry
    area_ha: float
    visible_fraction: float

    def holds(self, detections: pa.Table) -> NDArray[np.bool_]:
        """For each box, whether its centre lies in the zone on a usable pixel; (n,)."""
        x, y = _centres(detections)
        unusable = self.chip.unusable
        rows, columns_ = unusable.shape
        on_chip = (x >= 0) & (x < columns_) & (y >= 0) & (y < rows)  # False for NaN
        usable = np.zeros(len(x), dtype=np.bool_)
        usable[on_chip] = seen(unusable[y[on_chip].astype(np.intp), x[on_chip].astype(np.intp)])
        inside: NDArray[np.bool_] = shapely.intersects_xy(self.outline, x, y)
        return usable & inside

    @property
    def residual_m(self) -> float | None:
        """1-sigma of where this image lies beside the others: the reference is where they are laid."""
        registration = self.chip.meta.registration
        return 0.0 if registration.method == "reference" else registration.residual_m

    def near_edge(self, detections: pa.Table) -> NDArray[np.bool_]:
        """For each box, whether registration may have put its centre on the wrong side of the zone's edge; (n,)."""
        a, b, _, d, e, _ = self.chip.meta.transform
        reach_px = _EDGE_SIGMAS * (self.residual_m or 0.0) / math.sqrt(abs(a * e - b * d))
        x, y = _centres(detections)
        if not reach_px or not len(x):
            return np.zeros(len(x), dtype=np.bool_)
        found = shapely.dwithin(shapely.boundary(self.outline), shapely.points(x, y), reach_px)
        return np.asarray(found, dtype=np.bool_)

    @property
    def conditions(self) -> Conditions | None:
        meta = self.chip.meta
        a, b, _, d, e, _ = meta.transform
        pixel_m = math.sqrt(abs(a * e - b * d))
        return conditions_of(
            self.chip.pixels,
            self.chip.unusable,
            gsd_m=max(self.gsd_m, pixel_m),
            pixel_m=pixel_m,
            within=zone_pixels(meta, self.zone),
        )


def _shown(scene: Scene, chip: Chip | None, zone: Zone, plan: Plan) -> _Shown | _Unseen:
    if chip is None:
        return _Unseen("unreadable", f"{scene.path or scene.id} could not be read onto the site's grid", 0.0)
    registration = chip.meta.registration
    if registration.method == "refused":
        return _Unseen("registration refused", registration.note, 0.0)
    view = zone_view(chip.meta, chip.unusable, zone)
    if view.visible_fraction < plan.min_visible_fraction or view.visible_fraction <= 0:
        detail = f"{view.visible_fraction:.0%} of the zone visible, under the plan's {plan.min_visible_fraction:.0%}"
        return _Unseen(view.reason or "no data", detail, view.visible_fraction)
    outline = _outline(chip.meta, zone)
    a, b, _, d, e, _ = chip.meta.transform
    area_ha = float(shapely.area(outline)) * abs(a * e - b * d) / _M2_PER_HA
    return _Shown(chip, zone, scene.gsd_m, outline, area_ha, min(view.visible_fraction, 1.0))


def _centres(detections: pa.Table) -> NDArray[np.float64]:
    """(2, n) pixels of the chip."""
    columns = [detections.column(name).to_numpy(zero_copy_only=False) for name in CORNERS]
    corners = np.stack(columns, axis=1).reshape(-1, 4, 2) if len(detections) else np.empty((0, 4, 2))
    centres: NDArray[np.float64] = corners.mean(axis=1).T
    return centres


def _outline(meta: ChipMeta, zone: Zone) -> shapely.Geometry:
    """The zone in chip pixels. Rings combine by the even-odd rule, so that holes are holes."""
    shape: shapely.Geometry = shapely.Polygon()
    for ring in zone_outline(meta, zone):
        shape = shapely.symmetric_difference(shape, shapely.Polygon(np.asarray(ring, dtype=float)))
    shapely.prepare(shape)
    return shape


def _speaker(cls: str, looked: Sequence[Looked], declared: Mapping[str, Observer]) -> Looked | None:
    searched = [look for look in looked if cls in look.searched]
    return min(searched, key=lambda look: _rank(cls, look, declared), default=None)


def _rank(cls: str, look: Looked, declared: Mapping[str, Observer]) -> tuple[bool, bool, bool, str, str]:
    known = declared.get(look.observer)
    undeclared = known is None or known.detection_probability is None
    return (not look.is_person, cls in look.provisional, undeclared, look.observer, look.evidence)


def _count(scene: Scene, series: Series, shown: _Shown, look: Looked, observer: Observer | None) -> Count:
    assert scene.when is not None
    declared = observer if observer and observer.detection_probability is not None else None
    known = _measured(series.cls, shown, look) if declared is None else None
    if known is not None:
        observer = Observer(
            id=look.observer,
            detection_probability=known.found.mean,
            detection_probability_sd=known.found.sd,
            false_alarms_per_ha=known.alarms.mean_per_ha,
            false_alarms_per_ha_sd=known.alarms.sd_per_ha,
            basis=known.basis,
        )
    r = observer.detection_probability if observer else None
    ours = _ours(scene, series.cls, look)
    return Count(
        series=series,
        when=scene.when,
        scene=scene.id,
        count=int(np.count_nonzero(ours & shown.holds(look.detections))),
        threshold=None if look.thresholds is None else look.thresholds[series.cls],
        visible_fraction=shown.visible_fraction,
        detection_probability=r,
        detection_probability_sd=observer.detection_probability_sd if observer and r is not None else 0.0,
        # Expected in the whole zone: the model multiplies by the visible fraction.
        false_alarms=observer.false_alarms_per_ha * shown.area_ha if observer else 0.0,
        false_alarms_sd=observer.false_alarms_per_ha_sd * shown.area_ha if observer else 0.0,
        sensor=scene.sensor,
        observer=look.observer,
        why_acquired=scene.why_acquired,
        gsd_m=scene.gsd_m,
        provisional=series.cls in look.provisional,
        residual_m=shown.residual_m,
        near_edge=int(np.count_nonzero(ours & shown.near_edge(look.detections))),
        evidence=(scene.digest, look.evidence),
    )


def _measured(cls: str, shown: _Shown, look: Looked) -> Rates | None:
    """How often a model errs under the conditions of this zone, None for a person or where it is not known."""
    conditions = shown.conditions
    return look.rates(cls, conditions) if look.rates is not None and conditions is not None else None


def _ours(scene: Scene, cls: str, look: Looked) -> NDArray[np.bool_]:
    """Which boxes are of the class, of this scene, and at or above the threshold; (n,)."""
    table = look.detections
    ours = _column(table, "cls") == cls
    ours &= _column(table, "scene") == scene.id
    if look.thresholds is not None:
        # A null score becomes NaN: a box that the model gave no score to is not at the threshold.
        scores = table.column("score").to_numpy(zero_copy_only=False).astype(float)
        ours &= scores >= look.thresholds[cls]
    return np.asarray(ours, dtype=np.bool_)


def _column(table: pa.Table, name: str) -> NDArray[np.object_]:
    return np.asarray(table.column(name).to_pylist(), dtype=object)


def _not_observed(scene: Scene, series: Series, unseen: _Unseen) -> NotObserved:
    return NotObserved(
        series=series,
        when=scene.when,
        scene=scene.id,
        reason=unseen.reason,
        detail=unseen.detail,
        visible_fraction=unseen.visible_fraction,
        evidence=(scene.digest,),
    )
