"""What a paraphrase lost of its quote, or added to it: numbers, negation, hedges and modality.

Words are compared, not senses. "Could build" told as "builds" has lost its modality whether or not it is true, and a
paraphrase that keeps every such word may still turn the sense around: a reader has to look at both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from overlook.claims.phrases import listed
from overlook.claims.texts.numbers import find_numbers
from overlook.claims.texts.tokens import tokenise
from overlook.claims.texts.words import lexicon
from overlook.terms.statement import Quantity

Kind = Literal["number", "negation", "hedge", "modality"]


@dataclass(frozen=True, slots=True)
class Difference:
    """`contradicts`: two numbers of one thing that cannot both be. Anything else is only another wording."""

    kind: Kind
    text: str
    contradicts: bool = False


def lost(quote: str, paraphrase: str) -> tuple[Difference, ...]:
    """How the paraphrase differs from the quote, in the order of `Kind`. Linear in the length of both."""
    before, after = _words(quote), _words(paraphrase)
    return (
        *_numbers(find_numbers(quote), find_numbers(paraphrase)),
        *_negation(before, after),
        *_hedges(before, after),
        *_modality(before, after),
    )


def _words(text: str) -> list[str]:
    return tokenise(text).lows


def _numbers(before: Sequence[Quantity], after: Sequence[Quantity]) -> list[Difference]:
    found = []
    gone = [q for q in before if not any(_same(q, p) for p in after)]
    new = [p for p in after if not any(_same(p, q) for q in before)]
    for q in list(gone):
        rival = next((p for p in new if _unit(p) == _unit(q) and _apart(p, q)), None)
        if rival:
            gone.remove(q)
            new.remove(rival)
            text = f"Another number: “{rival.span.text}” where the quote has “{q.span.text}”."
            # Only things that both name are surely the same things.
            found.append(Difference("number", text, contradicts=bool(q.unit)))
    if gone:
        found.append(Difference("number", f"Left out of the quote's numbers: {_quoted(q.span.text for q in gone)}."))
    if new:
        found.append(Difference("number", f"Numbers that the quote has not: {_quoted(q.span.text for q in new)}."))
    for q in before:
        if q.approximate and any(_same(q, p) and not p.approximate for p in after):
            found.append(Difference("number", f"“{q.span.text}” is told as exact."))
    return found


def _same(a: Quantity, b: Quantity) -> bool:
    return (a.low, a.high) == (b.low, b.high)


def _unit(q: Quantity) -> str:
    return q.unit.casefold().removesuffix("s")


def _apart(a: Quantity, b: Quantity) -> bool:
    return _above(a, b) or _above(b, a)


def _above(a: Quantity, b: Quantity) -> bool:
    return a.low is not None and b.high is not None and a.low > b.high


def _negation(before: Sequence[str], after: Sequence[str]) -> list[Difference]:
    words = lexicon().negations | lexicon().denials
    ours, theirs = _those(after, words), _those(before, words)
    if bool(ours) == bool(theirs):
        return []
    if theirs:
        return [Difference("negation", f"The quote has {_quoted(theirs)}, and the paraphrase no negation.")]
    return [Difference("negation", f"The paraphrase has {_quoted(ours)}, and the quote no negation.")]


def _hedges(before: Sequence[str], after: Sequence[str]) -> list[Difference]:
    ours, theirs = _phrases(after), _phrases(before)
    if theirs and not ours:
        return [Difference("hedge", f"Told without the quote's hedge: {_quoted(theirs)}.")]
    if ours and not theirs:
        return [Difference("hedge", f"Hedged where the quote is not: {_quoted(ours)}.")]
    return []


def _modality(before: Sequence[str], after: Sequence[str]) -> list[Difference]:
    # A word that is a hedge as well is told of once, as a hedge.
    single = {phrase[0] for some in lexicon().hedges.values() for phrase in some if len(phrase) == 1}
    words = lexicon().modal_words - single
    ours, theirs = _those(after, words), _those(before, words)
    if theirs and not ours:
        return [Difference("modality", f"Told as plain fact: the quote has {_quoted(theirs)}.")]
    if ours and not theirs:
        return [Difference("modality", f"Told as possible or due, with {_quoted(ours)}: the quote says it plainly.")]
    return []


def _those(words: Sequence[str], of: frozenset[str]) -> list[str]:
    return [w for w in dict.fromkeys(words) if w in of]


def _phrases(words: Sequence[str]) -> list[str]:
    table = lexicon().hedges
    found = (
        " ".join(phrase)
        for k, word in enumerate(words)
        for phrase in table.get(word, ())
        if tuple(words[k : k + len(phrase)]) == phrase
    )
    return list(dict.fromkeys(found))


def _quoted(words: Iterable[str]) -> str:
    return listed(f"“{w}”" for w in words)
