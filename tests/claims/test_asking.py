"""Which questions a case asks, before anyone looks at the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from claims.made import SITE, SUMMIT, WINDOW, case, day, prediction
from overlook.claims import questions
from overlook.claims.asking import asked_by
from overlook.terms import Case, Commitment, Event, Plan, Question, Relation, Series, Site


def ids(made: Case, sighted: tuple[Series, ...] = (), counted: tuple[Series, ...] = ()) -> list[str]:
    return [q.id for q in questions(made, sighted, counted)]


def test_the_plan_asks_every_class_in_every_open_zone_at_every_event_that_concerns_the_site():
    elsewhere = Event(id="elsewhere", name="e", during=day(2018, 1, 1), sites=("other",))
    anywhere = Event(id="anywhere", name="a", during=day(2018, 1, 1))
    made = case(events=(SUMMIT, elsewhere, anywhere), plan=Plan(quiet_below=0.5, classes=("truck", "vehicle")))
    assert ids(made) == sorted(
        [
            f"{kind}/s/{zone}/{cls}{event}"
            for kind, events in (("activity", ("",)), ("event", ("/anywhere", "/summit")))
            for zone in ("pad", "yard")
            for cls in ("truck", "vehicle")
            for event in events
        ]
        + ["composite/s/-/-/anywhere", "composite/s/-/-/summit"]
    )


def test_without_a_quiet_rate_activity_is_not_asked():
    assert ids(case(plan=Plan())) == [
        "composite/s/-/-/summit",
        "event/s/pad/vehicle/summit",
        "event/s/yard/vehicle/summit",
    ]


def test_counts_of_the_whole_site_and_of_zones_nobody_drew_are_asked_when_planned():
    counted = tuple(
        Series(site=site, zone=zone, cls=cls)
        for site, zone, cls in [
            ("s", "", "vehicle"),
            ("s", "gate", "vehicle"),
            ("s", "hall", "vehicle"),
            ("s", "gate", "bus"),
            ("elsewhere", "", "vehicle"),
        ]
    )
    asked = ids(case(plan=Plan()), counted=counted)
    events = [f"event/s/{zone}/vehicle/summit" for zone in ("-", "gate", "pad", "yard")]
    assert asked == ["composite/s/-/-/summit", *events]


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("active", "activity/s/yard/vehicle/20180601T0000-20180730T2359"),
        ("quiet", "activity/s/yard/vehicle/20180601T0000-20180730T2359"),
        ("changed", "event/s/yard/vehicle/summit"),
        ("same", "event/s/yard/vehicle/summit"),
        ("present", "presence/s/yard/crane/20180601T0000-20180730T2359"),
        ("absent", "presence/s/yard/crane/20180601T0000-20180730T2359"),
        ("arrived", "transition/s/yard/crane/20180601T0000-20180730T2359"),
        ("left", "transition/s/yard/crane/20180601T0000-20180730T2359"),
        ("built", "transition/s/yard/crane/20180601T0000-20180730T2359/structure"),
        ("removed", "transition/s/yard/crane/20180601T0000-20180730T2359/structure"),
        ("altered", "transition/s/yard/crane/20180601T0000-20180730T2359/structure"),
    ],
)
def test_each_relation_asks_its_kind(relation: str, expected: str):
    of = prediction(relation)
    assert [q.id for q in asked_by(of, case(of), (), ())] == [expected]
    assert expected in ids(case(of))
    assert relation in get_args(Relation)


def test_a_commitments_indicators_are_asked_too():
    of = prediction("left")
    made = case(claims=(), commitments=(Commitment(id="k1", text="…", indicators=(of,)),))
    assert asked_by(of, made, (), ())[0].id in ids(made)


def test_a_prediction_about_a_site_asks_its_open_zones_and_the_sites_own_series_when_there_is_one():
    of = prediction("active", zone="")
    whole = Series(site="s", zone="", cls="vehicle")
    assert [q.series.zone for q in asked_by(of, case(of), (), ())] == ["yard", "pad"]
    assert [q.series.zone for q in asked_by(of, case(of), (), (whole,))] == ["yard", "pad", ""]


def test_what_no_image_can_answer_is_not_asked():
    none_of_these = [
        prediction("active", zone="hall"),
        prediction("active", inside=True),
        prediction("arrived", cls="truck"),
        prediction("same", event="nothing"),
    ]
    for of in none_of_these:
        assert asked_by(of, case(of), (), ()) == ()


def test_a_change_without_an_event_is_asked_at_every_event_of_its_window():
    winter = Event(id="winter", name="w", during=day(2018, 1, 1))
    of = prediction("same", event="", window=WINDOW)
    made = case(of, events=(SUMMIT, winter))
    assert [q.event for q in asked_by(of, made, (), ())] == ["summit"]
    assert [q.event for q in asked_by(replace(of, window=None), made, (), ())] == ["summit", "winter"]


def test_an_event_gives_its_time_to_what_names_no_window():
    of = prediction("present", window=None, event="summit")
    assert [q.window for q in asked_by(of, case(of), (), ())] == [SUMMIT.during]
    assert [q.window for q in asked_by(replace(of, window=WINDOW), case(of), (), ())] == [WINDOW]


def test_every_sighted_series_is_asked_when_it_came_or_went_and_structures_by_their_own_words():
    sighted = (Series(site="s", zone="yard", cls="crane"), Series(site="s", zone="pad", cls="tower"))
    built = prediction("built", indicator="tower", zone="pad", window=None)
    asked = questions(case(built, plan=Plan(), events=()), sighted, ())
    assert asked == (
        Question(kind="transition", series=sighted[1], of_structure=True),
        Question(kind="transition", series=sighted[0]),
    )
    assert ids(case(plan=Plan(), events=()), (Series(site="unknown", cls="crane"),)) == []


def test_questions_are_unique_sorted_and_do_not_depend_on_order():
    a, b = prediction("same", id="a"), prediction("changed", id="b")
    asked = ids(case(a, b))
    assert asked == sorted(set(asked)) == ids(case(b, a))


def test_a_site_without_zones_asks_nothing_until_something_is_counted():
    nowhere = Site(id="s", name="S", crs="EPSG:32652", whereabouts="near Pyongyang")
    of = prediction("same", zone="")
    assert ids(case(of, sites=(nowhere,))) == []
    counted = (Series(site="s", zone="", cls="vehicle"),)
    assert "event/s/-/vehicle/summit" in ids(case(of, sites=(nowhere,)), counted=counted)
    assert SITE.zones
