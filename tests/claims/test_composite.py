"""A whole site at an event: its series are judged together, with one error rate, and never one by one."""

from __future__ import annotations

from dataclasses import replace

from claims.made import case, composite_of, event_finding, judged, prediction
from overlook.claims.asking import asked_by
from overlook.terms import Finding, Judgement, Plan, Prediction

INSUFFICIENT, CONSISTENT = "insufficient imagery", "consistent, not diagnostic"


def in_zone(relation: str, zone: str) -> Prediction:
    return prediction(relation, zone=zone)


def together_at_the_site(relation: str, *members: Finding, **more: object) -> Judgement:
    of = prediction(relation, zone="", **more)
    return judged(of, composite_of(of, *members), *members)


def test_a_whole_site_is_judged_on_all_its_series_together():
    same = {z: event_finding(in_zone("same", z), "same", 0.9, 1.1) for z in ("yard", "pad", "")}
    changed = event_finding(in_zone("same", "pad"), "changed", 1.5, 2.0)
    unknown = event_finding(in_zone("same", "pad"), "undetermined", low=0.9, high=1.4)
    unseen = event_finding(in_zone("same", "pad"), "undetermined", n_before=0, n_after=0, p_above_one=None)
    of = together_at_the_site
    assert of("same", same["yard"], same["pad"]).verdict == CONSISTENT
    assert of("changed", same["yard"], same["pad"]).verdict == "inconsistent"
    assert of("same", same["yard"], changed).verdict == "inconsistent"
    assert of("changed", same["yard"], changed).verdict == CONSISTENT
    for open_ in (unknown, unseen):
        assert of("same", same["yard"], open_).verdict == INSUFFICIENT
        assert of("changed", same["yard"], open_).verdict == INSUFFICIENT
    # A change in a zone stands, whatever nobody saw elsewhere.
    assert of("changed", replace(unseen, series=same["yard"].series, id=same["yard"].id), changed).verdict == CONSISTENT


def test_without_the_composite_a_whole_site_is_not_judged_on_a_zone():
    changed = event_finding(in_zone("same", "pad"), "changed", 1.5, 2.0)
    for relation in ("changed", "same"):
        assert judged(prediction(relation, zone=""), changed).verdict == INSUFFICIENT


def test_the_sites_own_series_may_show_that_the_whole_stayed_the_same_and_never_that_it_changed():
    own = event_finding(in_zone("same", ""), "same", 0.9, 1.1)
    unknown = event_finding(in_zone("same", "yard"), "undetermined", low=0.9, high=1.4)
    changed = event_finding(in_zone("same", "yard"), "changed", 1.5, 2.0)
    barely = event_finding(in_zone("same", ""), "changed", 1.01, 1.6, p_above_one=0.951, p_within_margin=0.3)
    of = together_at_the_site
    assert of("same", own, unknown).verdict == CONSISTENT
    assert of("changed", own, unknown).verdict == "inconsistent"
    # A part changed and the whole did not: neither is "the" answer.
    assert of("changed", own, changed).verdict == of("same", own, changed).verdict == "mixed"
    # p = .098 by itself; held to one error rate with another it is not called.
    part = of("changed", barely, unknown)
    assert part.verdict == INSUFFICIENT
    assert any("none is called changed" in line for line in part.why)


def test_a_small_change_does_not_contradict_about_the_same():
    small = event_finding(in_zone("same", "pad"), "changed", 1.05, 1.4, p_within_margin=0.5, p_above_one=0.999)
    inside = event_finding(in_zone("same", "pad"), "changed", 1.02, 1.2, p_above_one=0.999, also_same=True)
    yard = event_finding(in_zone("same", "yard"), "same", 0.9, 1.1)
    assert together_at_the_site("same", yard, small).verdict == INSUFFICIENT
    assert together_at_the_site("same", yard, inside).verdict == CONSISTENT
    assert together_at_the_site("changed", yard, inside).verdict == CONSISTENT


def test_the_error_rate_is_named_and_the_members_are_cited_and_no_word_of_likelihood_is_given():
    yard = event_finding(in_zone("same", "yard"), "same", 0.9, 1.1)
    pad = event_finding(in_zone("same", "pad"), "changed", 1.5, 2.0)
    part = together_at_the_site("changed", pad, yard)
    assert part.why[0] == (
        "Of 2 series together, at most a 10% chance that any is called changed falsely: vehicle in Pad, higher."
    )
    assert part.findings == ("composite/s/-/-/summit", "event/s/pad/vehicle/summit", "event/s/yard/vehicle/summit")
    assert part.observable == "At least one of 2 series of Site changed at Summit: vehicle in Pad, higher."
    assert part.likelihood is None


def test_a_prediction_without_a_class_is_about_the_pattern_of_all_that_is_planned():
    plan = Plan(margin=1.25, classes=("truck", "vehicle"))
    of = prediction("same", zone="", cls="", indicator="")
    made = case(of, plan=plan)
    (question,) = asked_by(of, made, (), ())
    assert question.id == "composite/s/-/-/summit"
    assert [(s.zone, s.cls) for s in question.members] == [
        (zone, cls) for zone in ("pad", "yard") for cls in ("truck", "vehicle")
    ]
    assert judged(of, plan=plan).observable == (
        "Not settled: the pattern of all that is counted in Site stayed about the same at Summit."
    )
    # One class of several is a composite of its own; one zone too.
    assert [q.id for q in asked_by(replace(of, cls="truck"), made, (), ())] == ["composite/s/-/truck/summit"]
    assert [q.id for q in asked_by(replace(of, zone="pad"), made, (), ())] == ["composite/s/pad/-/summit"]
