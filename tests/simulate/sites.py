"""Small specs for the tests of this room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from overlook.simulate import Block, Flow, Schedule, Sensor, SiteSpec, Weather, ZoneSpec, demo_spec
from overlook.terms import Event, Interval, Plan

START = datetime(2021, 1, 1, tzinfo=UTC)


def event(name: str, day: float) -> Event:
    start = START + timedelta(days=day)
    return Event(id=name, name=name, during=Interval(start=start, end=start + timedelta(days=1, microseconds=-1)))


def flow(**changes: Any) -> Flow:
    """Cars in the lot: nothing varies but what a test says."""
    block = Block(origin=(20, 20), columns=40, rows=20, pitch_m=(3.0, 6.0), longest_m=6.0)
    base = Flow(zone="lot", cls="vehicle", rate=20, models=(("car", 1.0),), blocks=(block,), dwell_hours=1)
    return replace(base, **changes)


def site(*flows: Flow, images: int = 60, days: float = 365, **changes: Any) -> SiteSpec:
    """A bare lot without clouds."""
    base = replace(
        demo_spec(),
        id="lot",
        size_m=(160.0, 160.0),
        patches=(),
        roads=(),
        fences=(),
        buildings=(),
        trees=0,
        zones=(ZoneSpec(id="lot", name="Lot", kind="parking", outline=((10, 10), (150, 10), (150, 150), (10, 150))),),
        flows=flows or (flow(),),
        events=(event("talks", 180),),
        schedule=Schedule(start=START, days=days, images=images),
        plan=Plan(margin=2.0, before_days=100, after_days=100, classes=("vehicle",)),
        sensor=Sensor(),
        weather=Weather(clear=1.0, overcast=0.0),
        declarations="",
    )
    return replace(base, **changes)
