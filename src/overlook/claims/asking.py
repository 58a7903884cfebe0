"""Which questions a case asks. Predictions and the plan become questions before anyone looks at the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from overlook.claims.phrases import event_of, site_of
from overlook.terms import Case, Event, Prediction, Question, Relation, Series, Site
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


def questions(case: Case, sighted: Sequence[Series], counted: Sequence[Series]) -> tuple[Question, ...]:
    """Every question of a case, without repetition, sorted by id.

    From the plan: each planned class in each zone that is not roofed (and each counted series of such a class, a whole
    site's among them) at each event that concerns the site, and its activity over the whole period when the plan
    declares what is quiet. From claims and commitments: what each prediction needs. For each sighted series: when
    it came or went. A prediction about a whole site asks each of its zones that is not roofed, and the site's own
    series when there is one.
    """
    asked = {
        question.id: question
        for source in (
            _of_plan(case, counted),
            _of_predictions(case, sighted, counted),
            _of_sightings(case, sighted),
        )
        for question in source
    }
    return tuple(asked[id_] for id_ in sorted(asked))


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
    prediction: Prediction, case: Case, sighted: Sequence[Series], counted: Sequence[Series]
) -> tuple[Question, ...]:
    """The questions whose findings answer a prediction; none when nothing could answer it.

    A counted class that arrived, left, was built or removed is not asked: counts have no identity.
    """
    prediction = timed(prediction, case)
    kind = _KIND[tested(prediction)]
    if is_unobservable(prediction, case) or (kind == "transition" and prediction.cls):
        return ()
    found: list[Question] = []
    for series in _series(prediction, case, sighted, counted):
        if kind == "event":
            found += [Question(kind=kind, series=series, event=e.id) for e in events_of(prediction, case)]
        else:
            structure = prediction.relation in STRUCTURAL
            found.append(Question(kind=kind, series=series, window=prediction.window, of_structure=structure))
    return tuple(found)


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
    if prediction.zone:
        return (Series(site=prediction.site, zone=prediction.zone, cls=cls),)
    site = site_of(case, prediction.site)
    roofed = _roofed(site) if site else frozenset()
    declared = [z.id for z in site.zones if not z.is_roofed] if site else []
    followed = {s.zone for s in (*sighted, *counted) if (s.site, s.cls) == (prediction.site, cls)} - roofed
    zones = [*declared, *sorted(followed.difference(declared))]
    return tuple(Series(site=prediction.site, zone=zone, cls=cls) for zone in zones)


def _of_plan(case: Case, counted: Sequence[Series]) -> Iterator[Question]:
    for site in case.sites:
        for series in _planned(case, site, counted):
            if case.plan.quiet_below is not None:
                yield Question(kind="activity", series=series)
            for event in case.events:
                if _concerns(event, site.id):
                    yield Question(kind="event", series=series, event=event.id)


def _planned(case: Case, site: Site, counted: Sequence[Series]) -> set[Series]:
    classes = case.plan.classes
    zones = {Series(site=site.id, zone=z.id, cls=cls) for z in site.zones if not z.is_roofed for cls in classes}
    roofed = _roofed(site)
    return zones | {s for s in counted if s.site == site.id and s.cls in classes and s.zone not in roofed}


def _of_predictions(case: Case, sighted: Sequence[Series], counted: Sequence[Series]) -> Iterator[Question]:
    for prediction in predictions(case):
        yield from asked_by(prediction, case, sighted, counted)


def _of_sightings(case: Case, sighted: Sequence[Series]) -> Iterator[Question]:
    sites = {site.id for site in case.sites}
    for series in sighted:
        if series.site in sites:
            yield Question(kind="transition", series=series, of_structure=_is_structure(case, series))


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
