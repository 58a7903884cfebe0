"""An event finding in words: changed, about the same, or not enough imagery, and what could have been missed."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.report.telling import NOT_ENOUGH, Telling, cap, estimate_text, level, model_numbers
from overlook.report.words import NONE, Names, chance, counted, interval_of, listed, number, ratio
from overlook.terms import Count, EventFinding, Finding, Missed, Observation

#: From this share of the precision on, an estimate from a handful of images is the prior talking.
_PRIORS_WORD = 0.5
_LARGER = "a larger change they would have found about three times in four, or oftener"
_LEADS = {"changed": "Changed", "same": "About the same", "undetermined": NOT_ENOUGH}


def tell(f: EventFinding, names: Names, *, is_index: bool = False, counts: str = "") -> Telling:
    what, place = level(f), names.place(f.series)
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Did {what} in {place} change at {names.event(f.event)}, or stay about the same?",
        sentence=" ".join(t for t in (_sentence(f, names, is_index=is_index), counts) if t),
        asked_of=f"{f.n_before} before, {f.n_after} after",
        effect=estimate_text(f.ratio, as_ratio=True),
        step=_step(f),
        numbers=_numbers(f, names),
        missed="" if f.verdict == "changed" else missed_text(f.missed),
    )


def _sentence(f: EventFinding, names: Names, *, is_index: bool) -> str:
    what = f"{level(f)} in {names.place(f.series)}"
    event, images = names.event(f.event), f"{counted(f.n_before, 'image')} before, {f.n_after:,} after"
    told = f"{ratio(f.ratio.estimate)} ({interval_of(f.ratio, as_ratio=True)}; {images})" if f.ratio else images
    if f.exploratory and f.model and (f.model.prior_weight or 0.0) >= _PRIORS_WORD:
        told = f"{images}, and any ratio would be what was assumed beforehand"
    if f.verdict == "changed":
        way = "higher" if f.ratio and f.ratio.estimate > 1 else "lower"
        text = f"{cap(what)} was {way} after {event} than before it: {told}."
        return text + (f" It also lies within the declared margin {ratio(f.margin)}." if f.also_same else "")
    if f.verdict == "same":
        within = f", inside the declared margin of {ratio(f.margin)} either way" if f.margin else ""
        return f"{cap(what)} stayed about the same through {event}{within}: {told}."
    if f.ratio is None and not (f.n_before and f.n_after):
        side = "on either side" if not f.n_before and not f.n_after else "after it" if f.n_before else "before it"
        return f"Whether {what} changed at {event} or stayed about the same cannot be said: no usable image {side}."
    if f.ratio is None and not is_index:
        return (
            f"Whether {what} changed at {event} or stayed about the same cannot be said: nothing was counted on either "
            f"side ({images}), and nothing against nothing is no ratio."
        )
    return f"These images cannot say whether {what} changed at {event} or stayed about the same: {told}."


def _step(f: EventFinding) -> str:
    if f.step is None:
        return NONE
    s = f.step
    p = "exploratory: no p-value" if s.p_value is None else f"p = {number(s.p_value, 2)}"
    return f"{ratio(s.estimate)} ({ratio(s.low)} to {ratio(s.high)}), {p}"


def few_counts(f: Finding, observations: Sequence[Observation]) -> str:
    """Every count before and after an event, where there are too few images for anything else; "" when not that few.

    "" too when other counts lie in the windows than those that were used: what was left out is told in the notes.
    """
    if not isinstance(f, EventFinding) or not f.exploratory or not 0 < f.n_before + f.n_after < 10:
        return ""
    seen = sorted(
        (o for o in observations if isinstance(o, Count) and o.series == f.series),
        key=lambda o: o.when.start.timestamp(),
    )
    before = [o.count for o in seen if f.before.start <= o.when.middle < f.before.end]
    after = [o.count for o in seen if f.after.start < o.when.middle <= f.after.end]
    if (len(before), len(after)) != (f.n_before, f.n_after):
        return ""
    sides = [f"{listed(str(n) for n in side)} {word}" for side, word in ((before, "before"), (after, "after")) if side]
    return f"Counted: {'; '.join(sides)}."


def missed_text(missed: Missed) -> str:
    """What could have been missed, in a sentence; empty when it could not be computed."""
    up, down = missed.smallest_ratio_up, missed.smallest_ratio_down
    sides = [f"a rise to less than {ratio(up)}"] if up is not None else []
    sides += [f"a fall to more than {ratio(down)}"] if down is not None else []
    if not sides:
        return ""
    return f"These images could have missed {' or '.join(sides)} of the level before ({_LARGER})."


def _numbers(f: EventFinding, names: Names) -> tuple[tuple[str, str], ...]:
    m = f.missed
    return (
        ("Event", names.event(f.event)),
        ("Window before", names.days(f.before, f.series.site)),
        ("Window after", names.days(f.after, f.series.site)),
        ("Ratio, after to before", estimate_text(f.ratio, as_ratio=True)),
        ("Declared margin", ratio(f.margin) if f.margin else "none declared: “about the same” is never said"),
        ("Probability that the ratio lies inside the margin", chance(f.p_within_margin)),
        ("Probability that the ratio is above one", chance(f.p_above_one)),
        ("Smallest rise that would have been called changed", ratio(m.smallest_ratio_up)),
        ("Smallest fall that would have been called changed", ratio(m.smallest_ratio_down)),
        ("Smallest margin within which “about the same” could be shown", ratio(m.smallest_margin)),
        (
            "Images needed on each side to show it within the declared margin",
            NONE if m.images_needed is None else str(m.images_needed),
        ),
        *model_numbers(f.model),
    )
