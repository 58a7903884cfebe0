"""The source graph: who relies on whom, which reports are circular, and how many origins a statement really has.

A report that retells another is not a second report. The confidence of a statement grows with its independent origins
only (Heuer and Pherson 2010, Structured Analytic Techniques, on circular reporting; NATO AJP-2.1 on confirmation), so
what counts here are the ends of reliance, and those that rely on one another count once. What nobody declared is not
known: the number of independent origins is the most that the declared chains allow, never the least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from overlook.claims.facts import in_words
from overlook.claims.observables import observable
from overlook.terms import (
    Assertion,
    Case,
    Circle,
    Claim,
    DocumentShare,
    Prediction,
    Reliance,
    Source,
    SourceGraph,
    StatementOrigins,
)

Known = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of a case, followed to their ends once.

    `told`: the chain of each claim by its id; of a paraphrase, that of the quote that it retells. `back_to`: where each
    begins.
    """

    case: Case
    known: Known
    told: Mapping[str, tuple[str, ...]]
    back_to: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, case: Case) -> Chains:
        known, told = {s.id: s for s in case.sources}, _first_told(case)
        return cls(case, known, told, {claim: origins(chain, known) for claim, chain in told.items()})


def source_graph(case: Case) -> SourceGraph:
    """Everything that the sources and chains of a case say about who relies on whom."""
    return graph_of(Chains.of(case))


def graph_of(chains: Chains) -> SourceGraph:
    case = chains.case
    return SourceGraph(
        reliances=_reliances(case),
        circles=_circles(case, chains.known),
        origins=_in_order(case, {o for some in chains.back_to.values() for o in some}),
        back_to=tuple((claim, _in_order(case, some)) for claim, some in chains.back_to.items()),
        statements=_statements(chains),
        documents=_documents(chains),
    )


def origins(chain: Sequence[str], known: Known) -> frozenset[str]:
    """Where a chain begins: the ends of reliance of whoever is said to know; of a circle, all its members.

    The rest of a chain only passes it on, whatever else those papers rely on for other claims.
    """
    return frozenset(ends(chain[0], known)) if chain else frozenset()


def _first_told(case: Case) -> dict[str, tuple[str, ...]]:
    """The chain of each claim; of a paraphrase, that of its quote. Two that retell each other keep their own."""
    by_id = {c.id: c for c in case.claims}
    chains = {}
    for claim in case.claims:
        at, seen = claim, {claim.id}
        while at.paraphrases in by_id and at.paraphrases not in seen:
            at = by_id[at.paraphrases]
            seen.add(at.id)
        is_circle = at.paraphrases in by_id
        chains[claim.id] = claim.chain if is_circle else at.chain
    return chains


def independent(told: Sequence[frozenset[str]], known: Known) -> int:
    """The most reports among these that can go back to different origins; `told` are the origins of each teller.

    Origins that rely on one another are one. A report that has several origins is still one report: it is given one of
    them, so that as many reports as possible have one of their own (a maximum matching; Kuhn 1955, Naval Res. Logist.
    Q. 2, 83).
    """
    group = _groups({o for some in told for o in some}, known)
    options = [sorted({group[o] for o in some}) for some in told]
    taken: dict[str, int] = {}

    def place(report: int, tried: set[str]) -> bool:
        for origin in options[report]:
            if origin not in tried:
                tried.add(origin)
                if origin not in taken or place(taken[origin], tried):
                    taken[origin] = report
                    return True
        return False

    return sum(place(report, set()) for report in range(len(options)))


def _groups(origins: set[str], known: Known) -> dict[str, str]:
    """Each origin and the first, by name, of those that it relies on and that rely on it."""
    reached = {o: reach(o, known) for o in origins}
    return {o: min([o, *(p for p in origins if p in reached[o] and o in reached[p])]) for o in origins}


def ends(source: str, known: Known) -> set[str]:
    """The sources on which `source` rests in the end; itself when it relies on nobody."""
    reached = {source, *reach(source, known)}
    return {s for s in reached if not direct(s, known) or s in reach(s, known)}


def direct(source: str, known: Known) -> tuple[str, ...]:
    return known[source].relies_on if source in known else ()


def reach(start: str, known: Known) -> set[str]:
    """Everyone `start` relies on, near and far; itself too when that is a circle."""
    seen: set[str] = set()
    waiting = list(direct(start, known))
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += direct(at, known)
    return seen


def name_of(source: str, known: Known) -> str:
    return known[source].name if source in known else source


# --- circles ----------------------------------------------------------------------------------------------------------


def _circles(case: Case, known: Known) -> tuple[Circle, ...]:
    """Sources that rely on one another as declared, then those that do so in the telling of a claim."""
    found: dict[tuple[str, ...], list[str]] = {
        _in_order(case, members): [] for members in components({s.id: s.relies_on for s in case.sources})
    }
    declared = set(found)
    for claim in case.claims:
        for circle in circles_of(claim, known):
            members = _in_order(case, circle)
            if members not in declared:
                found.setdefault(members, []).append(claim.id)
    return tuple(Circle(sources=members, claims=tuple(claims)) for members, claims in found.items())


def circles_of(claim: Claim, known: Known) -> list[set[str]]:
    """Circles that a claim's chain runs into: somebody in it relies, further back, on somebody who passed it on."""
    chain = claim.chain
    reached = [reach(s, known) for s in chain]
    if not any(later in reached[i] for i in range(len(chain)) for later in chain[i:]):
        return []
    edges = {s: list(direct(s, known)) for s in {*chain, *(r for some in reached for r in some)}}
    for told, by in pairwise(chain):
        edges[by].append(told)
    return components(edges)


def components(edges: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """The strongly connected components of two members or more (Tarjan 1972, SIAM J. Comput. 1, 146), not recursive."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[set[str]] = []
    for root in edges:
        if root in index:
            continue
        work: list[tuple[str, list[str]]] = [(root, list(edges.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            at, following = work[-1]
            if following:
                to = following.pop()
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    on_stack.add(to)
                    work.append((to, list(edges.get(to, ()))))
                elif to in on_stack:
                    low[at] = min(low[at], index[to])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[at])
            if low[at] == index[at]:
                cut = stack.index(at)
                members = set(stack[cut:])
                del stack[cut:]
                on_stack -= members
                if len(members) > 1:
                    found.append(members)
    return found


# --- statements and documents -----------------------------------------------------------------------------------------


def _statements(chains: Chains) -> tuple[StatementOrigins, ...]:
    """Every statement once, with all claims that make it: the same prediction, the same assertion, or one's own words.

    Two predictions are the same when place, class, relation, event and window are; two assertions when all but the
    date of speaking is.
    """
    case, known, back_to = chains.case, chains.known, chains.back_to
    said: dict[object, tuple[str, list[Claim]]] = {}
    for claim in case.claims:
        for key, words in _said(claim, case):
            said.setdefault(key, (words, []))[1].append(claim)
    found = []
    for words, claims in said.values():
        together = _in_order(case, {o for c in claims for o in back_to[c.id]})
        found.append(
            StatementOrigins(
                statement=words,
                claims=tuple(dict.fromkeys(c.id for c in claims)),
                read_in=tuple(dict.fromkeys(c.chain[-1] for c in claims if c.chain)),
                origins=together,
                independent=independent(_reports(claims, chains), known),
                anonymous=tuple(o for o in together if is_anonymous(o, known)),
            )
        )
    return tuple(found)


def _said(claim: Claim, case: Case) -> list[tuple[object, str]]:
    found: list[tuple[object, str]] = [
        (prediction_key(p), p.statement or observable(p, case)) for p in claim.predictions
    ]
    found += [(_assertion_key(a), in_words(a, case)) for a in claim.asserts]
    return found or [(claim.id, f"“{claim.quote}”")]


def prediction_key(p: Prediction) -> tuple[object, ...]:
    return (p.relation, p.site, p.zone, p.cls, p.indicator, p.event, p.window)


def _assertion_key(a: Assertion) -> tuple[object, ...]:
    return (a.says, a.of, a.low, a.high, a.unit, a.on, a.since, a.which, a.than, a.denied, a.table, a.where)


def _reports(claims: Sequence[Claim], chains: Chains) -> list[frozenset[str]]:
    """The origins of each teller: what one source says twice is one report."""
    by_teller = {chains.told[c.id][0]: chains.back_to[c.id] for c in claims if chains.told[c.id]}
    return list(by_teller.values())


def _documents(chains: Chains) -> tuple[DocumentShare, ...]:
    case, known, back_to = chains.case, chains.known, chains.back_to
    read: dict[str, list[Claim]] = {}
    for claim in case.claims:
        if claim.chain:
            read.setdefault(claim.chain[-1], []).append(claim)
    return tuple(
        DocumentShare(
            source=source,
            claims=tuple(c.id for c in claims),
            single=tuple(c.id for c in claims if len(set(_groups(set(back_to[c.id]), known).values())) == 1),
            anonymous=tuple(c.id for c in claims if all(is_anonymous(o, known) for o in back_to[c.id])),
            origins=_in_order(case, {o for c in claims for o in back_to[c.id]}),
        )
        for source, claims in read.items()
    )


def _reliances(case: Case) -> tuple[Reliance, ...]:
    declared = {(s.id, on) for s in case.sources for on in s.relies_on}
    of_claims: dict[tuple[str, str], list[str]] = {pair: [] for s in case.sources for pair in _pairs(s)}
    for claim in case.claims:
        for told, by in pairwise(claim.chain):
            of_claims.setdefault((by, told), []).append(claim.id)
    return tuple(
        Reliance(of=of, on=on, declared=(of, on) in declared, claims=tuple(claims))
        for (of, on), claims in of_claims.items()
    )


def _pairs(source: Source) -> list[tuple[str, str]]:
    return [(source.id, on) for on in source.relies_on]


def _in_order(case: Case, ids: Iterable[str]) -> tuple[str, ...]:
    """In the order of the case; what it does not declare comes last, by name."""
    some = set(ids)
    declared = [s.id for s in case.sources if s.id in some] if len(some) > 1 else []
    return (*dict.fromkeys(declared), *sorted(some.difference(declared)))


def is_anonymous(source: str, known: Known) -> bool:
    return source in known and known[source].kind == "anonymous"
