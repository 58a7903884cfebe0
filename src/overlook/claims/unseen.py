"""What images do not show of a prediction, in words: unusable ones, none at all, and those that nobody got.

These lines stand beside a judgement: absence of evidence is told with what it is the absence of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from overlook.claims.needs import sides_of
from overlook.claims.phrases import days_of, plural, site_of
from overlook.terms import Case, Gap, Interval, NotObserved, Observation, Prediction


def unseen_lines(
    prediction: Prediction, case: Case, observations: Sequence[Observation], gaps: Sequence[Gap]
) -> tuple[str, ...]:
    """How many images showed nothing of it, and why; when there was none; and how many exist and are not here."""
    cls = prediction.cls or prediction.indicator
    blind = Counter(
        o.reason
        for o in observations
        if isinstance(o, NotObserved)
        and o.series.site == prediction.site
        and cls in ("", o.series.cls)
        and prediction.zone in ("", o.series.zone)
        and (prediction.window is None or o.when is None or prediction.window.overlaps(o.when))
    )
    lines = []
    if blind:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(blind.items()))
        lines.append(f"Could not be seen {plural(blind.total(), 'time')}: {reasons}.")
    for said, is_meant in _NO_IMAGE.items():
        if times := _without_image(prediction, is_meant, case, gaps):
            more = f", and at {len(times) - 3:,} other times" if len(times) > 3 else ""
            lines.append(f"{said}: {'; '.join(times[:3])}{more}.")
    for reason, said in _ON_OFFER.items():
        if number := _on_offer(prediction, reason, case, gaps):
            lines.append(f"{said}: {plural(number, 'image')}.")
    return tuple(lines)


#: Searched in vain, searched where none could have been found, and never searched are not the same.
_NO_IMAGE: dict[str, Callable[[Gap], bool]] = {
    "Searched, and no image came back": lambda g: g.reason == "no image",
    "No image, and no search for one on record": lambda g: g.reason == "not searched",
    "No image, and no search on record that could have found one": lambda g: g.reason == "search insufficient",
}
#: Images that a catalogue offers and that are not in the case.
_ON_OFFER = {
    "not obtained": "On offer in catalogues and not in the case",
    "embargoed": "Held back by the provider until a date",
}


def _windows(prediction: Prediction, case: Case) -> Sequence[Interval]:
    return [prediction.window] if prediction.window else sides_of(prediction, case)


def _without_image(
    prediction: Prediction, is_meant: Callable[[Gap], bool], case: Case, gaps: Sequence[Gap]
) -> list[str]:
    """Spans without an image inside the times that the prediction is about, each day once."""
    windows = _windows(prediction, case)
    spans = [
        span
        for g in gaps
        for span in (g.spans or (g.during,))
        if not g.scene and is_meant(g) and g.site == prediction.site and span is not None
        if not prediction.zone or g.zone in ("", prediction.zone)
    ]
    cut = [
        Interval(start=max(s.start, w.start), end=min(s.end, w.end)) for s in spans for w in windows if s.overlaps(w)
    ]
    site = site_of(case, prediction.site)
    return [days_of(s, site) for s in _merged(cut if windows else spans) if not s.is_instant]


def _on_offer(prediction: Prediction, reason: str, case: Case, gaps: Sequence[Gap]) -> int:
    """How many images of the prediction's place and times have this reason; one of several zones counts once."""
    windows = _windows(prediction, case)
    return len(
        {
            g.scene
            for g in gaps
            if g.scene and g.reason == reason and g.site == prediction.site and g.during is not None
            if not prediction.zone or g.zone in ("", prediction.zone)
            if not windows or any(g.during.overlaps(w) for w in windows)
        }
    )


def _merged(spans: Sequence[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for s in sorted(spans, key=lambda i: i.start):
        if merged and s.start <= merged[-1].end:
            merged[-1] = Interval(start=merged[-1].start, end=max(merged[-1].end, s.end))
        else:
            merged.append(s)
    return merged
