"""Arrays in, observations out: the door for whoever works in a notebook and has no case.

It never guesses: not a time zone, not a zero for what is missing, not which of two rows of one moment is meant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, get_args

from overlook.errors import InputError
from overlook.terms import Count, Index, Interval, NotObserved, Observation, Reason, Series, WhyAcquired, instant

#: As in a CSV of counts: no image holds as many, no zone is seen so little, and no count is so full of false alarms.
_MOST = 2**31
_LEAST_SHARE = 1e-6
_MOST_FALSE_ALARMS = 10_000.0

Check = Callable[[Any], Any]


class _UnfitError(Exception):
    """A value that cannot be: (what, remedy). Where it stands is added by whoever knows."""


def observations(
    times: Any,
    counts: Any = None,
    *,
    values: Any = None,
    site: str = "",
    zone: str = "",
    cls: str = "",
    visible: Any = 1.0,
    detection_probability: Any = None,
    detection_probability_sd: Any = 0.0,
    false_alarms: Any = 0.0,
    false_alarms_sd: Any = 0.0,
    value_sd: Any = None,
    shared_sd: Any = None,
    unit: str = "",
    sensor: Any = "unknown",
    observer: Any = "unknown",
    why_acquired: Any = "unknown",
    reason: Any = "not searched",
) -> tuple[Observation, ...]:
    """Observations of one series, in order of time, one for each of `times`, whatever order these are in.

    `times`: aware datetimes or `Interval`s. Either `counts`, whole numbers as drawn, or `values` of an index in `unit`,
    of the same length; None where an image shows nothing, and then its `reason`. Everything else is one value for all,
    or as many as there are times: `visible` (share of the zone in view, [0, 1]; 0 is not observed, whatever was
    counted), `detection_probability` in (0, 1] with its sd (None: nobody knows), `false_alarms` expected in the whole
    zone. Lists, NumPy arrays, pandas Series and Arrow arrays will do. An Arrow table of the schema `OBSERVATIONS` needs
    no such door: `overlook.terms.observations_from_table`.

    Raises InputError, code E-INPUT-ARRAYS, for the first value that cannot be: a time without a zone, two of one
    moment, a negative or broken count, NaN, a share outside [0, 1], arrays of different lengths.
    """
    moments = [_at("times", i, _moment, t) for i, t in enumerate(_listed("times", times))]
    if (counts is None) == (values is None):
        raise _wrong("give either counts or values", where="counts" if counts is None else "values")
    main, name, check = (counts, "counts", _count) if values is None else (values, "values", _number)
    shown = _column(name, main, len(moments), _or_none(check), is_one_each=True)
    columns = {
        "visible_fraction": _column("visible", visible, len(moments), _share),
        "sensor": _column("sensor", sensor, len(moments), _text),
        "observer": _column("observer", observer, len(moments), _text),
        "why_acquired": _column("why_acquired", why_acquired, len(moments), _one_of(WhyAcquired)),
    }
    reasons = _column("reason", reason, len(moments), _one_of(Reason))
    if values is None:
        columns |= {
            "detection_probability": _column(
                "detection_probability", detection_probability, len(moments), _or_none(_probability)
            ),
            "detection_probability_sd": _column(
                "detection_probability_sd", detection_probability_sd, len(moments), _share_sd
            ),
            "false_alarms": _column("false_alarms", false_alarms, len(moments), _false_alarms),
            "false_alarms_sd": _column("false_alarms_sd", false_alarms_sd, len(moments), _not_negative),
        }
    else:
        columns |= {
            "value_sd": _column("value_sd", value_sd, len(moments), _or_none(_not_negative)),
            "shared_sd": _column("shared_sd", shared_sd, len(moments), _or_none(_not_negative)),
            "unit": [unit] * len(moments),
        }
    _refuse_doubles(moments)
    series = Series(site=site, zone=zone, cls=cls)
    made = [
        _observation(series, when, name, i, shown[i], {key: c[i] for key, c in columns.items()}, reasons[i])
        for i, when in enumerate(moments)
    ]
    return tuple(sorted(made, key=lambda o: (o.when.start, o.when.end) if o.when else ()))


def _observation(
    series: Series, when: Interval, name: str, i: int, shown: Any, fields: dict[str, Any], reason: Reason
) -> Observation:
    visible = fields["visible_fraction"]
    if shown is None or visible == 0:
        if name == "counts" and shown:
            raise _wrong(f"{shown} counted where nothing is visible", where=f"visible[{i}]")
        detail = "visible_fraction is 0" if visible == 0 else ""
        return NotObserved(series=series, when=when, reason=reason, detail=detail)
    try:
        if name == "counts":
            return Count(series=series, when=when, count=shown, **fields)
        return Index(series=series, when=when, value=shown, **fields)
    except ValueError as error:
        raise _wrong(str(error), where=f"{name}[{i}]") from error


def _listed(name: str, given: Any) -> list[Any]:
    """Any array as a list of plain values: Arrow, then NumPy and pandas, then what can be iterated over."""
    if isinstance(given, str | bytes | dict):
        raise _wrong("is no array", where=name)
    for method in ("to_pylist", "tolist"):
        # `tolist` of datetime64 in nanoseconds gives integers, and of any other unit times without a zone.
        if hasattr(given, method) and "datetime64" not in str(getattr(given, "dtype", "")):
            return list(getattr(given, method)())
    try:
        return list(given)
    except TypeError:
        raise _wrong(f"{given!r} is no array", where=name) from None


def _column(name: str, given: Any, n: int, check: Check, *, is_one_each: bool = False) -> list[Any]:
    if not is_one_each and (given is None or isinstance(given, str | int | float) or getattr(given, "ndim", 1) == 0):
        return [_checked(name, check, given)] * n
    found = _listed(name, given)
    if len(found) != n:
        raise _wrong(f"has {len(found)} value{'' if len(found) == 1 else 's'}, and there are {n} times", where=name)
    return [_at(name, i, check, value) for i, value in enumerate(found)]


def _at(name: str, i: int, check: Check, value: Any) -> Any:
    return _checked(f"{name}[{i}]", check, value)


def _checked(where: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except _UnfitError as unfit:
        what, *remedy = unfit.args
        raise _wrong(what, where=where, remedy=remedy[0] if remedy else "") from None


def _wrong(what: str, *, where: str, remedy: str = "") -> InputError:
    return InputError("E-INPUT-ARRAYS", what, where=where, remedy=remedy)


def _refuse_doubles(moments: Sequence[Interval]) -> None:
    seen: dict[Interval, int] = {}
    for i, when in enumerate(moments):
        if when in seen:
            what = f"the same time as times[{seen[when]}]: one of the two would count as another image"
            raise _wrong(what, where=f"times[{i}]", remedy="keep one reading of each image")
        seen[when] = i


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _moment(value: Any) -> Interval:
    if isinstance(value, Interval):
        return value
    if not isinstance(value, datetime):
        kind = "a day without a time" if isinstance(value, date) else repr(value)
        raise _UnfitError(
            f"{kind} is no time with a zone", "give datetime(..., tzinfo=UTC), an Interval, or Arrow timestamps in UTC"
        )
    if value != value:  # pandas' NaT
        raise _UnfitError("a time is missing", "leave out what has no date")
    if value.tzinfo is None or value.utcoffset() is None:
        raise _UnfitError(f"{value.isoformat()} has no time zone", "write .replace(tzinfo=UTC) if it is UTC")
    at = value.astimezone(UTC)
    # A plain datetime: those of pandas compare and print otherwise.
    return instant(datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=UTC))


def _number(value: Any) -> float:
    if isinstance(value, bool | str | bytes | complex):
        raise _UnfitError(f"{value!r} is not a number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _UnfitError(f"{value!r} is not a number") from None
    if math.isnan(number):
        raise _UnfitError("NaN is no number", "give None where an image shows nothing")
    if not math.isfinite(number):
        raise _UnfitError(f"{number} is not finite")
    return number


def _count(value: Any) -> int:
    number = _not_negative(value)
    if number != int(number):
        raise _UnfitError(f"{number:g} is not a whole number", "give counts as drawn, not corrected")
    return int(number)


def _not_negative(value: Any) -> float:
    number = _number(value)
    if number < 0:
        raise _UnfitError(f"{number:g} is negative")
    if number >= _MOST:
        raise _UnfitError(f"{number:g} is too large")
    return number


def _false_alarms(value: Any) -> float:
    number = _not_negative(value)
    if number > _MOST_FALSE_ALARMS:
        raise _UnfitError(f"{number:g} is more than {_MOST_FALSE_ALARMS:,.0f} false alarms: that is no count")
    return number


def _share(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise _UnfitError(f"{number:g} is outside 0 to 1")
    if 0 < number < _LEAST_SHARE:
        raise _UnfitError(f"{number:g} is nearly nothing; the least is {_LEAST_SHARE:g}")
    return number


def _share_sd(value: Any) -> float:
    number = _not_negative(value)
    if number > 1:
        raise _UnfitError(f"{number:g} is more than a probability can vary")
    return number


def _probability(value: Any) -> float:
    if not _share(value):
        raise _UnfitError("0 cannot find anything", "give None where nobody knows")
    return _share(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _UnfitError(f"{value!r} is no text")
    return value


def _one_of(words: Any) -> Check:
    known = get_args(words)

    def check(value: Any) -> Any:
        if value not in known:
            raise _UnfitError(f"{value!r} is none of {', '.join(known)}")
        return value

    return check
