"""The pattern of life: what it finds, and what it leaves empty."""

import math
from dataclasses import replace

import numpy as np
import pytest

from activity.drifting import EVENT, SERIES, count, drifting
from overlook.activity import describe
from overlook.terms import Interval, NotObserved, Plan, dumps

PLAN = Plan()


def test_a_long_daily_series_gives_up_its_parts() -> None:
    rng = np.random.default_rng(12)
    u, counts = 0.0, []
    for d in range(-1000, 0):
        u = u * math.exp(-1 / 14) + 0.35 * math.sqrt(1 - math.exp(-2 / 14)) * rng.normal()
        weekend = math.log(0.4) if count(d + 0.5, 0).when.start.weekday() >= 5 else 0.0
        wave = 0.5 * math.cos(2 * math.pi * d / 365.2425)
        counts.append(count(d + 0.5, rng.poisson(20 * math.exp(u + weekend + wave) * rng.gamma(10, 0.1))))
    p = describe(SERIES, counts, plan=PLAN)
    assert p.weekend_ratio is not None
    assert p.weekend_ratio.low < 0.4 < p.weekend_ratio.high
    assert p.weekend_ratio.high / p.weekend_ratio.low < 1.4
    assert p.yearly_amplitude is not None
    assert p.yearly_amplitude.low < math.exp(0.5) < p.yearly_amplitude.high
    assert p.dispersion_k is not None
    assert p.dispersion_k.low < 10 < p.dispersion_k.high
    assert p.correlation_time_d is not None
    assert p.correlation_time_d.low < 14 < p.correlation_time_d.high
    assert p.rate is not None
    assert p.rate.low < np.mean([c.count for c in counts]) < p.rate.high
    assert 300 <= len(p.band) <= 400
    assert all(b.low <= b.middle <= b.high for b in p.band)
    assert [b.when for b in p.band] == sorted(b.when for b in p.band)


def test_a_short_series_leaves_empty_what_it_cannot_tell() -> None:
    p = describe(SERIES, drifting(np.random.default_rng(4), 8, 4)[0], plan=PLAN)
    assert p.rate is not None
    assert p.yearly_amplitude is None
    assert p.correlation_time_d is None
    assert any("correlation time of the drift: the images do not tell it" in note for note in p.notes)
    assert p.hours_utc == (12.0, 12.0)
    assert any("other hours were not seen" in note for note in p.notes)


def test_the_band_opens_where_nothing_was_seen() -> None:
    days = [*range(-120, -80, 2), *range(-20, 0, 2)]
    p = describe(SERIES, [count(d + 0.5, round(90 * math.exp(0.6 * math.sin(d / 8)))) for d in days], plan=PLAN)
    width = {(b.when - EVENT).days: b.high / b.low for b in p.band}
    assert width[-50] > 1.5 * width[-100]


def test_nothing_counted_is_a_bound() -> None:
    p = describe(SERIES, [count(-d, 0) for d in range(1, 31)], plan=PLAN)
    assert p.rate is not None
    assert p.rate.low == 0.0
    assert p.rate.high == pytest.approx(0.1, rel=0.002)
    assert p.band == ()
    assert p.model is None


def test_nothing_observed_is_nothing() -> None:
    unseen = NotObserved(series=SERIES, when=count(-3, 0).when, reason="cloud")
    p = describe(SERIES, [unseen], plan=PLAN)
    assert (p.rate, p.n_images, p.n_usable, p.hours_utc, p.band) == (None, 0, 0, None, ())
    dumps(p)


def test_one_image_is_told_without_confidence() -> None:
    p = describe(SERIES, [count(-3, 7)], plan=PLAN)
    assert p.rate is not None
    assert p.rate.high / p.rate.low > 2
    assert p.weekend_ratio is None
    dumps(p)


def test_hours_pass_midnight() -> None:
    counts = [count(-d + h / 24, 5) for d, h in ((10, 23), (8, 1), (6, 23.5), (4, 0.5))]
    assert describe(SERIES, counts, plan=PLAN).hours_utc == (23.0, 1.0)


def test_an_image_dated_to_its_day_has_no_hour() -> None:
    day = count(-3, 7)
    whole = replace(day, when=Interval(start=day.when.start.replace(hour=0), end=day.when.start.replace(hour=23)))
    p = describe(SERIES, [whole], plan=PLAN)
    assert p.hours_utc is None
    assert any("no image has a time of day" in note for note in p.notes)
