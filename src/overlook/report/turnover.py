"""A turnover finding in words: what stayed, left and arrived between registered images."""

from __future__ import annotations

from overlook.report.telling import NOT_ENOUGH, Telling, cap, estimate_text
from overlook.report.words import NONE, Names, counted, isolated, number
from overlook.terms import TurnoverFinding

_LEADS = {"coming and going": "Coming and going", "standing": "Standing", "undetermined": NOT_ENOUGH}


def tell(f: TurnoverFinding, names: Names) -> Telling:
    what, place = isolated(f.series.cls) or "things", names.place(f.series)
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Did {what} in {place} come and go, or did the same places stay taken?",
        sentence=_sentence(f, what, place),
        asked_of=counted(len(f.pairs), "pair of images", "pairs of images"),
        effect=f"{f.stayed} stayed, {f.left} left, {f.arrived} arrived",
        numbers=(
            ("Window", names.days(f.window, f.series.site) if f.window else NONE),
            ("Pairs of images", str(len(f.pairs))),
            ("Places taken on both images", str(f.stayed)),
            ("Left", str(f.left)),
            ("Arrived", str(f.arrived)),
            ("Of those, expected from missed and false boxes alone", number(f.expected_by_error, 1)),
            ("How long a thing stays, days", estimate_text(f.dwell_d, as_ratio=False)),
        ),
    )


def _sentence(f: TurnoverFinding, what: str, place: str) -> str:
    seen = f"{f.stayed} stayed, {f.left} left and {f.arrived} arrived over {counted(len(f.pairs), 'pair')} of images"
    if not f.pairs:
        return f"Whether {what} in {place} come and go cannot be said: no two images could be matched."
    if f.verdict == "coming and going":
        return f"{cap(what)} in {place} came and went: {seen}."
    if f.verdict == "standing":
        return f"The same places in {place} stayed taken: {seen}."
    return f"These images cannot say whether {what} in {place} come and go or stand: {seen}."
