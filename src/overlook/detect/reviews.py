"""A detector's boxes held against a person's on the same image: what it found, what it missed, what it made up.

The person's boxes are the truth here. Where she missed a thing that the detector found, that is a false alarm: she has
to look well, and without having seen the detector's boxes.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats, centres_of, corners_in, short_sides_of
from overlook.detect.matching import least_total
from overlook.detect.rates import Reviewed
from overlook.imagery import seen

#: Two boxes are one thing when they overlap by this share of their union, or their centres lie this near, in shorter
#: sides of the drawn box: .25 is half of what boxes of two careful people show; half a car's width is a hasty click.
LEAST_IOU, NEAR_SIDES = 0.25, 0.5


def compare(drawn: Floats, found: Floats) -> NDArray[np.int64]:
    """Pairs (k, 2) of rows of drawn and found boxes, corners (n, 4, 2) and (m, 4, 2), that show the same thing.

    Each box is in at most one pair. Among all ways to pair what overlaps by `LEAST_IOU` or lies within `NEAR_SIDES`,
    the one with most pairs, and of those the one whose centres lie nearest in all (Kuhn, 1955).
    """
    if not len(drawn) or not len(found):
        return np.zeros((0, 2), dtype=np.int64)
    a, b = (np.asarray(shapely.polygons(corners), dtype=object) for corners in (drawn, found))
    near = shapely.buffer(shapely.points(centres_of(drawn)), NEAR_SIDES * short_sides_of(drawn))
    touching = shapely.STRtree(b).query(shapely.union(a, near), predicate="intersects")
    i, j = touching
    both = np.asarray(shapely.area(shapely.intersection(a[i], b[j])))
    over = both >= LEAST_IOU * (shapely.area(a[i]) + shapely.area(b[j]) - both)
    distance = np.linalg.norm(centres_of(drawn)[i] - centres_of(found)[j], axis=1)
    one = over | (distance <= NEAR_SIDES * short_sides_of(drawn)[i])
    pairs = [(p, q) for p, q, _ in least_total(i[one], j[one], distance[one])]
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def review(
    person: pa.Table,
    model: pa.Table,
    cls: str,
    *,
    unusable: NDArray[np.uint8],
    pixel_m: float,
    within: shapely.Geometry | None = None,
) -> Reviewed:
    """One image's review of one class: two `DETECTIONS` tables on one grid of `pixel_m` metres a pixel.

    Boxes count by their centre, on usable pixels, and inside `within` (in pixels) where it is given: by the person's
    centre for what was found or missed, by the detector's for false alarms. The model's table holds what reached its
    threshold. A box cut by the edge counts, as it does in a `Count`.
    """
    drawn, found = _corners(person, cls), _corners(model, cls)
    pairs = compare(drawn, found)
    is_mine, is_theirs = _counts(drawn, unusable, within), _counts(found, unusable, within)
    unmatched = np.setdiff1d(np.arange(len(found)), pairs[:, 1])
    shown = int(seen(unusable).sum()) if within is None else _seen_in(unusable, within)
    return Reviewed(
        images=1,
        present=int(is_mine.sum()),
        found=int(is_mine[pairs[:, 0]].sum()),
        false_alarms=int(is_theirs[unmatched].sum()),
        area_ha=shown * pixel_m**2 / 10_000,
    )


def _corners(table: pa.Table, cls: str) -> Floats:
    corners = corners_in(table)
    return np.asarray(corners[np.array(table.column("cls").to_pylist(), dtype=object) == cls].reshape(-1, 4, 2))


def _counts(corners: Floats, unusable: NDArray[np.uint8], within: shapely.Geometry | None) -> Bools:
    """Whether (n,) each box's centre lies on a usable pixel, inside the area asked for."""
    x, y = centres_of(corners).T
    rows, columns = unusable.shape
    good = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    good[good] = seen(unusable[y[good].astype(np.intp), x[good].astype(np.intp)])
    if within is not None:
        good &= shapely.intersects_xy(within, x, y)
    return np.asarray(good, dtype=np.bool_)


def _seen_in(unusable: NDArray[np.uint8], within: shapely.Geometry) -> int:
    rows, columns = np.nonzero(seen(unusable))
    shapely.prepare(within)
    return int(shapely.intersects_xy(within, columns + 0.5, rows + 0.5).sum())
