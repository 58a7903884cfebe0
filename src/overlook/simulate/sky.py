"""Clouds: a periodic field of cover over some kilometres, seen from above and as shadows on the ground.

The same field serves a rendering and a quick table of counts, so that both see the same zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.simulate.process import Purpose, stream
from overlook.simulate.spec import SiteSpec

Grey: TypeAlias = NDArray[np.float32]
Ring: TypeAlias = NDArray[np.int32]
Clouds: TypeAlias = tuple[tuple[Ring, ...], ...]
#: The field: CELLS x CELLS cells of CELL_M metres, repeating.
CELLS, CELL_M = 128, 16.0
#: Where a cloud is at least this opaque the analyst's mask covers it.
MASKED_FROM = 0.22


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """One image's clouds. `opacity` (CELLS, CELLS) in [0, 1], None when clear; `height_m` above the ground."""

    cover: float
    height_m: float
    haze: float
    opacity: Grey | None

    def over(self, shape: tuple[int, int], gsd_m: float, shift_m: tuple[float, float] = (0.0, 0.0)) -> Grey:
        """Opacity over a grid of `shape` (rows, columns) whose north-west corner lies `shift_m` (east, south) away."""
        if self.opacity is None:
            return np.zeros(shape, dtype=np.float32)
        scale = gsd_m / CELL_M
        rows, columns = (int(np.ceil(n * scale)) + 5 for n in shape)
        left, top = (int(np.floor(s / CELL_M)) - 2 for s in shift_m)
        piece = self.opacity[np.ix_(np.arange(top, top + rows) % CELLS, np.arange(left, left + columns) % CELLS)]
        # A pixel centre at p metres lies at p / CELL_M - 1/2 of the piece's cell centres.
        ex, ey = (s / CELL_M - o - 0.5 + scale / 2 for s, o in zip(shift_m, (left, top), strict=True))
        warp = np.array([[scale, 0, ex], [0, scale, ey]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        full = cv2.warpAffine(piece, warp, (shape[1], shape[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.clip(full, 0, 1)


def draw_skies(spec: SiteSpec, seed: int, *, site: int = 0) -> tuple[Sky, ...]:
    """One sky for each image of the schedule."""
    skies = []
    for i in range(spec.schedule.images):
        rng = stream(seed, site, Purpose.SKY, i)
        weather = spec.weather
        kind, partly = rng.random(), rng.beta(weather.cover_a, weather.cover_b)
        height, haze = rng.uniform(500, 2200), rng.gamma(2.0, 0.012)
        cover = 0.0 if kind < weather.clear else 1.0 if kind > 1 - weather.overcast else partly
        opacity = _opacity(cover, rng) if cover > 0 else None
        skies.append(Sky(cover=float(cover), height_m=float(height), haze=float(haze), opacity=opacity))
    return tuple(skies)


def outlines(opacity: Grey) -> Clouds:
    """The analyst's cloud mask: for each cloud an outer ring and its holes, (n, 2) pixel centres, within a pixel."""
    mask = (opacity >= MASKED_FROM).astype(np.uint8)
    if not mask.any():
        return ()
    rings, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(ring, 1.0, True)[:, 0] for ring in rings]
    clouds = []
    for i, (_, _, child, parent) in enumerate(tree[0]):
        if parent >= 0 or len(smooth[i]) < 3:
            continue
        holes = []
        while child >= 0:
            if len(smooth[child]) >= 3:
                holes.append(smooth[child])
            child = tree[0][child][0]
        clouds.append((smooth[i], *holes))
    return tuple(clouds)


def _opacity(cover: float, rng: np.random.Generator) -> Grey:
    """Spectral synthesis (power law −3.2 of power) thresholded at the wanted cover, with soft edges."""
    noise = np.fft.rfft2(rng.standard_normal((CELLS, CELLS), dtype=np.float32)) * _amplitude()
    field = np.fft.irfft2(noise, s=(CELLS, CELLS))
    rank = int((1 - cover) * (field.size - 1))
    threshold = np.partition(field, rank, axis=None)[rank]
    spread = float(field.std())
    soft = np.clip((field - threshold) / (0.45 * spread) + 0.35, 0, 1)
    if cover >= 1:
        soft = 0.86 + 0.14 * np.clip((field - field.mean()) / (4 * spread) + 0.5, 0, 1)
    return np.asarray(soft * soft * (3 - 2 * soft) if cover < 1 else soft, dtype=np.float32)


@lru_cache(maxsize=1)
def _amplitude() -> NDArray[np.float64]:
    fy, fx = np.fft.fftfreq(CELLS)[:, None], np.fft.rfftfreq(CELLS)[None, :]
    # Flat below about 1/700 m: a cumulus field has a size, it is not one bank.
    return (fx**2 + fy**2 + (CELL_M / 700.0) ** 2) ** -0.8
