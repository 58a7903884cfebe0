"""What the report may never say in its own voice. It reads Overlook's sentences, never a person's verbatim words.

After ICD 203 (2 January 2015), D.6.e(2): likelihood and confidence do not share a sentence; the words of likelihood
are of one row of its table, and one judgement has one of them. Beyond it: an image shows, and never "proves"; what
was not seen is told as not seen; a number stands with its interval; a judgement cites the findings it rests on.

The words are in lint.yaml, each with its reason. What an analyst writes as the reasons of her opinion is hers: it is
read only when it is to be published (`check_opinions`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from overlook.errors import RefusedError
from overlook.terms import WORDS, Judgement, Opinion

#: The two rows of ICD 203, D.6.e(2)(a), by what they say; and what no row knows.
_ROW_ONE = "almost no chance|very unlikely|unlikely|roughly even chance|very likely|likely|almost certain(?:ly)?"
_ROW_TWO = (
    "remote chance|remote possibility|highly improbable|improbabl[ey]|roughly even odds|"
    "highly probable|probabl[ey]|nearly certain(?:ly)?"
)
_NO_ROW = (
    r"(?:highly|extremely|quite|fairly|rather|somewhat|pretty|reasonably|strongly|overwhelmingly) (?:un)?likely|"
    r"(?:very|extremely|quite|fairly|rather|somewhat|pretty|reasonably) (?:im)?probabl[ey]|even chance|even odds"
)
_LIKELIHOOD = re.compile(rf"\b(?:(?P<none>{_NO_ROW})|(?P<one>{_ROW_ONE})|(?P<two>{_ROW_TWO}))\b", re.IGNORECASE)
#: "More likely" compares, and gives no likelihood.
_COMPARES = re.compile(r"\b(more|less|most|least|as|equally|how|so|too) (un)?(likely|probable)\b", re.IGNORECASE)
_CONFIDENCE = re.compile(r"\bconfiden(ce|t|tly)\b(?! intervals?\b)", re.IGNORECASE)
#: An effect as a number: a factor, a rate, a share more or less.
_EFFECT = re.compile(
    r"×\s?\d|\b\d[\d.,]*(-| )fold\b|\b\d[\d.,]* times (that|as|the|more|higher|lower)\b|"
    r"\b\d[\d.,]*\s?(%|per ?cent) (more|fewer|less|higher|lower)\b|"
    r"\b(rose|fell|grew|dropped|increased|decreased|rise|fall|drop|increase|decrease) (by|of) (about )?\d|"
    r"\b\d[\d.,]* (an?|per) (image|day|week|month)\b",
    re.IGNORECASE,
)
#: What makes of such a number an interval, a bound, or a value that was declared; or a plain count of what was drawn.
_BOUNDED = re.compile(
    r"\bintervals?\b|\bbetween\b|\d to [×\d]|\d\s?[–-]\s?[×\d]|±|\bat (most|least)\b|\bbound\b|"
    r"\b(above|below|under|over|within)\b|"
    r"\bup to\b|\bor (more|fewer|less)\b|\bdeclared\b|\bmargin\b|\bquiet\b|\bfactor\b|\bcounted\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[\"“‘(\[]?[^\W\d_a-z])|\n+")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
#: Verdicts that rest on something seen, and so must say on what.
_NEEDS_FINDINGS = ("supported", "consistent, not diagnostic", "mixed", "inconsistent")
_CODES = {
    "certainty": ("E-REFUSED-PROOF", "images show, they do not make sure"),
    "absence": ("E-REFUSED-ABSENCE", "absence is told as a fact"),
    "zero": ("E-REFUSED-ZERO", "what was not seen is told as a zero"),
    "hedges": ("E-REFUSED-HEDGES", "one hedge stands on another"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that may not be said, why, and what to say instead."""

    group: str
    pattern: re.Pattern[str]
    reason: str
    say: str


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of lint.yaml, in its order; those of the group `exempt` say what is taken out first."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("lint.yaml").read_text(encoding="utf-8")
    return tuple(
        Rule(group, re.compile(rf"(?<!\w)(?:{row['words']})(?!\w)", re.IGNORECASE), row["reason"], row.get("say", ""))
        for group, rows in YAML(typ="safe", pure=True).load(text).items()
        for row in rows
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text: it ends at . ! ? before a capital, and at a line break."""
    return [s.strip() for s in _SENTENCE_END.split(text) if s and s.strip()]


def check_text(text: str, *, where: str, declared: Iterable[str] = ()) -> None:
    """Refuse a text that Overlook may not print as its own.

    `declared` are words of the case (names, statements, quotes) that may stand inside: they are taken out first,
    and so is everything between quotation marks.

    Raises RefusedError, naming the sentence: E-REFUSED-LIKELIHOOD-CONFIDENCE, E-REFUSED-LIKELIHOOD-ROWS,
    E-REFUSED-PROOF, E-REFUSED-ABSENCE, E-REFUSED-ZERO or E-REFUSED-HEDGES.
    """
    for sentence in sentences(_without(text, declared)):
        _check_likelihood(sentence, where)
        bare = sentence
        for rule in rules():
            if rule.group == "exempt":
                bare = rule.pattern.sub("…", bare)
            elif rule.pattern.search(bare):
                code, what = _CODES[rule.group]
                raise RefusedError(code, f"{what}: {sentence!r}", where=where, remedy=rule.say)


def check_judgement(judgement: Judgement, *, known: frozenset[str]) -> None:
    """Refuse a judgement that rests on something seen and cites no finding, or one that is not in the report; one told
    with another word of likelihood than its own; and one that tells an effect without its interval.

    Raises RefusedError E-REFUSED-UNCITED, E-REFUSED-LIKELIHOOD-ROWS or E-REFUSED-INTERVAL.
    """
    where = f"claim {judgement.claim}, part {judgement.prediction}"
    rests_on_something = judgement.verdict in _NEEDS_FINDINGS or judgement.likelihood is not None
    if rests_on_something and not judgement.findings:
        raise RefusedError(
            "E-REFUSED-UNCITED",
            f"the judgement {judgement.verdict!r} cites no finding",
            where=where,
            remedy="assess the case again, so that each judgement names its findings",
        )
    unknown = sorted(set(judgement.findings) - known)
    if unknown:
        raise RefusedError(
            "E-REFUSED-UNCITED",
            f"the judgement {judgement.verdict!r} cites {unknown[0]!r}, which is not a finding of this assessment",
            where=where,
            remedy="assess the case again, so that findings and judgements belong together",
        )
    own = [s for text in (judgement.observable, *judgement.why) for s in sentences(_QUOTED.sub("…", text))]
    for sentence in own:
        _check_likelihood(sentence, where)
    _one_likelihood(judgement, own, where)
    for sentence in own:
        if _EFFECT.search(sentence) and not _BOUNDED.search(sentence):
            raise RefusedError(
                "E-REFUSED-INTERVAL",
                f"a number stands without its interval: {sentence!r}",
                where=where,
                remedy="say the interval beside it, or the bound",
            )


def check_opinions(claim: str, opinions: Sequence[Opinion]) -> None:
    """Refuse to publish an analyst's reason that says what a report may not say; quotes in it are exempt.

    Raises what `check_text` raises, naming the analyst's sentence.
    """
    for opinion in opinions:
        for reason in opinion.reasons:
            check_text(reason, where=f"claim {claim}, the reasons of {opinion.analyst} in case.yaml")


def _check_likelihood(sentence: str, where: str) -> None:
    found = _words_of(sentence)
    if found and _CONFIDENCE.search(sentence):
        raise RefusedError(
            "E-REFUSED-LIKELIHOOD-CONFIDENCE",
            f"likelihood and confidence share one sentence: {sentence!r}",
            where=where,
            remedy="say the likelihood in one sentence and the confidence in another",
        )
    rows = {row for row, _ in found}
    if "none" in rows or len(rows) > 1:
        raise _rows(f"a word of likelihood is not of the one row in use: {sentence!r}", where)
    if len({word for _, word in found}) > 1:
        raise _rows(f"two likelihoods stand in one sentence: {sentence!r}", where)


def _one_likelihood(judgement: Judgement, own: Iterable[str], where: str) -> None:
    words = {word for sentence in own for _, word in _words_of(sentence)}
    words |= {judgement.likelihood} if judgement.likelihood else set()
    if len(words) > 1:
        raise _rows(f"one judgement has several likelihoods: {', '.join(sorted(words))}", where)


def _words_of(sentence: str) -> list[tuple[str, str]]:
    """(row, word) of every likelihood in a sentence: row one, row two, or none that ICD 203 knows."""
    for rule in rules():
        if rule.group == "exempt":
            sentence = rule.pattern.sub("…", sentence)
    bare = _COMPARES.sub("…", sentence)
    found = [(m.lastgroup or "", " ".join(m[0].lower().split())) for m in _LIKELIHOOD.finditer(bare)]
    return [(row, word.removesuffix("ly") if word.endswith("certainly") else word) for row, word in found]


def _rows(what: str, where: str) -> RefusedError:
    row = ", ".join(word for _, word in WORDS)
    return RefusedError("E-REFUSED-LIKELIHOOD-ROWS", what, where=where, remedy=f"keep one word of this row: {row}")


def _without(text: str, declared: Iterable[str]) -> str:
    for words in sorted((d for d in declared if len(d) > 2 and d in text), key=len, reverse=True):
        # Whole words only: a zone called "con" must not hide "confidence".
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", "…", text)
    return _QUOTED.sub("…", text)
