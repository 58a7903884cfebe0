"""How numbers, dates and places are said in a judgement. Plain words; nothing is claimed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from overlook.terms import Case, Estimate, Event, Interval, Site

_LAST_SECOND = timedelta(seconds=1)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def percent(probability: float) -> str:
    """A probability as a whole percentage; the ends are never rounded to certainty."""
    if probability < 0.01:
        return "under 1%"
    if probability > 0.99:
        return "over 99%"
    return f"{probability:.0%}"


def number(x: float) -> str:
    """Three significant digits without an exponent where that reads well."""
    return f"{x:.3g}" if 1e-3 <= abs(x) < 1e6 or x == 0 else f"{x:.1e}"


def as_factor(x: float) -> str:
    """A ratio with the digits that counts can bear: 2.60, 0.76, 14."""
    return f"{x:.2f}" if 0.01 <= abs(x) < 10 else f"{x:.0f}" if abs(x) >= 10 else number(x)


def as_rate(x: float) -> str:
    """A rate an image with the digits that counts can bear: 32, 9.8, 0.11."""
    return f"{x:,.0f}" if x >= 10 else f"{x:.1f}" if x >= 1 else f"{x:.2f}" if x >= 0.005 or x == 0 else number(x)


def interval(estimate: Estimate, write: Callable[[float], str]) -> str:
    """'2.60 (95% interval 1.91 to 3.53)'."""
    low, high = write(estimate.low), write(estimate.high)
    return f"{write(estimate.estimate)} ({estimate.level:.0%} interval {low} to {high})"


def span(during: Interval, site: Site | None) -> str:
    """Local dates when the span is whole local days, else dates and times in UTC. Never a date that is a day off."""
    if during.is_instant:
        return f"{day(during.start.astimezone(UTC))}, {during.start.astimezone(UTC):%H:%M} UTC"
    if days := whole_days(during, timezone_of(site)):
        return dates(*days)
    if days := whole_days(during, UTC):
        return f"{dates(*days)} UTC"
    start, end = during.start.astimezone(UTC), during.end.astimezone(UTC)
    return f"{day(start)}, {start:%H:%M} to {day(end)}, {end:%H:%M} UTC"


def days_of(during: Interval, site: Site | None) -> str:
    """The local days that a span touches: for spans between images, whose hours tell nobody anything."""
    zone = timezone_of(site)
    if whole := whole_days(during, zone):
        return dates(*whole)
    try:
        return dates(during.start.astimezone(zone).date(), during.end.astimezone(zone).date())
    except OverflowError:
        return span(during, site)


def day(moment: date) -> str:
    """'12 June 2018': the month in letters, because 06/12 is read two ways."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def dates(first: date, last: date) -> str:
    """'27 to 28 February 2019': a year and a month are said once."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    start = f"{first.day}" if first.month == last.month else f"{first.day} {_MONTHS[first.month - 1]}"
    return f"{start} to {day(last)}"


def whole_days(during: Interval, zone: tzinfo) -> tuple[date, date] | None:
    """First and last day when the span is whole days of `zone`, else None."""
    try:
        # A window after a day begins a microsecond before the next one.
        start = (during.start.astimezone(zone) + _LAST_SECOND / 2).replace(microsecond=0)
        end = _last_moment(during, zone)
    except OverflowError:  # a far date stands for an open end
        return None
    if start.time() != time(0) or end.time() < time(23, 59, 59) or end < start:
        return None
    return start.date(), end.date()


def named(cls: str) -> str:
    """A class or indicator as words: 'steam-plume' is a steam plume."""
    return cls.replace("-", " ").replace("_", " ").strip() or cls


def within(window: Interval | None, site: Site | None) -> str:
    """', 1 June to 30 July 2018', or nothing when no window was declared."""
    return f", {span(window, site)}" if window else ""


def place(case: Case, site_id: str, zone_id: str) -> str:
    """'Launch pad', with its site where the case has several: 'Launch pad, Sohae'; 'Sohae' for the whole site."""
    site = site_of(case, site_id)
    if site is None:
        return f"{zone_id}, {site_id}" if zone_id else site_id
    if not zone_id:
        return site.name
    zone = next((z.name for z in site.zones if z.id == zone_id), zone_id)
    return f"{zone}, {site.name}" if len(case.sites) > 1 else zone


def site_of(case: Case, site_id: str) -> Site | None:
    return next((s for s in case.sites if s.id == site_id), None)


def event_of(case: Case, event_id: str) -> Event | None:
    return next((e for e in case.events if e.id == event_id), None)


def event_name(case: Case, event_id: str) -> str:
    event = event_of(case, event_id)
    return event.name if event else event_id


def listed(words: Iterable[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def several(cls: str) -> str:
    """More than one of a class, in words: `vehicles`. A class that ends in s, or in craft, is its own plural."""
    name = named(cls)
    return name if name.endswith(("s", "craft")) else f"{name}s"


def plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _last_moment(during: Interval, zone: tzinfo) -> datetime:
    end = during.end.astimezone(zone)
    # A day may be declared to end at the next midnight.
    return end - _LAST_SECOND if end.time() == time(0) and not during.is_instant else end


def timezone_of(site: Site | None) -> tzinfo:
    """The site's time zone; UTC without a site, or for a name that is none."""
    try:
        return ZoneInfo(site.timezone) if site else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
