"""Spans of bytes: nothing lost, nothing twice."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from overlook.collect.spans import length_of, merged, requests_of, without

spans = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)).map(lambda p: (p[0], p[0] + p[1])), max_size=30)


def points(of: object) -> set[int]:
    return {i for start, stop in of for i in range(start, stop)}  # type: ignore[attr-defined]


@given(spans)
def test_merged_spans_hold_the_same_bytes_once(given_spans: list[tuple[int, int]]) -> None:
    found = merged(given_spans)
    assert points(found) == points(given_spans)
    assert length_of(found) == len(points(given_spans))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))


@given(spans, spans)
def test_what_is_lacking_is_the_difference(wanted: list[tuple[int, int]], have: list[tuple[int, int]]) -> None:
    assert points(without(merged(wanted), merged(have))) == points(wanted) - points(have)


@given(spans, st.integers(1, 50))
def test_requests_cover_what_is_wanted_and_little_more(wanted: list[tuple[int, int]], longest: int) -> None:
    needed = merged(wanted)
    asked = list(requests_of(needed, longest=longest))
    assert points(asked) >= points(needed)
    assert length_of(asked) == len(points(asked)) <= 1.02 * length_of(needed)
    assert all(stop - start <= longest for start, stop in asked)
