"""A series through time as a drawing: what was counted, what was not seen and why, events, windows, the pattern.

Unseen images never share the rail of the counts: they lie under the axis, hollow, one row a reason.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from overlook.claims.phrases import named
from overlook.report import marks
from overlook.report.axis import LEFT, RIGHT, WIDTH, Tick, TimeAxis, round_marks, time_axis, time_ticks, value_ticks
from overlook.report.rows import Row, in_time, table_row, value_text
from overlook.report.telling import cap
from overlook.report.thinning import MOST_IMAGES, every
from overlook.report.words import (
    Names,
    anchor,
    counted,
    isolated,
    listed,
    number,
    ratio,
    utc_text,
)
from overlook.terms import (
    BreakFinding,
    Count,
    Event,
    EventFinding,
    Index,
    Interval,
    NotObserved,
    Observation,
    Pattern,
    Series,
    Sighting,
)

_PLOT_HEIGHT, _RAIL = 170.0, 15.0
#: Height of a drawing on which nothing was ever counted.
_FLAT = 64.0
_LANES = ("present", "absent", "cannot tell")


@dataclass(frozen=True, slots=True)
class Dot:
    """One seen image. `fill`: visible fraction of the zone, drawn as the darkness of the dot."""

    x: float
    y: float
    x0: float
    x1: float
    fill: float
    low: float | None
    high: float | None
    shape: str
    text: str


@dataclass(frozen=True, slots=True)
class Unseen:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    anchor: str
    kind: str
    title: str
    unit: str
    summary: str
    height: float
    top: float
    base: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    rails: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    unseen: tuple[Unseen, ...]
    lines: tuple[marks.Line, ...]
    windows: tuple[marks.Window, ...]
    band: str
    band_middle: str
    rows: tuple[Row, ...]
    exploratory: bool
    provisional: bool
    left: float = LEFT
    right: float = WIDTH - RIGHT
    width: float = WIDTH


def timeline(
    series: Series,
    observations: Sequence[Observation],
    *,
    names: Names,
    level: float,
    events: Sequence[Event] = (),
    findings: Sequence[EventFinding] = (),
    scans: Sequence[BreakFinding] = (),
    pattern: Pattern | None = None,
    most: int = MOST_IMAGES,
) -> Timeline:
    """The drawing of one series; `events` are those of its site, `findings` and `scans` its own.

    Of more than `most` images every k-th is drawn and listed, and said; scales and sums are of all of them.
    """
    kind = next((o.kind for o in observations if o.kind != "not observed"), "count")
    # One pair of windows can be shaded and read: that of a change, or of the first event asked about.
    findings = sorted(findings, key=lambda f: (f.verdict != "changed", f.after.start))
    axis = time_axis(_moments(observations, events))
    labels = marks.lines(axis, events, scans) if axis else ()
    n_rows = 1 + max((round(line.y) for line in labels), default=-1) + bool(findings)
    top = 10 + marks.LABEL_ROW * n_rows
    flat = not any(o.count for o in observations if isinstance(o, Count)) and kind == "count"
    base = top + (3 * 24 if kind == "sighting" else _FLAT if flat else _PLOT_HEIGHT)
    reasons = tuple(r for r, _ in Counter(o.reason for o in observations if o.kind == "not observed").most_common())
    rails = tuple(Tick(base + 30 + _RAIL * (i + 0.5), reason) for i, reason in enumerate(reasons))
    scale = _Scale.of(kind, observations, pattern, level, top=top, base=base)
    shown, k = every(sorted(observations, key=in_time), most)
    return Timeline(
        anchor=anchor("series", f"{series.site}/{series.zone}/{series.cls}"),
        kind=kind,
        title=f"{cap(isolated(named(series.cls)) or 'count')}: {names.place(series)}",
        unit=_unit(kind, series),
        summary=_summary(series, observations, names, events, findings, scans) + _thinned(len(shown), k),
        height=base + 36 + _RAIL * len(rails),
        top=top,
        base=base,
        x_ticks=time_ticks(axis) if axis else (),
        y_ticks=scale.ticks(),
        rails=rails,
        dots=tuple(_dot(o, axis, scale, level) for o in shown if o.kind != "not observed") if axis else (),
        unseen=_unseen(shown, axis, rails) if axis else (),
        lines=tuple(marks.placed(line, top, bool(findings)) for line in labels),
        windows=marks.windows(axis, findings, top) if axis else (),
        band=_band(axis, scale, pattern) if axis else "",
        band_middle=_middle(axis, scale, pattern) if axis else "",
        rows=tuple(table_row(o, names) for o in shown),
        exploratory=any(f.exploratory for f in findings),
        provisional=any(isinstance(o, Count) and o.provisional for o in observations),
    )


def poisson_interval(count: int, level: float) -> tuple[float, float]:
    """The exact central interval of a Poisson mean, given one count (Garwood 1936, Biometrika 28, 437)."""
    from scipy.special import gammaincinv

    tail = (1 - level) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values to heights; for sightings, states to lanes."""

    kind: str
    bottom: float
    end: float
    marks: tuple[float, ...]
    top: float
    base: float

    @classmethod
    def of(
        cls,
        kind: str,
        observations: Sequence[Observation],
        pattern: Pattern | None,
        level: float,
        *,
        top: float,
        base: float,
    ) -> _Scale:
        if kind == "index":
            spans = [(o.value, 1.96 * (o.value_sd or 0.0)) for o in observations if isinstance(o, Index)]
            marks = round_marks(min(v - half for v, half in spans), max(v + half for v, half in spans))
            return cls(kind, marks[0], marks[-1], marks, top, base)
        counts = [o.count for o in observations if isinstance(o, Count)]
        highs = [poisson_interval(max(counts), level)[1]] if counts else []
        highs += [p.high for p in pattern.band if p.high < 1e9] if pattern else []
        end, marks = value_ticks(max(highs, default=1.0))
        return cls(kind, 0.0, end, marks, top, base)

    def y(self, value: float) -> float:
        share = (value - self.bottom) / (self.end - self.bottom)
        return round(self.base - (self.base - self.top) * min(max(share, 0.0), 1.0), 1)

    def lane(self, state: str) -> float:
        return self.top + 24 * (_LANES.index(state) + 0.5)

    def ticks(self) -> tuple[Tick, ...]:
        if self.kind == "sighting":
            return tuple(Tick(self.lane(state), state) for state in _LANES)
        step = self.marks[1] - self.marks[0] if len(self.marks) > 1 else 1.0
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return tuple(Tick(self.y(m), number(m, decimals)) for m in self.marks)


def _moments(observations: Sequence[Observation], events: Sequence[Event]) -> list[datetime]:
    """What the axis has to hold: every dated image, and the events that lie among or near them."""
    dated = [o.when for o in observations if o.when is not None]
    moments = [m for when in dated for m in (when.start, when.end)]
    if not moments:
        return [m for e in events for m in (e.during.start, e.during.end)]
    first, last = min(moments), max(moments)
    near = (last - first) / 4
    for event in events:
        middle = event.during.middle
        if middle - last <= near and first - middle <= near:
            moments.append(middle)
    return moments


def _dot(o: Count | Index | Sighting, axis: TimeAxis, scale: _Scale, level: float) -> Dot:
    x, x0, x1 = axis.x(o.when.middle), axis.x(o.when.start), axis.x(o.when.end)
    row = value_text(o)
    if isinstance(o, Sighting):
        return Dot(x, scale.lane(o.state), x0, x1, 1.0, None, None, o.state.replace(" ", "-"), row)
    if isinstance(o, Index):
        half = 1.96 * o.value_sd if o.value_sd is not None else None
        low, high = (None, None) if half is None else (scale.y(o.value - half), scale.y(o.value + half))
        return Dot(x, scale.y(o.value), x0, x1, o.visible_fraction, low, high, "dot", row)
    bounds = poisson_interval(o.count, level)
    shape = "provisional" if o.provisional else "dot"
    return Dot(x, scale.y(o.count), x0, x1, o.visible_fraction, scale.y(bounds[0]), scale.y(bounds[1]), shape, row)


def _unseen(observations: Sequence[Observation], axis: TimeAxis, rails: tuple[Tick, ...]) -> tuple[Unseen, ...]:
    at = {rail.text: rail.at for rail in rails}
    return tuple(
        Unseen(axis.x(o.when.middle), at[o.reason], f"{utc_text(o.when)}: not observed, {o.reason}")
        for o in observations
        if isinstance(o, NotObserved) and o.when is not None
    )


def _band(axis: TimeAxis, scale: _Scale, pattern: Pattern | None) -> str:
    points = [p for p in pattern.band if axis.holds(p.when)] if pattern else []
    if len(points) < 2 or scale.kind == "sighting":
        return ""
    upper = [f"{axis.x(p.when)},{scale.y(p.high)}" for p in points]
    lower = [f"{axis.x(p.when)},{scale.y(p.low)}" for p in reversed(points)]
    return " ".join(upper + lower)


def _middle(axis: TimeAxis, scale: _Scale, pattern: Pattern | None) -> str:
    points = [p for p in pattern.band if axis.holds(p.when)] if pattern else []
    if len(points) < 2 or scale.kind == "sighting":
        return ""
    return " ".join(f"{axis.x(p.when)},{scale.y(p.middle)}" for p in points)


def _unit(kind: str, series: Series) -> str:
    if kind == "index":
        return f"{isolated(series.cls) or 'index'}, as measured"
    if kind == "sighting":
        return "as a reader saw it"
    return f"{isolated(series.cls) or 'things'} in the zone, boxes as drawn or as counted"


def _thinned(n: int, k: int) -> str:
    return "" if k == 1 else f" Drawn and listed here: every {_th(k)} of these images in order of time, {n:,} of them."


def _th(k: int) -> str:
    ending = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}{ending}"


def _summary(
    series: Series,
    observations: Sequence[Observation],
    names: Names,
    events: Sequence[Event],
    findings: Sequence[EventFinding],
    scans: Sequence[BreakFinding],
) -> str:
    """The drawing in words, for who cannot see it."""
    seen = [o for o in observations if not isinstance(o, NotObserved)]
    unseen = Counter(o.reason for o in observations if isinstance(o, NotObserved))
    whens = [o.when for o in observations if o.when is not None]
    parts = [
        f"{counted(len(observations), 'image')} of {names.place(series)} for {isolated(series.cls) or 'counts'}"
        + (f", {names.days(_span(whens), series.site)}" if whens else "")
        + f": {len(seen)} seen, {sum(unseen.values())} not seen"
        + (f" ({listed(f'{reason} {n}' for reason, n in unseen.most_common())})" if unseen else "")
        + "."
    ]
    counts = [o.count for o in seen if isinstance(o, Count)]
    if counts and not any(counts):
        parts.append("Every count is zero: seen, and none there was counted.")
    elif counts:
        parts.append(f"Counts run from {min(counts)} to {max(counts)}, middle {sorted(counts)[len(counts) // 2]}.")
    states = Counter(o.state for o in seen if isinstance(o, Sighting))
    if states:
        parts.append("Sightings: " + listed(f"{state} {n}" for state, n in states.most_common()) + ".")
    if undated := sum(o.when is None for o in observations):
        parts.append(f"{counted(undated, 'undated image')} not drawn.")
    if chosen := sum(1 for o in seen if o.why_acquired in ("tasked", "chosen")):
        parts.append(f"Tasked, or chosen after a preview, and so not a fair sample: {chosen} of the seen.")
    if events:
        parts.append("Events: " + "; ".join(f"{isolated(e.name)} ({names.event_days(e)})" for e in events) + ".")
    steps = [b for f in scans for b in f.found]
    if steps:
        told = (f"{ratio(b.ratio.estimate)} between the images of {names.ends(b.between, series.site)}" for b in steps)
        parts.append(f"Steps that nobody declared, dashed: {'; '.join(told)}.")
    if len(findings) > 1:
        parts.append("The windows in dotted frames are those of " + names.event(findings[0].event) + ".")
    return " ".join(parts)


def _span(whens: Sequence[Interval]) -> Interval:
    return Interval(start=min(w.start for w in whens), end=max(w.end for w in whens))
