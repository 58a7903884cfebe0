"""When a catalogue's item was taken, with what such times get wrong put right or put aside: flagged, never silently.

STAC asks for RFC 3339 in UTC. What is met: `datetime` null with a start and an end; a time without a zone; midnight for
a day; a time outside its own range; and the site's local time marked as UTC, which the sun's height gives away.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from overlook.collect.sun import sun_position
from overlook.collect.when import FIRST, whole_day
from overlook.terms import Interval, instant

#: Clocks of the Earth run from 12 hours behind UTC to 14 before it.
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
#: The sun's place is good to a tenth of a degree, a scene a few degrees wide: what is beyond is another hour.
_SUN_OFF_DEG = 8.0
_SUN_FITS_DEG = 4.0


def acquired(properties: Mapping[str, Any], *, now: datetime) -> tuple[Interval | None, tuple[str, ...]]:
    """The time of acquisition, None when nothing says it, and what was found wrong with it.

    Raises ValueError for a time that cannot be: in the future, or before the first satellite.
    """
    at, at_note = moment(properties.get("datetime"))
    start, start_note = moment(properties.get("start_datetime"))
    end, end_note = moment(properties.get("end_datetime"))
    notes = [n for n in (at_note, start_note, end_note) if n]
    ranged = None
    if start and end:
        if start.start <= end.end:
            ranged = Interval(start=start.start, end=end.end)
        else:
            notes.append("its end_datetime is before its start_datetime")
    when = at or ranged or start or end
    if at and ranged and not ranged.overlaps(at):
        notes.append(
            f"its datetime {at.start:%Y-%m-%dT%H:%M:%SZ} lies outside its own start and end: both are allowed for"
        )
        when = Interval(start=min(at.start, ranged.start), end=max(at.end, ranged.end))
    elif at is not None and not at.is_instant and ranged and ranged.length < at.length:
        when = ranged
    if when is None:
        return None, (*notes, "nothing says when it was taken")
    if when.start > now:
        raise ValueError(f"its time {when.start:%Y-%m-%dT%H:%M:%SZ} lies in the future")
    if when.end < FIRST:
        raise ValueError(f"its time {when.start:%Y-%m-%d} is before the first satellite")
    notes += _after_the_fact(properties, when)
    return when, tuple(dict.fromkeys(notes))


def moment(value: Any) -> tuple[Interval | None, str]:
    """What a text says of a time: an instant; the day when it says no more; 26 hours when it has no zone."""
    if value is None:
        return None, ""
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return whole_day(datetime.fromisoformat(text).replace(tzinfo=UTC)), f"{text}: only the day is known"
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            naive = at.replace(tzinfo=UTC)
            return Interval(start=naive - _EAST, end=naive + _WEST), f"the time {text} has no zone"
        at = at.astimezone(UTC)
        if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
            return whole_day(at), f"{at:%Y-%m-%d}: at midnight to the second, so only the day is taken to be known"
        return instant(at), ""
    except (ValueError, OverflowError):
        return None, f"{text[:40]!r} is no time"


def published(properties: Mapping[str, Any]) -> tuple[datetime | None, tuple[str, ...]]:
    """Since when it could be had, or can be: `published` of the timestamps extension; `created` is its file's birth."""
    at, note = moment(properties.get("published"))
    return (at.end if at is not None else None), ((note,) if note else ())


def doubted(
    when: Interval | None, lon_deg: float, lat_deg: float, sun_elevation_deg: float | None, *, by_daylight: bool
) -> tuple[Interval | None, str]:
    """A time against the sun: one that contradicts the sun's stated height is widened to what may be true.

    Local time written as UTC is off by about longitude / 15 hours (by law at most three more, in whole quarters); when
    a shift of that size brings the sun where the item says that it stood, both times are allowed for. `by_daylight`:
    an image of reflected light with no stated height still needs the sun above the horizon.
    """
    if when is None or not when.is_instant:
        return when, ""
    sun, _ = sun_position(when.start, lon_deg, lat_deg)
    if sun_elevation_deg is None:
        if not by_daylight or sun > -_SUN_FITS_DEG:
            return when, ""
        wide = Interval(start=when.start - _EAST, end=when.start + _WEST)
        return wide, f"it was night there at its time (sun at {sun:.0f}°): it may be a local time marked as UTC"
    if abs(sun - sun_elevation_deg) <= _SUN_OFF_DEG:
        return when, ""
    said = f"the sun stood at {sun:.0f}° at its time and place, and it says {sun_elevation_deg:.0f}°"
    quarters = range(math.floor((lon_deg / 15 - 3) * 4), math.ceil((lon_deg / 15 + 3) * 4) + 1)
    fits = [
        when.start - timedelta(minutes=15 * q)
        for q in quarters
        if abs(sun_position(when.start - timedelta(minutes=15 * q), lon_deg, lat_deg)[0] - sun_elevation_deg)
        <= _SUN_FITS_DEG
    ]
    if not fits:
        return when, f"{said}: its time, place or sun is wrong"
    wide = Interval(start=min(when.start, *fits), end=max(when.start, *fits))
    return wide, f"{said}: its time may be local and marked as UTC; both are allowed for"


def _after_the_fact(properties: Mapping[str, Any], when: Interval) -> list[str]:
    notes = []
    for name in ("created", "published", "s2:generation_time"):
        made, _ = moment(properties.get(name))
        if made is not None and made.end < when.start:
            notes.append(f"`{name}` ({made.start:%Y-%m-%d}) is before it was taken: one of the two is wrong")
    return notes
