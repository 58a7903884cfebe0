"""Whether an image's scale can be right: by the lengths of what was found in it, whose true lengths are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from overlook.detect.boxes import Floats
from overlook.detect.card import Card
from overlook.detect.person import NOMINAL_SIZE_M

#: Fewer whole boxes say nothing of a median.
_LEAST_BOXES = 10
#: Fewer vehicles say nothing of a median even where the mix is odd as well.
_LEAST_IN_MIX = 3
#: Between what the median length of a class of mixed things lies, in metres: small cars to long vans, and vans above
#: 6 m to lorries with a trailer (18.75 m at most in the European Union, Directive 96/53/EC).
_MEDIANS_M = {"vehicle": (3.5, 6.0), "car": (3.5, 6.0), "large_vehicle": (6.0, 19.0)}
#: By how much the median of another class may differ from what is known of it: boxes are not tight.
_TOLERANCE = 1.25


def length_notes(corners: Floats, classes: Sequence[str], card: Card, gsd_m: float) -> list[str]:
    """A note for each class whose boxes, (n, 4, 2) in pixels of `gsd_m` metres, are too long or too short.

    Vehicles are held against the range that medians of them take, other classes against the card's `lengths_m`, else
    what a thing of that name nominally measures, within a quarter. At a wrong scale a model finds less, cars become
    lorries, and every area is wrong with it. A right median proves nothing: a model finds what has the size it knows.
    """
    by_class = {cls: _lengths_m(corners, classes, cls, gsd_m) for cls in dict.fromkeys(classes)}
    notes = []
    for cls, lengths_m in by_class.items():
        window = _window(cls, card)
        if window is None or len(lengths_m) < _LEAST_BOXES or _fits(lengths_m, window):
            continue
        median = float(np.median(lengths_m))
        low, high = window
        notes.append(
            f"The {len(lengths_m)} boxes of {cls} are {median:.1f} m long at the median, not {low:.1f} to {high:.1f} m"
            f": at {gsd_m * low / median:.2g} to {gsd_m * high / median:.2g} m a pixel they would be. "
            f"Is the GSD of {gsd_m:.2g} m right?"
        )
    return [*notes, *_odd_mix(by_class, gsd_m)]


def _lengths_m(corners: Floats, classes: Sequence[str], cls: str, gsd_m: float) -> Floats:
    mine = corners[np.array([c == cls for c in classes], dtype=np.bool_)]
    sides = np.linalg.norm(np.roll(mine, -1, axis=1) - mine, axis=2)
    return np.asarray(sides.max(axis=1) * gsd_m)


def _window(cls: str, card: Card) -> tuple[float, float] | None:
    if cls in _MEDIANS_M:
        return _MEDIANS_M[cls]
    expected = dict(card.lengths_m).get(cls) or NOMINAL_SIZE_M.get(cls, (None,))[0]
    return None if expected is None else (expected / _TOLERANCE, expected * _TOLERANCE)


def _fits(lengths_m: Floats, window: tuple[float, float]) -> bool:
    return window[0] <= float(np.median(lengths_m)) <= window[1]


def _odd_mix(by_class: dict[str, Floats], gsd_m: float) -> Iterator[str]:
    cars, lorries = (by_class.get(cls, np.zeros(0)) for cls in ("vehicle", "large_vehicle"))
    if len(cars) < _LEAST_IN_MIX or len(lorries) <= len(cars) or len(cars) + len(lorries) < _LEAST_BOXES:
        return
    if not _fits(cars, _MEDIANS_M["vehicle"]):
        yield (
            f"There are more boxes of large_vehicle ({len(lorries)}) than of vehicle ({len(cars)}), and those are "
            f"{float(np.median(cars)):.1f} m long at the median: a GSD other than {gsd_m:.2g} m would explain both."
        )
