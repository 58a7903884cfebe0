"""What one finding says of one prediction: which file reads which kind of finding."""

from __future__ import annotations

from collections.abc import Mapping

from overlook.claims.activity import read_activity
from overlook.claims.composite import read_composite
from overlook.claims.event import read_event
from overlook.claims.presence import read_presence
from overlook.claims.stance import Reading
from overlook.claims.transition import read_transition
from overlook.claims.turnover import read_turnover
from overlook.terms import (
    ActivityFinding,
    Case,
    CompositeFinding,
    EventFinding,
    Finding,
    Prediction,
    PresenceFinding,
    TransitionFinding,
    TurnoverFinding,
)


def read(prediction: Prediction, finding: Finding, case: Case, findings: Mapping[str, Finding]) -> Reading:
    """What a finding says of a prediction; `findings`, by id, are all there are: a composite rests on others."""
    if isinstance(finding, EventFinding):
        return read_event(prediction, finding, case)
    if isinstance(finding, ActivityFinding):
        return read_activity(prediction, finding, case)
    if isinstance(finding, PresenceFinding):
        return read_presence(prediction, finding, case)
    if isinstance(finding, TransitionFinding):
        return read_transition(prediction, finding, case)
    if isinstance(finding, CompositeFinding):
        return read_composite(prediction, finding, case, findings)
    if isinstance(finding, TurnoverFinding):
        return read_turnover(prediction, finding, case)
    # No prediction asks the other kinds.
    return Reading(finding=finding.id, zone=finding.series.zone, stance="silent", why=())
