"""Competing hypotheses beside the evidence: which finding tells the claim from its rivals, and which tells nothing.

After Heuer, "Psychology of Intelligence Analysis" (1999), chapter 8, steps 1 to 4: hypotheses, evidence, and of each
pair whether it is consistent (C), inconsistent (I) or not applicable (N/A). His steps 5 to 8 (weigh, conclude, watch)
are a person's. Nothing is added up: many findings that fit every hypothesis tell nothing of any.

Limit: a rival declares only whether it predicts the same images as the claim's part, so C and I follow from that word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from overlook.claims.answered import Followed, answered
from overlook.claims.asking import is_unobservable
from overlook.claims.stance import Reading
from overlook.claims.turnover import of_movement
from overlook.terms import AchMatrix, AchRow, Case, Consistency, Hypothesis, Prediction, Rival

_CLAIM = Hypothesis(id="", name="the claim")


def ach(predictions: Sequence[Prediction], at: Followed) -> AchMatrix | None:
    """One row a finding and part. None where no part names a rival, or no finding says anything of a part that does.

    Rivals of two parts are one hypothesis when they have the same id and name.
    """
    told = [p for p in predictions if p.rivals and not is_unobservable(p, at.case)]
    hypotheses = list(dict.fromkeys(_hypothesis(r) for p in told for r in p.rivals))
    rows = [row for p in told for row in _rows(p, hypotheses, at)]
    return AchMatrix(hypotheses=(_CLAIM, *hypotheses), rows=tuple(rows)) if rows else None


def _hypothesis(rival: Rival) -> Hypothesis:
    return Hypothesis(id=rival.id, name=rival.name, is_deception=rival.is_deception)


def _rows(prediction: Prediction, hypotheses: Sequence[Hypothesis], at: Followed) -> Iterator[AchRow]:
    found = answered(prediction, at)
    named = {_hypothesis(rival): rival for rival in prediction.rivals}
    for reading in found.readings:
        if reading.adds_only and reading.stance == "silent":
            continue
        cells = (_of_claim(reading), *(_of_rival(named.get(h), reading, prediction, at.case) for h in hypotheses))
        told = not reading.weak and {"C", "I"} <= set(cells)
        yield AchRow(part=prediction.id, finding=reading.finding, cells=cells, is_diagnostic=told, is_weak=reading.weak)


def _of_claim(reading: Reading) -> Consistency:
    if reading.stance == "matches":
        return "C"
    return "I" if reading.stance == "contradicts" else "N/A"


def _of_rival(rival: Rival | None, reading: Reading, prediction: Prediction, case: Case) -> Consistency:
    """What looks the same fares as the claim does; what looks different, the other way round."""
    own = _of_claim(reading)
    if rival is None or own == "N/A":
        return "N/A"
    predicts = of_movement(rival, prediction, case) if reading.adds_only else rival.predicts
    if predicts is None:
        return "N/A"
    if predicts == "same":
        return own
    return "I" if own == "C" else "C"
