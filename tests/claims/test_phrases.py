"""Dates are never a day off, and numbers never rounded to certainty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from claims.made import SITE
from overlook.claims.phrases import days_of, listed, number, percent, span
from overlook.terms import Interval, Site, instant

KOREA = Site(id="s", name="S", crs="local", timezone="Asia/Seoul")


def local(first: int, last: int, *, end_at_midnight: bool = False) -> Interval:
    """Whole days of June 2018 in Korea (UTC+9)."""
    start = datetime(2018, 6, first, tzinfo=UTC) - timedelta(hours=9)
    end = datetime(2018, 6, last, 15, tzinfo=UTC)
    return Interval(start=start, end=end if end_at_midnight else end - timedelta(microseconds=1))


def test_whole_local_days_are_told_as_local_dates():
    assert span(local(1, 30), KOREA) == "1 to 30 June 2018"
    assert span(local(12, 12), KOREA) == "12 June 2018"
    assert span(local(12, 12, end_at_midnight=True), KOREA) == "12 June 2018"


def test_other_spans_are_told_in_utc_with_their_times():
    whole = Interval(start=datetime(2018, 6, 12, tzinfo=UTC), end=datetime(2018, 6, 13, tzinfo=UTC))
    assert span(whole, KOREA) == "12 June 2018 UTC"
    assert span(local(12, 12), SITE) == "11 June 2018, 15:00 to 12 June 2018, 14:59 UTC"
    assert span(instant(datetime(2018, 6, 12, 1, 5, tzinfo=UTC)), KOREA) == "12 June 2018, 01:05 UTC"
    assert span(local(12, 12), None) == "11 June 2018, 15:00 to 12 June 2018, 14:59 UTC"


def test_days_between_images_are_local_and_without_hours():
    between = Interval(start=datetime(2018, 6, 11, 16, tzinfo=UTC), end=datetime(2018, 6, 29, 2, tzinfo=UTC))
    assert days_of(between, KOREA) == "12 to 29 June 2018"
    assert days_of(local(1, 30), KOREA) == "1 to 30 June 2018"


def test_a_far_date_is_no_error():
    open_end = Interval(start=datetime(2018, 6, 1, tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))
    assert span(open_end, KOREA) == "1 June 2018 to 31 December 9999 UTC"


def test_an_unknown_time_zone_falls_back_to_utc():
    odd = Site(id="s", name="S", crs="local", timezone="../../etc/passwd")
    assert span(local(12, 12), odd).endswith("UTC")


@pytest.mark.parametrize(("p", "text"), [(0.0, "under 1%"), (0.049, "5%"), (0.5, "50%"), (0.9999, "over 99%")])
def test_percent(p: float, text: str):
    assert percent(p) == text


@pytest.mark.parametrize(
    ("x", "text"), [(0.5, "0.5"), (1.2345, "1.23"), (0.0, "0"), (1e7, "1.0e+07"), (1e-9, "1.0e-09")]
)
def test_number(x: float, text: str):
    assert number(x) == text


def test_listed():
    assert [listed(w) for w in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
