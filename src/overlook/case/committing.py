"""Commitments and their obligations as terms: every reference resolved, ids unique in the whole commitment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from overlook.case import models
from overlook.case.document import Path
from overlook.case.mistakes import Mistake
from overlook.case.places import span
from overlook.case.statements import Known, build_predictions, past, reference, unique
from overlook.terms import Commitment, Element, Every, Indicator, Obligation, Reporting

_MONTHS: Mapping[Every, int] = {"month": 1, "quarter": 3, "year": 12}
#: A matrix of more is no table any more (twenty years of months).
MOST_PERIODS = 240


def build_commitment(c: models.Commitment, path: Path, known: Known, mistakes: list[Mistake]) -> Commitment:
    reference(c.source, "source", known.sources, (*path, "source"), mistakes)
    unique([(o.id, (*path, "obligations", i)) for i, o in enumerate(c.obligations)], "obligation", mistakes)
    # Those of one list are told apart where they are built; a judgement names an indicator by its id alone.
    taken = {p.id for p in c.indicators}
    for i, obligation in enumerate(c.obligations):
        for k, indicator in enumerate(obligation.indicators):
            if indicator.id in taken:
                at = (*path, "obligations", i, "indicators", k, "id")
                mistakes.append(Mistake("DUPLICATE-ID", at, f"indicator id {indicator.id!r} is given twice"))
        taken |= {p.id for p in obligation.indicators}
    return Commitment(
        id=c.id,
        text=c.text,
        parties=tuple(c.parties),
        made=past(c.made, (*path, "made"), known, mistakes),
        deadline=span(c.deadline, UTC, (*path, "deadline"), mistakes) if c.deadline else None,
        undefined=tuple(c.undefined),
        indicators=build_predictions(c.indicators, (*path, "indicators"), known, mistakes),
        source=c.source,
        obligations=tuple(
            _obligation(o, (*path, "obligations", i), known, mistakes) for i, o in enumerate(c.obligations)
        ),
        defined=_defined(c.defined),
        reporting=_reporting(c, (*path, "reporting"), known, mistakes),
    )


def _obligation(o: models.Obligation, path: Path, known: Known, mistakes: list[Mistake]) -> Obligation:
    predictions = build_predictions(o.indicators, (*path, "indicators"), known, mistakes)
    return Obligation(
        id=o.id,
        text=o.text,
        deadline=span(o.deadline, UTC, (*path, "deadline"), mistakes) if o.deadline else None,
        reversible=o.reversible,
        indicators=tuple(
            Indicator(prediction=p, shows=i.shows) for p, i in zip(predictions, o.indicators, strict=True)
        ),
        undefined=tuple(o.undefined),
        defined=_defined(o.defined),
    )


def _defined(d: models.Defined) -> tuple[tuple[Element, str], ...]:
    given: tuple[tuple[Element, str], ...] = (
        ("object", d.object),
        ("scope", d.scope),
        ("verification", d.verification),
    )
    return tuple((element, words) for element, words in given if words)


def _reporting(c: models.Commitment, path: Path, known: Known, mistakes: list[Mistake]) -> Reporting:
    """A date is a day at the first site that an indicator names, whose calendar the periods follow."""
    r, sites = c.reporting, [p.site for p in (*c.indicators, *(i for o in c.obligations for i in o.indicators))]
    site = sites[0] if sites and sites[0] else next(iter(known.zones), "") if sites else ""
    during = span(r.during, known.time_zones.get(site, UTC), (*path, "during"), mistakes) if r.during else None
    if during is not None:
        n = (_month(during.end) - _month(during.start)) // _MONTHS[r.every or "year"] + 1
        if n > MOST_PERIODS:
            what = f"would be {n:,} periods; {MOST_PERIODS} are the most: report a shorter time, or longer periods"
            mistakes.append(Mistake("VALUE", (*path, "during"), what))
    return Reporting(every=r.every, during=during)


def _month(moment: datetime) -> int:
    return moment.year * 12 + moment.month
