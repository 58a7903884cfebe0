"""Numbers: a table by hand, what is none, then any text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.claims.texts.numbers import find_numbers, value_of

# text | what is found | low | high ("-": open) | unit | ~ where it is approximate
TABLE = """
It executed 6 nuclear tests. | 6 nuclear tests | 6 | 6 | nuclear tests
It carried out six nuclear tests. | six nuclear tests | 6 | 6 | nuclear tests
She saw about 100 trucks. | about 100 trucks | 100 | 100 | trucks | ~
She saw some 20 vehicles there. | some 20 vehicles | 20 | 20 | vehicles | ~
She saw nearly two dozen cars. | nearly two dozen cars | 24 | 24 | cars | ~
She saw 11 or 12 tanks. | 11 or 12 tanks | 11 | 12 | tanks
She saw 11 to 12 tanks. | 11 to 12 tanks | 11 | 12 | tanks
She saw 100-150 workers. | 100-150 workers | 100 | 150 | workers
She saw 100–150 workers. | 100–150 workers | 100 | 150 | workers
She saw between 11 and 12 tanks. | between 11 and 12 tanks | 11 | 12 | tanks
From 5 to 7 shipping containers left. | From 5 to 7 shipping containers | 5 | 7 | shipping containers
She saw more than 100 people. | more than 100 people | 100 | - | people
She saw at least three trains. | at least three trains | 3 | - | trains
She saw up to 40 aircraft. | up to 40 aircraft | - | 40 | aircraft
She saw fewer than 5 ships. | fewer than 5 ships | - | 5 | ships
She saw as many as 30 launchers. | as many as 30 launchers | - | 30 | launchers
She saw two more buildings. | two more buildings | 2 | 2 | buildings
She saw one crane. | one crane | 1 | 1 | crane
She saw a dozen trucks. | a dozen trucks | 12 | 12 | trucks
She saw dozens of trucks. | dozens of trucks | 24 | 99 | trucks | ~
She saw hundreds of trucks. | hundreds of trucks | 200 | 999 | trucks | ~
Two-thirds of the trucks left. | Two-thirds of the trucks | 0.6666667 | 0.6666667 | share of trucks
Half of the trucks left. | Half of the trucks | 0.5 | 0.5 | share of trucks
One in five trucks left. | One in five trucks | 0.2 | 0.2 | share of trucks
It fell by 20 percent. | 20 percent | 20 | 20 | %
It fell by 20%. | 20% | 20 | 20 | %
It fell by 20 to 30 per cent. | 20 to 30 per cent | 20 | 30 | %
It fell by 2.5 percentage points. | 2.5 percentage points | 2.5 | 2.5 | percentage point
It is 30 metres long. | 30 metres | 30 | 30 | m
It is 30m long. | 30m | 30 | 30 | m
It is 30-metre long. | 30-metre | 30 | 30 | m
It lies 80 kilometers north. | 80 kilometers | 80 | 80 | km
It lies roughly 80 km north. | roughly 80 km | 80 | 80 | km | ~
It lies 5 nautical miles off. | 5 nautical miles | 5 | 5 | nmi
It covers 12 hectares. | 12 hectares | 12 | 12 | ha
It covers 1,200 square metres. | 1,200 square metres | 1200 | 1200 | m2
It weighs 3.5 tonnes. | 3.5 tonnes | 3.5 | 3.5 | t
It took three years. | three years | 3 | 3 | year
It yielded 140 kilotons. | 140 kilotons | 140 | 140 | kt
It cost $2.5 billion. | $2.5 billion | 2500000000 | 2500000000 | USD
It cost $2-3 billion. | $2-3 billion | 2000000000 | 3000000000 | USD
It cost €300. | €300 | 300 | 300 | EUR
It cost 2 million dollars. | 2 million dollars | 2000000 | 2000000 | USD
It employs twenty-five guards. | twenty-five guards | 25 | 25 | guards
It employs one hundred and fifty guards. | one hundred and fifty guards | 150 | 150 | guards
It employs three thousand two hundred guards. | three thousand two hundred guards | 3200 | 3200 | guards
It employs 1,200 guards. | 1,200 guards | 1200 | 1200 | guards
It employs 10k guards. | 10k guards | 10000 | 10000 | guards
She saw about 40 trucks a day. | about 40 trucks a day | 40 | 40 | trucks a day | ~
It grew 3 percent per year. | 3 percent per year | 3 | 3 | % a year
Scores of people came. | Scores of people | 40 | 99 | people | ~
About four million fewer people came. | About four million fewer people | 4000000 | 4000000 | people | ~
She spent hundreds of hours. | hundreds of hours | 200 | 999 | hour | ~
It is at 350 °C now. | 350 °C | 350 | 350 | °C
"""
NONE = [
    "The Hwasong-15 flew.", "Resolution 2375 was passed.", "See No. 5 there.", "The first missile flew.", "",
    "The most recent one.", "No one knows.", "One of them left.", "It is 10:30.", "At 5 p.m. it left.", "the site",
    "On the 3rd it left.", "in 2018 it left", "Call 5551234567890123456.", "v1.2.3", "See https://example.org/2/3.",
    "F-16", "a few", "a three-way race", "It is 9/11.", "settling scores", "one of the most used sites",
    "He is the one.",
]  # fmt: skip


def rows() -> list[tuple[str, str, str, str, str, bool]]:
    found = []
    for line in TABLE.strip().splitlines():
        parts = [part.strip() for part in line.split("|")]
        found.append((parts[0], parts[1], parts[2], parts[3], parts[4], len(parts) > 5))
    return found


def bound(text: str) -> float | None:
    return None if text == "-" else float(text)


@pytest.mark.parametrize(("text", "said", "low", "high", "unit", "about"), rows(), ids=lambda v: str(v)[:40])
def test_by_hand(text, said, low, high, unit, about):
    (found,) = find_numbers(text)
    assert found.span.text == said
    assert (found.low, found.high) == (pytest.approx(bound(low)), pytest.approx(bound(high)))
    assert (found.unit, found.approximate) == (unit, about)


@pytest.mark.parametrize("text", NONE)
def test_names_clocks_and_pronouns_are_no_numbers(text):
    assert find_numbers(text) == ()


def test_what_is_taken_by_dates_is_left_to_them():
    text = "On 3 March 6 trucks came."
    assert [n.span.text for n in find_numbers(text, [(3, 10)])] == ["6 trucks"]
    assert [n.span.text for n in find_numbers("about two weeks ago 5 came", [(6, 19)])] == ["5"]


def test_numbers_that_dates_count_with():
    vague = {"few": (2, 7)}
    assert value_of("two", vague) == (2, 2)
    assert value_of("a few", vague) == (2, 7)
    assert value_of("2 or 3", vague) == (2, 3)
    assert value_of("twelve", vague) == (12, 12)


WORDS = [
    "about", "between", "from", "and", "to", "or", "one", "six", "hundred", "million", "a", "dozen", "half", "of",
    "the", "1,200", "1.5", "999999999999999", "$", "%", "km", "trucks", "in", "-", "–", ",", ".", "dozens", "more than",
    "\n", "0", "out of", "third", "two-thirds", "°C", "US$", "00", "bn", "m",
]  # fmt: skip


def check(text: str) -> None:
    end = 0
    for found in find_numbers(text):
        assert text[found.span.start : found.span.end] == found.span.text
        assert found.span.start >= end
        assert all(math.isfinite(b) for b in (found.low, found.high) if b is not None)
        end = found.span.end


@given(st.text(max_size=200))
def test_any_text_is_read_and_offsets_slice_back(text):
    check(text)


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["", " "]))
def test_any_words_of_numbers_in_any_order_are_read(words, joint):
    check(joint.join(words))
