"""Obligations over time: each period by its own images, absence only with its bound, undefined terms kept undefined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.made import PLAN, case, day, span
from overlook.activity import answer
from overlook.claims import judge, observed_span, questions
from overlook.claims.commitments import open_terms, terms
from overlook.claims.commitments_periods import count, periods_of
from overlook.claims.compliance import findings_of
from overlook.terms import (
    ELEMENTS,
    Case,
    Commitment,
    ComplianceMatrix,
    Count,
    Indicator,
    Interval,
    Obligation,
    Observation,
    Prediction,
    Reporting,
    Series,
    Sighting,
    dumps,
    loads,
)

YEAR = span(day(2019, 1, 1), day(2019, 4, 30))
STAND = Series(site="s", zone="pad", cls="stand")


def indicator(relation: str, shows: str, thing: str = "stand", **more: Any) -> Indicator:
    named = {"cls": thing} if thing == "vehicle" else {"indicator": thing}
    made = Prediction(id=f"{relation}-{thing}", relation=relation, site="s", zone="pad", **named, **more)  # type: ignore[arg-type]
    return Indicator(prediction=made, shows=shows)  # type: ignore[arg-type]


def promise(*indicators: Indicator, during: Interval | None = YEAR, **more: Any) -> Case:
    own = {k: more.pop(k) for k in ("undefined", "deadline", "reversible", "defined") if k in more}
    obligation = Obligation(id="o", text="To take the stand down.", indicators=indicators, **own)
    k = Commitment(
        id="k", text="A pledge.", obligations=(obligation,), reporting=Reporting(every="month", during=during), **more
    )
    return case(commitments=(k,), plan=PLAN)


def sighting(state: str, when: Interval, *, p: float | None = 0.99, of: str = "stand", **more: Any) -> Sighting:
    strength = {"identification": "confirmed"} if state == "present" else {}
    values: dict[str, Any] = {"scene": f"{when.start:%m%d}", "probability_of_detection": p, "observer": "anna"}
    return Sighting(series=replace(STAND, cls=of), when=when, state=state, **(strength | values | more))  # type: ignore[arg-type]


def followed(of: Case, observations: Sequence[Observation]) -> ComplianceMatrix:
    """The whole way: questions before the data, the real rules' answers, the judgement."""
    sighted = sorted({o.series for o in observations if isinstance(o, Sighting)}, key=repr)
    counted = sorted({o.series for o in observations if isinstance(o, Count)}, key=repr)
    asked = questions(of, sighted, counted, observed=observed_span(observations))
    findings = {
        q.id: answer(q, observations, event=None, events=of.events, plan=of.plan)
        for q in asked
        if q.kind in ("presence", "transition", "activity")
    }
    (matrix,) = [j.compliance for j in judge(of, findings, observations, ()) if j.claim == "k"]
    assert matrix is not None
    assert set(findings_of(matrix)) <= set(findings)
    return matrix


def statuses(of: Case, observations: Sequence[Observation]) -> list[str]:
    (row,) = followed(of, observations).rows
    return [s.status for s in row.statuses]


GONE, OPENED, BACK = (
    indicator("absent", "met"),
    indicator("present", "in progress", "opened-stand"),
    indicator("present", "not met", "rebuilt-stand"),
)
FEW = "insufficient imagery"


def test_in_progress_unseen_and_undone():
    seen = [
        sighting("present", day(2019, 1, 9), of="opened-stand"),
        sighting("present", day(2019, 4, 9), of="rebuilt-stand"),
    ]
    of = promise(GONE, OPENED, BACK, reversible=True)
    assert statuses(of, seen) == ["in progress", FEW, FEW, "not met"]
    (row,) = followed(of, seen).rows
    assert "says nothing of this period" in row.statuses[1].notes[0]
    assert row.statuses[3].notes == ("Undone: it was in progress in January 2019.",)


@pytest.mark.parametrize(("p", "status"), [(0.99, "met"), (0.96, "met"), (0.94, FEW), (None, FEW)])
def test_absence_meets_only_where_the_images_would_hardly_have_missed_it(p: float | None, status: str):
    assert statuses(promise(GONE), [sighting("absent", day(2019, 1, 9), p=p)])[0] == status


def test_what_still_stands_is_not_met_and_a_month_without_an_image_is_never_so():
    assert statuses(promise(GONE), [sighting("present", day(2019, 2, 9))]) == [FEW, "not met", FEW, FEW]


@pytest.mark.parametrize(("p", "status"), [(0.99, "no indication"), (0.9, FEW), (None, FEW)])
def test_no_indication_is_said_only_with_its_bound(p: float | None, status: str):
    matrix = followed(promise(BACK), [sighting("absent", day(2019, 1, 9), p=p, of="rebuilt-stand")])
    cell = matrix.rows[0].indicators[0].cells[0]
    assert cell is not None
    assert cell.status == status
    assert ("no indication" in cell.said) == (status == "no indication")
    assert ("would have missed it with" in cell.said) == (status == "no indication" or p == 0.9)


def test_nothing_but_possible_decides_nothing():
    seen = [sighting("present", day(2019, 1, 9), of="rebuilt-stand", identification="possible")]
    assert statuses(promise(BACK), seen)[0] == FEW


def test_there_on_one_image_of_the_month_and_not_on_another_was_there():
    seen = [
        sighting("absent", day(2019, 1, 9), of="opened-stand"),
        sighting("present", day(2019, 1, 20), of="opened-stand"),
    ]
    assert statuses(promise(OPENED), seen)[0] == "in progress"


def test_two_readers_who_disagree_about_one_image_say_nothing():
    seen = [
        sighting("absent", day(2019, 1, 9), of="opened-stand"),
        sighting("present", day(2019, 1, 9), of="opened-stand", observer="bert"),
    ]
    assert statuses(promise(OPENED), seen)[0] == FEW


def test_a_change_holds_from_then_on_as_far_as_anybody_saw():
    of = promise(indicator("removed", "met"))
    seen = [sighting("present", day(2019, 1, 9)), sighting("absent", day(2019, 2, 9))]
    assert statuses(of, seen) == [FEW, "met", "met", "met"]


def test_it_takes_every_indicator_of_met():
    both = promise(GONE, indicator("absent", "met", "crane"))
    stand = sighting("absent", day(2019, 1, 9))
    assert statuses(both, [stand])[0] == "in progress"
    assert statuses(both, [stand, sighting("absent", day(2019, 1, 9), of="crane")])[0] == "met"


def test_an_undefined_term_leaves_the_obligation_undefined_whatever_is_seen():
    seen = [sighting("present", day(2019, 1, 9))]
    assert statuses(promise(GONE, undefined=("down",)), seen) == ["undefined"] * 4
    assert statuses(promise(), seen) == ["undefined"] * 4


def test_what_lies_inside_is_not_observable():
    of = promise(indicator("absent", "met", "warhead", inside=True))
    assert statuses(of, [sighting("present", day(2019, 1, 9))]) == ["not observable"] * 4


def test_a_deadline_that_passed_is_told_and_breaks_nothing():
    of = promise(GONE, deadline=day(2019, 2, 10))
    (row,) = followed(of, [sighting("present", day(2019, 1, 9))]).rows
    assert [s.status for s in row.statuses] == ["not met", FEW, FEW, FEW]
    assert ["has passed" in " ".join(s.notes) for s in row.statuses] == [False, True, True, True]


def test_an_indicator_with_a_window_says_nothing_outside_it():
    of = promise(replace(GONE, prediction=replace(GONE.prediction, window=span(day(2019, 2, 3), day(2019, 2, 20)))))
    (row,) = followed(of, [sighting("absent", day(2019, 2, 9))]).rows
    assert [c and c.status for c in row.indicators[0].cells] == [None, "met", None, None]


def test_periods_are_declared_or_by_the_images():
    of = promise(GONE, during=None, made=day(2019, 1, 20))
    k = of.commitments[0]
    assert periods_of(k, of, None) == ()
    assert periods_of(k, of, span(day(2018, 1, 1), day(2019, 1, 5))) == ()
    assert [p.label for p in periods_of(k, of, span(day(2018, 1, 1), day(2019, 3, 1)))] == [
        "January 2019",
        "February 2019",
        "March 2019",
    ]
    own = replace(k, reporting=Reporting())
    assert periods_of(own, of, span(day(2019, 1, 1), day(2026, 1, 1)))[0].label == "Q1 2019"
    assert periods_of(own, of, span(day(2019, 1, 1), day(2099, 1, 1)))[-1].label == "2099"


def test_a_commitment_without_a_date_or_image_reports_no_period():
    assert followed(promise(GONE, during=None), []).notes == (
        "No period can be reported: there is no dated image, and none is declared.",
    )


@given(
    st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2150, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 4000),
    st.sampled_from(["month", "quarter", "year"]),
)
def test_periods_tile_the_calendar(start: datetime, days: int, every: Any):
    during = Interval(start=start, end=start + timedelta(days=days))
    of = promise(GONE)
    k = replace(of.commitments[0], reporting=Reporting(every=every, during=during))
    periods = periods_of(k, of, None)
    assert len(periods) == count(during, every, UTC) <= 240
    assert periods[0].during.contains(during.start)
    assert periods[-1].during.contains(during.end)
    for a, b in pairwise(periods):
        assert b.during.start - a.during.end == timedelta(microseconds=1)


def test_every_cell_rests_on_questions_that_were_asked_before():
    of = promise(GONE, OPENED, BACK)
    asked = {q.id for q in questions(of, (), ())}
    assert sum(q.startswith("presence/s/pad/stand/") for q in asked) == 4
    matrix = followed(of, [sighting("absent", day(2019, 1, 9))])
    assert set(findings_of(matrix)) <= asked


def test_complete_denuclearization_is_a_table_of_what_is_missing():
    k = Commitment(id="k", text="to work towards the complete denuclearization of the peninsula")
    found = {t.term: t.missing for t in open_terms(k)}
    assert found == {"complete denuclearization": ELEMENTS, "work towards": ("object", "scope", "deadline")}
    (judged,) = judge(case(commitments=(k,)), {}, (), ())[1:]
    assert judged.compliance is not None
    assert "No obligation is declared" in judged.compliance.notes[0]
    assert (judged.compliance.rows, judged.parts) == ((), ())


def test_what_the_case_gives_is_not_missing():
    k = Commitment(
        id="k",
        text="to dismantle the stand under inspection",
        deadline=day(2019, 6, 1),
        defined=(("object", "the stand at the north pad"), ("scope", "down to its foundations")),
    )
    assert open_terms(k) == ()
    (found,) = open_terms(replace(k, defined=()))
    assert found.missing == ("object", "scope")
    assert dict(found.given) == {"deadline": "2019-06-01", "verification": "“inspection”"}
    (declared,) = open_terms(replace(k, undefined=("dismantle",)))
    assert (declared.missing, declared.declared) == ((), True)


def test_the_list_of_terms_can_be_read_and_every_element_is_explained():
    assert set(terms().elements) == set(ELEMENTS)
    assert all(why and needs for _, needs, why in terms().terms)


def test_a_matrix_passes_through_canonical_json_and_is_rectangular():
    matrix = followed(promise(GONE, OPENED), [sighting("absent", day(2019, 1, 9))])
    assert loads(dumps(matrix), ComplianceMatrix) == matrix
    with pytest.raises(ValueError, match="4 periods"):
        replace(matrix, rows=(replace(matrix.rows[0], statuses=()),))


def needed(of: Case, observations: Sequence[Observation]) -> list[tuple[int, ...]]:
    """Of each indicator, how many images each period asks for, () where it asks for none."""
    (row,) = followed(of, observations).rows
    return [tuple(len(c.needs) if c else 0 for c in i.cells) for i in row.indicators]


def test_every_period_that_nobody_can_tell_names_the_images_that_would_settle_it():
    seen = sighting("present", span(day(2019, 2, 10), day(2019, 2, 10)))
    of = promise(indicator("present", "met"))
    assert statuses(of, [seen]) == [FEW, "met", FEW, FEW]
    assert needed(of, [seen]) == [(1, 0, 1, 1)]
    (row,) = followed(of, [seen]).rows
    cell = row.indicators[0].cells[2]
    assert cell is not None
    (need,) = cell.needs
    assert (need.site, need.zone, need.images) == ("s", "pad", 1)
    assert need.window is not None
    assert (need.window.start, need.window.end.month) == (day(2019, 3, 1).start, 3)


def test_what_was_taken_down_is_settled_by_the_last_open_period():
    of = promise(indicator("removed", "met"))
    assert needed(of, []) == [(0, 0, 0, 2)]


def test_without_a_period_the_images_to_have_stand_with_the_indicator():
    (row,) = followed(promise(indicator("present", "met"), during=None), []).rows
    (told,) = row.indicators
    assert (told.cells, len(told.needs)) == ((), 1)


def test_what_no_image_shows_asks_for_none():
    of = promise(indicator("present", "met", inside=True))
    assert needed(of, []) == [(0, 0, 0, 0)]
    (row,) = followed(promise(indicator("present", "met", inside=True), during=None), []).rows
    assert row.indicators[0].needs == ()


def test_before_the_deadline_what_still_stands_is_not_yet_due_and_work_on_it_is_progress():
    seen = [sighting("present", span(day(2019, n, 10), day(2019, n, 10))) for n in (1, 2, 3)]
    work = sighting("present", span(day(2019, 2, 10), day(2019, 2, 10)), of="opened-stand")
    of = promise(GONE, OPENED, deadline=span(day(2019, 3, 15), day(2019, 3, 15)))
    (row,) = followed(of, [*seen, work]).rows
    assert [s.status for s in row.statuses] == ["not met", "in progress", "not met", FEW]
    assert row.statuses[0].notes == ("It is due by 15 March 2019.",)
    assert row.statuses[2].notes == ("The deadline, 15 March 2019, has passed.", *row.statuses[2].notes[1:])
    broken = sighting("present", span(day(2019, 2, 12), day(2019, 2, 12)), of="rebuilt-stand")
    of = promise(GONE, OPENED, BACK, deadline=span(day(2019, 3, 15), day(2019, 3, 15)))
    assert statuses(of, [*seen, work, broken])[1] == "not met"


def test_a_term_that_an_obligation_repeats_is_the_obligations_to_define():
    whole = (("object", "the stand"), ("scope", "all of it"), ("verification", "inspectors"))
    o = Obligation(
        id="o", text="to dismantle the stand", defined=whole, deadline=span(day(2019, 3, 1), day(2019, 3, 1))
    )
    k = Commitment(id="k", text="to dismantle the stand, and to suspend work", obligations=(o,))
    assert [(t.obligation, t.term) for t in open_terms(k)] == [("", "suspend")]
    (term, _) = open_terms(replace(k, obligations=(replace(o, defined=whole[:2]),)))[::-1]
    assert (term.obligation, term.term, term.missing) == ("o", "dismantle", ("verification",))
    assert [t.term for t in open_terms(replace(k, undefined=("dismantle",)))] == ["dismantle", "suspend"]
