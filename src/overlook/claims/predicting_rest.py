"""What of a statement no part tests: every other word, with the reason, so that no judgement is wider than its test.

A word that no list knows is *unknown to Overlook*. It is never called not observable: that images could not show it is
something to know, and nobody knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from overlook.claims.predicting_words import Word, Words, clauses, find, places_of
from overlook.claims.vocabulary import Vocabulary
from overlook.terms.draft import Remainder, Standing
from overlook.terms.statement import Span, Statement

_WHY = {
    "form": "it says nothing by itself",
    "place": "it names a place, and nothing that would be seen there",
    "date": "it gives a time, and nothing that would be seen then",
    "denial": "that something was not done is not seen; name what would stand there instead",
    "future": "it is to come",
    "undertaking": "it is an undertaking, and is held against what follows it",
    "unsaid": "it is not asserted",
    "name": "it names somebody or something, and nothing that would be seen",
    "other": "whether images could show it is for you to say",
}
#: Words that give a whole its kind; the rest only stand between them.
_LEAST = ("form",)
#: No reason why something would not be seen.
_NO_REASON = frozenset({"other", "name", "place", "date"})


def remainder(
    statement: Statement,
    words: Words,
    covered: set[int],
    known: Vocabulary,
    *,
    denied: Iterable[int] = (),
    future: Iterable[int] = (),
    everything: str = "",
) -> tuple[Remainder, ...]:
    """The words that are not `covered`, in runs within a clause, each with its kinds. `everything`: of one kind."""
    words.read.clear()
    kinds = dict.fromkeys(range(len(words.all)), everything) if everything else _kinds(statement, words, known)
    kinds |= dict.fromkeys(denied, "denial") | dict.fromkeys(future, "future")
    return tuple(_one(run, kinds, words, statement, known) for run in _runs(words, covered))


def _kinds(statement: Statement, words: Words, known: Vocabulary) -> dict[int, str]:
    """The kind of each word: the first list that knows it, then places and dates, then whether it says anything."""
    found: dict[int, str] = {}
    for kind, _, patterns in known.remainder:
        for clause in clauses(words):
            for match in find(patterns, words, clause):
                for k in match.at:
                    found.setdefault(k, kind)
    for match in (m for clause in clauses(words) for m in find(known.places, words, clause)):
        found |= dict.fromkeys(match.at, "place")
    for kind, spans in (("place", [p.span for p in statement.places]), ("date", [d.span for d in statement.dates])):
        for match in places_of(spans, words):
            found |= {k: kind for k in match.at if kind == "date" or found.get(k) != "date"}
    for match in places_of([n.span for n in statement.numbers], words):
        for k in match.at:
            found.setdefault(k, "number")
    grammar = known.form | known.single_denials | known.possible
    for k, word in enumerate(words.all):
        plain = "form" if word.low in grammar else "number" if word.low[0].isdigit() else "other"
        found.setdefault(k, "name" if plain == "other" and _is_name(k, words) else plain)
    return found


def _is_name(k: int, words: Words) -> bool:
    """A capital within a clause. At the head of one every word may have it: there, only before another."""
    word = words.all[k]
    if not word.text[:1].isupper():
        return False
    if k and words.all[k - 1].clause == word.clause:
        return True
    follows = words.all[k + 1] if k + 1 < len(words.all) else None
    return follows is not None and follows.clause == word.clause and follows.text[:1].isupper()


def _runs(words: Words, covered: set[int]) -> Iterator[list[int]]:
    """Neighbours of one clause and one span of the content."""
    run: list[int] = []
    for k in range(len(words.all)):
        if k in covered:
            continue
        if run and (k != run[-1] + 1 or words.all[k].clause != words.all[run[-1]].clause):
            yield run
            run = []
        run.append(k)
    if run:
        yield run


def _one(run: list[int], kinds: dict[int, str], words: Words, statement: Statement, known: Vocabulary) -> Remainder:
    start, end = words.all[run[0]].start, words.all[run[-1]].end
    span = next(s for s in statement.content if s.start <= start and end <= s.end)
    told = tuple(dict.fromkeys(kinds[k] for k in run))
    telling = tuple(kind for kind in told if kind not in _LEAST) or told
    listed = {kind: why for kind, why, _ in known.remainder}
    never = listed.keys() - known.untested
    standing: Standing = "unknown" if "other" in telling else "not tested"
    if never & set(telling):
        standing = "not observable"
    # Who, where and when are reasons only where there is no other.
    reasons = [kind for kind in telling if kind not in _NO_REASON] or [k for k in telling if k != "other"]
    whys = [_WHY.get(kind) or listed[kind] for kind in reasons]
    unknown = tuple(_span(words.all[k]) for k in run if kinds[k] == "other")
    if standing == "unknown":
        named = ", ".join(f"“{word.text}”" for word in unknown)
        whys = [f"{named} {'is' if len(unknown) == 1 else 'are'} unknown to Overlook: {_WHY['other']}", *whys]
        whys = whys if set(reasons) - _NO_REASON else whys[:1]
    return Remainder(
        span=Span(start, end, span.text[start - span.start : end - span.start]),
        kinds=telling,
        why="; ".join(whys),
        standing=standing,
        unknown=unknown,
    )


def _span(word: Word) -> Span:
    return Span(word.start, word.end, word.text)
