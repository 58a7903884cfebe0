"""Doubts about an image's date or place as the page shows them: both sides of each, and no verdict."""

from __future__ import annotations

from dataclasses import dataclass

from overlook.terms import Assessment


@dataclass(frozen=True, slots=True)
class FlagRow:
    kind: str
    images: tuple[str, ...]
    what: str
    evidence: tuple[tuple[str, str], ...]


def flag_rows(assessment: Assessment) -> tuple[FlagRow, ...]:
    """In the order of the assessment: by image."""
    return tuple(FlagRow(kind=f.kind, images=f.scenes, what=f.what, evidence=f.evidence) for f in assessment.flags)
