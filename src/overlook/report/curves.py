"""The figures of one event finding: its ratio against the margin, and what images like these would be called.

Every line and area is named on the drawing and in its text; nothing rests on colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from overlook.activity.curves import chance_changed, chance_same
from overlook.report.axis import RatioAxis, Tick, ratio_ticks
from overlook.report.words import chance, percent, ratio
from overlook.terms import Density, EventFinding

WIDTH, HEIGHT, LEFT, RIGHT = 330.0, 218.0, 34.0, 10.0
TOP, BASE = 40.0, 164.0
#: The power that `Missed` is about.
_POWER = 0.8
#: Half the width of the power curve, in posterior standard deviations: there every change is called.
_REACH = 4.5
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the density: its outline, its hatching (a name the template knows), and its name at (x, y)."""

    points: str
    hatch: str
    x: float
    y: float
    align: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """An upright line at `x` from the axis to `y`; its label on top of it, or beside it near the axis."""

    x: float
    text: str
    strong: bool
    y: float = TOP
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: areas or a line over an axis of ratios. `text` is the same in words."""

    key: str
    title: str
    text: str
    x_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    line: str
    areas: tuple[Area, ...] = ()
    rules: tuple[Rule, ...] = ()
    level_y: float | None = None
    bar: tuple[float, float, float] | None = None
    bar_text: str = ""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    base: float = BASE


def curves(f: EventFinding, level: float) -> tuple[Curve, ...]:
    """The panels of a finding: none when it holds no density (nothing fitted, or too few images to draw more than the
    prior). `level`: of the plan's intervals."""
    d = f.density
    if d is None or f.ratio is None:
        return ()
    return (_posterior(f, d), _called_changed(f, d, level), _called_same(f, d, level))


# --- the ratio against the margin -------------------------------------------------------------------------------------


def _posterior(f: EventFinding, d: Density) -> Curve:
    assert f.ratio is not None
    margin = f.margin or 1.0
    axis = RatioAxis(min(d.low, 1 / margin / 1.02), max(d.high, margin * 1.02), LEFT, WIDTH - RIGHT)
    step = math.log(d.high / d.low) / (len(d.density) - 1)
    points = [(math.log(d.low) + i * step, y) for i, y in enumerate(d.density)]
    top = max(d.density)
    edges = [-math.log(margin), math.log(margin)] if f.margin else [0.0]
    shares = _shares(f, points, edges)
    names = ("lower", "inside the margin", "higher") if f.margin else ("lower", "higher")
    hatches = ("falling", "plain", "rising") if f.margin else ("falling", "rising")
    cuts = [-math.inf, *edges, math.inf]
    areas = []
    for i, name in enumerate(names):
        part = _between(points, cuts[i], cuts[i + 1])
        outline = _outline(part, axis, top) if len(part) > 1 else ""
        areas.append(_area(outline, hatches[i], i, len(names), f"{name}: {chance(shares[i])}"))
    low, high = axis.x(f.ratio.low), axis.x(f.ratio.high)
    rules = [Rule(axis.x(1.0), "×1", True)]
    if f.margin:
        rules += [Rule(axis.x(x), "", False) for x in (1 / margin, margin)]
    told = ", ".join(f"{n} {chance(s)}" for n, s in zip(names, shares, strict=True))
    interval = f"{percent(f.ratio.level)} interval {ratio(f.ratio.low)} to {ratio(f.ratio.high)}"
    inside = f" Margin, dotted: {ratio(1 / margin)} to {ratio(margin)}." if f.margin else " No margin is declared."
    return Curve(
        key="posterior",
        title="How the level after compares with that before",
        text=f"How probable each ratio is, given these images and the prior: {told}; {interval}.{inside}",
        x_title="ratio, after to before (log scale)",
        x_ticks=ratio_ticks(axis),
        y_ticks=(),
        line=_line(points, axis, top),
        areas=tuple(areas),
        rules=tuple(rules),
        bar=(low, axis.x(f.ratio.estimate), high),
        bar_text=f"{percent(f.ratio.level)} interval",
    )


def _area(outline: str, hatch: str, i: int, n: int, text: str) -> Area:
    """The name of an area stands over the plot: at its left, middle or right, where no other can be."""
    place, align = ((LEFT, "start"), ((LEFT + WIDTH - RIGHT) / 2, "mid"), (WIDTH - RIGHT, "end"))[
        i if n == 3 else 2 * i
    ]
    return Area(outline, hatch, place, TOP - 24 if hatch == "plain" else TOP - 10, align, text)


def _shares(f: EventFinding, points: list[tuple[float, float]], edges: list[float]) -> list[float]:
    """Probability under, in and over the margin; under and over one without a margin. The finding's own numbers, and
    what lies outside the margin shared out as the drawn density has it."""
    if len(edges) == 1:
        above = f.p_above_one if f.p_above_one is not None else _mass(points, 0.0, math.inf)
        return [1 - above, above]
    inside = f.p_within_margin if f.p_within_margin is not None else _mass(points, *edges)
    under, over = _mass(points, -math.inf, edges[0]), _mass(points, edges[1], math.inf)
    outside = max(under + over, 1e-12)
    return [(1 - inside) * under / outside, inside, (1 - inside) * over / outside]


def _mass(points: list[tuple[float, float]], low: float, high: float) -> float:
    part = _between(points, low, high)
    return sum(0.5 * (a[1] + b[1]) * (b[0] - a[0]) for a, b in pairwise(part))


def _between(points: list[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """The polyline cut to [low, high], with points at the cuts."""
    cut = [p for p in points if low < p[0] < high]
    for edge, place in ((low, 0), (high, len(cut) + 1)):
        for a, b in pairwise(points):
            if a[0] <= edge <= b[0]:
                y = a[1] + (b[1] - a[1]) * (edge - a[0]) / (b[0] - a[0])
                cut.insert(place, (edge, y))
                break
    return cut


def _outline(part: list[tuple[float, float]], axis: RatioAxis, top: float) -> str:
    ends = (part[0][0], part[-1][0])
    floor = " ".join(f"{axis.x(math.exp(x))},{BASE}" for x in reversed(ends))
    return f"{_line(part, axis, top)} {floor}"


def _line(part: list[tuple[float, float]], axis: RatioAxis, top: float) -> str:
    return " ".join(f"{axis.x(math.exp(x))},{_y(y / top)}" for x, y in part)


def _y(share: float) -> float:
    return round(BASE - (BASE - TOP) * min(max(share, 0.0), 1.0), 1)


# --- what images like these would be called ---------------------------------------------------------------------------


def _called_changed(f: EventFinding, d: Density, level: float) -> Curve:
    reach = math.exp(min(_REACH * d.log_sd, 20.0))
    axis = RatioAxis(1 / reach, reach, LEFT, WIDTH - RIGHT)
    up, down = f.missed.smallest_ratio_up, f.missed.smallest_ratio_down
    rules = [Rule(axis.x(1.0), "no change", True)]
    sides = ((down, "left"), (up, "right"))
    rules += [Rule(axis.x(x), ratio(x), False, _y(_POWER), beside) for x, beside in sides if x is not None]
    found = f"a fall to {ratio(down)} or a rise to {ratio(up)}" if up and down else "no change of any size"
    return Curve(
        key="changed",
        title="Chance that images like these are called changed",
        text=(
            f"If the true ratio were as on the axis, these images would be called changed with the chance drawn: "
            f"{percent(_POWER)} for {found}, and {percent(1 - level)}, falsely, for none."
        ),
        x_title="true ratio (log scale)",
        x_ticks=ratio_ticks(axis),
        y_ticks=_percents(),
        line=_drawn(axis, lambda x: chance_changed(x, d.log_sd, level)),
        rules=tuple(rules),
        level_y=_y(_POWER),
    )


def _called_same(f: EventFinding, d: Density, level: float) -> Curve:
    smallest = f.missed.smallest_margin
    far = max(math.exp(min(_REACH * d.log_sd, 20.0)), (f.margin or 1.0) * 1.1)
    axis = RatioAxis(1.0, far, LEFT, WIDTH - RIGHT)
    rules = []
    if smallest and smallest <= far:
        beside = "left" if f.margin and f.margin > smallest else "right"
        rules.append(Rule(axis.x(smallest), ratio(smallest), False, _y(_POWER), beside))
    text = "Had nothing changed, these images would show “about the same” with the chance drawn, for each margin: "
    text += f"{percent(_POWER)} from {ratio(smallest)} on." if smallest else "for no margin that can be drawn."
    if f.margin:
        now = chance_same(f.margin, d.log_sd, level)
        rules.append(Rule(axis.x(f.margin), "declared margin", True))
        text += f" Within the declared {ratio(f.margin)}: {chance(now)}."
    else:
        text += " No margin is declared, so it is never said."
    return Curve(
        key="same",
        title="Chance to show “about the same”, had nothing changed",
        text=text,
        x_title="margin (log scale)",
        x_ticks=ratio_ticks(axis),
        y_ticks=_percents(),
        line=_drawn(axis, lambda x: chance_same(x, d.log_sd, level)),
        rules=tuple(rules),
        level_y=_y(_POWER),
    )


def _percents() -> tuple[Tick, ...]:
    return tuple(Tick(_y(share), f"{share:.0%}") for share in (0.0, 0.5, _POWER, 1.0))


def _drawn(axis: RatioAxis, of: Callable[[float], float]) -> str:
    low, high = math.log(axis.low), math.log(axis.high)
    ratios = [math.exp(low + (high - low) * i / _STEPS) for i in range(_STEPS + 1)]
    return " ".join(f"{axis.x(x)},{_y(of(x))}" for x in ratios)
