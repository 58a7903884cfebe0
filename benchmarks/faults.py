"""Downloads through a proxy that spoils 30% of the replies, and runs killed at random. Run: python benchmarks/faults.py

1,000 windows from a real web server (uvicorn), through a proxy of ours with twelve kinds of faults: every one must
become a scene whose pixels are the source's, or a row that says why not. Then a run is killed (SIGKILL) at 100 random
moments and started again: no file under its final name may ever be torn, and in the end all must be there.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from faulty import FaultyProxy, file_server  # noqa: E402

SIDE, FILES, SHARE = 1200, 50, 0.30
WEST, NORTH = 300_000.0, 4_400_000.0
START = datetime(2020, 1, 1, 3, tzinfo=UTC)


def make_images(folder: Path, files: int = FILES) -> None:
    """COGs of three bands whose noise compresses about as an image does, each its own."""
    import cv2
    import rasterio
    from affine import Affine
    from rasterio.shutil import copy

    for number in range(files):
        rng = np.random.default_rng(number)
        smooth = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 3)
        pixels = np.clip(110 + 400 * smooth + rng.normal(0, 2, smooth.shape), 1, 250).astype(np.uint8)
        plain = folder / "plain.tif"
        place = {"crs": "EPSG:32651", "transform": Affine(0.5, 0, WEST, 0, -0.5, NORTH)}
        with rasterio.open(
            plain, "w", driver="GTiff", width=SIDE, height=SIDE, count=3, dtype="uint8", **place
        ) as dataset:
            dataset.write(np.moveaxis(pixels, 2, 0))
        copy(plain, folder / f"{number}.tif", driver="COG", compress="DEFLATE", predictor="2", blocksize=256)
    plain.unlink()


def make_case(folder: Path, port: int) -> None:
    from pyproj import Transformer

    from overlook import run

    run.init(folder)
    place = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True).transform
    corners = [(150, 150), (300, 150), (300, 300), (150, 300), (150, 150)]
    ring = [list(place(WEST + x, NORTH - y)) for x, y in corners]
    zone = {"id": "yard", "name": "Yard", "kind": "yard", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    site = {"id": "site", "name": "Site", "zones": [zone]}
    case = {"overlook": 1, "id": "faults", "title": "Faults", "allow_hosts": [f"127.0.0.1:{port}"], "sites": [site]}
    (folder / "case.yaml").write_text(json.dumps(case))


def offers(port: int) -> list[object]:
    import shapely

    from overlook.terms import Asset, Offer, instant

    return [
        Offer(
            id=f"image-{number}",
            catalogue="faults",
            collection="",
            when=instant(START + timedelta(days=number)),
            footprint=shapely.box(120, 39, 121, 40),
            gsd_m=0.5,
            assets=(
                Asset(
                    name="visual",
                    href=f"http://127.0.0.1:{port}/{number}.tif",
                    role="visual",
                    bands=("red", "green", "blue"),
                ),
            ),
        )
        for number in range(FILES)
    ]


def download(case: Path, port: int, *, read_s: float = 0.4) -> object:
    from overlook import run
    from overlook.collect import Patience

    patience = Patience(
        attempts=10,
        connect_s=1,
        read_s=read_s,
        first_wait_s=0.01,
        longest_wait_s=0.1,
        deadline_s=60,
        slowest_bytes_s=20_000,
        grace_s=0.4,
    )
    return run.download(case, offers(port), patience=patience)  # type: ignore[arg-type]


def torn(case: Path, images: Path) -> list[str]:
    """Files under a final name that are not whole: pixels differ from the source, a side-car without its image."""
    import rasterio

    wrong = []
    for path in sorted((case / "imagery").glob("*")):
        if path.name.startswith("."):
            continue
        if path.suffix == ".json":
            if not path.with_name(path.name.replace(".stac.json", ".tif")).is_file():
                wrong.append(path.name)
            continue
        number = path.stem.removeprefix("image-")
        with rasterio.open(path) as got, rasterio.open(images / f"{number}.tif") as source:
            window = source.window(*got.bounds)
            if not np.array_equal(got.read(), source.read(window=window)):
                wrong.append(path.name)
    return wrong


def spoiled(images: Path, upstream: int, rounds: int) -> None:
    complete, again = 0, 0
    reasons: Counter[str] = Counter()
    met: Counter[str] = Counter()
    bad: list[str] = []
    started, requests = time.perf_counter(), 0
    for number in range(rounds):
        with (
            tempfile.TemporaryDirectory() as name,
            FaultyProxy(upstream, share=SHARE, seed=number, silence_s=0.6) as proxy,
        ):
            case = Path(name) / "case"
            make_case(case, proxy.port)
            done = download(case, proxy.port)
            complete += len(done.obtained)  # type: ignore[attr-defined]
            reasons.update(row.why.split(": ", 1)[-1] for row in done.not_obtained)  # type: ignore[attr-defined]
            missing = FILES - len(done.obtained) - len(done.not_obtained)  # type: ignore[attr-defined]
            bad += ["no record"] * missing
            for _ in range(3):
                again += len(download(case, proxy.port).obtained)  # type: ignore[attr-defined]
            bad += torn(case, images)
            met += proxy.met
            requests += proxy.number
    total = rounds * FILES
    print(f"{total} downloads, {requests} requests, {met.total()} spoiled ({met.total() / requests:.0%})")
    print("  " + ", ".join(f"{fault} {count}" for fault, count in sorted(met.items()) if fault))
    print(f"complete at once {complete}, recorded with a reason {reasons.total()}, neither {bad.count('no record')}")
    for reason, count in reasons.most_common(12):
        print(f"  {count:4d}  {reason[:110]}")
    print(f"complete after the same command three times more: {complete + again} of {total}")
    print(f"torn or wrong files: {len(bad)}; {time.perf_counter() - started:.0f} s")


def killed(images: Path, upstream: int, kills: int) -> None:
    rng = random.Random(1)
    wrong: list[str] = []
    left: list[str] = []
    missed: list[str] = []
    ended = done_when_killed = 0
    with FaultyProxy(upstream, share=0.05, faults=("reset", "503", "429"), latency_s=0.02) as proxy:
        for _ in range(kills // 10):
            with tempfile.TemporaryDirectory() as name:
                case = Path(name) / "case"
                make_case(case, proxy.port)
                for _ in range(10):
                    child = subprocess.Popen([sys.executable, __file__, "--child", str(case), str(proxy.port)])
                    time.sleep(rng.uniform(0.8, 4.0))
                    done_when_killed += child.poll() is not None
                    child.send_signal(signal.SIGKILL)
                    child.wait()
                    wrong += torn(case, images)
                done = download(case, proxy.port, read_s=10)
                ended += len(done.obtained) + len(done.held) == FILES  # type: ignore[attr-defined]
                missed += [row.why for row in done.not_obtained]  # type: ignore[attr-defined]
                wrong += torn(case, images)
                left += [p.name for p in (case / "imagery" / ".fetch").glob("*/*")]
    print(f"killed {kills} times ({done_when_killed} had ended before), started once more each tenth time:")
    print(f"  {ended} of {kills // 10} cases complete, missing {len(missed)} {missed[:2]}")
    print(f"  torn or wrong files {len(wrong)} {wrong[:3]}, files left for the sweep {len(left)} {left[:3]}")


def codecs(trials: int) -> None:
    """One byte of one block is changed, as on a damaged disk or line: who notices, decoder or checksum?"""
    import rasterio
    from rasterio.shutil import copy

    from overlook.collect.tiff import image_and_mask, is_damaged
    from overlook.errors import OverlookError
    from overlook.imagery import Piece, copy_window

    print(f"one changed byte, {trials} times each: what decoding notices, what the check of checksums notices")
    rng = np.random.default_rng(0)
    for codec in ("NONE", "LZW", "DEFLATE", "ZSTD", "LERC", "JPEG", "WEBP"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_images(folder, 1)
            copy(folder / "0.tif", folder / "c.tif", driver="COG", compress=codec, blocksize=256, overviews="NONE")
            data = (folder / "c.tif").read_bytes()
            blocks = image_and_mask(lambda a, n, of=data: of[a : a + n])[0]  # type: ignore[misc]

            def pixels(path: Path, to: Path) -> bytes:
                place = (0.5, 0.0, WEST, 0.0, -0.5, NORTH)
                whole = (0, 0, SIDE, SIDE)
                piece = Piece(path=path, window=whole, shape=(SIDE, SIDE), count=3, crs="EPSG:32651", transform=place)
                copy_window([piece], to)
                with rasterio.open(to) as made:
                    return made.read().tobytes()  # type: ignore[no-any-return]

            right = pixels(folder / "c.tif", folder / "out.tif")
            decoding = checked = harmless = 0
            for _ in range(trials):
                index = int(rng.integers(len(blocks.offsets)))
                at = int(blocks.offsets[index]) + int(rng.integers(blocks.lengths[index]))
                changed = bytearray(data)
                changed[at] ^= 1 + int(rng.integers(255))
                checked += is_damaged(blocks, index, lambda a, n, of=bytes(changed): of[a : a + n])  # type: ignore[misc]
                (folder / "bad.tif").write_bytes(changed)
                try:
                    harmless += pixels(folder / "bad.tif", folder / "out.tif") == right
                except OverlookError:
                    decoding += 1
        print(f"  {codec:8s} decoder {decoding:3d}, checksum {checked:3d}, pixels unchanged {harmless:3d}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--downloads", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--codecs", type=int, default=60, help="changed bytes for each compression")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        download(Path(asked.child[0]), int(asked.child[1]), read_s=10)
        return
    if asked.codecs:
        codecs(asked.codecs)
    with tempfile.TemporaryDirectory() as name:
        images = Path(name)
        make_images(images)
        with file_server(images) as upstream:
            if asked.downloads:
                spoiled(images, upstream, asked.downloads // FILES)
            if asked.kills:
                killed(images, upstream, asked.kills)


if __name__ == "__main__":
    main()
