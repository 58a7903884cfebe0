"""The compliance matrix of a commitment as the page shows it: periods down, indicators across, and what is undefined.

Every cell says its status in a word, so that it reads in black and white. Periods that say the same are told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from overlook.report.answers import Answer
from overlook.report.words import Names, as_sentence, counted, day, need_text
from overlook.terms import (
    ELEMENTS,
    Cell,
    Commitment,
    ComplianceMatrix,
    Need,
    Obligation,
    ObligationRow,
    OpenTerm,
    Period,
)

_REVERSIBLE = {True: "It can be undone.", False: "Declared a step that cannot be undone.", None: ""}
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class CellView:
    """`said` is empty where there is nothing to say but the status."""

    status: str
    said: str
    findings: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class PeriodRow:
    period: str
    status: str
    notes: tuple[str, ...]
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class ObligationView:
    id: str
    text: str
    about: str
    undefined: tuple[str, ...]
    #: (what is looked for, what it shows)
    indicators: tuple[tuple[str, str], ...]
    rows: tuple[PeriodRow, ...]
    #: (images, periods in each of which they are needed, "" for none) that would settle it.
    needs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TermView:
    """`elements`: what the case gives of each element, "missing", or a dash where the term does not need it."""

    term: str
    where: str
    elements: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class MatrixView:
    obligations: tuple[ObligationView, ...]
    terms: tuple[TermView, ...]
    notes: tuple[str, ...]


def matrix_view(
    commitment: Commitment, matrix: ComplianceMatrix | None, answers: Mapping[str, Answer], names: Names | None = None
) -> MatrixView | None:
    """`names` None leaves out which images would settle it."""
    if matrix is None:
        return None
    declared = {o.id: o for o in commitment.obligations}
    return MatrixView(
        obligations=tuple(_obligation(declared[r.obligation], r, matrix.periods, answers, names) for r in matrix.rows),
        terms=tuple(_term(t) for t in matrix.open_terms),
        notes=matrix.notes,
    )


def sentences(view: MatrixView | None) -> Iterator[str]:
    """What Overlook says in it in its own voice."""
    if view is None:
        return
    yield from view.notes
    for row in (r for o in view.obligations for r in o.rows):
        yield from row.notes
        yield from (cell.said for cell in row.cells if cell.said)


def _obligation(
    o: Obligation, row: ObligationRow, periods: Sequence[Period], answers: Mapping[str, Answer], names: Names | None
) -> ObligationView:
    by = f"By {day(o.deadline.end)}." if o.deadline else "No deadline."
    rows = [
        PeriodRow(
            period=period.label,
            status=row.statuses[n].status,
            notes=row.statuses[n].notes,
            cells=tuple(_cell(i.cells[n], period, answers) for i in row.indicators),
        )
        for n, period in enumerate(periods)
    ]
    return ObligationView(
        id=o.id,
        text=o.text,
        about=f"{by} {_REVERSIBLE[o.reversible]}".strip(),
        undefined=o.undefined,
        indicators=tuple((i.observable, i.shows) for i in row.indicators),
        rows=tuple(_together(rows)),
        needs=tuple(_needs(row, periods, names)) if names else (),
    )


def _needs(row: ObligationRow, periods: Sequence[Period], names: Names) -> Iterator[tuple[str, str]]:
    """Images that several periods ask for alike are told once, with the periods; those of one, with their dates."""
    wanted: dict[Need, list[tuple[int, Need]]] = {}
    for indicator in row.indicators:
        for need in indicator.needs:
            wanted.setdefault(replace(need, window=None), []).append((-1, need))
        for n, cell in enumerate(indicator.cells):
            for need in cell.needs if cell else ():
                wanted.setdefault(replace(need, window=None), []).append((n, need))
    for plain, asked in wanted.items():
        if len(asked) == 1:
            yield need_text(asked[0][1], names), ""
        else:
            yield need_text(plain, names), _labels(sorted({n for n, _ in asked}), periods)


def _labels(at: Sequence[int], periods: Sequence[Period]) -> str:
    """`January 2019, March 2019 to May 2019`."""
    told: list[str] = []
    for _, found in groupby(enumerate(at), key=lambda pair: pair[1] - pair[0]):
        group = [n for _, n in found]
        first, last = periods[group[0]].label, periods[group[-1]].label
        told.append(first if len(group) == 1 else f"{first} to {last}")
    return ", ".join(told)


def _cell(cell: Cell | None, period: Period, answers: Mapping[str, Answer]) -> CellView:
    """The period stands at the head of the row, and is not told again."""
    if cell is None:
        return CellView(_NOTHING, "", ())
    told = "" if cell.status == "insufficient imagery" else as_sentence(cell.said.removeprefix(f"{period.label}: "))
    return CellView(cell.status, told, tuple(answers[f] for f in cell.findings if f in answers and told))


def _together(rows: Sequence[PeriodRow]) -> Iterator[PeriodRow]:
    """Neighbouring periods of which nothing but the same is said, as one row."""

    def same(row: PeriodRow) -> object:
        plain = all(not c.said for c in row.cells)
        return (row.status, row.notes, tuple(c.status for c in row.cells)) if plain else row.period

    for _, found in groupby(rows, key=same):
        group = list(found)
        first, last = group[0], group[-1]
        if len(group) == 1:
            yield first
        else:
            label = f"{first.period} to {last.period} ({counted(len(group), 'period')})"
            yield PeriodRow(label, first.status, first.notes, first.cells)


def _term(t: OpenTerm) -> TermView:
    given = dict(t.given)
    elements = tuple("missing" if e in t.missing else given.get(e, _NOTHING) for e in ELEMENTS)
    return TermView(term=t.term, where=t.obligation, elements=elements, why=t.why)
