"""The images that would settle a part: of which place, between which dates, how fine, and how many.

Numbers come from the findings where they could be computed, else from the published limits of counting (activity.md:
I = 4 per image at 8 vehicles and dispersion 8, the best case) and are then said to be the least that would do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from overlook.claims.asking import events_of, tested
from overlook.claims.phrases import named, number, place, site_of, span
from overlook.claims.turnover import turnover_need
from overlook.terms import (
    ActivityFinding,
    Case,
    Event,
    EventFinding,
    Finding,
    Interval,
    Need,
    Observation,
    Prediction,
    Sighting,
    TransitionFinding,
)

_BEST_INFORMATION = 4.0
#: z quantiles of Schuirmann's two one-sided tests (1987) and of a two-sided test, at level .10 and power .8.
_EQUIVALENCE_Z, _DETECTION_Z = 2.926, 2.486
_MISS = 0.05
_ASSUMED_DETECTION = 0.8


def needs_of(
    prediction: Prediction, findings: Sequence[Finding], observations: Sequence[Observation], case: Case
) -> tuple[Need, ...]:
    """What to look for next; () when no image of this kind would help."""
    relation = tested(prediction)
    if relation in ("changed", "same"):
        return _around_events(prediction, findings, case)
    if relation in ("active", "quiet"):
        return (_rate_need(prediction, findings, case),)
    if relation in ("present", "absent"):
        return (_presence_need(prediction, observations, case),)
    return _inside(prediction, findings, case) or _transition_needs(prediction, case)


def _around_events(prediction: Prediction, findings: Sequence[Finding], case: Case) -> tuple[Need, ...]:
    needs: list[Need] = []
    for event in events_of(prediction, case):
        answered = [f for f in findings if isinstance(f, EventFinding) and f.event == event.id]
        images, text = _images_per_side(prediction, answered, case)
        before, after = _sides(event, answered, case)
        had_before = _have(min((f.n_before for f in answered), default=0))
        had_after = _have(min((f.n_after for f in answered), default=0))
        needs += [
            _need(prediction, case, before, images, f"Before {event.name}. {text}{had_before}"),
            _need(prediction, case, after, images, f"After {event.name}. {text}{had_after}"),
        ]
    if not needs:
        text = "Declare the event that it is about: the images are those of the plan's windows before and after it."
        needs.append(_need(prediction, case, prediction.window, None, text))
    return tuple(needs)


def sides_of(prediction: Prediction, case: Case) -> list[Interval]:
    """The plan's windows before and after each event that a prediction is about."""
    if tested(prediction) not in ("changed", "same"):
        return []
    return [side for event in events_of(prediction, case) for side in _sides(event, (), case)]


def _sides(event: Event, answered: Sequence[EventFinding], case: Case) -> tuple[Interval, Interval]:
    if answered:
        return answered[0].before, answered[0].after
    return _before(event.during, case), _after(event.during, case)


def _before(during: Interval, case: Case) -> Interval:
    return Interval(start=_shifted(during.start, -case.plan.before_days), end=during.start)


def _after(during: Interval, case: Case) -> Interval:
    return Interval(start=during.end, end=_shifted(during.end, case.plan.after_days))


def _shifted(moment: datetime, days: float) -> datetime:
    """At the ends of the calendar a window stops."""
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return moment


def _images_per_side(prediction: Prediction, answered: Sequence[EventFinding], case: Case) -> tuple[int | None, str]:
    margin, few = case.plan.margin, math.ceil(case.plan.few_images / 2)
    if tested(prediction) == "same":
        if margin is None:
            return (
                None,
                "No number would do until the plan declares a margin: how large a difference is still the same?",
            )
        computed = [f.missed.images_needed for f in answered if f.missed.images_needed is not None]
        if computed:
            return max(
                *computed, few
            ), f"As many on each side would show about the same within a factor {number(margin)}."
        n = max(_per_side(_EQUIVALENCE_Z, margin), few)
        return n, (
            f"At least as many on each side, about the same being within a factor {number(margin)}; "
            "more where the site drifts or has seasons."
        )
    n = max(_per_side(_DETECTION_Z, 2.0), few)
    return n, (
        "At least as many on each side, for a doubling or a halving; a smaller change or a site that drifts needs more."
    )


def _per_side(z: float, factor: float) -> int:
    """Images per side: n = 2/I (z / ln factor)^2 (activity.md, Limits)."""
    return math.ceil(2 / _BEST_INFORMATION * (z / math.log(factor)) ** 2)


def _have(n: int) -> str:
    """How many of them the case has already, where it has any."""
    return f" The case has {n} usable there already." if n else ""


def _rate_need(prediction: Prediction, findings: Sequence[Finding], case: Case) -> Need:
    quiet = case.plan.quiet_below
    if quiet is None:
        text = "No number would do until the plan declares a rate under which the site counts as quiet."
        return _need(prediction, case, prediction.window, None, text)
    # No box on E images bounds the rate at 3/E (95%).
    bounding = math.ceil(-math.log(_MISS) / quiet)
    few = case.plan.few_images
    n = max(bounding, few)
    thing = named(prediction.cls)
    bound = f"they bound the rate under {number(quiet)} an image (95%)"
    text = f"With the whole place visible. Without one {thing} on any, {bound}."
    if few > bounding:
        text += f" An answer from fewer than {few} is exploratory."
    if tested(prediction) == "active":
        text += (
            f" A {thing} on one of them is seen, but what stands there for good counts too: two images a few days "
            "apart tell it from coming and going."
        )
    seen = [f.n_images for f in findings if isinstance(f, ActivityFinding)]
    return _need(prediction, case, prediction.window, n, text + _have(min(seen, default=0)))


def _presence_need(prediction: Prediction, observations: Sequence[Observation], case: Case) -> Need:
    n, text = _images_to_miss_nothing(prediction, observations)
    if not prediction.must_be_in_the_open and tested(prediction) == "present":
        text += " One image that shows it is enough; images that do not show it are no contradiction."
    return _need(prediction, case, prediction.window, n, text)


def _images_to_miss_nothing(prediction: Prediction, observations: Sequence[Observation]) -> tuple[int, str]:
    """n with (1 - p)^n <= .05, for the least p that a reader declared of this indicator at this site."""
    declared = [
        o.probability_of_detection
        for o in observations
        if isinstance(o, Sighting)
        and (o.series.site, o.series.cls) == (prediction.site, prediction.indicator)
        and prediction.zone in ("", o.series.zone)
        and o.probability_of_detection
    ]
    p = min(declared, default=_ASSUMED_DETECTION)
    n = 1 if p >= 1 - _MISS else math.ceil(math.log(_MISS) / math.log(1 - p))
    basis = "as declared" if declared else "assumed until a reader declares it"
    thing = named(prediction.indicator or prediction.cls)
    return n, (
        f"Read for {thing}: so many leave at most {_MISS:.0%} chance of missing it, for a reader who finds it "
        f"{number(100 * p)} times in 100 ({basis})."
    )


def _inside(prediction: Prediction, findings: Sequence[Finding], case: Case) -> tuple[Need, ...]:
    """Something changed between two images, and the claim's time begins or ends between them: look in there."""
    window, thing, site = prediction.window, named(prediction.indicator), site_of(case, prediction.site)
    needs = []
    for f in findings:
        if window is None or not isinstance(f, TransitionFinding) or f.between is None or f.verdict == "undetermined":
            continue
        for edge, side in ((window.start, "start"), (window.end, "end")):
            if f.between.start < edge < f.between.end:
                at = span(Interval(start=edge, end=edge), site)
                text = (
                    f"Read for {thing}; the nearer to the {side} of the claim's time ({at}) the better. What "
                    "it shows already there came before it; what it does not show yet came after."
                )
                needs.append(_need(prediction, case, f.between, 1, text))
    return tuple(needs)


def _transition_needs(prediction: Prediction, case: Case) -> tuple[Need, ...]:
    window = prediction.window
    if prediction.cls:
        text = (
            f"Arrivals and departures are told from sightings, not from counts: have a reader report an indicator "
            f"(a certain {named(prediction.cls)}, say) as present or absent on each image."
        )
        moves = prediction.relation in ("arrived", "left")
        return (_need(prediction, case, window, None, turnover_need(prediction) if moves else text),)
    if window is None:
        text = f"One from before and one from after, both read for {named(prediction.indicator)}."
        return (_need(prediction, case, None, 2, text),)
    thing = named(prediction.indicator)
    return (
        _need(prediction, case, _before(window, case), 1, f"The last one before the claim's time, read for {thing}."),
        _need(prediction, case, _after(window, case), 1, f"The first one after the claim's time, read for {thing}."),
    )


def _need(prediction: Prediction, case: Case, window: Interval | None, images: int | None, text: str) -> Need:
    site = site_of(case, prediction.site)
    extra = ""
    if site and site.whereabouts and not site.zones:
        extra = f" {site.name}: {site.whereabouts}; no zone is drawn yet."
    covered = _covered(prediction, case, window)
    return Need(
        site=prediction.site,
        zone=prediction.zone,
        window=window,
        max_gsd_m=prediction.needs_gsd_m or _coarsest(prediction.cls, case),
        images=images,
        text=f"{text}{extra}{covered}",
    )


def _coarsest(cls: str, case: Case) -> float | None:
    """The plan's or the table's limit for a class, in whole centimetres that the gate still lets through."""
    from overlook.collect import coarsest_gsd_m  # rooms below load raster and projection libraries

    limit_m = coarsest_gsd_m(cls, case.plan) if cls else None
    if limit_m is None or limit_m < 0.01:
        return limit_m
    rounded_m = round(limit_m, 2)
    return rounded_m if rounded_m <= limit_m else round(rounded_m - 0.01, 2)


def _covered(prediction: Prediction, case: Case, window: Interval | None) -> str:
    """A cover over the zone: images of those dates show the cover."""
    site = site_of(case, prediction.site)
    zone = next((z for z in site.zones if z.id == prediction.zone), None) if site else None
    covers = [c for c in zone.covers if window is None or c.during.overlaps(window)] if zone else []
    if not covers:
        return ""
    times = "; ".join(f"{c.kind}, {span(c.during, site)}" for c in covers)
    return (
        f" {place(case, prediction.site, prediction.zone)} was covered ({times}): images of those dates cannot show it."
    )
