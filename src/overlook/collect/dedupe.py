"""One acquisition, one offer: what catalogues list as many items is told as one, and nothing of it is lost.

Items are of one acquisition when their operator says that they are of one pass, or when one satellite took them within
seconds and they overlap. Of one tile in several processings the newest of the highest level that shows the ground
stands, the others are `also`. Tiles of one pass that the site needs, because it lies across their edge, are pieces of
the one offer. Between catalogues the same holds; there only what an `Offer` tells can be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from shapely.geometry.base import BaseGeometry

from overlook.collect.offers import Offered
from overlook.terms import Interval, Offer

#: Frames of one pass are listed seconds apart; no satellite comes by again within them.
_SECONDS = timedelta(seconds=5)
#: A pass lasts minutes. Items that name one pass and lie further apart name it wrongly.
_LONGEST_PASS = timedelta(hours=2)
#: Share of the smaller footprint beyond which two items without a tile show the same ground.
_SAME_GROUND = 0.9
#: Share of the site's area that a piece must add: less is the rounding of footprints.
_WORTH = 0.001


def acquisitions(offered: Sequence[Offered], area: BaseGeometry) -> tuple[Offer, ...]:
    """One offer for each acquisition, in order of time. `area` is the site's, in longitude and latitude.

    Every item that went in is the id of an offer or in one's `also`.
    """
    groups: list[list[Offered]] = []
    for one in sorted(offered, key=lambda o: (_start(o.offer), o.offer.id)):
        # Looked for from the latest: passes are short and items in order of time.
        home = next((g for g in reversed(groups[-200:]) if any(_is_one(one, other) for other in g)), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return tuple(_merged(group, area) for group in groups)


def across(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Offers of several searches, each acquisition once: the first that was found stands, the others are `also`.

    Two of one acquisition have a day, a pass or an id in common: only those are compared.
    """
    kept: list[Offer] = []
    by_mark: dict[str, list[int]] = defaultdict(list)
    for offer in offers:
        marks = _marks(offer)
        near = sorted({n for mark in marks for n in by_mark[mark]})
        same = next((n for n in near if is_same(kept[n], offer)), None)
        if same is None:
            same = len(kept)
            kept.append(offer)
        else:
            more = tuple(i for i in (offer.id, *offer.also) if i != kept[same].id and i not in kept[same].also)
            kept[same] = replace(kept[same], also=(*kept[same].also, *more))
        for mark in marks:
            by_mark[mark].append(same)
    return tuple(kept)


def _marks(offer: Offer) -> set[str]:
    """What two offers of one acquisition share one of: an id, the pass, or a day at which one of them was taken."""
    marks = {f"id {i}" for i in (offer.id, *offer.also)}
    if offer.pass_id:
        marks.add(f"pass {offer.pass_id}")
    if offer.when is not None:
        for moment in (offer.when.start - _SECONDS, offer.when.end + _SECONDS):
            marks.add(f"day {moment:%Y-%m-%d}")
    return marks


def is_same(a: Offer, b: Offer) -> bool:
    """Whether two offers, of one catalogue or of two, are of one acquisition."""
    if {a.id, *a.also} & {b.id, *b.also} and a.sensor == b.sensor:
        return True
    if a.pass_id and b.pass_id:
        return a.pass_id == b.pass_id and _near(a.when, b.when, _LONGEST_PASS)
    return a.sensor == b.sensor and _near(a.when, b.when, _SECONDS) and bool(a.footprint.intersects(b.footprint))


def _is_one(a: Offered, b: Offered) -> bool:
    if a.made.pass_id and b.made.pass_id:
        return a.made.pass_id == b.made.pass_id and _near(a.offer.when, b.offer.when, _LONGEST_PASS)
    one_satellite = a.made.sensor == b.made.sensor and a.made.platform == b.made.platform
    return (
        one_satellite
        and _near(a.offer.when, b.offer.when, _SECONDS)
        and bool(a.offer.footprint.intersects(b.offer.footprint))
    )


def _near(a: Interval | None, b: Interval | None, within: timedelta) -> bool:
    """Times known to the second or so; one that is only a day or a guess is nobody's neighbour."""
    if a is None or b is None or max(a.length, b.length) > timedelta(hours=1):
        return False
    return a.start - within <= b.end and b.start - within <= a.end


def _start(offer: Offer) -> float:
    return offer.when.start.timestamp() if offer.when else 0.0


def _merged(group: Sequence[Offered], area: BaseGeometry) -> Offer:
    """The best item of the group, with the pieces that the site needs beside it."""
    tiles = [_best(tile) for tile in _tiles(group)]
    tiles.sort(key=lambda o: (-_rank(o)[0], -_share(o.offer.footprint, area), o.offer.id))
    first = tiles[0].offer
    pieces, left = [first], area.difference(first.footprint)
    for tile in tiles[1:]:
        gain = left.intersection(tile.offer.footprint).area
        if gain > _WORTH * area.area and tile.made.level == tiles[0].made.level:
            pieces.append(tile.offer)
            left = left.difference(tile.offer.footprint)
    also = tuple(sorted(_told_apart(o.offer, first) for o in group if o.offer is not first))
    if len(pieces) == 1:
        return replace(first, also=also)
    footprint = pieces[0].footprint
    for piece in pieces[1:]:
        footprint = footprint.union(piece.footprint)
    more = (replace(a, piece=p.id) for p in pieces[1:] for a in p.assets)
    clouds = [p.cloud_cover for p in pieces if p.cloud_cover is not None]
    note = f"the site lies across {len(pieces)} of its tiles"
    return replace(
        first,
        footprint=footprint,
        assets=(*first.assets, *more),
        # Of several tiles the clearest: a share of cloud must not hide a piece without it.
        cloud_cover=min(clouds) if len(clouds) == len(pieces) else None,
        also=also,
        notes=tuple(dict.fromkeys((*first.notes, *(n for p in pieces[1:] for n in p.notes), note))),
    )


def _told_apart(other: Offer, first: Offer) -> str:
    """Another item's id; with its collection where two collections give one id."""
    return other.id if other.id != first.id else f"{other.collection or other.catalogue}/{other.id}"


def _tiles(group: Sequence[Offered]) -> list[list[Offered]]:
    """Items that show the same ground: of one tile, or with footprints that cover each other."""
    tiles: list[list[Offered]] = []
    for one in group:
        home = next((t for t in tiles if _same_ground(t[0], one)), None)
        if home is None:
            tiles.append([one])
        else:
            home.append(one)
    return tiles


def _same_ground(a: Offered, b: Offered) -> bool:
    if a.made.tile and b.made.tile:
        return a.made.tile == b.made.tile
    smaller = min(a.offer.footprint.area, b.offer.footprint.area)
    return a.offer.footprint.intersection(b.offer.footprint).area >= _SAME_GROUND * smaller


def _best(tile: Sequence[Offered]) -> Offered:
    return max(tile, key=lambda o: (*_rank(o), o.offer.id))


def _rank(one: Offered) -> tuple[bool, int, str]:
    """What has files that can be used comes before what has none; then the level, then the later processing."""
    usable = any(a.role in ("data", "visual") and not a.unmet for a in one.offer.assets)
    return usable, one.made.level, one.made.version


def _share(footprint: BaseGeometry, area: BaseGeometry) -> float:
    return float(footprint.intersection(area).area / area.area) if area.area else 0.0
