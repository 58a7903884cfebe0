"""The content of a statement as words, each with its clause, and what the vocabulary reads of them.

Offsets are those of the statement's spans: characters of the text as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from overlook.claims.vocabulary import Pattern, Template, Thing, Vocabulary, matches
from overlook.terms import Event
from overlook.terms.statement import Span, Statement

#: A word: letters and digits, with hyphens and inner apostrophes; a possessive by itself.
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*(?:[’'](?![sS]\b)[^\W_]+)?|[’'][sS]\b")
_BREAK = re.compile(r"[.;:!?\n\r\u2028\u2029](?:\s|[\"”’'\])]|$)|[;:!?\n\r\u2028\u2029]|–|—")
_CURLY = str.maketrans("’‘", "''")
#: A word of denial or of possibility speaks of what follows it this closely.
_REACH = 6
_CONTRASTS = frozenset({"and", "but"})


@dataclass(frozen=True, slots=True)
class Word:
    start: int
    end: int
    text: str
    low: str
    clause: int
    #: A comma, a bracket or a dash stands before it.
    after_pause: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A reading of a pattern: the places of its words."""

    at: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.at[0]

    @property
    def last(self) -> int:
        return self.at[-1]


@dataclass(slots=True)
class Words:
    """The words of a statement's content, and who has read which (`read`: by place)."""

    all: list[Word]
    lows: list[str]
    read: set[int] = field(default_factory=set)

    def clause(self, at: int) -> range:
        """The places of the clause that a word is in."""
        first, last = at, at
        while first > 0 and self.all[first - 1].clause == self.all[at].clause:
            first -= 1
        while last + 1 < len(self.all) and self.all[last + 1].clause == self.all[at].clause:
            last += 1
        return range(first, last + 1)


def words_of(statement: Statement, vocabulary: Vocabulary) -> Words:
    """Every word of the content, in order. A part of the content broken in two is two clauses."""
    found: list[Word] = []
    clause = 0
    for span in statement.content:
        clause += 1
        before = 0
        for match in _WORD.finditer(span.text):
            between = span.text[before : match.start()]
            low = match.group().lower().translate(_CURLY)
            if _BREAK.search(between) or (low in vocabulary.clause_breaks and before):
                clause += 1
            pause = any(mark in between for mark in ",()[]")
            start = span.start + match.start()
            found.append(Word(start, span.start + match.end(), match.group(), low, clause, pause))
            before = match.end()
    return Words(found, [word.low for word in found])


def find(
    patterns: Sequence[Pattern], words: Words, within: range, between: frozenset[str] = frozenset()
) -> Iterator[Match]:
    """Every reading of one of the patterns among words that nobody has read, left to right, none overlapping."""
    at = within.start
    while at < within.stop:
        found = next((m for m in (matches(p, words.lows, at, within.stop, between) for p in patterns) if m), None)
        if found is None or not words.read.isdisjoint(found):
            at += 1
            continue
        yield Match(found)
        at = found[-1] + 1


def templates_in(words: Words, vocabulary: Vocabulary) -> list[tuple[Template, Match]]:
    """The templates that the words follow, in the order of the words. Each word is read once.

    The words of a place's name are its own: "a missile producing site" says nothing of production.
    """
    found: list[tuple[Template, Match]] = []
    names = {
        k for clause in clauses(words) for m in find(vocabulary.places, words, clause) if len(m.at) > 1 for k in m.at
    }
    words.read.update(names)
    for template in vocabulary.templates:
        for clause in clauses(words):
            for match in find(template.patterns, words, clause, vocabulary.single_denials):
                words.read.update(match.at)
                found.append((template, match))
    words.read -= names
    return sorted(found, key=lambda pair: pair[1].first)


def clauses(words: Words) -> Iterator[range]:
    at = 0
    while at < len(words.all):
        clause = words.clause(at)
        yield clause
        at = clause.stop


def things_in(words: Words, vocabulary: Vocabulary) -> list[tuple[Thing, Match]]:
    found: list[tuple[Thing, Match]] = []
    taken: set[int] = set()
    for thing in vocabulary.things:
        for clause in clauses(words):
            for match in find(thing.patterns, words, clause):
                if taken.isdisjoint(match.at):
                    taken.update(match.at)
                    found.append((thing, match))
    return sorted(found, key=lambda pair: pair[1].first)


def denied(words: Words, match: Match, vocabulary: Vocabulary) -> tuple[bool, tuple[int, ...]]:
    """Whether words of its clause deny it, and which: before it, within it, right after it ("shows no").

    Two denials undo each other.
    """
    reach = _before(words, match)
    found = list(find(vocabulary.denials, words, reach))
    inside = range(match.first, match.last + 1)
    found += [m for m in find(vocabulary.denials, words, inside) if not set(m.at) & set(match.at)]
    follows = match.last + 1
    if follows < words.clause(match.last).stop and follows not in words.read:
        found += [Match((follows,))] if words.lows[follows] in vocabulary.single_denials else []
    return len(found) % 2 == 1, tuple(k for m in found for k in m.at)


def possible(words: Words, match: Match, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The words before the match in its clause by which it may be so."""
    return tuple(k for k in _before(words, match) if words.lows[k] in vocabulary.possible)


def due(words: Words, match: Match, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The words before the match in its clause, or between its words, by which it is still to be so."""
    reach = range(_before(words, match).start, match.last + 1)
    # A word may be the template's as well: "was to end".
    found = (matches(pattern, words.lows, k, reach.stop) for k in reach for pattern in vocabulary.due)
    return tuple(sorted({k for at in found if at and not set(at) <= set(match.at) for k in at}))


def _before(words: Words, match: Match) -> range:
    clause = words.clause(match.first)
    first = max(clause.start, match.first - _REACH)
    for k in range(match.first - 1, first - 1, -1):
        if words.lows[k] in _CONTRASTS or words.all[k + 1].after_pause:
            return range(k + 1, match.first)
    return range(first, match.first)


def places_of(spans: Iterable[Span], words: Words) -> list[Match]:
    """The words that lie within each span of the text; spans without one are left out."""
    found = [[k for k, w in enumerate(words.all) if s.start <= w.start and w.end <= s.end] for s in spans]
    return [Match(tuple(at)) for at in found if at]


def events_in(
    words: Words, within: range, events: Sequence[Event], vocabulary: Vocabulary
) -> list[tuple[Event, Match]]:
    """The case's events that a clause names: by a word of their own, else by their common noun ("the summits")."""
    named = []
    for event in events:
        own = {w for w in _name_words(event.name, vocabulary) if w not in vocabulary.event_words}
        at = tuple(k for k in within if words.lows[k] in own)
        if at:
            named.append((event, Match(at)))
    if named:
        common = tuple(k for k in within if words.lows[k] in vocabulary.event_words and k not in words.read)
        return [(event, Match(tuple(sorted({*m.at, *common})))) for event, m in named]
    found = []
    for event in events:
        kinds = {_singular(w) for w in _name_words(event.name, vocabulary) if w in vocabulary.event_words}
        at = tuple(k for k in within if k not in words.read and _singular(words.lows[k]) in kinds)
        if at:
            rest = (k for k in within if k not in words.read and words.lows[k] in vocabulary.event_words)
            found.append((event, Match(tuple(sorted({*at, *rest})))))
    return found


def _name_words(name: str, vocabulary: Vocabulary) -> list[str]:
    return [w.group().lower() for w in _WORD.finditer(name) if w.group().lower() not in vocabulary.form]


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") else word
