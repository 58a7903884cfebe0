"""The doors: one question in, one finding out; the one-liner's row."""

import json
import subprocess
import sys

import numpy as np
import pytest

import overlook.activity
from activity.drifting import AT_EVENT, SERIES, drifting, window
from overlook.activity import answer, pattern_row
from overlook.terms import ActivityFinding, Plan, PresenceFinding, Question, TransitionFinding

KEYS = {
    "": [
        "series",
        "n_before",
        "n_after",
        "ratio",
        "step",
        "verdict",
        "also_same",
        "exploratory",
        "missed",
        "model",
        "notes",
    ],
    "series": ["site", "zone", "class"],
    "ratio": ["estimate", "low", "high", "level"],
    "step": ["estimate", "low", "high", "p_value"],
    "missed": ["smallest_ratio_up", "smallest_ratio_down", "smallest_margin", "images_needed"],
}


def test_a_row_has_the_published_keys_and_is_json() -> None:
    row = pattern_row(SERIES, drifting(np.random.default_rng(1), 30, 20)[0], event=AT_EVENT, plan=Plan(margin=1.25))
    assert list(row) == KEYS[""]
    for part in ("series", "ratio", "step", "missed"):
        assert list(row[part]) == KEYS[part]
    assert row["series"] == {"site": "s", "zone": "z", "class": "vehicle"}
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_a_row_of_nothing_has_nulls() -> None:
    row = pattern_row(SERIES, [], event=AT_EVENT, plan=Plan())
    assert (row["ratio"], row["step"], row["model"]) == (None, None, None)
    assert list(row["missed"].values()) == [None] * 4
    assert row["verdict"] == "undetermined"


def test_the_same_counts_give_the_same_row() -> None:
    counts, _ = drifting(np.random.default_rng(1), 30, 20)
    rows = [pattern_row(SERIES, order, event=AT_EVENT, plan=Plan(margin=1.25)) for order in (counts, counts[::-1])]
    assert rows[0] == rows[1]


def test_an_event_question_needs_its_event() -> None:
    with pytest.raises(ValueError, match="needs its event"):
        answer(Question(kind="event", series=SERIES, event="e"), [], event=None, events=(), plan=Plan())


@pytest.mark.parametrize(
    ("kind", "finding"),
    [("activity", ActivityFinding), ("presence", PresenceFinding), ("transition", TransitionFinding)],
)
def test_each_kind_of_question_gets_its_finding(kind: str, finding: type) -> None:
    question = Question(kind=kind, series=SERIES, window=window(-30, 30))
    found = answer(question, [], event=None, events=(), plan=Plan())
    assert isinstance(found, finding)
    assert found.verdict == "undetermined"
    assert found.id == question.id


def test_every_door_opens() -> None:
    for name in overlook.activity.__all__:
        assert callable(getattr(overlook.activity, name)) or name in ("DEFAULT_PRIOR", "SCREENED")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = overlook.activity.nothing


def test_importing_the_room_loads_no_compiler() -> None:
    code = "import sys, overlook.activity; print([m for m in ('numba', 'scipy', 'statsmodels') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
