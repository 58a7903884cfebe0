"""What the sources of a claim share. Many papers that print one official are one report.

Reliability (of a source) and credibility (of the information) are printed apart and never merged (NATO AJP-2.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlook.claims.chain import Chains, circles_of, direct, ends, is_anonymous, name_of, origins
from overlook.claims.phrases import listed
from overlook.terms import Case, Claim, Commitment, Source, SourceGraph


def source_notes(claim: Claim, chains: Chains, graph: SourceGraph) -> tuple[str, ...]:
    """Circular reporting, a single or an anonymous origin. The grades stand with each source."""
    known = chains.known
    notes = [
        *_origins(sorted(chains.back_to[claim.id]), known),
        *_circles(claim, known),
        *_converging(chains.told[claim.id], known),
        *_shared(claim, chains),
    ]
    most = max((s.independent for s in graph.statements if claim.id in s.claims), default=0)
    if claim.credibility == "1" and most < 2:
        notes.append("Graded “confirmed by other sources”, and no second independent origin is declared.")
    if claim.kind == "indirect":
        notes.append("Reported speech: the words are the reporter's.")
    return tuple(notes)


def commitment_notes(commitment: Commitment, case: Case) -> tuple[str, ...]:
    known = {s.id: s for s in case.sources}
    chain = (commitment.source,) if commitment.source else ()
    return (*_origins(sorted(origins(chain, known)), known), *_converging(chain, known))


def disputes(claim: Claim, case: Case) -> tuple[str, ...]:
    """The text of every fact or claim that disputes this one, or that it disputes."""
    known = {s.id: s for s in case.sources}
    facts = {f.id: f for f in case.facts}
    claims = {c.id: c for c in case.claims}
    against = [*claim.disputed_by, *(c.id for c in case.claims if claim.id in c.disputed_by)]
    texts: list[str] = []
    for id_ in dict.fromkeys(against):
        if id_ in facts:
            texts.append(f"{name_of(facts[id_].source, known)}: {facts[id_].text}")
        elif id_ in claims:
            said_by = name_of(claims[id_].chain[-1], known) if claims[id_].chain else "nobody named"
            n = 1 + [c.id for c in case.claims].index(id_)
            texts.append(f"Claim {n} ({said_by}): “{claims[id_].quote}”")
        else:
            texts.append(f"“{id_}”, which the case does not declare.")
    return tuple(texts)


def _origins(ends: Sequence[str], known: Mapping[str, Source]) -> list[str]:
    notes = []
    if len(ends) == 1:
        notes.append(f"A single source: all of it goes back to {name_of(ends[0], known)}.")
    elif len(ends) > 1:
        names = listed(name_of(end, known) for end in ends)
        notes.append(f"It is not declared from which of these it is: {names}. One report, not {len(ends)}.")
    for end in ends:
        if is_anonymous(end, known):
            notes.append(f"The origin, {name_of(end, known)}, is anonymous: nobody else can ask again.")
    return notes


def _circles(claim: Claim, known: Mapping[str, Source]) -> list[str]:
    """Whoever is said to know relies, further back, on somebody who passed it on."""
    found = circles_of(claim, known)
    order = {s: i for i, s in enumerate([*claim.chain, *known])}
    return [
        f"Circular reporting: {listed(name_of(s, known) for s in sorted(circle, key=lambda s: order[s]))} "
        "rely on one another."
        for circle in found
    ]


def _converging(chain: Sequence[str], known: Mapping[str, Source]) -> list[str]:
    """Several sources of the one who is said to know that are one source further back."""
    asked = direct(chain[0], known) if chain else ()
    notes = []
    for end in sorted(origins(chain, known)):
        through = [s for s in asked if end in ends(s, known)]
        if len(through) > 1:
            names = listed(name_of(s, known) for s in through)
            notes.append(f"{names} all rest on {name_of(end, known)}: there they do not confirm each other.")
    return notes


def _shared(claim: Claim, chains: Chains) -> list[str]:
    """For each origin, the other claims that reach back to it, by their place in the case."""
    notes = []
    for origin in sorted(chains.back_to[claim.id]):
        others = [
            str(n) for n, c in enumerate(chains.case.claims, 1) if c.id != claim.id and origin in chains.back_to[c.id]
        ]
        if others:
            rest = f"claim {others[0]} rests" if len(others) == 1 else f"claims {listed(others)} rest"
            notes.append(
                f"{rest[0].upper()}{rest[1:]} on {name_of(origin, chains.known)} too. What goes back to one origin is "
                "one report, however often it is told."
            )
    return notes
