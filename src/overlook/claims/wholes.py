"""A statement about what others told as a whole: "experts were not able to confirm all parts of the leak".

No image answers for a whole. What can be done is to take it apart: the statements of the same text that it may be
about, and the claims of the case that go back to such sources, each with what it predicts. Which of them are meant the
words seldom say, so all that come into question are listed, and none is chosen.

The words stand in lexicon/wholes.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from overlook.claims.predicting_words import clauses, find, words_of
from overlook.claims.vocabulary import Pattern, grouped, vocabulary
from overlook.terms import Case
from overlook.terms.draft import Whole
from overlook.terms.statement import Span, Statement

#: The most statements that are listed as parts of one whole; how many more there are is told.
MOST = 50

Teller = Literal["anonymous", "document", "anybody"]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """`told`: a noun and who is meant by it. `patterns` end in one of these."""

    told: Mapping[str, Teller]
    patterns: tuple[Pattern, ...]
    tellers: frozenset[str]


@cache
def _lexicon() -> _Lexicon:
    """The file, read once. Raises ValueError naming the entry that cannot be."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("lexicon", "wholes.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = YAML(typ="safe", pure=True).load(text)
    told: dict[str, Teller] = {word: who for who, words in read["told"].items() for word in str(words).split()}
    groups = {name: frozenset(str(words).split()) for name, words in read["groups"].items()}
    return _Lexicon(
        told=told,
        patterns=grouped(read["patterns"], groups | {"TOLD": frozenset(told)}, "wholes"),
        tellers=frozenset(word for words in read["tellers"] for word in str(words).split()),
    )


def wholes_told(statements: Sequence[Statement], case: Case) -> tuple[Whole | None, ...]:
    """For each statement of a text, the whole that it speaks of, and what may be its parts; None where there is none.

    Parts are what others said before it: those whose name stands beside the noun, else those whom the noun means (a
    leak: people nobody names), the last `MOST` of them. Claims of the case are parts by whom the noun means alone:
    whether they were said before, nobody knows.
    """
    heads = [_heads(statement) for statement in statements]
    nameless = {h[-1] for s, h in zip(statements, heads, strict=True) if h and s.source_type == "anonymous"}
    at = _Text(statements, heads, nameless, case)
    return tuple(_whole(n, at) for n in range(len(statements)))


@dataclass(frozen=True, slots=True)
class _Text:
    """`heads`: the words of who is said to know, by statement. `nameless`: the last word of whom nobody names."""

    statements: Sequence[Statement]
    heads: Sequence[Sequence[str]]
    nameless: Collection[str]
    case: Case


def _whole(n: int, at: _Text) -> Whole | None:
    known, statement = _lexicon(), at.statements[n]
    words = words_of(statement, vocabulary())
    found = next((m for clause in clauses(words) for m in find(known.patterns, words, clause)), None)
    if found is None:
        return None
    first, last = words.all[found.first], words.all[found.last]
    content = next(s for s in statement.content if s.start <= first.start < s.end)
    span = Span(first.start, last.end, content.text[first.start - content.start : last.end - content.start])
    who = known.told[last.low]
    clause = words.clause(found.last)
    beside = _names([w.low for w in words.all[found.first : clause.stop] if w.low not in known.told])
    own = _names(at.heads[n])
    others = [k for k in range(n) if not (own and own == _names(at.heads[k]))]
    named = [k for k in others if beside & _names(at.heads[k])] if beside else []
    meant = named or [k for k in others if _is_meant(k, who, at)]
    return Whole(
        span=span,
        statements=tuple(meant[-MOST:]),
        claims=tuple(_claims(who, at.case)),
        by_name=bool(named),
        left_out=max(0, len(meant) - MOST),
    )


def _is_meant(k: int, who: Teller, at: _Text) -> bool:
    if who == "anybody":
        return True
    if who == "document":
        return at.statements[k].source_type == "document"
    return at.heads[k][-1:] != [] and at.heads[k][-1] in at.nameless


def _heads(statement: Statement) -> list[str]:
    """The words of who is said to know: the first link of the chain, else the source."""
    link = statement.chain[0] if statement.chain else None
    said = link.text if isinstance(link, Span) else link or " ".join(s.text for s in statement.source or ())
    return [word.strip(",.()").lower().removesuffix("'s").removesuffix("’s") for word in said.partition(",")[0].split()]


def _names(words: Sequence[str]) -> set[str]:
    """Those that tell one source from another."""
    return {w.removesuffix("'s").removesuffix("'") for w in words} - vocabulary().form - _lexicon().tellers - {""}


def _claims(who: Teller, case: Case) -> Iterator[str]:
    kinds = {s.id: s.kind for s in case.sources}
    for claim in case.claims:
        first = kinds.get(claim.chain[0]) if claim.chain else None
        if who == "anybody" or first == who:
            yield claim.id
