"""Mentions of the sites and zones that a case declares: by their names, and by what their whereabouts name.

No gazetteer: a place that the case does not declare is not found. A name matches whole words in any case, with any
hyphen, apostrophe or space between them. What a name gives in parentheses is a name of its own ("Enrichment site
(Yongbyon)"), and so is the proper part of it ("Sanumdong" of "Sanumdong factory").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from overlook.claims.texts.lexicons import read_lexicon
from overlook.terms.statement import Placed, Span

if TYPE_CHECKING:
    from overlook.terms import Site

_WORD = re.compile(r"[^\W_]+")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_PROPER = re.compile(r"[A-Z][^\W\d_]{2,}(?:[-’' ][A-Z][^\W\d_]+)*")
_FOLD = str.maketrans("’‘ʼ‐‑–", "'''---")
_Name = tuple[str, str, str]


def find_places(text: str, sites: Sequence[Site]) -> tuple[Placed, ...]:
    """Mentions in order, the longest where several begin at one word. Never raises for any text; linear in it.

    A name that two sites share is found and left to neither. Zones are looked for only in a text that names a site:
    "the yard" of another place is nobody's zone.
    """
    names = _names(sites)
    if not names:
        return ()
    found = list(_mentions(text, names))
    if not any(place.site and not place.zone for place in found):
        return tuple(place for place in found if not place.zone)
    return tuple(found)


def _mentions(text: str, names: dict[tuple[str, ...], _Name]) -> Iterator[Placed]:
    words = list(_WORD.finditer(text))
    lows = [word.group().casefold() for word in words]
    longest: dict[str, int] = {}
    for name in names:
        longest[name[0]] = max(longest.get(name[0], 0), len(name))
    k = 0
    while k < len(lows):
        n = next(
            (
                n
                for n in range(min(longest.get(lows[k], 0), len(lows) - k), 0, -1)
                if tuple(lows[k : k + n]) in names and _are_beside(text, words[k : k + n])
            ),
            0,
        )
        if n:
            start, end = words[k].start(), words[k + n - 1].end()
            site, zone, near = names[tuple(lows[k : k + n])]
            yield Placed(span=Span(start, end, text[start:end]), site=site, zone=zone, near=near)
        k += max(n, 1)


def _are_beside(text: str, words: Sequence[re.Match[str]]) -> bool:
    """Nothing but a hyphen, an apostrophe, a stop, a slash or little white space parts them."""
    gaps = (text[a.end() : b.start()] for a, b in pairwise(words))
    return all(re.fullmatch(r"\s{0,2}[-–‐‑'’ʼ./]?\s{0,2}", gap) is not None for gap in gaps)


def _names(sites: Sequence[Site]) -> dict[tuple[str, ...], _Name]:
    """Name in words → (site, zone, near), each an id or "". Sites before zones before whereabouts."""
    names: dict[tuple[str, ...], _Name] = {}
    for claims in (_site_names(sites), _zone_names(sites), _whereabouts(sites)):
        layer: dict[tuple[str, ...], set[_Name]] = {}
        for words, owner in claims:
            if words and words not in names:
                layer.setdefault(words, set()).add(owner)
        for words, owners in layer.items():
            names[words] = next(iter(owners)) if len(owners) == 1 else ("", "", "")
    return names


@cache
def _generic() -> frozenset[str]:
    """Words that say what a place is, or where, and name none."""
    return frozenset(read_lexicon("places")["generic"].split())


def _site_names(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Name]]:
    for site in sites:
        owner = (site.id, "", "")
        whole = _PARENTHESIS.sub(" ", site.name)
        for form in (whole, *_PARENTHESIS.findall(site.name)):
            words = _words(form)
            yield words, owner
            proper = tuple(word for word in words if word not in _generic())
            # The proper words must stand together, or the short name is none that anybody says.
            if 0 < len(proper) < len(words) and words[: len(proper)] == proper and _has_capital(form, proper):
                yield proper, owner


def _zone_names(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Name]]:
    for site in sites:
        for zone in site.zones:
            yield _words(_PARENTHESIS.sub(" ", zone.name)), (site.id, zone.id, "")


def _whereabouts(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Name]]:
    for site in sites:
        for match in _PROPER.finditer(site.whereabouts):
            words = _words(match.group())
            if not set(words) <= _generic():
                yield words, ("", "", site.id)


def _words(name: str) -> tuple[str, ...]:
    words = tuple(word.casefold() for word in _WORD.findall(name.translate(_FOLD)))
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def _has_capital(form: str, words: tuple[str, ...]) -> bool:
    return any(word.casefold() in words and word[:1].isupper() for word in _WORD.findall(form))
