"""What differs between sensors and readers is no change of the site: errors that their images share, as model terms.

Each is an effect on the log scale that is part of what was found and never of the level: the recall (or calibration)
that was declared with its sd, one for each sensor and reader together; and, where nobody declared it, an offset of each
sensor and of each reader, which images that overlap in time teach. A sensor is a group whose errors are the same: radar
of another pass or incidence angle is another sensor.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlook.activity.prior import Prior
from overlook.activity.scale import shared_log_sd
from overlook.activity.series import Usable
from overlook.terms import Count, Index

Array = NDArray[np.float64]

#: Sensor groups with an error of their own; the rarest beyond it share one.
_MOST_GROUPS = 10
#: A mix of sensors that differs by more than this share of the images is told.
MIX_MOVED = 0.25
#: How the effects here are named: errors shared by a sensor's or reader's images, no part of the level.
SHARED_ERRORS = ("recall of ", "calibration of ", "offset of ", "false alarms of ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedError:
    """An effect: its value at each image (n,), its prior sd on the log scale, and what it widens the interval for."""

    name: str
    at_images: Array
    sd: float
    widens: str


def shared_errors(record: Usable, exposure: Array, rate: float, log_level: float, prior: Prior) -> list[SharedError]:
    """The effects of a series. `exposure` (n,) is visible fraction times recall, `rate` the pooled count an exposure,
    `log_level` about where an index lies."""
    declared = _declared(record)
    return [
        *_of_pairs(record, log_level),
        *_offsets("sensor", [o.sensor for o in record.kept], declared, prior),
        *_offsets("reader", [o.observer for o in record.kept], declared, prior),
        *_false_alarms(record, exposure, rate),
    ]


def labels_of(record: Usable) -> list[tuple[str, str]]:
    """Sensor and reader of each image."""
    return [(o.sensor, o.observer) for o in record.kept]


def _declared(record: Usable) -> NDArray[np.bool_]:
    """Whether each image's recall, or its sensor's calibration, was declared; (n,)."""
    return np.array(
        [(o.detection_probability if isinstance(o, Count) else o.shared_sd) is not None for o in record.kept]
    )


def _pairs(record: Usable) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    labels = _pooled([" / ".join(label) for label in labels_of(record)])
    for label in sorted(set(labels)):
        yield label, np.array([one == label for one in labels])


def _of_pairs(record: Usable, log_level: float) -> Iterator[SharedError]:
    """Declared errors, shared by a sensor and reader together."""
    for label, members in _pairs(record):
        mine = [o for o, is_member in zip(record.kept, members, strict=True) if is_member]
        counts = [o for o in mine if isinstance(o, Count)]
        sds = [o.detection_probability_sd / o.detection_probability for o in counts if o.detection_probability]
        calibration = shared_log_sd([o for o in mine if isinstance(o, Index)], log_level) or 0.0
        what, sd = ("recall", max(sds, default=0.0)) if counts else ("calibration", calibration)
        if sd > 0:
            yield SharedError(name=f"{what} of {label}", at_images=members.astype(float), sd=sd, widens=what)


def _offsets(kind: str, of: Sequence[str], declared: NDArray[np.bool_], prior: Prior) -> Iterator[SharedError]:
    """An undeclared offset of each, where there is more than one to differ from."""
    if len(set(of)) < 2:
        return
    labels = _pooled(of)
    for label in sorted(set(labels)):
        members = np.array([one == label for one in labels]) & ~declared
        if members.any():
            yield SharedError(
                name=f"offset of {kind} {label}",
                at_images=members.astype(float),
                sd=prior.undeclared_recall_logsd,
                widens="sensor offset",
            )


def _false_alarms(record: Usable, exposure: Array, rate: float) -> Iterator[SharedError]:
    """The shared error of expected false alarms, to first order in the level."""
    sds = [o.false_alarms_sd * o.visible_fraction if isinstance(o, Count) else 0.0 for o in record.kept]
    share = np.asarray(sds) / np.maximum(exposure * rate, 0.25)
    for label, members in _pairs(record):
        at_images = np.where(members, share, 0.0)
        if at_images.any():
            yield SharedError(name=f"false alarms of {label}", at_images=at_images, sd=1.0, widens="false alarms")


def sensor_notes(record: Usable, prior: Prior, after_d: float | None = None) -> list[str]:
    """What is said of sensors and readers: a mix that moved at the event, and what was not declared."""
    labels, declared, notes = labels_of(record), _declared(record), []
    after = np.zeros(len(labels), dtype=bool) if after_d is None else np.asarray(record.time_d) > after_d
    if (moved := mix_moved(labels, after)) > MIX_MOVED:
        notes.append(
            f"sensor or reader changes at the event ({moved:.0%} of the images): more of {_moved_most(labels, after)} "
            f"after it, less of {_moved_most(labels, ~after)}; a change in what was found can read as a change of "
            "activity"
        )
    several = len(set(labels)) > 1 and not declared.all()
    factor = f"a factor of about {math.exp(prior.undeclared_recall_logsd):.2g}"
    if record.is_index:
        if several:
            notes.append(
                "more than one sensor or reader without a declared error that its values share: what each measures is "
                f"taken to be off by {factor} each"
            )
        return notes
    if not declared.any():
        notes.append(
            "probability of detection not declared: rates are of what was counted, and a ratio assumes that "
            "detection did not change"
        )
    elif not declared.all():
        notes.append("probability of detection declared for some readers only: 1 is taken for the others")
    if several:
        notes.append(
            "more than one sensor or reader without a declared probability of detection: what each finds is taken to "
            f"be off by {factor}"
        )
    return notes


def mix_moved(labels: Sequence[tuple[str, str]], after: NDArray[np.bool_]) -> float:
    """Share of images (total variation distance) by which the mix of sensors and readers differs after the event."""
    moves = _moves(labels, after)
    return 0.5 * sum(abs(move) for move in moves.values())


def _moves(labels: Sequence[tuple[str, str]], after: NDArray[np.bool_]) -> dict[tuple[str, str], float]:
    """By how much each group's share of the images rises after the event; empty without images on both sides."""
    of = [Counter(label for label, is_after in zip(labels, after, strict=True) if is_after == side) for side in (0, 1)]
    n_before, n_after = (sum(side.values()) for side in of)
    if not n_before or not n_after:
        return {}
    return {group: of[1][group] / n_after - of[0][group] / n_before for group in dict.fromkeys(labels)}


def _moved_most(labels: Sequence[tuple[str, str]], after: NDArray[np.bool_]) -> str:
    moves = _moves(labels, after)
    group = max(moves, key=moves.__getitem__)
    return " / ".join(group)


def _pooled(labels: Sequence[str]) -> list[str]:
    common = {label for label, _ in Counter(labels).most_common(_MOST_GROUPS)}
    return [label if label in common else "others" for label in labels]
