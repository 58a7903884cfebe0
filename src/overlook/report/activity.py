"""An activity finding in words: active, no activity observed, or not enough imagery."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling, cap, estimate_text
from overlook.report.words import NONE, Names, chance, counted, interval_of, isolated, number, percent, rate
from overlook.terms import ActivityFinding

_LEADS = {"active": "Active", "no activity observed": "No activity observed", "undetermined": NOT_ENOUGH}


def tell(f: ActivityFinding, names: Names, *, is_index: bool = False) -> Telling:
    when = f", {names.days(f.window, f.series.site)}" if f.window else ""
    # A handful of images shows that something is there, and no level of activity.
    lead = "Seen" if f.exploratory and f.verdict == "active" else _LEADS[f.verdict]
    return Telling(
        lead=lead,
        question=f"Was there {isolated(f.series.cls) or 'counted'} activity in {names.place(f.series)}{when}?",
        sentence=_sentence(f, names, is_index=is_index),
        asked_of=counted(f.n_images, "image"),
        effect=_level_text(f) if is_index else estimate_text(f.rate, as_ratio=False),
        numbers=(
            ("Window", names.days(f.window, f.series.site)),
            ("Images", str(f.n_images)),
            *(_level(f) if is_index else _rate(f)),
        ),
    )


def _rate(f: ActivityFinding) -> tuple[tuple[str, str], ...]:
    return (
        ("Worth, in images with all visible and found", number(f.image_equivalents, 1)),
        ("Total counted", str(f.total_count)),
        ("Rate per image, all visible and found", estimate_text(f.rate, as_ratio=False)),
        ("Declared quiet rate", number(f.quiet_below)),
        ("Probability that the rate is above it", chance(f.p_active)),
    )


def _level(f: ActivityFinding) -> tuple[tuple[str, str], ...]:
    """Of a measured value: nothing is counted, and its level is in its own unit."""
    return (
        ("Level, in its own unit", _level_text(f)),
        ("Declared quiet level", number(f.quiet_below)),
        ("Probability that the level is above it", chance(f.p_active)),
    )


def _level_text(f: ActivityFinding) -> str:
    r = f.rate
    return NONE if r is None else f"{number(r.estimate)} ({number(r.low)} to {number(r.high)})"


def _sentence(f: ActivityFinding, names: Names, *, is_index: bool) -> str:
    what, where = isolated(f.series.cls) or "activity", names.place(f.series)
    when = names.days(f.window, f.series.site)
    if not f.n_images:
        return f"Whether there was {what} activity in {where}, {when}, cannot be said: no usable image."
    if is_index:
        seen = f"measured on {counted(f.n_images, 'image')}"
        r = f.rate
        spread = f"{percent(r.level)} interval {number(r.low)} to {number(r.high)}" if r else ""
        mean = f"; {number(r.estimate)} on average ({spread})" if r else ""
    else:
        seen = f"{f.total_count:,} counted on {counted(f.n_images, 'image')}"
        mean = f"; about {rate(f.rate.estimate)} an image with all of the zone visible and all found" if f.rate else ""
        mean += f" ({interval_of(f.rate, as_ratio=False)})" if f.rate else ""
    if f.exploratory and f.verdict == "active":
        few = "Too few images, or looked at before the question was set, to say how much is usual."
        return f"{cap(what)} in {where}, {when}: {seen}. {few}"
    if f.verdict == "active":
        return f"{cap(what)} activity in {where}, {when}: {seen}{mean}."
    if f.verdict == "no activity observed" and is_index:
        quiet = f" of {number(f.quiet_below)}" if f.quiet_below is not None else ""
        return f"No {what} activity above the declared level{quiet} was observed in {where}, {when}: {seen}{mean}."
    if f.verdict == "no activity observed":
        bound = f"; at most {rate(f.rate.high)} an image ({percent(f.rate.level)} interval)" if f.rate else ""
        return f"No {what} activity above the declared rate was observed in {where}, {when}: {seen}{bound}."
    if is_index and f.quiet_below is None:
        return f"What counts as {what} activity in {where} was not declared in the index's own unit: {seen}{mean}."
    return f"These images cannot say whether there was {what} activity in {where}, {when}: {seen}{mean}."
