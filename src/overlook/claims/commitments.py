"""An agreement's words taken apart: which terms nobody defined, and what each would need before it could be kept.

A list of terms a person can read and extend (lexicon/terms.yaml). Finding none is no sign that the text is clear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from overlook.claims.vocabulary import Pattern, compiled, matches
from overlook.terms import ELEMENTS, Commitment, Element, Obligation, OpenTerm

_DECLARED = "the case lists it as undefined, and the list of terms does not know what it would need"
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Terms:
    """`terms`: (patterns, what each needs, why). `given`: words of a text that give an element by themselves."""

    terms: tuple[tuple[tuple[Pattern, ...], tuple[Element, ...], str], ...]
    elements: Mapping[Element, str]
    given: tuple[tuple[Element, tuple[Pattern, ...]], ...]


@cache
def terms() -> Terms:
    """The file, read once. Raises ValueError naming the entry that cannot be."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("lexicon", "terms.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = YAML(typ="safe", pure=True).load(text)
    return Terms(
        terms=tuple((compiled(t["words"], "terms"), _elements(t["needs"]), t["why"]) for t in read["terms"]),
        elements={element: read["elements"][element] for element in ELEMENTS},
        given=tuple((_elements([name])[0], compiled(words, name)) for name, words in read["given"].items()),
    )


def _elements(names: Sequence[str]) -> tuple[Element, ...]:
    unknown = sorted(set(names) - set(ELEMENTS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no element of a term: {', '.join(ELEMENTS)}")
    return tuple(element for element in ELEMENTS if element in names)


def open_terms(commitment: Commitment) -> tuple[OpenTerm, ...]:
    """Of the commitment's text, then of each obligation's: declared as undefined, or found there and not wholly given.

    A term is told once, where it first stands, unless more is given of it there. What the commitment defines, its
    obligations take over; a term of its own text that an obligation repeats is the obligation's to define.
    """
    own = _open("", commitment.text, commitment.undefined, _given(commitment))
    repeated = " ".join(o.text.casefold() for o in commitment.obligations)
    found = [t for t in own if t.declared or not re.search(rf"\b{re.escape(t.term.casefold())}\b", repeated)]
    for obligation in commitment.obligations:
        found += _open(obligation.id, obligation.text, obligation.undefined, _given(commitment) | _given(obligation))
    once: dict[tuple[str, tuple[Element, ...]], OpenTerm] = {}
    for term in found:
        once.setdefault((term.term.casefold(), term.missing), term)
    return tuple(once.values())


def _given(of: Commitment | Obligation) -> dict[Element, str]:
    """What the case gives of each element, in words. An indicator is the analyst's and defines nothing."""
    given: dict[Element, str] = {}
    if of.deadline is not None:
        given["deadline"] = f"{of.deadline.end:%Y-%m-%d}"
    return given | dict(of.defined)


def _open(where: str, text: str, declared: Sequence[str], given: Mapping[Element, str]) -> list[OpenTerm]:
    known = terms()
    words = list(_WORD.finditer(text))
    lows = [w.group().lower() for w in words]
    by_text = {
        element: f"“{lows[at[0]]}”" for element, patterns in known.given if (at := _first(patterns, lows, set()))
    }
    given = dict(by_text) | dict(given)
    found: list[OpenTerm] = []
    taken: set[int] = set()
    for patterns, needs, why in known.terms:
        while at := _first(patterns, lows, taken):
            taken.update(range(at[0], at[-1] + 1))
            term = text[words[at[0]].start() : words[at[-1]].end()]
            is_declared = any(term.casefold() in d.casefold() or d.casefold() in term.casefold() for d in declared)
            # What the analyst calls undefined is that, whatever else the case gives.
            missing = tuple(e for e in needs if e not in given)
            if missing or is_declared:
                told = tuple((e, given[e]) for e in needs if e in given)
                found.append(
                    OpenTerm(obligation=where, term=term, missing=missing, given=told, why=why, declared=is_declared)
                )
    seen = " ".join(t.term.casefold() for t in found if t.declared)
    for term in declared:
        if term.casefold() not in seen and not any(t.term.casefold() in term.casefold() for t in found if t.declared):
            found.append(OpenTerm(obligation=where, term=term, missing=(), why=_DECLARED, declared=True))
    return found


def _first(patterns: Sequence[Pattern], words: Sequence[str], taken: set[int]) -> tuple[int, ...] | None:
    for at in range(len(words)):
        for pattern in patterns:
            found = matches(pattern, words, at, len(words))
            if found and taken.isdisjoint(found):
                return found
    return None
