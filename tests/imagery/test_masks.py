"""Who speaks of what hides the ground: the provider before our own detector, the analyst over both."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from overlook.errors import InputError
from overlook.imagery import make_chip, seen, zone_view
from overlook.imagery.blocking import REASONS, blocked_codes
from overlook.imagery.provided import FRINGE_M
from overlook.terms import CLOUD, NODATA, SATURATED, SHADOW, SNOW, UNSURE, USABLE

SIZE = 200


@pytest.fixture
def pixels(ground: Callable[..., Any]) -> np.ndarray:
    return np.minimum(ground(SIZE, SIZE, 2), 250).astype(np.uint8)


def raster(path: Path, classes: np.ndarray, side_m: float, **options: Any) -> Path:
    profile: dict[str, Any] = {"driver": "GTiff", "count": 1, "dtype": classes.dtype, "crs": "EPSG:32651"}
    profile |= {"height": classes.shape[0], "width": classes.shape[1]}
    profile |= {"transform": Affine(side_m, 0, 500_000, 0, -side_m, 4_400_100)} | options
    with rasterio.open(path, "w", **profile) as file:
        file.write(classes, 1)
    return path


def polygons(path: Path, *shapes: tuple[shapely.Geometry, str]) -> Path:
    features = [
        {"type": "Feature", "properties": {"class": cls}, "geometry": shapely.geometry.mapping(shape)}
        for shape, cls in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def codes_of(scene: Any, imagery: Path, site: Any, pixels: np.ndarray, **said: Any) -> Any:
    made = scene(pixels, said={"cloud_mask": None} | said)
    return make_chip(made, imagery, site((0, 0, 100, 100)), None)


@pytest.fixture
def placed(scene: Any, imagery: Path, site: Any, pixels: np.ndarray) -> Callable[..., Any]:
    """A chip of 100 m at 0.5 m in UTC zone 51, with what is said of it."""
    from pyproj import Transformer

    to = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True)
    (west, south), (east, north) = to.transform(500_000.4, 4_400_000.4), to.transform(500_099.6, 4_400_099.6)

    def make(**said: Any) -> Any:
        made = scene(pixels, (0.5, 0, 500_000, 0, -0.5, 4_400_100), crs="EPSG:32651", said={"cloud_mask": None} | said)
        where = site((west, south, east, north), crs="EPSG:32651")
        return make_chip(made, imagery, where, None)

    return make


def test_a_provider_mask_is_laid_by_the_nearest_pixel_and_clouds_grow_by_the_stated_margin(
    placed: Any, tmp_path: Path
) -> None:
    classes = np.full((10, 10), 5, dtype=np.uint8)
    classes[0, 0], classes[9, 9], classes[9, 0] = 9, 11, 0
    chip = placed(provider_mask=("scl", raster(tmp_path / "scl.tif", classes, 10.0)))
    assert chip.meta.clouds_by == "provider"
    assert chip.unusable[0, 0] == CLOUD
    # The cloud ends at 10 m; its margin is the fringe and one pixel of the mask.
    reach = int((10 + FRINGE_M + 10) / 0.5)
    assert chip.unusable[0, reach - 2] == CLOUD
    assert chip.unusable[0, reach + 2] == USABLE
    assert chip.unusable[-1, -1] == SNOW
    assert chip.unusable[-1, 0] == NODATA


def test_where_the_providers_mask_ends_nobody_has_looked(placed: Any, tmp_path: Path) -> None:
    half = np.full((10, 5), 5, dtype=np.uint8)
    chip = placed(provider_mask=("scl", raster(tmp_path / "scl.tif", half, 10.0)))
    assert (chip.unusable[:, :96] == USABLE).all()
    assert (chip.unusable[:, 104:] == UNSURE).all()


def test_a_mask_that_does_not_reach_the_site_is_said_and_the_detector_asked(placed: Any, tmp_path: Path) -> None:
    far = raster(tmp_path / "scl.tif", np.full((10, 10), 9, np.uint8), 10.0, transform=Affine(10, 0, 0, 0, -10, 0))
    chip = placed(provider_mask=("scl", far))
    assert chip.meta.clouds_by != "provider"
    assert "The provider's mask does not reach the site." in chip.meta.notes


def test_the_analysts_polygons_override_the_provider_both_ways(placed: Any, tmp_path: Path) -> None:
    from pyproj import Transformer

    back = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True)

    def square(x: float, y: float, side: float) -> shapely.Geometry:
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
        return shapely.Polygon([back.transform(500_000 + a, 4_400_000 + b) for a, b in corners])

    classes = np.full((10, 10), 5, dtype=np.uint8)
    classes[:, 5:] = 9
    mask = raster(tmp_path / "scl.tif", classes, 10.0)
    hers = polygons(tmp_path / "hers.geojson", (square(60, 10, 20), "clear"), (square(0, 60, 10), "cloud"))
    chip = placed(provider_mask=("scl", mask), cloud_mask=hers)
    assert chip.unusable[160, 140] == USABLE  # (70, 20): the provider's cloud, cleared
    assert chip.unusable[70, 10] == CLOUD  # (5, 65): clear, clouded
    assert chip.unusable[20, 180] == CLOUD  # (90, 90): untouched
    assert chip.meta.clouds_by == "provider"
    # Without a polygon of class clear hers is the whole say.
    whole = polygons(tmp_path / "whole.geojson", (square(0, 60, 10), "shadow"))
    chip = placed(provider_mask=("scl", mask), cloud_mask=whole)
    assert chip.meta.clouds_by == "analyst"
    assert chip.unusable[20, 180] == USABLE
    assert chip.unusable[70, 10] == SHADOW


def test_a_class_that_no_mask_has_is_refused(placed: Any, tmp_path: Path) -> None:
    wrong = polygons(tmp_path / "w.geojson", (shapely.box(122, 39, 124, 40), "cumulus?"))
    with pytest.raises(InputError, match="cumulus"):
        placed(cloud_mask=wrong)


def test_a_mask_of_another_shape_without_a_place_is_refused(placed: Any, tmp_path: Path) -> None:
    odd = tmp_path / "odd.tif"
    with rasterio.open(
        odd, "w", driver="GTiff", count=1, height=10, width=40, dtype="uint8", transform=Affine(2, 0, 0, 0, -2, 0)
    ) as file:
        file.write(np.full((1, 10, 40), 5, np.uint8))
    with pytest.raises(InputError, match="40 x 10") as caught:
        placed(provider_mask=("scl", odd))
    assert caught.value.code == "E-INPUT-PROVIDER-MASK"


def test_a_mask_in_another_crs_lies_where_it_says(placed: Any, tmp_path: Path) -> None:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True).transform(500_050, 4_400_150)
    north = raster(
        tmp_path / "north.tif", np.array([[9], [5]], np.uint8), 1.0, crs="EPSG:4326",
        transform=Affine(0.01, 0, lon - 0.005, 0, -0.002, lat + 0.002),
    )  # fmt: skip
    chip = placed(provider_mask=("scl", north))
    # The cloud ends 150 m north of the middle, beyond its margin of 20 m and one pixel of some hundred metres and more.
    assert chip.meta.clouds_by == "provider"
    assert (chip.unusable[-1] == USABLE).any() or (chip.unusable == CLOUD).all()


def test_snow_hides_what_lies_flat_and_nothing_that_stands(placed: Any, tmp_path: Path, site: Any) -> None:
    chip = placed(provider_mask=("scl", raster(tmp_path / "scl.tif", np.full((10, 10), 11, np.uint8), 10.0)))
    assert chip.meta.usable_fraction == 1.0
    zone = site((122.9999, 39.74, 123.01, 39.76)).zones[0]
    assert seen(chip.unusable).all()
    assert not seen(chip.unusable, "tracks").any()
    assert zone_view(chip.meta, chip.unusable, zone, "vehicle").reason in (None, "off the image")
    assert set(REASONS) - set(blocked_codes("vehicle")) == {SNOW}
    assert set(blocked_codes("Road-marking")) == set(REASONS)


def test_a_picture_of_one_bit_is_black_and_white_and_not_black(scene: Any, imagery: Path, site: Any) -> None:
    drawn = (np.indices((SIZE, SIZE)).sum(axis=0) // 20 % 2).astype(np.uint8)
    drawn[:40] = 0
    made = scene(drawn, nbits=1)
    chip = make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert set(np.unique(chip.pixels)) >= {0, 255}
    assert (chip.unusable == USABLE).all()


def test_blinded_pixels_are_not_usable_unless_the_analyst_says_so(
    scene: Any, imagery: Path, site: Any, pixels: np.ndarray, tmp_path: Path
) -> None:
    pixels[20:60, 20:60] = 255
    chip = codes_of(scene, imagery, site, pixels, sensor="x")
    assert (chip.unusable[22:58, 22:58] == SATURATED).all()
    clear = polygons(tmp_path / "clear.geojson", (shapely.box(0, 0, 100, 100), "clear"))
    chip = codes_of(scene, imagery, site, pixels, cloud_mask=clear)
    assert (chip.unusable == USABLE).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_no_data_and_break_nothing(
    scene: Any, imagery: Path, site: Any, pixels: np.ndarray, value: float
) -> None:
    broken = pixels.astype(np.float32)
    broken[50:100, 50:100] = value
    chip = codes_of(scene, imagery, site, broken)
    assert (chip.unusable[52:98, 52:98] == NODATA).all()
