"""Coming and going: what stayed, left and arrived between registered images, and whether that is more than error.

Place, not identity: a thing is never followed from one place to another, nor told from the next one in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.activity.dwell import Dwell, dwell
from overlook.activity.series import usable
from overlook.activity.turnover_error import SLIP, ErrorAlone, Pairs, Reader, error_alone, kept_at_least
from overlook.activity.turnover_fit import misfit
from overlook.activity.turnover_stays import median, stays, turnbull
from overlook.imagery import zone_outline
from overlook.terms import (
    HIDDEN,
    TAKEN,
    ChipMeta,
    Count,
    Interval,
    Observation,
    PairTurnover,
    Plan,
    Question,
    Series,
    TurnoverFinding,
    Zone,
)

if TYPE_CHECKING:
    from overlook.detect import Places

Verdict = Literal["coming and going", "standing", "undetermined"]
Floats = NDArray[np.float64]

#: Under this many pairs of images a finding is exploratory.
FEW_PAIRS = 3
#: Stays are told apart without a model where they last so many of the usual gaps: shorter ones are mostly not seen.
_CLOSE = 2.0
_IDENTITY = "a place that was taken twice is a stay, though it may be another thing that stands there the second time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The places of one reader's boxes of one class at one site: `places` on the grid of `grid`, whose metres a pixel
    are `gsd_m`. `left_out`: (scene, why) of images whose boxes could not be compared.
    """

    reader: str
    grid: ChipMeta
    gsd_m: float
    places: Places
    left_out: tuple[tuple[str, str], ...] = ()


def turnover_counts(
    series: Series, observations: Sequence[Observation], *, within: Interval | None = None
) -> tuple[tuple[Count, ...], tuple[str, ...]]:
    """The counts whose boxes may be compared, in order of time, and why others may not.

    Of one reader, the one who counted most images: different readers draw differently. Never of a provisional model.
    """
    record = usable(series, observations, within=within)
    counts = [o for o in record.kept if isinstance(o, Count) and o.scene]
    readers = Counter(o.observer for o in counts)
    if not readers:
        return (), record.notes
    reader = min(readers, key=lambda r: (-readers[r], r))
    of_reader = [o for o in counts if o.observer == reader]
    # The first of an image's evidence is its own digest: one file under two names, or dates, is one image.
    first: dict[tuple[str, ...], Count] = {}
    for o in of_reader:
        first.setdefault(o.evidence[:1] or (o.scene,), o)
    mine = tuple(first.values())
    notes = list(record.notes)
    if others := len(counts) - len(of_reader):
        notes.append(f"{others} images read by others than {reader} left out: readers draw differently")
    if twice := len(of_reader) - len(mine):
        notes.append(f"{twice} left out, the same image twice: it is no second look")
    return mine, tuple(notes)


def turnover(
    question: Question,
    observations: Sequence[Observation],
    *,
    followed: Followed | None,
    zone: Zone | None,
    plan: Plan,
    exploratory: tuple[str, ...] = (),
) -> TurnoverFinding:
    """Answer one question of kind "turnover" over its window, or over all dated observations when it names none.

    Consecutive images of one reader are compared place by place (`overlook.detect.follow`), in the zone alone, where
    both show the place. *Coming and going* when more left and arrived than misses and false alarms alone would make
    (`error_alone`), at one half minus half the plan's level; *standing* when at least 1 / margin of the taken places
    stay taken from the first image to the last, at the same level (never without a margin); else *undetermined*, which
    it always is when nobody declared how well the reader sees. Exploratory under three pairs.
    """
    window = question.window or _span(question.series, observations)
    counts, notes = turnover_counts(question.series, observations, within=window)
    empty = TurnoverFinding(
        id=question.id,
        series=question.series,
        window=window,
        verdict="undetermined",
        exploratory=True,
        notes=(*exploratory, *notes),
    )
    if followed is None or zone is None or not counts:
        return replace(empty, notes=(*empty.notes, "no boxes on a registered image in the window"))
    seen = _seen(counts, followed, zone)
    left_out = _left_out(counts, followed)
    known = replace(
        empty,
        reader=followed.reader,
        n_images=len(seen.counts),
        n_places=len(seen.states),
        notes=(*empty.notes, *left_out),
        evidence=tuple(dict.fromkeys(item for o in seen.counts for item in o.evidence)),
    )
    if len(seen.counts) < 2:
        return replace(known, notes=(*known.notes, "fewer than two images whose boxes can be compared"))
    return _answered(known, seen, plan, is_late=bool(exploratory))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the compared images show of the zone's places: `states` (n, m), `times_d` and `residual_m` (m,)."""

    counts: tuple[Count, ...]
    times_d: Floats
    states: NDArray[np.uint8]
    residual_m: Floats


def _seen(counts: Sequence[Count], followed: Followed, zone: Zone) -> _Seen:
    column = {scene: j for j, scene in enumerate(followed.places.scenes) if scene not in followed.places.crowded}
    kept = tuple(o for o in counts if o.scene in column)
    columns = [column[o.scene] for o in kept]
    states = followed.places.states[_inside(followed, zone)][:, columns]
    first = kept[0].when.middle if kept else None
    days = [(o.when.middle - first).total_seconds() / 86400.0 for o in kept if first is not None]
    return _Seen(
        counts=kept,
        times_d=np.array(days),
        states=states[(states == TAKEN).any(axis=1)],
        residual_m=followed.places.residual_px[columns] * followed.gsd_m,
    )


def _inside(followed: Followed, zone: Zone) -> NDArray[np.bool_]:
    """Places whose centre lies in the zone. Rings combine by the even-odd rule, so that holes are holes."""
    outline: shapely.Geometry = shapely.Polygon()
    for ring in zone_outline(followed.grid, zone):
        outline = shapely.symmetric_difference(outline, shapely.Polygon(ring))
    shapely.prepare(outline)
    x, y = followed.places.centres_px.T
    return np.asarray(shapely.intersects_xy(outline, x, y), dtype=np.bool_)


def _left_out(counts: Sequence[Count], followed: Followed) -> list[str]:
    """One note for each reason, with the images in it."""
    why = dict(followed.left_out)
    why |= dict.fromkeys(followed.places.crowded, "its boxes stand closer together than it is registered")
    reasons: dict[str, list[str]] = {}
    for o in counts:
        if o.scene in why:
            reasons.setdefault(why[o.scene], []).append(o.scene)
    return [
        f"{len(scenes)} image{'s' if len(scenes) > 1 else ''} not compared ({scenes[0]}"
        f"{' and others' if len(scenes) > 1 else ''}): {reason}"
        for reason, scenes in reasons.items()
    ]


def _answered(known: TurnoverFinding, seen: _Seen, plan: Plan, *, is_late: bool) -> TurnoverFinding:
    made = _pairs(seen)
    pairs = Pairs(
        stayed=np.array([p.stayed for p in made], dtype=float),
        left=np.array([p.left for p in made], dtype=float),
        arrived=np.array([p.arrived for p in made], dtype=float),
    )
    exploratory = is_late or len(made) < FEW_PAIRS
    told = replace(
        known,
        pairs=made,
        stayed=sum(p.stayed for p in made),
        left=sum(p.left for p in made),
        arrived=sum(p.arrived for p in made),
        exploratory=exploratory,
    )
    notes = [*known.notes, *((_IDENTITY,) if told.stayed else ())]
    if len(made) < FEW_PAIRS:
        notes.append(f"{len(made)} pair{'s' if len(made) > 1 else ''} of images, fewer than {FEW_PAIRS}: exploratory")
    reader = _reader(seen.counts)
    if not told.stayed + told.left + told.arrived:
        return replace(told, notes=(*notes, "no box whose place another image shows too"))
    if reader is None:
        return replace(told, notes=(*notes, _undeclared(told)))
    alone = error_alone(pairs, reader)
    sure = 0.5 + plan.level / 2
    kept = kept_at_least(pairs, reader, np.diff(seen.times_d), sure)
    verdict, why = _verdict(told, alone, kept, plan)
    length, told_of_it = _length(seen, reader, plan, sure)
    ways: tuple[tuple[Literal["left", "arrived"], float], ...] = (("left", alone.p_left), ("arrived", alone.p_arrived))
    return replace(
        told,
        expected_by_error=alone.expected,
        p_value=None if exploratory else alone.p_value,
        beyond_error=tuple(way for way, p in ways if p < 1 - sure),
        dwell_d=length.estimate,
        dwell_under_d=length.under_d,
        dwell_over_d=length.over_d,
        kept_at_least=kept,
        verdict=verdict,
        notes=(*notes, *why, *told_of_it, *_reader_notes(seen.counts)),
    )


def _pairs(seen: _Seen) -> tuple[PairTurnover, ...]:
    made = []
    for j, (before, after) in enumerate(zip(seen.counts, seen.counts[1:], strict=False)):
        was, now = seen.states[:, j], seen.states[:, j + 1]
        shown = (was != HIDDEN) & (now != HIDDEN)
        taken, taken_now = was == TAKEN, now == TAKEN
        made.append(
            PairTurnover(
                before=before.scene,
                after=after.scene,
                during=Interval(start=before.when.middle, end=after.when.middle),
                stayed=int(np.sum(taken & taken_now)),
                left=int(np.sum(shown & taken & ~taken_now)),
                arrived=int(np.sum(shown & ~taken & taken_now)),
                unseen_after=int(np.sum(taken & (now == HIDDEN))),
                unseen_before=int(np.sum(taken_now & (was == HIDDEN))),
                residual_m=float(np.hypot(*seen.residual_m[[j, j + 1]])),
            )
        )
    return tuple(made)


def _reader(counts: Sequence[Count]) -> Reader | None:
    """None unless the reader's recall is declared for every image."""
    recalls = [o.detection_probability for o in counts]
    if any(r is None for r in recalls):
        return None
    return Reader(
        recall=np.array([r for r in recalls if r is not None]) * (1.0 - SLIP),
        recall_sd=np.array([o.detection_probability_sd for o in counts]),
        false_boxes=np.array([o.false_alarms * o.visible_fraction for o in counts]),
        false_boxes_sd=np.array([o.false_alarms_sd * o.visible_fraction for o in counts]),
    )


def _undeclared(told: TurnoverFinding) -> str:
    gone, boxes = told.left + told.arrived, 2 * told.stayed + told.left + told.arrived
    return (
        f"nobody declared how well {told.reader or 'the reader'} sees: whether more left and arrived than misses alone "
        f"would make is not known; a reader who misses {gone / boxes:.0%} of what stands there would alone make as many"
    )


def _verdict(told: TurnoverFinding, alone: ErrorAlone, kept: float | None, plan: Plan) -> tuple[Verdict, list[str]]:
    sure = 0.5 + plan.level / 2
    gone = told.left + told.arrived
    test = (
        f"{gone} left or arrived, and misses and false alarms alone would make about {alone.expected:.3g} "
        f"(tested one-sided at {1 - sure:.3g})"
    )
    if alone.p_value < 1 - sure:
        return "coming and going", [test]
    if plan.margin is None:
        return "undetermined", [test, "no margin is declared, so the same places are never said to stay taken"]
    bound = f"at least {kept or 0.0:.0%} of the taken places stayed taken from the first image to the last ({sure:.3g})"
    asked = f"1 in {plan.margin:.3g}, by the declared margin, would be standing"
    if kept is not None and kept >= 1 / plan.margin:
        return "standing", [test, f"{bound}; {asked}"]
    return "undetermined", [test, f"{bound}, which leaves room for coming and going; {asked}"]


def _length(seen: _Seen, reader: Reader, plan: Plan, sure: float) -> tuple[Dwell, list[str]]:
    """The mean stay and what is said of it; withheld where the stays seen are not such as its model makes."""
    gaps = np.diff(seen.times_d)
    closest = f"the images are {gaps.min():.2g} days apart or more"
    found = dwell(seen.states, seen.times_d, reader.recall, reader.recall_sd, reader.false_boxes, level=plan.level)
    if found.under_d is not None:
        far = (
            f"{closest}: too far apart to tell how long a stay lasts, only that the mean is under a bound ({sure:.3g})"
        )
        return found, [far]
    if found.over_d is not None:
        return found, [
            f"stays are long beside these images: only a bound on their mean from below can be told ({sure:.3g})"
        ]
    if found.estimate is None or found.weight is None:
        return found, [f"these images bound how long a stay lasts neither way ({closest})"]
    unlike = misfit(seen.states, seen.times_d, reader.recall, reader.false_boxes, found.estimate.estimate, found.weight)
    if unlike is not None:
        shown, expected = unlike
        return Dwell(), [
            f"how long a stay lasts is not told: {shown:.0%} of the things that came were gone by the next image, "
            f"where exponential stays of {found.estimate.estimate:.2g} days would give {expected:.0%}, so stays are "
            f"{'more' if shown < expected else 'less'} alike than the model has them"
        ]
    notes = ["how long a stay lasts is a mean, with misses and with places that are taken again and again allowed for"]
    if found.estimate.low >= _CLOSE * float(np.median(gaps)):
        low, high = median(*turnbull(*stays(seen.states, seen.times_d)))
        half = f"{low:.3g} days or more" if np.isinf(high) else f"{low:.3g} to {high:.3g} days"
        notes.append(f"without a model: half of the stays seen last {half} (Turnbull 1976; a miss cuts a stay in two)")
    return found, notes


def _reader_notes(counts: Sequence[Count]) -> list[str]:
    if all(o.detection_probability_sd == 0 for o in counts):
        return ["the reader's recall was declared without an error: the interval does not allow for one"]
    return []


def _span(series: Series, observations: Sequence[Observation]) -> Interval | None:
    """From the first to the last observation of the series, seen or not; None when none is dated."""
    dated = [o.when for o in observations if o.series == series and o.when is not None]
    return Interval(start=min(w.start for w in dated), end=max(w.end for w in dated)) if dated else None
