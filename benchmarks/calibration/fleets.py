"""False discoveries of a fleet with drift, and what is found: `benchmarks/fleet.py fdr`, as a part of the study.

python -m benchmarks.calibration.fleets [--share S | --quick] [--seed N]
"""

from __future__ import annotations

import fleet
from benchmarks.calibration.tables import replicates, run_part


def main(seed: int, share: float) -> None:
    print(
        "Fleets of 40 sites, ten doubled, 40 images on each side, q = .10; *learned*: the prior from that very fleet.\n"
    )
    fleet.fdr(seed, replicates(50, share), None)


if __name__ == "__main__":
    run_part(main, __doc__)
