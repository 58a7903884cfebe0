"""A draft of a claim: what overhead images could show of a statement, and what of it they could not.

A draft is no judgement and no declaration. Every word of the statement is in a part, or in the remainder with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.need import Need
from overlook.terms.said import Prediction
from overlook.terms.statement import Span, StatementKind
from overlook.terms.time import Interval

Missing = Literal["site", "event", "window", "indicator", "class"]
#: *not observable*: no overhead image can show it. *unknown*: Overlook does not know the words, which is no sign that
#: images could not show it. *not tested*: it could be known, but no prediction is of it.
Standing = Literal["not observable", "unknown", "not tested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """Words of a statement that no part tests, and why. `kinds` are the vocabulary's; "form" alone says nothing.

    `unknown` are those of its words that no list of the vocabulary knows. Of them nothing is said.
    """

    span: Span
    kinds: tuple[str, ...]
    why: str
    standing: Standing = "not tested"
    unknown: tuple[Span, ...] = ()

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
        """What no overhead image can show, as a claim declares it: only of words that the vocabulary knows."""
        return tuple(_told(rest) for rest in self.remainder if rest.standing == "not observable")

    @property
    def untested(self) -> tuple[str, ...]:
        """What else no part tests, in words: unknown to Overlook, or said and held against no image."""
        rest = (r for r in self.remainder if r.standing != "not observable" and set(r.kinds) - _SAYS_NOTHING)
        return tuple(_told(r) for r in rest)


#: Kinds of words that are nothing to test by themselves: they say where, when or who.
_SAYS_NOTHING = frozenset({"form", "place", "date", "name"})


def _told(rest: Remainder) -> str:
    why = rest.why
    if rest.unknown and rest.standing == "not observable":
        why += f"; unknown to Overlook in it: {', '.join(f'“{word.text}”' for word in rest.unknown)}"
    return f"“{rest.span.text}”: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a statement speaks of as a whole ("all parts of the leak"), and what may be its parts.

    `statements` are places among those of the text, `claims` ids of the case. `by_name`: the words name who told it;
    else they are all that come into question. `left_out`: how many further statements do that are not listed.
    """

    span: Span
    statements: tuple[int, ...] = ()
    claims: tuple[str, ...] = ()
    by_name: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What images would show if a drafted part were so, and the images that it takes. `is_roofed`: its zone is roofed,
    and no image shows what is inside."""

    observable: str
    needs: tuple[Need, ...] = ()
    is_roofed: bool = False
