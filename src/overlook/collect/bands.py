"""Which band shows what: declared roles, else the file's colours and descriptions, else the field's common orders."""

from __future__ import annotations

import re
from typing import get_args

from overlook.collect.header import Header
from overlook.errors import InputError
from overlook.terms import BandRole

_BY_INTERPRETATION: dict[str, BandRole] = {
    "red": "red",
    "green": "green",
    "blue": "blue",
    "alpha": "alpha",
    "nir": "nir",
    "pan": "grey",
}
_BY_DESCRIPTION: tuple[tuple[str, BandRole], ...] = (
    (r"^(r|red|b0?4 ?[-(]? ?red.*)$", "red"),
    (r"^(g|green|b0?3 ?[-(]? ?green.*)$", "green"),
    (r"^(b|blue|b0?2 ?[-(]? ?blue.*)$", "blue"),
    (r"^(n|nir|nir ?1|near[ -]?infrared|b0?8 ?[-(]? ?nir.*)$", "nir"),
    (r"^(p|pan|panchromatic|grey|gray|mono)$", "grey"),
    (r"^(a|alpha|mask|udm|udm2)$", "alpha"),
)
#: Planet's Analytic products of four bands are blue, green, red, near infrared although their TIFF tag says RGB
#: (Planet Imagery Product Specification).
_ANALYTIC = re.compile(r"_(?:3B_)?Analytic(?:MS)?(?:_SR)?(?:_DN)?(?:_clip)?$|_BGRN", re.IGNORECASE)


def band_roles(header: Header, name: str, declared: tuple[BandRole, ...]) -> tuple[BandRole, ...]:
    """One role a band. Raises InputError when the number does not fit, or nothing says what five or more bands are."""
    if declared:
        return _declared(header, name, declared)
    described = _described(header.descriptions)
    if described:
        return described
    if header.count == 4 and _ANALYTIC.search(name):
        return ("blue", "green", "red", "nir")
    coloured = tuple(_BY_INTERPRETATION.get(i, "other") for i in header.interpretations)
    if {"red", "green", "blue"} <= set(coloured):
        # A fourth band beside red, green and blue that is not alpha is near infrared in every four-band product.
        rest: BandRole = "nir" if header.count == 4 else "other"
        return tuple(rest if r == "other" else r for r in coloured)
    return _by_count(header, name, coloured)


def _by_count(header: Header, name: str, coloured: tuple[BandRole, ...]) -> tuple[BandRole, ...]:
    if header.count == 1:
        return ("grey",)
    if header.count == 2:
        return ("grey", "alpha") if coloured[1] == "alpha" else ("grey", "other")
    if header.count == 3:
        return ("red", "green", "blue")
    if header.count == 4 and coloured[3] == "alpha":
        return ("red", "green", "blue", "alpha")
    if header.count == 4:
        # Undeclared: 8-bit four-band files are mostly made for display (RGBN, as NAIP), deeper ones mostly
        # products in wavelength order (BGRN).
        return ("red", "green", "blue", "nir") if header.dtype == "uint8" else ("blue", "green", "red", "nir")
    raise InputError(
        "E-INPUT-BANDS",
        f"nothing says what its {header.count} bands are",
        where=name,
        remedy="name them with --bands, such as --bands other,blue,green,red,nir",
    )


def _declared(header: Header, name: str, declared: tuple[BandRole, ...]) -> tuple[BandRole, ...]:
    known = get_args(BandRole)
    if len(declared) != header.count or any(role not in known for role in declared):
        raise InputError(
            "E-INPUT-BANDS",
            f"--bands names {len(declared)} bands ({', '.join(declared)}), the image has {header.count}",
            where=name,
            remedy=f"give one of {', '.join(known)} for each band",
        )
    return declared


def _described(descriptions: tuple[str, ...]) -> tuple[BandRole, ...]:
    """Roles by the bands' descriptions, () unless a picture can be made of them."""
    roles: list[BandRole] = []
    for text in descriptions:
        plain = text.strip().lower().replace("_", " ")
        role: BandRole = next((r for pattern, r in _BY_DESCRIPTION if re.match(pattern, plain)), "other")
        roles.append("other" if role in roles else role)
    pictured = {"red", "green", "blue"} <= set(roles) or "grey" in roles
    return tuple(roles) if pictured else ()
