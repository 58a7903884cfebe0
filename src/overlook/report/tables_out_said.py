"""The rows of the exported tables on what was undertaken, held side by side, and done: as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from overlook.report.words import Names, need_text
from overlook.terms import Assessment, Commitment, ComplianceMatrix, Interval


def commitment_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    judged = {j.claim: j.status for j in assessment.judgements}
    for k in assessment.case.commitments:
        yield {
            "id": k.id,
            "text": k.text,
            "parties": list(k.parties),
            "deadline": k.deadline.end if k.deadline else None,
            "undefined": list(k.undefined),
            "source": k.source or None,
            "status": judged.get(k.id, "machine draft"),
        } | _span(k.made)


def obligation_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for commitment in assessment.case.commitments:
        for o in commitment.obligations:
            yield {
                "commitment": commitment.id,
                "obligation": o.id,
                "text": o.text,
                "deadline": o.deadline.end if o.deadline else None,
                "reversible": o.reversible,
                "undefined": list(o.undefined),
                "defined": [f"{element}: {words}" for element, words in o.defined],
                "indicators": [i.prediction.id for i in o.indicators],
            }


def compliance_rows(assessment: Assessment, *, publication: bool) -> Iterator[dict[str, Any]]:
    """One row an indicator and period. An obligation without an indicator has a row a period, its indicator null."""
    names = Names.of(assessment.case)
    for commitment, matrix in _matrices(assessment):
        for row in matrix.rows:
            for n, period in enumerate(matrix.periods):
                of = row.statuses[n]
                base = {
                    "commitment": commitment.id,
                    "obligation": row.obligation,
                    "period": period.label,
                    "obligation_status": of.status,
                    "obligation_notes": list(of.notes),
                } | _span(period.during)
                if not row.indicators:
                    yield base
                for indicator in row.indicators:
                    cell = indicator.cells[n]
                    told = {
                        "indicator": indicator.indicator,
                        "observable": indicator.observable,
                        "shows": indicator.shows,
                    }
                    needs = [f"{need_text(need, names)} {need.text}" for need in cell.needs] if cell else []
                    yield (
                        base
                        | told
                        | {
                            "status": cell.status if cell else None,
                            "said": cell.said if cell else None,
                            "findings": list(cell.findings) if cell else None,
                            "needs": None if publication else needs,
                        }
                    )


def term_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for commitment, matrix in _matrices(assessment):
        for term in matrix.open_terms:
            yield {
                "commitment": commitment.id,
                "obligation": term.obligation or None,
                "term": term.term,
                "missing": list(term.missing),
                "given": [f"{element}: {words}" for element, words in term.given],
                "declared": term.declared,
                "why": term.why,
            }


def comparison_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for c in assessment.comparisons:
        yield {
            "claim": c.claim,
            "against": c.against,
            "other": c.other,
            "outcome": c.outcome,
            "ours": c.ours,
            "theirs": c.theirs,
            "why": c.why,
        }


def record_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for r in assessment.record:
        yield {"entry": r.entry, "at": r.at, "act": r.act, "of": r.of, "by": r.by or None, "text": r.text or None}


def _matrices(assessment: Assessment) -> Iterator[tuple[Commitment, ComplianceMatrix]]:
    judged = {j.claim: j.compliance for j in assessment.judgements}
    for commitment in assessment.case.commitments:
        matrix = judged.get(commitment.id)
        if matrix is not None:
            yield commitment, matrix


def _span(during: Interval | None) -> dict[str, Any]:
    return {"start": during.start, "end": during.end} if during else {}
