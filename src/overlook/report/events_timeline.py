"""Events, statements, images and findings on one axis of time, a lane each: what was said, and what was going on.

What lasted, or is known only to within a span, is a bar; a day is a stroke. Strokes that would cover each other are
one, with their number beside it. Lengths are in units of the view box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from overlook.report.answers import Answer
from overlook.report.axis import LEFT, RIGHT, WIDTH, Tick, TimeAxis, time_axis, time_ticks
from overlook.report.said import ClaimView
from overlook.report.words import Names, counted, days, isolated, listed, short
from overlook.terms import Assessment, EventTable, Finding, Interval

Kind = Literal["event", "listed", "statement", "image", "finding"]

#: Room for the names of lanes, wider than other figures have it; the axis starts there.
_LABELS = 190.0
_ROW, _TOP, _FOOT = 17.0, 8.0, 26.0
#: Strokes nearer than this are drawn as one; a span wider than this is a bar.
_TOUCH, _BAR = 7.0, 5.0
_MOST_ROWS, _MOST_LANES, MOST_LISTED = 4, 8, 500
#: A second drawing is made where statements and images fill less than this share of the first.
_CROWDED = 0.25


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing with its time, before it is placed. `when`: its days, in the place where they are days."""

    lane: str
    kind: Kind
    during: Interval
    when: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    x1: float
    y: float
    kind: Kind
    #: How many strokes this one stands for.
    n: int
    text: str

    @property
    def is_bar(self) -> bool:
        return self.x1 - self.x > _BAR


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    y: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Lanes:
    key: str
    title: str
    width: float
    height: float
    left: float
    right: float
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class EventsView:
    drawings: tuple[Lanes, ...]
    rows: tuple[tuple[str, str, str, str], ...]
    left_out: str


def events_view(
    assessment: Assessment, claims: Sequence[ClaimView], answers: Sequence[Answer], names: Names
) -> EventsView | None:
    """None where no event and no statement is dated: images alone are drawn series by series."""
    entries = _entries(assessment, claims, answers, names)
    if not any(e.kind in ("event", "listed", "statement") for e in entries):
        return None
    undated = sum(c.said is None for c in assessment.case.claims)
    drawings = [_drawing("events", "Events and statements through time", entries, undated)]
    own = [e for e in entries if e.kind != "listed"]
    near = _near(entries, own)
    if near is not None:
        title = "The same, from the first statement, event or image to the last"
        drawings.append(_drawing("events-near", title, near, undated))
    ordered = sorted(entries, key=lambda e: (e.during.start, e.during.end))
    listed_ = [e for e in ordered if e.kind != "image"]
    left_out = ""
    if len(listed_) > MOST_LISTED:
        left_out = f"The first {MOST_LISTED} of {len(listed_):,} are listed here."
    rows = tuple((e.when, e.lane, e.text, e.note) for e in listed_[:MOST_LISTED])
    return EventsView(tuple(d for d in drawings if d is not None), rows, left_out)


# --- what there is ----------------------------------------------------------------------------------------------------


def _entries(
    assessment: Assessment, claims: Sequence[ClaimView], answers: Sequence[Answer], names: Names
) -> list[Entry]:
    case = assessment.case
    sources = {s.id: s.name for s in case.sources}
    dated_by = {e.id: f"dated by {sources[e.source]}" for e in case.events if e.source in sources}
    found = [
        Entry("Events", "event", e.during, names.event_days(e), e.name, dated_by.get(e.id, "")) for e in case.events
    ]
    for table in case.event_tables:
        found += _listed(table)
    found += _statements(assessment, claims)
    found += [Entry("Undertakings", "statement", k.made, days(k.made), k.text) for k in case.commitments if k.made]
    found += [Entry("Images", "image", s.when, short(s.when), s.id) for s in assessment.scenes if s.when]
    by_id = {a.id: a for a in answers}
    for f in assessment.findings:
        window = _window(f)
        if window is not None and f.id in by_id:
            a = by_id[f.id]
            when = names.days(window, f.series.site)
            found.append(Entry("Findings", "finding", window, when, f"F{a.number}: {a.lead}"))
    return found


def _listed(table: EventTable) -> list[Entry]:
    """A lane for each kind, the commonest first; the rest of the kinds share one."""
    kinds = Counter(e.kind for e in table.events)
    own = {kind for kind, _ in kinds.most_common(_MOST_LANES if len(kinds) <= _MOST_LANES else _MOST_LANES - 1)}

    def lane(kind: str) -> str:
        if len(kinds) == 1:
            return table.name
        return f"{table.name}: {(kind or 'no kind given') if kind in own else 'other'}"

    ranked = sorted(table.events, key=lambda e: (e.kind not in own, -kinds[e.kind], e.kind))
    return [
        Entry(lane(e.kind), "listed", e.during, days(e.during), e.name, ", ".join(t for t in (e.place, e.outcome) if t))
        for e in ranked
    ]


def _statements(assessment: Assessment, claims: Sequence[ClaimView]) -> list[Entry]:
    """A lane for each origin, so that one that is told five times is seen to be one."""
    case = assessment.case
    names = {s.id: s.name for s in case.sources}
    origins = dict(assessment.source_graph.back_to)
    numbers = {c.id: c.number for c in claims}
    found = []
    for claim_ in case.claims:
        if claim_.said is None:
            continue
        ends = origins.get(claim_.id, ())
        who = names.get(ends[0], ends[0]) if len(ends) == 1 else "several origins" if ends else "nobody named"
        text = f"Claim {numbers.get(claim_.id, 0)}: “{claim_.quote}”"
        found.append(Entry(f"Said: {who}", "statement", claim_.said, days(claim_.said), text))
    return found


def _window(f: Finding) -> Interval | None:
    """The time that a finding speaks of."""
    for name in ("after", "window", "between"):
        window = getattr(f, name, None)
        if isinstance(window, Interval):
            return window
    return None


def _near(entries: Sequence[Entry], own: Sequence[Entry]) -> list[Entry] | None:
    """What lies in the time of the case's own, where a list of events makes that time a small part of the whole."""
    if not own or len(own) == len(entries):
        return None
    first, last = min(e.during.start for e in own), max(e.during.end for e in own)
    start, end = min(e.during.start for e in entries), max(e.during.end for e in entries)
    if (last - first) > (end - start) * _CROWDED:
        return None
    around = Interval(start=first, end=last)
    return [e for e in entries if around.overlaps(e.during)]


# --- where it is drawn ------------------------------------------------------------------------------------------------


def _drawing(key: str, title: str, entries: Sequence[Entry], undated: int) -> Lanes | None:
    axis = time_axis([m for e in entries for m in (e.during.start, e.during.end)])
    if axis is None:
        return None
    lanes, marks, y = [], [], _TOP
    for label in dict.fromkeys(e.lane for e in entries):
        placed, n_rows = _placed([e for e in entries if e.lane == label], axis, y)
        bottom = y + n_rows * _ROW
        lanes.append(Lane(label, y + _ROW / 2, bottom))
        marks += placed
        y = bottom + 3
    return Lanes(
        key=key,
        title=title,
        width=WIDTH,
        height=y + _FOOT,
        left=_LABELS,
        right=WIDTH - RIGHT,
        lanes=tuple(lanes),
        marks=tuple(marks),
        ticks=tuple(Tick(_x(t.at), t.text) for t in time_ticks(axis)),
        summary=_summary(entries, undated),
    )


def _x(at: float) -> float:
    """From the common axis to this one, which leaves more room for labels."""
    share = (at - LEFT) / (WIDTH - LEFT - RIGHT)
    return round(_LABELS + share * (WIDTH - _LABELS - RIGHT), 1)


def _placed(entries: Sequence[Entry], axis: TimeAxis, top: float) -> tuple[list[Mark], int]:
    """The marks of one lane, in as few rows as keep bars apart; the rows beyond the fourth share it."""
    waiting = sorted(((_x(axis.x(e.during.start)), _x(axis.x(e.during.end)), e) for e in entries), key=lambda t: t[:2])
    marks: list[Mark] = []
    free: list[float] = []
    for x, x1, e in waiting:
        last = marks[-1] if marks else None
        is_stroke = x1 - x <= _BAR
        if is_stroke and last and not last.is_bar and x - last.x < _TOUCH:
            marks[-1] = Mark(last.x, last.x1, last.y, e.kind, last.n + 1, _joined(last.text, e, last.n))
            continue
        row = next((i for i, end in enumerate(free) if x >= end), len(free))
        row = min(row, _MOST_ROWS - 1)
        end = max(x1, x + (_TOUCH + 14 if is_stroke else 0)) + 2
        free[row : row + 1] = [end]
        marks.append(Mark(x, x1, top + row * _ROW + _ROW / 2, e.kind, 1, _told(e)))
    return marks, max(len(free), 1)


def _told(e: Entry) -> str:
    return f"{e.text} ({e.when}{'; ' + e.note if e.note else ''})"


def _joined(text: str, e: Entry, n: int) -> str:
    if n < 6:
        return f"{text}; {_told(e)}"
    return text if text.endswith("…") else f"{text}; …"


def _summary(entries: Sequence[Entry], undated: int) -> str:
    """The drawing in words."""
    first, last = min(entries, key=lambda e: e.during.start), max(entries, key=lambda e: e.during.end)
    of = Counter(e.lane for e in entries)
    parts = [f"First {first.when}, last {last.when}. {listed(f'{isolated(lane)} {n}' for lane, n in of.items())}."]
    parts.append(
        "A stroke is a day, with the number of strokes that it stands for where they lie too close; a bar is a span."
    )
    if undated:
        parts.append(f"Without a date, and so not drawn: {counted(undated, 'claim')}.")
    return " ".join(parts)
