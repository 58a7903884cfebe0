"""Which statement a date, a place or a number belongs to; and those of the founding article, by their offsets."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from overlook.case import read_case
from overlook.claims.texts import read_text
from overlook.claims.texts.dates import find_dates
from overlook.claims.texts.numbers import find_numbers
from overlook.terms.statement import Statement
from shared import ROOT, SHARED, needs

PUBLISHED = date(2018, 8, 1)
ARTICLE = ("..", "seed", "article-2018.txt")
DIGEST = "5041f2c1e347efa7e9058528b553c315d8ad9d4a996c10b146c11e3059723b22"


def dates(statement: Statement) -> list[str]:
    return [dated.span.text for dated in statement.dates]


def test_a_date_of_the_saying_stands_outside_both_parts_and_is_found():
    (one,) = read_text("The ministry said the works had closed in June, in a statement on Monday.", PUBLISHED)
    assert dates(one) == ["June", "Monday"]
    (one,) = read_text("On Monday the ministry said the works had closed.", PUBLISHED)
    assert dates(one) == ["Monday"]


def test_what_is_another_statements_own_is_not_shared():
    text = "The ministry said 40 trucks left on Monday, but the army said 50 trucks came on Tuesday."
    first, second = read_text(text, PUBLISHED)
    assert (dates(first), dates(second)) == (["Monday"], ["Tuesday"])
    assert [number.low for number in first.numbers] == [40]
    assert [number.low for number in second.numbers] == [50]


@pytest.mark.parametrize(
    "text",
    [
        "It closed in May. The ministry said it was empty. It opened in July.",
        "It closed in May.\nThe ministry said it was empty.\nIt opened in July.",
        "“It closed in May.” The ministry said it was empty. (It opened in July.)",
    ],
)
def test_the_sentences_around_are_not_read_into_it(text):
    said = next(s for s in read_text(text, PUBLISHED) if s.cue and s.cue[0].text == "said")
    assert dates(said) == []


def test_an_initial_ends_no_sentence():
    (one,) = read_text("The works closed, J. Smith said at the U.S. Embassy on Monday.", PUBLISHED)
    assert dates(one) == ["Monday"]


def test_a_text_without_statements_is_not_searched():
    assert read_text("It closed on Monday.", PUBLISHED) == ()


@needs(*ARTICLE)
def test_the_founding_article_has_these_dates_sites_and_numbers_and_no_others():
    text = SHARED.joinpath(*ARTICLE).read_bytes().decode("utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST
    case = read_case(ROOT / "examples" / "founding-article")
    statements = read_text(text, PUBLISHED, sites=case.sites, events=case.events)
    assert {
        (k, d.span.start, d.span.end, f"{d.start:%F}", f"{d.end:%F}")
        for k, statement in enumerate(statements)
        for d in statement.dates
        if d.start and d.end
    } == {
        (4, 871, 877, "2018-07-30", "2018-07-30"),
        (15, 3235, 3244, "2018-07-23", "2018-07-29"),
        (17, 3559, 3568, "2018-07-23", "2018-07-29"),
    }
    assert {(k, p.span.start, p.span.end, p.site, p.near) for k, s in enumerate(statements) for p in s.places} == {
        (4, 1016, 1025, "", "sanumdong"),
        (4, 1032, 1041, "sanumdong", ""),
        (8, 1714, 1723, "sanumdong", ""),
        (14, 3042, 3051, "", "sanumdong"),
        (15, 3161, 3170, "", "sanumdong"),
        (15, 3310, 3328, "launch-site", ""),
    }
    assert [(k, n.span.start, n.span.end, n.low) for k, s in enumerate(statements) for n in s.numbers] == [
        (2, 505, 516, 2)
    ]
    # The writer's own sentences are no statements of anybody's, and their dates and numbers are read all the same.
    found = find_dates(text, PUBLISHED)
    assert [(d.span.start, d.span.end, f"{d.start:%F}", f"{d.end:%F}") for d in found if d.start and d.end] == [
        (494, 498, "2018-06-01", "2018-06-30"),
        (871, 877, "2018-07-30", "2018-07-30"),
        (2493, 2512, "2017-09-01", "2017-09-30"),
        (2517, 2535, "2016-08-01", "2018-08-01"),
        (3235, 3244, "2018-07-23", "2018-07-29"),
        (3559, 3568, "2018-07-23", "2018-07-29"),
    ]
    assert len(found) == 6
    taken = [(d.span.start, d.span.end) for d in found]
    assert [(n.span.start, n.span.end, n.low, n.unit) for n in find_numbers(text, taken)] == [
        (505, 516, 2, "leaders"),
        (2435, 2450, 6, "nuclear tests"),
    ]
