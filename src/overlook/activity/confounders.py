"""What else could explain a difference, said in notes.

Nothing is widened here: what a model can widen for, `design` does.
"""

from __future__ import annotations

import numpy as np

from overlook.activity.series import Usable

#: Images within this many hours of each other sample one time of day.
_ONE_HOUR_OF_DAY_H = 3.0
_SHORT_BASELINE_D = 28.0


def confounders(record: Usable, event: tuple[float, float] | None = None) -> tuple[str, ...]:
    """Notes on one time of day, on images that were tasked or chosen, and on a short baseline."""
    return tuple(
        note for note in (_hours(record), _why(record), _baseline(record, event[0] if event else None)) if note
    )


def hours_utc(record: Usable) -> tuple[float, float] | None:
    """Earliest and latest hour (UTC) sampled: the shortest arc of the clock that holds all, so it may pass midnight.

    None when no time of day is known: an image dated to a day says nothing of the hour.
    """
    hours = sorted(
        (t % 1.0) * 24.0
        for t, o in zip(record.time_d, record.kept, strict=True)
        if o.when.length.total_seconds() <= 7200
    )
    if not hours:
        return None
    gaps = [(hours[(i + 1) % len(hours)] - hours[i]) % 24.0 for i in range(len(hours))]
    if len(hours) == 1 or max(gaps) == 0.0:
        return round(hours[0], 2), round(hours[0], 2)
    widest = int(np.argmax(gaps))
    return round(hours[(widest + 1) % len(hours)], 2), round(hours[widest], 2)


def _hours(record: Usable) -> str:
    span = hours_utc(record)
    if span is None:
        return "no image has a time of day: nothing is said of a daily cycle"
    if (span[1] - span[0]) % 24.0 <= _ONE_HOUR_OF_DAY_H:
        return f"all images were taken between {_clock(span[0])} and {_clock(span[1])} UTC: other hours were not seen"
    return ""


def _why(record: Usable) -> str:
    why = [o.why_acquired for o in record.kept]
    picked = sum(w in ("tasked", "chosen") for w in why)
    if picked:
        return (
            f"{picked} of {len(why)} images were tasked or chosen: images follow tips, and are no fair sample of days"
        )
    return ""


def _baseline(record: Usable, event_d: float | None) -> str:
    if event_d is None or not record.time_d:
        return ""
    length = event_d - record.time_d[0]
    if 0 < length < _SHORT_BASELINE_D:
        return f"the first image is {length:.0f} days before the event: what is usual here is hardly known"
    return ""


def _clock(hour: float) -> str:
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
