"""The truth of a simulated site as plain data for truth.json: kept apart from the images, never shown to a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.simulate.camera import IN_VIEW, UNDER_CLOUD, Exposure, View, centres
from overlook.simulate.layout import Standing
from overlook.simulate.process import History, true_ratio
from overlook.simulate.reader import DrawnBox, in_view
from overlook.simulate.spec import SiteSpec

NOTICE = "Simulated: no real place, event or person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTruth:
    """What truly stood there at one image, what of it was in view, and what the reader made of it."""

    name: str
    view: View
    cloud_cover: float
    visible_fraction: dict[str, float]
    all: dict[tuple[str, str], int]
    visible: dict[tuple[str, str], int]
    boxes_true: int
    boxes_false: int


def image_truth(
    spec: SiteSpec, name: str, view: View, exposure: Exposure, things: tuple[Standing, ...], boxes: tuple[DrawnBox, ...]
) -> ImageTruth:
    """Count one image. Every zone and class of the plan gets a number, zeros included: this is the truth."""
    counted = {(zone.id, cls): 0 for zone in spec.zones for cls in spec.plan.classes}
    visible = dict(counted)
    for standing, seen in zip(things, in_view(exposure.hidden, centres(exposure.plane, things)), strict=True):
        if standing.zone:
            counted[standing.zone, standing.thing.cls] += 1
            visible[standing.zone, standing.thing.cls] += bool(seen)
    open_ground = exposure.hidden == IN_VIEW
    fractions = {}
    for zone in spec.zones:
        inside = exposure.plane.area(zone.outline) > 0.5
        fractions[zone.id] = float(open_ground[inside].mean()) if inside.any() else 0.0
    return ImageTruth(
        name=name,
        view=view,
        cloud_cover=float((exposure.hidden == UNDER_CLOUD).mean()),
        visible_fraction=fractions,
        all=counted,
        visible=visible,
        boxes_true=sum(box.thing is not None for box in boxes),
        boxes_false=sum(box.thing is None for box in boxes),
    )


def truth_document(spec: SiteSpec, seed: int, history: History, images: tuple[ImageTruth, ...]) -> dict[str, Any]:
    """Everything that is known of a simulated site, as JSON data."""
    return {
        "notice": NOTICE,
        "site": spec.id,
        "seed": seed,
        "reader": {
            "id": spec.reader.id,
            "detection_probability": spec.reader.detection_probability,
            "false_alarms_per_ha": spec.reader.false_alarms_per_ha,
        },
        "series": [_series(spec, history, f) for f in range(len(spec.flows)) if spec.flows[f].zone],
        "ratios": true_ratios(spec, history),
        "images": [_image(image) for image in images],
    }


def true_ratios(spec: SiteSpec, history: History, *, site: int = 0) -> list[dict[str, Any]]:
    """For each event and series: the true ratio over all days of the plan's windows, and the declared step in it."""
    rows = []
    for event in spec.events:
        ratios: NDArray[np.float64] = true_ratio(spec, history, event.id)[site]
        for flow, ratio in zip(spec.flows, ratios, strict=True):
            if flow.zone:
                step = dict(flow.steps).get(event.id, 1.0)
                rows.append(
                    {"event": event.id, "zone": flow.zone, "class": flow.cls, "ratio": float(ratio), "step": step}
                )
    return rows


def _series(spec: SiteSpec, history: History, f: int) -> dict[str, Any]:
    flow = spec.flows[f]
    start: datetime = spec.schedule.start
    return {
        "zone": flow.zone,
        "class": flow.cls,
        "declared_rate": flow.rate,
        "days": [f"{start + timedelta(days=float(d)):%Y-%m-%d}" for d in history.days],
        "rate": [round(float(level), 4) for level in history.level[0, f]],
    }


def _image(image: ImageTruth) -> dict[str, Any]:
    view = image.view
    zones: dict[str, dict[str, Any]] = {
        zone: {"visible_fraction": round(share, 4)} for zone, share in image.visible_fraction.items()
    }
    for (zone, cls), number in image.all.items():
        zones[zone][cls] = {"all": number, "visible": image.visible[zone, cls]}
    return {
        "name": image.name,
        "time": f"{view.when:%Y-%m-%dT%H:%M:%SZ}",
        "cloud_cover": round(image.cloud_cover, 4),
        "sun_elevation_deg": round(view.sun_elevation_deg, 3),
        "sun_azimuth_deg": round(view.sun_azimuth_deg, 3),
        "off_nadir_deg": round(view.off_nadir_deg, 3),
        "georeference_error_m": [round(v, 3) for v in view.error_m],
        "snow": round(view.snow, 3),
        "zones": zones,
        "boxes": {"true": image.boxes_true, "false": image.boxes_false},
    }
