"""How much one page holds. What does not fit is thinned evenly, and the page says so; no number is made of less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: Images of one series that are drawn and listed when there are few series, and when there are many.
MOST_IMAGES, LEAST_IMAGES = 600, 200
#: Marks on all timelines together, and how many series (and rows of the calendar of gaps) are drawn at all.
MOST_MARKS, MOST_SERIES = 30_000, 150
#: Marks on the calendar of gaps that are drawn though some lie on each other.
MOST_STRIP = 5_000
#: Gaps of one zone and reason that are listed one by one.
MOST_GAPS = 400
#: Findings whose curves are drawn.
MOST_CURVES = 60


def every(items: Sequence[T], most: int) -> tuple[Sequence[T], int]:
    """Every k-th item from the first on, at most `most` of them, and k; all of them and 1 when they fit."""
    k = max(1, -(-len(items) // most))
    return items[::k], k


def images_of_each(series: int) -> int:
    """How many images of each series are drawn when `series` are."""
    return min(MOST_IMAGES, max(LEAST_IMAGES, MOST_MARKS // max(series, 1)))
