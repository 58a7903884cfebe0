"""An activity finding read against *active* or *quiet*."""

from __future__ import annotations

from overlook.claims.asking import tested
from overlook.claims.phrases import as_rate, interval, named, number, place, plural, site_of, within
from overlook.claims.stance import Reading, Stance
from overlook.terms import ActivityFinding, Case, Prediction


def read_activity(prediction: Prediction, f: ActivityFinding, case: Case) -> Reading:
    where, site = place(case, f.series.site, f.series.zone), site_of(case, f.series.site)
    wanted = "active" if tested(prediction) == "active" else "no activity observed"
    why = [_activity_numbers(f, where)]
    stance: Stance = "silent" if f.verdict == "undetermined" else "matches" if f.verdict == wanted else "contradicts"
    seen = f.verdict == "active" and f.total_count > 0
    if stance == "contradicts" and f.exploratory and not seen:
        stance = "silent"
        why.append("An exploratory answer without anything seen does not contradict a claim.")
    if stance == "contradicts" and f.verdict != "active" and f.rate is not None:
        why.append(f"The bound of {as_rate(f.rate.high)} an image is positive evidence, not mere absence.")
    if f.exploratory:
        why.append("The answer is exploratory: too few images, or asked when they had been seen.")
    if f.quiet_below is None:
        why.append("The plan declares no rate below which the site counts as quiet.")
    p = f.p_active if wanted == "active" or f.p_active is None else 1 - f.p_active
    side = "above" if wanted == "active" else "below"
    rate = f"the declared quiet rate of {number(f.quiet_below)} an image" if f.quiet_below else "a quiet rate"
    return Reading(
        finding=f.id,
        zone=f.series.zone,
        stance=stance,
        why=tuple(why),
        weak=f.exploratory,
        observable=f"The {named(f.series.cls)} count in {where} was {side} {rate}{within(prediction.window, site)}.",
        probability=None if f.exploratory or stance == "silent" else p,
    )


def _activity_numbers(f: ActivityFinding, where: str) -> str:
    if not f.n_images:
        return f"{where}: no usable image for {named(f.series.cls)}."
    counted = f"{where}: {named(f.series.cls)}, {f.total_count:,} counted on {plural(f.n_images, 'usable image')}"
    if f.rate is None:
        return f"{counted}; no rate could be fitted."
    against = f" The declared quiet rate is {number(f.quiet_below)}." if f.quiet_below else ""
    return f"{counted}. With all of it visible and found that is {interval(f.rate, as_rate)} an image.{against}"
