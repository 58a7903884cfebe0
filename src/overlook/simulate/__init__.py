"""A made-up site with a known truth: for the demo, for tests of the statistics, and for planning.

Draws a site's process, its images, and the boxes of a simulated reader with a declared skill. Never passes the truth
off as a detection, never writes it among the images, and never shows a real place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from overlook.simulate.demo import demo_spec
from overlook.simulate.spec import (
    Block,
    Building,
    Flow,
    Patch,
    Reader,
    Road,
    Schedule,
    Sensor,
    SiteSpec,
    Weather,
    ZoneSpec,
)
from overlook.simulate.sun import SunPosition, sun_position

if TYPE_CHECKING:
    from overlook.simulate.counts import SimulatedCounts, simulate_counts
    from overlook.simulate.material import Material, make_material

__all__ = [
    "Block",
    "Building",
    "Flow",
    "Material",
    "Patch",
    "Reader",
    "Road",
    "Schedule",
    "Sensor",
    "SimulatedCounts",
    "SiteSpec",
    "SunPosition",
    "Weather",
    "ZoneSpec",
    "demo_spec",
    "make_material",
    "simulate_counts",
    "sun_position",
]


def __getattr__(name: str) -> Any:
    # OpenCV and SciPy take a quarter of a second to import; a command that only names this room should not wait.
    if name in ("Material", "make_material"):
        from overlook.simulate import material

        return getattr(material, name)
    if name in ("SimulatedCounts", "simulate_counts"):
        from overlook.simulate import counts

        return getattr(counts, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
