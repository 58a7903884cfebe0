"""What the report may never say in its own voice. It reads Overlook's sentences, never a person's verbatim words.

Rules, after ICD 203 (2 January 2015), D.6.e(2): likelihood and confidence do not share a sentence; an image shows,
and never "proves"; a judgement cites the findings it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from overlook.errors import RefusedError
from overlook.terms import Judgement

_LIKELIHOOD = re.compile(
    r"\b(almost no chance|remote chance|(very |highly )?(un)?likely|(highly |very )?(im)?probabl[ey]|"
    r"roughly even (chance|odds)|(almost|nearly) certain(ly)?)\b",
    re.IGNORECASE,
)
_CONFIDENCE = re.compile(r"\bconfiden(ce|t|tly)\b(?! intervals?\b)", re.IGNORECASE)
_PROOF = re.compile(r"\b(prov(e|es|ed|en|ing)|proofs?)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[\"“‘(\[]?[^\W\d_a-z])|\n+")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
#: Verdicts that rest on something seen, and so must say on what.
_NEEDS_FINDINGS = ("supported", "consistent, not diagnostic", "mixed", "inconsistent")


def sentences(text: str) -> list[str]:
    """The sentences of a text: it ends at . ! ? before a capital, and at a line break."""
    return [s.strip() for s in _SENTENCE_END.split(text) if s and s.strip()]


def check_text(text: str, *, where: str, declared: Iterable[str] = ()) -> None:
    """Refuse a text that Overlook may not print as its own.

    `declared` are words of the case (names, statements, quotes) that may stand inside: they are taken out first,
    and so is everything between quotation marks.

    Raises RefusedError E-REFUSED-LIKELIHOOD-CONFIDENCE or E-REFUSED-PROOF, naming the sentence.
    """
    for sentence in sentences(_without(text, declared)):
        if _LIKELIHOOD.search(sentence) and _CONFIDENCE.search(sentence):
            raise RefusedError(
                "E-REFUSED-LIKELIHOOD-CONFIDENCE",
                f"likelihood and confidence share one sentence: {sentence!r}",
                where=where,
                remedy="say the likelihood in one sentence and the confidence in another",
            )
        if _PROOF.search(sentence):
            raise RefusedError(
                "E-REFUSED-PROOF",
                f"images show, they do not prove: {sentence!r}",
                where=where,
                remedy="say what the images show, and how it was tested",
            )


def check_judgement(judgement: Judgement, *, known: frozenset[str]) -> None:
    """Refuse a judgement that rests on something seen and cites no finding, or one that is not in the report.

    Raises RefusedError E-REFUSED-UNCITED.
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


def _without(text: str, declared: Iterable[str]) -> str:
    for words in sorted((d for d in declared if len(d) > 2 and d in text), key=len, reverse=True):
        # Whole words only: a zone called "con" must not hide "confidence".
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", "…", text)
    return _QUOTED.sub("…", text)
