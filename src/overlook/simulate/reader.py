"""The simulated reader: a person with a declared chance of finding a thing and a declared rate of false boxes.

Sees what is in view and nothing else: never under a cloud, a roof or a leaning wall. The boxes go out under the
reader's name; which of them are true is known to the truth alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from overlook.simulate.camera import IN_VIEW, centres
from overlook.simulate.layout import Standing
from overlook.simulate.paint import Thing, draw_thing
from overlook.simulate.spec import SiteSpec
from overlook.simulate.terrain import Plane

Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBox:
    """A box: class, (4, 2) corners in pixels (x right, y down). `thing`: what it is on, None for a false one."""

    cls: str
    corners: NDArray[np.float64]
    thing: int | None


def in_view(hidden: NDArray[np.uint8], at: NDArray[np.float64]) -> Bools:
    """(n,) whether each (column, row) of `at` (n, 2) lies on the image, under neither cloud nor roof."""
    column, row = np.floor(at[:, 0]).astype(np.int64), np.floor(at[:, 1]).astype(np.int64)
    inside = (row >= 0) & (column >= 0) & (row < hidden.shape[0]) & (column < hidden.shape[1])
    seen: Bools = inside.copy()
    seen[inside] = hidden[row[inside], column[inside]] == IN_VIEW
    return seen


def read_image(
    spec: SiteSpec, hidden: NDArray[np.uint8], plane: Plane, things: tuple[Standing, ...], rng: np.random.Generator
) -> tuple[DrawnBox, ...]:
    """The boxes that the reader draws on one image, in an order that does not tell true from false.

    Each thing in view gets a box with the declared chance, by itself; false boxes of each class fall evenly over the
    ground in view, also where something stands, so that their rate is the same in a full yard as in an empty one.
    """
    at = centres(plane, things)
    found = in_view(hidden, at) & (rng.random(len(things)) < spec.reader.detection_probability)
    boxes = [_box(spec, hidden, plane, things[i].thing, at[i], rng, thing=int(i)) for i in np.flatnonzero(found)]
    rows, columns = np.nonzero(hidden == IN_VIEW)
    hectares = rows.size * plane.gsd_m**2 / 1e4
    for cls in spec.plan.classes:
        models = sorted({name for flow in spec.flows if flow.cls == cls for name, _ in flow.models})
        for _ in range(rng.poisson(spec.reader.false_alarms_per_ha * hectares) if models else 0):
            pick = int(rng.integers(rows.size))
            centre = np.array([columns[pick], rows[pick]]) + rng.uniform(0, 1, 2)
            thing = replace(draw_thing(str(rng.choice(models)), cls, rng), heading_deg=float(rng.uniform(0, 360)))
            boxes.append(_box(spec, hidden, plane, thing, centre, rng, thing=None))
    return tuple(boxes[int(i)] for i in rng.permutation(len(boxes)))


def _box(
    spec: SiteSpec,
    hidden: NDArray[np.uint8],
    plane: Plane,
    shown: Thing,
    centre: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    thing: int | None,
) -> DrawnBox:
    moved = centre + rng.normal(0, spec.reader.centre_jitter_m / plane.gsd_m, 2)
    if thing is None or not in_view(hidden, moved[None])[0]:
        moved = centre  # a hand does not slip under a cloud
    length, width = np.exp(rng.normal(0, spec.reader.size_jitter, 2)) * [shown.length_m, shown.width_m]
    box = replace(
        shown, length_m=float(length), width_m=float(width), heading_deg=shown.heading_deg + rng.normal(0, 1.5)
    )
    around = box.corners(x=0.0, y=0.0) / plane.gsd_m
    return DrawnBox(cls=shown.cls, corners=moved + around * [1, -1], thing=thing)
