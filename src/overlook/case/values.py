"""The small values of a case file: ids, texts, numbers, times, durations. Checked here, placed by the caller."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from overlook.terms import Interval

#: Ids become names of files and anchors: nothing that a file system, a shell or HTML could take for more.
ID = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_ID = re.compile(ID.replace("$", r"\Z"))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?([hdw])\Z")
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
#: Outside these years a date is a slip of the pen.
FIRST_YEAR, LAST_YEAR = 1900, 2200
#: An open end of a cover.
FAR_PAST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
FAR_FUTURE = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_INSTANT_OF_A_DAY = timedelta(microseconds=1)


def wrong(what: str, code: str = "value") -> PydanticCustomError:
    """A mistake for pydantic to place; `code` becomes the E-CASE code's last word."""
    return PydanticCustomError("case_" + code, "{what}", {"what": what})


def _text(value: Any) -> Any:
    """Text as written: an unquoted number or truth value where text is meant is that text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return getattr(value, "raw", str(value))
    if isinstance(value, str):
        _refuse_controls(value)
    return value


def _refuse_controls(text: str) -> None:
    for i, c in enumerate(text):
        kind = unicodedata.category(c)
        # Bidirectional overrides show a text in another order than it is stored in.
        if (
            (kind == "Cc" and c not in "\n\t")
            or kind == "Cs"
            or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        ):
            raise wrong(f"control character U+{ord(c):04X} at character {i + 1}")


def _id(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and not _ID.match(value):
        near = re.sub(r"[^a-z0-9._-]+", "-", value.lower()).strip("-._")[:64]
        hint = f"; write {near!r}" if _ID.match(near) else ""
        raise wrong(f"{value[:80]!r} is no id: a-z, 0-9, '.', '_', '-', at most 64, a letter or digit first{hint}")
    return value


def _line(value: Any) -> Any:
    value = _text(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _words(value: Any) -> Any:
    value = _text(value)
    return value.strip() if isinstance(value, str) else value


def _reference(value: Any) -> Any:
    # What an id must look like is said where it is given; here only what it may name matters.
    return _text(value)


def duration_days(value: Any) -> Any:
    """`120d`, `36h`, `17w`, or a number of days, as days."""
    if isinstance(value, str):
        match = _DURATION.match(value.strip())
        if not match:
            raise wrong(f"{value[:40]!r} is no duration: write 120d, 17w or 36h", "time")
        return float(match[1]) * _DAYS[match[2]]
    return value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=20_000)]
Words = Annotated[str, BeforeValidator(_words), Field(min_length=1, max_length=20_000)]
Name = Annotated[str, BeforeValidator(_line), Field(min_length=1, max_length=300)]
Id = Annotated[str, BeforeValidator(_id), Field(json_schema_extra={"pattern": ID})]
Ref = Annotated[str, BeforeValidator(_reference), Field(max_length=100)]
Days = Annotated[
    float,
    BeforeValidator(duration_days),
    Field(gt=0, le=36_500),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)? ?[hdw]$"}, {"type": "number", "exclusiveMinimum": 0}]}
    ),
]
Number = Annotated[float, Field(allow_inf_nan=False)]
as_written = BeforeValidator(_text)


def day(text: str) -> date:
    """A date. Raises PydanticCustomError."""
    if not _DATE.match(text):
        raise wrong(f"{text[:40]!r} is no date: write 2018-06-12", "time")
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise wrong(f"{text!r} is no date: {error}", "time") from error
    _refuse_odd_year(found.year, text)
    return found


def moment(text: str) -> date | datetime:
    """A date, or a time that says its zone. Raises PydanticCustomError."""
    if not _TIME.match(text):
        return day(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong(f"{text[:40]!r} is no time: write 2018-06-12T09:00+09:00", "time") from error
    if found.tzinfo is None:
        raise wrong(f"{text[:40]!r} has no time zone: add Z, or an offset such as +09:00", "time")
    _refuse_odd_year(found.year, text)
    return found


def _refuse_odd_year(year: int, text: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise wrong(f"{text[:40]!r} is not between {FIRST_YEAR} and {LAST_YEAR}", "time")


def starts(when: date | datetime, zone: tzinfo) -> datetime:
    """The first instant of a date in `zone`, or the time itself, in UTC."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, time(), zone)
    return when.astimezone(UTC)


def ends(when: date | datetime, zone: tzinfo) -> datetime:
    """The last microsecond of a date in `zone`, or the time itself, in UTC."""
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return starts(when + timedelta(days=1), zone) - _INSTANT_OF_A_DAY


def interval(start: date | datetime, end: date | datetime, zone: tzinfo) -> Interval:
    """From the start of one to the end of the other. Raises ValueError when they are out of order."""
    first, last = starts(start, zone), ends(end, zone)
    if last < first:
        raise ValueError(f"ends ({end}) before it starts ({start})")
    return Interval(start=first, end=last)
