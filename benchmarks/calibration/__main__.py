"""The whole study: every part in its own process, two at a time, each part's tables into the page as it ends.

With --quick (about two minutes) the tables are printed, and the page stays as it is.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.calibration.tables import QUICK, SEED, add_share

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "calibration.md"
#: The longest first, so that both cores end at about the same time.
PARTS = ("regimes", "fleets", "sbc", "peers", "screen", "levels", "limits", "real", "recall")
LIBRARIES = ("overlook", "numpy", "scipy", "numba", "statsmodels", "ruptures", "Rbeast")


def ran(part: str, seed: int, share: float) -> tuple[str, int]:
    """What a part printed, and its exit status. One thread each: the parts share the cores."""
    command = [sys.executable, "-m", f"benchmarks.calibration.{part}", "--seed", str(seed), "--share", str(share)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip(), done.returncode


def filled(page: str, name: str, text: str) -> str:
    """The page with `text` in place of what stands between the marks of `name`. Raises ValueError without them."""
    between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not between.search(page):
        raise ValueError(f"the page has no place marked {name!r}")
    return between.sub(lambda m: f"{m[1]}\n{text}\n\n{m[2]}", page)


def put(name: str, text: str) -> None:
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            found.append(f"{library} absent")
    return ", ".join(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    add_share(parser)
    parser.add_argument("--jobs", type=int, default=2, help="parts at a time")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only (again for another)")
    args = parser.parse_args()
    started, failed = time.perf_counter(), []
    parts = [part for part in PARTS if not args.only or part in args.only]
    with ThreadPoolExecutor(args.jobs) as pool:
        running = {pool.submit(ran, part, args.seed, args.share): part for part in parts}
        for ended in as_completed(running):
            part, (text, status) = running[ended], ended.result()
            if status:
                failed.append(part)
                print(
                    f"{part}: stopped with status {status}; its tables stay as they were", file=sys.stderr, flush=True
                )
            elif args.share <= QUICK:
                print(f"\n## {part}\n\n{text}", flush=True)
            else:
                put(part, text)
                print(f"{part}: done after {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    minutes = (time.perf_counter() - started) / 60
    line = (
        f"Run on {datetime.now(UTC):%d %B %Y}, seed {args.seed}, {minutes:.0f} minutes, {args.jobs} parts at a time on "
        f"{os.cpu_count()} cores. {versions()}."
    )
    if args.share > QUICK and not args.only and not failed:
        put("run", line)
    print(line, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
