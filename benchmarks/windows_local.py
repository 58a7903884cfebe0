"""Windows of a local ZSTD COG on two threads, beside plain rasterio. Run: python benchmarks/windows_local.py

One band of 8 bits, 20,000 x 20,000 pixels, blocks of 512. The limit is rasterio reading the same windows with one open
dataset a thread and nothing else done; ours opens the file for each window, looks for blocks that were never written,
and says of every pixel whether it is valid. Rounds alternate, in one process; the best round of each counts. Peak
memory is of a process of its own that only reads, libraries included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

SIDE, BLOCK, WINDOW, WINDOWS, THREADS, ROUNDS = 20_000, 512, 2_000, 24, 2, 5
LIMIT_MB = 300


def make_cog(path: Path) -> None:
    """Noise over a smooth ground: it compresses to about a half, as images do."""
    import cv2
    import rasterio
    from affine import Affine
    from rasterio.windows import Window

    rng = np.random.default_rng(0)
    rows = 4 * BLOCK
    smooth = cv2.GaussianBlur(rng.normal(0, 1, (rows, SIDE)).astype(np.float32), (0, 0), 3)
    texture = np.clip(110 + 400 * smooth + rng.normal(0, 3, smooth.shape), 1, 250).astype(np.uint8)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIDE,
        height=SIDE,
        count=1,
        dtype="uint8",
        crs="EPSG:32651",
        transform=Affine(0.5, 0, 300_000, 0, -0.5, 4_400_000),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="zstd",
        predictor=2,
        num_threads=2,
    ) as dataset:
        for number, row in enumerate(range(0, SIDE, rows)):
            high = min(rows, SIDE - row)
            dataset.write(np.roll(texture, 97 * number, 1)[:high], 1, window=Window(0, row, SIDE, high))


def corners() -> list[tuple[int, int]]:
    rng = np.random.default_rng(1)
    return [(int(c), int(r)) for c, r in rng.integers(0, SIDE - WINDOW, (WINDOWS, 2))]


def by_rasterio(path: Path) -> int:
    import rasterio
    from rasterio.windows import Window

    def one(share: list[tuple[int, int]]) -> int:
        with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(path) as dataset:
            windows = (dataset.read(1, window=Window(c, r, WINDOW, WINDOW)) for c, r in share)
            return sum(int(pixels[0, 0]) for pixels in windows)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, [corners()[i::THREADS] for i in range(THREADS)]))


def by_overlook(path: Path) -> int:
    from overlook.imagery.outside import read_window
    from overlook.imagery.reading import ReadPlan

    def one(share: list[tuple[int, int]]) -> int:
        total = 0
        for column, row in share:
            plan = ReadPlan(column=column, row=row, width=WINDOW, height=WINDOW, out_shape=(WINDOW, WINDOW))
            total += int(read_window(path, plan, (1,), None, (SIDE, SIDE)).pixels[0, 0, 0])
        return total

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, [corners()[i::THREADS] for i in range(THREADS)]))


def timed(work: Callable[[Path], int], path: Path) -> tuple[float, float]:
    """Megapixels a second by the wall clock, and by the processor time of both threads together."""
    wall, used = time.perf_counter(), time.process_time()
    work(path)
    megapixels = WINDOWS * WINDOW**2 / 1e6
    return megapixels / (time.perf_counter() - wall), megapixels / (time.process_time() - used)


def measure(path: Path) -> None:
    """Rounds of both, alternating: print their rates."""
    assert by_rasterio(path) == by_overlook(path), "the two read different pixels"
    rounds = np.array([(timed(by_rasterio, path), timed(by_overlook, path)) for _ in range(ROUNDS)])
    for index, clock in enumerate(("wall clock", "processor")):
        limit, ours = rounds[:, 0, index], rounds[:, 1, index]
        print(
            f"{clock}: rasterio {limit.max():.0f} Mpx/s, Overlook {ours.max():.0f} Mpx/s on {THREADS} threads, "
            f"{ours.max() / limit.max():.2f} of it; median of {ROUNDS} paired rounds {np.median(ours / limit):.2f}"
        )


def peak(path: Path) -> None:
    by_overlook(path)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak resident memory {peak_mb} MB of {LIMIT_MB} MB, with a file of {path.stat().st_size >> 20} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    child = parser.parse_args().child
    if child is not None:
        {"make": make_cog, "measure": measure, "peak": peak}[child[0]](Path(child[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        # Each in a process of its own: what made the file would be counted in the memory of what reads it.
        for step in ("make", "measure", "peak"):
            subprocess.run([sys.executable, __file__, "--child", step, str(Path(name) / "large.tif")], check=True)


if __name__ == "__main__":
    main()
