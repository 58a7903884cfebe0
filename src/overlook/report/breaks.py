"""A break finding in words: whether a level ever stepped, when, by how much, and how often chance would say so."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling, cap, estimate_text, level, model_numbers
from overlook.report.words import NONE, Names, chance, counted, interval_of, listed, number, percent, ratio
from overlook.terms import Break, BreakFinding


def tell(f: BreakFinding, names: Names) -> Telling:
    what, place = level(f), names.place(f.series)
    return Telling(
        lead="Stepped" if f.found else NOT_ENOUGH,
        question=f"Did {what} in {place} ever step beyond its drift, event or none?",
        sentence=_sentence(f, names),
        asked_of=counted(f.n_images, "image"),
        effect="; ".join(estimate_text(b.ratio, as_ratio=True) for b in f.found) or NONE,
        step=NONE if f.p_value is None else f"p = {number(f.p_value, 3)}",
        numbers=(
            ("Window", names.days(f.window, f.series.site) if f.window else NONE),
            ("Chance of such a scan if the level only drifted", chance(f.p_value)),
            *(row for i, b in enumerate(f.found, 1) for row in _break_numbers(i, b, f, names)),
            *model_numbers(f.model),
        ),
    )


def _sentence(f: BreakFinding, names: Names) -> str:
    what = f"{level(f)} in {names.place(f.series)}"
    if not f.found:
        if f.p_value is None:
            return f"Whether {what} ever stepped cannot be said from {counted(f.n_images, 'usable image')}."
        return (
            f"No step in {what} was found ({counted(f.n_images, 'image')}, p = {number(f.p_value, 3)}): "
            "that is no evidence that there was none."
        )
    steps = listed(_step(b, f, names) for b in f.found)
    open_ = dict.fromkeys(names.event(e) for b in f.found for e, order in b.order if order == "undetermined")
    if open_:
        steps += f". Whether before or after {listed(open_)} cannot be told"
    return f"{cap(what)} stepped {steps}. A scan chose the date: it is no answer about any event."


def _step(b: Break, f: BreakFinding, names: Names) -> str:
    """`up to ×1.83 of the level before (90% interval ×1.31 to ×2.50; p = 0.002) between the images of 3 and 9 June`."""
    r = b.ratio
    known = [f"{order} {names.event(e)}" for e, order in b.order if order != "undetermined"]
    placed = f", {listed(known)}" if known else ""
    return (
        f"{'up' if r.estimate > 1 else 'down'} to {ratio(r.estimate)} of the level before "
        f"({interval_of(r, as_ratio=True)}; p = {number(b.p_value, 3)}) "
        f"between the images of {names.ends(b.between, f.series.site)}{placed}"
    )


def _break_numbers(i: int, b: Break, f: BreakFinding, names: Names) -> list[tuple[str, str]]:
    site = f.series.site
    return [
        (f"Step {i}, with probability {percent(b.level)} between the images of", names.ends(b.between, site)),
        (f"Step {i}, likeliest between the images of", names.ends(b.likeliest, site)),
        (f"Step {i}, level after to that before", estimate_text(b.ratio, as_ratio=True)),
        (f"Step {i}, p-value of its scan, held to {number(b.alpha, 3)}", number(b.p_value, 3)),
        *(
            (f"Step {i}, relative to {names.event(e)}", "cannot be told" if o == "undetermined" else o)
            for e, o in b.order
        ),
    ]
