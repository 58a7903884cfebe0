"""How images to come would be taken and read: of the declared sensors, else as those in hand were."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

import numpy as np

from overlook.activity.planning_latent import Latent, with_effect
from overlook.activity.planning_simulate import Imaging
from overlook.activity.prior import Prior
from overlook.activity.series import Usable
from overlook.terms import Count, Index, Observer, Sensor

#: When nobody says when a satellite passes, and no image tells: the middle of the UTC day.
_NOON_H = 12.0
_UNNAMED = "unnamed"


def imagings(record: Usable, sensors: Sequence[Sensor], observers: Sequence[Observer]) -> tuple[Imaging, ...]:
    """One for each declared sensor, in their order; without any, one like the images in hand."""
    if sensors:
        return tuple(_of_sensor(sensor, record, observers) for sensor in sensors)
    return (_as_before(record, observers),)


def too_coarse(how: Imaging, coarsest_gsd_m: float | None) -> str:
    """Why images of it cannot be counted for the class; "" where they can."""
    if how.gsd_m is None or coarsest_gsd_m is None or how.gsd_m <= coarsest_gsd_m * (1 + 1e-9):
        return ""
    return f"too coarse: {how.gsd_m:.2f} m a pixel, and {coarsest_gsd_m:.2f} m or finer is needed"


def preferred(ways: Sequence[Imaging], record: Usable) -> Imaging:
    """The first that images in hand are of: another sensor brings an error of its own. Else the first."""
    used = {o.sensor for o in record.kept}
    return next((how for how in ways if how.sensor in used), ways[0])


def with_errors(latent: Latent, ways: Sequence[Imaging], record: Usable, prior: Prior) -> Latent:
    """The errors that images of sensors and readers new to the series would share, as `sensors` would fit them."""
    nothing = np.zeros(latent.node_d.size)
    sensors, readers = {o.sensor for o in record.kept}, {o.observer for o in record.kept}
    for how in ways:
        known = set(latent.names)
        recall = f"recall of {how.sensor} / {how.observer}"
        if how.recall and how.recall_sd > 0 and recall not in known:
            latent = with_effect(latent, recall, nothing, how.recall_sd / how.recall)
        for kind, name, others in (("sensor", how.sensor, sensors), ("reader", how.observer, readers)):
            offset = f"offset of {kind} {name}"
            if how.recall is None and others - {name} and offset not in known:
                latent = with_effect(latent, offset, nothing, prior.undeclared_recall_logsd)
    return latent


def _of_sensor(sensor: Sensor, record: Usable, observers: Sequence[Observer]) -> Imaging:
    like = _like(record, sensor.id)
    reader = _reader(record, observers)
    recall, recall_sd = _recall(like, reader, observers)
    false_alarms, false_alarms_sd = _false_alarms(like)
    if sensor.detection_probability is not None:
        recall, recall_sd = sensor.detection_probability, sensor.detection_probability_sd
    return Imaging(
        sensor=sensor.id,
        observer=reader,
        gsd_m=sensor.gsd_m,
        revisit_d=sensor.revisit_d,
        hour_utc=_hour(like, record) if sensor.hour_utc is None else sensor.hour_utc,
        recall=recall,
        recall_sd=recall_sd,
        archived=1.0 if sensor.archived is None else sensor.archived,
        false_alarms=false_alarms,
        false_alarms_sd=false_alarms_sd,
        visible=tuple(o.visible_fraction for o in record.kept) or (1.0,),
        like=next((o for o in reversed(like) if isinstance(o, Index)), None),
    )


def _as_before(record: Usable, observers: Sequence[Observer]) -> Imaging:
    sensor = _most_common([o.sensor for o in record.kept]) or _UNNAMED
    like = _like(record, sensor)
    reader = _reader(record, observers)
    recall, recall_sd = _recall(like, reader, observers)
    false_alarms, false_alarms_sd = _false_alarms(like)
    gsds = [o.gsd_m for o in like if isinstance(o, Count) and o.gsd_m is not None]
    return Imaging(
        sensor=sensor,
        observer=reader,
        gsd_m=statistics.median(gsds) if gsds else None,
        revisit_d=None,
        hour_utc=_hour(like, record),
        recall=recall,
        recall_sd=recall_sd,
        archived=1.0,
        false_alarms=false_alarms,
        false_alarms_sd=false_alarms_sd,
        visible=tuple(o.visible_fraction for o in record.kept) or (1.0,),
        like=next((o for o in reversed(like) if isinstance(o, Index)), None),
    )


def _like(record: Usable, sensor: str) -> list[Count | Index]:
    """The images in hand of a sensor; of any, where there is none of it."""
    return [o for o in record.kept if o.sensor == sensor] or list(record.kept)


def _reader(record: Usable, observers: Sequence[Observer]) -> str:
    found = _most_common([o.observer for o in record.kept])
    return found or (observers[0].id if observers else "unknown")


def _recall(like: Sequence[Count | Index], reader: str, observers: Sequence[Observer]) -> tuple[float | None, float]:
    counts = [o for o in like if isinstance(o, Count) and o.detection_probability is not None]
    if counts:
        newest = counts[-1]
        return newest.detection_probability, newest.detection_probability_sd
    # Images in hand without a declared recall are compared with new ones: neither is corrected.
    if like:
        return None, 0.0
    declared = next((o for o in observers if o.id == reader), None)
    return (declared.detection_probability, declared.detection_probability_sd) if declared else (None, 0.0)


def _false_alarms(like: Sequence[Count | Index]) -> tuple[float, float]:
    """Expected on an image, and their sd: medians of those in hand; none where there is no image."""
    counts = [o for o in like if isinstance(o, Count)]
    if not counts:
        return 0.0, 0.0
    return statistics.median(o.false_alarms for o in counts), statistics.median(o.false_alarms_sd for o in counts)


def _hour(like: Sequence[Count | Index], record: Usable) -> float:
    """An hour that images had: the middle one of them in order, so that it is none that nobody saw."""
    mine = {id(o) for o in like}
    hours = sorted(24.0 * (t % 1.0) for t, o in zip(record.time_d, record.kept, strict=True) if id(o) in mine)
    return hours[len(hours) // 2] if hours else _NOON_H


def _most_common(names: Sequence[str]) -> str:
    return Counter(names).most_common(1)[0][0] if names else ""
