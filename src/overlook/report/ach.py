"""Competing hypotheses beside the evidence, as the page shows them: a table of C, I and N/A, and no score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from overlook.report.answers import Answer
from overlook.terms import AchMatrix, Claim


@dataclass(frozen=True, slots=True)
class AchRowView:
    part: str
    finding: Answer
    cells: tuple[str, ...]
    tells: str


@dataclass(frozen=True, slots=True)
class AchView:
    """`summary` says how many of the findings tell the hypotheses apart."""

    hypotheses: tuple[str, ...]
    rows: tuple[AchRowView, ...]
    summary: str


def ach_view(claim: Claim, matrix: AchMatrix | None, answers: Mapping[str, Answer]) -> AchView | None:
    """None without a matrix, or when none of its findings is in the report."""
    if matrix is None:
        return None
    statements = {p.id: p.statement or p.id for p in claim.predictions}
    rows = tuple(
        AchRowView(
            part=statements.get(row.part, row.part),
            finding=answers[row.finding],
            cells=row.cells,
            tells=_tells(row.cells, is_diagnostic=row.is_diagnostic, is_weak=row.is_weak),
        )
        for row in matrix.rows
        if row.finding in answers
    )
    if not rows:
        return None
    n = sum(row.is_diagnostic for row in matrix.rows)
    summary = (
        "None of these findings tells the claim from a rival."
        if not n
        else f"{n} of {len(rows)} tell the claim from a rival; the others fit all, or say nothing."
    )
    names = tuple(h.name + (" (deception)" if h.is_deception else "") for h in matrix.hypotheses)
    return AchView(hypotheses=names, rows=rows, summary=summary)


def _tells(cells: tuple[str, ...], *, is_diagnostic: bool, is_weak: bool) -> str:
    if is_diagnostic:
        return "diagnostic"
    if set(cells) == {"N/A"}:
        return "says nothing"
    return "too weak to tell" if is_weak else "not diagnostic"
