from datetime import UTC, datetime, timedelta

import pytest

from overlook.report.said import _grade
from overlook.report.timeline import poisson_interval
from overlook.report.words import (
    PERCENT,
    Names,
    anchor,
    counted,
    days,
    isolated,
    listed,
    local_text,
    number,
    percent,
    ratio,
    short_local,
    utc_text,
)
from overlook.terms import CREDIBILITY, RELIABILITY, WORDS, Interval, instant
from report.fixture import case, site

NOON = datetime(2018, 6, 12, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.834, "×1.83"), (0.61, "×0.61"), (12.34, "×12"), (float("inf"), "×no bound"), (None, "–"), (0.0004, "×4.0e-04")],
)
def test_a_ratio_reads_as_a_factor(value: float | None, text: str) -> None:
    assert ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0%"), (0.004, "<1%"), (0.04, "4%"), (0.996, ">99%"), (1.0, "100%"), (None, "–")]
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_numbers_keep_a_minus_and_thousands() -> None:
    assert number(-1234.5, 1) == "−1,234.5"
    assert number(None) == "–"


def test_utc_and_local_dates_differ_where_the_day_does() -> None:
    assert utc_text(instant(NOON)) == "12 June 2018, 16:30 UTC"
    assert local_text(instant(NOON), site()) == "13 June 2018, 01:30 Asia/Pyongyang"
    # Until 4 May 2018 the clocks of that zone stood half an hour behind.
    assert short_local(instant(datetime(2018, 4, 1, 15, 15, tzinfo=UTC)), site()) == "1 Apr 2018, 23:45"


def test_what_is_not_known_of_a_time_is_said() -> None:
    assert utc_text(None) == "undated"
    assert days(None) == "at any time"
    span = Interval(start=NOON, end=NOON + timedelta(days=2))
    assert utc_text(span) == "between 12 June 2018, 16:30 and 14 June 2018, 16:30 UTC"
    assert days(span) == "12 to 14 June 2018"
    assert local_text(span, None) == "local time not known"
    early = Interval(start=datetime(1, 1, 1, tzinfo=UTC), end=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    assert local_text(early, site()) == "1 to 9999"


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (5, 1.623, 11.668), (10, 4.795, 18.390)])
def test_the_poisson_interval_is_garwoods(count: int, low: float, high: float) -> None:
    """Garwood (1936), table of 95% limits."""
    assert poisson_interval(count, 0.95) == pytest.approx((low, high), abs=6e-4)


def test_percentages_are_those_of_the_one_row_of_words() -> None:
    bounds = [0.01] + [bound for bound, _ in WORDS]
    expected = {word: f"{low * 100:.0f}–{high * 100:.0f}%" for low, (high, word) in zip(bounds, WORDS, strict=False)}
    assert expected == PERCENT


def test_admiralty_grades_stay_apart_and_complete() -> None:
    assert "".join(RELIABILITY) == "ABCDEF"
    assert "".join(CREDIBILITY) == "123456"
    assert _grade("B", RELIABILITY) == "B, usually reliable"
    assert _grade(None, RELIABILITY) == "not graded"


def test_anchors_are_safe_stable_and_different() -> None:
    first, second = anchor("claim", 'a/б"><script>'), anchor("claim", 'a/в"><script>')
    assert first != second
    assert first == anchor("claim", 'a/б"><script>')
    assert first.replace("-", "").isalnum()


def test_names_that_run_from_right_to_left_are_isolated() -> None:
    assert isolated("North yard") == "North yard"
    assert isolated("ميناء") == "\u2068ميناء\u2069"
    assert isolated("a\u202eb") == "\u2068ab\u2069"


def test_small_words() -> None:
    assert counted(1, "image") == "1 image"
    assert counted(3, "image") == "3 images"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    names = Names.of(case())
    assert names.zone("works", "yard") == "North yard"
    assert names.zone("works", "") == "the whole site"
    assert names.zone("works", "gone") == "gone"
    assert names.event("nowhere") == "nowhere"
