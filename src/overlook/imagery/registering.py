"""What a chip's registration is: what its pixels say, against what is believed of its scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from overlook.imagery.grid import Grid
from overlook.imagery.registration import Shift, estimate_shift, grey
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
    declared_m = scene.geolocation_error_m
    if reference is None or reference.meta.scene == scene.id:
        is_reference = reference is not None or site.reference_scene in ("", scene.id)
        return Registration(method="reference" if is_reference else "georeference", residual_m=declared_m)
    kept = Registration(method="georeference", residual_m=declared_m, reference=reference.meta.scene)
    if reference.meta.shape != grid.shape or reference.meta.transform != grid.transform:
        return replace(kept, note="the reference lies on another grid")
    if reference.meta.registration.method == "refused":
        return replace(kept, note="the reference itself could not be registered")
    found = estimate_shift(
        grey(pixels),
        unusable == USABLE,
        grey(reference.pixels),
        reference.unusable == USABLE,
        reach_px=2 * largest_m / grid.gsd_m,
    )
    if isinstance(found, str):
        return replace(kept, note=f"kept where its georeference puts it: {found}")
    return _accepted(found, grid, reference, largest_m)


def _accepted(found: Shift, grid: Grid, reference: Chip, largest_m: float) -> Registration:
    shift_m = (found.x_px * grid.gsd_m, -found.y_px * grid.gsd_m)
    length = float(np.hypot(*shift_m))
    residual_m = found.residual_px * grid.gsd_m
    if length > largest_m:
        return Registration(
            method="refused",
            residual_m=residual_m,
            reference=reference.meta.scene,
            note=f"{found.windows} windows agree on a shift of {length:.1f} m, more than {largest_m:.1f} m",
        )
    return Registration(
        method="phase correlation",
        shift_m=shift_m,
        residual_m=residual_m,
        reference=reference.meta.scene,
        note=f"{found.windows} windows agree",
    )
