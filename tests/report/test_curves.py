"""The figures of one finding: their numbers are the finding's, their places those of the numbers."""

import math
import re
from dataclasses import replace

import pytest

from overlook.activity.curves import chance_changed
from overlook.report import render
from overlook.report.axis import RatioAxis, ratio_ticks
from overlook.report.curves import BASE, TOP, Curve, curves
from overlook.terms import EventFinding, Missed
from report import fixture

A = fixture.assessment()
CHANGED, SAME, NOT_DRAWN, *_ = (f for f in A.findings if isinstance(f, EventFinding))


def of(f: EventFinding, key: str, level: float = 0.9) -> Curve:
    return next(c for c in curves(f, level) if c.key == key)


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (p.split(",") for p in line.split())]


def consistent(f: EventFinding, log_sd: float) -> EventFinding:
    up, equal = math.exp((1.6449 + 0.8416) * log_sd), math.exp((1.6449 + 1.2816) * log_sd)
    assert f.ratio is not None
    missed = Missed(smallest_ratio_up=up, smallest_ratio_down=1 / up, smallest_margin=equal)
    return replace(f, missed=missed, density=fixture.density(f.ratio.estimate, log_sd))


def test_a_finding_without_a_density_is_not_drawn() -> None:
    assert curves(NOT_DRAWN, 0.9) == ()
    assert curves(replace(CHANGED, density=None), 0.9) == ()


def test_the_areas_carry_the_findings_own_probabilities() -> None:
    c = of(SAME, "posterior")
    assert [a.text for a in c.areas] == ["lower: 4%", "inside the margin: 96%", "higher: <1%"]
    assert {a.hatch for a in c.areas} == {"falling", "plain", "rising"}
    assert "90% interval ×0.84 to ×1.13" in c.text
    assert "Margin, dotted: ×0.80 to ×1.25" in c.text


def test_without_a_margin_there_are_two_sides_of_one() -> None:
    c = of(replace(CHANGED, margin=None, p_within_margin=None), "posterior")
    assert [a.text for a in c.areas] == ["lower: <1%", "higher: >99%"]
    assert "No margin is declared" in c.text
    same = of(replace(CHANGED, margin=None), "same")
    assert "it is never said" in same.text
    assert all(r.text != "declared margin" for r in same.rules)


def test_areas_meet_at_the_margin_and_fill_the_curve() -> None:
    c = of(replace(SAME, density=fixture.density(1.0, 0.2)), "posterior")
    ends = [(min(p)[0], max(p)[0]) for p in (points(a.points) for a in c.areas)]
    assert ends[0][1] == ends[1][0]
    assert ends[1][1] == ends[2][0]
    margins = sorted(r.x for r in c.rules if not r.strong)
    assert [ends[0][1], ends[1][1]] == margins
    xs = [x for x, _ in points(c.line)]
    assert (ends[0][0], ends[2][1]) == (xs[0], xs[-1])


def test_the_bar_is_the_interval() -> None:
    c = of(CHANGED, "posterior")
    assert c.bar is not None and CHANGED.ratio is not None and CHANGED.density is not None  # noqa: PT018
    axis = RatioAxis(min(CHANGED.density.low, 1 / 1.25 / 1.02), CHANGED.density.high, c.left, c.right)
    assert c.bar == (axis.x(CHANGED.ratio.low), axis.x(CHANGED.ratio.estimate), axis.x(CHANGED.ratio.high))


@pytest.mark.parametrize("log_sd", [0.05, 0.184, 0.6, 3.0])
def test_the_power_curve_meets_80_percent_where_missed_says(log_sd: float) -> None:
    f = consistent(CHANGED, log_sd)
    for key in ("changed", "same"):
        c = of(f, key)
        thresholds = [r for r in c.rules if r.beside]
        assert thresholds
        for rule in thresholds:
            line = points(c.line)
            below = max((p for p in line if p[0] <= rule.x + 0.06), default=line[0])
            above = min(p for p in line if p[0] >= rule.x - 0.06)
            low, high = sorted((below[1], above[1]))
            assert low - 0.5 <= BASE - 0.8 * (BASE - TOP) <= high + 0.5


def test_the_chance_at_no_change_is_that_of_a_false_alarm() -> None:
    c = of(CHANGED, "changed", level=0.9)
    lowest = max(points(c.line), key=lambda p: p[1])
    assert lowest[1] == pytest.approx(BASE - 0.1 * (BASE - TOP), abs=0.3)
    assert "10%, falsely, for none" in c.text
    assert chance_changed(1.0, 0.184, 0.9) == pytest.approx(0.1)


@pytest.mark.parametrize("log_sd", [0.01, 0.3, 2.0, 6.0])
@pytest.mark.parametrize("margin", [None, 1.01, 1.25, 50.0])
@pytest.mark.parametrize("estimate", [0.02, 1.0, 30.0])
def test_every_curve_stays_on_its_paper(log_sd: float, margin: float | None, estimate: float) -> None:
    assert CHANGED.ratio is not None
    ratio = replace(
        CHANGED.ratio,
        estimate=estimate,
        low=estimate * math.exp(-1.64 * log_sd),
        high=estimate * math.exp(1.64 * log_sd),
    )
    density = fixture.density(estimate, log_sd)
    f = replace(CHANGED, ratio=ratio, margin=margin, density=density, p_within_margin=None)
    for c in curves(f, 0.9):
        for x, y in (p for line in (c.line, *(a.points for a in c.areas)) for p in points(line)):
            assert c.left <= x <= c.right
            assert c.top <= y <= c.base
        assert len(c.x_ticks) >= 2 or margin == 1.01
        assert all(b.at - a.at >= 40 for a, b in zip(c.x_ticks, c.x_ticks[1:], strict=False))
        assert "nan" not in c.text


def test_ticks_of_a_ratio_axis_are_round_and_hold_one() -> None:
    assert [t.text for t in ratio_ticks(RatioAxis(0.4, 2.6, 0, 400))] == ["×0.5", "×0.7", "×1", "×1.5", "×2"]
    assert "×1" in {t.text for t in ratio_ticks(RatioAxis(0.001, 5000, 0, 300))}


def test_each_drawn_curve_is_told_in_words_and_named_once() -> None:
    html = render(A, lambda *_: None, made=A.observations[0].when.start).html
    assert html.count('class="curve"') == 6
    ids = re.findall(r'id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert html.count("If the true ratio were as on the axis") == 4
