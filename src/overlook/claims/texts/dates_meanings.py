"""What the patterns of the grammar of dates mean that name a day, a month, a season or a year.

News style: a month or a day without a year is the last one that has begun by the day of publication, unless the verb
beside it speaks of the future. Where writers use the same words for two spans, both are given and neither is chosen.
Every function here carries the name under which its patterns stand in lexicon/dates.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from overlook.claims.texts.dates_calendar import (
    DAY,
    Days,
    When,
    either,
    known,
    of_century,
    of_day,
    of_decade,
    of_month,
    of_quarter,
    of_season,
    of_year,
    part_of,
    unknown,
)
from overlook.claims.texts.dates_grammar import Grammar
from overlook.terms.statement import Precision

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
NORTHERN = "a season of the northern half of the Earth, three whole months"


@dataclass(frozen=True, slots=True)
class Said:
    """A match of a pattern: its words in lower case by their lists, all of it, and what it is counted from."""

    words: Mapping[str, str]
    text: str
    published: date
    is_future: bool
    grammar: Grammar

    def __getitem__(self, name: str) -> str:
        return self.words.get(name, "")

    @property
    def year(self) -> int | None:
        """The year that the words name, or name by "last", "this" or "next"."""
        if self["year"]:
            return int(self["year"])
        if self["year_rel"]:
            return self.published.year + {"last": -1, "this": 0, "next": 1}[self["year_rel"]]
        return None

    @property
    def unit(self) -> str:
        return self.grammar.units[self["unit"]]

    @property
    def month(self) -> int:
        return self.grammar.months[self["month"]]


def _in_year(said: Said, make: Callable[[int], Days | None]) -> Days | None:
    """The span of the year that is named; else the last that has begun, or the next that has not ended."""
    if said.year is not None:
        return make(said.year)
    year = said.published.year
    # Eight years back and on: the longest that a 29th of February is away.
    if said.is_future:
        order = range(year - 1, year + 9)
        return next((days for days in map(make, order) if days and days[1] >= said.published), None)
    order = range(year + 1, year - 9, -1)
    return next((days for days in map(make, order) if days and days[0] <= said.published), None)


def _found(days: Days | None, precision: Precision, note: str = "") -> When:
    return unknown(precision, "there is no such day") if days is None else known(days, precision, note)


def _day(year: int, month: int, day: int) -> Days | None:
    first, last = of_month(year, month)
    return of_day(first.replace(day=day)) if 1 <= day <= last.day else None


def _number(text: str) -> int:
    return int(re.match(r"\d+", text).group())  # type: ignore[union-attr]


def iso(said: Said) -> When:
    year, month, day = (int(part) for part in re.split("[-/]", said["iso"]))
    return _found(_day(year, month, day) if 1 <= month <= 12 else None, "day")


def numeric(said: Said) -> When:
    """03/04/2024: both readings where both exist. With stops the day comes first, as where stops are written."""
    first, second, last = (int(part) for part in re.split("[/.-]", said["numeric"]))
    year = last if last > 99 else 2000 + last - 100 * (2000 + last > said.published.year + 10)
    day_first = _day(year, second, first) if 1 <= second <= 12 else None
    month_first = _day(year, first, second) if 1 <= first <= 12 and "." not in said["numeric"] else None
    readings = tuple(days for days in (day_first, month_first) if days is not None)
    if not readings:
        return unknown("day", "there is no such day")
    return either(readings, "day", "ambiguous: day or month first")


def day_of_month(said: Said) -> When:
    day = _number(said["day"])
    days = _in_year(said, lambda year: _day(year, said.month, day))
    note = ""
    if days and said["beside"]:
        weekday = said.grammar.weekdays[said["beside"]]
        if days[0].weekday() != weekday:
            note = "the weekday does not fit this date"
    return _found(days, "day", note)


def days_of_month(said: Said) -> When:
    first, last = _number(said["day"]), _number(said["day2"])

    def make(year: int) -> Days | None:
        a, b = _day(year, said.month, first), _day(year, said.month, last)
        return (a[0], b[0]) if a and b and a <= b else None

    return _found(_in_year(said, make), "range")


def fixed_day(said: Said) -> When:
    month, day = said.grammar.fixed_days[said["fixed_day"].replace("’", "'")]
    return _found(_in_year(said, lambda year: _day(year, month, day)), "day")


def month(said: Said) -> When:
    return _found(_in_year(said, lambda year: of_month(year, said.month)), "month")


def part_of_month(said: Said) -> When:
    share = said.grammar.parts[said["part"] or said["edge"]]
    return _found(_in_year(said, lambda year: part_of(of_month(year, said.month), share)), "range")


def week_of_month(said: Said) -> When:
    """The first week is the first seven days, the last the last seven."""

    def make(year: int) -> Days | None:
        first, last = of_month(year, said.month)
        if said["ordinal"] == "last":
            return last - 6 * DAY, last
        start = first + 7 * (_ordinal(said) - 1) * DAY
        return (start, min(start + 6 * DAY, last)) if start <= last else None

    return _found(_in_year(said, make), "week")


def half_of_month(said: Said) -> When:
    share = _half(said)
    return _found(_in_year(said, lambda year: part_of(of_month(year, said.month), share) if share else None), "range")


def _half(said: Said) -> tuple[float, float] | None:
    return {1: (0, 0.5), 2: (0.5, 1)}.get(2 if said["ordinal"] == "last" else _ordinal(said))


def _ordinal(said: Said) -> int:
    word = said["ordinal"]
    return _ORDINALS.get(word) or (_number(word) if word[:1].isdigit() else 0)


def year(said: Said) -> When:
    return _found(of_year(int(said["year"])), "year")


def years(said: Said) -> When:
    first = int(said["year"])
    last = int(said["year2"])
    if last < 100:
        last += first // 100 * 100 + (100 if last < first % 100 else 0)
    if last <= first:
        return unknown("range", "the years are not in order")
    return known((of_year(first)[0], of_year(last)[1]), "range")


def part_of_year(said: Said) -> When:
    assert said.year is not None
    return known(part_of(of_year(said.year), said.grammar.parts[said["part"] or said["edge"]]), "range")


def quarter(said: Said) -> When:
    named = 4 if said["ordinal"] == "last" else _ordinal(said)
    number = int(said["q"][1]) if said["q"] else named
    if not 1 <= number <= 4:
        return unknown("quarter", "there is no such quarter")
    return _found(_in_year(said, lambda year: of_quarter(year, number)), "quarter")


def half_of_year(said: Said) -> When:
    share = {"h1": (0, 0.5), "h2": (0.5, 1)}.get(said["h"]) or (_half(said) if said["ordinal"] else None)
    if share is None or said.year is None:
        return unknown("range", "there is no such half")
    return known(part_of(of_year(said.year), share), "range")


def season(said: Said) -> When:
    """A winter that is named by one year is the one that ends in it or the one that begins in it."""
    first = said.grammar.seasons[said["season"]]
    share = said.grammar.parts[said["part"]] if said["part"] else (0.0, 1.0)

    def make(year: int) -> Days:
        return part_of(of_season(year, first), share)

    if first == 12 and said.year is not None:
        return either((make(said.year - 1), make(said.year)), "season", "ambiguous: a winter is of two years")
    return _found(_in_year(said, make), "season", NORTHERN)


def decade(said: Said) -> When:
    digits = re.sub(r"\D", "", said["decade"])
    first = int(digits)
    if first < 100:
        first += (
            1900 if 1900 + first + 9 <= said.published.year and (first > 20 or said.published.year < 2000) else 2000
        )
    share = said.grammar.parts[said["part"]] if said["part"] else None
    return known(part_of(of_decade(first), share), "range") if share else known(of_decade(first), "decade")


def century(said: Said) -> When:
    number = _ordinal(said)
    if not 1 <= number <= 30:
        return unknown("century", "there is no such century")
    days = of_century(number)
    return known(part_of(days, said.grammar.parts[said["part"]]) if said["part"] else days, "century")
