"""What people did to a case, as the report tells it: who accepted, graded, signed or took back what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from overlook.terms.time import require_utc

Act = Literal[
    "read",
    "accepted",
    "edited",
    "rejected",
    "graded",
    "signed",
    "dissented",
    "withdrawn",
    "retracted",
    "corrected",
    "erased",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One act. `of` is what it was done to ("claim c1", "source wapo", "draft d3"), `entry` its number in the ledger.

    `by` is who did it: "" when nobody was named; an erased name is told as such. Raises ValueError for a time not UTC.
    """

    entry: int
    at: datetime
    act: Act
    of: str
    by: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        require_utc("at", self.at)
