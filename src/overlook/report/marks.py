"""What is marked over a timeline: declared events, the windows beside one, and steps that a scan found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from overlook.report.axis import WIDTH, TimeAxis
from overlook.report.words import isolated, ratio
from overlook.terms import BreakFinding, Event, EventFinding

LABEL_ROW = 14.0
#: About the width of a letter of a label, in units of the view box.
_LETTER = 6.2


@dataclass(frozen=True, slots=True)
class Line:
    """A mark from x to x1 with its label at (label_x, y): an event is a line at its instant or a hatched span; a step
    is a dashed bracket, from the image surely before it to the one surely after."""

    kind: Literal["event", "step"]
    x: float
    x1: float
    y: float
    label_x: float
    align: str
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    x: float
    x1: float
    y: float
    text: str


def lines(axis: TimeAxis, events: Sequence[Event], scans: Sequence[BreakFinding]) -> tuple[Line, ...]:
    """Labels in as many rows as keep them apart; `y` is the row here (`placed` makes it a height)."""
    wanted: list[tuple[datetime, datetime, Literal["event", "step"], str]] = [
        (e.during.start, e.during.end, "event", e.name if len(e.name) <= 42 else e.name[:41] + "…") for e in events
    ]
    wanted += [
        (b.between.start, b.between.end, "step", f"step {ratio(b.ratio.estimate)}, not declared")
        for f in scans
        for b in f.found
    ]
    taken: list[float] = []
    found = []
    for first, last, kind, text in sorted(wanted, key=lambda w: (w[0], w[2])):
        if not (axis.holds(first) or axis.holds(last)):
            continue
        x, x1 = axis.x(first), axis.x(last)
        to_left = x > WIDTH * 0.6
        start = x - _LETTER * len(text) if to_left else x
        end = x if to_left else x + _LETTER * len(text)
        # A step's bracket lies in the row of its label.
        end = max(end, x1) if kind == "step" else end
        row = next((i for i, until in enumerate(taken) if start > until + 8), len(taken))
        taken[row : row + 1] = [end]
        at, align = (x - 4, "end") if to_left else (x + 4, "start")
        found.append(Line(kind, x, x1, row, at, align, isolated(text)))
    return tuple(found)


def placed(line: Line, top: float, has_windows: bool) -> Line:
    """With its row as a height over a plot that begins at `top`."""
    return replace(line, y=top - LABEL_ROW * (line.y + (1 if has_windows else 0)) - 6)


def windows(axis: TimeAxis, findings: Sequence[EventFinding], top: float) -> tuple[Window, ...]:
    """The windows of the first finding; the table of findings names the others'."""
    shaded = []
    for finding in findings[:1]:
        for text, window in (("before", finding.before), ("after", finding.after)):
            x, x1 = axis.x(window.start), axis.x(window.end)
            if x1 > x:
                shaded.append(Window(x, x1, top - 4, text))
    return tuple(shaded)
