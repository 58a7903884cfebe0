"""Dates: a table by hand, then properties. Wednesday 1 August 2018 is the day of publication where none is named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.claims.texts.dates import WAITS, find_dates
from overlook.claims.texts.dates_grammar import grammar
from overlook.terms import Event, Interval
from overlook.terms.statement import Dated

WEDNESDAY = date(2018, 8, 1)
MONDAY = date(2018, 7, 30)
SATURDAY = date(2018, 8, 4)
NEW_YEAR = date(2019, 1, 1)  # a Tuesday
LEAP = date(2024, 3, 1)  # a Friday

# text | what is found in it | from | to ("-" for an open bound)
OF_WEDNESDAY = """
The paper reported on Monday that | Monday | 2018-07-30 | 2018-07-30
He said Tuesday night that | Tuesday night | 2018-07-31 | 2018-07-31
She spoke early on Sunday. | early on Sunday | 2018-07-29 | 2018-07-29
It was seen on Wednesday. | Wednesday | 2018-08-01 | 2018-08-01
It left on Thursday. | Thursday | 2018-07-26 | 2018-07-26
They will meet on Monday. | Monday | 2018-08-06 | 2018-08-06
They are expected to sign on Wednesday. | Wednesday | 2018-08-08 | 2018-08-08
On Friday, they will meet. | Friday | 2018-08-03 | 2018-08-03
A draft approved Friday would move it. | Friday | 2018-07-27 | 2018-07-27
He said on Friday that he will go. | Friday | 2018-07-27 | 2018-07-27
Talks will go on, he said on Friday. | Friday | 2018-07-27 | 2018-07-27
He came last Friday. | last Friday | 2018-07-27 | 2018-07-27
He came this past Friday. | this past Friday | 2018-07-27 | 2018-07-27
He leaves this Friday. | this Friday | 2018-08-03 | 2018-08-03
He leaves next Tuesday. | next Tuesday | 2018-08-07 | 2018-08-07
He leaves this coming Friday. | this coming Friday | 2018-08-03 | 2018-08-03
He came on Thursday last week. | Thursday last week | 2018-07-26 | 2018-07-26
He goes on Thursday of next week. | Thursday of next week | 2018-08-09 | 2018-08-09
It began last week. | last week | 2018-07-23 | 2018-07-29
It began this week. | this week | 2018-07-30 | 2018-08-05
It begins next week. | next week | 2018-08-06 | 2018-08-12
It began earlier this week. | earlier this week | 2018-07-30 | 2018-08-01
It begins later this week. | later this week | 2018-08-01 | 2018-08-05
It began late last week. | late last week | 2018-07-28 | 2018-07-29
It began last month. | last month | 2018-07-01 | 2018-07-31
It began earlier this month. | earlier this month | 2018-08-01 | 2018-08-01
It begins later this month. | later this month | 2018-08-01 | 2018-08-31
It began early last month. | early last month | 2018-07-01 | 2018-07-10
It began late last month. | late last month | 2018-07-22 | 2018-07-31
It ended at the end of last month. | the end of last month | 2018-07-27 | 2018-07-31
It begins next month. | next month | 2018-09-01 | 2018-09-30
It began last quarter. | last quarter | 2018-04-01 | 2018-06-30
It began last year. | last year | 2017-01-01 | 2017-12-31
It began late last year. | late last year | 2017-09-01 | 2017-12-31
It began earlier this year. | earlier this year | 2018-01-01 | 2018-08-01
It begins later this year. | later this year | 2018-08-01 | 2018-12-31
It begins early next year. | early next year | 2019-01-01 | 2019-04-30
He met him in June. | June | 2018-06-01 | 2018-06-30
It was seen in August. | August | 2018-08-01 | 2018-08-31
It was seen in September. | September | 2017-09-01 | 2017-09-30
They will meet in September. | September | 2018-09-01 | 2018-09-30
The one carried out in September last year. | September last year | 2017-09-01 | 2017-09-30
It was in September of last year. | September of last year | 2017-09-01 | 2017-09-30
They meet in June next year. | June next year | 2019-06-01 | 2019-06-30
It was last September. | last September | 2017-09-01 | 2017-09-30
It was this past June. | this past June | 2018-06-01 | 2018-06-30
It is next January. | next January | 2019-01-01 | 2019-01-31
It was in mid-June. | mid-June | 2018-06-11 | 2018-06-20
It was in early June. | early June | 2018-06-01 | 2018-06-10
It was in late May. | late May | 2018-05-22 | 2018-05-31
It was at the end of June. | the end of June | 2018-06-26 | 2018-06-30
It was in the first week of June. | the first week of June | 2018-06-01 | 2018-06-07
It was in the last week of May. | the last week of May | 2018-05-25 | 2018-05-31
It was in the second half of June. | the second half of June | 2018-06-16 | 2018-06-30
It was in June 2016. | June 2016 | 2016-06-01 | 2016-06-30
It was in June, 2016. | June, 2016 | 2016-06-01 | 2016-06-30
It was in May of 2015. | May of 2015 | 2015-05-01 | 2015-05-31
It was on 3 March 2024. | 3 March 2024 | 2024-03-03 | 2024-03-03
It was on March 3, 2017. | March 3, 2017 | 2017-03-03 | 2017-03-03
It was on March 3rd. | March 3rd | 2018-03-03 | 2018-03-03
It was on the 3rd of March. | the 3rd of March | 2018-03-03 | 2018-03-03
It was on 12 June. | 12 June | 2018-06-12 | 2018-06-12
It was on Nov. 29. | Nov. 29 | 2017-11-29 | 2017-11-29
It is due on Nov. 29. | Nov. 29 | 2018-11-29 | 2018-11-29
It was on Sept. 3, 2017, that | Sept. 3, 2017 | 2017-09-03 | 2017-09-03
It was on Tuesday, June 12, 2018. | Tuesday, June 12, 2018 | 2018-06-12 | 2018-06-12
It was from June 10 to June 12. | from June 10 to June 12 | 2018-06-10 | 2018-06-12
It was on June 10-12, 2018. | June 10-12, 2018 | 2018-06-10 | 2018-06-12
It was between 3 and 5 March 2018. | between 3 and 5 March 2018 | 2018-03-03 | 2018-03-05
It was on 2018-06-12. | 2018-06-12 | 2018-06-12 | 2018-06-12
Taken 2018-06-12T02:11Z by | 2018-06-12T02:11Z | 2018-06-12 | 2018-06-12
It was on 25/12/2017. | 25/12/2017 | 2017-12-25 | 2017-12-25
It was on 12/25/2017. | 12/25/2017 | 2017-12-25 | 2017-12-25
It was on 03.04.2017. | 03.04.2017 | 2017-04-03 | 2017-04-03
It was on 04/04/2017. | 04/04/2017 | 2017-04-04 | 2017-04-04
It was on 25/12/17. | 25/12/17 | 2017-12-25 | 2017-12-25
It was built in 2016. | 2016 | 2016-01-01 | 2016-12-31
It has run since 2016. | since 2016 | 2016-01-01 | 2018-08-01
It has run since last week. | since last week | 2018-07-23 | 2018-08-01
It has run since June. | since June | 2018-06-01 | 2018-08-01
It was built between 2016 and 2018. | between 2016 and 2018 | 2016-01-01 | 2018-12-31
It was built from 2016 to 2018. | from 2016 to 2018 | 2016-01-01 | 2018-12-31
It was built in 2016-18. | 2016-18 | 2016-01-01 | 2018-12-31
It was built in 2016–2018. | 2016–2018 | 2016-01-01 | 2018-12-31
It ran from November 2016 to March 2017. | from November 2016 to March 2017 | 2016-11-01 | 2017-03-31
It ran from October to February 2017. | from October to February 2017 | 2016-10-01 | 2017-02-28
It ran between March and May 2017. | between March and May 2017 | 2017-03-01 | 2017-05-31
It ran Monday through Wednesday. | Monday through Wednesday | 2018-07-30 | 2018-08-01
It was quiet until 2016. | until 2016 | - | 2016-12-31
It was quiet before June. | before June | - | 2018-05-31
It will stop before the end of the year. | before the end of the year | - | 2018-12-31
Twenty-five years ago it began. | Twenty-five years ago | 1993-01-01 | 1993-12-31
It was quiet after June 12. | after June 12 | 2018-06-13 | -
It will stop by the end of the year. | by the end of the year | 2018-08-01 | 2018-12-31
It will stop by 2020. | by 2020 | 2018-08-01 | 2020-12-31
It was built by 2016. | by 2016 | - | 2016-12-31
It was seen in the summer of 2018. | the summer of 2018 | 2018-06-01 | 2018-08-31
It was seen in summer 2017. | summer 2017 | 2017-06-01 | 2017-08-31
It was seen in the fall of 2017. | the fall of 2017 | 2017-09-01 | 2017-11-30
It was seen last summer. | last summer | 2017-06-01 | 2017-08-31
It was seen this summer. | this summer | 2018-06-01 | 2018-08-31
It was seen last winter. | last winter | 2017-12-01 | 2018-02-28
It was seen in the spring. | the spring | 2018-03-01 | 2018-05-31
It is due next spring. | next spring | 2019-03-01 | 2019-05-31
It grew in Q3 2017. | Q3 2017 | 2017-07-01 | 2017-09-30
It grew in the second quarter of 2018. | the second quarter of 2018 | 2018-04-01 | 2018-06-30
It grew in the first half of 2018. | the first half of 2018 | 2018-01-01 | 2018-06-30
It grew in H2 2017. | H2 2017 | 2017-07-01 | 2017-12-31
It grew in early 2018. | early 2018 | 2018-01-01 | 2018-04-30
It grew in mid-2017. | mid-2017 | 2017-05-01 | 2017-08-31
It grew in late 2017. | late 2017 | 2017-09-01 | 2017-12-31
It stood at the end of 2017. | the end of 2017 | 2017-11-01 | 2017-12-31
It began in the late 1990s. | the late 1990s | 1997-01-01 | 1999-12-31
It began in the 1980s. | the 1980s | 1980-01-01 | 1989-12-31
It began in the early '90s. | the early '90s | 1990-01-01 | 1992-12-31
It began in the 19th century. | the 19th century | 1801-01-01 | 1900-12-31
It began two days ago. | two days ago | 2018-07-30 | 2018-07-30
It began a week ago. | a week ago | 2018-07-23 | 2018-07-29
It began three weeks ago. | three weeks ago | 2018-07-09 | 2018-07-15
It began two months ago. | two months ago | 2018-06-01 | 2018-06-30
It began 10 years ago. | 10 years ago | 2008-01-01 | 2008-12-31
It began a few days ago. | a few days ago | 2018-07-25 | 2018-07-30
It began several weeks ago. | several weeks ago | 2018-05-28 | 2018-07-15
It began weeks ago. | weeks ago | 2018-06-06 | 2018-07-18
It grew in the past two years. | the past two years | 2016-08-01 | 2018-08-01
It grew over the last 18 months. | the last 18 months | 2017-02-01 | 2018-08-01
It grew in the past week. | the past week | 2018-07-25 | 2018-08-01
It grew in recent weeks. | recent weeks | 2018-06-06 | 2018-08-01
It will grow in the coming days. | the coming days | 2018-08-01 | 2018-08-08
It will grow in the next two weeks. | the next two weeks | 2018-08-01 | 2018-08-15
It will be done in two weeks. | in two weeks | 2018-08-13 | 2018-08-19
It will be done within 60 days. | within 60 days | 2018-08-01 | 2018-09-30
It was seen yesterday. | yesterday | 2018-07-31 | 2018-07-31
It was seen yesterday morning. | yesterday morning | 2018-07-31 | 2018-07-31
It was seen today. | today | 2018-08-01 | 2018-08-01
It will be seen tomorrow. | tomorrow | 2018-08-02 | 2018-08-02
It was seen overnight. | overnight | 2018-07-31 | 2018-08-01
It was seen last night. | last night | 2018-07-31 | 2018-08-01
It was seen the day before yesterday. | the day before yesterday | 2018-07-30 | 2018-07-30
It was seen this morning. | this morning | 2018-08-01 | 2018-08-01
It was seen over the weekend. | the weekend | 2018-07-28 | 2018-07-29
It was seen last weekend. | last weekend | 2018-07-28 | 2018-07-29
It was seen on New Year's Day. | New Year's Day | 2018-01-01 | 2018-01-01
It was seen on Christmas Eve 2016. | Christmas Eve 2016 | 2016-12-24 | 2016-12-24
THE PAPER SAID ON MONDAY THAT | MONDAY | 2018-07-30 | 2018-07-30
Talks in
June failed. | June | 2018-06-01 | 2018-06-30
"""
OF_OTHERS = [
    # A Monday's "on Monday" is that day; "last Monday" is a week before.
    (MONDAY, "He said on Monday that", "Monday", "2018-07-30", "2018-07-30"),
    (MONDAY, "He said last Monday that", "last Monday", "2018-07-23", "2018-07-23"),
    (MONDAY, "They will meet on Monday.", "Monday", "2018-08-06", "2018-08-06"),
    (MONDAY, "It was seen over the weekend.", "the weekend", "2018-07-28", "2018-07-29"),
    (MONDAY, "It began last week.", "last week", "2018-07-23", "2018-07-29"),
    (SATURDAY, "It began this weekend.", "this weekend", "2018-08-04", "2018-08-05"),
    # The turn of the year.
    (NEW_YEAR, "He said on Monday that", "Monday", "2018-12-31", "2018-12-31"),
    (NEW_YEAR, "It began last week.", "last week", "2018-12-24", "2018-12-30"),
    (NEW_YEAR, "It began last month.", "last month", "2018-12-01", "2018-12-31"),
    (NEW_YEAR, "It was seen in December.", "December", "2018-12-01", "2018-12-31"),
    (NEW_YEAR, "It was seen yesterday.", "yesterday", "2018-12-31", "2018-12-31"),
    (NEW_YEAR, "It was seen on Dec. 31.", "Dec. 31", "2018-12-31", "2018-12-31"),
    (NEW_YEAR, "It grew last quarter.", "last quarter", "2018-10-01", "2018-12-31"),
    (NEW_YEAR, "It ran from November to January.", "from November to January", "2018-11-01", "2019-01-31"),
    (NEW_YEAR, "It was seen last winter.", "last winter", "2017-12-01", "2018-02-28"),
    (NEW_YEAR, "It was seen this winter.", "this winter", "2018-12-01", "2019-02-28"),
    # A leap day.
    (LEAP, "It was seen yesterday.", "yesterday", "2024-02-29", "2024-02-29"),
    (LEAP, "It was seen last month.", "last month", "2024-02-01", "2024-02-29"),
    (LEAP, "It was seen on Feb. 29.", "Feb. 29", "2024-02-29", "2024-02-29"),
    (date(2023, 3, 1), "It was seen on 29 February.", "29 February", "2020-02-29", "2020-02-29"),
    (date(2024, 2, 29), "It grew in the past year.", "the past year", "2023-02-28", "2024-02-29"),
    (date(2024, 2, 29), "It began a year ago.", "a year ago", "2023-01-01", "2023-12-31"),
    (date(2024, 3, 31), "It began a month ago.", "a month ago", "2024-02-01", "2024-02-29"),
]


def rows() -> list[tuple[date, str, str, str, str]]:
    lines = OF_WEDNESDAY.replace("in\nJune", "in\x00June").strip().splitlines()
    parts = [[part.strip() for part in line.replace("\x00", "\n").split(" | ")] for line in lines]
    return [(WEDNESDAY, a, b, c, d) for a, b, c, d in parts] + OF_OTHERS


def bound(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d}"


def only(text: str, published: date | None = WEDNESDAY, **more: tuple[Event, ...]) -> Dated:
    (found,) = find_dates(text, published, **more)
    return found


def test_the_table_is_long_enough():
    assert len(rows()) >= 150


@pytest.mark.parametrize(("published", "text", "said", "first", "last"), rows(), ids=lambda v: str(v)[:40])
def test_by_hand(published, text, said, first, last):
    found = only(text, published)
    assert (found.span.text, bound(found.start), bound(found.end)) == (said, first, last), found


@pytest.mark.parametrize(
    ("published", "text", "said", "readings"),
    [
        (WEDNESDAY, "It was on 03/04/2017.", "03/04/2017", ["2017-03-04", "2017-04-03"]),
        (SATURDAY, "He came last Friday.", "last Friday", ["2018-07-27", "2018-08-03"]),
        (MONDAY, "He comes next Friday.", "next Friday", ["2018-08-03", "2018-08-10"]),
        (WEDNESDAY, "He came last June.", "last June", ["2017-06-01", "2018-06-01"]),
        (WEDNESDAY, "He comes next October.", "next October", ["2018-10-01", "2019-10-01"]),
        (WEDNESDAY, "In the winter of 2017 it stopped.", "the winter of 2017", ["2016-12-01", "2017-12-01"]),
        (WEDNESDAY, "He comes next weekend.", "next weekend", ["2018-08-04", "2018-08-11"]),
    ],
)
def test_two_readings_are_both_given_and_neither_is_chosen(published, text, said, readings):
    found = only(text, published)
    assert found.span.text == said
    assert (found.start, found.end) == (None, None)
    assert [bound(i.start) for i in found.alternatives] == readings
    assert found.note.startswith("ambiguous")


@pytest.mark.parametrize(
    ("text", "said", "note"),
    [
        ("It stopped the following day.", "the following day", "another date"),
        ("It stopped two days later.", "two days later", "another date"),
        ("It grew within 60 days of the deal.", "within 60 days", "another date"),
        ("On the eve of the summit it stopped.", "the eve of", "an event"),
        ("It was on 30 February 2018.", "30 February 2018", "no such day"),
        ("It was on 2018-13-01.", "2018-13-01", "no such day"),
        ("It was on 31/31/2018.", "31/31/2018", "no such day"),
        ("It began 9999 years ago.", "9999 years ago", "outside the calendar"),
    ],
)
def test_what_cannot_be_resolved_is_found_and_left_open(text, said, note):
    found = only(text)
    assert found.span.text == said
    assert (found.start, found.end, found.alternatives) == (None, None, ())
    assert note in found.note


@pytest.mark.parametrize(
    "text",
    [
        "They may go on.", "May I ask?", "Theresa May said", "the march of time", "They march on.",
        "He sat down in the sun.",
        "It took two weeks.", "It took two weeks to build.", "2000 trucks came.", "A total of 2016 votes were cast.",
        "The Hwasong-15 flew.", "Resolution 2375 was passed.", "April Smith spoke.", "for two years", "It is 10:30.",
        "They fell on hard times.", "The second man spoke.", "It is $2018.", "ratio 3/4", "No. 2016", "a week of talks",
        "version 2.2018.1", "They spring up.", "in the fall he hurt himself", "the day", "Mondays are quiet.", "",
    ],
)  # fmt: skip
def test_the_same_words_in_another_sense_are_no_dates(text):
    assert find_dates(text, WEDNESDAY) == ()


def test_without_a_day_of_publication_only_what_names_its_year_is_resolved():
    assert bound(only("It was in June 2016.", None).start) == "2016-06-01"
    assert bound(only("It ran from March to May 2017.", None).end) == "2017-05-31"
    for text in ("on Monday", "last week", "in June", "on March 3rd", "two days ago", "September last year"):
        found = only(f"It was {text}.", None)
        assert (found.start, found.end, found.alternatives, found.note) == (None, None, (), WAITS)
    since = only("It has run since 2016.", None)
    assert (bound(since.start), since.end) == ("2016-01-01", None)


def test_a_weekday_that_does_not_fit_its_date_is_said_so():
    assert only("It was on Monday, June 12, 2018.").note == "the weekday does not fit this date"
    assert only("It was on Tuesday, June 12, 2018.").note == ""


def test_the_events_of_a_case_date_what_names_them():
    day = datetime(2018, 6, 12, tzinfo=UTC)
    events = (Event(id="singapore", name="the Singapore summit", during=Interval(start=day, end=day)),)
    for text, said, first, last in (
        ("At the Singapore summit they", "Singapore summit", "2018-06-12", "2018-06-12"),
        ("on the eve of the Singapore summit it", "the eve of the Singapore summit", "2018-06-11", "2018-06-11"),
        ("since the Singapore summit it", "since the Singapore summit", "2018-06-12", "2018-08-01"),
        ("before the Singapore summit it", "before the Singapore summit", "-", "2018-06-11"),
    ):
        found = only(text, events=events)
        assert (found.span.text, bound(found.start), bound(found.end)) == (said, first, last)
        assert found.note == "by event singapore of the case"
    assert find_dates("after the summit", WEDNESDAY, events) == ()


def test_bounds_are_whole_days_in_utc():
    found = only("It was yesterday.")
    assert found.start == datetime(2018, 7, 31, tzinfo=UTC)
    assert found.end == datetime(2018, 7, 31, 23, 59, 59, 999999, tzinfo=UTC)


WORDS = [
    *sorted({word for word in grammar().by_word if word != "0" and word.islower()}),
    "june", "March", "2018", "3rd", "31", "29", "february", "0", "9999", "week", "years", "ago", "last", "the", "of",
    "since", "and", "to", ",", ".", "-", "–", "\n", "\n\n", "century", "decades", "1990s", "03/04/2024", "said", "will",
]  # fmt: skip
DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))


def check(text: str, published: date | None) -> None:
    end = 0
    for found in find_dates(text, published):
        assert text[found.span.start : found.span.end] == found.span.text
        assert found.span.start >= end
        end = found.span.end


@given(st.text(max_size=200), st.none() | DAYS)
def test_any_text_is_parsed_and_offsets_slice_back(text, published):
    check(text, published)


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.none() | DAYS)
def test_any_words_of_dates_in_any_order_are_parsed(words, published):
    check(" ".join(words), published)
