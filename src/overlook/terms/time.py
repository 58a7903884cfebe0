"""Time: UTC, aware, and an interval wherever an instant is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A closed span of time, [start, end], both UTC. An instant has start == end.

    For a scene it is what is known of the acquisition time; for a claim's window, all of it counts.

    Raises ValueError when a bound is naive, not UTC, or the bounds are out of order.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_utc("start", self.start)
        require_utc("end", self.end)
        if self.end < self.start:
            raise ValueError(f"interval ends ({self.end}) before it starts ({self.start})")

    @property
    def is_instant(self) -> bool:
        return self.start == self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def middle(self) -> datetime:
        return self.start + (self.end - self.start) / 2

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end

    def encloses(self, other: Interval) -> bool:
        """All of `other` lies within."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Interval) -> bool:
        return self.start <= other.end and other.start <= self.end


def instant(moment: datetime) -> Interval:
    return Interval(start=moment, end=moment)


def require_utc(name: str, moment: datetime) -> None:
    """Raise ValueError unless `moment` is aware and its offset from UTC is zero."""
    if moment.tzinfo is None or moment.utcoffset() != timedelta(0):
        raise ValueError(f"{name} must be a time in UTC, not {moment.isoformat()}")


def utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive time: a guess is not a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)
