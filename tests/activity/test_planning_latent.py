"""The joint distribution that planning draws from, against the decision tier's own numbers and a dense update."""

from __future__ import annotations

import numpy as np
import pytest

from activity.drifting import EVENT, SERIES, count, drifting
from overlook.activity.design import Design, build
from overlook.activity.planning_latent import after_images, drift_precision, with_effect, without_images
from overlook.activity.planning_next import Candidate, Worth
from overlook.activity.planning_simulate import Imaging, draw_sites, with_ratio
from overlook.activity.posterior import fit
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.series import to_days, usable
from overlook.terms import Count

EVENT_D = to_days(EVENT)
BEFORE, AFTER = (EVENT_D - 60, EVENT_D), (EVENT_D, EVENT_D + 30)
HOW = Imaging(
    sensor="unknown",
    observer="unknown",
    gsd_m=0.5,
    revisit_d=1.0,
    hour_utc=12.0,
    recall=None,
    recall_sd=0.0,
    false_alarms=0.0,
    false_alarms_sd=0.0,
    visible=(1.0,),
    archived=1.0,
)


def designed(counts: list[Count]) -> Design:
    record = usable(SERIES, counts)
    return build(record, DEFAULT_PRIOR, numerator=AFTER, denominator=BEFORE, after_d=EVENT_D)


@pytest.fixture(scope="module")
def design() -> Design:
    counts, _ = drifting(np.random.default_rng(5), 14, 8, before_d=60, after_d=30)
    return designed(counts)


def test_the_drifts_precision_is_the_inverse_of_its_covariance() -> None:
    times = np.array([0.0, 0.5, 3.0, 3.2, 40.0])
    band = drift_precision(np.diff(times), 0.4, 9.0)
    dense = np.diag(band[1]) + np.diag(band[0, 1:], 1) + np.diag(band[0, 1:], -1)
    wanted = 0.4**2 * np.exp(-np.abs(times[:, None] - times) / 9.0)
    np.testing.assert_allclose(np.linalg.inv(dense), wanted, rtol=1e-9)


def test_the_joint_covariance_is_the_decision_tiers(design: Design) -> None:
    """Variances of every day's level and of the log ratio, at every grid point: those that `laplace` computes."""
    posterior, latent = fit(design, DEFAULT_PRIOR), after_images(design, DEFAULT_PRIOR, EVENT_D)
    m = design.node_d.size
    assert latent.names == design.names  # weekends were seen: nothing is added
    for at in np.argsort(-latent.weight)[:6].tolist():
        joint = latent.covariance(at)
        np.testing.assert_allclose(np.diag(joint)[:m], posterior.levels[at, :, 1], rtol=1e-3)
        np.testing.assert_allclose(joint[m:, m:], posterior.effects_cov[at], rtol=1e-6)
        share = latent.shares(at)
        # Weights by the mode, not by the mean: alike to first order.
        assert share @ joint[:m, :m] @ share == pytest.approx(posterior.contrast_moments[at, 1], rel=0.02)


def test_draws_have_the_joint_distributions_moments(design: Design) -> None:
    latent = after_images(design, DEFAULT_PRIOR, EVENT_D)
    at, n, rng = int(np.argmax(latent.weight)), 4000, np.random.default_rng(6)
    levels = np.array([latent.draw(at, rng)[0] for _ in range(n)])
    joint = latent.covariance(at)[: design.node_d.size, : design.node_d.size]
    sd = np.sqrt(np.diag(joint))
    assert np.abs((levels.mean(axis=0) - latent.mode(at)) / sd).max() < 5 / np.sqrt(n)
    drawn = np.corrcoef(levels.T)
    assert np.abs(drawn - joint / np.outer(sd, sd)).max() < 5 / np.sqrt(n)


def test_the_prior_of_a_site_without_images_is_at_the_rate_that_was_said() -> None:
    node_d = np.arange(90) + BEFORE[0] + 0.5
    days = np.stack([node_d > EVENT_D, node_d < EVENT_D], axis=1).astype(float)
    latent = without_images(node_d, days, DEFAULT_PRIOR, EVENT_D, rate=8.0)
    sites = draw_sites(latent, 2000, np.random.default_rng(7))
    working = np.flatnonzero((np.floor(node_d).astype(int) + 3) % 7 < 5)
    first = np.array([site.level[working[0]] for site in sites])
    assert first.mean() == pytest.approx(np.log(8.0), abs=0.05)
    # The drift's sd, over its prior: E sigma^2 on the grid.
    wanted = np.sqrt(latent.weight @ latent.drift_sd**2)
    assert first.std() == pytest.approx(wanted, rel=0.1)
    weekend = np.array([site.effects[latent.names.index("kinds of day not seen")] for site in sites])
    assert weekend.std() == pytest.approx(DEFAULT_PRIOR.weekend_sd, rel=0.08)


def test_a_site_is_given_the_ratio_that_is_asked_for(design: Design) -> None:
    latent = after_images(design, DEFAULT_PRIOR, EVENT_D)
    for site in draw_sites(latent, 5, np.random.default_rng(8)):
        shifted, _ = with_ratio(latent, site, np.log(1.5))
        assert latent.log_ratio(shifted.level) == pytest.approx(np.log(1.5), abs=1e-9)
        np.testing.assert_array_equal(shifted.level[~latent.after], site.level[~latent.after])


def test_worth_is_the_dense_bayesian_update(design: Design) -> None:
    """One after another, against the precision of the joint normal with those images added."""
    latent = after_images(design, DEFAULT_PRIOR, EVENT_D)
    best = int(np.argmax(latent.weight))
    one = latent.weight * 0
    one[best] = 1.0
    from dataclasses import replace

    latent = replace(latent, weight=one)
    days = [int(EVENT_D) + d for d in (3, 4, 17, -5)]
    candidates = [Candidate(day=d, is_after=d > EVENT_D, source="new", how=HOW, p_usable=1.0) for d in days]
    worth = Worth(latent, candidates, np.random.default_rng(9))
    m, share = design.node_d.size, latent.shares(best)
    covariance = latent.covariance(best)
    covariance = covariance[:m, :m]
    assert worth.sd == pytest.approx(np.sqrt(share @ covariance @ share))
    precision = np.linalg.inv(covariance + 1e-10 * np.eye(m))
    k = float(latent.dispersion_k[best])
    for at, usable_share in ((2, 1.0), (0, 0.5), (3, 1.0)):
        node = latent.node_of(candidates[at].time_d)
        rate = np.exp(latent.mode(best)[node])
        told = rate**2 / (rate + rate**2 / k)
        alone = np.zeros((m, m))
        alone[node, node] = told
        with_it = np.linalg.inv(precision + alone)
        fall = worth.sd - np.sqrt(share @ with_it @ share)
        assert worth.reductions()[at] == pytest.approx(fall, rel=1e-3)
        worth.add(at, usable_share)
        precision += usable_share * alone
        with_all = np.linalg.inv(precision)
        assert worth.sd == pytest.approx(np.sqrt(share @ with_all @ share), rel=1e-4)


def test_an_unknown_shared_error_makes_a_sensors_second_image_worth_less(design: Design) -> None:
    latent = after_images(design, DEFAULT_PRIOR, EVENT_D)
    plain = [Candidate(day=int(EVENT_D) + d, is_after=True, source="new", how=HOW, p_usable=1.0) for d in (10, 12)]
    worth = Worth(latent, plain, np.random.default_rng(9))
    told = worth.reductions()
    uncertain = with_effect(latent, "recall of unknown / unknown", np.zeros(design.node_d.size), 0.3)
    doubtful = Worth(uncertain, plain, np.random.default_rng(9)).reductions()
    assert (doubtful < told).all()


def test_weekends_never_seen_are_uncertain() -> None:
    working = [d for d in range(-60, 30) if (int(EVENT_D) + d + 3) % 7 < 5 and d != 0]
    counts = [count(d + 0.5, 8) for d in working[::5]]
    latent = after_images(designed(counts), DEFAULT_PRIOR, EVENT_D)
    assert latent.names[-1] == "kinds of day not seen"
    joint = latent.covariance(int(np.argmax(latent.weight)))
    ends = (np.floor(latent.node_d).astype(int) + 3) % 7 >= 5
    spread = np.diag(joint)[: latent.node_d.size]
    assert spread[ends].min() > DEFAULT_PRIOR.weekend_sd**2 > spread[~ends].max()
