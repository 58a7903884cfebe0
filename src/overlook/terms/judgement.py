"""Judgements: what the findings say of each part of a claim. The claim itself is a person's to judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.ach import AchMatrix
from overlook.terms.compliance import ComplianceMatrix
from overlook.terms.need import Need
from overlook.terms.said import Likelihood, Opinion, Retraction

Verdict = Literal[
    "supported",
    "consistent, not diagnostic",
    "mixed",
    "inconsistent",
    "not observable",
    "insufficient imagery",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one prediction of a claim (or of a commitment's indicator).

    `observable` is the tested statement in words; `likelihood` and `probability` are of it alone, from a posterior,
    None when nothing was tested or the finding is exploratory. `rivals_against` predicted otherwise;
    `rivals_open` predict the same images and stay open.
    """

    claim: str
    prediction: str
    verdict: Verdict
    observable: str
    why: tuple[str, ...]
    findings: tuple[str, ...] = ()
    probability: float | None = None
    likelihood: Likelihood | None = None
    rivals_against: tuple[str, ...] = ()
    rivals_open: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOpinion:
    """An opinion, whether it was signed over the evidence as it stands, and its retraction if it was taken back."""

    opinion: Opinion
    is_stale: bool
    retraction: Retraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimJudgement:
    """All parts of one claim. `evidence` is the digest that an analyst signs over.

    `status`: "machine draft" until a named analyst and a second reader signed over this evidence; "retracted" when the
    claim itself was taken back, whoever signed it.
    """

    claim: str
    parts: tuple[Judgement, ...]
    not_observable: tuple[str, ...]
    evidence: str
    status: Literal["machine draft", "signed", "signed, unread by a second reader", "stale", "retracted"]
    opinions: tuple[SignedOpinion, ...] = ()
    #: What the sources of this claim share: circular reporting, anonymity, a single origin.
    source_notes: tuple[str, ...] = ()
    disputes: tuple[str, ...] = ()
    #: Which finding tells the claim from its rivals; None where no part names a rival, or none was answered.
    ach: AchMatrix | None = None
    #: Of a commitment alone.
    compliance: ComplianceMatrix | None = None
