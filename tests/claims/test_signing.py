"""An opinion holds for the evidence it was signed over, and for no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from claims.made import PLAN, SITE, activity_finding, case, day, prediction, presence_finding
from overlook.claims import judge, questions
from overlook.terms import (
    Assertion,
    Case,
    Claim,
    ClaimJudgement,
    Commitment,
    Indicator,
    Interval,
    ModelUse,
    NotObserved,
    Obligation,
    Opinion,
    ReferenceFact,
    Reporting,
    Retraction,
    Series,
    Source,
    dumps,
    loads,
)

OF = prediction("active")
FINDING = activity_finding(OF, "active")


def judgement(*opinions: Opinion, finding: Any = FINDING, observations: Any = ()) -> ClaimJudgement:
    (found,) = judge(case(OF, opinions=opinions), {finding.id: finding}, observations, ())
    return found


EVIDENCE = judgement().evidence


def opinion(evidence: str = EVIDENCE, **more: Any) -> Opinion:
    values: dict[str, Any] = {"claim": "c1", "analyst": "A. Name", "signed": date(2018, 8, 1), "evidence": evidence}
    return Opinion(**(values | more))


READ = {"second_reader": "B. Name"}


@pytest.mark.parametrize(
    ("opinions", "status"),
    [
        ((), "machine draft"),
        ((opinion(),), "signed, unread by a second reader"),
        ((opinion(EVIDENCE[:12]),), "signed, unread by a second reader"),
        ((opinion(EVIDENCE[:12].upper()),), "signed, unread by a second reader"),
        ((opinion(EVIDENCE[:11]),), "stale"),
        ((opinion(""),), "stale"),
        ((opinion("0" * 64, **READ),), "stale"),
        ((opinion(**READ),), "signed"),
        ((opinion(second_reader=" a.  NAME "),), "signed, unread by a second reader"),
        ((opinion(), opinion(analyst="B. Name")), "signed"),
        ((opinion("0" * 64, **READ), opinion()), "signed, unread by a second reader"),
        ((opinion(dissent=True),), "machine draft"),
        ((opinion(**READ), opinion(analyst="C.", dissent=True)), "signed"),
        ((opinion(claim="another"),), "machine draft"),
    ],
)
def test_status(opinions: tuple[Opinion, ...], status: str):
    assert judgement(*opinions).status == status


@pytest.mark.parametrize(
    "changed",
    [
        {"plan": replace(PLAN, quiet_below=0.6)},
        {"plan": replace(PLAN, few_images=12)},
        {"models": (ModelUse(card="detector.json"),)},
    ],
)
def test_another_plan_or_detector_makes_a_signature_stale(changed: dict[str, Any]):
    (found,) = judge(case(OF, opinions=(opinion(**READ),), **changed), {FINDING.id: FINDING}, (), ())
    assert (found.status, found.opinions[0].is_stale) == ("stale", True)


def test_another_image_or_reading_makes_a_signature_stale():
    """A finding carries the digests of the images, boxes and counts that it rests on."""
    again = judgement(opinion(**READ), finding=replace(FINDING, evidence=("f" * 64,)))
    assert again.status == "stale"


def test_a_period_of_an_obligation_is_part_of_what_is_signed():
    of = Indicator(prediction=prediction("present", zone="pad"), shows="not met")
    k = Commitment(
        id="k",
        text="To keep the pad empty.",
        obligations=(Obligation(id="o", text="No crane.", indicators=(of,)),),
        reporting=Reporting(every="month", during=day(2018, 6, 10)),
    )

    def evidence(*findings: Any) -> str:
        (found,) = judge(Case(id="x", title="t", sites=(SITE,), commitments=(k,)), {f.id: f for f in findings}, (), ())
        return found.evidence

    (june,) = [q for q in questions(case(commitments=(k,)), (), ()) if q.window and q.window.end.month == 6]
    seen = presence_finding(replace(of.prediction, window=june.window), "present")
    assert evidence() != evidence(replace(seen, id=june.id))


def test_dissent_and_stale_opinions_are_kept():
    given = (opinion("0" * 64), opinion(analyst="C.", dissent=True))
    assert [(o.opinion, o.is_stale) for o in judgement(*given).opinions] == [(given[0], True), (given[1], False)]


def test_signing_does_not_change_the_evidence_and_new_evidence_makes_it_stale():
    assert judgement(opinion()).evidence == EVIDENCE
    more = judgement(opinion(**READ), finding=replace(FINDING, total_count=121))
    assert (more.evidence == EVIDENCE, more.status) == (False, "stale")
    assert len(EVIDENCE) == 64


def test_a_finding_of_another_part_of_the_case_leaves_the_signature_standing():
    other = activity_finding(prediction("active", zone="pad"), "active")
    (found,) = judge(case(OF, opinions=(opinion(),)), {FINDING.id: FINDING, other.id: other}, (), ())
    assert found.status == "signed, unread by a second reader"


def test_a_new_blind_image_leaves_a_settled_part_as_it_was():
    when: Interval = day(2018, 6, 2)
    blind = NotObserved(series=Series(site="s", zone="yard", cls="vehicle"), when=when, reason="cloud")
    assert judgement(opinion(), observations=[blind]).evidence == EVIDENCE


@pytest.mark.parametrize("verdict", ["active", "undetermined"])
def test_another_wording_and_a_blind_image_unsign_nobody(verdict: Any):
    """Nor where the part is open, and the blind images are told and counted."""
    found = activity_finding(OF, verdict)
    signed = opinion(judgement(finding=found).evidence)
    blind = NotObserved(series=Series(site="s", zone="yard", cls="vehicle"), when=day(2018, 6, 2), reason="cloud")
    again = judgement(signed, finding=replace(found, notes=("Said in other words.",)), observations=[blind])
    assert again.status == "signed, unread by a second reader"


def test_judgements_pass_through_canonical_json():
    found = judgement(opinion(likelihood="likely", confidence="moderate", reasons=("…",), **READ))
    assert loads(dumps(found), ClaimJudgement) == found


def test_what_was_taken_back_signs_nothing_and_a_retracted_source_unsigns():
    told = case(OF)
    claim = replace(told.claims[0], chain=("paper",))
    paper = Source(id="paper", name="A paper", kind="document")
    told = replace(told, claims=(claim,), sources=(paper, replace(paper, id="other")))
    (unsigned,) = judge(told, {FINDING.id: FINDING}, (), ())

    def judged(*retractions: Retraction) -> ClaimJudgement:
        whole = replace(told, opinions=(opinion(unsigned.evidence, **READ),), retractions=retractions)
        (found,) = judge(whole, {FINDING.id: FINDING}, (), ())
        return found

    then = {"made": date(2018, 9, 1), "why": "It does not hold."}
    assert judged().status == "signed"
    assert judged(Retraction(claim="c1", analyst="a. name", **then)).status == "machine draft"
    assert judged(Retraction(claim="c1", analyst="D. Name", **then)).status == "signed"
    assert judged(Retraction(claim="c1", **then)).status == "retracted"
    assert judged(Retraction(source="paper", **then)).status == "stale"
    assert judged(Retraction(source="other", **then)).status == "signed"
    # Whoever signs again after her retraction has an opinion again.
    assert judged(Retraction(claim="c1", analyst="A. Name", made=date(2018, 7, 1), why="x")).status == "signed"


# --- what a signature stands on besides images ------------------------------------------------------------------------

OFFICIAL = Source(id="official", name="Official", kind="anonymous", reliability="F")
PAPER = Source(id="paper", name="Paper", kind="document", relies_on=("official",))
SIX = Assertion(says="count", of="test", low=6, high=6)
FACT = ReferenceFact(id="f", text="Six.", source="s", asserts=(SIX,))
CLAIM = Claim(id="c1", quote="Six tests.", chain=("paper",), predictions=(OF,), asserts=(SIX,))


def evidence(**changed: Any) -> str:
    values: dict[str, Any] = {"claims": (CLAIM,), "sources": (OFFICIAL, PAPER), "facts": (FACT,)}
    found = judge(case(OF, **(values | changed)), {FINDING.id: FINDING}, (), ())
    return next(j.evidence for j in found if j.claim == "c1")


STANDS = evidence()
SAME = Claim(id="c2", quote="They are at work.", chain=("images",), predictions=(OF,))
QUIET = Claim(id="c2", quote="It is quiet.", chain=("x",), predictions=(replace(OF, relation="quiet"),))


@pytest.mark.parametrize(
    "changed",
    [
        {"sources": (replace(OFFICIAL, reliability="B"), PAPER)},
        {"sources": (replace(OFFICIAL, kind="named"), PAPER)},
        {"sources": (OFFICIAL, replace(PAPER, relies_on=()))},
        {"claims": (replace(CLAIM, credibility="5"),)},
        {"facts": (replace(FACT, text="Six, or seven."),)},
        {"facts": (replace(FACT, asserts=(replace(SIX, low=7.0, high=7.0),)),)},
        {"facts": ()},
        {"claims": (CLAIM, SAME)},
        {"claims": (CLAIM, QUIET)},
        {"claims": (CLAIM, replace(SAME, predictions=(), disputed_by=("c1",)))},
    ],
)
def test_a_change_of_sources_facts_or_contradictions_makes_a_signature_stale(changed: dict[str, Any]):
    assert evidence(**changed) != STANDS
    given = {"claims": (CLAIM,), "sources": (OFFICIAL, PAPER), "facts": (FACT,)} | changed
    signed = judge(case(OF, opinions=(opinion(STANDS, **READ),), **given), {FINDING.id: FINDING}, (), ())
    assert signed[0].status == "stale"


@pytest.mark.parametrize(
    "changed",
    [
        {"sources": (OFFICIAL, replace(PAPER, citation="page 1"))},
        {"sources": (OFFICIAL, PAPER, Source(id="other", name="Other", kind="named"))},
        {"facts": (FACT, ReferenceFact(id="g", text="Another.", source="s"))},
        {"claims": (CLAIM, Claim(id="c2", quote="Something else.", chain=("official",)))},
    ],
)
def test_what_the_case_says_elsewhere_leaves_a_signature_standing(changed: dict[str, Any]):
    assert evidence(**changed) == STANDS
