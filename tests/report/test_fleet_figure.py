"""Many steps in one drawing: every number is a row's, and what is not drawn is said."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from overlook.errors import InputError
from overlook.report import fleet_figure, render
from overlook.report.fleet import MOST_ROWS, of_rows
from overlook.terms import EventFinding, Series, Step
from report import fixture

A = fixture.assessment()


def row(i: int, estimate: float = 1.2, p: float = 0.3, *, called: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "series": {"site": f"site-{i:03d}", "zone": "yard", "class": "truck"},
        "step": {"estimate": estimate, "low": estimate / 1.5, "high": estimate * 1.5, "p_value": p},
        "fdr": {"q": 0.1, "adjusted_p": min(1.0, 2 * p), "called": called},
    } | more


def untested(i: int) -> dict[str, Any]:
    return row(i, step=None, fdr={"q": 0.1, "adjusted_p": None, "called": None})


def test_rows_lie_in_order_of_their_step_with_called_ones_marked() -> None:
    drawn = of_rows([row(1, 1.1), row(2, 3.0, 0.001, called=True), row(3, 0.7), untested(4)])
    assert [r.name for r in drawn.rows] == [f"site-00{i}, yard, truck" for i in (2, 1, 3)]
    assert [r.called for r in drawn.rows] == [True, False, False]
    assert [r.y for r in drawn.rows] == sorted(r.y for r in drawn.rows)
    assert drawn.rows[0].x > drawn.x_one > drawn.rows[2].x
    assert "3 series tested" in drawn.text
    assert "1 called at a false discovery rate of 10%" in drawn.text
    assert "One that is not called was not shown to be the same." in drawn.text
    assert drawn.text.endswith("nothing to compare: 1.")


def test_of_many_the_least_p_values_are_drawn_and_the_rest_counted() -> None:
    many = [row(i, 1 + i / 400, (i + 1) / 400, called=i < 70) for i in range(300)]
    drawn = of_rows(many)
    assert len(drawn.rows) == MOST_ROWS
    assert "Drawn are the 60 of the least p-values; 240 are not, 10 of them called." in drawn.text


def test_an_interval_beyond_the_paper_is_cut_with_an_arrow() -> None:
    wide = row(1)
    wide["step"] = {"estimate": 2.0, "low": 0.001, "high": 4000.0, "p_value": 0.5}
    (drawn,) = of_rows([wide]).rows
    assert drawn.is_cut_low
    assert drawn.is_cut_high
    assert fleet_figure([wide]).count("l-5 4l5 4") == 1


def test_the_drawing_stands_alone_as_an_image() -> None:
    svg = fleet_figure(
        [row(i, called=i == 0) for i in range(5)] + [row(9, series={"site": "<b>&", "zone": "", "class": "x"})]
    )
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<b>" not in svg
    assert root.find("{http://www.w3.org/2000/svg}desc").text == of_rows([row(i, called=i == 0) for i in range(6)]).text


def test_no_series_tested_is_drawn_empty_and_said() -> None:
    drawn = of_rows([untested(1)])
    assert drawn.rows == ()
    assert drawn.text.startswith("0 series tested")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        ["text"],
        [None],
        [row(1) | {"step": {"estimate": 1.0}}],
        [row(1) | {"step": {"estimate": 1.0, "low": 2.0, "high": 3.0, "p_value": 0.1}}],
        [row(1) | {"step": {"estimate": 1.0, "low": 0.0, "high": 3.0, "p_value": 0.1}}],
        [row(1) | {"step": {"estimate": 1.0, "low": 0.5, "high": float("inf"), "p_value": 0.1}}],
        [row(1) | {"step": {"estimate": float("nan"), "low": 0.5, "high": 2.0, "p_value": 0.1}}],
        [row(1) | {"step": {"estimate": 1.0, "low": 0.5, "high": 2.0, "p_value": float("nan")}}],
        [row(1) | {"step": {"estimate": 1.0, "low": 0.5, "high": 2.0, "p_value": 1.5}}],
        [row(1) | {"fdr": {"q": float("nan"), "adjusted_p": 0.1, "called": False}}],
        [{k: v for k, v in row(1).items() if k != "fdr"}],
        [row(1), row(2) | {"fdr": {"q": 0.2, "adjusted_p": 0.1, "called": False}}],
    ],
)
def test_what_is_no_fleet_is_refused_with_a_line(rows: list[Any]) -> None:
    with pytest.raises(InputError) as refused:
        fleet_figure(rows)
    assert refused.value.code == "E-INPUT-FLEET"
    assert refused.value.remedy


def test_a_case_of_many_series_at_one_event_draws_them_together() -> None:
    first = next(f for f in A.findings if isinstance(f, EventFinding))
    many = tuple(
        replace(
            first,
            id=f"event/{i}",
            series=Series(site="works", zone=f"z{i}", cls="vehicle"),
            step=Step(estimate=1 + i / 10, low=0.8, high=2.5, p_value=0.001 if i == 5 else 0.5),
        )
        for i in range(6)
    )
    html = render(replace(A, findings=(*A.findings, *many)), lambda *_: None, made=A.observations[0].when.start).html
    assert html.count('class="fleet"') == 1
    assert "Steps at Summit, series by series" in html
    assert "The verdict of each finding is on its ratio" in html
    few = render(replace(A, findings=(*A.findings, *many[:2])), lambda *_: None, made=A.observations[0].when.start).html
    assert 'class="fleet"' not in few
