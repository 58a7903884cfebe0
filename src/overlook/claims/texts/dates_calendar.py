"""Spans of days of the calendar: weeks from Monday, months, quarters, northern seasons, years, decades."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

from overlook.terms.statement import Precision

Days = tuple[date, date]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class When:
    """What an expression means: the first and last day it may mean; None for an open or unknown bound."""

    start: date | None
    end: date | None
    precision: Precision
    alternatives: tuple[Days, ...] = field(default=())
    note: str = ""


def known(days: Days, precision: Precision, note: str = "") -> When:
    return When(days[0], days[1], precision, (), note)


def either(choices: tuple[Days, ...], precision: Precision, note: str) -> When:
    """One of several spans; the one alone when they are the same."""
    different = tuple(sorted(set(choices)))
    return known(different[0], precision) if len(different) == 1 else When(None, None, precision, different, note)


def unknown(precision: Precision, note: str) -> When:
    return When(None, None, precision, (), note)


def of_day(day: date) -> Days:
    return day, day


def of_week(day: date, offset: int = 0) -> Days:
    """Monday to Sunday of the week `offset` weeks from that of `day`."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=offset)
    return monday, monday + 6 * DAY


def of_month(year: int, month: int) -> Days:
    """Months above 12 or below 1 count on into other years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def of_quarter(year: int, quarter: int) -> Days:
    return of_month(year, 3 * quarter - 2)[0], of_month(year, 3 * quarter)[1]


def of_season(year: int, first_month: int) -> Days:
    """Three months from the first; a winter from December of `year`."""
    return of_month(year, first_month)[0], of_month(year, first_month + 2)[1]


def of_year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def of_decade(year: int) -> Days:
    first = year // 10 * 10
    return date(first, 1, 1), date(first + 9, 12, 31)


def of_century(number: int) -> Days:
    """The nineteenth: 1801 to 1900."""
    return date(100 * number - 99, 1, 1), date(100 * number, 12, 31)


def of_unit(day: date, unit: str, offset: int = 0) -> Days:
    """The unit that holds `day`, or that many before (negative) or after it."""
    match unit:
        case "week":
            return of_week(day, offset)
        case "month":
            return of_month(day.year, day.month + offset)
        case "quarter":
            quarter = (day.month - 1) // 3 + 1 + offset
            return of_quarter(day.year + (quarter - 1) // 4, (quarter - 1) % 4 + 1)
        case "year":
            return of_year(day.year + offset)
        case "decade":
            return of_decade(day.year + 10 * offset)
        case "century":
            return of_century((day.year - 1) // 100 + 1 + offset)
        case _:
            return of_day(day + offset * DAY)


def back(day: date, unit: str, n: int) -> date:
    """The day n units before (after, for negative n); the last of a shorter month."""
    match unit:
        case "day":
            return day - n * DAY
        case "week":
            return day - timedelta(weeks=n)
        case _:
            months = n * {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}[unit]
            first, last = of_month(day.year, day.month - months)
            return first.replace(day=min(day.day, last.day))


def part_of(days: Days, share: tuple[float, float]) -> Days:
    """A share of the span: of a decade in whole years, of a year in whole months, of anything shorter in days."""
    start, end = days
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if months >= 120:
        years = months // 12
        first, last = round(share[0] * years), max(round(share[1] * years), round(share[0] * years) + 1)
        return of_year(start.year + first)[0], of_year(start.year + last - 1)[1]
    if months >= 12 and start.day == 1:
        first, last = round(share[0] * months), max(round(share[1] * months), round(share[0] * months) + 1)
        return of_month(start.year, start.month + first)[0], of_month(start.year, start.month + last - 1)[1]
    length = (end - start).days + 1
    first, last = round(share[0] * length), round(share[1] * length)
    return start + first * DAY, start + max(last - 1, first) * DAY
