"""The event answer: published numbers, the limit without drift, rules for few images, confounders, absence."""

import math
import warnings
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity.drifting import AT_EVENT, EVENT, SERIES, count, drifting
from overlook.activity import answer
from overlook.activity.design import build
from overlook.activity.event import pulled
from overlook.activity.few import conditional_poisson_p, rank_note
from overlook.activity.posterior import fit
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.series import to_days, usable
from overlook.terms import Count, Event, EventFinding, Index, Interval, NotObserved, Plan, Question, dumps, instant

QUESTION = Question(kind="event", series=SERIES, event="summit")
SUMMIT = Event(id="summit", name="Summit", during=AT_EVENT)
PLAN = Plan(margin=1.25)


def ask(
    observations: list, *, plan: Plan = PLAN, during: Interval = AT_EVENT, prior: Prior = DEFAULT_PRIOR, **more
) -> EventFinding:
    finding = answer(
        QUESTION, observations, event=replace(SUMMIT, during=during), events=(), plan=plan, prior=prior, **more
    )
    assert isinstance(finding, EventFinding)
    return finding


def notes(finding: EventFinding) -> str:
    return "\n".join(finding.notes)


# Known answers


def test_exact_test_of_eleven_and_seven_trucks() -> None:
    assert conditional_poisson_p(11, 7) == pytest.approx(0.48, abs=0.005)


@pytest.mark.parametrize(("first", "second", "exposure"), [(3, 9, 2.0), (0, 5, 1.0), (40, 41, 0.3), (6, 6, 1.0)])
def test_exact_test_equals_the_binomial_test(first: int, second: int, exposure: float) -> None:
    from scipy.stats import binomtest

    expected = binomtest(first, first + second, exposure / (1 + exposure)).pvalue
    assert conditional_poisson_p(first, second, exposure, 1.0) == pytest.approx(expected, rel=1e-6)


def test_two_counts_are_not_a_change() -> None:
    finding = ask([count(-10, 11), count(20, 7)])
    assert finding.verdict == "undetermined"
    assert finding.exploratory
    assert finding.step is not None
    assert finding.step.p_value is None
    assert "from 11 to 7: exact conditional Poisson test p = 0.48" in notes(finding)
    assert "lowest of 2: one in two by chance" in notes(finding)
    assert finding.model is not None
    assert finding.model.prior_weight is not None
    assert finding.model.prior_weight > 0.3


def test_ranks_in_words() -> None:
    assert rank_note([3, 1, 9, 2, 4, 5, 6], 2) == "highest of 7: one in seven by chance"
    assert rank_note([3, 1, 9, 9], 2) == "highest of 4, with 1 equal"
    assert rank_note([3, 1, 9], 0) == "rank 2 of 3"
    assert rank_note([4, 4, 4], 1) == "all 3 equal"
    assert rank_note([4], 0) == "the only image"


def test_a_change_far_beyond_the_prior_is_said_to_be_drawn_in() -> None:
    """Eight to eight hundred: the prior of a step is normal with sd 1 of the logarithm, and ln 100 is 4.6."""
    before = dict(zip(range(-112, 0, 14), (6, 9, 8, 11, 7, 10, 5, 9), strict=True))
    after = dict(zip(range(2, 42, 8), (6, 9, 8, 11, 7), strict=True))
    far, near = (
        ask([count(d + 0.5, n) for d, n in (before | {d: by * n for d, n in after.items()}).items()]) for by in (100, 2)
    )
    assert far.ratio is not None
    assert far.model is not None
    (said,) = [note for note in far.notes if "beyond what the prior expects" in note]
    weight = far.model.prior_weight
    assert weight is not None
    by = math.exp(pulled(math.log(far.ratio.estimate), weight))
    assert f"by a factor of about {by:.2f}" in said
    # What the counts say by themselves lies nearer to the estimate with the pull taken off.
    assert abs(math.log(far.ratio.estimate * by / 100)) < abs(math.log(far.ratio.estimate / 100))
    assert not any("beyond what the prior expects" in note for note in near.notes)


@given(st.floats(-6, 6), st.floats(0.05, 5.0), st.floats(0.05, 5.0))
def test_the_pull_is_that_of_the_conjugate_normal(data: float, data_var: float, prior_var: float) -> None:
    var = 1 / (1 / data_var + 1 / prior_var)
    mean = data * var / data_var
    assert mean + pulled(mean, var / prior_var) == pytest.approx(data, abs=1e-9)


@pytest.mark.parametrize("family", ["Poisson", "NegativeBinomial"])
def test_without_drift_it_is_a_generalised_linear_model(family: str) -> None:
    import statsmodels.api as sm

    counts, _ = drifting(
        np.random.default_rng(11), 60, 30, drift_sd=1e-6, k=8.0 if family != "Poisson" else 1e9, step=0.4
    )
    k = 1e7 if family == "Poisson" else 8.0
    flat = Prior(
        name="flat", origin="test", drift_sd=1e-3, drift_sd_logsd=0.01, dispersion_k=k, dispersion_logsd=1e-4,
        step_sd=30.0, weekend_sd=30.0, level_sd=30.0,
    )  # fmt: skip
    at = to_days(EVENT)
    design = build(usable(SERIES, counts), flat, numerator=(at, at + 45), denominator=(at - 120, at), after_d=at)
    kinds = {"Poisson": sm.families.Poisson(), "NegativeBinomial": sm.families.NegativeBinomial(alpha=1 / k)}
    model = sm.GLM(design.y, design.design, family=kinds[family]).fit()
    beta = fit(design, flat).effect("step")
    column = design.names.index("step")
    assert beta.centre == pytest.approx(model.params[column], abs=0.05 * model.bse[column])
    assert beta.sd == pytest.approx(model.bse[column], rel=0.06)


# Calibration on made-up sites that drift (seeds fixed beforehand)


@pytest.fixture(scope="module")
def sites() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20260)
    rows = []
    for _ in range(220):
        counts, truth = drifting(rng, 27, 13)
        f = ask(counts)
        assert f.ratio is not None
        assert f.step is not None
        rows.append(
            (
                truth,
                f.ratio.low,
                f.ratio.high,
                f.verdict == "changed",
                f.verdict == "same" or f.also_same,
                f.step.low > 1 or f.step.high < 1,
            )
        )
    return dict(zip(("truth", "low", "high", "changed", "same", "step"), np.array(rows).T, strict=True))


def test_intervals_of_the_ratio_cover(sites: dict[str, np.ndarray]) -> None:
    covers = np.mean((sites["low"] <= sites["truth"]) & (sites["truth"] <= sites["high"]))
    # 220 sites: three Monte-Carlo errors are .061 about .90
    assert 0.839 <= covers <= 0.961


def test_intervals_of_the_ratio_say_something(sites: dict[str, np.ndarray]) -> None:
    assert np.median(np.log(sites["high"] / sites["low"])) < 0.75


def test_steps_are_false_alarms_at_most_at_their_nominal_rate(sites: dict[str, np.ndarray]) -> None:
    # Nominal .10, goal .12, two Monte-Carlo errors .04
    assert np.mean(sites["step"]) <= 0.12 + 0.04


def test_wrong_calls_are_rare(sites: dict[str, np.ndarray]) -> None:
    near, beyond = np.abs(np.log(sites["truth"])) < math.log(1.1), np.abs(np.log(sites["truth"])) > math.log(1.25)
    assert np.mean(sites["changed"].astype(bool) & near) <= 0.05 + 0.027
    assert np.mean(sites["same"].astype(bool)[beyond]) <= 0.05


def test_a_doubling_is_found_and_its_ratio_covered() -> None:
    rng = np.random.default_rng(20261)
    covered = found = 0
    for _ in range(60):
        counts, truth = drifting(rng, 27, 13, step=math.log(2))
        f = ask(counts)
        assert f.ratio is not None
        covered += f.ratio.low <= truth <= f.ratio.high
        found += f.verdict == "changed" and f.ratio.estimate > 1
    assert covered / 60 >= 0.78
    assert found / 60 >= 0.6


def test_many_calm_images_show_the_same() -> None:
    rng = np.random.default_rng(20262)
    verdicts = [ask(drifting(rng, 115, 43, rate=60, k=60, drift_sd=0.02)[0]) for _ in range(10)]
    assert sum(f.verdict == "same" or f.also_same for f in verdicts) >= 8
    assert all(f.p_within_margin is not None and f.p_within_margin > 0.8 for f in verdicts)


# Rules


def test_without_a_margin_same_is_never_said() -> None:
    rng = np.random.default_rng(20262)
    for _ in range(5):
        f = ask(drifting(rng, 115, 43, rate=60, k=60, drift_sd=0.02)[0], plan=Plan())
        assert f.verdict != "same"
        assert not f.also_same
        assert f.p_within_margin is None


def test_a_small_sure_change_within_a_wide_margin_is_both() -> None:
    counts = [count(d - 120 + 0.5, 1000 + d % 7) for d in range(120)] + [
        count(d + 0.5, 1400 + d % 5) for d in range(45)
    ]
    f = ask(counts, plan=Plan(margin=2.0))
    assert f.verdict == "changed"
    assert f.also_same


def test_a_change_that_halves_with_the_prior_is_exploratory() -> None:
    rng = np.random.default_rng(5)
    flipped = [
        f for f in (ask(drifting(rng, 13, 7, step=0.35)[0]) for _ in range(60)) if "turns on the drift" in notes(f)
    ]
    assert flipped
    for f in flipped:
        assert f.exploratory
        assert f.verdict == "undetermined"
        assert f.step is not None
        assert f.step.p_value is None


def test_under_ten_images_nothing_is_called() -> None:
    f = ask([count(-d, 2) for d in (50, 40, 30, 20)] + [count(d, 60) for d in (5, 10, 15)])
    assert f.verdict == "undetermined"
    assert f.exploratory
    assert "7 usable images, fewer than 10" in notes(f)
    assert "no verdict is given, however large the difference" in notes(f)
    assert "no change seen" not in notes(f)
    alike = ask([count(-d, 3) for d in (50, 40, 30, 20)] + [count(d, 3) for d in (5, 10, 15)])
    assert "no change seen; a rise under ×" in notes(alike)
    assert "of the answer is what was assumed beforehand (the prior)" in notes(f)
    assert f.ratio is not None  # the estimate is shown; no word is put on it


def test_reasons_to_be_exploratory_take_the_p_value_and_leave_the_estimates() -> None:
    counts, _ = drifting(np.random.default_rng(3), 40, 30, step=1.0)
    asked = ask(counts)
    after = ask(counts, exploratory=("the plan was changed after its data were seen",))
    assert asked.verdict == after.verdict == "changed"
    assert asked.step is not None
    assert asked.step.p_value is not None
    assert asked.step.p_value < 0.1
    assert after.exploratory
    assert after.step is not None
    assert after.step.p_value is None
    assert after.ratio == asked.ratio
    assert "the plan was changed after its data were seen" in after.notes


# Absence


def test_no_images() -> None:
    f = ask([])
    assert (f.ratio, f.step, f.model, f.verdict) == (None, None, None, "undetermined")
    assert f.missed.smallest_ratio_up is None


def test_images_on_one_side_only() -> None:
    f = ask([count(-d, 5) for d in range(1, 30)])
    assert f.ratio is None
    assert f.verdict == "undetermined"
    assert "no usable image in the window after" in notes(f)
    assert (f.n_before, f.n_after) == (29, 0)


def test_what_was_not_observed_changes_nothing() -> None:
    counts, _ = drifting(np.random.default_rng(8), 20, 12)
    unseen = [
        NotObserved(series=SERIES, when=instant(EVENT + timedelta(days=d, hours=3)), reason="cloud")
        for d in range(-90, 40)
    ]
    assert ask([*counts, *unseen]).ratio == ask(counts).ratio


def test_nothing_counted_on_either_side_is_not_the_same() -> None:
    f = ask([count(d + 0.5, 0) for d in range(-100, 40, 3)])
    assert f.ratio is None
    assert f.verdict == "undetermined"
    assert "nothing was counted on either side" in notes(f)


def test_a_shut_site_is_a_change() -> None:
    f = ask([count(d + 0.5, 8 if d < 0 else 0) for d in range(-100, 44, 3)])
    assert f.verdict == "changed"
    assert f.ratio is not None
    assert 0 <= f.ratio.low <= f.ratio.high < 0.3


def test_provisional_counts_carry_no_judgement() -> None:
    counts, _ = drifting(np.random.default_rng(3), 40, 30, step=1.0)
    f = ask([replace(c, provisional=True) for c in counts])
    assert f.verdict == "undetermined"
    assert f.ratio is None
    assert "provisional counts carry no judgement" in notes(f)


def test_vaguely_dated_images_are_left_out_with_a_note() -> None:
    counts, _ = drifting(np.random.default_rng(3), 20, 12)
    vague = replace(count(-5, 90), when=Interval(start=EVENT - timedelta(days=9), end=EVENT - timedelta(days=1)))
    f = ask([*counts, vague])
    assert (f.n_before, f.n_after) == (20, 12)
    assert "time known only to a span of days" in notes(f)


def test_an_image_during_the_event_is_on_neither_side() -> None:
    day = Interval(start=EVENT, end=EVENT + timedelta(hours=23, minutes=59))
    f = ask(
        [*drifting(np.random.default_rng(3), 20, 0)[0], count(0.4, 99), *[count(d + 1.5, 8) for d in range(12)]],
        during=day,
    )
    assert (f.n_before, f.n_after) == (20, 12)
    assert "during the event" in notes(f)


def test_images_after_the_window_are_not_used() -> None:
    counts, _ = drifting(np.random.default_rng(3), 20, 12)
    assert ask([*counts, *[count(46 + d, 300) for d in range(30)]]).ratio == ask(counts).ratio


def test_two_readers_of_one_image_are_one_image() -> None:
    counts, _ = drifting(np.random.default_rng(3), 20, 12)
    twice = [replace(c, observer="second", scene=f"s{i}") for i, c in enumerate(counts)]
    once = [replace(c, observer="anna", scene=f"s{i}") for i, c in enumerate(counts)]
    f = ask([*once, *twice])
    assert f.ratio == ask(once).ratio
    assert "an image is evidence once" in notes(f)


# Confounders


def width(f: EventFinding) -> float:
    assert f.ratio is not None
    return math.log(f.ratio.high / f.ratio.low)


def test_a_change_of_sensor_at_the_event_widens_the_ratio_and_is_named() -> None:
    counts, _ = drifting(np.random.default_rng(3), 40, 30)
    one = ask([replace(c, sensor="A") for c in counts])
    two = ask([replace(c, sensor="A" if c.when.start < EVENT else "B") for c in counts])
    assert width(two) > math.hypot(width(one), 0.9 * 2 * 1.645 * 0.2 * math.sqrt(2))
    assert "sensor or reader changes at the event (100% of the images)" in notes(two)
    assert two.model is not None
    assert "sensor change" in two.model.widened_for


def test_declared_recall_is_divided_out_and_its_error_widens() -> None:
    rng = np.random.default_rng(31)
    whole, _ = drifting(rng, 40, 40, rate=60, k=60, drift_sd=0.02)

    def read(sd: float) -> list[Count]:
        thin = np.random.default_rng(1)
        return [
            c
            if c.when.start < EVENT
            else replace(
                c,
                count=int(thin.binomial(c.count, 0.5)),
                sensor="B",
                detection_probability=0.5,
                detection_probability_sd=sd,
            )
            for c in (replace(c, sensor="A", detection_probability=1.0) for c in whole)
        ]

    sure, unsure = ask(read(0.0)), ask(read(0.1))
    assert sure.ratio is not None
    assert sure.ratio.low < 1.0 < sure.ratio.high
    assert width(unsure) > 2 * 1.645 * 0.2 * 0.95
    assert width(unsure) > 1.5 * width(sure)


def test_false_alarms_pull_the_ratio_back_from_one() -> None:
    counts = [count(d + 0.5, 30 if d < 0 else 20) for d in range(-100, 44, 2)]
    plain = ask(counts)
    noisy = ask([replace(c, false_alarms=10.0) for c in counts])
    unsure = ask([replace(c, false_alarms=10.0, false_alarms_sd=3.0) for c in counts])
    assert plain.ratio is not None
    assert noisy.ratio is not None
    assert plain.ratio.estimate == pytest.approx(20 / 30, rel=0.05)
    assert noisy.ratio.estimate == pytest.approx(10 / 20, rel=0.07)
    assert noisy.model is not None
    assert "Delaporte" in noisy.model.name
    assert unsure.model is not None
    assert "false alarms" in unsure.model.widened_for


def test_visible_fraction_is_exposure() -> None:
    counts = [count(d + 0.5, 30 if d < 0 else 15, visible_fraction=1.0 if d < 0 else 0.5) for d in range(-100, 44, 2)]
    f = ask(counts)
    assert f.ratio is not None
    assert f.ratio.estimate == pytest.approx(1.0, rel=0.03)


def test_an_event_at_the_yearly_turn_is_widened() -> None:
    counts, _ = drifting(np.random.default_rng(3), 40, 30)
    moved = timedelta(days=196)  # 25 December 2018
    late = [replace(c, when=instant(c.when.start + moved)) for c in counts]
    f = ask(late, during=instant(EVENT + moved))
    assert f.model is not None
    assert "season not separable" in f.model.widened_for
    assert "the season cannot be told from a step" in notes(f)
    assert f.step is not None
    calm = ask(counts).step
    assert calm is not None
    assert f.step.high / f.step.low > calm.high / calm.low


def test_tasked_images_and_one_time_of_day_are_named() -> None:
    counts, _ = drifting(np.random.default_rng(3), 20, 12)
    f = ask([replace(c, why_acquired="tasked" if i % 2 else "routine") for i, c in enumerate(counts)])
    assert "16 of 32 images were tasked or chosen" in notes(f)
    assert "all images with a time of day were taken between 12:00 and 12:00 UTC" in notes(f)


def test_weekend_effect_is_fitted_when_seen_and_rests_on_its_prior_when_not() -> None:
    rng = np.random.default_rng(9)
    full = [
        count(d + 0.5, rng.poisson(30 if (EVENT + timedelta(days=d)).weekday() < 5 else 6)) for d in range(-120, 45)
    ]
    f = ask(full)
    assert f.model is not None
    assert "weekend" in f.model.terms
    assert f.ratio is not None
    assert f.ratio.low < 1 < f.ratio.high
    lopsided = [c for c in full if (c.when.start.weekday() < 5) == (c.when.start < EVENT)]
    confounded = ask(lopsided)
    assert confounded.verdict == "undetermined"
    assert "the two cannot be told apart" in notes(confounded)


# Extremes


@settings(max_examples=40, deadline=None)
@given(
    before=st.lists(st.tuples(st.integers(1, 119), st.integers(0, 1_000_000)), min_size=1, max_size=14),
    after=st.lists(st.tuples(st.integers(1, 44), st.integers(0, 1_000_000)), min_size=1, max_size=14),
    visible=st.floats(0.01, 1.0),
    false_alarms=st.sampled_from([0.0, 0.3, 40.0]),
)
def test_any_counts_give_finite_numbers_and_no_warning(
    before: list[tuple[int, int]], after: list[tuple[int, int]], visible: float, false_alarms: float
) -> None:
    counts = [
        count(s * d, n, visible_fraction=visible, false_alarms=false_alarms)
        for s, side in ((-1, before), (1, after))
        for d, n in side
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = ask(counts)
    dumps(f)  # refuses NaN and infinity
    if f.ratio is not None:
        assert 0 <= f.ratio.low <= f.ratio.estimate <= f.ratio.high
        assert f.ratio.low < f.ratio.high


@pytest.mark.parametrize("value", [1, 1_000_000])
def test_constant_counts_are_not_infinitely_sure(value: int) -> None:
    f = ask([count(d + 0.5, value) for d in range(-40, 40, 4)])
    assert f.ratio is not None
    assert f.ratio.low < 0.98
    assert f.ratio.high > 1.02


# Index series


def index(day: float, value: float, sd: float | None = None) -> Index:
    return Index(series=SERIES, when=instant(EVENT + timedelta(days=day)), value=value, value_sd=sd)


def test_an_index_that_doubles() -> None:
    rng = np.random.default_rng(2)
    values = [index(d + 0.5, (0.2 if d < 0 else 0.4) * math.exp(rng.normal(0, 0.15)), 0.02) for d in range(-120, 45, 3)]
    f = ask(values)
    assert f.verdict == "changed"
    assert f.ratio is not None
    assert f.ratio.low < 2 < f.ratio.high
    assert f.model is not None
    assert "Student-t" in f.model.name
    assert f.model.nugget_sd is not None


def test_an_index_shrugs_off_an_outlier() -> None:
    rng = np.random.default_rng(2)
    values = [index(d + 0.5, 0.2 * math.exp(rng.normal(0, 0.1))) for d in range(-120, 45, 3)]
    wild = [*values[:-3], index(44.5, 20.0), *values[-2:]]
    plain, hit = ask(values).ratio, ask(wild).ratio
    assert plain is not None
    assert hit is not None
    assert hit.estimate == pytest.approx(plain.estimate, rel=0.12)


def test_a_ratio_of_an_index_below_zero_has_no_meaning() -> None:
    f = ask([index(d + 0.5, -12.0 + 0.1 * d) for d in range(-50, 40, 4)])
    assert f.ratio is None
    assert "at or below zero" in notes(f)


def test_counts_that_are_mostly_false_alarms_carry_no_verdict() -> None:
    before = [count(-float(d), 4 + d % 3, false_alarms=1.0) for d in range(2, 110, 3)]
    after = [count(float(d), 14 + d % 3, false_alarms=1.0) for d in range(2, 44, 3)]
    assert ask([*before, *after]).verdict == "changed"
    noisy = ask([replace(c, false_alarms=5.0) for c in (*before, *after)])
    assert (noisy.verdict, noisy.exploratory) == ("undetermined", True)
    assert noisy.step is not None
    assert noisy.step.p_value is None
    assert any("false alarms: exploratory" in note for note in noisy.notes)
