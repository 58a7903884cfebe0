"""Who said what: sources, claims and their predictions, commitments, reference facts, signed opinions."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a party undertook. A term nobody defined is listed in `undefined`."""

    id: str
    text: str
    parties: tuple[str, ...] = ()
    made: Interval | None = None
    deadline: Interval | None = None
    undefined: tuple[str, ...] = ()
    indicators: tuple[Prediction, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFact:
    """A fact the case declares, with its source, for claims to be read against."""

    id: str
    text: str
    source: str
    during: Interval | None = None


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
