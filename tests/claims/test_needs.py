"""The images that would settle it: published numbers first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from claims.made import PLAN, SITE, WINDOW, case, day, event_finding, judged, prediction, span, transition_finding, zone
from overlook.claims.needs import needs_of
from overlook.terms import Cover, Interval, Need, Observation, Plan, Prediction, Series, Sighting


def needs(of: Prediction, *observations: Observation, plan: Plan = PLAN) -> tuple[Need, ...]:
    return needs_of(of, (), observations, case(of, plan=plan))


@pytest.mark.parametrize(("margin", "images"), [(1.25, 86), (1.5, 27), (2.0, 9)])
def test_about_the_same_takes_86_images_a_side_within_a_quarter(margin: float, images: int):
    # Equivalence at lambda = k = 8, all visible and found: 86 for 25%; for 50% 26.04, rounded up.
    before, after = needs(prediction("same"), plan=replace(PLAN, margin=margin))
    assert before.images == after.images == images
    assert before.window == Interval(start=day(2018, 2, 12).start, end=day(2018, 6, 12).start)
    assert after.window is not None
    assert (after.window.start, after.window.length.days) == (day(2018, 6, 12).end, 45)


def test_a_doubling_takes_7_images_a_side():
    assert [n.images for n in needs(prediction("changed"))] == [7, 7]


def test_without_a_margin_no_number_would_do():
    (before, _) = needs(prediction("same"), plan=replace(PLAN, margin=None))
    assert before.images is None
    assert "declares a margin" in before.text


def test_a_findings_own_number_comes_first():
    of = prediction("same")
    part = judged(of, event_finding(of, "undetermined"))
    assert [(n.images, n.window) for n in part.needs] == [
        (90, span(day(2018, 2, 12), day(2018, 6, 11))),
        (90, span(day(2018, 6, 13), day(2018, 7, 27))),
    ]


@pytest.mark.parametrize(("quiet", "images"), [(0.5, 6), (1.0, 3), (0.1, 30)])
def test_zero_counts_over_n_images_bound_the_rate_at_three_over_n(quiet: float, images: int):
    (need,) = needs(prediction("quiet"), plan=replace(PLAN, quiet_below=quiet, few_images=2))
    assert need.images == images


def test_no_fewer_images_are_asked_for_than_an_answer_takes():
    (need,) = needs(prediction("quiet"), plan=replace(PLAN, quiet_below=1.0, few_images=10))
    assert need.images == 10
    assert "An answer from fewer than 10 is exploratory." in need.text


@pytest.mark.parametrize(("declared", "images"), [(None, 2), (0.8, 2), (0.5, 5), (0.95, 1), (1.0, 1), (0.1, 29)])
def test_absence_takes_as_many_images_as_leave_five_percent(declared: float | None, images: int):
    series = Series(site="s", zone="yard", cls="crane")
    seen = Sighting(series=series, when=day(2018, 6, 2), state="absent", probability_of_detection=declared)
    (need,) = needs(prediction("present"), seen)
    assert need.images == images
    assert ("as declared" in need.text) == (declared is not None)


def test_scale_comes_from_the_prediction_then_from_the_plan():
    plan = replace(PLAN, max_gsd_m=(("vehicle", 0.6),))
    assert needs(prediction("active"), plan=plan)[0].max_gsd_m == 0.6
    assert needs(prediction("active", needs_gsd_m=0.3), plan=plan)[0].max_gsd_m == 0.3
    # A small car of 1.8 m, 2.8 pixels across: 0.643 m, in centimetres that the gate lets through.
    assert needs(prediction("active"))[0].max_gsd_m == 0.64
    assert needs(prediction("present"))[0].max_gsd_m is None


def test_a_transition_takes_images_at_both_ends():
    before, after = needs(prediction("left"))
    assert before.window == Interval(start=WINDOW.start - timedelta(days=120), end=WINDOW.start)
    assert after.window == Interval(start=WINDOW.end, end=WINDOW.end + timedelta(days=45))
    assert (before.images, after.images) == (1, 1)
    (timeless,) = needs(prediction("left", window=None))
    assert timeless.images == 2


def test_windows_stop_at_the_ends_of_the_calendar():
    ends = Interval(start=datetime.min.replace(tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))
    before, after = needs(prediction("left", window=ends))
    assert before.window is not None
    assert after.window is not None
    assert before.window.is_instant
    assert after.window.is_instant


def test_a_cover_is_named_because_images_of_those_dates_cannot_show_it():
    cover = Cover(kind="canopy", during=span(day(2018, 6, 10), day(2018, 6, 20)))
    site = replace(SITE, zones=(zone("yard", "yard", covers=(cover,)),))
    (need,) = judged(prediction("active"), sites=(site,)).needs
    assert "was covered (canopy, 10 to 20 June 2018)" in need.text
    assert "covered" not in judged(prediction("active", window=day(2018, 7, 1)), sites=(site,)).needs[0].text


def test_a_change_around_an_edge_of_the_claims_time_asks_for_an_image_in_between():
    """Built between 20 June and 10 August, claimed for June and July: the end of July is what has to be looked at."""
    of = prediction("built")
    found = replace(transition_finding(of, "built"), between=span(day(2018, 6, 20), day(2018, 8, 10)))
    (need,) = judged(of, found).needs
    assert (need.images, need.window) == (1, found.between)
    assert "the nearer to the end of the claim's time (30 July 2018, 23:59 UTC) the better" in need.text
    assert "what it does not show yet came after" in need.text


def test_active_is_not_settled_by_what_stands_there_for_good():
    assert "tell it from coming and going" in needs(prediction("active"))[0].text
    assert "coming and going" not in needs(prediction("quiet"))[0].text


def test_images_that_the_case_has_are_not_asked_for_again():
    of = prediction("changed")
    before, after = judged(of, replace(event_finding(of, "undetermined"), n_before=3, n_after=0)).needs
    assert before.text.endswith("The case has 3 usable there already.")
    assert "already" not in after.text
