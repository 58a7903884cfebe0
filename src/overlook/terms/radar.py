"""What a radar image's numbers mean, and how it was taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Radar:
    """How digital numbers become backscatter (sigma nought, power).

    `scale`: sigma nought is (scale · DN)², or `calibration` is a file of Sentinel-1's look-up tables beside the scene,
    and `noise` the one of its thermal noise, "" for none. With neither it is uncalibrated, and nothing is measured.
    `looks`: equivalent number of looks of a pixel. `accuracy_db`: 1-sigma that all images of this sensor share, as
    the provider states it; None when it does not.
    """

    scale: float | None = None
    calibration: str = ""
    calibration_digest: str = ""
    noise: str = ""
    noise_digest: str = ""
    looks: float = 1.0
    accuracy_db: float | None = None
    incidence_deg: float | None = None
    orbit: Literal["ascending", "descending", ""] = ""
    relative_orbit: int | None = None

    def __post_init__(self) -> None:
        if self.scale is not None and not 0 < self.scale < math.inf:
            raise ValueError(f"scale must be above zero: {self.scale}")
        if not 0.5 <= self.looks <= 1e4:
            raise ValueError(f"looks must lie between 0.5 and 10,000: {self.looks}")
        for name, most in (("accuracy_db", 30.0), ("incidence_deg", 90.0)):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise ValueError(f"{name} must lie between 0 and {most:g}: {value}")

    @property
    def is_calibrated(self) -> bool:
        return self.scale is not None or bool(self.calibration)
