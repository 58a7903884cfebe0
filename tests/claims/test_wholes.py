"""A statement about a whole: which statements and claims may be its parts, and that none of them is chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from claims.made import case
from overlook.claims import wholes_told
from overlook.claims.texts import read_text
from overlook.claims.wholes import MOST
from overlook.terms import Claim, Source
from overlook.terms.draft import Whole
from shared import ROOT

NONE = case()
TEXT = (
    "Officials said that the hall was built. The ministry said that the yard was empty. "
    "According to a report, the tower had gone. "
)


def wholes(text: str, of=NONE) -> list[tuple[str, Whole]]:
    statements = read_text(text, date(2018, 8, 1))
    told = wholes_told(statements, of)
    assert len(told) == len(statements)
    return [(statements[n].content[0].text, whole) for n, whole in enumerate(told) if whole]


@pytest.mark.parametrize(
    ("sentence", "words", "parts", "by_name"),
    [
        (
            "Lind said that experts could not confirm all parts of the leak.",
            "confirm all parts of the leak",
            (0,),
            False,
        ),
        ("Lind said that experts doubted most of the reports.", "most of the reports", (2,), False),
        ("Lind said that nobody could verify these claims.", "verify these claims", (0, 1, 2), False),
        ("Lind said that experts disputed the claims by the ministry.", "disputed the claims", (1,), True),
        ("The ministry said that it disputed the allegations.", "disputed the allegations", (0, 2), False),
    ],
)
def test_who_is_meant(sentence: str, words: str, parts: tuple[int, ...], by_name: bool):
    ((_, whole),) = wholes(TEXT + sentence)
    assert (whole.span.text, whole.statements, whole.by_name) == (words, parts, by_name)
    assert (TEXT + sentence)[whole.span.start : whole.span.end] == whole.span.text


@pytest.mark.parametrize(
    "sentence",
    [
        "Lind said that a leak of water was seen.",
        "Lind said that the pipe leaks.",
        "Lind said that all parts of the tower stood there.",
        "Lind reported a claim.",
    ],
)
def test_what_is_no_whole_has_no_parts(sentence: str):
    assert wholes(TEXT + sentence) == []


def test_a_whole_that_opens_the_text_has_no_parts_and_is_told_as_such():
    ((_, whole),) = wholes("Lind said that nobody could confirm the leak.")
    assert (whole.statements, whole.claims) == ((), ())


def test_claims_of_the_case_are_parts_by_who_is_said_to_know():
    sources = (
        Source(id="nobody", name="Officials", kind="anonymous"),
        Source(id="paper", name="The paper", kind="document"),
    )
    claims = tuple(Claim(id=f"c-{s.id}", quote="q", chain=(s.id,)) for s in sources)
    of = replace(NONE, sources=sources, claims=claims)
    ((_, leak),) = wholes(TEXT + "Lind said that nobody could confirm the leak.", of)
    ((_, report),) = wholes(TEXT + "Lind said that nobody could confirm the report.", of)
    ((_, any_),) = wholes(TEXT + "Lind said that nobody could confirm the claims.", of)
    assert (leak.claims, report.claims, any_.claims) == (("c-nobody",), ("c-paper",), ("c-nobody", "c-paper"))


def test_of_a_long_text_the_last_parts_are_listed_and_the_rest_is_counted():
    text = "Officials said that it was built. " * (MOST + 7) + "Lind said that nobody could confirm the leak."
    ((_, whole),) = wholes(text)
    assert (whole.left_out, len(whole.statements), whole.statements[-1]) == (7, MOST, MOST + 6)


def test_the_page_names_every_template_and_kind_of_the_vocabulary():
    from overlook.claims.vocabulary import vocabulary

    page = (ROOT / "docs" / "explanation" / "predictions.md").read_text(encoding="utf-8")
    known = vocabulary()
    names = {t.id for t in known.templates} | {kind for kind, _, _ in known.remainder}
    assert {name for name in names if f"`{name}`" not in page} == set()
