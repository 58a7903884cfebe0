"""Competing hypotheses beside the evidence (Heuer 1999, ch. 8): a record of what tells them apart, not a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Consistency = Literal["C", "I", "N/A"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """`id` "" is the claim itself; others are rivals."""

    id: str
    name: str
    is_deception: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AchRow:
    """One finding, for one part of a claim: consistent, inconsistent or not applicable, one entry a hypothesis.

    `is_diagnostic`: it is consistent with one hypothesis and inconsistent with another, and was not weak.
    """

    part: str
    finding: str
    cells: tuple[Consistency, ...]
    is_diagnostic: bool
    is_weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AchMatrix:
    hypotheses: tuple[Hypothesis, ...]
    rows: tuple[AchRow, ...]
