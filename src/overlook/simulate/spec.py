"""What a made-up site is made of, as frozen values: the ground, the process, the weather, the sensor, the reader.

Positions are metres in the site's plane: x to grid east, y to grid north, (0, 0) its south-west corner. Nothing here
is random; together with a seed a `SiteSpec` fixes every byte that the room writes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from overlook.terms import Event, Plan, ZoneKind, require_utc

#: Material of a piece of ground; terrain.py gives each its reflectance and texture.
Material = Literal["asphalt", "concrete", "gravel", "dirt", "grass", "field", "water"]
XY = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A polygon of ground of one material."""

    material: Material
    outline: tuple[XY, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A paved way along a line, with a dashed centre line where `marked`."""

    line: tuple[XY, ...]
    width_m: float = 7.0
    material: Material = "asphalt"
    marked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A roofed rectangle: centre, size, heading of its long axis (degrees clockwise from north), height."""

    id: str
    centre: XY
    length_m: float
    width_m: float
    height_m: float
    heading_deg: float = 90.0
    roof: Literal["flat", "gable"] = "gable"
    tone: float = 0.38

    def __post_init__(self) -> None:
        if min(self.length_m, self.width_m, self.height_m) <= 0:
            raise ValueError(f"building {self.id} must have a size above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSpec:
    """A zone that the analyst will declare: a polygon in the site's plane."""

    id: str
    name: str
    kind: ZoneKind
    outline: tuple[XY, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A grid of places where things stand: `rows` along the heading, `columns` across it, `pitch_m` apart.

    `origin` is the centre of the first place; `spread_m` and `spread_deg` scatter what stands there.
    """

    origin: XY
    columns: int
    rows: int
    pitch_m: tuple[float, float]
    axis_deg: float = 0.0
    heading_deg: float = 0.0
    spread_m: float = 0.2
    spread_deg: float = 1.5
    longest_m: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The process that puts things of one class in one zone ("" for traffic outside every zone, which nobody counts).

    The level at time t (things standing in the zone) is
    `rate · week(t) · year(t) · exp(u(t) − σ²/2) · Π factor` with u an Ornstein-Uhlenbeck process of standard
    deviation `drift_sd` and correlation time `drift_days`, a weekend at `weekend` times a weekday, a yearly cycle of
    log-amplitude `yearly`, and a factor for each event passed in `steps`. week, year and exp have mean 1, so `rate`
    is the mean over a year without steps. A day multiplies it by g ~ Gamma(k, k), k = `dispersion`; the number
    standing there is then Poisson. Between two images a thing stays with probability exp(−Δt / `dwell_hours`).
    """

    zone: str
    cls: str
    rate: float
    models: tuple[tuple[str, float], ...]
    blocks: tuple[Block, ...]
    weekend: float = 1.0
    yearly: float = 0.0
    yearly_peak_day: float = 200.0
    drift_sd: float = 0.0
    drift_days: float = 14.0
    dispersion: float = math.inf
    steps: tuple[tuple[str, float], ...] = ()
    dwell_hours: float = 12.0

    def __post_init__(self) -> None:
        positive = (self.rate, self.weekend, self.drift_days, self.dispersion, self.dwell_hours)
        if min(positive) <= 0 or self.drift_sd < 0 or any(factor <= 0 for _, factor in self.steps):
            raise ValueError(f"flow {self.zone}/{self.cls}: rates, times and factors must be above zero")
        if not self.models or min(weight for _, weight in self.models) <= 0:
            raise ValueError(f"flow {self.zone}/{self.cls} needs models with weights above zero")

    @property
    def capacity(self) -> int:
        """How many things can stand here: the process is cut off at it."""
        return sum(block.columns * block.rows for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """The camera. `blur_px`: the PSF's sigma; `noise`: sigma of reflectance; angles and errors are 1-sigma a scene."""

    name: str = "simulated-50cm"
    gsd_m: float = 0.5
    blur_px: float = 0.55
    noise: float = 0.004
    depth: Literal[8, 16] = 8
    bands: tuple[Literal["red", "green", "blue", "nir"], ...] = ("red", "green", "blue")
    geolocation_error_m: float = 1.0
    max_off_nadir_deg: float = 25.0

    def __post_init__(self) -> None:
        if not 0.05 <= self.gsd_m <= 10 or min(self.blur_px, self.noise, self.geolocation_error_m) < 0:
            raise ValueError("gsd_m must be within 0.05 to 10 m; blur, noise and error not negative")
        if not self.bands or len(set(self.bands)) != len(self.bands):
            raise ValueError("bands must be named once each")
        if not 0 <= self.max_off_nadir_deg <= 45:
            raise ValueError("max_off_nadir_deg must be within 0 to 45")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Chances of a clear, an overcast and (the rest) a partly clouded image; its cover is Beta(a, b)."""

    clear: float = 0.6
    overcast: float = 0.12
    cover_a: float = 1.5
    cover_b: float = 2.0
    snow: bool = False

    def __post_init__(self) -> None:
        if min(self.clear, self.overcast) < 0 or self.clear + self.overcast > 1:
            raise ValueError("clear and overcast are chances whose sum is at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A simulated person who draws boxes: the chance of a box on a visible thing, false boxes per class and hectare."""

    id: str = "simulated-reader"
    detection_probability: float = 0.9
    false_alarms_per_ha: float = 0.05
    centre_jitter_m: float = 0.25
    size_jitter: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.detection_probability <= 1 or self.false_alarms_per_ha < 0:
            raise ValueError("detection_probability must be in (0, 1], false_alarms_per_ha not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`images` spread evenly over `days` from `start`, each moved by up to ± `jitter` of the step; a solar time of day.

    A sun-synchronous satellite passes at one local solar time; `pass_spread_minutes` is its 1-sigma.
    """

    start: datetime
    days: float
    images: int
    jitter: float = 0.3
    solar_hour: float = 10.5
    pass_spread_minutes: float = 15.0

    def __post_init__(self) -> None:
        require_utc("start", self.start)
        if self.images < 1 or self.days < self.images or not 0 <= self.jitter <= 0.45:
            raise ValueError("a schedule needs images, a day or more for each, and a jitter of at most 0.45")

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """A made-up site with a known truth, and the plan of analysis declared for it before any data are drawn.

    `crs` is a UTM zone; `origin` the easting and northing of the south-west corner of the `size_m` (x, y) ground.
    `declarations` is YAML of the case's sources, claims and the like, appended to the case file as it is.
    """

    id: str
    name: str
    crs: str
    origin: XY
    timezone: str
    utc_offset_hours: float
    size_m: XY
    ground: Material
    patches: tuple[Patch, ...]
    roads: tuple[Road, ...]
    fences: tuple[tuple[XY, ...], ...]
    buildings: tuple[Building, ...]
    trees: int
    zones: tuple[ZoneSpec, ...]
    flows: tuple[Flow, ...]
    events: tuple[Event, ...]
    schedule: Schedule
    plan: Plan
    sensor: Sensor = Sensor()
    weather: Weather = Weather()
    reader: Reader = Reader()
    question: str = ""
    declarations: str = ""

    def __post_init__(self) -> None:
        zones, events = {z.id for z in self.zones}, {e.id for e in self.events}
        if len(zones) != len(self.zones) or len(events) != len(self.events):
            raise ValueError("ids of zones and of events must differ")
        series = [(f.zone, f.cls) for f in self.flows if f.zone]
        if len(set(series)) != len(series):
            raise ValueError("one flow for each zone and class")
        for flow in self.flows:
            if flow.zone not in zones | {""} or not {e for e, _ in flow.steps} <= events:
                raise ValueError(f"flow {flow.zone}/{flow.cls} names a zone or event that is not there")
            if flow.cls not in self.plan.classes:
                raise ValueError(f"flow {flow.zone}/{flow.cls}: the plan does not count {flow.cls}")

    @property
    def event_times(self) -> dict[str, datetime]:
        """When each event's step begins: at its end."""
        return {event.id: event.during.end for event in self.events}
