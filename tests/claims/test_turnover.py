"""A claim that things come and go, read against what came and went beyond error."""

from dataclasses import replace
from typing import Any

import pytest

from claims.made import DECEPTION, OTHER_USE, PLAN, WINDOW, case, prediction
from overlook.claims import judge, questions
from overlook.claims.asking import asked_by
from overlook.terms import (
    ActivityFinding,
    Case,
    Estimate,
    Finding,
    Judgement,
    PairTurnover,
    Rival,
    Series,
    TurnoverFinding,
)

YARD = Series(site="s", zone="yard", cls="vehicle")


def moved(
    verdict: str = "coming and going", beyond: tuple[str, ...] = ("left", "arrived"), **more: Any
) -> TurnoverFinding:
    pair = PairTurnover(before="a", after="b", during=WINDOW, stayed=4, left=9, arrived=8, residual_m=0.2)
    fields: dict[str, Any] = {
        "series": YARD,
        "window": WINDOW,
        "reader": "ann",
        "n_images": 2,
        "n_places": 20,
        "pairs": (pair,),
        "stayed": 4,
        "left": 9,
        "arrived": 8,
        "expected_by_error": 2.5,
        "p_value": 0.001,
        "beyond_error": beyond,
        "verdict": verdict,
        "exploratory": False,
    }
    fields |= more
    of = asked(prediction("arrived", cls="vehicle"))
    return TurnoverFinding(id=of, **fields)


def asked(about: Any) -> str:
    return next(q.id for q in asked_by(about, case(about), (), (YARD,), (YARD,)) if q.kind == "turnover")


def activity(verdict: str = "active") -> ActivityFinding:
    about = prediction("active")
    id_ = next(q.id for q in asked_by(about, case(about), (), (YARD,)) if q.kind == "activity")
    return ActivityFinding(
        id=id_,
        series=YARD,
        window=WINDOW,
        n_images=12,
        image_equivalents=11.0,
        total_count=50 if verdict == "active" else 0,
        rate=Estimate(estimate=4.0, low=3.0, high=5.0, level=0.9),
        quiet_below=0.5,
        p_active=0.99 if verdict == "active" else 0.01,
        verdict=verdict,  # type: ignore[arg-type]
        exploratory=False,
    )


def judged(of: Case, *findings: Finding) -> Judgement:
    return judge(of, {f.id: f for f in findings}, (), ())[0].parts[0]


def test_each_series_with_boxes_is_asked_and_others_are_not() -> None:
    of = replace(case(), plan=PLAN)
    kinds = [q.series for q in questions(of, (), (YARD,), boxed=(YARD,)) if q.kind == "turnover"]
    assert kinds == [YARD]
    assert not [q for q in questions(of, (), (YARD,)) if q.kind == "turnover"]


def test_under_a_roof_nothing_is_asked_to_come_or_go() -> None:
    hall = Series(site="s", zone="hall", cls="vehicle")
    assert not [q for q in questions(case(), (), (hall,), boxed=(hall,)) if q.kind == "turnover"]


@pytest.mark.parametrize("relation", ["arrived", "left"])
def test_an_arrival_of_a_counted_class_is_asked_of_its_boxes(relation: str) -> None:
    about = prediction(relation, cls="vehicle")
    assert [q.kind for q in asked_by(about, case(about), (), (YARD,), (YARD,))] == ["turnover"]
    assert asked_by(about, case(about), (), (YARD,)) == ()
    assert asked_by(prediction("built", cls="vehicle"), case(), (), (YARD,), (YARD,)) == ()


@pytest.mark.parametrize(
    ("relation", "beyond", "verdict"),
    [
        ("arrived", ("arrived",), "supported"),
        ("left", ("left", "arrived"), "supported"),
        ("arrived", ("left",), "insufficient imagery"),
        ("left", (), "insufficient imagery"),
    ],
)
def test_only_what_is_beyond_error_supports(relation: str, beyond: tuple[str, ...], verdict: str) -> None:
    about = prediction(relation, cls="vehicle", rivals=(OTHER_USE, DECEPTION))
    assert judged(case(about), moved(beyond=beyond)).verdict == verdict


def test_coming_and_going_supports_activity_by_itself() -> None:
    about = prediction("active", rivals=(OTHER_USE, DECEPTION))
    part = judged(case(about), moved())
    assert part.verdict == "supported"
    assert part.observable.startswith("More vehicles came and went in Yard than errors")
    assert part.probability is None
    assert any("4 stayed, 9 left and 8 arrived" in line for line in part.why)
    assert any("about 2.5 leave or arrive" in line for line in part.why)


def test_beside_a_rate_it_adds_and_takes_nothing_away() -> None:
    about = prediction("active", rivals=(OTHER_USE, DECEPTION))
    of = case(about)
    both = judged(of, activity(), moved())
    assert both.verdict == "supported"
    assert both.probability == pytest.approx(0.99)
    assert both.likelihood == judged(of, activity()).likelihood
    quiet = judged(of, activity("no activity observed"), moved("undetermined", ()))
    assert quiet.verdict == judged(of, activity("no activity observed")).verdict == "inconsistent"


def test_a_rival_of_the_level_is_no_rival_of_coming_and_going_once_it_is_declared_what_it_predicts_of_it() -> None:
    """Wrecks fill a yard as well as what is in use, and do not come and go: said beside an arrival of the class."""
    wrecks = Rival(id="wrecks", name="Wrecks", predicts="same")
    used = prediction("active", rivals=(wrecks, OTHER_USE, DECEPTION))
    came = prediction("arrived", id="came", cls="vehicle", rivals=(replace(wrecks, predicts="different"), DECEPTION))
    part = judged(case(used, came), activity(), moved())
    assert part.verdict == "supported"
    assert part.rivals_against == ("wrecks", "other", "decoy")
    assert any("nothing would come and go: “Wrecks”" in line for line in part.why)
    # Where nobody declared it, where the same rival comes and goes too, and where nothing is seen to: it stays open.
    also = replace(came, rivals=(wrecks, DECEPTION))
    elsewhere = replace(came, rivals=(replace(wrecks, id="others", predicts="different"),))
    for of, findings in (
        (case(used), (activity(), moved())),
        (case(used, also), (activity(), moved())),
        (case(used, elsewhere), (activity(), moved())),
        (case(used, came), (activity(),)),
        (case(used, came), (activity(), moved("standing", ()))),
        (case(used, came), (activity(), moved(exploratory=True, p_value=None))),
    ):
        part = judged(of, *findings)
        assert part.verdict == "consistent, not diagnostic"
        assert "wrecks" in part.rivals_open


def test_the_matrix_asks_each_finding_of_what_it_tests() -> None:
    wrecks = Rival(id="wrecks", name="Wrecks", predicts="same")
    used = prediction("active", rivals=(wrecks,))
    came = prediction("arrived", id="came", cls="vehicle", rivals=(replace(wrecks, predicts="different"),))
    for of, cell in ((case(used, came), "I"), (case(used), "N/A")):
        findings = {f.id: f for f in (activity(), moved())}
        matrix = judge(of, findings, (), ())[0].ach
        assert matrix is not None
        cells = {row.finding: row.cells for row in matrix.rows if row.part == used.id}
        assert cells == {activity().id: ("C", "C"), moved().id: ("C", cell)}


def test_what_stands_contradicts_nothing() -> None:
    about = prediction("active", rivals=(OTHER_USE, DECEPTION))
    part = judged(case(about), moved("standing", ()))
    assert part.verdict == "insufficient imagery"
    assert any("shows no use" in line for line in part.why)
    arrived = prediction("arrived", cls="vehicle", rivals=(OTHER_USE, DECEPTION))
    assert judged(case(arrived), moved("standing", ())).verdict == "insufficient imagery"


def test_an_exploratory_answer_supports_weakly() -> None:
    about = prediction("active", rivals=(OTHER_USE, DECEPTION))
    part = judged(case(about), moved(exploratory=True, p_value=None))
    assert part.verdict == "consistent, not diagnostic"


def test_an_undeclared_reader_is_said_to_be_the_reason() -> None:
    about = prediction("active")
    part = judged(case(about), moved("undetermined", (), expected_by_error=None, p_value=None))
    assert part.verdict == "insufficient imagery"
    assert any("Nobody declared how well" in line for line in part.why)


def test_no_two_images_to_compare() -> None:
    about = prediction("left", cls="vehicle")
    empty = moved("undetermined", (), pairs=(), stayed=0, left=0, arrived=0, n_images=1)
    part = judged(case(about), empty)
    assert part.verdict == "insufficient imagery"
    assert any("no two images" in line for line in part.why)
    assert any("registered to each other" in need.text for need in part.needs)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dwell_d": Estimate(estimate=4.5, low=3.2, high=5.3, level=0.9)}, "4.5 (90% interval 3.2 to 5.3) days"),
        ({"dwell_under_d": 3.0}, "under 3 days"),
        ({"dwell_over_d": 40.0}, "over 40 days"),
    ],
)
def test_a_stay_is_told_as_a_number_or_a_bound(fields: dict[str, Any], said: str) -> None:
    about = prediction("active")
    assert any(said in line for line in judged(case(about), moved(**fields)).why)
