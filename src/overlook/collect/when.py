"""When an image was taken: what was said, else what the file says of itself, else what its name says.

A time of day without a zone is never taken: TIFFTAG_DATETIME has none, and is often when the file was last edited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from overlook.errors import InputError
from overlook.terms import Interval, instant, utc

WhenSource = Literal["metadata", "filename", "declared", "unknown"]

#: The first satellite image could not be older than the first satellite (Sputnik 1).
FIRST = datetime(1957, 10, 4, tzinfo=UTC)

#: No clock on Earth is further from UTC (Kiribati, +14 hours).
_WIDEST_ZONE = timedelta(hours=14)
#: Tags whose standard says UTC: GDAL's IMAGERY domain, NITF 2.1 header (MIL-STD-2500C) and STDIDC.
_UTC_TAGS = ("ACQUISITIONDATETIME", "NITF_IDATIM", "NITF_STDIDC_ACQUISITION_DATE", "NITF_FDT")
#: Tags that are read only when they carry a zone themselves, or another tag states it.
_ZONED_TAGS = (
    "ACQUIRED",
    "ACQUISITION_DATETIME",
    "ACQUISITION_DATE_TIME",
    "ACQUISITION_TIME",
    "ACQUISITION_DATE",
    "DATETIME",
    "FIRSTLINETIME",
    "IMD.IMAGE_1.FIRSTLINETIME",
    "EXIF_DATETIMEORIGINAL",
    "TIFFTAG_DATETIME",
)
_ZONE_TAGS = ("EXIF_OFFSETTIMEORIGINAL", "EXIF_OFFSETTIME", "TIMEZONE", "TIME_ZONE", "UTC_OFFSET")

_DATE = r"(?P<y>(?:19|20)\d\d)(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?P<H>[01]\d|2[0-3])[-_:.]?(?P<M>[0-5]\d)(?:[-_:.]?(?P<S>[0-5]\d))?(?:\.\d+)?"
_NAMED = re.compile(rf"(?<!\d){_DATE}(?:[T_-]?{_CLOCK}(?P<Z>Z)?)?(?![0-9])")
_DAY_ONLY = re.compile(rf"(?<!\d){_DATE}(?!\d)")
#: Product names whose convention puts the acquisition first, in UTC: Sentinel-1/2, Planet, Maxar, Landsat (a day).
_PRODUCTS = (
    re.compile(r"^S[12][A-D]_.*?_(?P<stamp>\d{8}T\d{6})"),
    re.compile(r"^(?P<stamp>\d{8}_\d{6})_(?:\d{2}_)?(?:ssc?\d|[0-9a-f]{4})"),
    re.compile(r"^(?P<maxar>\d\d[A-Z]{3}\d{8})-[A-Z]\d[A-Z]S"),
    re.compile(r"^L[COTEM]0\d_[A-Z0-9]{4}_\d{6}_(?P<day>\d{8})_\d{8}"),
)


def whole_day(start: datetime) -> Interval:
    """The 24 hours from `start`, to the last microsecond."""
    return Interval(start=start, end=start + timedelta(days=1, microseconds=-1))


def local_day(day: datetime, zone: tzinfo) -> Interval:
    """All of a calendar day in a time zone, in UTC: 23 or 25 hours where clocks change. Raises OverflowError."""
    start, following = (d.replace(tzinfo=zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return Interval(start=start, end=following - timedelta(microseconds=1))


def acquisition(
    declared: Interval | None, tags: Mapping[str, str], stac: Mapping[str, Any], name: str
) -> tuple[Interval | None, WhenSource]:
    """The acquisition time and where it was found; (None, "unknown") when nothing says it."""
    if declared is not None:
        return declared, "declared"
    found = from_stac(stac) or from_tags(tags)
    if found is not None:
        return found, "metadata"
    found = from_name(name)
    return (found, "filename") if found else (None, "unknown")


def times_said(
    declared: Interval | None, tags: Mapping[str, str], stac: Mapping[str, Any], name: str
) -> tuple[tuple[str, Interval], ...]:
    """(who says it, when) of all that speaks of an image's time: what was declared, STAC, the file's tags, its name.

    A tag without a zone is kept as the day around it, a zone away on either side, and says no more than that.
    """
    said = [("declared", declared), ("STAC Item", from_stac(stac)), ("tags of the file", from_tags(tags))]
    # Two dates in a name: which one counts was asked for, and is what was declared.
    with suppress(InputError):
        said.append(("file name", from_name(name)))
    if from_tags(tags) is None and (text := unzoned(tags)):
        at = _stamp(text.partition("=")[2], zone=UTC)
        if at is not None and not text.startswith("TIFFTAG_DATETIME"):
            said.append(("tag without a zone", Interval(start=at - _WIDEST_ZONE, end=at + _WIDEST_ZONE)))
    return tuple((who, when) for who, when in said if when is not None)


def require_plausible(when: Interval, *, now: datetime, where: str) -> None:
    """Raise InputError for a time in the future or before the first satellite."""
    if when.start > now:
        raise InputError(
            "E-INPUT-FUTURE",
            f"the time {when.start.isoformat()} lies in the future",
            where=where,
            remedy="give the time of acquisition with --when",
        )
    if when.start < FIRST:
        raise InputError(
            "E-INPUT-TIME",
            f"the time {when.start.isoformat()} is before the first satellite ({FIRST:%Y-%m-%d})",
            where=where,
            remedy="give the time of acquisition with --when",
        )


def from_stac(item: Mapping[str, Any]) -> Interval | None:
    """`datetime`, or `start_datetime`/`end_datetime`, of a STAC Item's properties."""
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        return None
    start, end = _stamp(properties.get("start_datetime")), _stamp(properties.get("end_datetime"))
    at = _stamp(properties.get("datetime"))
    if at:
        return instant(at)
    return Interval(start=start, end=end) if start and end and start <= end else None


def from_tags(tags: Mapping[str, str]) -> Interval | None:
    """An instant from tags that say UTC or carry a zone; None when no such tag does."""
    for tag in _UTC_TAGS:
        at = _stamp(tags.get(tag), zone=UTC)
        if at:
            return instant(at)
    zone = next((tags[tag].strip() for tag in _ZONE_TAGS if tags.get(tag)), "")
    for tag in _ZONED_TAGS:
        text = tags.get(tag, "")
        at = _stamp(text) or (_stamp(f"{_colons_to_dashes(text)}{_offset(zone)}") if text and _offset(zone) else None)
        if at:
            return instant(at)
    return None


def unzoned(tags: Mapping[str, str]) -> str:
    """The first time in `tags` that was left aside because nothing says its zone, for an error's text."""
    return next((f"{tag}={tags[tag]}" for tag in _ZONED_TAGS if tags.get(tag)), "")


def from_name(name: str) -> Interval | None:
    """A time in a file's name: an instant with Z, a whole UTC day without; a product's own convention first.

    Raises InputError when the name holds two different dates and no known convention says which one counts.
    """
    for product in _PRODUCTS:
        match = product.search(name)
        if match:
            return _product_time(match)
    found = [_named_time(m) for m in _NAMED.finditer(name)] or [_named_time(m) for m in _DAY_ONLY.finditer(name)]
    days = {f.start.date() for f in found if f}
    if len(days) > 1:
        raise InputError(
            "E-INPUT-TIME",
            f"the name holds more than one date ({', '.join(sorted(d.isoformat() for d in days))})",
            where=name,
            remedy="say which with --when",
        )
    return min((f for f in found if f), key=lambda f: f.length, default=None)


def _product_time(match: re.Match[str]) -> Interval | None:
    groups = match.groupdict()
    try:
        if groups.get("day"):
            return whole_day(datetime.strptime(groups["day"], "%Y%m%d").replace(tzinfo=UTC))
        if groups.get("maxar"):
            return instant(datetime.strptime(groups["maxar"], "%y%b%d%H%M%S").replace(tzinfo=UTC))
        stamp = re.sub(r"[^0-9]", "", groups["stamp"])
        return instant(datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _named_time(match: re.Match[str]) -> Interval | None:
    g = match.groupdict()
    try:
        day = datetime(int(g["y"]), int(g["m"]), int(g["d"]), tzinfo=UTC)
    except ValueError:
        return None
    if not g.get("Z"):
        # An hour without a zone says no more than the day, and hardly that.
        return whole_day(day)
    at = day + timedelta(hours=int(g["H"]), minutes=int(g["M"]), seconds=int(g["S"] or 0))
    return instant(at) if g["S"] else Interval(start=at, end=at + timedelta(seconds=59))


def _stamp(value: Any, zone: Any = None) -> datetime | None:
    """An aware UTC time from a text, or None. `zone` is used when the text has none."""
    if not isinstance(value, str) or not value.strip():
        return None
    text = _colons_to_dashes(value.strip().strip('";'))
    if re.fullmatch(r"\d{14}", text):
        text = f"{text[:8]}T{text[8:]}"
    try:
        moment = datetime.fromisoformat(text.replace(" Z", "Z").replace(" UTC", "Z"))
        moment = moment if moment.tzinfo or zone is None else moment.replace(tzinfo=zone)
        return utc(moment)
    except (ValueError, OverflowError):
        return None


def _colons_to_dashes(text: str) -> str:
    """TIFF and EXIF write 2018:06:12 03:15:22."""
    return re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text.strip())


def _offset(zone: str) -> str:
    if zone.upper() in {"Z", "UTC", "GMT"}:
        return "+00:00"
    return zone if re.fullmatch(r"[+-]\d\d:?\d\d", zone) else ""
