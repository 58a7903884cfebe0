"""The screen against brute-force integration, a published regression, its own algebra and simulated fleets."""

import math
from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from activity.drifting import AT_EVENT, drifting
from activity.screened import EVENT_D, Truth, flat_sites
from overlook.activity import DEFAULT_PRIOR, SCREENED, answer, screen_sites, screen_table
from overlook.activity.event import _of_the_event, windows
from overlook.activity.laplace import mixture_quantiles
from overlook.activity.screen import _DISPERSION_Z
from overlook.activity.series import to_days
from overlook.errors import InputError
from overlook.terms import (
    OBSERVATIONS,
    Count,
    Event,
    Index,
    Interval,
    NotObserved,
    Plan,
    Question,
    Series,
    instant,
    observations_to_table,
)

CERTAIN = replace(DEFAULT_PRIOR, drift_sd=1e-6)
WIDE = (0.05, 0.25, 0.5, 0.75, 0.95)


def one_site(seed: int, n_before: int = 12, n_after: int = 8, **fields: float) -> dict[str, np.ndarray]:
    """One site without weekend images: its effects are level and step alone."""
    site = flat_sites(np.random.default_rng(seed), 1, n_before, n_after, Truth(**fields))
    day = np.floor(site["time_d"])
    weekday = (day + 3) % 7
    site["time_d"] = np.where(weekday >= 5, day - (weekday - 4), day) + np.linspace(0.01, 0.99, day.size)
    site["time_d"] = np.maximum.accumulate(site["time_d"]) + 1e-5 * np.arange(day.size)
    return site


def integrated(site: dict[str, np.ndarray], probabilities: tuple[float, ...], points: int = 180) -> np.ndarray:
    """Quantiles of the log step by summing the posterior over a fine grid of level, step and the nine dispersions."""
    y, v, f, after = site["counts"], site["exposure"], site["false_alarms"], site["is_after"]
    start = math.log(max(y.sum() - f.sum(), 0.5) / v.sum())
    level, step = np.linspace(start - 3, start + 3, points), np.linspace(-3.5, 3.5, points)
    mass = np.zeros(step.size)
    for z in _DISPERSION_Z:
        k = DEFAULT_PRIOR.dispersion_k * math.exp(DEFAULT_PRIOR.dispersion_logsd * z)
        log_p = -0.5 * (level[:, None] / DEFAULT_PRIOR.level_sd) ** 2 - 0.5 * (step / DEFAULT_PRIOR.step_sd) ** 2
        for i in range(y.size):
            m = v[i] * np.exp(level[:, None] + after[i] * step)
            if f[i] == 0:
                log_p = log_p + stats.nbinom.logpmf(y[i], k, k / (k + m))
            else:
                false = np.arange(y[i] + 1)[:, None, None]
                both = stats.nbinom.pmf(y[i] - false, k, k / (k + m)) * stats.poisson.pmf(false, f[i])
                log_p = log_p + np.log(both.sum(axis=0) + 1e-300)
        mass += np.exp(log_p - 0.5 * z * z + 200).sum(axis=0)
    below = np.cumsum(mass) - 0.5 * mass
    return np.interp(probabilities, below / mass.sum(), step)


@pytest.mark.parametrize(
    ("seed", "fields"),
    [
        (1, {"rate": 8.0}),
        (2, {"rate": 0.8}),
        (3, {"rate": 40.0, "k": 3.0}),
        (4, {"rate": 3.0, "step": 0.7}),
        (5, {"rate": 2.0, "visible_from": 0.3}),
    ],
)
def test_quantiles_are_those_of_the_integrated_posterior(seed: int, fields: dict[str, float]) -> None:
    site = one_site(seed, **fields)
    told = screen_sites(**site, prior=CERTAIN, probabilities=WIDE)
    exact = integrated(site, WIDE)
    sd = (exact[-1] - exact[0]) / 3.29
    np.testing.assert_allclose(told.step_without_drift[0], exact, atol=0.085 * sd)


def test_false_alarms_are_taken_out() -> None:
    site = one_site(6, rate=3.0, false_alarms=2.0, k=8.0)
    told = screen_sites(**site, prior=CERTAIN, probabilities=WIDE)
    exact = integrated(site, WIDE, points=70)
    # Twenty images of which two things in five are false: worse than the .085 of the others.
    np.testing.assert_allclose(told.step_without_drift[0], exact, atol=0.15 * (exact[-1] - exact[0]) / 3.29)


def test_without_dispersion_it_is_poisson_regression() -> None:
    """In the limit of great counts, no dispersion and a flat prior: statsmodels' GLM, estimate and standard error."""
    import statsmodels.api as sm

    site = one_site(7, rate=400.0, k=math.inf, step=0.2)
    prior = replace(DEFAULT_PRIOR, dispersion_k=1e7, dispersion_logsd=0.5, step_sd=50.0, level_sd=50.0)
    told = screen_sites(**site, prior=prior, probabilities=(0.5, 0.5 + 0.682689492 / 2))
    exog = sm.add_constant(site["is_after"].astype(float))
    fitted = sm.GLM(site["counts"], exog, sm.families.Poisson(), offset=np.log(site["exposure"])).fit()
    assert told.step_without_drift[0, 0] == pytest.approx(fitted.params[1], abs=1e-4)
    assert told.step_without_drift[0, 1] - told.step_without_drift[0, 0] == pytest.approx(fitted.bse[1], rel=1e-3)


def test_drift_adds_the_variance_of_a_difference_of_window_means() -> None:
    """Many great counts: every image weighs the same, and the estimate is the difference of mean logs."""
    site = one_site(8, rate=4000.0, k=50.0)
    prior = replace(
        DEFAULT_PRIOR,
        drift_sd=0.4,
        drift_sd_logsd=1e-3,
        correlation_time_d=14.0,
        correlation_time_logsd=1e-3,
        dispersion_k=50.0,
        dispersion_logsd=1e-3,
        step_sd=50.0,
    )
    one_sd = (0.5 - 0.682689492 / 2, 0.5 + 0.682689492 / 2)
    told = screen_sites(**site, prior=prior, probabilities=one_sd)
    weight = np.where(site["is_after"], 1 / site["is_after"].sum(), -1 / (~site["is_after"]).sum())
    apart = np.abs(site["time_d"][:, None] - site["time_d"])
    added = 0.16 * weight @ np.exp(-apart / 14.0) @ weight
    wide, plain = np.diff(told.step[0])[0] / 2, np.diff(told.step_without_drift[0])[0] / 2
    # Not exactly: the weights are of the counts as they fell, and so are they not quite the same for every image.
    assert wide**2 - plain**2 == pytest.approx(added, rel=0.03)
    assert plain**2 == pytest.approx((1 / 50 + 1 / 4000) * (1 / 12 + 1 / 8), rel=0.05)


def test_shared_recall_widens_only_where_the_mix_changes() -> None:
    site = one_site(9, rate=40.0)
    n = site["counts"].size
    one_sensor = screen_sites(**site, prior=CERTAIN, shared=np.zeros(n, int), shared_logsd=np.full(n, 0.2))
    at_event = screen_sites(**site, prior=CERTAIN, shared=site["is_after"].astype(int), shared_logsd=np.full(n, 0.2))
    alone = screen_sites(**site, prior=CERTAIN)
    width = [float(told.step[0, 2] - told.step[0, 0]) for told in (alone, one_sensor, at_event)]
    assert width[1] == pytest.approx(width[0], rel=1e-3)
    sd = [w / (2 * 1.6449) for w in width]
    # Independent errors of sd .2 on each side, and then the prior of the step.
    likelihood = 1 / (1 / sd[0] ** 2 - 1)
    assert sd[2] == pytest.approx((1 / (likelihood + 0.08) + 1) ** -0.5, rel=0.03)


def test_sites_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(10)
    fleet = flat_sites(rng, 7, 20, 10, drift_sd=0.3, visible_from=0.4, false_alarms=0.5)
    whole = screen_sites(**fleet, threads=3)
    for i in range(7):
        part = slice(30 * i, 30 * i + 30)
        one = {name: values[part] for name, values in fleet.items() if name != "starts"}
        alone = screen_sites(starts=[0, 30], **one)
        np.testing.assert_array_equal(alone.step[0], whole.step[i])
        assert alone.p_value[0] == whole.p_value[i]


def test_untold_sites_say_why() -> None:
    counts, after = np.array([1, 2, 3, 0, 0, 4, 5]), np.array([0, 0, 1, 0, 1, 1, 0], dtype=bool)
    told = screen_sites([0, 0, 3, 5, 6, 7], EVENT_D + np.arange(7.0), counts, np.ones(7), np.zeros(7), after)
    assert told.told.tolist() == [1]
    assert told.untold.tolist() == [0, 2, 3, 4]
    assert told.why == (
        "no image before",
        "nothing was counted on either side",
        "no image before",
        "no image after",
    )


def test_nothing_at_all_is_nothing_told() -> None:
    told = screen_sites([0], [], [], [], [], [])
    assert told.told.size == told.untold.size == told.p_value.size == 0


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_before=st.integers(1, 12),
    n_after=st.integers(1, 12),
    rate=st.sampled_from([0.01, 1.0, 50.0, 1e6]),
    false_alarms=st.sampled_from([0.0, 0.3, 200.0]),
    k=st.sampled_from([0.2, 8.0, math.inf]),
)
def test_every_possible_site_gets_numbers(
    seed: int, n_before: int, n_after: int, rate: float, false_alarms: float, k: float
) -> None:
    site = flat_sites(
        np.random.default_rng(seed), 1, n_before, n_after, rate=rate, false_alarms=false_alarms, k=k, visible_from=0.05
    )
    told = screen_sites(**site)
    if not told.told.size:
        assert site["counts"].sum() == 0
        return
    for values in (told.step, told.step_without_drift, told.level):
        assert np.isfinite(values).all()
        assert (np.diff(values) > 0).all()
    assert 0 <= told.p_value_without_drift[0] <= 1
    assert 0 <= told.p_value[0] <= 1


BAD = [
    ("counts", 3, -1, "counts"),
    ("counts", 3, 2.5, "counts"),
    ("counts", 3, math.nan, "counts"),
    ("counts", 3, 1e12, "counts"),
    ("exposure", 3, 0.0, "exposure"),
    ("exposure", 3, 1.2, "exposure"),
    ("exposure", 3, math.inf, "exposure"),
    ("false_alarms", 3, -0.1, "false_alarms"),
    ("time_d", 3, math.nan, "time_d"),
    ("time_d", 3, 0.0, "time_d"),
    ("is_after", 3, True, "is_after"),
]


@pytest.mark.parametrize(("name", "at", "value", "where"), BAD)
def test_what_cannot_be_is_one_clear_line(name: str, at: int, value: float, where: str) -> None:
    fleet = {k: v.astype(float) if v.dtype == int and k == "counts" else v for k, v in one_site(1).items()}
    fleet[name] = fleet[name].copy()
    fleet[name][at] = value
    with pytest.raises(InputError, match=where) as caught:
        screen_sites(**fleet)
    assert caught.value.code == "E-INPUT-SCREEN"
    assert "site 0" in caught.value.where
    assert "\n" not in str(caught.value)


def test_times_twice_are_refused() -> None:
    fleet = one_site(1)
    fleet["time_d"] = fleet["time_d"].copy()
    fleet["time_d"][4] = fleet["time_d"][5]
    with pytest.raises(InputError, match=r"none twice.*|ascend"):
        screen_sites(**fleet)


@pytest.mark.parametrize("starts", [[0, 5], [1, 20], [0, 15, 10, 20], [], [0.5, 20], [[0, 20]]])
def test_starts_must_divide_the_images(starts: list) -> None:
    fleet = one_site(1) | {"starts": np.array(starts)}
    with pytest.raises(InputError, match="starts"):
        screen_sites(**fleet)


@pytest.mark.parametrize("values", [np.ones(3), np.ones((20, 1)), np.array(["a"] * 20), np.array([None] * 20)])
def test_arrays_must_fit(values: np.ndarray) -> None:
    with pytest.raises(InputError, match="exposure"):
        screen_sites(**(one_site(1) | {"exposure": values}))


@pytest.mark.parametrize("asked", [{"probabilities": (0.0, 0.5)}, {"probabilities": ()}, {"threads": 0}])
def test_what_nobody_can_ask(asked: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(asked))):
        screen_sites(**one_site(1), **asked)


def test_mixture_quantiles_of_far_apart_components() -> None:
    weight, mean, sd = np.array([0.5, 0.3, 0.2]), np.array([-40.0, 0.0, 3.0]), np.array([1e-3, 2.0, 0.1])
    p, found = np.array([0.01, 0.5, 0.7, 0.99]), np.empty(4)
    mixture_quantiles(weight, mean, sd, 3, p, found)
    below = [float(weight @ stats.norm.cdf((x - mean) / sd)) for x in found]
    np.testing.assert_allclose(below, p, atol=1e-6)


# --- a table of observations ------------------------------------------------------------------------------------------


EVENT = Event(id="e", name="e", during=AT_EVENT)
PLAN = Plan()


def at(series: Series, day: float, n: int, **fields: object) -> Count:
    return Count(series=series, when=instant(AT_EVENT.start + timedelta(days=day)), count=n, **fields)


def messy() -> dict[Series, list]:
    """Series with everything that `series.usable` and the event's windows decide about."""
    rng = np.random.default_rng(3)
    found: dict[Series, list] = {}
    for number in range(4):
        series = Series(site=f"site {number % 2}", zone="ab"[number // 2], cls="vehicle")
        counts = [replace(c, series=series) for c in drifting(rng, 14, 9)[0]]
        found[series] = counts
    first, second, third, fourth = found
    # Two readings of one image, an image half an hour later, a model's, one of a week, some during the event, old ones.
    found[first] += [
        at(first, -50.2, 4, scene="a", observer="anna", visible_fraction=0.6),
        at(first, -50.2, 9, scene="a", observer="ben"),
        at(first, -50.19, 5, scene="b", observer="anna", visible_fraction=0.9),
        at(first, -300.0, 3, observer="anna"),
        at(first, -900.0, 3),
    ]
    week = Interval(start=AT_EVENT.start + timedelta(days=3), end=AT_EVENT.start + timedelta(days=10))
    found[second] += [at(second, 1.3, 400, provisional=True), Count(series=second, when=week, count=300)]
    found[second] += [Index(series=second, when=instant(AT_EVENT.start + timedelta(days=2)), value=700.0)]
    found[third] += [at(third, 0.0, 500), at(third, 44.9, 1), at(third, 45.1, 900), at(third, 60.0, 900)]
    found[third] += [NotObserved(series=third, when=None, reason="undated")]
    found[fourth] = [
        replace(c, sensor="x" if c.when.end < AT_EVENT.start else "y", detection_probability=0.8, false_alarms=0.2)
        for c in found[fourth]
    ]
    return found


def by_usable(series: Series, observations: list) -> tuple[dict[str, np.ndarray], int, int]:
    """The arrays of one series' images, by the decision tier's own sorting."""
    question = Question(kind="event", series=series, event="e")
    record = _of_the_event(question, observations, windows(AT_EVENT, PLAN), UTC)[0]
    t, middle = np.array(record.time_d), to_days(AT_EVENT.start)
    kept = record.kept
    arrays = {
        "starts": np.array([0, t.size]),
        "time_d": t,
        "counts": np.array([c.count for c in kept]),
        "exposure": np.array([c.visible_fraction * (c.detection_probability or 1.0) for c in kept]),
        "false_alarms": np.array([c.visible_fraction * c.false_alarms for c in kept]),
        "is_after": t > middle,
    }
    finding = answer(question, observations, event=EVENT, events=(), plan=PLAN)
    return arrays, finding.n_before, finding.n_after


def test_a_table_gives_what_the_arrays_of_the_decision_tiers_images_give() -> None:
    found = messy()
    rows = [o for members in found.values() for o in members]
    order = np.random.default_rng(0).permutation(len(rows))
    told = screen_table(observations_to_table([rows[i] for i in order]), event=AT_EVENT, plan=PLAN)
    assert told.schema == SCREENED
    rows_of = {Series(site=row["site"], zone=row["zone"], cls=row["cls"]): row for row in told.to_pylist()}
    assert list(rows_of) == sorted(found, key=lambda s: (s.site, s.zone, s.cls))
    for series, members in found.items():
        arrays, n_before, n_after = by_usable(series, members)
        row = rows_of[series]
        assert (row["n_before"], row["n_after"]) == (n_before, n_after)
        alone = screen_sites(**arrays)
        assert row["why"] is None
        assert row["step_without_drift"] == pytest.approx(math.exp(alone.step_without_drift[0, 1]))
        assert row["p_value_without_drift"] == pytest.approx(alone.p_value_without_drift[0])
        assert row["step_low"] < row["step"] < row["step_high"]
    # Another sensor after the event, its recall declared without error: nothing to add. Undeclared: wider.
    last = list(found)[-1]
    undeclared = [replace(o, detection_probability=None) for o in found[last]]
    wide = screen_table(observations_to_table(undeclared), event=AT_EVENT, plan=PLAN).to_pylist()[0]
    assert wide["step_high"] / wide["step_low"] > 1.02 * rows_of[last]["step_high"] / rows_of[last]["step_low"]


def test_series_that_cannot_be_screened_say_why() -> None:
    rng = np.random.default_rng(4)
    names = {
        what: Series(site=what, zone="z", cls="c") for what in ("index", "none", "one side", "zero", "few", "model")
    }
    one_day = AT_EVENT.start + timedelta(days=3)
    few = [replace(c, series=names["few"]) for c in drifting(rng, 5, 3)[0]]
    rows = [
        Index(series=names["index"], when=instant(one_day), value=3.0),
        NotObserved(series=names["none"], when=instant(one_day), reason="cloud"),
        at(names["one side"], -3.0, 4),
        *(at(names["zero"], day, 0) for day in range(-20, 20, 3)),
        *few,
        *(at(names["model"], day, 3, provisional=True) for day in range(-20, 20, 3)),
    ]
    told = {
        row["site"]: row for row in screen_table(observations_to_table(rows), event=AT_EVENT, plan=PLAN).to_pylist()
    }
    assert told["index"]["why"] == "an index, not a count: not screened"
    assert told["none"]["why"] == "no usable count in either window"
    assert told["model"]["why"] == "no usable count in either window"
    assert told["one side"]["why"] == "no usable count in the window after"
    assert told["zero"]["why"] == "nothing was counted on either side"
    for what in ("index", "none", "one side", "zero", "model"):
        assert told[what]["step"] is told[what]["p_value"] is told[what]["level_low"] is None
    assert told["few"]["why"] is None
    assert told["few"]["exploratory"]
    assert told["few"]["p_value"] is told["few"]["p_value_without_drift"] is None
    assert told["few"]["step_low"] < told["few"]["step"] < told["few"]["step_high"]


def test_an_empty_table_gives_an_empty_one() -> None:
    told = screen_table(OBSERVATIONS.empty_table(), event=AT_EVENT, plan=PLAN)
    assert told.schema == SCREENED
    assert told.num_rows == 0


def test_a_table_of_another_schema_is_refused() -> None:
    with pytest.raises(InputError, match="not a table of observations") as caught:
        screen_table(pa.table({"count": [1]}), event=AT_EVENT, plan=PLAN)
    assert caught.value.code == "E-INPUT-SCREEN"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("count", -1),
        ("count", None),
        ("count", 10**10),
        ("visible_fraction", 1.5),
        ("detection_probability", 0.0),
        ("false_alarms", -1.0),
    ],
)
def test_a_count_that_cannot_be_names_its_series(column: str, value: float | None) -> None:
    series = Series(site="s", zone="z", cls="c")
    table = observations_to_table([at(series, day, 3) for day in (-3.0, -1.0, 1.0, 3.0)])
    field = OBSERVATIONS.field(column)
    values = [*table[column].to_pylist()[:2], value, 1]
    bad = table.set_column(table.schema.get_field_index(column), field, pa.array(values, field.type))
    with pytest.raises(InputError, match=column.replace("count", "a count")) as caught:
        screen_table(bad, event=AT_EVENT, plan=PLAN)
    assert "s/z/c" in caught.value.where


# --- what its p-values are worth --------------------------------------------------------------------------------------


def alarms(p_values: np.ndarray) -> float:
    return float((p_values <= 0.10).mean())


def test_without_drift_one_in_ten_is_an_alarm_at_ten_per_cent() -> None:
    told = screen_sites(**flat_sites(np.random.default_rng(20181), 1500, 40, 20))
    error = 3 * math.sqrt(0.1 * 0.9 / 1500)
    assert alarms(told.p_value_without_drift) == pytest.approx(0.10, abs=error)
    covered = (told.step_without_drift[:, 0] < 0) & (told.step_without_drift[:, 2] > 0)
    assert covered.mean() == pytest.approx(0.90, abs=error)


def test_drift_is_mistaken_for_steps_unless_it_is_allowed_for() -> None:
    told = screen_sites(**flat_sites(np.random.default_rng(20182), 1500, 40, 20, drift_sd=0.35))
    error = 3 * math.sqrt(0.1 * 0.9 / 1500)
    assert alarms(told.p_value_without_drift) > 0.25
    assert alarms(told.p_value) < 0.10 + error
    covered = (told.step[:, 0] < 0) & (told.step[:, 2] > 0)
    assert covered.mean() > 0.90 - error
