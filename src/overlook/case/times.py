"""Dates, times and spans of a case file, as written: checked here, made intervals where their time zone is known."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from overlook.case.entry import Entry
from overlook.case.entry import described as _f
from overlook.case.values import day, moment, wrong


def _check_moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("must be a date, or a time with a zone", "time")
    moment(value)
    return value


def _check_day(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("must be a date", "time")
    day(value)
    return value


def _as_span(value: Any) -> Any:
    """A date or a time alone is an interval that starts and ends with it."""
    if isinstance(value, dict):
        return value
    return {"from": _check_moment(value), "to": value}


_MOMENT = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$"
Moment = Annotated[str, BeforeValidator(_check_moment), WithJsonSchema({"type": "string", "pattern": _MOMENT})]
Day = Annotated[str, BeforeValidator(_check_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})]


class Span(Entry):
    """A date, a time with a zone, or both ends of an interval."""

    start: Moment = _f("The first day or time.", alias="from")
    end: Moment = _f("The last day or time.", alias="to")


When = Annotated[
    Span,
    BeforeValidator(_as_span),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _MOMENT},
                {
                    "type": "object",
                    "properties": {k: {"type": "string", "pattern": _MOMENT} for k in ("from", "to")},
                    "required": ["from", "to"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
