"""Where the sun stands: a low-precision solar position, good to about 0.01 degrees from 1950 to 2050.

Never corrects for refraction: shadows are drawn, and a horizon is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from overlook.terms import require_utc

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunPosition:
    """Geometric elevation above the horizon, and azimuth clockwise from true north; degrees."""

    elevation_deg: float
    azimuth_deg: float


def sun_position(moment: datetime, *, lon: float, lat: float) -> SunPosition:
    """The sun over longitude and latitude (degrees, east and north positive) at `moment` (UTC).

    J. J. Michalsky, "The Astronomical Almanac's algorithm for approximate solar position (1950-2050)", Solar Energy 40
    (1988) 227-235. The azimuth is taken with two arguments, which holds in both hemispheres. Difference of UT and
    terrestrial time neglected. Raises ValueError for a time that is not UTC.
    """
    require_utc("moment", moment)
    days = (moment - _J2000).total_seconds() / 86400.0
    hours_ut = moment.hour + moment.minute / 60 + (moment.second + moment.microsecond / 1e6) / 3600
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = mean_longitude + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 4e-7 * days)
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    sidereal_hours = 6.697375 + 0.0657098242 * days + hours_ut + lon / 15
    hour_angle = math.radians(sidereal_hours % 24 * 15) - right_ascension
    phi = math.radians(lat)
    elevation = math.asin(
        math.sin(declination) * math.sin(phi) + math.cos(declination) * math.cos(phi) * math.cos(hour_angle)
    )
    azimuth = math.atan2(
        -math.sin(hour_angle) * math.cos(declination),
        math.sin(declination) * math.cos(phi) - math.cos(declination) * math.sin(phi) * math.cos(hour_angle),
    )
    return SunPosition(elevation_deg=math.degrees(elevation), azimuth_deg=math.degrees(azimuth) % 360)
