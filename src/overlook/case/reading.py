"""A case folder to a Case: bytes, document, shape, whole. The first mistake by place is what the analyst is told."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from overlook.case import geometry, models, outside, statements
from overlook.case.committing import build_commitment
from overlook.case.document import MAX_BYTES, Document, read_document
from overlook.case.facts import build_table
from overlook.case.mistakes import Mistake, case_error, shape_mistakes, unknown
from overlook.case.places import build_event, build_site, named_files
from overlook.case.statements import Known, unique
from overlook.errors import CaseError
from overlook.terms import (
    Case,
    CatalogueUse,
    Clouds,
    Collection,
    Event,
    EventTable,
    ModelUse,
    Observer,
    Plan,
    Retraction,
    Sensor,
    Site,
)


def read_case(folder: Path, *, now: datetime | None = None) -> Case:
    """What case.yaml in `folder` declares. `now` bounds what may have been said; the clock's time by default.

    Raises CaseError, `case.yaml:LINE:COLUMN: field: what`, for the first mistake in the file.
    """
    folder = Path(folder)
    document, declared = _declared(folder)
    return build(declared, document, folder, now=now or datetime.now(UTC))


def case_files(folder: Path) -> tuple[Path, ...]:
    """case.yaml and every file of geometry or events it names, once each: what a digest of the declaration covers.

    Raises CaseError when case.yaml has not the shape of one, or a file is missing or outside the folder.
    """
    folder = Path(folder)
    document, declared = _declared(folder)
    files = {folder / outside.CASE_FILE: None}
    named = [(path, of.file) for path, of in named_files(declared)]
    named += [(("event_tables", i, "file"), t.file) for i, t in enumerate(declared.event_tables)]
    for path, file in named:
        try:
            outside.inside(folder, file)
        except ValueError as error:
            raise case_error([Mistake("FILE", path, str(error))], document) from error
        files[folder / file] = None
    return tuple(files)


def parse(data: bytes) -> tuple[Document, models.CaseFile]:
    """A file's bytes as a checked shape. Raises CaseError."""
    document = read_document(data, outside.CASE_FILE)
    plain = document.plain()
    try:
        return document, models.CaseFile.model_validate(plain)
    except ValidationError as error:
        found = shape_mistakes(error.errors(include_url=False), plain, models.CaseFile)
        raise case_error(found, document) from error


def build(declared: models.CaseFile, document: Document, folder: Path, *, now: datetime) -> Case:
    """The Case of a checked shape. Raises CaseError when its parts do not fit each other."""
    mistakes: list[Mistake] = []
    _unique_ids(declared, mistakes)
    polygons = partial(_polygon, folder, lru_cache(maxsize=None)(outside.read_polygons))
    placed = [build_site(s, ("sites", i), polygons, mistakes) for i, s in enumerate(declared.sites)]
    zones_of_time = {s.id: tz for s, (_, tz) in zip(declared.sites, placed, strict=True)}
    events = [build_event(e, ("events", i), zones_of_time, mistakes) for i, e in enumerate(declared.events)]
    known = Known(
        zones={s.id: tuple(z.id for z in s.zones) for s in declared.sites},
        time_zones=zones_of_time,
        events={e.id: tuple(s for s in e.sites if s in zones_of_time) for e in declared.events},
        sources=tuple(s.id for s in declared.sources),
        claims=tuple(c.id for c in declared.claims),
        commitments=tuple(c.id for c in declared.commitments),
        facts=tuple(f.id for f in declared.facts),
        tables=tuple(t.id for t in declared.event_tables),
        now=now,
    )
    for i, event in enumerate(declared.events):
        if event.source and event.source not in known.sources:
            what = partial(unknown, "source", event.source, known.sources)
            mistakes.append(Mistake("REFERENCE", ("events", i, "source"), what))
    tables = [build_table(t, ("event_tables", i), folder, mistakes, now) for i, t in enumerate(declared.event_tables)]
    case = _case(declared, [s for s, _ in placed], events, [t for t in tables if t], known, mistakes)
    if mistakes:
        raise case_error(mistakes, document)
    return case


def _case(
    d: models.CaseFile,
    sites: list[Site | None],
    events: list[Event | None],
    tables: list[EventTable],
    known: Known,
    mistakes: list[Mistake],
) -> Case:
    s = statements
    return Case(
        id=d.id,
        title=d.title,
        question=d.question,
        notice=d.notice,
        sites=tuple(site for site in sites if site),
        events=tuple(event for event in events if event),
        sources=tuple(s.build_source(x, ("sources", i), known, mistakes) for i, x in enumerate(d.sources)),
        claims=tuple(s.build_claim(x, ("claims", i), known, mistakes) for i, x in enumerate(d.claims)),
        commitments=tuple(
            build_commitment(x, ("commitments", i), known, mistakes) for i, x in enumerate(d.commitments)
        ),
        facts=tuple(s.build_fact(x, ("facts", i), known, mistakes) for i, x in enumerate(d.facts)),
        event_tables=tuple(tables),
        observers=tuple(Observer(**o.model_dump()) for o in d.observers),
        models=tuple(_model(m, ("models", i), mistakes) for i, m in enumerate(d.models)),
        opinions=tuple(s.build_opinion(x, ("opinions", i), known, mistakes) for i, x in enumerate(d.opinions)),
        corrections=tuple(
            s.build_correction(x, ("corrections", i), known, mistakes) for i, x in enumerate(d.corrections)
        ),
        retractions=_retractions(d, known, mistakes),
        plan=_plan(d.plan),
        collection=_collection(d, mistakes),
        catalogues=_catalogues(d, mistakes),
        allow_hosts=tuple(dict.fromkeys(host.lower() for host in d.allow_hosts)),
    )


def _retractions(d: models.CaseFile, known: Known, mistakes: list[Mistake]) -> tuple[Retraction, ...]:
    rows = enumerate(d.retractions)
    built = (statements.build_retraction(r, d.opinions, ("retractions", i), known, mistakes) for i, r in rows)
    return tuple(r for r in built if r)


def _plan(plan: models.Plan) -> Plan:
    return Plan(
        margin=plan.margin,
        before_days=plan.before,
        after_days=plan.after,
        level=plan.level,
        quiet_below=plan.quiet_below,
        quiet_index=tuple(sorted(plan.quiet_index.items())),
        classes=tuple(dict.fromkeys(plan.classes)),
        min_visible_fraction=plan.min_visible_fraction,
        max_gsd_m=tuple(sorted(plan.max_gsd_m.items())),
        few_images=plan.few_images,
        breaks=plan.breaks,
    )


def _collection(d: models.CaseFile, mistakes: list[Mistake]) -> Collection:
    sites = [s.id for s in d.sites]
    clouds: list[Clouds] = []
    for i, c in enumerate(d.collection.clouds):
        path = ("collection", "clouds", i)
        site = c.site or (sites[0] if len(sites) == 1 else "")
        if not site:
            mistakes.append(Mistake("REFERENCE", path, "needs `site`: the case has not just one"))
        elif site not in sites:
            mistakes.append(Mistake("REFERENCE", (*path, "site"), partial(unknown, "site", site, sites)))
        elif any(site == other.site for other in clouds):
            mistakes.append(Mistake("DUPLICATE-ID", path, f"the clouds of {site!r} are given twice"))
        clouds.append(Clouds(site=site, usable=tuple(c.usable), source=c.source, spell_d=c.spell or 0.0))
    sensors = d.collection.sensors
    return Collection(
        sensors=tuple(
            Sensor(**{k: v for k, v in s.model_dump().items() if k != "revisit"}, revisit_d=s.revisit) for s in sensors
        ),
        clouds=tuple(clouds),
    )


def _catalogues(d: models.CaseFile, mistakes: list[Mistake]) -> tuple[CatalogueUse, ...]:
    sites = [s.id for s in d.sites]
    for i, c in enumerate(d.catalogues):
        path = ("catalogues", i)
        for n, site in enumerate(c.sites):
            if site not in sites:
                mistakes.append(Mistake("REFERENCE", (*path, "sites", n), partial(unknown, "site", site, sites)))
        if "://" in c.catalog and any(mark in c.catalog for mark in "@?#"):
            # What is sent with an address is often a key, and a case is shown to others.
            mistakes.append(Mistake("VALUE", (*path, "catalog"), "an address without a query, a user or a key"))
    return tuple(
        CatalogueUse(catalogue=c.catalog, collections=tuple(c.collections), sites=tuple(c.sites), gsd_m=c.gsd_m)
        for c in d.catalogues
    )


def _model(model: models.Model, path: tuple[str | int, ...], mistakes: list[Mistake]) -> ModelUse:
    if Path(model.card).is_absolute() or ".." in Path(model.card).parts or "\\" in model.card:
        mistakes.append(Mistake("FILE", (*path, "card"), f"{model.card[:120]!r} must be a path inside the case folder"))
    return ModelUse(card=model.card, reviewed_images=model.reviewed_images, needed_reviews=model.needed_reviews)


def _unique_ids(d: models.CaseFile, mistakes: list[Mistake]) -> None:
    unique([(s.id, ("sites", i)) for i, s in enumerate(d.sites)], "site", mistakes)
    for i, site in enumerate(d.sites):
        unique([(z.id, ("sites", i, "zones", k)) for k, z in enumerate(site.zones)], "zone", mistakes)
    unique([(e.id, ("events", i)) for i, e in enumerate(d.events)], "event", mistakes)
    unique([(s.id, ("sources", i)) for i, s in enumerate(d.sources)], "source", mistakes)
    unique([(t.id, ("event_tables", i)) for i, t in enumerate(d.event_tables)], "event table", mistakes)
    unique([(s.id, ("collection", "sensors", i)) for i, s in enumerate(d.collection.sensors)], "sensor", mistakes)
    unique([(o.id, ("observers", i)) for i, o in enumerate(d.observers)], "observer", mistakes)
    # Claims, commitments and facts refer to each other by id: they share one space of names.
    said = [(x.id, ("claims", i)) for i, x in enumerate(d.claims)]
    said += [(x.id, ("commitments", i)) for i, x in enumerate(d.commitments)]
    said += [(x.id, ("facts", i)) for i, x in enumerate(d.facts)]
    unique(said, "claim, commitment or fact", mistakes)


def _polygon(folder: Path, read: object, named: models.GeometryFile, is_local: bool) -> BaseGeometry:
    """The polygon in a file. Raises ValueError."""
    assert callable(read)
    path = outside.inside(folder, named.file)
    features, systems = read(path)
    if is_local and any(systems):
        raise ValueError(f"{named.file!r} lies on the Earth, but the site's crs is local")
    return geometry.from_features(features, named.feature, named.file)


def _declared(folder: Path) -> tuple[Document, models.CaseFile]:
    try:
        return parse(outside.read_case_bytes(folder, MAX_BYTES))
    except RecursionError as error:  # the document's depth is bounded; this is a last resort
        raise CaseError("E-CASE-YAML", "nested too deeply", where=outside.CASE_FILE) from error
