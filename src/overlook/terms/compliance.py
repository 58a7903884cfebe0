"""Compliance over time: obligation × indicator × period, from findings of that period alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from overlook.terms.commitment import Element, Shows
from overlook.terms.need import Need
from overlook.terms.time import Interval

Compliance = Literal[
    "met",
    "in progress",
    "not met",
    "no indication",
    "not observable",
    "undefined",
    "insufficient imagery",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    label: str
    during: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One indicator in one period. `said` is a monitor's sentence; `findings` are what it rests on.

    *No indication*: it was looked for and not seen, and had it been there, these images would have missed it with at
    most 5% chance (or its rate is bounded below the declared quiet rate). Never of a place that nobody saw.
    `needs` are the images that would settle it, where the imagery does not. What was put up or taken down is settled by
    the last such period: earlier ones leave theirs to it.
    """

    status: Compliance
    said: str
    findings: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """`cells` has one entry a period; None where the indicator says nothing of that period by its own declaration.

    `needs` are the images to have where no period can be reported yet.
    """

    indicator: str
    observable: str
    shows: Shows
    cells: tuple[Cell | None, ...]
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodStatus:
    """An obligation in one period. `notes`: a deadline that has passed, or something undone that was seen done."""

    status: Compliance
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationRow:
    obligation: str
    statuses: tuple[PeriodStatus, ...]
    indicators: tuple[IndicatorRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTerm:
    """A term that says nothing testable until it is defined: what is missing, and what the case gives for the rest.

    `obligation` is "" for the commitment's own text. `declared`: the analyst lists it as undefined.
    """

    obligation: str
    term: str
    missing: tuple[Element, ...]
    given: tuple[tuple[Element, str], ...] = ()
    why: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceMatrix:
    """Raises ValueError when a row has not one entry a period."""

    periods: tuple[Period, ...] = ()
    rows: tuple[ObligationRow, ...] = ()
    open_terms: tuple[OpenTerm, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.periods)
        if any(len(r.statuses) != n or any(len(i.cells) != n for i in r.indicators) for r in self.rows):
            raise ValueError(f"every row of a compliance matrix has one entry for each of its {n} periods")
