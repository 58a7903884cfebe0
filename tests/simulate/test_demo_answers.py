"""The demo's two questions over twenty made-up years: the answers are the truth, or an honest "cannot tell"."""

import pytest

from overlook.activity import answer, by_series
from overlook.simulate import demo_spec, simulate_counts
from overlook.terms import EventFinding, Question, Series, observations_from_table

YEARS = 20


@pytest.fixture(scope="module")
def findings() -> dict[str, list[EventFinding]]:
    spec = demo_spec()
    by = by_series(observations_from_table(simulate_counts(spec, 2021, sites=YEARS).observations))
    events = {event.id: event for event in spec.events}
    asked = {"september-talks": "yard", "may-summit": "parking"}
    found: dict[str, list[EventFinding]] = {event: [] for event in asked}
    for year in range(YEARS):
        for event, zone in asked.items():
            series = Series(site=f"site-alpha-{year:04d}", zone=zone, cls="vehicle")
            question = Question(kind="event", series=series, event=event)
            finding = answer(question, by[series], event=events[event], events=spec.events, plan=spec.plan)
            assert isinstance(finding, EventFinding)
            found[event].append(finding)
    return found


def test_the_real_change_is_called_changed(findings: dict[str, list[EventFinding]]) -> None:
    verdicts = [f.verdict for f in findings["september-talks"]]
    assert verdicts.count("changed") >= YEARS - 1
    assert "same" not in verdicts
    assert not any(f.also_same for f in findings["september-talks"])
    assert all(f.ratio is not None and f.ratio.estimate > 1 for f in findings["september-talks"])


def test_the_non_change_is_called_the_same(findings: dict[str, list[EventFinding]]) -> None:
    found = findings["may-summit"]
    assert sum(f.verdict == "same" or f.also_same for f in found) >= YEARS - 2
    # "Changed" at level 0.95 comes by chance once in twenty; four in twenty would be one in sixty.
    assert sum(f.verdict == "changed" for f in found) <= 3
