"""Every number in the page, before there is any markup."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from overlook.report.answers import answer, by_lead, finding_row, first_told, pattern_rows, told_once
from overlook.report.axis import round_marks, time_axis, time_ticks, value_ticks
from overlook.report.event import few_counts, missed_text
from overlook.report.gaps import gap_groups, strip, told, unseen_lines
from overlook.report.kinds import tell
from overlook.report.page import assessment_digest, page
from overlook.report.rows import value_text
from overlook.report.said import claim_views, commitment_views, stamp, wanted
from overlook.report.timeline import Timeline, timeline
from overlook.report.top import by_chance, first_answers, headline, sampling
from overlook.report.words import Names
from overlook.terms import (
    Assessment,
    Count,
    Estimate,
    Index,
    Interval,
    Missed,
    NotObserved,
    Series,
    Sighting,
    digest,
    instant,
)
from report import fixture

A = fixture.assessment()
NAMES = Names.of(A.case)
ANSWERS = tuple(answer(f, n, NAMES) for n, f in enumerate(A.findings, 1))
BY_ID = {a.id: a for a in ANSWERS}


def of(zone: str, cls: str, assessment: Assessment = A) -> Timeline:
    series = Series(site="works", zone=zone, cls=cls)
    return timeline(
        series,
        [o for o in assessment.observations if o.series == series],
        names=NAMES,
        level=0.9,
        events=assessment.case.events,
        findings=[f for f in assessment.findings if f.kind == "event" and f.series == series],
        pattern=next((p for p in assessment.patterns if p.series == series), None),
    )


def test_answers_say_the_numbers_of_their_findings() -> None:
    assert [(a.lead, a.decided, a.exploratory) for a in ANSWERS] == [
        ("Changed", True, False),
        ("About the same", True, False),
        ("Not enough imagery", False, True),
        ("Not enough imagery", False, False),
        ("Active", True, False),
        ("Absent", True, False),
        ("Left", True, False),
    ]
    assert ANSWERS[0].sentence == (
        "The vehicle level in North yard was higher after Summit than before it: ×1.83 (90% interval ×1.31 to ×2.50; "
        "14 images before, 6 after)."
    )
    assert "inside the declared margin of ×1.25 either way: ×0.97" in ANSWERS[1].sentence
    assert (
        "431 counted on 39 images; about 13 an image with all of the zone visible and all found (90% interval 10 to 16)"
        in ANSWERS[4].sentence
    )
    assert "the chance that all missed it is 4%" in ANSWERS[5].sentence
    assert ANSWERS[6].sentence == (
        "“crane” in North yard left between 24 April and 8 July 2024, before Autumn holiday. Whether that was before "
        "or after Summit cannot be told."
    )


def test_a_fall_is_lower_and_both_verdicts_are_said() -> None:
    finding = A.findings[0]
    both = replace(finding, ratio=replace(finding.ratio, estimate=0.9, low=0.82, high=0.98), also_same=True)
    said = answer(both, 1, NAMES).sentence
    assert "was lower after" in said
    assert "It also lies within the declared margin ×1.25." in said


OF = "of the level before (a larger change they would have found about three times in four, or oftener)."


@pytest.mark.parametrize(
    ("missed", "text"),
    [
        (Missed(smallest_ratio_up=1.6), f"These images could have missed a rise to less than ×1.60 {OF}"),
        (
            Missed(smallest_ratio_up=1.58, smallest_ratio_down=0.61),
            f"These images could have missed a rise to less than ×1.58 or a fall to more than ×0.61 {OF}",
        ),
        (Missed(smallest_ratio_down=0.4), f"These images could have missed a fall to more than ×0.40 {OF}"),
        (Missed(), ""),
    ],
)
def test_what_could_have_been_missed(missed: Missed, text: str) -> None:
    assert missed_text(missed) == text


def test_the_default_answer_is_not_enough_imagery() -> None:
    assert headline((), ()).startswith("Not enough imagery.")
    assert headline((), ANSWERS[2:4]) == (
        "Not enough imagery. None of the 2 questions could be answered from these images."
    )
    assert headline((), ANSWERS[2:3]) == f"Not enough imagery. {ANSWERS[2].sentence}"
    assert headline((), ANSWERS) == (
        "5 of the 7 questions could be answered from these images; for 2 there is not enough imagery."
    )
    assert headline((), ANSWERS[:1]) == ANSWERS[0].sentence


def test_the_first_sentence_says_what_became_of_each_part_of_a_claim() -> None:
    assert headline(("supported", "inconsistent", "insufficient imagery", "supported"), ANSWERS) == (
        "Of the 4 parts of what was claimed, imagery supports 2 over the rivals that were named, is inconsistent with "
        "1 and is insufficient for 1."
    )
    assert headline(("insufficient imagery", "not observable"), ()) == (
        "Not enough imagery. Of the 2 parts of what was claimed, imagery is insufficient for 1 and could never show 1."
    )
    assert headline(("not observable",), ()) == "Imagery could never show the one part of what was claimed."


def test_page_one_tells_what_claims_rest_on_else_what_events_ask() -> None:
    assert first_answers(ANSWERS, A.findings, frozenset({ANSWERS[4].id})) == (ANSWERS[4],)
    assert first_answers(ANSWERS, A.findings, frozenset()) == ANSWERS[:4]
    assert first_answers(ANSWERS[4:], A.findings, frozenset()) == ANSWERS[4:]
    assert by_lead(ANSWERS[:3])[2] == ("not enough imagery", (ANSWERS[2],))


def test_many_questions_are_said_to_find_changes_by_chance() -> None:
    many = [replace(A.findings[0], id=str(n), verdict="undetermined") for n in range(11)]
    said = by_chance([A.findings[0], *many, A.findings[2]], 0.9)
    assert said.startswith("12 questions about events could be tested, each at level 90%: had nothing changed")
    assert "about 1 of them would still be called changed by chance (1.2 on average). 1 was." in said
    assert by_chance(A.findings[:1], 0.9) == ""


def test_a_handful_of_images_is_seen_and_never_a_level_of_activity() -> None:
    few = answer(replace(A.findings[4], exploratory=True, n_images=5, total_count=81), 1, NAMES)
    assert few.lead == "Seen"
    assert "81 counted on 5 images. Too few images" in few.sentence
    assert "interval" not in few.sentence


def test_an_index_is_not_counted() -> None:
    said = answer(replace(A.findings[4], total_count=0, verdict="undetermined"), 1, NAMES, is_index=True).sentence
    assert "counted" not in said
    assert "measured on 39 images; 12.90 on average (90% interval 10.30 to 16.40)" in said


def test_an_index_is_quiet_against_its_own_level() -> None:
    level = Estimate(estimate=-14.0, low=-14.6, high=-13.5, level=0.9)
    dark = replace(A.findings[4], total_count=0, verdict="no activity observed", rate=level, quiet_below=-12.0)
    told = tell(dark, NAMES, is_index=True)
    assert "activity above the declared level of −12.00 was observed" in told.sentence
    assert "−14.00 on average (90% interval −14.60 to −13.50)" in told.sentence
    assert dict(told.numbers)["Level, in its own unit"] == "−14.00 (−14.60 to −13.50)"
    assert "Total counted" not in dict(told.numbers)
    between = tell(replace(dark, verdict="undetermined"), NAMES, is_index=True).sentence
    assert between.startswith("These images cannot say")


def test_a_value_is_printed_with_its_unit() -> None:
    power = Index(series=Series(), when=A.findings[4].window, value=-12.5, value_sd=0.4, unit="dB")
    assert value_text(power) == "−12.50 ± 0.40 dB"
    assert value_text(replace(power, unit="", value_sd=None)) == "−12.50"


def test_a_probability_is_never_nought_or_certain() -> None:
    telling = tell(replace(A.findings[4], p_active=1.0), NAMES)
    assert dict(telling.numbers)["Probability that the rate is above it"] == ">99%"


def test_nothing_against_nothing_and_no_image_on_a_side_are_said() -> None:
    nothing = replace(A.findings[3], ratio=None, n_before=12, n_after=13)
    assert "nothing was counted on either side (12 images before, 13 after)" in answer(nothing, 1, NAMES).sentence
    assert answer(replace(nothing, n_after=0), 1, NAMES).sentence.endswith("no usable image after it.")


def test_no_image_is_not_a_count_of_nought() -> None:
    said = answer(
        replace(A.findings[4], verdict="undetermined", n_images=0, total_count=0, rate=None), 1, NAMES
    ).sentence
    assert said.endswith("cannot be said: no usable image.")
    assert "0 counted" not in said


@pytest.mark.parametrize(
    ("present", "absent", "unclear", "told"),
    [
        (0, 0, 0, "no image was read for it"),
        (1, 0, 0, "the one image read for it shows it"),
        (0, 2, 0, "none of the 2 images read for it show it"),
        (3, 1, 1, "of 5 images read for it, 3 show it, 1 does not show it and 1 cannot tell"),
    ],
)
def test_sightings_are_told_as_images(present: int, absent: int, unclear: int, told: str) -> None:
    found = replace(A.findings[5], n_present=present, n_absent=absent, n_cannot_tell=unclear)
    assert told in answer(found, 1, NAMES).sentence


def test_a_change_that_is_only_possible_says_so() -> None:
    said = answer(replace(A.findings[6], identification="possible"), 1, NAMES).sentence
    assert said.endswith("That it changed is identified only as possible.")


def test_a_handful_of_counts_is_told_count_by_count_and_a_prior_tells_no_ratio() -> None:
    few = A.findings[2]
    moments = [
        few.before.end - timedelta(days=3),
        few.before.end - timedelta(days=1),
        few.after.start + timedelta(days=2),
    ]
    counts = [
        Count(
            series=few.series,
            when=instant(m),
            count=n,
        )
        for m, n in zip(moments, (11, 12, 7), strict=True)
    ]
    told = replace(few, n_before=2, n_after=1)
    assert few_counts(told, counts) == "Counted: 11 and 12 before; 7 after."
    assert few_counts(replace(told, n_before=1), counts) == ""
    assert few_counts(replace(told, exploratory=False), counts) == ""
    assert told.model
    prior = replace(told, ratio=A.findings[0].ratio, model=replace(told.model, prior_weight=0.9))
    assert "×" not in answer(prior, 1, NAMES).sentence


def test_a_roof_is_a_line_and_not_an_empty_drawing() -> None:
    view = page(A, (), (), made=fixture.MADE, publication=False, names=NAMES, own_digest="")
    assert view.blank == ()
    roofed = [
        NotObserved(series=Series(site="works", zone="hall", cls=cls), when=A.scenes[0].when, reason="roofed")
        for cls in ("container", "vehicle")
    ]
    under = page(
        replace(A, observations=(*A.observations, *roofed)),
        (),
        (),
        made=fixture.MADE,
        publication=False,
        names=NAMES,
        own_digest="",
    )
    assert [line.partition(" (")[2] for line in under.blank] == [
        "container and vehicle): roofed. Nothing inside can be observed, on any image."
    ]
    assert len(under.timelines) == len(view.timelines)
    unseen = [o for o in A.observations if isinstance(o, NotObserved) and o.reason == "cloud"]
    (line,) = unseen_lines({unseen[0].series: unseen[:3]}, NAMES)
    assert line.endswith("no image shows it (cloud 3).")


def test_images_taken_for_an_unknown_reason_are_no_fair_sample_by_default() -> None:
    unknown = [replace(o, why_acquired="unknown") for o in A.observations if isinstance(o, Count)]
    assert "is not on record: whether that is a fair sample, nobody can say." in sampling(unknown)


def test_finding_rows_carry_ratio_step_and_notes_in_full() -> None:
    row, telling = finding_row(A.findings[0], ANSWERS[0], level=0.9), ANSWERS[0].telling
    assert telling.effect == "×1.83 (×1.31 to ×2.50)"
    assert telling.step == "×1.62 (×1.05 to ×2.40), p = 0.03"
    assert [n.rstrip(".").lower() for n in row.notes] == [n.rstrip(".").lower() for n in A.findings[0].notes]
    assert all(n[0].isupper() and n.endswith(".") for n in row.notes)
    numbers = dict(telling.numbers)
    assert numbers["Images needed on each side to show it within the declared margin"] == "63"
    assert numbers["Probability that the ratio lies inside the margin"] == "1%"
    assert numbers["Share of the answer's precision that is the prior's"] == "22%"
    exploratory = ANSWERS[2].telling
    assert exploratory.step.endswith("exploratory: no p-value")
    empty = ANSWERS[3].telling
    assert (empty.effect, empty.step) == ("–", "–")


def test_patterns_claim_no_hours_that_were_not_sampled() -> None:
    row = pattern_rows(A, NAMES)[0]
    assert row.hours == "01:54 to 03:15 UTC"
    assert row.rate == "11 (9.0 to 14)"
    assert row.yearly == "–"
    assert row.weekend == "×0.71 (×0.50 to ×1.02)"


def test_a_claim_shows_its_chain_with_two_grades_and_its_parts() -> None:
    claims = claim_views(A, BY_ID, NAMES, with_needs=True)
    second = claims[1]
    assert [s.reliability for s in second.chain] == ["C, fairly reliable", "B, usually reliable"]
    assert second.credibility == "3, possibly true"
    assert [p.verdict for p in second.parts] == ["inconsistent", "consistent, not diagnostic"]
    assert second.parts[0].likelihood == "almost no chance (1–5%)"
    assert [a.number for a in second.parts[0].findings] == [1]
    assert second.parts[1].rivals_open == ("Stocktaking before the summit",)
    assert second.disputes == ("The yard was already in use in 2022. (Atlas 2022)",)
    first = claims[0].parts[0]
    assert first.rivals_against == ("The yard was closed",)
    assert first.rivals_open == ("Vehicles parked for show (deception)",)
    (need,) = claim_views(A, BY_ID, NAMES, with_needs=True)[3].parts[0].needs
    assert need.images == "12 images of North yard, Kestrel Works, 4 October to 18 November 2024, at 0.50 m or finer."
    assert claim_views(A, BY_ID, NAMES, with_needs=False)[3].parts[0].needs == ()


def test_images_that_several_claims_ask_for_are_listed_once() -> None:
    views = claim_views(A, BY_ID, NAMES, with_needs=True)
    asking = views[3]
    again = replace(asking, number=9, anchor="other")
    once = wanted((asking, again), ())
    assert [w.settles for w in once] == [((f"claim {asking.number}", asking.anchor), ("claim 9", "other"))]
    assert once[0].anchor == asking.parts[0].needs[0].anchor
    assert wanted(claim_views(A, BY_ID, NAMES, with_needs=False), ()) == ()


def test_no_band_is_drawn_through_a_handful_of_dots() -> None:
    def bands(few: int) -> list[str]:
        few_plan = replace(A.case, plan=replace(A.case.plan, few_images=few))
        view = page(replace(A, case=few_plan), (), (), made=fixture.MADE, publication=False, names=NAMES, own_digest="")
        return [t.band for t in view.timelines if t.band]

    assert bands(10)
    assert bands(400) == []


def test_a_drawing_of_nothing_but_zeros_is_low() -> None:
    zeros = replace(A, observations=tuple(replace(o, count=0) if isinstance(o, Count) else o for o in A.observations))
    low, high = of("yard", "vehicle", zeros), of("yard", "vehicle")
    assert "Every count is zero" in low.summary
    assert "Every count is zero" not in high.summary
    assert low.base - low.top < 0.5 * (high.base - high.top)


def test_likelihood_and_confidence_are_two_sentences_and_dissent_stands_beside() -> None:
    signed, dissent = claim_views(A, BY_ID, NAMES, with_needs=True)[0].opinions
    assert (signed.likelihood, signed.confidence) == ("Likelihood: very likely (80–95%).", "Confidence: moderate.")
    assert dissent.dissent
    assert not signed.dissent


def test_a_claim_that_nobody_judged_is_insufficient_imagery_and_never_lost() -> None:
    views = claim_views(fixture.assessment(judgements=()), BY_ID, NAMES, with_needs=True)
    assert {p.verdict for v in views for p in v.parts} == {"insufficient imagery"}
    assert views[2].not_observable == ("what is being built inside the hall",)
    assert {v.status for v in views} == {"machine draft"}


def test_undefined_terms_of_a_commitment() -> None:
    (view,) = commitment_views(A, BY_ID, NAMES, with_needs=True)
    assert view.undefined == ("complete removal",)
    assert view.parts[0].verdict == "consistent, not diagnostic"


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["machine draft", "machine draft"], "Machine draft: unsigned"),
        ([], "Machine draft: unsigned"),
        (["signed", "machine draft"], "Partly signed: 1 of 2 claims. The rest is machine draft"),
        (["signed", "stale"], "Signature out of date: the evidence has changed since"),
        (["signed", "signed, unread by a second reader"], "Signed, not read by a second reader"),
        (["signed", "signed"], "Signed and read by a second reader"),
    ],
)
def test_the_stamp_says_who_signed(states: list[str], text: str) -> None:
    judgement = A.judgements[0]
    assert stamp(tuple(replace(judgement, status=state) for state in states)) == text


def test_beside_a_count_stands_how_many_there_were_where_the_errors_are_known() -> None:
    count = next(o for o in A.observations if isinstance(o, Count))
    known = replace(
        count, count=11, detection_probability=0.85, detection_probability_sd=0.06, false_alarms=1.0, provisional=True
    )
    assert value_text(known) == "11 counted (estimated 9–16, 90%) (provisional)"
    # What eleven measured things tell of the share found: nothing to bound a number with.
    assert value_text(replace(known, detection_probability_sd=0.18, provisional=False)) == "11 counted"
    assert value_text(replace(known, detection_probability=None, provisional=False)) == "11 counted"


def test_a_timeline_draws_the_raw_counts_and_the_unseen_apart() -> None:
    drawn = of("yard", "vehicle")
    observed = [o for o in A.observations if o.series == Series(site="works", zone="yard", cls="vehicle")]
    counts = [o for o in observed if isinstance(o, Count)]
    assert len(drawn.dots) == len(counts) == 39
    assert len(drawn.unseen) == 9
    assert [d.text for d in drawn.dots] == [value_text(o) for o in counts]
    assert all(d.text.startswith(f"{o.count} counted (estimated ") for d, o in zip(drawn.dots, counts, strict=True))
    assert {d.fill for d in drawn.dots} == {1.0, 0.62}
    assert [r.text for r in drawn.rails] == ["cloud", "off the image"]
    assert min(u.y for u in drawn.unseen) > drawn.base >= max(d.y for d in drawn.dots)
    assert [line.text for line in drawn.lines] == ["Summit", "Autumn holiday"]
    assert [w.text for w in drawn.windows] == ["before", "after"]
    assert drawn.band
    assert "48 images of North yard for vehicle" in drawn.summary
    assert "39 seen, 9 not seen (cloud 5 and off the image 4)" in drawn.summary
    assert len(drawn.rows) == 48
    assert sum(r.seen == "not seen" for r in drawn.rows) == 9


def test_heights_are_in_proportion_to_counts() -> None:
    drawn = of("yard", "vehicle")
    zero = drawn.base
    per_unit = {round((zero - d.y) / int(d.text.split()[0]), 1) for d in drawn.dots if not d.text.startswith("0 ")}
    assert max(per_unit) - min(per_unit) <= 0.11
    assert all(d.low is not None and d.high is not None and d.high < d.y < d.low for d in drawn.dots)


def test_an_exploratory_question_is_flagged_on_its_timeline() -> None:
    assert of("yard", "container").exploratory
    assert not of("yard", "vehicle").exploratory


def test_sightings_have_lanes_and_indices_have_their_own_scale() -> None:
    crane = of("yard", "crane")
    assert [d.shape for d in crane.dots] == ["present"] * 3 + ["cannot-tell"] + ["absent"] * 3
    assert len({d.y for d in crane.dots}) == 3
    stalls = of("park", "share of stalls taken")
    assert stalls.kind == "index"
    assert all(stalls.top <= d.high < d.y < d.low <= stalls.base for d in stalls.dots if d.high and d.low)
    assert len({t.text for t in stalls.y_ticks}) == len(stalls.y_ticks)


def test_undated_and_provisional_are_told() -> None:
    series = Series(site="works", zone="yard", cls="vehicle")
    seen = next(o for o in A.observations if isinstance(o, Count))
    undated = NotObserved(series=series, when=None, scene="s", reason="undated")
    drawn = timeline(series, [replace(seen, provisional=True), undated], names=NAMES, level=0.9)
    assert drawn.provisional
    assert drawn.dots[0].shape == "provisional"
    assert "1 undated image not drawn." in drawn.summary
    assert drawn.rows[-1].utc == "undated"


def test_a_series_with_nothing_dated_draws_nothing_and_does_not_fail() -> None:
    series = Series(site="works", zone="yard", cls="vehicle")
    drawn = timeline(
        series, [NotObserved(series=series, when=None, scene="s", reason="undated")], names=NAMES, level=0.9
    )
    assert drawn.dots == ()
    assert drawn.unseen == ()


def test_one_image_alone_and_an_interval_are_drawn() -> None:
    seen = next(o for o in A.observations if isinstance(o, Sighting))
    drawn = timeline(seen.series, [seen], names=NAMES, level=0.9)
    assert len(drawn.dots) == 1
    count = next(o for o in A.observations if isinstance(o, Count))
    wide = replace(count, when=replace(count.when, end=count.when.end + timedelta(days=9)))
    (dot,) = timeline(count.series, [wide], names=NAMES, level=0.9).dots
    assert dot.x0 < dot.x < dot.x1


@pytest.mark.parametrize("span_h", [0, 3, 40, 24 * 9, 24 * 40, 24 * 300, 24 * 4000, 24 * 365 * 300])
def test_time_axes_have_ticks_at_every_span(span_h: float) -> None:
    start = datetime(1990, 3, 5, 7, tzinfo=UTC)
    axis = time_axis([start, start + timedelta(hours=span_h)])
    assert axis is not None
    ticks = time_ticks(axis)
    assert 1 <= len(ticks) <= 14
    assert [t.at for t in ticks] == sorted({t.at for t in ticks})


@pytest.mark.parametrize(("top", "end", "n"), [(0.4, 1, 2), (1, 1, 2), (21.3, 30, 4), (7, 8, 5), (1000, 1000, 3)])
def test_count_axes_end_at_whole_round_numbers(top: float, end: float, n: int) -> None:
    got, marks = value_ticks(top)
    assert got == end
    assert len(marks) == n
    assert all(m == int(m) for m in marks)


def test_index_axes_hold_what_they_show() -> None:
    marks = round_marks(-21.3, -8.1)
    assert marks[0] <= -21.3
    assert marks[-1] >= -8.1
    assert round_marks(5.0, 5.0)[0] < 5.0


def test_the_gap_ledger_groups_by_zone_and_reason_and_keeps_every_row() -> None:
    groups = gap_groups(A.gaps, NAMES)
    assert sum(g.n for g in groups) == len(A.gaps)
    assert sum(len(g.rows) for g in groups) == len(A.gaps)
    hole = next(g for g in groups if g.reason == "no image")
    assert hole.meaning == "searched for, and no image came back"
    assert hole.rows[0][2] == "no image"
    assert "not searched" not in {g.reason for g in groups}


def test_a_gap_names_what_it_is_about_in_words() -> None:
    claim = A.case.claims[0]
    part = claim.predictions[0]
    detail = f"no image here (before summit; {claim.id}.{part.id})"
    words = told(A.case, NAMES)
    (group,) = gap_groups([replace(A.gaps[0], scene="", reason="not searched", detail=detail)], NAMES, words)
    assert group.details == (f"no image here: before Summit; claim 1: {part.statement}",)
    assert group.meaning == "no usable image in the case, and no search for one on record"
    other = "no image here (nobody knows why)"
    (group,) = gap_groups([replace(A.gaps[0], detail=other)], NAMES, words)
    assert group.details == (other,)


def test_separate_spans_are_not_merged_into_one() -> None:
    def span(month: int, first: int, last: int) -> Interval:
        start = datetime(2018, month, first, tzinfo=UTC)
        return Interval(start=start, end=datetime(2018, month, last, tzinfo=UTC))

    def when(*spans: Interval) -> str:
        made = [replace(A.gaps[0], scene="", reason="no image", during=s) for s in spans]
        (group,) = gap_groups(made, NAMES)
        return group.when

    two = when(span(9, 3, 20), span(11, 10, 17))
    assert two.count(" to ") == 2
    assert "; " in two
    many = when(*(span(m, 1, 11) for m in (3, 5, 7, 9)))
    assert many.startswith("4 spans between ")
    assert many.endswith(", 40 days in all")


def test_the_gap_strip_puts_seen_above_and_unseen_below() -> None:
    drawn = strip(A, NAMES)
    assert drawn is not None
    assert [r.text for r in drawn.rows] == ["Staff car park", "North yard"]
    assert sum(not m.seen for m in drawn.marks) == len(A.gaps)
    assert strip(Assessment(case=A.case, provenance=A.provenance), NAMES) is None


def test_the_page_cites_its_own_digest_and_says_what_it_rests_on() -> None:
    own = assessment_digest(A)
    assert own == digest(A)
    view = page(A, (), (), made=fixture.MADE, publication=False, names=NAMES, own_digest=own)
    assert own[:16] in view.citation
    assert "15 January 2025" in view.citation
    assert view.basis == (
        "It rests on 48 images, 4 January to 28 November 2024, by SimSat-1 (38) and SimSat-2 (10). "
        "42 of them show at least one zone; 6 show none (cloud 4 and off the image 2)."
    )
    assert view.sampling == "Of the images used: 41 routine and 1 tasked."
    assert len(view.images) == 48
    assert view.images[0][6] == "phase correlation, residual 0.31 m"
    assert dict(view.plan)["Margin for “about the same”"] == "×1.25 either way"


def test_coordinates_have_as_many_decimals_as_may_be_printed() -> None:
    def zones(publication: bool) -> list[str]:
        view = page(A, (), (), made=fixture.MADE, publication=publication, names=NAMES, own_digest="")
        return [zone[2] for zone in view.sites[0].zones]

    assert zones(publication=False)[0].startswith("39.76")
    assert all(len(text.split("°")[0].split(".")[1]) == 5 for text in zones(publication=False))
    assert all(len(text.split("°")[0].split(".")[1]) == 2 for text in zones(publication=True))


def test_an_event_far_from_the_images_does_not_stretch_the_axis() -> None:
    old = replace(A.case.events[0], during=instant(datetime(1953, 7, 27, tzinfo=UTC)))
    series = Series(site="works", zone="yard", cls="vehicle")
    drawn = timeline(series, [o for o in A.observations if o.series == series], names=NAMES, level=0.9, events=[old])
    assert drawn.lines == ()
    assert drawn.x_ticks[0].text == "Jan 2024"


def test_page_one_tells_first_what_claims_rest_on() -> None:
    ids = [f.id for f in A.findings]
    assert first_told(A.findings, frozenset()) == (ids[0], ids[2], ids[3], ids[6], ids[1], ids[5], ids[4])
    assert first_told(A.findings, frozenset({ids[4]}))[:2] == (ids[4], ids[0])


def test_one_thing_is_told_once_with_all_its_findings() -> None:
    again = replace(ANSWERS[6], id="other", number=8)
    told = told_once([ANSWERS[6], ANSWERS[0], again])
    assert [[a.number for a in t.answers] for t in told] == [[7, 8], [1]]


def test_counts_without_images_are_said_to_be_so() -> None:
    bare = fixture.assessment(scenes=())
    view = page(bare, (), (), made=fixture.MADE, publication=False, names=NAMES, own_digest="")
    assert view.basis == (
        "It rests on 135 counts, 16 measured values and 7 sightings that were brought without their images, "
        "4 January to 28 November 2024; 58 times a zone could not be counted."
    )
