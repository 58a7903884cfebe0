"""Findings to judgements. The default is insufficient imagery, and evidence has to move it from there.

A part is judged by what overhead images would show if it were true; whether the claim is true is a person's judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from overlook.claims.ach import ach
from overlook.claims.answered import answered
from overlook.claims.asking import is_unobservable, tested, timed
from overlook.claims.breaks import steps_beside
from overlook.claims.chain import Chains, graph_of
from overlook.claims.chain_standing import commitment_standing, standing_of
from overlook.claims.combining import Answer
from overlook.claims.commitments_periods import observed_span
from overlook.claims.compliance import compliance, findings_of
from overlook.claims.composite import members_of
from overlook.claims.contradict import comparisons, of_claim
from overlook.claims.needs import needs_of
from overlook.claims.observables import labelled, observable
from overlook.claims.phrases import listed, place
from overlook.claims.presence import leaning
from overlook.claims.signing import evidence_of, opinions_of, status_of
from overlook.claims.sources import commitment_notes, disputes, source_notes
from overlook.claims.stance import Reading
from overlook.claims.turnover import of_movement
from overlook.claims.unseen import unseen_lines
from overlook.terms import (
    Case,
    Claim,
    ClaimJudgement,
    Commitment,
    Comparison,
    CompositeFinding,
    Count,
    Finding,
    Gap,
    Index,
    Judgement,
    Observation,
    Prediction,
    Series,
    Sighting,
    SourceGraph,
    Verdict,
    word,
)


def judge(
    case: Case,
    findings: Mapping[str, Finding],
    observations: Sequence[Observation],
    gaps: Sequence[Gap],
) -> tuple[ClaimJudgement, ...]:
    """One `ClaimJudgement` for each claim, then for each commitment, in the case's order.

    `findings` are by question id. A prediction that no finding answers is insufficient imagery, never an error. An
    observation that is `NotObserved` changes what is told of it and no verdict.
    """
    chains = Chains.of(case)
    told = (chains, graph_of(chains), comparisons(case))
    at = _Evidence(case, findings, observations, gaps, *_followed(findings, observations), *told)
    return (
        *(_judge_claim(claim, at) for claim in case.claims),
        *(_judge_commitment(commitment, at) for commitment in case.commitments),
    )


@dataclass(frozen=True)
class _Evidence:
    case: Case
    findings: Mapping[str, Finding]
    observations: Sequence[Observation]
    gaps: Sequence[Gap]
    sighted: tuple[Series, ...]
    counted: tuple[Series, ...]
    boxed: tuple[Series, ...]
    chains: Chains
    graph: SourceGraph
    comparisons: tuple[Comparison, ...]

    def used(self, parts: Sequence[Judgement], *more: str) -> list[Finding]:
        return [self.findings[f] for f in dict.fromkeys((*(f for p in parts for f in p.findings), *more))]


def _followed(
    findings: Mapping[str, Finding], observations: Sequence[Observation]
) -> tuple[tuple[Series, ...], tuple[Series, ...], tuple[Series, ...]]:
    """Series that were sighted, counted, and asked for coming and going; those of findings too, which may come without
    their observations.

    A composite is of series that have findings of their own.
    """
    sighted = {o.series for o in observations if isinstance(o, Sighting)}
    counted = {o.series for o in observations if isinstance(o, Count | Index)}
    for finding in (f for f in findings.values() if f.kind != "composite"):
        (sighted if finding.kind in ("presence", "transition") else counted).add(finding.series)
    boxed = {f.series for f in findings.values() if f.kind == "turnover"}
    return _in_order(sighted), _in_order(counted), _in_order(boxed)


def _in_order(series: set[Series]) -> tuple[Series, ...]:
    return tuple(sorted(series, key=lambda s: (s.site, s.zone, s.cls)))


def _judge_claim(claim: Claim, at: _Evidence) -> ClaimJudgement:
    parts = _parts(claim.id, claim.predictions, at)
    standing = standing_of(claim, at.chains, at.graph, of_claim(claim.id, at.comparisons))
    evidence = evidence_of(claim, parts, at.used(parts), standing, at.case)
    opinions = opinions_of(claim.id, at.case.opinions, evidence, at.case.retractions)
    return ClaimJudgement(
        claim=claim.id,
        parts=parts,
        not_observable=claim.not_observable,
        evidence=evidence,
        status=status_of(claim.id, opinions, at.case.retractions),
        opinions=opinions,
        source_notes=source_notes(claim, at.chains, at.graph),
        disputes=disputes(claim, at.case),
        ach=ach([timed(p, at.case) for p in claim.predictions], at),
    )


def _judge_commitment(commitment: Commitment, at: _Evidence) -> ClaimJudgement:
    """Its own indicators, its obligations period by period, and the terms nobody defined.

    An obligation's indicators are no parts: what was taken down and put back is not "mixed" but two months.
    """
    parts = _parts(commitment.id, commitment.indicators, at)
    matrix = compliance(commitment, at, observed_span(at.observations))
    if commitment.undefined:
        terms = listed(f"“{term}”" for term in commitment.undefined)
        said = f"Undefined: {terms}. What is seen does not say whether the commitment is kept."
        parts = tuple(replace(p, why=(*p.why, said)) for p in parts)
    standing = commitment_standing(commitment, at.chains)
    evidence = evidence_of(commitment, parts, at.used(parts, *findings_of(matrix)), standing, at.case)
    opinions = opinions_of(commitment.id, at.case.opinions, evidence, at.case.retractions)
    return ClaimJudgement(
        claim=commitment.id,
        parts=parts,
        not_observable=tuple(
            f"undefined: “{term}”; no indicator of it can be judged until it is defined"
            for term in commitment.undefined
        ),
        evidence=evidence,
        status=status_of(commitment.id, opinions, at.case.retractions),
        opinions=opinions,
        source_notes=commitment_notes(commitment, at.case),
        compliance=matrix,
    )


def _parts(subject: str, predictions: Sequence[Prediction], at: _Evidence) -> tuple[Judgement, ...]:
    predictions = [timed(p, at.case) for p in predictions]
    judged = [_judge_part(subject, p, at) for p in predictions]
    return _mix_indicators(predictions, judged, at)


# --- one part ---------------------------------------------------------------------------------------------------------


def _judge_part(subject: str, prediction: Prediction, at: _Evidence) -> Judgement:
    if is_unobservable(prediction, at.case):
        return _not_observable(subject, prediction, at.case)
    found = answered(prediction, at)
    readings, answer = found.readings, found.answer
    members = (m for f in found.findings if isinstance(f, CompositeFinding) for m in members_of(f, at.findings))
    basis = [*found.findings, *members]
    prediction, refuted = _moved(prediction, answer, at.case)
    verdict, told = _verdict(prediction, answer)
    # What only adds decides by itself where nothing else does.
    deciding = [r for r in answer.deciding if not r.adds_only] or answer.deciding
    single = deciding[0] if len(deciding) == 1 else None
    probability = single.probability if single else None
    against, still_open = _rivals(prediction, verdict)
    seeks_images = verdict in ("insufficient imagery", "mixed")
    return Judgement(
        claim=subject,
        prediction=prediction.id,
        verdict=verdict,
        observable=labelled(
            single.observable if single else observable(prediction, at.case),
            verdict,
            has_likelihood=probability is not None,
        ),
        why=(
            *_why(readings, prediction, at),
            *(unseen_lines(prediction, at.case, at.observations, at.gaps) if seeks_images else ()),
            *steps_beside(prediction, at.findings.values(), at.case),
            *refuted,
            *told,
        ),
        findings=tuple(f.id for f in basis),
        probability=probability,
        likelihood=None if probability is None else word(probability),
        rivals_against=against,
        rivals_open=still_open,
        would_change=_would_change(prediction, verdict),
        needs=needs_of(prediction, basis, at.observations, at.case) if seeks_images else (),
    )


def _not_observable(subject: str, prediction: Prediction, case: Case) -> Judgement:
    if prediction.inside:
        why = "No overhead image can show it, whatever is seen outside: it is under a roof, underground or in the mind."
    else:
        where = place(case, prediction.site, prediction.zone)
        why = f"{where} is roofed: nothing inside it is observable, whatever is seen outside."
    return Judgement(
        claim=subject,
        prediction=prediction.id,
        verdict="not observable",
        observable=labelled(observable(prediction, case), "not observable", has_likelihood=False),
        why=(why,),
        rivals_open=tuple(r.id for r in prediction.rivals),
        would_change=_would_change(prediction, "not observable"),
    )


def _moved(prediction: Prediction, answer: Answer, case: Case) -> tuple[Prediction, list[str]]:
    """Each finding against what the rivals predict of what it tests: one that predicts the same level, and that nothing
    comes and goes, predicted otherwise than was seen where more came and went than errors would make."""
    if not any(r.adds_only and r.stance == "matches" and not r.weak for r in answer.deciding):
        return prediction, []
    refuted = {
        r.id for r in prediction.rivals if r.predicts == "same" and of_movement(r, prediction, case) == "different"
    }
    if not refuted:
        return prediction, []
    rivals = tuple(replace(r, predicts="different") if r.id in refuted else r for r in prediction.rivals)
    names = _quoted(r.name for r in prediction.rivals if r.id in refuted)
    return replace(prediction, rivals=rivals), [
        f"Would fill the place as well, and nothing would come and go: {names}."
    ]


def _verdict(prediction: Prediction, answer: Answer) -> tuple[Verdict, list[str]]:
    if answer.stance == "silent":
        return "insufficient imagery", []
    if answer.stance == "mixed":
        return "mixed", ["What was seen disagrees."]
    if answer.stance == "contradicts":
        return "inconsistent", []
    if answer.weak:
        return "consistent, not diagnostic", []
    rivals = prediction.rivals
    if not rivals:
        return "consistent, not diagnostic", ["No rival explanation is named, so agreement supports nothing."]
    if same := [r.name for r in rivals if r.predicts == "same"]:
        return "consistent, not diagnostic", [f"Would look the same: {_quoted(same)}."]
    if not any(r.is_deception for r in rivals):
        return "consistent, not diagnostic", ["Deception is not among the named rivals."]
    return "supported", [f"It is what the claim predicts, and would look different: {_quoted(r.name for r in rivals)}."]


def _quoted(names: Iterable[str]) -> str:
    return listed(f"“{name}”" for name in names)


def _rivals(prediction: Prediction, verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(predicted otherwise than was seen, still open), by id. Only something seen moves a rival."""
    same = tuple(r.id for r in prediction.rivals if r.predicts == "same")
    different = tuple(r.id for r in prediction.rivals if r.predicts == "different")
    if verdict in ("supported", "consistent, not diagnostic"):
        return different, same
    if verdict == "inconsistent":
        return same, different
    return (), tuple(r.id for r in prediction.rivals)


def _why(readings: Sequence[Reading], prediction: Prediction, at: _Evidence) -> tuple[str, ...]:
    lines = list(dict.fromkeys(line for reading in readings for line in reading.why))
    if not lines:
        lines.append(f"No usable image of {place(at.case, prediction.site, prediction.zone)} answers this.")
        if prediction.cls and tested(prediction) not in ("active", "quiet", "changed", "same", "present", "absent"):
            lines.append(
                "Arrivals and departures are told from boxes on images or sightings of an indicator, not from counts."
            )
    return tuple(lines)


_SAME_TIME = "More images of the same time."


def _would_change(prediction: Prediction, verdict: Verdict) -> tuple[str, ...]:
    if verdict == "not observable":
        return ("No overhead image. Access, a document or a person who saw it would.",)
    if verdict in ("insufficient imagery", "mixed"):
        more = "More usable images of that place and time." if verdict == "insufficient imagery" else _SAME_TIME
        return (more,)
    if verdict == "inconsistent":
        return ("An error in what was drawn, read or dated; or images of the same time that show otherwise.",)
    if verdict == "supported":
        return (
            "An explanation nobody has named that predicts the same images.",
            "Images of the same time that show otherwise.",
        )
    lines = []
    if same := [r.name for r in prediction.rivals if r.predicts == "same"]:
        lines.append(f"Something that the claim would show and these would not: {_quoted(same)}.")
    if not any(r.is_deception for r in prediction.rivals):
        lines.append("Naming the rivals, deception among them, and what each predicts.")
    return (*lines, "Images of the same time that show otherwise.")


# --- indicators that disagree -----------------------------------------------------------------------------------------


def _mix_indicators(
    predictions: Sequence[Prediction], judged: Sequence[Judgement], at: _Evidence
) -> tuple[Judgement, ...]:
    """Indicators of one claim at one site and time are read together: one seen as predicted and one not are mixed.

    At least one of the two must have been seen: two things that were not seen do not disagree.
    """
    leanings = [leaning(p, [at.findings[f] for f in j.findings]) for p, j in zip(predictions, judged, strict=True)]
    mixed: list[Judgement] = []
    for i, judgement in enumerate(judged):
        others = [
            observable(predictions[k], at.case)
            for k in range(len(judged))
            if leanings[i][0] * leanings[k][0] < 0
            and (leanings[i][1] or leanings[k][1])
            and _together(predictions[i], predictions[k])
        ]
        mixed.append(_mixed(judgement, predictions[i], others, at) if others else judgement)
    return tuple(mixed)


def _together(a: Prediction, b: Prediction) -> bool:
    same_time = a.window is None or b.window is None or a.window.overlaps(b.window)
    return bool(a.indicator and b.indicator) and a.site == b.site and same_time


def _mixed(judgement: Judgement, prediction: Prediction, others: Sequence[str], at: _Evidence) -> Judgement:
    against, still_open = _rivals(prediction, "mixed")
    return replace(
        judgement,
        verdict="mixed",
        observable=labelled(observable(prediction, at.case), "mixed", has_likelihood=False),
        probability=None,
        likelihood=None,
        why=(*judgement.why, f"It disagrees with what was read for: {' '.join(f'“{o}”' for o in others)}"),
        rivals_against=against,
        rivals_open=still_open,
        would_change=_would_change(prediction, "mixed"),
        needs=judgement.needs
        or needs_of(prediction, [at.findings[f] for f in judgement.findings], at.observations, at.case),
    )
