"""Peak memory of one chip from a 20,000 x 20,000 COG; the limit is 300 MB. Run: python benchmarks/window_memory.py

The COG (its tiles; a window at full resolution needs no overviews) is made in a temporary folder, sparse except where
the site lies, so that making it is cheap; what is measured runs in a process of its own,
interpreter and libraries included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

SIDE, BLOCK, GSD_M = 20_000, 512, 0.5
LIMIT_MB = 300
WEST, NORTH = 300_000.0, 4_400_000.0


def make_cog(path: Path) -> None:
    """Four 16-bit bands with pixels in the middle 2,048 x 2,048 and none elsewhere."""
    import rasterio
    from affine import Affine
    from rasterio.windows import Window

    rng = np.random.default_rng(1)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIDE,
        height=SIDE,
        count=4,
        dtype="uint16",
        crs="EPSG:32651",
        transform=Affine(GSD_M, 0, WEST, 0, -GSD_M, NORTH),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="zstd",
        sparse_ok=True,
        bigtiff="yes",
        nodata=0,
    ) as dataset:
        start = (SIDE // 2 // BLOCK - 2) * BLOCK
        for row in range(start, start + 4 * BLOCK, BLOCK):
            for column in range(start, start + 4 * BLOCK, BLOCK):
                data = rng.integers(200, 4000, (4, BLOCK, BLOCK), dtype=np.uint16)
                dataset.write(data, window=Window(column, row, BLOCK, BLOCK))


def measure(folder: Path) -> None:
    """Register the COG and make one chip of 500 m x 500 m; print seconds and peak resident memory in MB."""
    import shapely
    from pyproj import Transformer

    from overlook.collect import Registering, register
    from overlook.imagery import make_chip
    from overlook.terms import Interval, Site, Zone

    when = datetime(2018, 6, 12, 3, 15, tzinfo=UTC)
    options = Registering(when=Interval(start=when, end=when), link=True)
    started = time.perf_counter()
    scene = register(folder / "large.tif", folder / "imagery", options, now=datetime(2026, 1, 1, tzinfo=UTC))
    registered = time.perf_counter()
    x, y = WEST + SIDE / 2 * GSD_M, NORTH - SIDE / 2 * GSD_M
    back = Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True).transform
    corners = [back(x + dx, y + dy) for dx, dy in ((-230, -230), (230, -230), (230, 230), (-230, 230))]
    zone = Zone(id="yard", name="Yard", kind="yard", geometry=shapely.Polygon(corners))
    site = Site(id="site", name="Site", zones=(zone,), crs="EPSG:32651", grid_gsd_m=GSD_M)
    chip = make_chip(scene, folder / "imagery", site, None)
    made = time.perf_counter()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"chip {chip.meta.shape[1]} x {chip.meta.shape[0]} px, usable {chip.meta.usable_fraction:.0%}")
    print(f"register {registered - started:.2f} s, chip {made - registered:.2f} s")
    print(f"peak resident memory {peak_mb:.0f} MB, {peak_mb / LIMIT_MB:.2f} of the limit of {LIMIT_MB} MB")
    if peak_mb > LIMIT_MB:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    folder = parser.parse_args().measure
    if folder is not None:
        measure(folder)
        return
    with tempfile.TemporaryDirectory() as name:
        make_cog(Path(name) / "large.tif")
        done = subprocess.run([sys.executable, __file__, "--measure", name], check=False)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
