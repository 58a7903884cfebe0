"""Claims, commitments, sources and signed opinions as the page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from overlook.report.ach import AchView, ach_view
from overlook.report.answers import Answer
from overlook.report.commitments import MatrixView, matrix_view
from overlook.report.words import NONE, PERCENT, Names, anchor, chance, day, days, need_text
from overlook.terms import (
    CREDIBILITY,
    RELIABILITY,
    Assessment,
    Case,
    ClaimJudgement,
    Commitment,
    Judgement,
    Need,
    Prediction,
    SignedOpinion,
    Source,
)

_NOT_JUDGED = "machine draft"
_URL = re.compile(r"https?://[^\s<>\"'`\\]+")


@dataclass(frozen=True, slots=True)
class SourceView:
    anchor: str
    id: str
    name: str
    kind: str
    reliability: str
    relies_on: str
    citation: str
    link: str
    digest: str


@dataclass(frozen=True, slots=True)
class NeedView:
    images: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a claim and what the images say of it. `tested` False: no finding stands behind it."""

    id: str
    statement: str
    verdict: str
    observable: str
    likelihood: str
    probability: str
    why: tuple[str, ...]
    findings: tuple[Answer, ...]
    rivals_against: tuple[str, ...]
    rivals_open: tuple[str, ...]
    would_change: tuple[str, ...]
    needs: tuple[NeedView, ...]


@dataclass(frozen=True, slots=True)
class OpinionView:
    analyst: str
    signed: str
    likelihood: str
    confidence: str
    reasons: tuple[str, ...]
    second_reader: str
    dissent: bool
    stale: bool
    evidence: str
    claim: str
    retracted: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    anchor: str
    number: int
    id: str
    quote: str
    kind: str
    said: str
    chain: tuple[SourceView, ...]
    credibility: str
    note: str
    parts: tuple[PartView, ...]
    not_observable: tuple[str, ...]
    disputes: tuple[str, ...]
    source_notes: tuple[str, ...]
    status: str
    evidence: str
    opinions: tuple[OpinionView, ...]
    ach: AchView | None


@dataclass(frozen=True, slots=True)
class CommitmentView:
    anchor: str
    id: str
    text: str
    parties: str
    made: str
    deadline: str
    undefined: tuple[str, ...]
    source: str
    parts: tuple[PartView, ...]
    not_observable: tuple[str, ...]
    opinions: tuple[OpinionView, ...]
    status: str
    evidence: str
    matrix: MatrixView | None


def sources(case: Case) -> dict[str, SourceView]:
    by_id = {s.id: s for s in case.sources}
    return {s.id: _source(s, by_id) for s in case.sources}


def claim_views(
    assessment: Assessment, answers: Mapping[str, Answer], names: Names, *, with_needs: bool
) -> tuple[ClaimView, ...]:
    case = assessment.case
    known, judged = sources(case), {j.claim: j for j in assessment.judgements}
    facts = {f.id: f"{f.text} ({known[f.source].name if f.source in known else f.source})" for f in case.facts}
    quotes = {c.id: f"Claim {c.id}: “{c.quote}”" for c in case.claims}
    views = []
    for n, claim in enumerate(case.claims, 1):
        judgement = judged.get(claim.id)
        parts = _parts(judgement, claim.predictions, claim.id, answers, names, with_needs=with_needs)
        declared_disputes = tuple(facts.get(d) or quotes.get(d) or d for d in claim.disputed_by)
        views.append(
            ClaimView(
                anchor=anchor("claim", claim.id),
                number=n,
                id=claim.id,
                quote=claim.quote,
                kind=claim.kind,
                said=f"Said {days(claim.said)}" if claim.said else "Date not given",
                chain=tuple(known.get(s) or _unknown(s) for s in claim.chain),
                credibility=_grade(claim.credibility, CREDIBILITY),
                note=claim.note,
                parts=parts,
                not_observable=judgement.not_observable if judgement else claim.not_observable,
                disputes=(judgement.disputes if judgement else ()) or declared_disputes,
                source_notes=judgement.source_notes if judgement else (),
                status=judgement.status if judgement else _NOT_JUDGED,
                evidence=judgement.evidence if judgement else "",
                opinions=tuple(_opinion(o, f"claim {n}") for o in judgement.opinions) if judgement else (),
                ach=ach_view(claim, judgement.ach if judgement else None, answers),
            )
        )
    return tuple(views)


def commitment_views(
    assessment: Assessment, answers: Mapping[str, Answer], names: Names, *, with_needs: bool
) -> tuple[CommitmentView, ...]:
    judged = {j.claim: j for j in assessment.judgements}
    known = sources(assessment.case)
    return tuple(
        _commitment(k, judged.get(k.id), known, answers, names, with_needs=with_needs)
        for k in assessment.case.commitments
    )


def stamp(judgements: tuple[ClaimJudgement, ...]) -> str:
    """What stands on top of the page: unsigned, unless a named person signed over this very evidence."""
    states = [j.status for j in judgements if j.status != "retracted"]
    signed = [s for s in states if s != "machine draft" and s != "stale"]
    if "stale" in states:
        return "Signature out of date: the evidence has changed since"
    if not signed:
        return "Machine draft: unsigned"
    if len(signed) < len(states):
        return f"Partly signed: {len(signed)} of {len(states)} claims. The rest is machine draft"
    if "signed, unread by a second reader" in states:
        return "Signed, not read by a second reader"
    return "Signed and read by a second reader"


def _commitment(
    k: Commitment,
    judgement: ClaimJudgement | None,
    known: Mapping[str, SourceView],
    answers: Mapping[str, Answer],
    names: Names,
    *,
    with_needs: bool,
) -> CommitmentView:
    return CommitmentView(
        anchor=anchor("commitment", k.id),
        id=k.id,
        text=k.text,
        parties=", ".join(k.parties) or "parties not named",
        made=days(k.made) if k.made else "date not given",
        deadline=days(k.deadline) if k.deadline else "no deadline",
        undefined=k.undefined,
        source=known[k.source].name if k.source in known else k.source,
        parts=_parts(judgement, k.indicators, k.id, answers, names, with_needs=with_needs),
        not_observable=judgement.not_observable if judgement else (),
        opinions=tuple(_opinion(o, "a commitment") for o in judgement.opinions) if judgement else (),
        status=judgement.status if judgement else _NOT_JUDGED,
        evidence=judgement.evidence if judgement else "",
        matrix=matrix_view(k, judgement.compliance if judgement else None, answers, names if with_needs else None),
    )


def _parts(
    judgement: ClaimJudgement | None,
    predictions: tuple[Prediction, ...],
    claim: str,
    answers: Mapping[str, Answer],
    names: Names,
    *,
    with_needs: bool,
) -> tuple[PartView, ...]:
    """A prediction that nobody judged still has a row: insufficient imagery, because silence is not support."""
    declared = {p.id: p for p in predictions}
    done = {j.prediction: j for j in judgement.parts} if judgement else {}
    rest = [
        Judgement(
            claim=claim,
            prediction=p.id,
            verdict="insufficient imagery",
            observable=p.statement,
            why=("No question of this part was put to any image.",),
        )
        for p in predictions
        if p.id not in done
    ]
    return tuple(
        _part(j, declared.get(j.prediction), answers, names, with_needs=with_needs) for j in (*done.values(), *rest)
    )


def _part(
    j: Judgement, p: Prediction | None, answers: Mapping[str, Answer], names: Names, *, with_needs: bool
) -> PartView:
    rivals = {r.id: r.name + (" (deception)" if r.is_deception else "") for r in p.rivals} if p else {}
    return PartView(
        id=j.prediction,
        statement=(p.statement if p else "") or j.observable,
        verdict=j.verdict,
        observable=j.observable,
        likelihood=f"{j.likelihood} ({PERCENT.get(j.likelihood, '')})" if j.likelihood else "",
        probability=chance(j.probability) if j.probability is not None else "",
        why=j.why,
        findings=tuple(answers[f] for f in j.findings if f in answers),
        rivals_against=tuple(rivals.get(r, r) for r in j.rivals_against),
        rivals_open=tuple(rivals.get(r, r) for r in j.rivals_open),
        would_change=j.would_change,
        needs=tuple(dict.fromkeys(need_view(n, names) for n in j.needs)) if with_needs else (),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Images to look for, once, and the claims and commitments of which they would settle a part."""

    anchor: str
    number: int
    images: str
    text: str
    settles: tuple[tuple[str, str], ...]


def wanted(claims: tuple[ClaimView, ...], commitments: tuple[CommitmentView, ...]) -> tuple[Wanted, ...]:
    """Every image that a part asks for, those that several ask for once, in the order of the claims."""
    asked: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    views = [(f"claim {c.number}", c.anchor, c.parts) for c in claims]
    views += [("a commitment", k.anchor, k.parts) for k in commitments]
    for name, at, parts in views:
        for need in (n for p in parts for n in p.needs):
            asked.setdefault((need.images, need.text), {})[(name, at)] = None
    return tuple(
        Wanted(_need_anchor(images, text), n, images, text, tuple(settles))
        for n, ((images, text), settles) in enumerate(asked.items(), 1)
    )


def _need_anchor(images: str, text: str) -> str:
    return anchor("images", f"{images} {text}")


def need_view(need: Need, names: Names) -> NeedView:
    """The images, and what they are for."""
    images = need_text(need, names)
    return NeedView(images, need.text, _need_anchor(images, need.text))


def _opinion(signed: SignedOpinion, of: str) -> OpinionView:
    o = signed.opinion
    return OpinionView(
        analyst=o.analyst,
        signed=day(o.signed),
        likelihood=f"Likelihood: {o.likelihood} ({PERCENT.get(o.likelihood, '')})." if o.likelihood else "",
        confidence=f"Confidence: {o.confidence}." if o.confidence else "",
        reasons=o.reasons,
        second_reader=o.second_reader,
        dissent=o.dissent,
        stale=signed.is_stale,
        evidence=o.evidence,
        claim=of,
        retracted=f"Retracted {day(signed.retraction.made)}: {signed.retraction.why}" if signed.retraction else "",
    )


def _source(s: Source, by_id: Mapping[str, Source]) -> SourceView:
    return SourceView(
        anchor=anchor("source", s.id),
        id=s.id,
        name=s.name,
        kind=s.kind,
        reliability=_grade(s.reliability, RELIABILITY),
        relies_on=", ".join(by_id[r].name if r in by_id else r for r in s.relies_on) or NONE,
        citation=s.citation,
        link=s.citation if _URL.fullmatch(s.citation) else "",
        digest=s.digest,
    )


def _unknown(source: str) -> SourceView:
    return SourceView(anchor("source", source), source, source, "not declared", "not graded", NONE, "", "", "")


def _grade(grade: str | None, scale: Mapping[Any, str]) -> str:
    return f"{grade}, {scale[grade]}" if grade else "not graded"
