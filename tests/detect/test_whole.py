"""Whole images read from files: the boxes of a chip, whatever the file's form, the tile's size and what lies around."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.collect import unadded
from overlook.detect import OnnxDetector, Searched, corners_in, read_card, read_zones, search_image
from overlook.detect.lengths import length_notes
from overlook.errors import InputError, ModelError

CENTRES = np.array([(60.0, 40.0), (150.5, 41.25), (61.0, 120.0), (200.0, 150.0), (280.75, 90.5), (120.0, 180.0)])
UTM = "EPSG:32632"


def write(path: Path, pixels: np.ndarray, *, gsd_m: float = 0.25, crs: str | None = UTM, **more: Any) -> Path:
    profile = {"count": pixels.shape[2], "dtype": pixels.dtype, "height": pixels.shape[0], "width": pixels.shape[1]}
    place = {"crs": crs, "transform": Affine(gsd_m, 0, 568_000, 0, -gsd_m, 5_762_000)} if crs else {}
    quiet = contextlib.nullcontext() if crs else pytest.warns(rasterio.errors.NotGeoreferencedWarning)
    with quiet, rasterio.open(path, "w", driver="GTiff", **profile, **place, **more) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    return path


def find(image: Path, card: Path, *, tile_px: int | None = None, gsd_m: float | None = None, **more: Any) -> Searched:
    return search_image(image, unadded(image, gsd_m=gsd_m), OnnxDetector(card, tile_px=tile_px), **more)


def centres(found: Searched) -> np.ndarray:
    return found.corners.mean(axis=1)


@pytest.mark.parametrize(
    "form",
    [
        {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"},
        {"blockysize": 1},
        {"interleave": "pixel", "compress": "lzw"},
    ],
    ids=["tiles", "rows", "pixel-interleaved"],
)
@pytest.mark.parametrize("tile_px", [64, 1024])
def test_a_file_gives_the_boxes_of_its_chip(
    tmp_path: Path, heatmap_card: Path, make: Any, form: Any, tile_px: int
) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    scene = make.scene(shape=(220, 320), gsd_m=0.25)
    expected = OnnxDetector(heatmap_card).detect(make.chip(pixels, scene=scene), scene)
    # A metre of a map is not a metre of ground: without a map, the scale is that of the chip.
    found = find(write(tmp_path / "a.tif", pixels, crs=None, **form), heatmap_card, tile_px=tile_px, gsd_m=0.25)
    np.testing.assert_allclose(found.corners, corners_in(expected), atol=0.01)
    np.testing.assert_allclose(found.scores, expected["score"].to_numpy(), atol=1e-4)
    assert found.count("vehicle") == len(CENTRES)
    assert found.area_ha == pytest.approx(220 * 320 * 0.0625 / 1e4, rel=0.01)


@settings(max_examples=12, deadline=None)
@given(gsd_m=st.floats(0.12, 0.55), tile_px=st.integers(72, 300), seed=st.integers(0, 10_000))
def test_how_it_is_cut_changes_nothing(
    heatmap_files: tuple[Path, Path], make_once: Any, gsd_m: float, tile_px: int, seed: int
) -> None:
    card, folder = heatmap_files
    rng = np.random.default_rng(seed)
    crowd = np.stack([rng.uniform(15, 305, 30), rng.uniform(10, 210, 30)], axis=1)
    shape = (round(220 * 0.25 / gsd_m), round(320 * 0.25 / gsd_m))
    pixels = make_once.blobs(shape, crowd * 0.25 / gsd_m, length=4.5 / gsd_m, width=2 / gsd_m, seed=seed)
    image = write(folder / "crowd.tif", pixels, gsd_m=gsd_m)
    one, other = find(image, card, tile_px=tile_px), find(image, card)
    assert one.classes == other.classes
    np.testing.assert_allclose(one.corners, other.corners, atol=0.01)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
    np.testing.assert_array_equal(one.edge, other.edge)
    assert one.area_ha == pytest.approx(other.area_ha, rel=0.02)


@pytest.fixture(scope="module")
def make_once() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("small_networks", Path(__file__).parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.blobs = module.draw_blobs  # type: ignore[attr-defined]
    return module


@pytest.fixture(scope="module")
def heatmap_files(tmp_path_factory: pytest.TempPathFactory, make_once: Any) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("model")
    make_once.heatmap_model(folder / "blobs.onnx")
    return make_once.write_card(folder / "blobs.json", make_once.card_of("centre-heatmap")), folder


def test_only_zones_are_searched_and_each_box_is_whole(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    image = write(tmp_path / "a.tif", pixels)
    # The border runs through the box at (60, 40), east of its centre.
    zone = shapely.box(0, 0, 63, 60)
    found = find(image, heatmap_card, within=zone, tile_px=64)
    np.testing.assert_allclose(centres(found), [(60, 40)], atol=0.4)
    assert not found.edge.any()
    assert found.area_ha == pytest.approx(63 * 60 * 0.0625 / 1e4, rel=0.02)


def test_the_network_runs_on_tiles_that_touch_a_zone_alone(
    tmp_path: Path, heatmap_card: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    image = write(tmp_path / "a.tif", pixels)
    detector = OnnxDetector(heatmap_card, tile_px=68)
    ran = []
    run = detector.network.run
    monkeypatch.setattr(detector.network, "run", lambda tile: ran.append(1) or run(tile))  # type: ignore[func-returns-value]
    search_image(image, unadded(image), detector, within=shapely.box(200, 100, 210, 110))
    touching = len(ran)
    search_image(image, unadded(image), detector)
    assert 1 <= touching <= 4
    assert len(ran) - touching == 12 * 17


def test_masks_nodata_and_black_fill_are_not_searched(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    pixels[:, :100] = 0
    by_value = find(write(tmp_path / "a.tif", pixels, nodata=0), heatmap_card)
    by_black = find(write(tmp_path / "b.tif", pixels), heatmap_card, tile_px=64)
    seen = CENTRES[CENTRES[:, 0] > 100]
    for found in (by_value, by_black):
        assert found.count("vehicle") == len(seen)
        assert found.area_ha == pytest.approx(220 * 220 * 0.0625 / 1e4, rel=0.02)


def test_nothing_usable_is_no_zero(tmp_path: Path, heatmap_card: Path) -> None:
    found = find(write(tmp_path / "a.tif", np.zeros((90, 90, 3), np.uint8), nodata=0), heatmap_card)
    assert (found.area_ha, len(found.classes), found.estimate("vehicle")) == (0, 0, None)
    assert "nothing was searched" in " ".join(found.notes)


def test_one_pixel(tmp_path: Path, heatmap_card: Path) -> None:
    found = find(write(tmp_path / "a.tif", np.full((1, 1, 3), 250, np.uint8)), heatmap_card)
    assert "smaller than the surroundings" in " ".join(found.notes)
    assert found.edge.all()


def test_sixteen_bits_are_stretched_and_eight_in_sixteen_are_not(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    deep = find(write(tmp_path / "a.tif", pixels.astype(np.uint16) * 40 + 300), heatmap_card)
    assert deep.count("vehicle") == len(CENTRES)
    assert "uint16" in " ".join(deep.notes)
    clothed = find(write(tmp_path / "b.tif", pixels.astype(np.uint16)), heatmap_card)
    np.testing.assert_allclose(clothed.corners, find(write(tmp_path / "c.tif", pixels), heatmap_card).corners)
    assert "hold 8 bits" in " ".join(clothed.notes)


def test_more_bits_cut_to_eight_are_remarked_on(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8) // 16
    found = find(write(tmp_path / "a.tif", pixels), heatmap_card)
    assert "they may be more bits cut to 8" in " ".join(found.notes)


def test_a_float_image_with_holes(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8).astype(np.float32) / 255
    pixels[:, :100] = np.nan
    found = find(write(tmp_path / "a.tif", pixels), heatmap_card)
    assert found.count("vehicle") == (CENTRES[:, 0] > 100).sum()


def test_what_does_not_fit_is_refused(tmp_path: Path, heatmap_card: Path) -> None:
    grey = write(tmp_path / "grey.tif", np.full((90, 90, 1), 99, np.uint8))
    with pytest.raises(ModelError, match="no red band") as caught:
        find(grey, heatmap_card)
    assert caught.value.code == "E-MODEL-BANDS"
    coarse = write(tmp_path / "coarse.tif", np.full((90, 90, 3), 99, np.uint8), gsd_m=0.8)
    with pytest.raises(ModelError, match=r"0\.1 to 0\.6 m") as caught:
        find(coarse, heatmap_card)
    assert "a car is 6 by 2 pixels" in caught.value.remedy


def test_a_scale_is_needed_and_must_agree(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare.tif", np.full((9, 9, 3), 99, np.uint8), crs=None)
    with pytest.raises(InputError, match="how large its pixels are") as caught:
        unadded(bare)
    assert caught.value.code == "E-INPUT-NO-SCALE"
    assert (unadded(bare, gsd_m=0.4).gsd_m, unadded(bare, gsd_m=0.4).crs) == (0.4, "local")
    placed = write(tmp_path / "placed.tif", np.full((9, 9, 3), 99, np.uint8))
    assert unadded(placed).gsd_m == pytest.approx(0.25, rel=0.001)
    with pytest.raises(InputError, match="its georeference"):
        unadded(placed, gsd_m=0.5)


def test_a_broken_block_is_an_error_and_no_zero(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    image = write(tmp_path / "a.tif", pixels, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    data = bytearray(image.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = b"\x55" * 600
    image.write_bytes(bytes(data))
    with pytest.raises(InputError) as caught:
        find(image, heatmap_card)
    assert caught.value.code == "E-INPUT-UNREADABLE"


def test_lengths_tell_a_wrong_scale(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx")
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap"))
    many = [(40.0 + 60 * i, 30.0 + 50 * j) for i in range(4) for j in range(3)]
    pixels = make.blobs((220, 320), many, length=18, width=8)
    assert "median" not in " ".join(find(write(tmp_path / "a.tif", pixels), card).notes)
    card.write_text(card.read_text().replace('"vehicle"', '"railcar"'))
    notes = " ".join(find(tmp_path / "a.tif", card).notes)
    assert "The 12 boxes of railcar are 4.5 m long at the median, not 12.0 to 18.8 m: at 0.67 to 1 m a pixel" in notes


def boxes_of(lengths_m: list[float], gsd_m: float) -> np.ndarray:
    sides = np.array([(length / gsd_m, 2 / gsd_m) for length in lengths_m])
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=float)
    return sides[:, None, :] * unit[None]


def test_buses_are_as_long_as_buses(heatmap_card: Path) -> None:
    card = read_card(heatmap_card)
    for median in (6.5, 9.7, 12.5, 18.0):
        assert length_notes(boxes_of([median] * 12, 0.2), ["large_vehicle"] * 12, card, 0.2) == []
    for median, at in ((4.0, "0.3 to 0.95 m"), (25.0, "0.048 to 0.15 m")):
        (note,) = length_notes(boxes_of([median] * 12, 0.2), ["large_vehicle"] * 12, card, 0.2)
        assert f"at {at} a pixel they would be" in note
    assert length_notes(boxes_of([25.0] * 9, 0.2), ["large_vehicle"] * 9, card, 0.2) == []


def test_an_odd_mix_is_remarked_on_where_its_cars_are_too_long_as_well(heatmap_card: Path) -> None:
    card = read_card(heatmap_card)
    mix = ["vehicle"] * 4 + ["large_vehicle"] * 8
    (note,) = length_notes(boxes_of([6.8] * 4 + [12.0] * 8, 0.3), mix, card, 0.3)
    assert "more boxes of large_vehicle (8) than of vehicle (4)" in note
    assert length_notes(boxes_of([4.5] * 4 + [12.0] * 8, 0.3), mix, card, 0.3) == []


def test_a_picture_without_a_place_says_what_is_taken_on_trust(tmp_path: Path, heatmap_card: Path, make: Any) -> None:
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    bare = find(write(tmp_path / "a.tif", pixels, crs=None), heatmap_card, gsd_m=0.25).notes
    assert sum("The GSD of 0.25 m was given by hand" in note for note in bare) == 1
    assert "Nothing tells whether this is an overhead image like those the model was made for." in bare
    placed = " ".join(find(write(tmp_path / "b.tif", pixels), heatmap_card).notes)
    assert "by hand" not in placed
    assert "overhead" not in placed


@pytest.mark.parametrize(("present", "is_told"), [(29, False), (30, True)])
def test_fewer_than_thirty_measured_things_bound_no_number(
    tmp_path: Path, make: Any, present: int, is_told: bool
) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx")
    light = {"shadow_share": 0.05, "brightness": 70, "false_alarms": 2, "area_ha": 10}
    rows = [
        # The same things at two scales are measured once.
        {"class": "vehicle", "place": f"p{i}", "gsd_m": gsd, "present": n, "found": n - 1} | light
        for gsd in (0.2, 0.3)
        for i, n in enumerate((6, 6, 6, 6, present - 24))
    ]
    more = {"overlook:measured": {"on": "a tile", "rows": rows}, "overlook:rests_on": {"vehicle": "painted ones"}}
    card = make.write_card(tmp_path / "blobs.json", make.card_of("centre-heatmap", **more))
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    found = find(write(tmp_path / "a.tif", pixels), card)
    assert found.count("vehicle") == len(CENTRES)
    assert (found.estimate("vehicle") is not None) == is_told
    notes = found.notes
    assert ("vehicle: too few measured to say how many there were (29 things)." in notes) != is_told
    assert any("is estimated from" in note for note in notes) == is_told
    assert "vehicle: what the model knows of it rests on painted ones." in notes


def test_boxes_below_the_threshold_are_given_and_not_counted(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "blobs.onnx")
    card = make.write_card(tmp_path / "b.json", make.card_of("centre-heatmap", **{"overlook:threshold": 0.9}))
    (tmp_path / "blobs.onnx").rename(tmp_path / "b.onnx")
    pixels = make.blobs((220, 320), CENTRES, length=18, width=8)
    pixels[100:200] = (pixels[100:200] * 0.6).astype(np.uint8)
    image = write(tmp_path / "a.tif", pixels)
    counted, all_of_it = find(image, card), find(image, card, min_score=0.05)
    assert counted.count("vehicle") == all_of_it.count("vehicle") < len(all_of_it.classes)
    assert all_of_it.counted.sum() == counted.count("vehicle")


def test_zones_in_degrees_pixels_and_packages(tmp_path: Path, make: Any) -> None:
    image = write(tmp_path / "a.tif", np.full((220, 320, 3), 99, np.uint8))
    scene = unadded(image)
    lon, lat = np.array(scene.footprint.bounds).reshape(2, 2).T
    west_half = shapely.box(lon[0], lat[0], lon.mean(), lat[1])
    plain = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": "West"}, "geometry": shapely.geometry.mapping(west_half)},
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.box(0, 0, 1, 1))},
        ],
    }
    (tmp_path / "z.geojson").write_text(json.dumps(plain))
    zones = read_zones(tmp_path / "z.geojson", scene)
    assert zones.names == ("West",)
    assert zones.of(np.array([(10.0, 100.0), (300.0, 100.0)])) == ("West", "")
    assert "Zone zone 2 lies off the image" in " ".join(zones.notes)
    plain |= {"coordinates": "pixels", "features": plain["features"][1:]}
    (tmp_path / "p.geojson").write_text(json.dumps(plain))
    assert read_zones(tmp_path / "p.geojson", scene).shapes[0].equals(shapely.box(0, 0, 1, 1))
    (tmp_path / "q.txt").write_text("x")
    for name, words in (("none.geojson", "cannot be read"), ("q.txt", "GeoJSON, GeoPackage or KML")):
        with pytest.raises(InputError, match=words) as caught:
            read_zones(tmp_path / name, scene)
        assert caught.value.code == "E-INPUT-ZONES"


def test_degrees_squeeze_an_image_and_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "degrees.tif"
    profile = {"count": 3, "dtype": "uint8", "height": 90, "width": 90, "crs": "EPSG:4326"}
    with rasterio.open(path, "w", driver="GTiff", transform=Affine(3e-6, 0, 10, 0, -3e-6, 60), **profile) as file:
        file.write(np.full((3, 90, 90), 99, np.uint8))
    with pytest.raises(InputError, match=r"0\.167 by 0\.334 m") as caught:
        unadded(path)
    assert caught.value.code == "E-INPUT-PIXELS"


def test_a_palette_is_no_brightness(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("P", (90, 90), 3).save(tmp_path / "p.png")
    with pytest.raises(InputError) as caught:
        unadded(tmp_path / "p.png", gsd_m=0.3)
    assert caught.value.code == "E-INPUT-PALETTE"
