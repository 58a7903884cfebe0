"""What each code of a chip's mask hides, and from which question. One rule, for zones, boxes and detectors alike.

Everything but snow hides all there is: of a pixel under cloud, haze or a cloud's shadow, blinded, torn or perhaps
cloud, nobody can say what was there. Snow hides what lies flat on the ground (`UNDER_SNOW`). What stands a metre or
more above it keeps its outline, and often gains contrast; that fresh snow may hide what stood there before it fell is
said of the image, and is no reason to see nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overlook.terms import (
    CLOUD,
    HAZE,
    MASKED,
    NODATA,
    OFF_IMAGE,
    SATURATED,
    SHADOW,
    SNOW,
    STRIPES,
    UNSURE,
    USABLE,
    Reason,
)

REASONS: Mapping[int, Reason] = MappingProxyType(
    {
        OFF_IMAGE: "off the image",
        NODATA: "no data",
        CLOUD: "cloud",
        MASKED: "masked",
        SHADOW: "cloud shadow",
        HAZE: "haze",
        SNOW: "snow",
        SATURATED: "saturated",
        STRIPES: "stripes",
        UNSURE: "perhaps cloud",
    }
)
#: Classes and indicators that lie flat on the ground, in the singular.
UNDER_SNOW = frozenset(
    {
        "track",
        "tire track",
        "marking",
        "road marking",
        "disturbed earth",
        "earthwork",
        "spoil",
        "scorch mark",
        "burn mark",
        "stain",
        "spill",
        "crater",
        "cable trench",
        "trench",
    }
)


def blocked_codes(cls: str = "") -> tuple[int, ...]:
    """The codes that hide `cls` (for any that stands above the ground, "")."""
    name = cls.casefold().replace("_", " ").replace("-", " ").strip()
    is_flat = name in UNDER_SNOW or name.removesuffix("s") in UNDER_SNOW
    return tuple(code for code in REASONS if code != SNOW or is_flat)


def seen(unusable: NDArray[Any], cls: str = "") -> NDArray[np.bool_]:
    """Which pixels of a chip's mask show the ground to somebody who looks for `cls`."""
    return np.asarray((unusable == USABLE) | ((unusable == SNOW) & (SNOW not in blocked_codes(cls))))
