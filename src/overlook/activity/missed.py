"""What these images, at these times, could have missed; and how many more would do.

From the posterior sd s of the log ratio, for a central interval of probability `level` and power .8:
a change is called when |log ratio| > z s, so the smallest that would have been called is exp((z_level + z_.8) s); "the
same" is shown when the interval lies within the margin, for a true ratio of 1 when log M > (z_level + z_.9) s (two
one-sided tests, Schuirmann 1987). Images needed: n a side = 2 / I ((z_level + z_.9) / log M)^2 with I = m^2 / (mu +
m^2 / k) the information of one image about its log level (m = lambda r v, mu = m + v f), times what drift has cost.
"""

from __future__ import annotations

import math

from overlook.activity.design import Design
from overlook.activity.laplace import LOG_INDEX
from overlook.terms import Missed, Plan

POWER = 0.8
_MOST_IMAGES = 1_000_000


def enough(images: float, plan: Plan) -> int:
    """Images on each side, whole, and never so few that both sides together get no verdict (`plan.few_images`)."""
    return max(math.ceil(min(images, _MOST_IMAGES)), math.ceil(plan.few_images / 2))


def z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


def missed(sd: float, plan: Plan, *, images_needed: int | None = None) -> Missed:
    """From the posterior sd of the log ratio. Ratios beyond e^20 are no answer: None."""
    one_side = z(0.5 + plan.level / 2)
    detect = (one_side + z(POWER)) * sd
    equal = (one_side + z(0.5 + POWER / 2)) * sd
    return Missed(
        smallest_ratio_up=math.exp(detect) if detect < 20 else None,
        smallest_ratio_down=math.exp(-detect) if detect < 20 else None,
        smallest_margin=math.exp(equal) if equal < 20 else None,
        images_needed=images_needed,
    )


def information(rate: float, visible: float, recall: float, false_alarms: float, dispersion_k: float) -> float:
    """Information of one image about log rate: I = m^2 / (mu + m^2 / k). As rate grows it tends to k: images bind."""
    m = rate * recall * visible
    return m * m / (m + visible * false_alarms + m * m / dispersion_k)


def images_needed(
    design: Design, plan: Plan, *, sd: float, level: float, k: float, n_before: int, n_after: int
) -> int | None:
    """Images a side to show "about the same" within the margin, when the true ratio is 1. None without a margin.

    Never so few that `plan.few_images` refuses a verdict. `level` is the posterior mean log rate, `sd` the log ratio's
    posterior sd with the images at hand: where it exceeds what independent images would give (drift, seasons, unseen
    days, recall), the need grows in proportion.
    """
    if plan.margin is None:
        return None
    if design.family == LOG_INDEX:
        info = (5.0 / 7.0) / (1.0 / k + float(design.extra_var.mean()))
    else:
        exposure = float(math.exp(design.offset.mean()))
        info = information(math.exp(min(level, 30.0)), 1.0, exposure, float(design.false_alarms.mean()), k)
    if info <= 0:
        return None
    independent = (1.0 / n_before + 1.0 / n_after) / info
    cost = max(1.0, sd * sd / independent)
    equal = z(0.5 + plan.level / 2) + z(0.5 + POWER / 2)
    return enough(2.0 / info * (equal / math.log(plan.margin)) ** 2 * cost, plan)
