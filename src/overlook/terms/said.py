"""Who said what: sources, claims and their predictions, reference facts, signed opinions.

An `Assertion` is what a statement or a fact says in the few forms that a machine can compare
(docs/explanation/sources.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

from overlook.terms.time import Interval

Reliability = Literal["A", "B", "C", "D", "E", "F"]
Credibility = Literal["1", "2", "3", "4", "5", "6"]
SourceKind = Literal["named", "role", "anonymous", "document", "image"]
Relation = Literal[
    "active",
    "quiet",
    "changed",
    "same",
    "present",
    "absent",
    "arrived",
    "left",
    "built",
    "removed",
    "altered",
]
Likelihood = Literal[
    "almost no chance",
    "very unlikely",
    "unlikely",
    "roughly even chance",
    "likely",
    "very likely",
    "almost certain",
]
Confidence = Literal["low", "moderate", "high"]
Diagnosticity = Literal["same", "different"]
#: What stands where a name was erased, before a mark that tells one person from another.
ERASED = "Erased name"
Says = Literal["count", "amount", "first", "latest", "more", "holds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A person, role, document or image that says something. Grade: Admiralty scale (NATO AJP-2.1).

    Reliability (of the source) and credibility (of the information, on the claim) are never merged.
    """

    id: str
    name: str
    kind: SourceKind
    reliability: Reliability | None = None
    relies_on: tuple[str, ...] = ()
    #: The document's SHA-256 when its text must stay outside the case.
    digest: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another explanation, and whether it predicts the same images as the prediction it stands beside."""

    id: str
    name: str
    predicts: Diagnosticity
    is_deception: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What overhead images would show if (a part of) the claim were true.

    Exactly one of `cls` (vehicles, containers: counted) and `indicator` (crane, plume: sighted) is set; neither, of
    `changed` and `same`, for the pattern of all planned classes. `zone` is "" for the whole site. `event` names the
    event that `changed` and `same` are about.
    `must_be_in_the_open`: the claim itself puts the thing in the open during `window`, so that absence can
    speak; never true of what hides or comes and goes. `inside` marks what lies under a roof or in a person's
    mind (intent, payload, what is being made): it is not observable, whatever was seen.
    """

    id: str
    relation: Relation
    site: str
    zone: str = ""
    cls: str = ""
    indicator: str = ""
    event: str = ""
    window: Interval | None = None
    #: The images' need, for "what would settle it": a class or indicator's coarsest useful GSD.
    needs_gsd_m: float | None = None
    must_be_in_the_open: bool = False
    inside: bool = False
    statement: str = ""
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What a statement or a fact says of `of`, in a form that can be compared. Two are about one thing when `of` is.

    *count*: how many happened from `since` to `by`, [low, high]. *amount*: how much there is, [low, high] in `unit`, at
    `on`. *first*, *latest*: which of them (`which`) or when (`on`), as of `by`. *more*: `which` has more of it than
    `than`. *holds*: that it is so, at `on`. A bound None is open; `denied` says that it is not so.
    `table` takes the numbers and dates from the rows of an `EventTable` whose values are those of `where`.
    Raises ValueError for what cannot be.
    """

    says: Says
    of: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    on: Interval | None = None
    since: Interval | None = None
    by: Interval | None = None
    which: str = ""
    than: str = ""
    denied: bool = False
    table: str = ""
    where: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        bounds = [b for b in (self.low, self.high) if b is not None]
        if not all(map(math.isfinite, bounds)) or bounds != sorted(bounds):
            raise ValueError(f"a number needs finite bounds in order, not {self.low} to {self.high}")
        if self.says in ("count", "amount") and not bounds and not self.table:
            raise ValueError(f"`{self.says}` needs a number")
        if self.says in ("first", "latest") and not (self.on or self.which or self.table):
            raise ValueError(f"`{self.says}` needs which one, or when")
        if self.says == "more" and (not self.which or not self.than or self.which == self.than):
            raise ValueError("`more` compares two things")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """One row of an `EventTable`. `row` counts as a spreadsheet does: the heading is row 1."""

    during: Interval
    name: str
    kind: str = ""
    place: str = ""
    outcome: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """Events that somebody listed, to read statements against. No question is asked about them.

    `covers` is the time for which the list is declared to be complete; None: nobody said that it is, and then what is
    not in it may still have happened. `digest` is the file's SHA-256.
    """

    id: str
    name: str
    source: str
    events: tuple[ListedEvent, ...]
    covers: Interval | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement someone made. `quote` is verbatim; `chain` runs from who is said to know to who was read."""

    id: str
    quote: str
    chain: tuple[str, ...]
    said: Interval | None = None
    credibility: Credibility | None = None
    kind: Literal["direct", "indirect", "mixed"] = "direct"
    predictions: tuple[Prediction, ...] = ()
    #: Parts of the claim that no image can show, in words.
    not_observable: tuple[str, ...] = ()
    #: Ids of reference facts or claims that this one contradicts or disputes.
    disputed_by: tuple[str, ...] = ()
    note: str = ""
    asserts: tuple[Assertion, ...] = ()
    #: Id of the claim whose quote this one retells in other words, "" for none.
    paraphrases: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFact:
    """A fact the case declares, with its source, for claims to be read against."""

    id: str
    text: str
    source: str
    during: Interval | None = None
    asserts: tuple[Assertion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A named person's judgement of a claim. `evidence` is the digest (≥ 12 characters) she signed over.

    Likelihood and confidence are hers; they are printed in separate sentences. When the evidence digest of
    the claim is another by now, the opinion is stale and says so.
    """

    claim: str
    analyst: str
    signed: date
    evidence: str
    likelihood: Likelihood | None = None
    confidence: Confidence | None = None
    reasons: tuple[str, ...] = ()
    second_reader: str = ""
    dissent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an earlier report said that was wrong, and what is right. Printed on page one."""

    made: date
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """Something that stood in the case and does not hold any more. It stays, and is shown with when and why.

    Of a claim or commitment (`claim`), of a source (`source`), or of one person's opinion of a claim (`claim` and
    `analyst`). `by` is who retracts, "" when nobody is named. Raises ValueError for one of nothing, or of two things.
    """

    made: date
    why: str
    claim: str = ""
    source: str = ""
    analyst: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        if bool(self.claim) == bool(self.source) or (self.analyst and not self.claim):
            raise ValueError("a retraction is of a claim, of a source, or of an analyst's opinion of a claim")

    @property
    def is_of_opinion(self) -> bool:
        return bool(self.analyst)
