"""What of a statement no part tests: every other word, with the reason, so that no judgement is wider than its test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from overlook.claims.predicting_words import Words, clauses, find, places_of
from overlook.claims.vocabulary import Vocabulary
from overlook.terms.draft import Remainder
from overlook.terms.statement import Span, Statement

_WHY = {
    "form": "it says nothing by itself",
    "place": "it names a place, and nothing that would be seen there",
    "date": "it gives a time, and nothing that would be seen then",
    "denial": "that something was not done is not seen; name what would stand there instead",
    "future": "it is to come",
    "undertaking": "it is an undertaking, and is held against what follows it",
    "unsaid": "it is not asserted",
    "other": "no template of the vocabulary reads it",
}
#: Words that give a whole its kind; the rest only stand between them.
_LEAST = ("form",)


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
    for k, word in enumerate(words.all):
        plain = "form" if word.low in known.form else "number" if word.low[0].isdigit() else "other"
        found.setdefault(k, plain)
    return found


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
    # What the vocabulary knows says more than that it does not know the rest.
    telling = tuple(kind for kind in telling if kind != "other") or telling
    listed = {kind: why for kind, why, _ in known.remainder}
    why = "; ".join(_WHY.get(kind) or listed[kind] for kind in telling)
    return Remainder(span=Span(start, end, span.text[start - span.start : end - span.start]), kinds=telling, why=why)
