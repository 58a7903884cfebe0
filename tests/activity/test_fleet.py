"""Many sites tested together: the published example, the definition, who is tested, false discoveries with drift."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity.drawn_fleet import Drawn, Population, draw_fleet, observations
from activity.drifting import AT_EVENT
from overlook.activity import DEFAULT_PRIOR, Prior, answer, benjamini_hochberg, learn_prior, rank_fleet, watch
from overlook.terms import Event, EventFinding, Plan, Question

SUMMIT = Event(id="summit", name="Summit", during=AT_EVENT)


def ask(site: Drawn, prior: Prior = DEFAULT_PRIOR, event: Event = SUMMIT) -> EventFinding:
    question = Question(kind="event", series=site.series, event=event.id)
    finding = answer(question, site.counts, event=event, events=(), plan=Plan(), prior=prior)
    assert isinstance(finding, EventFinding)
    return finding


# The published example (Benjamini & Hochberg 1995, section 4.1: four of fifteen at q = .05, Bonferroni three)

PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_the_published_example() -> None:
    told = benjamini_hochberg(PUBLISHED, 0.05)
    assert told.called == (True,) * 4 + (False,) * 11
    assert told.adjusted_p[3] == pytest.approx(0.0095 * 15 / 4)


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.01, 0.5))
def test_it_is_the_step_up_procedure(p_values: list[float], q: float) -> None:
    """Call the k smallest, with k the largest for which p(k) <= k q / m."""
    ordered, m = sorted(p_values), len(p_values)
    # Written as the procedure rounds it: p m / k rounds another way where p is q itself.
    under = [p for k, p in enumerate(ordered, 1) if p * (m / k) <= q]
    told = benjamini_hochberg(p_values, q)
    assert told.called == tuple(bool(under) and p <= under[-1] for p in p_values)
    assert all(a >= p for a, p in zip(told.adjusted_p, p_values, strict=True))


@pytest.mark.parametrize("p_values", [[0.5, math.nan], [-0.1], [1.1]])
def test_what_is_no_p_value_is_refused(p_values: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        benjamini_hochberg(p_values, 0.1)


@pytest.mark.parametrize("q", [0.0, 1.0, math.nan])
def test_a_rate_outside_zero_and_one_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.1], q)


# A standing watch


def lord_plus_plus(p_values: list[float], q: float) -> list[bool]:
    """Ramdas et al. 2017, equation 9, with wealth q / 2 and the sequence of Javanmard & Montanari 2018, equation 31."""

    def gamma(j: int) -> float:
        return 0.07720838 * math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j)))) if j > 0 else 0.0

    found: list[int] = []
    for t, p in enumerate(p_values, 1):
        level = q / 2 * gamma(t) + q / 2 * gamma(t - found[0] if found else 0)
        level += q * sum(gamma(t - at) for at in found[1:])
        if p <= level:
            found.append(t)
    return [t in found for t in range(1, len(p_values) + 1)]


@given(st.lists(st.floats(0, 1).map(lambda p: p**6), max_size=40), st.floats(0.02, 0.4))
def test_the_watch_is_the_published_rule_and_later_tests_alter_nothing(p_values: list[float], q: float) -> None:
    told = watch(p_values, q)
    assert list(told.called) == lord_plus_plus(p_values, q)
    half = len(p_values) // 2
    assert watch(p_values[:half], q).level == told.level[:half]


def test_the_watch_holds_its_rate_and_finds_some() -> None:
    """200 streams of 100 tests, a fifth of them far from null."""
    rng = np.random.default_rng(4204)
    wrong, found = [], []
    for _ in range(200):
        p = rng.random(100)
        moved = rng.random(100) < 0.2
        p[moved] **= 12
        called = np.array(watch(list(p), 0.10).called)
        wrong.append((called & ~moved).sum() / max(1, called.sum()))
        found.append((called & moved).sum() / moved.sum())
    assert np.mean(wrong) < 0.10 + 2 * np.std(wrong) / math.sqrt(200)
    assert np.mean(found) > 0.25


def test_the_watch_refuses_what_is_no_p_value() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        watch([0.5, 2.0], 0.1)
    assert watch([], 0.1).called == ()


# Who is tested


def test_only_findings_with_a_p_value_are_tested_and_the_others_are_said() -> None:
    rng = np.random.default_rng(4201)
    loud, *level = draw_fleet(rng, Population(drift_sd=0.1), 4, (40, 40), steps=(math.log(6),))
    few = replace(level[0], counts=level[0].counts[36:44])
    bare = replace(level[1], counts=level[1].counts[:40])
    findings = [ask(site) for site in (level[2], few, bare, loud)]
    assert [f.step is not None and f.step.p_value is not None for f in findings] == [True, False, False, True]
    ranking = rank_fleet(findings, 0.10)
    assert [row.series for row in ranking.ranked] == [loud.series, level[2].series]
    assert ranking.called == (loud.series,)
    assert ranking.ranked[0].step > 2
    # Of four that were asked of, not of the two that could be tested.
    assert ranking.ranked[0].adjusted_p == pytest.approx(4 * ranking.ranked[0].p_value)
    assert ranking.untested == (
        (few.series, "exploratory: no p-value"),
        (bare.series, "nothing could be compared"),
    )
    assert ranking.notes[0].startswith("1 of 2 tested series called changed beyond their usual drift, at a false")
    assert ranking.notes[-1].startswith("2 series could not be tested")
    assert "count with p = 1 among the 4 asked of" in ranking.notes[-1]


def test_a_fleet_without_any_p_value_calls_nothing() -> None:
    ranking = rank_fleet([])
    assert (ranking.ranked, ranking.called, ranking.untested) == ((), (), ())
    assert ranking.notes[0].startswith("0 of 0 tested")


def test_a_series_twice_or_two_events_are_refused() -> None:
    one, other = draw_fleet(np.random.default_rng(4202), Population(), 2, (8, 4))
    with pytest.raises(ValueError, match="comes twice"):
        rank_fleet([ask(one), ask(one)])
    with pytest.raises(ValueError, match="more than one event"):
        rank_fleet([ask(one), ask(other, event=replace(SUMMIT, id="later"))])


# False discoveries with drift


def test_false_discoveries_with_drift_are_held_under_the_prior_of_the_fleet_itself() -> None:
    """Six fleets of twenty, five of each four-fold at the event; the prior learned from that fleet."""
    wrong, found = [], []
    for r in range(6):
        fleet = draw_fleet(np.random.default_rng([4203, r]), Population(), 20, (40, 40), steps=(math.log(4),) * 5)
        prior = learn_prior(observations(fleet), name="fleet", event=AT_EVENT).prior
        assert prior.name == "fleet"
        called = rank_fleet([ask(site, prior) for site in fleet], 0.10).called
        moved = {site.series for site in fleet if site.step}
        wrong.append(sum(series not in moved for series in called) / max(1, len(called)))
        found.append(len(moved.intersection(called)) / 5)
    # Goal .12; the proportion of one fleet has an sd of some .13. A test without drift is at .5.
    assert np.mean(wrong) < 0.12 + 2 * 0.13 / math.sqrt(6)
    assert np.mean(found) > 0.5
