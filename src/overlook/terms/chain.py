"""Who relies on whom, what goes back to one origin, and which statements do not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.said import Assertion

#: *altered*: a paraphrase lost or added a number, negation, hedge or modality.
Outcome = Literal["agree", "contradict", "altered", "cannot tell"]
#: What a claim is held against: another claim, a declared fact, or the quote that it retells.
Against = Literal["claim", "fact", "quote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliance:
    """`of` relies on `on`, both ids of sources: as declared of the source, or for the `claims` whose chain says so."""

    of: str
    on: str
    declared: bool
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Sources that rely on one another, in the order of the case; for `claims`, or () as declared of the sources."""

    sources: tuple[str, ...]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementOrigins:
    """One statement, every claim that makes it, and where these go back to.

    `independent` is the most of these claims that can go back to different origins: an upper bound, because what nobody
    declared is not known to be independent. `anonymous` are the origins that nobody can ask again.
    """

    statement: str
    claims: tuple[str, ...]
    read_in: tuple[str, ...]
    origins: tuple[str, ...]
    independent: int
    anonymous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentShare:
    """What was read in one source: its claims, those with one origin, and those with nothing but anonymous origins."""

    source: str
    claims: tuple[str, ...]
    single: tuple[str, ...]
    anonymous: tuple[str, ...]
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGraph:
    """The sources of a case as a graph. `origins` are the ends of all its claims' chains, ids of sources.

    `back_to`: (claim, its origins); a paraphrase goes back to where its quote does.
    """

    reliances: tuple[Reliance, ...] = ()
    circles: tuple[Circle, ...] = ()
    origins: tuple[str, ...] = ()
    back_to: tuple[tuple[str, tuple[str, ...]], ...] = ()
    statements: tuple[StatementOrigins, ...] = ()
    documents: tuple[DocumentShare, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A claim beside another claim, a declared fact or the quote that it retells. Nothing here says which is right.

    `ours` and `theirs` are what was compared, in words; `our_value` and `their_value` the same as it was compared, with
    the numbers and dates of an event table filled in, None where predictions or words were compared.
    """

    claim: str
    against: Against
    other: str
    outcome: Outcome
    ours: str
    theirs: str
    why: str
    our_value: Assertion | None = None
    their_value: Assertion | None = None
