"""The network: a small residual U-net that marks centres of vehicles on a grid of four pixels.

After Zhou, Wang and Krähenbühl (2019), "Objects as points": one heat map a class, and at each centre the sides, the
angle as sine and cosine of twice itself, and the centre's place within its cell. Plain 3 x 3 convolutions: on a CPU
they run nearer to its peak than separable ones.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.labels import CLASSES
from training.sensor import GSD_M

STRIDE = 4
#: The sides (metres) that the size head starts from: a car's.
START_M = (4.5, 1.9)
WIDTHS = (24, 40, 72, 128)


def _conv(into: int, out: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out, momentum=0.03), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """Two convolutions and a way past them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width, momentum=0.03))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class Vehicles(nn.Module):
    """(n, 3, h, w) values of 0 to 255 in; heat logits (n, 3, h/4, w/4) and geometry (n, 6, h/4, w/4) out."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.stem = nn.Sequential(_conv(3, a, stride=2), _conv(a, b, stride=2))
        self.at4 = Residual(b)
        self.at8 = nn.Sequential(_conv(b, c, stride=2), Residual(c), Residual(c))
        self.at16 = nn.Sequential(_conv(c, d, stride=2), Residual(d), Residual(d))
        self.up16 = nn.Conv2d(d, c, 1)
        self.mix8 = _conv(c, c)
        self.up8 = nn.Conv2d(c, b, 1)
        self.mix4 = _conv(b, 64)
        self.heat = nn.Conv2d(64, len(CLASSES), 1)
        self.shape = nn.Conv2d(64, 6, 1)
        nn.init.constant_(self.heat.bias, -4.0)  # type: ignore[arg-type]
        nn.init.normal_(self.heat.weight, std=0.01)
        nn.init.normal_(self.shape.weight, std=0.01)
        nn.init.zeros_(self.shape.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x4 = self.at4(self.stem((image - 110.0) / 60.0))
        x8 = self.at8(x4)
        x8 = self.mix8(x8 + _grown(self.up16(self.at16(x8)), x8))
        x4 = self.mix4(x4 + _grown(self.up8(x8), x4))
        return self.heat(x4), self.shape(x4)


def _grown(small: Tensor, like: Tensor) -> Tensor:
    """Twice as large by repetition, cut to `like`: sizes that are no multiple of 16 stay in step at the origin."""
    return functional.interpolate(small, scale_factor=2.0, mode="nearest")[..., : like.shape[-2], : like.shape[-1]]


def sides_px(shape: Tensor) -> Tensor:
    """(..., 2, h, w) length and width in pixels, from the first two of six geometry channels."""
    start = torch.tensor([math.log(s / GSD_M) for s in START_M]).view(2, 1, 1)
    return torch.exp((shape[..., 0:2, :, :] + start).clamp(0.0, 6.0))


class Exported(nn.Module):
    """The network with the outputs that a centre heat-map card names: heat, size, angle, offset."""

    def __init__(self, net: Vehicles) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        heat, shape = self.net(image)
        return torch.sigmoid(heat), sides_px(shape), shape[:, 2:4], shape[:, 4:6] + 0.5
