"""`search`: what catalogues hold of a case's sites, kept in `searches/` as the ground for saying that no image is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overlook.errors import CaseError, UsageError
from overlook.run.add import WAIT_S
from overlook.run.download import Downloaded, download
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.progress import Progress, silent
from overlook.store import Ledger, locked
from overlook.terms import LOCAL, Case, CatalogueUse, Interval, Offer, Search, Site, canonical, dumps, loads

if TYPE_CHECKING:
    from overlook.collect import Allowed, Catalogue
    from overlook.collect.outside.session import Session

_SUFFIX = ".json"
#: What cannot be read as a search; a record is small, and whoever puts another file there meant no harm.
_LARGEST = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """The searches that were made, and what they offer: each acquisition once, and why it is or is not fit.

    `offers`: (site, the offer, a reason of the gap ledger, its detail); the reason is "" for one in the case already.
    """

    searches: tuple[Search, ...]
    offers: tuple[tuple[str, Offer, str, str], ...]


def search(
    root: Path,
    *,
    catalogues: Sequence[str] = (),
    collections: Sequence[str] = (),
    sites: Sequence[str] = (),
    during: Interval | None = None,
    limit: int = 2000,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Searched:
    """Ask catalogues for images of the case's sites, and keep each answer with its digest in the ledger.

    Without `catalogues`, those of case.yaml. Without `during`, the times that its events and predictions ask for. A
    catalogue that fails is a search that broke off. Raises CaseError and UsageError for a question that cannot be put.
    """
    from overlook.case import read_case
    from overlook.collect import search as ask
    from overlook.collect import transport

    folder = open_folder(root)
    case = read_case(folder.root)
    moment = now or datetime.now(UTC)
    uses = _uses(case, catalogues, collections)
    tasks = [
        (use, site, span)
        for site in _sites(case, sites)
        for use in uses
        if not use.sites or site.id in use.sites
        for span in _times(case, site, during, moment)
    ]
    made = []
    progress("searches", 0, len(tasks))
    for number, (use, site, span) in enumerate(tasks, 1):
        found, allowed = resolved(folder, case, use)
        one = ask(
            site,
            span,
            found,
            transport(allowed),
            now=moment,
            allowed=allowed,
            collections=use.collections,
            limit=limit,
        )
        _keep(folder, one, moment)
        made.append(one)
        progress("searches", number, len(tasks))
    return Searched(searches=tuple(made), offers=_offers(folder, case, made))


def resolved(folder: CaseFolder, case: Case, use: CatalogueUse) -> tuple[Catalogue, Allowed]:
    """The catalogue that is meant, and what may be opened for it: of this machine, its own folder alone.

    A path counts from the folder one works in, else from the case's.
    """
    from overlook.collect import Allowed, catalogue

    name = use.catalogue
    if "://" not in name and not Path(name).exists() and (folder.root / name).exists():
        name = str(folder.root / name)
    found = catalogue(name, gsd_m=use.gsd_m)
    is_local = "://" not in found.href
    folders = (Path(found.href).resolve().parent,) if is_local else ()
    return found, Allowed(hosts=case.allow_hosts, folders=folders)


def signing(case: Case, searches: Sequence[Search]) -> Callable[[Offer, str], str]:
    """What signs the addresses of offers whose catalogue asks for it."""
    from overlook.collect import PRESETS, Allowed, signer, transport

    names = {s.catalogue for s in searches}
    wanted = [p for p in PRESETS if p.name in names]
    session: Session = transport(Allowed(hosts=case.allow_hosts))
    return signer(wanted, session)


def searches_of(folder: CaseFolder, ledger: Ledger) -> tuple[Search, ...]:
    """The searches on record, as far as their records are whole."""
    return tuple(loads(data, Search) for data in _records(folder, ledger)[0].values())


def search_notes(folder: CaseFolder, ledger: Ledger) -> tuple[str, ...]:
    """A note for each record that is lost, altered, or was not made by `overlook search`."""
    return tuple(_records(folder, ledger)[1])


def _records(folder: CaseFolder, ledger: Ledger) -> tuple[dict[str, bytes], list[str]]:
    """Records that match their digests, by name, and notes on the others."""
    whole, notes = {}, []
    known = {str(e.body["search"]): e.body for e in ledger.entries("searched")}
    for name, body in known.items():
        path = folder.searches / f"{name}{_SUFFIX}"
        data = path.read_bytes() if path.is_file() and path.stat().st_size < _LARGEST else None
        if data is None:
            notes.append(f"The record of {_of(name, body)} is gone: nothing is said of what it found.")
        elif hashlib.sha256(data).hexdigest() != body["digest"]:
            notes.append(f"The record of {_of(name, body)} was altered: it is not used.")
        else:
            whole[name] = data
    present = sorted(p.stem for p in folder.searches.glob(f"*{_SUFFIX}")) if folder.searches.is_dir() else []
    strange = [n for n in present if n not in known]
    notes += [f"searches/{n}{_SUFFIX} was not made by `overlook search`: it is not used." for n in strange]
    return whole, notes


def _of(name: str, body: Mapping[str, Any]) -> str:
    """A search without its id, which may hold names of folders: notes are published. Its id begins with its day."""
    return f"a search for {body['site']}, made on {name[:4]}-{name[4:6]}-{name[6:8]},"


def searched_digest(folder: CaseFolder, ledger: Ledger) -> str:
    """One digest of all that the gap ledger takes from searches and downloads: equal when none of it has changed."""
    whole, notes = _records(folder, ledger)
    unmet = [[*key, why] for key, why in sorted(missed(ledger).items())]
    return hashlib.sha256(canonical([sorted(whole), notes, unmet])).hexdigest()


def missed(ledger: Ledger) -> dict[tuple[str, str], str]:
    """Why images that were asked for could not be had: (site, offer), the latest reason."""
    return {(str(e.body["site"]), str(e.body["offer"])): str(e.body["why"]) for e in ledger.entries("not obtained")}


def _uses(case: Case, catalogues: Sequence[str], collections: Sequence[str]) -> tuple[CatalogueUse, ...]:
    from overlook.collect import PRESETS

    if catalogues:
        return tuple(
            next(
                (u for u in case.catalogues if u.catalogue == c and not collections),
                CatalogueUse(catalogue=c, collections=tuple(collections)),
            )
            for c in dict.fromkeys(catalogues)
        )
    if not case.catalogues:
        raise UsageError(
            "E-USAGE-CATALOGUE",
            "no catalogue is named here or in case.yaml",
            where="--catalog",
            remedy=f"an address, a file, or one of {', '.join(p.name for p in PRESETS)}",
        )
    if collections:
        raise UsageError(
            "E-USAGE-CATALOGUE",
            "collections are named without their catalogue",
            where="--collection",
            remedy="name it with --catalog; case.yaml names the collections of its own",
        )
    return case.catalogues


def _sites(case: Case, names: Sequence[str]) -> tuple[Site, ...]:
    """The sites to search for. Those of a local plane or without a zone are left out unless nothing else is there."""
    from overlook.collect import area_of

    known = {s.id: s for s in case.sites}
    for name in names:
        if name not in known:
            raise UsageError(
                "E-USAGE-SITE", f"the case has no site {name!r}", where="--site", remedy=f"one of {', '.join(known)}"
            )
    wanted = [known[n] for n in dict.fromkeys(names)] or list(case.sites)
    if not wanted:
        raise CaseError(
            "E-CASE-NOWHERE", "the case has no site", where="case.yaml", remedy="declare one under `sites:`"
        )
    placed = [s for s in wanted if s.crs != LOCAL and s.zones]
    if not placed or names:
        for site in wanted:
            area_of(site)
    return tuple(placed)


def _times(case: Case, site: Site, during: Interval | None, now: datetime) -> tuple[Interval, ...]:
    from overlook.collect import asked_times

    if during is not None:
        if during.start > now:
            raise UsageError(
                "E-USAGE-TIME", "this time lies in the future", where="--from", remedy="give a day that is over"
            )
        return (Interval(start=during.start, end=min(during.end, now)),)
    found = asked_times(case, site, until=now)
    if not found:
        raise UsageError(
            "E-USAGE-TIME",
            f"nothing in case.yaml says which days of {site.id} matter, or they are all to come",
            where="--from",
            remedy="give --from and --to, or declare events or predictions",
        )
    return found


def _keep(folder: CaseFolder, made: Search, now: datetime) -> None:
    """The record first, then its digest: killed in between, a file is left that is not used, and says so."""
    from overlook.collect.outside.files import write

    data = dumps(made)
    folder.searches.mkdir(exist_ok=True)
    body = {
        "search": made.id,
        "digest": hashlib.sha256(data).hexdigest(),
        "site": made.site,
        "catalogue": made.catalogue,
        "collections": list(made.collections),
        "from": made.during.start.isoformat(),
        "to": made.during.end.isoformat(),
        "offers": len(made.offers),
        "refused": len(made.refused),
        "complete": made.complete,
    }
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        write(folder.searches / f"{made.id}{_SUFFIX}", data)
        ledger.append("searched", body, now=now)


def _offers(folder: CaseFolder, case: Case, made: Sequence[Search]) -> tuple[tuple[str, Offer, str, str], ...]:
    """What these searches offer, each acquisition once, with what the gap ledger would say of it now."""
    from overlook.collect import across, offered_gaps, scenes

    known = scenes(folder.imagery)
    with Ledger(folder.ledger) as ledger:
        unmet = missed(ledger)
    by_site = {s.id: across(o for m in made if m.site == s.id for o in m.offers) for s in case.sites}
    rows: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for gap in offered_gaps(case, known, made, by_site, unmet):
        rows.setdefault((gap.site, gap.scene), []).append((gap.reason, gap.detail))
    told = []
    for site, offers in by_site.items():
        for offer in offers:
            # Of a site whose zones differ the best of them counts: something can be seen.
            found = rows.get((site, offer.id), [])
            best = min(found, key=lambda row: row[0] != "not obtained", default=("", ""))
            told.append((site, offer, *best))
    return tuple(told)


def download_offers(
    root: Path,
    offers: Sequence[Offer],
    searches: Sequence[Search],
    *,
    is_chosen: bool,
    workers: int = 4,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Downloaded:
    """Fetch offers of searches. `is_chosen`: a person picked them out of what she was shown.

    What was picked because of how it looked is no fair sample, whatever its satellite's routine is: its scenes say so.
    """
    from overlook.case import read_case

    folder = open_folder(root)
    case = read_case(folder.root)
    folders = {Path(s.href).resolve().parent for s in searches if s.href and "://" not in s.href}
    return download(
        root,
        offers,
        why="chosen" if is_chosen else None,
        folders=tuple(sorted(folders)),
        sign=signing(case, searches),
        workers=workers,
        now=now,
        progress=progress,
    )
