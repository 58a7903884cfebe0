"""Values as they are typed on a command line: durations, dates, places."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from overlook.errors import UsageError

if TYPE_CHECKING:
    from overlook.terms import Interval

_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def days(text: str, option: str) -> float:
    """`120d`, `17w`, `36h`, or a bare number of days. Raises UsageError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([hdw]?)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError("E-USAGE-DURATION", f"{text!r} is no duration", where=option, remedy="write 120d, 17w or 36h")
    return float(match[1]) * _DAYS[match[2] or "d"]


def interval(text: str, option: str) -> Interval:
    """`2020-11-02` (that day, UTC), `2020-11-02T10:30Z`, or `START/END` of either. Raises UsageError."""
    if re.fullmatch(r"\s*\d{1,4}([/.])\d{1,2}\1\d{1,4}\s*", text):
        remedy = "write the year first and dashes between, as in 2020-11-02; a slash parts START/END"
        raise UsageError("E-USAGE-TIME", f"{text!r} is not year-month-day", where=option, remedy=remedy)
    first, slash, last = text.partition("/")
    start, end = _span(first.strip(), option), _span((last if slash else first).strip(), option)
    if end[1] < start[0]:
        raise UsageError("E-USAGE-TIME", f"{text!r} ends before it starts", where=option)
    # Imported here: the words bring numpy and shapely, which --help must not wait for.
    from overlook.terms import Interval, instant

    return instant(start[0]) if start[0] == end[1] else Interval(start=start[0], end=end[1])


def _span(text: str, option: str) -> tuple[datetime, datetime]:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return day, day + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "E-USAGE-TIME", f"{text!r} is no date or time", where=option, remedy="write 2020-11-02 or 2020-11-02T10:30Z"
        ) from error
    if moment.tzinfo is None:
        raise UsageError(
            "E-USAGE-TIME", f"{text!r} has no time zone", where=option, remedy="add Z, or an offset such as +09:00"
        )
    return moment.astimezone(UTC), moment.astimezone(UTC)


def numbers(text: str, count: int, option: str, form: str) -> tuple[float, ...]:
    """`count` numbers with commas between. Raises UsageError naming the `form`."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count:
        remedy = f"write {form}, with commas between and a dot for decimals"
        raise UsageError("E-USAGE-NUMBERS", f"{text!r} is not {form}", where=option, remedy=remedy)
    return values


def words(text: str) -> tuple[str, ...]:
    """Words with commas between."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
