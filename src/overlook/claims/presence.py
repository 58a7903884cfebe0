"""Sightings in a window read against *present* or *absent*: the one door through which absence contradicts."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.claims.asking import tested
from overlook.claims.observables import observable
from overlook.claims.phrases import named, percent, place, plural
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, Finding, Prediction, PresenceFinding

#: design.md: absence speaks only when the images together would have missed the thing with at most this chance.
MAX_CHANCE_MISSED = 0.05


def read_presence(prediction: Prediction, f: PresenceFinding, case: Case) -> Reading:
    where = place(case, f.series.site, f.series.zone)
    wants_it = tested(prediction) == "present"
    why = [_presence_numbers(f, where)]
    weak = f.verdict == "present" and f.identification == "possible"
    stance: Stance = "silent"
    if f.verdict == "mixed":
        stance = "mixed"
    elif f.verdict == "present" and wants_it:
        stance = "matches"
    elif f.verdict == "present":
        stance = "silent" if weak else "contradicts"
    elif f.verdict == "absent" and not wants_it:
        stance = "matches"
    elif f.verdict == "absent":
        stance, said = _absence(prediction, f)
        why.append(said)
    elif f.n_absent:
        why.append(_COULD_HAVE_MISSED)
    if weak:
        why.append("It was identified only as possible, which neither supports nor contradicts a claim.")
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=weak,
        observable=observable(prediction, case, f.series.zone),
    )


def _absence(prediction: Prediction, f: PresenceFinding) -> tuple[Stance, str]:
    """The one door through which absence contradicts."""
    if f.chance_missed is None or f.chance_missed > MAX_CHANCE_MISSED:
        return "silent", _COULD_HAVE_MISSED
    if not prediction.must_be_in_the_open:
        return "silent", "Nothing in the claim puts it in the open all that time, so its absence does not contradict."
    if prediction.window is None:
        return "silent", "The claim gives no time at which it had to be in the open: its absence does not contradict."
    return "contradicts", "The claim puts it in the open at that time, and these images would hardly have missed it."


_COULD_HAVE_MISSED = "Not seen is not the same as not there: these images could have missed it."


def _presence_numbers(f: PresenceFinding, where: str) -> str:
    n, thing = f.n_present + f.n_absent + f.n_cannot_tell, named(f.series.cls)
    if n == 0:
        return f"{where}: no image was read for {thing}."
    unclear = f", {f.n_cannot_tell:,} could not tell" if f.n_cannot_tell else ""
    if not f.n_present:
        seen = f"{thing} not seen on {f.n_absent:,} of {plural(n, 'image')}" if f.n_absent else f"{thing} not seen"
        return f"{where}: {seen}{unclear}{_missed_chance(f)}."
    strength = f" ({f.identification})" if f.identification else ""
    absent = f", not seen on {f.n_absent:,}" if f.n_absent else ""
    return f"{where}: {thing} seen on {f.n_present:,} of {plural(n, 'image')}{strength}{absent}{unclear}."


def _missed_chance(f: PresenceFinding) -> str:
    if not f.n_absent:
        return ""
    if f.chance_missed is None:
        return "; nobody declared how often such a thing would be seen"
    return f"; together they would have missed it with {percent(f.chance_missed)} chance"


def leaning(prediction: Prediction, findings: Sequence[Finding]) -> tuple[int, bool]:
    """Which way sightings lean, without weighing them: (+1 for, -1 against, 0 neither, was anything seen)."""
    sightings = [f for f in findings if isinstance(f, PresenceFinding)]
    seen = any(f.n_present for f in sightings)
    unseen = any(f.n_absent for f in sightings) and not seen
    if not (seen or unseen):
        return 0, False
    return (1 if seen == (tested(prediction) == "present") else -1), seen
