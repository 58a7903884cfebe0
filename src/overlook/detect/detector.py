"""The seam: whatever finds boxes on a chip, a person or a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa

from overlook.terms import Chip, Scene


class Detector(Protocol):
    """`searched` are the classes looked for everywhere on the chip: no box of another class is *not searched*.

    `thresholds` are the scores from which boxes of each class are given, None for a person.
    """

    observer: str
    thresholds: Mapping[str, float] | None
    searched: tuple[str, ...]

    def misfit(self, chip: Chip, scene: Scene) -> str:
        """Why this detector cannot look at this image, "" when it can. What it cannot look at was not searched."""
        ...

    def detect(self, chip: Chip, scene: Scene) -> pa.Table:
        """A `DETECTIONS` table in chip pixels. Raises InputError or ModelError."""
        ...
