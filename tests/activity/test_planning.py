"""Planning against direct simulation with other seeds and other code, against the closed formulas, and bad input."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from activity.drifting import AT_EVENT, EVENT, SERIES, count, drifting
from overlook.activity import Asked, plan_images
from overlook.activity.event import event_finding, windows
from overlook.activity.missed import POWER, z
from overlook.activity.planning import _best_case, situation_of
from overlook.activity.planning_days import OpenDay, gaps_of, open_days, spread, within
from overlook.activity.planning_imaging import imagings
from overlook.activity.planning_options import _on_days, _orders
from overlook.activity.planning_simulate import clopper_pearson, power_of, powers
from overlook.activity.prior import DEFAULT_PRIOR, Prior, hyper_grid
from overlook.activity.series import to_days, usable
from overlook.terms import (
    Clouds,
    CurvePoint,
    Event,
    ImagePlan,
    Index,
    Interval,
    NotObserved,
    Observer,
    Plan,
    Power,
    Question,
    Sensor,
    instant,
)

QUESTION = Question(kind="event", series=SERIES, event="summit")
SUMMIT = Event(id="summit", name="Summit", during=AT_EVENT)
PLAN = Plan(margin=2.0, before_days=50, after_days=30)
#: Where it is not the power that is tested.
SHORT = Plan(before_days=35, after_days=21, few_images=4)
LONG_AGO, LONG_AFTER = EVENT - timedelta(days=400), EVENT + timedelta(days=400)
FINE = Sensor(id="fine", gsd_m=0.5, revisit_d=2.0)
LATE = replace(FINE, archived=0.05)
SKY = Clouds(site="s", usable=(0.5,) * 12, source="made up")


SEEN = [
    count(d + 0.5, n)
    for d, n in zip((*range(-33, -3, 3), 1, 4, 7), (9, 6, 12, 7, 5, 10, 8, 8, 11, 6, 9, 7, 12), strict=True)
]


def planned(
    observations: list, *, asked: Asked | None = None, now: datetime = LONG_AGO, plan: Plan = SHORT, **more
) -> ImagePlan:
    asked = asked or Asked(images=(8,), replicates=20, rate=8.0)
    return plan_images(QUESTION, observations, event=SUMMIT, plan=plan, asked=asked, now=now, **more)


def notes(plan: ImagePlan) -> str:
    return "\n".join(plan.notes)


def row(plan: ImagePlan, added: int) -> CurvePoint:
    return next(p for p in plan.curve if p.added_after == added)


def directly(n: int, ratio: float, replicates: int, seed: int) -> Power:
    """The same power by other code: daily recursion of the drift, hyperparameters from the prior's grid by its mass."""
    grid, rng, hits = hyper_grid(DEFAULT_PRIOR), np.random.default_rng(seed), 0
    mass = np.exp(grid.log_mass_scaled(1.0))
    before, after = int(PLAN.before_days), int(PLAN.after_days)
    for _ in range(replicates):
        s, t, a = np.unravel_index(rng.choice(mass.size, p=mass.ravel()), mass.shape)
        sigma, rho, k = grid.drift_sd[s], math.exp(-1 / grid.correlation_time_d[t]), grid.dispersion_k[a]
        u = [sigma * rng.normal()]
        for _ in range(before + after - 1):
            u.append(rho * u[-1] + sigma * math.sqrt(1 - rho**2) * rng.normal())
        day = np.arange(before + after) - before
        weekday = np.array([(EVENT + timedelta(days=int(d))).weekday() for d in day])
        level = 8.0 * np.exp(np.array(u) + (weekday >= 5) * DEFAULT_PRIOR.weekend_sd * rng.normal())
        level[before:] *= ratio / (level[before:].mean() / level[:before].mean())
        seen = []
        for first, last in ((0, before), (before, before + after)):
            edges = np.linspace(first, last, n + 1).astype(int)
            seen += [int(rng.integers(low, high)) for low, high in pairwise(edges)]
        counts = [count(day[i] + 0.5, rng.poisson(level[i] * rng.gamma(k, 1 / k))) for i in seen]
        finding = event_finding(QUESTION, counts, event=SUMMIT, plan=PLAN, prior=DEFAULT_PRIOR)
        if ratio == 1.0:
            hits += finding.verdict == "same" or finding.also_same
        else:
            hits += finding.verdict == "changed" and finding.ratio is not None and finding.ratio.estimate > 1
    return Power(estimate=hits / replicates, low=0.0, high=1.0, replicates=replicates)


def rows_alone(
    asked: Asked, plan: Plan, prior: Prior
) -> tuple[list[tuple[Power, Power | None]], tuple[int, int | None]]:
    """Powers of the rows that are asked for and the closed formulas, of a plan without an image, and nothing else."""
    record = usable(SERIES, [])
    (how,) = imagings(record, (), ())
    situation = situation_of(QUESTION, SUMMIT, plan, prior, record, [how], asked, np.random.default_rng(asked.seed))
    orders = _orders(situation, open_days(windows(AT_EVENT, plan), record, [], (), to_days(LONG_AGO)))
    rows = [powers(situation, _on_days(orders, (n, n, False), how), ratio=asked.ratio) for n in asked.images]
    return rows, _best_case(situation, how, asked)


def test_power_is_that_of_direct_simulation() -> None:
    """Nothing seen yet: x2 and the same within x2 with 15 images a side, 120 sites by each of two programs."""
    asked = Asked(ratio=2.0, images=(15,), replicates=120, rate=8.0, seed=11, power=0.5)
    ((changed, same),), _ = rows_alone(asked, PLAN, DEFAULT_PRIOR)
    assert same is not None
    for power, ratio in ((changed, 2.0), (same, 1.0)):
        other = directly(15, ratio, 120, seed=12)
        p = 0.5 * (power.estimate + other.estimate)
        spread = math.sqrt(p * (1 - p) * (1 / power.replicates + 1 / other.replicates))
        assert abs(power.estimate - other.estimate) < 3.3 * spread
        assert 0.05 < other.estimate < 0.98  # else the two would agree whatever they did


def test_without_drift_and_with_large_counts_the_closed_formulas_hold() -> None:
    """I = k: n a side = 2/k (z / log)^2. At that n the power is the one asked for; at half of it well below."""
    still = Prior(
        name="still", origin="for a test", drift_sd=0.01, drift_sd_logsd=0.1, dispersion_k=8.0, dispersion_logsd=0.1,
        weekend_sd=0.01, step_sd=3.0,
    )  # fmt: skip
    plan = Plan(margin=1.6, before_days=60, after_days=60)
    asked = Asked(ratio=1.5, images=(5, 10), replicates=80, rate=2000.0, seed=13)
    (under, at), (best_changed, best_same) = rows_alone(asked, plan, still)
    one_side = z(0.5 + plan.level / 2)
    k = math.exp(
        float(np.exp(hyper_grid(still).log_mass_scaled(1.0)).sum(axis=(0, 1)) @ np.log(hyper_grid(still).dispersion_k))
    )
    assert best_changed == math.ceil(2 / k * ((one_side + z(0.8)) / math.log(1.5)) ** 2)
    assert best_same == math.ceil(2 / k * ((one_side + z(0.5 + POWER / 2)) / math.log(1.6)) ** 2)
    assert best_changed in (9, 10)
    assert best_same in (9, 10, 11)
    changed, same = at
    assert same is not None
    assert changed.low < 0.85
    assert changed.high > 0.72
    assert same.low < 0.85
    assert same.high > 0.7
    assert under[0].high < changed.estimate


def test_power_rises_with_images_and_the_prediction_of_the_bound_is_the_last() -> None:
    asked = Asked(ratio=1.5, images=(5, 12, 25), replicates=40, rate=8.0)
    told = planned([], asked=asked, plan=replace(PLAN, margin=None))
    estimates = [p.power_changed.estimate for p in told.curve]
    for few, many in pairwise(told.curve):
        assert many.power_changed.high >= few.power_changed.low
    assert estimates[0] == 0.0
    assert estimates[-1] > estimates[1] + 0.2
    assert [p.every_day for p in told.curve] == [False, False, False, False, True]
    assert (told.curve[-1].images_before, told.curve[-1].images_after) == (50, 30)


def test_the_limit_of_86_images_a_side_is_visible() -> None:
    """Within 25% at 8 things and k = 8, all seen and found: 86 a side at best; 30 days cannot hold them."""
    asked = Asked(images=(8,), replicates=20, rate=8.0)
    told = planned([], asked=asked, plan=replace(PLAN, margin=1.25))
    assert told.best_case_same in (85, 86)
    assert told.needed_same is None
    assert "not reachable within the windows: a usable image on every day reaches" in notes(told)
    assert f"takes {told.best_case_same} usable images on each side" in notes(told)


def test_an_event_of_the_past_can_get_archive_images_before_and_new_ones_after() -> None:
    now = EVENT + timedelta(days=9)
    told = planned(SEEN, now=now, sensors=[FINE], clouds=SKY, asked=Asked(images=(4,), replicates=20))
    assert "window before: it is over, so only an archive can add images (25 days without one)" in notes(told)
    assert "window after: 6 past days that only an archive can add, 12 days to come" in notes(told)
    new = [p for p in told.curve if not p.from_archive]
    assert {p.images_before for p in new} == {10}
    assert any(p.from_archive and p.added_before == 4 for p in told.curve)
    assert told.schedule.orders
    assert told.needed_changed is not None
    assert told.needed_changed.from_archive
    assert {o.source for o in told.schedule.orders} == {"archive", "new"}
    assert all((o.source == "new") == (o.when > now) for o in told.schedule.orders)
    assert [o.from_archive for o in told.options] == [False, True, False, False]
    # Clouds take their half of what is ordered.
    assert told.options[0].usable_expected == pytest.approx(12 / 2 * 0.5)
    assert {n.p_usable for n in told.next} == {0.5}
    orders = len(told.schedule.orders)
    assert told.schedule.usable_expected == pytest.approx(orders / 2)
    assert told.schedule.p_at_least[1] == pytest.approx(1 - 0.5**orders)
    assert any("(made up); no spell is declared" in a for a in told.assumptions)
    # And the next image is worth most on the side where least was seen.
    assert told.next[0].when > EVENT
    value = [n.information * n.p_usable for n in told.next]
    assert value == sorted(value, reverse=True)
    for one in told.next:
        # The normal approximation and the simulation are of one quantity: within a third, or the Monte-Carlo error.
        assert one.sd_reduction is not None
        room = max(one.information / 3, 2 * (one.sd_reduction.high - one.sd_reduction.low))
        assert abs(one.sd_reduction.estimate - one.information) < room


def test_past_windows_leave_the_archive_alone() -> None:
    """Half of May and July is clear, no day of June: 16 days of May and 2 of July have no image yet."""
    no_june = Clouds(site="s", usable=(*(0.5,) * 5, 0.0, *(0.5,) * 6), source="made up")
    told = planned(SEEN, now=LONG_AFTER, sensors=[replace(FINE, archived=0.25)], clouds=no_june)
    assert all(p.from_archive for p in told.curve[1:])
    assert {o.source for o in told.schedule.orders} == {"archive"}
    assert {o.p_usable for o in told.schedule.orders} == {0.125}
    assert {o.when.month for o in told.schedule.orders} == {5, 7}
    assert 6 not in {n.when.month for n in told.next}
    open_in_may_and_july = 16 + 2
    assert told.options[0].usable_expected == pytest.approx(open_in_may_and_july / 2 * 0.125)


def test_a_window_without_an_open_day_says_so() -> None:
    told = planned([count(d + 0.5, 8) for d in range(-35, 21)], now=LONG_AFTER)
    assert len(told.curve) == 1
    assert (told.options, told.next) == ((), ())
    assert "window after: no day is left of which an image could be had" in notes(told)


def test_orders_keep_the_revisit_and_spread_over_the_week() -> None:
    told = planned(SEEN[:11], now=EVENT + timedelta(days=1), sensors=[FINE])
    assert any("real numbers are lower" in a for a in told.assumptions)
    days = [o.when for o in told.schedule.orders]
    assert len(days) >= 8
    assert min(b - a for a, b in pairwise(days)) >= timedelta(days=2)
    assert len({o.weekday for o in told.schedule.orders}) >= 5
    assert {o.weekday for o in told.schedule.orders} & {"Saturday", "Sunday"}


def test_a_sensor_too_coarse_for_the_class_has_no_power() -> None:
    coarse = Sensor(id="coarse", gsd_m=3.0, revisit_d=1.0)
    told = planned(SEEN, now=LONG_AFTER, sensors=[coarse, LATE], coarsest_gsd_m=0.64)
    first = told.options[0]
    assert (first.sensor, first.power_changed, first.power_same) == ("coarse", None, None)
    assert first.note == "too coarse: 3.00 m a pixel, and 0.64 m or finer is needed"
    assert {n.sensor for n in told.next} == {"fine"}
    alone = planned([], sensors=[coarse], coarsest_gsd_m=0.64)
    assert not alone.curve
    assert "no declared sensor is fine enough" in notes(alone)


def test_doubt_about_recall_costs_power() -> None:
    """A sensor new to the series, found with .9 +- .4 on its images: a change of sensor is no change of the site."""
    counts, _ = drifting(np.random.default_rng(18), 20, 1, before_d=35, after_d=21)
    counts = [replace(c, sensor="old", detection_probability=0.9) for c in counts[:20]]
    asked, plan = Asked(ratio=2.0, images=(15,), replicates=20), SHORT
    sure, doubtful = (
        planned(
            counts, now=EVENT, asked=asked, plan=plan, sensors=[replace(FINE, **recall, detection_probability_sd=sd)]
        )
        for recall in [{"detection_probability": 0.9}]
        for sd in (0.0, 0.4)
    )
    assert row(doubtful, 15).power_changed.estimate < row(sure, 15).power_changed.estimate - 0.15


def test_without_a_margin_there_is_no_curve_of_the_same() -> None:
    told = planned([])
    assert all(p.power_same is None for p in told.curve)
    assert told.needed_same is None
    assert told.best_case_same is None
    assert all(o.power_same is None for o in told.options)
    assert "no margin is declared" in notes(told)


def test_without_an_image_and_without_a_rate_nothing_is_simulated() -> None:
    told = planned([], asked=Asked())
    assert (told.curve, told.options, told.next, told.schedule.orders) == ((), (), (), ())
    assert "say how many things an image is likely to show (--rate)" in notes(told)


def test_a_reader_who_was_declared_reads_the_first_images() -> None:
    anna = Observer(id="anna", detection_probability=0.8, detection_probability_sd=0.05)
    (how,) = imagings(usable(SERIES, []), (), [anna])
    assert (how.observer, how.recall, how.recall_sd) == ("anna", 0.8, 0.05)
    # Images in hand without a declared recall are compared with new ones: neither is corrected.
    (how,) = imagings(usable(SERIES, SEEN), (), [anna])
    assert (how.observer, how.recall) == ("unknown", None)


def test_gaps_are_counted_by_day_and_cloudy_days_are_not_bought_again() -> None:
    def unseen(day: float, reason: str) -> NotObserved:
        return NotObserved(series=SERIES, when=instant(EVENT + timedelta(days=day)), reason=reason)

    record = usable(SERIES, [count(d + 0.5, 8) for d in (-31, -21, -11, -4, 3, 10, 13)])
    not_seen = [
        unseen(-4.4, "cloud"),
        unseen(-5.4, "too coarse"),
        unseen(-6.4, "dark"),
        unseen(-3.4, "cloud"),  # a day that another image shows
    ]
    cover = [Interval(start=EVENT + timedelta(days=15), end=EVENT + timedelta(days=9000))]
    spans, now_d = windows(AT_EVENT, SHORT), to_days(EVENT + timedelta(days=12))
    inside = within(cover, Interval(start=spans.before.start, end=spans.after.end))
    b, a = (gaps_of(span, record, not_seen, inside, now_d) for span in (spans.before, spans.after))
    assert (b.usable, b.cloudy, b.too_coarse, b.otherwise_unusable, b.without_image) == (4, 1, 1, 1, 28)
    assert (a.usable, a.otherwise_unusable, a.without_image, a.to_come) == (3, 6, 12, 2)
    days = open_days(spans, record, not_seen, inside, now_d)
    assert sum(not d.is_after for d in days) == 30  # 28, and the coarse and the dark day
    assert [d.source for d in days if d.is_after] == ["archive"] * 10 + ["new"] * 2


def test_an_index_is_planned_as_it_is_measured() -> None:
    rng = np.random.default_rng(19)
    values = [
        Index(series=SERIES, when=instant(EVENT + timedelta(days=float(d))), value=float(np.exp(rng.normal(2, 0.2))))
        for d in (*range(-34, 0, 3), *range(1, 14, 4))
    ]
    told = planned(values, now=EVENT + timedelta(days=15), asked=Asked(ratio=2.0, images=(8,), replicates=20))
    assert told.curve[-1].power_changed.estimate > 0.5
    assert any("an index is measured" in a for a in told.assumptions)
    empty = planned([replace(values[0], value=0.0), *values[1:]], now=EVENT + timedelta(days=15))
    assert not empty.curve
    assert "at or below zero" in notes(empty)


def test_nothing_but_zeros_is_told_and_not_answered() -> None:
    zeros = [count(d + 0.5, 0) for d in (*range(-34, 0, 5), *range(1, 20, 5))]
    told = planned(zeros, now=LONG_AFTER)
    assert told.verdict == "undetermined"
    assert told.curve[0].power_changed.estimate <= 0.2


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    every_day = [count(d + 0.5, 8 + d % 5) for d in range(-35, 21)]
    asked = Asked(ratio=1.3, replicates=20, seed=1)
    told = [planned(every_day, now=LONG_AFTER, asked=replace(asked, seed=seed)) for seed in (1, 1, 2)]
    assert told[0] == told[1]
    assert told[2].curve != told[0].curve


def test_only_event_questions_are_planned() -> None:
    with pytest.raises(ValueError, match="only event questions"):
        plan_images(Question(kind="activity", series=SERIES), [], event=SUMMIT, plan=PLAN, asked=Asked(), now=LONG_AGO)


@pytest.mark.parametrize(
    "wrong",
    [{"ratio": 1.0}, {"ratio": 0.0}, {"ratio": -2.0}, {"ratio": math.nan}, {"ratio": math.inf}, {"power": 0.0},
     {"power": 1.0}, {"power": math.nan}, {"images": ()}, {"images": (0,)}, {"images": (5, 5000)}, {"replicates": 5},
     {"seed": -1}, {"rate": 0.0}, {"rate": math.nan}, {"rate": 1e9}],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(wrong: dict) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Asked(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"revisit_d": 0.0}, {"revisit_d": math.nan}, {"gsd_m": 0.0}, {"hour_utc": 24.0}, {"detection_probability": 0.0},
     {"detection_probability": 1.5}, {"detection_probability_sd": -0.1}, {"archived": 1.01}],
)  # fmt: skip
def test_a_sensor_that_cannot_be_is_refused(wrong: dict) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        replace(FINE, **wrong)


@given(st.integers(1, 200), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_every_beginning_of_the_order_is_spread_over_the_days(days: int, seed: int) -> None:
    open_ = [OpenDay(day=d, is_after=True, source="new") for d in range(days)]
    order = [d.day for d in spread(open_, np.random.default_rng(seed))]
    assert sorted(order) == list(range(days))
    for n in (4, 10, 30):
        if days >= 10 * n:
            # Were they drawn one by one, ten of two hundred would leave a gap of 90 days now and then.
            chosen = sorted(order[:n])
            assert max(np.diff([*chosen, chosen[0] + days])) < 4 * days / n


@given(st.integers(1, 500), st.data())
def test_the_exact_interval_holds_the_share(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = clopper_pearson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    assert high > low
    mirrored = clopper_pearson(of - hits, of)
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_the_exact_interval_is_the_published_one() -> None:
    """Newcombe 1998 (Stat. Med. 17), Table I, method 5: 81/263, 15/148, 0/20, 1/29."""
    for hits, of, low, high in (
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ):
        assert clopper_pearson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_a_power_covers_the_true_one_whatever_it_is() -> None:
    """Exactly, from the binomial: 60 replicates, also where the true power is the one that is wanted."""
    intervals = [power_of(hits, 60) for hits in range(61)]
    for truth in (*np.linspace(0.02, 0.98, 25), 0.8):
        assert sum(binom.pmf(h, 60, truth) for h, p in enumerate(intervals) if p.low <= truth <= p.high) >= 0.95
