"""Events and statements on one axis: each in its lane, at its time, none lost; close strokes counted as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.claims import source_graph
from overlook.report.events_timeline import MOST_LISTED, EventsView, events_view
from overlook.report.said import claim_views
from overlook.report.words import Names
from overlook.terms import Case, Claim, Commitment, Event, EventTable, Interval, ListedEvent, Source
from report import fixture

BASE = fixture.assessment()
START = datetime(2018, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def on(n: int, days: int = 1) -> Interval:
    return Interval(start=START + n * DAY, end=START + (n + days) * DAY - timedelta(seconds=1))


def told(**values: object) -> EventsView | None:
    case = Case(id="k", title="K", **values)  # type: ignore[arg-type]
    of = replace(
        BASE, case=case, judgements=(), findings=(), scenes=(), comparisons=(), source_graph=source_graph(case)
    )
    return events_view(of, claim_views(of, {}, Names.of(case), with_needs=False), (), Names.of(case))


def listed(*days: int, kind: str = "") -> tuple[ListedEvent, ...]:
    return tuple(ListedEvent(during=on(n), name=f"E{n}", kind=kind, row=n + 2) for n in days)


def test_each_origin_has_its_lane_and_a_claim_without_a_date_is_counted():
    sources = (
        Source(id="officials", name="Officials", kind="anonymous"),
        Source(id="post", name="Post", kind="document"),
    )
    claims = (
        Claim(id="a", quote="One.", chain=("officials", "post"), said=on(10)),
        Claim(id="b", quote="Two.", chain=("officials",), said=on(40)),
        Claim(id="c", quote="Three.", chain=("post",)),
    )
    view = told(sources=sources, claims=claims, events=(Event(id="e", name="Talks", during=on(20, 3)),))
    assert view is not None
    (drawing,) = view.drawings
    assert [lane.label for lane in drawing.lanes] == ["Events", "Said: Officials"]
    assert "Without a date, and so not drawn: 1 claim." in drawing.summary
    assert [row[2] for row in view.rows] == ["Claim 1: “One.”", "Talks", "Claim 2: “Two.”"]
    assert view.rows[1][0] == "21 to 23 January 2018"


def test_a_span_is_a_bar_a_day_a_stroke_and_close_strokes_are_one_with_their_number():
    events = (
        Event(id="long", name="Long", during=on(0, 90)),
        *(Event(id=f"e{n}", name=f"E{n}", during=on(300 + n)) for n in range(3)),
        Event(id="far", name="Far", during=on(400)),
    )
    view = told(events=events)
    assert view is not None
    marks = view.drawings[0].marks
    assert [(m.n, m.is_bar) for m in marks] == [(1, True), (3, False), (1, False)]
    assert all(name in marks[1].text for name in ("E0", "E1", "E2"))
    assert marks[0].x < marks[1].x < marks[2].x


def test_a_list_of_events_gets_a_lane_a_kind_and_the_rare_ones_share_one():
    events = tuple(e for k in range(11) for e in listed(*range(k, 200, 20 + k), kind=f"kind {k}"))
    view = told(event_tables=(EventTable(id="t", name="Tests", source="x", events=events),))
    assert view is not None
    labels = [lane.label for lane in view.drawings[0].lanes]
    assert len(labels) == 8
    assert labels[-1] == "Tests: other"
    assert len(view.rows) == len(events)


def test_a_long_list_says_what_it_leaves_out_of_the_table():
    events = listed(*range(MOST_LISTED + 9))
    view = told(event_tables=(EventTable(id="t", name="Tests", source="x", events=events),))
    assert view is not None
    assert len(view.rows) == MOST_LISTED
    assert view.left_out == f"The first {MOST_LISTED} of {len(events)} are listed here."
    assert sum(mark.n for mark in view.drawings[0].marks) == len(events)


def test_the_cases_own_time_is_drawn_again_where_a_list_dwarfs_it():
    table = EventTable(id="t", name="Tests", source="x", events=listed(*range(0, 9000, 100)))
    own = (Event(id="a", name="A", during=on(8000)), Event(id="b", name="B", during=on(8100)))
    view = told(event_tables=(table,), events=own)
    assert view is not None
    whole, near = view.drawings
    assert near.key == "events-near"
    assert sum(m.n for m in near.marks) == 2 + 2
    assert sum(m.n for m in whole.marks) == 92


def test_without_a_dated_event_or_statement_there_is_nothing_to_draw():
    assert told() is None
    assert told(claims=(Claim(id="a", quote="One.", chain=()),)) is None
    view = told(commitments=(Commitment(id="k", text="To stop.", made=on(3)),))
    assert view is not None
    assert view.rows[0][1:3] == ("Undertakings", "To stop.")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 400)), min_size=1, max_size=40))
def test_nothing_is_lost_and_all_of_it_lies_on_the_axis(spans: list[tuple[int, int]]):
    events = tuple(Event(id=f"e{k}", name=f"E{k}", during=on(n, days)) for k, (n, days) in enumerate(spans))
    view = told(events=events)
    assert view is not None
    (drawing,) = view.drawings
    assert sum(mark.n for mark in drawing.marks) == len(events)
    assert all(drawing.left - 0.2 <= m.x <= m.x1 <= drawing.right + 0.2 for m in drawing.marks)
    assert all(0 < m.y < drawing.height for m in drawing.marks)
    assert len(view.rows) == len(events)


def test_an_event_stands_with_the_source_that_dates_it_and_one_without_says_nothing():
    wire = Source(id="wire", name="Wire copy", kind="document")
    events = (
        Event(id="a", name="“The gate was moved on Monday.”", during=on(3), source="wire"),
        Event(id="b", name="Talks", during=on(60)),
    )
    view = told(sources=(wire,), events=events)
    assert view is not None
    assert [row[2:] for row in view.rows] == [
        ("“The gate was moved on Monday.”", "dated by Wire copy"),
        ("Talks", ""),
    ]
    assert "dated by Wire copy" in view.drawings[0].marks[0].text
