"""Everything that says which pixels of a chip show the ground, in one mask: who speaks, and who is overruled.

The provider's own mask first; without one, a detector of our own; and the analyst's word over both. Blinded and broken
pixels are told from the image itself. Each says where it has looked: a chip whose clouds nobody looked for says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.imagery.cloud_detector import find_clouds
from overlook.imagery.cloud_shadow import find_shadows
from overlook.imagery.clouds import Clouds
from overlook.imagery.grid import Affine, Grid
from overlook.imagery.mapping import Floats
from overlook.imagery.provided import Provided
from overlook.imagery.quality import saturated, stripes
from overlook.imagery.reading import Window, nearest
from overlook.terms import SATURATED, STRIPES, USABLE, CloudsBy, Scene


class Masks:
    """All masks of one scene on one grid, read once."""

    def __init__(self, scene: Scene, imagery: Path, grid: Grid, window: Window, *, reach_m: float) -> None:
        self.scene, self.grid, self.window = scene, grid, window
        self.analyst = Clouds(scene, imagery, grid, reach_m=reach_m)
        self.provider = Provided(scene, imagery, grid, reach_m=reach_m)
        bad = np.zeros(window.valid.shape, dtype=np.uint8)
        lines, self.enlarged = stripes(window.pixels, window.valid) if window.bits == 8 else (bad > 0, "")
        bad[saturated(window.pixels, window.valid, bits=window.bits)] = SATURATED
        bad[lines] = STRIPES
        self.bad = bad

    def on_grid(
        self,
        raw: NDArray[Any],
        usable: NDArray[np.bool_],
        roles: tuple[str, ...],
        at: tuple[Floats, Floats],
        move: Affine,
    ) -> tuple[NDArray[np.uint8], CloudsBy, tuple[str, ...]]:
        """Codes (rows, columns), by whom clouds were looked for, and notes.

        `raw` are the chip's pixels in the scene's depth, `at` their (columns, rows) in the scene, `move` what
        registration found.
        """
        bad = nearest(self.window, self.bad, *at)
        codes, by = self._others(raw, usable & (bad == USABLE), roles, move)
        # She may overrule what the image seems to show as well: a white roof that looks blinded.
        codes = self.analyst.lay(np.where(bad != USABLE, bad, codes).astype(np.uint8), move)
        if self.scene.cloud_mask:
            by = "analyst" if self.analyst.is_whole or by == "nobody" else by
        notes = [*self.analyst.notes, *self.provider.notes, *([self.enlarged] if self.enlarged else [])]
        return codes, by, tuple(notes)

    def _others(
        self, raw: NDArray[Any], usable: NDArray[np.bool_], roles: tuple[str, ...], move: Affine
    ) -> tuple[NDArray[np.uint8], CloudsBy]:
        nothing = np.full(usable.shape, USABLE, dtype=np.uint8)
        if self.analyst.is_whole:
            return nothing, "analyst"
        if self.provider.is_there:
            return self.provider.on_grid(move), "provider"
        # Radar sees through clouds.
        if self.window.bits < 8 or self.scene.radar is not None:
            return nothing, "nobody"
        found = find_clouds(raw, usable, roles, self.grid.gsd_m, self.scene)
        if found is None:
            return nothing, "nobody"
        codes = find_shadows(raw, found.codes, usable, roles, self.grid.gsd_m, self.scene)
        return codes, "detector" if found.is_validated else "detector, not validated"
