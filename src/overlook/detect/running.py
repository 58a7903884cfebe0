"""A model over an image, tile by tile: read ahead of the network, decoded, merged. The same boxes however it is cut.

One thread reads and resamples while the network runs; a few tiles wait between them, so memory does not grow with the
image. What a tile cannot tell of a box (whether a mask cuts it) is told while its pixels are there.
"""

from __future__ import annotations

import contextlib
import math
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from overlook.detect.boxes import Bools, Floats, areas_of, centres_of, seen_share
from overlook.detect.card import Card
from overlook.detect.decode import Decoded, decode
from overlook.detect.merge import merged
from overlook.detect.outside.networks import Network
from overlook.detect.tiles import Pixels, Resampled, Shown, Tile, plan_tiles, shape_on_grid
from overlook.errors import ModelError
from overlook.imagery import seen
from overlook.terms import USABLE

#: Side of a tile in network pixels when the model takes any size.
DEFAULT_TILE_PX = 1024
#: Eighths of the usual size below which a tile is mostly margin.
_LEAST_OF_USUAL = 5
#: More boxes than any image holds: the threshold or the scores are wrong.
MAX_BOXES = 200_000
#: Tiles that wait for the network.
_AHEAD = 2

#: Opens an image for one thread: windows of it, and its usable sample for the fill.
Open = Callable[[], contextlib.AbstractContextManager[Pixels]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Boxes in pixels of the image, ordered by class and place: corners (n, 4, 2), scores, class numbers, cut or not.

    `searched_px`: usable pixels of the image that were searched. `notes`: what was dropped.
    """

    corners: Floats
    scores: Floats
    classes: NDArray[np.int64]
    edge: Bools
    searched_px: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """How an image is searched. `scale`: network pixels for each of the image's; `fill` (bands,) stands for the unseen.

    `least` (classes,): the lowest score of a box; `within`, in pixels of the image: only tiles that touch it are run,
    and only boxes with their centre in it are kept; None: all of it.
    """

    card: Card
    network: Network
    scale: float
    fill: NDArray[np.float32]
    least: Floats
    tile_px: int | None = None
    within: shapely.Geometry | None = None


def search(open_image: Open, shape: tuple[int, int], how: Search) -> Found:
    """Run the model over an image of `shape` (rows, columns). Raises ModelError, and InputError for pixels that are
    broken.
    """
    size = tile_size(how.card, shape_on_grid(shape, how.scale), how.tile_px)
    tiles = _to_run(shape, size, how)
    parts: list[Found] = []
    n_boxes = 0
    for shown in _ahead(lambda: _read(open_image, tiles, how)):
        if shown.values is None:
            continue
        part = decode(how.network.run(batch(shown.values, how.card)), how.card, size, how.least)
        parts.append(_placed(part, shown, shape, how))
        n_boxes += len(parts[-1].scores)
        if n_boxes > MAX_BOXES:
            what = f"more than {MAX_BOXES:,} boxes reach the score asked for on one image"
            remedy = "raise overlook:threshold (or --min-score), or check overlook:scores"
            raise ModelError("E-MODEL-BOXES", what, where=how.card.path.name, remedy=remedy)
    return _joined(parts, how)


def tile_size(card: Card, grid: tuple[int, int], asked_px: int | None) -> int:
    """The model's own tile; or the size asked for; or, up to the usual size, that with the fewest pixels to compute."""
    if card.tile_px is not None:
        return card.tile_px
    step, margins = card.multiple_px, 2 * card.margin_px
    most = -(-min(asked_px or DEFAULT_TILE_PX, max(grid) + margins) // step) * step
    most = max(most, -(-(margins + card.stride_px) // step) * step)
    if asked_px is not None:
        return most
    sizes = range(most, max(margins, _LEAST_OF_USUAL * most // 8), -step)
    return min(sizes, key=lambda size: math.prod(-(-n // (size - margins)) for n in grid) * size**2, default=most)


def batch(values: NDArray[np.float32], card: Card) -> NDArray[np.generic]:
    """A tile (bands, rows, columns) as the network takes it: a batch of one, in its type."""
    if card.input_dtype == "uint8":
        return np.clip(np.rint(values[None]), 0, 255).astype(np.uint8)
    return values[None]


def _to_run(shape: tuple[int, int], size: int, how: Search) -> tuple[Tile, ...]:
    """The tiles whose core touches what is to be searched."""
    grid = shape_on_grid(shape, how.scale)
    tiles = plan_tiles(grid, tile_px=size, margin_px=how.card.margin_px, stride_px=how.card.stride_px)
    if how.within is None:
        return tiles
    # A pixel more on each side: a tile answers for centres within one of its core.
    cores = [_core_box(tile, grid, how.scale, grow=1.0) for tile in tiles]
    touched = shapely.intersects(np.array(cores, dtype=object), how.within)
    return tuple(tile for tile, is_touched in zip(tiles, touched, strict=True) if is_touched)


def _core_box(tile: Tile, grid: tuple[int, int], scale: float, *, grow: float = 0.0) -> shapely.Geometry:
    """A tile's core in pixels of the image."""
    top, left, bottom, right = tile.core
    high, wide = grid
    return shapely.box(
        (max(left, 0) - grow) / scale,
        (max(top, 0) - grow) / scale,
        (min(right, wide) + grow) / scale,
        (min(bottom, high) + grow) / scale,
    )


def _read(open_image: Open, tiles: Iterable[Tile], how: Search) -> Iterator[Shown]:
    with open_image() as pixels:
        card = how.card
        image = Resampled(source=pixels, fill=how.fill, scale=how.scale, offset=card.offset, divisor=card.scale)
        for tile in tiles:
            yield image.window(tile)


def _ahead(make: Callable[[], Iterator[Shown]]) -> Iterator[Shown]:
    """What `make` yields, made in a thread of its own, a few ahead of who takes it; its error is raised here."""
    made: queue.Queue[Any] = queue.Queue(maxsize=_AHEAD)
    stopped = threading.Event()

    def put(item: Any) -> None:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                made.put(item, timeout=0.2)
                return

    def work() -> None:
        try:
            for item in make():
                put(item)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # it is raised in the thread that waits
            put(error)

    reader = threading.Thread(target=work, name="overlook-reader", daemon=True)
    reader.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        reader.join()


def _placed(part: Decoded, shown: Shown, shape: tuple[int, int], how: Search) -> Found:
    """A tile's own boxes, in pixels of the image, without those that lie on nothing that was seen."""
    tile, scale = shown.tile, how.scale
    on_grid = part.corners + np.array([tile.column, tile.row], dtype=np.float64)
    mine = tile.owns(centres_of(on_grid))
    corners = on_grid[mine] / scale
    if how.within is not None:
        x, y = centres_of(corners).T
        inside = shapely.intersects_xy(how.within, x, y)
        corners, mine = corners[inside], np.flatnonzero(mine)[inside]
    local = corners - np.array([shown.column, shown.row], dtype=np.float64)
    is_sized = areas_of(corners) > 0
    is_seen = seen_share(local, shown.unusable) > 0
    good = is_sized & is_seen
    notes = []
    if not is_sized.all():
        notes.append("Boxes without a size were dropped.")
    if not is_seen.all():
        notes.append("Boxes on nothing but unseen pixels were dropped.")
    return Found(
        corners=corners[good],
        scores=part.scores[mine][good],
        classes=part.classes[mine][good],
        edge=_cut(local[good], shown, shape),
        searched_px=_searched_px(shown, shape, how),
        notes=tuple(notes),
    )


def _cut(local: Floats, shown: Shown, shape: tuple[int, int]) -> Bools:
    """Whether each box reaches within half a pixel of the image's edge or of a masked pixel.

    A box larger than the tile's margin may leave the window on the side of the image: there it counts as seen.
    """
    rows, columns = shown.unusable.shape
    low, high = local.min(axis=(1)), local.max(axis=1)
    leaves = (low < 0.5).any(axis=1) | (high[:, 0] > columns - 0.5) | (high[:, 1] > rows - 0.5)
    cut = np.asarray(seen_share(local, shown.unusable, grow_px=0.5) < 1.0, dtype=np.bool_)
    if leaves.any():
        around = _surrounded(shown, shape)
        shift = np.array([_WIDE, _WIDE], dtype=np.float64)
        cut[leaves] = seen_share(local[leaves] + shift, around, grow_px=0.5) < 1.0
    return cut


#: Pixels beyond a tile's window that are taken for seen where they are the image's: half the longest thing looked for.
_WIDE = 1024


def _surrounded(shown: Shown, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The window's mask with `_WIDE` pixels around it: usable on the image, not usable beyond it."""
    rows, columns = shown.unusable.shape
    around = np.full((rows + 2 * _WIDE, columns + 2 * _WIDE), USABLE + 1, dtype=np.uint8)
    top, left = max(0, _WIDE - shown.row), max(0, _WIDE - shown.column)
    bottom, right = shape[0] - shown.row + _WIDE, shape[1] - shown.column + _WIDE
    around[top:bottom, left:right] = USABLE
    around[_WIDE : _WIDE + rows, _WIDE : _WIDE + columns] = shown.unusable
    return around


def _searched_px(shown: Shown, shape: tuple[int, int], how: Search) -> float:
    """Usable pixels of the image in the tile's core, of those to be searched: by their share where a core is cut."""
    grid = shape_on_grid(shape, how.scale)
    core = shapely.intersection(_core_box(shown.tile, grid, how.scale), shapely.box(0, 0, shape[1], shape[0]))
    area = float(shapely.area(core if how.within is None else shapely.intersection(core, how.within)))
    left, top, right, bottom = (round(v) for v in shapely.bounds(core)) if area else (0, 0, 0, 0)
    part = shown.unusable[top - shown.row : bottom - shown.row, left - shown.column : right - shown.column]
    return area * float(seen(part).mean()) if part.size else 0.0


def _joined(parts: Sequence[Found], how: Search) -> Found:
    if not parts:
        return nothing()
    corners = np.concatenate([part.corners for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    classes = np.concatenate([part.classes for part in parts])
    edge = np.concatenate([part.edge for part in parts])
    # On the network's grid, where places are rounded alike at any scale.
    kept = merged(corners * how.scale, scores, classes, how.card.iou)
    return Found(
        corners=np.round(corners[kept], 3),
        scores=np.round(scores[kept], 5),
        classes=classes[kept],
        edge=edge[kept],
        searched_px=sum(part.searched_px for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def nothing() -> Found:
    """No boxes, on nothing searched."""
    return Found(
        corners=np.zeros((0, 4, 2)),
        scores=np.zeros(0),
        classes=np.zeros(0, dtype=np.int64),
        edge=np.zeros(0, dtype=np.bool_),
        searched_px=0.0,
    )
