"""A coming and going as the report prints it."""

from datetime import UTC, datetime, timedelta

from overlook.report.turnover import tell
from overlook.report.words import Names
from overlook.terms import Case, Estimate, Interval, PairTurnover, Series, TurnoverFinding
from report.fixture import case

START = datetime(2021, 3, 1, 10, tzinfo=UTC)


def finding(**fields: object) -> TurnoverFinding:
    pairs = tuple(
        PairTurnover(
            before=str(j),
            after=str(j + 1),
            during=Interval(start=START + timedelta(days=7 * j), end=START + timedelta(days=7 * j + 7)),
            stayed=4,
            left=3,
            arrived=2,
            unseen_after=1,
            residual_m=0.31,
        )
        for j in range(3)
    )
    given: dict[str, object] = {
        "id": "turnover/s/yard/vehicle",
        "series": Series(site="s", zone="yard", cls="vehicle"),
        "window": Interval(start=START, end=START + timedelta(days=21)),
        "reader": "ann",
        "n_images": 4,
        "n_places": 20,
        "pairs": pairs,
        "stayed": 12,
        "left": 9,
        "arrived": 6,
        "expected_by_error": 2.5,
        "p_value": 0.0004,
        "verdict": "coming and going",
        "exploratory": False,
    }
    return TurnoverFinding(**(given | fields))  # type: ignore[arg-type]


def names() -> Names:
    made = case()
    assert isinstance(made, Case)
    return Names.of(made)


def test_the_sentence_holds_the_totals_the_errors_and_the_stay() -> None:
    told = tell(finding(dwell_d=Estimate(estimate=4.56, low=3.16, high=5.32, level=0.9)), names())
    assert told.lead == "Coming and going"
    assert "12 stayed, 9 left and 6 arrived over 3 pairs of images" in told.sentence
    assert "errors of reading alone would make about 2.5" in told.sentence
    assert "lasts 4.6 (90% interval 3.2 to 5.3) days" in told.sentence


def test_the_table_has_every_pair_and_the_totals() -> None:
    told = tell(finding(), names())
    head, *rows, total = told.table
    assert len(rows) == 3
    assert rows[0] == ("1 March 2021", "8 March 2021", "7.0", "4", "3", "2", "1", "0.31")
    assert total[3:7] == ("12", "9", "6", "3")
    assert {len(row) for row in told.table} == {len(head)}


def test_bounds_and_openness_are_told_as_such() -> None:
    under = tell(finding(dwell_under_d=3.6), names())
    assert "lasts under 3.6 days" in under.sentence
    standing = tell(finding(verdict="standing", kept_at_least=0.81), names())
    assert "Whether by the same vehicles, places cannot tell." in standing.sentence
    none = tell(finding(pairs=(), stayed=0, left=0, arrived=0, verdict="undetermined"), names())
    assert none.lead == "Not enough imagery"
    assert none.table == ()
