"""Peak memory of searching whole scenes, each in a process of its own. Run: python benchmarks/detect_memory.py

A scene of 10,000 x 10,000 pixels whole; one of 40,000 x 40,000 in a hundred zones spread over all of it, so that it is
read everywhere and is done in minutes; and one of 10,000 x 10,000 stored in rows of 16 bits, which is read worst. The
limit is 600 MB, interpreter and libraries included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from detect_material import card_for, make_scene

LIMIT_MB = 600
#: Side, tiled, bits, zones each way (0: the whole scene).
CASES = {"10k": (10_000, True, 8, 0), "40k": (40_000, True, 8, 10), "rows": (10_000, False, 16, 6)}


def measure(folder: Path, case: str) -> None:
    import shapely

    from overlook.collect import unadded
    from overlook.detect import OnnxDetector, search_image

    side, tiled, bits, zones = CASES[case]
    image = folder / f"{case}.tif"
    scene = unadded(image)
    within = None
    if zones:
        step = side / zones
        at = [(step * (i + 0.4), step * (j + 0.4)) for i in range(zones) for j in range(zones)]
        within = shapely.MultiPolygon([shapely.box(x, y, x + 400, y + 400) for x, y in at])
    started = time.process_time()
    found = search_image(image, scene, OnnxDetector(card_for(folder), threads=2), within=within)
    spent = time.process_time() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stored = f"{bits} bits in {'tiles' if tiled else 'rows'}"
    print(
        f"{side} x {side}, {stored}{f', {zones**2} zones' if zones else ''}: peak {peak_mb:.0f} MB "
        f"({peak_mb / LIMIT_MB:.2f} of {LIMIT_MB}), {found.area_ha:.0f} ha searched, {spent:.0f} CPU s"
    )
    if peak_mb > LIMIT_MB:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--case", choices=CASES, default=None, help="one of them; all otherwise")
    given = parser.parse_args()
    if given.measure is not None:
        measure(given.measure, given.case)
        return
    failed = 0
    for case in [given.case] if given.case else CASES:
        with tempfile.TemporaryDirectory() as name:
            side, tiled, bits, _ = CASES[case]
            make_scene(Path(name) / f"{case}.tif", side, tiled=tiled, bits=bits)
            again = [sys.executable, __file__, "--measure", name, "--case", case]
            failed |= subprocess.run(again, check=False).returncode
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
