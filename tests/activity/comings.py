"""Made-up places with known comings and goings, for tests and the study of dwell."""

import numpy as np

from overlook.terms import EMPTY, TAKEN


def places(
    rng: np.random.Generator,
    *,
    n: int = 120,
    images: int = 20,
    gap_d: float = 1.0,
    dwell_d: float = 2.0,
    recall: float = 0.9,
    false_boxes: float = 0.0,
    share: float = 0.25,
    shape: float = 1.0,
    standing: int = 0,
    drift_sd: float = 0.0,
    drift_d: float = 14.0,
) -> tuple[np.ndarray, np.ndarray]:
    """(states, times_d): what `images` images show of `n` places of unequal popularity, those never taken left out.

    Arrivals are Poisson at each place's own rate (times a level that drifts, in common), stays gamma distributed with
    mean `dwell_d` and `shape` (1: exponential), gaps between images `gap_d` on average, by a third more or less.
    `standing` further places are always taken. Every place is stepped in time by itself, finely.
    """
    times = np.cumsum(gap_d * rng.uniform(0.7, 1.3, images))
    popular = rng.gamma(0.7, 1.0, n) + 0.05
    odds = popular / popular.mean() * share / (1 - share)
    step = min(gap_d, dwell_d) / 15.0
    # What stands there at the first image came at any time before.
    now, j = -6.0 * dwell_d, 0
    ends = np.where(rng.random(n) < odds / (1 + odds), rng.exponential(dwell_d, n), 0.0) + now
    level, kept = rng.normal(), np.exp(-step / drift_d)
    seen = np.full((n + standing, images), EMPTY, dtype=np.uint8)
    while j < images:
        now += step
        level = kept * level + np.sqrt(1 - kept**2) * rng.normal()
        rate = odds / dwell_d * np.exp(drift_sd * level - drift_sd**2 / 2)
        comes = (ends <= now) & (rng.random(n) < -np.expm1(-rate * step))
        ends[comes] = now + rng.gamma(shape, dwell_d / shape, comes.sum())
        if now >= times[j]:
            there = np.concatenate([ends > now, np.ones(standing, dtype=bool)])
            seen[there & (rng.random(n + standing) < recall), j] = TAKEN
            j += 1
    ghosts = rng.poisson(false_boxes, images)
    alone = np.full((ghosts.sum(), images), EMPTY, dtype=np.uint8)
    alone[np.arange(ghosts.sum()), np.repeat(np.arange(images), ghosts)] = TAKEN
    seen = np.concatenate([seen, alone])
    return seen[(seen == TAKEN).any(axis=1)], times
