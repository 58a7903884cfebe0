"""Signed judgements as ClaimReview (schema.org), one self-contained JSON-LD document a claim or commitment.

A machine draft is no review: only a claim, or a commitment, that a named analyst signed and a second person read, over
the evidence as it stands, is exported. The rating is the analyst's own word of likelihood in `alternateName`. There is
no `ratingValue`: schema.org makes every property optional, Google's "Fact check (ClaimReview) structured data" requires
`alternateName` and merely recommends the number, and nobody signed a number. `url` is the publisher's to add: it
names the page on which the review will stand, which nobody here knows.
"""

from __future__ import annotations

import re
from datetime import UTC, date
from typing import Any

from overlook.claims.phrases import listed, whole_days
from overlook.errors import RefusedError
from overlook.report import lint
from overlook.report.exports import UNNAMED, LeftOut, stands
from overlook.report.page import declared_words
from overlook.report.words import PERCENT, as_sentence, day, time_zone
from overlook.terms import (
    ERASED,
    Assessment,
    Case,
    Claim,
    ClaimJudgement,
    Commitment,
    Interval,
    Judgement,
    Opinion,
    Source,
)

_URL = re.compile(r"https?://[^\s<>\"'`\\]+")
_WHY_NOT = {
    "machine draft": "it is a machine draft: nobody has signed it",
    "signed, unread by a second reader": "it is signed, but no second person has read it",
    "stale": "its signature is out of date: the evidence has changed since",
    "retracted": "it was retracted",
}


def claim_reviews(assessment: Assessment) -> tuple[list[dict[str, Any]], tuple[LeftOut, ...]]:
    """A document for each claim and commitment that was signed, in the case's order; those left out, with the reason.

    Raises RefusedError E-REFUSED-UNSIGNED when none is left, naming each; and what `lint` raises when a sentence,
    an analyst's reason among them, may not be published.
    """
    judged = {j.claim: j for j in assessment.judgements}
    made, left_out = [], []
    subjects: tuple[Claim | Commitment, ...] = (*assessment.case.claims, *assessment.case.commitments)
    for claim in subjects:
        judgement = judged.get(claim.id)
        why = _why_not(judgement)
        if judgement is None or why:
            left_out.append(LeftOut(claim.id, why))
        else:
            made.append(_review(claim, judgement, assessment.case))
    if not made:
        raise RefusedError(
            "E-REFUSED-UNSIGNED",
            "no claim may be exported as a ClaimReview: "
            + ("; ".join(_refused(left, assessment.case) for left in left_out) or "the case declares no claim"),
            remedy="sign the claim in case.yaml under `opinions:` with a likelihood and a second reader, assess again",
        )
    return made, tuple(left_out)


def _refused(left: LeftOut, case: Case) -> str:
    what = "claim" if any(c.id == left.claim for c in case.claims) else "commitment"
    return f"{what} '{left.claim}': {left.why}"


def _why_not(judgement: ClaimJudgement | None) -> str:
    """Why a claim may not be exported; empty when it may."""
    if judgement is None:
        return "it was not judged"
    if judgement.status != "signed":
        return _WHY_NOT.get(judgement.status, f"it is {judgement.status}")
    signers = _signers(judgement)
    if any(ERASED in name for o in signers for name in (o.analyst, o.second_reader)):
        return "the name of a person who signed it was erased"
    words = list(dict.fromkeys(o.likelihood for o in signers if o.likelihood))
    if not words:
        return "it was signed without a likelihood"
    if len(words) > 1:
        return f"it was signed with {len(words)} likelihoods: {listed(words)}"
    return ""


def _signers(judgement: ClaimJudgement) -> list[Opinion]:
    standing = [s.opinion for s in judgement.opinions if stands(s)]
    return [o for o in standing if not o.dissent and o.analyst.strip()]


def _review(subject: Claim | Commitment, judgement: ClaimJudgement, case: Case) -> dict[str, Any]:
    signers = _signers(judgement)
    lint.check_opinions(subject.id, [s.opinion for s in judgement.opinions if stands(s)])
    likelihood = next(o.likelihood for o in signers if o.likelihood)
    readers = dict.fromkeys(o.second_reader for o in signers if o.second_reader.strip())
    analysts = dict.fromkeys(o.analyst for o in signers)
    signed = max(o.signed for o in signers).isoformat()
    review: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": subject.quote if isinstance(subject, Claim) else subject.text,
        "itemReviewed": _claim(subject, case) if isinstance(subject, Claim) else _undertaking(subject, case),
        "author": [_person(name) for name in analysts],
        "dateCreated": signed,
        "datePublished": signed,
        "reviewRating": {
            "@type": "Rating",
            "alternateName": f"{likelihood[:1].upper()}{likelihood[1:]}",
            "ratingExplanation": f"A word of likelihood of ICD 203, for a chance of {PERCENT[likelihood]}.",
        },
        "reviewBody": _body(judgement, signers, case),
        "identifier": {
            "@type": "PropertyValue",
            "propertyID": "SHA-256 of the evidence that was signed over",
            "value": judgement.evidence,
        },
    }
    if others := [name for name in readers if name not in analysts]:
        review["contributor"] = [_person(name) for name in others]
    return review


def _claim(claim: Claim, case: Case) -> dict[str, Any]:
    """The Claim: who is said to know is its author, where it was read its appearance; the chain in words."""
    known = {s.id: s for s in case.sources}
    chain = [known[s] for s in claim.chain if s in known]
    said: dict[str, Any] = {"@type": "Claim", "text": claim.quote}
    if chain and chain[0].kind != "image":
        said["author"] = _author(chain[0])
    if claim.said is not None:
        said["datePublished"] = _first_day(claim.said, case).isoformat()
    if documents := [s for s in chain if s.kind in ("document", "image")]:
        said["appearance"] = [_work(s) for s in documents]
    if len(chain) > 1:
        passed_on = listed(_name(s) for s in reversed(chain[1:]))
        said["description"] = as_sentence(f"As passed on by {passed_on}, from {_name(chain[0])}")
    return said


def _undertaking(commitment: Commitment, case: Case) -> dict[str, Any]:
    """Who bound himself stands in the description: a party may be a person or a state, and nobody declares which."""
    said: dict[str, Any] = {"@type": "Claim", "text": commitment.text}
    if commitment.made is not None:
        said["datePublished"] = _first_day(commitment.made, case).isoformat()
    if documents := [s for s in case.sources if s.id == commitment.source and s.kind in ("document", "image")]:
        said["appearance"] = [_work(s) for s in documents]
    if commitment.parties:
        said["description"] = as_sentence(f"Undertaken by {listed(commitment.parties)}")
    return said


def _first_day(said: Interval, case: Case) -> date:
    """A whole day of the case's only site keeps the date it has there; anything else is dated in UTC."""
    zone = time_zone(case.sites[0].timezone) if len(case.sites) == 1 else None
    whole = whole_days(said, zone or UTC) or whole_days(said, UTC)
    return whole[0] if whole else said.start.date()


def _name(source: Source) -> str:
    return UNNAMED if source.kind == "anonymous" else source.name


def _author(source: Source) -> dict[str, Any]:
    return {"@type": "Organization" if source.kind == "document" else "Person", "name": _name(source)}


def _work(source: Source) -> dict[str, Any]:
    work: dict[str, Any] = {"@type": "CreativeWork", "name": source.name}
    if _URL.fullmatch(source.citation):
        work["url"] = source.citation
    elif source.citation:
        work["citation"] = source.citation
    return work


def _person(name: str) -> dict[str, str]:
    return {"@type": "Person", "name": " ".join(name.split())}


def _body(judgement: ClaimJudgement, signers: list[Opinion], case: Case) -> str:
    """The notice; what the images say of each part, and cannot say; the confidence, the reasons, and who dissents.

    Likelihood and confidence stand in sentences of their own, as ICD 203 asks.
    """
    parts = [as_sentence(case.notice)] if case.notice else []
    parts += [_part(part, judgement.claim, case) for part in judgement.parts]
    parts += _kept(judgement, case)
    if judgement.not_observable and judgement.compliance is None:
        parts.append(f"No image can show {listed(f'“{text}”' for text in judgement.not_observable)}.")
    own = " ".join([*parts, *(as_sentence(note) for note in judgement.source_notes)])
    lint.check_text(own, where=f"claim {judgement.claim}", declared=declared_words(case))
    said = [own, *_taken_back(judgement.claim, case)]
    for opinion in signers:
        said += [as_sentence(reason) for reason in opinion.reasons]
        said += [f"Confidence of {opinion.analyst}: {opinion.confidence}."] if opinion.confidence else []
    for opinion in (s.opinion for s in judgement.opinions if s.opinion.dissent and stands(s)):
        who = "an analyst whose name was erased" if ERASED in opinion.analyst else opinion.analyst
        said.append(f"A dissent stands on record, by {who}.")
        said += [f"Likelihood in the dissent: {opinion.likelihood}."] if opinion.likelihood else []
        said += [f"Confidence in the dissent: {opinion.confidence}."] if opinion.confidence else []
        said += [as_sentence(reason) for reason in opinion.reasons]
    return " ".join(text for text in said if text)


def _kept(judgement: ClaimJudgement, case: Case) -> list[str]:
    """Of a commitment: what nobody defined, and each obligation in the last period that was reported."""
    matrix = judgement.compliance
    if matrix is None:
        return []
    said = [f"Not defined: “{t.term}” (missing: {listed(t.missing)})." for t in matrix.open_terms if t.missing]
    texts = {o.id: o.text for k in case.commitments if k.id == judgement.claim for o in k.obligations}
    for row in matrix.rows:
        if matrix.periods:
            last = row.statuses[-1]
            told = f"“{texts.get(row.obligation, row.obligation)}”, {matrix.periods[-1].label}: {last.status}."
            cells = (i.cells[-1] for i in row.indicators)
            said += [told, *last.notes, *(as_sentence(c.said) for c in cells if c is not None and c.said)]
    return [*said, *matrix.notes]


def _taken_back(claim: str, case: Case) -> list[str]:
    """Sources of the claim that took back what they said, with the day and the reason."""
    chain = {s for c in case.claims if c.id == claim for s in c.chain}
    known = {s.id: s for s in case.sources}
    return [
        f"Retracted on {day(r.made)}, {_name(known[r.source])}: {as_sentence(r.why)}"
        for r in case.retractions
        if r.source in chain and r.source in known
    ]


def _part(part: Judgement, claim: str, case: Case) -> str:
    subjects: tuple[Claim | Commitment, ...] = (*case.claims, *case.commitments)
    predictions = {p.id: p for c in subjects if c.id == claim for p in c.predictions}
    statement = predictions[part.prediction].statement if part.prediction in predictions else ""
    what = f"“{statement.rstrip('.')}”" if statement else f"Part {part.prediction}"
    said = [f"{what}: {part.verdict}."]
    # What was not shown carries its own label (*not settled*, *contradicted*).
    label = "Tested: " if part.verdict in ("supported", "consistent, not diagnostic") else ""
    said += [f"{label}{as_sentence(part.observable)}"] if part.observable else []
    if part.likelihood:
        said.append(f"Likelihood of what was tested: {part.likelihood} ({PERCENT[part.likelihood]}).")
    return " ".join([*said, *(as_sentence(text) for text in part.why if text)])
