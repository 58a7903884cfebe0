"""The window of one offer as a file of its own: fetched, copied, its tiles joined, its provider's mask beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from overlook.errors import FetchError, InputError
from overlook.run.folder import CaseFolder
from overlook.terms import LOCAL, Asset, Offer, Site, WhyAcquired

if TYPE_CHECKING:
    from overlook.collect import Box, Choice
    from overlook.collect.fetch import Fetched
    from overlook.collect.outside.http import Transport

T = TypeVar("T")
#: An address as it must be asked for: signed for a while, where the provider wants that. Never stored.
Signer = Callable[[Offer, str], str]
_TIMES = 3
_DAMAGED = ("E-INPUT-UNREADABLE", "E-INPUT-TRUNCATED", "E-INPUT-CHANGED", "E-FETCH-BROKEN", "E-FETCH-CHANGED")
#: The site does not lie on this tile, or on what of it has data: another one may show it.
_ELSEWHERE = ("E-FETCH-OFF", "E-FETCH-BLANK")
_MOST_MASK_BYTES = 64 * 2**20
#: Pixels more on every side than the site and the largest shift need: resampling looks beyond.
_PAD_PX = 6
_UNGUARDED = "it came over plain http, and nothing in it would show a byte that was damaged on its way"


@dataclass(frozen=True, slots=True)
class Task:
    folder: CaseFolder
    offer: Offer
    site: Site
    why: WhyAcquired | None
    sign: Signer
    many_sites: bool

    @property
    def name(self) -> str:
        from overlook.collect import safe_name

        return safe_name(f"{self.offer.id}_{self.site.id}" if self.many_sites else self.offer.id)

    @property
    def parts(self) -> Path:
        """Where what came waits: hidden, and no scene as long as it is there."""
        return self.folder.imagery / ".fetch"

    @property
    def ready(self) -> Path:
        from overlook.collect.outside.partial import READY

        return self.parts / READY


@dataclass(frozen=True, slots=True)
class Made:
    """A window as a file of its own, not yet a scene."""

    image: Path
    mask: tuple[str, Path] | None
    choice: Choice
    count: int
    sources: tuple[dict[str, Any], ...]
    block_bytes: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """The window of one tile. `is_clipped`: it ends where the tile does, and the site may go on."""

    path: Path
    count: int
    sources: tuple[dict[str, Any], ...]
    block_bytes: int
    is_clipped: bool
    missing: float


def make_window(task: Task, transport: Transport) -> Made:
    """Fetch what an offer shows of a site. Raises FetchError and InputError; nothing is left in `task.ready` then."""
    from overlook.collect import choose_pieces

    choices = choose_pieces(task.offer)
    try:
        return _made(task, choices, _box(task.site, task.offer), transport)
    finally:
        for path in task.ready.glob(f"{task.name}.part*"):
            path.unlink(missing_ok=True)


def _made(task: Task, choices: Sequence[Choice], box: Box, transport: Transport) -> Made:
    target = task.ready / f"{task.name}.tif"
    shown = _parts(task, choices, box, transport)
    parts = [part for _, part in shown]
    mask, notes = _mask(task, [choice for choice, _ in shown], box, transport)
    if len(parts) == 1:
        parts[0].path.replace(target)
    else:
        try:
            _join(parts, target, choices[0].roles)
        except InputError as error:
            parts[0].path.replace(target)
            parts, notes = parts[:1], (*notes, f"only one of its tiles is used: {error.what}")
    sources = tuple(source for part in parts for source in part.sources)
    notes += () if all(source["guarded"] for source in sources) else (_UNGUARDED,)
    needed = sum(part.block_bytes for part in parts)
    return Made(target, mask, choices[0], parts[0].count, sources, needed, notes)


def _parts(task: Task, choices: Sequence[Choice], box: Box, transport: Transport) -> list[tuple[Choice, _Part]]:
    """The windows of as many tiles as the site needs, the first one first. Raises when none shows it."""
    found: list[tuple[Choice, _Part]] = []
    why: FetchError | None = None
    for number, choice in enumerate(choices):
        path = task.ready / f"{task.name}.part{number}.tif"
        try:
            part = _undamaged(partial(_window, task, choice.assets, box, transport, path, choice.roles))
        except FetchError as error:
            if error.code not in _ELSEWHERE:
                raise
            why = why or error
            continue
        found.append((choice, part))
        if not part.is_clipped and part.missing == 0:
            break
    if not found:
        assert why is not None
        raise why
    return found


def _join(parts: Sequence[_Part], target: Path, roles: Sequence[str]) -> None:
    from overlook.collect import ONE_AT_A_TIME
    from overlook.imagery import join_windows

    with ONE_AT_A_TIME:
        names = roles if len(roles) == parts[0].count else ()
        join_windows([part.path for part in parts], target, roles=names, where=target.stem)


def _undamaged(attempt: Callable[[], T]) -> T:
    """Bytes that were damaged on their way fail in their decoder, or make no sense: then once and twice more."""
    for _ in range(_TIMES - 1):
        try:
            return attempt()
        except (FetchError, InputError) as error:
            if error.code not in _DAMAGED:
                raise
    return attempt()


def _box(site: Site, offer: Offer) -> Box:
    """The site's grid, and as much around it as an image may be shifted by when it is registered."""
    from overlook.collect import Box
    from overlook.imagery import site_grid
    from overlook.imagery.registering import LARGEST_SHIFT_M

    if site.crs == LOCAL:
        raise FetchError("E-FETCH-LOCAL", "the site has no place on the Earth", where=site.id, remedy="give it a crs")
    grid = site_grid(site)
    a, _, west, _, e, north = grid.transform
    pad = max(LARGEST_SHIFT_M, 3 * (offer.gsd_m or 0.0))
    bounds = (west - pad, north + e * grid.shape[0] - pad, west + a * grid.shape[1] + pad, north + pad)
    return Box(crs=grid.crs, bounds=bounds, pad_px=_PAD_PX)


def _window(
    task: Task, assets: Sequence[Asset], box: Box, transport: Transport, target: Path, roles: Sequence[str]
) -> _Part:
    """Fetch and copy the window of the files of one tile."""
    from overlook.collect import ONE_AT_A_TIME, fetched
    from overlook.imagery import Piece, copy_window

    with ExitStack() as stack:
        got = [
            stack.enter_context(fetched(task.sign(task.offer, a.href), box, task.parts, transport, digest=a.digest))
            for a in assets
        ]
        pieces = [
            Piece(
                path=g.path,
                window=g.window,
                shape=g.header.shape,
                count=g.header.count,
                crs=g.header.crs,
                transform=g.header.transform,
            )
            for g in got
        ]
        count = sum(piece.count for piece in pieces)
        with ONE_AT_A_TIME:
            missing = copy_window(pieces, target, roles=roles if len(roles) == count else (), where=got[0].where)
    if missing == 1:
        target.unlink()
        raise FetchError("E-FETCH-BLANK", "it has no data where the site lies", where=got[0].where)
    sources = tuple(
        {
            "asset": a.name,
            "href": g.where,
            "version": g.version,
            "digest": g.digest,
            "whole": g.whole,
            "guarded": g.is_guarded,
        }
        for a, g in zip(assets, got, strict=True)
    )
    return _Part(target, count, sources, sum(g.block_bytes for g in got), any(map(_is_clipped, got)), missing)


def _is_clipped(got: Fetched) -> bool:
    column, row, width, height = got.window
    rows, columns = got.header.shape
    return column == 0 or row == 0 or column + width == columns or row + height == rows


def _mask(
    task: Task, choices: Sequence[Choice], box: Box, transport: Transport
) -> tuple[tuple[str, Path] | None, tuple[str, ...]]:
    """The provider's own mask of the window, the first kind that all its tiles have; a note when one cannot be had."""
    from overlook.collect import masks_of

    notes: tuple[str, ...] = ()
    by_tile = [{asset.mask: asset for asset in reversed(masks_of(task.offer, choice))} for choice in choices]
    for kind in dict.fromkeys(asset.mask for asset in masks_of(task.offer, choices[0])):
        assets = [masks[kind] for masks in by_tile if kind in masks]
        if len(assets) < len(choices) or (kind == "cloud polygons" and len(assets) > 1):
            notes += (f"the provider's mask {assets[0].name} is not used: not every tile has one that can be joined",)
            continue
        try:
            return (kind, _mask_file(task, kind, assets, box, transport)), ()
        except (FetchError, InputError) as error:
            notes += (f"the provider's mask {assets[0].name} was not obtained: {error}",)
    return None, notes


def _mask_file(task: Task, kind: str, assets: Sequence[Asset], box: Box, transport: Transport) -> Path:
    from overlook.collect import fetch_file

    if kind == "cloud polygons":
        target = task.ready / f"{task.name}.clouds.geojson"
        href = task.sign(task.offer, assets[0].href)
        _write(target, fetch_file(href, transport, limit=_MOST_MASK_BYTES, digest=assets[0].digest))
        return target
    target = task.ready / f"{task.name}.{kind}.tif"
    parts = []
    for number, asset in enumerate(assets):
        path = task.ready / f"{task.name}.{kind}{number}.tif"
        parts.append(_undamaged(partial(_window, task, (asset,), box, transport, path, ())))
    if len(parts) == 1:
        parts[0].path.replace(target)
        return target
    try:
        _join(parts, target, ())
    finally:
        for part in parts:
            part.path.unlink(missing_ok=True)
    return target


def _write(target: Path, data: bytes) -> None:
    from overlook.collect.outside.files import write

    write(target, data)
