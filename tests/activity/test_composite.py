"""Several series at one event with one error rate: Holm's numbers, what it promises under dependence, and bad input."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity.drifting import AT_EVENT, drifting
from overlook.activity import answer, together
from overlook.activity.composite import holm
from overlook.terms import (
    CompositeFinding,
    Count,
    Estimate,
    Event,
    EventFinding,
    Finding,
    Missed,
    Plan,
    Question,
    Series,
    Step,
    dumps,
    loads,
)

PLAN = Plan(margin=1.25)
SUMMIT = Event(id="summit", name="Summit", during=AT_EVENT)
Z90 = 1.6448536269514722


def member(zone: str, log_ratio: float = 0.0, sd: float = 0.1, **more: Any) -> EventFinding:
    """A finding whose log ratio has a normal posterior, with the verdict that follows."""
    from scipy.special import ndtr

    low, high = (log_ratio - Z90 * sd, log_ratio + Z90 * sd)
    margin = math.log(PLAN.margin or 1)
    is_same = -margin < low and high < margin
    is_changed = low > 0 or high < 0
    series = Series(site="s", zone=zone, cls="vehicle")
    values: dict[str, Any] = {
        "id": Question(kind="event", series=series, event="summit").id,
        "series": series,
        "event": "summit",
        "before": AT_EVENT,
        "after": AT_EVENT,
        "n_before": 20,
        "n_after": 20,
        "ratio": Estimate(estimate=math.exp(log_ratio), low=math.exp(low), high=math.exp(high), level=0.9),
        "step": Step(estimate=1.0, low=0.5, high=2.0, p_value=0.5),
        "verdict": "changed" if is_changed else "same" if is_same else "undetermined",
        "also_same": is_changed and is_same,
        "exploratory": False,
        "missed": Missed(),
        "margin": PLAN.margin,
        "p_above_one": float(ndtr(log_ratio / sd)),
        "p_within_margin": float(ndtr((margin - log_ratio) / sd) - ndtr((-margin - log_ratio) / sd)),
        "model": None,
    }
    return EventFinding(**(values | more))


def unseen(zone: str) -> EventFinding:
    """No image after the event."""
    nothing = {"ratio": None, "step": None, "p_above_one": None, "p_within_margin": None, "n_after": 0}
    return member(zone, verdict="undetermined", also_same=False, exploratory=False, **nothing)


def verdicts(found: CompositeFinding) -> list[str]:
    return [m.verdict for m in found.members]


# --- Holm -------------------------------------------------------------------------------------------------------------


def test_holms_own_example():
    """Four tests at .05: .01 and .005 are refused, .03 and .04 are not (Holm 1979's procedure, by hand)."""
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p: list[float]):
    """One is refused when every set that holds it is, each at its least p-value times its size (Marcus et al. 1976)."""
    sets = [s for size in range(1, len(p) + 1) for s in combinations(range(len(p)), size)]
    closed = [max(min(1.0, len(s) * min(p[i] for i in s)) for s in sets if one in s) for one in range(len(p))]
    assert holm(p) == pytest.approx(closed)


def test_one_error_rate_holds_under_any_dependence():
    """Normal tails with correlation 0, .5, .9 and -1/5 (the least of six): false calls in .10 of sites at most."""
    rng, sites = np.random.default_rng(4), 4000
    for correlation in (0.0, 0.5, 0.9, -0.199):
        shape = np.full((6, 6), correlation) + (1 - correlation) * np.eye(6)
        z = rng.multivariate_normal(np.zeros(6), shape, size=sites)
        p = np.array([math.erfc(abs(x) / math.sqrt(2)) for x in z.ravel()]).reshape(z.shape)
        false = np.mean([min(holm(row)) <= 0.1 for row in p])
        assert false <= 0.1 + 3 * math.sqrt(0.09 / sites)
        assert np.mean((p <= 0.1).any(axis=1)) > 0.12


# --- the verdicts -----------------------------------------------------------------------------------------------------


def test_a_change_that_one_series_alone_would_show_is_not_one_of_six():
    """p = .05 by itself; six together ask for .10 / 6."""
    barely = member("z0", 1.96 * 0.1)
    found = together([barely, *(member(f"z{i}", 0.01, 0.2) for i in range(1, 6))], plan=PLAN)
    assert barely.verdict == "changed"
    assert (found.verdict, found.changed) == ("undetermined", ())
    assert found.members[0].adjusted_p == pytest.approx(0.3, rel=0.01)
    assert any("changed when asked alone" in note and "z0/vehicle" in note for note in found.notes)
    strong = together([member("z0", 0.4), *(member(f"z{i}", 0.01, 0.2) for i in range(1, 6))], plan=PLAN)
    assert strong.verdict == "changed"
    assert [m.series.zone for m in strong.changed] == ["z0"]
    assert strong.members[0].adjusted_p == pytest.approx(6 * math.erfc(4 / math.sqrt(2)), rel=0.01)


def test_two_series_alone_are_called_as_the_interval_would():
    """With one member tested Holm is the member's own interval: the composite says what it says."""
    for log_ratio in (0.16, 0.17, -0.16, -0.17):
        asked = member("z0", log_ratio)
        found = together([asked, unseen("z1")], plan=PLAN)
        assert found.members[0].verdict == ("changed" if asked.verdict == "changed" else "undetermined")


def test_same_needs_every_series_and_no_correction():
    both = together([member("a", 0.0, 0.05), member("b", 0.02, 0.05)], plan=PLAN)
    assert (both.verdict, both.exploratory, verdicts(both)) == ("same", False, ["same", "same"])
    for open_ in (member("c", 0.0, 0.3), unseen("c")):
        found = together([member("a", 0.0, 0.05), member("b", 0.02, 0.05), open_], plan=PLAN)
        assert (found.verdict, verdicts(found)) == ("undetermined", ["same", "same", "undetermined"])
        assert any("about the same needs every series" in n and n.endswith("c/vehicle") for n in found.notes)


def test_changed_within_the_margin_is_both():
    found = together([member("a", 0.1, 0.02), member("b", 0.0, 0.05)], plan=PLAN)
    assert (found.verdict, found.also_same) == ("changed", True)
    assert found.members[0].also_same
    assert not found.members[0].is_beyond


def test_beyond_the_margin_is_held_to_the_same_rate():
    """Low end of the interval at the margin by itself; among three the least tail must be a third of that."""
    at_edge = member("a", math.log(1.25) + 1.7 * 0.1)
    alone = together([at_edge, unseen("b")], plan=PLAN)
    of_three = together([at_edge, member("b", 0.0, 0.2), member("c", 0.0, 0.2)], plan=PLAN)
    assert alone.members[0].is_beyond
    assert of_three.members[0].verdict == "changed"
    assert not of_three.members[0].is_beyond
    far = together([member("a", -0.6), member("b", 0.0, 0.2), member("c", 0.0, 0.2)], plan=PLAN)
    assert far.members[0].is_beyond


def test_without_a_margin_the_same_is_never_said():
    plain = [replace(member(z, 0.0, 0.05), margin=None, p_within_margin=None, verdict="undetermined") for z in "ab"]
    found = together(plain, plan=replace(PLAN, margin=None))
    assert found.verdict == "undetermined"
    assert any("no margin" in note for note in found.notes)


def test_an_exploratory_member_makes_no_claim_and_is_not_left_out_of_the_count():
    turns = member("a", 0.5, verdict="undetermined", exploratory=True)
    found = together([turns, member("b", 0.17)], plan=PLAN)
    assert verdicts(found) == ["undetermined", "undetermined"]
    assert found.members[0].adjusted_p is None
    # It counts as tested: which series are tested must not depend on what they show.
    assert found.n_tested == 2
    assert any("turns on the drift" in note for note in found.notes)


def test_a_handful_of_images_is_not_tested():
    few = member("a", 0.5, n_before=4, n_after=5, verdict="undetermined", exploratory=True)
    found = together([few, member("b", 0.17)], plan=PLAN)
    assert found.n_tested == 1
    assert found.verdict == "changed"
    nobody = together([few, replace(few, series=Series(site="s", zone="b", cls="vehicle"), id="b")], plan=PLAN)
    assert (nobody.verdict, nobody.exploratory, nobody.p_value, nobody.n_tested) == ("undetermined", True, None, 0)


def test_the_p_value_is_of_no_step_at_all():
    stepped = member("a", step=Step(estimate=2.0, low=1.5, high=2.7, p_value=0.01))
    assert together([stepped, member("b"), member("c")], plan=PLAN).p_value == pytest.approx(0.03)
    assert together([member("a"), member("b"), member("c")], plan=PLAN).p_value == 1.0
    late = together([stepped, member("b")], plan=PLAN, exploratory=("asked late",))
    assert (late.p_value, late.exploratory, late.notes[0]) == (None, True, "asked late")
    assert {m.adjusted_p for m in late.members} == {None}


def test_what_is_said_of_every_series_is_said_once():
    shared, own = "tasked images", "of one alone"
    found = together([member("a", notes=(shared, own)), member("b", notes=(shared,))], plan=PLAN)
    assert f"of every series tested: {shared}" in found.notes
    assert not any(own in note for note in found.notes)


def test_a_whole_site_beside_its_zones_is_told():
    found = together([member("", 0.5), member("a", 0.5)], plan=PLAN)
    assert len(found.changed) == 2
    assert any("holds the counts of its zones too" in note for note in found.notes)
    assert not any("holds the counts" in n for n in together([member("b"), member("a")], plan=PLAN).notes)


@given(st.permutations(range(4)), st.lists(st.tuples(st.floats(-1, 1), st.floats(0.02, 1)), min_size=4, max_size=4))
def test_the_order_of_members_decides_nothing(order: list[int], drawn: list[tuple[float, float]]):
    members = [member(f"z{i}", log_ratio, sd) for i, (log_ratio, sd) in enumerate(drawn)]
    straight, shuffled = together(members, plan=PLAN), together([members[i] for i in order], plan=PLAN)
    assert {m.finding: m for m in straight.members} == {m.finding: m for m in shuffled.members}
    assert (straight.verdict, straight.p_value, straight.id) == (shuffled.verdict, shuffled.p_value, shuffled.id)
    # Never more than the members say alone.
    for m, alone in zip(straight.members, members, strict=True):
        assert m.verdict != "changed" or alone.verdict == "changed"
        assert not m.is_beyond or m.verdict == "changed"


def test_what_is_no_composite_is_refused():
    for members, what in (
        ([member("a")], "two series"),
        ([member("a"), member("a")], "comes twice"),
        ([member("a"), replace(member("b"), event="other")], "more than one event"),
    ):
        with pytest.raises(ValueError, match=what):
            together(members, plan=PLAN)


# --- from observations ------------------------------------------------------------------------------------------------


def site(steps: list[float], seed: int) -> tuple[tuple[Series, ...], list[Count]]:
    rng = np.random.default_rng(seed)
    series = tuple(Series(site="s", zone=f"z{i}", cls="vehicle") for i in range(len(steps)))
    drawn = [drifting(rng, 30, 20, step=step, drift_sd=0.15)[0] for step in steps]
    return series, [replace(c, series=s) for s, counts in zip(series, drawn, strict=True) for c in counts]


def test_from_observations_it_is_what_the_members_together_say():
    series, counts = site([0.0, math.log(3)], seed=11)
    question = Question(kind="composite", series=Series(site="s"), event="summit", members=series)
    found = answer(question, counts, event=SUMMIT, plan=PLAN)
    assert isinstance(found, CompositeFinding)
    assert found.id == "composite/s/-/-/summit"
    assert [m.series.zone for m in found.changed] == ["z1"]
    members = [
        answer(Question(kind="event", series=s, event="summit"), counts, event=SUMMIT, plan=PLAN) for s in series
    ]
    assert found == together([m for m in members if isinstance(m, EventFinding)], plan=PLAN, question=question)
    assert loads(dumps(found, Finding), Finding) == found


def test_asked_late_it_is_exploratory_once_and_keeps_its_estimates():
    series, counts = site([0.0, math.log(3)], seed=11)
    question = Question(kind="composite", series=Series(site="s"), event="summit", members=series)
    late = answer(question, counts, event=SUMMIT, plan=PLAN, exploratory=("asked late",))
    assert isinstance(late, CompositeFinding)
    assert (late.exploratory, late.p_value, late.verdict) == (True, None, "changed")
    assert late.notes.count("asked late") == 1


def test_a_composite_without_its_event_is_refused():
    with pytest.raises(ValueError, match="needs its event"):
        answer(Question(kind="composite", series=Series(site="s")), [], plan=PLAN)
