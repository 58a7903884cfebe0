"""What statements and facts say in forms that can be compared, and the tables of events they are compared with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from overlook.case.entry import Entry
from overlook.case.entry import described as _f
from overlook.case.times import When
from overlook.case.values import FIRST_YEAR, LAST_YEAR, Id, Name, Number, Ref, Text
from overlook.terms.said import Says

DateOrder = Literal["ymd", "dmy", "mdy"]
#: The columns whose values `where` may ask for.
Column = Literal["name", "kind", "place", "outcome"]


class Assertion(Entry):
    """What a statement or a fact says, in one of six forms. Two are compared when they are `of` the same thing."""

    says: Says = _f(
        "`count`: how many happened; `amount`: how much there is; `first`, `latest`: which or when; `more`: which has "
        "more of it than another; `holds`: that it is so."
    )
    of: Id = _f("What it is about: any id, the same in every statement and fact about one thing.")
    number: Number | None = _f("The number, of `count` and `amount`.", None)
    at_least: Number | None = _f("A lower bound, where no exact number is said.", None)
    at_most: Number | None = _f("An upper bound.", None)
    unit: Text = _f("The unit of an `amount`. Amounts in different units are not compared.", "")
    on: When | None = _f("When the first or latest was; when an amount was so, or it held.", None)
    since: When | None = _f("From when on a `count` counts; left out, from the beginning.", None)
    by: When | None = _f("Up to when `count`, `first` and `latest` speak; left out of a claim, when it was said.", None)
    which: Id | None = _f("Which one is `first` or `latest`, or has `more`.", None, alias="is")
    than: Id | None = _f("What has less than `is` has, of `more`.", None)
    denied: bool = _f("Whether it is said not to be so.", False)
    table: Ref = _f("Id of an event table that gives the number or the date.", "")
    where: dict[Column, Name] = Field(
        default_factory=dict, description="Rows of the table to take: those with these values, exactly."
    )


class EventTable(Entry):
    """A CSV file of events. No question is asked about them: facts count them, and the timeline shows them."""

    id: Id = _f("Its id.")
    name: Name = _f("Its name in the report.")
    file: Name = _f("The CSV file, UTF-8 with a heading row; a path inside the case folder.")
    source: Name = _f("Id of a source, or a citation.")
    date: Name = _f("The column of dates: `2017-07-04`, or the order of `date_order`. `to` gives the last day.")
    to: Name | None = _f("The column of last days, for events that lasted.", None)
    label: Name = _f("The column of the events' names.")
    kind: Name | None = _f("The column of kinds; the timeline draws a lane for each.", None)
    place: Name | None = _f("The column of places.", None)
    outcome: Name | None = _f("The column of outcomes.", None)
    date_order: DateOrder = _f(
        "The order of day, month and year. Months may be names: `4-Jul-17` is `dmy`. A date that starts with a year "
        "of four digits is always `ymd`.",
        "ymd",
    )
    first_year: int | None = _f(
        "Two-digit years lie in the hundred years from this one: with 1950, `84` is 1984 and `17` is 2017. Left out, "
        "a two-digit year is refused.",
        None,
        ge=FIRST_YEAR,
        le=LAST_YEAR - 100,
    )
    covers: When | None = _f(
        "The time for which the list is complete. Left out, nobody said that it is: then it counts as *at least*.", None
    )
