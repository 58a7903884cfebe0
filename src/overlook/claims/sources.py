"""What the sources of a claim share. Many papers that print one official are one report.

Reliability (of a source) and credibility (of the information) are printed apart and never merged (NATO AJP-2.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlook.claims.phrases import listed
from overlook.terms import Case, Claim, Commitment, Source


def source_notes(claim: Claim, case: Case) -> tuple[str, ...]:
    """Circular reporting, a single or an anonymous origin. The grades stand with each source."""
    known = {s.id: s for s in case.sources}
    notes = [*_origins(claim.chain, known), *_shared(claim, case, known)]
    if claim.kind == "indirect":
        notes.append("Reported speech: the words are the reporter's.")
    return tuple(notes)


def commitment_notes(commitment: Commitment, case: Case) -> tuple[str, ...]:
    known = {s.id: s for s in case.sources}
    chain = (commitment.source,) if commitment.source else ()
    return tuple(_origins(chain, known))


def disputes(claim: Claim, case: Case) -> tuple[str, ...]:
    """The text of every fact or claim that disputes this one, or that it disputes."""
    known = {s.id: s for s in case.sources}
    facts = {f.id: f for f in case.facts}
    claims = {c.id: c for c in case.claims}
    against = [*claim.disputed_by, *(c.id for c in case.claims if claim.id in c.disputed_by)]
    texts: list[str] = []
    for id_ in dict.fromkeys(against):
        if id_ in facts:
            texts.append(f"{_name(facts[id_].source, known)}: {facts[id_].text}")
        elif id_ in claims:
            said_by = _name(claims[id_].chain[-1], known) if claims[id_].chain else "nobody named"
            n = 1 + [c.id for c in case.claims].index(id_)
            texts.append(f"Claim {n} ({said_by}): “{claims[id_].quote}”")
        else:
            texts.append(f"“{id_}”, which the case does not declare.")
    return tuple(texts)


def origins(chain: Sequence[str], known: Mapping[str, Source]) -> frozenset[str]:
    """Where a chain begins: the ends of reliance of whoever is said to know; of a circle, all its members.

    The rest of a chain only passes it on, whatever else those papers rely on for other claims.
    """
    return frozenset(_ends(chain[0], known)) if chain else frozenset()


def _ends(source: str, known: Mapping[str, Source]) -> set[str]:
    reached = {source, *_reach(source, known)}
    return {s for s in reached if not _direct(s, known) or s in _reach(s, known)}


def _origins(chain: Sequence[str], known: Mapping[str, Source]) -> list[str]:
    ends = sorted(origins(chain, known))
    notes = []
    if len(ends) == 1:
        notes.append(f"A single source: all of it goes back to {_name(ends[0], known)}.")
    for end in ends:
        if end in known and known[end].kind == "anonymous":
            notes.append(f"The origin, {_name(end, known)}, is anonymous: nobody else can ask again.")
    return [*notes, *_circles(chain, known), *_converging(chain, known)]


def _circles(chain: Sequence[str], known: Mapping[str, Source]) -> list[str]:
    """Whoever is said to know relies, further back, on somebody who passed it on."""
    if not chain:
        return []
    reached = _reach(chain[0], known)
    circle = [s for s in chain if s in reached]
    if not circle:
        return []
    names = listed(_name(s, known) for s in dict.fromkeys([chain[0], *circle]))
    return [f"Circular reporting: {names} rely on one another."]


def _converging(chain: Sequence[str], known: Mapping[str, Source]) -> list[str]:
    """Several sources of the one who is said to know that are one source further back."""
    direct = _direct(chain[0], known) if chain else ()
    notes = []
    for end in sorted(origins(chain, known)):
        through = [s for s in direct if end in _ends(s, known)]
        if len(through) > 1:
            names = listed(_name(s, known) for s in through)
            notes.append(f"{names} all rest on {_name(end, known)}: there they do not confirm each other.")
    return notes


def _shared(claim: Claim, case: Case, known: Mapping[str, Source]) -> list[str]:
    """For each origin, the other claims that reach back to it, by their place in the case."""
    notes = []
    for origin in sorted(origins(claim.chain, known)):
        others = [
            str(n)
            for n, c in enumerate(case.claims, 1)
            if c.id != claim.id and c.chain and origin in origins(c.chain, known)
        ]
        if others:
            rest = f"claim {others[0]} rests" if len(others) == 1 else f"claims {listed(others)} rest"
            notes.append(
                f"{rest[0].upper()}{rest[1:]} on {_name(origin, known)} too. What goes back to one origin is one "
                "report, however often it is told."
            )
    return notes


def _direct(source: str, known: Mapping[str, Source]) -> tuple[str, ...]:
    return known[source].relies_on if source in known else ()


def _reach(start: str, known: Mapping[str, Source]) -> set[str]:
    """Everyone `start` relies on, near and far; itself too when that is a circle."""
    seen: set[str] = set()
    waiting = list(_direct(start, known))
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += _direct(at, known)
    return seen


def _name(source: str, known: Mapping[str, Source]) -> str:
    return known[source].name if source in known else source
