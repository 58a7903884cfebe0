"""Scene to chip: windowed reading onto the site's grid, stretch, usable mask, registration; zones on a chip.

Never reads a whole scene, never fills what was not seen, never shifts an image on windows that do not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from overlook.imagery.blocking import blocked_codes, seen
from overlook.imagery.chipfile import decode, decode_meta, decode_unusable, encode
from overlook.imagery.grid import Grid, site_grid
from overlook.imagery.mapping import scene_to_chip
from overlook.imagery.pieces import Piece
from overlook.imagery.zones import ZoneView, zone_outline, zone_pixels, zone_view

if TYPE_CHECKING:
    from overlook.imagery.radar import Backscatter
    from overlook.terms import Chip, Scene, Site

__all__ = [
    "Backscatter",
    "Grid",
    "Piece",
    "ZoneView",
    "blocked_codes",
    "copy_window",
    "decode",
    "decode_meta",
    "decode_unusable",
    "encode",
    "join_windows",
    "make_chip",
    "measure_zones",
    "scene_to_chip",
    "seen",
    "site_grid",
    "zone_outline",
    "zone_pixels",
    "zone_view",
]


def measure_zones(scene: Scene, imagery: Path, site: Site) -> tuple[Backscatter, ...]:
    """See `overlook.imagery.radar.measure_zones`."""
    from overlook.imagery.radar import measure_zones as measure

    return measure(scene, imagery, site)


def make_chip(scene: Scene, imagery: Path, site: Site, reference: Chip | None) -> Chip:
    """See `overlook.imagery.chips.make_chip`; OpenCV is loaded when the first chip is made."""
    from overlook.imagery.chips import make_chip as make

    return make(scene, imagery, site, reference)


def copy_window(pieces: Sequence[Piece], target: Path, *, roles: Sequence[str] = (), where: str = "") -> float:
    """See `overlook.imagery.copying.copy_window`."""
    from overlook.imagery.copying import copy_window as copy

    return copy(pieces, target, roles=roles, where=where)


def join_windows(parts: Sequence[Path], target: Path, *, roles: Sequence[str] = (), where: str = "") -> float:
    """See `overlook.imagery.copying.joining.join_windows`."""
    from overlook.imagery.copying.joining import join_windows as join

    return join(parts, target, roles=roles, where=where)
