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
    #: Ground control points that the file holds: (column, row, longitude, latitude).
    tie_points: tuple[tuple[float, float, float, float], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    stac: Mapping[str, Any] = field(default_factory=dict)


def is_stac_item(item: Any) -> bool:
    """Whether parsed JSON looks like a STAC Item."""
    return isinstance(item, dict) and item.get("type") == "Feature" and isinstance(item.get("properties"), dict)


def asset_names(item: Mapping[str, Any]) -> set[str]:
    """The file names that an Item's assets point to."""
    assets = item.get("assets")
    if not isinstance(assets, dict):
        return set()
    return {str(a.get("href", "")).rpartition("/")[2] for a in assets.values() if isinstance(a, dict)}
