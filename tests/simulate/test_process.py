"""The process draws what it declares. Bounds are four Monte-Carlo standard errors unless said otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.simulate import Flow, demo_spec
from overlook.simulate.process import image_times, simulate_history, true_ratio
from simulate.sites import event, flow, site


def test_poisson_without_dispersion() -> None:
    counts = simulate_history(site(flow(rate=12)), 1, sites=300).counts.astype(float)
    n = counts.size
    assert counts.mean() == pytest.approx(12, abs=4 * np.sqrt(12 / n))
    # Var of a sample variance of Poisson(m): (m + 2 m²) / n to first order.
    assert counts.var() == pytest.approx(12, abs=4 * np.sqrt((12 + 2 * 144) / n))


def test_gamma_dispersion_adds_its_variance() -> None:
    counts = simulate_history(site(flow(rate=12, dispersion=5.0)), 2, sites=400).counts.astype(float)
    expected = 12 + 12**2 / 5
    spread = counts.var(axis=(1, 2)).std() / np.sqrt(400)
    assert counts.mean() == pytest.approx(12, abs=4 * np.sqrt(expected / counts.size))
    assert counts.var() == pytest.approx(expected, abs=4 * spread)


def test_drift_is_ornstein_uhlenbeck_with_mean_one() -> None:
    sigma, tau = 0.35, 14.0
    level = simulate_history(site(flow(drift_sd=sigma, drift_days=tau)), 3, sites=400).level[:, 0]
    u = np.log(level / 20) + sigma**2 / 2
    independent = 400 * level.shape[1] / (2 * tau)
    assert u.var() == pytest.approx(sigma**2, abs=4 * sigma**2 * np.sqrt(2 / independent))
    assert level.mean() == pytest.approx(20, abs=4 * 20 * sigma / np.sqrt(independent))
    for lag in (1, 7, 28):
        correlation = np.mean(u[:, lag:] * u[:, :-lag]) / u.var()
        assert correlation == pytest.approx(np.exp(-lag / tau), abs=4 / np.sqrt(independent))


def test_a_step_is_the_true_ratio_when_nothing_else_moves() -> None:
    spec = site(flow(steps=(("talks", 2.5),)))
    history = simulate_history(spec, 4)
    assert true_ratio(spec, history, "talks")[0, 0] == pytest.approx(2.5, rel=1e-9)
    counts = simulate_history(site(flow(steps=(("talks", 2.5),)), images=120), 4, sites=100)
    after = counts.image_days > 181
    seen = counts.counts[:, 0]
    ratio = seen[after].mean() / seen[~after].mean()
    assert ratio == pytest.approx(2.5, abs=4 * 2.5 * np.sqrt(1 / (20 * 60 * 100)) * 1.3)


def test_true_ratio_counts_every_day_of_the_windows_with_the_drift_in_it() -> None:
    spec = site(flow(drift_sd=0.4))
    history = simulate_history(spec, 5, sites=2)
    before = (history.days >= 80) & (history.days < 180)
    after = (history.days > 181) & (history.days <= 281)
    assert before.sum() == after.sum() == 100
    expected = history.level[:, 0, after].mean(axis=1) / history.level[:, 0, before].mean(axis=1)
    assert true_ratio(spec, history, "talks")[:, 0] == pytest.approx(expected)
    assert np.abs(np.log(expected)).min() > 0.001


def test_windows_beyond_the_images_are_still_known() -> None:
    spec = site(events=(event("early", 5), event("late", 360)))
    history = simulate_history(spec, 6)
    assert history.days[0] <= 5 - 100 + 1
    assert history.days[-1] >= 361 + 100 - 1
    assert np.isfinite(true_ratio(spec, history, "late")).all()


def test_weekends_and_the_year_keep_the_mean() -> None:
    spec = site(flow(weekend=0.4, yearly=0.3, yearly_peak_day=100), days=364, events=())
    history = simulate_history(spec, 7)
    level = history.level[0, 0]
    assert level.mean() == pytest.approx(20, rel=0.01)
    # 1 January 2021 was a Friday.
    days = np.floor(history.days + spec.utc_offset_hours / 24).astype(int)
    weekend = np.isin((days + 4) % 7, (5, 6))
    assert level[weekend].mean() / level[~weekend].mean() == pytest.approx(0.4, rel=0.02)
    peak = history.days[np.argmax(np.convolve(level, np.ones(7), "same"))]
    assert abs(peak - 100) < 12


def test_things_stay_between_images_closer_than_the_dwell() -> None:
    for hours in (24 * 20, 24.0, 3.0):
        history = simulate_history(site(flow(dwell_hours=hours), images=180), 8, sites=20)
        kept = np.exp(-np.diff(history.image_days, axis=1) / (hours / 24))[:, None]
        stood = history.counts[:, :, :-1]
        expected = (kept * stood).sum()
        error = np.sqrt((kept * (1 - kept) * stood).sum())
        assert history.stayed[:, :, 1:].sum() == pytest.approx(expected, abs=4 * error + 1)


def test_dwell_does_not_change_how_many_stand_there() -> None:
    counts = simulate_history(site(flow(dwell_hours=24 * 30, dispersion=4), images=200), 9, sites=300).counts[:, 0, 150]
    expected = 20 + 400 / 4
    assert counts.mean() == pytest.approx(20, abs=4 * np.sqrt(expected / 300))
    assert counts.var() == pytest.approx(expected, rel=4 * np.sqrt(3 / 300))


def test_the_first_of_many_sites_is_the_only_one() -> None:
    one, many = simulate_history(demo_spec(), 11), simulate_history(demo_spec(), 11, sites=3)
    assert (one.counts[0] == many.counts[0]).all()
    assert (one.level[0] == many.level[0]).all()
    assert (many.counts[0] != many.counts[1]).any()
    assert (simulate_history(demo_spec(), 12).counts != one.counts).any()


@settings(max_examples=20, deadline=None)
@given(
    rate=st.floats(0.1, 60),
    dispersion=st.floats(0.5, 50),
    dwell=st.floats(0.1, 1000),
    seed=st.integers(0, 10_000),
)
def test_stayers_were_there_and_capacity_holds(rate: float, dispersion: float, dwell: float, seed: int) -> None:
    tight = flow(rate=rate, dispersion=dispersion, dwell_hours=dwell, drift_sd=0.5)
    history = simulate_history(site(tight, images=20), seed)
    counts, stayed = history.counts[0, 0], history.stayed[0, 0]
    assert (counts >= 0).all()
    assert (counts <= tight.capacity).all()
    assert (stayed[1:] <= np.minimum(counts[1:], counts[:-1])).all()


def test_images_are_spread_evenly_at_one_local_time() -> None:
    spec = demo_spec()
    times = image_times(spec, simulate_history(spec, 13))
    assert len(times) == 48
    assert list(times) == sorted(times)
    gaps = np.diff([t.timestamp() for t in times]) / 86400
    assert gaps.max() < 365 / 48 * 1.6 + 1
    assert gaps.min() > 365 / 48 * 0.4 - 1
    hours = np.array([t.hour + t.minute / 60 for t in times])
    assert hours.mean() == pytest.approx(11.5, abs=0.2)
    assert hours.std() < 0.5


@pytest.mark.parametrize(
    "wrong",
    [{"rate": 0.0}, {"dwell_hours": -1.0}, {"drift_sd": -0.1}, {"models": ()}, {"steps": (("talks", 0.0),)}],
)
def test_a_flow_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="flow lot/vehicle"):
        flow(**wrong)


def test_a_spec_that_names_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="zone or event"):
        site(flow(steps=(("nowhere", 2.0),)))
    with pytest.raises(ValueError, match="one flow"):
        site(flow(), flow())
    with pytest.raises(ValueError, match="does not count"):
        site(flow(cls="boat"))
    assert isinstance(flow(), Flow)
    with pytest.raises(ValueError, match="seed"):
        simulate_history(site(), -1)
