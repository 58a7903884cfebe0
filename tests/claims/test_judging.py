"""Each verdict rule by the smallest case that shows it, then what must never happen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from claims.made import (
    DECEPTION,
    OTHER_USE,
    PLAN,
    SAME_LOOK,
    SITE,
    SUMMIT,
    WINDOW,
    activity_finding,
    case,
    day,
    event_finding,
    judged,
    prediction,
    presence_finding,
    rivals,
    span,
    transition_finding,
)
from overlook.claims import judge
from overlook.claims.asking import asked_by
from overlook.terms import (
    Commitment,
    Finding,
    Gap,
    NotObserved,
    Prediction,
    Series,
    Site,
)

INSUFFICIENT, CONSISTENT = "insufficient imagery", "consistent, not diagnostic"


# --- not observable ---------------------------------------------------------------------------------------------------


def test_the_inside_of_a_roofed_zone_is_not_observable_whatever_was_seen():
    part = judged(prediction("active", zone="hall"))
    assert part.verdict == "not observable"
    assert part.needs == ()
    assert "roofed" in part.why[0]


def test_what_lies_in_a_mind_is_not_observable_although_a_finding_answers():
    of = prediction("active")
    part = judged(replace(of, inside=True, rivals=(SAME_LOOK,)), activity_finding(of, "active"))
    assert (part.verdict, part.findings, part.rivals_open) == ("not observable", (), ("twin",))


def test_the_claims_own_unobservable_parts_stay_a_list():
    made = case(prediction())
    made = replace(made, claims=(replace(made.claims[0], not_observable=("what is being built",)),))
    assert judge(made, {}, (), ())[0].not_observable == ("what is being built",)


# --- insufficient imagery ---------------------------------------------------------------------------------------------

RELATIONS = (
    "active",
    "quiet",
    "changed",
    "same",
    "present",
    "absent",
    "arrived",
    "left",
    "built",
    "removed",
    "altered",
)


@pytest.mark.parametrize("relation", RELATIONS)
def test_without_a_finding_imagery_is_insufficient_and_the_images_that_would_settle_it_are_named(relation: str):
    part = judged(prediction(relation, needs_gsd_m=0.5))
    assert part.verdict == INSUFFICIENT
    assert (part.probability, part.likelihood, part.findings) == (None, None, ())
    assert part.needs
    assert all(n.site == "s" and n.zone == "yard" and n.max_gsd_m == 0.5 for n in part.needs)


@pytest.mark.parametrize(
    ("of", "finding"),
    [
        (prediction("active"), activity_finding(prediction("active"), "undetermined")),
        (prediction("quiet"), activity_finding(prediction("quiet"), "undetermined")),
        (prediction("same"), event_finding(prediction("same"), "undetermined")),
        (prediction("changed"), event_finding(prediction("changed"), "undetermined")),
        (prediction("present"), presence_finding(prediction("present"), "undetermined", n_absent=3)),
        (prediction("left"), transition_finding(prediction("left"), "undetermined")),
    ],
    ids=["active", "quiet", "same", "changed", "present", "left"],
)
def test_undetermined_is_insufficient(of: Prediction, finding: Finding):
    part = judged(rivals(of, DECEPTION), finding)
    assert part.verdict == INSUFFICIENT
    assert part.findings == (finding.id,)
    assert part.rivals_open == ("decoy",)


def test_class_based_arrivals_ask_for_sightings():
    part = judged(prediction("arrived", cls="truck"))
    assert part.verdict == INSUFFICIENT
    assert "sightings" in part.needs[0].text
    assert any("not from counts" in line for line in part.why)


def test_blind_images_are_told_by_reason():
    yard = Series(site="s", zone="yard", cls="vehicle")
    blind = [
        NotObserved(series=yard, when=day(2018, 6, d), scene=str(d), reason=r)
        for d, r in [(2, "cloud"), (3, "cloud"), (4, "too coarse")]
    ]
    dry = span(day(2018, 6, 5), day(2018, 7, 1))
    part = judged(
        prediction("active"),
        observations=blind,
        gaps=[
            Gap(site="s", zone="yard", during=dry, reason="no image"),
            Gap(site="s", zone="", during=span(day(2018, 6, 20), day(2018, 7, 3)), reason="no image"),
            Gap(site="s", zone="", during=day(2018, 7, 8), reason="not searched"),
            Gap(site="s", zone="yard", during=day(2018, 9, 9), reason="not searched"),
            Gap(site="s", zone="pad", during=day(2018, 7, 9), reason="not searched"),
            Gap(site="s", zone="yard", during=day(2018, 7, 9), reason="not searched", scene="a"),
        ],
    )
    assert "Could not be seen 3 times: 2 cloud, 1 too coarse." in part.why
    assert "Searched, and no image came back: 5 June to 3 July 2018." in part.why
    assert "No image, and no search for one on record: 8 July 2018." in part.why


def test_times_without_an_image_are_cut_to_the_windows_around_the_event():
    year = Gap(site="s", zone="", during=span(day(2018, 1, 1), day(2018, 12, 31)), reason="not searched")
    part = judged(prediction("same"), gaps=[year])
    said = "No image, and no search for one on record: 12 February to 11 June 2018; 13 June to 27 July 2018."
    assert said in part.why


def test_indicators_are_named_in_words():
    of = prediction("present", indicator="steam-plume")
    part = judged(of, presence_finding(of, "present"))
    assert part.observable == "Images of 1 June to 30 July 2018 show “steam plume” in Yard."
    assert part.why == (
        "Yard: steam plume seen on 3 of 3 images (confirmed).",
        "No rival explanation is named, so agreement supports nothing.",
    )
    nothing = judged(prediction("absent"), presence_finding(prediction("absent"), "absent"))
    assert nothing.observable == "Images of 1 June to 30 July 2018 show no “crane” in Yard."
    assert nothing.why[0] == (
        "Yard: crane not seen on 2 of 2 images; together they would have missed it with 4% chance."
    )


def test_only_events_near_the_transition_are_told():
    far = replace(SUMMIT, id="far", name="Far event", during=day(2017, 1, 1))
    of = prediction("left")
    finding = transition_finding(of, "left", order=(("far", "after"), ("summit", "after")))
    part = judged(of, finding, events=(SUMMIT, far))
    assert part.why[1:] == ("That was after Summit.", "No rival explanation is named, so agreement supports nothing.")


# --- matches ----------------------------------------------------------------------------------------------------------

MATCHES: list[tuple[Prediction, Finding]] = [
    (prediction("active"), activity_finding(prediction("active"), "active")),
    (prediction("quiet"), activity_finding(prediction("quiet"), "no activity observed")),
    (prediction("changed"), event_finding(prediction("changed"), "changed", 1.5, 2.5, p_above_one=0.999)),
    (prediction("same"), event_finding(prediction("same"), "same", 0.9, 1.1, p_within_margin=0.97)),
    (prediction("present"), presence_finding(prediction("present"), "present")),
    (prediction("absent"), presence_finding(prediction("absent"), "absent")),
    (prediction("arrived"), transition_finding(prediction("arrived"), "arrived")),
    (prediction("left"), transition_finding(prediction("left"), "left")),
    (prediction("built"), transition_finding(prediction("built"), "built")),
    (prediction("removed"), transition_finding(prediction("removed"), "removed")),
    (prediction("altered"), transition_finding(prediction("altered"), "altered")),
]


@pytest.mark.parametrize(("of", "finding"), MATCHES, ids=[p.relation for p, _ in MATCHES])
def test_supported_needs_named_rivals_deception_among_them_and_all_predicting_otherwise(
    of: Prediction, finding: Finding
):
    supported = judged(rivals(of, DECEPTION, OTHER_USE), finding)
    assert supported.verdict == "supported"
    assert supported.rivals_against == ("decoy", "other")
    assert supported.rivals_open == ()
    assert supported.needs == ()

    assert judged(of, finding).verdict == CONSISTENT
    assert judged(rivals(of, OTHER_USE), finding).verdict == CONSISTENT
    open_ = judged(rivals(of, DECEPTION, SAME_LOOK), finding)
    assert (open_.verdict, open_.rivals_open, open_.rivals_against) == (CONSISTENT, ("twin",), ("decoy",))
    assert any("Maintenance" in line for line in open_.would_change)


@pytest.mark.parametrize(
    ("of", "finding", "probability", "word"),
    [
        (*MATCHES[0], 0.999, "almost certain"),
        (*MATCHES[1], 0.999, "almost certain"),
        (*MATCHES[2], 0.999, "almost certain"),
        (*MATCHES[3], 0.97, "almost certain"),
        (*MATCHES[4], None, None),
        (*MATCHES[7], None, None),
    ],
)
def test_words_belong_to_the_tested_observable(of: Prediction, finding: Finding, probability: Any, word: Any):
    part = judged(of, finding)
    assert part.probability == (None if probability is None else pytest.approx(probability))
    assert part.likelihood == word


def test_a_fall_is_told_as_a_fall_with_its_own_probability():
    of = prediction("changed")
    part = judged(of, event_finding(of, "changed", 0.4, 0.7, p_above_one=0.02))
    assert "lower after Summit" in part.observable
    assert (part.probability, part.likelihood) == (pytest.approx(0.98), "almost certain")


def test_exploratory_answers_have_no_word_and_support_nothing():
    of = rivals(prediction("active"), DECEPTION)
    part = judged(of, activity_finding(of, "active", exploratory=True))
    assert (part.verdict, part.probability, part.likelihood) == (CONSISTENT, None, None)
    assert any("exploratory" in line for line in part.why)
    of = rivals(prediction("changed"), DECEPTION)
    part = judged(of, event_finding(of, "changed", 1.5, 2.5, p_above_one=0.99, exploratory=True))
    assert (part.verdict, part.probability, part.likelihood) == (CONSISTENT, None, None)


def test_merely_possible_supports_nothing():
    of = rivals(prediction("present"), DECEPTION)
    assert judged(of, presence_finding(of, "present", identification="possible")).verdict == CONSISTENT
    of = rivals(prediction("left"), DECEPTION)
    assert judged(of, transition_finding(of, "left", identification="possible")).verdict == CONSISTENT


def test_a_small_real_change_is_both_changed_and_about_the_same():
    both = {"also_same": True, "p_within_margin": 0.99, "p_above_one": 0.98}
    for relation in ("same", "changed"):
        of = prediction(relation)
        part = judged(of, event_finding(of, "changed", 1.02, 1.15, **both))
        assert part.verdict == CONSISTENT
        assert any("lies within the declared margin of a factor 1.25" in line for line in part.why)


# --- inconsistent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "finding"),
    [
        (prediction("same"), event_finding(prediction("same"), "changed", 1.3, 2.0, p_within_margin=0.01)),
        (prediction("same"), event_finding(prediction("same"), "changed", 0.5, 0.79, p_within_margin=0.01)),
        (prediction("changed"), event_finding(prediction("changed"), "same", 0.9, 1.1, p_within_margin=0.99)),
        (prediction("quiet"), activity_finding(prediction("quiet"), "active")),
        (prediction("active"), activity_finding(prediction("active"), "no activity observed")),
        (prediction("absent"), presence_finding(prediction("absent"), "present", identification="probable")),
        (prediction("removed"), transition_finding(prediction("removed"), "unchanged", between=WINDOW)),
        (prediction("built"), transition_finding(prediction("built"), "unchanged", between=WINDOW)),
    ],
    ids=["rose", "fell", "stayed", "not quiet", "bounded rate", "seen", "still stands", "stood before"],
)
def test_positive_evidence_contradicts(of: Prediction, finding: Finding):
    part = judged(rivals(of, DECEPTION), finding)
    assert part.verdict == "inconsistent"
    assert part.rivals_open == ("decoy",)
    assert part.needs == ()


def test_a_bounded_rate_says_that_it_is_positive_evidence():
    of = prediction("active")
    part = judged(of, activity_finding(of, "no activity observed"))
    assert any("positive evidence" in line for line in part.why)
    assert (part.probability, part.likelihood) == (pytest.approx(0.001), "almost no chance")


def test_absence_contradicts_only_what_had_to_be_in_the_open_then():
    of = prediction("present")
    absent = presence_finding(of, "absent", chance_missed=0.04)
    open_ = replace(of, must_be_in_the_open=True)
    assert judged(open_, absent).verdict == "inconsistent"
    assert judged(of, absent).verdict == INSUFFICIENT
    assert judged(open_, replace(absent, chance_missed=0.06, verdict="undetermined")).verdict == INSUFFICIENT
    assert judged(open_, replace(absent, chance_missed=0.06)).verdict == INSUFFICIENT
    assert judged(open_, replace(absent, chance_missed=None)).verdict == INSUFFICIENT
    timeless = replace(open_, window=None)
    assert judged(timeless, presence_finding(timeless, "absent")).verdict == INSUFFICIENT


def test_changed_within_or_across_the_margin_does_not_contradict_same():
    of = prediction("same")
    assert judged(of, event_finding(of, "changed", 1.1, 2.0)).verdict == INSUFFICIENT
    assert judged(of, event_finding(of, "changed", 1.3, 2.0, margin=None)).verdict == INSUFFICIENT


def test_exploratory_answers_do_not_contradict_unless_things_were_seen():
    for relation, verdict, low, high in [("same", "changed", 1.3, 2.0), ("changed", "same", 0.9, 1.1)]:
        of = prediction(relation)
        assert judged(of, event_finding(of, verdict, low, high, exploratory=True)).verdict == INSUFFICIENT
    of = prediction("active")
    assert judged(of, activity_finding(of, "no activity observed", exploratory=True)).verdict == INSUFFICIENT
    of = prediction("quiet")
    part = judged(of, activity_finding(of, "active", exploratory=True))
    assert (part.verdict, part.likelihood) == ("inconsistent", None)


def test_merely_possible_does_not_contradict():
    of = prediction("absent")
    assert judged(of, presence_finding(of, "present", identification="possible")).verdict == INSUFFICIENT
    of = prediction("removed")
    unchanged = transition_finding(of, "unchanged", between=WINDOW, identification="possible")
    assert judged(of, unchanged).verdict == INSUFFICIENT


def test_what_comes_and_goes_is_not_contradicted_by_being_there():
    of = prediction("left")
    assert judged(of, transition_finding(of, "stayed", between=WINDOW)).verdict == INSUFFICIENT


def test_a_structure_contradicts_only_when_the_images_span_the_claims_time():
    of = prediction("removed")
    assert judged(of, transition_finding(of, "unchanged")).verdict == INSUFFICIENT


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (day(2018, 6, 20), day(2018, 7, 1), CONSISTENT),
        (day(2018, 5, 20), day(2018, 6, 10), INSUFFICIENT),
        (day(2018, 8, 20), day(2018, 9, 10), INSUFFICIENT),
    ],
    ids=["inside", "across the edge", "outside"],
)
def test_a_transition_matches_when_it_lies_in_the_claims_time(first: Any, last: Any, verdict: str):
    of = prediction("left")
    assert judged(of, transition_finding(of, "left", between=span(first, last))).verdict == verdict


# --- mixed ------------------------------------------------------------------------------------------------------------


def test_a_mixed_finding_is_mixed():
    for relation in ("present", "absent"):
        of = prediction(relation)
        part = judged(of, presence_finding(of, "mixed"))
        assert part.verdict == "mixed"
        assert part.needs
    of = prediction("removed")
    assert judged(of, transition_finding(of, "altered")).verdict == "mixed"


def test_indicators_of_one_claim_that_disagree_are_mixed():
    plume = prediction("present", id="p1", indicator="plume")
    discharge = prediction("present", id="p2", indicator="discharge", zone="pad")
    found = presence_finding(plume, "present")
    lacking = presence_finding(discharge, "undetermined", n_absent=1, chance_missed=None)
    (claim,) = judge(case(plume, discharge), {f.id: f for f in (found, lacking)}, (), ())
    assert [p.verdict for p in claim.parts] == ["mixed", "mixed"]
    assert all(p.needs for p in claim.parts)


def test_two_things_that_were_not_seen_do_not_disagree():
    plume = prediction("absent", id="p1", indicator="plume")
    discharge = prediction("present", id="p2", indicator="discharge")
    findings = [presence_finding(p, "undetermined", n_absent=1, chance_missed=None) for p in (plume, discharge)]
    (claim,) = judge(case(plume, discharge), {f.id: f for f in findings}, (), ())
    assert [p.verdict for p in claim.parts] == [INSUFFICIENT, INSUFFICIENT]


def test_indicators_of_different_times_do_not_disagree():
    june = prediction("present", id="p1", indicator="plume", window=day(2018, 6, 1))
    july = prediction("present", id="p2", indicator="discharge", window=day(2018, 7, 1))
    findings = [presence_finding(june, "present"), presence_finding(july, "undetermined", n_absent=1)]
    (claim,) = judge(case(june, july), {f.id: f for f in findings}, (), ())
    assert [p.verdict for p in claim.parts] == [CONSISTENT, INSUFFICIENT]


# --- a whole site -----------------------------------------------------------------------------------------------------


def whole(relation: str, yard: Finding | None, pad: Finding | None, site: Finding | None = None) -> str:
    findings = [f for f in (yard, pad, site) if f]
    return judged(prediction(relation, zone=""), *findings).verdict


def in_zone(relation: str, zone: str) -> Prediction:
    return prediction(relation, zone=zone)


def test_active_anywhere_is_active_and_quiet_needs_every_zone():
    active, quiet = (
        {z: activity_finding(in_zone("active", z), v) for z in ("yard", "pad", "")}
        for v in ("active", "no activity observed")
    )
    unknown = activity_finding(in_zone("active", "pad"), "undetermined")
    assert whole("active", active["yard"], quiet["pad"]) == CONSISTENT
    assert whole("active", active["yard"], None) == CONSISTENT
    assert whole("active", quiet["yard"], quiet["pad"]) == "inconsistent"
    assert whole("active", quiet["yard"], None) == INSUFFICIENT
    assert whole("active", quiet["yard"], unknown) == INSUFFICIENT
    assert whole("quiet", quiet["yard"], quiet["pad"]) == CONSISTENT
    assert whole("quiet", quiet["yard"], unknown) == INSUFFICIENT
    assert whole("quiet", active["yard"], quiet["pad"]) == "inconsistent"
    # The site's own series stands for all of it, unless a part of it says otherwise.
    assert whole("quiet", None, None, quiet[""]) == CONSISTENT
    assert whole("quiet", quiet["yard"], None, activity_finding(in_zone("quiet", ""), "undetermined")) == INSUFFICIENT
    assert whole("quiet", active["yard"], None, quiet[""]) == "mixed"
    assert whole("active", active["yard"], None, quiet[""]) == "mixed"
    assert whole("active", quiet["yard"], quiet["pad"], active[""]) == CONSISTENT


def test_a_site_without_zones_is_insufficient_and_says_where_it_is():
    nowhere = Site(id="s", name="Sanumdong", crs="EPSG:32652", whereabouts="near Pyongyang")
    part = judged(prediction("same", zone=""), sites=(nowhere,))
    assert part.verdict == INSUFFICIENT
    assert all("near Pyongyang" in n.text for n in part.needs)


# --- commitments ------------------------------------------------------------------------------------------------------


def test_a_commitments_indicators_are_judged_and_its_undefined_terms_named():
    of = prediction("left")
    commitment = Commitment(id="k1", text="…", undefined=("complete denuclearization",), indicators=(of,))
    finding = transition_finding(of, "left")
    (judgement,) = judge(case(claims=(), commitments=(commitment,)), {finding.id: finding}, (), ())
    assert (judgement.claim, judgement.parts[0].verdict) == ("k1", CONSISTENT)
    assert judgement.not_observable == (
        "undefined: “complete denuclearization”; no indicator of it can be judged until it is defined",
    )
    assert any("does not say whether the commitment is kept" in line for line in judgement.parts[0].why)


# --- time ------------------------------------------------------------------------------------------------------------


def test_what_names_an_event_must_be_seen_at_its_time():
    of = prediction("present", window=None, event="summit", must_be_in_the_open=True)
    (q,) = asked_by(of, case(of), (), ())
    part = judged(of, replace(presence_finding(of, "absent"), id=q.id))
    assert part.verdict == "inconsistent"
    elsewhen = replace(presence_finding(of, "absent"), id="presence/s/yard/crane")
    assert judged(of, elsewhen).verdict == INSUFFICIENT


# --- how it is said ---------------------------------------------------------------------------------------------------

LIKELIHOOD = re.compile(r"almost no chance|likely|roughly even|almost certain", re.I)


@pytest.mark.parametrize(("of", "finding"), MATCHES, ids=[p.relation for p, _ in MATCHES])
def test_sentences_never_prove_and_never_join_likelihood_with_confidence(of: Prediction, finding: Finding):
    part = judged(rivals(of, DECEPTION, SAME_LOOK), finding)
    needs = [n.text for n in judged(of).needs]
    texts = [part.observable, *part.why, *part.would_change, *needs]
    for text in texts:
        assert text
        assert text[-1] in ".?”", text
        assert not re.search(r"\bprove|\bproof", text, re.I)
        assert not (LIKELIHOOD.search(text) and re.search("confiden", text, re.I))
        assert "None" not in text
        assert "nan" not in text.split()


def test_why_names_the_numbers():
    of = prediction("same")
    part = judged(of, event_finding(of, "same", 0.9, 1.1))
    assert part.why[0] == (
        "Yard: the level after Summit was 0.99 (90% interval 0.90 to 1.10) times that before, "
        "from 24 usable images before and 18 after."
    )
    assert part.why[1] == (
        "These images could have missed a rise under a factor 1.60 or a fall to above 60% of the level before."
    )
    assert part.observable == "The vehicle count in Yard stayed about the same (within a factor 1.25) through Summit."


def test_hostile_names_stay_text():
    hostile = "{0}%s<script>{cls}"
    site = replace(SITE, name=hostile, zones=tuple(replace(z, name=hostile) for z in SITE.zones))
    part = judged(prediction("active"), sites=(site,))
    assert hostile in part.observable


def test_what_is_not_shown_is_not_said_as_a_fact():
    count = "the vehicle count in Yard was above the declared quiet rate of 0.5 an image, 1 June to 30 July 2018."
    assert judged(prediction("active")).observable == f"Not settled: {count}"
    assert judged(prediction("active", inside=True)).observable == f"Not observable: {count}"
    of = prediction("present", must_be_in_the_open=True)
    gone = judged(of, presence_finding(of, "absent"))
    assert gone.observable == "Contradicted: images of 1 June to 30 July 2018 show “crane” in Yard."
    assert judged(of, presence_finding(of, "mixed")).observable.startswith("Not settled: images of")
    # With a likelihood beside it, the statement itself is what is almost no chance.
    of = prediction("active")
    quiet = judged(of, activity_finding(of, "no activity observed"))
    assert quiet.observable.startswith("The vehicle count in Yard was above")
    assert quiet.likelihood == "almost no chance"


def test_order_and_dates_of_a_transition_are_told():
    of = prediction("left")
    part = judged(of, transition_finding(of, "left", order=(("summit", "undetermined"),)))
    assert part.why[:2] == (
        "Yard: crane left (confirmed), between the images of 20 June to 1 July 2018.",
        "Whether that was before or after Summit cannot be told.",
    )


def test_the_plan_without_a_quiet_rate_says_so():
    of = prediction("active")
    plan = replace(PLAN, quiet_below=None)
    part = judged(of, activity_finding(of, "undetermined", quiet_below=None), plan=plan)
    assert any("declares no rate" in line for line in part.why)
    assert part.needs[0].images is None
