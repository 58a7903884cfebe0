"""What people said and did, in the provenance: claims, undertakings, judgements, opinions, and the record of acts."""

from __future__ import annotations

from overlook.report.prov_graph import Graph, by_digest, named
from overlook.terms import (
    Assessment,
    Case,
    Claim,
    ClaimJudgement,
    Commitment,
    Comparison,
    SignedOpinion,
    Source,
    digest,
)

_KINDS = {"document": "Organization", "image": "Agent"}


def add_claims(graph: Graph, assessment: Assessment, *, software: str, case: str) -> list[str]:
    """Add them; returns the ids of all judgements of whole claims and of all opinions."""
    known = {s.id: s for s in assessment.case.sources}
    for claim in assessment.case.claims:
        _claim(graph, claim, known, case)
    for commitment in assessment.case.commitments:
        _commitment(graph, commitment, known, case)
    for comparison in assessment.comparisons:
        _comparison(graph, comparison, assessment.case, software, case)
    findings = {f.id for f in assessment.findings}
    made = []
    for judgement in assessment.judgements:
        made += _judgement(graph, judgement, findings, software)
        made += _followed(graph, judgement, findings)
        made += [_opinion(graph, judgement, n, signed) for n, signed in enumerate(judgement.opinions, 1)]
    return made


def add_record(graph: Graph, assessment: Assessment) -> None:
    """What people did, as the ledger has it: an activity an entry, with who did it and what it was done to."""
    for done in assessment.record:
        act = graph.activity(
            named("act", str(done.entry), done.of), "Act", f"{done.act} {done.of}", at=done.at, act=done.act,
            ledgerEntry=done.entry, text=done.text,
        )  # fmt: skip
        kind, _, ident = done.of.partition(" ")
        target = named(kind, ident)
        graph.used(act, [target] if kind == "claim" and graph.has(target) else [])
        if done.by.strip():
            graph.associated(act, _person(graph, done.by))


def _commitment(graph: Graph, commitment: Commitment, known: dict[str, Source], case: str) -> None:
    made = commitment.made
    name = graph.entity(
        named("claim", commitment.id), "Commitment", commitment.text, parties=list(commitment.parties),
        undefined=list(commitment.undefined), madeFrom=made.start.isoformat() if made else None,
        madeTo=made.end.isoformat() if made else None,
    )  # fmt: skip
    graph.derived(name, [case])
    if commitment.source in known:
        graph.attributed(name, _source(graph, known[commitment.source]))
    for o in commitment.obligations:
        of = graph.entity(
            named("obligation", commitment.id, o.id), "Obligation", o.text, reversible=o.reversible,
            deadline=o.deadline.end.isoformat() if o.deadline else None, undefined=list(o.undefined),
        )  # fmt: skip
        graph.derived(of, [name])


def _followed(graph: Graph, judgement: ClaimJudgement, findings: set[str]) -> list[str]:
    """The compliance matrix: an entity an obligation and period, and one an indicator of it, from their findings."""
    matrix = judgement.compliance
    if matrix is None:
        return []
    act, made = named("judge", judgement.claim), []
    for row in matrix.rows:
        obligation = named("obligation", judgement.claim, row.obligation)
        for n, period in enumerate(matrix.periods):
            whole = graph.entity(
                named("compliance", judgement.claim, row.obligation, period.label), "Compliance",
                f"{row.obligation}, {period.label}", status=row.statuses[n].status,
                notes=list(row.statuses[n].notes), seenFrom=period.during.start.isoformat(),
                seenTo=period.during.end.isoformat(),
            )  # fmt: skip
            graph.generated(whole, act)
            graph.derived(whole, [obligation])
            made.append(whole)
            for indicator in row.indicators:
                cell = indicator.cells[n]
                if cell is None:
                    continue
                name = graph.entity(
                    named("compliance", judgement.claim, row.obligation, period.label, indicator.indicator),
                    "IndicatorStatus", indicator.observable, status=cell.status, shows=indicator.shows, text=cell.said,
                )  # fmt: skip
                rests_on = [named("finding", f) for f in cell.findings if f in findings]
                graph.used(act, rests_on)
                graph.generated(name, act)
                graph.derived(name, [obligation, *rests_on])
                graph.derived(whole, [name])
    return made


def _comparison(graph: Graph, c: Comparison, case: Case, software: str, whole: str) -> None:
    """Two things held side by side. Neither is derived from the other."""
    other = named("claim" if c.against != "fact" else "fact", c.other)
    if not graph.has(other):
        fact = next((f for f in case.facts if f.id == c.other), None)
        graph.derived(graph.entity(other, "Fact", fact.text if fact else c.theirs), [whole])
    name = graph.entity(
        named("comparison", c.claim, c.against, c.other, digest(c)[:16]), "Comparison", f"{c.claim} and {c.other}",
        outcome=c.outcome, ours=c.ours, theirs=c.theirs, why=c.why,
    )  # fmt: skip
    act = graph.activity(named("compare"), "Compare")
    graph.associated(act, software)
    graph.used(act, [named("claim", c.claim), other])
    graph.generated(name, act)
    graph.derived(name, [named("claim", c.claim), other])


def _claim(graph: Graph, claim: Claim, known: dict[str, Source], case: str) -> None:
    said = claim.said
    name = graph.entity(
        named("claim", claim.id), "Claim", claim.quote, chain=list(claim.chain), credibility=claim.credibility,
        saidFrom=said.start.isoformat() if said else None, saidTo=said.end.isoformat() if said else None,
    )  # fmt: skip
    graph.derived(name, [case])
    for source in (known[s] for s in claim.chain if s in known):
        graph.attributed(name, _source(graph, source))
        if source.digest:
            text = graph.entity(by_digest(source.digest), "Document", source.name, citation=source.citation)
            graph.derived(name, [text])


def _source(graph: Graph, source: Source) -> str:
    agent = named("source", source.id)
    if not graph.has(agent):
        graph.agent(agent, _KINDS.get(source.kind, "Person"), source.name, reliability=source.reliability)
    return agent


def _person(graph: Graph, name: str) -> str:
    agent = named("person", " ".join(name.split()))
    if not graph.has(agent):
        graph.agent(agent, "Person", name)
    return agent


def _judgement(graph: Graph, judgement: ClaimJudgement, findings: set[str], software: str) -> list[str]:
    claim = named("claim", judgement.claim)
    if not graph.has(claim):
        graph.entity(claim, "Claim", judgement.claim)
    whole = graph.entity(
        named("judgement", judgement.claim), "ClaimJudgement", judgement.claim, status=judgement.status,
        evidence=judgement.evidence,
    )  # fmt: skip
    act = graph.activity(named("judge", judgement.claim), "Judge")
    graph.associated(act, software)
    graph.used(act, [claim])
    graph.generated(whole, act)
    graph.derived(whole, [claim])
    for part in judgement.parts:
        name = graph.entity(
            named("judgement", part.claim, part.prediction), "Judgement", f"{part.claim}/{part.prediction}",
            verdict=part.verdict, likelihood=part.likelihood, probability=part.probability,
        )  # fmt: skip
        rests_on = [named("finding", f) for f in part.findings if f in findings]
        graph.used(act, rests_on)
        graph.generated(name, act)
        graph.derived(name, [claim, *rests_on])
        graph.derived(whole, [name])
    return [whole]


def _opinion(graph: Graph, judgement: ClaimJudgement, n: int, signed: SignedOpinion) -> str:
    opinion, is_stale = signed.opinion, signed.is_stale
    taken_back = signed.retraction.made.isoformat() if signed.retraction else None
    name = graph.entity(
        named("opinion", judgement.claim, str(n)), "Opinion", f"Opinion {n} on {judgement.claim}",
        likelihood=opinion.likelihood, confidence=opinion.confidence, reasons=list(opinion.reasons),
        dissent=opinion.dissent, stale=is_stale, evidence=opinion.evidence, retracted=taken_back,
    )  # fmt: skip
    act = graph.activity(named("sign", judgement.claim, str(n)), "Sign", signedOn=opinion.signed.isoformat())
    # A signature out of date stands over evidence that is no more: it does not rest on the judgement as it is.
    of = [] if is_stale else [named("judgement", judgement.claim)]
    graph.used(act, of)
    graph.generated(name, act)
    graph.derived(name, of or [named("claim", judgement.claim)])
    for person, role in ((opinion.analyst, "analyst"), (opinion.second_reader, "second reader")):
        if person.strip():
            agent = _person(graph, person)
            graph.associated(act, agent, role)
            if role == "analyst":
                graph.attributed(name, agent)
    return name
