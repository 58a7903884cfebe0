"""What a reading of one finding comes to: it matches a prediction, contradicts it, disagrees with itself, or is silent.

Undetermined is silent. Not seen is silent unless the claim put the thing in the open, at a stated time, and the images
would hardly have missed it. An exploratory answer may match, weakly; of exploratory answers only things that were seen
contradict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stance = Literal["matches", "contradicts", "mixed", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`weak` (exploratory, or merely *possible*) never supports. `probability` is of `observable`, from a posterior.

    `adds_only`: another finding answers the same of this place; where this one is silent, that one speaks alone.
    """

    finding: str
    zone: str
    stance: Stance
    why: tuple[str, ...]
    weak: bool = False
    observable: str = ""
    probability: float | None = None
    adds_only: bool = False
