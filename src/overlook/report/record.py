"""What people did to a case, as the page tells it: what was taken back stands on page one, the rest in a table."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.report.words import day
from overlook.terms import Act, Case, Recorded, Retraction

#: What a published page tells: who judged what. What was read and set aside stays in the case.
_PUBLISHED: frozenset[Act] = frozenset(
    {"accepted", "graded", "signed", "dissented", "withdrawn", "retracted", "corrected"}
)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One act of the ledger."""

    entry: int
    when: str
    act: str
    of: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class RetractionView:
    """What does not hold any more: `of` in the words of the page, `quote` where it is of a claim."""

    made: str
    of: str
    quote: str
    why: str
    by: str


def record_rows(record: tuple[Recorded, ...], *, publication: bool) -> tuple[RecordRow, ...]:
    """The record in its order; all of it, or what a published page tells."""
    told = (r for r in record if not publication or is_published(r.act))
    return tuple(
        RecordRow(r.entry, f"{day(r.at)}, {r.at:%H:%M} UTC", r.act, r.of, r.by or "nobody named", r.text) for r in told
    )


def is_published(act: Act) -> bool:
    return act in _PUBLISHED


def retraction_views(case: Case) -> tuple[RetractionView, ...]:
    """Retractions of claims, sources and opinions, as declared."""
    return tuple(_retraction(r, case) for r in case.retractions)


def _retraction(r: Retraction, case: Case) -> RetractionView:
    numbers = {c.id: n for n, c in enumerate(case.claims, 1)}
    quotes = {c.id: c.quote for c in case.claims} | {k.id: k.text for k in case.commitments}
    names = {s.id: s.name for s in case.sources}
    claim = f"claim {numbers[r.claim]}" if r.claim in numbers else "a commitment"
    if r.is_of_opinion:
        of = f"{r.analyst}'s opinion of {claim}"
    else:
        of = claim if r.claim else f"the source {names.get(r.source, r.source)}"
    return RetractionView(day(r.made), of, quotes.get(r.claim, ""), r.why, r.by)
