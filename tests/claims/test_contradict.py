"""Claims beside facts, each other and their quotes; and numbers that a list of events gives."""

from __future__ import annotations

from typing import Any

import pytest

from claims.made import WINDOW, case, day, prediction, span
from overlook.claims import comparisons
from overlook.claims.contradict import opposed
from overlook.claims.contradict_paraphrase import lost
from overlook.claims.facts import in_words, resolved
from overlook.terms import Assertion, Case, Claim, EventTable, ListedEvent, Prediction, ReferenceFact

JUNE, JULY = span(day(2018, 6, 1), day(2018, 6, 30)), span(day(2018, 7, 1), day(2018, 7, 30))
AUGUST = span(day(2018, 8, 1), day(2018, 8, 30))


def claim(id_: str, *asserts: Assertion, **more: Any) -> Claim:
    return Claim(**({"id": id_, "quote": "…", "chain": (), "asserts": asserts} | more))


def of(*claims: Claim, **more: Any) -> Case:
    return Case(id="k", title="t", claims=claims, **more)


# --- a list of events -------------------------------------------------------------------------------------------------

EVENTS = (
    ListedEvent(during=day(2017, 7, 4), name="Hwasong-14", kind="ICBM", row=2),
    ListedEvent(during=day(2017, 7, 28), name="Hwasong-14", kind="ICBM", row=3),
    ListedEvent(during=span(day(2017, 11, 1), day(2017, 11, 30)), name="Hwasong-15", kind="ICBM", row=4),
    ListedEvent(during=day(2017, 9, 15), name="Hwasong-12", kind="IRBM", row=5),
)
COVERS = span(day(2017, 1, 1), day(2017, 12, 31))
ICBM = {"of": "icbm-test", "table": "tests", "where": (("kind", "ICBM"),)}


def listing(covers: Any = COVERS) -> Case:
    return of(event_tables=(EventTable(id="tests", name="Tests", source="s", events=EVENTS, covers=covers),))


@pytest.mark.parametrize(
    ("by", "numbers"),
    [
        (day(2017, 7, 3), (0, 0)),
        (day(2017, 7, 4), (1, 1)),
        (day(2017, 10, 31), (2, 2)),
        # Some day of November: by the 15th it may have been.
        (day(2017, 11, 15), (2, 3)),
        (day(2017, 12, 31), (3, 3)),
        # Beyond what the list covers there may be more.
        (day(2018, 7, 30), (3, None)),
    ],
)
def test_a_list_counts_what_surely_and_what_may_have_been(by: Any, numbers: tuple[int, int | None]):
    found = resolved(Assertion(says="count", **ICBM), listing(), as_of=by)
    assert found is not None
    assert (found.low, found.high) == numbers


def test_a_list_that_nobody_called_complete_gives_no_more_than_a_lower_bound():
    found = resolved(Assertion(says="count", **ICBM), listing(None), as_of=day(2017, 12, 1))
    assert found is not None
    assert (found.low, found.high) == (3, None)
    assert resolved(Assertion(says="first", **ICBM), listing(None), as_of=day(2017, 12, 1)) is None


def test_a_count_from_before_the_list_begins_is_open_above():
    found = resolved(Assertion(says="count", since=day(2016, 1, 1), **ICBM), listing(), as_of=day(2017, 8, 1))
    assert found is not None
    assert (found.low, found.high) == (2, None)


def test_the_first_and_the_latest_of_a_list():
    def on(says: Any, by: Any) -> Any:
        found = resolved(Assertion(says=says, **ICBM), listing(), as_of=by)
        return found and found.on

    assert on("first", day(2017, 12, 1)) == day(2017, 7, 4)
    assert on("latest", day(2017, 8, 1)) == day(2017, 7, 28)
    # Another may have followed after the list ends.
    assert on("latest", day(2018, 7, 30)) == span(day(2017, 11, 1), day(2018, 7, 30))
    # No row is no date.
    assert on("latest", day(2017, 7, 3)) is None


def test_a_claim_is_held_against_what_the_list_knew_when_it_was_said():
    fact = ReferenceFact(id="f", text="…", source="s", asserts=(Assertion(says="count", **ICBM),))
    ours = Assertion(says="count", of="icbm-test", low=2, high=2)

    def outcome(said: Any) -> str:
        told = of(claim("c", ours, said=said), facts=(fact,), event_tables=listing().event_tables)
        (found,) = comparisons(told)
        return found.outcome

    assert outcome(day(2017, 8, 1)) == "agree"
    assert outcome(day(2017, 12, 31)) == "contradict"
    # Three or more: two is too few, even though the list ends before.
    assert outcome(day(2018, 7, 30)) == "contradict"
    # Undated, it counts up to nobody knows when.
    assert outcome(None) == "cannot tell"


def test_a_table_without_an_answer_and_without_being_there():
    for tables in ((), listing().event_tables):
        missing = Assertion(says="latest", of="x", table="tests", where=(("kind", "SLBM"),))
        fact = ReferenceFact(id="f", text="…", source="s", asserts=(missing,))
        ours = Assertion(says="latest", of="x", on=day(2017, 7, 4))
        (found,) = comparisons(of(claim("c", ours, said=JULY), facts=(fact,), event_tables=tables))
        assert (found.outcome, found.their_value) == ("cannot tell", None)


@pytest.mark.parametrize(
    ("a", "words"),
    [
        (
            Assertion(says="count", of="nuclear-test", low=6, high=6, by=day(2018, 7, 30)),
            "Nuclear test: 6 in number, as of 30 July 2018",
        ),
        (
            Assertion(says="count", of="t", low=2, since=day(2017, 1, 1)),
            "T: at least 2 in number, since 1 January 2017",
        ),
        (Assertion(says="amount", of="range", high=0, unit="km"), "Range: at most 0 km"),
        (Assertion(says="latest", of="t", on=day(2017, 9, 3)), "T: the latest is of 3 September 2017"),
        (Assertion(says="first", of="t", which="hwasong-15"), "T: the first is hwasong 15"),
        (
            Assertion(says="more", of="time-to-fuel", which="a", than="b", denied=True),
            "Time to fuel: not more for a than for b",
        ),
        (Assertion(says="holds", of="plant-runs", on=day(2018, 7, 1)), "Plant runs: so, 1 July 2018"),
    ],
)
def test_assertions_in_words(a: Assertion, words: str):
    assert in_words(a, of()) == words


# --- predictions ------------------------------------------------------------------------------------------------------


def p(relation: str, window: Any = JUNE, **more: Any) -> Prediction:
    return prediction(relation, **({"window": window} | more))


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        (p("active"), p("quiet"), True),
        # Quiet all summer, active in June: both cannot be.
        (p("quiet", WINDOW), p("active", JUNE), True),
        # Quiet in June, active some time in summer: both can.
        (p("quiet", JUNE), p("active", WINDOW), False),
        (p("quiet", JUNE), p("active", AUGUST), None),
        (p("quiet", None), p("active", JUNE), False),
        # Nothing on the whole site, and something in a zone; nothing in a zone, and something on the site.
        (p("quiet", zone=""), p("active", zone="yard"), True),
        (p("quiet", zone="yard"), p("active", zone=""), False),
        (p("quiet", zone="yard"), p("active", zone="pad"), None),
        (p("absent"), p("present"), True),
        (p("absent", JUNE), p("present", JULY), None),
        (prediction("changed"), prediction("same"), True),
        (prediction("changed"), prediction("same", event="other"), None),
        # What was built may be removed after.
        (p("built"), p("removed"), False),
        (p("built", JUNE), p("removed", AUGUST), None),
        (p("active"), p("active"), None),
        (p("active"), p("present", cls="vehicle"), None),
    ],
)
def test_opposite_predictions_contradict_where_both_cannot_be(one: Prediction, other: Prediction, outcome: Any):
    for found in (opposed(one, other), opposed(other, one)):
        assert (found and found[0]) == outcome


def test_only_predictions_of_one_site_and_thing_are_held_together():
    quiet = claim("a", predictions=(p("quiet"),))
    for other, n in ((p("active"), 1), (p("active", cls="truck"), 0), (p("active", site="elsewhere"), 0)):
        found = comparisons(case(claims=(quiet, claim("b", predictions=(other,)))))
        assert len(found) == n
    # A claim is not held against itself.
    assert comparisons(case(claims=(claim("a", predictions=(p("quiet"), p("active", id="p2"))),))) == ()


def test_claims_that_agree_are_one_statement_and_are_not_listed():
    six, five = (Assertion(says="count", of="t", low=n, high=n) for n in (6, 5))
    assert comparisons(of(claim("a", six), claim("b", six))) == ()
    (found,) = comparisons(of(claim("a", six), claim("b", five)))
    assert (found.claim, found.other, found.outcome) == ("a", "b", "contradict")


# --- quotes and paraphrases -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quote", "paraphrase", "kinds"),
    [
        ("It could reach the coast.", "It reaches the coast.", ["modality"]),
        ("It reaches the coast.", "It may reach the coast.", ["modality"]),
        ("It has reportedly stopped.", "It has stopped.", ["hedge"]),
        ("They were not able to see it.", "They saw it.", ["negation"]),
        ("Work has resumed.", "Work has never resumed.", ["negation"]),
        ("We saw about 11 trucks.", "There were 11 trucks.", ["number"]),
        ("We saw 11 trucks.", "There were trucks.", ["number"]),
        ("We saw eleven trucks.", "There were 11 trucks.", []),
        ("The site is active.", "The facility works.", []),
    ],
)
def test_what_a_paraphrase_lost_or_added(quote: str, paraphrase: str, kinds: list[str]):
    found = lost(quote, paraphrase)
    assert [d.kind for d in found] == kinds
    assert not any(d.contradicts for d in found)


def test_another_number_of_one_thing_contradicts():
    found = lost("There are 11 trucks on the lot.", "She counted 7 trucks.")
    assert [(d.kind, d.contradicts) for d in found] == [("number", True)]


@pytest.mark.parametrize(
    ("paraphrase", "outcome"),
    [
        ("It builds 7 missiles.", "contradict"),
        ("It builds 2 missiles.", "altered"),
        ("Could be 2 missiles.", "cannot tell"),
    ],
)
def test_a_declared_pair_is_shown_and_never_called_true(paraphrase: str, outcome: str):
    said = claim("said", quote="It could build 2 missiles.")
    told = claim("told", quote=paraphrase, paraphrases="said")
    (found,) = comparisons(of(told, said))
    assert (found.claim, found.other, found.against, found.outcome) == ("told", "said", "quote", outcome)
