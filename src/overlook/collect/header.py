"""What an image's header says, as a plain value: nothing here opens a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`crs` is an EPSG code or WKT, "" when the file has none; `transform` None when it has none (GDAL's identity).

    `tags` are the file's own metadata, every domain folded into one mapping with upper-case keys.
    `stac` is a STAC Item found beside the image, empty when there is none.
    """

    driver: str
    shape: tuple[int, int]
    count: int
    dtype: str
    interpretations: tuple[str, ...]
    descriptions: tuple[str, ...]
    crs: str = ""
    transform: tuple[float, float, float, float, float, float] | None = None
    ground_control_points: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    stac: Mapping[str, Any] = field(default_factory=dict)
