"""Images that would settle something: of which place, between which dates, at which GSD, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.terms.time import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`window` None: at any time. `images` None: no number would do, and `text` says why."""

    site: str
    zone: str
    window: Interval | None
    max_gsd_m: float | None
    images: int | None
    text: str
