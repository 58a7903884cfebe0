"""Known answers: twelve texts written for the purpose, and the chain, hedges, denials and possibility in sentences."""

from __future__ import annotations

import pytest

from claims.texts.written import WRITTEN
from overlook.claims.texts import read_text
from overlook.terms.statement import Span, Statement


def one(text: str) -> Statement:
    (statement,) = read_text(text, None)
    return statement


def words(spans: tuple[str | Span, ...]) -> list[str]:
    return [span if isinstance(span, str) else span.text for span in spans]


def told(statement: Statement) -> tuple:
    source = None if statement.source is None else " ".join(words(statement.source))
    return (
        source,
        " ".join(words(statement.cue)),
        tuple(words(statement.content)),
        statement.kind,
        statement.source_type,
    )


@pytest.mark.parametrize("style", WRITTEN)
def test_a_careful_reader_finds_the_same(style):
    text, expected = WRITTEN[style]
    assert [told(statement) for statement in read_text(text, None)] == list(expected)


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("Anna Brandt told the Washington Post that the hall was empty.", ["Anna Brandt", "the Washington Post"]),
        ("Anna Brandt said that the guards believe the hall is empty.", ["the guards", "Anna Brandt"]),
        ("The Morgenpost quoted the officials' finding of new work.", ["the officials", "The Morgenpost"]),
        (
            "If the reports based on intelligence leaks are to be believed, the hall is full.",
            ["intelligence leaks", "the reports based on intelligence leaks"],
        ),
    ],
)
def test_the_chain_runs_from_who_knows_to_who_was_read(text, chain):
    assert words(one(text).chain) == chain


def test_words_of_distance_denial_and_possibility_are_kept_apart():
    statement = one("The ministry reportedly denied that the hall may have been used.")
    assert words(statement.hedges) == ["reportedly"]
    assert words(statement.negation) == ["denied"]
    assert words(statement.modality) == ["may"]


def test_a_month_is_not_a_possibility():
    assert one("The institute said the images of 3 May show trucks.").modality == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The images show trucks.", "image"),
        ("The report says that trucks came.", "document"),
        ("The ministry says that trucks came.", "role"),
        ("Officials say that trucks came.", "anonymous"),
        ("U.S. Secretary of State Mike Pompeo says that trucks came.", "named"),
        ("This suggests that trucks came.", None),
        ("It is believed that trucks came.", None),
    ],
)
def test_the_head_of_the_source_says_what_it_is(text, kind):
    assert one(text).source_type == kind


@pytest.mark.parametrize(
    "text",
    [
        "The report is on the table.",
        "Their plans, claims and reports fill a shelf.",
        "The state of the road is poor.",
        "Trucks came and went.",
        "He had no known address.",
        "Photo: Anna Brandt",
    ],
)
def test_what_nobody_says_is_no_statement(text):
    assert read_text(text, None) == ()


def test_noun_and_verb_are_told_apart():
    assert [s.cue[0].text for s in read_text("The officials report that the report on claims is ready.", None)] == [
        "report"
    ]


def test_a_quotation_that_goes_on_in_the_next_paragraph_keeps_its_speaker():
    text = "“The gate is shut,” Baum said. “It was open.\n\n“Then the trucks came.”"
    assert words(one(text).content) == ["“The gate is shut,”", "“It was open.", "“Then the trucks came.”"]


def test_a_spoken_sentence_that_nothing_introduces_has_no_source():
    statement = one("The gate.\n\n“It was open all night, and nobody came.”")
    assert (statement.source, statement.cue, statement.kind) == (None, (), "direct")


def test_a_scare_quote_is_no_statement():
    assert read_text("The “hall” is a tent.", None) == ()


def test_what_is_nested_belongs_to_the_outer_statement():
    statement = one("Brandt said that Reyes had told her that the crane was gone.")
    assert statement.content[0].text == "that Reyes had told her that the crane was gone"
