"""The calibration study: what `overlook.activity` says of made-up and real series, against the truth.

    python -m benchmarks.calibration [--quick]       # all parts, and their tables into docs/explanation/calibration.md
    python -m benchmarks.calibration.sbc [--quick]   # one part: prints its tables

Run from the checkout. It never tunes anything: default seeds made the tables only, and seeds under 1000 are for trying.
"""

import sys
from pathlib import Path

# The truth that tests and study share is drawn by the tests' own files; the older benchmarks stand beside this folder.
for _folder in ("tests", "benchmarks"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / _folder))
