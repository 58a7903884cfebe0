"""The screen against brute-force integration, a published regression, its own algebra and simulated fleets."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from activity.screened import EVENT_D, Truth, flat_sites
from overlook.activity import DEFAULT_PRIOR, screen_sites
from overlook.activity.laplace import mixture_quantiles
from overlook.activity.screen import _DISPERSION_Z
from overlook.errors import InputError

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


def test_mixture_quantiles_of_far_apart_components() -> None:
    weight, mean, sd = np.array([0.5, 0.3, 0.2]), np.array([-40.0, 0.0, 3.0]), np.array([1e-3, 2.0, 0.1])
    p, found = np.array([0.01, 0.5, 0.7, 0.99]), np.empty(4)
    mixture_quantiles(weight, mean, sd, 3, p, found)
    below = [float(weight @ stats.norm.cdf((x - mean) / sd)) for x in found]
    np.testing.assert_allclose(below, p, atol=1e-6)
