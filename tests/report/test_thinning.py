"""What does not fit is thinned evenly and said; what is counted is counted of all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.report import render
from overlook.report.drawings import timelines
from overlook.report.gaps import gap_groups, strip
from overlook.report.thinning import MOST_GAPS, MOST_IMAGES, MOST_SERIES, MOST_STRIP, every, images_of_each
from overlook.report.timeline import timeline
from overlook.report.words import Names
from overlook.terms import Count, Gap, NotObserved, Observation, Series, instant
from report import fixture

A = fixture.assessment()
NAMES = Names.of(A.case)
YARD = Series(site="works", zone="yard", cls="vehicle")
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def counts(n: int, series: Series = YARD) -> list[Observation]:
    whens = [instant(BEGIN + timedelta(hours=i)) for i in range(n)]
    return [
        NotObserved(series=series, when=w, reason="cloud")
        if i % 3 == 0
        else Count(series=series, when=w, count=i % 7 + 100 * (i == 4), threshold=0.5)
        for i, w in enumerate(whens)
    ]


@given(st.lists(st.integers(), max_size=300), st.integers(1, 50))
def test_every_kth_from_the_first_on_and_never_more_than_wanted(items: list[int], most: int) -> None:
    kept, k = every(items, most)
    assert list(kept) == items[::k]
    assert len(kept) <= most
    assert k == 1 or len(items) > most
    # No more is left out than must be.
    assert k == 1 or len(items) > most * (k - 1)


def test_a_long_series_is_drawn_and_listed_thin_and_its_numbers_are_of_all() -> None:
    drawn = timeline(YARD, counts(5000), names=NAMES, level=0.9)
    assert len(drawn.rows) == len(drawn.dots) + len(drawn.unseen) == 556
    assert drawn.summary.endswith("Drawn and listed here: every 9th of these images in order of time, 556 of them.")
    assert "5000 images" in drawn.summary
    # The highest count of all is not among the drawn, and the axis still has room for it.
    assert "Counts run from 0 to 104" in drawn.summary
    assert drawn.y_ticks[-1].text >= "120"
    whole = timeline(YARD, counts(MOST_IMAGES), names=NAMES, level=0.9)
    assert len(whole.rows) == MOST_IMAGES
    assert "Drawn and listed here" not in whole.summary


def test_of_very_many_series_those_with_an_answer_are_drawn_first() -> None:
    quiet = [o for i in range(MOST_SERIES + 20) for o in counts(6, replace(YARD, zone=f"z{i:03d}"))]
    many = replace(A, observations=(*quiet, *A.observations), boxes=())
    drawn, _, left_out = timelines(many, NAMES)
    assert len(drawn) == MOST_SERIES
    assert drawn[0].title.startswith("Vehicle: ")
    assert "North yard" in {t.title.partition(": ")[2].partition(",")[0] for t in drawn[:4]}
    assert f"{MOST_SERIES} are drawn here, those with an answer first" in left_out
    html = render(many, lambda *_: None, made=BEGIN).html
    assert left_out in html
    assert timelines(A, NAMES)[2] == ""


def test_many_gaps_are_counted_in_full_and_listed_thin() -> None:
    gaps = tuple(
        Gap(site="works", zone="yard", during=instant(BEGIN + timedelta(hours=i)), reason="cloud") for i in range(900)
    )
    (group,) = gap_groups(gaps, NAMES)
    assert group.n == 900
    assert len(group.rows) == 300 <= MOST_GAPS
    assert group.listing == "North yard, cloud: 300 of 900, evenly through time."
    html = render(replace(A, gaps=gaps), lambda *_: None, made=BEGIN).html
    assert group.listing in html
    assert "<summary>Every gap" not in html
    assert "<summary>Every gap" in render(A, lambda *_: None, made=BEGIN).html


def test_a_crowded_calendar_keeps_one_mark_of_those_on_each_other() -> None:
    drawn = strip(replace(A, observations=tuple(counts(3 * MOST_STRIP)), gaps=()), NAMES)
    assert drawn is not None
    places = [m.x for m in drawn.marks]
    assert len(places) < 300
    assert max(b - a for a, b in pairwise(places)) < 6


@pytest.mark.parametrize(("series", "images"), [(1, 600), (50, 600), (100, 300), (10_000, 200)])
def test_the_more_series_the_fewer_images_of_each(series: int, images: int) -> None:
    assert images_of_each(series) == images
