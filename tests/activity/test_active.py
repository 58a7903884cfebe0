"""Active, or no activity observed: bounds, false alarms, the declared quiet rate."""

import math
from dataclasses import replace

import numpy as np
import pytest

from activity.drifting import SERIES, count, drifting, window
from overlook.activity import answer
from overlook.activity.active import false_alarm_p, zero_bound
from overlook.terms import ActivityFinding, Index, Observation, Plan, Question, dumps

WINDOW = window(-120, 0)
QUESTION = Question(kind="activity", series=SERIES, window=WINDOW)


def ask(observations: list[Observation], plan: Plan, **more: object) -> ActivityFinding:
    finding = answer(QUESTION, observations, event=None, events=(), plan=plan, **more)
    assert isinstance(finding, ActivityFinding)
    dumps(finding)
    return finding


def test_zero_counts_bound_the_rate_at_three_over_the_image_equivalents() -> None:
    zeros = [count(-d, 0, visible_fraction=0.5, detection_probability=0.8) for d in range(1, 31)]
    equivalents = 30 * 0.5 * 0.8
    assert zero_bound(zeros, 0.95) == pytest.approx((3 / equivalents, equivalents), rel=0.002)
    f = ask(zeros, Plan(quiet_below=0.5, level=0.9))
    assert f.rate is not None
    assert (f.rate.low, f.rate.high) == (0.0, pytest.approx(3 / equivalents, rel=0.002))
    assert f.image_equivalents == pytest.approx(equivalents)
    assert f.verdict == "no activity observed"
    assert f.p_active == pytest.approx(math.exp(-0.5 * equivalents))


def test_an_uncertain_recall_loosens_the_bound() -> None:
    sure = [count(-d, 0, detection_probability=0.5) for d in range(1, 31)]
    unsure = [replace(c, detection_probability_sd=0.15) for c in sure]
    assert zero_bound(unsure, 0.95)[0] > 1.1 * zero_bound(sure, 0.95)[0]


def test_the_bound_holds_in_simulation() -> None:
    """Of rates drawn evenly, those that gave only zeros lie below the bound 95 times of 100."""
    rng = np.random.default_rng(17)
    rates = rng.uniform(0, 2, 200_000)
    silent = rates[rng.poisson(rates * 6.0) == 0]
    bound, _ = zero_bound([count(-d, 0) for d in range(1, 7)], 0.95)
    assert np.mean(silent < bound) == pytest.approx(0.95, abs=0.005)


def test_few_zeros_are_not_quiet() -> None:
    f = ask([count(-d, 0) for d in (3, 9)], Plan(quiet_below=0.5))
    assert f.verdict == "undetermined"
    assert f.rate is not None
    assert f.rate.high == pytest.approx(1.5, rel=0.01)


def test_a_working_site_is_active() -> None:
    f = ask(list(drifting(np.random.default_rng(4), 30, 0)[0]), Plan(quiet_below=0.5))
    assert f.verdict == "active"
    assert f.p_active is not None
    assert f.p_active > 0.99
    assert f.rate is not None
    assert 2 < f.rate.low < f.rate.estimate < f.rate.high < 30


def test_a_rate_about_the_quiet_one_is_undetermined() -> None:
    f = ask([count(-d, int(d % 2 == 0)) for d in range(1, 13)], Plan(quiet_below=0.5))
    assert f.verdict == "undetermined"


def test_the_rate_covers_the_windows_true_mean() -> None:
    rng = np.random.default_rng(90)
    covered = 0
    for _ in range(80):
        u = np.empty(120)
        u[0] = 0.35 * rng.normal()
        for d in range(1, 120):
            u[d] = u[d - 1] * math.exp(-1 / 14) + 0.35 * math.sqrt(1 - math.exp(-2 / 14)) * rng.normal()
        level = 8 * np.exp(u)
        days = np.sort(rng.choice(120, 25, replace=False))
        f = ask([count(d - 119.5, rng.poisson(level[d] * rng.gamma(8, 1 / 8))) for d in days], Plan())
        assert f.rate is not None
        covered += f.rate.low <= level.mean() <= f.rate.high
    # three Monte-Carlo errors at n = 80: .10
    assert covered / 80 >= 0.80


def test_without_a_quiet_rate_anything_beyond_false_alarms_is_active() -> None:
    assert ask([count(-3, 2)], Plan()).verdict == "active"
    noisy = [count(-d, n, false_alarms=1.0) for d, n in ((3, 2), (5, 1), (7, 0), (9, 1))]
    f = ask(list(noisy), Plan())
    assert f.verdict == "undetermined"
    assert any("could all be false alarms" in note for note in f.notes)
    assert ask([replace(c, count=c.count + 3) for c in noisy], Plan()).verdict == "active"


def test_without_a_quiet_rate_silence_is_undetermined_and_bounded() -> None:
    f = ask([count(-d, 0) for d in range(1, 41)], Plan())
    assert f.verdict == "undetermined"
    assert f.rate is not None
    assert f.rate.high == pytest.approx(3 / 40, rel=0.002)
    assert f.p_active is None


def test_false_alarm_tail_is_poisson_and_negative_binomial() -> None:
    from scipy.stats import nbinom, poisson

    sure = [count(-d, 3, false_alarms=2.0) for d in (1, 2)]
    assert false_alarm_p(sure) == pytest.approx(poisson.sf(5, 4.0))
    unsure = [replace(c, false_alarms_sd=1.0) for c in sure]  # shared: sd of the sum 2, shape 4
    assert false_alarm_p(unsure) == pytest.approx(nbinom.sf(5, 4.0, 4.0 / (4.0 + 4.0)))
    assert false_alarm_p([count(-1, 1)]) == 0.0
    assert false_alarm_p([count(-1, 0)]) == 1.0


def test_no_image_is_undetermined_with_empty_estimates() -> None:
    f = ask([], Plan(quiet_below=0.5))
    assert (f.verdict, f.rate, f.p_active, f.n_images) == ("undetermined", None, None, 0)
    provisional = ask([count(-3, 50, provisional=True)], Plan(quiet_below=0.5))
    assert (provisional.verdict, provisional.rate) == ("undetermined", None)


def test_images_outside_the_window_do_not_speak_of_it() -> None:
    assert ask([count(20, 50)], Plan(quiet_below=0.5)).n_images == 0


def test_an_index_has_a_level_and_no_activity() -> None:
    values = [Index(series=SERIES, when=count(-d, 0).when, value=0.3 + 0.01 * (d % 3)) for d in range(1, 60, 3)]
    f = ask(list(values), Plan(quiet_below=0.5))
    assert f.verdict == "undetermined"
    assert f.rate is not None
    assert f.rate.low < 0.31 < f.rate.high


def test_without_a_window_all_of_the_series_speaks() -> None:
    whole = Question(kind="activity", series=SERIES)
    elsewhere = replace(count(-900, 3), series=replace(SERIES, zone="gate"))
    f = answer(whole, [count(-100, 0), count(30, 0), elsewhere], event=None, events=(), plan=Plan())
    assert isinstance(f, ActivityFinding)
    assert f.id == whole.id
    assert f.window == window(-100, 30)
    assert f.n_images == 2
    empty = answer(whole, [], event=None, events=(), plan=Plan())
    assert isinstance(empty, ActivityFinding)
    assert empty.window is None
