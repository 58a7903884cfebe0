"""What a plan of images assumes, and what it comes to, in words."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.activity.planning_options import Days
from overlook.activity.planning_simulate import Imaging
from overlook.activity.prior import Prior
from overlook.terms import Clouds, CurvePoint, ImagePlan, Plan, Sensor


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


def _reach(what: str, needed: CurvePoint | None, curve: Sequence[CurvePoint], power: float, *, same: bool) -> str:
    if needed is not None:
        have = needed.added_before + needed.added_after
        if not have:
            return f"{what}: the images in hand reach a power of {_told(needed, same=same)}"
        how = "with the archive" if needed.from_archive else "with new images alone"
        return (
            f"{what}: {needed.added_before} more usable images before and {needed.added_after} after, {how}, are the "
            f"fewest tried that reach a power of {power:g}: {_told(needed, same=same)}"
        )
    best = max(curve, key=lambda c: c.images_before + c.images_after)
    every = "a usable image on every day" if best.every_day else "the most images tried"
    return f"{what}: not reachable within the windows: {every} reaches a power of {_told(best, same=same)}"


def _told(point: CurvePoint, *, same: bool) -> str:
    power = point.power_same if same else point.power_changed
    return "none" if power is None else f"{power.estimate:.2f} ({power.low:.2f}–{power.high:.2f})"
