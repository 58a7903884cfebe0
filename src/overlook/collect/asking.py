"""What is asked of a catalogue and what comes back, as plain values: nothing here connects to anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from overlook.collect.outside.hrefs import stripped
from overlook.errors import FetchError
from overlook.terms import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where (longitude and latitude), when, of which collections (all when none is named), and how many at most."""

    area: BaseGeometry
    during: Interval
    collections: tuple[str, ...] = ()
    limit: int = 2000


@dataclass(slots=True)
class Answered:
    """What came back. `items`: (the item, its own address). `broke` says why it is not all, "" when it is.

    `gsd_m`: the finest pixel of the collections asked for, where the catalogue itself says it.
    """

    limit: int
    items: list[tuple[Any, str]] = field(default_factory=list)
    matched: int | None = None
    broke: str = ""
    notes: list[str] = field(default_factory=list)
    gsd_m: float | None = None

    def take(self, item: Any, href: str) -> None:
        """Keep an item. Raises FetchError when there are as many as were asked for."""
        if len(self.items) >= self.limit:
            raise FetchError("E-FETCH-LIMIT", f"it was stopped after {self.limit} items")
        self.items.append((item, href))


def broken(what: str, where: str) -> FetchError:
    """A catalogue that cannot be used, in one line."""
    return FetchError(
        "E-FETCH-CATALOGUE", what, where=stripped(where), remedy="search again later, or another catalogue"
    )


def short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:80]}".rstrip(": ")
