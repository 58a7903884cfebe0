"""A window of one or more files as a ZSTD COG: the same pixels, and what was no data said so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp, MaskFlags

from overlook.errors import InputError, StoreError
from overlook.imagery import Piece, copy_window, join_windows

PLACE = Affine(0.5, 0, 300_000, 0, -0.5, 4_400_000)
Make = Callable[..., Piece]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A GeoTIFF of random pixels and the piece that is a window of it."""

    def one(
        name: str = "a.tif",
        *,
        window: tuple[int, int, int, int] = (20, 30, 64, 48),
        dtype: str = "uint8",
        count: int = 3,
        size: int = 128,
        pixels: Any = None,
        mask: Any = None,
        **options: Any,
    ) -> Piece:
        path = tmp_path / name
        if pixels is None:
            high = 2 if options.get("nbits") == 1 else 250
            pixels = np.random.default_rng(len(name)).integers(0, high, (count, size, size)).astype(dtype)
        place = options.pop("transform", PLACE)
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(
                path, "w", driver="GTiff", width=size, height=size, count=count, dtype=dtype,
                crs="EPSG:32651", transform=place, **options,
            ) as file,
        ):  # fmt: skip
            file.write(pixels)
            if mask is not None:
                file.write_mask(mask)
        return Piece(
            path=path, window=window, shape=(size, size), count=count, crs="EPSG:32651", transform=tuple(place)[:6]
        )

    return one


def source(piece: Piece) -> Any:
    column, row, width, height = piece.window
    with rasterio.open(piece.path) as file:
        return file.read()[:, row : row + height, column : column + width]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_pixels_and_place_are_those_of_the_source(make: Make, tmp_path: Path, dtype: str) -> None:
    piece = make(dtype=dtype)
    assert copy_window([piece], tmp_path / "out" / "w.tif", roles=("red", "green", "blue")) == 0
    with rasterio.open(tmp_path / "out" / "w.tif") as file:
        np.testing.assert_array_equal(file.read(), source(piece))
        assert file.dtypes[0] == dtype
        assert (file.profile["compress"], file.profile["tiled"]) == ("zstd", True)
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("red", "green", "blue")
        assert file.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        assert file.transform == PLACE @ Affine.translation(20, 30)
        assert all(flags == [MaskFlags.all_valid] for flags in file.mask_flag_enums)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["w.tif"]


def test_bands_of_several_files_become_one_picture(make: Make, tmp_path: Path) -> None:
    pieces = [make(f"{'b' * n}.tif", count=1, dtype="uint16") for n in (1, 2, 3, 4)]
    copy_window(pieces, tmp_path / "w.tif", roles=("red", "green", "blue", "nir"))
    with rasterio.open(tmp_path / "w.tif") as file:
        np.testing.assert_array_equal(file.read(), np.concatenate([source(p) for p in pieces]))
        assert file.colorinterp[3] == ColorInterp.undefined


def test_a_large_window_is_read_in_strips(make: Make, tmp_path: Path) -> None:
    piece = make(size=2600, count=1, window=(3, 5, 2500, 2500), tiled=True)
    copy_window([piece], tmp_path / "w.tif")
    with rasterio.open(tmp_path / "w.tif") as file:
        np.testing.assert_array_equal(file.read(), source(piece))


@pytest.mark.parametrize(
    "other",
    [
        {"window": (20, 30, 32, 48)},
        {"window": (21, 30, 64, 48)},
        {"transform": Affine(0.5, 0, 300_000.2, 0, -0.5, 4_400_000)},
        {"transform": Affine(1.0, 0, 300_000, 0, -1.0, 4_400_000)},
    ],
)
def test_bands_that_do_not_lie_on_each_other_are_refused(make: Make, tmp_path: Path, other: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        copy_window([make("a.tif", count=1), make("bb.tif", count=1, **other)], tmp_path / "w.tif")
    assert caught.value.code == "E-INPUT-BANDS-SIZE"
    assert not (tmp_path / "w.tif").exists()


def test_no_data_is_said_by_a_mask_however_the_source_says_it(make: Make, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(1, 250, (3, 128, 128)).astype(np.uint8)
    half = np.tri(128, dtype=np.uint8) * np.uint8(255)
    blank = np.where(half[None] > 0, pixels, np.uint8(0))
    for piece in (make("m.tif", pixels=pixels, mask=half), make("n.tif", pixels=blank, nodata=0)):
        missing = copy_window([piece], tmp_path / "w.tif")
        expected = half[30:78, 20:84]
        assert missing == pytest.approx((expected == 0).mean())
        with rasterio.open(tmp_path / "w.tif") as file:
            np.testing.assert_array_equal(file.dataset_mask(), expected)
            assert file.nodata is None


def test_what_is_no_number_is_no_data(make: Make, tmp_path: Path) -> None:
    pixels = np.ones((1, 128, 128), np.float32)
    pixels[0, 40, 30], pixels[0, 41, 30], pixels[0, 42, 30] = np.nan, np.inf, -np.inf
    assert copy_window([make(pixels=pixels, count=1, dtype="float32")], tmp_path / "w.tif") == 3 / (64 * 48)
    with rasterio.open(tmp_path / "w.tif") as file:
        assert np.isfinite(file.read()).all()
        assert file.dataset_mask()[10:13, 10].tolist() == [0, 0, 0]


def test_blocks_that_were_never_written_are_no_data(make: Make, tmp_path: Path) -> None:
    piece = make(tiled=True, blockxsize=32, blockysize=32, sparse_ok=True, pixels=np.zeros((3, 128, 128), np.uint8))
    assert copy_window([piece], tmp_path / "w.tif") == 1


def test_bits_stay_bits(make: Make, tmp_path: Path) -> None:
    piece = make(count=1, nbits=1)
    copy_window([piece], tmp_path / "w.tif")
    with rasterio.open(tmp_path / "w.tif") as file:
        np.testing.assert_array_equal(file.read(), source(piece))


def test_thirteen_bands_are_copied_as_they_are(make: Make, tmp_path: Path) -> None:
    piece = make(count=13, dtype="uint16")
    copy_window([piece], tmp_path / "w.tif")
    with rasterio.open(tmp_path / "w.tif") as file:
        np.testing.assert_array_equal(file.read(), source(piece))


def test_a_file_that_cannot_be_decoded_leaves_nothing(make: Make, tmp_path: Path) -> None:
    piece = make(compress="deflate", size=512, window=(0, 0, 512, 512))
    data = bytearray(piece.path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    piece.path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        copy_window([piece], tmp_path / "w.tif")
    assert caught.value.code == "E-INPUT-UNREADABLE"
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_a_place_that_cannot_be_written_is_told(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StoreError):
        copy_window([make()], tmp_path / "file" / "w.tif")


def tile(make: Make, tmp_path: Path, name: str, left: int, values: Any, **options: Any) -> Path:
    """A COG of all of a tile whose corner lies `left` pixels east."""
    place = Affine(0.5, 0, 300_000 + 0.5 * left, 0, -0.5, 4_400_000)
    options = {"transform": place, "pixels": values, "window": (0, 0, 128, 128)} | options
    copy_window([make(f"source-{name}", **options)], tmp_path / name)
    return tmp_path / name


def test_tiles_on_one_grid_become_one_picture(make: Make, tmp_path: Path) -> None:
    scene = np.random.default_rng(0).integers(1, 250, (3, 128, 228)).astype(np.uint8)
    west = tile(make, tmp_path, "w.tif", 0, scene[:, :, :128].copy())
    east = tile(make, tmp_path, "e.tif", 100, scene[:, :, 100:].copy())
    assert join_windows([east, west], tmp_path / "out.tif", roles=("red", "green", "blue")) == 0
    with rasterio.open(tmp_path / "out.tif") as file:
        np.testing.assert_array_equal(file.read(), scene)
        assert file.transform == PLACE


def test_where_the_first_tile_has_no_data_the_second_is_seen(make: Make, tmp_path: Path) -> None:
    first, second = (np.full((1, 128, 128), value, np.uint8) for value in (7, 9))
    half = np.tri(128, dtype=np.uint8) * np.uint8(255)
    a = tile(make, tmp_path, "a.tif", 0, first, count=1, mask=half)
    b = tile(make, tmp_path, "b.tif", 0, second, count=1)
    join_windows([a, b], tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as file:
        np.testing.assert_array_equal(file.read(1), np.where(half > 0, 7, 9))


@pytest.mark.parametrize(
    "other",
    [
        {"transform": Affine(0.5, 0, 300_000.2, 0, -0.5, 4_400_000)},
        {"transform": Affine(1.0, 0, 300_000, 0, -1.0, 4_400_000)},
        {"count": 1},
        {"dtype": "uint16"},
    ],
)
def test_tiles_that_are_not_on_one_grid_are_not_joined(make: Make, tmp_path: Path, other: dict[str, Any]) -> None:
    count, kind = other.get("count", 3), other.get("dtype", "uint8")
    a = tile(make, tmp_path, "a.tif", 0, np.ones((3, 128, 128), np.uint8))
    b = tile(make, tmp_path, "b.tif", 64, np.ones((count, 128, 128), kind), **other)
    with pytest.raises(InputError) as caught:
        join_windows([a, b], tmp_path / "out.tif")
    assert caught.value.code == "E-INPUT-PIECES"
    assert not (tmp_path / "out.tif").exists()
