"""Windows of remote images, fetched from a real server: the pixels of the whole file, and hardly a byte more."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.shutil import copy
from rasterio.windows import Window

from faulty import FaultyProxy, file_server
from overlook.collect import Allowed, Box, Patience, fetched, open_transport
from overlook.errors import FetchError, InputError, OverlookError

SIDE, WEST, NORTH = 1500, 300_000.0, 4_400_000.0
HERE = Allowed(hosts=("127.0.0.1",))
QUICK = Patience(attempts=3, connect_s=1, read_s=0.4, first_wait_s=0.01, longest_wait_s=0.02)
#: 600 to 700 pixels from the left, 500 to 580 from the top.
BOX = Box(crs="EPSG:32651", bounds=(WEST + 300, NORTH - 290, WEST + 350, NORTH - 250), pad_px=0)
WINDOW = (600, 500, 100, 80)
LAYOUTS: dict[str, dict[str, Any]] = {
    "cog": {"driver": "COG", "compress": "DEFLATE", "blocksize": "256"},
    "tiles": {"driver": "GTiff", "tiled": "YES", "compress": "LZW"},
    "strips": {"driver": "GTiff", "compress": "DEFLATE"},
    "plain": {"driver": "GTiff"},
    "planes": {"driver": "GTiff", "tiled": "YES", "interleave": "BAND", "compress": "ZSTD"},
    "big": {"driver": "GTiff", "tiled": "YES", "bigtiff": "YES"},
    "jpeg": {"driver": "COG", "compress": "JPEG", "blocksize": "256"},
}


@pytest.fixture(scope="module")
def www(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("www")
    rng = np.random.default_rng(0)
    pixels = (rng.integers(0, 255, (3, SIDE // 10, SIDE // 10)).repeat(10, 1).repeat(10, 2)).astype(np.uint8)
    place = {"crs": "EPSG:32651", "transform": Affine(0.5, 0, WEST, 0, -0.5, NORTH)}
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            folder / "source.tif", "w", driver="GTiff", width=SIDE, height=SIDE, count=3, dtype="uint8", **place
        ) as file,
    ):
        file.write(pixels)
        file.write_mask(np.tri(SIDE, dtype=np.uint8) * np.uint8(255))
    for name, options in LAYOUTS.items():
        copy(folder / "source.tif", folder / f"{name}.tif", **options)
    copy(folder / "source.tif", folder / "image.jp2", driver="JP2OpenJPEG", quality="100", reversible="YES")
    (folder / "page.tif").write_bytes(b"<!DOCTYPE html><p>sign in</p>" + b" " * 600)
    (folder / "pack.tif").write_bytes(b"PK\x03\x04" + bytes(600))
    (folder / "text.tif").write_bytes(b"no image " * 100)
    (folder / "cut.tif").write_bytes((folder / "plain.tif").read_bytes()[:5000])
    no_place = {k: v for k, v in LAYOUTS["tiles"].items() if k != "driver"}
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(
            folder / "placeless.tif", "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8", **no_place
        ) as file,
    ):
        file.write(np.ones((1, 64, 64), np.uint8))
    points = [GroundControlPoint(r, c, WEST + c, NORTH - r) for r in (0, 64) for c in (0, 64)]
    with rasterio.open(
        folder / "points.tif", "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8",
        gcps=points, crs="EPSG:32651",
    ) as file:  # fmt: skip
        file.write(np.ones((1, 64, 64), np.uint8))
    return folder


@pytest.fixture(scope="module")
def server(www: Path) -> Iterator[int]:
    with file_server(www) as port:
        yield port


Get = Callable[..., Any]


@pytest.fixture
def get(server: int, tmp_path: Path) -> Get:
    """Fetch a window and read it: (Fetched, pixels, mask, bytes moved)."""

    def fetch(name: str, *, port: int = 0, box: Box = BOX, **options: Any) -> Any:
        net = open_transport(HERE, QUICK)
        href = f"http://127.0.0.1:{port or server}/{name}?sig=word"
        with fetched(href, box, tmp_path / "parts", net, **options) as got, rasterio.open(got.path) as file:
            window = Window(*got.window)
            return got, file.read(window=window), file.dataset_mask(window=window), net.bytes_moved

    return fetch


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_window_is_what_the_whole_file_has_there(layout: str, get: Get, www: Path, tmp_path: Path) -> None:
    got, pixels, mask, moved = get(f"{layout}.tif")
    assert tuple(got.window) == WINDOW
    with rasterio.open(www / f"{layout}.tif") as file:
        np.testing.assert_array_equal(pixels, file.read(window=Window(*WINDOW)))
        np.testing.assert_array_equal(mask, file.dataset_mask(window=Window(*WINDOW)))
    # The first bytes twice, for the connection is plain; the blocks; what little lies between them.
    assert moved <= 1.02 * got.block_bytes + 3 * (1 << 16)
    assert got.header.shape == (SIDE, SIDE)
    assert "word" not in got.where
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_file_that_is_not_read_in_windows_is_fetched_whole(get: Get, www: Path) -> None:
    got, pixels, _, moved = get("image.jp2")
    assert got.whole
    assert moved >= (www / "image.jp2").stat().st_size
    with rasterio.open(www / "image.jp2") as file:
        np.testing.assert_array_equal(pixels, file.read(window=Window(*WINDOW)))


def test_a_server_without_ranges_sends_the_whole_file(get: Get, server: int, www: Path) -> None:
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from faulty import app_server

    data = (www / "cog.tif").read_bytes()
    with app_server(Starlette(routes=[Route("/cog.tif", lambda _: Response(data))])) as port:
        got, pixels, _, _ = get("cog.tif", port=port)
    assert got.whole
    with rasterio.open(www / "cog.tif") as file:
        np.testing.assert_array_equal(pixels, file.read(window=Window(*WINDOW)))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("page.tif", "E-INPUT-HTML"),
        ("pack.tif", "E-INPUT-ARCHIVE"),
        ("text.tif", "E-INPUT-UNREADABLE"),
        ("cut.tif", "E-FETCH-BROKEN"),
        ("nothing.tif", "E-FETCH-MISSING"),
        ("placeless.tif", "E-FETCH-NO-PLACE"),
        ("points.tif", "E-FETCH-NO-PLACE"),
    ],
)
def test_what_cannot_be_used_is_told_and_leaves_nothing(name: str, code: str, get: Get, tmp_path: Path) -> None:
    with pytest.raises(OverlookError) as caught:
        get(name)
    assert caught.value.code == code
    assert "word" not in str(caught.value)
    assert not list((tmp_path / "parts").glob("*/*"))


def test_an_image_of_another_place_is_told_before_its_pixels_are_fetched(get: Get) -> None:
    far = Box(crs="EPSG:32651", bounds=(WEST - 900, NORTH - 100, WEST - 800, NORTH))
    with pytest.raises(FetchError) as caught:
        get("plain.tif", box=far)
    assert caught.value.code == "E-FETCH-OFF"


def test_a_box_in_other_coordinates_meets_the_same_pixels(get: Get) -> None:
    from pyproj import Transformer

    west, south, east, north = Transformer.from_crs(32651, 32652, always_xy=True).transform_bounds(*BOX.bounds)
    got, *_ = get("cog.tif", box=Box(crs="EPSG:32652", bounds=(west, south, east, north), pad_px=0))
    column, row, width, height = got.window
    assert column <= 600
    assert row <= 500
    assert column + width >= 700
    assert row + height >= 580
    assert width < 130


def test_what_came_before_patience_ended_is_not_fetched_again(server: int, get: Get, tmp_path: Path) -> None:
    large = Box(crs=BOX.crs, bounds=(WEST, NORTH - 700, WEST + 700, NORTH))
    with FaultyProxy(server, choose=lambda n, _: "503" if n > 4 else "") as proxy, pytest.raises(FetchError) as caught:
        get("plain.tif", port=proxy.port, box=large)
    assert caught.value.code == "E-FETCH-BUSY"
    assert list((tmp_path / "parts").glob("*/journal"))
    whole = SIDE * 1400 * 3
    with FaultyProxy(server, port=proxy.port) as same:
        _, _, _, moved = get("plain.tif", port=same.port, box=large)
    assert moved < 0.8 * whole


def test_a_damaged_block_is_fetched_again(server: int, get: Get, www: Path) -> None:
    with FaultyProxy(server, choose=lambda n, _: "corrupt" if n in (3, 4) else "") as proxy:
        got, pixels, _, _ = get("cog.tif", port=proxy.port)
    assert got.is_guarded
    with rasterio.open(www / "cog.tif") as file:
        np.testing.assert_array_equal(pixels, file.read(window=Window(*WINDOW)))


def test_blocks_that_fail_their_checksum_every_time_are_refused(server: int, get: Get) -> None:
    with (
        FaultyProxy(server, choose=lambda n, _: "corrupt" if n > 2 else "") as proxy,
        pytest.raises(FetchError) as caught,
    ):
        get("cog.tif", port=proxy.port)
    assert caught.value.code == "E-FETCH-BROKEN"


def test_it_is_said_when_nothing_would_show_a_damaged_byte(get: Get) -> None:
    assert get("cog.tif")[0].is_guarded
    assert not get("jpeg.tif")[0].is_guarded
    assert not get("plain.tif")[0].is_guarded


def test_a_file_that_changes_while_it_is_fetched_is_refused(www: Path, tmp_path: Path) -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from faulty import app_server

    data, asked = (www / "plain.tif").read_bytes(), []

    def reply(request: Request) -> Response:
        asked.append(1)
        first, last = map(int, request.headers["range"][6:].split("-"))
        last = min(last, len(data) - 1)
        headers = {"content-range": f"bytes {first}-{last}/{len(data)}", "etag": f'"{min(len(asked), 3)}"'}
        return Response(data[first : last + 1], 206, headers)

    net = open_transport(HERE, QUICK)
    with (
        app_server(Starlette(routes=[Route("/x.tif", reply)])) as port,
        pytest.raises(FetchError) as caught,
        fetched(f"http://127.0.0.1:{port}/x.tif", BOX, tmp_path, net),
    ):
        pass
    assert caught.value.code == "E-FETCH-CHANGED"


def test_a_digest_of_the_catalogue_is_held_against_a_whole_file(get: Get, www: Path) -> None:
    from overlook.collect import sha256

    right = sha256(www / "image.jp2")
    assert get("image.jp2", digest=right)[0].is_guarded
    assert get("image.jp2", digest=f"1220{right}")[0].digest == right
    with pytest.raises(InputError) as caught:
        get("image.jp2", digest="0" * 64)
    assert caught.value.code == "E-INPUT-DIGEST"


def test_a_file_of_a_named_folder_is_read_where_it_lies(www: Path, tmp_path: Path) -> None:
    net = open_transport(Allowed(folders=(www,)))
    with fetched(str(www / "cog.tif"), BOX, tmp_path / "parts", net) as got:
        assert (got.path, tuple(got.window)) == (www / "cog.tif", WINDOW)
    assert net.bytes_moved == 0
    assert not (tmp_path / "parts").exists()
