"""Presence and transition: the published Sohae and Sanumdong dates first, then the rules, then properties."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.activity.sightings import MAX_CHANCE_MISSED, presence, transition
from overlook.terms import (
    Count,
    Event,
    Interval,
    NotObserved,
    Observation,
    Plan,
    Question,
    Series,
    Sighting,
    dumps,
    instant,
    loads,
)
from overlook.terms.finding import PresenceFinding, TransitionFinding

PLAN = Plan()
CRANE = Series(site="s", zone="yard", cls="crane")


def day(year: int, month: int, date: int) -> Interval:
    start = datetime(year, month, date, tzinfo=UTC)
    return Interval(start=start, end=start + timedelta(days=1) - timedelta(microseconds=1))


def span(first: Interval, last: Interval) -> Interval:
    return Interval(start=first.start, end=last.end)


def sighting(state: str, when: Interval, series: Series = CRANE, **more: Any) -> Sighting:
    return Sighting(series=series, when=when, state=state, **more)  # type: ignore[arg-type]


def asked(kind: str, series: Series = CRANE, **more: Any) -> Question:
    return Question(kind=kind, series=series, **more)  # type: ignore[arg-type]


def present_or_not(*observations: Observation, **more: Any) -> PresenceFinding:
    return presence(asked("presence", **more), observations, plan=PLAN)


def moved(*observations: Observation, events: tuple[Event, ...] = (), **more: Any) -> TransitionFinding:
    return transition(asked("transition", **more), observations, events=events, plan=PLAN)


FEB, MAR = day(2019, 2, 16), day(2019, 3, 2)
HANOI = Event(id="hanoi", name="Hanoi summit", during=span(day(2019, 2, 27), day(2019, 2, 28)), sites=("s",))


# --- published cases --------------------------------------------------------------------------------------------------


def test_sohae_was_restored_between_16_february_and_2_march_and_the_summit_lies_inside():
    # 38 North, 7 August 2018 and 5 March 2019.
    known = {"identification": "confirmed", "probability_of_detection": 0.97}
    found = moved(
        sighting("present", day(2018, 7, 8), **known),
        sighting("absent", day(2018, 8, 3), **known),
        sighting("absent", FEB, **known),
        sighting("present", MAR, **known),
        events=(HANOI,),
        of_structure=True,
    )
    assert found.verdict == "altered"
    assert found.between == span(FEB, MAR)
    assert found.order == (("hanoi", "undetermined"),)
    assert found.identification == "confirmed"
    assert any("Earlier it went (removed), between 2018-07-08" in note for note in found.notes)


def test_sanumdong_a_crane_left_between_two_sensors():
    # NPR, 8 March 2019: two companies' images, one crane gone.
    found = moved(
        sighting("present", day(2019, 2, 22), identification="probable", sensor="A"),
        sighting("absent", day(2019, 3, 8), sensor="B"),
    )
    assert found.verdict == "left"
    assert found.between == span(day(2019, 2, 22), day(2019, 3, 8))
    assert any("sensor changed" in note for note in found.notes)
    # Nobody said how often the reader would see a crane that is there.
    assert found.identification == "possible"


# --- presence ---------------------------------------------------------------------------------------------------------


def test_no_image_misses_with_certainty():
    found = present_or_not(window=FEB)
    assert (found.verdict, found.chance_missed, found.n_absent) == ("undetermined", 1.0, 0)
    assert found.window == FEB
    assert present_or_not().window is None


def test_absence_needs_the_product_of_chances_at_most_five_percent():
    two = [sighting("absent", d, probability_of_detection=0.8) for d in (FEB, MAR)]
    found = present_or_not(*two)
    assert found.chance_missed == pytest.approx(0.04)
    assert found.verdict == "absent"
    assert any("independent" in note for note in found.notes)
    assert present_or_not(two[0]).verdict == "undetermined"


def test_exactly_five_percent_is_enough():
    found = present_or_not(sighting("absent", FEB, probability_of_detection=1 - MAX_CHANCE_MISSED))
    assert found.verdict == "absent"


def test_an_undeclared_reader_bounds_nothing():
    found = present_or_not(*(sighting("absent", day(2019, 2, d)) for d in range(1, 20)))
    assert (found.verdict, found.chance_missed, found.n_absent) == ("undetermined", None, 19)
    declared = sighting("absent", MAR, probability_of_detection=0.5)
    assert present_or_not(sighting("absent", FEB), declared).chance_missed == pytest.approx(0.5)


def test_two_readers_of_one_image_are_one_image():
    found = present_or_not(
        sighting("absent", FEB, scene="a", observer="anna", probability_of_detection=0.8),
        sighting("absent", FEB, scene="a", observer="ben", probability_of_detection=0.7),
    )
    assert (found.n_absent, found.verdict) == (1, "undetermined")
    assert found.chance_missed == pytest.approx(0.2)


def test_readers_who_disagree_on_one_image_are_mixed():
    one = {"scene": "a", "when": FEB}
    found = present_or_not(
        sighting("present", observer="anna", **one), sighting("absent", observer="ben", **one), window=FEB
    )
    assert (found.verdict, found.n_present, found.n_absent) == ("mixed", 1, 1)


def test_present_and_absent_is_mixed_and_the_strongest_identification_counts():
    found = present_or_not(
        sighting("present", FEB, identification="probable"),
        sighting("present", day(2019, 2, 20), identification="confirmed"),
        sighting("absent", MAR, probability_of_detection=1.0),
    )
    assert (found.verdict, found.identification) == ("mixed", "confirmed")


def test_cannot_tell_counts_for_nothing():
    found = present_or_not(*(sighting("cannot tell", d, probability_of_detection=1.0) for d in (FEB, MAR)))
    assert (found.verdict, found.n_cannot_tell, found.chance_missed) == ("undetermined", 2, 1.0)


def test_only_sightings_surely_in_the_window_count():
    window = Interval(start=FEB.start, end=FEB.start + timedelta(hours=6))
    found = present_or_not(sighting("present", FEB), sighting("present", MAR), window=window)
    assert (found.verdict, found.n_present) == ("undetermined", 0)
    assert any("partly" in note for note in found.notes)


def test_a_zone_without_it_says_nothing_of_the_rest_of_the_site():
    elsewhere = Series(site="s", zone="pad", cls="crane")
    whole = Series(site="s", zone="", cls="crane")
    seen = sighting("present", FEB, elsewhere)
    unseen = sighting("absent", MAR, probability_of_detection=1.0)
    assert present_or_not(unseen, series=whole).verdict == "undetermined"
    assert present_or_not(seen, series=whole).verdict == "present"
    assert present_or_not(seen, unseen, series=whole).n_absent == 0
    of_whole = sighting("absent", MAR, whole, probability_of_detection=0.99)
    assert present_or_not(of_whole, series=whole).verdict == "absent"


def test_a_class_is_present_by_its_boxes_and_absent_by_recall_times_visible_share():
    cars = Series(site="s", zone="yard", cls="vehicle")
    zero = Count(series=cars, when=FEB, count=0, detection_probability=0.9, visible_fraction=0.5)
    found = present_or_not(zero, series=cars)
    assert found.chance_missed == pytest.approx(0.55)
    boxes = Count(series=cars, when=MAR, count=2, detection_probability=0.9)
    assert present_or_not(boxes, series=cars).identification == "probable"
    undeclared = Count(series=cars, when=MAR, count=2)
    assert present_or_not(undeclared, series=cars).identification == "possible"
    # Two boxes where two false alarms are expected: 59% by chance.
    noise = Count(series=cars, when=MAR, count=2, detection_probability=0.9, false_alarms=2.0)
    assert present_or_not(noise, series=cars).n_cannot_tell == 1
    many = Count(series=cars, when=MAR, count=10**9, detection_probability=0.9, false_alarms=2.0)
    assert present_or_not(many, series=cars).verdict == "present"
    provisional = Count(series=cars, when=MAR, count=9, provisional=True)
    assert present_or_not(provisional, series=cars).verdict == "undetermined"


def test_chosen_images_are_named_as_a_confounder():
    found = present_or_not(sighting("present", FEB, why_acquired="chosen"), sighting("present", MAR))
    assert any(note.startswith("1 of 2 images were tasked") for note in found.notes)


# --- transition -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "of_structure", "verdict"),
    [
        (("absent", "present"), False, "arrived"),
        (("absent", "present"), True, "built"),
        (("present", "absent"), False, "left"),
        (("present", "absent"), True, "removed"),
        (("present", "present"), False, "stayed"),
        (("present", "present"), True, "unchanged"),
        (("present", "absent", "present"), True, "altered"),
        (("present", "absent", "present"), False, "arrived"),
        (("absent", "present", "absent"), True, "removed"),
        (("absent", "absent"), False, "undetermined"),
        (("absent", "absent"), True, "undetermined"),
        (("present",), False, "undetermined"),
        (("present", "cannot tell"), False, "undetermined"),
        (("cannot tell", "cannot tell"), False, "undetermined"),
        ((), False, "undetermined"),
    ],
)
def test_each_order_of_states_has_its_word(states: tuple[str, ...], of_structure: bool, verdict: str):
    found = moved(*(sighting(s, day(2019, 2, 1 + i)) for i, s in enumerate(states)), of_structure=of_structure)
    assert found.verdict == verdict
    assert (found.between is None) == (verdict == "undetermined")


def test_cannot_tell_neither_narrows_nor_widens():
    ends = sighting("absent", FEB), sighting("present", MAR)
    unclear = sighting("cannot tell", day(2019, 2, 20))
    assert moved(*ends, unclear).between == moved(*ends).between == span(FEB, MAR)


def test_order_against_events():
    before = Event(id="b", name="b", during=day(2019, 3, 5))
    after = Event(id="a", name="a", during=day(2019, 2, 1))
    elsewhere = Event(id="e", name="e", during=day(2019, 2, 1), sites=("other",))
    found = moved(sighting("absent", FEB), sighting("present", MAR), events=(before, after, HANOI, elsewhere))
    assert found.order == (("b", "before"), ("a", "after"), ("hanoi", "undetermined"))


def test_a_change_is_only_as_strong_as_the_absence_beside_it():
    seen = sighting("present", MAR, identification="confirmed")
    weak = sighting("absent", FEB, probability_of_detection=0.8)
    assert moved(weak, seen).identification == "possible"
    twice = sighting("absent", day(2019, 2, 10), probability_of_detection=0.8)
    assert moved(twice, weak, seen).identification == "confirmed"
    # An image on the other side of an earlier presence does not help.
    earlier = sighting("present", day(2019, 2, 12), identification="confirmed")
    assert moved(twice, earlier, weak, seen).identification == "possible"


def test_a_window_takes_the_change_that_touches_it_and_notes_the_rest():
    states = [
        sighting("present", day(2018, 7, 8)),
        sighting("absent", day(2018, 8, 3)),
        sighting("absent", FEB),
        sighting("present", MAR),
    ]
    summer = span(day(2018, 7, 1), day(2018, 8, 31))
    found = moved(*states, window=summer, of_structure=True)
    assert (found.verdict, found.between) == ("removed", span(day(2018, 7, 8), day(2018, 8, 3)))
    assert any(note.startswith("Later it came") for note in found.notes)
    autumn = span(day(2018, 10, 1), day(2018, 10, 31))
    assert moved(*states, window=autumn).verdict == "undetermined"
    spring = span(day(2019, 4, 1), day(2019, 4, 30))
    assert moved(*states, sighting("present", day(2019, 6, 1)), window=spring).verdict == "stayed"


def test_images_that_overlap_in_time_cannot_be_put_in_order():
    week = span(day(2019, 2, 10), day(2019, 2, 17))
    found = moved(sighting("absent", week, scene="a"), sighting("present", FEB, scene="b"))
    assert found.verdict == "undetermined"
    assert any("cannot be put in order" in note for note in found.notes)


def test_an_image_on_which_readers_disagree_shows_neither():
    disputed = [sighting(s, day(2019, 2, 20), scene="x", observer=s) for s in ("present", "absent")]
    found = moved(sighting("absent", FEB), *disputed, sighting("present", MAR))
    assert found.between == span(FEB, MAR)
    assert any("disagree" in note for note in found.notes)


def test_a_site_is_not_left_because_another_zone_is_empty():
    whole = Series(site="s", zone="", cls="crane")
    pad = Series(site="s", zone="pad", cls="crane")
    found = moved(sighting("present", FEB), sighting("absent", MAR, pad), series=whole)
    assert found.verdict == "undetermined"


# --- properties -------------------------------------------------------------------------------------------------------

_DAYS = st.integers(0, 400).map(lambda d: instant(datetime(2018, 1, 1, tzinfo=UTC) + timedelta(days=d)))
_SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        series=st.sampled_from([CRANE, Series(site="s", zone="pad", cls="crane"), Series(site="s", cls="crane")]),
        when=_DAYS,
        state=st.sampled_from(["present", "absent", "cannot tell"]),
        identification=st.sampled_from(["possible", "probable", "confirmed"]),
        probability_of_detection=st.none() | st.floats(0, 1),
    ),
    max_size=8,
)
_QUESTIONS = st.tuples(
    st.sampled_from([CRANE, Series(site="s", cls="crane")]),
    st.booleans(),
    st.none()
    | st.tuples(_DAYS, _DAYS).map(lambda p: Interval(start=min(i.start for i in p), end=max(i.end for i in p))),
)


@given(_SIGHTINGS, _QUESTIONS)
def test_presence_says_absent_only_when_little_was_missed(sightings: list[Sighting], of: Any):
    series, _, window = of
    found = presence(asked("presence", series, window=window), sightings, plan=PLAN)
    assert loads(dumps(found), PresenceFinding) == found
    if found.verdict == "absent":
        assert found.chance_missed is not None
        assert found.chance_missed <= MAX_CHANCE_MISSED
    if found.verdict in ("present", "mixed"):
        assert found.n_present
        assert found.identification
    if found.chance_missed is not None:
        assert 0 <= found.chance_missed <= 1


@given(_SIGHTINGS, _QUESTIONS, _DAYS)
def test_transition_never_rests_on_cannot_tell_or_on_the_order_of_rows(
    sightings: list[Sighting], of: Any, when: Interval
):
    series, of_structure, window = of
    question = asked("transition", series, window=window, of_structure=of_structure)
    event = Event(id="e", name="e", during=when)
    found = transition(question, sightings, events=(event,), plan=PLAN)
    told = [s for s in sightings if s.state != "cannot tell"]
    again = transition(question, list(reversed(told)), events=(event,), plan=PLAN)
    assert (again.verdict, again.between, again.order) == (found.verdict, found.between, found.order)
    for _, order in found.order:
        assert found.between is not None
        overlap = found.between.overlaps(when)
        assert (order == "undetermined") == overlap


@given(_SIGHTINGS, _QUESTIONS)
def test_an_image_that_shows_nothing_changes_no_finding(sightings: list[Sighting], of: Any):
    series, of_structure, window = of
    blind = NotObserved(series=CRANE, when=FEB, scene="z", reason="cloud")
    for ask, kind in ((presence, "presence"), (transition, "transition")):
        question = asked(kind, series, window=window, of_structure=of_structure)
        more = {"events": ()} if kind == "transition" else {}
        assert ask(question, [*sightings, blind], plan=PLAN, **more) == ask(question, sightings, plan=PLAN, **more)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_chance_missed_is_the_product(p: list[float]):
    looks = [sighting("absent", day(2019, 1, 1 + i), probability_of_detection=x) for i, x in enumerate(p)]
    assert present_or_not(*looks).chance_missed == pytest.approx(math.prod(1 - x for x in p))
