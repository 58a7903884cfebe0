"""Cells of a CSV of counts: one function a kind of cell, from text to value; ValueError says what is wrong."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import get_args

from overlook.collect.when import FIRST, local_day
from overlook.terms import BOUNDS, DECIBEL, Identification, Interval, Reason, SightingState, WhyAcquired, utc

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST = 2**31
#: A share or a probability below a millionth is a slip of the pen; no zone is seen so little, and it breaks logarithms.
_LEAST_SHARE = 1e-6
#: The likelihood sums over how many of the boxes are false: more than these would take hours, and count nothing.
_MOST_FALSE_ALARMS = 10_000
#: No quantity that is measured in an image is as large; squares of larger ones may not be finite.
_LARGEST = 1e12


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" or nothing."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def moment(text: str, days_in: tzinfo = UTC) -> Interval:
    """A day (all of it, in `days_in`), a time with a zone, or two of these with a slash between."""
    if text.count("/") == 2 and "-" not in text:
        raise ValueError(f"{text!r} could be a day and a month or a month and a day; write 2018-06-12")
    first, slash, last = text.partition("/")
    if not slash:
        return _moment(first, days_in)
    start, end = _moment(first.strip(), days_in), _moment(last.strip(), days_in)
    if end.end < start.start:
        raise ValueError(f"{text!r} ends before it starts")
    return Interval(start=start.start, end=end.end)


def _moment(text: str, days_in: tzinfo) -> Interval:
    if not text:
        raise ValueError("a time is missing")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2018-06-12 or a time such as 2018-06-12T03:15Z") from None
    if _DAY.fullmatch(text):
        try:
            return local_day(at, days_in)
        except OverflowError:
            raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None
    if len(text) <= 10 and at.tzinfo is None:
        raise ValueError(f"{text!r} is not a date such as {at.date().isoformat()}")
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write {text}Z if it is UTC")
    try:
        at = utc(at)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None
    return Interval(start=at, end=at)


def past(now: datetime, days_in: tzinfo, text: str) -> tuple[int, int]:
    """`moment` as microseconds since 1970, refusing the future and what is older than satellites."""
    when = moment(text, days_in)
    if when.start > now:
        raise ValueError(f"{text!r} lies in the future")
    if when.end < FIRST:
        raise ValueError(f"{text!r} is before the first satellite")
    return _microseconds(when.start), _microseconds(when.end)


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number")
    if abs(value) >= _LARGEST:
        raise ValueError(f"{text!r} is too large")
    return value


def count(text: str) -> int:
    value = number(text)
    if value < 0:
        raise ValueError(f"{text!r} is negative")
    if value != int(value):
        raise ValueError(f"{text!r} is not a whole number")
    if value >= _MOST:
        raise ValueError(f"{text!r} is too large")
    return int(value)


def not_negative(text: str) -> float:
    value = number(text)
    if value < 0:
        raise ValueError(f"{text!r} is negative")
    if value >= _MOST:
        raise ValueError(f"{text!r} is too large")
    return value


def false_alarms(text: str) -> float:
    value = not_negative(text)
    if value > _MOST_FALSE_ALARMS:
        raise ValueError(f"{text!r} is more than {_MOST_FALSE_ALARMS:,} false alarms: that is no count")
    return value


def probability_sd(text: str) -> float:
    value = not_negative(text)
    if value > 1:
        raise ValueError(f"{text!r} is more than a probability can vary")
    return value


def positive(text: str) -> float:
    value = number(text)
    if value <= 0:
        raise ValueError(f"{text!r} is not above zero")
    return value


def fraction(text: str) -> float:
    value = number(text)
    if not 0 <= value <= 1:
        raise ValueError(f"{text!r} is outside 0 to 1")
    if 0 < value < _LEAST_SHARE:
        raise ValueError(f"{text!r} is nearly nothing; the least is {_LEAST_SHARE:g}")
    return value


def probability_above_zero(text: str) -> float:
    value = fraction(text)
    if value == 0:
        raise ValueError("a detection probability of 0 cannot find anything")
    return value


def _one_of(text: str, known: tuple[str, ...]) -> str:
    plain = text.lower().replace("_", " ")
    if plain not in known:
        raise ValueError(f"{text!r} is none of {', '.join(known)}{nearest(plain, known)}")
    return plain


def reason(text: str) -> str:
    return _one_of(text, get_args(Reason))


def state(text: str) -> str:
    return _one_of(text, get_args(SightingState))


def identification(text: str) -> str:
    return _one_of(text, get_args(Identification))


def why_acquired(text: str) -> str:
    return _one_of(text, get_args(WhyAcquired))


def unit(text: str) -> str:
    """A unit as given; the ones that are understood in their own spelling (db, DB: dB)."""
    return next((known for known in (DECIBEL, *BOUNDS) if text.lower() == known.lower()), text)
