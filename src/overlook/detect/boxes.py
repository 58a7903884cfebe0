"""Oriented boxes as arrays, and as the `DETECTIONS` table. Pure geometry: no file, no image source.

Corners are float64 (n, 4, 2): four (x, y) points round each box, in pixels, x right and y down, (0, 0) the outer
corner of the first pixel.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from overlook.imagery.blocking import seen
from overlook.terms import CORNERS, DETECTIONS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Points a side at which a box is compared with a mask. A vehicle at 0.3 m is 15 x 7 pixels.
_SAMPLES = 9
#: Boxes compared with a mask at once, so that memory stays small.
_BATCH = 10_000
#: Beyond any image: coordinates are clipped to it before they become whole numbers.
_FAR_PX = 1e9
_NOTES = b"overlook:notes"


def corners_of(centres: Floats, sizes: Floats, angles_rad: Floats) -> Floats:
    """Corners (n, 4, 2) from centres (n, 2), sizes (n, 2) along and across, and angles (n,) from x towards y."""
    along = np.stack([np.cos(angles_rad), np.sin(angles_rad)], axis=-1) * sizes[:, :1] / 2
    across = np.stack([-np.sin(angles_rad), np.cos(angles_rad)], axis=-1) * sizes[:, 1:] / 2
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64)
    offsets = signs[None, :, :1] * along[:, None, :] + signs[None, :, 1:] * across[:, None, :]
    return np.asarray(centres[:, None, :] + offsets, dtype=np.float64)


def rectangle_around(ring: Floats) -> Floats:
    """Corners (4, 2) of the smallest rectangle, at any angle, round the points (m, 2) of a polygon.

    A ring that already has four distinct corners at right angles is returned as drawn. Points on one line give a
    rectangle without area.
    """
    points = ring[:-1] if len(ring) > 1 and np.array_equal(ring[0], ring[-1]) else ring
    if len(points) == 4 and _is_rectangle(points):
        return np.asarray(points, dtype=np.float64)
    # A side far below any pixel is no side: GEOS would divide by its square, which is zero in floating point.
    envelope = shapely.minimum_rotated_rectangle(shapely.MultiPoint(np.round(points, 9)))
    found = shapely.get_coordinates(envelope)
    if len(found) < 5:
        return np.asarray(found[[0, -1, -1, 0]], dtype=np.float64)
    return np.asarray(found[:4], dtype=np.float64)


def _is_rectangle(points: Floats) -> bool:
    sides = np.roll(points, -1, axis=0) - points
    lengths = np.linalg.norm(sides, axis=1)
    if not lengths.min() > 0:
        return False
    cosines = np.abs(np.sum(sides * np.roll(sides, -1, axis=0), axis=1)) / (lengths * np.roll(lengths, -1))
    return bool(cosines.max() < 0.01)


def areas_of(corners: Floats) -> Floats:
    """Areas (n,) in square pixels (shoelace formula)."""
    x, y = corners[..., 0], corners[..., 1]
    doubled = np.sum(x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y, axis=1)
    return np.asarray(np.abs(doubled) / 2, dtype=np.float64)


def centres_of(corners: Floats) -> Floats:
    """Centres (n, 2)."""
    return np.asarray(corners.mean(axis=1), dtype=np.float64)


def short_sides_of(corners: Floats) -> Floats:
    """Lengths (n,) of the shorter side of each box."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    return np.asarray(sides.min(axis=1), dtype=np.float64)


def seen_share(corners: Floats, unusable: NDArray[np.uint8], *, grow_px: float = 0.0) -> Floats:
    """The share (n,) of each box's sample points that lie on usable pixels; points off the image are not seen.

    The box is enlarged by `grow_px` on every side first, and sampled at 9 x 9 points, its border included.
    """
    shares = [_shares(part, unusable, grow_px) for part in np.split(corners, range(_BATCH, len(corners), _BATCH))]
    return np.concatenate(shares)


def _shares(corners: Floats, unusable: NDArray[np.uint8], grow_px: float) -> Floats:
    steps = np.linspace(0, 1, _SAMPLES)
    u, v = (grid.ravel() for grid in np.meshgrid(steps, steps))
    weights = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=1)
    points = np.einsum("sk,nkd->nsd", weights, _grown(corners, grow_px))
    columns, rows = (np.floor(np.clip(points[..., axis], -1, _FAR_PX)).astype(np.int64) for axis in (0, 1))
    height, width = unusable.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    codes = unusable[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.asarray((inside & seen(codes)).mean(axis=1), dtype=np.float64)


def _grown(corners: Floats, grow_px: float) -> Floats:
    if grow_px == 0 or not len(corners):
        return corners
    sides = np.roll(corners, -1, axis=1) - corners
    lengths = np.maximum(np.linalg.norm(sides, axis=2, keepdims=True), 1e-9)
    outward = sides / lengths
    return np.asarray(corners + grow_px * (np.roll(outward, 1, axis=1) - outward), dtype=np.float64)


def cut_by_edge(corners: Floats, unusable: NDArray[np.uint8]) -> Bools:
    """Whether (n,) each box is cut: it reaches within half a pixel of the image's edge or of a masked pixel."""
    return np.asarray(seen_share(corners, unusable, grow_px=0.5) < 1.0, dtype=np.bool_)


def touches(corners: Floats, shape: tuple[int, int]) -> Bools:
    """Whether (n,) any part of each box's extent lies on a grid of `shape` (rows, columns)."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    return np.asarray(
        (high[:, 0] > 0) & (low[:, 0] < shape[1]) & (high[:, 1] > 0) & (low[:, 1] < shape[0]), dtype=np.bool_
    )


def detections(
    *,
    scene: str,
    observer: str,
    classes: Sequence[str],
    corners: Floats,
    edge: Bools,
    scores: Floats | None = None,
    probabilities: Sequence[float | None] | None = None,
    notes: Sequence[str] = (),
) -> pa.Table:
    """A `DETECTIONS` table, rows in the given order. `notes` travel with it (see `notes_of`)."""
    n = len(corners)
    flat = corners.reshape(n, 8)
    columns: dict[str, object] = {"scene": [scene] * n, "observer": [observer] * n, "cls": list(classes)}
    columns |= {name: flat[:, i] for i, name in enumerate(CORNERS)}
    columns["score"] = pa.nulls(n, pa.float64()) if scores is None else scores
    columns["probability"] = [None] * n if probabilities is None else list(probabilities)
    columns["edge"] = edge
    table = pa.table([pa.array(columns[f.name], f.type) for f in DETECTIONS], schema=DETECTIONS)
    return table.replace_schema_metadata({_NOTES: json.dumps(list(notes))}) if notes else table


def notes_of(table: pa.Table) -> tuple[str, ...]:
    """What a detector remarked while it made this table: kept in the schema's metadata, so Parquet keeps it too."""
    return tuple(json.loads((table.schema.metadata or {}).get(_NOTES, b"[]")))


def corners_in(table: pa.Table) -> Floats:
    """Corners (n, 4, 2) of a `DETECTIONS` table."""
    columns = [table.column(name).to_numpy() for name in CORNERS]
    return np.stack(columns, axis=1).astype(np.float64).reshape(-1, 4, 2)
