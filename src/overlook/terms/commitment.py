"""What a party undertook, as obligations: what would be seen if each were kept, by when, and what nobody defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.said import Prediction
from overlook.terms.time import Interval

Shows = Literal["met", "in progress", "not met"]
Every = Literal["month", "quarter", "year"]
#: What a term of an agreement needs before anybody can say that it was kept.
Element = Literal["object", "scope", "deadline", "verification"]
ELEMENTS: tuple[Element, ...] = ("object", "scope", "deadline", "verification")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Something to look for, and what it shows of the obligation when it is seen."""

    prediction: Prediction
    shows: Shows = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One thing to be done or left, in the agreement's words. Without a deadline or indicator it is told as such.

    `reversible`: whether what was done can be undone; None: nobody said. `defined`: words of the agreement, or of a
    later one, that define an element. While a term is in `undefined`, nothing that is seen meets the obligation.
    """

    id: str
    text: str
    deadline: Interval | None = None
    reversible: bool | None = None
    indicators: tuple[Indicator, ...] = ()
    undefined: tuple[str, ...] = ()
    defined: tuple[tuple[Element, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """The periods of a compliance matrix: calendar months, quarters or years, those that `during` touches.

    `every` None: by the span of the images. `during` None: from the day it was made (else the first image) to the last
    image.
    """

    every: Every | None = None
    during: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a party undertook. A term nobody defined is listed in `undefined`.

    `indicators` are of the whole; `obligations` take it apart, and are followed over the periods of `reporting`.
    """

    id: str
    text: str
    parties: tuple[str, ...] = ()
    made: Interval | None = None
    deadline: Interval | None = None
    undefined: tuple[str, ...] = ()
    indicators: tuple[Prediction, ...] = ()
    source: str = ""
    obligations: tuple[Obligation, ...] = ()
    defined: tuple[tuple[Element, str], ...] = ()
    reporting: Reporting = Reporting()

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """Everything to look for: of the whole, then of each obligation. Ids are unique among them."""
        return (*self.indicators, *(i.prediction for o in self.obligations for i in o.indicators))
