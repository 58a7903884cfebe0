"""What misses and false alarms alone look like: leaving and arriving where nothing moved.

And the other way round: how much leaving and arriving the images still leave room for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A standing thing's two boxes lie beyond the gate of three standard deviations with the Rayleigh tail exp(-9/2).
SLIP = math.exp(-4.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Numbers of boxes between consecutive images: each array (m - 1,)."""

    stayed: Floats
    left: Floats
    arrived: Floats

    @property
    def before(self) -> Floats:
        return self.stayed + self.left

    @property
    def after(self) -> Floats:
        return self.stayed + self.arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How well one reader sees, at m images: recall and its error, false boxes in what each shows and their error.

    Errors are shared by all images. `recall` already carries the boxes that slip through the gate.
    """

    recall: Floats
    recall_sd: Floats
    false_boxes: Floats
    false_boxes_sd: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAlone:
    """Expected numbers if every place stayed as it is, and the chance of as many or more as were seen."""

    expected: float
    p_value: float
    p_left: float
    p_arrived: float


def error_alone(pairs: Pairs, reader: Reader) -> ErrorAlone:
    """If nothing came or went: of n boxes, less those expected to be false, each lacks a box in the other image with
    one minus its recall; and a false box has none.

    The variance is that of what is observed less what is expected, for things seen or missed independently at each
    image (a miss between two sightings makes a leaving and an arriving, so consecutive pairs are correlated), of
    Poisson false boxes, and of the shared errors of recall and false boxes. The tail is that of a gamma
    distribution with that mean and variance, from half below.
    """
    r, f = reader.recall, reader.false_boxes
    left = _missed(pairs.before, f[:-1], r[1:])
    arrived = _missed(pairs.after, f[1:], r[:-1])
    mean = (float(left.sum()), float(arrived.sum()))
    standing = np.maximum((pairs.before + pairs.after - f[:-1] - f[1:]) / 2.0, 0.0) / ((r[:-1] + r[1:]) / 2.0)
    p, q = r, 1.0 - r
    lost, found = p[:-1] * q[1:], q[:-1] * p[1:]
    # Of observed less expected: what is expected is itself counted on the boxes of the two images. A thing seen (1) or
    # missed (0) as X and Y gives r' X + r Y - 2 X Y, whose mean is nothing.
    twice = p[:-1] * p[1:]
    alone = 4 * twice * (1 - twice) - 3 * twice * (p[1:] * q[:-1] + p[:-1] * q[1:])
    joint = p[:-2] * p[1:-1] * q[1:-1] * p[2:]
    both = float(np.sum(standing * alone) + 2 * np.sum(np.minimum(standing[:-1], standing[1:]) * joint))
    in_pairs = np.full(f.size, 2.0)
    in_pairs[[0, -1]] = 1.0
    both += float(np.sum(f * in_pairs**2)) + _shared(pairs.before + pairs.after, reader, in_pairs)
    one = [
        float(np.sum(standing * share * (1 - share)) + f_.sum()) + _shared(n, reader, np.ones(f.size))
        for share, f_, n in ((lost, f[:-1], pairs.before), (found, f[1:], pairs.after))
    ]
    return ErrorAlone(
        expected=sum(mean),
        p_value=_tail(float(pairs.left.sum() + pairs.arrived.sum()), sum(mean), both),
        p_left=_tail(float(pairs.left.sum()), mean[0], one[0]),
        p_arrived=_tail(float(pairs.arrived.sum()), mean[1], one[1]),
    )


def _missed(boxes: Floats, false_boxes: Floats, recall: Floats) -> Floats:
    return np.asarray(np.maximum(boxes - false_boxes, 0.0) * (1.0 - recall) + false_boxes, dtype=np.float64)


def _shared(boxes: Floats, reader: Reader, in_pairs: Floats) -> float:
    """Variance from errors of recall and of false boxes that all images share."""
    recall = float(np.sum(boxes * (reader.recall_sd[:-1] + reader.recall_sd[1:]) / 2.0))
    false_boxes = float(np.sum(in_pairs * reader.false_boxes_sd))
    return recall**2 + false_boxes**2


def _tail(seen: float, mean: float, variance: float) -> float:
    from scipy.special import gammaincc

    if seen <= 0:
        return 1.0
    if mean <= 0 or variance <= 0:
        return 0.0
    return float(gammaincc(mean * mean / variance, (seen - 0.5) * mean / variance))


def kept_at_least(pairs: Pairs, reader: Reader, gaps_d: Floats, probability: float) -> float | None:
    """The least share of taken places that stays taken from the first image to the last, with `probability`.

    A place that is taken in one image of a pair is so in the other with r exp(-h gap); h is the greatest rate that the
    numbers leave room for, by the likelihood ratio. Once forward in time and once back: the lower share of the two, so
    that neither leaving nor arriving hides behind the other. Recall is taken as high as its error allows: then less of
    what lacks a box was missed. None when no place could be compared.
    """
    forward = _kept(
        pairs.before, pairs.left, reader.false_boxes[:-1], _high(reader, probability)[1:], gaps_d, probability
    )
    back = _kept(
        pairs.after, pairs.arrived, reader.false_boxes[1:], _high(reader, probability)[:-1], gaps_d, probability
    )
    known = [share for share in (forward, back) if share is not None]
    return min(known) if known else None


def _high(reader: Reader, probability: float) -> Floats:
    from scipy.special import ndtri

    high = reader.recall + float(ndtri(probability)) * reader.recall_sd
    return np.asarray(np.minimum(high, 1.0 - SLIP), dtype=np.float64)


def _kept(
    boxes: Floats, gone: Floats, false_boxes: Floats, recall: Floats, gaps_d: Floats, probability: float
) -> float | None:
    from scipy.special import ndtri

    if boxes.sum() <= 0:
        return None
    true_share = 1.0 - np.minimum(false_boxes / np.maximum(boxes, 1.0), 0.95)
    kept = np.exp(np.linspace(math.log(1e-6), math.log(1 - 1e-9), 2000))
    rates = -np.log(kept) / gaps_d.sum()
    again = true_share * recall * np.exp(-rates[:, None] * gaps_d)
    log_likelihood = (gone * np.log1p(-again) + (boxes - gone) * np.log(np.maximum(again, 1e-300))).sum(axis=1)
    inside = log_likelihood >= log_likelihood.max() - float(ndtri(probability)) ** 2 / 2.0
    least = float(kept[inside].min())
    return least if least > 1e-5 else 0.0
