"""A statement as a text attributes it: who says what, with the words that say so, each by its place in the text.

Nothing here is believed or judged. Offsets count characters of the text as it was given, and `text` repeats what
stands there, so that every part can be checked against the original by eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from overlook.terms.said import SourceKind
from overlook.terms.time import Interval, require_utc

StatementKind = Literal["direct", "indirect", "mixed"]
Precision = Literal["day", "week", "month", "quarter", "season", "year", "decade", "century", "range", "vague"]


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
    """An expression of time: the days it may mean, [start, end], at midnight and the last microsecond (UTC).

    A bound is None where the words leave it open ("since 2016" in a text without a date, "before June") or where they
    could not be resolved; `note` says which. `alternatives` are the readings among which the words do not decide; then
    both bounds are None. `precision` is the unit the words speak in. Raises ValueError for what cannot be.
    """

    span: Span
    start: datetime | None = None
    end: datetime | None = None
    precision: Precision
    alternatives: tuple[Interval, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None:
                require_utc(name, moment)
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"a date ends ({self.end}) before it starts ({self.start})")
        if self.alternatives and (len(self.alternatives) < 2 or self.start is not None or self.end is not None):
            raise ValueError("alternatives are two or more readings, and then there are no bounds")

    @property
    def during(self) -> Interval | None:
        """The interval, where both bounds are known."""
        return None if self.start is None or self.end is None else Interval(start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The name of a place that the case declares. `site` and `zone` are ids of the case, "" for none.

    `near` names the site whose declared whereabouts mention the place, where the place is not the site itself.
    """

    span: Span
    site: str = ""
    zone: str = ""
    near: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number, [low, high] in `unit`; low == high for a single value, None for a bound that the words leave open.

    `unit` is a unit of measure ("km", "%"), or the words for what is counted ("nuclear tests"), "" for neither.
    `approximate`: the words say so ("about"). Raises ValueError for bounds that are not finite or out of order.
    """

    span: Span
    low: float | None
    high: float | None
    unit: str = ""
    approximate: bool = False

    def __post_init__(self) -> None:
        known = [bound for bound in (self.low, self.high) if bound is not None]
        if not known or not all(map(math.isfinite, known)) or known != sorted(known):
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
    `dates`, `places` and `numbers` are those of the statement's own words and of the sentence around them.
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
