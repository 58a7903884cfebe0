"""A transition finding in words: an indicator that came, went or stayed, and between which images."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling, cap, indicator
from overlook.report.words import NONE, Names, listed, utc_text
from overlook.terms import TransitionFinding


def tell(f: TransitionFinding, names: Names) -> Telling:
    what, where = indicator(f.series.cls), names.place(f.series)
    return Telling(
        lead=NOT_ENOUGH if f.verdict == "undetermined" else cap(f.verdict),
        question=f"Did {what} in {where} come, go or stay?",
        sentence=_sentence(f, names, what, where),
        asked_of=names.days(f.between, f.series.site) if f.between else NONE,
        numbers=(
            ("Between", utc_text(f.between) if f.between else NONE),
            ("Identified as", f.identification or NONE),
            *(
                (f"Relative to {names.event(e)}", "cannot be told" if order == "undetermined" else order)
                for e, order in f.order
            ),
        ),
    )


def _sentence(f: TransitionFinding, names: Names, what: str, where: str) -> str:
    if f.verdict == "undetermined":
        return f"These images cannot say whether {what} in {where} came, went or stayed."
    ends = names.ends(f.between, f.series.site) if f.between else ""
    if f.verdict in ("stayed", "unchanged"):
        return f"{cap(what)} in {where} was there{f' on the images of {ends}' if ends else ''}, at both ends."
    was = "" if f.verdict in ("arrived", "left") else "was "
    only = " That it changed is identified only as possible." if f.identification in (None, "possible") else ""
    known = [f"{order} {names.event(e)}" for e, order in f.order if order != "undetermined"]
    told = f", {listed(known)}" if known else ""
    text = f"{cap(what)} in {where} {was}{f.verdict}{f' between {ends}' if ends else ''}{told}."
    for event, order in f.order:
        if order == "undetermined":
            text += f" Whether that was before or after {names.event(event)} cannot be told."
    return text + only
