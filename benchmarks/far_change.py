"""Changes far beyond what the prior expects: how far the estimate falls short, and what the note says of it.

    python benchmarks/far_change.py [--sites N] [--seed S]

Sites drift as declared (sd .35, 14 days), k = 8, windows of 120 and 45 days, random days. Printed in
docs/explanation/pattern-of-life.md.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.drifting import AT_EVENT, SERIES, drifting  # noqa: I001

from overlook.activity import DEFAULT_PRIOR, answer
from overlook.activity.event import pulled
from overlook.terms import Event, EventFinding, Plan, Question

SUMMIT = Event(id="summit", name="summit", during=AT_EVENT)
QUESTION = Question(kind="event", series=SERIES, event="summit")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2600)
    args = parser.parse_args()
    print("| true step | images | things before | estimate / true | told in the note | 90% covers | noted |")
    print("|---|---|---|---|---|---|---|")
    for rate, step, images in (
        (8.0, 2.0, (20, 20)),
        (8.0, 10.0, (20, 20)),
        (8.0, 30.0, (20, 20)),
        (8.0, 100.0, (20, 20)),
        (8.0, 100.0, (8, 5)),
        (40.0, 1 / 30, (20, 20)),
    ):
        short, told, covers, noted = [], [], [], []
        for i in range(args.sites):
            rng = np.random.default_rng([args.seed, i])
            counts, truth = drifting(rng, *images, rate=rate, step=math.log(step))
            f = answer(QUESTION, counts, event=SUMMIT, plan=Plan(), prior=DEFAULT_PRIOR)
            assert isinstance(f, EventFinding)
            assert f.ratio is not None
            assert f.model is not None
            short.append(math.log(f.ratio.estimate / truth))
            told.append(pulled(math.log(f.ratio.estimate), f.model.prior_weight or 0.0))
            covers.append(f.ratio.low <= truth <= f.ratio.high)
            noted.append(any("beyond what the prior expects" in note for note in f.notes))
        print(
            f"| × {step:.3g} | {images[0]} + {images[1]} | {rate:g} | {math.exp(np.mean(short)):.2f} | "
            f"{math.exp(-np.mean(told)):.2f} | {np.mean(covers):.2f} | {np.mean(noted):.2f} |",
            flush=True,
        )
    print(f"\nSeed {args.seed}, {args.sites} sites.")


if __name__ == "__main__":
    main()
