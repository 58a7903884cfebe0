"""Signing a judgement and taking something back: written into case.yaml, and ledgered at once.

Nobody copies a digest: an opinion is signed over the evidence as the last assessment has it, and only while that
assessment is what would be made now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from overlook.errors import InputError, RefusedError, UsageError
from overlook.run.add import WAIT_S
from overlook.run.assess import is_current
from overlook.run.declare import adding
from overlook.run.folder import open_folder
from overlook.run.record import note_declared
from overlook.run.report import last_assessment
from overlook.store import Ledger, Store, locked
from overlook.terms import Case, ClaimJudgement, Confidence, Likelihood, Opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What a person says of a claim. `reader` read it after her; `dissent`: she disagrees with what is signed."""

    by: str
    likelihood: Likelihood | None = None
    confidence: Confidence | None = None
    reasons: tuple[str, ...] = ()
    reader: str = ""
    dissent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What signing or retracting wrote: the digest signed over ("" for a retraction), and what of case.yaml changed."""

    evidence: str
    diff: str


def sign(root: Path, claim: str, signing: Signing, *, now: datetime | None = None) -> Signed:
    """Write an opinion of a claim (or commitment) into case.yaml, over the evidence as it was last assessed.

    Raises RefusedError E-REFUSED-OUTDATED when the case, an image or the code changed since, InputError when nothing
    was assessed or there is no such claim, UsageError for an opinion that says nothing or stands already, CaseError for
    a case that would not be valid.
    """
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    if not signing.by.strip():
        raise UsageError("E-USAGE-BY", "nobody was named", where="--by", remedy="say who signs: --by NAME")
    if signing.likelihood is None and signing.confidence is None and not signing.reasons:
        what = "neither a likelihood nor a confidence nor a reason was given"
        raise UsageError("E-USAGE-SIGN", what, remedy="--likelihood, --confidence or --because")
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        case = _case(folder.root, moment)
        store = Store(folder.derived)
        assessment, _ = last_assessment(folder, store, ledger)
        if not is_current(folder, store, ledger, case, assessment):
            raise RefusedError(
                "E-REFUSED-OUTDATED",
                "something changed since the last assessment: what would be signed is not what was read",
                where=str(root),
                remedy=f"`overlook assess {root}`, read the report, then sign",
            )
        judgement = _judgement(assessment.judgements, claim, root)
        _require_new(case, claim, signing, judgement, moment.date())
        row: dict[str, Any] = {"claim": claim, "analyst": signing.by.strip(), "signed": moment.date().isoformat()}
        row["evidence"] = judgement.evidence
        row |= {"likelihood": signing.likelihood} if signing.likelihood else {}
        row |= {"confidence": signing.confidence} if signing.confidence else {}
        row |= {"reasons": list(signing.reasons)} if signing.reasons else {}
        row |= {"second_reader": signing.reader.strip()} if signing.reader.strip() else {}
        row |= {"dissent": True} if signing.dissent else {}
        changed = adding(folder, {"opinions": [row]}, now=moment)
        # case.yaml first: what it says is the signature, and the next assessment ledgers what a kill left out.
        changed.write()
        note_declared(ledger, changed.case, now=moment)
    return Signed(evidence=judgement.evidence, diff=changed.diff)


def retract(
    root: Path,
    of: str,
    *,
    why: str,
    opinion_of: str = "",
    by: str = "",
    now: datetime | None = None,
) -> Signed:
    """Take back a claim, a commitment or a source (`of`, its id), or `opinion_of`'s opinion of a claim. It stays shown.

    Raises InputError for an id that is not there, UsageError for an id that a claim and a source share or for what was
    taken back already, CaseError for a case that would not be valid.
    """
    folder = open_folder(root)
    moment = now or datetime.now(UTC)
    if not why.strip():
        raise UsageError("E-USAGE-WHY", "no reason was given", where="--why", remedy="say why it does not hold")
    with locked(folder.derived, wait_s=WAIT_S), Ledger(folder.ledger) as ledger:
        case = _case(folder.root, moment)
        kind = _kind(case, of, is_opinion=bool(opinion_of.strip()))
        row: dict[str, Any] = {kind: of, "made": moment.date().isoformat(), "why": why.strip()}
        row |= {"analyst": opinion_of.strip()} if opinion_of.strip() else {}
        row |= {"by": by.strip()} if by.strip() else {}
        if any((r.claim or r.source, r.analyst) == (of, opinion_of.strip()) for r in case.retractions):
            raise UsageError("E-USAGE-RETRACT", "it was retracted already", where=of, remedy="see `retractions:`")
        changed = adding(folder, {"retractions": [row]}, now=moment)
        changed.write()
        note_declared(ledger, changed.case, now=moment)
    return Signed(evidence="", diff=changed.diff)


def _case(root: Path, now: datetime) -> Case:
    from overlook.case import read_case

    return read_case(root, now=now)


def _judgement(judgements: tuple[ClaimJudgement, ...], claim: str, root: Path) -> ClaimJudgement:
    found = next((j for j in judgements if j.claim == claim), None)
    if found is None:
        known = ", ".join(j.claim for j in judgements[:8]) or "none is declared"
        raise InputError("E-INPUT-CLAIM", f"there is no claim {claim!r}; known: {known}", where=str(root))
    return found


def _require_new(case: Case, claim: str, signing: Signing, judgement: ClaimJudgement, today: date) -> None:
    """Raises UsageError for an opinion that she holds already, or one that her own retraction would cover."""
    if judgement.status == "retracted":
        raise UsageError("E-USAGE-SIGN", f"claim {claim} was retracted", where=claim, remedy="sign another claim")
    mine = [o for o in case.opinions if o.claim == claim and _same(o.analyst, signing.by)]
    if any(_equal(o, signing) and judgement.evidence.startswith(o.evidence) for o in mine):
        what = f"{signing.by.strip()} signed this already, over the same evidence"
        raise UsageError("E-USAGE-SIGN", what, where=claim, remedy="change `opinions:` in case.yaml, or retract it")
    if any(r.claim == claim and _same(r.analyst, signing.by) and r.made >= today for r in case.retractions):
        what = f"{signing.by.strip()}'s opinion was retracted today, and the retraction would cover this one"
        raise UsageError("E-USAGE-SIGN", what, where=claim, remedy="sign tomorrow, or take the retraction out")


def _equal(opinion: Opinion, signing: Signing) -> bool:
    said = (opinion.likelihood, opinion.confidence, opinion.reasons, opinion.dissent, opinion.second_reader)
    return said == (signing.likelihood, signing.confidence, signing.reasons, signing.dissent, signing.reader.strip())


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _kind(case: Case, of: str, *, is_opinion: bool) -> str:
    is_claim = of in {c.id for c in case.claims} | {k.id for k in case.commitments}
    is_source = of in {s.id for s in case.sources}
    if is_claim and (is_opinion or not is_source):
        return "claim"
    if is_source and not is_claim and not is_opinion:
        return "source"
    if is_claim and is_source:
        what = "a claim and a source have this id"
        raise UsageError("E-USAGE-RETRACT", what, where=of, remedy="write it by hand under `retractions:`")
    what = "there is no claim of this id" if is_opinion else "there is no claim, commitment or source of this id"
    raise InputError("E-INPUT-CLAIM", what, where=of, remedy="give an id of case.yaml")
