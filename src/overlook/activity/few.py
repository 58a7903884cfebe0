"""The analyst's usual case: a handful of images, or counts that hold little of what they count.

What can be said without a model: the counts, their ranks, an exact test. Never that something changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from overlook.terms import Count, Index

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


FALSE_ALARMS_NOTE = (
    "half or more of what was counted is expected to be false alarms: exploratory, because the interval of the ratio "
    "is then too narrow"
)


def mostly_false_alarms(kept: Sequence[Count | Index]) -> bool:
    """Whether false alarms are expected to be half or more of the boxes.

    The likelihood is then nearly flat towards a level of nothing, and a normal about its mode ends too soon: a 90%
    interval covered .81 (docs/explanation/calibration.md), and does not where fewer are false.
    """
    counts = [o for o in kept if isinstance(o, Count)]
    false = sum(o.visible_fraction * o.false_alarms for o in counts)
    return false > 0 and 2 * false >= sum(o.count for o in counts)


def conditional_poisson_p(first: int, second: int, first_exposure: float = 1.0, second_exposure: float = 1.0) -> float:
    """Two-sided exact p-value that two Poisson counts have equal rates (Przyborowski & Wilenski 1940).

    Given their sum the first is binomial; p sums all outcomes no likelier than the one seen. 11 and 7: .48.
    """
    from scipy.special import gammaln

    n = first + second
    if n == 0:
        return 1.0
    share = first_exposure / (first_exposure + second_exposure)
    x = np.arange(n + 1.0)
    log_mass = gammaln(n + 1.0) - gammaln(x + 1) - gammaln(n - x + 1) + x * np.log(share) + (n - x) * np.log1p(-share)
    # As in R's binom.test and scipy's: likelihoods equal up to rounding count as equal.
    p = float(np.exp(log_mass[log_mass <= log_mass[first] + 1e-7]).sum())
    return min(p, 1.0)


def rank_note(values: Sequence[float], position: int) -> str:
    """'highest of 7: one in seven by chance'; ties share their rank, and no more is claimed than the rank's chance."""
    n = len(values)
    mine = values[position]
    above = sum(v > mine for v in values)
    below = sum(v < mine for v in values)
    ties = n - above - below
    if n == 1:
        return "the only image"
    if ties == n:
        return f"all {n} equal"
    number = _WORDS[n] if n < len(_WORDS) else str(n)
    if above == 0:
        return f"highest of {n}: one in {number} by chance" if ties == 1 else f"highest of {n}, with {ties - 1} equal"
    if below == 0:
        return f"lowest of {n}: one in {number} by chance" if ties == 1 else f"lowest of {n}, with {ties - 1} equal"
    return f"rank {above + 1} of {n}"


def each_with_rank(kept: Sequence[Count | Index]) -> tuple[str, ...]:
    """A note for every image: date, value, rank among all of them (per whole of the zone visible)."""
    values = [o.count / o.visible_fraction if isinstance(o, Count) else o.value for o in kept]
    return tuple(f"{_day(o.when.middle)}: {_value(o)}{_seen(o)} ({rank_note(values, i)})" for i, o in enumerate(kept))


def pair_note(before: Count, after: Count) -> str:
    """The exact test of two counts, in words."""
    exposure = [o.visible_fraction * (o.detection_probability or 1.0) for o in (before, after)]
    p = conditional_poisson_p(before.count, after.count, *exposure)
    tail = (
        "not a change that two counts can show"
        if p >= 0.05
        else "which leaves out drift and day-to-day variation, and is too small for that"
    )
    return f"from {before.count} to {after.count}: exact conditional Poisson test p = {p:.2g}, {tail}"


def _value(o: Count | Index) -> str:
    return str(o.count) if isinstance(o, Count) else f"{o.value:.4g} {o.unit}".rstrip()


def _seen(o: Count | Index) -> str:
    return "" if o.visible_fraction >= 0.995 else f" with {o.visible_fraction:.0%} visible"


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
