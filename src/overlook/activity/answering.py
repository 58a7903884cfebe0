"""One question in, one finding out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from overlook.activity.active import activity_finding
from overlook.activity.composite import together
from overlook.activity.event import event_finding, windows
from overlook.activity.prior import DEFAULT_PRIOR, Prior
from overlook.activity.series import by_series
from overlook.terms import (
    CompositeFinding,
    Event,
    EventFinding,
    Finding,
    Interval,
    Observation,
    Plan,
    Question,
    Series,
)


def answer(
    question: Question,
    observations: Sequence[Observation],
    *,
    event: Event | None = None,
    events: tuple[Event, ...] = (),
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
    exploratory: tuple[str, ...] = (),
    days_in: tzinfo = UTC,
) -> Finding:
    """The finding of `question` from the observations of its series, a composite's of all its members (others are
    ignored).

    `event` is the one that an event or composite question is about; `events` are all of them, for the order of a
    transition or a break.
    `exploratory`: reasons why the question cannot count as asked beforehand; estimates stay, p-values of events go.
    `days_in`: the site's time zone, whose weekends are meant.
    Raises ValueError when the question lacks the event or the members that its kind needs, and for what comes and goes:
    that is told from boxes on registered images, not from counts.
    """
    if question.kind in ("event", "composite"):
        if event is None:
            raise ValueError(f"a question of kind {question.kind} needs its event: {question.id}")
        if question.kind == "event":
            return event_finding(
                question,
                observations,
                event=event,
                plan=plan,
                prior=prior,
                exploratory=exploratory,
                days_in=days_in,
            )
        return _composite(
            question, observations, event=event, plan=plan, prior=prior, exploratory=exploratory, days_in=days_in
        )
    if question.kind == "activity":
        return activity_finding(
            question, observations, plan=plan, prior=prior, exploratory=exploratory, days_in=days_in
        )
    if question.kind == "turnover":
        raise ValueError(f"coming and going is told from boxes, not from counts: {question.id}")
    if question.kind == "break":
        from overlook.activity.breaks_found import breaks

        return breaks(
            question.series,
            observations,
            plan=plan,
            prior=prior,
            events=events,
            exploratory=exploratory,
            days_in=days_in,
        )
    from overlook.activity.sightings import presence, transition

    if question.kind == "presence":
        return presence(question, observations, plan=plan)
    return transition(question, observations, events=events, plan=plan)


def _composite(
    question: Question,
    observations: Sequence[Observation],
    *,
    event: Event,
    plan: Plan,
    prior: Prior,
    exploratory: tuple[str, ...],
    days_in: tzinfo,
) -> CompositeFinding:
    """Each member asked by itself, then all together. That it came late is the composite's to say: once."""
    of = by_series(observations)
    asked = [Question(kind="event", series=series, event=event.id) for series in question.members]
    members = [
        event_finding(q, of.get(q.series, ()), event=event, plan=plan, prior=prior, days_in=days_in) for q in asked
    ]
    return together(members, plan=plan, question=question, exploratory=exploratory)


def pattern_row(
    series: Series,
    observations: Sequence[Observation],
    *,
    event: Interval,
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
) -> dict[str, Any]:
    """The one-liner's JSON object for one series: did it change, stay, or can't we tell?"""
    declared = Event(id="event", name="event", during=event)
    question = Question(kind="event", series=series, event=declared.id)
    return row(event_finding(question, observations, event=declared, plan=plan, prior=prior))


def active_row(
    series: Series,
    observations: Sequence[Observation],
    *,
    event: Interval,
    plan: Plan,
    prior: Prior = DEFAULT_PRIOR,
) -> dict[str, Any]:
    """The one-liner's `active`: was there activity in the plan's window after the event?

    Of the images that the event's answer compares as *after*: what went on before says nothing of what goes on now.
    """
    window = windows(event, plan).after
    question = Question(kind="activity", series=series, window=window)
    outside = [o for o in observations if o.when is None or not o.when.overlaps(event)]
    f = activity_finding(question, outside, plan=plan, prior=prior)
    return {
        "verdict": f.verdict,
        "window": [_iso(window.start), _iso(window.end)],
        "rate": _plain(f.rate),
        "n_images": f.n_images,
        "image_equivalents": f.image_equivalents,
        "total_count": f.total_count,
        "quiet_below": f.quiet_below,
        "p_active": f.p_active,
        "exploratory": f.exploratory,
        "notes": list(f.notes),
    }


def row(finding: EventFinding) -> dict[str, Any]:
    """An event finding as plain data; `missed` and `model` with every key, null where there is no answer."""
    return {
        "series": {"site": finding.series.site, "zone": finding.series.zone, "class": finding.series.cls},
        "n_before": finding.n_before,
        "n_after": finding.n_after,
        "ratio": _plain(finding.ratio),
        "step": _plain(finding.step),
        "verdict": finding.verdict,
        "also_same": finding.also_same,
        "exploratory": finding.exploratory,
        "missed": _plain(finding.missed),
        "model": _plain(finding.model),
        "notes": list(finding.notes),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    plain = {f.name: getattr(value, f.name) for f in fields(value)}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in plain.items()}
