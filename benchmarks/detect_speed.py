"""A whole scene end to end against the network alone, in one run. Run: python benchmarks/detect_speed.py

Reading, resampling, decoding and merging share the cores with the network; what they cost is what is measured. CPU time
is compared, so that others on the machine do not enter; wall time is printed beside it. Speeds are in network pixels
(margins included, as the network computes them) and in square kilometres of ground.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from detect_material import GSD_M, card_for, make_scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000, help="pixels of the scene each way")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tile", type=int, default=None, help="tile in network pixels")
    parser.add_argument("--runtime", default=None)
    given = parser.parse_args()
    from overlook.collect import unadded
    from overlook.detect import OnnxDetector, search_image
    from overlook.detect.running import tile_size
    from overlook.detect.tiles import plan_tiles, shape_on_grid

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = make_scene(folder / "scene.tif", given.side)
        scene = unadded(image)
        detector = OnnxDetector(card_for(folder), threads=given.threads, tile_px=given.tile, runtime=given.runtime)
        card = detector.card
        grid = shape_on_grid(scene.shape, scene.gsd_m / card.gsd_m)
        size = tile_size(card, grid, given.tile)
        tiles = len(plan_tiles(grid, tile_px=size, margin_px=card.margin_px, stride_px=card.stride_px))
        batch = np.random.default_rng(0).random((1, len(card.bands), size, size), dtype=np.float32)
        if card.input_dtype == "uint8":
            batch = (batch * 255).astype(np.uint8)
        detector.network.run(batch)
        alone = [_timed(lambda: detector.network.run(batch)) for _ in range(8)]
        wall, cpu = _timed(lambda: search_image(image, scene, detector))
        # Before and after: who else is on the machine changes while the scene is searched.
        alone += [_timed(lambda: detector.network.run(batch)) for _ in range(8)]
        alone_wall, alone_cpu = np.mean(np.array(alone), axis=0)
    pixels, ground = tiles * size**2 / 1e6, np.prod(scene.shape) * GSD_M**2 / 1e6
    runtime = given.runtime or card.runtime
    print(f"model {card.name}, {runtime}, {given.threads} threads, {tiles} tiles of {size} px")
    print(
        f"network alone, mean of 8 runs before and 8 after: {size**2 / 1e6 / alone_wall:.2f} Mpx/s, "
        f"{alone_cpu:.3f} CPU s a tile"
    )
    print(
        f"end to end: {pixels / wall:.2f} Mpx/s, {cpu / tiles:.3f} CPU s a tile, {ground / wall * 60:.2f} km² a minute"
    )
    by_cpu, by_clock = alone_cpu * tiles / cpu, alone_wall * tiles / wall
    print(f"end to end over the network alone: {by_cpu:.3f} by CPU time, {by_clock:.3f} by the clock")
    print(f"margins: {np.prod(grid) / (tiles * size**2):.2f} of the network's pixels are of the scene, once")


def _timed(work: object) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
