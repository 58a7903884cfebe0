"""How a statement stands apart from images: what of its sources, facts and contradictions is signed over.

An opinion weighs who said it, through whom, and what disagrees. When one of these changes, the signature is stale; what
the case says elsewhere leaves it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overlook.claims.chain import Chains, reach
from overlook.terms import (
    Claim,
    Commitment,
    Comparison,
    ReferenceFact,
    Retraction,
    Source,
    SourceGraph,
    StatementOrigins,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a statement rests on besides images: everyone in or behind its chain, what it is held against, its origins.

    A grade, a new reliance, a second origin, another fact or contradiction, a source that is retracted changes it; what
    other claims say elsewhere does not.
    """

    sources: tuple[Source, ...] = ()
    facts: tuple[ReferenceFact, ...] = ()
    others: tuple[Claim, ...] = ()
    compared: tuple[Comparison, ...] = ()
    statements: tuple[StatementOrigins, ...] = ()
    retracted: tuple[Retraction, ...] = ()


def standing_of(claim: Claim, chains: Chains, graph: SourceGraph, compared: Sequence[Comparison]) -> Standing:
    """`compared`: those comparisons that the claim has a part in."""
    case = chains.case
    behind = _behind((*claim.chain, *chains.told[claim.id]), chains)
    disputing = {*claim.disputed_by, *(c.id for c in case.claims if claim.id in c.disputed_by)}
    beside = disputing | {id_ for c in compared for id_ in (c.claim, c.other)}
    return Standing(
        sources=behind,
        facts=tuple(f for f in case.facts if f.id in beside),
        others=tuple(_as_said(c) for c in case.claims if c.id in beside and c.id != claim.id),
        compared=tuple(replace(c, ours="", theirs="", why="") for c in compared),
        statements=tuple(replace(s, statement="") for s in graph.statements if claim.id in s.claims),
        retracted=_retracted(behind, chains),
    )


def commitment_standing(commitment: Commitment, chains: Chains) -> Standing:
    behind = _behind((commitment.source,), chains)
    return Standing(sources=behind, retracted=_retracted(behind, chains))


def _retracted(sources: Sequence[Source], chains: Chains) -> tuple[Retraction, ...]:
    """Which of these sources were taken back, and when; by whom is no matter of evidence."""
    ids = {s.id for s in sources}
    return tuple(replace(r, by="") for r in chains.case.retractions if r.source in ids)


def _behind(chain: Sequence[str], chains: Chains) -> tuple[Source, ...]:
    """Everyone in a chain and everyone they rely on, without where to find them."""
    ids = {*chain, *(r for s in chain for r in reach(s, chains.known))}
    return tuple(replace(s, citation="") for s in chains.case.sources if s.id in ids)


def _as_said(claim: Claim) -> Claim:
    """Another claim, without what is only remarked of it or predicted from it."""
    return replace(claim, note="", not_observable=(), predictions=(), disputed_by=())
