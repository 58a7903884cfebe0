"""Pixels onto the grid, and what of them is usable."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlook.errors import InputError, StoreError
from overlook.imagery import decode, decode_meta, decode_unusable, encode, make_chip
from overlook.terms import CLOUD, MASKED, NODATA, OFF_IMAGE, USABLE


def ramp(rows: int = 200, columns: int = 200) -> Any:
    return (np.arange(rows)[:, None] // 2 + np.arange(columns)[None, :] // 2 + 10).astype(np.uint8)


def test_a_grid_that_is_the_scenes_gives_its_very_pixels(scene: Any, imagery: Path, site: Any) -> None:
    pixels = ramp()
    chip = make_chip(scene(pixels), imagery, site((10, 20, 60, 80)), None)
    assert chip.meta.shape == (120, 100)
    # The scene's top is y = 100, the chip's is 80: 40 rows down, and 20 columns in.
    assert np.array_equal(chip.pixels[..., 0], pixels[40:160, 20:120])
    assert (chip.unusable == USABLE).all()
    assert chip.meta.stretch == ()
    assert chip.meta.registration.method == "reference"


def test_a_scene_in_another_projection_is_laid_where_it_belongs(scene: Any, imagery: Path) -> None:
    import shapely
    from pyproj import Transformer

    from overlook.terms import Site, Zone

    pixels = np.full((400, 400), 50, np.uint8)
    pixels[200:204, 100:104] = 250
    made = scene(pixels, (5e-6, 0, 125.0, 0, -5e-6, 39.0), crs="EPSG:4326")
    lon, lat = 125.0 + 102 * 5e-6, 39.0 - 202 * 5e-6
    square = shapely.box(lon - 3e-4, lat - 3e-4, lon + 3e-4, lat + 3e-4)
    place = Site(
        id="s", name="S", crs="EPSG:32651", zones=(Zone(id="z", name="Z", kind="pad", geometry=square),), grid_gsd_m=0.5
    )
    chip = make_chip(made, imagery, place, None)
    rows, columns = np.nonzero(chip.pixels[..., 0] > 150)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32651", always_xy=True).transform(lon, lat)
    a, _, c, _, e, f = chip.meta.transform
    assert abs(c + a * (columns.mean() + 0.5) - x) < 0.1
    assert abs(f + e * (rows.mean() + 0.5) - y) < 0.1


@pytest.mark.parametrize(
    ("bands", "order", "shown"),
    [
        (("blue", "green", "red", "nir"), (2, 1, 0, 3), ("red", "green", "blue", "nir")),
        (("nir", "red", "green", "blue"), (1, 2, 3, 0), ("red", "green", "blue", "nir")),
        (("other", "grey"), (1,), ("grey",)),
        (("other",), (0,), ("grey",)),
        (("red", "green", "blue", "other"), (0, 1, 2), ("red", "green", "blue")),
    ],
)
def test_bands_come_in_one_order(
    scene: Any, imagery: Path, site: Any, bands: tuple[str, ...], order: tuple[int, ...], shown: tuple[str, ...]
) -> None:
    pixels = np.stack([np.full((60, 60), 20 + 30 * n, np.uint8) for n in range(len(bands))], axis=2)
    chip = make_chip(scene(pixels, said={"bands": bands}), imagery, site((2, 75, 20, 95)), None)
    assert chip.meta.bands == shown
    assert chip.pixels[5, 5].tolist() == [20 + 30 * n for n in order]


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "uint32", "float64"])
def test_deeper_pixels_are_stretched_and_the_limits_kept(scene: Any, imagery: Path, site: Any, dtype: str) -> None:
    rng = np.random.default_rng(2)
    pixels = rng.uniform(500, 3000, (100, 100)).astype(dtype)
    chip = make_chip(scene(pixels), imagery, site((5, 60, 40, 95)), None)
    ((low, high),) = chip.meta.stretch
    assert low == pytest.approx(525, abs=20)
    assert high == pytest.approx(2975, abs=20)
    seen = pixels[10:80, 10:80].astype(float)
    expected = np.clip(np.rint((seen - low) * 255 / (high - low)), 0, 255)
    assert np.abs(chip.pixels[..., 0] - expected).max() <= 1


def test_what_is_off_the_image_is_not_black_ground(scene: Any, imagery: Path, site: Any) -> None:
    chip = make_chip(scene(ramp(100, 100)), imagery, site((-10, 40, 60, 110)), None)
    assert (chip.unusable[:, :20] == OFF_IMAGE).all()
    assert (chip.unusable[:20] == OFF_IMAGE).all()
    assert (chip.unusable[20:120, 20:120] == USABLE).all()
    far = make_chip(scene(ramp(), name="b"), imagery, site((900, 900, 950, 950)), None)
    assert (far.unusable == OFF_IMAGE).all()
    assert far.meta.usable_fraction == 0.0


def test_a_no_data_value_is_not_seen(scene: Any, imagery: Path, site: Any) -> None:
    pixels = ramp()
    pixels[50:90, 60:100] = 0
    chip = make_chip(scene(pixels, nodata=0), imagery, site((0, 0, 100, 100)), None)
    assert (chip.unusable[50:90, 60:100] == NODATA).all()
    assert chip.unusable[:48].max() == USABLE


def test_nan_and_infinity_are_not_seen(scene: Any, imagery: Path, site: Any) -> None:
    pixels = ramp().astype(np.float32)
    pixels[50, 60], pixels[80, 80] = np.nan, np.inf
    chip = make_chip(scene(pixels), imagery, site((0, 0, 100, 100)), None)
    assert (chip.unusable[50, 60], chip.unusable[80, 80]) == (NODATA, NODATA)
    assert (chip.unusable == NODATA).sum() == 2
    assert chip.meta.stretch[0][1] < 300


def test_alpha_is_a_mask_and_near_infrared_called_alpha_is_not(scene: Any, imagery: Path, site: Any) -> None:
    pixels = np.stack([ramp()] * 4, axis=2)
    pixels[..., 3] = 255
    pixels[50:90, 60:100, 3] = 0
    seen = make_chip(scene(pixels, photometric="rgb", alpha="yes"), imagery, site((0, 0, 100, 100)), None)
    assert (seen.unusable[51:89, 61:99] == NODATA).all()
    assert seen.meta.bands == ("red", "green", "blue")
    said = {"bands": ("red", "green", "blue", "nir")}
    told = scene(pixels, photometric="rgb", alpha="yes", said=said, name="b", compress="lzw")
    other = make_chip(told, imagery, site((0, 0, 100, 100)), None)
    assert other.meta.bands == ("red", "green", "blue", "nir")
    assert (other.unusable == USABLE).all()


def test_blocks_that_were_never_written_are_not_zeros(scene: Any, imagery: Path, site: Any) -> None:
    pixels = ramp(256, 256)
    pixels[:128, :128] = 0
    made = scene(
        pixels, (0.5, 0, 0, 0, -0.5, 128), tiled=True, blockxsize=64, blockysize=64, sparse_ok=True, compress="deflate"
    )
    chip = make_chip(made, imagery, site((0, 0, 128, 128)), None)
    assert (chip.unusable[:128, :128] == NODATA).all()
    assert (chip.unusable[129:, 129:] == USABLE).all()


def test_a_black_collar_without_a_no_data_value_is_not_seen_and_a_dark_roof_is(
    scene: Any, imagery: Path, site: Any
) -> None:
    pixels = ramp()
    pixels[:30], pixels[100:140, 100:140] = 0, 0
    chip = make_chip(scene(pixels), imagery, site((0, 0, 100, 100)), None)
    assert (chip.unusable[:30] == NODATA).all()
    assert (chip.unusable[100:140, 100:140] == USABLE).all()
    assert "taken for no data" in chip.meta.notes[0]


def test_labels_are_masked(scene: Any, imagery: Path, site: Any) -> None:
    chip = make_chip(scene(ramp(), said={"labels_px": ((20, 30, 40, 10),)}), imagery, site((0, 0, 100, 100)), None)
    assert (chip.unusable[30:40, 20:60] == MASKED).all()
    assert (chip.unusable == MASKED).sum() <= 42 * 12


def test_a_cloud_mask_of_the_scenes_size_lies_on_it(scene: Any, imagery: Path, site: Any, tmp_path: Path) -> None:
    from PIL import Image

    mask = np.zeros((200, 200), np.uint8)
    mask[40:80, 100:150] = 1
    Image.fromarray(mask).save(tmp_path / "clouds.png")
    made = scene(ramp(), said={"cloud_mask": tmp_path / "clouds.png"})
    chip = make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert np.array_equal(chip.unusable == CLOUD, mask == 1)


def test_cloud_polygons_are_in_the_plane_of_a_local_scene(scene: Any, imagery: Path, site: Any, tmp_path: Path) -> None:
    ring = [[10, 20], [30, 20], [30, 50], [10, 50], [10, 20]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "c.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    made = scene(ramp(), said={"cloud_mask": tmp_path / "c.geojson"})
    chip = make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert (chip.unusable == CLOUD).sum() == 40 * 60
    assert (chip.unusable[100:160, 20:60] == CLOUD).all()


def test_a_broken_cloud_mask_is_an_input_error(scene: Any, imagery: Path, site: Any, tmp_path: Path) -> None:
    (tmp_path / "c.geojson").write_text('{"type": "FeatureCollection", "features": 3}')
    made = scene(ramp(), said={"cloud_mask": tmp_path / "c.geojson"})
    with pytest.raises(InputError, match="cloud mask cannot be used: its polygons"):
        make_chip(made, imagery, site((0, 0, 100, 100)), None)


def test_a_cloud_mask_that_was_changed_or_lost_hides_the_image(
    scene: Any, imagery: Path, site: Any, tmp_path: Path
) -> None:
    (tmp_path / "c.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    made = scene(ramp(), said={"cloud_mask": tmp_path / "c.geojson"})
    make_chip(made, imagery, site((0, 0, 100, 100)), None)
    (imagery / made.cloud_mask).write_text('{"type": "FeatureCollection", "features": [] }')
    with pytest.raises(InputError, match="it was changed after it was added") as caught:
        make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert caught.value.code == "E-INPUT-CLOUD-MASK"
    (imagery / made.cloud_mask).unlink()
    with pytest.raises(InputError, match="its cloud mask cannot be used: it cannot be read"):
        make_chip(made, imagery, site((0, 0, 100, 100)), None)


def test_a_grid_coarser_than_the_scene_averages(scene: Any, imagery: Path, site: Any) -> None:
    pixels = np.where((np.arange(400)[:, None] + np.arange(400)[None, :]) % 2, 100, 200).astype(np.uint8)
    made = scene(pixels, (0.25, 0, 0, 0, -0.25, 100))
    chip = make_chip(made, imagery, site((10, 10, 90, 90), grid_gsd_m=1.0), None)
    assert np.abs(chip.pixels.astype(int) - 150).max() <= 1


def test_a_block_that_cannot_be_decoded_is_an_input_error(scene: Any, imagery: Path, site: Any) -> None:
    rng = np.random.default_rng(5)
    pixels = rng.integers(1, 255, (256, 256)).astype(np.uint8)
    made = scene(pixels, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    path = imagery / made.path
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        make_chip(made, imagery, site((0, 0, 100, 100)), None)
    assert caught.value.code == "E-INPUT-UNREADABLE"


def test_a_local_scene_is_off_a_site_on_the_earth(scene: Any, imagery: Path, site: Any) -> None:
    chip = make_chip(scene(ramp()), imagery, site((125, 39, 125.001, 39.001), crs="EPSG:32651"), None)
    assert (chip.unusable == OFF_IMAGE).all()


def test_a_chip_is_the_same_bytes_and_comes_back(scene: Any, imagery: Path, site: Any) -> None:
    pixels = np.random.default_rng(3).integers(0, 4000, (200, 200, 4)).astype(np.uint16)
    made = scene(pixels)
    chip = make_chip(made, imagery, site((-5, 0, 60, 70)), None)
    data = encode(chip)
    back = decode(data)
    assert back.meta == chip.meta == decode_meta(data)
    assert np.array_equal(back.pixels, chip.pixels)
    assert np.array_equal(back.unusable, chip.unusable)
    assert np.array_equal(decode_unusable(data), chip.unusable)
    assert encode(back) == data == encode(make_chip(made, imagery, site((-5, 0, 60, 70)), None))


@pytest.mark.parametrize("keep", [0, 5, 18, 40, 200, 500, -1])
def test_bytes_that_are_no_chip_are_a_store_error(scene: Any, imagery: Path, site: Any, keep: int) -> None:
    data = encode(make_chip(scene(ramp()), imagery, site((0, 0, 60, 70)), None))
    for unpack in (decode, decode_unusable):
        with pytest.raises(StoreError, match="chip"):
            unpack(data[:keep])
