"""What people said, in the provenance: claims and their chains, judgements, opinions signed over them."""

from __future__ import annotations

from overlook.report.prov_graph import Graph, by_digest, named
from overlook.terms import Assessment, Claim, ClaimJudgement, SignedOpinion, Source

_KINDS = {"document": "Organization", "image": "Agent"}


def add_claims(graph: Graph, assessment: Assessment, *, software: str, case: str) -> list[str]:
    """Add them; returns the ids of all judgements of whole claims and of all opinions."""
    known = {s.id: s for s in assessment.case.sources}
    for claim in assessment.case.claims:
        _claim(graph, claim, known, case)
    for commitment in assessment.case.commitments:
        name = graph.entity(named("claim", commitment.id), "Commitment", commitment.text)
        graph.derived(name, [case])
    findings = {f.id for f in assessment.findings}
    made = []
    for judgement in assessment.judgements:
        made += _judgement(graph, judgement, findings, software)
        made += [_opinion(graph, judgement, n, signed) for n, signed in enumerate(judgement.opinions, 1)]
    return made


def _claim(graph: Graph, claim: Claim, known: dict[str, Source], case: str) -> None:
    said = claim.said
    name = graph.entity(
        named("claim", claim.id), "Claim", claim.quote, chain=list(claim.chain), credibility=claim.credibility,
        saidFrom=said.start.isoformat() if said else None, saidTo=said.end.isoformat() if said else None,
    )  # fmt: skip
    graph.derived(name, [case])
    for source in (known[s] for s in claim.chain if s in known):
        agent = named("source", source.id)
        if not graph.has(agent):
            graph.agent(agent, _KINDS.get(source.kind, "Person"), source.name, reliability=source.reliability)
        graph.attributed(name, agent)
        if source.digest:
            text = graph.entity(by_digest(source.digest), "Document", source.name, citation=source.citation)
            graph.derived(name, [text])


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
            agent = named("person", " ".join(person.split()))
            if not graph.has(agent):
                graph.agent(agent, "Person", person)
            graph.associated(act, agent, role)
            if role == "analyst":
                graph.attributed(name, agent)
    return name
