"""Radar: known tables, simulated speckle with truth, and what nobody can measure."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

from overlook.activity import measured, unmeasured
from overlook.collect import Registering, gate, register, scenes
from overlook.errors import InputError
from overlook.imagery import make_chip, measure_zones
from overlook.imagery.radar import correlation_area, zone_mean
from overlook.terms import Index, NotObserved, Plan, Scene, Site, Zone, instant

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NIGHT = instant(datetime(2021, 8, 9, 17, 39, tzinfo=UTC))
NAME = "s1a-iw-grd-vv-20210809t173953-20210809t174018-039156-049f13-001"
EAST, NORTH, GSD = 400_000.0, 4_300_000.0, 10.0


def speckle(mean: Any, looks: int, rng: np.random.Generator, *, blur: float = 0.0) -> Any:
    """Fully developed speckle about `mean`: the mean of `looks` exponentials; fields blurred to share neighbours."""
    total = np.zeros(mean.shape)
    for _ in range(looks):
        field = rng.normal(size=mean.shape) + 1j * rng.normal(size=mean.shape)
        if blur:
            real, imaginary = (cv2.GaussianBlur(part, (0, 0), blur) for part in (field.real, field.imag))
            field = (real + 1j * imaginary) / np.sqrt((np.abs(real) ** 2).mean())
        total += np.abs(field) ** 2 / 2
    return mean * total / looks


@pytest.mark.parametrize(
    ("looks", "blur", "size"), [(1, 0.0, 8), (4, 0.0, 6), (1, 0.9, 12), (4, 0.9, 12), (4, 0.6, 25)]
)
def test_intervals_of_a_zone_cover_what_they_say(looks: int, blur: float, size: int) -> None:
    """90% of intervals hold the truth, to three Monte-Carlo errors, bright things on dark ground included."""
    rng = np.random.default_rng(size)
    mean = np.full((64, 64), 0.05)
    mean[28:32, 28:32] = 0.2
    inside = (slice(26, 26 + size), slice(26, 26 + size))
    truth = 10 * np.log10(mean[inside].mean())
    n, held, widths, errors = 400, 0, [], []
    for _ in range(n):
        image = speckle(mean, looks, rng, blur=blur)
        value, sd, _ = zone_mean(image[inside].ravel(), looks, correlation_area(image))
        held += abs(value - truth) <= 1.645 * sd
        widths.append(sd)
        errors.append(value - truth)
    assert held / n == pytest.approx(0.90, abs=0.06)
    assert np.mean(errors) == pytest.approx(0, abs=0.15)
    assert np.mean(widths) == pytest.approx(np.std(errors), rel=0.25)


def test_a_gamma_mean_in_decibels_is_the_published_one() -> None:
    """One look: a standard deviation of 5.57 dB and a bias of 2.51 dB (Ulaby, Moore & Fung 1986, vol. 3)."""
    _, sd, looks = zone_mean(np.array([1.0]), 1.0, 1.0)
    assert looks == pytest.approx(1.0)
    assert sd == pytest.approx(5.57, abs=0.01)
    value, _, _ = zone_mean(np.array([1.0]), 1.0, 1.0)
    assert value == pytest.approx(2.51, abs=0.01)


def test_white_speckle_is_its_own_pixel_and_blurred_speckle_covers_several() -> None:
    rng = np.random.default_rng(1)
    flat = np.full((128, 128), 1.0)
    assert correlation_area(speckle(flat, 1, rng)) == pytest.approx(1.0, abs=0.15)
    sigma = 0.9
    # |rho|² of fields blurred by a Gaussian is a Gaussian of variance sigma²: its sum is 2 pi sigma².
    assert correlation_area(speckle(flat, 1, rng, blur=sigma)) == pytest.approx(2 * np.pi * sigma**2, rel=0.15)


def tables(gain: float, noise: float) -> tuple[str, str]:
    """Calibration and noise as Sentinel-1's XML writes them, the gain rising along the row and down the lines."""
    vectors, noises = "", ""
    for line in (0, 50, 99):
        pixels = " ".join(str(p) for p in (0, 60, 119))
        values = " ".join(repr(gain + 0.5 * p + 0.2 * line) for p in (0, 60, 119))
        at = f"<line>{line}</line><pixel>{pixels}</pixel>"
        vectors += f"<calibrationVector>{at}<sigmaNought>{values}</sigmaNought></calibrationVector>"
        lut = " ".join([repr(noise)] * 3)
        noises += f"<noiseRangeVector>{at}<noiseRangeLut>{lut}</noiseRangeLut></noiseRangeVector>"
    return f"<calibration>{vectors}</calibration>", f"<noise>{noises}</noise>"


def vector(line: str, pixels: str, values: str) -> str:
    at = f"<line>{line}</line><pixel>{pixels}</pixel><sigmaNought>{values}</sigmaNought>"
    return f"<calibration><calibrationVector>{at}</calibrationVector></calibration>"


def place() -> Site:
    to = Transformer.from_crs("EPSG:32652", "EPSG:4326", always_xy=True)

    def box(left: float, top: float, right: float, bottom: float) -> Any:
        ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return shapely.Polygon([to.transform(EAST + GSD * x, NORTH - GSD * y) for x, y in ring])

    zones = (
        Zone(id="yard", name="Y", kind="yard", geometry=box(20, 20, 60, 60)),
        Zone(id="hall", name="H", kind="building", geometry=box(70, 20, 80, 40)),
        Zone(id="far", name="F", kind="yard", geometry=box(300, 20, 320, 40)),
        Zone(id="tiny", name="T", kind="yard", geometry=box(90.2, 90.2, 90.6, 90.6)),
    )
    return Site(id="s", name="S", crs="EPSG:32652", zones=zones, grid_gsd_m=10.0, margin_m=0.0)


def grd(folder: Path, sigma: float, *, gain: float = 400.0, noise: float = 90.0, safe: bool = True) -> Path:
    """A GRD of known sigma nought: DN² is sigma A² + noise, before it is rounded."""
    folder = folder / "X.SAFE" / "measurement"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    p, line = np.meshgrid(np.arange(120), np.arange(100))
    power = speckle(np.full((100, 120), sigma), 4, rng) * (gain + 0.5 * p + 0.2 * line) ** 2 + noise
    path = folder / f"{NAME}.tiff"
    profile = {"height": 100, "width": 120, "count": 1, "dtype": "uint16", "crs": "EPSG:32652"}
    with rasterio.open(path, "w", driver="GTiff", transform=Affine(GSD, 0, EAST, 0, -GSD, NORTH), **profile) as file:
        file.write(np.rint(np.sqrt(power)).astype(np.uint16), 1)
    if safe:
        beside = folder.parent / "annotation" / "calibration"
        beside.mkdir(parents=True)
        calibration, noises = tables(gain, noise)
        (beside / f"calibration-{NAME}.xml").write_text(calibration)
        (beside / f"noise-{NAME}.xml").write_text(noises)
    return path


def added(path: Path, imagery: Path, **said: Any) -> Scene:
    return register(path, imagery, Registering(when=NIGHT, **said), now=NOW)


def test_sentinel_1_gives_back_the_sigma_nought_that_was_put_in(tmp_path: Path) -> None:
    scene = added(grd(tmp_path, 0.05), tmp_path / "i")
    assert (scene.bands, scene.sensor) == (("vv",), "S1A 59")
    assert scene.radar is not None
    assert (scene.radar.looks, scene.radar.relative_orbit) == (4.4, 59)
    (read,) = scenes(tmp_path / "i")
    assert read.radar == scene.radar
    site = place()
    found = {b.zone: b for b in measure_zones(scene, tmp_path / "i", site)}
    yard = found["yard"]
    assert yard.value_db is not None
    assert yard.sd_db is not None
    # Sixteen hundred pixels of four looks: a twentieth of a decibel.
    assert yard.sd_db == pytest.approx(4.343 / np.sqrt(1600 * 4), rel=0.35)
    assert yard.value_db == pytest.approx(10 * np.log10(0.05), abs=4 * yard.sd_db)
    assert found["far"].reason == "off the image"
    assert found["tiny"].reason == "too coarse"
    seen = list(measured(scene, site, Plan(), found.values(), gate=lambda z, c: gate(scene, site, z, c, Plan())))
    index = next(o for o in seen if o.series.zone == "yard")
    assert isinstance(index, Index)
    assert (index.unit, index.series.cls, index.sensor) == ("dB", "backscatter_vv", "S1A 59")
    assert index.shared_sd == 0.39
    assert len(index.evidence) == 3
    (hall,) = [o for o in seen if o.series.zone == "hall"]
    assert isinstance(hall, NotObserved)
    assert hall.reason == "roofed"


def test_night_and_cloud_do_not_hide_from_radar_and_it_is_laid_on_no_picture(tmp_path: Path) -> None:
    scene = added(grd(tmp_path, 0.05), tmp_path / "i", sun_elevation_deg=-20.0)
    site = place()
    assert gate(scene, site, site.zones[0], "backscatter_vv", Plan()) is None
    chip = make_chip(scene, tmp_path / "i", site, None)
    assert (chip.unusable[:40, :40] == 0).all()
    moved = make_chip(scene, tmp_path / "i", site, make_chip_like(chip))
    assert moved.meta.registration.method == "georeference"
    assert "radar" in moved.meta.registration.note


def make_chip_like(chip: Any) -> Any:
    from dataclasses import replace

    return replace(chip, meta=replace(chip.meta, scene="another"))


def test_noise_left_out_reads_high_where_it_is_dark(tmp_path: Path) -> None:
    path = grd(tmp_path, 0.0005)
    with_noise = added(path, tmp_path / "a")
    (path.parents[1] / "annotation" / "calibration" / f"noise-{NAME}.xml").unlink()
    without = added(path, tmp_path / "b")
    values = [measure_zones(s, tmp_path / f, place())[0].value_db for s, f in ((with_noise, "a"), (without, "b"))]
    assert values[0] == pytest.approx(10 * np.log10(0.0005), abs=0.5)
    assert values[1] is not None
    assert values[0] is not None
    assert values[1] > values[0] + 1


def test_a_scale_factor_calibrates_and_without_one_nothing_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "capella.tif"
    profile = {"height": 100, "width": 120, "count": 1, "dtype": "uint16", "crs": "EPSG:32652"}
    with rasterio.open(path, "w", driver="GTiff", transform=Affine(GSD, 0, EAST, 0, -GSD, NORTH), **profile) as file:
        file.write(np.full((100, 120), 1000, np.uint16), 1)
    nothing = added(path, tmp_path / "a", bands=("hh",))
    (none, *_) = measure_zones(nothing, tmp_path / "a", place())
    assert none.value_db is None
    assert "calibration" in none.detail
    image = {"scale_factor": 1e-4, "center_pixel": {"incidence_angle": 38.5}}
    extended = {"collect": {"state": {"direction": "descending"}, "image": image}}
    (tmp_path / "capella_extended.json").write_text(json.dumps(extended))
    scene = added(path, tmp_path / "b", bands=("hh",), sensor="")
    assert scene.radar is not None
    assert (scene.radar.incidence_deg, scene.radar.orbit) == (38.5, "descending")
    assert "descending" in scene.sensor
    (first, *_) = measure_zones(scene, tmp_path / "b", place())
    assert first.value_db == pytest.approx(-20, abs=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<calibration/>",
        vector("0", "0 1", "0 0"),
        vector("0", "0 1 2", "5 5"),
        vector("x", "0 1", "nan 1"),
        '<!DOCTYPE a [<!ENTITY b "c">]><calibration/>',
    ],
)
def test_a_broken_table_is_said_and_ends_nothing(tmp_path: Path, text: str) -> None:
    path = grd(tmp_path, 0.05)
    (path.parents[1] / "annotation" / "calibration" / f"calibration-{NAME}.xml").write_text(text)
    scene = added(path, tmp_path / "i")
    with pytest.raises(InputError) as caught:
        measure_zones(scene, tmp_path / "i", place())
    assert caught.value.code == "E-INPUT-CALIBRATION"
    said = list(unmeasured(scene, place(), caught.value.what))
    assert {o.reason for o in said if isinstance(o, NotObserved)} == {"unreadable"}
    assert len(said) == 4


def test_a_table_that_was_lost_or_changed_is_named(tmp_path: Path) -> None:
    scene = added(grd(tmp_path, 0.05), tmp_path / "i")
    assert scene.radar is not None
    table = tmp_path / "i" / scene.radar.calibration
    table.write_text(table.read_text() + " ")
    with pytest.raises(InputError, match="changed"):
        measure_zones(scene, tmp_path / "i", place())
    table.unlink()
    with pytest.raises(InputError, match="read"):
        measure_zones(scene, tmp_path / "i", place())


def test_a_named_calibration_that_is_none_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"hello": 1}')
    with pytest.raises(InputError) as caught:
        added(grd(tmp_path, 0.05, safe=False), tmp_path / "i", calibration=wrong)
    assert caught.value.code == "E-INPUT-CALIBRATION"
