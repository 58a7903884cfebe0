"""Was an undertaking kept? Obligation by obligation and period by period, in the words of a monitor.

A period is judged by its own findings alone. *Met* and *not met* need something seen, or an absence that the images
would have missed with at most 5% chance (design.md); without that the word is *insufficient imagery*, whatever the
period before showed. The language is that of safeguards reports: what was observed, and *no indication* of the rest,
said only with its bound. Whether a party complied is a person's judgement, and a law's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from overlook.claims.answered import Answered, Followed, answered
from overlook.claims.asking import is_unobservable, tested
from overlook.claims.commitments import open_terms
from overlook.claims.commitments_periods import TRANSITIONS, in_period, periods_of
from overlook.claims.needs import needs_of
from overlook.claims.observables import observable
from overlook.claims.phrases import as_rate, day, named, percent, place
from overlook.claims.presence import MAX_CHANCE_MISSED
from overlook.terms import (
    ActivityFinding,
    Case,
    Cell,
    Commitment,
    Compliance,
    ComplianceMatrix,
    Indicator,
    IndicatorRow,
    Interval,
    Obligation,
    ObligationRow,
    Period,
    PeriodStatus,
    Prediction,
    PresenceFinding,
    Sighting,
)

#: Relations that hold by something not being there: only a bounded absence meets them.
_BY_ABSENCE = ("absent", "quiet")
_NOT_DEFINED = "While {terms} is not defined, nothing that is seen says whether it is kept."


def compliance(commitment: Commitment, at: Followed, observed: Interval | None) -> ComplianceMatrix | None:
    """None where there is neither an obligation nor a term that needs a definition."""
    terms = open_terms(commitment)
    periods = periods_of(commitment, at.case, observed)
    rows = tuple(_obligation_row(o, periods, at) for o in commitment.obligations)
    if not rows and not terms:
        return None
    return ComplianceMatrix(periods=periods, rows=rows, open_terms=terms, notes=_notes(commitment, periods))


def findings_of(matrix: ComplianceMatrix | None) -> tuple[str, ...]:
    """The ids of every finding that a cell rests on, each once."""
    if matrix is None:
        return ()
    cells = (c for row in matrix.rows for i in row.indicators for c in i.cells if c is not None)
    return tuple(dict.fromkeys(f for cell in cells for f in cell.findings))


def _notes(commitment: Commitment, periods: Sequence[Period]) -> tuple[str, ...]:
    notes = []
    if not commitment.obligations:
        notes.append("No obligation is declared: the undertaking was not taken apart, and is not followed over time.")
    elif not periods:
        notes.append("No period can be reported: there is no dated image, and none is declared.")
    without = [o.text for o in commitment.obligations if not o.indicators]
    notes += [f"No indicator is declared of “{text}”: nothing would show it kept or broken." for text in without]
    return tuple(notes)


def _obligation_row(obligation: Obligation, periods: Sequence[Period], at: Followed) -> ObligationRow:
    rows = tuple(_indicator_row(i, periods, at) for i in obligation.indicators)
    bare = [
        _status(obligation, [(r.shows, r.cells[n]) for r in rows], is_due=_is_due(obligation, period))
        for n, period in enumerate(periods)
    ]
    statuses = tuple(
        PeriodStatus(status=status, notes=tuple(_period_notes(obligation, n, bare, periods)))
        for n, status in enumerate(bare)
    )
    return ObligationRow(obligation=obligation.id, statuses=statuses, indicators=rows)


# --- one indicator in one period --------------------------------------------------------------------------------------


def _indicator_row(indicator: Indicator, periods: Sequence[Period], at: Followed) -> IndicatorRow:
    cells: list[Cell | None] = []
    for n, period in enumerate(periods):
        prediction = in_period(indicator, n, periods, at.case)
        cells.append(None if prediction is None else _cell(indicator, prediction, period, at))
    said = indicator.prediction.statement or observable(indicator.prediction, at.case)
    unasked = not periods and not is_unobservable(indicator.prediction, at.case)
    return IndicatorRow(
        indicator=indicator.prediction.id,
        observable=said,
        shows=indicator.shows,
        cells=_settled_last(cells) if tested(indicator.prediction) in TRANSITIONS else tuple(cells),
        needs=needs_of(indicator.prediction, (), at.observations, at.case) if unasked else (),
    )


def _settled_last(cells: Sequence[Cell | None]) -> tuple[Cell | None, ...]:
    """Each period of a change is asked from the first one on: the images that settle the last open one settle all."""
    last = max((n for n, c in enumerate(cells) if c is not None and c.needs), default=None)
    return tuple(c if c is None or n == last else replace(c, needs=()) for n, c in enumerate(cells))


def _cell(indicator: Indicator, prediction: Prediction, period: Period, at: Followed) -> Cell:
    if is_unobservable(prediction, at.case):
        return Cell(status="not observable", said="No overhead image can show it, whatever is seen outside.")
    found = answered(prediction, at)
    told = " ".join(dict.fromkeys(line for r in found.readings for line in r.why[:1]))
    status, lead = _reading(indicator, prediction, period, found, at)
    is_open = status == "insufficient imagery"
    return Cell(
        status=status,
        said=f"{lead} {told}".strip(),
        findings=tuple(f.id for f in found.findings),
        needs=needs_of(prediction, found.findings, at.observations, at.case) if is_open else (),
    )


def _reading(
    indicator: Indicator, prediction: Prediction, period: Period, found: Answered, at: Followed
) -> tuple[Compliance, str]:
    stance = _stance(prediction, found, at)
    if found.answer.weak and stance in ("matches", "contradicts"):
        return "insufficient imagery", f"{period.label}: what was seen is too weak to say."
    bound = _bounded(prediction, found, at.case)
    if stance == "matches":
        if tested(prediction) in _BY_ABSENCE:
            return (indicator.shows, f"{period.label}: {bound}") if bound else _open(prediction, period, at)
        return indicator.shows, f"{period.label}: observed."
    if stance == "contradicts" and indicator.shows == "met":
        return "not met", f"{period.label}: observed otherwise."
    if bound and prediction.relation not in _BY_ABSENCE:
        return "no indication", f"{period.label}: {bound}"
    if stance == "contradicts":
        return "no indication", f"{period.label}: observed otherwise."
    if stance == "mixed":
        return "insufficient imagery", f"{period.label}: what was seen disagrees."
    return _open(prediction, period, at)


def _open(prediction: Prediction, period: Period, at: Followed) -> tuple[Compliance, str]:
    where = place(at.case, prediction.site, prediction.zone)
    return "insufficient imagery", f"{period.label}: not enough imagery of {where} to say."


def _stance(prediction: Prediction, found: Answered, at: Followed) -> str:
    """As combined; but a thing that was seen on one image of a period, and not on another, was there in that period.

    Not so where readers of one image disagree: then as many images show it as do not, and nothing is said.
    """
    stance = found.answer.stance
    seen = [f for f in found.findings if isinstance(f, PresenceFinding) and f.verdict == "mixed"]
    if stance != "mixed" or len(seen) != len(found.findings) or prediction.relation in ("built", "removed", "altered"):
        return stance
    if any(f.identification in ("probable", "confirmed") and _undisputed(f, at) for f in seen):
        return "contradicts" if tested(prediction) == "absent" else "matches"
    return stance


def _undisputed(f: PresenceFinding, at: Followed) -> bool:
    """Whether one image shows it to every reader who could tell."""
    told: dict[tuple[str, Interval], set[str]] = {}
    for o in at.observations:
        if not isinstance(o, Sighting) or (o.series.site, o.series.cls) != (f.series.site, f.series.cls):
            continue
        if f.series.zone in ("", o.series.zone) and (f.window is None or f.window.encloses(o.when)):
            weak = o.state == "present" and o.identification == "possible"
            told.setdefault((o.scene, o.when), set()).add("cannot tell" if weak else o.state)
    return any("present" in states and "absent" not in states for states in told.values())


def _bounded(prediction: Prediction, found: Answered, case: Case) -> str:
    """A monitor's sentence of what was looked for and not seen, with its bound; "" without one for every place."""
    if not found.findings or found.unanswered:
        return ""
    thing, where = named(prediction.cls or prediction.indicator), place(case, prediction.site, prediction.zone)
    lead = f"no indication of {thing} was observed at {where}"
    chances = [f.chance_missed for f in found.findings if isinstance(f, PresenceFinding) and f.verdict == "absent"]
    if len(chances) == len(found.findings) and all(c is not None and c <= MAX_CHANCE_MISSED for c in chances):
        return f"{lead}; had it been there, these images would have missed it with {percent(_worst(chances))} chance."
    rates = [
        f.rate.high
        for f in found.findings
        if isinstance(f, ActivityFinding) and f.verdict == "no activity observed" and f.rate and not f.exploratory
    ]
    if rates and len(rates) == sum(f.kind != "turnover" for f in found.findings):
        return f"{lead} above the declared quiet rate; its rate is at most {as_rate(max(rates))} an image."
    return ""


def _worst(chances: Sequence[float | None]) -> float:
    return max(c for c in chances if c is not None)


# --- an obligation in one period --------------------------------------------------------------------------------------


def _is_due(obligation: Obligation, period: Period) -> bool:
    """Whether it had to be done by the end of the period; without a deadline it holds from the day it was made."""
    return obligation.deadline is None or obligation.deadline.end <= period.during.end


def _status(obligation: Obligation, cells: Sequence[tuple[str, Cell | None]], *, is_due: bool) -> Compliance:
    """Not met where an indicator says so; met where every indicator of it being met does; the rest in between.

    Before the deadline, what is still as it was does not outweigh work that was seen: that is in progress.
    """
    if obligation.undefined or not obligation.indicators:
        return "undefined"
    told = [c.status for _, c in cells if c is not None]
    broken = any(shows == "not met" and c is not None and c.status == "not met" for shows, c in cells)
    if "not met" in told and (is_due or broken or "in progress" not in told):
        return "not met"
    of_met = [c.status if c is not None else "insufficient imagery" for shows, c in cells if shows == "met"]
    if of_met and all(status == "met" for status in of_met):
        return "met"
    if "in progress" in told or "met" in told:
        return "in progress"
    if told and all(status == "not observable" for status in told):
        return "not observable"
    return "no indication" if told and set(told) <= {"no indication", "not observable"} else "insufficient imagery"


def _period_notes(
    obligation: Obligation, n: int, statuses: Sequence[Compliance], periods: Sequence[Period]
) -> list[str]:
    notes = []
    now, end = statuses[n], periods[n].during.end
    if obligation.deadline and obligation.deadline.end <= end and now not in ("met", "undefined"):
        notes.append(f"The deadline, {day(obligation.deadline.end)}, has passed.")
    elif now == "not met" and not _is_due(obligation, periods[n]) and obligation.deadline:
        notes.append(f"It is due by {day(obligation.deadline.end)}.")
    told = ("met", "in progress", "not met")
    before = [(s, p.label) for s, p in zip(statuses[:n], periods[:n], strict=True) if s in told]
    if not before or before[-1][0] == "not met":
        return notes
    status, label = before[-1]
    if now == "not met":
        notes.append(f"Undone: it was {status} in {label}.")
        if obligation.reversible is False:
            notes.append("It was declared a step that cannot be undone.")
    elif now in ("insufficient imagery", "no indication") and obligation.reversible is not False:
        can = "can be undone" if obligation.reversible else "is not said to be beyond undoing"
        notes.append(f"It was {status} in {label}; it {can}, so that says nothing of this period.")
    return notes
