"""The demo's right answers, over years that it was not made with: its plan and margin were declared before its data."""

from __future__ import annotations

import pytest

from overlook.activity import answer, by_series
from overlook.simulate import demo_spec, simulate_counts
from overlook.terms import Question, Series, observations_from_table

SEEDS = range(100, 120)
#: What the spec declares: a step in the yard at the talks, none anywhere at the summit.
CHANGED = ("september-talks", "yard")
UNCHANGED = ("may-summit", "parking")


@pytest.fixture(scope="module")
def answers():
    spec = demo_spec()
    events = {e.id: e for e in spec.events}
    found = {CHANGED: [], UNCHANGED: []}
    for seed in SEEDS:
        drawn = simulate_counts(spec, seed)
        series = by_series(observations_from_table(drawn.observations))
        for event, zone in found:
            key = Series(site=spec.id, zone=zone, cls="vehicle")
            question = Question(kind="event", series=key, event=event)
            finding = answer(question, series[key], event=events[event], events=spec.events, plan=spec.plan)
            truth = drawn.ratio[event][0][drawn.series.index((zone, "vehicle"))]
            found[event, zone].append((finding, float(truth)))
    return found


def test_the_change_is_found_and_its_size_covered(answers):
    verdicts = [f.verdict for f, _ in answers[CHANGED]]
    assert "same" not in verdicts
    assert verdicts.count("changed") >= 18
    # 90% intervals: fewer than 15 of 20 would come about by chance once in 90 times.
    assert sum(f.ratio.low <= truth <= f.ratio.high for f, truth in answers[CHANGED]) >= 15


def test_the_level_that_stayed_is_shown_to_have_stayed(answers):
    verdicts = [f.verdict if not f.also_same else "same" for f, _ in answers[UNCHANGED]]
    assert verdicts.count("same") >= 18
    assert sum(f.ratio.low <= truth <= f.ratio.high for f, truth in answers[UNCHANGED]) >= 15


def test_nothing_is_called_same_that_was_beyond_the_margin(answers):
    margin = demo_spec().plan.margin
    for findings in answers.values():
        for finding, truth in findings:
            if finding.verdict == "same" or finding.also_same:
                assert 1 / margin < truth < margin
