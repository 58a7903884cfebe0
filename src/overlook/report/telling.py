"""A finding as sentences: what it answers, with its numbers, and what it could have missed. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence

from overlook.claims.phrases import named
from overlook.report.words import (
    Names,
    chance,
    counted,
    interval_of,
    isolated,
    listed,
    number,
    percent,
    rate,
    ratio,
)
from overlook.terms import (
    ActivityFinding,
    Count,
    EventFinding,
    Finding,
    Missed,
    Observation,
    PresenceFinding,
    TransitionFinding,
)

#: From this share of the precision on, an estimate from a handful of images is the prior talking.
_PRIORS_WORD = 0.5
_LARGER = "a larger change they would have found at least four times in five"


def sentence(f: Finding, names: Names, *, is_index: bool = False, counts: str = "") -> str:
    """`is_index`: the series is a measured value, not a count. `counts`: what was counted, where that is short."""
    if isinstance(f, EventFinding):
        return " ".join(t for t in (_event(f, names, is_index=is_index), counts) if t)
    if isinstance(f, ActivityFinding):
        return _activity(f, names, is_index=is_index)
    return _presence(f, names) if isinstance(f, PresenceFinding) else _transition(f, names)


def question(f: Finding, names: Names) -> str:
    what, place = level(f), names.place(f.series)
    cls = isolated(f.series.cls) or "counted"
    if isinstance(f, EventFinding):
        return f"Did {what} in {place} change at {names.event(f.event)}, or stay about the same?"
    if isinstance(f, ActivityFinding):
        when = f", {names.days(f.window, f.series.site)}" if f.window else ""
        return f"Was there {cls} activity in {place}{when}?"
    if isinstance(f, PresenceFinding):
        return f"Was {indicator(f.series.cls)} in {place}, {names.days(f.window, f.series.site)}?"
    return f"Did {indicator(f.series.cls)} in {place} come, go or stay?"


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


def level(f: Finding) -> str:
    return f"the {isolated(f.series.cls) or 'count'} level"


def indicator(name: str) -> str:
    return f"“{isolated(named(name))}”" if name else "what was looked for"


def missed_text(missed: Missed) -> str:
    """What could have been missed, in a sentence; empty when it could not be computed."""
    up, down = missed.smallest_ratio_up, missed.smallest_ratio_down
    sides = [f"a rise to less than {ratio(up)}"] if up is not None else []
    sides += [f"a fall to more than {ratio(down)}"] if down is not None else []
    if not sides:
        return ""
    return f"These images could have missed {' or '.join(sides)} of the level before ({_LARGER})."


def _event(f: EventFinding, names: Names, *, is_index: bool) -> str:
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


def _activity(f: ActivityFinding, names: Names, *, is_index: bool) -> str:
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
    if f.verdict == "no activity observed":
        bound = f"; at most {rate(f.rate.high)} an image ({percent(f.rate.level)} interval)" if f.rate else ""
        return f"No {what} activity above the declared rate was observed in {where}, {when}: {seen}{bound}."
    if is_index:
        return f"What counts as {what} activity in {where} was not declared in the index's own unit: {seen}{mean}."
    return f"These images cannot say whether there was {what} activity in {where}, {when}: {seen}{mean}."


def _presence(f: PresenceFinding, names: Names) -> str:
    what, where, when = indicator(f.series.cls), names.place(f.series), names.days(f.window, f.series.site)
    seen = _seen(f)
    if f.verdict == "present":
        as_what = f", identified as {f.identification}" if f.identification else ""
        return f"{cap(what)} was seen in {where}, {when}{as_what}: {seen}."
    if f.verdict == "absent":
        missed = f"; the chance that all missed it is {chance(f.chance_missed)}" if f.chance_missed is not None else ""
        return f"{cap(what)} was not seen in {where}, {when}: {seen}{missed}."
    if f.verdict == "mixed":
        return f"Sightings of {what} in {where}, {when}, disagree: {seen}."
    return f"These images cannot say whether {what} was in {where}, {when}: {seen}."


def _seen(f: PresenceFinding) -> str:
    """`of 5 images read for it, 3 show it, 1 does not and 1 cannot tell`."""
    n = f.n_present + f.n_absent + f.n_cannot_tell
    if not n:
        return "no image was read for it"
    if n == 1:
        said = "shows it" if f.n_present else "does not show it" if f.n_absent else "cannot tell"
        return f"the one image read for it {said}"
    kinds = ((f.n_present, "show it"), (f.n_absent, "do not show it"), (f.n_cannot_tell, "cannot tell"))
    told = [(k, words) for k, words in kinds if k]
    if len(told) == 1:
        every = "none of the" if told[0][1] == "do not show it" else "all"
        return f"{every} {n} images read for it {told[0][1].removeprefix('do not ')}"
    ones = {"show it": "shows it", "do not show it": "does not show it", "cannot tell": "cannot tell"}
    return f"of {n} images read for it, {listed(f'{k} {ones[w] if k == 1 else w}' for k, w in told)}"


def _transition(f: TransitionFinding, names: Names) -> str:
    what, where = indicator(f.series.cls), names.place(f.series)
    if f.verdict == "undetermined":
        return f"These images cannot say whether {what} in {where} came, went or stayed."
    when = f" between {between(f, names)}" if f.between else ""
    if f.verdict in ("stayed", "unchanged"):
        ends = f" on the images of {between(f, names)}" if f.between else ""
        return f"{cap(what)} in {where} was there{ends}, at both ends."
    was = "" if f.verdict in ("arrived", "left") else "was "
    only = " That it changed is identified only as possible." if f.identification in (None, "possible") else ""
    known = [f"{order} {names.event(e)}" for e, order in f.order if order != "undetermined"]
    told = f", {listed(known)}" if known else ""
    text = f"{cap(what)} in {where} {was}{f.verdict}{when}{told}."
    for event, order in f.order:
        if order == "undetermined":
            text += f" Whether that was before or after {names.event(event)} cannot be told."
    return text + only


def between(f: TransitionFinding, names: Names) -> str:
    """`16 February and 2 March 2019`: the last image before the change, the first one after."""
    assert f.between is not None
    first, _, last = names.days(f.between, f.series.site).partition(" to ")
    return f"{first} and {last}" if last else first


def cap(text: str) -> str:
    return text[:1].upper() + text[1:]
