"""What is ordered, and why nothing is; and that the rows of a plan differ by their images alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from activity.drifting import EVENT, count
from activity.test_planning import FINE, LONG_AFTER, LONG_AGO, PLAN, QUESTION, SEEN, SHORT, SKY, SUMMIT, notes, planned
from overlook.activity import DEFAULT_PRIOR, Asked
from overlook.activity.event import windows
from overlook.activity.planning import situation_of
from overlook.activity.planning_days import open_days
from overlook.activity.planning_imaging import imagings
from overlook.activity.planning_latent import without_images
from overlook.activity.planning_next import Candidate, Need, Worth, schedule
from overlook.activity.planning_options import _on_days, _orders, _passes, _under_skies, parted, sky_over
from overlook.activity.planning_say import need_of
from overlook.activity.planning_simulate import Luck, Situation
from overlook.activity.planning_sky import moment_of
from overlook.activity.series import to_days, usable
from overlook.terms import CollectionSchedule, CurvePoint, ImagePlan, Power


def situation(replicates: int = 20) -> Situation:
    record = usable(QUESTION.series, SEEN)
    asked = Asked(replicates=replicates, rate=8.0)
    ways = imagings(record, [FINE], ())
    return situation_of(QUESTION, SUMMIT, SHORT, DEFAULT_PRIOR, record, ways, asked, np.random.default_rng(31))


def candidates(days_in: object = UTC) -> tuple[list[Candidate], Worth]:
    """120 days before and 45 after an event of which nothing was seen, each with one image that may be had."""
    first = int(to_days(EVENT))
    node_d = first - 120 + np.arange(165) + 0.5
    sides = np.zeros((165, 2))
    sides[120:, 0] = sides[:120, 1] = 1.0
    latent = without_images(node_d, sides, DEFAULT_PRIOR, float(first), rate=8.0, days_in=days_in)  # type: ignore[arg-type]
    (how,) = imagings(usable(QUESTION.series, []), (), ())
    made = [
        Candidate(
            day=first + d, is_after=d >= 0, source="archive", how=how, p_usable=0.8, days_in=days_in,  # type: ignore[arg-type]
        )
        for d in range(-120, 45)
    ]  # fmt: skip
    return made, Worth(latent, made, np.random.default_rng(32))


def ordered(need: Need) -> CollectionSchedule:
    made, worth = candidates()
    chance = np.full(165, 0.8)
    return schedule(made, worth, need=need, seen_d=(), chance=chance, rho=0.0, first_day=made[0].day)


def test_orders_go_round_the_week_and_keep_apart() -> None:
    """Here the days worth most are all working days, and elsewhere weekends: the prior of the weekend decides it."""
    _, worth = candidates()
    made, _ = candidates()
    value = worth.reductions()
    best = Counter(made[i].weekday for i in np.argsort(-value)[:20])
    assert best["Saturday"] + best["Sunday"] == 0
    told = ordered(Need(before=8, after=8, from_archive=True, why="")).orders
    assert len(told) == 20
    assert set(Counter(o.weekday for o in told).values()) <= {2, 3}
    for side in (True, False):
        days = [o.when for o in told if (o.when > EVENT) == side]
        assert len(days) == 10
        assert min(b - a for a, b in pairwise(days)) >= timedelta(days=2)
    assert max(b.when - a.when for a, b in pairwise(told)) < timedelta(days=30)


def test_orders_are_as_many_as_are_needed_on_each_side() -> None:
    told = ordered(Need(before=4, after=2, from_archive=True, why="so it is"))
    assert (sum(o.when < EVENT for o in told.orders), sum(o.when > EVENT for o in told.orders)) == (5, 3)
    assert (told.wanted, told.why) == (6, "so it is")
    assert told.usable_expected == pytest.approx(8 * 0.8)
    assert not ordered(Need(before=4, after=2, from_archive=False, why="")).orders


def test_weekdays_are_those_of_the_site() -> None:
    """22 UTC on a Friday is a Saturday in Pyongyang: 7:00."""
    (how,) = imagings(usable(QUESTION.series, []), [replace(FINE, hour_utc=22.0)], ())
    friday = int(to_days(datetime(2018, 6, 15, tzinfo=UTC)))
    there = Candidate(
        day=friday, is_after=True, source="new", how=how, p_usable=1.0, days_in=ZoneInfo("Asia/Pyongyang")
    )
    assert (there.weekday, there.date) == ("Saturday", "2018-06-16")
    assert (replace(there, days_in=UTC).weekday, replace(there, days_in=UTC).date) == ("Friday", "2018-06-15")
    assert moment_of(there.time_d) == datetime(2018, 6, 15, 22, tzinfo=UTC)


def test_days_before_1970_are_days() -> None:
    assert Luck(1, 2).day(-400).random() != Luck(1, 2).day(400).random()


def test_a_larger_row_holds_the_images_of_a_smaller_and_shows_the_same_on_them() -> None:
    at = situation()
    record, now_d = at.record, to_days(LONG_AFTER)
    pool = parted(open_days(windows(SUMMIT.during, SHORT), record, [], (), now_d)).every
    orders = _orders(at, pool)
    (how,) = imagings(record, [FINE], ())
    few, many = (_on_days(orders, (n, n, True), how) for n in (5, 12))
    for number in range(20):
        smaller, larger = few(at.luck(number)), many(at.luck(number))
        assert len(smaller) == 10
        assert set(smaller) < set(larger)
        assert few(at.luck(number)) == smaller
        one = [at.replicate(number, 0.4).image(at, day, way).count for day, way in smaller]
        again = situation().replicate(number, 0.4)
        for day, way in larger:
            again.image(at, day, way)
        assert [again.image(at, day, way).count for day, way in smaller] == one


def test_rarer_passes_are_among_the_frequent_ones_under_one_sky() -> None:
    at = situation()
    pool = parted(open_days(windows(SUMMIT.during, SHORT), at.record, [], (), to_days(LONG_AGO))).every
    sky = sky_over(pool, replace(SKY, spell_d=2.0))
    (how,) = imagings(at.record, [FINE], ())
    hits = Counter()
    for number in range(20):
        often, seldom, rare = (set(_under_skies(pool, 2.0 * m, how, sky)(at.luck(number))) for m in (1, 2, 4))
        assert rare <= seldom <= often
        hits.update(day for day, _ in often)
    assert len(hits) > 0.8 * len(pool)  # and the first pass is another one in every replicate
    for first_day in (-3.2, 0.0, 77.7):
        days = [d.day for d in _passes(pool, 6.0, first_day)]
        assert set(np.diff(days)) <= {6, 12}  # a day with an image is no open one


def test_all_powers_are_of_the_same_number_of_replicates_and_rise_with_images() -> None:
    told = planned(SEEN, now=LONG_AFTER, asked=Asked(images=(3, 6, 12, 20), ratio=2.0, replicates=30))
    powers = [p.power_changed for p in told.curve]
    assert {p.replicates for p in powers} == {30}
    assert [p.estimate for p in powers] == sorted(p.estimate for p in powers)
    assert powers[0].estimate < powers[-1].estimate


def power(share: float) -> Power:
    return Power(estimate=share, low=max(0.0, share - 0.1), high=min(1.0, share + 0.1), replicates=60)


def point(added: int, changed: float, same: float | None = None, *, from_archive: bool = False) -> CurvePoint:
    return CurvePoint(
        images_before=10 + added,
        images_after=10 + added,
        added_before=added,
        added_after=added,
        from_archive=from_archive,
        every_day=added == 50,
        power_changed=power(changed),
        power_same=None if same is None else power(same),
    )


@pytest.fixture(scope="module")
def settled() -> ImagePlan:
    every_day = [count(d + 0.5, 8) for d in range(-35, 21)]
    return planned(every_day, now=LONG_AFTER, plan=replace(SHORT, margin=2.0))


def test_nothing_is_ordered_where_the_images_in_hand_answer(settled: ImagePlan) -> None:
    assert settled.verdict == "same"
    assert settled.schedule == CollectionSchedule(why='none needed: the images in hand answer it ("same")')


def test_what_is_ordered_is_what_an_answer_takes(settled: ImagePlan) -> None:
    bare = replace(settled, verdict="undetermined", power=0.8, ratio=1.5, margin=2.0)
    reached, five, forty = point(0, 0.9, 0.9), point(5, 0.9, 0.3), point(40, 0.9, 0.9, from_archive=True)
    both = replace(bare, curve=(five, forty), needed_changed=five, needed_same=forty)
    why = '"about the same" within 2 takes 40 more usable images before and 40 after'
    assert need_of(both) == Need(before=40, after=40, from_archive=True, why=why)
    one = replace(bare, curve=(five,), needed_changed=five, needed_same=None)
    assert (need_of(one).before, need_of(one).from_archive) == (5, False)
    assert need_of(replace(bare, curve=(reached,), needed_changed=reached, needed_same=reached)).why == (
        'none needed: the images in hand reach a power of 0.8 for a change by 1.5 and "about the same" within 2'
    )
    half = need_of(replace(bare, curve=(point(0, 0.9, 0.1),), needed_changed=point(0, 0.9, 0.1), needed_same=None))
    assert half.before == 0
    assert half.why.endswith('for a change by 1.5; no number of images does for "about the same" within 2')


def test_what_no_number_of_images_settles_is_said(settled: ImagePlan) -> None:
    bare = replace(settled, verdict="undetermined", power=0.8, ratio=1.5, margin=2.0, needed_changed=None)
    far = need_of(replace(bare, curve=(point(0, 0.1, 0.0), point(50, 0.4, 0.2)), needed_same=None))
    assert (far.before, far.after) == (0, 0)
    assert far.why == (
        "no number of images settles it: a usable image on every day that can still be had reaches 0.40 (0.30–0.50) "
        'for a change by 1.5 and 0.20 (0.10–0.30) for "about the same" within 2'
    )
    near = need_of(replace(bare, curve=(point(50, 0.75, 0.2),), needed_same=None))
    assert near.why.startswith("no number of images is shown to settle it: ")


def test_what_was_seen_after_the_day_of_planning_is_not_known() -> None:
    now = EVENT + timedelta(days=5)
    told = planned(SEEN, now=now)
    assert (told.have_before, told.have_after) == (10, 2)
    assert "planned as of 2018-06-17 00:00 UTC: 1 later image left out" in notes(told)
    assert told == replace(planned(SEEN[:12], now=now), notes=told.notes)


def test_no_number_of_images_is_named_that_gets_no_verdict() -> None:
    """Two a side would do by the closed formula, and under ten in all there is no verdict."""
    told = planned([], asked=Asked(ratio=20.0, images=(8,), replicates=20, rate=500.0), plan=replace(PLAN, margin=20.0))
    assert (told.best_case_changed, told.best_case_same) == (5, 5)
