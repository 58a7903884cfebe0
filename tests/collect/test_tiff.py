"""Where a TIFF keeps its blocks: as GDAL says, for every layout; and files whose directories lie."""

import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from overlook.collect.tiff import Blocks, blocks_of, directories, image_and_mask, is_damaged, required_size

LAYOUTS: dict[str, dict[str, Any]] = {
    "tiles": {"driver": "GTiff", "tiled": "YES", "blockxsize": "64", "blockysize": "64"},
    "strips": {"driver": "GTiff", "compress": "DEFLATE"},
    "planes": {"driver": "GTiff", "tiled": "YES", "blockxsize": "64", "blockysize": "64", "interleave": "BAND"},
    "big": {"driver": "GTiff", "tiled": "YES", "blockxsize": "64", "blockysize": "64", "bigtiff": "YES"},
    "motorola": {"driver": "GTiff", "endianness": "BIG", "compress": "LZW"},
    "cog": {"driver": "COG", "blocksize": "128", "compress": "DEFLATE"},
    "jpeg": {"driver": "COG", "blocksize": "128", "compress": "JPEG"},
}


@pytest.fixture
def image(tmp_path: Path) -> Any:
    def make(layout: str, *, mask: bool = False, side: int = 300) -> Path:
        plain, made = tmp_path / "plain.tif", tmp_path / f"{layout}.tif"
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(
                plain, "w", driver="GTiff", width=side, height=side - 40, count=3, dtype="uint8", crs="EPSG:32651",
                transform=rasterio.Affine(1, 0, 3e5, 0, -1, 4e6),
            ) as file,
        ):  # fmt: skip
            file.write(np.random.default_rng(0).integers(0, 255, (3, side - 40, side)).astype(np.uint8))
            if mask:
                file.write_mask(np.tri(side - 40, side, dtype=np.uint8) * np.uint8(255))
        copy(plain, made, **LAYOUTS[layout])
        return made

    return make


def reader(path: Path) -> Any:
    data = path.read_bytes()
    return lambda start, length: data[start : start + length]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_blocks_lie_where_gdal_says(layout: str, image: Any) -> None:
    path = image(layout)
    blocks = image_and_mask(reader(path))[0]
    with rasterio.open(path) as file:
        assert blocks.shape == file.shape
        assert blocks.block == file.block_shapes[0]
        assert blocks.planes == (3 if layout == "planes" else 1)
        across, down = -(-file.width // blocks.block[1]), -(-file.height // blocks.block[0])
        for plane in range(blocks.planes):
            for j in range(down):
                for i in range(across):
                    at = plane * across * down + j * across + i
                    told = [file.get_tag_item(f"BLOCK_{k}_{i}_{j}", "TIFF", bidx=plane + 1) for k in ("OFFSET", "SIZE")]
                    assert [blocks.offsets[at], blocks.lengths[at]] == [int(v) for v in told]
    with path.open("rb") as opened:
        assert required_size(opened) <= path.stat().st_size


@pytest.mark.parametrize("layout", ["tiles", "cog", "jpeg"])
def test_an_images_own_mask_is_found(layout: str, image: Any) -> None:
    found = image_and_mask(reader(image(layout, mask=True)))
    assert len(found) == 2
    assert found[1].shape == found[0].shape


def test_overviews_are_neither_image_nor_mask(image: Any) -> None:
    path = image("cog", mask=True, side=600)
    assert len(list(directories(reader(path)))) > 2
    assert len(image_and_mask(reader(path))) == 2


def test_a_window_touches_the_blocks_that_hold_its_pixels(image: Any) -> None:
    blocks = image_and_mask(reader(image("planes")))[0]
    across, plane = 5, 5 * 5
    assert blocks.within(63, 63, 2, 2).tolist()[:4] == [0, 1, across, across + 1]
    assert blocks.within(63, 63, 2, 2).tolist()[4:8] == [plane, plane + 1, plane + across, plane + across + 1]
    assert blocks.within(64, 64, 64, 64).tolist() == [across + 1 + k * plane for k in range(3)]


def test_a_block_of_deflate_that_was_damaged_is_found_out(image: Any) -> None:
    path = image("cog")
    data = bytearray(path.read_bytes())
    blocks = image_and_mask(reader(path))[0]
    assert not any(is_damaged(blocks, i, reader(path)) for i in range(len(blocks.offsets)))
    rng = np.random.default_rng(0)
    for _ in range(100):
        index = int(rng.integers(len(blocks.offsets)))
        at = int(blocks.offsets[index]) + int(rng.integers(2, blocks.lengths[index]))
        changed = bytearray(data)
        changed[at] ^= int(rng.integers(1, 256))
        assert is_damaged(blocks, index, lambda a, n, of=bytes(changed): of[a : a + n])


def tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def parsed(data: bytes) -> Any:
    return image_and_mask(lambda start, length: data[start : start + length])


def test_directories_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        parsed(tiff((256, 4, 1, 10), (257, 4, 1, 10), following=8))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II",
        b"II*\x00\xff\xff\xff\xff",
        tiff(),
        tiff((256, 4, 1, 0), (257, 4, 1, 10)),
        tiff((256, 4, 1, 10)),
        # 100,000 x 100,000 pixels and a single block.
        tiff((256, 4, 1, 10**5), (257, 4, 1, 10**5), (322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1, 8), (325, 4, 1, 8)),
        # A table of 2**31 offsets beyond the end.
        tiff((256, 4, 1, 9), (257, 4, 1, 9), (273, 4, 2**31, 400), (279, 4, 2**31, 400)),
        # A block of no rows.
        tiff((256, 4, 1, 9), (257, 4, 1, 9), (278, 4, 1, 0), (273, 4, 1, 8), (279, 4, 1, 8)),
    ],
)  # fmt: skip
def test_directories_that_make_no_sense_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        parsed(data)


def test_the_first_directory_alone_can_be_asked(image: Any) -> None:
    read = reader(image("strips"))
    assert blocks_of(next(directories(read)), read).planes == 1


def test_a_block_that_unfolds_without_end_is_damaged() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    one = np.array([8], np.uint64)
    blocks = Blocks(
        shape=(16, 16), block=(16, 16), planes=1, offsets=one, lengths=np.array([len(bomb)], np.uint64),
        compression=8, block_bytes=256,
    )  # fmt: skip
    tracemalloc.start()
    assert is_damaged(blocks, 0, lambda *_: bomb)
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
