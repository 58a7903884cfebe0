"""What was held side by side: claims with facts, with each other and with the quotes that they retell.

Both stand here with who said them and how they are graded. Neither is called right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overlook.report.said import ClaimView
from overlook.report.words import anchor, as_sentence
from overlook.terms import RELIABILITY, Assessment, Comparison
from overlook.terms.chain import Outcome

#: What is to be read first stands first.
_ORDER: tuple[Outcome, ...] = ("contradict", "altered", "cannot tell", "agree")
_WORDS: dict[Outcome, str] = {
    "contradict": "does not fit",
    "altered": "altered",
    "cannot tell": "cannot tell",
    "agree": "agrees",
}


@dataclass(frozen=True, slots=True)
class Side:
    """`label` and `anchor` lead to a claim; a fact has no number. `graded` is told of a claim alone."""

    label: str
    anchor: str
    text: str
    said_by: str
    graded: str


@dataclass(frozen=True, slots=True)
class Row:
    outcome: str
    kind: str
    ours: Side
    theirs: Side
    why: str


def rows(assessment: Assessment, claims: Sequence[ClaimView]) -> tuple[Row, ...]:
    """Every comparison, what does not fit first, in the order of the claims."""
    by_id = {c.id: c for c in claims}
    found = sorted(assessment.comparisons, key=lambda c: _ORDER.index(c.outcome))
    return tuple(_row(c, assessment, by_id) for c in found if c.claim in by_id)


def _row(c: Comparison, assessment: Assessment, claims: dict[str, ClaimView]) -> Row:
    ours = _claim(claims[c.claim], c.ours)
    theirs = _claim(claims[c.other], c.theirs) if c.other in claims else _fact(c, assessment)
    return Row(_WORDS[c.outcome], c.against, ours, theirs, as_sentence(c.why))


def _claim(claim: ClaimView, text: str) -> Side:
    first = claim.chain[0] if claim.chain else None
    who = f"{first.name} (reliability {first.reliability})" if first else "nobody named"
    return Side(f"Claim {claim.number}", claim.anchor, text, who, f"credibility {claim.credibility}")


def _fact(c: Comparison, assessment: Assessment) -> Side:
    case = assessment.case
    fact = next((f for f in case.facts if f.id == c.other), None)
    source = next((s for s in case.sources if fact and s.id == fact.source), None)
    if source is None:
        who = fact.source if fact else c.other
    else:
        grade = f"{source.reliability}, {RELIABILITY[source.reliability]}" if source.reliability else "not graded"
        who = f"{source.name} (reliability {grade})"
    return Side("Declared fact", anchor("fact", c.other), c.theirs, who, "")
