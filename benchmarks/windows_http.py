"""Windows of remote images, beside odc-stac and beside GDAL. Run: python benchmarks/windows_http.py

60 windows of 1 km x 1 km at 0.5 m, each of an image of its own (20,000 x 20,000 pixels, three bands of 8 bits, DEFLATE,
blocks of 512), from a web server whose every reply is 20 ms late. All run on this machine, one after the other, in
processes of their own: odc-stac's load as it comes, and with as many threads as ours has; Overlook's fetch with the
pixels in memory; and Overlook's download as users have it, to ZSTD COGs. odc-stac comes from requirements/study.txt;
--peer PYTHON names another interpreter that has it.

Then windowed reading of a local ZSTD COG of the same size on two threads, beside plain rasterio.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIDE, BLOCK, GSD_M, WINDOW_M, WINDOWS, WORKERS = 20_000, 512, 0.5, 1000.0, 60, 8
WEST, NORTH, CODE = 300_000.0, 4_400_000.0, 32651
START = datetime(2020, 1, 1, 3, tzinfo=UTC)
LATENCY_S = 0.02


def corner(number: int) -> tuple[float, float]:
    """West and north edge of a window: whole pixels, on no edge of a block, and no window on another."""
    shift = np.random.default_rng(number).integers(0, 200, 2)
    column, row = (1000 + 2250 * at + int(by) for at, by in zip((number % 8, number // 8), shift, strict=True))
    return WEST + column * GSD_M, NORTH - row * GSD_M


def make_images(folder: Path, count: int) -> None:
    """Images that hold pixels around their window and nothing elsewhere; directories and blocks as in a full one."""
    import cv2
    import rasterio
    from affine import Affine
    from rasterio.windows import Window

    rng = np.random.default_rng(0)
    side = 3 * 1024
    smooth = cv2.GaussianBlur(rng.normal(0, 1, (side, side, 3)).astype(np.float32), (0, 0), 3)
    texture = np.clip(110 + 400 * smooth + rng.normal(0, 2, smooth.shape), 1, 250).astype(np.uint8)
    for number in range(count):
        x, y = corner(number)
        left, top = (int(v) // BLOCK * BLOCK - BLOCK for v in ((x - WEST) / GSD_M, (NORTH - y) / GSD_M))
        with rasterio.open(
            folder / f"{number}.tif",
            "w",
            driver="GTiff",
            width=SIDE,
            height=SIDE,
            count=3,
            dtype="uint8",
            crs=f"EPSG:{CODE}",
            transform=Affine(GSD_M, 0, WEST, 0, -GSD_M, NORTH),
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            interleave="pixel",
            compress="deflate",
            predictor=2,
            zlevel=6,
            num_threads=2,
            sparse_ok=True,
        ) as dataset:
            pixels = np.roll(texture, (number * 7, number * 13), (0, 1))
            dataset.write(np.moveaxis(pixels, 2, 0), window=Window(left, top, side, side))


def serve(folder: Path) -> None:
    """Files with ranges, every reply late, the bytes of bodies counted; in a process of its own."""
    import asyncio
    import re

    sent = 0

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                verb, path = head.split(" ", 2)[:2]
                if path == "/sent":
                    body = str(sent).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    continue
                await asyncio.sleep(LATENCY_S)
                file = folder / path.lstrip("/")
                if not file.is_file():
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                size, asked = file.stat().st_size, re.search(r"(?i)range: bytes=(\d+)-(\d*)", head)
                first = int(asked[1]) if asked else 0
                last = min(size - 1, int(asked[2]) if asked and asked[2] else size - 1)
                said = [b"HTTP/1.1 206 Partial Content" if asked else b"HTTP/1.1 200 OK", b"Accept-Ranges: bytes"]
                said += [b"Content-Length: %d" % (last + 1 - first), b'ETag: "1"']
                said += [b"Content-Range: bytes %d-%d/%d" % (first, last, size)] if asked else []
                writer.write(b"\r\n".join([*said, b"", b""]))
                if verb != "HEAD":
                    with file.open("rb") as opened:
                        opened.seek(first)
                        writer.write(opened.read(last + 1 - first))
                    sent += last + 1 - first
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(client, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())


def bytes_sent(port: int) -> int:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sent") as reply:
        return int(reply.read())


def processor_s() -> float:
    """Of all contestants so far: imports included, and not what others on the machine take from the wall clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def touched_bytes(folder: Path, count: int) -> int:
    """Bytes of the blocks that the windows touch, by GDAL's own tags."""
    import rasterio

    total = 0
    for number in range(count):
        x, y = corner(number)
        column, row = (round(v) for v in ((x - WEST) / GSD_M, (NORTH - y) / GSD_M))
        last = int(WINDOW_M / GSD_M) - 1
        with rasterio.open(folder / f"{number}.tif") as dataset:
            for j in range(row // BLOCK, (row + last) // BLOCK + 1):
                for i in range(column // BLOCK, (column + last) // BLOCK + 1):
                    total += int(dataset.get_tag_item(f"BLOCK_SIZE_{i}_{j}", "TIFF", bidx=1) or 0)
    return total


# ---- the contestants, each in a process of its own: prints seconds and a sum of the pixels -------------------------


def by_odc_stac(port: int, count: int, threads: int, *, together: bool = False) -> None:
    """`threads`: of odc-stac's own pool, or windows loaded at once when `together`."""
    import odc.stac
    import pystac
    import shapely
    from odc.geo.geobox import GeoBox

    def item(number: int) -> pystac.Item:
        outline = shapely.box(119, 38, 122, 41)
        properties = {"proj:code": f"EPSG:{CODE}", "proj:epsg": CODE}
        made = pystac.Item(f"i{number}", shapely.geometry.mapping(outline), list(outline.bounds), START, properties)
        made.stac_extensions = [f"https://stac-extensions.github.io/{name}" for name in _EXTENSIONS]
        extra: dict[str, Any] = {"proj:transform": [GSD_M, 0, WEST, 0, -GSD_M, NORTH], "proj:shape": [SIDE, SIDE]}
        extra["eo:bands"] = [{"name": n, "common_name": n} for n in ("red", "green", "blue")]
        extra["raster:bands"] = [{"data_type": "uint8", "nodata": 0}] * 3
        href = f"http://127.0.0.1:{port}/{number}.tif"
        made.add_asset("visual", pystac.Asset(href, media_type=_COG, roles=["data"], extra_fields=extra))
        return made

    def one(number: int) -> int:
        x, y = corner(number)
        grid = GeoBox.from_bbox((x, y - WINDOW_M, x + WINDOW_M, y), f"EPSG:{CODE}", resolution=GSD_M)
        pool = {"pool": threads} if threads > 1 and not together else {}
        loaded = odc.stac.load([item(number)], bands=["red", "green", "blue"], geobox=grid, **pool)
        return sum(int(loaded[band].values.sum()) for band in ("red", "green", "blue"))

    started = time.perf_counter()
    with ThreadPoolExecutor(threads if together else 1) as windows:
        total = sum(windows.map(one, range(count)))
    print(json.dumps({"seconds": time.perf_counter() - started, "sum": total}))


_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EXTENSIONS = ("projection/v1.1.0/schema.json", "eo/v1.1.0/schema.json", "raster/v1.1.0/schema.json")


def by_overlook(port: int, count: int, threads: int) -> None:
    """Fetched and decoded to memory, nothing written but the sparse files."""
    from overlook.collect import Allowed, Box, fetched, open_transport
    from overlook.imagery.outside import read_window
    from overlook.imagery.reading import ReadPlan

    net = open_transport(Allowed(hosts=(f"127.0.0.1:{port}",)))
    decoding = threading.Semaphore(2)

    def one(number: int) -> int:
        x, y = corner(number)
        box = Box(crs=f"EPSG:{CODE}", bounds=(x, y - WINDOW_M, x + WINDOW_M, y), pad_px=0)
        with fetched(f"http://127.0.0.1:{port}/{number}.tif", box, parts, net) as got, decoding:
            column, row, width, height = got.window
            plan = ReadPlan(column=column, row=row, width=width, height=height, out_shape=(height, width))
            return int(read_window(got.path, plan, (1, 2, 3), None, got.header.shape).pixels.sum(dtype=np.int64))

    with tempfile.TemporaryDirectory() as name:
        parts = Path(name)
        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            total = sum(pool.map(one, range(count)))
        print(json.dumps({"seconds": time.perf_counter() - started, "sum": total}))


def by_overlook_download(port: int, count: int, threads: int) -> None:
    """What `overlook search --download` does: ZSTD COGs, side-cars, the ledger. A site of its own for each image."""
    import shapely
    from pyproj import Transformer

    from overlook import run
    from overlook.terms import Asset, Offer, instant

    place = Transformer.from_crs(CODE, 4326, always_xy=True).transform
    sites, offers = [], []
    for number in range(count):
        x, y = corner(number)
        # The zone, its margin of 20 m and 15 m for registration make the window.
        ring = [list(place(x + a, y - b)) for a, b in ((38, 38), (962, 38), (962, 962), (38, 962), (38, 38))]
        zone = {"id": "z", "name": "Z", "kind": "yard", "geometry": {"type": "Polygon", "coordinates": [ring]}}
        sites.append({"id": f"s{number}", "name": "S", "crs": f"EPSG:{CODE}", "zones": [zone]})
        href = f"http://127.0.0.1:{port}/{number}.tif"
        asset = Asset(name="visual", href=href, role="visual", bands=("red", "green", "blue"))
        offers.append(
            Offer(
                id=f"image-{number}",
                catalogue="bench",
                collection="",
                when=instant(START + timedelta(days=number)),
                footprint=shapely.Polygon(ring).buffer(-1e-4),
                gsd_m=GSD_M,
                assets=(asset,),
            )
        )
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "case"
        run.init(root)
        case = {"overlook": 1, "id": "b", "title": "B", "allow_hosts": [f"127.0.0.1:{port}"], "sites": sites}
        (root / "case.yaml").write_text(json.dumps(case))
        started = time.perf_counter()
        done = run.download(root, offers, workers=threads)
        got, refused = len(done.obtained), [row.why for row in done.not_obtained][:3]
        print(json.dumps({"seconds": time.perf_counter() - started, "sum": got, "refused": refused}))


CONTESTANTS = {
    "odc-stac load": (by_odc_stac, 1, True),
    "odc-stac load, its pool of 8": (by_odc_stac, WORKERS, True),
    "odc-stac load, 8 windows at once": (partial(by_odc_stac, together=True), WORKERS, True),
    "overlook fetch, pixels in memory": (by_overlook, WORKERS, False),
    "overlook download to ZSTD COGs": (by_overlook_download, WORKERS, False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default=sys.executable, help="a Python that has odc-stac")
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--contestant", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(asked.serve)
    if asked.contestant:
        name, port, count = asked.contestant
        work, threads, _ = CONTESTANTS[name]
        return work(int(port), int(count), threads)
    with tempfile.TemporaryDirectory() as folder:
        make_images(Path(folder), asked.windows)
        table(Path(folder), asked.windows, asked.peer)
    return None


def table(folder: Path, count: int, peer: str) -> None:
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(folder)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    needed = touched_bytes(folder, count)
    print(
        f"{count} windows of 1 km2 at {GSD_M} m, {LATENCY_S * 1000:.0f} ms late; blocks touched {needed / 1e6:.1f} MB"
    )
    seconds: dict[str, float] = {}
    try:
        for name, (_, _, is_peer) in CONTESTANTS.items():
            before, used = bytes_sent(port), processor_s()
            python = peer if is_peer else sys.executable
            done = subprocess.run(
                [python, __file__, "--contestant", name, str(port), str(count)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                print(f"{name:36s} failed: {done.stderr.strip().splitlines()[-1][:120]}")
                continue
            told = json.loads(done.stdout.strip().splitlines()[-1])
            seconds[name] = told["seconds"]
            moved = bytes_sent(port) - before
            used = processor_s() - used
            print(
                f"{name:34s} {told['seconds']:6.2f} s, processor {used:6.2f} s, "
                f"moved {moved / needed:.3f} x the blocks, sum {told['sum']}"
            )
    finally:
        server.terminate()
        server.wait()
    ours = seconds.get("overlook fetch, pixels in memory")
    for name, value in seconds.items():
        if ours and name.startswith("odc"):
            print(f"{name}: {value / ours:.2f} x ours")


if __name__ == "__main__":
    main()
