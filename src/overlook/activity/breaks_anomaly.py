"""Is this one new image unusual, given all earlier ones of its series? (`Anomaly`.)

A surprise of one image, drift allowed for: never a change of level, which one image cannot show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from overlook.activity import few
from overlook.activity.design import Design, build
from overlook.activity.event import model_used
from overlook.activity.laplace import INDEX_DF, LOG_INDEX
from overlook.activity.posterior import Posterior, fit
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.scale import index_obstacle, scale_of
from overlook.activity.series import LONGEST_WHEN_D, SAME_LOOK_D, Usable, to_days, usable
from overlook.terms import Anomaly, Count, Estimate, Index, Observation, Plan, Series

Array = NDArray[np.float64]

_HERMITE_POINTS = 21
#: An offset at which an image says nothing of the level, and the extra variance at which an index says nothing.
_SILENT_OFFSET, _SILENT_VAR = -60.0, 1e12


def anomaly(
    series: Series,
    observations: Sequence[Observation],
    new: Count | Index,
    *,
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
    days_in: tzinfo = UTC,
) -> Anomaly:
    """Posterior predictive two-sided tail probability of `new`, given the usable images of `series` before it.

    The level is predicted to the new image's time through the drift, at its weekday, visible fraction, recall (its
    error shared within sensor and reader) and false alarms. For a count Y the p-value is twice the smaller of P(Y < y)
    + P(Y = y) / 2 and its mirror (the mid-p, Lancaster 1961), at most 1; for an index twice the smaller tail. Under
    `plan.few_images` earlier images it is None. `expected` is the predictive median and central interval of
    probability `plan.level`, whole numbers for a count. Images at or after `new` are not used. Days of
    the week are of the time zone `days_in`.

    Raises ValueError when `new` is of another series, provisional, not dated to within a day and a half, or a count
    where the earlier images are indices (or the reverse).
    """
    _require(series, new)
    at = to_days(new.when.middle)
    before = [o for o in observations if o.when is not None and to_days(o.when.middle) < at]
    earlier = usable(series, before, days_in=days_in)
    value = float(new.count) if isinstance(new, Count) else new.value
    if earlier.kept and earlier.is_index != isinstance(new, Index):
        raise ValueError("a new count can be judged by earlier counts, a new index by earlier indices")
    is_few = len(earlier.kept) < plan.few_images
    bare = Anomaly(
        series=series,
        when=new.when,
        value=value,
        n_earlier=len(earlier.kept),
        expected=None,
        p_value=None,
        exploratory=is_few,
        notes=earlier.notes,
    )
    obstacle = _obstacle(earlier, new, at)
    if obstacle:
        return replace(bare, notes=(*bare.notes, obstacle))
    posterior, node = _predicted(earlier, new, at, prior)
    told = _Predictive(posterior, node, new)
    low, middle, high = (told.quantile(q) for q in (0.5 - plan.level / 2, 0.5, 0.5 + plan.level / 2))
    below, here = told.below(value), told.mass(value)
    p = min(1.0, 2.0 * min(below + 0.5 * here, 1.0 - below - 0.5 * here))
    notes = [*earlier.notes, *posterior.design.notes]
    if is_few:
        values = [o.count / o.visible_fraction if isinstance(o, Count) else o.value for o in (*earlier.kept, new)]
        notes.append(f"{len(earlier.kept)} earlier images, fewer than {plan.few_images}: exploratory, no p-value")
        notes.append(f"the new image is the {few.rank_note(values, len(values) - 1)}")
    return replace(
        bare,
        expected=Estimate(estimate=middle, low=low, high=high, level=plan.level),
        p_value=None if is_few else max(0.0, p),
        model=model_used(posterior, prior, None),
        notes=tuple(dict.fromkeys(notes)),
    )


def _require(series: Series, new: Count | Index) -> None:
    if new.series != series:
        raise ValueError(f"the new image is of another series: {new.series}")
    if isinstance(new, Count) and new.provisional:
        raise ValueError("a provisional count carries no judgement: review it first")
    if new.when.length.total_seconds() > LONGEST_WHEN_D * 86400.0:
        raise ValueError("the new image's time is known only to a span of days")


def _obstacle(earlier: Usable, new: Count | Index, at: float) -> str:
    if not earlier.kept:
        return "no usable image before the new one: nothing is known of what is usual"
    if at - earlier.time_d[-1] < SAME_LOOK_D:
        return "an image less than an hour before shows the same things: the new one is no second look"
    if isinstance(new, Index):
        return index_obstacle((*earlier.kept, new))
    if not any(o.count for o in earlier.kept if isinstance(o, Count)):
        return "nothing was counted on any earlier image: no level can be fitted"
    return ""


def _predicted(earlier: Usable, new: Count | Index, at: float, prior: Prior) -> tuple[Posterior, int]:
    """The fit to the earlier images with a node at the new one, which itself says nothing; and that node."""
    both = replace(earlier, kept=(*earlier.kept, new), time_d=(*earlier.time_d, at), notes=())
    design = build(both, prior, numerator=(at, at))
    node = int(design.node[-1])
    design = _silenced(design, node)
    return fit(design, prior), node


def _silenced(design: Design, node: int) -> Design:
    """The last image without a say; its node's level with its own sensor's error."""
    y, offset, false_alarms, extra_var = (
        column.copy() for column in (design.y, design.offset, design.false_alarms, design.extra_var)
    )
    level_design = design.level_design.copy()
    level_design[node] = design.design[-1]
    if design.family == LOG_INDEX:
        y[-1], extra_var[-1] = design.start_level, _SILENT_VAR
    else:
        y[-1], offset[-1], false_alarms[-1] = 0.0, _SILENT_OFFSET, 0.0
    return replace(
        design, y=y, offset=offset, false_alarms=false_alarms, extra_var=extra_var, level_design=level_design
    )


class _Predictive:
    """The predictive distribution of one image: a mixture over the grid and over the log level's normal."""

    def __init__(self, posterior: Posterior, node: int, new: Count | Index) -> None:
        level = posterior.level_at(node)
        kept = level.weight > 1e-6
        nodes, mass = np.polynomial.hermite_e.hermegauss(_HERMITE_POINTS)
        sd = np.sqrt(np.maximum(level.var[kept], 0.0))
        self._eta: Array = (level.mean[kept, None] + sd[:, None] * nodes).ravel()
        self._weight: Array = (level.weight[kept, None] * mass).ravel()
        self._weight /= self._weight.sum()
        self._k: Array = np.repeat(posterior.dispersion_k[kept], nodes.size)
        self._centre = float(self._weight @ self._eta)
        self._new = new

    def cdf(self, value: float) -> float:
        """P(Y <= value)."""
        from scipy.special import betainc

        if isinstance(self._new, Index):
            return self._below_log(scale_of((self._new,)).log(value))
        if value < 0:
            return 0.0
        recall = self._new.detection_probability or 1.0
        mean = np.exp(np.clip(self._eta + math.log(self._new.visible_fraction * recall), -40.0, 30.0))
        share = self._k / (self._k + mean)
        false, mass = _poisson(self._new.visible_fraction * self._new.false_alarms)
        total = 0.0
        for among, chance in zip(false, mass, strict=True):
            true = math.floor(value) - among
            if true >= 0:
                total += chance * float(betainc(self._k, true + 1.0, share) @ self._weight)
        return min(total, 1.0)

    def _below_log(self, log_value: float) -> float:
        """P(log of the index <= log_value): Student-t about the level, the image's own error added to the noise."""
        from scipy.special import stdtr

        own = scale_of((self._new,)).log_sd(getattr(self._new, "value_sd", None) or 0.0, self._centre)
        return float(stdtr(INDEX_DF, (log_value - self._eta) / np.sqrt(1.0 / self._k + own**2)) @ self._weight)

    def below(self, value: float) -> float:
        """P(Y < value)."""
        return self.cdf(value - 1.0) if isinstance(self._new, Count) else self.cdf(value)

    def mass(self, value: float) -> float:
        """P(Y = value)."""
        return max(0.0, self.cdf(value) - self.cdf(value - 1.0)) if isinstance(self._new, Count) else 0.0

    def quantile(self, probability: float) -> float:
        """The smallest count (or the index) that is not exceeded with `probability`."""
        if isinstance(self._new, Index):
            return self._index_quantile(probability)
        low, high = -1.0, 1.0
        while self.cdf(high) < probability and high < 1e14:
            low, high = high, 2.0 * high
        while high - low > 1:
            middle = math.floor(0.5 * (low + high))
            low, high = (low, middle) if self.cdf(middle) >= probability else (middle, high)
        return float(high)

    def _index_quantile(self, probability: float) -> float:
        low, high = self._centre - 1.0, self._centre + 1.0
        while self._below_log(low) > probability and low > -700.0:
            low -= high - low
        while self._below_log(high) < probability and high < 700.0:
            high += high - low
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self._below_log(middle) >= probability else (middle, high)
        return scale_of((self._new,)).value(high)


def _poisson(mean: float) -> tuple[list[int], list[float]]:
    """How many false alarms, and with what chance; up to ten sds above the mean."""
    if mean <= 0:
        return [0], [1.0]
    most = math.floor(mean + 10.0 * math.sqrt(mean) + 20.0)
    chance = [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(most + 1)]
    return list(range(most + 1)), chance
