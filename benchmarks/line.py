"""What the line costs: the demo, assessing again, one image more, --help. Prints the table of docs/performance.md.

python benchmarks/line.py
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

OVERLOOK = str(Path(sys.executable).with_name("overlook"))


def timed(*arguments: str | Path, repeat: int = 1) -> float:
    """Seconds of the fastest of `repeat` runs of the command, as a user would start it."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run([OVERLOOK, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def one_image_more(folder: Path) -> tuple[float, float]:
    """A case of all images but the last, then the last with its boxes: seconds for adding it, and for assessing."""
    case, material = folder / "more", folder / "demo" / "material" / "images"
    images = sorted(material.glob("*.tif"))
    last = images[-1].stem
    subprocess.run([OVERLOOK, "init", str(case)], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(folder / "demo" / "case" / "case.yaml", case / "case.yaml")
    everything = sorted(material.iterdir())
    timed("add", case, *[f for f in everything if not f.name.startswith(last)])
    timed("assess", case)
    adding = timed("add", case, *[f for f in everything if f.name.startswith(last)])
    return adding, timed("assess", case)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [("overlook --help", timed("--help", repeat=5), 0.3)]
        rows.append(("overlook demo, from nothing", timed("demo", folder / "demo"), 60))
        rows.append(("overlook assess, nothing new", timed("assess", folder / "demo" / "case", repeat=3), 2))
        adding, assessing = one_image_more(folder)
        rows += [("one image more: overlook add", adding, 0), ("one image more: overlook assess", assessing, 5)]
        rows.append(("overlook verify", timed("verify", folder / "demo" / "case", repeat=3), 0))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    print("| what | seconds | goal |\n|---|---|---|")
    for what, seconds, goal in rows:
        print(f"| {what} | {seconds:.2f} | {f'≤ {goal:g}' if goal else ''} |")


if __name__ == "__main__":
    main()
