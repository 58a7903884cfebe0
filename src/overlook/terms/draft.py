"""A draft of a claim: what overhead images could show of a statement, and what of it they could not.

A draft is no judgement and no declaration. Every word of the statement is in a part, or in the remainder with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.said import Prediction
from overlook.terms.statement import Span, StatementKind
from overlook.terms.time import Interval

Missing = Literal["site", "event", "window", "indicator", "class"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """Words of a statement that no part tests, and why. `kinds` are the vocabulary's; "form" alone says nothing."""

    span: Span
    kinds: tuple[str, ...]
    why: str

    @property
    def is_form(self) -> bool:
        return self.kinds == ("form",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPart:
    """One prediction of a draft and the words that it is read from.

    `missing` is what the words leave open and an analyst must declare first (`window` may stay open: then all images
    count). `denied`: the words deny it, and the prediction is of the contrary. `implied`: the words do not say what
    would be seen; it is what usually goes with it, and other things go with it too. `possible` are words by which it
    may be so: the prediction is of what would be seen if it were.
    """

    prediction: Prediction
    template: str
    spans: tuple[Span, ...]
    missing: tuple[Missing, ...] = ()
    denied: bool = False
    implied: bool = False
    possible: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftClaim:
    """What a statement could be tested on. `quote` is its content, verbatim; a content in two is joined by " … "."""

    quote: str
    kind: StatementKind
    said: Interval | None = None
    parts: tuple[DraftPart, ...] = ()
    remainder: tuple[Remainder, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        return tuple(part.prediction for part in self.parts)

    @property
    def not_observable(self) -> tuple[str, ...]:
        """The remainder in words, as a claim declares it; words that say nothing by themselves are left out."""
        return tuple(f"“{rest.span.text}”: {rest.why}" for rest in self.remainder if not rest.is_form)
