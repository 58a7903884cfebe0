"""Whether an image's scale can be right: by the lengths of what was found in it, whose true lengths are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from overlook.detect.boxes import Floats
from overlook.detect.card import Card
from overlook.detect.person import NOMINAL_SIZE_M

#: Fewer whole boxes say nothing of a median.
_LEAST_BOXES = 10
#: By how much the median length may differ: cars of a country and a decade differ by a tenth, and boxes are not tight.
_TOLERANCE = 1.25


def length_notes(corners: Floats, classes: Sequence[str], card: Card, gsd_m: float) -> list[str]:
    """A note for each class whose boxes, (n, 4, 2) in pixels of `gsd_m` metres, are too long or too short.

    The card's `lengths_m` is what is held against, else what a thing of that name nominally measures. At a wrong scale
    a model finds less, and every area is wrong with it.
    """
    known = dict(card.lengths_m)
    notes = []
    for cls in dict.fromkeys(classes):
        expected = known.get(cls) or NOMINAL_SIZE_M.get(cls, (None,))[0]
        mine = corners[np.array([c == cls for c in classes], dtype=np.bool_)]
        if expected is None or len(mine) < _LEAST_BOXES:
            continue
        sides = np.linalg.norm(np.roll(mine, -1, axis=1) - mine, axis=2)
        median = float(np.median(sides.max(axis=1))) * gsd_m
        if not 1 / _TOLERANCE <= median / expected <= _TOLERANCE:
            notes.append(
                f"The {len(mine)} boxes of {cls} are {median:.1f} m long at the median, not about {expected:.1f} m: at "
                f"{gsd_m * expected / median:.2g} m a pixel they would be. Is the GSD of {gsd_m:.2g} m right?"
            )
    return notes
