"""Which files of an offer show a site best: the finest pixels first, then colour with near infrared. Plain values."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from overlook.errors import FetchError
from overlook.terms import Asset, BandRole, Offer

#: Pixels that differ by less than this share are as fine as each other.
_SAME_GSD = 0.1
_COLOURS: tuple[BandRole, ...] = ("red", "green", "blue", "nir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Files whose bands, in this order, make one picture. `roles` is empty when the catalogue does not name them."""

    assets: tuple[Asset, ...]
    roles: tuple[BandRole, ...]
    gsd_m: float | None


def choose(offer: Offer) -> Choice:
    """The files to fetch. Raises FetchError when the offer has none, with what stands against those that it has."""
    choices = [c for piece in _pieces(offer) for c in _choices(piece, offer)]
    if not choices:
        why = next((a.unmet for a in offer.assets if a.unmet and a.role in ("data", "visual")), "it names no image")
        raise FetchError("E-FETCH-NONE", why, where=offer.id, remedy="ask the provider, and add the image yourself")
    return min(choices, key=_worse)


def choose_pieces(offer: Offer) -> tuple[Choice, ...]:
    """The files to fetch, then those of its other tiles with the same bands, as fine. Raises FetchError."""
    first = choose(offer)
    others = []
    for piece in _pieces(offer):
        if piece[0].piece != first.assets[0].piece:
            like = [c for c in _choices(piece, offer) if c.roles == first.roles and _worse(c)[:2] == _worse(first)[:2]]
            others += like[:1]
    return (first, *others)


def masks_of(offer: Offer, choice: Choice) -> tuple[Asset, ...]:
    """The provider's masks of the chosen piece that can be had."""
    piece = choice.assets[0].piece
    return tuple(a for a in offer.assets if a.mask and not a.unmet and a.piece == piece)


def _pieces(offer: Offer) -> Iterator[list[Asset]]:
    by_piece: dict[str, list[Asset]] = defaultdict(list)
    for asset in offer.assets:
        if asset.role in ("data", "visual") and not asset.unmet and not asset.mask:
            by_piece[asset.piece].append(asset)
    # An offer's own files before those of its other pieces.
    yield from (by_piece[piece] for piece in sorted(by_piece, key=lambda p: (p != "",)))


def _choices(assets: list[Asset], offer: Offer) -> Iterator[Choice]:
    single: dict[float | None, dict[BandRole, Asset]] = defaultdict(dict)
    for asset in assets:
        gsd = asset.gsd_m or offer.gsd_m
        if len(asset.bands) == 1:
            single[gsd].setdefault(asset.bands[0], asset)
        else:
            yield Choice(assets=(asset,), roles=asset.bands, gsd_m=gsd)
    for gsd, bands in single.items():
        if {"red", "green", "blue"} <= bands.keys():
            roles = tuple(role for role in _COLOURS if role in bands)
            yield Choice(assets=tuple(bands[role] for role in roles), roles=roles, gsd_m=gsd)
        rest = [role for role in bands if role not in ("red", "green", "blue", "nir", "alpha", "other", "grey")]
        if rest:
            # Polarizations of one radar image.
            yield Choice(assets=tuple(bands[role] for role in rest), roles=tuple(rest), gsd_m=gsd)
        for role, asset in bands.items():
            yield Choice(assets=(asset,), roles=("grey",) if role != "alpha" else (role,), gsd_m=gsd)


def _worse(choice: Choice) -> tuple[float, int, bool, bool]:
    gsd = choice.gsd_m or 1e3
    step = round(math.log(gsd) / math.log(1 + _SAME_GSD))
    roles = set(choice.roles)
    if {"red", "green", "blue"} <= roles:
        rank = 0 if "nir" in roles else 1
    elif "grey" in roles and choice.assets[0].bands in (("grey",), ()):
        rank = 3
    else:
        rank = 2 if len(choice.roles) != 1 else 4
    return step, rank, choice.assets[0].role == "visual", choice.assets[0].piece != ""
