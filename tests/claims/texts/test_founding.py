"""The founding article: every statement a reader finds, and no other. Its text stays outside the project.

In the golden file, by hand: `dates` of a statement and `context` of the writer as [start, end, first day, last day],
counted from the Wednesday the article is dated; `sites` that a statement names; `about`: the sites that a person who
read the whole article takes it to speak of, named there or not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from overlook.case import read_case
from overlook.claims import comparisons
from overlook.claims.texts import read_text
from overlook.claims.texts.dates import find_dates
from overlook.claims.texts.numbers import find_numbers
from overlook.terms import Case, Interval
from overlook.terms.statement import Dated, Span, Statement
from shared import ROOT, SHARED, needs

GOLDEN = Path(__file__).with_name("founding.golden.json")
ARTICLE = ("..", "seed", "article-2018.txt")


def places(spans: tuple[str | Span, ...] | None) -> list[list[int]] | None:
    return None if spans is None else [[span.start, span.end] for span in spans if isinstance(span, Span)]


def row(statement: Statement) -> dict[str, object]:
    return {
        "source": places(statement.source),
        "cue": places(statement.cue),
        "content": places(statement.content),
        "kind": statement.kind,
        "source_type": statement.source_type,
        "chain": places(statement.chain),
        "hedges": places(statement.hedges),
        "negation": places(statement.negation),
        "modality": places(statement.modality),
    }


@needs(*ARTICLE)
def test_every_statement_of_the_founding_article_comes_out_and_no_other():
    text = SHARED.joinpath(*ARTICLE).read_bytes().decode("utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert hashlib.sha256(text.encode()).hexdigest() == golden["sha256"]
    judged = ("dates", "sites", "about")
    rows = [{key: value for key, value in s.items() if key not in judged} for s in golden["statements"]]
    assert [row(statement) for statement in read_text(text, None)] == rows


def article() -> tuple[str, dict, Case]:
    text = SHARED.joinpath(*ARTICLE).read_bytes().decode("utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return text, golden, read_case(ROOT / "examples" / "founding-article")


def day_row(dated: Dated) -> list[object]:
    assert dated.start
    assert dated.end
    return [dated.span.start, dated.span.end, dated.start.date().isoformat(), dated.end.date().isoformat()]


@needs(*ARTICLE)
def test_every_date_of_the_founding_article_is_resolved_as_a_person_does():
    text, golden, case = article()
    published = date.fromisoformat(golden["published"])
    assert published.strftime("%A") == "Wednesday"
    read = read_text(text, published, sites=case.sites, events=case.events)
    assert [[day_row(d) for d in s.dates] for s in read] == [s["dates"] for s in golden["statements"]]
    every = sorted([d for s in golden["statements"] for d in s["dates"]] + golden["context"])
    assert [day_row(d) for d in find_dates(text, published, case.events)] == every


@needs(*ARTICLE)
def test_a_statement_of_the_founding_article_has_the_sites_that_it_names_and_never_another():
    text, golden, case = article()
    read = read_text(text, date.fromisoformat(golden["published"]), sites=case.sites, events=case.events)
    named = [list(dict.fromkeys(p.site for p in s.places if p.site)) for s in read]
    assert named == [s["sites"] for s in golden["statements"]]
    assert {site for s in golden["statements"] for site in s["about"]} == {site.id for site in case.sites}
    for sites, row_ in zip(named, golden["statements"], strict=True):
        assert set(sites) <= set(row_["about"])


def latest_test(text: str, case: Case, published: date) -> tuple[float | None, Interval | None]:
    """How many nuclear tests the article counts, and when it says the latest was."""
    dates = find_dates(text, published, case.events)
    (tests,) = [n for n in find_numbers(text, [(d.span.start, d.span.end) for d in dates]) if n.unit == "nuclear tests"]
    assert tests.low == tests.high
    return tests.low, next(d.during for d in dates if d.span.start > tests.span.end)


@needs(*ARTICLE)
@pytest.mark.parametrize(
    ("said", "instead", "outcomes"),
    [
        ("", "", {"count": "agree", "latest": "agree"}),
        ("6 nuclear tests", "7 nuclear tests", {"count": "contradict", "latest": "agree"}),
        ("September last year", "October last year", {"count": "agree", "latest": "contradict"}),
        ("September last year", "September 2016", {"count": "agree", "latest": "contradict"}),
    ],
)
def test_what_is_read_of_six_tests_and_september_last_year_agrees_with_the_fact_file(said, instead, outcomes):
    text, _, case = article()
    assert text.count(said) == 1 or not said
    number, during = latest_test(text.replace(said, instead) if said else text, case, date.fromisoformat("2018-08-01"))
    (claim,) = [c for c in case.claims if any(a.of == "nuclear-test" for a in c.asserts)]
    read = {"count": {"low": number, "high": number}, "latest": {"on": during}}
    asserts = tuple(replace(a, **read[a.says]) for a in claim.asserts)
    claims = tuple(replace(c, asserts=asserts) if c is claim else c for c in case.claims)
    found = [c for c in comparisons(replace(case, claims=claims)) if c.claim == claim.id and c.against == "fact"]
    assert {a.says: c.outcome for a, c in zip(asserts, found, strict=True)} == outcomes
