"""Who signed what. An opinion holds for the evidence it was signed over, and for no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from overlook.claims.chain_standing import Standing
from overlook.terms import (
    Case,
    Claim,
    Commitment,
    Finding,
    Judgement,
    ModelUse,
    Opinion,
    Plan,
    Retraction,
    SignedOpinion,
    digest,
)

#: The least of a digest that a signature may stand on.
MIN_EVIDENCE = 12

Status = Literal["machine draft", "signed", "signed, unread by a second reader", "stale", "retracted"]


def evidence_of(
    subject: Claim | Commitment,
    parts: Sequence[Judgement],
    findings: Iterable[Finding],
    standing: Standing,
    case: Case,
) -> str:
    """SHA-256 over the statement, what its parts were judged to be, the findings they rest on and how it stands.

    This is what is signed over; so are the case's plan and detectors, which decide how everything is answered. A
    finding carries the digests of its images, boxes and counts: another image or reading of it shows there. How it is
    told is left out: an image that shows nothing of a part, or another wording, unsigns nobody.
    """
    used = tuple(replace(f, notes=()) for f in sorted(findings, key=lambda f: f.id))
    judged = tuple(replace(p, observable="", why=(), would_change=(), needs=()) for p in parts)
    whole = (subject, judged, used, standing, case.plan, case.models)
    kind = tuple[Claim | Commitment, tuple[Judgement, ...], tuple[Finding, ...], Standing, Plan, tuple[ModelUse, ...]]
    return digest(whole, kind)


def opinions_of(
    subject: str, opinions: Sequence[Opinion], evidence: str, retractions: Sequence[Retraction] = ()
) -> tuple[SignedOpinion, ...]:
    """Every opinion on a claim, dissents, stale and retracted ones too, in the order in which they were declared."""
    back = {_person(r.analyst): r for r in retractions if r.is_of_opinion and r.claim == subject}
    return tuple(
        SignedOpinion(opinion=o, is_stale=not _holds(o, evidence), retraction=_taken_back(o, back))
        for o in opinions
        if o.claim == subject
    )


def _taken_back(opinion: Opinion, back: Mapping[str, Retraction]) -> Retraction | None:
    """The retraction of an opinion. Whoever signs again after it has an opinion again."""
    retraction = back.get(_person(opinion.analyst))
    return retraction if retraction and opinion.signed <= retraction.made else None


def status_of(subject: str, opinions: Sequence[SignedOpinion], retractions: Sequence[Retraction] = ()) -> Status:
    """Signed when a named analyst and a second person signed or read over this evidence.

    A dissent is kept and printed; it signs nothing, and neither does an opinion that was retracted. Two analysts who
    agree have read each other.
    """
    if any(r.claim == subject and not r.is_of_opinion for r in retractions):
        return "retracted"
    opinions = [o for o in opinions if o.retraction is None]
    assenting = [o for o in opinions if not o.opinion.dissent and o.opinion.analyst.strip()]
    standing = [o.opinion for o in assenting if not o.is_stale]
    people = {_person(name) for o in standing for name in (o.analyst, o.second_reader) if name.strip()}
    if len(people) > 1:
        return "signed"
    if standing:
        return "signed, unread by a second reader"
    return "stale" if assenting else "machine draft"


def _holds(opinion: Opinion, evidence: str) -> bool:
    signed = opinion.evidence.strip().lower()
    return len(signed) >= MIN_EVIDENCE and evidence.startswith(signed)


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()
