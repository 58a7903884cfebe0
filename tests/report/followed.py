"""The fixture with a commitment that was followed over three months, and a record of what people did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from overlook.terms import (
    Assessment,
    Cell,
    ClaimJudgement,
    Commitment,
    ComplianceMatrix,
    Indicator,
    IndicatorRow,
    Interval,
    Need,
    Obligation,
    ObligationRow,
    OpenTerm,
    Period,
    PeriodStatus,
    Recorded,
)
from report import fixture

MONTHS = tuple(
    Period(
        label=f"{name} 2024",
        during=Interval(
            start=datetime(2024, n, 1, tzinfo=UTC), end=datetime(2024, n + 1, 1, tzinfo=UTC) - timedelta(seconds=1)
        ),
    )
    for n, name in ((5, "May"), (6, "June"), (7, "July"))
)


def need(month: int, text: str = "With the whole place visible.") -> Need:
    return Need(site="works", zone="yard", window=MONTHS[month].during, max_gsd_m=0.5, images=6, text=text)


def followed(**judged: Any) -> Assessment:
    base = fixture.assessment()
    prediction = next(p for c in base.case.claims for p in c.predictions)
    finding = base.findings[0].id
    pledge = Commitment(
        id="k9",
        text="To close the gate.",
        parties=("A Party", "Another Party"),
        made=Interval(start=datetime(2024, 4, 30, tzinfo=UTC), end=datetime(2024, 4, 30, tzinfo=UTC)),
        source="paper",
        obligations=(
            Obligation(
                id="gate",
                text="to close the gate",
                reversible=True,
                defined=(("object", "the north gate"),),
                indicators=(Indicator(prediction=prediction),),
            ),
            Obligation(id="trust", text="to restore trust", undefined=("trust",)),
        ),
    )
    few = "insufficient imagery"
    cells = (
        Cell(status="met", said="May 2024: observed.", findings=(finding,)),
        Cell(status=few, said="June 2024: not enough imagery.", needs=(need(1),)),
        Cell(status=few, said="July 2024: not enough imagery.", needs=(need(2),)),
    )
    gate = IndicatorRow(indicator=prediction.id, observable="The gate is shut.", shows="met", cells=cells)
    matrix = ComplianceMatrix(
        periods=MONTHS,
        rows=(
            ObligationRow(
                obligation="gate",
                statuses=(
                    PeriodStatus(status="met"),
                    PeriodStatus(status=few),
                    PeriodStatus(status=few, notes=("It was met in May 2024; it can be undone.",)),
                ),
                indicators=(gate,),
            ),
            ObligationRow(obligation="trust", statuses=(PeriodStatus(status="undefined"),) * 3, indicators=()),
        ),
        open_terms=(OpenTerm(obligation="trust", term="trust", missing=("scope",), why="how much", declared=True),),
    )
    judgement = ClaimJudgement(
        **(
            {"claim": "k9", "parts": (), "not_observable": (), "evidence": "cd" * 32, "status": "machine draft"}
            | judged
        ),
        compliance=matrix,
    )
    at = datetime(2025, 1, 12, 8, tzinfo=UTC)
    return replace(
        base,
        case=replace(base.case, commitments=(*base.case.commitments, pledge)),
        judgements=(*base.judgements, judgement),
        record=(
            Recorded(entry=3, at=at, act="read", of="draft d1", text="paper.txt"),
            Recorded(entry=4, at=at, act="signed", of="claim c1", by="A. Analyst", text="very likely"),
            Recorded(entry=5, at=at, act="graded", of="source paper", by="A. Analyst", text="B"),
        ),
    )
