"""Coming and going: how well a mean stay is recovered, how often error alone is called turnover, and what it costs.

    python benchmarks/turnover.py [--replicates 200] [--seed 20187] [--only dwell|broken|size|time]

Truth: 120 places of unequal popularity, a quarter of them taken on average, 20 images by a third unevenly spaced, 0.5
false boxes an image; the reader's recall and false boxes are declared as they are. "interval": share of replicates that
got one; "covers": of those, the share that holds the true mean stay; "middle": median of estimate / truth; "width":
median of high / low; "noted": share of those whose stays were found unlike the model's; "bound": share of replicates
that got one bound only; "holds": share of all replicates whose interval or bound holds the truth.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.comings import places  # noqa: I001

from overlook.activity.dwell import dwell
from overlook.activity.turnover_error import SLIP, Pairs, Reader, error_alone, kept_at_least
from overlook.activity.turnover_fit import misfit
from overlook.detect import Look, follow
from overlook.detect.boxes import corners_of, detections
from overlook.terms import HIDDEN, TAKEN

LEVEL = 0.90
FALSE_BOXES = 0.5
RATIOS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
RECALLS = (0.8, 0.9, 1.0)
#: What the model does not have: what is changed of the truth, at a mean stay of two gaps and a recall of 0.9.
BROKEN = (
    ("as the model has it", {}),
    ("stays all alike (gamma, shape 8)", {"shape": 8.0}),
    ("stays very unlike (gamma, shape 0.4)", {"shape": 0.4}),
    ("20 of 140 places always taken", {"standing": 20}),
    ("level drifts, sd .35 over 14 gaps", {"drift_sd": 0.35}),
    ("recall declared .9, is .8", {"recall": 0.8}),
    ("recall declared .9, is .97", {"recall": 0.97}),
)


def fit(states: np.ndarray, times: np.ndarray, recall: float, recall_sd: float = 0.0):
    m = len(times)
    return dwell(
        states, times, np.full(m, min(recall, 0.999)), np.full(m, recall_sd), np.full(m, FALSE_BOXES), level=LEVEL
    )


def row(seeds: np.random.SeedSequence, replicates: int, true_d: float, declared: float, **truth) -> str:
    estimates, covered, bounds, held, noted = [], 0, 0, 0, 0
    for seed in seeds.spawn(replicates):
        rng = np.random.default_rng(seed)
        options = {"dwell_d": true_d, "recall": declared, "false_boxes": FALSE_BOXES} | truth
        states, times = places(rng, **options)
        found = fit(states, times, declared)
        low, high = found.over_d or 0.0, found.under_d or math.inf
        if found.estimate is not None:
            low, high = found.estimate.low, found.estimate.high
            estimates.append(found.estimate)
            covered += low <= true_d <= high
            recall = np.full(len(times), min(declared, 0.999))
            false_boxes = np.full(len(times), FALSE_BOXES)
            noted += misfit(states, times, recall, false_boxes, found.estimate.estimate, found.weight) is not None
        bounds += found.under_d is not None or found.over_d is not None
        held += low <= true_d <= high
    n = len(estimates)
    cells = [f"{n / replicates:8.2f}", *["       -"] * 4, f"{bounds / replicates:8.2f}", f"{held / replicates:8.2f}"]
    if n:
        cells[1] = f"{covered / n:8.2f}"
        cells[2] = f"{np.median([e.estimate for e in estimates]) / true_d:8.2f}"
        cells[3] = f"{np.median([e.high / e.low for e in estimates]):8.2f}"
        cells[4] = f"{noted / n:8.2f}"
    return " ".join(cells)


HEAD = " ".join(f"{h:>8}" for h in ("interval", "covers", "middle", "width", "noted", "bound", "holds"))


def dwells(replicates: int, seed: int) -> None:
    print(f"\nmean stay / gap between images, {LEVEL:.0%} intervals, {replicates} replicates each")
    print(f"{'stay/gap':>8} {'recall':>7} {HEAD}")
    for ratio in RATIOS:
        for recall in RECALLS:
            seeds = np.random.SeedSequence([seed, round(10 * ratio), round(100 * recall)])
            print(f"{ratio:8.1f} {recall:7.2f} {row(seeds, replicates, ratio, recall)}", flush=True)


def broken(replicates: int, seed: int) -> None:
    print(f"\nwhat breaks it: mean stay of two gaps, recall declared 0.9, {replicates} replicates each")
    print(f"{'truth':<36} {HEAD}")
    for i, (name, truth) in enumerate(BROKEN):
        print(f"{name:<36} {row(np.random.SeedSequence([seed, 1000 + i]), replicates, 2.0, 0.9, **truth)}", flush=True)


def sizes(replicates: int, seed: int) -> None:
    """Nothing comes or goes: how often the test says that it does; and things come and go: how often it says so."""
    one_sided = (1 - LEVEL) / 2
    print(f"\nerror alone called coming and going (nominal {one_sided:.3f}) and, as many staying 10 gaps each, found")
    head = " ".join(f"{f'{m} images':>20}" for m in (4, 10, 20))
    print(f"{'things':>7} {'recall':>7} {head}")
    for things in (5, 30, 200):
        for recall in (0.8, 0.9, 0.98):
            cells = []
            for images in (4, 10, 20):
                false = found = standing = 0
                for k in range(replicates):
                    rng = np.random.default_rng([seed, things, round(100 * recall), images, k])
                    still = {"n": 1, "share": 1e-9, "standing": things, "dwell_d": 1.0}
                    p, kept = tested(rng, images, recall, **still)
                    false += p < one_sided
                    standing += kept >= 0.5
                    moving = {"n": 4 * things, "share": 0.25, "dwell_d": 10.0}
                    found += tested(rng, images, recall, **moving)[0] < one_sided
                cells.append(f"{false / replicates:6.3f} {found / replicates:6.2f} {standing / replicates:6.2f}")
            print(f"{things:7d} {recall:7.2f} {' '.join(f'{c:>20}' for c in cells)}", flush=True)
    print("(false alarms; power; share of still sites for which half is shown to have stayed)")


def tested(rng: np.random.Generator, images: int, recall: float, **truth) -> tuple[float, float]:
    states, times = places(rng, images=images, recall=recall, false_boxes=FALSE_BOXES, **truth)
    was, now = states[:, :-1], states[:, 1:]
    pairs = Pairs(
        stayed=((was == TAKEN) & (now == TAKEN)).sum(axis=0).astype(float),
        left=((was == TAKEN) & (now != TAKEN) & (now != HIDDEN)).sum(axis=0).astype(float),
        arrived=((was != TAKEN) & (was != HIDDEN) & (now == TAKEN)).sum(axis=0).astype(float),
    )
    m = len(times)
    reader = Reader(
        recall=np.full(m, recall * (1 - SLIP)),
        recall_sd=np.zeros(m),
        false_boxes=np.full(m, FALSE_BOXES),
        false_boxes_sd=np.zeros(m),
    )
    kept = kept_at_least(pairs, reader, np.diff(times), 0.5 + LEVEL / 2)
    return error_alone(pairs, reader).p_value, kept or 0.0


def times() -> None:
    print("\ntime, one core")
    for n, images in ((100, 40), (1_000, 40), (10_000, 40)):
        rng = np.random.default_rng(n)
        side = math.ceil(math.sqrt(n))
        spots = 12.0 + 14.0 * np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:n]
        mask = np.zeros((14 * side + 24,) * 2, np.uint8)
        looks = [_look(rng, spots, mask, str(j)) for j in range(images)]
        start = time.perf_counter()
        found = follow(looks)
        middle = time.perf_counter()
        states, times_d = places(rng, n=n, images=images, dwell_d=2.0, share=0.5)
        began = time.perf_counter()
        fit(states, times_d, 0.9)
        print(
            f"{n:6d} boxes x {images} images: followed in {middle - start:6.2f} s ({len(found.states)} places), "
            f"dwell fitted in {time.perf_counter() - began:6.2f} s",
            flush=True,
        )


def _look(rng: np.random.Generator, spots: np.ndarray, mask: np.ndarray, scene: str) -> Look:
    there = spots[rng.random(len(spots)) < 0.9]
    n = len(there)
    corners = corners_of(there + rng.normal(0, 0.5, there.shape), np.full((n, 2), (9.0, 4.0)), np.zeros(n))
    boxes = detections(scene=scene, observer="a", classes=["vehicle"] * n, corners=corners, edge=np.zeros(n, np.bool_))
    return Look(scene=scene, boxes=boxes, unusable=mask, residual_px=0.3, drawing_px=0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20187)
    parser.add_argument("--only", choices=("dwell", "broken", "size", "time"))
    asked = parser.parse_args()
    if asked.only in (None, "dwell"):
        dwells(asked.replicates, asked.seed)
    if asked.only in (None, "broken"):
        broken(asked.replicates, asked.seed)
    if asked.only in (None, "size"):
        sizes(asked.replicates, asked.seed)
    if asked.only in (None, "time"):
        times()


if __name__ == "__main__":
    main()
