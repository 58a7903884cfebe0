"""Where: a site, its zones, and when each can be observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.geometry import Geometry, require_area
from overlook.terms.time import Interval

ZoneKind = Literal["yard", "parking", "road", "gate", "rail", "pad", "water", "building", "other"]
CoverKind = Literal["roof", "canopy", "tarp", "smoke", "other"]

#: The only site CRS that is not an EPSG code: a plane in metres whose place on Earth is not declared.
LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What ends observation of a zone while it is there. An open end is a far date, never a guess."""

    kind: CoverKind
    during: Interval
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named polygon in a site. `building` is roofed: nothing inside is observable, whatever is seen."""

    id: str
    name: str
    kind: ZoneKind
    geometry: Geometry
    covers: tuple[Cover, ...] = ()

    def __post_init__(self) -> None:
        require_area(f"zone {self.id}", self.geometry)

    @property
    def is_roofed(self) -> bool:
        return self.kind == "building"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A facility. Its grid (`crs`, `grid_gsd_m`, the zones' bounds) is what every chip is resampled to.

    `crs` is an EPSG code of a projected system in metres, or "local". `timezone` is an IANA name, used only
    to print local dates. `reference_scene` is the scene that others are registered to, "" for the first added.
    """

    id: str
    name: str
    zones: tuple[Zone, ...] = ()
    crs: str
    grid_gsd_m: float = 0.5
    margin_m: float = 20.0
    timezone: str = "UTC"
    reference_scene: str = ""
    #: Where the site is, as text, when no zone is drawn yet ("near Pyongyang").
    whereabouts: str = ""

    def __post_init__(self) -> None:
        if not 0.01 <= self.grid_gsd_m <= 1000:
            raise ValueError(f"grid_gsd_m must be between 0.01 and 1000 m, not {self.grid_gsd_m}")
        if self.margin_m < 0:
            raise ValueError("margin_m must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something dated in the world. `during` is an instant when the day and time are known."""

    id: str
    name: str
    during: Interval
    sites: tuple[str, ...] = ()
    source: str = ""
