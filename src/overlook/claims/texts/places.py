"""Mentions of the sites and zones that a case declares: by their names, and by what their whereabouts name.

No gazetteer: a place that the case does not declare is not found. A name matches whole words in any case, with or
without the hyphens and apostrophes in it. What a name gives in parentheses is a name of its own ("Enrichment site
(Yongbyon)"), and so is the proper part of it ("Sanumdong" of "Sanumdong factory").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from overlook.claims.texts.lexicons import read_lexicon
from overlook.terms.statement import Placed, Span

if TYPE_CHECKING:
    from overlook.terms import Site

_WORD = re.compile(r"[^\W_]+")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_PROPER = re.compile(r"[A-Z][^\W\d_]{2,}(?:[-’' ][A-Z][^\W\d_]+)*")
_FOLD = str.maketrans("’‘ʼ‐‑–", "'''---")
_GAP = re.compile(r"\s{0,2}[-–‐‑'’ʼ./]?\s{0,2}")
#: Letters by which most words are passed over.
_PREFIX = 3
_Owner = tuple[str, str, str]
_Name = tuple[int, str, str, str]


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


def _mentions(text: str, names: dict[str, _Name]) -> Iterator[Placed]:
    longest = max(map(len, names))
    prefixes = {name[:n] for name in names for n in range(1, _PREFIX + 1)}
    words = list(_WORD.finditer(text))
    lows = [word.group().casefold() for word in words]
    k = 0
    while k < len(words):
        n = _longest(text, words, lows, k, names, longest) if lows[k][:_PREFIX] in prefixes else 0
        if n:
            start, end = words[k].start(), words[k + n - 1].end()
            _, site, zone, near = names["".join(lows[k : k + n])]
            yield Placed(span=Span(start, end, text[start:end]), site=site, zone=zone, near=near)
        k += max(n, 1)


def _longest(
    text: str, words: Sequence[re.Match[str]], lows: Sequence[str], k: int, names: dict[str, _Name], longest: int
) -> int:
    """How many words from the k-th are a name: the most; 0 for none. They may be parted otherwise than in the case.

    A hyphen or an apostrophe may be there or not ("San-um-dong"); a space only where the name has one.
    """
    said, spaces, best, n = lows[k], 0, 0, 1
    while len(said) <= longest:
        if said in names and spaces <= names[said][0]:
            best = n
        if k + n >= len(words):
            break
        gap = text[words[k + n - 1].end() : words[k + n].start()]
        if _GAP.fullmatch(gap) is None:
            break
        spaces += gap.isspace()
        said += lows[k + n]
        n += 1
    return best


def _names(sites: Sequence[Site]) -> dict[str, _Name]:
    """Name without its gaps → (spaces in it, site, zone, near), ids or "". Sites go before zones before whereabouts."""
    names: dict[str, _Name] = {}
    for declared in (_site_names(sites), _zone_names(sites), _whereabouts(sites)):
        layer: dict[str, set[_Name]] = {}
        for words, owner in declared:
            name = "".join(words)
            if len(name) > 1 and name not in names:
                layer.setdefault(name, set()).add((len(words) - 1, *owner))
        for name, owners in layer.items():
            spaces = max(owner[0] for owner in owners)
            shared = len({owner[1:] for owner in owners}) > 1
            names[name] = (spaces, "", "", "") if shared else (spaces, *next(iter(owners))[1:])
    return names


@cache
def _generic() -> frozenset[str]:
    """Words that say what a place is, or where, and name none."""
    return frozenset(read_lexicon("places")["generic"].split())


def _site_names(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Owner]]:
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


def _zone_names(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Owner]]:
    for site in sites:
        for zone in site.zones:
            yield _words(_PARENTHESIS.sub(" ", zone.name)), (site.id, zone.id, "")


def _whereabouts(sites: Sequence[Site]) -> Iterator[tuple[tuple[str, ...], _Owner]]:
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
