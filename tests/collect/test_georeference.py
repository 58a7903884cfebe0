"""Where an image lies, and how large its pixels are."""

import math
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from shapely.geometry import Point

from overlook.collect import Registering
from overlook.collect.georeference import georeference, parse_world_file, utm_code
from overlook.collect.header import Header
from overlook.collect.sun import sun_position
from overlook.errors import InputError


def header(**changes: Any) -> Header:
    values: dict[str, Any] = {
        "driver": "GTiff",
        "shape": (400, 600),
        "count": 1,
        "dtype": "uint8",
        "interpretations": ("gray",),
        "descriptions": ("",),
    }
    return Header(**(values | changes))


def place(head: Header, **said: Any) -> Any:
    return georeference(head, Registering(**said), where="a.tif")


def test_a_projected_image_has_the_gsd_of_its_grid_within_the_projections_scale() -> None:
    found = place(header(crs="EPSG:32651", transform=(0.5, 0, 300_000, 0, -0.5, 4_400_000)))
    assert found.gsd_m == pytest.approx(0.5, rel=1e-3)
    assert found.footprint.exterior.is_ccw
    assert found.footprint.centroid.distance(Point(120.668, 39.725)) < 0.01


def test_a_geographic_image_is_measured_at_its_latitude_by_its_coarser_side() -> None:
    step = 1e-5
    found = place(header(crs="EPSG:4326", transform=(step, 0, 125.0, 0, -step, 60.0)))
    _, _, along = Geod(ellps="WGS84").inv(125, 60, 125, 60 + step * 100)
    assert found.gsd_m == pytest.approx(along / 100, rel=1e-3)


def test_web_mercator_is_measured_on_the_ground() -> None:
    lat = 60.0
    y = math.log(math.tan(math.radians(45 + lat / 2))) * 6378137
    found = place(header(crs="EPSG:3857", transform=(1, 0, 1e7, 0, -1, y)))
    assert found.gsd_m == pytest.approx(0.5, rel=0.01)


def test_a_centre_and_a_scale_place_the_image_with_true_north_up() -> None:
    found = place(header(), centre=(125.0, 39.0), gsd_m=0.5)
    assert found.crs == "EPSG:32651"
    assert found.gsd_m == 0.5
    assert found.footprint.centroid.distance(Point(125, 39)) < 1e-6
    # Up along the middle column leads due north: longitude stays.
    from pyproj import Transformer

    a, b, c, d, e, f = found.transform
    top = (a * 300 + c, d * 300 + f)
    lon, lat = Transformer.from_crs(found.crs, "EPSG:4326", always_xy=True).transform(*top)
    assert lon == pytest.approx(125, abs=1e-6)
    assert lat > 39
    del b, e


def test_control_points_fit_an_affine_and_their_misfit_is_the_geolocation_error() -> None:
    true = np.array([[0.5, 0.1, 1000.0], [0.1, -0.5, 2000.0]])
    pixels = np.array([[0, 0], [600, 0], [600, 400], [0, 400], [300, 200]])
    rng = np.random.default_rng(3)
    xy = pixels @ true[:, :2].T + true[:, 2] + rng.normal(0, 0.3, (5, 2))
    points = tuple((*p, *q) for p, q in zip(pixels.tolist(), xy.tolist(), strict=True))
    found = place(header(), control_points=points, crs="local")
    assert found.crs == "local"
    assert np.allclose(found.transform, [0.5, 0.1, 1000, 0.1, -0.5, 2000], rtol=2e-3, atol=0.8)
    assert 0.05 < found.misfit_m < 0.9
    assert place(header(), control_points=points[:3], crs="local").misfit_m is None


def test_a_local_plane_has_its_origin_at_the_lower_left_corner() -> None:
    found = place(header(), crs="local", gsd_m=0.25)
    assert found.transform == (0.25, 0.0, 0.0, 0.0, -0.25, 100.0)
    assert found.footprint.bounds == (0, 0, 150, 100)


def test_a_world_file_names_the_centre_of_its_first_pixel() -> None:
    assert parse_world_file("0.5\n0\n0\n-0.5\n100.25\n199.75\n", where="w") == (0.5, 0.0, 100.0, 0.0, -0.5, 200.0)
    with pytest.raises(InputError, match="six numbers"):
        parse_world_file("0.5 x", where="w")


@pytest.mark.parametrize(
    ("head", "said", "code", "remedy"),
    [
        ({}, {}, "E-INPUT-NO-SCALE", "--gsd"),
        ({}, {"centre": (125, 39)}, "E-INPUT-NO-SCALE", "--gsd"),
        ({}, {"gsd_m": 0.5}, "E-INPUT-NO-PLACE", "--centre"),
        ({"transform": (1, 0, 0, 0, -1, 0)}, {}, "E-INPUT-NO-CRS", "--crs"),
        ({"tie_points": ((0, 0, 1, 1), (9, 9, 2, 2))}, {}, "E-INPUT-GCP", "gdalwarp"),
        ({"tags": {"RPC.LINE_OFF": "1"}}, {}, "E-INPUT-RPC", "orthorectified"),
        ({"transform": (math.nan, 0, 0, 0, -1, 0), "crs": "EPSG:32651"}, {}, "E-INPUT-TRANSFORM", "--control-points"),
        ({"transform": (1, 1, 0, 1, 1, 0), "crs": "EPSG:32651"}, {}, "E-INPUT-TRANSFORM", "--control-points"),
        ({"transform": (1e-5, 0, 39, 0, -1e-5, 125), "crs": "EPSG:4326"}, {}, "E-INPUT-AXES", "longitude first"),
        ({"transform": (1, 0, 4.4e6, 0, -1, 3e5), "crs": "EPSG:32651"}, {}, "E-INPUT-OFF-EARTH", "axes"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e9), "crs": "EPSG:32651"}, {}, "E-INPUT-OFF-EARTH", "axes"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6), "crs": "EPSG:4326"}, {}, "E-INPUT-OFF-EARTH", "axes"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6)}, {"crs": "EPSG:999999"}, "E-INPUT-CRS", "EPSG"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6)}, {"crs": "<b>"}, "E-INPUT-CRS", "EPSG"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6)}, {"crs": "EPSG:4978"}, "E-INPUT-CRS", "EPSG"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6), "crs": "EPSG:32651"}, {"crs": "EPSG:32652"}, "E-INPUT-CRS", "--crs"),
        ({"transform": (1, 0, 3e5, 0, -1, 4e6), "crs": "EPSG:32651"}, {"gsd_m": 1.3}, "E-INPUT-GSD", "--gsd"),
        ({}, {"centre": (39, 125), "gsd_m": 1.0}, "E-INPUT-AXES", "longitude first"),
        (
            {},
            {"control_points": ((0, 0, 1, 1), (1, 1, 2, 2), (2, 2, 3, 3)), "crs": "local"},
            "E-INPUT-CONTROL-POINTS",
            "",
        ),
        ({}, {"control_points": ((0, 0, 1, 1),), "crs": "local"}, "E-INPUT-CONTROL-POINTS", "--control-points"),
    ],
)
def test_what_cannot_be_placed_is_refused_with_the_flag_that_would_help(
    head: dict[str, Any], said: dict[str, Any], code: str, remedy: str
) -> None:
    with pytest.raises(InputError) as caught:
        place(header(**head), **said)
    assert caught.value.code == code
    assert remedy in caught.value.remedy
    assert caught.value.where == "a.tif"


def test_a_screenshot_may_be_coarser_than_its_pixels_but_not_finer() -> None:
    head = header(crs="EPSG:32651", transform=(0.5, 0, 300_000, 0, -0.5, 4_400_000))
    assert place(head, gsd_m=2.0, kind="screenshot").gsd_m == 2.0
    with pytest.raises(InputError, match="--gsd"):
        place(head, gsd_m=0.1, kind="screenshot")


def test_utm_zones() -> None:
    assert [utm_code(125, 39), utm_code(-70, -33), utm_code(180, 1)] == ["EPSG:32651", "EPSG:32719", "EPSG:32660"]


def test_the_sun_stands_where_the_solar_position_algorithm_of_nrel_puts_it() -> None:
    # Reda & Andreas (2004), NREL/TP-560-34302, table A5.1: zenith 50.11162, azimuth 194.34024.
    from datetime import UTC, datetime

    elevation, azimuth = sun_position(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), -105.1786, 39.742476)
    assert elevation == pytest.approx(90 - 50.11162, abs=0.05)
    assert azimuth == pytest.approx(194.34024, abs=0.05)
