"""How numbers, dates and places are said in a judgement. Plain words; nothing is claimed here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from overlook.terms import Case, Estimate, Event, Interval, Site

_LAST_SECOND = timedelta(seconds=1)


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


def interval(estimate: Estimate) -> str:
    return (
        f"{number(estimate.estimate)} ({estimate.level:.0%} interval {number(estimate.low)} to {number(estimate.high)})"
    )


def span(during: Interval, site: Site | None) -> str:
    """Local dates when the span is whole local days, else UTC times. Never a date that is a day off."""
    if during.is_instant:
        return f"{during.start:%Y-%m-%d %H:%M} UTC"
    local = _timezone(site)
    if days := _whole_days(during, local):
        return days
    if days := _whole_days(during, UTC):
        return f"{days} UTC"
    return f"{during.start:%Y-%m-%d %H:%M} to {during.end:%Y-%m-%d %H:%M} UTC"


def _whole_days(during: Interval, zone: tzinfo) -> str:
    """'2018-06-01 to 2018-06-30' when the span is whole days of `zone`, else ''."""
    try:
        # A window after a day begins a microsecond before the next one.
        start = (during.start.astimezone(zone) + _LAST_SECOND / 2).replace(microsecond=0)
        end = _last_moment(during, zone)
    except OverflowError:  # a far date stands for an open end
        return ""
    if start.time() != time(0) or end.time() < time(23, 59, 59):
        return ""
    return f"{start:%Y-%m-%d}" if start.date() == end.date() else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"


def named(cls: str) -> str:
    """A class or indicator as words: 'steam-plume' is a steam plume."""
    return cls.replace("-", " ").replace("_", " ").strip() or cls


def within(window: Interval | None, site: Site | None) -> str:
    """' in 2018-06-01 to 2018-07-30', or nothing when no window was declared."""
    return f" in {span(window, site)}" if window else ""


def place(case: Case, site_id: str, zone_id: str) -> str:
    """'Launch pad (Sohae)', or 'Sohae' for the whole site."""
    site = site_of(case, site_id)
    if site is None:
        return f"{zone_id} ({site_id})" if zone_id else site_id
    if not zone_id:
        return site.name
    zone = next((z.name for z in site.zones if z.id == zone_id), zone_id)
    return f"{zone} ({site.name})"


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


def plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _last_moment(during: Interval, zone: tzinfo) -> datetime:
    end = during.end.astimezone(zone)
    # A day may be declared to end at the next midnight.
    return end - _LAST_SECOND if end.time() == time(0) and not during.is_instant else end


def _timezone(site: Site | None) -> tzinfo:
    try:
        return ZoneInfo(site.timezone) if site else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
