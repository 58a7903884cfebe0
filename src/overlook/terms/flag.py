"""A doubt about an image's date or place, with what speaks for it on both sides. Nothing is mended because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FlagKind = Literal[
    "times disagree",
    "night",
    "sun angles disagree",
    "shadows disagree",
    "same picture",
    "off every site",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """`scenes` that it is about: one, or the two of a pair. `evidence`: (what it is, what it says), side by side."""

    kind: FlagKind
    scenes: tuple[str, ...]
    what: str
    evidence: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.scenes or len(self.evidence) < 2:
            raise ValueError("a flag is about a scene, and shows both sides")
