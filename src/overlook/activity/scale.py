"""An index's own unit, and the log scale on which its level is modelled: there, and back.

An index here is a quantity with a true zero (radiance, density, share of stalls), whose log is taken, or a power in
decibels, which is a log already: dB = 10 log10(power), so ln(power) = dB ln(10) / 10. A value at or below zero has no
logarithm; none is ever made up for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.terms import BOUNDS, DECIBEL, Count, Estimate, Index

Array = NDArray[np.float64]

#: Log of power a decibel.
LOG_OF_DECIBEL = math.log(10.0) / 10.0
#: An error of this share of the level is noted: the logarithm of such a value is skewed, and it may come out negative.
_LARGE_ERROR = 1.0 / 3.0
#: A relative error beyond this says no more than that the value says nothing.
_LARGEST_ERROR = 3.0
#: Values on each side whose median, with its own, is taken for the level that an error is relative to.
_NEIGHBOURS = 2
#: Log of the largest factor between two values of one index: the wild-value model takes a larger step for wild values.
_WIDEST = 20.0
#: A share whose median is above this is told to be near its end.
_NEARLY_FULL = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The unit of an index and the `background` that its ratios include."""

    unit: str = ""
    background: float = 0.0

    @property
    def is_decibel(self) -> bool:
        return self.unit == DECIBEL

    def log(self, value: float) -> float:
        """Log level of a value; -inf where it is at or below zero with its background."""
        if self.is_decibel:
            return value * LOG_OF_DECIBEL
        total = value + self.background
        return math.log(total) if total > 0 else -math.inf

    def value(self, log_level: float) -> float:
        """The value in the index's own unit, its background taken off again."""
        if self.is_decibel:
            return log_level / LOG_OF_DECIBEL
        return math.exp(min(log_level, 300.0)) - self.background

    def log_sd(self, sd: float, log_level: float) -> float:
        """An error in the index's own unit as one of the log at a level: exact for decibels, else to first order."""
        return sd * LOG_OF_DECIBEL if self.is_decibel else min(sd * math.exp(-log_level), _LARGEST_ERROR)


def scale_of(kept: Sequence[Count | Index]) -> Scale:
    """The scale of a series' values: `index_obstacle` says when they have more than one."""
    first = next((o for o in kept if isinstance(o, Index)), None)
    return Scale() if first is None else Scale(unit=first.unit, background=first.background)


def index_obstacle(kept: Sequence[Count | Index]) -> str:
    """Why the values of an index have no ratio of levels, in words; empty when they have one, or are counts."""
    values = [o for o in kept if isinstance(o, Index)]
    if not values:
        return ""
    units = sorted({o.unit for o in values})
    if len(units) > 1:
        return f"the index is given in several units ({', '.join(u or 'none' for u in units)}): bring each as its own"
    if len({o.background for o in values}) > 1:
        return "the index is given over several backgrounds: its values cannot be compared with each other"
    scale = scale_of(values)
    logs = [scale.log(o.value) for o in values]
    silent = sum(map(math.isinf, logs))
    if not silent and max(logs) - min(logs) > _WIDEST:
        low, high = (f"{pick(o.value for o in values):.3g}" for pick in (min, max))
        return f"the index runs from {low} to {high}, further than one quantity does: look for zeros or two units"
    if not silent:
        return ""
    how = (
        "bring what was counted (stalls taken) as counts, which may be zero"
        if scale.unit in BOUNDS
        else "declare what was subtracted from it as its background, or bring decibels as dB"
    )
    where = f"({silent} of {len(values)}), where a ratio of levels has no meaning"
    return f"the index has values at or below zero {where}: {how}"


def log_values(kept: Sequence[Index]) -> tuple[Array, Array]:
    """Log levels and the variances of their own errors, (n,) each, of values in order of time.

    An error in the index's own unit is taken relative to the median of five neighbouring values, not to its own value:
    else every low value would be the less believed for being low, and the level would come out too high.
    """
    scale = scale_of(kept)
    y = np.array([scale.log(o.value) for o in kept])
    near = np.array([np.median(y[max(0, i - _NEIGHBOURS) : i + _NEIGHBOURS + 1]) for i in range(y.size)])
    sd = np.array([scale.log_sd(o.value_sd or 0.0, float(at)) for o, at in zip(kept, near, strict=True)])
    return y, sd**2


def shared_log_sd(members: Sequence[Index], log_level: float) -> float | None:
    """The declared error that all values of one sensor share, on the log scale; None unless each declares one."""
    declared = [o.shared_sd for o in members if o.shared_sd is not None]
    if not members or len(declared) < len(members):
        return None
    return scale_of(members).log_sd(max(declared), log_level)


def scale_notes(kept: Sequence[Count | Index]) -> tuple[str, ...]:
    """What the unit of an index makes of its ratio, and where the log scale reads it badly."""
    values = [o for o in kept if isinstance(o, Index)]
    if not values:
        return ()
    scale, notes = scale_of(values), []
    if scale.is_decibel:
        notes.append("values in decibels: a ratio is of linear power, and so is a mean level")
    if scale.background:
        notes.append(
            f"the index was brought over a background of {scale.background:.4g}: a ratio is of the two together, and a "
            "change of the index alone is larger"
        )
    middle = float(np.median([o.value for o in values]))
    if scale.unit in BOUNDS and middle > _NEARLY_FULL * BOUNDS[scale.unit]:
        notes.append(
            f"half of the values are above {middle:.3g} of {BOUNDS[scale.unit]:g}: a share cannot rise beyond "
            f"×{BOUNDS[scale.unit] / middle:.3g} of that, whatever happens there"
        )
    _, variance = log_values(values)
    wide = int((variance > _LARGE_ERROR**2).sum())
    if wide:
        notes.append(
            f"the declared error of {wide} of {len(values)} values is above a third of the level: on the log scale, "
            "which is used here, such errors are lopsided"
        )
    return tuple(notes)


def decibel_note(ratio: Estimate, kept: Sequence[Count | Index]) -> tuple[str, ...]:
    """The ratio as a difference in decibels, where the index is in them."""
    if not scale_of(kept).is_decibel:
        return ()
    low, middle, high = (10.0 * math.log10(x) for x in (ratio.low, ratio.estimate, ratio.high))
    return (f"in decibels the difference is {middle:+.2f} dB ({low:+.2f} to {high:+.2f}, {ratio.level:.0%} interval)",)
