"""What a chip's registration is: what its pixels say, against what is believed of its scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from overlook.imagery.grid import Grid, apply
from overlook.imagery.mapping import correction_of
from overlook.imagery.reference import is_radar
from overlook.imagery.registration import Shift, estimate_shift, grey
from overlook.imagery.registration_turned import turned
from overlook.terms import USABLE, Chip, Registration, Scene, Site

#: Beyond this a shift is no longer an error of georeferencing but another place: metres, scene pixels, or multiples
#: of the declared geolocation error, whichever is most.
LARGEST_SHIFT_M = 15.0
_LARGEST_SHIFT_PX = 3.0
_LARGEST_SHIFT_SIGMA = 3.0


def largest_shift_m(scene: Scene) -> float:
    """The largest shift that is believed for a scene, in metres."""
    sigma = scene.geolocation_error_m or 0.0
    return max(LARGEST_SHIFT_M, _LARGEST_SHIFT_PX * scene.gsd_m, _LARGEST_SHIFT_SIGMA * sigma)


def register(
    scene: Scene,
    site: Site,
    grid: Grid,
    pixels: NDArray[np.uint8],
    unusable: NDArray[np.uint8],
    reference: Chip | None,
    largest_m: float,
) -> Registration:
    """How a chip lies on the grid: moved onto `reference`, left where its georeference puts it, or refused.

    `pixels` and `unusable` are the chip as its georeference lays it. Left where it is, its residual is the error that
    was declared for it, None when nobody did. Refused: its pixels show that it lies farther off than `largest_m`
    anywhere on the grid, or turned, or mirrored.
    """
    declared_m = scene.geolocation_error_m
    if reference is None or reference.meta.scene == scene.id:
        is_reference = reference is not None or site.reference_scene in ("", scene.id)
        return Registration(method="reference" if is_reference else "georeference", residual_m=declared_m)
    kept = Registration(method="georeference", residual_m=declared_m, reference=reference.meta.scene)
    if reference.meta.shape != grid.shape or reference.meta.transform != grid.transform:
        return replace(kept, note="the reference lies on another grid")
    if is_radar(scene):
        return replace(kept, note="a radar image is not laid on a picture taken by light")
    if reference.meta.registration.method == "refused":
        return replace(kept, note="the reference itself could not be registered")
    still = reference.pixels, reference.unusable
    moving, moving_ok, fixed, fixed_ok = grey(pixels), unusable == USABLE, grey(still[0]), still[1] == USABLE
    found = estimate_shift(moving, moving_ok, fixed, fixed_ok, reach_px=2 * largest_m / grid.gsd_m)
    if isinstance(found, Shift):
        return _accepted(found, grid, reference, largest_m)
    how = turned(moving, moving_ok, fixed, fixed_ok)
    if how:
        return replace(kept, method="refused", residual_m=None, note=f"it lies on the reference only when {how}")
    return replace(kept, note=f"kept where its georeference puts it: {found}")


def _accepted(found: Shift, grid: Grid, reference: Chip, largest_m: float) -> Registration:
    g = grid.gsd_m
    a, b, d, e = found.linear
    # Rows run south, the grid's y runs north.
    registration = Registration(
        method="phase correlation",
        shift_m=(found.x_px * g, -found.y_px * g),
        linear=(a, -b, -d, e),
        residual_m=found.residual_px * g,
        reference=reference.meta.scene,
        note=_how(found),
    )
    length = _largest_move_m(registration, grid)
    if length > largest_m:
        return Registration(
            method="refused",
            residual_m=registration.residual_m,
            reference=reference.meta.scene,
            note=f"{found.windows} windows agree on a shift of {length:.1f} m, more than {largest_m:.1f} m",
        )
    return registration


def _how(found: Shift) -> str:
    by = "" if found.by == "contrast" else f" by {found.by}"
    if found.p_value is None:
        return f"{found.windows} windows agree{by}"
    return f"{found.windows} windows agree{by} on an affine map (F test against a shift alone: p = {found.p_value:.1g})"


def _largest_move_m(registration: Registration, grid: Grid) -> float:
    """How far the middle or a corner of the grid is moved, at most."""
    rows, columns = grid.shape
    x, y = np.array([0.5, 0, 1, 0, 1]) * columns, np.array([0.5, 0, 0, 1, 1]) * rows
    at = apply(grid.transform, x, y)
    to = apply(correction_of(registration, grid.transform, grid.shape), *at)
    return float(np.hypot(to[0] - at[0], to[1] - at[1]).max())
