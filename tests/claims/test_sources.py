"""What the sources of a claim share: circles, single and anonymous origins, grades that stay apart."""

from __future__ import annotations

from typing import Any

from claims.made import day
from overlook.claims.chain import Chains, graph_of, origins
from overlook.claims.sources import disputes, source_notes
from overlook.terms import Case, Claim, ReferenceFact, Source

# The founding article: officials told a newspaper, an article retold it; an expert spoke to the same newspaper.
OFFICIALS = Source(id="officials", name="U.S. officials", kind="anonymous", reliability="F")
WAPO = Source(id="wapo", name="The Washington Post", kind="document", reliability="B", relies_on=("officials",))
ARTICLE = Source(id="article", name="The article", kind="document", relies_on=("wapo",))
LEWIS = Source(id="lewis", name="Jeffrey Lewis", kind="named")
KNOWN = (OFFICIALS, WAPO, ARTICLE, LEWIS)


def claim(id_: str, *chain: str, **more: Any) -> Claim:
    return Claim(id=id_, quote=f"Quote of {id_}.", chain=chain, **more)


def notes(*claims: Claim, sources: tuple[Source, ...] = KNOWN) -> tuple[str, ...]:
    chains = Chains.of(Case(id="k", title="t", sources=sources, claims=claims))
    return source_notes(claims[0], chains, graph_of(chains))


def test_an_anonymous_single_origin_is_told_and_no_grade_is_repeated():
    assert notes(claim("c1", "officials", "wapo", "article", credibility="3", kind="indirect")) == (
        "A single source: all of it goes back to U.S. officials.",
        "The origin, U.S. officials, is anonymous: nobody else can ask again.",
        "Reported speech: the words are the reporter's.",
    )


def test_two_papers_that_print_one_official_do_not_confirm_each_other():
    other = Source(id="other", name="Another paper", kind="document", relies_on=("officials",))
    told = notes(claim("c1", "wapo", "article"), claim("c2", "other"), sources=(*KNOWN, other))
    assert any(note.startswith("Claim 2 rests on U.S. officials too. What goes back to one origin") for note in told)
    # By the same chain as much as by another.
    again = notes(claim("c1", "wapo", "article"), claim("c2", "wapo", "article"))
    assert any(note.startswith("Claim 2 rests on U.S. officials too.") for note in again)


def test_a_paper_that_also_relies_on_officials_does_not_taint_what_an_expert_told_it():
    expert, leak = claim("c2", "lewis", "wapo", "article"), claim("c1", "officials", "wapo", "article")
    told = notes(expert, leak)
    assert told[0] == "A single source: all of it goes back to Jeffrey Lewis."
    assert not any("What goes back to one origin" in note for note in told)


def test_a_source_that_relies_on_who_passed_it_on_is_circular():
    a = Source(id="a", name="A", kind="document", relies_on=("b",))
    b = Source(id="b", name="B", kind="document", relies_on=("a",))
    assert "Circular reporting: A and B rely on one another." in notes(claim("c", "a", "b"), sources=(a, b))
    assert origins(("a",), {"a": a, "b": b}) == {"a", "b"}


def test_two_sources_behind_one_report_that_are_one_further_back():
    top = Source(id="top", name="Top", kind="document", relies_on=("wapo", "other"))
    other = Source(id="other", name="Other", kind="document", relies_on=("officials",))
    told = notes(claim("c", "top"), sources=(*KNOWN, top, other))
    assert "The Washington Post and Other all rest on U.S. officials: there they do not confirm each other." in told


def test_an_undeclared_source_and_an_empty_chain_are_no_error():
    assert notes(claim("c", "nobody")) == ("A single source: all of it goes back to nobody.",)
    assert notes(claim("c")) == ()


def test_disputes_are_resolved_to_their_texts_in_both_directions():
    # The case's own dispute: which missile was the first able to reach the United States.
    july = ReferenceFact(id="f1", text="Others say so of a type of July 2017.", source="lewis", during=day(2017, 7, 4))
    first = claim("c1", "article", disputed_by=("f1", "missing"))
    against = claim("c2", "lewis", disputed_by=("c1",))
    made = Case(id="k", title="t", sources=KNOWN, claims=(first, against), facts=(july,))
    assert disputes(first, made) == (
        "Jeffrey Lewis: Others say so of a type of July 2017.",
        "“missing”, which the case does not declare.",
        "Claim 2 (Jeffrey Lewis): “Quote of c2.”",
    )
    assert disputes(against, made) == ("Claim 1 (The article): “Quote of c1.”",)
