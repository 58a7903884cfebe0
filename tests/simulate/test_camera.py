"""Light, shadow, lean, bands and numbers of an image, against what the view says."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from overlook.simulate import Building, Sensor, SiteSpec
from overlook.simulate.camera import IN_VIEW, UNDER_CLOUD, UNDER_ROOF, View, expose
from overlook.simulate.layout import Standing
from overlook.simulate.paint import Sunlight, draw_thing
from overlook.simulate.sky import Sky
from overlook.simulate.terrain import build_terrain
from simulate.sites import site

CLEAR = Sky(cover=0.0, height_m=1000.0, haze=0.0, opacity=None)
BARN = Building(id="barn", centre=(80, 80), length_m=40, width_m=20, height_m=12, roof="flat", tone=0.5)
QUIET = Sensor(noise=0.0, blur_px=0.0, geolocation_error_m=0.0, depth=16, bands=("red", "green", "blue", "nir"))


def view(**changes: object) -> View:
    base = View(
        when=datetime(2021, 7, 1, 11, 30, tzinfo=UTC),
        sun_elevation_deg=40.0,
        sun_azimuth_deg=180.0,
        light=Sunlight(azimuth_deg=180.0, elevation_deg=40.0),
        off_nadir_deg=0.0,
        view_azimuth_deg=90.0,
        phase_m=(0.0, 0.0),
        error_m=(0.0, 0.0),
        winter=0.0,
        snow=0.0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def take(spec: SiteSpec, sky: Sky = CLEAR, things: tuple[Standing, ...] = (), **changes: object) -> np.ndarray:
    return expose(spec, build_terrain(spec, 1), view(**changes), sky, things, 1, 0).pixels


def rows_of(spec: SiteSpec, north: float, south: float) -> slice:
    return slice(int((spec.size_m[1] - north) / spec.sensor.gsd_m), int((spec.size_m[1] - south) / spec.sensor.gsd_m))


def test_a_building_throws_its_shadow_north_at_noon() -> None:
    spec = site(buildings=(BARN,), sensor=QUIET)
    image = take(spec)[..., 0].astype(float)
    columns = slice(2 * 65, 2 * 95)
    reach = 12 / np.tan(np.radians(40))
    shadow = image[rows_of(spec, 90 + reach - 1, 91), columns].mean()
    lit_north = image[rows_of(spec, 150, 90 + reach + 2), columns].mean()
    lit_south = image[rows_of(spec, 68, 20), columns].mean()
    assert shadow < 0.5 * lit_north
    assert shadow < 0.5 * lit_south


def test_a_vehicle_casts_a_shadow_too() -> None:
    truck = replace(draw_thing("semitrailer", "vehicle", np.random.default_rng(1)), x=80.0, y=80.0, heading_deg=90.0)
    spec = site(sensor=QUIET)
    with_truck = take(spec, things=(Standing(zone="lot", thing=truck),))[..., 0].astype(float)
    without = take(spec)[..., 0].astype(float)
    tip = truck.height_m / np.tan(np.radians(40))
    north = (rows_of(spec, 80 + truck.width_m / 2 + tip - 0.6, 80 + truck.width_m / 2 + 0.6), slice(2 * 76, 2 * 84))
    assert with_truck[north].mean() < 0.5 * without[north].mean()
    far = (rows_of(spec, 60, 20), slice(0, None))
    assert (with_truck[far] == without[far]).all()


@pytest.mark.parametrize(("satellite", "east"), [(90.0, -1.0), (270.0, 1.0)])
def test_roofs_lean_away_from_the_satellite(satellite: float, east: float) -> None:
    spec = site(buildings=(BARN,), sensor=QUIET)
    terrain = build_terrain(spec, 1)
    exposure = expose(spec, terrain, view(off_nadir_deg=25.0, view_azimuth_deg=satellite), CLEAR, (), 1, 0)
    columns = np.flatnonzero((exposure.hidden == UNDER_ROOF).any(axis=0)) * 0.5
    lean = 12 * np.tan(np.radians(25))
    footprint = (60.0, 100.0)
    expected = (footprint[0] - lean, footprint[1]) if east < 0 else (footprint[0], footprint[1] + lean)
    assert (columns.min(), columns.max()) == pytest.approx(expected, abs=1.1)


def test_the_ground_moves_with_the_phase_and_not_with_the_declared_error() -> None:
    spec = site(buildings=(BARN,), sensor=QUIET)
    terrain = build_terrain(spec, 1)
    still = expose(spec, terrain, view(), CLEAR, (), 1, 0)
    wrong = expose(spec, terrain, view(error_m=(3.0, -2.0)), CLEAR, (), 1, 0)
    assert (still.pixels == wrong.pixels).all()
    moved = expose(spec, terrain, view(phase_m=(0.5, 0.5)), CLEAR, (), 1, 0)
    grass = (slice(20, 60), slice(20, 100))
    shifted = np.roll(still.pixels, (-1, -1), (0, 1))
    assert np.abs(moved.pixels[grass].astype(int) - shifted[grass].astype(int)).max() <= 1


def test_band_order_is_as_declared() -> None:
    rgb_nir = take(site(sensor=QUIET))
    bgrn = take(site(sensor=replace(QUIET, bands=("blue", "green", "red", "nir"))))
    assert (bgrn == rgb_nir[..., [2, 1, 0, 3]]).all()
    grey = take(site(sensor=replace(QUIET, bands=("red",))))
    assert grey.shape[2] == 1
    assert (grey[..., 0] == rgb_nir[..., 0]).all()
    grass = rgb_nir[50:100, 50:100].reshape(-1, 4).mean(axis=0)
    assert grass[3] > 2 * grass[0]


def test_eight_and_sixteen_bits_never_hold_the_nodata_value() -> None:
    for depth, kind in ((8, np.uint8), (16, np.uint16)):
        image = take(site(sensor=Sensor(depth=depth, noise=0.05)), CLEAR)  # type: ignore[arg-type]
        assert image.dtype == kind
        assert image.min() >= 1


def test_noise_and_blur_are_as_declared() -> None:
    flat = site(sensor=replace(QUIET, noise=0.01))
    difference = take(flat).astype(float) - take(site(sensor=QUIET)).astype(float)
    level = take(site(sensor=QUIET))[..., 0].mean() / 10_000
    assert difference[..., 0].std() / 10_000 == pytest.approx(0.01 * np.sqrt(0.5 + 2.5 * level), rel=0.05)
    sharp, soft = (take(site(sensor=replace(QUIET, blur_px=b)))[..., 0].astype(float) for b in (0.0, 1.5))
    assert np.abs(np.diff(soft)).mean() < 0.5 * np.abs(np.diff(sharp)).mean()


def test_an_overcast_image_shows_nothing() -> None:
    overcast = Sky(cover=1.0, height_m=900, haze=0.0, opacity=np.full((128, 128), 0.95, dtype=np.float32))
    spec = site(sensor=QUIET)
    exposure = expose(spec, build_terrain(spec, 1), view(), overcast, (), 1, 0)
    assert (exposure.hidden == UNDER_CLOUD).all()
    clear = expose(spec, build_terrain(spec, 1), view(), CLEAR, (), 1, 0)
    assert (clear.hidden == IN_VIEW).all()
    assert exposure.pixels.mean() > 1.5 * clear.pixels.mean()


def test_a_cloud_shades_the_ground_away_from_the_sun() -> None:
    # One square cloud of 48 m, 60 m up: at 40 degrees its shadow falls 71.5 m north.
    opacity = np.zeros((128, 128), dtype=np.float32)
    opacity[6:9, 3:6] = 1.0  # 16..64 m north, 48..96 m east
    sky = Sky(cover=0.1, height_m=60.0, haze=0.0, opacity=opacity)
    spec = site(sensor=QUIET)
    image = take(spec, sky)[..., 0].astype(float)
    clear = take(spec)[..., 0].astype(float)
    north = 40 + 71.5
    ratio = image / clear
    assert ratio[rows_of(spec, north + 8, north - 8), 2 * 64 : 2 * 80].mean() < 0.65
    assert ratio[:, 2 * 124 :].mean() == pytest.approx(1.0, abs=0.001)


def test_snow_lies_on_grass_and_winter_fades_it() -> None:
    spec = site(sensor=QUIET)
    green, brown, white = (take(spec, winter=w, snow=s).astype(float) for w, s in ((0, 0), (1, 0), (1, 1)))
    assert white[..., 0].mean() > 2.5 * brown[..., 0].mean()
    vegetation = [(i[..., 3].mean() - i[..., 0].mean()) / (i[..., 3].mean() + i[..., 0].mean()) for i in (green, brown)]
    assert vegetation[0] > vegetation[1] + 0.2


def test_the_same_arguments_give_the_same_pixels() -> None:
    spec = site(sensor=Sensor())
    assert (take(spec) == take(spec)).all()
