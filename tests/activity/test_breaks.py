"""Unknown breaks: the scan against the full fit, its false alarms under drift, what it finds, and when it is silent."""

import hashlib
import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from activity.drifting import EVENT, SERIES, count, drifting
from overlook.activity import DEFAULT_PRIOR, anomaly, breaks, laplace
from overlook.activity.breaks_kernel import LAPLACE_DIGEST, refits, scan
from overlook.activity.breaks_scan import (
    Located,
    _hyper,
    _images,
    _statistics,
    located,
    p_value,
    scanned,
    shifts,
    simulated,
)
from overlook.activity.design import build
from overlook.activity.laplace_grid import fit_grid
from overlook.activity.posterior import Mixture
from overlook.activity.prior import Prior
from overlook.activity.series import to_days, usable
from overlook.terms import BreakFinding, Count, Estimate, Index, NotObserved, Plan, Series, instant

PLAN = Plan()


def design_of(counts, *, after_d=None):
    record = usable(SERIES, counts)
    return build(record, DEFAULT_PRIOR, numerator=(record.time_d[0], record.time_d[0]), after_d=after_d)


def series_of(levels, rng, *, every_d=2.0, k=20.0):
    """A count every `every_d` days at each of `levels`, no drift."""
    y = rng.poisson(np.asarray(levels) * rng.gamma(k, 1 / k, len(levels)))
    return [count(every_d * i, n) for i, n in enumerate(y)]


# --- the core against the full fit ------------------------------------------------------------------------------------


def test_compiled_code_is_of_the_laplace_it_was_written_against() -> None:
    """The compiler keeps laplace's functions inside the scan's: a changed laplace.py has to change breaks_kernel.py."""
    assert hashlib.sha256(Path(laplace.__file__).read_bytes()).hexdigest() == LAPLACE_DIGEST


def test_refit_with_a_step_is_the_event_tiers_fit() -> None:
    counts, _ = drifting(np.random.default_rng(31), 25, 15, step=0.7)
    design = design_of(counts)
    at = 24
    hyper = [np.array([x]) for x in (0.3, 20.0, 8.0)]
    mine, mean, var = refits(*_images(design), design.start_level, *hyper, np.array([at]), 1.0)
    after = 0.5 * (design.node_d[at] + design.node_d[at + 1])
    full = design_of(counts, after_d=after)
    theirs = fit_grid(*_images(full)[:8], full.level_design, full.days, 1 / full.effect_sd**2, full.start_level,
                      *hyper, np.zeros((1, 1, 1)))  # fmt: skip
    assert full.names[1] == "step"
    assert mine[0, 0] == pytest.approx(theirs[2][0], abs=1e-6)
    assert mean[0, 0] == pytest.approx(theirs[4][0, 1], abs=1e-4)
    assert var[0, 0] == pytest.approx(theirs[5][0, 1, 1], rel=1e-4)


@pytest.mark.parametrize("step", [0.0, math.log(2), -math.log(3)])
def test_one_newton_step_is_close_to_the_full_bayes_factor(step: float) -> None:
    counts, _ = drifting(np.random.default_rng(32), 40, 40, step=step, drift_sd=0.2)
    design = design_of(counts)
    found = scanned(design, DEFAULT_PRIOR)
    tried = found.shifts
    args = (*_images(design), design.start_level, *_hyper(found.points), tried.candidates)
    log_ml, quick, _, _ = scan(*args, tried.ends, tried.episodes[:0], 1.0)
    full = refits(*args, 1.0)[0].T - log_ml[:, None]
    assert np.abs(quick - full).max() < 0.1 + 0.08 * np.abs(full).max()
    assert quick == pytest.approx(found.log_bf[:, : tried.candidates.size], abs=0.01)
    steps, exact = (np.exp(log_bf).mean(axis=1) @ found.null for log_bf in (quick, full))
    assert math.log(steps) == pytest.approx(math.log(exact), abs=0.5)
    if step:
        assert np.abs(full).max() > 5


def test_an_episodes_factor_is_that_of_its_column_in_the_full_fit() -> None:
    """A level that shifts and shifts back, against the same Laplace fit with that column among the effects."""
    counts, _ = drifting(np.random.default_rng(48), 40, 40, drift_sd=0.2)
    design = design_of(counts)
    tried = shifts(np.arange(2, design.y.size - 3))
    hyper = [np.array([x]) for x in (0.3, 20.0, 8.0)]
    args = (*_images(design), design.start_level, *hyper)
    steps = tried.candidates.size
    log_ml, log_bf, _, _ = scan(*args, tried.candidates, tried.ends, tried.episodes, 1.0)
    for episode in (0, len(tried.episodes) // 2, len(tried.episodes) - 1):
        before, last = tried.images(episode)
        within = (np.arange(design.y.size) > before) & (np.arange(design.y.size) <= last)
        wider = replace(
            design,
            design=np.column_stack([design.design, within.astype(float)]),
            effect_sd=np.append(design.effect_sd, 1.0),
        )
        full, _, _, _ = scan(*_images(wider), design.start_level, *hyper, tried.candidates, tried.ends,
                             tried.episodes[:0], 1.0)  # fmt: skip
        assert log_bf[0, steps + episode] == pytest.approx(full[0] - log_ml[0], abs=0.1)
    assert np.exp(tried.log_share).sum() == pytest.approx(1.0)


def test_credible_gaps_are_the_fewest_that_hold_the_level() -> None:
    flat = Mixture(weight=np.ones(1), mean=np.zeros(1), var=np.ones(1))
    at = Located(candidates=np.array([2, 3, 4, 7]), weight=np.array([0.1, 0.5, 0.35, 0.05]), step=flat)
    assert at.best == 3
    assert at.credible(0.5) == (3, 4)
    assert at.credible(0.85) == (3, 5)
    assert at.credible(0.99) == (2, 8)


# --- false alarms, power, location ------------------------------------------------------------------------------------


def false_alarms(prior: Prior, *, drift_sd: float, sites: int, seed: int) -> int:
    """Of `sites` without a step, how many p-values are at most .05, with 39 made-up series each."""
    rng = np.random.default_rng([seed, round(drift_sd * 100)])
    found = 0
    for _ in range(sites):
        record = usable(SERIES, drifting(rng, 25, 15, drift_sd=drift_sd)[0])
        design = build(record, prior, numerator=(record.time_d[0], record.time_d[0]))
        found += p_value(scanned(design, prior), rng, replicates=39) <= 0.05
    return found


@pytest.mark.parametrize("drift_sd", [0.35, 1e-6])
def test_false_alarms_hold_with_and_without_drift(drift_sd: float) -> None:
    """At nominal .05, within what 100 sites can tell (one in a thousand)."""
    sites = 100
    assert false_alarms(DEFAULT_PRIOR, drift_sd=drift_sd, sites=sites, seed=33) <= binom.ppf(0.999, sites, 0.05)


def test_a_null_without_drift_would_raise_false_alarms() -> None:
    """The same data under a prior that all but forbids drift: what the drift is carried for."""
    rigid = replace(DEFAULT_PRIOR, drift_sd=0.01, drift_sd_logsd=0.1)
    assert false_alarms(rigid, drift_sd=0.35, sites=60, seed=33) > binom.ppf(0.999, 60, 0.05)


def test_a_clear_step_is_found_dated_and_sized() -> None:
    """Level times 3 under slight drift: found in most, and its interval and ratio cover the truth as promised."""
    rng = np.random.default_rng(34)
    sites, within, covers, hits = 24, 0, 0, 0
    for _ in range(sites):
        counts, _ = drifting(rng, 25, 15, step=math.log(3), drift_sd=0.15)
        found = scanned(design_of(counts), DEFAULT_PRIOR)
        hits += p_value(found, rng, replicates=39) <= 0.05
        where = located(found)
        last, after = where.credible(0.9)
        times = sorted(to_days(c.when.start) for c in counts)
        within += times[last] <= to_days(EVENT) <= times[after]
        low, high = where.step.quantiles(0.05, 0.95)
        covers += low <= math.log(3) <= high
    # Goal .8 found; .9 covered; less what 24 sites can tell.
    assert hits >= binom.ppf(0.001, sites, 0.8)
    assert within >= binom.ppf(0.001, sites, 0.9)
    assert covers >= binom.ppf(0.001, sites, 0.9)


def test_two_breaks_are_found_by_splitting() -> None:
    rng = np.random.default_rng(35)
    finding = breaks(SERIES, series_of([6] * 40 + [40] * 40 + [6] * 40, rng), plan=PLAN)
    assert finding.verdict == "changed"
    assert len(finding.found) == 2
    up, down = finding.found
    assert up.between.start <= EVENT + timedelta(days=79) <= up.between.end
    assert down.between.start <= EVENT + timedelta(days=159) <= down.between.end
    assert up.between.encloses(up.likeliest)
    assert up.likeliest.length == timedelta(days=2)
    assert up.ratio.low > 1 > down.ratio.high
    assert sorted((up.alpha, down.alpha)) == [0.025, 0.05]
    assert all(b.p_value <= b.alpha for b in finding.found)


def test_an_episode_under_drift_is_two_breaks_that_no_single_step_shows() -> None:
    """Level times 6 for 16 of 80 images: taken for drift by a scan for steps alone."""
    rng = np.random.default_rng(49)
    sites, found, alone, dated = 12, 0, 0, 0
    for _ in range(sites):
        counts, _ = drifting(rng, 58, 22, drift_sd=0.3)
        raised = [replace(c, count=6 * c.count) if 30 <= i < 46 else c for i, c in enumerate(counts)]
        finding = breaks(SERIES, raised, plan=PLAN)
        scan_ = scanned(design_of(raised), DEFAULT_PRIOR)
        steps = scan_.shifts.candidates.size
        no_episode = replace(
            scan_.shifts, episodes=scan_.shifts.episodes[:0], log_share=np.full(steps, -math.log(steps))
        )
        made_up, levels = simulated(scan_, np.random.default_rng(0), 99)
        told = _statistics(scan_, np.vstack([scan_.design.y, made_up]), np.append(scan_.design.start_level, levels),
                           no_episode)  # fmt: skip
        alone += 1 + np.sum(told[1:] >= told[0]) <= 5
        pair = [b for b in finding.found if b.ratio.low > 1 or b.ratio.high < 1]
        found += len(finding.found) >= 2 and any("shifted and shifted back" in note for note in finding.notes)
        edges = [raised[29].when.start, raised[45].when.start]
        dated += len(pair) >= 2 and all(any(b.between.start <= t <= b.between.end for b in pair) for t in edges)
    assert found >= 8
    assert dated >= 0.75 * found
    assert alone <= 2


def test_a_site_that_never_changed_is_not_called_the_same() -> None:
    finding = breaks(SERIES, series_of([8] * 60, np.random.default_rng(36)), plan=PLAN)
    assert finding.verdict == "undetermined"
    assert finding.p_value > 0.05
    assert not finding.found
    assert any("no evidence that there was none" in note for note in finding.notes)


def test_same_seed_same_answer_whatever_the_order() -> None:
    counts, _ = drifting(np.random.default_rng(37), 20, 20, step=0.7)
    first = breaks(SERIES, counts, plan=PLAN)
    assert breaks(SERIES, counts[::-1], plan=PLAN) == first
    assert {breaks(SERIES, counts, plan=PLAN, seed=s).p_value for s in range(1, 5)} != {first.p_value}


def test_declared_recall_is_not_read_as_a_break() -> None:
    """Half as many are found from the middle on because half as many can be: declared, so no break; undeclared, one."""
    rng = np.random.default_rng(38)
    n = 60
    y = rng.poisson(20 * np.where(np.arange(n) < 30, 1.0, 0.4))
    told = [count(2 * i, c, detection_probability=1.0 if i < 30 else 0.4, sensor="s") for i, c in enumerate(y)]
    untold = [replace(c, detection_probability=None) for c in told]
    assert not breaks(SERIES, told, plan=PLAN).found
    assert breaks(SERIES, untold, plan=PLAN).found


def test_a_change_of_sensor_at_the_break_is_said() -> None:
    rng = np.random.default_rng(39)
    y = rng.poisson([8] * 30 + [60] * 30)
    counts = [count(2 * i, n, sensor="old" if i < 30 else "new") for i, n in enumerate(y)]
    finding = breaks(SERIES, counts, plan=PLAN)
    assert len(finding.found) == 1
    assert any("sensor or reader changes at break 1 of 1" in note for note in finding.notes)


def test_an_index_breaks_too() -> None:
    rng = np.random.default_rng(40)
    level = np.repeat([0.1, 0.25], 30) * np.exp(0.1 * rng.normal(size=60))
    values = [Index(series=SERIES, when=count(2 * i, 0).when, value=float(v)) for i, v in enumerate(level)]
    finding = breaks(SERIES, values, plan=PLAN)
    assert len(finding.found) == 1
    assert finding.found[0].ratio.low < 2.5 < finding.found[0].ratio.high
    below = breaks(SERIES, [*values[:-1], replace(values[-1], value=0.0)], plan=PLAN)
    assert below.p_value is None
    assert any("at or below zero" in note for note in below.notes)


# --- silence ----------------------------------------------------------------------------------------------------------


def test_few_images_get_no_p_value() -> None:
    finding = breaks(SERIES, [count(i, 3 if i < 5 else 40) for i in range(9)], plan=PLAN)
    assert finding.p_value is None
    assert finding.exploratory
    assert finding.verdict == "undetermined"
    assert any("highest of 9" in note for note in finding.notes)
    assert breaks(SERIES, [count(i, 3 if i < 5 else 40) for i in range(10)], plan=PLAN).p_value is not None


def test_nothing_to_scan_is_undetermined_with_its_reason() -> None:
    hidden = NotObserved(series=SERIES, when=count(0, 0).when, reason="cloud")
    for observations, word in (
        ([], "no usable image"),
        ([hidden] * 20, "no usable image"),
        ([count(i, 0) for i in range(30)], "nothing was counted"),
        ([count(i, 5, provisional=True) for i in range(30)], "no usable image"),
    ):
        finding = breaks(SERIES, observations, plan=PLAN)
        assert finding.p_value is None
        assert finding.verdict == "undetermined"
        assert any(word in note for note in finding.notes)


@pytest.mark.parametrize("levels", [[5] * 20, [10**6] * 20, [0] * 19 + [1], [0] * 10 + [10**6] * 10, [1, 0] * 10])
def test_odd_series_give_a_number_between_nought_and_one(levels: list[int]) -> None:
    finding = breaks(SERIES, [count(2 * i, n) for i, n in enumerate(levels)], plan=PLAN)
    assert 0 < finding.p_value <= 1
    for found in finding.found:
        assert math.isfinite(found.ratio.low)
        assert found.between.start < found.between.end


def test_a_break_finding_cannot_contradict_itself() -> None:
    with pytest.raises(ValueError, match="changed when"):
        BreakFinding(
            id="b",
            series=SERIES,
            window=None,
            n_images=0,
            p_value=None,
            alpha=0.05,
            verdict="changed",
            exploratory=True,
        )
    with pytest.raises(ValueError, match="p_value"):
        BreakFinding(
            id="b",
            series=SERIES,
            window=None,
            n_images=0,
            p_value=2.0,
            alpha=0.05,
            verdict="undetermined",
            exploratory=True,
        )


# --- one new image ----------------------------------------------------------------------------------------------------


def test_anomaly_scores_are_uniform_when_nothing_is_unusual() -> None:
    rng = np.random.default_rng(41)
    scores = []
    for _ in range(100):
        counts, _ = drifting(rng, 25, 5)
        scores.append(anomaly(SERIES, counts[:-1], counts[-1], plan=PLAN).p_value)
    for nominal in (0.1, 0.5):
        low, high = binom.ppf([0.001, 0.999], len(scores), nominal)
        assert low <= sum(p <= nominal for p in scores) <= high


def test_an_unusual_image_scores_low_and_a_usual_one_does_not() -> None:
    earlier = series_of([8] * 40, np.random.default_rng(42))
    usual, high = (anomaly(SERIES, earlier, count(80, n), plan=PLAN) for n in (8, 60))
    assert usual.p_value > 0.3
    assert high.p_value < 0.01
    assert usual.expected == high.expected
    assert high.expected.high < 60
    assert not high.exploratory


def test_anomaly_is_the_negative_binomials_mid_p_where_the_level_is_known() -> None:
    """Daily counts of a level that the prior all but fixes: the exact tail of the predictive distribution."""
    prior = replace(DEFAULT_PRIOR, drift_sd=0.01, drift_sd_logsd=0.1, dispersion_k=8.0, dispersion_logsd=0.01,
                    weekend_sd=1e-3)  # fmt: skip
    rng = np.random.default_rng(43)
    earlier = [count(i, n) for i, n in enumerate(rng.poisson(20 * rng.gamma(8, 1 / 8, 900)))]
    k, mean = 8.0, float(np.mean([c.count for c in earlier]))
    for n in (3, 15, 45):
        law = nbinom(k, k / (k + mean))
        exact = 2 * min(law.cdf(n) - law.pmf(n) / 2, law.sf(n) + law.pmf(n) / 2)
        assert anomaly(SERIES, earlier, count(900, n), plan=PLAN, prior=prior).p_value == pytest.approx(exact, rel=0.1)


def test_what_is_known_of_the_new_image_enters() -> None:
    earlier = series_of([10] * 40, np.random.default_rng(44))
    plain = anomaly(SERIES, earlier, count(80, 3), plan=PLAN)
    half = anomaly(SERIES, earlier, count(80, 3, visible_fraction=0.3), plan=PLAN)
    noisy = anomaly(SERIES, earlier, count(80, 25, false_alarms=15.0), plan=PLAN)
    other = anomaly(SERIES, earlier, count(80, 3, sensor="other"), plan=PLAN)
    assert plain.p_value < half.p_value
    assert anomaly(SERIES, earlier, count(80, 25), plan=PLAN).p_value < noisy.p_value
    assert other.expected.high - other.expected.low > plain.expected.high - plain.expected.low


def test_later_images_do_not_speak_and_few_give_no_p_value() -> None:
    earlier = series_of([10] * 12, np.random.default_rng(45))
    new = count(24, 30)
    alone = anomaly(SERIES, earlier, new, plan=PLAN)
    assert anomaly(SERIES, [*earlier, new, count(30, 900)], new, plan=PLAN) == alone
    few = anomaly(SERIES, earlier[:5], new, plan=PLAN)
    assert few.p_value is None
    assert few.exploratory
    assert isinstance(few.expected, Estimate)
    assert any("highest of 6" in note for note in few.notes)


def test_an_index_has_anomalies_too() -> None:
    rng = np.random.default_rng(46)
    values = [Index(series=SERIES, when=count(i, 0).when, value=float(math.exp(rng.normal(0, 0.1)))) for i in range(40)]
    usual, odd = (
        anomaly(SERIES, values, Index(series=SERIES, when=count(41, 0).when, value=v), plan=PLAN) for v in (1.0, 5.0)
    )
    assert usual.p_value > 0.3 > 0.01 > odd.p_value
    assert usual.expected.low < 1 < usual.expected.high


def test_what_cannot_be_judged_is_refused_or_said() -> None:
    earlier = series_of([10] * 12, np.random.default_rng(47))
    elsewhere = Count(series=Series(site="t"), when=count(30, 0).when, count=1)
    for new, word in (
        (elsewhere, "another series"),
        (count(30, 1, provisional=True), "provisional"),
        (Index(series=SERIES, when=count(30, 0).when, value=1.0), "earlier counts"),
        (replace(count(30, 1), when=replace(count(30, 1).when, end=EVENT + timedelta(days=40))), "span of days"),
    ):
        with pytest.raises(ValueError, match=word):
            anomaly(SERIES, earlier, new, plan=PLAN)
    again = replace(count(0, 9), when=instant(earlier[-1].when.start + timedelta(minutes=10)))
    for seen, new, word in (
        ([], count(0, 1), "no usable image"),
        (earlier, again, "no second look"),
        ([count(i, 0) for i in range(20)], count(30, 1), "nothing was counted"),
    ):
        told = anomaly(SERIES, seen, new, plan=PLAN)
        assert told.p_value is None
        assert told.expected is None
        assert any(word in note for note in told.notes)
