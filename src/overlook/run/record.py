"""What the analyst declares of opinions, grades, retractions and corrections, ledgered as it changes.

Whoever writes case.yaml by hand is ledgered at the next assessment; the commands `sign` and `retract` at once. Names
and words lie outside the chain, each under a salted digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from overlook.store import Entry, Ledger
from overlook.terms import Case, Correction, Opinion, Retraction, digest, dumps


def note_declared(ledger: Ledger, case: Case, *, now: datetime) -> None:
    """Ledger what of the case's opinions, grades, retractions and corrections the ledger does not know yet."""
    _note_opinions(ledger, case, now)
    _note_grades(ledger, case, now)
    _note_retractions(ledger, case, now)
    _note_corrections(ledger, case, now)


def renamed(ledger: Ledger) -> Mapping[str, str]:
    """Digests of texts that held an erased name, to those of the same texts without it."""
    return {old: new for e in ledger.entries("erased") for old, new in e.body["instead"].items()}


def followed(key: str, names: Mapping[str, str]) -> str:
    """The digest that stands for a text by now, through any number of erasures."""
    while key in names:
        key = names[key]
    return key


def texts_of(ledger: Ledger) -> dict[str, str]:
    """Every text by its digest; one that held an erased name by its old digest too, without the name."""
    texts = dict(ledger.texts())
    names = renamed(ledger)
    for old in names:
        if (now := followed(old, names)) in texts:
            texts[old] = texts[now]
    return texts


def standing_opinions(ledger: Ledger) -> dict[str, Entry]:
    """Opinions that were ledgered and not withdrawn, by the digest of their text."""
    names = renamed(ledger)
    standing: dict[str, Entry] = {}
    for entry in ledger.entries("opinion", "withdrawn"):
        key = followed(str(entry.body["opinion"]), names)
        if entry.kind == "opinion":
            standing[key] = entry
        else:
            standing.pop(key, None)
    return standing


def _note_opinions(ledger: Ledger, case: Case, now: datetime) -> None:
    standing = standing_opinions(ledger)
    declared: set[str] = set()
    for opinion in case.opinions:
        key = _key(ledger, opinion, standing)
        if key not in standing and key not in declared:
            body = {
                "opinion": key,
                "claim": opinion.claim,
                "evidence": opinion.evidence,
                "analyst": kept_name(ledger, opinion.analyst),
                "second_reader": kept_name(ledger, opinion.second_reader),
                "likelihood": opinion.likelihood or "",
                "confidence": opinion.confidence or "",
                "dissent": opinion.dissent,
            }
            ledger.append("opinion", body, now=now)
        declared.add(key)
    for key in sorted(standing.keys() - declared):
        ledger.append("withdrawn", {"opinion": key, "claim": standing[key].body["claim"]}, now=now)


def _note_grades(ledger: Ledger, case: Case, now: datetime) -> None:
    """A grade given, changed or taken away. One that was never given is no entry."""
    texts = texts_of(ledger)
    last = {texts.get(e.body["of"], ""): str(e.body["grade"]) for e in ledger.entries("graded")}
    grades: dict[str, str] = {f"source {s.id}": s.reliability or "" for s in case.sources}
    grades |= {f"claim {c.id}": c.credibility or "" for c in case.claims}
    for of, grade in grades.items():
        if grade != last.get(of, ""):
            # An id may spell a person's name: it is kept where it can be erased.
            ledger.append("graded", {"of": ledger.keep_text(of), "grade": grade}, now=now)


def _note_retractions(ledger: Ledger, case: Case, now: datetime) -> None:
    names = renamed(ledger)
    known = {followed(str(e.body["retraction"]), names) for e in ledger.entries("retracted")}
    for r in case.retractions:
        key = _key(ledger, r, known)
        if key not in known:
            known.add(key)
            body = {
                "retraction": key,
                "claim": r.claim,
                "source": kept_name(ledger, r.source),
                "analyst": kept_name(ledger, r.analyst),
                "by": kept_name(ledger, r.by),
                "why": ledger.keep_text(r.why),
            }
            ledger.append("retracted", body, now=now)


def _note_corrections(ledger: Ledger, case: Case, now: datetime) -> None:
    names = renamed(ledger)
    known = {followed(str(e.body["correction"]), names) for e in ledger.entries("corrected")}
    for correction in case.corrections:
        key = _key(ledger, correction, known)
        if key not in known:
            known.add(key)
            texts = {"was": ledger.keep_text(correction.was), "now": ledger.keep_text(correction.now)}
            ledger.append("corrected", {"correction": key, **texts}, now=now)


def _key(ledger: Ledger, value: Opinion | Retraction | Correction, known: Any) -> str:
    """The digest that names a declared value in the chain.

    It is that of the value's text, kept outside: a bare digest of an opinion would let a guessed name be checked. A
    ledger from before there were salts has bare ones, and they go on naming what they named.
    """
    bare = digest(value)
    return bare if bare in known else ledger.keep_text(dumps(value).decode())


def kept_name(ledger: Ledger, name: str) -> str:
    """A name's digest for a body; "" for no name."""
    plain = " ".join(name.split())
    return ledger.keep_text(plain) if plain else ""
