"""Scene to chip: windowed reading onto the site's grid, stretch, usable mask, registration; zones on a chip.

Never reads a whole scene, never fills what was not seen, never shifts an image on windows that do not agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from overlook.imagery.chipfile import decode, decode_meta, encode
from overlook.imagery.grid import Grid, site_grid
from overlook.imagery.mapping import scene_to_chip
from overlook.imagery.zones import ZoneView, zone_outline, zone_pixels, zone_view

if TYPE_CHECKING:
    from overlook.terms import Chip, Scene, Site

__all__ = [
    "Grid",
    "ZoneView",
    "decode",
    "decode_meta",
    "encode",
    "make_chip",
    "scene_to_chip",
    "site_grid",
    "zone_outline",
    "zone_pixels",
    "zone_view",
]


def make_chip(scene: Scene, imagery: Path, site: Site, reference: Chip | None) -> Chip:
    """See `overlook.imagery.chips.make_chip`; OpenCV is loaded when the first chip is made."""
    from overlook.imagery.chips import make_chip as make

    return make(scene, imagery, site, reference)
