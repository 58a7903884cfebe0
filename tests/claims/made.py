"""Hand-made cases and findings: one site with a yard, a pad and a hall under a roof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely

from overlook.activity import together
from overlook.claims import judge
from overlook.claims.asking import asked_by
from overlook.terms import (
    LOCAL,
    ActivityFinding,
    Case,
    Claim,
    CompositeFinding,
    Estimate,
    Event,
    EventFinding,
    Finding,
    Gap,
    Interval,
    Judgement,
    Missed,
    Observation,
    Plan,
    Prediction,
    PresenceFinding,
    Question,
    Rival,
    Series,
    Site,
    TransitionFinding,
    Zone,
)


def day(year: int, month: int, date: int) -> Interval:
    start = datetime(year, month, date, tzinfo=UTC)
    return Interval(start=start, end=start + timedelta(days=1) - timedelta(microseconds=1))


def span(first: Interval, last: Interval) -> Interval:
    return Interval(start=first.start, end=last.end)


WINDOW = span(day(2018, 6, 1), day(2018, 7, 30))
PLAN = Plan(margin=1.25, quiet_below=0.5)
SUMMIT = Event(id="summit", name="Summit", during=day(2018, 6, 12), sites=("s",))

DECEPTION = Rival(id="decoy", name="A decoy", predicts="different", is_deception=True)
OTHER_USE = Rival(id="other", name="Another use", predicts="different")
SAME_LOOK = Rival(id="twin", name="Maintenance", predicts="same")


def zone(id_: str, kind: str, column: int = 0, **more: Any) -> Zone:
    box = shapely.box(column * 100, 0, column * 100 + 50, 50)
    return Zone(id=id_, name=id_.capitalize(), kind=kind, geometry=box, **more)  # type: ignore[arg-type]


SITE = Site(
    id="s", name="Site", crs=LOCAL, zones=(zone("yard", "yard"), zone("pad", "pad", 1), zone("hall", "building", 2))
)


def prediction(relation: str = "active", **more: Any) -> Prediction:
    """About vehicles (or a crane, where a sighting answers) in the yard, unless told otherwise."""
    counted = relation in ("active", "quiet", "changed", "same")
    at = {"event": "summit"} if relation in ("changed", "same") else {"window": WINDOW}
    what = {"cls": "vehicle"} if counted else {"indicator": "crane"}
    if "cls" in more or "indicator" in more:
        what = {}
    return Prediction(**({"id": "p1", "relation": relation, "site": "s", "zone": "yard"} | at | what | more))


def case(*predictions: Prediction, **more: Any) -> Case:
    claim = Claim(id="c1", quote="Verbatim.", chain=(), predictions=predictions)
    return Case(
        **({"id": "k", "title": "t", "sites": (SITE,), "events": (SUMMIT,), "claims": (claim,), "plan": PLAN} | more)
    )


def question_of(of: Prediction, within: Case | None = None) -> Question:
    """Of a prediction about one zone, at one event."""
    own = Series(site=of.site, zone=of.zone, cls=of.cls or of.indicator)
    (question,) = [q for q in asked_by(of, within or case(of), (), (own,)) if q.series == own]
    return question


def event_finding(of: Prediction, verdict: str, low: float = 1.0, high: float = 1.0, **more: Any) -> EventFinding:
    own = Series(site=of.site, zone=of.zone, cls=of.cls)
    q = Question(kind="event", series=own, event=of.event)
    determined = verdict != "undetermined"
    # Tails that fit the verdict: beyond the margin, within it, or nobody knows.
    tails = {"changed": (0.0005, 0.9999), "same": (0.98, 0.5)}.get(verdict, (0.4, 0.7))
    values = {
        "p_within_margin": tails[0],
        "p_above_one": tails[1],
        "id": q.id,
        "series": q.series,
        "event": q.event,
        "before": span(day(2018, 2, 12), day(2018, 6, 11)),
        "after": span(day(2018, 6, 13), day(2018, 7, 27)),
        "n_before": 24,
        "n_after": 18,
        "ratio": Estimate(estimate=(low * high) ** 0.5, low=low, high=high, level=0.9)
        if determined or low < high
        else None,
        "step": None,
        "verdict": verdict,
        "exploratory": False,
        "missed": Missed(smallest_ratio_up=1.6, smallest_ratio_down=0.6, images_needed=90),
        "margin": 1.25,
        "model": None,
    }
    return EventFinding(**(values | more))


def composite_of(of: Prediction, *members: EventFinding) -> CompositeFinding:
    """Of a prediction about the whole site: the members given, answered together."""
    (question,) = asked_by(of, case(of), (), [m.series for m in members])
    return together(members, plan=PLAN, question=question)


def activity_finding(of: Prediction, verdict: str, **more: Any) -> ActivityFinding:
    q = question_of(of)
    rates = {
        "active": Estimate(estimate=8.0, low=6.0, high=10.0, level=0.9),
        "no activity observed": Estimate(estimate=0.05, low=0.0, high=0.2, level=0.9),
    }
    values = {
        "id": q.id,
        "series": q.series,
        "window": q.window or WINDOW,
        "n_images": 20,
        "image_equivalents": 15.0,
        "total_count": 120 if verdict == "active" else 0,
        "rate": rates.get(verdict),
        "quiet_below": 0.5,
        "p_active": {"active": 0.999, "no activity observed": 0.001}.get(verdict),
        "verdict": verdict,
        "exploratory": False,
    }
    return ActivityFinding(**(values | more))


def presence_finding(of: Prediction, verdict: str, **more: Any) -> PresenceFinding:
    q = question_of(of)
    seen, unseen = verdict in ("present", "mixed"), verdict in ("absent", "mixed")
    values = {
        "id": q.id,
        "series": q.series,
        "window": q.window or WINDOW,
        "n_present": 3 if seen else 0,
        "n_absent": 2 if unseen else 0,
        "n_cannot_tell": 0,
        "identification": "confirmed" if seen else None,
        "chance_missed": 0.04 if unseen else 1.0,
        "verdict": verdict,
    }
    return PresenceFinding(**(values | more))


def transition_finding(of: Prediction, verdict: str, **more: Any) -> TransitionFinding:
    q = question_of(of)
    values = {
        "id": q.id,
        "series": q.series,
        "verdict": verdict,
        "between": None if verdict == "undetermined" else span(day(2018, 6, 20), day(2018, 7, 1)),
        "identification": "confirmed",
    }
    return TransitionFinding(**(values | more))


def judged(
    of: Prediction,
    *findings: Finding,
    observations: Sequence[Observation] = (),
    gaps: Sequence[Gap] = (),
    **more: Any,
) -> Judgement:
    """The one part of a case with one claim of one prediction."""
    (claim,) = judge(case(of, **more), {f.id: f for f in findings}, observations, gaps)
    (part,) = claim.parts
    return part


def rivals(of: Prediction, *names: Rival) -> Prediction:
    return replace(of, rivals=names)
