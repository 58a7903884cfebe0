"""The vocabulary of predictions, as lexicon/relations.yaml says it: from words to what could be seen.

A person can read and extend the file. Nothing in it was learned from data; what it does not know is the remainder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from overlook.terms import Relation, Rival

Of = Literal["level", "event", "structure", "thing"]

#: The most words that `..` in a pattern stands for.
MAX_GAP = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One word of a pattern: any of `words`; `optional`: or none. A gap has no words."""

    words: frozenset[str]
    optional: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.words


Pattern = tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A usual way of saying something that could be seen (see the head of relations.yaml)."""

    id: str
    of: Of
    relation: Relation
    denied: Relation | None
    work: str
    doing: bool
    of_inside: Relation | None
    implied: bool
    direction: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something to look for: a class that is counted, or an indicator that is sighted."""

    cls: str
    indicator: str
    needs_gsd_m: float
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`remainder`: (kind, why, patterns), in order. The sets are words in lower case with straight apostrophes."""

    templates: tuple[Template, ...]
    things: tuple[Thing, ...]
    places: tuple[Pattern, ...]
    rivals: Mapping[str, tuple[Rival, ...]]
    remainder: tuple[tuple[str, str, tuple[Pattern, ...]], ...]
    #: Kinds of the remainder that could be known, but that no relation tests; the others no image can show.
    untested: frozenset[str]
    form: frozenset[str]
    denials: tuple[Pattern, ...]
    denying: frozenset[str]
    possible: frozenset[str]
    due: tuple[Pattern, ...]
    undertaking: frozenset[str]
    event_words: frozenset[str]
    object_ends: frozenset[str]
    clause_breaks: frozenset[str]

    @property
    def single_denials(self) -> frozenset[str]:
        """Denials of one word: "not"."""
        return frozenset(word for pattern in self.denials if len(pattern) == 1 for word in pattern[0].words)


@cache
def vocabulary() -> Vocabulary:
    """The file, read once. Raises ValueError naming the entry that cannot be."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("lexicon", "relations.yaml").read_text(encoding="utf-8")
    return parse(YAML(typ="safe", pure=True).load(text))


def parse(read: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary from the file's mapping. Raises ValueError naming the entry that cannot be."""
    groups = {name: frozenset(str(words).split()) for name, words in read["groups"].items()}
    return Vocabulary(
        templates=tuple(_template(entry, groups) for entry in read["templates"]),
        things=tuple(_thing(entry, groups) for entry in read["things"]),
        places=grouped(read["places"], groups, "places"),
        rivals={of: tuple(Rival(**entry) for entry in entries) for of, entries in read["rivals"].items()},
        remainder=tuple(
            (kind, entry["why"], grouped(entry["words"], groups, kind)) for kind, entry in read["remainder"].items()
        ),
        untested=frozenset(kind for kind, entry in read["remainder"].items() if entry.get("untested")),
        form=frozenset(str(read["form"]).split()),
        denials=grouped(read["denials"], groups, "denials"),
        denying=frozenset(read["denying"]),
        possible=frozenset(read["possible"]),
        due=grouped(read["due"], groups, "due"),
        undertaking=frozenset(read["undertaking"]),
        event_words=frozenset(read["event_words"]),
        object_ends=frozenset(read["object_ends"]),
        clause_breaks=frozenset(read["clause_breaks"]),
    )


def matches(
    pattern: Pattern, words: Sequence[str], at: int, end: int, between: frozenset[str] = frozenset()
) -> tuple[int, ...] | None:
    """Places in `words` of the longest reading of a pattern that starts at `at` and stays before `end`; None: none.

    Gaps are not among the places. A gap is as short as it can be. One of `between` may stand before any word but the
    first: "is not active" is read as "is active" is, and who reads it asks for the denial.
    """
    return next(_readings(pattern, 0, words, at, end, between), None)


def _readings(
    pattern: Pattern, k: int, words: Sequence[str], at: int, end: int, between: frozenset[str]
) -> Iterator[tuple[int, ...]]:
    if k == len(pattern):
        yield ()
        return
    item = pattern[k]
    if item.is_gap:
        for skipped in range(min(MAX_GAP, end - at) + 1):
            yield from _readings(pattern, k + 1, words, at + skipped, end, between)
        return
    here = at + 1 if k and at < end and words[at] in between and words[at] not in item.words else at
    if here < end and words[here] in item.words:
        for rest in _readings(pattern, k + 1, words, here + 1, end, between):
            yield (here, *rest)
    if item.optional:
        yield from _readings(pattern, k + 1, words, at, end, between)


def compiled(texts: Sequence[str], where: str) -> tuple[Pattern, ...]:
    """Patterns without groups, longest first. Raises ValueError for one that would match anything."""
    return grouped(texts, {}, where)


def _template(entry: Mapping[str, Any], groups: Mapping[str, frozenset[str]]) -> Template:
    unknown = set(entry) - {"id", "of", "relation", "denied", "work", "doing", "of_inside", "implied", "direction"}
    if unknown != {"patterns"}:
        raise ValueError(f"template {entry.get('id')!r}: {sorted(unknown ^ {'patterns'})}")
    return Template(
        id=entry["id"],
        of=entry["of"],
        relation=entry["relation"],
        denied=entry.get("denied"),
        work=entry.get("work", ""),
        doing=entry.get("doing", False),
        of_inside=entry.get("of_inside"),
        implied=entry.get("implied", False),
        direction=entry.get("direction", ""),
        patterns=grouped(entry["patterns"], groups, entry["id"]),
    )


def _thing(entry: Mapping[str, Any], groups: Mapping[str, frozenset[str]]) -> Thing:
    cls, indicator = entry.get("class", ""), entry.get("indicator", "")
    if bool(cls) == bool(indicator):
        raise ValueError(f"a thing is a class or an indicator: {dict(entry)}")
    patterns = grouped(entry["words"], groups, cls or indicator)
    return Thing(cls=cls, indicator=indicator, needs_gsd_m=entry["needs_gsd_m"], patterns=patterns)


def grouped(texts: Sequence[str], groups: Mapping[str, frozenset[str]], where: str) -> tuple[Pattern, ...]:
    """Patterns whose CAPITALS are `groups`, longest first, so that what says more is read before what says less.

    Raises ValueError for one that would match anything, or names no group.
    """
    made = [_pattern(str(text), groups, where) for text in texts]
    return tuple(sorted(made, key=len, reverse=True))


def _pattern(text: str, groups: Mapping[str, frozenset[str]], where: str) -> Pattern:
    items = [_item(word, groups, where) for word in text.split()]
    if not items or all(item.optional or item.is_gap for item in items) or items[0].is_gap or items[-1].is_gap:
        raise ValueError(f"{where}: the pattern {text!r} would match anything")
    return tuple(items)


def _item(text: str, groups: Mapping[str, frozenset[str]], where: str) -> Item:
    if text == "..":
        return Item(frozenset())
    words: set[str] = set()
    alternatives = text.split("/")
    for one in alternatives:
        if one.isupper() and len(one) > 1 and one not in groups:
            raise ValueError(f"{where}: no group is called {one!r}")
        words |= groups.get(one, {one}) if one != "?" else set()
    return Item(frozenset(words), optional="?" in alternatives)
