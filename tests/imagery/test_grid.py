"""The site's grid, and the way between scenes and it."""

from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from overlook.errors import CaseError
from overlook.imagery import scene_to_chip, site_grid, zone_outline, zone_pixels, zone_view
from overlook.imagery.grid import Grid
from overlook.imagery.mapping import correction_of, exact_grid_to_scene, grid_to_scene
from overlook.terms import CLOUD, MASKED, NODATA, OFF_IMAGE, ChipMeta, Registration, Site, Zone


def meta(shape: tuple[int, int] = (20, 30), **changes: Any) -> ChipMeta:
    values: dict[str, Any] = {
        "scene": "s",
        "site": "site",
        "crs": "local",
        "transform": (1.0, 0.0, 0.0, 0.0, -1.0, float(shape[0])),
        "shape": shape,
        "bands": ("grey",),
        "registration": Registration(method="reference"),
        "usable_fraction": 1.0,
    }
    return ChipMeta(**(values | changes))


def zone(geometry: Any) -> Zone:
    return Zone(id="z", name="Z", kind="yard", geometry=geometry)


def test_the_grid_holds_the_zones_and_the_margin_on_whole_pixels(site: Any) -> None:
    grid = site_grid(site((1.2, 2.3, 10.1, 7.9), margin_m=2.0))
    a, _, west, _, e, north = grid.transform
    assert (a, e) == (0.5, -0.5)
    assert (west, north) == (-1.0, 10.0)
    assert grid.shape == (20, 27)


def test_the_grid_of_a_site_on_the_earth_is_in_its_metres() -> None:
    place = Site(id="s", name="S", crs="EPSG:32651", margin_m=20, zones=(zone(shapely.box(125, 39, 125.001, 39.001)),))
    grid = site_grid(place)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32651", always_xy=True).transform(125.0005, 39.0005)
    rows, columns = grid.shape
    assert abs(grid.transform[2] + columns / 4 - x) < 1
    assert abs(grid.transform[5] - rows / 4 - y) < 1
    assert (columns, rows) == (pytest.approx((86.6 + 40) * 2, abs=8), pytest.approx((111 + 40) * 2, abs=8))
    assert grid.geobox.shape == grid.shape


def test_a_site_without_zones_or_with_a_vast_grid_is_refused(site: Any) -> None:
    with pytest.raises(CaseError, match="no zones"):
        site_grid(site())
    with pytest.raises(CaseError, match="pixels"):
        site_grid(site((0, 0, 9000, 9000)))


def test_the_interpolated_map_is_the_exact_one() -> None:
    place = Site(id="s", name="S", crs="EPSG:32651", zones=(zone(shapely.box(125, 39, 125.02, 39.02)),), grid_gsd_m=1.0)
    grid = site_grid(place)
    transform = (5e-6, 1e-7, 125.0, -1e-7, -5e-6, 39.02)
    found = Registration(method="phase correlation", shift_m=(3.0, -2.0), linear=(1.001, 2e-4, -1e-4, 0.999))
    correction = correction_of(found, grid.transform, grid.shape)
    columns, rows = grid_to_scene(grid, "EPSG:4326", transform, correction)
    rng = np.random.default_rng(1)
    i, j = rng.integers(0, grid.shape[0], 500), rng.integers(0, grid.shape[1], 500)
    exact = exact_grid_to_scene(grid, "EPSG:4326", transform, j + 0.5, i + 0.5, correction)
    assert np.abs(columns[i, j] - exact[0]).max() < 0.01
    assert np.abs(rows[i, j] - exact[1]).max() < 0.01


def test_scene_pixels_land_on_the_chip_with_the_shift(scene: Any) -> None:
    made = scene(np.zeros((200, 200), np.uint8) + 9)
    still = meta(transform=(0.5, 0.0, 10.0, 0.0, -0.5, 90.0))
    assert np.allclose(scene_to_chip(still, made, np.array([[20, 20], [21, 23]])), [[0, 0], [1, 3]])
    moved = meta(
        transform=(0.5, 0.0, 10.0, 0.0, -0.5, 90.0),
        registration=Registration(method="phase correlation", shift_m=(1.0, 2.0)),
    )
    assert np.allclose(scene_to_chip(moved, made, np.array([20.0, 20.0])), [[2, -4]])


def test_an_affine_correction_turns_about_the_middle_and_is_undone_by_the_grids_map(scene: Any) -> None:
    made = scene(np.zeros((200, 200), np.uint8) + 9)
    found = Registration(method="phase correlation", shift_m=(1.0, 2.0), linear=(1.01, 0.02, -0.02, 1.01))
    chip = meta(transform=(0.5, 0.0, 10.0, 0.0, -0.5, 90.0), registration=found)
    # The chip is 30 x 20 pixels of 0.5 m; its middle, (17.5, 85), is pixel (35, 30) of the scene.
    assert np.allclose(scene_to_chip(chip, made, np.array([35.0, 30.0])), [[15 + 2, 10 - 4]])
    assert np.allclose(scene_to_chip(chip, made, np.array([45.0, 30.0])), [[17 + 10.1, 6 + 0.2]])
    grid = Grid(crs="local", transform=chip.transform, shape=chip.shape)
    columns, rows = grid_to_scene(grid, "local", made.transform, correction_of(found, chip.transform, chip.shape))
    there = scene_to_chip(chip, made, np.column_stack([columns.ravel(), rows.ravel()]))
    x, y = np.meshgrid(np.arange(30) + 0.5, np.arange(20) + 0.5)
    assert np.allclose(there, np.column_stack([x.ravel(), y.ravel()]))


def test_zone_pixels_are_those_whose_centre_is_inside() -> None:
    inside = zone_pixels(meta(), zone(shapely.box(2, 3, 6.4, 8.6)))
    assert inside.sum() == 4 * 6
    rows, columns = np.nonzero(inside)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (2, 5, 11, 16)


def test_a_tiny_zone_has_one_pixel_and_one_off_the_grid_none() -> None:
    assert zone_pixels(meta(), zone(shapely.box(2.1, 3.1, 2.2, 3.2))).sum() == 1
    assert zone_pixels(meta(), zone(shapely.box(50, 3, 60, 9))).sum() == 0


def test_a_zone_view_names_the_largest_reason() -> None:
    codes = np.zeros((20, 30), np.uint8)
    codes[:, :6], codes[:, 6:9], codes[:3, 20:], codes[3:4, 20:] = CLOUD, OFF_IMAGE, NODATA, MASKED
    view = zone_view(meta(), codes, zone(shapely.box(0, 0, 30, 20)))
    assert view.reason == "cloud"
    assert view.shares == pytest.approx({"cloud": 120 / 600, "off the image": 0.1, "no data": 0.05, "masked": 10 / 600})
    assert view.visible_fraction == pytest.approx(1 - sum(view.shares.values()))
    clear = zone_view(meta(), np.zeros((20, 30), np.uint8), zone(shapely.box(1, 1, 5, 5)))
    assert (clear.visible_fraction, clear.reason, dict(clear.shares)) == (1.0, None, {})
    off = zone_view(meta(), codes, zone(shapely.box(50, 50, 60, 60)))
    assert (off.visible_fraction, off.reason) == (0.0, "off the image")


def test_an_outline_has_a_ring_for_each_part_and_hole() -> None:
    hole = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]])
    rings = zone_outline(meta(), zone(shapely.MultiPolygon([hole, shapely.box(20, 0, 21, 1)])))
    assert len(rings) == 3
    assert np.allclose(rings[0].min(axis=0), [0, 10])
    assert np.allclose(rings[0].max(axis=0), [10, 20])
