"""Coming and going: pairs of known places, what error alone would make, and never a departure that was not seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from activity.comings import places as made_up
from overlook.activity import Followed, turnover, turnover_counts
from overlook.activity.turnover_error import Pairs, Reader, error_alone, kept_at_least
from overlook.detect import Places
from overlook.terms import (
    LOCAL,
    ChipMeta,
    Count,
    Interval,
    NotObserved,
    Plan,
    Question,
    Registration,
    Series,
    TurnoverFinding,
    Zone,
    instant,
)

START = datetime(2021, 3, 1, 10, tzinfo=UTC)
SERIES = Series(site="s", zone="yard", cls="vehicle")
QUESTION = Question(kind="turnover", series=SERIES)
#: A hundred metres a side, half a metre a pixel: the yard is its western half.
GRID = ChipMeta(
    scene="0",
    site="s",
    crs=LOCAL,
    transform=(0.5, 0.0, 0.0, 0.0, -0.5, 100.0),
    shape=(200, 200),
    bands=("grey",),
    registration=Registration(method="reference"),
    usable_fraction=1.0,
)
YARD = Zone(id="yard", name="Yard", kind="yard", geometry=shapely.box(0, 0, 50, 100))
PLAN = Plan(margin=2.0, level=0.9)


def count(j: int, day: float, n: int, **fields: object) -> Count:
    known = {"detection_probability": 0.9, "observer": "ann", "evidence": (f"image{j}", f"boxes{j}")}
    return Count(series=SERIES, when=instant(START + timedelta(days=day)), scene=str(j), count=n, **(known | fields))


def followed(states: np.ndarray, *, x_px: object = 50.0, residual_px: float = 0.5, **fields: object) -> Followed:
    n, m = states.shape
    centres = np.stack([np.broadcast_to(np.asarray(x_px, dtype=float), n), np.linspace(10, 190, n)], axis=1)
    places = Places(
        scenes=tuple(str(j) for j in range(m)),
        centres_px=centres,
        states=states.astype(np.uint8),
        residual_px=np.full(m, residual_px),
        crowded=fields.pop("crowded", ()),
    )
    return Followed(reader="ann", grid=GRID, gsd_m=0.5, places=places, **fields)


def find(states: object, days: object = None, *, plan: Plan = PLAN, **given: object) -> TurnoverFinding:
    rows = np.asarray(states, dtype=np.uint8).reshape(-1, np.shape(states)[-1])
    days = np.arange(rows.shape[1], dtype=float) if days is None else np.asarray(days)
    fields = given.pop("count", {})
    counts = [count(j, d, int((rows[:, j] == 2).sum()), **fields) for j, d in enumerate(days)]
    more = {k: given.pop(k) for k in ("x_px", "crowded", "left_out", "residual_px") if k in given}
    question = replace(QUESTION, window=given.pop("window", None))
    return turnover(question, counts, followed=followed(rows, **more), zone=YARD, plan=plan, **given)


def test_stayed_left_arrived_and_what_was_hidden() -> None:
    found = find([[2, 2, 1], [2, 1, 1], [1, 2, 2], [2, 0, 2], [0, 2, 0]])
    assert [(p.stayed, p.left, p.arrived, p.unseen_after, p.unseen_before) for p in found.pairs] == [
        (1, 1, 1, 1, 1),
        (1, 1, 0, 1, 1),
    ]
    assert (found.stayed, found.left, found.arrived) == (2, 2, 1)
    assert [(p.before, p.after) for p in found.pairs] == [("0", "1"), ("1", "2")]
    assert found.pairs[0].during == Interval(start=START, end=START + timedelta(days=1))
    assert found.pairs[0].residual_m == pytest.approx(0.5 * 0.5 * np.sqrt(2))
    assert found.evidence == ("image0", "boxes0", "image1", "boxes1", "image2", "boxes2")
    assert found.exploratory
    assert any("another thing" in note for note in found.notes)


def test_a_place_outside_the_zone_is_none_of_it_and_one_on_its_edge_is() -> None:
    found = find([[2, 1, 1], [2, 2, 1]], x_px=[100.0, 101.0])
    assert (found.n_places, found.left, found.stayed) == (1, 1, 0)


def test_much_coming_and_going_is_said_and_little_is_not() -> None:
    rng = np.random.default_rng(2)
    states, times = made_up(rng, dwell_d=1.0, recall=0.9)
    busy = find(states, times)
    assert busy.verdict == "coming and going"
    assert busy.beyond_error == ("left", "arrived")
    assert busy.expected_by_error is not None
    assert busy.left + busy.arrived > 3 * busy.expected_by_error
    assert busy.p_value is not None
    assert busy.p_value < 1e-6
    assert busy.dwell_d is not None
    assert busy.dwell_d.low < 1.0 < busy.dwell_d.high
    still, times = made_up(rng, n=1, share=1e-9, standing=40, recall=0.9)
    found = find(still, times)
    assert found.left + found.arrived > 50
    assert found.verdict == "standing"
    assert found.kept_at_least is not None
    assert found.kept_at_least >= 0.5
    assert found.beyond_error == ()


def test_without_a_margin_nothing_is_said_to_stand() -> None:
    states, times = made_up(np.random.default_rng(1), n=1, share=1e-9, standing=40, recall=0.9)
    found = find(states, times, plan=Plan())
    assert found.verdict == "undetermined"
    assert any("no margin" in note for note in found.notes)


def test_everything_left_and_nothing_came() -> None:
    found = find([[2, 2, 1, 1, 1]] * 30)
    assert found.verdict == "coming and going"
    assert found.beyond_error == ("left",)


def test_a_reader_of_unknown_recall_leaves_it_open_and_says_what_would_explain_it() -> None:
    found = find([[2, 1, 2, 1]] * 6, count={"detection_probability": None})
    assert found.verdict == "undetermined"
    assert (found.expected_by_error, found.p_value, found.dwell_d, found.kept_at_least) == (None,) * 4
    assert any("misses 100%" in note for note in found.notes)


def test_few_pairs_are_exploratory_without_a_p_value() -> None:
    found = find([[2, 1]] * 12 + [[1, 2]] * 12)
    assert found.exploratory
    assert found.p_value is None
    assert found.verdict == "coming and going"
    assert not find([[2, 1, 2, 1]] * 12).exploratory


def test_a_late_question_is_exploratory_and_says_why() -> None:
    found = find([[2, 1, 2, 1]] * 12, exploratory=("asked late",))
    assert found.exploratory
    assert found.p_value is None
    assert found.notes[0] == "asked late"


def test_images_of_seconds_are_one_look() -> None:
    found = find([[2, 1, 1], [1, 2, 2]], days=[0.0, 10 / 86400, 1.0])
    assert found.n_images == 2
    assert any("within an hour" in note for note in found.notes)


def test_the_window_holds_both_images_of_a_pair() -> None:
    window = Interval(start=START + timedelta(days=0.5), end=START + timedelta(days=2.5))
    found = find([[2, 1, 2, 1]] * 5, window=window)
    assert [(p.before, p.after) for p in found.pairs] == [("1", "2")]
    assert found.window == window


def test_an_image_that_could_not_be_compared_is_named() -> None:
    found = find([[2, 2, 2]] * 5, crowded=("1",))
    assert [(p.before, p.after) for p in found.pairs] == [("0", "2")]
    assert any("1 image not compared (1)" in note for note in found.notes)


def test_no_boxes_no_pairs_no_numbers() -> None:
    alone = turnover(QUESTION, [count(0, 0.0, 1)], followed=None, zone=YARD, plan=PLAN)
    assert (alone.verdict, alone.pairs, alone.exploratory) == ("undetermined", (), True)
    nothing = turnover(QUESTION, [], followed=None, zone=YARD, plan=PLAN)
    assert nothing.window is None
    assert find([[2], [2]]).verdict == "undetermined"
    assert find(np.ones((0, 4))).verdict == "undetermined"


def test_one_reader_answers_and_the_others_are_told_of() -> None:
    counts = [count(j, j, 3) for j in range(3)] + [count(j, j, 3, observer="bob") for j in range(3, 5)]
    mine, notes = turnover_counts(SERIES, counts)
    assert {o.observer for o in mine} == {"ann"}
    assert any("2 images read by others" in note for note in notes)


def test_the_same_image_twice_is_no_second_look() -> None:
    counts = [count(0, 0.0, 3), count(1, 5.0, 3), count(2, 9.0, 3, evidence=("image0", "boxes2")), count(3, 12.0, 3)]
    mine, notes = turnover_counts(SERIES, counts)
    assert [o.scene for o in mine] == ["0", "1", "3"]
    assert any("the same image twice" in note for note in notes)


def test_an_image_of_unknown_registration_is_named_with_its_reason() -> None:
    rows = np.array([[2, 2]] * 4, dtype=np.uint8)
    counts = [count(j, float(j), 4) for j in range(3)]
    known = followed(rows, left_out=(("2", "it is not registered"),))
    found = turnover(QUESTION, counts, followed=known, zone=YARD, plan=PLAN)
    assert [(p.before, p.after) for p in found.pairs] == [("0", "1")]
    assert "1 image not compared (2): it is not registered" in found.notes


def test_a_provisional_model_is_never_compared() -> None:
    mine, notes = turnover_counts(SERIES, [count(j, j, 3, provisional=True) for j in range(4)])
    assert mine == ()
    assert any("provisional" in note for note in notes)


def test_what_was_not_observed_makes_no_pair() -> None:
    rows = np.array([[2, 0, 2]] * 4, dtype=np.uint8)
    seen = [count(0, 0.0, 4), count(2, 2.0, 4)]
    cloud = NotObserved(series=SERIES, when=instant(START + timedelta(days=1)), scene="1", reason="cloud")
    found = turnover(QUESTION, [*seen, cloud], followed=followed(rows), zone=YARD, plan=PLAN)
    assert [(p.before, p.after, p.stayed) for p in found.pairs] == [("0", "2", 4)]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 9), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_every_box_of_a_pair_is_counted_once(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    states = rng.integers(0, 3, (n, m)).astype(np.uint8)
    found = find(states, np.cumsum(rng.uniform(0.1, 30, m)))
    for j, pair in enumerate(found.pairs):
        assert pair.stayed + pair.left + pair.unseen_after == (states[:, j] == 2).sum()
        assert pair.stayed + pair.arrived + pair.unseen_before == (states[:, j + 1] == 2).sum()
    assert found.verdict in ("coming and going", "standing", "undetermined")


# --- error alone ------------------------------------------------------------------------------------------------------


def reader(m: int, recall: float = 0.9, false_boxes: float = 0.0, recall_sd: float = 0.0) -> Reader:
    return Reader(
        recall=np.full(m, recall),
        recall_sd=np.full(m, recall_sd),
        false_boxes=np.full(m, false_boxes),
        false_boxes_sd=np.zeros(m),
    )


def pairs_of(states: np.ndarray) -> Pairs:
    was, now = states[:, :-1] == 2, states[:, 1:] == 2
    return Pairs(
        stayed=(was & now).sum(axis=0).astype(float),
        left=(was & ~now).sum(axis=0).astype(float),
        arrived=(~was & now).sum(axis=0).astype(float),
    )


def test_ten_boxes_and_a_reader_who_misses_one_in_ten() -> None:
    pairs = Pairs(stayed=np.array([9.0]), left=np.array([1.0]), arrived=np.array([1.0]))
    assert error_alone(pairs, reader(2)).expected == pytest.approx(2.0)
    # One of the ten is false: the nine others lose .9, and the false one has no box in the other image.
    assert error_alone(pairs, reader(2, false_boxes=1.0)).expected == pytest.approx(2 * (0.9 + 1.0))


def test_mean_and_variance_are_those_of_things_that_stand_still() -> None:
    rng = np.random.default_rng(7)
    gone, expected, p_values = [], [], []
    for _ in range(300):
        states, _ = made_up(rng, n=1, share=1e-9, standing=25, recall=0.85, images=8, false_boxes=0.6)
        pairs = pairs_of(states)
        alone = error_alone(pairs, reader(8, 0.85, 0.6))
        gone.append(pairs.left.sum() + pairs.arrived.sum())
        expected.append(alone.expected)
        p_values.append(alone.p_value)
    assert np.mean(gone) == pytest.approx(np.mean(expected), rel=0.03)
    for level in (0.05, 0.2):
        # Monte-Carlo error of 300: three standard deviations above the nominal level.
        assert np.mean(np.array(p_values) < level) < level + 3 * np.sqrt(level * (1 - level) / 300)


def test_an_unsure_recall_makes_error_explain_more() -> None:
    pairs = Pairs(stayed=np.full(9, 20.0), left=np.full(9, 5.0), arrived=np.full(9, 5.0))
    assert error_alone(pairs, reader(10)).p_value < 1e-4
    assert error_alone(pairs, reader(10, recall_sd=0.08)).p_value > 0.05


def test_a_perfect_reader_explains_nothing() -> None:
    pairs = Pairs(stayed=np.array([9.0]), left=np.array([1.0]), arrived=np.array([0.0]))
    alone = error_alone(pairs, reader(2, 1.0))
    assert (alone.expected, alone.p_value, alone.p_arrived) == (0.0, 0.0, 1.0)


def test_the_least_share_kept_is_seldom_above_the_truth() -> None:
    # Things that leave at a rate of one in 20 days, images over 20 days: exp(-1) of the places stay taken.
    rng, above = np.random.default_rng(9), 0
    for _ in range(60):
        ends = rng.exponential(20.0, 60)
        there = ends[:, None] > np.arange(0.0, 21.0, 2.0)
        states = np.where(there & (rng.random(there.shape) < 0.9), 2, 1)
        kept = kept_at_least(pairs_of(states), reader(11), np.full(10, 2.0), 0.95)
        assert kept is not None
        above += kept > (ends > 20.0).mean() + 0.02
    assert above <= 6


def test_nothing_to_compare_keeps_nothing() -> None:
    none = Pairs(stayed=np.zeros(2), left=np.zeros(2), arrived=np.zeros(2))
    assert kept_at_least(none, reader(3), np.ones(2), 0.95) is None
    assert error_alone(none, reader(3)).p_value == 1.0
