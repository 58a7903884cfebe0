"""The case file of a simulated site: what an analyst would declare of it before she looks, and that it is made up."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from overlook.simulate.spec import SiteSpec, ZoneSpec
from overlook.simulate.truth import NOTICE
from overlook.simulate.views import lonlat
from overlook.terms import Event


def case_yaml(spec: SiteSpec) -> str:
    """The text of case.yaml. Depends on the spec alone: the plan and the margin are declared before data are drawn."""
    lines = [
        "# A made-up site. Its images are drawn by a computer, and its boxes by a simulated reader.",
        "overlook: 1",
        f"id: {_q(spec.id)}",
        f"title: {_q(spec.name)}",
        f"question: {_q(spec.question)}",
        f"notice: {_q(NOTICE)}",
        "sites:",
        f"  - id: {_q(spec.id)}",
        f"    name: {_q(spec.name)}",
        f"    timezone: {_q(spec.timezone)}",
        f"    crs: {_q(spec.crs)}",
        f"    grid_gsd_m: {spec.sensor.gsd_m}",
        "    zones:",
    ]
    for zone in spec.zones:
        lines += _zone(spec, zone)
    lines.append("events:" if spec.events else "events: []")
    lines += [f"  - {_event(spec, event)}" for event in spec.events]
    reader = spec.reader
    lines += [
        "observers:",
        f"  - id: {_q(reader.id)}",
        f"    detection_probability: {reader.detection_probability}",
        f"    false_alarms_per_ha: {reader.false_alarms_per_ha}",
        '    basis: "simulated: drawn with these probabilities"',
    ]
    lines += _plan(spec)
    lines += _collection(spec)
    return "\n".join(lines) + "\n" + spec.declarations


def _q(value: Any) -> str:
    """A YAML double-quoted scalar or flow value: JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def _zone(spec: SiteSpec, zone: ZoneSpec) -> list[str]:
    ring = lonlat(spec, (*zone.outline, zone.outline[0]))
    return [
        f"      - id: {_q(zone.id)}",
        f"        name: {_q(zone.name)}",
        f"        kind: {zone.kind}",
        f"        geometry: {_q({'type': 'Polygon', 'coordinates': [ring]})}",
    ]


def _event(spec: SiteSpec, event: Event) -> str:
    """An event of a whole day by its date; any other by its times."""
    start, end = event.during.start, event.during.end
    whole_day = start.hour == start.minute == start.second == 0 and end - start == timedelta(days=1, microseconds=-1)
    when: dict[str, Any] = (
        {"on": f"{start:%Y-%m-%d}"}
        if whole_day
        else {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    )
    sites = event.sites or (spec.id,)
    fields = {"id": event.id, "name": event.name, **when, "sites": list(sites)}
    if event.source:
        fields["source"] = event.source
    return "{" + ", ".join(f"{k}: {v if k in ('on', 'from', 'to') else _q(v)}" for k, v in fields.items()) + "}"


def _plan(spec: SiteSpec) -> list[str]:
    plan = spec.plan
    lines = ["plan:"]
    if plan.margin is not None:
        lines.append(f"  margin: {plan.margin}")
    lines += [f"  before: {plan.before_days:g}d", f"  after: {plan.after_days:g}d", f"  level: {plan.level}"]
    if plan.quiet_below is not None:
        lines.append(f"  quiet_below: {plan.quiet_below}")
    lines += [
        f"  classes: {_q(list(plan.classes))}",
        f"  min_visible_fraction: {plan.min_visible_fraction}",
        f"  few_images: {plan.few_images}",
    ]
    if plan.max_gsd_m:
        lines.append("  max_gsd_m: {" + ", ".join(f"{_q(cls)}: {gsd}" for cls, gsd in plan.max_gsd_m) + "}")
    return lines


def _collection(spec: SiteSpec) -> list[str]:
    """What images could be had: those of its one satellite, under the sky that its weather makes."""
    step_d = max(1, int(spec.schedule.days / spec.schedule.images))
    hour_utc = round((spec.schedule.solar_hour - spec.utc_offset_hours) % 24, 2) % 24
    sensor = {"id": spec.sensor.name, "gsd_m": spec.sensor.gsd_m, "revisit": f"{step_d}d", "hour_utc": hour_utc}
    usable = [_usable(spec)] * 12
    return [
        "collection:",
        "  sensors:",
        f"    - {_q(sensor)}",
        "  clouds:",
        f"    - {_q({'site': spec.id, 'usable': usable, 'source': 'simulated: drawn with these chances'})}",
    ]


def _usable(spec: SiteSpec) -> float:
    """The chance that clouds leave as much of an image as the plan asks for."""
    from scipy.special import betainc

    sky = spec.weather
    partly = 1.0 - sky.clear - sky.overcast
    left = float(betainc(sky.cover_a, sky.cover_b, 1.0 - spec.plan.min_visible_fraction))
    return round(sky.clear + partly * left, 2)
