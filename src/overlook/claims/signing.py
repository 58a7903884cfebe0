"""Who signed what. An opinion holds for the evidence it was signed over, and for no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from overlook.terms import Claim, Commitment, Finding, Judgement, Opinion, SignedOpinion, digest

#: The least of a digest that a signature may stand on.
MIN_EVIDENCE = 12

Status = Literal["machine draft", "signed", "signed, unread by a second reader", "stale"]


def evidence_of(subject: Claim | Commitment, parts: Sequence[Judgement], findings: Iterable[Finding]) -> str:
    """SHA-256 over the statement, what its parts were judged to be and the findings they rest on: what is signed over.

    How it is told is left out: an image that shows nothing of a part, or another wording, unsigns nobody.
    """
    used = tuple(replace(f, notes=()) for f in sorted(findings, key=lambda f: f.id))
    judged = tuple(replace(p, observable="", why=(), would_change=(), needs=()) for p in parts)
    whole = (subject, judged, used)
    return digest(whole, tuple[Claim | Commitment, tuple[Judgement, ...], tuple[Finding, ...]])


def opinions_of(subject: str, opinions: Sequence[Opinion], evidence: str) -> tuple[SignedOpinion, ...]:
    """Every opinion on a claim, dissents and stale ones too, in the order in which they were declared."""
    return tuple(SignedOpinion(opinion=o, is_stale=not _holds(o, evidence)) for o in opinions if o.claim == subject)


def status_of(opinions: Sequence[SignedOpinion]) -> Status:
    """Signed when a named analyst and a second person signed or read over this evidence.

    A dissent is kept and printed; it signs nothing. Two analysts who agree have read each other.
    """
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
