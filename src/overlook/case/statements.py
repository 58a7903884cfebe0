"""Sources, claims, predictions and what is signed, as terms: every reference resolved, no time to come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from overlook.case import models
from overlook.case.document import Path
from overlook.case.facts import build_assertions
from overlook.case.mistakes import Mistake, unknown
from overlook.case.places import span
from overlook.case.times import Span
from overlook.case.values import day, starts
from overlook.terms import (
    Claim,
    Correction,
    Interval,
    Opinion,
    Prediction,
    ReferenceFact,
    Retraction,
    Rival,
    Source,
)

#: Relations of a level at an event, which only counts have; and of one thing's coming and going, which counts have not.
AT_AN_EVENT = ("changed", "same")
OF_A_STRUCTURE = ("built", "removed", "altered")
#: Today's date in the east is tomorrow's in the west.
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What a statement may refer to: zones of each site, each site's time zone, sites of each event ((): all)."""

    zones: Mapping[str, tuple[str, ...]]
    time_zones: Mapping[str, tzinfo]
    events: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...]
    claims: tuple[str, ...]
    commitments: tuple[str, ...]
    facts: tuple[str, ...]
    tables: tuple[str, ...]
    now: datetime


def build_source(source: models.Source, path: Path, known: Known, mistakes: list[Mistake]) -> Source:
    """Sources may rely on each other: circular reporting is something to tell, not a mistake of who tells it."""
    _each(source.relies_on, "source", known.sources, (*path, "relies_on"), mistakes)
    if source.id in source.relies_on:
        at = source.relies_on.index(source.id)
        mistakes.append(Mistake("VALUE", (*path, "relies_on", at), f"{source.id!r} cannot rely on itself"))
    return Source(
        id=source.id,
        name=source.name,
        kind=source.kind,
        reliability=source.reliability,
        relies_on=tuple(source.relies_on),
        digest=source.digest,
        citation=source.citation,
    )


def build_claim(claim: models.Claim, path: Path, known: Known, mistakes: list[Mistake]) -> Claim:
    _each(claim.chain, "source", known.sources, (*path, "chain"), mistakes)
    _once(claim.chain, (*path, "chain"), mistakes)
    others = tuple(i for i in (*known.facts, *known.claims) if i != claim.id)
    _each(claim.disputed_by, "fact or claim", others, (*path, "disputed_by"), mistakes)
    said_before = tuple(c for c in known.claims if c != claim.id)
    reference(claim.paraphrases, "other claim", said_before, (*path, "paraphrases"), mistakes)
    return Claim(
        id=claim.id,
        quote=claim.quote,
        chain=tuple(claim.chain),
        said=past(claim.said, (*path, "said"), known, mistakes),
        credibility=claim.credibility,
        kind=claim.kind,
        predictions=build_predictions(claim.predictions, (*path, "predictions"), known, mistakes),
        not_observable=tuple(claim.not_observable),
        disputed_by=tuple(claim.disputed_by),
        note=claim.note,
        asserts=build_assertions(claim.asserts, (*path, "asserts"), known.tables, mistakes),
        paraphrases=claim.paraphrases,
    )


def build_fact(fact: models.Fact, path: Path, known: Known, mistakes: list[Mistake]) -> ReferenceFact:
    during = past(fact.on, (*path, "on"), known, mistakes)
    asserts = build_assertions(fact.asserts, (*path, "asserts"), known.tables, mistakes)
    return ReferenceFact(id=fact.id, text=fact.text, source=fact.source, during=during, asserts=asserts)


def build_opinion(opinion: models.Opinion, path: Path, known: Known, mistakes: list[Mistake]) -> Opinion:
    reference(opinion.claim, "claim", (*known.claims, *known.commitments), (*path, "claim"), mistakes)
    _not_to_come(opinion.signed, (*path, "signed"), known, mistakes)
    if opinion.second_reader and opinion.second_reader.casefold() == opinion.analyst.casefold():
        mistakes.append(Mistake("VALUE", (*path, "second_reader"), "the second reader must be somebody else"))
    return Opinion(
        claim=opinion.claim,
        analyst=opinion.analyst,
        signed=day(opinion.signed),
        evidence=opinion.evidence,
        likelihood=opinion.likelihood,
        confidence=opinion.confidence,
        reasons=tuple(opinion.reasons),
        second_reader=opinion.second_reader,
        dissent=opinion.dissent,
    )


def build_correction(c: models.Correction, path: Path, known: Known, mistakes: list[Mistake]) -> Correction:
    _not_to_come(c.made, (*path, "made"), known, mistakes)
    return Correction(made=day(c.made), was=c.was, now=c.now)


def build_retraction(
    r: models.Retraction, opinions: Sequence[models.Opinion], path: Path, known: Known, mistakes: list[Mistake]
) -> Retraction | None:
    _not_to_come(r.made, (*path, "made"), known, mistakes)
    reference(r.claim, "claim", (*known.claims, *known.commitments), (*path, "claim"), mistakes)
    reference(r.source, "source", known.sources, (*path, "source"), mistakes)
    if bool(r.claim) == bool(r.source):
        mistakes.append(Mistake("VALUE", path, "needs `claim` or `source`, and not both"))
        return None
    if r.analyst and not r.claim:
        what = "an opinion is of a claim: give `claim`, not `source`"
        mistakes.append(Mistake("VALUE", (*path, "analyst"), what, of_key=True))
        return None
    if r.analyst and not any(o.claim == r.claim and same_person(o.analyst, r.analyst) for o in opinions):
        mistakes.append(Mistake("REFERENCE", (*path, "analyst"), f"{r.analyst[:80]!r} has no opinion of {r.claim!r}"))
    return Retraction(made=day(r.made), why=r.why, claim=r.claim, source=r.source, analyst=r.analyst, by=r.by)


def same_person(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def build_predictions(
    predictions: Sequence[models.Prediction], path: Path, known: Known, mistakes: list[Mistake]
) -> tuple[Prediction, ...]:
    unique([(p.id, (*path, i)) for i, p in enumerate(predictions)], "prediction", mistakes)
    return tuple(_prediction(p, (*path, i), known, mistakes) for i, p in enumerate(predictions))


def _prediction(p: models.Prediction, path: Path, known: Known, mistakes: list[Mistake]) -> Prediction:
    unique([(r.id, (*path, "rivals", i)) for i, r in enumerate(p.rivals)], "rival", mistakes)
    site = p.site or (next(iter(known.zones)) if len(known.zones) == 1 else "")
    _place(p, site, path, known, mistakes)
    _what_is_seen(p, path, mistakes)
    _when(p, site, path, known, mistakes)
    window = span(p.window, known.time_zones.get(site, UTC), (*path, "window"), mistakes) if p.window else None
    return Prediction(
        id=p.id,
        relation=p.relation,
        site=site,
        zone=p.zone,
        cls=p.cls or "",
        indicator=p.indicator or "",
        event=p.event,
        window=window,
        needs_gsd_m=p.needs_gsd_m,
        must_be_in_the_open=p.must_be_in_the_open,
        inside=p.inside,
        statement=p.statement,
        rivals=tuple(Rival(id=r.id, name=r.name, predicts=r.predicts, is_deception=r.is_deception) for r in p.rivals),
    )


def _place(p: models.Prediction, site: str, path: Path, known: Known, mistakes: list[Mistake]) -> None:
    if not site:
        what = "the case declares no site" if not known.zones else "is missing: the case has several sites"
        mistakes.append(Mistake("MISSING-FIELD", (*path, "site"), what))
    elif site not in known.zones:
        mistakes.append(Mistake("REFERENCE", (*path, "site"), partial(unknown, "site", site, known.zones)))
    elif p.zone:
        reference(p.zone, f"zone of {site}", known.zones[site], (*path, "zone"), mistakes)


def _what_is_seen(p: models.Prediction, path: Path, mistakes: list[Mistake]) -> None:
    is_of_the_pattern = p.relation in AT_AN_EVENT and p.cls is None and p.indicator is None
    if (p.cls is None) == (p.indicator is None) and not is_of_the_pattern:
        what = "needs `class` or `indicator`" if p.cls is None else "has `class` and `indicator`: one of them"
        mistakes.append(Mistake("VALUE", path, what))
    elif p.relation in AT_AN_EVENT and p.indicator is not None:
        what = f"`{p.relation}` is told from counts: give `class`, not `indicator`"
        mistakes.append(Mistake("VALUE", (*path, "indicator"), what, of_key=True))
    elif p.relation in OF_A_STRUCTURE and p.indicator is None:
        what = f"`{p.relation}` is told from sightings of one structure: give `indicator`, not `class`"
        mistakes.append(Mistake("VALUE", (*path, "class"), what, of_key=True))
    if p.inside and p.must_be_in_the_open:
        what = "what lies inside cannot be in the open as well"
        mistakes.append(Mistake("VALUE", (*path, "must_be_in_the_open"), what, of_key=True))


def _when(p: models.Prediction, site: str, path: Path, known: Known, mistakes: list[Mistake]) -> None:
    if p.event:
        reference(p.event, "event", known.events, (*path, "event"), mistakes)
        concerned = known.events.get(p.event, ())
        if concerned and site and site not in concerned:
            mistakes.append(Mistake("REFERENCE", (*path, "event"), f"{p.event!r} does not concern site {site!r}"))
    if p.relation not in AT_AN_EVENT:
        return
    if not p.event:
        mistakes.append(Mistake("MISSING-FIELD", (*path, "event"), f"is missing: `{p.relation}` is told at an event"))
    if p.window:
        what = f"`{p.relation}` compares the plan's windows before and after the event: leave this one out"
        mistakes.append(Mistake("VALUE", (*path, "window"), what, of_key=True))


def unique(ids: Sequence[tuple[str, Path]], kind: str, mistakes: list[Mistake]) -> None:
    """A mistake for each id that was given before."""
    seen: set[str] = set()
    for name, path in ids:
        if name in seen:
            mistakes.append(Mistake("DUPLICATE-ID", (*path, "id"), f"{kind} id {name!r} is given twice"))
        seen.add(name)


def _once(names: Sequence[str], path: Path, mistakes: list[Mistake]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            mistakes.append(Mistake("VALUE", (*path, i), f"{name!r} is named twice"))


def _each(names: Sequence[str], kind: str, known: Collection[str], path: Path, mistakes: list[Mistake]) -> None:
    for i, name in enumerate(names):
        if name not in known:
            mistakes.append(Mistake("REFERENCE", (*path, i), partial(unknown, kind, name, known)))


def reference(name: str, kind: str, known: Collection[str], path: Path, mistakes: list[Mistake]) -> None:
    if name and name not in known:
        mistakes.append(Mistake("REFERENCE", path, partial(unknown, kind, name, known)))


def past(when: Span | None, path: Path, known: Known, mistakes: list[Mistake]) -> Interval | None:
    found = span(when, UTC, path, mistakes) if when else None
    if found and found.start > known.now + _SLACK:
        mistakes.append(Mistake("TIME", path, f"{when.start if when else ''} is still to come"))
    return found


def _not_to_come(text: str, path: Path, known: Known, mistakes: list[Mistake]) -> None:
    if starts(day(text), UTC) > known.now + _SLACK:
        mistakes.append(Mistake("TIME", path, f"{text} is still to come"))
