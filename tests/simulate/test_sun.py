"""The sun's place against published positions."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.simulate import sun_position
from overlook.simulate.views import _convergence_deg, winter_share


def test_reda_and_andreas_example() -> None:
    """NREL/TP-560-34302 (Reda and Andreas 2003, revised 2008), table A5.1: 17 October 2003, 12:30:30 at UTC-7.

    Their elevation before refraction is 39.872046 degrees, their azimuth 194.340241.
    """
    sun = sun_position(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), lon=-105.1786, lat=39.742476)
    assert sun.elevation_deg == pytest.approx(39.872046, abs=0.015)
    assert sun.azimuth_deg == pytest.approx(194.340241, abs=0.015)


def test_meeus_example_declination() -> None:
    """Meeus, Astronomical Algorithms (2nd ed.), example 25.a: 13 October 1992, 0h, apparent declination -7.78507.

    At the pole the elevation is the declination.
    """
    sun = sun_position(datetime(1992, 10, 13, tzinfo=UTC), lon=0.0, lat=90.0)
    assert sun.elevation_deg == pytest.approx(-7.78507, abs=0.01)


def test_noon_in_the_south_is_to_the_north() -> None:
    sun = sun_position(datetime(2021, 6, 21, 2, 0, tzinfo=UTC), lon=151.2, lat=-33.9)
    assert sun.azimuth_deg > 350 or sun.azimuth_deg < 20
    assert sun.elevation_deg == pytest.approx(90 - 33.9 - 23.4, abs=0.6)


def test_a_time_that_is_not_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC"):
        sun_position(datetime(2021, 6, 21, 12, 0), lon=0, lat=0)
    with pytest.raises(ValueError, match="UTC"):
        sun_position(datetime(2021, 6, 21, 12, tzinfo=timezone(timedelta(hours=9))), lon=0, lat=0)


@given(
    hours=st.floats(0, 24 * 365 * 30),
    lon=st.floats(-180, 180),
    lat=st.floats(-89, 89),
)
def test_angles_stay_in_range_and_midday_is_higher_than_midnight(hours: float, lon: float, lat: float) -> None:
    when = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    sun = sun_position(when, lon=lon, lat=lat)
    assert -90 <= sun.elevation_deg <= 90
    assert 0 <= sun.azimuth_deg < 360
    noon = when.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=12 - lon / 15)
    assert (
        sun_position(noon, lon=lon, lat=lat).elevation_deg
        > sun_position(noon + timedelta(hours=12), lon=lon, lat=lat).elevation_deg
    )


def test_grid_north_from_true_north_agrees_with_proj() -> None:
    from pyproj import Proj

    for lon, lat in ((-25.0, 45.0), (-28.5, 60.0), (-26.0, -33.0)):
        zone = "EPSG:32626" if lat > 0 else "EPSG:32726"
        expected = Proj(zone).get_factors(lon, lat).meridian_convergence
        assert _convergence_deg(zone, lon, lat) == pytest.approx(expected, abs=0.01)


def test_winter_falls_half_a_year_apart_in_the_hemispheres() -> None:
    shares = [winter_share(datetime(2021, m, 15, tzinfo=UTC), 45.0) for m in range(1, 13)]
    south = [winter_share(datetime(2021, m, 15, tzinfo=UTC), -45.0) for m in range(1, 13)]
    assert shares[0] == 1.0
    assert shares[6] == 0.0
    assert np.allclose(np.roll(shares, 6), south, atol=0.05)
