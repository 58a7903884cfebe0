"""Published cases as tests of judgement: what was reported, and what a careful reader may conclude from it.

Sightings are answered by the real rules; counts that no model could use are given as the findings they would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import shapely

from claims.made import day, span
from overlook.activity.sightings import presence, transition
from overlook.claims import judge, questions
from overlook.terms import (
    LOCAL,
    ActivityFinding,
    Case,
    Claim,
    ClaimJudgement,
    Commitment,
    Event,
    EventFinding,
    Finding,
    Interval,
    Missed,
    Observation,
    Opinion,
    Plan,
    Prediction,
    Question,
    ReferenceFact,
    Rival,
    Series,
    Sighting,
    Site,
    Source,
    Zone,
)

PLAN = Plan(margin=1.25, quiet_below=0.5)
INSUFFICIENT, CONSISTENT = "insufficient imagery", "consistent, not diagnostic"


def zone(id_: str, kind: str) -> Zone:
    return Zone(id=id_, name=id_, kind=kind, geometry=shapely.box(0, 0, 50, 50))  # type: ignore[arg-type]


def place(id_: str, *zones: Zone, **more: Any) -> Site:
    return Site(id=id_, name=id_.capitalize(), crs=LOCAL, zones=zones, **more)


def sighting(state: str, when: Interval, at: tuple[str, str, str], **more: Any) -> Sighting:
    return Sighting(series=Series(site=at[0], zone=at[1], cls=at[2]), when=when, state=state, **more)  # type: ignore[arg-type]


def no_change_shown(q: Question, case: Case) -> EventFinding:
    """Two images: nothing can be fitted, so the model answers undetermined."""
    event = next(e for e in case.events if e.id == q.event)
    return EventFinding(
        id=q.id,
        series=q.series,
        event=q.event,
        before=span(event.during, event.during),
        after=span(event.during, event.during),
        n_before=1,
        n_after=1,
        ratio=None,
        step=None,
        verdict="undetermined",
        exploratory=True,
        missed=Missed(smallest_ratio_up=9.0),
        margin=case.plan.margin,
        model=None,
    )


def answered(case: Case, observations: Sequence[Observation]) -> tuple[dict[str, Finding], dict[str, ClaimJudgement]]:
    sighted = sorted({o.series for o in observations}, key=lambda s: (s.site, s.zone, s.cls))
    findings: dict[str, Finding] = {}
    for q in questions(case, sighted, ()):
        if q.kind == "presence":
            findings[q.id] = presence(q, observations, plan=case.plan)
        elif q.kind == "transition":
            findings[q.id] = transition(q, observations, events=case.events, plan=case.plan)
        elif q.kind == "event":
            findings[q.id] = no_change_shown(q, case)
        else:
            findings[q.id] = ActivityFinding(
                id=q.id,
                series=q.series,
                window=q.window or day(2018, 1, 1),
                n_images=0,
                image_equivalents=0.0,
                total_count=0,
                rate=None,
                quiet_below=case.plan.quiet_below,
                p_active=None,
                verdict="undetermined",
                exploratory=True,
            )
    return findings, {j.claim: j for j in judge(case, findings, observations, ())}


# --- Sohae, 2018-19: 38 North, 7 August 2018 and 5 March 2019; Korea Herald, 23 August 2018 ---------------------------

WALL = ("sohae", "stand", "west wall")
SOHAE = [
    sighting("present", day(2018, 7, 8), WALL, identification="confirmed", probability_of_detection=0.98),
    sighting("absent", day(2018, 8, 3), WALL, probability_of_detection=0.98),
    sighting("absent", day(2019, 2, 16), WALL, probability_of_detection=0.98),
    sighting("present", day(2019, 3, 2), WALL, identification="confirmed", probability_of_detection=0.98),
]
HANOI = Event(id="hanoi", name="the Hanoi summit", during=span(day(2019, 2, 27), day(2019, 2, 28)))
MID_AUGUST = Event(id="mid-august", name="mid-August", during=day(2018, 8, 10))


def sohae() -> Case:
    at = {"site": "sohae", "zone": "stand"}
    summer = span(day(2018, 7, 1), day(2018, 8, 31))
    rivals = (
        Rival(id="modify", name="Modification for another purpose", predicts="same"),
        Rival(id="show", name="A show of dismantling", predicts="same", is_deception=True),
    )
    gone = Prediction(id="gone", relation="removed", indicator="west wall", window=summer, rivals=rivals, **at)
    fewer = Prediction(id="fewer", relation="changed", cls="truck", event="mid-august", rivals=rivals, **at)
    return Case(
        id="sohae",
        title="Sohae",
        sites=(place("sohae", zone("stand", "pad")),),
        events=(MID_AUGUST, HANOI),
        claims=(Claim(id="c", quote="Dismantling.", chain=(), predictions=(gone, fewer)),),
        plan=replace(PLAN, classes=("truck",)),
    )


def test_sohae_is_partly_dismantled_reversibly_and_ambiguously():
    findings, judged = answered(sohae(), SOHAE)
    gone, fewer = judged["c"].parts
    assert (gone.verdict, gone.rivals_open) == (CONSISTENT, ("modify", "show"))
    assert any(
        "Would look the same: “Modification for another purpose” and “A show of dismantling”." in w for w in gone.why
    )
    # 11, then 7 trucks: exact p = .48. Neither a change nor its absence.
    assert fewer.verdict == INSUFFICIENT
    assert fewer.likelihood is None
    restored = findings["transition/sohae/stand/west wall/structure"]
    assert restored.kind == "transition"
    assert restored.verdict == "altered"
    assert restored.between == span(day(2019, 2, 16), day(2019, 3, 2))
    assert dict(restored.order) == {"mid-august": "after", "hanoi": "undetermined"}


# --- Sanumdong, 2019: NPR, 8 March 2019 -------------------------------------------------------------------------------


def test_sanumdong_a_crane_left_and_nothing_else_can_be_told():
    at = {"site": "sanumdong"}
    between = span(day(2019, 2, 22), day(2019, 3, 8))
    predictions = (
        Prediction(id="less", relation="changed", zone="yard", cls="vehicle", event="march", **at),
        Prediction(id="crane", relation="left", zone="yard", indicator="crane", window=between, **at),
        Prediction(id="what", relation="present", zone="yard", indicator="missile", inside=True, **at),
        Prediction(id="rail", relation="left", zone="rail", indicator="railcar", window=between, **at),
    )
    case = Case(
        id="sanumdong",
        title="Sanumdong",
        sites=(place("sanumdong", zone("yard", "yard"), zone("rail", "building")),),
        events=(Event(id="march", name="1 March", during=day(2019, 3, 1)),),
        claims=(Claim(id="c", quote="Preparing.", chain=(), predictions=predictions),),
        plan=PLAN,
    )
    crane = ("sanumdong", "yard", "crane")
    findings, judged = answered(
        case,
        [
            sighting("present", day(2019, 2, 22), crane, identification="confirmed", sensor="one company"),
            sighting("absent", day(2019, 3, 8), crane, sensor="another company"),
        ],
    )
    assert {p.prediction: p.verdict for p in judged["c"].parts} == {
        "less": INSUFFICIENT,
        "crane": CONSISTENT,
        "what": "not observable",
        "rail": "not observable",
    }
    left = findings["transition/sanumdong/yard/crane"]
    assert left.kind == "transition"
    assert (left.verdict, left.between) == ("left", between)
    assert any("sensor changed" in note for note in left.notes)


# --- Yongbyon 5 MWe reactor, 2018: 38 North, 5 March 2018 -------------------------------------------------------------


def yongbyon(*opinions: Opinion) -> ClaimJudgement:
    at = {"site": "yongbyon", "relation": "present", "window": span(day(2018, 2, 15), day(2018, 2, 28))}
    heat = (Rival(id="heat", name="Another source of heat", predicts="same"),)
    predictions = (
        Prediction(id="plume", zone="reactor", indicator="plume", rivals=heat, **at),
        Prediction(id="melt", zone="river", indicator="melted ice", rivals=heat, **at),
        Prediction(id="discharge", zone="outfall", indicator="discharge", rivals=heat, **at),
    )
    case = Case(
        id="yongbyon",
        title="Yongbyon",
        sites=(place("yongbyon", zone("reactor", "other"), zone("river", "water"), zone("outfall", "water")),),
        claims=(Claim(id="c", quote="Operating.", chain=(), predictions=predictions),),
        opinions=opinions,
        plan=PLAN,
    )
    seen = {"identification": "confirmed"}
    observations = [
        sighting("present", day(2018, 2, 17), ("yongbyon", "reactor", "plume"), **seen),
        sighting("present", day(2018, 2, 25), ("yongbyon", "reactor", "plume"), **seen),
        sighting("present", day(2018, 2, 25), ("yongbyon", "river", "melted ice"), **seen),
        sighting("absent", day(2018, 2, 25), ("yongbyon", "outfall", "discharge")),
    ]
    return answered(case, observations)[1]["c"]


def test_yongbyon_is_mixed_because_its_indicators_disagree():
    judged = yongbyon()
    assert [p.verdict for p in judged.parts] == ["mixed", "mixed", "mixed"]
    assert all(p.rivals_open == ("heat",) for p in judged.parts)
    assert judged.status == "machine draft"


def test_yongbyons_likely_operating_is_the_analysts_to_sign():
    evidence = yongbyon().evidence
    signed = yongbyon(
        Opinion(
            claim="c",
            analyst="A",
            signed=date(2018, 3, 5),
            evidence=evidence[:12],
            likelihood="likely",
            second_reader="B",
        )
    )
    assert signed.status == "signed"
    assert signed.opinions[0].opinion.likelihood == "likely"
    assert all(p.likelihood is None for p in signed.parts)


# --- the founding article, 2018 ---------------------------------------------------------------------------------------

PANMUNJOM = Event(id="panmunjom", name="the Panmunjom summit", during=day(2018, 4, 27))
SINGAPORE = Event(id="singapore", name="the Singapore summit", during=day(2018, 6, 12))


def founding() -> Case:
    factory = {"site": "factory", "needs_gsd_m": 0.5}
    summer = span(day(2018, 6, 1), day(2018, 7, 30))
    return Case(
        id="founding",
        title="An article of 2018",
        sites=(place("factory", whereabouts="near Pyongyang"), place("enrichment", zone("hall", "building"))),
        events=(PANMUNJOM, SINGAPORE),
        sources=(
            Source(id="officials", name="Anonymous officials", kind="anonymous"),
            Source(id="paper", name="A newspaper", kind="document", relies_on=("officials",)),
            Source(id="article", name="The article", kind="document", relies_on=("paper",)),
            Source(id="expert", name="An expert", kind="named"),
        ),
        claims=(
            Claim(
                id="leak",
                quote="building new missiles",
                chain=("officials", "paper", "article"),
                predictions=(Prediction(id="made", relation="active", cls="missile", inside=True, **factory),),
                not_observable=("what is being built inside",),
            ),
            Claim(
                id="active",
                quote="the site is active",
                chain=("expert", "paper", "article"),
                predictions=(Prediction(id="p", relation="active", cls="vehicle", window=summer, **factory),),
            ),
            Claim(
                id="same",
                quote="about the same",
                chain=("expert", "article"),
                predictions=tuple(
                    Prediction(id=e, relation="same", cls="vehicle", event=e, **factory)
                    for e in ("panmunjom", "singapore")
                ),
            ),
            Claim(
                id="enrichment",
                quote="step up enrichment",
                chain=("officials", "article"),
                predictions=(
                    Prediction(
                        id="p", relation="changed", site="enrichment", zone="hall", cls="vehicle", event="singapore"
                    ),
                ),
            ),
            Claim(id="first", quote="the first", chain=("article",), disputed_by=("july",)),
            Claim(id="fuel", quote="liquid takes less", chain=("article",), disputed_by=("fuelling",)),
        ),
        commitments=(Commitment(id="k", text="…", undefined=("complete denuclearization",)),),
        facts=(
            ReferenceFact(id="july", text="Others say so of a type of July 2017.", source="expert"),
            ReferenceFact(id="fuelling", text="Liquid fuel takes longer to load.", source="expert"),
        ),
        plan=PLAN,
    )


def test_every_part_of_the_founding_article_waits_for_images_or_cannot_be_seen():
    findings, judged = answered(founding(), ())
    assert not any(f.series.site == "factory" for f in findings.values())
    verdicts = {(j.claim, p.prediction): p.verdict for j in judged.values() for p in j.parts}
    assert verdicts == {
        ("leak", "made"): "not observable",
        ("active", "p"): INSUFFICIENT,
        ("same", "panmunjom"): INSUFFICIENT,
        ("same", "singapore"): INSUFFICIENT,
        ("enrichment", "p"): "not observable",
    }


def test_the_founding_article_says_which_images_would_settle_it():
    judged = answered(founding(), ())[1]
    (active,) = judged["active"].parts[0].needs
    assert (active.site, active.max_gsd_m, active.images) == ("factory", 0.5, 10)
    assert active.window == span(day(2018, 6, 1), day(2018, 7, 30))
    before, after = judged["same"].parts[1].needs
    assert (before.images, after.images) == (86, 86)
    assert before.window is not None
    assert after.window is not None
    assert before.window.end == SINGAPORE.during.start
    assert after.window.start == SINGAPORE.during.end
    assert "near Pyongyang" in before.text


def test_the_founding_articles_sources_and_disputes_are_told():
    judged = answered(founding(), ())[1]
    assert any("anonymous" in note for note in judged["leak"].source_notes)
    assert any(
        n.startswith("Claims 4, 5 and 6 rest on Anonymous officials too. What goes back to one origin")
        for n in judged["leak"].source_notes
    )
    assert judged["first"].disputes == ("An expert: Others say so of a type of July 2017.",)
    assert judged["fuel"].disputes == ("An expert: Liquid fuel takes longer to load.",)
    assert judged["k"].not_observable[0].startswith("undefined: “complete denuclearization”")
    assert {j.status for j in judged.values()} == {"machine draft"}
