"""The rows of the exported tables, as plain data in the order of the assessment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from overlook.report.answers import Answer, answer
from overlook.report.event import few_counts
from overlook.report.said import need_view
from overlook.report.words import Names
from overlook.terms import (
    ActivityFinding,
    Assessment,
    BreakFinding,
    CompositeFinding,
    EventFinding,
    Finding,
    Index,
    Interval,
    PresenceFinding,
    TransitionFinding,
    TurnoverFinding,
)


def answers_of(assessment: Assessment) -> tuple[Answer, ...]:
    """Every finding as the report tells it, under the report's own F-number."""
    names = Names.of(assessment.case)
    measured = frozenset(o.series for o in assessment.observations if isinstance(o, Index))
    return tuple(
        answer(f, n, names, is_index=f.series in measured, counts=few_counts(f, assessment.observations))
        for n, f in enumerate(assessment.findings, 1)
    )


def finding_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for finding, said in zip(assessment.findings, answers_of(assessment), strict=True):
        series = finding.series
        yield {
            "id": finding.id,
            "kind": finding.kind,
            "site": series.site,
            "zone": series.zone,
            "cls": series.cls,
            "verdict": finding.verdict,
            "exploratory": getattr(finding, "exploratory", None),
            "sentence": said.sentence,
            "missed": said.missed or None,
            "notes": list(finding.notes),
            "evidence": list(finding.evidence),
        } | _numbers(finding)


def _numbers(finding: Finding) -> dict[str, Any]:
    """The numbers of each kind under common names; what a kind has none of stays null."""
    if isinstance(finding, EventFinding):
        span = Interval(start=finding.before.start, end=max(finding.before.end, finding.after.end))
        missed = finding.missed
        return {
            "event": finding.event,
            "also_same": finding.also_same,
            "images": finding.n_before + finding.n_after,
            "margin": finding.margin,
            "p_value": finding.step.p_value if finding.step else None,
            "smallest_ratio_up": missed.smallest_ratio_up,
            "smallest_ratio_down": missed.smallest_ratio_down,
            "smallest_margin": missed.smallest_margin,
            "images_needed": missed.images_needed,
        } | (_span(span) | _estimate("ratio", finding.ratio))
    if isinstance(finding, ActivityFinding):
        return {"images": finding.n_images} | _span(finding.window) | _estimate("rate", finding.rate)
    if isinstance(finding, PresenceFinding):
        seen = finding.n_present + finding.n_absent + finding.n_cannot_tell
        told = {"images": seen, "chance_missed": finding.chance_missed, "identification": finding.identification}
        return told | _span(finding.window)
    if isinstance(finding, TransitionFinding):
        return {"identification": finding.identification} | _span(finding.between)
    if isinstance(finding, CompositeFinding):
        return {"event": finding.event, "also_same": finding.also_same, "p_value": finding.p_value}
    if isinstance(finding, TurnoverFinding):
        told = {"images": finding.n_images, "p_value": finding.p_value}
        return told | _span(finding.window) | _estimate("dwell_d", finding.dwell_d)
    assert isinstance(finding, BreakFinding)
    return {"images": finding.n_images, "p_value": finding.p_value} | _span(finding.window)


def _span(during: Interval | None) -> dict[str, Any]:
    return {"start": during.start, "end": during.end} if during else {}


def _estimate(of: str, estimate: Any) -> dict[str, Any]:
    if estimate is None:
        return {}
    return {
        "estimate_of": of,
        "estimate": estimate.estimate,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
    }


def judgement_rows(assessment: Assessment, *, with_needs: bool) -> Iterator[dict[str, Any]]:
    names = Names.of(assessment.case)
    for whole in assessment.judgements:
        for part in whole.parts:
            needs = [need_view(n, names) for n in part.needs] if with_needs else []
            yield {
                "claim": part.claim,
                "prediction": part.prediction,
                "verdict": part.verdict,
                "status": whole.status,
                "observable": part.observable,
                "likelihood": part.likelihood,
                "probability": part.probability,
                "why": list(part.why),
                "findings": list(part.findings),
                "rivals_against": list(part.rivals_against),
                "rivals_open": list(part.rivals_open),
                "would_change": list(part.would_change),
                "needs": [f"{n.images} {n.text}".strip() for n in needs] if with_needs else None,
                "evidence": whole.evidence,
            }


def opinion_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for signed in (s for j in assessment.judgements for s in j.opinions):
        opinion = signed.opinion
        yield {
            "claim": opinion.claim,
            "analyst": opinion.analyst,
            "signed": opinion.signed,
            "likelihood": opinion.likelihood,
            "confidence": opinion.confidence,
            "reasons": list(opinion.reasons),
            "second_reader": opinion.second_reader or None,
            "dissent": opinion.dissent,
            "stale": signed.is_stale,
            "retracted": signed.retraction.made if signed.retraction else None,
            "evidence": opinion.evidence,
        }


def gap_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for gap in assessment.gaps:
        row = {"site": gap.site, "zone": gap.zone, "reason": gap.reason, "scene": gap.scene, "detail": gap.detail}
        for span in gap.spans or (gap.during,):
            yield row | _span(span)


def source_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    retracted = {r.source: r.made for r in assessment.case.retractions if r.source}
    for source in assessment.case.sources:
        yield {
            "id": source.id,
            "name": source.name,
            "kind": source.kind,
            "reliability": source.reliability,
            "relies_on": list(source.relies_on),
            "citation": source.citation or None,
            "digest": source.digest or None,
            "retracted": retracted.get(source.id),
        }


def claim_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    judged = {j.claim: j for j in assessment.judgements}
    for claim in assessment.case.claims:
        row = {
            "id": claim.id,
            "quote": claim.quote,
            "kind": claim.kind,
            "chain": list(claim.chain),
            "credibility": claim.credibility,
            "status": judged[claim.id].status if claim.id in judged else "machine draft",
            "not_observable": list(judged[claim.id].not_observable if claim.id in judged else claim.not_observable),
            "disputed_by": list(claim.disputed_by),
            "note": claim.note or None,
        }
        yield row | _span(claim.said)


def image_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for scene in assessment.scenes:
        row = {
            "scene": scene.id,
            "when_source": scene.when_source,
            "kind": scene.kind,
            "sensor": scene.sensor,
            "gsd_m": scene.gsd_m,
            "off_nadir_deg": scene.off_nadir_deg,
            "sun_elevation_deg": scene.sun_elevation_deg,
            "catalogue_id": scene.catalogue_id or None,
            "why_acquired": scene.why_acquired,
            "may_publish": scene.rights.may_publish,
            "licence": scene.rights.licence or None,
            "credit": scene.rights.credit or None,
            "digest": scene.digest,
        }
        yield row | _span(scene.when)
