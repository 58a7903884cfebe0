"""Sorting: what may enter a likelihood."""

from dataclasses import replace

from activity.drifting import EVENT, SERIES, count, window
from overlook.activity import by_series
from overlook.activity.series import to_days, usable
from overlook.terms import Index, NotObserved, Series


def test_by_series_keeps_order_and_loses_nothing() -> None:
    other = Series(site="s", zone="gate", cls="vehicle")
    observations = [
        count(1, 1),
        replace(count(2, 2), series=other),
        NotObserved(series=SERIES, when=None, reason="cloud"),
    ]
    found = by_series(observations)
    assert list(found) == [SERIES, other]
    assert found[SERIES] == (observations[0], observations[2])


def test_days_are_counted_from_1970() -> None:
    assert to_days(EVENT) == 17694.0


def test_sorted_in_time_and_within_the_window() -> None:
    record = usable(SERIES, [count(5, 1), count(-5, 2), count(70, 3)], within=window(-10, 10))
    assert [o.count for o in record.kept] == [2, 1]
    assert record.time_d == (to_days(EVENT) - 5, to_days(EVENT) + 5)


def test_counts_win_over_an_index_with_a_note() -> None:
    record = usable(SERIES, [count(1, 1), Index(series=SERIES, when=count(2, 0).when, value=0.3)])
    assert len(record.kept) == 1
    assert not record.is_index
    assert "index value left out" in record.notes[0]


def test_of_two_readers_the_one_who_declared_what_she_misses_is_taken() -> None:
    careful = replace(count(1, 4), scene="a", observer="anna", detection_probability=0.9)
    record = usable(SERIES, [replace(count(1, 9), scene="a", observer="bert"), careful])
    assert record.kept == (careful,)
    assert "second reading" in record.notes[0]


def test_images_within_an_hour_are_one_look() -> None:
    """Frames seconds apart show the same vehicles: twenty of them are not twenty days."""
    frames = [count(1 + i / 86400, 4) for i in range(20)]
    best = count(1 + 30 / 86400, 3)
    hazy = [replace(frame, visible_fraction=0.8) for frame in frames]
    assert len(usable(SERIES, frames).kept) == 1
    record = usable(SERIES, [*hazy, best, count(1.1, 5)])
    assert [o.count for o in record.kept] == [3, 5]
    assert "20 images within an hour of another left out" in record.notes[0]


def test_two_sensors_at_one_time_are_one_look() -> None:
    assert len(usable(SERIES, [replace(count(1, 4), sensor=s) for s in ("A", "B")]).kept) == 1
