"""A turnover finding in words: what stayed, left and arrived between registered images, pair by pair."""

from __future__ import annotations

from overlook.claims.phrases import several
from overlook.report.telling import NOT_ENOUGH, Telling, cap
from overlook.report.words import NONE, Names, chance, counted, interval_of, isolated, number, percent, rate
from overlook.terms import PairTurnover, TurnoverFinding, instant

_LEADS = {"coming and going": "Coming and going", "standing": "Standing", "undetermined": NOT_ENOUGH}
#: Pairs of images printed one by one; the totals hold them all.
MOST_PAIRS = 60
_HEAD = (
    "From the image of",
    "to that of",
    "Days",
    "Stayed",
    "Left",
    "Arrived",
    "Not shown by the other",
    "Registered, m",
)


def tell(f: TurnoverFinding, names: Names) -> Telling:
    what, place = isolated(several(f.series.cls)) if f.series.cls else "things", names.place(f.series)
    when = f", {names.days(f.window, f.series.site)}" if f.window else ""
    return Telling(
        lead=_LEADS[f.verdict],
        question=f"Did {what} in {place} come and go{when}, or did the same places stay taken?",
        sentence=_sentence(f, what, place),
        asked_of=counted(len(f.pairs), "pair of images", "pairs of images"),
        effect=f"{f.stayed} stayed, {f.left} left, {f.arrived} arrived" if f.pairs else NONE,
        numbers=(
            ("Window", names.days(f.window, f.series.site) if f.window else NONE),
            ("Whose boxes", isolated(f.reader) or NONE),
            ("Images, and pairs of them compared", f"{f.n_images}, {len(f.pairs)}"),
            ("Places where a box stood", str(f.n_places)),
            ("Places taken on both images of a pair, left, arrived", f"{f.stayed}, {f.left}, {f.arrived}"),
            ("Of left and arrived, expected from missed and false boxes alone", number(f.expected_by_error, 1)),
            ("Chance of as many or more from them alone", chance(f.p_value)),
            ("How long a stay at one place lasts, mean, days", _dwell(f) or "not told"),
            ("Least share of taken places that stay taken, first image to last", percent(f.kept_at_least)),
        ),
        table=_table(f, names),
    )


def _sentence(f: TurnoverFinding, what: str, place: str) -> str:
    if not f.pairs:
        return f"Whether {what} in {place} come and go cannot be said: no two images could be matched."
    pairs = counted(len(f.pairs), "pair of images", "pairs of images")
    seen = f"{f.stayed} stayed, {f.left} left and {f.arrived} arrived over {pairs}"
    if f.expected_by_error is not None:
        error = f"errors of reading alone would make about {rate(f.expected_by_error)} leave or arrive"
        seen = f"{seen}, where {error}"
    dwell = _dwell(f)
    stay = f" A stay at one place lasts {dwell} days on average." if dwell else ""
    if f.verdict == "coming and going":
        return f"{cap(what)} in {place} came and went: {seen}.{stay}"
    if f.verdict == "standing":
        return f"The same places in {place} stayed taken: {seen}. Whether by the same {what}, places cannot tell."
    return f"These images cannot say whether {what} in {place} come and go or stand: {seen}.{stay}"


def _dwell(f: TurnoverFinding) -> str:
    """`4.6 (90% interval 3.2 to 5.3)`, `under 3.6`, `over 40`; empty where nothing is told."""
    if f.dwell_d is not None:
        return f"{rate(f.dwell_d.estimate)} ({interval_of(f.dwell_d, as_ratio=False)})"
    if f.dwell_under_d is not None:
        return f"under {rate(f.dwell_under_d)}"
    return f"over {rate(f.dwell_over_d)}" if f.dwell_over_d is not None else ""


def _table(f: TurnoverFinding, names: Names) -> tuple[tuple[str, ...], ...]:
    if not f.pairs:
        return ()
    rows = [_row(p, f, names) for p in f.pairs[:MOST_PAIRS]]
    unseen = sum(p.unseen_after + p.unseen_before for p in f.pairs)
    total = (
        f"All {counted(len(f.pairs), 'pair')}",
        "",
        "",
        str(f.stayed),
        str(f.left),
        str(f.arrived),
        str(unseen),
        "",
    )
    return (_HEAD, *rows, total)


def _row(p: PairTurnover, f: TurnoverFinding, names: Names) -> tuple[str, ...]:
    start, end = (names.days(instant(t), f.series.site) for t in (p.during.start, p.during.end))
    days = p.during.length.total_seconds() / 86400.0
    numbers = (p.stayed, p.left, p.arrived, p.unseen_after + p.unseen_before)
    return (start, end, number(days, 1), *(str(n) for n in numbers), number(p.residual_m, 2))
