"""Which questions a case asks. Predictions and the plan become questions before anyone looks at the answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from overlook.claims.commitments_periods import asked_in_periods
from overlook.claims.phrases import event_of, site_of
from overlook.terms import Case, Event, Interval, Prediction, Question, Relation, Series, Site
from overlook.terms.question import QuestionKind

#: What structures do; the other transitions are of things that move.
STRUCTURAL: frozenset[Relation] = frozenset({"built", "removed", "altered"})

_KIND: dict[Relation, QuestionKind] = {
    "active": "activity",
    "quiet": "activity",
    "changed": "event",
    "same": "event",
    "present": "presence",
    "absent": "presence",
    "arrived": "transition",
    "left": "transition",
    "built": "transition",
    "removed": "transition",
    "altered": "transition",
}


def questions(
    case: Case,
    sighted: Sequence[Series],
    counted: Sequence[Series],
    *,
    measured: Collection[Series] = (),
    boxed: Collection[Series] = (),
    observed: Interval | None = None,
) -> tuple[Question, ...]:
    """Every question of a case, without repetition, sorted by id.

    From the plan: each planned class in each zone that is not roofed (and each counted series of such a class, a whole
    site's among them) at each event that concerns the site; all of these together, with one error rate, where there are
    two or more; its activity over the whole period when the plan declares what is quiet; and, where the plan says so,
    whether any counted series ever stepped. From claims and commitments: what each prediction needs. For each sighted
    series: when it came or went. For each of `boxed`, those counted from boxes on images: what came and went.
    For each obligation: its indicators in each period of its report; `observed`, from the first image to the last,
    gives the periods that the case does not declare (`observed_span`).
    `measured`: those of `counted` that are measured values and no counts; a rate of
    counts says nothing of them (`not_asked`).
    """
    asked = {
        question.id: question
        for source in (
            _of_plan(case, counted, measured),
            _of_predictions(predictions(case), case, sighted, counted, boxed),
            _of_predictions(tuple(asked_in_periods(case, observed)), case, sighted, counted, boxed),
            _of_sightings(case, sighted),
            _of_boxes(case, boxed),
        )
        for question in source
    }
    return tuple(asked[id_] for id_ in sorted(asked))


def not_asked(case: Case, measured: Collection[Series]) -> tuple[str, ...]:
    """What the plan does not ask though it declares a quiet rate, in words: an index is not held against a count."""
    if case.plan.quiet_below is None:
        return ()
    sites = {site.id: site for site in case.sites}
    planned = [s for s in measured if s.site in sites and s in _planned(case, sites[s.site], [s])]
    without = sorted({(s.site, s.cls) for s in planned if not _has_quiet_rate(case, s, measured)})
    return tuple(
        f"{cls} at {site} is measured, not counted: the declared quiet rate does not speak of it, and whether there "
        "was activity is not asked. Declare a quiet level of the index in its own unit."
        for site, cls in without
    )


def predictions(case: Case) -> tuple[Prediction, ...]:
    """Of claims, then of commitments, in the case's order."""
    return (
        *(p for claim in case.claims for p in claim.predictions),
        *(p for commitment in case.commitments for p in commitment.indicators),
    )


def tested(prediction: Prediction) -> Relation:
    """The relation that findings can answer: an indicator is not counted, so its activity is its presence."""
    if prediction.indicator and prediction.relation == "active":
        return "present"
    if prediction.indicator and prediction.relation == "quiet":
        return "absent"
    return prediction.relation


def timed(prediction: Prediction, case: Case) -> Prediction:
    """With the time it is about: its window, else the span of the event it names; changed and same compare sides."""
    event = event_of(case, prediction.event)
    if event is None or prediction.window is not None or prediction.relation in ("changed", "same"):
        return prediction
    return replace(prediction, window=event.during)


def is_unobservable(prediction: Prediction, case: Case) -> bool:
    """Under a roof or in someone's mind: no image answers, whatever is seen."""
    site = site_of(case, prediction.site)
    roofed = site is not None and prediction.zone in _roofed(site)
    return prediction.inside or roofed


def asked_by(
    prediction: Prediction,
    case: Case,
    sighted: Sequence[Series],
    counted: Sequence[Series],
    boxed: Collection[Series] = (),
) -> tuple[Question, ...]:
    """The questions whose findings answer a prediction; none when nothing could answer it.

    Whether a whole site changed or stayed the same is asked of its zones together (and of its own series, where there
    is one), as one composite at each event; of a single series, by itself. Anything else of a whole site is asked of
    each of its zones that is not roofed, and of its own series. Without a class, the planned ones are meant. Whether a
    counted class arrived or left is asked of its boxes (`boxed`), place by place; whether it is active, of these too;
    without boxes it is not asked, nor ever whether it was built or removed: counts have no identity.
    """
    prediction = timed(prediction, case)
    kind = _KIND[tested(prediction)]
    if is_unobservable(prediction, case):
        return ()
    asked = _series(prediction, case, sighted, counted)
    moves = tuple(Question(kind="turnover", series=s, window=prediction.window) for s in asked if s in boxed)
    if kind == "transition" and prediction.cls:
        return moves if prediction.relation in ("arrived", "left") else ()
    if kind == "event":
        of_plan = _of_site(case, prediction.site, counted)
        return tuple(q for event in events_of(prediction, case) for q in _at_event(asked, event, of_plan))
    structure = prediction.relation in STRUCTURAL
    found = tuple(Question(kind=kind, series=s, window=prediction.window, of_structure=structure) for s in asked)
    return (*found, *moves) if tested(prediction) == "active" else found


def _at_event(asked: Sequence[Series], event: Event, of_plan: Collection[Series]) -> tuple[Question, ...]:
    """One composite of two or more series; a single series by itself.

    The plan's composite, where it is of the very same series: a site is not told twice.
    """
    if len(asked) < 2:
        return tuple(Question(kind="event", series=series, event=event.id) for series in asked)
    own = Series(site=asked[0].site)
    if set(asked) != set(of_plan):
        zones, classes = {s.zone for s in asked}, {s.cls for s in asked}
        own = replace(own, zone=zones.pop() if len(zones) == 1 else "", cls=classes.pop() if len(classes) == 1 else "")
    return (Question(kind="composite", series=own, event=event.id, members=_in_order(asked)),)


def _in_order(series: Collection[Series]) -> tuple[Series, ...]:
    return tuple(sorted(series, key=lambda s: (s.site, s.zone, s.cls)))


def _members(question: Question) -> Iterator[Question]:
    """The event questions that a composite rests on."""
    for series in question.members:
        yield Question(kind="event", series=series, event=question.event)


def events_of(prediction: Prediction, case: Case) -> tuple[Event, ...]:
    """The event it names; without one, every event that concerns its site and touches its window."""
    if prediction.event:
        return tuple(e for e in case.events if e.id == prediction.event)
    return tuple(
        e
        for e in case.events
        if _concerns(e, prediction.site) and (prediction.window is None or prediction.window.overlaps(e.during))
    )


def _series(
    prediction: Prediction, case: Case, sighted: Sequence[Series], counted: Sequence[Series]
) -> tuple[Series, ...]:
    cls = prediction.cls or prediction.indicator
    if not cls:
        planned = _of_site(case, prediction.site, counted)
        return tuple(s for s in _in_order(planned) if prediction.zone in ("", s.zone))
    if prediction.zone:
        return (Series(site=prediction.site, zone=prediction.zone, cls=cls),)
    site = site_of(case, prediction.site)
    roofed = _roofed(site) if site else frozenset()
    declared = [z.id for z in site.zones if not z.is_roofed] if site else []
    followed = {s.zone for s in (*sighted, *counted) if (s.site, s.cls) == (prediction.site, cls)} - roofed
    zones = [*declared, *sorted(followed.difference(declared))]
    return tuple(Series(site=prediction.site, zone=zone, cls=cls) for zone in zones)


def _of_plan(case: Case, counted: Sequence[Series], measured: Collection[Series]) -> Iterator[Question]:
    for site in case.sites:
        planned = _planned(case, site, counted)
        for series in planned:
            if _has_quiet_rate(case, series, measured):
                yield Question(kind="activity", series=series)
        for event in (e for e in case.events if _concerns(e, site.id)):
            yield from (Question(kind="event", series=series, event=event.id) for series in planned)
            if len(planned) > 1:
                yield from _at_event(_in_order(planned), event, planned)
        if case.plan.breaks:
            roofed = _roofed(site)
            for series in counted:
                if series.site == site.id and series.zone not in roofed:
                    yield Question(kind="break", series=series)


def _planned(case: Case, site: Site, counted: Sequence[Series]) -> set[Series]:
    classes = case.plan.classes
    zones = {Series(site=site.id, zone=z.id, cls=cls) for z in site.zones if not z.is_roofed for cls in classes}
    roofed = _roofed(site)
    return zones | {s for s in counted if s.site == site.id and s.cls in classes and s.zone not in roofed}


def _of_site(case: Case, site_id: str, counted: Sequence[Series]) -> set[Series]:
    site = site_of(case, site_id)
    return _planned(case, site, counted) if site else set()


def _is_index(case: Case, series: Series, measured: Collection[Series]) -> bool:
    return series in measured or series.cls in dict(case.plan.quiet_index)


def _has_quiet_rate(case: Case, series: Series, measured: Collection[Series]) -> bool:
    """A quiet rate in its own unit: counts an image, or the index's level."""
    if _is_index(case, series, measured):
        return series.cls in dict(case.plan.quiet_index)
    return case.plan.quiet_below is not None


def _of_predictions(
    asked: Sequence[Prediction],
    case: Case,
    sighted: Sequence[Series],
    counted: Sequence[Series],
    boxed: Collection[Series],
) -> Iterator[Question]:
    for prediction in asked:
        for question in asked_by(prediction, case, sighted, counted, boxed):
            yield question
            yield from _members(question)


def _of_sightings(case: Case, sighted: Sequence[Series]) -> Iterator[Question]:
    sites = {site.id for site in case.sites}
    for series in sighted:
        if series.site in sites:
            yield Question(kind="transition", series=series, of_structure=_is_structure(case, series))


def _of_boxes(case: Case, boxed: Collection[Series]) -> Iterator[Question]:
    for site in case.sites:
        roofed = _roofed(site)
        for series in boxed:
            if series.site == site.id and series.zone not in roofed:
                yield Question(kind="turnover", series=series)


def _is_structure(case: Case, series: Series) -> bool:
    """Someone predicts that it is built, removed or altered."""
    return any(
        p.relation in STRUCTURAL and (p.site, p.indicator) == (series.site, series.cls) and p.zone in ("", series.zone)
        for p in predictions(case)
    )


def _concerns(event: Event, site_id: str) -> bool:
    return not event.sites or site_id in event.sites


def _roofed(site: Site) -> frozenset[str]:
    return frozenset(z.id for z in site.zones if z.is_roofed)
