"""Indices: their units, their errors, their outliers, and the same three answers as for counts."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity.drifting import AT_EVENT, EVENT, SERIES, count, window
from activity.drifting_index import drifting_index, index
from overlook.activity import anomaly, answer, breaks, describe
from overlook.activity.design import build
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.scale import LOG_OF_DECIBEL, Scale, log_values
from overlook.activity.series import to_days, usable, without
from overlook.terms import (
    ActivityFinding,
    Event,
    EventFinding,
    Index,
    Observation,
    Plan,
    Question,
    dumps,
    observations_from_table,
    observations_to_table,
)

SUMMIT = Event(id="summit", name="summit", during=AT_EVENT)
PLAN = Plan(margin=1.25)
ASKED = Question(kind="event", series=SERIES, event="summit")


def ask(values: list[Observation], plan: Plan = PLAN) -> EventFinding:
    f = answer(ASKED, values, event=SUMMIT, events=(SUMMIT,), plan=plan)
    assert isinstance(f, EventFinding)
    return f


def level(values: list[Observation], plan: Plan) -> ActivityFinding:
    question = Question(kind="activity", series=SERIES, window=window(-120, 45))
    f = answer(question, values, event=None, events=(), plan=plan)
    assert isinstance(f, ActivityFinding)
    return f


def notes(f: EventFinding | ActivityFinding) -> str:
    return "\n".join(f.notes)


def decibels(values: list[Index]) -> list[Index]:
    """The same values as powers in decibels, their errors too."""
    return [
        replace(
            o,
            value=10.0 * math.log10(o.value),
            value_sd=None if o.value_sd is None else o.value_sd / o.value / LOG_OF_DECIBEL,
            unit="dB",
        )
        for o in values
    ]


def steady(n: int = 40, **fields: object) -> list[Index]:
    rng = np.random.default_rng(5)
    days = np.linspace(-110, 40, n)
    return [index(d, 0.2 * math.exp(rng.normal(0, 0.1)), **fields) for d in days]


# Units


def test_ten_decibels_are_a_factor_of_ten() -> None:
    scale = Scale(unit="dB")
    assert scale.log(10.0) == pytest.approx(math.log(10.0))
    assert scale.value(math.log(2.0)) == pytest.approx(3.0103, abs=1e-4)
    assert scale.log_sd(1.0, -7.0) == pytest.approx(0.2302585, abs=1e-7)


@given(st.floats(-60, 60), st.sampled_from(["", "dB", "share", "%", "nW/cm2/sr"]), st.floats(0, 5))
def test_a_level_comes_back_in_its_own_unit(log_level: float, unit: str, background: float) -> None:
    scale = Scale(unit=unit, background=0.0 if unit == "dB" else background)
    value = scale.value(log_level)
    if scale.background < 1e-6 * math.exp(log_level) or math.exp(log_level) > 1e-6 * scale.background:
        assert scale.log(value) == pytest.approx(log_level, abs=1e-6)


def test_decibels_and_linear_power_give_one_answer() -> None:
    linear, _ = drifting_index(np.random.default_rng(31), 27, 13, step=0.5)
    a, b = ask(list(linear)), ask(list(decibels(linear)))
    assert a.ratio is not None
    assert b.ratio is not None
    assert b.ratio.estimate == pytest.approx(a.ratio.estimate, rel=1e-6)
    assert (b.ratio.low, b.ratio.high) == pytest.approx((a.ratio.low, a.ratio.high), rel=1e-6)
    assert "a ratio is of linear power" in notes(b)
    assert f"in decibels the difference is {10 * math.log10(b.ratio.estimate):+.2f} dB" in notes(b)
    assert "decibel" not in notes(a)


def test_the_pattern_of_decibels_is_drawn_in_decibels() -> None:
    linear = steady()
    told = describe(SERIES, decibels(linear), plan=PLAN)
    plain = describe(SERIES, linear, plan=PLAN)
    assert told.rate is not None
    assert plain.rate is not None
    assert told.rate.estimate == pytest.approx(10 * math.log10(plain.rate.estimate), abs=1e-6)
    assert -8.5 < told.band[3].low < told.band[3].middle < told.band[3].high < -5.5


def test_a_percentage_is_a_share() -> None:
    shares = steady(unit="share")
    percent = [replace(o, value=100 * o.value, unit="%") for o in shares]
    a, b = ask(list(shares)), ask(list(percent))
    assert a.ratio is not None
    assert b.ratio is not None
    assert b.ratio.high == pytest.approx(a.ratio.high, rel=1e-4)
    assert level(list(percent), Plan()).rate.estimate == pytest.approx(20.0, rel=0.1)  # type: ignore[union-attr]


def test_a_share_that_is_nearly_full_says_that_it_cannot_rise() -> None:
    rng = np.random.default_rng(2)
    full = [index(d, 0.9 * math.exp(-0.03 * rng.random()), unit="share") for d in range(-100, 40, 4)]
    assert "a share cannot rise beyond ×1.1" in notes(ask(list(full)))
    assert "cannot rise" not in notes(ask(list(steady(unit="share"))))


@pytest.mark.parametrize(
    ("value", "fields", "what"),
    [
        (1.2, {"unit": "share"}, "share"),
        (-0.1, {"unit": "share"}, "share"),
        (101.0, {"unit": "%"}, "%"),
        (-9.0, {"unit": "dB", "background": 2.0}, "background"),
        (1.0, {"background": -1.0}, "background"),
        (1.0, {"shared_sd": math.nan}, "shared_sd"),
        (math.inf, {}, "finite"),
    ],
)
def test_a_value_that_cannot_be_is_refused(value: float, fields: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        index(0, value, **fields)


def test_an_index_survives_its_table() -> None:
    made = (index(1, -12.0, unit="dB", value_sd=0.4, shared_sd=0.5), index(2, 3.0, background=1.5, unit="nW"))
    assert observations_from_table(observations_to_table(made)) == made


# At and below zero


@pytest.mark.parametrize(("unit", "how"), [("", "background"), ("share", "stalls taken")])
def test_a_zero_leaves_it_undetermined_with_what_to_do(unit: str, how: str) -> None:
    values = [*steady(unit=unit), index(44, 0.0, unit=unit)]
    f = ask(list(values))
    assert (f.verdict, f.ratio, f.step) == ("undetermined", None, None)
    assert "at or below zero (1 of 41)" in notes(f)
    assert how in notes(f)
    assert level(list(values), Plan()).rate is None
    assert describe(SERIES, values, plan=PLAN).rate is None
    assert breaks(SERIES, values, plan=PLAN).verdict == "undetermined"
    new = anomaly(SERIES, values[:-1], values[-1], plan=PLAN)
    assert (new.p_value, new.expected) == (None, None)


def test_a_declared_background_makes_dark_nights_readable() -> None:
    """Night-time light with its background taken off: below zero in the dark, and the ratio is of the two together."""
    rng = np.random.default_rng(8)
    dark = [index(d, 0.1 + 0.3 * rng.normal(), unit="nW") for d in np.arange(-110, 40, 4.0)]
    assert min(o.value for o in dark) < 0
    assert ask(list(dark)).ratio is None
    lit = [replace(o, background=5.0) for o in dark]
    f = ask(list(lit))
    assert f.ratio is not None
    assert f.ratio.low < 1 < f.ratio.high
    assert "over a background of 5" in notes(f)
    rate = level(list(lit), Plan()).rate
    assert rate is not None
    assert rate.estimate == pytest.approx(0.1, abs=0.25)  # the background is taken off again


def test_a_background_draws_a_ratio_towards_one() -> None:
    doubled = [index(d, (1.0 if d < 0 else 2.0) + 0.01 * (d % 3)) for d in np.arange(-110, 40, 4.0)]
    plain, over = ask(list(doubled)), ask([replace(o, background=4.0) for o in doubled])
    assert plain.ratio is not None
    assert over.ratio is not None
    assert plain.ratio.estimate == pytest.approx(2.0, rel=0.1)
    assert over.ratio.estimate == pytest.approx(6 / 5, rel=0.1)


def test_values_in_two_units_are_not_compared() -> None:
    values = [*steady(20, unit="dB"), *(index(d, 0.3, unit="share") for d in (41, 42, 43))]
    f = ask(list(values))
    assert f.ratio is None
    assert "several units (dB, share)" in notes(f)
    new = anomaly(SERIES, steady(20, unit="dB"), index(41, 0.3), plan=PLAN)
    assert new.p_value is None


@pytest.mark.parametrize(("low", "high", "unit"), [(1e-9, 1.0, ""), (-60.0, 40.0, "dB")])
def test_values_further_apart_than_one_quantity_are_not_compared(low: float, high: float, unit: str) -> None:
    values = [index(d, low if d < 0 else high, unit=unit) for d in np.arange(-100, 40, 5.0)]
    f = ask(list(values))
    assert (f.verdict, f.ratio) == ("undetermined", None)
    assert "further than one quantity does" in notes(f)


@pytest.mark.parametrize("factor", [10.0, 1000.0])
def test_a_step_however_large_is_not_taken_for_wild_values(factor: float) -> None:
    values, truth = drifting_index(np.random.default_rng(2), 27, 13, step=math.log(factor), drift_sd=0.1, noise_sd=0.1)
    f = ask(list(values))
    assert f.verdict == "changed"
    assert f.ratio is not None
    assert f.ratio.estimate == pytest.approx(truth, rel=0.1)


# Errors


def test_a_declared_error_is_relative_to_the_level_and_not_to_the_value() -> None:
    values = [index(d, v, value_sd=0.1) for d, v in enumerate((1.0, 1.1, 0.2, 0.9, 1.0))]
    y, variance = log_values(values)
    assert y == pytest.approx(np.log([1.0, 1.1, 0.2, 0.9, 1.0]))
    assert np.sqrt(variance[2]) == pytest.approx(0.1, rel=0.1)  # and not 0.1 / 0.2
    assert log_values([index(0, 0.001, value_sd=9.0)])[1].tolist() == [9.0]  # beyond three times the level: no more


def test_a_value_with_a_large_error_says_little() -> None:
    """Three readings after the event, far off: believed when they are exact, not when they are known to be poor."""
    calm = [index(d, math.exp(0.05 * math.sin(d))) for d in np.arange(-110, 0, 4.0)]
    high = [index(d, 3.0) for d in np.arange(2, 40, 4.0)]
    exact = ask([*calm, *high])
    poor = ask([*calm, *(replace(o, value_sd=6.0) for o in high)])
    assert exact.ratio is not None
    assert poor.ratio is not None
    assert exact.verdict == "changed"
    assert poor.verdict == "undetermined"
    assert math.log(poor.ratio.high / poor.ratio.low) > 1.5 * math.log(exact.ratio.high / exact.ratio.low)
    assert "above a third of the level" in notes(poor)
    assert "above a third" not in notes(exact)


def test_an_additive_error_leaves_the_ratio_where_it_is() -> None:
    """The level doubles; the mean of the estimates over sites lies at the truth within its Monte-Carlo error."""
    rng = np.random.default_rng(77)
    off = []
    for _ in range(40):
        values, truth = drifting_index(rng, 27, 13, step=math.log(2.0), error=0.3)
        f = ask(list(values))
        assert f.ratio is not None
        off.append(math.log(f.ratio.estimate / truth))
    assert abs(np.mean(off)) < 2.5 * np.std(off) / math.sqrt(len(off)) + 0.02


# Outliers and calibration (seeds fixed beforehand)


def test_a_tenth_of_wild_values_moves_the_answer_by_little() -> None:
    clean = steady()
    f = ask(list(clean))
    wild = [replace(o, value=o.value * 10.0) if i % 10 == 4 else o for i, o in enumerate(clean)]
    g = ask(list(wild))
    assert f.ratio is not None
    assert g.ratio is not None
    mean = np.mean([o.value for o in wild[-12:]]) / np.mean([o.value for o in wild[:-12]])
    assert abs(math.log(g.ratio.estimate / f.ratio.estimate)) < 0.1
    assert abs(math.log(mean / f.ratio.estimate)) > 0.15  # what a plain mean would have said
    assert g.verdict != "changed"


@pytest.mark.parametrize("truth", [{"outliers": 0.1}, {"error": 0.2}])
def test_the_ratio_of_an_index_covers_the_truth(truth: dict[str, float]) -> None:
    rng = np.random.default_rng(20270)
    covers, wrongly_same = [], []
    for _ in range(60):
        values, ratio = drifting_index(rng, 27, 13, **truth)
        f = ask(list(values))
        assert f.ratio is not None
        covers.append(f.ratio.low <= ratio <= f.ratio.high)
        wrongly_same.append((f.verdict == "same" or f.also_same) and abs(math.log(ratio)) > math.log(1.25))
    # Nominal .90; two and a half Monte-Carlo errors of sixty sites are .10
    assert np.mean(covers) > 0.80
    assert np.mean(wrongly_same) <= 0.05


def test_a_step_of_an_index_is_found_and_dated() -> None:
    values, _ = drifting_index(np.random.default_rng(4), 27, 13, step=1.0, drift_sd=0.1)
    found = breaks(SERIES, values, plan=PLAN)
    assert found.verdict == "changed"
    gap = found.found[0].between
    assert abs(to_days(gap.start) - to_days(EVENT)) < 20
    assert breaks(SERIES, decibels(values), plan=PLAN).p_value == found.p_value


@pytest.mark.parametrize("in_unit", [list, decibels])
def test_a_new_value_is_judged_in_its_unit(in_unit: type[list[Index]]) -> None:
    values = steady()
    usual, far = in_unit([index(44, 0.2)]), in_unit([index(44, 0.6)])
    a, b = (anomaly(SERIES, in_unit(values), new[0], plan=PLAN) for new in (usual, far))
    assert a.expected is not None
    assert a.expected.low < usual[0].value < a.expected.high < far[0].value
    assert a.p_value is not None
    assert b.p_value is not None
    assert b.p_value < 0.05 < a.p_value


# Active, against a level declared for the index


@pytest.mark.parametrize(
    ("quiet", "unit", "verdict"),
    [
        (0.05, "", "active"),
        (0.8, "", "no activity observed"),
        (-12.0, "dB", "active"),
        (-2.0, "dB", "no activity observed"),
    ],
)
def test_active_against_the_index_own_quiet_level(quiet: float, unit: str, verdict: str) -> None:
    values = steady() if not unit else decibels(steady())
    f = level(list(values), Plan(quiet_index=((SERIES.cls, quiet),), quiet_below=1e-9))
    assert f.verdict == verdict
    assert f.quiet_below == quiet
    assert f.p_active is not None
    assert f.rate is not None
    between = level(list(values), Plan(quiet_index=((SERIES.cls, f.rate.estimate),)))
    assert between.verdict == "undetermined"
    assert between.p_active == pytest.approx(0.5, abs=0.01)


def test_without_a_level_of_its_own_nothing_is_called_active() -> None:
    f = level(list(steady()), Plan(quiet_below=1e-9, quiet_index=(("another", 0.1),)))
    assert (f.verdict, f.quiet_below, f.p_active) == ("undetermined", None, None)
    assert "no quiet level was declared for this index" in notes(f)


def test_a_few_values_are_not_called_active() -> None:
    f = level(list(steady(5)), Plan(quiet_index=((SERIES.cls, 0.01),)))
    assert f.verdict == "undetermined"
    assert f.exploratory


# Whatever comes in


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-100, 40), st.floats(-40, 40), st.one_of(st.none(), st.floats(0, 1e3))), max_size=14),
    st.sampled_from(["", "dB", "nW"]),
    st.sampled_from([0.0, 3.0]),
)
def test_no_index_makes_a_nan(rows: list[tuple[float, float, float | None]], unit: str, background: float) -> None:
    under = 0.0 if unit == "dB" else background
    values = [index(d, v, value_sd=sd, unit=unit, background=under) for d, v, sd in rows]
    f = ask(list(values))
    assert "NaN" not in dumps(f, EventFinding).decode()
    if unit != "dB" and any(o.value + under <= 0 for o in without(usable(SERIES, values), AT_EVENT).kept):
        assert f.ratio is None


def test_numbers_of_any_size_stay_finite() -> None:
    plain = ask(list(steady())).ratio
    assert plain is not None
    for factor in (1e-9, 1e9):
        scaled = ask([replace(o, value=o.value * factor) for o in steady()]).ratio
        assert scaled is not None
        assert (scaled.low, scaled.high) == pytest.approx((plain.low, plain.high), rel=1e-3)


def test_the_arrays_of_an_index() -> None:
    at = to_days(EVENT)
    record = usable(SERIES, decibels(steady(12, value_sd=0.02)))
    design = build(record, DEFAULT_PRIOR, numerator=(at, at + 45), denominator=(at - 120, at), after_d=at)
    assert design.y == pytest.approx(np.array([o.value for o in record.kept if isinstance(o, Index)]) * LOG_OF_DECIBEL)
    assert np.sqrt(design.extra_var) == pytest.approx(0.1, rel=0.5)
    assert not design.offset.any()


def test_counts_know_nothing_of_units() -> None:
    f = ask([count(d, 5) for d in range(-100, 40, 5)])
    assert not any(word in notes(f) for word in ("decibel", "background", "share"))
    assert datetime(2018, 6, 12, tzinfo=UTC) == EVENT
