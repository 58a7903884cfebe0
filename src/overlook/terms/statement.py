"""A statement as a text attributes it: who says what, with the words that say so, each by its place in the text.

Nothing here is believed or judged. Offsets count characters of the text as it was given, and `text` repeats what
stands there, so that every part can be checked against the original by eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from overlook.terms.said import SourceKind
from overlook.terms.time import Interval

StatementKind = Literal["direct", "indirect", "mixed"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a text, and what they read. Raises ValueError when the two do not fit."""

    start: int
    end: int
    text: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or len(self.text) != self.end - self.start:
            raise ValueError(f"a span of {len(self.text)} characters cannot run from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """An expression of time in a statement. `during` None: it could not be resolved to a date."""

    span: Span
    during: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The name of a place in a statement. `site` is the id of a site of the case, "" for none of them."""

    span: Span
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number in a statement, [low, high] in `unit`; low == high for a single value. Raises ValueError otherwise."""

    span: Span
    low: float
    high: float
    unit: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"a quantity needs finite bounds in order, not {self.low} to {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One attributed statement. Parts are tuples of spans, in order, because a part can be broken in two.

    `source` None: the text names none ("it is said that"). `cue` is empty for a quotation that nothing introduces.
    `content` includes the quotation marks that stand around it.
    `kind`: *direct*, all of the content stands in quotation marks; *mixed*, a part; *indirect*, none.
    `source_type` None where there is no source, or a pronoun whose noun was not found.
    `chain` runs from who is said to know to who was read: spans where the text names them, the source among them.
    `hedges` are words that keep a distance ("reportedly", "hinted"); `negation` those that deny the cue or the
    content's first clause ("not", "denied"); `modality` those that make it possible or due ("may", "must").
    `dates`, `places` and `numbers` are empty until they are looked for.
    """

    source: tuple[Span, ...] | None
    cue: tuple[Span, ...]
    content: tuple[Span, ...]
    kind: StatementKind
    source_type: SourceKind | None
    chain: tuple[str | Span, ...] = ()
    hedges: tuple[Span, ...] = ()
    negation: tuple[Span, ...] = ()
    modality: tuple[Span, ...] = ()
    dates: tuple[Dated, ...] = ()
    places: tuple[Placed, ...] = ()
    numbers: tuple[Quantity, ...] = ()

    def __post_init__(self) -> None:
        if not self.content:
            raise ValueError("a statement needs a content")
        if self.source is not None and not self.source:
            raise ValueError("a statement without a source has source None, not an empty one")
