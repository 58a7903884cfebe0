"""The ranking of many series as a drawing: each step with its interval, one below the other, and which are called.

A caterpillar plot: ordered by the estimate, so that the eye compares neighbours. Marked are the series called at one
false discovery rate; nothing is judged here that the rows do not hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overlook.errors import InputError
from overlook.report.axis import RatioAxis, Tick, ratio_ticks
from overlook.report.words import Names, counted, isolated, number, percent, ratio
from overlook.terms import EventFinding

#: Rows that can be drawn and read; of more, those of the least p-values.
MOST_ROWS = 60
#: From this many series at one event a report draws them together.
LEAST_SERIES = 5
#: The false discovery rate of a report's ranking. It marks and judges nothing: the verdicts are each finding's own.
REPORT_Q = 0.10
WIDTH, LEFT, RIGHT = 760.0, 230.0, 96.0
TOP, ROW, FOOT = 34.0, 17.0, 46.0
#: Intervals are cut, with an arrow, beyond a factor of this.
_WIDEST = 20.0
_LONGEST_NAME = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One tested series: its step as a ratio, with interval and p-values. `called` at the false discovery rate."""

    name: str
    estimate: float
    low: float
    high: float
    p_value: float
    adjusted_p: float
    called: bool


@dataclass(frozen=True, slots=True)
class Row:
    y: float
    name: str
    x0: float
    x: float
    x1: float
    is_cut_low: bool
    is_cut_high: bool
    called: bool
    p: str
    text: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """The drawing; `text` is the same in words."""

    key: str
    title: str
    text: str
    rows: tuple[Row, ...]
    x_ticks: tuple[Tick, ...]
    x_one: float
    height: float
    base: float
    width: float = WIDTH
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP


def fleet(tested: Sequence[Tested], *, q: float, untested: int, title: str, key: str = "fleet") -> Fleet:
    """Lay out the tested series; `untested` more had no p-value."""
    shown = sorted(tested, key=lambda t: (t.p_value, t.name))[:MOST_ROWS]
    shown.sort(key=lambda t: (-t.estimate, t.name))
    low = max(min((t.low for t in shown), default=0.5), 1 / _WIDEST)
    high = min(max((t.high for t in shown), default=2.0), _WIDEST)
    axis = RatioAxis(min(low, 0.8), max(high, 1.25), LEFT, WIDTH - RIGHT)
    base = TOP + ROW * max(len(shown), 1)
    return Fleet(
        key=key,
        title=title,
        text=_text(tested, shown, q, untested),
        rows=tuple(_row(t, TOP + ROW * (i + 0.5), axis) for i, t in enumerate(shown)),
        x_ticks=ratio_ticks(axis, apart=48.0),
        x_one=axis.x(1.0),
        height=base + FOOT,
        base=base,
    )


def _row(t: Tested, y: float, axis: RatioAxis) -> Row:
    name = t.name if len(t.name) <= _LONGEST_NAME else t.name[: _LONGEST_NAME - 1] + "…"
    told = f"{ratio(t.estimate)} ({ratio(t.low)} to {ratio(t.high)}), adjusted p = {number(t.adjusted_p, 3)}"
    return Row(
        y=round(y, 1),
        name=isolated(name),
        x0=axis.x(t.low),
        x=axis.x(t.estimate),
        x1=axis.x(t.high),
        is_cut_low=t.low < axis.low * (1 - 1e-9),
        is_cut_high=t.high > axis.high * (1 + 1e-9),
        called=t.called,
        p=number(t.adjusted_p, 3),
        text=f"{isolated(t.name)}: {told}{', called' if t.called else ''}",
    )


def _text(tested: Sequence[Tested], shown: Sequence[Tested], q: float, untested: int) -> str:
    called = [t for t in tested if t.called]
    parts = [
        f"{counted(len(tested), 'series', 'series')} tested for a step beyond the usual drift; {len(called)} called at "
        f"a false discovery rate of {percent(q)} (Benjamini-Hochberg): of those called, that share are expected to be "
        "false. One that is not called was not shown to be the same."
    ]
    if len(shown) < len(tested):
        hidden = sum(t.called for t in tested) - sum(t.called for t in shown)
        more = f", {hidden} of them called" if hidden else ", none of them called"
        parts.append(f"Drawn are the {len(shown)} of the least p-values; {len(tested) - len(shown)} are not{more}.")
    if untested:
        parts.append(f"Not tested, for too few images or nothing to compare: {untested}.")
    return " ".join(parts)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Fleet:
    """From the rows that `overlook pattern --fdr q` prints. Raises InputError E-INPUT-FLEET for what is no such row."""
    tested, untested, rates = [], 0, set()
    for i, row in enumerate(rows, 1):
        try:
            step, fdr = row["step"], row["fdr"]
            rates.add(_probability(fdr["q"]))
            if step is None or step["p_value"] is None:
                untested += 1
            else:
                tested.append(_tested(row, step, fdr))
        except (KeyError, TypeError, ValueError) as error:
            raise _not_a_row(f"row {i}") from error
    if len(rates) > 1:
        raise InputError(
            "E-INPUT-FLEET",
            f"the rows were tested at several false discovery rates: {', '.join(f'{q:g}' for q in sorted(rates))}",
            remedy="draw the rows of one run of `overlook pattern --fdr`",
        )
    if not rates:
        raise InputError("E-INPUT-FLEET", "there is no row to draw", remedy="give the rows of `overlook pattern --fdr`")
    return fleet(tested, q=rates.pop(), untested=untested, title="Steps beyond the usual drift, series by series")


def _tested(row: Mapping[str, Any], step: Mapping[str, Any], fdr: Mapping[str, Any]) -> Tested:
    series = row["series"]
    numbers = [float(step[k]) for k in ("low", "estimate", "high")]
    if not (0 < numbers[0] <= numbers[1] <= numbers[2] and math.isfinite(numbers[2])):
        raise ValueError(f"a step must be three ratios in order: {numbers}")
    name = ", ".join(str(series[k]) for k in ("site", "zone", "class") if series[k])
    return Tested(
        name=name or "unnamed",
        low=numbers[0],
        estimate=numbers[1],
        high=numbers[2],
        p_value=_probability(step["p_value"]),
        adjusted_p=_probability(fdr["adjusted_p"]),
        called=fdr["called"] is True,
    )


def _probability(value: Any) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError(f"must be in [0, 1]: {value}")
    return float(value)


def _not_a_row(where: str) -> InputError:
    return InputError(
        "E-INPUT-FLEET",
        "this is no row of a fleet: it needs `series`, `step` and `fdr`",
        where=where,
        remedy="make the rows with `overlook pattern COUNTS --event DATE --fdr 0.1`",
    )


def of_findings(findings: Sequence[EventFinding], names: Names, title: str, key: str) -> Fleet | None:
    """From the findings of one event, each series once; None when fewer than `LEAST_SERIES` of them were tested."""
    from overlook.activity import rank_fleet

    ranking = rank_fleet(findings, REPORT_Q)
    if len(ranking.ranked) < LEAST_SERIES:
        return None
    step = {f.series: f.step for f in findings if f.step is not None}
    tested = [
        Tested(
            name=f"{r.series.cls}, {names.place(r.series)}",
            estimate=step[r.series].estimate,
            low=step[r.series].low,
            high=step[r.series].high,
            p_value=r.p_value,
            adjusted_p=r.adjusted_p,
            called=r.called,
        )
        for r in ranking.ranked
    ]
    return fleet(tested, q=REPORT_Q, untested=len(ranking.untested), title=title, key=key)
