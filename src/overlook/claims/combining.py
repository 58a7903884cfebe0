"""Many readings, one answer: a prediction about a site is read in each of its zones, or at each of its events.

Whether a site changed or stayed the same is one reading an event, of all its series together (composite.py).
Some relations hold when they hold anywhere (active, changed, present, arrived …), others only when they hold everywhere
(quiet, same, absent). What is not answered somewhere cannot hold everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overlook.claims.stance import Reading, Stance
from overlook.terms import Relation

_EVERYWHERE: frozenset[Relation] = frozenset({"quiet", "same", "absent"})
#: Events that disagree on these are told as such: neither is "the" answer for the time.
_ONE_LEVEL: frozenset[Relation] = frozenset({"changed", "same"})
#: What one reading decides, and what only all of them decide; by whether the relation must hold everywhere.
_STANCES: dict[bool, tuple[Stance, Stance]] = {
    True: ("contradicts", "matches"),
    False: ("matches", "contradicts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`deciding`: the readings that the stance rests on."""

    stance: Stance
    weak: bool
    deciding: tuple[Reading, ...]


def combine(relation: Relation, readings: Sequence[Reading], *, unanswered: int) -> Answer:
    """The stance of all readings together; `unanswered` counts the questions that no finding answers.

    A reading of the whole site (zone "") stands for all its zones, unless a zone says otherwise: then it is mixed.
    """
    readings = [r for r in readings if r.stance != "silent" or not r.adds_only]
    for_ = [r for r in readings if r.stance == "matches"]
    against = [r for r in readings if r.stance == "contradicts"]
    both = [r for r in readings if r.stance == "mixed"]
    everywhere = relation in _EVERYWHERE
    once, always = (against, for_) if everywhere else (for_, against)
    at_once, at_last = _STANCES[everywhere]
    if once and always and _is_disagreement(relation, once, always):
        return Answer(stance="mixed", weak=False, deciding=(*once, *always))
    if once:
        # Holding anywhere needs one strong reading.
        return Answer(stance=at_once, weak=all(r.weak for r in once), deciding=tuple(once))
    if both:
        return Answer(stance="mixed", weak=False, deciding=tuple(both))
    if always and (whole := _whole(relation, readings, always, unanswered=unanswered)):
        # Holding everywhere is as weak as its weakest.
        return Answer(stance=at_last, weak=any(r.weak for r in whole), deciding=tuple(whole))
    return Answer(stance="silent", weak=False, deciding=())


def _is_disagreement(relation: Relation, once: Sequence[Reading], always: Sequence[Reading]) -> bool:
    """A part shows what the whole, read by itself, is shown to lack."""
    whole_lacks_it = any(not r.zone for r in always) and any(r.zone for r in once)
    return relation in _ONE_LEVEL or whole_lacks_it


def _whole(
    relation: Relation, readings: Sequence[Reading], always: Sequence[Reading], *, unanswered: int
) -> list[Reading]:
    """The readings by which something holds everywhere: the site's own, or every zone's; [] when it is not shown."""
    site = [r for r in readings if not r.zone]
    if site and all(r in always for r in site) and not (unanswered and relation in _ONE_LEVEL):
        return site
    zones = [r for r in readings if r.zone]
    return list(zones) if zones and not unanswered and all(r in always for r in zones) else []
