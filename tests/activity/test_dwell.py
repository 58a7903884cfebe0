"""Lengths of stay: likelihoods against brute force, known distributions, and recovery of made-up stays."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity.comings import places
from overlook.activity.dwell import dwell
from overlook.activity.turnover_chain import SHARES, log_forward, mixed
from overlook.activity.turnover_fit import brief_share, misfit
from overlook.activity.turnover_stays import median, stays, turnbull
from overlook.terms import EMPTY, HIDDEN, TAKEN


def _brute(pattern: tuple[int, ...], gaps: np.ndarray, recall: np.ndarray, p: float, dwell_d: float) -> float:
    """Sum over every hidden history of taken and empty."""
    total = 0.0
    for history in itertools.product((False, True), repeat=len(pattern)):
        chance = p if history[0] else 1 - p
        for j, gap in enumerate(gaps):
            kept = math.exp(-gap / (dwell_d * (1 - p)))
            taken = p + (1 - p) * kept if history[j] else p * (1 - kept)
            chance *= taken if history[j + 1] else 1 - taken
        for j, there in enumerate(history):
            if pattern[j] == TAKEN:
                chance *= recall[j] if there else 0.0
            elif pattern[j] == EMPTY:
                chance *= 1 - recall[j] if there else 1.0
        total += chance
    return total


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([HIDDEN, EMPTY, TAKEN]), min_size=2, max_size=6),
    st.floats(0.05, 20.0),
    st.integers(0, 2**32 - 1),
)
def test_the_forward_algorithm_sums_every_history(pattern: list[int], dwell_d: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps, recall = rng.uniform(0.2, 5.0, len(pattern) - 1), rng.uniform(0.3, 1.0, len(pattern))
    seen, unseen = log_forward(np.array([pattern], dtype=np.uint8), gaps, recall, dwell_d)
    never = tuple(EMPTY if state == TAKEN else state for state in pattern)
    for k, p in enumerate(SHARES):
        assert math.exp(seen[0, k]) == pytest.approx(_brute(tuple(pattern), gaps, recall, p, dwell_d), rel=1e-9)
        assert math.exp(unseen[0, k]) == pytest.approx(_brute(never, gaps, recall, p, dwell_d), rel=1e-9)


def test_all_patterns_together_are_certain() -> None:
    gaps, recall = np.array([0.5, 2.0, 1.0]), np.array([0.9, 0.8, 0.7, 0.95])
    every = np.array(list(itertools.product((EMPTY, TAKEN), repeat=4)), dtype=np.uint8)
    seen, _ = log_forward(every, gaps, recall, 1.5)
    np.testing.assert_allclose(np.exp(seen).sum(axis=0), 1.0)


def test_a_hidden_image_changes_nothing_but_the_gap() -> None:
    with_it = np.array([[TAKEN, HIDDEN, EMPTY]], dtype=np.uint8)
    without = np.array([[TAKEN, EMPTY]], dtype=np.uint8)
    one, _ = log_forward(with_it, np.array([1.0, 2.5]), np.array([0.9, 0.9, 0.9]), 2.0)
    other, _ = log_forward(without, np.array([3.5]), np.array([0.9, 0.9]), 2.0)
    np.testing.assert_allclose(one, other)


def test_the_mixture_finds_the_weights_it_was_made_with() -> None:
    # Two nodes that say opposite things of two patterns: the weights are the share of each, less what each gets wrong.
    given_seen = np.array([[0.9, 0.2], [0.1, 0.8]])
    _, weight = mixed(given_seen, np.array([620.0, 380.0]), np.zeros(2), 0.0, np.array([0.5, 0.5]))
    assert weight[0] == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize(("true_d", "recall"), [(1.0, 0.9), (3.0, 0.8), (3.0, 1.0)])
def test_a_mean_stay_is_recovered(true_d: float, recall: float) -> None:
    # 90% intervals: 10 of 16 or fewer would come by chance three times in a thousand.
    held, middles = 0, []
    for seed in range(16):
        states, times = places(np.random.default_rng(seed), dwell_d=true_d, recall=recall, false_boxes=0.5)
        m = len(times)
        found = dwell(states, times, np.full(m, min(recall, 0.999)), np.zeros(m), np.full(m, 0.5), level=0.9)
        assert found.estimate is not None
        held += found.estimate.low <= true_d <= found.estimate.high
        middles.append(found.estimate.estimate / true_d)
    assert held >= 11
    assert 0.85 < np.median(middles) < 1.15


def test_misses_taken_for_leaving_would_halve_it() -> None:
    states, times = places(np.random.default_rng(5), dwell_d=5.0, recall=0.8, images=30)
    m = len(times)
    right = dwell(states, times, np.full(m, 0.8), np.zeros(m), np.zeros(m), level=0.9)
    wrong = dwell(states, times, np.full(m, 0.999), np.zeros(m), np.zeros(m), level=0.9)
    assert right.estimate is not None
    assert wrong.estimate is not None
    assert right.estimate.low < 5.0 < right.estimate.high
    assert wrong.estimate.high < 3.0


def test_popular_places_are_no_long_stays() -> None:
    # Stays of a tenth of a gap, at places of which some are nearly always taken: what is seen again is another thing.
    bounds = []
    for seed in range(8):
        states, times = places(np.random.default_rng(seed), dwell_d=0.1, recall=0.95, share=0.4)
        m = len(times)
        again = (states[:, :-1] == TAKEN) & (states[:, 1:] == TAKEN)
        assert again.sum() / (states[:, :-1] == TAKEN).sum() > 0.35
        found = dwell(states, times, np.full(m, 0.95), np.zeros(m), np.zeros(m), level=0.9)
        bounds.append(found.under_d)
    assert sum(bound is not None for bound in bounds) >= 7
    assert np.median([bound for bound in bounds if bound is not None]) < 0.6


def test_images_farther_apart_than_the_stay_give_a_bound() -> None:
    states, times = places(np.random.default_rng(1), dwell_d=0.05, gap_d=3.0)
    m = len(times)
    found = dwell(states, times, np.full(m, 0.9), np.zeros(m), np.zeros(m), level=0.9)
    assert found.estimate is None
    assert found.over_d is None
    assert found.under_d is not None
    assert 0.05 < found.under_d < 3.0


def test_an_error_of_recall_widens_the_interval() -> None:
    states, times = places(np.random.default_rng(4), dwell_d=3.0, recall=0.85)
    m = len(times)
    sure = dwell(states, times, np.full(m, 0.85), np.zeros(m), np.zeros(m), level=0.9).estimate
    unsure = dwell(states, times, np.full(m, 0.85), np.full(m, 0.07), np.zeros(m), level=0.9).estimate
    assert sure is not None
    assert unsure is not None
    assert math.log(unsure.high / unsure.low) > 1.03 * math.log(sure.high / sure.low)


def test_nothing_seen_says_nothing() -> None:
    found = dwell(np.empty((0, 4), np.uint8), np.arange(4.0), np.full(4, 0.9), np.zeros(4), np.zeros(4), level=0.9)
    assert (found.estimate, found.under_d, found.over_d) == (None, None, None)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 12), st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_whatever_was_seen_the_answer_is_a_number_or_none(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    states = rng.integers(0, 3, (n, m)).astype(np.uint8)
    states[np.arange(n), rng.integers(0, m, n)] = TAKEN
    times = np.cumsum(rng.choice([0.05, 1.0, 200.0], m))
    recall, false_boxes = rng.uniform(0.05, 1.0, m), rng.choice([0.0, 3.0], m)
    found = dwell(states, times, recall, rng.uniform(0, 0.3, m), false_boxes, level=0.9)
    numbers = [found.under_d, found.over_d]
    if found.estimate is not None:
        assert numbers == [None, None]
        assert 0 < found.estimate.low <= found.estimate.estimate <= found.estimate.high < math.inf
    assert all(x is None or (math.isfinite(x) and x > 0) for x in numbers)


# --- stays as intervals -----------------------------------------------------------------------------------------------


def test_a_stay_is_known_to_within_the_gaps_around_it() -> None:
    row = np.array([[EMPTY, TAKEN, HIDDEN, TAKEN, EMPTY]], dtype=np.uint8)
    low, high = stays(row, np.array([0.0, 2.0, 3.0, 5.0, 9.0]))
    assert (low.tolist(), high.tolist()) == ([3.0], [9.0])


def test_a_stay_whose_end_was_not_seen_has_no_longest_length() -> None:
    row = np.array([[TAKEN, TAKEN, EMPTY, TAKEN]], dtype=np.uint8)
    low, high = stays(row, np.array([0.0, 1.0, 2.0, 3.0]))
    assert (low.tolist(), high.tolist()) == ([1.0, 0.0], [np.inf, np.inf])


def test_turnbull_is_kaplan_and_meier_where_times_are_exact_or_censored_right() -> None:
    # Freireich's 6-mercaptopurine arm, 21 patients (Gehan 1965): survival .857 at 6, .690 at 10 weeks, .448 at 23.
    exact = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    low = np.array([*exact, *(c + 1e-6 for c in censored)], dtype=float)
    high = np.array([*exact, *[np.inf] * len(censored)], dtype=float)
    _, stop, share = turnbull(low, high)
    survival = {t: 1 - share[stop <= t].sum() for t in (6, 7, 10, 13, 16, 22, 23)}
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for t, value in published.items():
        assert survival[t] == pytest.approx(value, abs=6e-4)


def test_turnbull_of_current_status_is_isotonic_regression() -> None:
    # Of those looked at by 1, 2, 3: 1 of 4, 1 of 2, and all of 3 had ended: the shares rise, so they are the answer.
    after = 1e-6  # later than when it was looked at
    low = np.array([0, 1 + after, 1 + after, 1 + after, 0, 2 + after, 0, 0, 0])
    high = np.array([1, np.inf, np.inf, np.inf, 2, np.inf, 3, 3, 3], dtype=float)
    _, stop, share = turnbull(low, high)
    assert [share[stop <= t].sum() for t in (1, 2, 3)] == pytest.approx([0.25, 0.5, 1.0], abs=1e-4)


def test_the_median_lies_where_half_is_reached() -> None:
    assert median(np.array([0.0, 2.0, 5.0]), np.array([1.0, 3.0, np.inf]), np.array([0.4, 0.2, 0.4])) == (2.0, 3.0)


# --- stays that the model does not have -------------------------------------------------------------------------------


def test_brief_stays_are_counted_where_three_images_show_the_place() -> None:
    rows = np.array([[1, 2, 1, 1], [1, 2, 2, 1], [1, 2, 0, 1], [2, 1, 2, 1]], dtype=np.uint8)
    assert brief_share(rows) == pytest.approx(2 / 3)
    assert brief_share(rows[2:3]) is None


def _noted(shape: float) -> int:
    noted = 0
    for seed in range(6):
        states, times = places(np.random.default_rng(seed), dwell_d=3.0, shape=shape, recall=0.95)
        recall, none = np.full(len(times), 0.95), np.zeros(len(times))
        found = dwell(states, times, recall, none, none, level=0.9)
        assert found.estimate is not None
        assert found.weight is not None
        noted += misfit(states, times, recall, none, found.estimate.estimate, found.weight) is not None
    return noted


def test_stays_all_of_one_length_are_noticed_and_exponential_ones_are_not() -> None:
    assert _noted(12.0) >= 5
    assert _noted(1.0) <= 1
