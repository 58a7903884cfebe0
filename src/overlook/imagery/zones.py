"""A zone on a chip: which pixels are its own, how much of it was seen, and its outline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.imagery.blocking import REASONS, blocked_codes
from overlook.imagery.grid import Grid, apply, inverse, to_grid
from overlook.terms import ChipMeta, Reason, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneView:
    """`visible_fraction` of the zone's pixels; `reason` is the largest share unseen, None when all was seen."""

    visible_fraction: float
    reason: Reason | None
    shares: Mapping[Reason, float]


def zone_pixels(meta: ChipMeta | Grid, zone: Zone) -> NDArray[np.bool_]:
    """(rows, columns): pixels whose centre lies in the zone; the nearest one for a zone smaller than a pixel."""
    geometry = shapely.transform(to_grid(zone.geometry, meta.crs), lambda p: _to_pixels(meta, p))
    rows, columns = meta.shape
    inside = np.zeros(meta.shape, dtype=bool)
    x0, y0, x1, y1 = geometry.bounds
    left, right = max(0, int(np.floor(x0))), min(columns, int(np.ceil(x1)))
    top, bottom = max(0, int(np.floor(y0))), min(rows, int(np.ceil(y1)))
    if left < right and top < bottom:
        shapely.prepare(geometry)
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        inside[top:bottom, left:right] = shapely.contains_xy(geometry, x, y)
    if not inside.any():
        point = geometry.representative_point()
        if 0 <= point.x < columns and 0 <= point.y < rows:
            inside[int(point.y), int(point.x)] = True
    return inside


def zone_view(meta: ChipMeta, unusable: NDArray[np.uint8], zone: Zone, cls: str = "") -> ZoneView:
    """How much of the zone can be seen on the chip by somebody who looks for `cls`, and why the rest cannot.

    `unusable` holds the codes of `terms` (rows, columns). A zone off the grid is wholly off the image.
    """
    codes = unusable[zone_pixels(meta, zone)]
    if codes.size == 0:
        return ZoneView(visible_fraction=0.0, reason="off the image", shares={"off the image": 1.0})
    counts = np.bincount(codes, minlength=max(REASONS) + 1)
    hidden = blocked_codes(cls)
    shares: dict[Reason, float] = {REASONS[code]: float(counts[code] / codes.size) for code in hidden if counts[code]}
    unseen = sorted(shares, key=lambda r: -shares[r])
    return ZoneView(
        visible_fraction=float((codes.size - counts[list(hidden)].sum()) / codes.size),
        reason=unseen[0] if unseen else None,
        shares=shares,
    )


def zone_outline(meta: ChipMeta, zone: Zone) -> tuple[NDArray[np.float64], ...]:
    """Rings (n, 2) in chip pixels, outer and inner ones alike: a point is in the zone by the even-odd rule."""
    geometry = shapely.transform(to_grid(zone.geometry, meta.crs), lambda p: _to_pixels(meta, p))
    rings = [
        ring
        for part in shapely.get_parts(geometry)
        for ring in (shapely.get_exterior_ring(part), *(shapely.get_rings(part)[1:]))
    ]
    return tuple(shapely.get_coordinates(ring) for ring in rings)


def _to_pixels(meta: ChipMeta | Grid, points: NDArray[Any]) -> NDArray[np.float64]:
    return np.column_stack(apply(inverse(meta.transform), points[:, 0], points[:, 1]))
