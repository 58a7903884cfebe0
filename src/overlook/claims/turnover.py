"""A turnover finding read against *active*, *arrived* or *left* of a counted class, and the images that would tell.

It can only speak for such a claim. That the same places stay taken contradicts nothing: another thing may stand there.

A rival of *active* is declared of the level: what was left for good fills a yard as well as what is in use. What it
predicts of coming and going is another question, and answered only where somebody declared it.
"""

from __future__ import annotations

from overlook.claims.asking import tested
from overlook.claims.phrases import as_rate, interval, named, number, place, plural, several, site_of, within
from overlook.claims.stance import Reading, Stance
from overlook.terms import Case, Diagnosticity, Prediction, Rival, TurnoverFinding

_SHOWN = {
    "active": "More {cls} came and went in {where} than errors of reading alone would make{when}.",
    "arrived": "More {cls} arrived in {where} than errors of reading alone would make{when}.",
    "left": "More {cls} left {where} than errors of reading alone would make{when}.",
}


def read_turnover(prediction: Prediction, f: TurnoverFinding, case: Case) -> Reading:
    where, relation = place(case, f.series.site, f.series.zone), tested(prediction)
    if not f.pairs:
        return _silent(f, f"{where}: no two images whose boxes of {named(f.series.cls)} could be compared.")
    stance: Stance = "matches" if _is_shown(relation, f) else "silent"
    why = [*_numbers(f, where), *(_open(relation, f) if stance == "silent" else [])]
    if f.exploratory:
        why.append("The answer is exploratory: too few pairs of images, or asked when they had been seen.")
    said = _SHOWN[relation].format(
        cls=several(f.series.cls), where=where, when=within(prediction.window, site_of(case, f.series.site))
    )
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=f.exploratory,
        observable=said,
        adds_only=True,
    )


def _silent(f: TurnoverFinding, why: str) -> Reading:
    return Reading(finding=f.id, zone=f.series.zone, stance="silent", why=(why,), adds_only=True)


def _is_shown(relation: str, f: TurnoverFinding) -> bool:
    if relation == "active":
        return f.verdict == "coming and going"
    return relation in f.beyond_error


def _open(relation: str, f: TurnoverFinding) -> list[str]:
    if f.expected_by_error is None:
        return ["Nobody declared how well the reader sees, and misses alone look like coming and going."]
    if f.verdict == "standing":
        return [
            "The same places stayed taken: what is left standing for good shows no use, and what is in use may stand."
        ]
    what = "left and arrived" if relation == "active" else relation
    return [f"No more {what} than errors of reading alone would make."]


def _numbers(f: TurnoverFinding, where: str) -> list[str]:
    moved = f"{f.stayed:,} stayed, {f.left:,} left and {f.arrived:,} arrived"
    lines = [f"{where}: {named(f.series.cls)}, {moved} between {plural(f.n_images, 'image')} of one reader."]
    if f.expected_by_error is not None:
        lines.append(f"Misses and false alarms alone would make about {as_rate(f.expected_by_error)} leave or arrive.")
    if f.dwell_d is not None:
        lines.append(f"A stay at one place lasts {interval(f.dwell_d, as_rate)} days on average.")
    elif f.dwell_under_d is not None:
        lines.append(f"A stay at one place lasts under {number(f.dwell_under_d)} days on average.")
    elif f.dwell_over_d is not None:
        lines.append(f"A stay at one place lasts over {number(f.dwell_over_d)} days on average.")
    return lines


def of_movement(rival: Rival, prediction: Prediction, case: Case) -> Diagnosticity | None:
    """What a rival predicts of coming and going; None where nobody declared it.

    Of *arrived* and *left*, what it predicts there; what predicts another level of *active* predicts that nothing comes
    and goes. Else what the same rival (id and name) is declared to predict beside an arrival or a departure of the same
    class in that place.
    """
    if tested(prediction) != "active" or rival.predicts == "different":
        return rival.predicts
    declared = {
        other.predicts
        for p in (
            *(p for c in case.claims for p in c.predictions),
            *(p for c in case.commitments for p in c.indicators),
        )
        if p.relation in ("arrived", "left") and (p.site, p.cls) == (prediction.site, prediction.cls)
        if prediction.zone in ("", p.zone)
        for other in p.rivals
        if (other.id, other.name) == (rival.id, rival.name)
    }
    return declared.pop() if len(declared) == 1 else None


def turnover_need(prediction: Prediction) -> str:
    """What would tell whether a counted class arrived or left."""
    thing = named(prediction.cls)
    return (
        f"At least four in the claim's time, registered to each other, with boxes of {thing} drawn by one reader whose "
        "chance of missing one is declared: then what arrived and left can be told from errors. Or a reader's "
        f"sightings of an indicator (a certain {thing}, say) on each image."
    )
