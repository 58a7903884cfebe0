"""What the network is told: focal loss on the heat maps, and the geometry of each box as far as its label says it.

Heat: penalty-reduced focal loss (Law and Deng, 2018; Zhou, Wang and Krähenbühl, 2019, eq. 1), alpha 2, beta 4.
Geometry: an oriented label says sides and angle. An upright label says only the hull w = L|cos t| + W|sin t|, h =
L|sin t| + W|cos t| in the label's frame, whatever the crop was turned by; vehicles along the frame's axes then teach
the sides, and all others the angle, since a network that cannot know the turn has only one answer right in every crop
(Yang et al., 2023, "H2RBox").
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.labels import HULL, ORIENTED
from training.net import sides_px
from training.sensor import GSD_M

#: Widths (metres) that hulls alone leave open: cars, large vehicles, containers.
USUAL_WIDTH_M = (1.9, 2.6, 2.44)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """`heat` (n, 3, h, w) and its weight `known`; m points: crop, row, column, `weight`, class, kind, and truth.

    `truth` (m, 6): length and width (hull: width and height) in pixels, angle (hull: the frame's), offset x and y from
    the cell's corner in cells, and the usual width's share in this crop's scale.
    """

    heat: Tensor
    known: Tensor
    at: Tensor
    weight: Tensor
    cls: Tensor
    kind: Tensor
    truth: Tensor


def loss(heat: Tensor, shape: Tensor, targets: Targets) -> tuple[Tensor, dict[str, float]]:
    """The sum that is minimised, and its parts."""
    focal = _focal(heat, targets)
    if not len(targets.at):
        return focal, {"heat": float(focal.detach())}
    crop, row, column = targets.at.unbind(1)
    found = shape[crop, :, row, column]
    sides = sides_px(found[:, :, None, None])[:, :, 0, 0]
    double = functional.normalize(found[:, 2:4], dim=1, eps=1e-3)
    offset = ((found[:, 4:6] + 0.5) - targets.truth[:, 3:5]).abs().sum(1)
    oriented, hull, usual = _oriented(sides, double, targets), _hull(sides, double, targets), _usual(sides, targets)
    length = (found[:, 2:4].norm(dim=1) - 1).square()
    per = offset + (targets.kind == ORIENTED) * oriented + (targets.kind == HULL) * (hull + 0.3 * usual) + 0.05 * length
    geometry = (per * targets.weight).sum() / targets.weight.sum().clamp(min=1)
    return focal + geometry, {"heat": float(focal.detach()), "shape": float(geometry.detach())}


def _focal(heat: Tensor, targets: Targets) -> Tensor:
    p = torch.sigmoid(heat).clamp(1e-5, 1 - 1e-5)
    is_centre = targets.heat >= 1
    near = (1 - targets.heat).pow(4)
    losses = torch.where(is_centre, -(1 - p).square() * p.log(), -near * p.square() * (1 - p).log())
    return (losses * targets.known).sum() / is_centre.sum().clamp(min=8)


def _oriented(sides: Tensor, double: Tensor, targets: Targets) -> Tensor:
    size = (sides.log() - targets.truth[:, 0:2].clamp(min=1).log()).abs().sum(1)
    twice = 2 * targets.truth[:, 2]
    return size + 1 - (double[:, 0] * twice.sin() + double[:, 1] * twice.cos())


def _hull(sides: Tensor, double: Tensor, targets: Targets) -> Tensor:
    twice = 2 * targets.truth[:, 2]
    cosine = double[:, 1] * twice.cos() + double[:, 0] * twice.sin()  # of twice the angle in the label's frame
    c, s = ((1 + cosine) / 2 + 1e-3).sqrt(), ((1 - cosine) / 2 + 1e-3).sqrt()
    width, height = sides[:, 0] * c + sides[:, 1] * s, sides[:, 0] * s + sides[:, 1] * c
    hull = torch.stack([width, height], 1)
    return (hull.log() - targets.truth[:, 0:2].clamp(min=1).log()).abs().sum(1)


def _usual(sides: Tensor, targets: Targets) -> Tensor:
    usual = torch.tensor(USUAL_WIDTH_M)[targets.cls] / GSD_M * targets.truth[:, 5]
    return ((sides[:, 1] / usual).log().abs() - 0.15).clamp(min=0)
