"""What must hold of every case: evidence or silence."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from claims.made import PLAN, WINDOW, case, day, prediction, span
from overlook.activity import together
from overlook.claims import judge, questions
from overlook.claims.asking import asked_by, is_unobservable
from overlook.claims.presence import MAX_CHANCE_MISSED
from overlook.terms import (
    ActivityFinding,
    Case,
    Estimate,
    EventFinding,
    Finding,
    Gap,
    Judgement,
    Member,
    Missed,
    NotObserved,
    Prediction,
    PresenceFinding,
    Question,
    Rival,
    Series,
    TransitionFinding,
    word,
)

RELATIONS = [
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
]

_RIVALS = st.lists(
    st.builds(
        Rival,
        id=st.just("r"),
        name=st.just("Rival"),
        predicts=st.sampled_from(["same", "different"]),
        is_deception=st.booleans(),
    ),
    max_size=2,
).map(tuple)


@st.composite
def predictions(draw: st.DrawFn, id_: str) -> Prediction:
    relation = draw(st.sampled_from(RELATIONS))
    window = {} if relation in ("changed", "same") else {"window": draw(st.sampled_from([None, WINDOW]))}
    return prediction(
        relation,
        id=id_,
        zone=draw(st.sampled_from(["", "yard", "pad", "hall"])),
        inside=draw(st.booleans() if draw(st.integers(0, 9)) == 0 else st.just(False)),
        must_be_in_the_open=draw(st.booleans()),
        rivals=draw(_RIVALS),
        **window,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(1, 3))
    plan = replace(PLAN, margin=draw(st.sampled_from([None, 1.25])), quiet_below=draw(st.sampled_from([None, 0.5])))
    return case(*(draw(predictions(f"p{i}")) for i in range(n)), plan=plan)


_P = st.none() | st.floats(0, 1)
_IDENTIFIED = st.sampled_from([None, "possible", "probable", "confirmed"])


def _estimate(draw: st.DrawFn) -> Estimate | None:
    a, b, c = sorted(draw(st.tuples(*[st.floats(0.1, 9)] * 3)))
    return draw(st.sampled_from([None, Estimate(estimate=b, low=a, high=c, level=0.9)]))


def finding(draw: st.DrawFn, q: Question) -> Finding:
    verdicts: dict[str, list[str]] = {
        "event": ["changed", "same", "undetermined"],
        "activity": ["active", "no activity observed", "undetermined"],
        "presence": ["present", "absent", "mixed", "undetermined"],
        "transition": ["arrived", "left", "stayed", "built", "removed", "altered", "unchanged", "undetermined"],
    }
    base: dict[str, Any] = {"id": q.id, "series": q.series, "verdict": draw(st.sampled_from(verdicts[q.kind]))}
    if q.kind == "event":
        base |= {"event": q.event, "before": WINDOW, "after": WINDOW, "n_before": 5, "n_after": 5, "step": None}
        base |= {"ratio": _estimate(draw), "also_same": draw(st.booleans()), "exploratory": draw(st.booleans())}
        margin = draw(st.sampled_from([None, 1.25]))
        base |= {"p_within_margin": draw(_P), "p_above_one": draw(_P), "margin": margin, "model": None}
        return EventFinding(missed=Missed(images_needed=draw(st.none() | st.integers(1, 99))), **base)
    if q.kind == "activity":
        base |= {"window": q.window or WINDOW, "n_images": 5, "image_equivalents": 4.0, "p_active": draw(_P)}
        base |= {"total_count": draw(st.integers(0, 9)), "rate": _estimate(draw), "exploratory": draw(st.booleans())}
        return ActivityFinding(quiet_below=draw(st.sampled_from([None, 0.5])), **base)
    if q.kind == "presence":
        n = {name: draw(st.integers(0, 3)) for name in ("n_present", "n_absent", "n_cannot_tell")}
        base |= {"window": q.window or WINDOW, "identification": draw(_IDENTIFIED)}
        return PresenceFinding(chance_missed=draw(_P), **n, **base)
    between = st.sampled_from([None, WINDOW, day(2018, 6, 20), span(day(2018, 1, 1), day(2018, 6, 2)), day(2019, 1, 1)])
    return TransitionFinding(between=draw(between), identification=draw(_IDENTIFIED), **base)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Case, dict[str, Finding]]:
    made = draw(cases())
    sighted = [Series(site="s", zone="yard", cls="crane")]
    asked = [q for q in questions(made, sighted, ()) if draw(st.booleans())]
    found = {q.id: finding(draw, q) for q in asked if q.kind != "composite"}
    for q in (q for q in asked if q.kind == "composite"):
        members = [replace(q, kind="event", series=series, members=()) for series in q.members]
        events = [found.setdefault(m.id, finding(draw, m)) for m in members]
        found[q.id] = together(events, plan=made.plan, question=q)
    return made, found


def parts(made: Case, findings: dict[str, Finding], observations: Any = (), gaps: Any = ()) -> list[Judgement]:
    return [p for j in judge(made, findings, observations, gaps) for p in j.parts]


def of(made: Case) -> list[Prediction]:
    return list(made.claims[0].predictions)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_without_observations_nothing_is_ever_said(made: Case):
    for part in parts(made, {}):
        assert part.verdict in ("not observable", "insufficient imagery")
        assert (part.probability, part.likelihood, part.rivals_against) == (None, None, ())
        assert bool(part.needs) == (part.verdict == "insufficient imagery")


@settings(max_examples=150, deadline=None)
@given(answered())
def test_inconsistent_rests_on_something_determined_and_on_absence_only_in_the_open(given_: Any):
    made, findings = given_
    for p, part in zip(of(made), parts(made, findings), strict=True):
        if part.verdict != "inconsistent":
            continue
        used = [findings[f] for f in part.findings]
        determined = [f for f in used if f.verdict != "undetermined"]
        assert determined
        for f in determined:
            if f.kind == "presence" and f.verdict == "absent" and p.relation == "present":
                assert p.must_be_in_the_open
                assert p.window is not None
                assert f.chance_missed is not None
                assert f.chance_missed <= MAX_CHANCE_MISSED


def nothing_told(member: Member) -> Member:
    return replace(member, verdict="undetermined", also_same=False, is_beyond=False)


@settings(max_examples=100, deadline=None)
@given(answered())
def test_undetermined_findings_alone_say_nothing(given_: Any):
    made, findings = given_
    blank = {
        id_: replace(f, verdict="undetermined", also_same=False)
        if f.kind == "event"
        else replace(f, verdict="undetermined", n_present=0)
        if f.kind == "presence"
        else replace(f, verdict="undetermined", also_same=False, members=tuple(map(nothing_told, f.members)))
        if f.kind == "composite"
        else replace(f, verdict="undetermined")
        for id_, f in findings.items()
    }
    assert {p.verdict for p in parts(made, blank)} <= {"not observable", "insufficient imagery"}


@settings(max_examples=100, deadline=None)
@given(
    answered(), st.sampled_from(["cloud", "too coarse", "not searched", "dark"]), st.sampled_from(["yard", "pad", ""])
)
def test_an_image_that_shows_nothing_moves_no_verdict(given_: Any, reason: Any, at: str):
    made, findings = given_
    blind = [
        NotObserved(series=Series(site="s", zone=at, cls=cls), when=day(2018, 6, 20), scene="z", reason=reason)
        for cls in ("vehicle", "crane")
    ]
    gap = Gap(site="s", zone=at, during=WINDOW, reason="not searched")
    before, after = parts(made, findings), parts(made, findings, blind, [gap])
    assert [replace(p, why=()) for p in after] == [replace(p, why=()) for p in before]


@settings(max_examples=100, deadline=None)
@given(answered())
def test_roofed_and_inside_are_never_observable_and_nothing_else_is(given_: Any):
    made, findings = given_
    for p, part in zip(of(made), parts(made, findings), strict=True):
        assert (part.verdict == "not observable") == is_unobservable(p, made)
        if p.zone == "hall" or p.inside:
            assert part.verdict == "not observable"


@settings(max_examples=150, deadline=None)
@given(answered())
def test_supported_leaves_no_named_rival_open_and_words_fit_their_probability(given_: Any):
    made, findings = given_
    for p, part in zip(of(made), parts(made, findings), strict=True):
        assert set(part.findings) <= set(findings)
        assert part.why
        if part.verdict == "supported":
            assert any(r.is_deception for r in p.rivals)
            assert all(r.predicts == "different" for r in p.rivals)
            assert part.rivals_open == ()
        if part.verdict not in ("not observable", "insufficient imagery"):
            assert part.findings
        assert (part.likelihood is None) == (part.probability is None)
        if part.probability is not None:
            assert part.likelihood == word(part.probability)
            assert part.verdict in ("supported", "consistent, not diagnostic", "inconsistent")
            assert not any(getattr(findings[f], "exploratory", False) for f in part.findings if len(part.findings) == 1)
        if part.verdict in ("insufficient imagery", "mixed"):
            assert part.needs


@settings(max_examples=60, deadline=None)
@given(answered())
def test_judging_is_deterministic_and_does_not_depend_on_the_order_of_findings(given_: Any):
    made, findings = given_
    backwards = dict(reversed(findings.items()))
    assert judge(made, findings, (), ()) == judge(made, backwards, (), ())


@settings(max_examples=60, deadline=None)
@given(cases())
def test_everything_that_is_judged_was_asked(made: Case):
    counted, sighted = [Series(site="s", zone="", cls="vehicle")], [Series(site="s", zone="yard", cls="crane")]
    asked = {q.id for q in questions(made, sighted, counted)}
    needed = itertools.chain.from_iterable(asked_by(p, made, sighted, counted) for p in of(made))
    assert {q.id for q in needed} <= asked
