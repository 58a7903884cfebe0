"""The periods of a compliance matrix, and what an indicator predicts of each.

Periods are whole calendar months, quarters or years in the time zone of the site, so that an image that comes later
changes no period and no question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from overlook.claims.phrases import day, event_of, site_of, timezone_of
from overlook.terms import Case, Commitment, Every, Indicator, Interval, Observation, Period, Prediction

_MONTHS: dict[Every, int] = {"month": 1, "quarter": 3, "year": 12}
#: Without a declared length, the shortest that gives no more periods than a page can hold.
_MOST_BY_ITSELF = 36
#: A case may not declare more (twenty years of months).
MOST_PERIODS = 240
TRANSITIONS = ("built", "removed", "altered", "arrived", "left")
_MICROSECOND = timedelta(microseconds=1)


def observed_span(observations: Iterable[Observation]) -> Interval | None:
    """From the first image to the last, seen through or not."""
    times = [o.when for o in observations if o.when is not None]
    if not times:
        return None
    return Interval(start=min(t.start for t in times), end=max(t.end for t in times))


def periods_of(commitment: Commitment, case: Case, observed: Interval | None) -> tuple[Period, ...]:
    """In time order, without a gap; () where neither the case nor an image says from when to when."""
    during = _reported(commitment, observed)
    if during is None or not commitment.obligations:
        return ()
    zone = _zone(commitment, case)
    every = commitment.reporting.every or _fitting(during, zone)
    return tuple(_periods(during, every, zone))[:MOST_PERIODS]


def _fitting(during: Interval, zone: tzinfo) -> Every:
    """The shortest that gives a page of them."""
    for every in _MONTHS:
        if count(during, every, zone) <= _MOST_BY_ITSELF:
            return every
    return "year"


def count(during: Interval, every: Every, zone: tzinfo) -> int:
    """How many periods a span touches."""
    first, last = _month(during.start, zone), _month(during.end, zone)
    return last // _MONTHS[every] - first // _MONTHS[every] + 1


def in_period(indicator: Indicator, n: int, periods: Sequence[Period], case: Case) -> Prediction | None:
    """What it predicts of the n-th period; None where it says nothing of that period.

    A state is asked of the period. A change is asked from the first period to the end of this one: what was taken down
    in May is still down in June, as far as anybody saw. A level at an event is of the period of the event.
    """
    prediction, period = indicator.prediction, periods[n].during
    if prediction.relation in ("changed", "same"):
        event = event_of(case, prediction.event)
        return prediction if event is not None and period.contains(event.during.end) else None
    if prediction.relation in TRANSITIONS:
        period = Interval(start=periods[0].during.start, end=period.end)
    window = prediction.window
    if window is None:
        return replace(prediction, window=period)
    if not window.overlaps(period):
        return None
    return replace(prediction, window=Interval(start=max(window.start, period.start), end=min(window.end, period.end)))


def asked_in_periods(case: Case, observed: Interval | None) -> Iterator[Prediction]:
    """Every indicator of every obligation, period by period."""
    for commitment in case.commitments:
        periods = periods_of(commitment, case, observed)
        for indicator in (i for o in commitment.obligations for i in o.indicators):
            for n in range(len(periods)):
                prediction = in_period(indicator, n, periods, case)
                if prediction is not None:
                    yield prediction


def _reported(commitment: Commitment, observed: Interval | None) -> Interval | None:
    declared = commitment.reporting.during
    if declared is not None:
        return declared
    if observed is None:
        return None
    start = commitment.made.start if commitment.made else observed.start
    return Interval(start=start, end=observed.end) if start <= observed.end else None


def _zone(commitment: Commitment, case: Case) -> tzinfo:
    """Of the first site that an indicator names."""
    sites = [p.site for p in commitment.predictions]
    return timezone_of(site_of(case, sites[0])) if sites else UTC


def _month(moment: datetime, zone: tzinfo) -> int:
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment
    return local.year * 12 + local.month - 1


def _periods(during: Interval, every: Every, zone: tzinfo) -> Iterator[Period]:
    step = _MONTHS[every]
    first, last = _month(during.start, zone) // step, _month(during.end, zone) // step
    for k in range(first, min(last, first + MOST_PERIODS) + 1):
        start, end = _starts(k * step, zone), _starts((k + 1) * step, zone)
        if start is not None and end is not None:
            yield Period(label=_label(k * step, every), during=Interval(start=start, end=end - _MICROSECOND))


def _starts(month: int, zone: tzinfo) -> datetime | None:
    try:
        return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the ends of the calendar
        return None


def _label(month: int, every: Every) -> str:
    year = month // 12
    if every == "year":
        return f"{year}"
    if every == "quarter":
        return f"Q{month % 12 // 3 + 1} {year}"
    return day(date(year, month % 12 + 1, 1)).partition(" ")[2]
