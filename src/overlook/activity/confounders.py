"""What else could explain a difference, said in notes.

Nothing is widened here: what a model can widen for, `design` does. A note with a p-value is made where chance alone
would make it in one series of fifty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from overlook.activity.series import Usable
from overlook.activity.sides import NOTED_P, correlation_p, hours_moved, hours_of, ranks, visible_moved
from overlook.terms import Count, Index

Array = NDArray[np.float64]

#: Images within this many hours of each other sample one time of day.
_ONE_HOUR_OF_DAY_H = 3.0
_SHORT_BASELINE_D = 28.0
_YEAR_D = 365.2425
#: No hole shorter than this is told, however dense the other images.
_SHORTEST_HOLE_D = 7.0
#: Clouds that hide a share of the images that differs by less than this between the sides are not told.
_CLOUDS_MOVED = 0.2
_LEAST_IMAGES = 10


def confounders(
    record: Usable, event: tuple[float, float] | None = None, *, since: float = -math.inf
) -> tuple[str, ...]:
    """Notes on times of day, on why images were taken, on clouds and gaps, and on the baseline.

    `event`: its start and end in days since 1970; then also what differs between its sides. Images before `since`
    (days) are history, and no part of the side before.
    """
    if not record.kept:
        return ()
    notes = [*_hours(record), *_why(record), *_weather(record), *_edges(record)]
    if event is not None:
        notes += [*_sides(record, event, since), *_gaps(record, event, since), *_baseline(record, event[0])]
    return tuple(notes)


def hours_utc(record: Usable) -> tuple[float, float] | None:
    """Earliest and latest hour (UTC) sampled: the shortest arc of the clock that holds all, so it may pass midnight.

    None when no time of day is known: an image dated to a day says nothing of the hour.
    """
    return _arc(hours_of(record))


def _arc(hours: Array) -> tuple[float, float] | None:
    known = np.sort(hours[~np.isnan(hours)])
    if not known.size:
        return None
    gaps = (np.roll(known, -1) - known) % 24.0
    if known.size == 1 or gaps.max() == 0.0:
        return round(float(known[0]), 2), round(float(known[0]), 2)
    widest = int(np.argmax(gaps))
    return round(float(known[(widest + 1) % known.size]), 2), round(float(known[widest]), 2)


def _hours(record: Usable) -> Iterator[str]:
    span = hours_utc(record)
    if span is None:
        yield "no image has a time of day: nothing is said of a daily cycle"
    elif (span[1] - span[0]) % 24.0 <= _ONE_HOUR_OF_DAY_H:
        local = None if record.days_in is UTC else _arc(hours_of(record, record.days_in))
        also = f", {_clock(local[0])} to {_clock(local[1])} by the site's clock" if local else ""
        yield (
            f"all images with a time of day were taken between {_clock(span[0])} and {_clock(span[1])} UTC{also}: "
            "other hours were not seen"
        )


def _why(record: Usable) -> Iterator[str]:
    why = [o.why_acquired for o in record.kept]
    picked = sum(w in ("tasked", "chosen") for w in why)
    if picked:
        yield f"{picked} of {len(why)} images were tasked or chosen: images follow tips, and are no fair sample of days"


def _edges(record: Usable) -> Iterator[str]:
    """Boxes that may stand on the other side of the zone's edge, as well as the images are registered."""
    counts = [o for o in record.kept if isinstance(o, Count)]
    near = [o for o in counts if o.near_edge and o.residual_m is not None]
    if near:
        boxes, residual = sum(o.near_edge for o in near), max(o.residual_m or 0.0 for o in near)
        yield (
            f"{boxes} box{'' if boxes == 1 else 'es'} on {len(near)} of {len(counts)} images stood so near the zone's "
            f"edge that the registration (residual up to {residual:.2g} m) does not tell on which side: those counts "
            "may be as many higher or lower"
        )


def _weather(record: Usable) -> Iterator[str]:
    """Whether images that clouds left less of show more or fewer: the cloudy days may be other days."""
    visible = np.array([o.visible_fraction for o in record.kept])
    if visible.size < _LEAST_IMAGES:
        return
    r, p = correlation_p(ranks(visible), _beyond_exposure(record))
    if p < NOTED_P:
        yield (
            f"the less of the zone was visible, the {'lower' if r > 0 else 'higher'} the level was that it showed "
            f"(correlation {r:+.2f}, p = {p:.2g}): days that clouds hid may differ from those that were seen"
        )


def _beyond_exposure(record: Usable) -> Array:
    """What each image shows beyond what its exposure explains; (n,), mean zero at every visible share.

    Of counts (y - mu) / sqrt(mu) at the pooled rate: a rank of y / v would be low wherever little was visible, for few
    things are then mostly none. Of an index the rank of its value.
    """
    if record.is_index:
        return ranks(np.array([o.value for o in record.kept if isinstance(o, Index)]))
    counts = [o for o in record.kept if isinstance(o, Count)]
    y = np.array([o.count for o in counts], dtype=np.float64)
    exposure = np.array([o.visible_fraction * (o.detection_probability or 1.0) for o in counts])
    false = np.array([o.visible_fraction * o.false_alarms for o in counts])
    rate = max(float((y - false).sum()), 0.0) / float(exposure.sum())
    mu = rate * exposure + false
    beyond: Array = (y - mu) / np.sqrt(np.maximum(mu, 1e-9)) if mu.any() else np.zeros_like(y)
    return beyond


def _sides(record: Usable, event: tuple[float, float], since: float) -> Iterator[str]:
    """What differs between the images before the event and after it."""
    times = np.asarray(record.time_d)
    after = times > event[0]
    if moved := hours_moved(record, after):
        yield (
            f"images before the event were taken about {_clock(moved[0])} UTC, those after about {_clock(moved[1])}: "
            "a time of day can read as a change"
        )
    if seen := visible_moved(record, after):
        yield (
            f"{seen[0]:.0%} of the zone was visible before the event and {seen[1]:.0%} after (p = {seen[2]:.2g}): "
            "the parts and the days that were seen are not the same"
        )
    window = times >= since
    picked = np.array([o.why_acquired in ("tasked", "chosen") for o in record.kept])
    n = [int((window & ~after).sum()), int(after.sum())]
    k = [int((picked & window & ~after).sum()), int((picked & after).sum())]
    if n[0] and n[1] and _fisher_p(k[0], n[0], k[1], n[1]) < NOTED_P:
        yield (
            f"{k[0]} of {n[0]} images before the event and {k[1]} of {n[1]} after were tasked or chosen: the sides "
            "were not looked at for the same reasons"
        )
    hidden = [
        sum(reason == "cloud" and since <= t < event[0] for t, reason in record.unseen),
        sum(reason == "cloud" and t > event[1] for t, reason in record.unseen),
    ]
    of = [n[0] + hidden[0], n[1] + hidden[1]]
    if all(of) and abs(hidden[0] / of[0] - hidden[1] / of[1]) > _CLOUDS_MOVED:
        p = _fisher_p(hidden[0], of[0], hidden[1], of[1])
        if p < NOTED_P:
            yield (
                f"clouds hid {hidden[0]} of {of[0]} images before the event and {hidden[1]} of {of[1]} after "
                f"(p = {p:.2g}): if activity follows the weather, the sides are no fair samples of it"
            )


def _gaps(record: Usable, event: tuple[float, float], since: float) -> Iterator[str]:
    """Images withheld about the event, and a hole about it that is longer than chance makes one there."""
    withheld = [t for t, reason in record.unseen if reason == "withheld" and t >= since]
    if withheld:
        after = sum(t > event[0] for t in withheld)
        yield (
            f"{len(withheld)} image{' was' if len(withheld) == 1 else 's were'} withheld, {after} of them after the "
            "event began: what was withheld may be what matters"
        )
    before = [t for t in record.time_d if since <= t < event[0]]
    later = [t for t in record.time_d if t > event[1]]
    if len(before) < 2 or len(later) < 2:
        return
    hole = later[0] - before[-1] - (event[1] - event[0])
    usual = (before[-1] - before[0] + later[-1] - later[0]) / (len(before) + len(later) - 2)
    # A gap that holds a given moment is longer than most: of images that come by chance it is a gamma of shape 2.
    x = hole / max(usual, 1e-9)
    if hole > _SHORTEST_HOLE_D and (1.0 + x) * math.exp(-x) < NOTED_P:
        yield (
            f"no usable image for {hole:.0f} days about the event, and one every {usual:.2g} days otherwise: what "
            "happened just then was not seen"
        )


def _baseline(record: Usable, event_d: float) -> Iterator[str]:
    length = event_d - record.time_d[0]
    if 0 < length < _SHORT_BASELINE_D:
        yield f"the first image is {length:.0f} days before the event: what is usual here is hardly known"
    elif 0 < length < _YEAR_D < record.time_d[-1] - record.time_d[0]:
        yield (
            f"the first image is {length:.0f} days before the event: the season after it was never seen before it, and "
            "is told from a step by its prior alone"
        )


def _fisher_p(a: int, n_a: int, b: int, n_b: int) -> float:
    """Two-sided exact p-value that a of n_a and b of n_b are one share (Fisher's exact test)."""
    from scipy.special import gammaln

    def log_choose(n: Array, k: Array) -> Array:
        chosen: Array = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
        return chosen

    total = a + b
    x = np.arange(max(0, total - n_b), min(total, n_a) + 1.0)
    log_mass = log_choose(np.full_like(x, n_a), x) + log_choose(np.full_like(x, n_b), total - x)
    log_mass -= log_mass.max()
    mass = np.exp(log_mass)
    here = log_mass[int(a - x[0])]
    return min(1.0, float(mass[log_mass <= here + 1e-7].sum() / mass.sum()))


def _clock(hour: float) -> str:
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
