"""`download`: the site's window of what catalogues offer, as scenes of the case; what could not be had, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from overlook.errors import FetchError, InputError, OverlookError
from overlook.run.add import WAIT_S, append_once
from overlook.run.folder import CaseFolder, open_folder
from overlook.run.progress import Progress, silent
from overlook.run.windows import Made, Signer, Task, make_window
from overlook.store import Ledger, locked
from overlook.terms import LOCAL, Offer, Scene, Site, WhyAcquired

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from overlook.collect import Patience
    from overlook.collect.outside.http import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """An offer that is a scene now. `block_bytes`: of the blocks of pixels that the site's window touches."""

    offer: str
    site: str
    scene: str
    block_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotObtained:
    """An image that exists and was not obtained, and why: a row of the gap ledger, never a zero."""

    offer: str
    site: str
    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What became of the offers. `held`: those whose scene was in the case before, as (offer, scene)."""

    obtained: tuple[Obtained, ...] = ()
    not_obtained: tuple[NotObtained, ...] = ()
    held: tuple[tuple[str, str], ...] = ()
    bytes_moved: int = 0


def download(
    root: Path,
    offers: Sequence[Offer],
    *,
    site: str = "",
    why: WhyAcquired | None = None,
    folders: Sequence[Path] = (),
    sign: Signer | None = None,
    workers: int = 4,
    patience: Patience | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Downloaded:
    """Fetch each offer's window of each site (or of `site`) into `imagery/`, registered with what its catalogue says.

    `why` overrides why the images were acquired: "chosen" when a person chose them from previews. `folders`: those of
    local catalogues that the analyst named, whose files may be read. An offer that cannot be had is ledgered with the
    reason and stops nothing. Run again, it goes on where it stopped. Raises CaseError, StoreError.
    """
    from overlook.case import read_case
    from overlook.collect import Allowed, open_transport, scenes
    from overlook.collect.outside.partial import sweep

    folder = open_folder(root)
    case = read_case(folder.root)
    sites = [s for s in case.sites if s.zones and s.id == (site or s.id)]
    allowed = Allowed(hosts=case.allow_hosts, folders=tuple(map(Path, folders)))
    held, tasks = [], []
    known = scenes(folder.imagery)
    for offer in offers:
        for one in sites:
            if not _shows(offer, one):
                continue
            scene = _held(offer, one, known)
            if scene is not None:
                held.append((offer.id, scene.id))
            else:
                tasks.append(Task(folder, offer, one, why, sign or _unsigned, many_sites=len(case.sites) > 1))
    sweep(folder.imagery / ".fetch")
    digests = {scene.digest: scene.id for scene in known}
    transport = open_transport(allowed, patience)
    obtained: list[Obtained] = []
    missed: list[NotObtained] = []
    for task, made in _made(tasks, transport, workers, progress):
        try:
            if isinstance(made, OverlookError):
                raise made
            obtained.append(_registered(task, made, digests, now or datetime.now(UTC)))
        except (FetchError, InputError) as error:
            missed.append(_missed(task, error, now or datetime.now(UTC)))
    return Downloaded(
        obtained=tuple(obtained),
        not_obtained=tuple(missed),
        held=tuple(held),
        bytes_moved=transport.bytes_moved,
    )


def _unsigned(_: Offer, href: str) -> str:
    return href


def _shows(offer: Offer, site: Site) -> bool:
    """Whether the offer may show the site: one of another site is not an image that could not be had."""
    return site.crs == LOCAL or bool(offer.footprint.intersects(_zones(site)))


def _held(offer: Offer, site: Site, known: Sequence[Scene]) -> Scene | None:
    """The scene that the offer, or another item of its acquisition, is already."""
    if site.crs == LOCAL:
        return None
    ids, zones = {offer.id, *offer.also}, _zones(site)
    return next((s for s in known if s.catalogue_id in ids and s.crs != LOCAL and s.footprint.intersects(zones)), None)


def _zones(site: Site) -> BaseGeometry:
    from shapely import union_all

    return union_all([zone.geometry for zone in site.zones])


def _made(
    tasks: Sequence[Task], transport: Transport, workers: int, progress: Progress
) -> Iterator[tuple[Task, Made | OverlookError]]:
    """Each task's window or its failure, in the tasks' order; several are fetched at once."""

    def work(task: Task) -> Made | OverlookError:
        try:
            return make_window(task, transport)
        except (FetchError, InputError) as error:
            return error

    progress("downloading", 0, len(tasks))
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="download") as pool:
        futures = [pool.submit(work, task) for task in tasks]
        try:
            for number, (task, future) in enumerate(zip(tasks, futures, strict=True), 1):
                yield task, future.result()
                progress("downloading", number, len(tasks))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _registered(task: Task, made: Made, known: dict[str, str], now: datetime) -> Obtained:
    from overlook.collect import Registering, register

    offer = task.offer
    said = Registering(
        when=offer.when,
        sensor=offer.sensor if offer.sensor != "unknown" else "",
        off_nadir_deg=offer.off_nadir_deg,
        sun_elevation_deg=offer.sun_elevation_deg,
        sun_azimuth_deg=offer.sun_azimuth_deg,
        catalogue_id=offer.id,
        rights=offer.rights,
        why_acquired=task.why or offer.why_acquired,
        bands=made.choice.roles if len(made.choice.roles) == made.count else (),
        provider_mask=made.mask,
    )
    try:
        with locked(task.folder.derived, wait_s=WAIT_S), Ledger(task.folder.ledger) as ledger:
            _require_new(made.image, known, offer)
            scene = register(made.image, task.folder.imagery, said, now=now)
            append_once(ledger, {"what": "image", "scene": scene.id, "path": scene.path, "digest": scene.digest}, now)
            body = {
                "scene": scene.id,
                "digest": scene.digest,
                "site": task.site.id,
                "offer": offer.id,
                "catalogue": offer.catalogue,
                "collection": offer.collection,
                "sources": list(made.sources),
            }
            ledger.append("downloaded", body, now=now)
        known[scene.digest] = scene.id
    finally:
        made.image.unlink(missing_ok=True)
        if made.mask is not None:
            made.mask[1].unlink(missing_ok=True)
    return Obtained(offer=offer.id, site=task.site.id, scene=scene.id, block_bytes=made.block_bytes, notes=made.notes)


def _require_new(image: Path, known: dict[str, str], offer: Offer) -> None:
    """The same pixels under two ids: a second scene of them would be the same look counted twice."""
    from overlook.collect import sha256

    digest = sha256(image)
    if digest in known:
        raise InputError(
            "E-INPUT-SAME",
            f"it shows the very pixels of {known[digest]}",
            where=offer.id,
            remedy="find out which of the two the image is",
        )


def _missed(task: Task, error: OverlookError, now: datetime) -> NotObtained:
    """Ledgered once for each reason: the same failure every hour is one fact."""
    named = replace_paths(str(error), task.folder)
    row = NotObtained(offer=task.offer.id, site=task.site.id, code=error.code, why=named)
    body = {
        "offer": row.offer,
        "site": row.site,
        "catalogue": task.offer.catalogue,
        "code": row.code,
        "why": row.why,
    }
    with locked(task.folder.derived, wait_s=WAIT_S), Ledger(task.folder.ledger) as ledger:
        if body not in [entry.body for entry in ledger.entries("not obtained")]:
            ledger.append("not obtained", body, now=now)
    return row


def replace_paths(text: str, folder: CaseFolder) -> str:
    """A path of this machine has no business in a ledger."""
    return text.replace(f"{folder.root.resolve()}/", "").replace(f"{folder.root}/", "")
