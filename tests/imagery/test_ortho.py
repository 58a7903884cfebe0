"""Raw frames: a simulated camera with known truth, its rational polynomials fitted as a provider fits them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from affine import Affine
from pyproj import Transformer

from overlook.collect import Registering, register
from overlook.collect.camera import parse_rpc_text
from overlook.errors import InputError
from overlook.imagery import make_chip, scene_to_chip
from overlook.imagery.ortho import projection_of
from overlook.terms import Scene, Site, Zone, instant

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
WHEN = instant(datetime(2018, 6, 12, 3, tzinfo=UTC))
EAST, NORTH, UP = 400_000.0, 4_300_000.0, 250.0
LEAN = np.tan(np.radians(25.0))
GSD, ROWS, COLUMNS = 0.5, 500, 600
TO_LL = Transformer.from_crs("EPSG:32652", "EPSG:4326", always_xy=True)


def relief(x: Any, y: Any) -> Any:
    """Metres above the ellipsoid: a slope and a hill of 40 m."""
    return UP + 0.05 * (x - EAST) + 40 * np.exp(-((x - EAST - 180) ** 2 + (y - NORTH + 120) ** 2) / (2 * 60**2))


def camera(x: Any, y: Any, h: Any) -> Any:
    """The truth: a pushbroom that looks 25 degrees east; (column, row) in pixels of the frame, turned by 8 degrees."""
    east, south = x - EAST + LEAN * (h - UP), NORTH - y
    c, s = np.cos(np.radians(8)), np.sin(np.radians(8))
    return (c * east + s * south) / GSD + 20, (c * south - s * east) / GSD + 60


def fitted() -> dict[str, str]:
    """RPC tags by linear least squares on a cube of ground points, denominators 1 as far as the cubic terms go."""
    rng = np.random.default_rng(0)
    x, y = EAST + rng.uniform(-120, 420, 4000), NORTH - rng.uniform(-120, 420, 4000)
    h = rng.uniform(UP - 150, UP + 150, 4000)
    lon, lat = TO_LL.transform(x, y)
    column, row = camera(x, y, h)
    offsets = {"LINE": ROWS / 2, "SAMP": COLUMNS / 2, "LAT": lat.mean(), "LONG": lon.mean(), "HEIGHT": UP}
    scales = {"LINE": 600.0, "SAMP": 700.0, "LAT": np.ptp(lat) / 2, "LONG": np.ptp(lon) / 2, "HEIGHT": 200.0}
    # As a NITF's field holds them: whole pixels and metres, four decimals of a degree.
    offsets = {k: round(float(v), 0 if k in ("LINE", "SAMP", "HEIGHT") else 4) for k, v in offsets.items()}
    scales = {k: round(float(v), 0 if k in ("LINE", "SAMP", "HEIGHT") else 4) for k, v in scales.items()}
    p, x_, z = (
        (lat - offsets["LAT"]) / scales["LAT"],
        (lon - offsets["LONG"]) / scales["LONG"],
        (h - offsets["HEIGHT"]) / 200.0,
    )
    one = np.ones_like(p)
    terms = [one, x_, p, z, x_ * p, x_ * z, p * z, x_ * x_, p * p, z * z, p * x_ * z, x_**3, x_ * p * p, x_ * z * z]
    terms += [x_ * x_ * p, p**3, p * z * z, x_ * x_ * z, p * p * z, z**3]
    design = np.stack(terms, axis=1)
    tags = {f"{k}_OFF": repr(float(v)) for k, v in offsets.items()} | {
        f"{k}_SCALE": repr(float(v)) for k, v in scales.items()
    }
    for name, value in (("LINE", row), ("SAMP", column)):
        # Provider's pixels count from the middle of the first.
        target = (value - 0.5 - offsets[name]) / scales[name]
        tags[f"{name}_NUM_COEFF"] = " ".join(repr(float(v)) for v in np.linalg.lstsq(design, target, rcond=None)[0])
        tags[f"{name}_DEN_COEFF"] = " ".join(["1"] + ["0"] * 19)
    return tags | {"ERR_BIAS": "3.0", "ERR_RAND": "0.1"}


TAGS = fitted()


@pytest.fixture(scope="module")
def ground_xy() -> Any:
    """Marks on the ground: true eastings and northings, on flat land and on the hill."""
    rng = np.random.default_rng(3)
    return EAST + rng.uniform(40, 230, 25), NORTH - rng.uniform(30, 190, 25)


@pytest.fixture(scope="module")
def frame(tmp_path_factory: Any, ground_xy: Any) -> dict[str, Path]:
    """The frame as NITF and as TIFF with an .RPB and an _RPC.TXT; a DEM; and a DEM of somewhere else."""
    folder = tmp_path_factory.mktemp("raw")
    x, y = ground_xy
    columns, rows = camera(x, y, relief(x, y))
    noise = np.random.default_rng(8).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    soft = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (1.5, 4.0, 12.0))
    pixels = np.clip(500 + 90 * soft, 100, 900).astype(np.uint16)
    for column, row in zip(columns, rows, strict=True):
        centre = (round((column - 0.5) * 256), round((row - 0.5) * 256))
        cv2.circle(pixels, centre, 3 * 256, 1800, -1, cv2.LINE_AA, 8)
    paths = {}
    profile = {"height": ROWS, "width": COLUMNS, "count": 1, "dtype": "uint16"}
    for name in ("tags.tif", "rpb.tif", "txt.tif", "plain.tif"):
        with rasterio.open(folder / name, "w", driver="GTiff", **profile) as file:
            file.write(pixels if name != "txt.tif" else pixels + 1, 1)
            if name == "tags.tif":
                file.update_tags(ns="RPC", **TAGS)
        paths[name] = folder / name
    rasterio.shutil.copy(folder / "tags.tif", folder / "nitf.ntf", driver="NITF")
    paths["nitf.ntf"] = folder / "nitf.ntf"
    (folder / "rpb.RPB").write_text(rpb())
    (folder / "txt_RPC.TXT").write_text(rpc_txt())
    g = 10.0
    for name, west in (("dem.tif", EAST - 200), ("far.tif", EAST + 50_000)):
        xs, ys = np.meshgrid(west + (np.arange(70) + 0.5) * g, NORTH + 200 - (np.arange(70) + 0.5) * g)
        heights = relief(xs, ys).astype(np.float32)
        transform = Affine(g, 0, west, 0, -g, NORTH + 200)
        size = {"height": 70, "width": 70, "count": 1, "dtype": "float32"}
        with rasterio.open(folder / name, "w", driver="GTiff", crs="EPSG:32652", transform=transform, **size) as file:
            file.write(heights, 1)
        paths[name] = folder / name
    return paths


def rpc_txt() -> str:
    lines = [f"{k}: {TAGS[k]} units" for k in TAGS if "COEFF" not in k]
    for k in TAGS:
        if "COEFF" in k:
            lines += [f"{k}_{i}: {v}" for i, v in enumerate(TAGS[k].split(), 1)]
    return "\n".join(lines)


def rpb() -> str:
    names = {"LINE": "line", "SAMP": "samp", "LAT": "lat", "LONG": "long", "HEIGHT": "height"}
    lines = ['satId = "WV02";', 'SpecId = "RPC00B";', "BEGIN_GROUP = IMAGE", f"\terrBias = {TAGS['ERR_BIAS']};"]
    for k, ours in names.items():
        lines += [f"\t{ours}Offset = {TAGS[k + '_OFF']};", f"\t{ours}Scale = {TAGS[k + '_SCALE']};"]
    for k in ("LINE", "SAMP"):
        for part, ours in (("NUM", "Num"), ("DEN", "Den")):
            values = ",\n\t\t\t".join(TAGS[f"{k}_{part}_COEFF"].split())
            lines.append(f"\t{names[k]}{ours}Coef = (\n\t\t\t{values});")
    return "\n".join([*lines, "END_GROUP = IMAGE", "END;"])


def place() -> Site:
    lon, lat = TO_LL.transform([EAST + 20, EAST + 250], [NORTH - 210, NORTH - 10])
    zone = Zone(id="z", name="Z", kind="yard", geometry=shapely.box(lon[0], lat[0], lon[1], lat[1]))
    return Site(id="s", name="S", crs="EPSG:32652", zones=(zone,), margin_m=0.0)


def added(path: Path, imagery: Path, **said: Any) -> Scene:
    return register(path, imagery, Registering(when=WHEN, **said), now=NOW)


def error_m(scene: Scene, imagery: Path, ground_xy: Any) -> float:
    """Root mean square of where the marks' pixels are laid on the site, against where they truly are."""
    chip = make_chip(scene, imagery, place(), None)
    x, y = ground_xy
    pixels = np.column_stack(camera(x, y, relief(x, y)))
    at = scene_to_chip(chip.meta, scene, pixels)
    _, _, west, _, _, north = chip.meta.transform
    return float(np.sqrt(((west + at[:, 0] * 0.5 - x) ** 2 + (north - at[:, 1] * 0.5 - y) ** 2).mean()))


def test_the_polynomials_are_gdals(frame: dict[str, Path], tmp_path: Path) -> None:
    """Against GDAL's RPC transformer, in both directions of one frame."""
    scene = added(frame["nitf.ntf"], tmp_path, height_m=UP)
    assert scene.camera is not None
    rng = np.random.default_rng(1)
    x, y, h = EAST + rng.uniform(0, 250, 50), NORTH - rng.uniform(0, 200, 50), rng.uniform(UP - 50, UP + 50, 50)
    lon, lat = TO_LL.transform(x, y)
    columns, rows = projection_of(scene.camera)(lon, lat, h)
    with rasterio.open(frame["nitf.ntf"]) as file, rasterio.transform.RPCTransformer(file.rpcs) as gdal:
        theirs = np.array(gdal.rowcol(lon, lat, zs=h, op=lambda v: v))
    assert np.abs(theirs[1] - columns).max() < 1e-3
    assert np.abs(theirs[0] - rows).max() < 1e-3
    assert np.abs(np.column_stack([columns, rows]) - np.column_stack(camera(x, y, h))).max() < 0.02


@pytest.mark.parametrize("name", ["nitf.ntf", "tags.tif", "rpb.tif", "txt.tif"])
def test_a_dem_lays_a_frame_to_a_fraction_of_a_pixel_and_a_height_alone_does_not(
    frame: dict[str, Path], tmp_path: Path, ground_xy: Any, name: str
) -> None:
    with_dem = added(frame[name], tmp_path / "a", dem=frame["dem.tif"])
    flat = added(frame[name], tmp_path / "b", height_m=UP)
    assert with_dem.dtype == "uint16"
    assert with_dem.geolocation_error_m == pytest.approx(3.0 / np.sqrt(2))
    assert error_m(with_dem, tmp_path / "a", ground_xy) < 0.25
    x, y = ground_xy
    relief_m = LEAN * float(np.sqrt(((relief(x, y) - UP) ** 2).mean()))
    assert error_m(flat, tmp_path / "b", ground_xy) == pytest.approx(relief_m, rel=0.03)
    assert relief_m > 5


def test_a_geoid_left_out_is_that_times_the_tangent(frame: dict[str, Path], tmp_path: Path, ground_xy: Any) -> None:
    """The trap: heights above sea level taken for heights above the ellipsoid, here 25 m apart (less up a slope)."""
    wrong = added(frame["nitf.ntf"], tmp_path, dem=frame["dem.tif"], geoid_m=25.0)
    assert error_m(wrong, tmp_path, ground_xy) == pytest.approx(25 * LEAN, rel=0.15)


def test_the_marks_are_seen_where_they_are(frame: dict[str, Path], tmp_path: Path, ground_xy: Any) -> None:
    scene = added(frame["nitf.ntf"], tmp_path, dem=frame["dem.tif"])
    chip = make_chip(scene, tmp_path, place(), None)
    _, _, west, _, _, north = chip.meta.transform
    x, y = ground_xy
    columns, rows = ((x - west) / 0.5).astype(int), ((north - y) / 0.5).astype(int)
    assert (chip.pixels[rows, columns, 0] > 200).all()
    dark = np.ones(chip.meta.shape, bool)
    for column, row in zip(columns, rows, strict=True):
        dark[max(0, row - 6) : row + 7, max(0, column - 6) : column + 7] = False
    assert np.quantile(chip.pixels[..., 0][dark], 0.999) < 160


def test_the_side_car_keeps_camera_and_ground(frame: dict[str, Path], tmp_path: Path) -> None:
    from overlook.collect import scenes

    made = added(frame["rpb.tif"], tmp_path, dem=frame["dem.tif"], geoid_m=1.5)
    (read,) = scenes(tmp_path)
    assert (read.camera, read.ground) == (made.camera, made.ground)
    assert made.ground is not None
    assert (tmp_path / made.ground.dem).is_file()


def test_frames_share_a_dem_and_the_last_takes_it_along(frame: dict[str, Path], tmp_path: Path) -> None:
    from overlook.collect import files_of

    one, two = (added(frame[name], tmp_path, dem=frame["dem.tif"]) for name in ("rpb.tif", "txt.tif"))
    assert one.ground is not None
    assert one.ground == two.ground
    assert one.ground.dem not in files_of(tmp_path, one.id)
    (tmp_path / f"{two.id}.stac.json").unlink()
    assert one.ground.dem in files_of(tmp_path, one.id)


def test_a_frame_added_again_keeps_its_ground(frame: dict[str, Path], tmp_path: Path) -> None:
    first = added(frame["rpb.tif"], tmp_path, dem=frame["dem.tif"])
    again = register(frame["rpb.tif"], tmp_path, Registering(catalogue_id="X1"), now=NOW)
    assert (again.id, again.ground, again.catalogue_id) == (first.id, first.ground, "X1")


def test_what_cannot_be_laid_is_refused_with_one_line(frame: dict[str, Path], tmp_path: Path) -> None:
    for code, name, said in (
        ("E-INPUT-RPC", "rpb.tif", {}),
        ("E-INPUT-DEM", "rpb.tif", {"dem": frame["far.tif"]}),
        ("E-INPUT-DEM", "rpb.tif", {"dem": frame["dem.tif"], "height_m": 3.0}),
        ("E-INPUT-DEM", "rpb.tif", {"dem": frame["plain.tif"]}),
        ("E-INPUT-DEM", "rpb.tif", {"dem": frame["dem.tif"], "geoid_m": 900.0}),
        ("E-INPUT-HEIGHT", "rpb.tif", {"height_m": float("nan")}),
        ("E-INPUT-NO-SCALE", "plain.tif", {}),
    ):
        with pytest.raises(InputError) as caught:
            added(frame[name], tmp_path / "none", **said)
        assert caught.value.code == code
        assert caught.value.remedy
    assert not list((tmp_path / "none").glob("*")) if (tmp_path / "none").exists() else True


@pytest.mark.parametrize(
    "change",
    [
        {"lineScale": "0"},
        {"latOffset": "nan"},
        {"lineNumCoef": "(1, 2)"},
        {"lineNumCoef": f"({', '.join(['0'] * 20)})"},
        {"sampNumCoef": f"({', '.join(['1e9'] * 20)})"},
        {"longScale": "1e-12"},
    ],
)
def test_absurd_polynomials_are_refused(frame: dict[str, Path], tmp_path: Path, change: dict[str, str]) -> None:
    import re

    path = tmp_path / "rpb.tif"
    path.write_bytes(frame["rpb.tif"].read_bytes())
    text = rpb()
    for key, value in change.items():
        text = re.sub(rf"{key} = (\([^)]*\)|[^;]*);", f"{key} = {value};", text)
    (tmp_path / "rpb.RPB").write_text(text)
    with pytest.raises(InputError) as caught:
        added(path, tmp_path / "imagery", height_m=UP)
    assert caught.value.code in ("E-INPUT-RPC", "E-INPUT-GSD")


def test_a_text_that_is_no_rpc_has_no_tags() -> None:
    assert parse_rpc_text("hello = (world)\nfoo: bar") == {}
    assert {f"RPC.{k}": v.split() for k, v in TAGS.items() if "COEFF" in k} == {
        k: v.split() for k, v in parse_rpc_text(rpb()).items() if "COEFF" in k
    }


def tied(folder: Path, bend: float, *, number: int = 4, noise_m: float = 0.0) -> Path:
    from rasterio.control import GroundControlPoint

    path = folder / f"tied{bend}-{noise_m}.tif"
    rng = np.random.default_rng(4)
    points = []
    for row in np.linspace(0, 300, number):
        for column in np.linspace(0, 400, number):
            x = EAST + 10 * column + bend * (row / 300) ** 2
            y = NORTH - 10 * row + bend * np.sin(column / 130)
            lon, lat = TO_LL.transform(x + rng.normal(0, noise_m), y + rng.normal(0, noise_m))
            points.append(GroundControlPoint(row=row, col=column, x=lon, y=lat, z=0))
    with rasterio.open(path, "w", driver="GTiff", height=300, width=400, count=1, dtype="uint8") as file:
        file.gcps = (points, "EPSG:4326")
        file.write(np.full((300, 400), 90, np.uint8), 1)
    return path


def test_control_points_place_an_image_by_an_affine_map_or_a_spline_or_not_at_all(tmp_path: Path) -> None:
    straight = added(tied(tmp_path, 0.0), tmp_path / "i")
    assert straight.camera is None
    assert straight.gsd_m == pytest.approx(10, rel=0.01)
    assert straight.geolocation_error_m == pytest.approx(0, abs=0.3)
    bent = added(tied(tmp_path, 60.0, number=9), tmp_path / "i")
    assert bent.camera is not None
    # Between the points it was given, the spline is where the bend is, to a fifth of a pixel.
    x = EAST + 10 * 215.0 + 60.0 * (140.0 / 300) ** 2
    y = NORTH - 10 * 140.0 + 60.0 * np.sin(215.0 / 130)
    lon, lat = TO_LL.transform(x, y)
    column, row = projection_of(bent.camera)(np.array([lon]), np.array([lat]), np.zeros(1))
    assert (column[0], row[0]) == pytest.approx((215.0, 140.0), abs=0.2)
    with pytest.raises(InputError) as caught:
        added(tied(tmp_path, 0.0, noise_m=300.0), tmp_path / "i")
    assert caught.value.code == "E-INPUT-GCP"
    assert "pixels" in caught.value.what


def test_an_image_across_the_180th_meridian_is_placed(tmp_path: Path) -> None:
    to = Transformer.from_crs("EPSG:32760", "EPSG:4326", always_xy=True)
    back = Transformer.from_crs("EPSG:4326", "EPSG:32760", always_xy=True)
    x0, y0 = back.transform(180.0, -17.0)
    x0, y0 = float(x0), float(y0)
    pixels = np.random.default_rng(0).integers(1, 250, (200, 200)).astype(np.uint8)
    for name, crs, transform in (
        ("utm.tif", "EPSG:32760", Affine(10, 0, x0 - 1000, 0, -10, y0 + 1000)),
        ("degrees.tif", "EPSG:4326", Affine(1e-4, 0, 179.99, 0, -1e-4, -16.99)),
    ):
        path = tmp_path / name
        with rasterio.open(
            path, "w", driver="GTiff", height=200, width=200, count=1, dtype="uint8", crs=crs, transform=transform
        ) as file:
            file.write(pixels, 1)
        scene = added(path, tmp_path / "i")
        assert scene.footprint.geom_type == "MultiPolygon"
        assert scene.footprint.area < 0.01
        west, _, east, _ = scene.footprint.bounds
        assert (west, east) == (-180, 180)
        assert scene.sun_elevation_deg is not None
        lon, lat = to.transform([x0 + 300, x0 + 500], [y0 - 300, y0 - 100])
        zone = Zone(id="z", name="Z", kind="yard", geometry=shapely.box(lon[0], lat[0], lon[1], lat[1]))
        site = Site(id="s", name="S", crs="EPSG:32760", zones=(zone,), grid_gsd_m=10.0, margin_m=0.0)
        assert lon[0] < -179
        chip = make_chip(scene, tmp_path / "i", site, None)
        assert chip.meta.usable_fraction == 1.0
        assert (chip.unusable == 0).all()
