"""What is drawn of an answer: the posterior of its ratio, and what images of this strength would be called.

`chance_changed` and `chance_same` are the formulas of `missed` as curves. The posterior sd s of the log ratio stands
for the spread of the estimate around the true log ratio d, and the estimate is taken as normal (Wald); with z the
quantile of the central interval:

    called changed:  P = Phi(d / s - z) + Phi(-d / s - z)
    called the same: P = max(0, Phi((log M - d) / s - z) - Phi((-log M - d) / s + z))

the second being the power of two one-sided tests (Schuirmann 1987). Simulation beside them: docs/explanation.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from overlook.terms import Density

if TYPE_CHECKING:
    from overlook.activity.posterior import Mixture

#: Points of a drawn density. Digits are cut to what can be drawn, so that the same answer keeps its digest.
_POINTS = 49
#: Half the width of the grid in standard deviations. Quantiles would cost three times the density itself.
_REACH = 3.3
_DIGITS = 4
#: No curve is drawn over ratios beyond e^20.
_WIDEST = 20.0
_NORMAL = NormalDist()


def density_of(log_ratio: Mixture) -> Density | None:
    """The posterior of a ratio on a grid of its logarithm; None when it is too wide to be drawn."""
    import numpy as np

    centre, sd = log_ratio.centre, log_ratio.sd
    low, high = centre - _REACH * sd, centre + _REACH * sd
    if not -_WIDEST < low < high < _WIDEST:
        return None
    ends = [_cut(math.exp(x)) for x in (low, high)]
    if ends[0] >= ends[1]:
        return None
    at = log_ratio.density(np.linspace(math.log(ends[0]), math.log(ends[1]), _POINTS))
    return Density(low=ends[0], high=ends[1], density=tuple(_cut(float(y)) for y in at), log_sd=_cut(sd))


def chance_changed(ratio: float, log_sd: float, level: float) -> float:
    """Chance that images whose log ratio has posterior sd `log_sd` are called changed when `ratio` is true."""
    z, d = _z(level), math.log(ratio) / log_sd
    return _NORMAL.cdf(d - z) + _NORMAL.cdf(-d - z)


def chance_same(margin: float, log_sd: float, level: float, ratio: float = 1.0) -> float:
    """Chance that they are called the same within `margin` (above 1) when `ratio` is true."""
    z, d, edge = _z(level), math.log(ratio) / log_sd, math.log(margin) / log_sd
    return max(0.0, _NORMAL.cdf(edge - d - z) - _NORMAL.cdf(-edge - d + z))


def _z(level: float) -> float:
    return _NORMAL.inv_cdf(0.5 + level / 2)


def _cut(x: float) -> float:
    return float(f"{x:.{_DIGITS}g}")
