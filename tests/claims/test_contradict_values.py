"""Pairs of assertions by hand: what agrees, what contradicts, and what nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.made import day, span
from overlook.claims.contradict_values import compare
from overlook.claims.facts import in_words
from overlook.terms import Assertion, Case, Claim

Y2016, Y2017, Y2018 = day(2016, 9, 10), day(2017, 9, 4), day(2018, 7, 30)
SEPTEMBER = span(day(2017, 9, 1), day(2017, 9, 30))


def count(n: float | None, high: float | None = None, **more: Any) -> Assertion:
    return Assertion(says="count", of="test", low=n, high=n if high is None else high, **more)


def at_least(n: float, **more: Any) -> Assertion:
    return Assertion(says="count", of="test", low=n, **more)


def latest(on: Any = None, **more: Any) -> Assertion:
    return Assertion(says="latest", of="test", on=on, **more)


def first(**more: Any) -> Assertion:
    return Assertion(says="first", of="icbm", **more)


def more(which: str, than: str, **rest: Any) -> Assertion:
    return Assertion(says="more", of="time-to-fuel", which=which, than=than, **rest)


def holds(**rest: Any) -> Assertion:
    return Assertion(says="holds", of="plant-runs", **rest)


def amount(low: float, high: float, unit: str = "km", **rest: Any) -> Assertion:
    return Assertion(says="amount", of="range", low=low, high=high, unit=unit, **rest)


CASES = [
    # The founding article: six tests, the latest in September of last year, solid fuel slower, the first ICBM.
    (count(6, by=Y2018), count(6, by=Y2018), "agree"),
    (latest(SEPTEMBER, by=Y2018), latest(day(2017, 9, 3), by=Y2018), "agree"),
    (more("solid", "liquid"), more("liquid", "solid"), "contradict"),
    (first(which="hwasong-15"), first(which="hwasong-14"), "contradict"),
    # Counts grow with time.
    (count(6, by=Y2018), count(5, by=Y2018), "contradict"),
    (count(5, by=Y2016), count(6, by=Y2018), "cannot tell"),
    (count(6, by=Y2016), count(5, by=Y2018), "contradict"),
    (count(6), count(5, by=Y2018), "cannot tell"),
    (count(6), count(5), "contradict"),
    (at_least(4, by=Y2018), count(6, by=Y2018), "agree"),
    (at_least(7, by=Y2018), count(6, by=Y2018), "contradict"),
    (at_least(7, by=Y2016), count(6, by=Y2018), "contradict"),
    (count(2, since=Y2016, by=Y2018), count(6, by=Y2018), "cannot tell"),
    (count(7, since=Y2016, by=Y2018), count(6, by=Y2018), "contradict"),
    (count(2, since=Y2017, by=Y2018), count(1, since=Y2016, by=Y2017), "cannot tell"),
    # Dates.
    (latest(day(2016, 9, 9), by=Y2018), latest(day(2017, 9, 3), by=Y2018), "contradict"),
    (latest(day(2016, 9, 9), by=Y2016), latest(day(2017, 9, 3), by=Y2018), "cannot tell"),
    (latest(day(2017, 9, 3), by=Y2017), latest(day(2016, 9, 9), by=Y2018), "contradict"),
    (latest(day(2016, 1, 6), by=Y2017), latest(day(2016, 9, 9), by=Y2018), "contradict"),
    (latest(day(2016, 1, 6)), latest(day(2017, 9, 3), by=Y2018), "cannot tell"),
    (latest(SEPTEMBER, by=Y2018), latest(which="punggye", by=Y2018), "cannot tell"),
    (first(on=day(2017, 7, 4)), first(on=day(2017, 7, 28)), "contradict"),
    (first(which="hwasong-14"), first(which="hwasong-14", on=day(2017, 7, 4)), "agree"),
    # Orders, states, amounts.
    (more("solid", "liquid"), more("solid", "hybrid"), "cannot tell"),
    (more("solid", "liquid", denied=True), more("liquid", "solid"), "agree"),
    (more("solid", "liquid", denied=True), more("solid", "liquid"), "contradict"),
    (holds(), holds(denied=True), "contradict"),
    (holds(on=Y2016), holds(on=Y2018, denied=True), "cannot tell"),
    (holds(on=Y2016), holds(denied=True), "cannot tell"),
    (amount(1000, 1000), amount(900, 1100), "agree"),
    (amount(1000, 1000), amount(1300, 1300), "contradict"),
    (amount(1000, 1000), amount(600, 600, "miles"), "cannot tell"),
    (amount(1000, 1000, on=Y2016), amount(2000, 2000, on=Y2018), "cannot tell"),
    (amount(1000, 1000, on=Y2016), amount(2000, 2000), "cannot tell"),
    # What is denied has to be exactly what is said.
    (count(6, by=Y2018, denied=True), count(6, by=Y2018), "contradict"),
    (count(6, by=Y2018, denied=True), count(5, by=Y2018), "agree"),
    (at_least(6, by=Y2018, denied=True), count(7, by=Y2018), "cannot tell"),
    (count(6, by=Y2018, denied=True), count(5, by=Y2018, denied=True), "cannot tell"),
    # A denial does not make agreement out of what cannot be told.
    (count(6, denied=True), count(5, by=Y2018), "cannot tell"),
]


@pytest.mark.parametrize(("ours", "theirs", "outcome"), CASES, ids=range(len(CASES)))
def test_pairs_by_hand_both_ways_round(ours: Assertion, theirs: Assertion, outcome: str):
    assert [found and found[0] for found in (compare(ours, theirs), compare(theirs, ours))] == [outcome, outcome]


def test_the_reason_is_said():
    assert compare(count(6, by=Y2018), count(5, by=Y2018)) == (
        "contradict",
        "Different numbers for one time: 6 beside 5.",
    )
    found = compare(more("solid-fuel", "liquid-fuel"), more("liquid-fuel", "solid-fuel"))
    assert found is not None
    assert found[1] == "The other way round: solid fuel and liquid fuel change places."


def test_other_things_and_other_forms_are_not_compared():
    assert compare(count(6), Assertion(says="count", of="launch", low=1, high=1)) is None
    assert compare(count(6), latest(SEPTEMBER)) is None


bound = st.one_of(st.none(), st.integers(0, 5).map(float))
when = st.sampled_from([None, Y2016, Y2017, Y2018])


@st.composite
def assertions(draw: st.DrawFn) -> Assertion:
    says = draw(st.sampled_from(["count", "amount", "first", "latest", "more", "holds"]))
    values: dict[str, Any] = {"says": says, "of": "x", "denied": draw(st.booleans())}
    if says in ("count", "amount"):
        low, high = draw(bound), draw(bound)
        if low is not None and high is not None and low > high:
            low, high = high, low
        values |= {"low": low if low is not None or high is not None else 1.0, "high": high}
    if says == "count":
        since = draw(st.sampled_from([None, Y2016]))
        values |= {"by": draw(when), "since": since}
    if says in ("first", "latest"):
        values |= {"on": draw(when), "which": draw(st.sampled_from(["a", "b"])), "by": draw(when)}
    if says == "more":
        values |= dict(zip(("which", "than"), draw(st.permutations(["a", "b"])), strict=True))
    if says in ("amount", "holds"):
        values |= {"on": draw(when)}
    return Assertion(**values)


@given(assertions(), assertions())
def test_which_of_the_two_stands_first_never_matters(a: Assertion, b: Assertion):
    found, turned = compare(a, b), compare(b, a)
    assert (found is None) == (turned is None)
    assert found is None or turned is None or found[0] == turned[0]


@given(assertions())
def test_nothing_contradicts_itself(a: Assertion):
    found = compare(a, a)
    assert found is not None
    assert found[0] in ("agree", "cannot tell")


def test_names_are_spelled_as_the_case_spells_them_and_plain_words_are_left():
    quote = "Only the Hwasong-15 is an ICBM that can reach the US, they told us. Others agree that Only."
    a = Assertion(says="first", of="icbm-able-to-reach-the-us", which="hwasong-15")
    at = Case(id="k", title="K", claims=(Claim(id="c", quote=quote, chain=()),))
    assert in_words(a, at) == "ICBM able to reach the us: the first is Hwasong-15"
    without = replace(at, claims=(replace(at.claims[0], quote=quote.replace("they told us", "they said")),))
    assert in_words(a, without) == "ICBM able to reach the US: the first is Hwasong-15"
    assert in_words(a, replace(at, claims=())) == "Icbm able to reach the us: the first is hwasong 15"
