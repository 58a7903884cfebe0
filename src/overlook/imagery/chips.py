"""A scene onto its site's grid: read, resampled, masked, registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.imagery import outside
from overlook.imagery.blocking import seen
from overlook.imagery.grid import IDENTITY, Affine, Grid, site_grid
from overlook.imagery.mapping import Floats, correction_of
from overlook.imagery.masks import Masks
from overlook.imagery.ortho import laid
from overlook.imagery.reading import (
    Window,
    collar,
    is_on_image,
    plan_reading,
    resample,
    shown_bands,
    stretch,
)
from overlook.imagery.registering import largest_shift_m, register
from overlook.terms import (
    CLOUD,
    LOCAL,
    MASKED,
    NODATA,
    OFF_IMAGE,
    USABLE,
    BandRole,
    Chip,
    ChipMeta,
    CloudsBy,
    Registration,
    Scene,
    Site,
)

Layers = tuple[NDArray[Any], NDArray[np.uint8], CloudsBy, tuple[str, ...]]


def make_chip(scene: Scene, imagery: Path, site: Site, reference: Chip | None) -> Chip:
    """The scene's pixels on the site's grid, with a usable mask, registered to `reference` when that is possible.

    Only the window that the grid needs is read. Registration is a shift, or an affine map where the residuals ask for
    one; its `method` says how it came about: "refused" when the pixels show another place, and then nothing is moved.
    Raises InputError (E-INPUT-UNREADABLE) when a block cannot be decoded, and CaseError for a site without a usable
    grid.
    """
    grid = site_grid(site)
    bands, roles = shown_bands(scene.bands)
    if (scene.crs == LOCAL) != (grid.crs == LOCAL):
        return _empty(scene, site, grid, roles)
    largest_m = largest_shift_m(scene)
    frame = laid(scene, imagery, grid)
    columns, rows = frame.on_grid()
    plan = plan_reading(columns, rows, scene.shape, pad_px=largest_m / scene.gsd_m)
    if plan is None:
        return _empty(scene, site, grid, roles)
    alpha = scene.bands.index("alpha") + 1 if "alpha" in scene.bands and "alpha" not in roles else None
    window = outside.read_window(imagery / scene.path, plan, bands, alpha, scene.shape)
    masks = Masks(scene, imagery, grid, window, reach_m=largest_m)
    raw, unusable, clouds_by, notes = _layers(scene, window, masks, roles, columns, rows, IDENTITY)
    pixels, limits = stretch(raw, seen(unusable))
    registration = register(scene, site, grid, pixels, unusable, reference, largest_m)
    correction = correction_of(registration, grid.transform, grid.shape)
    if correction != IDENTITY:
        columns, rows = frame.on_grid(correction)
        raw, unusable, clouds_by, notes = _layers(scene, window, masks, roles, columns, rows, correction)
        pixels, limits = stretch(raw, seen(unusable))
    # A pixel that is not usable shows nothing: what lies under it must not be drawn, nor told apart.
    pixels = np.where(np.isin(unusable, (OFF_IMAGE, NODATA))[..., None], np.uint8(0), pixels)
    meta = ChipMeta(
        scene=scene.id,
        site=site.id,
        crs=grid.crs,
        transform=grid.transform,
        shape=grid.shape,
        bands=roles,
        registration=registration,
        usable_fraction=float(seen(unusable).mean()),
        stretch=limits,
        clouds_by=clouds_by,
        ground=frame.heights,
        notes=notes,
    )
    return Chip(meta=meta, pixels=np.ascontiguousarray(pixels), unusable=unusable)


def _empty(scene: Scene, site: Site, grid: Grid, roles: tuple[Any, ...]) -> Chip:
    """A chip of a scene that does not reach the site: everything is off the image."""
    meta = ChipMeta(
        scene=scene.id,
        site=site.id,
        crs=grid.crs,
        transform=grid.transform,
        shape=grid.shape,
        bands=roles,
        registration=Registration(method="georeference", residual_m=scene.geolocation_error_m),
        usable_fraction=0.0,
    )
    pixels = np.zeros((*grid.shape, len(roles)), dtype=np.uint8)
    return Chip(meta=meta, pixels=pixels, unusable=np.full(grid.shape, OFF_IMAGE, dtype=np.uint8))


def _layers(
    scene: Scene,
    window: Window,
    masks: Masks,
    roles: tuple[BandRole, ...],
    columns: Floats,
    rows: Floats,
    correction: Affine,
) -> Layers:
    """Pixels in the scene's depth, the codes of what is unusable, who looked for clouds, and notes."""
    raw, valid = resample(window, columns, rows)
    unusable = np.full(columns.shape, USABLE, dtype=np.uint8)
    notes: list[str] = []
    for x, y, width, height in scene.labels_px:
        # A grid pixel is masked when its centre falls in the rectangle, or within a pixel of it: letters bleed.
        inside = (columns >= x - 1) & (columns < x + width + 1) & (rows >= y - 1) & (rows < y + height + 1)
        unusable[inside] = MASKED
    unusable[~valid] = NODATA
    unusable[~is_on_image(columns, rows, scene.shape)] = OFF_IMAGE
    if not window.has_mask:
        black = collar(raw, ~np.isin(unusable, (OFF_IMAGE, NODATA)))
        if black.any():
            unusable[black] = NODATA
            notes.append(f"{black.mean():.0%} of the chip is exactly black to the edge and was taken for no data.")
    is_open = unusable == USABLE
    codes, clouds_by, said = masks.on_grid(raw, is_open, roles, (columns, rows), correction)
    # A label hides what is under it; a cloud under a label is still a cloud to whoever reads why.
    unusable = np.where(is_open | ((unusable == MASKED) & (codes == CLOUD)), codes, unusable).astype(np.uint8)
    return raw, unusable, clouds_by, (*notes, *said)
