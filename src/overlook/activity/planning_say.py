"""What a plan of images assumes, and what it comes to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from overlook.activity.planning_next import Need
from overlook.activity.planning_options import Days
from overlook.activity.planning_simulate import Imaging
from overlook.activity.prior import Prior
from overlook.terms import Clouds, CurvePoint, ImagePlan, NotObserved, Observation, Plan, Sensor


def assumptions(
    plan: Plan,
    prior: Prior,
    clouds: Clouds | None,
    sensors: Sequence[Sensor],
    how: Imaging,
    days: Days,
    *,
    rate: float | None,
) -> tuple[str, ...]:
    """Everything that the numbers rest on and that may be otherwise."""
    said = [f"under this prior: {prior.name}: {prior.origin}"]
    if rate is not None:
        said.append(f"no image was counted here yet: {rate:g} an image is what you said, not what was seen")
    said.append(_sky(clouds))
    said += _sensors(sensors, how, days)
    said.append(_recall(how))
    said.append(f"under {plan.few_images} usable images in all there is no verdict, whatever they show")
    said.append("images are routine ones: days that are chosen because something was seen are no fair sample")
    said.append("no season beyond what the images in hand show")
    return tuple(said)


def _sky(clouds: Clouds | None) -> str:
    if clouds is None:
        return (
            "no cloud climatology is declared for this site: every image is taken to be usable, and real numbers are "
            "lower"
        )
    source = f" ({clouds.source})" if clouds.source else ""
    spell = (
        f"a day's sky is the last one's with probability exp(-1/{clouds.spell_d:g})"
        if clouds.spell_d
        else "no spell is declared, so days are taken as independent: real numbers of usable images vary more"
    )
    return f"usable images by month as declared{source}; {spell}"


def _sensors(sensors: Sequence[Sensor], how: Imaging, days: Days) -> list[str]:
    said = []
    if not sensors:
        said.append(
            f"no sensor is declared in the case: images are taken as those in hand ({how.sensor}), and the intervals "
            "are examples, not promises"
        )
    if days.archive and (not sensors or any(s.archived is None for s in sensors)):
        said.append("nobody said what share of past passes is in an archive: all of them are taken to be, at best")
    return said


def _recall(how: Imaging) -> str:
    if how.like is not None:
        return "an index is measured on images to come as on those in hand"
    if how.recall is None:
        return "probability of detection not declared: images to come are taken to be read as those in hand"
    sd = f" ± {how.recall_sd:g}, shared by all its images" if how.recall_sd else ", known exactly"
    return f"probability of detection {how.recall:g}{sd} on {how.sensor}"


def notes(plan: ImagePlan, days: Days, power: float) -> tuple[str, ...]:
    """What can still be had for each window, and what is out of reach."""
    said = [_window("before", days, is_after=False), _window("after", days, is_after=True)]
    if not plan.curve:
        return tuple(s for s in said if s)
    said.append(_reach(f"a change by {plan.ratio:g}", plan.needed_changed, plan.curve, power, same=False))
    if plan.margin is None:
        said.append('no margin is declared: how many images would show "about the same" cannot be told')
    else:
        said.append(_reach(f'"about the same" within {plan.margin:g}', plan.needed_same, plan.curve, power, same=True))
        if plan.needed_same is None and plan.best_case_same is not None:
            said.append(
                f'even without drift, "about the same" within {plan.margin:g} takes {plan.best_case_same} usable '
                "images on each side"
            )
    return tuple(s for s in said if s)


def _window(name: str, days: Days, *, is_after: bool) -> str:
    new = sum(d.is_after == is_after for d in days.new)
    archive = sum(d.is_after == is_after for d in days.archive)
    if not new and not archive:
        return f"window {name}: no day is left of which an image could be had"
    if not new:
        return f"window {name}: it is over, so only an archive can add images ({archive} days without one)"
    if archive:
        return f"window {name}: {archive} past days that only an archive can add, {new} days to come"
    return f"window {name}: {new} days to come"


def left_out(later: Sequence[Observation], now: datetime) -> list[str]:
    """What was observed after the day that is planned on."""
    n = len({o.scene or o.when for o in later if not isinstance(o, NotObserved)})
    return [f"planned as of {now:%Y-%m-%d %H:%M} UTC: {n} later image{'' if n == 1 else 's'} left out"] if n else []


def need_of(plan: ImagePlan) -> Need:
    """The usable images to order: the most that one of the answers takes which images can bring about."""
    if plan.verdict != "undetermined":
        return _none(f'none needed: the images in hand answer it ("{plan.verdict}")')
    sought = [(f"a change by {plan.ratio:g}", plan.needed_changed)]
    if plan.margin is not None:
        sought.append((f'"about the same" within {plan.margin:g}', plan.needed_same))
    lacking = [(what, p) for what, p in sought if p is not None and p.added_before + p.added_after]
    if lacking:
        what, most = max(lacking, key=lambda pair: pair[1].added_before + pair[1].added_after)
        why = f"{what} takes {_images(most.added_before)} before and {most.added_after} after"
        return Need(before=most.added_before, after=most.added_after, from_archive=most.from_archive, why=why)
    beyond = [what for what, point in sought if point is None]
    if len(beyond) == len(sought):
        settles = "is shown to settle it" if _may_reach(plan) else "settles it"
        return _none(f"no number of images {settles}: {_bound(plan)}")
    settled = " and ".join(what for what, point in sought if point is not None)
    why = f"none needed: the images in hand reach a power of {plan.power:g} for {settled}"
    return _none(why + (f"; no number of images does for {' and '.join(beyond)}" if beyond else ""))


def _none(why: str) -> Need:
    return Need(before=0, after=0, from_archive=False, why=why)


def _may_reach(plan: ImagePlan) -> bool:
    """Whether the power that is wanted lies within the Monte-Carlo error of what some row reaches."""
    return any(p.high >= plan.power for row in plan.curve for p in (row.power_changed, row.power_same) if p)


def _bound(plan: ImagePlan) -> str:
    """What the most images that the windows can hold would reach."""
    most = max(plan.curve, key=lambda c: c.images_before + c.images_after)
    what = "a usable image on every day that can still be had" if most.every_day else "the images in hand, no more days"
    told = f"{what} reaches {_told(most, same=False)} for a change by {plan.ratio:g}"
    if plan.margin is None:
        return told
    return f'{told} and {_told(most, same=True)} for "about the same" within {plan.margin:g}'


def _reach(what: str, needed: CurvePoint | None, curve: Sequence[CurvePoint], power: float, *, same: bool) -> str:
    if needed is not None:
        have = needed.added_before + needed.added_after
        if not have:
            return f"{what}: the images in hand reach a power of {_told(needed, same=same)}"
        how = "with the archive" if needed.from_archive else "with new images alone"
        return (
            f"{what}: {_images(needed.added_before)} before and {needed.added_after} after, {how}, are the "
            f"fewest tried that reach a power of {power:g}: {_told(needed, same=same)}"
        )
    best = max(curve, key=lambda c: c.images_before + c.images_after)
    every = "a usable image on every day" if best.every_day else "the most images tried"
    return f"{what}: not reachable within the windows: {every} reaches a power of {_told(best, same=same)}"


def _images(n: int) -> str:
    return f"{n} more usable image{'' if n == 1 else 's'}"


def _told(point: CurvePoint, *, same: bool) -> str:
    power = point.power_same if same else point.power_changed
    return "none" if power is None else f"{power.estimate:.2f} ({power.low:.2f}–{power.high:.2f})"
