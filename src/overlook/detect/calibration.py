"""From a detector's score to a probability, when its card carries a calibration; otherwise there is none.

A score is not a probability. Nothing here is fitted: the card brings what was fitted on images that the model was not
trained on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from overlook.detect.boxes import Floats
from overlook.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Platt:
    """p = 1 / (1 + exp(a logit(s) + b)), logit(s) = ln(s / (1 - s)); a < 0 (Platt, 1999, on the score's logit)."""

    kind: Literal["platt"] = "platt"
    a: float
    b: float

    def __call__(self, scores: Floats) -> Floats:
        s = np.clip(scores, 1e-9, 1 - 1e-9)
        return np.asarray(1 / (1 + np.exp(self.a * np.log(s / (1 - s)) + self.b)), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic:
    """Straight lines between points (score, probability), flat beyond the ends (Zadrozny and Elkan, 2002)."""

    kind: Literal["isotonic"] = "isotonic"
    points: tuple[tuple[float, float], ...]

    def __call__(self, scores: Floats) -> Floats:
        s, p = zip(*self.points, strict=True)
        return np.asarray(np.interp(scores, s, p), dtype=np.float64)


Calibration = Platt | Isotonic


def parse_calibration(value: Any, classes: tuple[str, ...], where: str) -> tuple[tuple[str, Calibration], ...]:
    """A card's `overlook:calibration`: an object from class to {type: platt, a, b} or {type: isotonic, points}.

    Classes that it does not name have no probability. Raises ModelError.
    """
    if value is None:
        return ()
    try:
        found = {str(cls): _one(plain) for cls, plain in value.items()}
        if unknown := sorted(set(found) - set(classes)):
            raise ValueError(f"class {unknown[0]} is not the model's")  # noqa: TRY301
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"overlook:calibration cannot be used: {error}"
        remedy = "give {class: {type: platt, a, b}} or {class: {type: isotonic, points: [[score, probability], …]}}"
        raise ModelError("E-MODEL-CARD", what, where=where, remedy=remedy) from error
    return tuple(sorted(found.items()))


def _one(plain: Any) -> Calibration:
    if plain["type"] == "platt":
        a, b = float(plain["a"]), float(plain["b"])
        if not (math.isfinite(a) and math.isfinite(b) and a < 0):
            raise ValueError("a must be below zero, and both numbers finite")
        return Platt(a=a, b=b)
    if plain["type"] != "isotonic":
        raise ValueError("its type is neither platt nor isotonic")
    points = tuple((float(s), float(p)) for s, p in plain["points"])
    scores, probabilities = zip(*points, strict=True)
    if len(points) < 2 or any(not 0 <= v <= 1 for point in points for v in point):
        raise ValueError("it needs two or more points from 0 to 1")
    if any(b <= a for a, b in pairwise(scores)):
        raise ValueError("its scores do not rise")
    if any(b < a for a, b in pairwise(probabilities)):
        raise ValueError("its probabilities fall")
    return Isotonic(points=points)


def probabilities_of(
    scores: Floats, classes: tuple[str, ...], calibration: tuple[tuple[str, Calibration], ...]
) -> list[float | None]:
    """A probability for each box whose class is calibrated, None for the others."""
    known = dict(calibration)
    return [
        float(known[cls](np.array([score]))[0]) if cls in known else None
        for score, cls in zip(scores, classes, strict=True)
    ]
